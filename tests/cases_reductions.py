"""Sample calls of reductions, statistics, and of the methods of ufuncs."""

from collections.abc import Callable
from typing import Any

from cases_samples import (
    EMPTY,
    MASK,
    Call,
    Fixed,
    apart,
    call,
    dividend,
    divisor,
    given,
    holed,
    masked,
    near,
    positive,
    real,
    reduced,
)
from versions import np

import autograd_lite as ag
from autograd_lite.ops.reductions import scaled_sum

WITH_MEAN = [call(real(2, 3), axis=1, mean=apart(2, 1)), call(real(2, 3), axis=0, mean=apart(1, 3), where=MASK)]

CASES: dict[Callable[..., Any], list[Call]] = {
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
    scaled_sum: [
        call(given(2, 3), 0.05),
        call(given(3), -2.0),
        call(given(1).reshape(()), 0.5),
        call(given(2, 2, 2), 1),
        call(EMPTY, 0.5),
    ],
    np.mean: [*reduced(real), *masked(real), call(EMPTY, axis=1), call(real(2, 3), dtype=np.float64)],
    np.var: [
        *reduced(real)[1:-1],
        *masked(real),
        *reduced(real, ddof=1)[:4],
        *masked(real)[:1],
        call(real(2, 3), axis=1, ddof=0.5),
        call(real(2, 3), axis=0, correction=1),
        call(real(2, 3), axis=1, mean=Fixed(apart(2, 1))),
        call(real(2, 3), axis=1, where=MASK, ddof=1, keepdims=True),
        call(EMPTY, axis=1),
    ],
    np.std: [
        *(c for c in reduced(real)[:-1] if c.keywords.get("axis") != ()),
        *masked(real)[:3],
        *reduced(real, ddof=1)[:4],
        call(real(2, 3), axis=1, ddof=0.5),
        call(real(2, 3), axis=1, correction=1),
        call(real(2, 3), axis=1, mean=Fixed(apart(2, 1)), keepdims=True),
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
    np.nansum: [
        *reduced(real)[:4],
        call(holed(real(2, 3))),
        call(holed(real(2, 3)), axis=1, keepdims=True),
        *masked(real)[:3],
        call(real(2, 3), axis=0, initial=real(1).reshape(())),
    ],
    np.nanmean: [
        *reduced(real)[:4],
        call(holed(real(2, 3))),
        call(holed(real(2, 3)), axis=1, keepdims=True),
        *masked(real)[:3],
    ],
    np.nanprod: [
        *reduced(near)[:4],
        call(holed(near(2, 3))),
        call(holed(near(2, 3)), axis=1, keepdims=True),
        *masked(near)[:3],
        call(near(2, 3), axis=1, initial=near(1).reshape(())),
    ],
    np.nanmax: [
        *reduced(real)[:4],
        call(holed(real(2, 3))),
        call(holed(real(2, 3)), axis=1, keepdims=True),
        *masked(real, initial=-9.0)[:3],
        call(real(2, 3), axis=0, initial=np.array(0.35)),
    ],
    np.nanmin: [
        *reduced(real)[:4],
        call(holed(real(2, 3))),
        call(holed(real(2, 3)), axis=1, keepdims=True),
        *masked(real, initial=9.0)[:3],
    ],
    np.nanvar: [
        *reduced(real)[1:3],
        call(holed(real(2, 3))),
        call(holed(real(2, 6)), axis=1, ddof=1),
        *masked(real)[:3],
        call(real(2, 3), axis=1, ddof=1),
        *WITH_MEAN,
    ],
    np.nanstd: [
        *reduced(real)[1:3],
        call(holed(real(2, 3))),
        call(holed(real(2, 6)), axis=1, ddof=1),
        *masked(real)[:3],
        call(real(2, 3), axis=1, ddof=1),
        *WITH_MEAN,
    ],
    np.average: [
        call(real(2, 3)),
        call(real(2, 3), axis=1, keepdims=True),
        call(real(2, 3), weights=positive(2, 3)),
        call(real(2, 3), 1, positive(2, 3)),
        call(real(2, 3), axis=-1, weights=positive(3)),
        call(real(2, 3, 4), axis=(2, 0), weights=positive(4, 2)),
        call(real(2, 3), axis=0, weights=positive(2), keepdims=True),
        call(Fixed(real(2, 3)), axis=(0, 1), weights=positive(2, 3)),
        call(np.asfortranarray(real(2, 3)), (1,), positive(3)),
    ],
    np.bincount: [
        call(np.array([0, 3, 3, 1]), real(4)),
        call(np.array([0, 2, 2]), weights=real(3), minlength=5),
    ],
    np.cov: [
        call(real(3, 4)),
        call(real(4)),
        call(real(3, 4), rowvar=False),
        call(real(3, 4), real(2, 4)),
        call(real(4), real(4)),
        call(real(4, 3), real(4, 2), False),
        call(real(3, 4), bias=True),
        call(real(2, 4), ddof=0, aweights=positive(4).tolist()),
        call(real(2, 4), fweights=[1, 2, 1, 3], aweights=positive(4).tolist()),
    ],
    np.add.reduceat: [
        call(real(5), np.array([3, 1, 2], np.uint8)),
        call(real(6), [0, 2, 4]),
        call(real(6), [0, 4, 1, 5]),
        call(real(6, 2), [1, 1, 3]),
        call(real(2, 6), [0, 5], axis=1),
        call(real(2, 6), np.array([2, 1]), -1),
    ],
    ag.softmax: [
        call(real(3)),
        call(real(2, 3)),
        call(real(2, 3), 0),
        call(real(2, 3, 2), axis=(0, 2)),
        call(real(2, 3), axis=None),
    ],
    ag.log_softmax: [
        call(real(3)),
        call(real(2, 3)),
        call(real(2, 3), 0),
        call(real(2, 3), axis=None),
        call(real(2, 3)[:, ::-1]),
    ],
    ag.logsumexp: [*reduced(real)[:6], *reduced(real)[7:13], call(real(1).reshape(())), call(real(2, 3), 1, True)],
}

COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
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
    np.amax: [call(real(2, 3)), call(real(2, 3), 1, None, True), call(real(2, 3), where=MASK, initial=-9.0)],
    np.amin: [call(real(2, 3)), call(real(2, 3), axis=(0, 1)), call(real(2, 3), where=MASK, initial=9.0)],
    np.ptp: [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), axis=0, keepdims=True)],
    np.average: [
        call(real(2, 3), returned=True),
        call(real(2, 3), 1, positive(3), True),
        call(real(2, 3), weights=positive(2, 3), returned=True),
    ],
    np.corrcoef: [call(real(3, 4)), call(real(4), real(4)), call(real(4, 3), rowvar=False)],
    np.maximum.accumulate: [call(real(5)), call(real(2, 3), axis=1), call(real(2, 3), 0, np.float64)],
    np.minimum.accumulate: [call(real(5)), call(real(2, 3), axis=-1)],
    **{
        f.reduce: [call(sample(4)), call(sample(2, 3), axis=1), call(sample(2, 3), keepdims=True), call(sample(1))]
        for f, sample in {
            np.subtract: real, np.divide: near, np.power: positive, np.float_power: positive, np.remainder: positive,
            np.fmod: positive, np.floor_divide: positive, np.arctan2: positive, np.hypot: near, np.logaddexp: real,
            np.logaddexp2: real, np.fmax: real, np.fmin: real, np.copysign: real, np.heaviside: positive, np.nextafter: real,
        }.items()
    },
    **{
        f.accumulate: [call(sample(3)), call(sample(2, 3), axis=1)]
        for f, sample in {
            np.subtract: real, np.divide: near, np.power: positive, np.float_power: positive, np.remainder: positive,
            np.fmod: positive, np.floor_divide: positive, np.arctan2: positive, np.hypot: near, np.logaddexp: real,
            np.logaddexp2: real, np.fmax: real, np.fmin: real, np.copysign: real, np.heaviside: positive, np.nextafter: real,
        }.items()
    },
    **{
        f.outer: [call(x(2), y(3)), call(x(2, 2), y(1).reshape(()))]
        for f, x, y in (
            (np.add, real, real), (np.subtract, real, real), (np.multiply, real, real), (np.divide, real, near),
            (np.power, positive, real), (np.float_power, positive, real), (np.remainder, dividend, divisor),
            (np.fmod, dividend, divisor), (np.floor_divide, dividend, divisor), (np.maximum, real, apart),
            (np.minimum, real, apart), (np.fmax, real, apart), (np.fmin, real, apart), (np.copysign, real, real),
            (np.arctan2, real, positive), (np.hypot, near, near), (np.logaddexp, real, real), (np.logaddexp2, real, real),
            (np.heaviside, real, real), (np.nextafter, real, real),
        )
    },
    np.ldexp.outer: [call(real(2), np.array([1, -2]))],
}  # fmt: skip
