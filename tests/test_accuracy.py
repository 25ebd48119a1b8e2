"""Derivatives beside closed forms in extended precision: within 4 units in the last place, up to the ends of the domains.

The unit is that of the true derivative. Where a derivative passes through 0 as the difference of two terms, the unit is that of
the terms, and where it grows with the exponential of an argument that is itself rounded, it counts that argument's size; these
rows say so.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.function_names import name_of
from autograd_lite.ops.special import bessel_i, gaussian, normal_cdf
from autograd_lite.rules import VJPS

mp = pytest.importorskip("mpmath", reason="mpmath is not installed").mp.clone()
mp.prec = 300

LARGEST_ERROR = 4.0
N = 200
rng = np.random.default_rng(0)


class Row(NamedTuple):
    """A function of one argument, its derivative, the points; of what the unit is, if not of the derivative."""

    f: Callable[..., Any]
    slope: Callable[[Any], Any]
    points: np.ndarray
    unit: Callable[[Any], Any] | None = None


class Pair(NamedTuple):
    """The same for a function of two."""

    f: Callable[..., Any]
    slopes: tuple[Callable[[Any, Any], Any], ...]
    points: tuple[np.ndarray, np.ndarray]


def between(low: float, high: float) -> np.ndarray:
    return rng.uniform(low, high, N)


def powers(low: float, high: float) -> np.ndarray:
    """Positive numbers of all magnitudes from 10**low to 10**high."""
    return 10.0 ** rng.uniform(low, high, N)


def signed(points: Any) -> np.ndarray:
    return np.concatenate([np.negative(points), points])


def join(*parts: Any) -> np.ndarray:
    return np.concatenate([np.atleast_1d(p) for p in parts]).astype(np.float64)


TO_ONE = 1.0 - 2.0 ** -np.arange(1.0, 54.0)
"""1/2, 3/4, ... up to the last number below 1."""
SATURATED = np.array([-708, -700, -40, -37, 20, 37, 40, 700, 745, 1000.0])
"""Below -709 the logistic function is 0 here, and its true value has no normal number."""
ALL, TINY = signed(powers(-300, 2)), signed(powers(-300, 0))
WIDE = join(SATURATED, between(-708, 700), between(-40, 40), TINY)
LOW = join(SATURATED, between(-745, 5), TINY)
SIDES = join(signed(TO_ONE), TINY, between(-1, 1))
PLANE = (signed(powers(-9, 9)), signed(powers(-9, 9)))
PI, LN2 = mp.pi, mp.log(2)


def logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def gelu_inner(x: Any) -> Any:
    return mp.sqrt(8 / PI) * (x + mp.mpf("0.044715") * x**3)


def gelu_tanh_terms(x: Any) -> tuple[Any, Any]:
    """The derivative is s (1 + t): s, and t."""
    u = gelu_inner(x)
    return logistic(u), logistic(-u) * x * mp.sqrt(8 / PI) * (1 + mp.mpf("0.134145") * x * x)


def gelu_tanh_unit(x: Any) -> Any:
    s, t = gelu_tanh_terms(x)
    return s * max(1, abs(t)) * max(1, abs(gelu_inner(x)) * logistic(-gelu_inner(x)))


SELU_SCALE, SELU_ALPHA = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")

# fmt: off
ROWS: dict[str, Row] = {
    "reciprocal":  Row(np.reciprocal, lambda x: -1 / x**2,                      signed(powers(-150, 150))),
    "square":      Row(np.square,     lambda x: 2 * x,                          signed(powers(-150, 150))),
    "sqrt":        Row(np.sqrt,       lambda x: 1 / (2 * mp.sqrt(x)),           powers(-300, 300)),
    "cbrt":        Row(np.cbrt,       lambda x: mp.cbrt(abs(x)) / (3 * abs(x)), signed(powers(-300, 300))),
    "exp":         Row(np.exp,        mp.exp,                                   join(between(-745, 709), ALL)),
    "exp2":        Row(np.exp2,       lambda x: LN2 * mp.power(2, x),           join(between(-1070, 1024), ALL)),
    "expm1":       Row(np.expm1,      mp.exp,                                   join(between(-745, 709), ALL)),
    "log":         Row(np.log,        lambda x: 1 / x,                          powers(-300, 300)),
    "log2":        Row(np.log2,       lambda x: 1 / (x * LN2),                  powers(-300, 300)),
    "log10":       Row(np.log10,      lambda x: 1 / (x * mp.log(10)),           powers(-300, 300)),
    "log1p":       Row(np.log1p,      lambda x: 1 / (1 + x),                    join(TINY, -TO_ONE, powers(0, 300))),
    "sin":         Row(np.sin,        mp.cos,                                   join(between(-100, 100), TINY)),
    "cos":         Row(np.cos,        lambda x: -mp.sin(x),                     join(between(-100, 100), TINY)),
    "tan":         Row(np.tan,        lambda x: 1 / mp.cos(x) ** 2,             join(between(-100, 100), TINY)),
    "arcsin":      Row(np.arcsin,     lambda x: 1 / mp.sqrt((1 - x) * (1 + x)), SIDES),
    "arccos":      Row(np.arccos,     lambda x: -1 / mp.sqrt((1 - x) * (1 + x)), SIDES),
    "arctan":      Row(np.arctan,     lambda x: 1 / (1 + x * x),                signed(powers(-300, 150))),
    "sinh":        Row(np.sinh,       mp.cosh,                                  join(between(-710, 710), ALL)),
    "cosh":        Row(np.cosh,       mp.sinh,                                  join(between(-710, 710), ALL)),
    "tanh":        Row(np.tanh,       lambda x: 1 / mp.cosh(x) ** 2,            join(signed([20.0]), between(-350, 350), TINY)),
    "arcsinh":     Row(np.arcsinh,    lambda x: 1 / mp.sqrt(1 + x * x),         signed(powers(-300, 300))),
    "arccosh":     Row(np.arccosh,    lambda x: 1 / mp.sqrt((x - 1) * (x + 1)), join(2 - TO_ONE[:-1], 1 + powers(-3, 300))),
    "arctanh":     Row(np.arctanh,    lambda x: 1 / ((1 - x) * (1 + x)),        SIDES),
    "deg2rad":     Row(np.deg2rad,    lambda x: PI / 180,                       signed(powers(-3, 3))),
    "radians":     Row(np.radians,    lambda x: PI / 180,                       signed(powers(-3, 3))),
    "rad2deg":     Row(np.rad2deg,    lambda x: 180 / PI,                       signed(powers(-3, 3))),
    "degrees":     Row(np.degrees,    lambda x: 180 / PI,                       signed(powers(-3, 3))),
    "sinc":        Row(np.sinc,       lambda x: (mp.cos(PI * x) - mp.sin(PI * x) / (PI * x)) / x,
                       join(signed(powers(-20, 0)), between(-30, 30), signed(np.arange(0.5, 20, 0.5))),
                       lambda x: min(abs(x), 1 / abs(x))),                              # the larger of its terms
    "i0":          Row(np.i0,         lambda x: mp.besseli(1, x),               join(between(-50, 50), ALL, 690)),
    "sigmoid":     Row(ag.sigmoid,    lambda x: logistic(x) * logistic(-x),     WIDE),
    "softplus":    Row(ag.softplus,   logistic,                                 WIDE),
    "silu":        Row(ag.silu,       lambda x: logistic(x) * (1 + x * logistic(-x)), WIDE,
                       lambda x: logistic(x) * max(1, abs(x) * logistic(-x))),
    "softsign":    Row(ag.softsign,   lambda x: 1 / (1 + abs(x)) ** 2,          signed(powers(-300, 150))),
    "elu":         Row(ag.elu,        lambda x: 1 if x > 0 else mp.exp(x),      LOW),
    "selu":        Row(ag.selu,       lambda x: SELU_SCALE * (1 if x > 0 else SELU_ALPHA * mp.exp(x)), LOW),
    "logit":       Row(ag.logit,      lambda x: 1 / (x * (1 - x)),              join(TO_ONE, powers(-300, -1), between(0, 1))),
    "erf":         Row(ag.erf,        lambda x: 2 / mp.sqrt(PI) * mp.exp(-x * x), join(between(-27, 27), between(-3, 3), TINY)),
    "gelu":        Row(ag.gelu,       lambda x: mp.ncdf(x) + x * mp.npdf(x),    join(between(-37, 37), between(-5, 5), TINY),
                       lambda x: max(mp.ncdf(x), abs(x) * mp.npdf(x))),
    "gelu tanh":   Row(lambda x: ag.gelu(x, "tanh"), lambda x: gelu_tanh_terms(x)[0] * (1 + gelu_tanh_terms(x)[1]),
                       join(between(-8, 40), between(-2, 2), TINY), gelu_tanh_unit),
}
VALUES: dict[str, tuple[Callable[..., Any], Callable[..., Any], np.ndarray]] = {
    "erf":         (ag.erf,           mp.erf,                                   join(between(-27, 27), between(-3, 3), TINY)),
    "sigmoid":     (ag.sigmoid,       logistic,                                 WIDE),
    "softplus":    (ag.softplus,      lambda x: mp.log1p(mp.exp(-abs(x))) + max(x, 0), WIDE),
    "silu":        (ag.silu,          lambda x: x * logistic(x),                WIDE),
    "logit":       (ag.logit,         lambda x: mp.log(x) - mp.log1p(-x), join(TO_ONE[1:], powers(-300, -1), between(0, 1))),
    "normal cdf":  (normal_cdf,       mp.ncdf,                                  join(between(-37, 37), between(-5, 5), TINY)),
    "gaussian":    (lambda x: gaussian(x, 1.0), lambda x: mp.exp(-x * x),       join(between(-26, 26), TINY)),
    "bessel 1":    (lambda x: bessel_i(x, 1), lambda x: mp.besseli(1, x),       join(between(-50, 50), ALL)),
}
PAIRS: dict[str, Pair] = {
    "multiply":    Pair(np.multiply,   (lambda x, y: y, lambda x, y: x), (ALL, rng.permutation(ALL))),
    "divide":      Pair(np.divide,     (lambda x, y: 1 / y, lambda x, y: -x / y**2),
                       (signed(powers(-100, 100)), signed(powers(-100, 100)))),
    "power":       Pair(np.power,      (lambda x, y: y * mp.power(x, y - 1), lambda x, y: mp.power(x, y) * mp.log(x)),
                        (powers(-8, 8), between(-12, 12))),
    "float_power": Pair(np.float_power, (lambda x, y: y * mp.power(x, y - 1), lambda x, y: mp.power(x, y) * mp.log(x)),
                        (powers(-8, 8), between(-12, 12))),
    "hypot":       Pair(np.hypot,      (lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
                        PLANE),
    "arctan2":     Pair(np.arctan2,    (lambda x, y: y / (x * x + y * y), lambda x, y: -x / (x * x + y * y)),
                        PLANE),
    "logaddexp":   Pair(np.logaddexp,  (lambda x, y: logistic(x - y), lambda x, y: logistic(y - x)),
                       (between(-350, 350), between(-350, 350))),
    "logaddexp2":  Pair(np.logaddexp2, (lambda x, y: 1 / (1 + mp.power(2, y - x)), lambda x, y: 1 / (1 + mp.power(2, x - y))),
                        (between(-500, 500), between(-500, 500))),
}
# fmt: on

EXACT = {
    np.add, np.subtract, np.negative, np.positive, np.absolute, np.fabs, np.copysign, np.maximum, np.minimum, np.fmax, np.fmin,
    np.remainder, np.fmod, np.floor_divide, np.sign, np.floor, np.ceil, np.trunc, np.rint, np.spacing, np.heaviside, np.nextafter,
    np.ldexp, np.conjugate, np.matmul, ag.relu, ag.leaky_relu,
    *(f for f in (getattr(np, n, None) for n in ("vecdot", "matvec", "vecmat")) if f),
}  # fmt: skip
"""Functions whose derivative is a constant, an argument, or sums of products."""


def units(got: np.ndarray, exact: list[Any], sizes: list[Any]) -> np.ndarray:
    """How far each number lies from the exact one, in units in the last place of `sizes`; an overflow to inf is exact."""
    largest = np.finfo(got.dtype).max
    errors = []
    for number, e, size in zip(got.tolist(), exact, sizes, strict=True):
        if not np.isfinite(number):
            errors.append(0.0 if abs(e) > largest and number * mp.sign(e) > 0 else np.inf)
        else:
            unit = np.spacing(np.asarray(min(float(abs(size)), largest), got.dtype))
            errors.append(float(abs(mp.mpf(number) - e) / mp.mpf(float(unit))))
    return np.array(errors)


def worst(errors: np.ndarray, *points: np.ndarray) -> str:
    at = int(np.argmax(errors))
    return f"{errors[at]:.3g} units at {tuple(p[at] for p in points)}"


def gradients_at(f: Callable[..., Any], points: list[np.ndarray], create_graph: bool) -> list[np.ndarray]:
    tensors = [ag.Tensor(p, requires_grad=True) for p in points]
    with np.errstate(all="ignore"):
        out = f(*tensors)
        found = ag.gradients(out, tensors, gradient=np.ones(out.shape, out.dtype), create_graph=create_graph)
    return [g.data for g in found]


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "recorded"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_derivative_is_within_4_units_in_the_last_place(row, create_graph):
    (got,) = gradients_at(row.f, [row.points], create_graph)
    xs = [mp.mpf(x) for x in row.points.tolist()]
    exact = [mp.mpf(row.slope(x)) for x in xs]
    sizes = exact if row.unit is None else [max(abs(e), row.unit(x)) for e, x in zip(exact, xs, strict=True)]
    errors = units(got, exact, sizes)
    assert np.max(errors) <= LARGEST_ERROR, worst(errors, row.points)


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "recorded"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_both_derivatives_are_within_4_units_in_the_last_place(pair, create_graph):
    got = gradients_at(pair.f, list(pair.points), create_graph)
    xs = [(mp.mpf(x), mp.mpf(y)) for x, y in zip(*(p.tolist() for p in pair.points), strict=True)]
    for g, slope in zip(got, pair.slopes, strict=True):
        exact = [slope(*x) for x in xs]
        errors = units(g, exact, exact)
        assert np.max(errors) <= LARGEST_ERROR, worst(errors, *pair.points)


@pytest.mark.parametrize("f, value, points", VALUES.values(), ids=VALUES)
def test_the_value_is_within_4_units_in_the_last_place(f, value, points):
    with np.errstate(all="ignore"):
        got = f(points)
    exact = [value(mp.mpf(x)) for x in points.tolist()]
    errors = units(got, exact, exact)
    assert np.max(errors) <= LARGEST_ERROR, worst(errors, points)


ELEMENTWISE = {f for f in VJPS if isinstance(f, np.ufunc)} | {
    f
    for f in VJPS
    if getattr(ag, getattr(f, "__name__", ""), None) is f and f not in (ag.softmax, ag.log_softmax, ag.logsumexp)
}


@pytest.mark.parametrize("f", sorted(ELEMENTWISE - EXACT, key=name_of), ids=name_of)
def test_every_rule_of_an_elementwise_function_is_measured(f):
    measured = {row.f for row in ROWS.values()} | {pair.f for pair in PAIRS.values()}
    assert f in measured


OF_NUMPY = {name: row for name, row in ROWS.items() if isinstance(row.f, np.ufunc) or row.f is np.sinc}


@pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(float).eps, reason="a long double is a double here")
@pytest.mark.parametrize("row", OF_NUMPY.values(), ids=OF_NUMPY)
def test_a_slope_in_long_double_has_its_precision_and_not_that_of_a_constant_in_double(row):
    points = [x for x in row.points.tolist() if 1e-3 < abs(x) < 30][:25]
    (g,) = gradients_at(row.f, [np.array(points, np.longdouble)], create_graph=False)
    assert g.dtype == np.longdouble
    for x, found in zip(points, g, strict=True):
        exact = row.slope(mp.mpf(x))
        unit = abs((row.unit or row.slope)(mp.mpf(x))) * float(np.finfo(np.longdouble).eps)
        double = float(found)
        assert abs(mp.mpf(double) + mp.mpf(float(found - double)) - exact) <= 32 * unit, x
