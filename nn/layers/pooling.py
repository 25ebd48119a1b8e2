"""Pooling: every window of a feature map becomes one number."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import Tensor
from autograd_lite.recording import apply

from ..module import Module
from .common import per_axis, tensor, title
from .windows import windows


class Pooling(Module):
    """What poolings share: windows along every axis after the channels.

    size : of the window, an int or one for each axis
    stride : steps from window to window; by default the size, so that windows touch

    Called on x : (n, channels, *lengths) it returns (n, channels, *places). What is left over at the end of an axis, where
    no window fits, is left out. If size or stride has a number for each axis, x may also be one example, without n. With one
    number for all axes it cannot be told from a batch with an axis less, and is taken for that: MaxPool(2) takes (n, channels,
    length) and (n, channels, height, width), MaxPool((2, 2)) takes (n, channels, height, width) and (channels, height, width).

    Raises ValueError for other shapes, and for an x smaller than a window.
    """

    def __init__(self, size: int | Sequence[int], stride: int | Sequence[int] | None = None):
        axes = {len(given) for given in (size, stride) if isinstance(given, Sequence) and not isinstance(given, str)}
        if len(axes) > 1:
            raise ValueError(
                f"size is {size}, stride {stride}: they need as many numbers as each other, or one for all"
            )
        self.axes = axes.pop() if axes else None
        """Along how many axes the windows lie, if that is known."""
        per_axis("size", size, self.axes or 1, 1)
        if stride is not None:
            per_axis("stride", stride, self.axes or 1, 1)
        self.size = size
        self.stride = size if stride is None else stride

    @property
    def batch_ndim(self) -> int | None:
        """The number of axes of a batch of inputs."""
        return None if self.axes is None else self.axes + 2

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind."""
        return {"size": self.size, "stride": self.stride}

    def forward(self, x: Any) -> Tensor:
        """A number for every window."""
        x = tensor(x)
        if x.ndim + 1 == self.batch_ndim:
            one: Tensor = self.forward(x[None])[0]
            return one
        return self.pooled(*self._windows(x))

    def pooled(self, seen: Tensor, axes: tuple[int, ...]) -> Tensor:
        """What becomes of windows that lie along these axes."""
        raise NotImplementedError(f"{type(self).__name__} has no method pooled, which says what becomes of a window")

    def _windows(self, x: Any) -> tuple[Tensor, tuple[int, ...]]:
        """The windows of x, and the axes along which they lie."""
        shape = x.array.shape
        axes = len(shape) - 2 if self.axes is None else self.axes
        if axes < 1 or len(shape) != axes + 2:
            needed = "(n, channels, length, ...)"
            if self.axes is not None:
                needed = f"(n, channels, {', '.join(['length'] * axes)}), or without n"
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {shape}, needs {needed}")
        size, stride = per_axis("size", self.size, axes, 1), per_axis("stride", self.stride, axes, 1)
        if any(m < k for m, k in zip(shape[2:], size, strict=True)):
            raise ValueError(
                f"{title(self)} ({self!r}) got x of shape {shape}, which is smaller than a window of {size}"
            )
        seen: Tensor = apply(windows, (x, size, stride, (1,) * axes, (0,) * axes))
        return seen, tuple(range(2, 2 + axes))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size}{'' if self.stride == self.size else f', stride={self.stride}'})"


class MaxPool(Pooling):
    """The largest number of every window; where several are, they share the gradient. See `Pooling`."""

    def pooled(self, seen: Tensor, axes: tuple[int, ...]) -> Tensor:
        """The maxima."""
        largest: Tensor = apply(np.max, (seen,), {"axis": axes})
        return largest


class AvgPool(Pooling):
    """The mean of every window. See `Pooling`."""

    def pooled(self, seen: Tensor, axes: tuple[int, ...]) -> Tensor:
        """The means."""
        return seen.mean(axis=axes)
