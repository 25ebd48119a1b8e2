"""Embedding: a vector that is learned for each of many symbols."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor, defvjp, primitive
from autograd_lite.ops.indexing import scatter
from autograd_lite.recording import apply

from ..initializers import Initializer, normal
from ..module import Module, Parameter
from ..plain_arrays import plain_array
from .common import Seed, at_least, drawn, generator


@primitive
def rows_of(W, numbers, padding=None):  # type: ignore[no-untyped-def]
    """W[numbers], where no number counts from the end. No gradient goes into the row `padding`."""
    numbers = np.asarray(numbers)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"an Embedding takes whole numbers, got {numbers.dtype}")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(W):
        raise ValueError(
            f"an Embedding of {len(W)} symbols takes 0 to {len(W) - 1}, got {numbers.min()} to {numbers.max()}"
        )
    return W[numbers]


_added_at: Any = scatter


def _rows_dW(g, ans, W, numbers, padding=None):  # type: ignore[no-untyped-def]
    if padding is not None:
        g = np.where(np.expand_dims(np.equal(numbers, padding), -1), 0.0, g)
    return _added_at(g, numbers, W.shape)


defvjp(rows_of, _rows_dW)


class Embedding(Module):
    """A row of numbers for each of n symbols: W[x].

    n, size : how many symbols, and how many numbers each has, at least 1
    padding_idx : a symbol that fills up short sequences: its row is 0 and does not learn. Negative, it counts from the end
    weights, seed, dtype : as for `Linear`; by default N(0, 1)

    W : (n, size).  Called on whole numbers x of any shape, from 0 to n − 1, it returns (*x.shape, size).
    Raises TypeError for what is not whole numbers, ValueError for one out of range.
    """

    weight_names = ("W",)
    parameter_names = ("W",)

    def __init__(
        self,
        n: int,
        size: int,
        *,
        padding_idx: int | None = None,
        weights: Initializer = normal,
        seed: Seed = None,
        dtype: DTypeLike | None = np.float64,
        name: str | None = None,
    ):
        n, size = at_least(1, n=n, size=size)
        self.name = name
        self.padding_idx = None if padding_idx is None else _symbol(padding_idx, n)
        W = np.array(drawn(weights, generator(seed), (n, size)))
        if self.padding_idx is not None:
            W[self.padding_idx] = 0.0
        self.W = Parameter(W, dtype, name="W")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        n, size = self.W.shape
        padding = {} if self.padding_idx is None else {"padding_idx": self.padding_idx}
        return {"n": n, "size": size, "dtype": self.W.dtype.name} | padding

    def forward(self, x: Any) -> Tensor:
        """The rows of the symbols x."""
        numbers = x if isinstance(x, Tensor) else plain_array("x", x)
        padding = () if self.padding_idx is None else (self.padding_idx,)
        rows: Tensor = apply(rows_of, (self.W, numbers, *padding))
        return rows

    def __repr__(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"Embedding({self.W.shape[0]}, {self.W.shape[1]}{padding})"


def _symbol(number: Any, n: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not -n <= number < n:
        raise ValueError(f"padding_idx is {number!r}, needs one of the {n} symbols 0 to {n - 1}, or None")
    return int(number) % n
