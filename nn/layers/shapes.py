"""Layers that arrange the same numbers in another shape."""

from typing import Any

from autograd_lite import Tensor

from ..module import Module
from .common import tensor


class Flatten(Module):
    """All numbers of an example in one row: (n, ...) becomes (n, n_in)."""

    config: dict[str, Any] = {}  # noqa: RUF012  (nobody writes into it)

    def forward(self, x: Any) -> Tensor:
        """The rows."""
        x = tensor(x)
        rows: Tensor = x.reshape(x.shape[0], -1)
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
