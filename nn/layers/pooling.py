"""Pooling: every window of a feature map becomes one number."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import Tensor
from autograd_lite.graph import apply

from ..module import Module
from .common import per_axis, tensor, title
from .windows import windows


class Pooling(Module):
    """What poolings share: windows along every axis after the channels.

    size : of the window, an int or one for each axis
    stride : steps from window to window; by default the size, so that windows touch

    Called on x : (n, channels, *lengths) it returns (n, channels, *places). What is left over at the end of an axis, where
    no window fits, is left out.
    """

    def __init__(self, size: int | Sequence[int], stride: int | Sequence[int] | None = None):
        axes = len(size) if isinstance(size, Sequence) else 1
        per_axis("size", size, axes, 1)
        if stride is not None:
            per_axis("stride", stride, len(stride) if isinstance(stride, Sequence) else 1, 1)
        self.size = size
        self.stride = size if stride is None else stride

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind."""
        return {"size": self.size, "stride": self.stride}

    def _windows(self, x: Any) -> tuple[Tensor, tuple[int, ...]]:
        """The windows of x, and the axes along which they lie."""
        x = tensor(x)
        shape = x._array.shape
        axes = len(shape) - 2
        if axes < 1:
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {shape}, needs (n, channels, length, ...)")
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

    def forward(self, x: Any) -> Tensor:
        """The maxima."""
        seen, axes = self._windows(x)
        largest: Tensor = apply(np.max, (seen,), {"axis": axes})
        return largest


class AvgPool(Pooling):
    """The mean of every window. See `Pooling`."""

    def forward(self, x: Any) -> Tensor:
        """The means."""
        seen, axes = self._windows(x)
        return seen.mean(axis=axes)
