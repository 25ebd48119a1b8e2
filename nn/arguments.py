"""What arguments may be; the errors name the argument, its value, and what it needs."""

from collections.abc import Callable
from inspect import signature
from operator import index
from typing import Any

import numpy as np

from .module import Module

Seed = int | np.random.Generator | None


def whole(name: str, value: Any, least: int) -> int:
    """`value` as an int. Raises TypeError if it is no whole number, ValueError if it is below `least`."""
    needed = f"a whole number of at least {least}"
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} is {short(value)}, needs {needed}") from None
    if number < least:
        raise ValueError(f"{name} is {number}, needs {needed}")
    return number


def switch(name: str, value: Any) -> bool:
    """`value` as a bool. Raises TypeError if it is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {short(value)}, needs True or False")
    return bool(value)


def real(name: str, value: Any, needed: str, fits: Callable[[float], bool]) -> float:
    """`value` as a float. Raises TypeError if it is no number, ValueError if it does not fit."""
    try:
        if isinstance(value, bool | np.bool_ | str | bytes) or np.ndim(value):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {short(value)}, needs {needed}") from None
    if not fits(number):
        raise ValueError(f"{name} is {number}, needs {needed}")
    return number


def generator(seed: Any) -> np.random.Generator:
    """The generator that a seed stands for. Raises TypeError or ValueError naming the seed."""
    try:
        if isinstance(seed, bool | float):
            raise TypeError
        return np.random.default_rng(seed)
    except TypeError:
        raise TypeError(f"seed is {short(seed)}, needs an int, a numpy.random.Generator, or None") from None
    except ValueError:
        raise ValueError(f"seed is {short(seed)}, needs an int of at least 0") from None


def function(name: str, value: Any, example: str) -> Any:
    """`value`, if it can be called. Raises TypeError otherwise, showing what it might be."""
    if not callable(value) or isinstance(value, type):
        raise TypeError(f"{name} is {short(value)}, needs a function, such as {example}")
    return value


def network(net: Any) -> Module:
    """`net`, if it is a module. Raises TypeError otherwise."""
    if not isinstance(net, Module):
        hint = f": make one, net = {net.__name__}(...)" if isinstance(net, type) else ""
        raise TypeError(f"net is {short(net)}, needs an nn.Module{hint}")
    return net


def cost_function(cost: Any) -> Any:
    """`cost`, if it is a function of output and targets. Raises TypeError otherwise."""
    function("cost", cost, "nn.quadratic_cost")
    try:
        signature(cost).bind(None, None)
    except TypeError:
        raise TypeError(f"cost is {short(cost)}, needs a function of output and targets, cost(output, y)") from None
    except ValueError:  # there is no signature to look at
        pass
    return cost


def short(value: Any) -> str:
    """A value as errors show it: in one line, not too long."""
    if isinstance(value, np.ndarray) and value.size > 4:
        return f"an array of {value.dtype} {value.shape}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"a {type(value).__name__}"
