"""Layers that arrange the same numbers in another shape."""

import math
from typing import Any

from autograd_lite import Tensor

from ..module import Module
from .common import tensor, title


class Flatten(Module):
    """All numbers of an example in one row: (n, ...) becomes (n, n_in)."""

    config: dict[str, Any] = {}  # noqa: RUF012  (nobody writes into it)

    def forward(self, x: Any) -> Tensor:
        """The rows. Raises ValueError for a single number."""
        x = tensor(x)
        if x.ndim == 0:
            raise ValueError(f"{title(self)} (Flatten) got a single number, needs (n, ...)")
        rows: Tensor = x.reshape(x.shape[0], math.prod(x.shape[1:]))  # of no examples, -1 could be any number
        return rows


class Reshape(Module):
    """The numbers of every example in another shape: Reshape(1, 28, 28) makes images of rows of 784 pixels."""

    def __init__(self, *shape: int):
        self.shape = tuple(shape)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind."""
        return {"*": self.shape}

    def forward(self, x: Any) -> Tensor:
        """The examples in that shape. Raises ValueError if they have more or fewer numbers."""
        x = tensor(x)
        arranged: Tensor = x.reshape(x.shape[0], *self.shape)
        return arranged

    def __repr__(self) -> str:
        return f"Reshape({', '.join(map(str, self.shape))})"
