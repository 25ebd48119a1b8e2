"""What layers have in common: how they are called in errors, what they take, what they are drawn from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import Tensor
from autograd_lite.mode import current_mode

from ..arguments import Seed, generator, real, short, switch, whole
from ..building import room
from ..initializers import Initializer
from ..module import Module
from ..plain_arrays import plain_array

__all__ = [
    "Seed",
    "at_least",
    "drawn",
    "generator",
    "per_axis",
    "real",
    "short",
    "switch",
    "tensor",
    "title",
    "whole",
    "without",
]


def title(layer: Module) -> str:
    """How error messages call a layer: by its name, or by the scope it runs in."""
    scopes = current_mode().scope
    return repr(layer.name or scopes[-1]) if layer.name or scopes else "an unnamed layer"


def tensor(x: Any) -> Any:
    """x as a Tensor."""
    return x if isinstance(x, Tensor) else Tensor(x, name="x")


def drawn(initializer: Initializer, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """What an initializer gives for this shape, or zeros if values come from a file. Raises ValueError for another shape."""
    if not callable(initializer) or isinstance(initializer, type):
        raise TypeError(
            f"weights and biases are drawn by functions of a generator and a shape, such as nn.initializers.normal, not by "
            f"{short(initializer)}; values of your own can be assigned, layer.W = array"
        )
    within = room()
    if within is not None:
        return within.zeros(shape)
    array = plain_array("an initializer", initializer(rng, shape))
    if array.shape != shape:
        raise ValueError(f"the initializer {initializer!r} gave shape {array.shape} for {shape}")
    return array


def filled(value: float, shape: tuple[int, ...]) -> Any:
    """An array that is `value` throughout, or zeros if the values come from a file."""
    within = room()
    return np.full(shape, value) if within is None else within.zeros(shape)


def without(**parts: Any) -> dict[str, bool]:
    """The options that say which parts a layer is made without: False for each that is None."""
    return {name: False for name, part in parts.items() if part is None}


def at_least(least: int, **numbers: int) -> tuple[int, ...]:
    """The numbers as ints. Raises TypeError or ValueError naming the first that is none, or below `least`."""
    return tuple(whole(name, number, least) for name, number in numbers.items())


def per_axis(name: str, value: int | Sequence[int], axes: int, least: int) -> tuple[int, ...]:
    """A number for each axis, of one for all or one for each. Raises an error naming what is none, or below `least`."""
    needed = f"{name} is {short(value)}, needs {axes} whole numbers of at least {least}, or one for all"
    if isinstance(value, str | bytes | dict | set) or (isinstance(value, Sequence) and len(value) != axes):
        raise (TypeError if not isinstance(value, Sequence) or isinstance(value, str | bytes) else ValueError)(needed)
    given = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    try:
        return tuple(whole(name, n, least) for n in given)
    except (TypeError, ValueError) as problem:
        raise type(problem)(needed) from None
