"""Sample calls of reading and writing by index, and of choosing by a mask."""

from collections.abc import Callable
from operator import getitem
from typing import Any

from cases_samples import EMPTY, MASK, Call, Fixed, call, given, real
from versions import np

import autograd_lite as ag
from autograd_lite.ops.indexing import scatter
from autograd_lite.writes import setitem

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
        call(given(2, 3), given(2, 3) + 1.0, given(3)),
    ],
    getitem: [*(call(x, index) for x, index in INDICES), call(given(2, 3), (0, []))],
    scatter: [call(np.array(x[_plain(index)]), index, x.shape) for x, index in INDICES],
    setitem: [*written(), call(given(2, 3), (0, []), given(0)), call(given(2, 3), (0, []), np.array(0.5))],
}
COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {np.ix_: [call(given(3), given(2)), call(given(4), [0, 1])]}
