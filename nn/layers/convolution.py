"""Convolutions, by windows and one matrix product: z = W · window + b at every place."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor
from autograd_lite.recording import apply

from ..initializers import Initializer, scaled_normal, zeros
from ..module import Module, Parameter
from .common import Seed, at_least, drawn, generator, per_axis, switch, tensor, title, without
from .windows import windows


class Convolution(Module):
    """What convolutions along one, two or more axes share. The subclasses say along how many.

    n_in, n_out : numbers of channels in and out (feature maps), at least 1
    size : of the window, an int or one for each axis
    stride, dilation : steps from window to window, and between the elements of one, at least 1
    padding : zeros around the input, on every side; or "same" with stride 1, which keeps the lengths if the reach of the
        window is odd
    bias : has each map in what comes out a bias? Without them b is None
    weights, biases, seed, dtype : as for `Linear`; by default weights are N(0, 1)/sqrt(n_in · window), biases 0

    W : (n_out, n_in, *size);  b : (n_out,)
    Called on x : (n, n_in, *lengths), or without n for one example, it returns (n, n_out, *places). It is the
    cross-correlation: the window is not turned round.
    """

    axes: ClassVar[int]
    W: Parameter
    b: Parameter | None
    weight_names = ("W",)
    parameter_names = ("W", "b")

    def __init__(
        self,
        n_in: int,
        n_out: int,
        size: int | Sequence[int],
        *,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
        bias: bool = True,
        weights: Initializer = scaled_normal,
        biases: Initializer = zeros,
        seed: Seed = None,
        dtype: DTypeLike | None = np.float64,
        name: str | None = None,
    ):
        n_in, n_out = at_least(1, n_in=n_in, n_out=n_out)
        self.size = per_axis("size", size, self.axes, 1)
        self.stride = per_axis("stride", stride, self.axes, 1)
        self.dilation = per_axis("dilation", dilation, self.axes, 1)
        reach = tuple(d * (k - 1) + 1 for d, k in zip(self.dilation, self.size, strict=True))
        if isinstance(padding, str) and padding == "same":
            if set(self.stride) != {1} or not all(r % 2 for r in reach):
                raise ValueError(
                    f"padding='same' needs stride 1 and windows of odd reach, not {self.stride} and {reach}"
                )
            padding = tuple(r // 2 for r in reach)
        elif isinstance(padding, str):
            raise ValueError(f"padding is {padding!r}, needs whole numbers or 'same'")
        self.padding = per_axis("padding", padding, self.axes, 0)
        self._reach = reach
        rng = generator(seed)
        self.name = name
        self.W = Parameter(drawn(weights, rng, (n_out, n_in, *self.size)), dtype, name="W")
        self.b = Parameter(drawn(biases, rng, (n_out,)), dtype, name="b") if switch("bias", bias) else None

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        n_out, n_in = self.W.shape[:2]
        return {
            "n_in": n_in, "n_out": n_out, "size": self.size, "stride": self.stride, "padding": self.padding,
            "dilation": self.dilation, "dtype": self.W.dtype.name, **without(bias=self.b),
        }  # fmt: skip

    def forward(self, x: Any) -> Tensor:
        """z at every place. Raises ValueError if x has not n_in channels, or is smaller than a window."""
        x = tensor(x)
        shape, W = x.array.shape, self.W
        n_out, n_in = W.array.shape[:2]
        if len(shape) == self.axes + 1:
            z: Tensor = self.forward(x.reshape(1, *shape))
            return z.reshape(z.shape[1:])
        lengths = shape[2:]
        places = tuple(
            (m + 2 * p - r) // s + 1
            for m, p, r, s in zip(lengths, self.padding, self._reach, self.stride, strict=False)
        )
        if len(shape) != self.axes + 2 or shape[1] != n_in or min(places) < 1:
            raise ValueError(
                f"{title(self)} ({self!r}) got x of shape {shape}, needs (n, {n_in}, "
                f"{', '.join(f'at least {r - 2 * p}' for r, p in zip(self._reach, self.padding, strict=True))})"
            )
        seen = apply(windows, (x, self.size, self.stride, self.dilation, self.padding))
        columns = seen.reshape(shape[0], n_in * math.prod(self.size), math.prod(places))
        z = W.reshape(n_out, -1) @ columns
        if self.b is not None:
            z = z + self.b.reshape(n_out, 1)
        return z.reshape(shape[0], n_out, *places)

    def __repr__(self) -> str:
        n_out, n_in = self.W.shape[:2]
        shown = [str(n_in), str(n_out), "x".join(map(str, self.size))]
        for name, plain in (("stride", 1), ("padding", 0), ("dilation", 1)):
            if set(getattr(self, name)) != {plain}:
                shown.append(f"{name}={'x'.join(map(str, getattr(self, name)))}")
        shown += ["bias=False"] * (self.b is None)
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def batch_ndim(self) -> int:
        """The number of axes of a batch of inputs."""
        return self.axes + 2


class Conv1d(Convolution):
    """Convolution along one axis, x : (n, n_in, length). See `Convolution` for the arguments."""

    axes = 1


class Conv2d(Convolution):
    """Convolution of images, x : (n, n_in, height, width). See `Convolution` for the arguments."""

    axes = 2
