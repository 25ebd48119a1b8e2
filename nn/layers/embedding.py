"""Embedding: a vector that is learned for each of many symbols."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor, defvjp, primitive
from autograd_lite.graph import apply
from autograd_lite.ops.indexing import scatter

from ..initializers import Initializer, normal
from ..module import Module, Parameter
from .common import Seed, at_least, drawn


@primitive
def rows_of(W, numbers):  # type: ignore[no-untyped-def]
    """W[numbers], where no number counts from the end."""
    numbers = np.asarray(numbers)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"an Embedding takes whole numbers, got {numbers.dtype}")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(W):
        raise ValueError(
            f"an Embedding of {len(W)} symbols takes 0 to {len(W) - 1}, got {numbers.min()} to {numbers.max()}"
        )
    return W[numbers]


_added_at: Any = scatter
defvjp(rows_of, lambda g, ans, W, numbers: _added_at(g, numbers, W.shape))


class Embedding(Module):
    """A row of numbers for each of n symbols: W[x].

    n, size : how many symbols, and how many numbers each has, at least 1
    weights, seed, dtype : as for `Linear`; by default N(0, 1)

    W : (n, size).  Called on whole numbers x of any shape, from 0 to n − 1, it returns (*x.shape, size).
    Raises TypeError for what is not whole numbers, ValueError for one out of range.
    """

    weight_names = ("W",)

    def __init__(
        self,
        n: int,
        size: int,
        *,
        weights: Initializer = normal,
        seed: Seed = None,
        dtype: DTypeLike | None = np.float64,
        name: str | None = None,
    ):
        n, size = at_least(1, n=n, size=size)
        self.name = name
        self.W = Parameter(drawn(weights, np.random.default_rng(seed), (n, size)), dtype, name="W")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        return {"n": self.W.shape[0], "size": self.W.shape[1], "dtype": self.W.dtype.name}

    def forward(self, x: Any) -> Tensor:
        """The rows of the symbols x."""
        rows: Tensor = apply(rows_of, (self.W, x if isinstance(x, Tensor) else np.asarray(x)))
        return rows

    def __repr__(self) -> str:
        return f"Embedding({self.W.shape[0]}, {self.W.shape[1]})"
