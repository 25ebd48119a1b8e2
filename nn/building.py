"""Making layers whose values come from a file: without first values, and no larger than these."""

import math
from contextvars import ContextVar, Token
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Room:
    """Inside `with room:` layers that are made have zeros for parameters, and all of them together at most so many numbers.

    Sizes in a file are not to be trusted, and drawing orthogonal weights takes longer than reading them.
    """

    def __init__(self, numbers: int):
        self.numbers = self._left = numbers

    def __enter__(self) -> None:
        self._token: Token[Room | None] = _room.set(self)

    def __exit__(self, *_: object) -> None:
        _room.reset(self._token)

    def zeros(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """The values of a parameter. Raises ValueError, before memory is taken, if there is no room for it."""
        self._left -= math.prod(shape)
        if self._left < 0:
            raise ValueError(f"a parameter of shape {shape} is more than the {self.numbers:,} numbers there may be")
        return np.zeros(shape)


_room: ContextVar[Room | None] = ContextVar("nn room", default=None)
room = _room.get
