"""Half precision and long double: counts and factors never overflow, and constants have all the digits of the dtype."""

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

SIZES = (65_520, 200_000)
REDUCTIONS: dict[str, Any] = {
    "sum": np.sum,
    "mean": np.mean,
    "mean of columns": lambda x: np.mean(x.reshape(-1, 2), axis=0),
    "mean of rows": lambda x: np.mean(x.reshape(2, -1), axis=1, keepdims=True),
    "mean, where=": lambda x: np.mean(x, where=np.arange(x.size) % 2 == 0),
    "mean, dtype=": lambda x: np.mean(x, dtype=np.float32),
    "average": np.average,
    "average, weights": lambda x: np.average(x, weights=np.linspace(0.1, 1.0, x.size).astype(x.dtype)),
    "average, returned": lambda x: np.average(x, returned=True)[0],
    "nanmean": np.nanmean,
    "var": np.var,
    "var, ddof": lambda x: np.var(x, ddof=1),
    "var, where=": lambda x: np.var(x, where=np.arange(x.size) % 2 == 0),
    "var, mean=": lambda x: np.var(x, mean=np.mean(x, keepdims=True)),
    "var of columns": lambda x: np.var(x.reshape(-1, 2), axis=0),
    "nanvar": np.nanvar,
    "std": np.std,
    "std, ddof": lambda x: np.std(x, ddof=1, keepdims=True),
    "std of columns": lambda x: np.std(x.reshape(-1, 2), axis=0),
    "nanstd": np.nanstd,
    "max of equal numbers": lambda x: np.max(x * 0),
    "ptp": np.ptp,
    "norm": np.linalg.norm,
    "norm of order 3": lambda x: np.linalg.norm(x, 3),
    "vector_norm": np.linalg.vector_norm,
    "trapezoid": np.trapezoid,
    "cumsum": lambda x: np.cumsum(x) / np.float16(64.0),
    "cov": lambda x: np.cov(x.reshape(2, -1)),
    "corrcoef": lambda x: np.corrcoef(x.reshape(2, -1)),
    "median": np.median,
    "dot": lambda x: x @ x,
    "logsumexp": ag.logsumexp,
    "softmax": ag.softmax,
    "log_softmax": ag.log_softmax,
    "a number broadcast": lambda x: x[0] * np.linspace(-1.0, 1.0, x.size, dtype=np.float32).astype(x.dtype),
    "a row broadcast": lambda x: x[:2] * np.full((x.size, 2), 1e-2, x.dtype),
    "one element taken often": lambda x: x[np.zeros(x.size, int)] * x.dtype.type(1e-2),
}


def gradient(f: Any, x: np.ndarray) -> tuple[ag.Tensor, np.ndarray]:
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    weights = np.linspace(0.5, 1.0, out.size).reshape(out.shape) / (out.size if out.size > 9 else 1)
    return out, ag.gradients(out, [t], gradient=weights * (64.0 if out.size > 9 else 1.0))[0].data


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own sums of half precision overflow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype, tolerance", [(np.float16, 0.02), (np.float32, 1e-4)])
@pytest.mark.parametrize("f", REDUCTIONS.values(), ids=REDUCTIONS)
def test_the_gradient_is_that_of_double_precision(f, dtype, tolerance, size):
    x = np.random.default_rng(0).normal(0.5, 0.5, size).astype(dtype)
    out, found = gradient(f, x)
    _, expected = gradient(f, x.astype(float))
    np.testing.assert_array_equal(out.data, f(x))
    assert found.dtype == dtype
    smallest = float(np.finfo(dtype).smallest_subnormal)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.max(np.abs(expected)) + smallest)


@pytest.mark.parametrize("f", [ag.softmax, ag.log_softmax, ag.logsumexp])
def test_the_sum_of_many_exponentials_fits(f):
    x = np.linspace(-1.0, 1.0, 200_000, dtype=np.float16)
    assert f(x).dtype == np.float16
    np.testing.assert_allclose(f(x), f(x.astype(float)), rtol=1e-3, atol=1e-7)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")  # in NumPy's own average
@pytest.mark.parametrize("f", [np.mean, np.average, lambda x: np.mean(x, axis=0)[0]], ids=["mean", "average", "axis"])
def test_a_compiled_mean_is_the_eager_one(f):
    x = np.ones((70_000, 2), np.float16)
    cost = lambda x: np.sum(f(x))
    compiled = ag.compile(ag.value_and_grad(cost))
    for got, expected in zip(compiled(x), ag.value_and_grad(cost)(x), strict=True):
        np.testing.assert_array_equal(got, expected)
        assert np.any(expected)


WEIGHTED: dict[str, Any] = {
    "average": lambda x, w: np.average(x, weights=w),
    "average, axis": lambda x, w: np.average(x.reshape(2, -1), axis=1, weights=w.reshape(2, -1)).sum(),
    "average, weights of an axis": lambda x, w: np.average(x.reshape(-1, 1), axis=0, weights=w),
    "average, returned": lambda x, w: np.average(x, weights=w, returned=True)[0],
    "sum of products": lambda x, w: np.sum(x * w),
    "dot": np.dot,
    "einsum": lambda x, w: np.einsum("i,i->", x, w),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("precisions", [(np.float32, np.float16), (np.float16, np.float32), (np.float64, np.float16)])
@pytest.mark.parametrize("f", WEIGHTED.values(), ids=WEIGHTED)
def test_weights_of_another_precision_give_the_gradients_of_double_precision(f, precisions, size):
    rng = np.random.default_rng(0)
    given = [rng.uniform(0.5, 1.5, size).astype(p) for p in precisions]
    inputs = [ag.Tensor(a, requires_grad=True) for a in given]
    doubles = [ag.Tensor(a.astype(float), requires_grad=True) for a in given]
    found, expected = ag.gradients(f(*inputs) * 64.0, inputs), ag.gradients(f(*doubles) * 64.0, doubles)
    for got, right, precision in zip(found, expected, precisions, strict=True):
        scale = np.max(np.abs(right.data))
        atol = (0.02 if precision is np.float16 else 1e-3) * scale + float(np.finfo(precision).smallest_subnormal)
        np.testing.assert_allclose(got.data, right.data, rtol=0, atol=atol)


LONG = np.longdouble
PI = 4 * np.arctan(LONG(1))
SLOPES: dict[str, Any] = {
    # name: (function, its slope, where)
    "log2": (np.log2, lambda x: 1 / (x * np.log(LONG(2))), 3),
    "log10": (np.log10, lambda x: 1 / (x * np.log(LONG(10))), 3),
    "exp2": (np.exp2, lambda x: np.exp2(x) * np.log(LONG(2)), 1.25),
    "deg2rad": (np.deg2rad, lambda x: PI / 180, 3),
    "radians": (np.radians, lambda x: PI / 180, 3),
    "rad2deg": (np.rad2deg, lambda x: 180 / PI, 3),
    "degrees": (np.degrees, lambda x: 180 / PI, 3),
    "sinc, near 0": (np.sinc, lambda x: (np.cos(PI * x) - np.sin(PI * x) / (PI * x)) / x, 0.375),
    "sinc, far": (np.sinc, lambda x: (np.cos(PI * x) - np.sin(PI * x) / (PI * x)) / x, 1.125),
    "exp": (np.exp, np.exp, 1.25),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, 0.375),
    "sigmoid": (ag.sigmoid, lambda x: np.exp(x) / (1 + np.exp(x)) ** 2, 0.375),
    "logaddexp": (lambda x: np.logaddexp(x, x - 1), lambda x: LONG(1), 3),
    "power": (lambda x: x**2.5, lambda x: LONG(2.5) * x ** LONG(1.5), 3),
}


@pytest.mark.parametrize("f, slope, x", SLOPES.values(), ids=SLOPES)
def test_constants_have_the_digits_of_a_long_double(f, slope, x):
    found, expected = ag.grad(f)(LONG(x)), slope(LONG(x))
    assert np.asarray(found).dtype == LONG
    assert abs(found - expected) <= 32 * np.finfo(LONG).eps * abs(expected)


@pytest.mark.parametrize("f", [np.std, np.nanstd], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_that_are_equal_have_no_slope_though_their_mean_is_rounded(f, dtype):
    rounded = 0
    for n in range(2, 40):
        for number in (0.1, 3.30136378, 1e6 / 3, -7 / 9):
            x = np.full((n, 2), number, dtype)
            rounded += np.std(x) != 0
            for axis in (None, 0):
                np.testing.assert_array_equal(ag.grad(lambda x, axis=axis: np.sum(f(x, axis=axis)))(x), 0.0)
    assert rounded


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("f", "base"), [(np.logaddexp, math.e), (np.logaddexp2, 2.0)], ids=["e", "2"])
def test_the_shares_of_a_sum_of_powers_are_right_however_far_apart(f, base, dtype):
    far = np.array([0.3, 2.7, 15.1, 22.3, 110.7, 171.9, 800.3, 1100.7, 40000.3]).astype(dtype)
    near = np.array([-1.449, 0.1, 3.3]).astype(dtype)
    x, y = (a.reshape(-1) for a in np.meshgrid(np.concatenate([far, -far]), near))
    with np.errstate(all="ignore"):
        expected = 1.0 / (1.0 + np.power(LONG(base), LONG(y) - LONG(x)))
    found = ag.vjp(f, x, y)[1](np.ones_like(x))
    for g, wanted in zip(found, (expected, 1.0 - expected), strict=True):
        np.testing.assert_allclose(g, wanted.astype(dtype), rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
