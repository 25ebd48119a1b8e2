"""Sample calls of scans, order, quantiles and differences of neighbours."""

from collections.abc import Callable
from typing import Any

from cases_samples import EMPTY, Call, Fixed, call, given, holed, near, positive, real, reduced, running
from versions import np

METHODS = [
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
]  # fmt: skip
QUANTILES = [
    call(real(2, 3), 0.3),
    call(real(7), [0.1, 0.5, 0.93]),
    call(real(2, 5), 0.4, axis=1),
    call(real(2, 5), [[0.0, 1.0]], axis=-1, keepdims=True),
    call(real(2, 3, 2), [0.25, 0.6], axis=(0, 2)),
    call(real(4, 2), 0.7, 0),
    call(real(1).reshape(()), 0.5),
    *(call(real(6), [0.35, 0.81], method=method) for method in METHODS),
    call(real(5), [0.2, 0.55], method="inverted_cdf", weights=Fixed(positive(5))),
    call(real(2, 4), 0.6, axis=1, method="inverted_cdf", weights=Fixed(positive(4))),
]


def percent(calls: list[Call]) -> list[Call]:
    """The same quantiles in percent."""
    return [Call((c.args[0], 100.0 * np.float64(c.args[1]).item(), *c.args[2:]) if np.ndim(c.args[1]) == 0
                 else (c.args[0], (100.0 * np.asarray(c.args[1])).tolist(), *c.args[2:]), c.keywords) for c in calls]  # fmt: skip


CASES: dict[Callable[..., Any], list[Call]] = {
    np.cumsum: running(real),
    np.cumprod: [*running(near), call(np.array([2.0, 0.0, 3.0, 0.0, 5.0]))],
    np.nancumsum: [*running(real)[:6], call(holed(real(2, 3))), call(holed(real(2, 3)), axis=1)],
    np.nancumprod: [*running(near)[:6], call(holed(near(2, 3))), call(holed(near(2, 3)), axis=0)],
    np.sort: [
        call(real(5)),
        call(real(2, 3)),
        call(real(2, 3), 0),
        call(real(2, 3), axis=None),
        call(real(2, 3)[::-1], axis=1, kind="stable"),
        call(np.asfortranarray(real(2, 3)), stable=True),
        call(np.array([1.0, 1.0, 0.5])[:0]),
        call(EMPTY),
    ],
    np.partition: [
        call(real(7), 3),
        call(real(2, 5), 1),
        call(real(5, 2), [1, 3], 0),
        call(real(2, 4), 2, axis=None),
        call(real(2, 5), -1, kind="introselect"),
    ],
    np.median: [
        *reduced(real),
        call(real(2, 4), axis=1, overwrite_input=True),
        call(real(6)),
        call(real(2, 4), 0, None, False, True),
    ],
    np.nanmedian: [*reduced(real)[:4], call(real(6)), call(holed(real(2, 6)), axis=1), call(holed(real(3, 3)))],
    np.quantile: QUANTILES,
    np.nanquantile: [
        *QUANTILES[:5],
        *QUANTILES[7:12],
        call(holed(real(3, 5)), [0.2, 0.7], axis=1),
        call(holed(real(6)), 0.4),
    ],
    np.percentile: percent(QUANTILES[:9]),
    np.nanpercentile: [*percent(QUANTILES[:4]), call(holed(real(3, 4)), 40, axis=0)],
}

SETS = [call(given(5)), call(given(2, 3))]
COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
    np.unique: [*SETS, call(given(3, 2), axis=0), call(given(2, 3), return_index=True, return_counts=True)],
    **dict.fromkeys((np.unique_values, np.unique_counts, np.unique_inverse, np.unique_all), SETS),
    np.union1d: [call(given(4), given(3) + 0.05), call(given(2, 2), [0.1, 0.2])],
    np.setdiff1d: [call(given(5), Fixed(given(2) + 0.05)), call(given(5), [0.05], assume_unique=True)],
    np.setxor1d: [call(given(5), given(3) + 0.05), call(given(5), Fixed(given(2) + 0.05), assume_unique=True)],
    # NumPy writes over the arrays of a case that asks for it; that of Tensors is left alone, see test_engine_numpy.py
    np.median: [call(given(2, 4), axis=1, overwrite_input=False), call(given(5), None, None, False)],
    np.nanmedian: [call(holed(given(2, 6)), axis=1), call(given(5), None, None, False, True)],
    np.quantile: [call(given(5), 0.3, overwrite_input=False), call(given(5), [0.3, 0.6], None, None, False, "hazen")],
    np.nanquantile: [call(holed(given(6)), 0.4), call(holed(given(6)), 0.4, 0, None, False)],
    np.percentile: [call(given(5), 30.0, overwrite_input=False), call(given(5), 30.0, None, None, False)],
    np.nanpercentile: [call(holed(given(6)), 40.0), call(holed(given(6)), 40.0, 0, None, False)],
    np.cumulative_sum: [
        call(real(3)),
        call(real(2, 3), axis=0),
        call(real(2, 3), axis=1, include_initial=True),
        call(real(3), dtype=np.float64),
    ],
    np.cumulative_prod: [call(near(3)), call(near(2, 3), axis=0), call(near(2, 3), axis=-1, include_initial=True)],
    np.diff: [
        call(real(5)),
        call(real(2, 3)),
        call(real(5), 2),
        call(real(5), n=0),
        call(real(3, 4), axis=0),
        call(real(2, 3), prepend=real(2, 1)),
        call(real(2, 3), 1, 0, real(1).reshape(()), real(2, 3)),
        call(real(5), append=0.5, n=3),
        call(real(2), n=2),
    ],
    np.ediff1d: [
        call(real(4)),
        call(real(2, 3)),
        call(real(3), to_end=real(2), to_begin=0.5),
        call(real(3), [1.0, 2.0]),
        call(real(1)),
    ],
}
