"""Dropout: in training, neurons that are left out at random."""

from typing import Any

import numpy as np

from autograd_lite import Tensor
from autograd_lite.recording import apply
from autograd_lite.rules import impure

from ..module import Module
from .common import Seed, generator, real, tensor


@impure
def kept(rng, shape, rate, dtype):  # type: ignore[no-untyped-def]
    """A random mask: 0 with probability `rate`, else 1 / (1 - rate), so that sums stay as large on average."""
    return (rng.random(shape) >= rate).astype(dtype) / np.asarray(1 - rate, dtype)


class Dropout(Module):
    """In training each number is 0 with probability `rate`, and else divided by 1 − rate; in evaluation x stays as it is.

    rate : in [0, 1)
    seed : an int, a Generator to draw from, or None for other numbers each time

    Every call draws anew, also in a compiled program. Source: Srivastava et al., 2014, Dropout: a simple way ...
    """

    def __init__(self, rate: float = 0.5, *, seed: Seed = None):
        self.rate = real("rate of Dropout", rate, "a number from 0 to below 1", lambda v: 0 <= v < 1)
        self.rng = generator(seed)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind."""
        return {"rate": self.rate}

    def forward(self, x: Any) -> Tensor:
        """x with some of its numbers left out."""
        a: Tensor = tensor(x)
        if self.training and self.rate > 0:
            dtype = a.array.dtype if a.array.dtype.kind == "f" else np.dtype(np.float64)
            a = a * apply(kept, (self.rng, a.array.shape, self.rate, dtype))
        return a

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"
