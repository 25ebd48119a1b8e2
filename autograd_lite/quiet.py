"""Arithmetic at its limits, where an overflow gives the right answer and nobody need hear of it.

NumPy keeps what it announces in a context variable. `np.errstate(all="ignore")` sets it for a block, in the time of an operation
on a small array. What follows sets it to the same in a tenth of that.
"""

from collections.abc import Callable
from contextvars import Context, ContextVar, Token
from functools import wraps
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

_silence = Context()
_silence.run(np.seterr, all="ignore")
silence = _silence.copy
"""Makes a context in which floating-point errors are ignored, and other context variables have their defaults.

`silence().run(f, *args)` is the quickest way to silence a function of arrays. One call at a time runs in a context.
"""
_announced: ContextVar[Any]
((_announced, _nothing),) = _silence.items()


def hush() -> Token[Any]:
    """Ignore floating-point errors from here on, in this thread and task, until `speak` is given what this returns."""
    return _announced.set(_nothing)


speak = _announced.reset
"""Announce again what was announced before `hush`."""


def quiet(f: F) -> F:
    """Decorate a function of arrays so that it says nothing about floating-point errors."""

    @wraps(f)
    def silent(*args: Any) -> Any:
        return silence().run(f, *args)

    return silent  # type: ignore[return-value]


def spoken(f: Any) -> Any:
    """The function that `quiet` decorated; of any other the function itself."""
    return f.__wrapped__ if getattr(f, "__code__", None) is _decorated else f


_decorated = quiet(np.exp).__code__  # type: ignore[attr-defined]
