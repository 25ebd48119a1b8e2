"""A function that is declared constant gives the same when its arguments move a little."""

from typing import Any

import numpy as np
import pytest
from cases_samples import Call, call, given
from tensors import same

import autograd_lite as ag
from autograd_lite.function_names import name_of
from autograd_lite.ops.order import quantile_slopes
from autograd_lite.ops.rounding import exponent_of
from autograd_lite.rules import CONSTANTS, VJPS

SQUARE, ROW, OTHER, COUNTS = given(4, 4), given(6), given(6) + 0.05, np.array([3, 5, 6])
COMPARED = [call(given(2, 3), given(3) + 0.05), call(ROW, 0.1)]
EXTREMES = [call(SQUARE), call(SQUARE, 1), call(SQUARE, axis=0, keepdims=True)]
LOGICAL = [call(ROW), call(SQUARE, 0), call(SQUARE, axis=(0, 1), keepdims=True), call(ROW, where=ROW > 0)]
ONE = [call(ROW), call(SQUARE)]
LIKE = [call(SQUARE), call(SQUARE, dtype=np.float32), call(SQUARE, shape=(2, 2))]
SHAPES = [call(SQUARE), call(ROW)]
BINS = [call(ROW, [-0.5, 0.0, 0.4]), call(ROW, [-0.5, 0.0, 0.4], right=True)]

SAMPLES: dict[Any, list[Call]] = {
    np.argmax: EXTREMES, np.argmin: EXTREMES, np.nanargmax: EXTREMES, np.nanargmin: EXTREMES,
    np.argsort: [*EXTREMES[:2], call(ROW, kind="stable")],
    np.argpartition: [call(ROW, 2), call(SQUARE, [1, 2], 0)],
    np.lexsort: [call((ROW, OTHER)), call(SQUARE, 0)],
    np.any: LOGICAL, np.all: LOGICAL, np.count_nonzero: LOGICAL[:2],
    **dict.fromkeys((np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal), COMPARED),
    **dict.fromkeys((np.logical_and, np.logical_or, np.logical_xor), COMPARED),
    **dict.fromkeys(
        (np.logical_not, np.isnan, np.isinf, np.isfinite, np.isneginf, np.isposinf, np.signbit, np.iscomplex, np.isreal,
         np.iscomplexobj, np.isrealobj, np.nonzero, np.flatnonzero, np.argwhere), ONE,
    ),
    np.isclose: [call(ROW, OTHER), call(ROW, OTHER, rtol=0.3), call(ROW, OTHER, atol=0.3, equal_nan=True)],
    np.allclose: [call(ROW, OTHER), call(ROW, OTHER, atol=9.0)],
    np.array_equal: [call(ROW, OTHER)], np.array_equiv: [call(ROW, OTHER)],
    np.zeros_like: LIKE, np.ones_like: LIKE, np.full_like: [call(SQUARE, 2.5), call(SQUARE, [1, 2, 3, 4])],
    **dict.fromkeys((np.shape, np.ndim, np.size, np.result_type, np.common_type), SHAPES),
    np.can_cast: [call(np.float32, np.float64)], np.min_scalar_type: [call(ROW)],
    np.may_share_memory: [call(ROW, OTHER)], np.shares_memory: [call(ROW, OTHER)],
    np.digitize: BINS, np.searchsorted: [call(np.sort(ROW), OTHER), call(np.sort(ROW), OTHER, "right")],
    np.isin: [call(ROW, OTHER), call(ROW, [0.1, 0.2], invert=True, assume_unique=True)],
    np.diag_indices_from: [call(SQUARE)],
    np.tril_indices_from: [call(SQUARE), call(SQUARE, 1)], np.triu_indices_from: [call(SQUARE), call(SQUARE, -1)],
    np.einsum_path: [call("ij,jk->ik", SQUARE, SQUARE)],
    np.linalg.matrix_rank: [call(SQUARE), call(SQUARE, tol=0.3), call(SQUARE + SQUARE.T, hermitian=True)],
    exponent_of: ONE,
    quantile_slopes: [
        call(SQUARE, [0.3, 0.6], "quantile", 1, "linear", None), call(ROW, 0.5, "nanmedian", None, "linear", None),
        call(ROW, 0.4, "quantile", None, "inverted_cdf", np.arange(1, 7)),
    ],
}  # fmt: skip
WHOLE_NUMBERS = {
    np.gcd, np.lcm, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.bitwise_count, np.invert, np.left_shift, np.right_shift,
    np.packbits, np.unpackbits, np.unravel_index, np.ravel_multi_index, ag.one_hot,
}  # fmt: skip
"""Functions that take no floating numbers."""
SPELLED = {
    np.unique, np.unique_values, np.unique_counts, np.unique_inverse, np.unique_all,
    np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges, np.ix_,
}  # fmt: skip
"""Functions that are constant only where no gradient is asked for."""
NOT_ASKED_FOR = {np.isnat, np.empty_like}
"""One takes dates alone, and one gives whatever is in the memory."""


def ufunc_of(f: Any) -> Any:
    owner = getattr(f, "__self__", None)
    return owner if isinstance(owner, np.ufunc) else None


METHODS = {f for f in CONSTANTS if ufunc_of(f) is not None}
DECLARED = CONSTANTS - VJPS.keys() - METHODS


def test_every_function_that_is_declared_constant_has_samples():
    ours = {f for f in DECLARED if not str(getattr(f, "__module__", None)).startswith("nn.")}
    assert ours == SAMPLES.keys() | WHOLE_NUMBERS | SPELLED | NOT_ASKED_FOR


@pytest.mark.parametrize("f", sorted(WHOLE_NUMBERS, key=name_of), ids=name_of)
def test_a_function_of_whole_numbers_takes_no_others(f):
    arguments: dict[Any, Any] = {
        np.ravel_multi_index: ((ROW,), (9,)),
        np.unravel_index: (ROW, (9,)),
        ag.one_hot: (ROW, 9),
    }
    ones = (ROW, ROW) if isinstance(f, np.ufunc) and f.nin == 2 else (ROW,)
    with pytest.raises((TypeError, IndexError)):
        f(*arguments.get(f, ones))


def moved(a: Any, rng: np.random.Generator) -> Any:
    if isinstance(a, np.ndarray) and a.dtype.kind == "f":
        return a + 1e-9 * rng.standard_normal(a.shape)
    if type(a) in (list, tuple):
        return type(a)(moved(part, rng) for part in a)
    return a


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(alike, a, b))
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else a == b


FURTHER = {"outer": (OTHER,), "reduceat": ([0, 2],)}


def takes_floats(method: Any) -> bool:
    """Comparisons are folded of truth values alone."""
    ufunc = ufunc_of(method)
    return ufunc not in WHOLE_NUMBERS and (method.__name__ == "outer" or ufunc.__name__.startswith("logical"))


def cases() -> list[Any]:
    plain = [(f, c) for f, calls in SAMPLES.items() for c in calls]
    methods = [(f, call(SQUARE, *FURTHER.get(f.__name__, ()))) for f in sorted(METHODS, key=name_of) if takes_floats(f)]
    return [pytest.param(f, c, id=f"{name_of(f)}-{i}") for i, (f, c) in enumerate(plain + methods)]


@pytest.mark.parametrize("f, sample", cases())
def test_a_constant_function_does_not_move_with_its_arguments(f, sample):
    rng = np.random.default_rng(0)
    expected = f(*sample.args, **sample.keywords)
    for _ in range(3):
        there = moved(sample.args, rng)
        assert alike(f(*there, **sample.keywords), expected)


SETS: dict[str, tuple[Any, list[float]]] = {
    # claim: (function of x = [3, 1, 2, 1, 5, 3], the gradient of the sum of its squares)
    "ix_, which only lays values along axes": (lambda x: np.ix_(x, [1, 2])[0], [6, 2, 4, 2, 10, 6]),
    "unique": (np.unique, [6, 2, 4, 0, 10, 0]),
    "unique with all that it gives": (lambda x: np.unique(x, True, True, True)[0], [6, 2, 4, 0, 10, 0]),
    "unique along an axis": (lambda x: np.unique(np.stack([x, x]), axis=0), [6, 2, 4, 2, 10, 6]),
    "unique_values": (np.unique_values, [6, 2, 4, 0, 10, 0]),
    "unique_counts": (lambda x: np.unique_counts(x).values, [6, 2, 4, 0, 10, 0]),
    "unique_inverse": (lambda x: np.unique_inverse(x).values, [6, 2, 4, 0, 10, 0]),
    "unique_all": (lambda x: np.unique_all(x)[0], [6, 2, 4, 0, 10, 0]),
    "union1d": (lambda x: np.union1d(x, [2.0, 9.0]), [6, 2, 4, 0, 10, 0]),
    "union1d, second": (lambda x: np.union1d([2.0, 9.0], x), [6, 2, 0, 0, 10, 0]),
    "intersect1d": (lambda x: np.intersect1d(x, [9.0, 3.0, 1.0]), [6, 2, 0, 0, 0, 0]),
    "intersect1d, second": (lambda x: np.intersect1d([9.0, 3.0, 1.0], x), [0, 0, 0, 0, 0, 0]),
    "intersect1d with positions": (lambda x: np.intersect1d(x, [5.0], return_indices=True)[0], [0, 0, 0, 0, 10, 0]),
    "intersect1d of what is unique": (
        lambda x: np.intersect1d(x[:3], [2.0, 3.0], assume_unique=True),
        [6, 0, 4, 0, 0, 0],
    ),
    "setdiff1d": (lambda x: np.setdiff1d(x, [1.0]), [6, 0, 4, 0, 10, 0]),
    "setdiff1d of what is unique": (lambda x: np.setdiff1d(x, [1.0], assume_unique=True), [6, 0, 4, 0, 10, 6]),
    "setxor1d": (lambda x: np.setxor1d(x, [3.0, 7.0]), [0, 2, 4, 0, 10, 0]),
    "setxor1d of what is unique": (lambda x: np.setxor1d(x[:3], [3.0, 7.0], assume_unique=True), [0, 2, 4, 0, 0, 0]),
}


@pytest.mark.parametrize("f, expected", SETS.values(), ids=SETS)
def test_a_value_of_a_set_is_that_of_the_element_that_has_it_first(f, expected):
    x = np.array([3.0, 1.0, 2.0, 1.0, 5.0, 3.0])
    t = ag.Tensor(x, requires_grad=True)
    same(f(t), f(x))
    same(f(ag.Tensor(x)), f(x))
    same(ag.grad(lambda x: np.sum(np.square(f(x))) + 0.0 * np.sum(x))(x), expected)


@pytest.mark.parametrize("f", [np.unique, np.unique_values, lambda x: np.unique(x, equal_nan=False)])
def test_nan_is_a_value_too(f):
    x = np.array([np.nan, 2.0, np.nan, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    values = f(t)
    same(values, f(x))
    shares = ag.gradients(np.sum(values), [t])[0].data
    assert (shares[1], shares[3], shares[0] + shares[2]) == (1.0, 0.0, values.size - 1)


def test_positions_and_counts_of_a_set_are_numpys():
    x = np.array([3.0, 1.0, 2.0, 1.0, 5.0, 3.0])
    t = ag.Tensor(x, requires_grad=True)
    for f in (
        lambda x: np.unique(x, True, True, True),
        np.unique_all,
        lambda x: np.intersect1d(x, [5.0, 1.0], False, True),
    ):
        for got, expected in zip(f(t)[1:], f(x)[1:], strict=True):
            same(got, expected)
            assert not getattr(got, "requires_grad", False)


def test_a_set_of_an_argument_is_not_compiled():
    x = np.array([3.0, 1.0])
    for f in (np.unique, np.unique_all, ag.grad(lambda x: np.sum(np.unique(x))), lambda x: np.union1d(x, [1.0])):
        with pytest.raises(ag.CompileError, match=r"np\.unique.* values?"):
            ag.compile(f)(x)
