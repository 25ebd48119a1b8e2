"""What a program gives has as many digits as what the function gives, at every magnitude."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
import nn

FAR = [
    5e-324,
    1e-300,
    1e-20,
    1e-8,
    1e-3,
    0.5,
    1,
    2,
    10,
    17.3,
    30,
    36.5,
    38,
    60,
    89,
    104,
    300,
    356,
    373,
    700,
    709.5,
    746,
    800,
]
POINTS = np.array([0.0, *FAR, *(-x for x in FAR)])


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(x))


def with_zero(x):
    return np.stack([x, 0.0 * x])


ACTIVATIONS = {
    "sigmoid": (ag.sigmoid, sigmoid),
    "sigmoid spelled out": (lambda x: 1 / (1 + np.exp(-x)), sigmoid),
    "sigmoid by tanh": (lambda x: 0.5 * (1 + np.tanh(x / 2)), sigmoid),
    "sigmoid squared": (lambda x: np.square(ag.sigmoid(x)), lambda x: sigmoid(x) ** 2),
    "sigmoid of both signs": (lambda x: ag.sigmoid(x) * ag.sigmoid(-x), lambda x: sigmoid(x) * sigmoid(-x)),
    "scaled sigmoid": (lambda x: 3 * ag.sigmoid(2 * x) / 7, lambda x: 3 * sigmoid(2 * x) / 7),
    "log sigmoid": (lambda x: np.log(ag.sigmoid(x)), lambda x: -softplus(-x)),
    "tanh": (np.tanh, mp.tanh),
    "tanh squared": (lambda x: np.tanh(x) ** 2, lambda x: mp.tanh(x) ** 2),
    "softplus": (ag.softplus, softplus),
    "softplus spelled out": (lambda x: np.log1p(np.exp(x)), softplus),
    "logaddexp": (lambda x: np.logaddexp(x, 0.0), softplus),
    "silu": (ag.silu, lambda x: x * sigmoid(x)),
    "silu spelled out": (lambda x: x * ag.sigmoid(x), lambda x: x * sigmoid(x)),
    "gelu": (ag.gelu, lambda x: x * mp.ncdf(x)),
    "erf": (ag.erf, mp.erf),
    "elu": (ag.elu, lambda x: x if x > 0 else mp.expm1(x)),
    "softsign": (ag.softsign, lambda x: x / (1 + abs(x))),
    "softmax": (lambda x: ag.softmax(with_zero(x), axis=0)[0], sigmoid),
    "log_softmax": (lambda x: ag.log_softmax(with_zero(x), axis=0)[0], lambda x: -softplus(-x)),
    "logsumexp": (lambda x: ag.logsumexp(with_zero(x), axis=0), softplus),
    "cross-entropy, target 1": (lambda x: crossed(x, 1.0), lambda x: softplus(-x)),
    "cross-entropy, target 0": (lambda x: crossed(x, 0.0), softplus),
    "softmax cross-entropy": (lambda x: class_cost(x), lambda x: softplus(-x)),
}  # fmt: skip


def crossed(x, target):
    return nn.cross_entropy_cost(ag.sigmoid(np.reshape(x, (1, -1))), np.full((1, np.size(x)), target))


def class_cost(x):
    return np.sum(nn.softmax_cross_entropy.per_example(with_zero(x).T, np.zeros(len(x), int)))


def slope_of(f):
    return ag.grad(lambda x: np.sum(f(x)))


ORDERS = [lambda f: f, slope_of, lambda f: slope_of(slope_of(f))]


def error(found, true, dtype):
    """In units of the last place."""
    numbers = np.finfo(dtype)
    if not np.isfinite(found):
        return 0.0 if abs(true) >= float(numbers.max) * (1 - 1e-7) and not np.isnan(found) else np.inf
    unit = max(abs(true) * float(numbers.eps), mp.mpf(float(numbers.smallest_subnormal)))
    return float(abs(mp.mpf(float(found)) - true) / unit)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(
    "name, order", [(name, order) for name in ACTIVATIONS for order in range(3) if order or "cross-entropy" not in name]
)  # fmt: skip  (the cost is one number for all points, of which the largest hides the others)
def test_an_activation_keeps_its_digits(name, order, dtype):
    f, exact = ACTIVATIONS[name]
    points = np.unique(POINTS.astype(dtype))
    points = points[(points != 0) & np.isfinite(points)]
    take = ORDERS[order](f)
    with np.errstate(all="ignore"):
        eager = np.asarray(take(ag.Tensor(points)).data)
    found = np.asarray(ag.compile(take)(points))
    assert found.dtype == eager.dtype
    for x, a, b in zip(points.tolist(), eager, found, strict=True):
        if a == b or (np.isnan(a) and np.isnan(b)):
            continue
        with mp.workdps(760):
            true = mp.diff(exact, mp.mpf(x), order) if order else exact(mp.mpf(x))
            assert error(b, true, dtype) <= 4 * error(a, true, dtype) + 4, (x, a, b)


@pytest.mark.parametrize("x", [30.0, 40.0, 700.0, -30.0, -700.0, -800.0])
def test_the_slope_of_a_saturated_neuron_in_a_compiled_step(x):
    net = nn.MLP([1, 1], seed=0)
    net.layers[0].W.data, net.layers[0].b.data = np.array([[x]]), np.zeros(1)
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), lr=1.0))
    step(np.ones((1, 1)), np.full((1, 1), 3.0))
    with mp.workdps(760):
        a = sigmoid(mp.mpf(x))
        moved = float((3 - a) * a * (1 - a))
    assert net.layers[0].b.data[0] == pytest.approx(moved, rel=1e-15, abs=0)


NUMBERS = [2.0, -1.0, 0.5, 3.0, 1e9, 1e-9, 1e200, 1e-200, 0.1, 10.0, 1 / 3, 1e5, 1e-5]
ONE = [np.exp, np.tanh, ag.sigmoid, ag.softplus, np.square, np.negative, np.sqrt, np.abs, ag.relu, np.reciprocal]
SINGLE = st.one_of(
    st.tuples(st.just("number"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("quotient"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("function"), st.sampled_from(ONE)),
    st.tuples(st.just("product"), st.booleans()),
)
EXTREME = st.sampled_from(
    [0.0, -0.0, 1.0, -1.0, 3.0, 1e-3, 1e5, 1e-9, 1e20, 1e150, -1e150, 1e-150, 1e300, 1e308, 1e-300, 5e-324, np.inf, -np.inf,
     np.nan, 37.0, -37.0, 710.0, -800.0]
)  # fmt: skip


def product_of(steps, x, y):
    """A product without sums, in which nothing cancels."""
    for kind, what in steps:
        if kind == "number":
            x = what * x
        elif kind == "quotient":
            x = x / what
        elif kind == "function":
            x = what(x)
        else:
            x = x * (y if what else -y)
            y = 0.5 * y
    return x


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(steps=st.lists(SINGLE, min_size=1, max_size=6), x=st.lists(EXTREME, min_size=4, max_size=4), y=EXTREME)
def test_no_rewriting_loses_digits_or_range(dtype, steps, x, y):
    with np.errstate(all="ignore"):
        x, y = np.array(x).astype(dtype), np.array([y]).astype(dtype)
        expected = product_of(steps, x, y)
    found = ag.compile(lambda x, y: product_of(steps, x, y))(x, y)
    numbers = np.finfo(dtype)
    sure = np.isfinite(expected) & (np.abs(expected) > 1e6 * numbers.tiny)
    np.testing.assert_allclose(found[sure], expected[sure], rtol=2000 * numbers.eps)
    assert np.isfinite(found[np.isfinite(expected)]).all()
