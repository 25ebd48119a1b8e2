"""What numbers an option may be; the errors name the option, its value, and what it needs."""

from collections.abc import Callable
from typing import Any

import numpy as np


def at_least_0(name: str, value: Any) -> float:
    """`value` as a float. Raises ValueError if it is negative or not finite, TypeError if it is no number."""
    return _number(name, value, lambda v: 0 <= v < np.inf, "a finite number of at least 0")


def above_0(name: str, value: Any) -> float:
    """`value` as a float. Raises ValueError if it is not above 0 and finite."""
    return _number(name, value, lambda v: 0 < v < np.inf, "a finite number above 0")


def below_1(name: str, value: Any) -> float:
    """`value` as a float. Raises ValueError if it is not in [0, 1)."""
    return _number(name, value, lambda v: 0 <= v < 1, "a number from 0 to below 1")


def true_or_false(name: str, value: Any) -> bool:
    """`value` as a bool. Raises ValueError if it is neither."""
    if not isinstance(value, bool | int | np.bool_) or value not in (0, 1):
        raise ValueError(f"{name} is {value!r}, needs True or False")
    return bool(value)


def _number(name: str, value: Any, fits: Callable[[float], bool], needed: str) -> float:
    try:
        if isinstance(value, bool | str | bytes):
            raise TypeError
        number = float(value)  # a NumPy float64 would turn float32 parameters into float64
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}, needs {needed}") from None
    if not fits(number):
        raise ValueError(f"{name} is {number}, needs {needed}")
    return number
