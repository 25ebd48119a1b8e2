"""Layers that arrange the same numbers in another shape."""

import math
from typing import Any

from autograd_lite import Tensor

from ..module import Module
from .common import tensor, title, whole


class Flatten(Module):
    """All numbers of an example in one row: (n, ...) becomes (n, n_in), and one row (n_in,) stays as it is."""

    config: dict[str, Any] = {}  # noqa: RUF012  (nobody writes into it)

    def forward(self, x: Any) -> Tensor:
        """The rows. Raises ValueError for a single number."""
        x = tensor(x)
        if x.ndim == 0:
            raise ValueError(f"{title(self)} (Flatten) got a single number, needs (n, ...)")
        if x.ndim == 1:
            return x  # type: ignore[no-any-return]
        rows: Tensor = x.reshape(x.shape[0], math.prod(x.shape[1:]))  # of no examples, -1 could be any number
        return rows


class Reshape(Module):
    """The numbers of every example in another shape: Reshape(1, 28, 28) makes images of rows of 784 pixels.

    Called on x : (n, ...) it returns (n, *shape), and on one row of as many numbers as the shape has, (n_in,), the shape.
    Raises ValueError if examples have more or fewer numbers.
    """

    def __init__(self, *shape: int):
        if not shape:
            raise ValueError("Reshape needs the lengths of an example's axes, such as Reshape(1, 28, 28)")
        self.shape = tuple(whole("shape", n, 1) for n in shape)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind."""
        return {"*": self.shape}

    def forward(self, x: Any) -> Tensor:
        """The examples in that shape."""
        x = tensor(x)
        size = math.prod(self.shape)
        if x.ndim == 0 or (math.prod(x.shape[1:]) != size and x.shape != (size,)):
            raise ValueError(
                f"{title(self)} ({self!r}) got x of shape {x.shape}, needs (n, {size}) or other {size} numbers per example"
            )
        arranged: Tensor = x.reshape(*(x.shape[:1] if x.shape != (size,) else ()), *self.shape)
        return arranged

    def __repr__(self) -> str:
        return f"Reshape({', '.join(map(str, self.shape))})"
