"""Arithmetic at its limits, where an overflow gives the right answer and nobody need hear of it."""

from collections.abc import Callable
from contextvars import Context
from functools import wraps
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_silence = Context()
_silence.run(np.seterr, all="ignore")


def quietly(f: Callable[..., T], *args: Any) -> T:
    """`f(*args)`, without a word about floating-point errors. Context variables have their defaults inside.

    NumPy keeps what it announces in a context variable. To run in the copy of a context takes a tenth of the time of entering
    `np.errstate`, which is as long as a small array's arithmetic.
    """
    return _silence.copy().run(f, *args)


def quiet(f: F) -> F:
    """Decorate a function of arrays so that it runs `quietly`."""

    @wraps(f)
    def silent(*args: Any) -> Any:
        return _silence.copy().run(f, *args)

    return silent  # type: ignore[return-value]
