"""Normalisation: numbers of mean 0 and variance 1, then a scale and a shift that are learned."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor

from ..module import Buffer, Module, Parameter, assign, current
from .common import at_least, filled, per_axis, real, switch, tensor, title


class BatchNorm(Module):
    """γ (x − µ) / sqrt(σ² + eps) + β, with mean µ and variance σ² of every feature over the mini-batch.

    n : the number of features, or channels
    eps : keeps the denominator above 0
    affine : are a scale and a shift learned? Without them gamma and beta are None
    momentum : how far the running mean and variance go towards those of each mini-batch, in (0, 1]

    gamma, beta : (n,), at first 1 and 0
    In evaluation the running mean and variance stand for the mini-batch's, `mean` and `variance`: they are kept with the
    parameters and not learned. The running variance is of examples out of a larger whole (divided by n − 1), as in PyTorch.

    Raises ValueError for other shapes, and in training for a single number a feature: it has no variance.
    Source: Ioffe and Szegedy, 2015, Batch normalization.
    """

    axes: ClassVar[int]
    weight_names = ()
    parameter_names = ("gamma", "beta")

    def __init__(
        self,
        n: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        dtype: DTypeLike = np.float64,
        name: str | None = None,
    ):
        (n,) = at_least(1, n=n)
        self.name, self.eps = name, real("eps", eps, "a finite number of at least 0", lambda v: 0 <= v < np.inf)
        self.momentum = real("momentum", momentum, "a number above 0, at most 1", lambda v: 0 < v <= 1)
        self.gamma, self.beta = _scale_and_shift(affine, (n,), dtype)
        self.mean = Buffer(filled(0.0, (n,)), dtype, name="mean")
        self.variance = Buffer(filled(1.0, (n,)), dtype, name="variance")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        affine = {} if self.gamma is not None else {"affine": False}
        return {
            "n": self.mean.size, "eps": self.eps, "momentum": self.momentum, "dtype": self.mean.dtype.name, **affine,
        }  # fmt: skip

    def forward(self, x: Any) -> Tensor:
        """x normalised."""
        x = tensor(x)
        shape, n = x.array.shape, self.mean.size
        if len(shape) not in self._ndims() or shape[1] != n:
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {shape}, needs (n, {n}{', length' * self.axes})")
        along = (0, *range(2, len(shape)))
        column = (n,) + (1,) * (len(shape) - 2)
        if self.training:
            count = math.prod(shape[a] for a in along)
            if count < 2:
                raise ValueError(
                    f"{title(self)} ({self!r}) got a single number a feature, which has no variance: call eval(), or leave "
                    "out a last mini-batch of one example with drop_last=True"
                )
            mean = x.mean(axis=along, keepdims=True)
            difference = x - mean
            variance = (difference * difference).mean(axis=along, keepdims=True)
            m, unbiased = self.momentum, count / (count - 1)
            assign(self.mean, current(self.mean) * (1.0 - m) + mean.detach().reshape(n) * m)
            assign(self.variance, current(self.variance) * (1.0 - m) + variance.detach().reshape(n) * (m * unbiased))
        else:
            difference, variance = x - current(self.mean).reshape(column), current(self.variance).reshape(column)
        deviation = np.sqrt(variance + self.eps)
        scale = 1.0 / deviation if self.gamma is None else self.gamma.reshape(column) / deviation
        result: Tensor = difference * scale
        return result if self.beta is None else result + self.beta.reshape(column)

    def _ndims(self) -> tuple[int, ...]:
        return (2 + self.axes,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mean.size}{'' if self.gamma is not None else ', affine=False'})"


def _scale_and_shift(
    affine: bool, shape: tuple[int, ...], dtype: DTypeLike, name: str = "affine"
) -> tuple[Parameter | None, Parameter | None]:
    if not switch(name, affine):
        return None, None
    return Parameter(filled(1.0, shape), dtype, name="gamma"), Parameter(filled(0.0, shape), dtype, name="beta")


class BatchNorm1d(BatchNorm):
    """Normalises features x : (n, features), or channels of sequences x : (n, channels, length). See `BatchNorm`."""

    axes = 1

    def _ndims(self) -> tuple[int, ...]:
        return (2, 3)


class BatchNorm2d(BatchNorm):
    """Normalises channels of images x : (n, channels, height, width). See `BatchNorm`."""

    axes = 2

    @property
    def batch_ndim(self) -> int:
        """The number of axes of a batch of inputs."""
        return 4


class LayerNorm(Module):
    """γ (x − µ) / sqrt(σ² + eps) + β, with µ and σ² of every example by itself, over its last axes.

    shape : the lengths of these axes, an int for the last one
    elementwise_affine : are a scale and a shift learned? Without them gamma and beta are None

    gamma, beta : of that shape, at first 1 and 0. Source: Ba, Kiros and Hinton, 2016, Layer normalization.
    """

    weight_names = ()
    parameter_names = ("gamma", "beta")

    def __init__(
        self,
        shape: int | Sequence[int],
        *,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        dtype: DTypeLike = np.float64,
        name: str | None = None,
    ):
        self.shape = per_axis("shape", shape, len(shape) if isinstance(shape, Sequence) else 1, 1)
        if not self.shape:
            raise ValueError(f"shape is {shape}, needs at least one axis")
        self.name, self.eps = name, real("eps", eps, "a finite number of at least 0", lambda v: 0 <= v < np.inf)
        self.gamma, self.beta = _scale_and_shift(elementwise_affine, self.shape, dtype, "elementwise_affine")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        plain = {"shape": self.shape, "eps": self.eps}
        return plain | ({"elementwise_affine": False} if self.gamma is None else {"dtype": self.gamma.dtype.name})

    def forward(self, x: Any) -> Tensor:
        """x normalised. Raises ValueError if its last axes are others."""
        x = tensor(x)
        if x.array.shape[-len(self.shape) :] != self.shape:
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {x.shape}, needs (..., {str(self.shape)[1:-1]})")
        along = tuple(range(-len(self.shape), 0))
        difference = x - x.mean(axis=along, keepdims=True)
        variance = (difference * difference).mean(axis=along, keepdims=True)
        result: Tensor = difference / np.sqrt(variance + self.eps)
        if self.gamma is not None:
            result = result * self.gamma
        return result if self.beta is None else result + self.beta

    def __repr__(self) -> str:
        affine = [] if self.gamma is not None else ["elementwise_affine=False"]
        return f"LayerNorm({', '.join([*map(str, self.shape), *affine])})"
