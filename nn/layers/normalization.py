"""Normalisation: numbers of mean 0 and variance 1, then a scale and a shift that are learned."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor

from ..module import Buffer, Module, Parameter, assign, current
from .common import at_least, filled, per_axis, tensor, title


class BatchNorm(Module):
    """γ (x − µ) / sqrt(σ² + eps) + β, with mean µ and variance σ² of every feature over the mini-batch.

    n : the number of features, or channels
    eps : keeps the denominator above 0
    momentum : how far the running mean and variance go towards those of each mini-batch, in (0, 1]

    gamma, beta : (n,), at first 1 and 0
    In evaluation the running mean and variance stand for the mini-batch's, `mean` and `variance`: they are kept with the
    parameters and not learned. The running variance is of examples out of a larger whole (divided by n − 1), as in PyTorch.

    Raises ValueError for other shapes, and in training for a single number a feature: it has no variance.
    Source: Ioffe and Szegedy, 2015, Batch normalization.
    """

    axes: ClassVar[int]
    weight_names = ()

    def __init__(
        self,
        n: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        dtype: DTypeLike = np.float64,
        name: str | None = None,
    ):
        (n,) = at_least(1, n=n)
        if not (eps >= 0 and 0 < momentum <= 1):
            raise ValueError(f"eps is {eps}, momentum {momentum}: they need at least 0, and more than 0 to 1")
        self.name, self.eps, self.momentum = name, float(eps), float(momentum)
        self.gamma = Parameter(filled(1.0, (n,)), dtype, name="gamma")
        self.beta = Parameter(filled(0.0, (n,)), dtype, name="beta")
        self.mean = Buffer(filled(0.0, (n,)), dtype, name="mean")
        self.variance = Buffer(filled(1.0, (n,)), dtype, name="variance")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        n, dtype = self.gamma.size, self.gamma.dtype.name
        return {"n": n, "eps": self.eps, "momentum": self.momentum, "dtype": dtype}

    def forward(self, x: Any) -> Tensor:
        """x normalised."""
        x = tensor(x)
        shape, n = x._array.shape, self.gamma.size
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
        scale = self.gamma.reshape(column) / np.sqrt(variance + self.eps)
        result: Tensor = difference * scale + self.beta.reshape(column)
        return result

    def _ndims(self) -> tuple[int, ...]:
        return (2 + self.axes,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.gamma.size})"


class BatchNorm1d(BatchNorm):
    """Normalises features x : (n, features), or channels of sequences x : (n, channels, length). See `BatchNorm`."""

    axes = 1

    def _ndims(self) -> tuple[int, ...]:
        return (2, 3)


class BatchNorm2d(BatchNorm):
    """Normalises channels of images x : (n, channels, height, width). See `BatchNorm`."""

    axes = 2


class LayerNorm(Module):
    """γ (x − µ) / sqrt(σ² + eps) + β, with µ and σ² of every example by itself, over its last axes.

    shape : the lengths of these axes, an int for the last one

    gamma, beta : of that shape, at first 1 and 0. Source: Ba, Kiros and Hinton, 2016, Layer normalization.
    """

    weight_names = ()

    def __init__(
        self,
        shape: int | Sequence[int],
        *,
        eps: float = 1e-5,
        dtype: DTypeLike = np.float64,
        name: str | None = None,
    ):
        self.shape = per_axis("shape", shape, len(shape) if isinstance(shape, Sequence) else 1, 1)
        if not self.shape or not eps >= 0:
            raise ValueError(f"shape is {shape}, eps {eps}: they need at least one axis, and at least 0")
        self.name, self.eps = name, float(eps)
        self.gamma = Parameter(filled(1.0, self.shape), dtype, name="gamma")
        self.beta = Parameter(filled(0.0, self.shape), dtype, name="beta")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        return {"shape": self.shape, "eps": self.eps, "dtype": self.gamma.dtype.name}

    def forward(self, x: Any) -> Tensor:
        """x normalised. Raises ValueError if its last axes are others."""
        x = tensor(x)
        if x._array.shape[-len(self.shape) :] != self.shape:
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {x.shape}, needs (..., {str(self.shape)[1:-1]})")
        along = tuple(range(-len(self.shape), 0))
        difference = x - x.mean(axis=along, keepdims=True)
        variance = (difference * difference).mean(axis=along, keepdims=True)
        result: Tensor = difference / np.sqrt(variance + self.eps) * self.gamma + self.beta
        return result

    def __repr__(self) -> str:
        return f"LayerNorm({', '.join(map(str, self.shape))})"
