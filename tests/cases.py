"""Sample calls of every function that has a derivative: the data of the tests of the tables.

CASES maps a function to its calls. In a call every floating ndarray, also one inside a list or given by keyword, is an
argument to differentiate by; `Fixed` holds an array that is not. Values stay away from kinks, ties and the borders of
domains by more than the steps that the differences take; the values *at* kinks are in test_engine_edges.py.
"""

from collections.abc import Callable
from operator import getitem
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite.ops.indexing import scatter
from autograd_lite.writes import setitem

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


MATRICES = [
    call(real(3), real(3)),
    call(real(2, 3), real(3)),
    call(real(3), real(3, 2)),
    call(real(2, 3), real(3, 4)),
    call(real(1, 3), real(3, 1)),
    call(np.asfortranarray(real(2, 3)), real(3, 2)),
    call(real(2, 3), real(2, 3).T),
    call(real(3, 2).T, real(2, 3).T),
    call(real(2, 6)[:, ::-2], real(3, 2)[::-1]),
    call(real(2, 0), real(0, 3)),
    call(real(0, 2), real(2, 3)),
    call(real(2, 3), Fixed(real(3, 2))),
    call(Fixed(real(2, 3)), real(3)),
]
BATCHES = [
    call(real(2, 2, 3), real(2, 3, 2)),
    call(real(2, 2, 3), real(3, 2)),
    call(real(2, 3), real(2, 3, 2)),
    call(real(2, 1, 2, 3), real(3, 3, 1)),
    call(real(1, 2, 3), real(2, 3, 2)),
    call(real(3), real(2, 3, 2)),
    call(real(2, 2, 3), real(3)),
    call(real(3), real(2, 1, 3, 2)),
    call(real(2, 2, 1), real(1)),
    call(real(2, 2, 3), real(2, 2, 3).swapaxes(1, 2)),
    call(real(0, 2, 3), real(3, 2)),
]
UNEVEN = [
    call(real(2, 2, 3), real(3)),
    call(real(3), real(2, 3, 2)),
    call(real(2, 3), real(2, 3, 2)),
    call(real(2, 2, 3), real(3, 2)),
    call(real(2, 2, 3), real(2, 3, 2)),
    call(real(2, 2), real(1).reshape(())),
    call(real(1).reshape(()), real(2, 3)),
    call(real(1).reshape(()), real(1).reshape(())),
    call(real(2, 3), 1.5),
    call(2, real(2, 3)),
]

INDICES = [
    (real(5), 2),
    (real(5), -1),
    (real(5), np.int64(3)),
    (real(5), np.array(3)),
    (real(5), slice(None, None, -2)),
    (real(5), slice(4, 1, -1)),
    (real(5), slice(2, 2)),
    (real(5), None),
    (real(5), Ellipsis),
    (real(5), ()),
    (real(5), True),
    (real(5), False),
    (real(5), [0, 2, 2]),
    (real(5), np.array([[0, -1], [-5, 4]])),
    (real(5), np.array([], int)),
    (real(5), [True, False, True, True, False]),
    (real(5), real(5) > 0),
    (real(5), ag.Tensor([3, 3, 1])),
    (real(2, 3), MASK),
    (real(2, 3), (MASK,)),
    (real(2, 3), ag.Tensor(MASK)),
    (real(2, 3), (0, 1)),
    (real(2, 3), (0, Ellipsis)),
    (real(2, 3), (Ellipsis, None, -1)),
    (real(2, 3), (slice(None), [0, 0, 2])),
    (real(2, 3), ([1, 1, 0], [2, 2, 0])),
    (real(2, 3), ([[1], [0]], [0, 2])),
    (real(2, 3), (ag.Tensor([1, 1]), 0)),
    (real(2, 3), (np.array([True, False]), [1, 2])),
    (real(2, 3), (slice(None), np.array([True, False, True]))),
    (real(3, 2, 4), (slice(None), 1)),
    (real(3, 2, 4), ([0, 2, 0], slice(None), [1, 1, 1])),
    (real(3, 2, 4), (slice(1, None), None, [1, 0, 1], slice(None, None, 2))),
    (real(3, 2, 4), (1, slice(None), [3, 3])),
    (real(3, 2, 4), (np.array([0, 0]), np.array([True, False]))),
    (real(3, 2, 4), (None, Ellipsis, slice(None, None, -1))),
    (real(1).reshape(()), ()),
    (real(1).reshape(()), Ellipsis),
    (real(1).reshape(()), None),
    (real(1).reshape(()), True),
    (np.asfortranarray(real(2, 3)), ([1, 0, 1],)),
    (real(4, 3)[::-1], (slice(1, 3), [0, 0])),
    (EMPTY, (slice(None), 1)),
    (EMPTY, np.zeros(0, int)),
]


def written() -> list[Call]:
    """Every index, written with an array of its own shape, with one number and with one that is broadcast."""
    calls = []
    for x, index in INDICES:
        shape = np.shape(x[_plain(index)])
        calls += [call(x, index, real(*shape) if shape else real(1).reshape(())), call(x, index, real(1).reshape(()))]
        calls.append(call(x, index, 1.5))
    return [
        *calls,
        call(real(2, 3), 0, real(1, 1, 3)),
        call(real(2, 3), slice(None), real(2, 1)),
        call(real(2, 3), (slice(None), [0, 0, 1]), real(2, 1)),
        call(real(2, 3), (slice(None), [2, 0, 2]), real(3)),
        call(Fixed(real(2, 3)), [1, 1], real(2, 3)),
        call(real(2, 3), [1, 1], Fixed(real(2, 3))),
        call(np.asfortranarray(real(2, 3)), 1, real(3)),
        call(real(3), 1, 4),
    ]


def _plain(index: Any) -> Any:
    if isinstance(index, ag.Tensor):
        return index.data
    return tuple(map(_plain, index)) if isinstance(index, tuple) else index


CASES: dict[Callable[..., Any], list[Call]] = {
    np.add: binary(real),
    np.subtract: binary(real),
    np.multiply: binary(real),
    np.divide: binary(real, positive),
    np.power: [
        *binary(positive, real),
        call(real(3), 2),
        call(real(3), 3.0),
        call(real(3), 1),
        call(real(3), 0),
        call(near(3), -2),
        call(positive(3), 0.5),
        call(near(3), Fixed(np.array([2.0, 3.0, -1.0]))),
        call(real(3), np.array([2, 3, 0])),
        call(np.array([1, 2, 3]), real(3)),
    ],
    np.float_power: [
        *binary(positive, real),
        call(real(3), 2),
        call(near(3), -1.0),
        call(1.0 + positive(2), np.array([2, -3])),
    ],
    np.remainder: binary(dividend, divisor),
    np.fmod: binary(dividend, divisor),
    np.maximum: binary(real),
    np.minimum: binary(real),
    np.fmax: binary(real),
    np.fmin: binary(real),
    np.copysign: binary(real),
    np.negative: unary(real),
    np.positive: unary(real),
    np.absolute: unary(real),
    np.fabs: unary(real),
    np.square: unary(real),
    np.sqrt: unary(positive),
    np.cbrt: unary(lambda *s: np.where(real(*s) > 0, positive(*s), -positive(*s))),
    np.reciprocal: unary(positive),
    np.floor_divide: binary(dividend, divisor),
    np.sign: unary(real),
    np.floor: unary(real),
    np.ceil: unary(real),
    np.trunc: unary(real),
    np.rint: unary(real),
    np.round: [*unary(real), call(np.array([0.32, -0.18, 0.59]), 1), call(10.0 * real(3), decimals=-1)],
    np.clip: [
        call(real(2, 3), -0.2, 0.3),
        call(real(2, 3), None, 0.3),
        call(real(2, 3), -0.2, None),
        call(real(2, 3), a_min=-0.2, a_max=0.3),
        call(real(2, 3), min=-0.2, max=0.3),
        call(real(2, 3), min=-0.2),
        call(real(2, 3), a_max=0.1, a_min=None),
        call(real(2, 3), real(3) - 0.3, apart(2, 1) + 0.6),
        call(real(2, 3), 0.1, apart(3)),
        call(real(2, 3), apart(2, 3), 0.1),
        call(real(2, 3), None, apart(3)),
        call(real(2, 3), apart(3), None),
        call(real(2, 3), a_min=apart(3), a_max=0.7),
        call(real(2, 3), a_min=-0.8, a_max=apart(3)),
        call(real(2, 3), min=apart(3)),
        call(real(2, 3), max=apart(2, 1)),
        call(real(2, 3), min=apart(3), max=apart(3) + 0.4),
        call(Fixed(real(2, 3)), apart(3), None),
        call(real(1).reshape(()), -1.0, apart(2)),
        call(EMPTY, -1.0, 1.0),
    ],
    np.nan_to_num: [*unary(real), call(real(3), nan=1.0), call(real(3), posinf=2.0, neginf=-2.0)],
    np.where: [
        call(MASK, real(2, 3), real(2, 3)),
        call(MASK, real(3), real(2, 1)),
        call(np.array([True, False, True]), real(2, 3), real(1).reshape(())),
        call(True, real(2), real(3, 2)),
        call(MASK, real(2, 3), 0.5),
        call(MASK, 1, real(2, 3)),
        call(Fixed(real(2, 3)), real(2, 3), real(2, 3)),
        call(ag.Tensor(MASK), real(2, 3), real(3)),
        call(MASK[:, :, None], real(2), real(3, 1)),
        call(np.zeros((0, 3), bool), real(3), EMPTY),
    ],
    getitem: [call(x, index) for x, index in INDICES],
    scatter: [call(np.array(x[_plain(index)]), index, x.shape) for x, index in INDICES],
    setitem: written(),
    np.matmul: [*MATRICES, *BATCHES],
    np.dot: [*MATRICES, *UNEVEN],
    np.inner: [
        call(real(3), real(3)),
        call(real(2, 3), real(3)),
        call(real(3), real(2, 3)),
        call(real(2, 3), real(4, 3)),
        call(real(2, 2, 3), real(2, 3)),
        call(real(2, 3), real(2, 2, 3)),
        call(real(2, 3), real(1).reshape(())),
        call(real(1).reshape(()), real(2, 3)),
        call(real(2, 3), 1.5),
        call(real(2, 0), real(3, 0)),
    ],
    np.outer: [
        call(real(2), real(3)),
        call(real(2, 2), real(3)),
        call(real(2), real(3, 2).T),
        call(real(1).reshape(()), real(3)),
        call(real(3), real(1).reshape(())),
        call(real(3), 1.5),
        call(real(0), real(3)),
    ],
    np.tensordot: [
        call(real(2, 3, 2), real(3, 2, 4)),
        call(real(2, 3), real(3, 2), 1),
        call(real(2, 3), real(2), 0),
        call(real(2, 3, 4), real(4, 2, 3), axes=([0, 2], [1, 0])),
        call(real(2, 3, 4), real(3, 4, 2), axes=((2, 0), (1, 2))),
        call(real(2, 3, 4), real(3, 2), axes=(1, 0)),
        call(real(2, 3, 4), real(5, 3), axes=([-2], [-1])),
        call(real(2, 3, 4), real(2, 3, 4), axes=3),
        call(real(2, 3, 2), real(2, 3), axes=[[1, 2], [1, 0]]),
        call(real(2, 3), real(3, 0), axes=1),
    ],
    np.einsum: [
        call("ij,jk->ik", real(2, 3), real(3, 2)),
        call("ij,jk", real(2, 3), real(3, 2)),
        call("ba,cb", real(2, 3), real(3, 2)),
        call("i,i->", real(3), real(3)),
        call("i,i", real(3), real(3)),
        call("i,j->ji", real(2), real(3)),
        call("ii->i", real(3, 3)),
        call("ii", real(3, 3)),
        call("ii,i->i", real(3, 3), real(3)),
        call("iij,jk->ik", real(2, 2, 3), real(3, 2)),
        call("iii->i", real(2, 2, 2)),
        call("ij->", real(2, 3)),
        call("ij->j", real(2, 3)),
        call("ij,k->k", real(2, 3), real(2)),
        call("ij->ji", real(2, 3)),
        call("i->i", real(3)),
        call(",i->i", real(1).reshape(()), real(3)),
        call("...ij,...jk->...ik", real(2, 2, 3), real(3, 2)),
        call("...ij,...jk", real(2, 1, 2, 3), real(3, 3, 2)),
        call("i...,i...->...", real(3, 2), real(3, 2)),
        call("...i->...", real(2, 3)),
        call("...i->i...", real(2, 2, 3)),
        call("ij...,j->i...", real(2, 3, 2), real(3)),
        call("...,...", real(2, 3), real(3)),
        call("ij,jk,kl->il", real(2, 2), real(2, 3), real(3, 2)),
        call("i,i,i->i", real(3), real(3), real(3)),
        call("bi,bj,bk->ijk", real(2, 2), real(2, 2), real(2, 2)),
        call("a b , b c -> a c", real(2, 2), real(2, 2)),
        call("Ab,bC->CA", real(2, 2), real(2, 2)),
        call("ij,jk->ik", real(2, 3), real(3, 2), optimize=True),
        call("ij,ij->ij", real(1, 3), real(2, 3)),
        call("ij,ij->j", real(2, 3), real(2, 1)),
        call("ij,jk->ik", real(2, 3), Fixed(real(3, 2))),
        call("ij,jk->ik", real(0, 3), real(3, 2)),
        call("ij,jk->ik", real(2, 0), real(0, 2)),
    ],
    np.sum: [
        *reduced(real),
        *masked(real),
        call(real(2, 3), initial=2.0),
        call(real(2, 3), axis=0, initial=real(1).reshape(())),
        call(real(2, 3), 0, None, None, False, real(1).reshape(())),
        call(real(2, 3), axis=0, initial=real(1).reshape(()), where=MASK, keepdims=True),
        call(real(2, 3), dtype=np.float64),
        call(real(1).reshape(()), axis=0),
        call(real(1).reshape(()), axis=-1, keepdims=True),
        call(EMPTY),
        call(EMPTY, axis=0),
        call(EMPTY, axis=1),
    ],
    np.mean: [*reduced(real), *masked(real), call(EMPTY, axis=1), call(real(2, 3), dtype=np.float64)],
    np.var: [
        *reduced(real)[1:-1],
        *masked(real),
        *reduced(real, ddof=1)[:4],
        *masked(real)[:1],
        call(real(2, 3), axis=1, ddof=0.5),
        call(real(2, 3), axis=0, correction=1),
        call(real(2, 3), axis=1, mean=Fixed(real(2, 1))),
        call(real(2, 3), axis=1, where=MASK, ddof=1, keepdims=True),
        call(EMPTY, axis=1),
    ],
    np.std: [
        *(c for c in reduced(real)[:-1] if c.keywords.get("axis") != ()),
        *masked(real)[:3],
        *reduced(real, ddof=1)[:4],
        call(real(2, 3), axis=1, ddof=0.5),
        call(real(2, 3), axis=1, correction=1),
        call(real(2, 3), axis=1, mean=Fixed(real(2, 1)), keepdims=True),
        call(EMPTY, axis=1),
    ],
    np.max: [
        *reduced(real),
        *masked(real, initial=-9.0),
        call(real(2, 3), initial=0.02),
        call(real(2, 3), axis=0, initial=0.02),
        call(real(2, 3), axis=0, initial=np.array(0.35)),
        call(real(2, 3), 1, None, True, np.array(0.35), MASK),
        call(real(1).reshape(()), axis=0),
        call(EMPTY, axis=1),
        call(EMPTY, axis=0, initial=1.0),
    ],
    np.min: [
        *reduced(real),
        *masked(real, initial=9.0),
        call(real(2, 3), initial=0.02),
        call(real(2, 3), axis=1, initial=np.array(-0.35), keepdims=True),
        call(real(2, 3), 1, None, True, np.array(-0.35), MASK),
        call(real(1).reshape(()), axis=-1),
        call(EMPTY, axis=1),
    ],
    np.prod: [
        *reduced(near),
        *masked(near),
        call(near(2, 3), initial=2.0),
        call(near(2, 3), axis=0, initial=near(1).reshape(())),
        call(near(2, 3), axis=1, initial=near(1).reshape(()), keepdims=True, where=MASK),
        call(near(2, 3), 1, None, None, False, near(1).reshape(())),
        call(np.array([[0.0, 1.5, -0.7], [0.0, 0.6, 0.0]]), axis=1),
        call(np.array([2.0, 0.0, 3.0])),
        call(near(1).reshape(()), axis=0),
        call(EMPTY),
        call(EMPTY, axis=0),
        call(EMPTY, axis=1),
    ],
    np.cumsum: running(real),
    np.cumprod: [*running(near), call(np.array([2.0, 0.0, 3.0, 0.0, 5.0]))],
    np.reshape: [
        call(real(2, 3), (3, 2)),
        call(real(2, 3), -1),
        call(real(2, 3), [6]),
        call(real(2, 3), shape=(1, -1, 2)),
        call(real(2, 3), (3, 2), "F"),
        call(real(2, 3), (3, 2), order="A"),
        call(np.asfortranarray(real(2, 3)), (3, 2), order="A"),
        call(np.asfortranarray(real(2, 3)), (3, 2), order="C"),
        call(np.asfortranarray(real(2, 3)), 6, order="F"),
        call(real(2, 3)[:, ::-1], (6,), order="A"),
        call(real(1).reshape(()), (1, 1)),
        call(real(1), ()),
        call(EMPTY, (3, 0, 2)),
        call(real(2, 3), (3, 2), copy=True),
    ],
    np.transpose: [
        call(real(2, 3)),
        call(real(2, 3, 4)),
        call(real(2, 3, 4), (1, 2, 0)),
        call(real(2, 3, 4), axes=[2, 0, 1]),
        call(real(2, 3, 4), (-1, 0, -2)),
        call(real(3)),
        call(real(1).reshape(())),
    ],
    np.swapaxes: [call(real(2, 3, 2), 0, 2), call(real(2, 3), -1, -2), call(real(2, 3), axis1=0, axis2=0)],
    np.moveaxis: [
        call(real(2, 3, 4), 0, -1),
        call(real(2, 3, 4), (0, 1), (-1, 0)),
        call(real(2, 3, 4), source=[2, 0], destination=[0, 1]),
    ],
    np.squeeze: [
        call(real(1, 3, 1)),
        call(real(1, 3, 1), 0),
        call(real(1, 3, 1), axis=(0, -1)),
        call(real(2, 3)),
        call(real(1, 1)),
    ],
    np.expand_dims: [call(real(2, 3), 0), call(real(2, 3), axis=(0, -1)), call(real(1).reshape(()), 0)],
    np.broadcast_to: [
        call(real(3), (2, 3)),
        call(real(2, 1), (2, 3)),
        call(real(1).reshape(()), (2, 2)),
        call(real(1, 3), shape=(2, 0, 3)),
        call(real(1), (1,)),
        call(real(3), 3),
    ],
    np.flip: [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), axis=(0, -1)), call(real(3), axis=-1)],
    np.copy: [call(real(2, 3)), call(FORTRAN, order="C"), call(BACKWARD, "K"), call(real(1).reshape(()))],
    np.astype: [
        call(real(2, 3), np.dtype(np.float64)),
        call(real(2, 3), np.dtype(np.float64), copy=False),
        call(real(1).reshape(()), np.dtype(np.float64)),
    ],
    np.concatenate: [
        call([real(2, 3), real(1, 3)]),
        call((real(2, 1), real(2, 3)), 1),
        call([real(2, 1), real(2, 2), real(2, 1)], axis=-1),
        call([real(2, 2), real(3)], axis=None),
        call([real(1).reshape(()), real(2)], axis=None),
        call([real(2), np.array([1, 2]), [0.5, 1.5]]),
        call([real(2), Fixed(real(3))]),
        call([EMPTY, real(2, 3)]),
        call([real(3)]),
        call([real(2), real(2)], dtype=np.float64),
        call(real(2, 3)),
        call(real(2, 3, 2), axis=1),
    ],
    np.exp: unary(real),
    np.exp2: unary(real),
    np.expm1: unary(real),
    np.log: unary(positive),
    np.log2: unary(positive),
    np.log10: unary(positive),
    np.log1p: unary(inside),
    np.sin: unary(real),
    np.cos: unary(real),
    np.tan: unary(inside),
    np.arcsin: unary(inside),
    np.arccos: unary(inside),
    np.arctan: unary(real),
    np.sinh: unary(real),
    np.cosh: unary(real),
    np.tanh: [*unary(real), call(np.array([20.0, -15.0, 8.0]))],
    np.arcsinh: unary(real),
    np.arccosh: unary(lambda *s: 1.0 + positive(*s)),
    np.arctanh: unary(inside),
    np.deg2rad: unary(real),
    np.radians: unary(real),
    np.rad2deg: unary(real),
    np.degrees: unary(real),
    np.sinc: [*unary(real), call(np.array([1e-3, 0.1, 0.6, 0.64, -0.65, 2.0, -7.3]))],
    np.arctan2: [*binary(real, lambda *s: 0.3 + positive(*s)), call(np.array([0.9, -0.9]), np.array([-0.5, -0.5]))],
    np.hypot: binary(near),
    np.logaddexp: [*binary(real), call(np.array([30.0, -30.0]), real(2))],
    np.logaddexp2: binary(real),
    ag.sigmoid: [*unary(real), call(np.array([-30.0, 12.0, 36.0]))],
    ag.relu: unary(real),
    ag.softplus: [*unary(real), call(np.array([-30.0, 12.0, 36.0]))],
}

COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
    np.divmod: binary(dividend, divisor),
    np.vdot: [call(real(3), real(3)), call(real(2, 3), real(2, 3)), call(real(1).reshape(()), real(1).reshape(()))],
    np.add.reduce: [
        call(real(2, 3)),
        call(real(2, 3), axis=1),
        call(real(2, 3), None),
        call(real(2, 3), axis=(0, 1), keepdims=True),
        call(real(2, 3), 1, None, None, True, 2.0, MASK),
        call(real(1).reshape(())),
    ],
    np.multiply.reduce: [
        call(near(2, 3)),
        call(near(2, 3), axis=None),
        call(near(2, 3), axis=1, where=MASK, initial=2.0),
    ],
    np.maximum.reduce: [
        call(real(2, 3)),
        call(real(2, 3), axis=None),
        call(real(2, 3), axis=1, where=MASK, initial=-9.0),
        call(real(2, 3), 1, None, None, True),
        call(real(2, 3), dtype=np.float64),
    ],
    np.minimum.reduce: [
        call(real(2, 3)),
        call(real(2, 3), axis=-1, keepdims=True),
        call(real(2, 3), 1, None, None, True),
    ],
    np.add.accumulate: [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), axis=-1), call(real(3))],
    np.multiply.accumulate: [call(near(2, 3)), call(near(2, 3), axis=1)],
    np.ravel: [
        call(real(2, 3)),
        call(real(2, 3), "F"),
        call(FORTRAN, order="A"),
        call(FORTRAN, order="K"),
        call(real(2, 3), order="K"),
        call(real(2, 3, 2).transpose(1, 0, 2), order="K"),
        call(BACKWARD, order="K"),
        call(real(1).reshape(())),
    ],
    np.matrix_transpose: [call(real(2, 3)), call(real(2, 3, 2))],
    np.stack: [
        call([real(2), real(2)]),
        call((real(2, 3), real(2, 3)), 1),
        call([real(2, 3), Fixed(real(2, 3)), real(2, 3)], axis=-1),
        call([real(1).reshape(()), real(1).reshape(()), 0.5]),
        call(real(2, 3), axis=1),
        call([real(2), np.array([1, 2])], dtype=np.float64),
    ],
    np.atleast_1d: [call(real(1).reshape(())), call(real(2)), call(real(1).reshape(()), real(2, 2), Fixed(real(3)))],
    np.atleast_2d: [call(real(1).reshape(())), call(real(2)), call(real(2, 2, 1)), call(real(2), real(1).reshape(()))],
    np.vstack: [call([real(3), real(2, 3)]), call((real(2), real(2), [0.5, 1.5])), call(real(2, 3))],
    np.hstack: [call([real(3), real(2)]), call([real(2, 1), real(2, 2)]), call([real(1).reshape(()), real(2)])],
    np.broadcast_arrays: [call(real(3), real(2, 1)), call(real(1).reshape(()), real(2), Fixed(real(2, 2)))],
}
