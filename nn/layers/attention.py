"""Attention: every position of a sequence takes a weighted mean of what other positions offer."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd_lite import Tensor, softmax
from autograd_lite.recording import apply

from ..initializers import Initializer, glorot_uniform, zeros
from ..module import Module
from ..plain_arrays import plain_array
from .common import Seed, at_least, generator, switch, tensor, title, without
from .linear import Linear


class MultiHeadAttention(Module):
    """softmax(Q Kᵀ / √d) V in each of several heads, side by side, and a Linear layer over all of them.

    n : numbers at a position, a multiple of n_heads;  n_heads : how many heads, each of d = n / n_heads numbers
    causal : a position attends to itself and to those before it only
    bias : have the four Linear layers biases?
    weights, biases, seed, dtype : as for `Linear`

    query, key, value, out : Linear(n, n)
    Called on x : (n_examples, length, n), or (length, n) for one example, it returns the same shape. With `context` :
    (n_examples, other, n) keys and values are of that. `mask` : booleans, True where a position (row) may attend to another
    (column): (length, other) for all examples, or (n_examples, length, other), where 1 may stand for n_examples or length. So
    what each example allows at all its positions is mask[:, None], and what all allow is mask[None]; one of these has to be
    written where there are as many examples as positions, and (length, other) could be either.

    Raises ValueError for shapes that do not fit, and for a mask that leaves a position nothing to attend to.
    Source: Vaswani et al., 2017, Attention is all you need.
    """

    def __init__(
        self,
        n: int,
        n_heads: int,
        *,
        causal: bool = False,
        bias: bool = True,
        weights: Initializer = glorot_uniform,
        biases: Initializer = zeros,
        seed: Seed = None,
        dtype: DTypeLike = np.float64,
        name: str | None = None,
    ):
        n, n_heads = at_least(1, n=n, n_heads=n_heads)
        if n % n_heads:
            raise ValueError(f"n is {n} and n_heads {n_heads}: every head gets n / n_heads numbers, a whole number")
        rng = generator(seed)
        self.name, self.n, self.n_heads, self.causal = name, n, n_heads, switch("causal", causal)
        made = [Linear(n, n, bias=bias, weights=weights, biases=biases, seed=rng, dtype=dtype) for _ in range(4)]
        self.query, self.key, self.value, self.out = made

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        dtype = self.out.W.dtype.name
        return {
            "n": self.n, "n_heads": self.n_heads, "causal": self.causal, "dtype": dtype, **without(bias=self.out.b)
        }  # fmt: skip

    @property
    def batch_ndim(self) -> int:
        """The number of axes of a batch of inputs."""
        return 3

    def forward(self, x: Any, context: Any = None, mask: ArrayLike | None = None) -> Tensor:
        """What every position has gathered."""
        x = tensor(x)
        if x.ndim == 2 and x.shape[1] == self.n:
            one: Tensor = self.forward(x[None], None if context is None else tensor(context)[None], mask)
            return one[0]
        context = x if context is None else tensor(context)
        for given in x, context:
            if given.ndim != 3 or given.shape[2] != self.n or len(given) != len(x):
                shapes = f"x of shape {x.shape}" + (f", context {context.shape}" if context is not x else "")
                raise ValueError(f"{title(self)} ({self!r}) got {shapes}, needs (n_examples, length, {self.n})")
        if context.shape[1] == 0:
            raise ValueError(
                f"{title(self)} ({self!r}) got sequences of no positions, which leave nothing to attend to"
            )
        q, k, v = self._heads(self.query(x)), self._heads(self.key(context)), self._heads(self.value(context))
        scores = q @ np.swapaxes(k, -1, -2) * (1 / math.sqrt(self.n / self.n_heads))
        allowed = self._allowed(len(x), x.shape[1], context.shape[1], mask)
        if allowed is not None:
            nothing = float(np.finfo(scores.dtype).min)  # finite, and its share of a softmax is exactly 0
            scores = np.where(allowed, scores, nothing)
        gathered = apply(softmax, (scores,)) @ v
        result: Tensor = self.out(gathered.swapaxes(1, 2).reshape(x.shape))
        return result

    def _heads(self, z: Tensor) -> Any:
        """(n_examples, n_heads, length, d)"""
        return z.reshape(z.shape[0], z.shape[1], self.n_heads, self.n // self.n_heads).swapaxes(1, 2)

    def _allowed(self, n: int, length: int, other: int, mask: ArrayLike | None) -> Any:
        allowed = np.tri(length, other, dtype=bool) if self.causal else None
        if mask is not None:
            given = plain_array("mask", mask)
            shapes = ((length, other), *((a, b, other) for a in (1, n) for b in (1, length)))
            if given.dtype != bool or given.shape not in shapes:
                hint = "; mask[:, None] says what each example allows" if given.shape == (n, other) else ""
                raise ValueError(
                    f"{title(self)} ({self!r}) got a mask of {given.dtype} {given.shape}, needs bool ({length}, {other}), "
                    f"or with {n} in front, the number of examples{hint}"
                )
            if given.ndim == 2 and n == length > 1 and not (given == given[:1]).all():
                raise ValueError(
                    f"{title(self)} ({self!r}) got a mask of shape {given.shape} for {n} examples of {length} positions, so its "
                    "rows may be either: write mask[None] if they are positions, mask[:, None] if they are examples"
                )
            given = given[:, None] if given.ndim == 3 else given
            allowed = given if allowed is None else given & allowed
            if not allowed.any(axis=-1).all():
                raise ValueError(f"{title(self)} ({self!r}) got a mask that leaves a position nothing to attend to")
        return allowed

    def __repr__(self) -> str:
        return f"MultiHeadAttention({self.n}, {self.n_heads}{', causal=True' if self.causal else ''})"
