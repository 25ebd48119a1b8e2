"""Sample calls of functions that copy or choose elements, pad, apply functions along axes, and write into arrays."""

from collections.abc import Callable
from typing import Any

from cases_samples import EMPTY, MASK, Call, Fixed, call, real
from versions import np, since

import autograd_lite as ag

PAIRS = [(1, 2), (0, 1)]


def first_two(row: Any, factor: float = 1.0) -> Any:
    return factor * row[:2]


def scaled(x: Any, factor: float) -> Any:
    return factor * x


def ramped(row: Any, width: tuple[int, int], axis: int, keywords: dict[str, float]) -> None:
    """A way to pad: it writes into the row what is `factor` times the element nearest to the middle."""
    row[: width[0]] = keywords["factor"] * row[width[0]]
    if width[1]:
        row[-width[1] :] = row[-width[1] - 1]


CASES: dict[Callable[..., Any], list[Call]] = {
    np.repeat: [
        call(real(3), 2),
        call(real(2, 3), 2, 1),
        call(real(2, 3), 3, axis=-2),
        call(real(2, 3), [2, 0, 1], axis=1),
        call(real(3), np.array([1, 0, 3])),
        call(real(2), ag.Tensor([2, 1])),
        call(real(2, 3), 0, 0),
        call(real(1).reshape(()), 3),
        call(real(2, 3), np.array([2]), 1),
    ],
    np.tile: [
        call(real(3), 2),
        call(real(2, 3), (2, 1)),
        call(real(3), (2, 2)),
        call(real(2, 2), 3),
        call(real(1).reshape(()), (2, 2)),
    ],
    np.resize: [call(real(3), (2, 4)), call(real(2, 3), 4), call(real(2, 3), (2, 3)), call(real(1).reshape(()), (3,))],
    np.roll: [
        *since(2, 1, calls=[call(real(2, 3), np.uint8(1)), call(real(2, 3), np.array([1, 2], np.uint8), (0, 1))]),
        call(real(5), 2),
        call(real(2, 3), 1),
        call(real(2, 3), -1, 1),
        call(real(2, 3), (1, 2), axis=(0, 1)),
        call(real(2, 3), 2, axis=(0, 1)),
    ],
    np.rot90: [call(real(2, 3)), call(real(2, 3), 2), call(real(2, 3, 2), k=-1, axes=(2, 0)), call(real(2, 3), k=5)],
    np.delete: [
        call(real(5), 1),
        call(real(2, 3), [0, -1], axis=1),
        call(real(2, 3), slice(0, 4, 2)),
        call(real(5), np.array([True, False, True, False, False])),
    ],
    np.insert: [
        call(real(3), 1, real(1).reshape(())),
        call(real(3), [0, 2], real(2)),
        call(real(2, 3), 1, real(2), axis=1),
        call(real(2, 3), 1, 0.5, axis=0),
        call(real(2, 3), [1, 1], real(2, 2), axis=-1),
        call(Fixed(real(3)), 1, real(2)),
        call(real(3), slice(0, 2), real(2)),
        call(real(3), 3, Fixed(real(2))),
    ],
    np.trim_zeros: [
        call(real(3)),
        call(real(3), "f"),
        *since(2, 2, calls=[call(real(2, 3), trim="b"), call(real(2, 3), axis=1)]),
    ],
    np.take: [
        call(real(5), [0, 2, 2]),
        call(real(2, 3), 4),
        call(real(2, 3), [[0, 1], [1, 1]], 0),
        call(real(2, 3), np.array([-1, 0]), axis=-1),
        call(real(2, 3), [5, -4], axis=1, mode="wrap"),
        call(real(2, 3), [5, -4], mode="clip", axis=1),
        call(real(2, 3), ag.Tensor([1, 1, 0]), axis=1),
        call(real(5), np.zeros(0, int)),
    ],
    np.take_along_axis: [
        call(real(2, 3), np.array([[2, 0], [1, 1]]), axis=1),
        call(real(2, 3), np.array([[1, 0, 1]]), 0),
        call(real(2, 3), np.array([[2], [0]]), -1),
        call(real(2, 3), np.array([5, 0, 0]), axis=None),
        call(real(1, 3), np.array([[2, 0], [1, 1]]), axis=1),
        call(real(2, 3), ag.Tensor([[2, 0], [1, 1]]), axis=1),
    ],
    np.compress: [
        call([True, False, True], real(3)),
        call([True, False, True], real(2, 3), 1),
        call(np.array([False, True]), real(2, 3), axis=0),
        call([True, False, True, False], real(2, 3)),
    ],
    np.extract: [call(MASK, real(2, 3)), call(np.array([0, 1, 2]), real(3))],
    np.choose: [
        call(np.array([[1, 0], [2, 1]]), [real(2, 2), real(2), real(1).reshape(())]),
        call(np.array([1, 0]), real(2, 2)),
        call(np.array([5, -1]), [real(2), real(2), 0.5], mode="clip"),
        call(np.array([5, -1]), (real(2), Fixed(real(2))), mode="wrap"),
        call(ag.Tensor([1, 0]), [real(2), real(2)]),
    ],
    np.diag: [call(real(3)), call(real(3), 1), call(real(2, 3)), call(real(3, 2), k=-1), call(real(3, 3), -2)],
    np.diagflat: [call(real(2, 2)), call(real(3), -1), call(real(1).reshape(()), k=1)],
    np.diagonal: [
        call(real(3, 3)),
        call(real(2, 3), 1),
        call(real(2, 3, 4), offset=-1, axis1=2, axis2=0),
        call(real(2, 3, 4), 0, 1, 2),
    ],
    np.trace: [
        call(real(3, 3)),
        call(real(2, 3), 1),
        call(real(2, 3, 4), offset=-1, axis1=2, axis2=0),
        call(real(2, 3, 4), 0, -2, -1),
        call(real(3, 3), dtype=np.float64),
    ],
    np.tril: [call(real(3, 3)), call(real(2, 3), 1), call(real(2, 3, 3), k=-1), call(real(3))],
    np.triu: [call(real(3, 3)), call(real(2, 3), 1), call(real(2, 3, 3), k=-1), call(real(3))],
    np.pad: [
        *(call(real(2, 3), 1, mode) for mode in ("constant", "edge", "symmetric", "wrap")),
        *(call(real(2, 3), PAIRS, mode) for mode in ("edge", "reflect", "symmetric", "wrap")),
        *(call(real(3), (4, 5), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")),
        *(call(real(3), (1, 4), mode, reflect_type="odd") for mode in ("reflect", "symmetric")),
        call(real(2, 3), ((1, 1), (2, 4)), "reflect", reflect_type="odd"),
        call(real(2, 3), PAIRS),
        call(real(2, 3), (1, 2), constant_values=0.5),
        call(real(2, 3), 1, constant_values=real(2, 2)),
        call(real(2, 3), 1, "constant", constant_values=real(1).reshape(())),
        call(real(3), (2, 1), constant_values=real(2)),
        call(EMPTY, 1),
        call(real(1).reshape(()), 0),
    ],
}

COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
    np.pad: [
        *(call(real(2, 3), PAIRS, mode) for mode in ("linear_ramp", "mean", "maximum", "minimum", "median")),
        *(call(real(5), (2, 3), mode, stat_length=2) for mode in ("mean", "maximum", "minimum", "median")),
        call(real(2, 5), 2, "mean", stat_length=((1, 2), (3, 9))),
        call(real(2, 3), 2, "linear_ramp", end_values=0.5),
        call(real(3), (2, 3), mode="linear_ramp", end_values=real(2)),
        call(real(2, 3), 1, "linear_ramp", end_values=((real(1).reshape(()), 1.0), (2.0, 3.0))),
        call(real(2, 3), ((1, 0), (2, 1)), ramped, factor=2.0),
    ],
    np.apply_along_axis: [
        call(first_two, 0, real(3, 2)),
        call(first_two, -1, real(2, 3), 2.0),
        call(np.sum, 1, real(2, 3, 2)),
        call(np.diag, 0, real(2, 3)),
    ],
    np.apply_over_axes: [call(np.sum, real(2, 3, 2), [0, -1]), call(np.cumsum, real(2, 3), 1)],
    np.select: [
        call([MASK, ~MASK], [real(2, 3), real(3)]),
        call([MASK[0], np.array([True, True, False])], [real(3), real(2, 1)], real(1).reshape(())),
        call([MASK], [real(2, 3)], default=0.5),
        call([ag.Tensor(MASK)], [1], real(2, 3)),
        call([[True, False, True]], [real(3)], 0.5),
    ],
    np.piecewise: [
        call(
            np.array([-1.0, 0.5, 2.0]),
            [np.array([True, False, False]), np.array([False, True, False])],
            [np.exp, np.sin],
        ),
        call(np.array([-1.0, 0.5, 2.0]), [np.array([True, False, False])], [np.exp, np.square]),
        call(np.array([-1.0, 0.5, 2.0]), [np.array([True, False, True])], [scaled, 7.0], 3.0),
        call(real(2, 3), [ag.Tensor(MASK)], [np.exp, np.square]),
        call(real(3), ag.Tensor([True, False, True]), [np.exp, 0.5]),
    ],
}

WRITERS: dict[Callable[..., Any], list[Call]] = {
    np.copyto: [
        call(real(2, 3), real(3)),
        call(real(2, 3), real(2, 3), where=MASK),
        call(real(2, 3), 0.5, "same_kind"),
        call(real(2), [1.0, 2.0]),
    ],
    np.put: [
        call(real(2, 3), [0, 4], real(2)),
        call(real(2, 3), [1, -1, 2], 0.5),
        call(real(3), [4, 7], real(3), mode="wrap"),
        call(real(3), [4, -7], real(2), "clip"),
        call(real(1).reshape(()), [0], real(1)),
        call(real(1).reshape(()), [0, -1], real(2)),
    ],
    np.place: [call(real(2, 3), MASK, real(2)), call(real(2, 3), MASK, [0.5])],
    np.putmask: [
        call(real(2, 3), MASK, real(2)),
        call(real(2, 3), MASK, real(2, 3)),
        call(real(3), np.array([True, False, True]), 0.5),
    ],
    np.put_along_axis: [
        call(real(2, 3), np.array([[2], [0]]), real(2, 1), 1),
        call(real(2, 3), np.array([[1, 0, 1]]), real(3), axis=0),
        call(real(2, 3), np.array([[2, 1], [0, 1]]), 0.5, -1),
        call(real(2, 3), np.array([4, 1]), real(2), axis=None),
        call(real(1).reshape(()), np.array([0]), real(1), axis=None),
    ],
    np.fill_diagonal: [
        call(real(3, 3), real(1).reshape(())),
        call(real(2, 3), real(2)),
        call(real(5, 2), 0.5, True),
        call(real(2, 2, 2), real(3)),
    ],
}
"""Functions that write into their first argument, of which a copy is given to them."""
