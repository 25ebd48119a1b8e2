"""What layers have in common: how they are called in errors, what they take, what they are drawn from."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from autograd_lite import Tensor
from autograd_lite.mode import current_mode

from ..building import room
from ..initializers import Initializer
from ..module import Module

Seed = int | np.random.Generator | None


def title(layer: Module) -> str:
    """How error messages call a layer: by its name, or by the scope it runs in."""
    scopes = current_mode().scope
    return repr(layer.name or scopes[-1]) if layer.name or scopes else "an unnamed layer"


def tensor(x: Any) -> Any:
    """x as a Tensor."""
    return x if isinstance(x, Tensor) else Tensor(x, name="x")


def drawn(initializer: Initializer, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """What an initializer gives for this shape, or zeros if values come from a file. Raises ValueError for another shape."""
    within = room()
    if within is not None:
        return within.zeros(shape)
    array = np.asarray(initializer(rng, shape))
    if array.shape != shape:
        raise ValueError(f"the initializer {initializer!r} gave shape {array.shape} for {shape}")
    return array


def filled(value: float, shape: tuple[int, ...]) -> Any:
    """An array that is `value` throughout, or zeros if the values come from a file."""
    within = room()
    return np.full(shape, value) if within is None else within.zeros(shape)


def at_least(least: int, **numbers: int) -> tuple[int, ...]:
    """The numbers as ints. Raises ValueError naming the first that is below `least`."""
    for name, number in numbers.items():
        if index(number) < least:
            raise ValueError(f"{name} is {number}, needs at least {least}")
    return tuple(index(number) for number in numbers.values())


def per_axis(name: str, value: int | Sequence[int], axes: int, least: int) -> tuple[int, ...]:
    """A number for each axis, of one for all or one for each. Raises ValueError if there are others, or one below `least`."""
    given = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    if len(given) != axes or any(index(n) < least for n in given):
        raise ValueError(f"{name} is {value}, needs {axes} whole numbers of at least {least}, or one for all")
    return tuple(index(n) for n in given)
