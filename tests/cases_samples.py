"""What the sample calls of the tables are made of: arrays of several kinds, and lists of calls of one form.

In a call every floating ndarray, also one inside a list or given by keyword, is an argument to differentiate by; `Fixed` holds
an array that is not. Values stay away from kinks, ties and the borders of domains by more than the steps that the differences
take; the values *at* kinks are in test_engine_edges.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag

rng = np.random.default_rng(0)


class Call(NamedTuple):
    """The arguments of one call."""

    args: tuple[Any, ...]
    keywords: dict[str, Any]


class Fixed(NamedTuple):
    """An array that is not differentiated by."""

    array: np.ndarray


def call(*args: Any, **keywords: Any) -> Call:
    return Call(args, keywords)


def real(*shape: int) -> np.ndarray:
    """Distinct numbers of both signs, at least 0.17 apart, at least 0.03 from every multiple of one half."""
    n = int(np.prod(shape))
    return rng.permutation((np.arange(n) - n // 2 + 0.43) * 0.17).reshape(shape)


def given(*shape: int) -> np.ndarray:
    """Numbers like those of `real`, but drawn from no generator: a further case of these changes the numbers of no other."""
    n = int(np.prod(shape))
    return ((np.arange(n) - n // 2 + 0.43) * 0.17)[np.argsort(np.sin(np.arange(1.0, n + 1)))].reshape(shape)


def positive(*shape: int) -> np.ndarray:
    """Distinct numbers from 0.43 on."""
    n = int(np.prod(shape))
    return rng.permutation(0.43 + 0.17 * np.arange(n)).reshape(shape)


def inside(*shape: int) -> np.ndarray:
    """Distinct numbers in (-0.8, 0.8), none within 0.05 of 0."""
    n = int(np.prod(shape))
    return rng.permutation(np.linspace(-0.75, 0.8, n) if n > 1 else np.full(1, 0.31)).reshape(shape)


def near(*shape: int) -> np.ndarray:
    """Numbers around 1, for products of many."""
    return rng.uniform(0.6, 1.6, shape) * rng.choice([-1.0, 1.0], shape)


def apart(*shape: int) -> np.ndarray:
    """Numbers as `real` gives, moved so that they differ from all of those by at least 0.05."""
    return real(*shape) + 0.085


def divisor(*shape: int) -> np.ndarray:
    return 2.0 + rng.uniform(-0.05, 0.05, shape)


def dividend(*shape: int) -> np.ndarray:
    """Numbers that lie far from the multiples of every `divisor`."""
    return 2.0 * rng.integers(-3, 4, shape) + 1.0 + rng.uniform(-0.3, 0.3, shape)


MASK = np.array([[True, False, True], [False, True, True]])
EMPTY = np.zeros((0, 3))
FORTRAN = np.asfortranarray(real(3, 4))
BACKWARD = real(4, 3)[::-1, ::-1]


def unary(sample: Callable[..., np.ndarray]) -> list[Call]:
    """Shapes and layouts for a function of one array, element by element."""
    return [
        call(sample(2, 3)),
        call(sample(1).reshape(())),
        call(np.zeros((0, 2)) + sample(1)),
        call(sample(5)[::-2]),
        call(np.asfortranarray(sample(3, 2))),
        call(sample(2, 1, 3).T),
    ]


def binary(x: Callable[..., np.ndarray], y: Callable[..., np.ndarray] | None = None) -> list[Call]:
    """The same for two arrays: all ways to broadcast, and partners that are not arrays."""
    y = y or apart
    number = float(y(1)[0])
    return [
        call(x(2, 3), y(2, 3)),
        call(x(2, 3), y(3)),
        call(x(3), y(2, 3)),
        call(x(2, 1), y(1, 3)),
        call(x(2, 3), y(1).reshape(())),
        call(x(1).reshape(()), y(2, 2)),
        call(x(1, 1, 1), y(2)),
        call(x(1).reshape(()), y(1).reshape(())),
        call(x(0, 3), y(3)),
        call(x(1, 2), y(0, 2)),
        call(x(4)[::-1], y(3, 4)[::-1, ::2].repeat(2, axis=1)),
        call(np.asfortranarray(x(3, 2)), y(3, 2)),
        call(x(2, 3), number),
        call(float(x(1)[0]), y(2, 2)),
        call(x(2, 2), np.float64(number)),
        call(x(2, 2), np.float32(number)),
        call(x(2, 3), Fixed(y(3))),
        call(Fixed(x(3)), y(2, 3)),
    ]


REDUCED = [{}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": (2, 0)}, {"axis": (-1, 1)}, {"axis": ()}]


def reduced(sample: Callable[..., np.ndarray], **more: Any) -> list[Call]:
    """Axes of every form, with the axes dropped and kept, and arrays of every layout."""
    return [
        *(call(sample(2, 3, 2), **axes, **more) for axes in REDUCED),
        *(call(sample(2, 3, 2), **axes, keepdims=True, **more) for axes in REDUCED),
        call(sample(2, 3), 1, **more),
        call(sample(2, 3)[::-1, ::-1], axis=1, keepdims=False, **more),
        call(np.asfortranarray(sample(2, 3)), axis=0, **more),
        call(sample(1).reshape(()), **more),
    ]


def masked(sample: Callable[..., np.ndarray], **more: Any) -> list[Call]:
    """`where=` of the shape of x, broadcast, along every axis."""
    return [
        call(sample(2, 3), where=MASK, **more),
        call(sample(2, 3), axis=0, where=MASK, **more),
        call(sample(2, 3), axis=1, where=MASK, keepdims=True, **more),
        call(sample(2, 3), axis=-1, where=np.array([True, False, True]), **more),
        call(sample(2, 2, 3), axis=(0, 2), where=MASK, **more),
        call(sample(2, 3), where=ag.Tensor(MASK), **more),
    ]


def running(sample: Callable[..., np.ndarray]) -> list[Call]:
    return [
        call(sample(5)),
        call(sample(2, 3)),
        call(sample(2, 3), 0),
        call(sample(2, 3, 2), axis=-2),
        call(sample(2, 3)[:, ::-1], axis=1),
        call(np.asfortranarray(sample(2, 3)), axis=None),
        call(sample(1).reshape(())),
        call(sample(1).reshape(()), axis=0),
        call(np.zeros((2, 0)), axis=1),
        call(np.zeros((0, 2)), axis=1),
        call(np.zeros((0,))),
        call(sample(1, 1), axis=0),
    ]


def holed(array: np.ndarray) -> np.ndarray:
    """An array of which elements are missing; they take no part, so their gradient is 0."""
    return np.where(np.arange(array.size).reshape(array.shape) % 3 == 1, np.nan, array)
