"""What the engine returns at kinks, poles, zeros and infinities, and in which dtype: one table, read as data."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

inf, nan = np.inf, np.nan


def array(*values: Any) -> np.ndarray:
    return np.array(values, float)


EDGES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    # claim: (function, arguments, the gradient of the sum by each of them)
    "max shares a tie": (np.max, [array(1, 3, 3)], [array(0, 0.5, 0.5)]),
    "max shares a tie of three": (np.max, [array(3, 3, 3)], [array(1, 1, 1) / 3]),
    "min shares a tie": (np.min, [array(1, 1, 3)], [array(0.5, 0.5, 0)]),
    "max shares ties by axis": (lambda x: np.max(x, axis=1), [array([1, 1], [2, 1])], [array([0.5, 0.5], [1, 0])]),
    "max shares ties by axes": (lambda x: np.max(x, axis=(0, 1)), [array([2, 1], [2, 1])], [array([0.5, 0], [0.5, 0])]),
    "initial is a contender of max": (lambda x: np.max(x, initial=3.0), [array(1, 3, 3)], [array(0, 1, 1) / 3]),
    "initial beyond max takes all": (lambda x: np.max(x, initial=4.0), [array(1, 3, 3)], [array(0, 0, 0)]),
    "a tensor initial gets its share": (
        lambda x, i: np.max(x, initial=i),
        [array(1, 3), np.array(3.0)],
        [array(0, 0.5), 0.5],
    ),
    "a tensor initial of min": (lambda x, i: np.min(x, initial=i), [array(1, 3), np.array(0.0)], [array(0, 0), 1.0]),
    "max gives all to NaN": (np.max, [array(1, nan, 3)], [array(0, 1, 0)]),
    "min shares among NaNs": (np.min, [array(nan, nan, 3)], [array(0.5, 0.5, 0)]),
    "max of -inf": (np.max, [array(-inf, -inf)], [array(0.5, 0.5)]),
    "maximum halves a tie": (np.maximum, [array(2, 1), array(2, 3)], [array(0.5, 0), array(0.5, 1)]),
    "minimum halves a tie": (np.minimum, [array(2, 1), array(2, 3)], [array(0.5, 1), array(0.5, 0)]),
    "fmax halves a tie": (np.fmax, [array(2, 1), array(2, 3)], [array(0.5, 0), array(0.5, 1)]),
    "fmin halves a tie": (np.fmin, [array(2, 1), array(2, 3)], [array(0.5, 1), array(0.5, 0)]),
    "maximum gives all to NaN": (
        np.maximum,
        [array(nan, 1, nan), array(2, nan, nan)],
        [array(1, 0, 0.5), array(0, 1, 0.5)],
    ),
    "minimum gives all to NaN": (
        np.minimum,
        [array(nan, 1, nan), array(2, nan, nan)],
        [array(1, 0, 0.5), array(0, 1, 0.5)],
    ),
    "fmax gives all to the number": (np.fmax, [array(nan, 1), array(2, nan)], [array(0, 1), array(1, 0)]),
    "fmin gives all to the number": (np.fmin, [array(nan, 1), array(2, nan)], [array(0, 1), array(1, 0)]),
    "maximum of one tensor with itself": (lambda x: np.maximum(x, x), [array(1, 2)], [array(1, 1)]),
    "relu at 0": (ag.relu, [array(-0.0, 0.0, 1.0, -1.0)], [array(0, 0, 1, 0)]),
    "abs at 0": (np.abs, [array(-0.0, 0.0)], [array(0, 0)]),
    "fabs at 0": (np.fabs, [array(-0.0, 0.0)], [array(0, 0)]),
    "clip at its bounds": (lambda x: np.clip(x, 0, 1), [array(-1, 0, 0.5, 1, 2)], [array(0, 1, 1, 1, 0)]),
    "clip with tensor bounds": (
        np.clip,
        [array(-1, 0, 0.5, 1, 2), np.array(0.0), np.array(1.0)],
        [array(0, 1, 1, 1, 0), 1.0, 1.0],
    ),
    "clip with bounds crossed takes the upper": (
        np.clip,
        [array(0), array(2), array(1)],
        [array(0), array(0), array(1)],
    ),
    "sqrt at 0": (np.sqrt, [array(0)], [array(inf)]),
    "sqrt below 0": (np.sqrt, [array(-1)], [array(nan)]),
    "cbrt at 0": (np.cbrt, [array(0)], [array(inf)]),
    "log at 0": (np.log, [array(0)], [array(inf)]),
    "reciprocal at 0": (np.reciprocal, [array(0)], [array(-inf)]),
    "arcsin at 1": (np.arcsin, [array(1, -1)], [array(inf, inf)]),
    "arccosh at 1": (np.arccosh, [array(1)], [array(inf)]),
    "arctanh at 1": (np.arctanh, [array(1)], [array(inf)]),
    "log1p at -1": (np.log1p, [array(-1)], [array(inf)]),
    "hypot at 0": (np.hypot, [array(0, 0), array(0, 2)], [array(0, 0), array(0, 1)]),
    "std of constants": (np.std, [array(2, 2, 2)], [array(0, 0, 0)]),
    "std of constant rows": (lambda x: np.std(x, axis=1), [array([2, 2], [1, 3])], [array([0, 0], [-0.5, 0.5])]),
    "var of constants": (np.var, [array(2, 2, 2)], [array(0, 0, 0)]),
    "x**0 at 0": (lambda x: x**0, [array(0, 2)], [array(0, 0)]),
    "x**1 at 0": (lambda x: x**1, [array(0, 2)], [array(1, 1)]),
    "x**2 at 0": (lambda x: x**2, [array(0, 2)], [array(0, 4)]),
    "x**0.0 at 0": (lambda x: x**0.0, [array(0)], [array(0)]),
    "x**0.5 at 0": (lambda x: x**0.5, [array(0)], [array(inf)]),
    "x**-1 at 0": (lambda x: x**-1, [array(0)], [array(-inf)]),
    "x**[0, 1, 2] at 0": (lambda x: x ** np.array([0, 1, 2]), [array(0, 0, 0)], [array(0, 1, 0)]),
    "x**y at x = 0": (np.power, [array(0, 0, 0), array(0, 2, 0.5)], [array(0, 0, inf), array(0, 0, 0)]),
    "0**y": (lambda y: 0.0**y, [array(0, 1, 2.5)], [array(0, 0, 0)]),
    "(-2)**y": (np.power, [array(-2), array(3)], [array(12), array(nan)]),
    "log is not taken of the base unless y is asked for": (
        lambda x: np.power(x, array(3, 2)),
        [array(-2, 0)],
        [array(12, 0)],
    ),
    "sum leaves NaN out": (lambda x: np.sum(x, where=array(1, 0, 1) > 0), [array(1, nan, 2)], [array(1, 0, 1)]),
    "mean leaves NaN out": (lambda x: np.mean(x, where=array(1, 0, 1) > 0), [array(1, nan, 2)], [array(0.5, 0, 0.5)]),
    "max leaves NaN out": (
        lambda x: np.max(x, where=array(1, 0, 1) > 0, initial=-9.0),
        [array(1, nan, 2)],
        [array(0, 0, 1)],
    ),
    "max of nothing but initial": (
        lambda x: np.max(x, where=np.zeros(2, bool), initial=-9.0),
        [array(1, nan)],
        [array(0, 0)],
    ),
    "prod leaves NaN out": (lambda x: np.prod(x, where=array(1, 0, 1) > 0), [array(3, nan, 2)], [array(2, 0, 3)]),
    "var leaves inf out": (lambda x: np.var(x, where=array(1, 0, 1) > 0), [array(1, inf, 3)], [array(-1, 0, 1)]),
    "std leaves inf out": (lambda x: np.std(x, where=array(1, 0, 1) > 0), [array(1, inf, 3)], [array(-0.5, 0, 0.5)]),
    "prod with one zero": (np.prod, [array(2, 0, 3)], [array(0, 6, 0)]),
    "prod with two zeros": (np.prod, [array(2, 0, 0)], [array(0, 0, 0)]),
    "cumprod with zeros": (np.cumprod, [array(2, 0, 3, 0, 5)], [array(1, 8, 0, 0, 0)]),
    "sinc at 0": (np.sinc, [array(0)], [array(0)]),
    "arctan2 at 0": (np.arctan2, [array(0), array(0)], [array(0), array(0)]),
    "logaddexp of -inf": (np.logaddexp, [array(-inf, -inf), array(-inf, 1)], [array(0, 0), array(0, 1)]),
    "logaddexp2 of -inf": (np.logaddexp2, [array(-inf), array(-inf)], [array(0), array(0)]),
    "nan_to_num": (np.nan_to_num, [array(nan, inf, -inf, 1)], [array(0, 0, 0, 1)]),
    "floor": (np.floor, [array(0, 0.5)], [array(0, 0)]),
    "ceil": (np.ceil, [array(0, 0.5)], [array(0, 0)]),
    "rint": (np.rint, [array(0, 0.5)], [array(0, 0)]),
    "round": (np.round, [array(0, 0.5)], [array(0, 0)]),
    "trunc": (np.trunc, [array(0, 0.5)], [array(0, 0)]),
    "sign": (np.sign, [array(0, 0.5)], [array(0, 0)]),
    "//": (lambda x, y: x // y, [array(7, -7), array(2, 2)], [array(0, 0), array(0, 0)]),
    "%": (lambda x, y: x % y, [array(7, -7), array(2, 2)], [array(1, 1), array(-3, 4)]),
    "fmod": (np.fmod, [array(7, -7), array(2, 2)], [array(1, 1), array(-3, 3)]),
    "x[idx] with repeated indices": (lambda x: x[[0, 0, 2]], [array(1, 2, 3)], [array(2, 0, 1)]),
    "where with the other branch infinite": (lambda x: np.where(x > 0, np.log(x), 0.0), [array(0)], [array(nan)]),
    "sum of nothing": (np.sum, [np.zeros((0, 3))], [np.zeros((0, 3))]),
    "copysign at 0": (np.copysign, [array(0, -2), array(1, 1)], [array(0, -1), array(0, 0)]),
    "relu of NaN": (ag.relu, [array(nan)], [array(1)]),
    "abs of NaN": (np.abs, [array(nan)], [array(nan)]),
}

SATURATED: dict[str, tuple[Any, list[float], list[float], list[float]]] = {
    # function, x, the value, the gradient
    "sigmoid": (ag.sigmoid, [-1000, 1000, -inf, inf], [0, 1, 0, 1], [0, 0, 0, 0]),
    "softplus": (ag.softplus, [-1000, 1000, -inf], [0, 1000, 0], [0, 1, 0]),
    "tanh": (np.tanh, [-1000, 1000], [-1, 1], [0, 0]),
    "relu": (ag.relu, [-1000, 1000], [0, 1000], [0, 1]),
}


def differentiated(f: Any, arguments: list[Any], create_graph: bool) -> tuple[ag.Tensor, list[ag.Tensor]]:
    tensors = [ag.Tensor(a, requires_grad=True) for a in arguments]
    with np.errstate(all="ignore"):
        out = f(*tensors)
    return out, ag.gradients(np.sum(out), tensors, create_graph=create_graph)


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "recorded"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f, arguments, expected", [pytest.param(*row, id=claim) for claim, row in EDGES.items()])
def test_the_gradient_at_an_edge(f, arguments, expected, dtype, create_graph):
    _, found = differentiated(f, [a.astype(dtype) for a in arguments], create_graph)
    for got, value in zip(found, expected, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got.data, np.asarray(value, dtype), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "recorded"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f, x, value, slope", [pytest.param(*row, id=name) for name, row in SATURATED.items()])
def test_saturation_gives_the_limit_without_a_warning(f, x, value, slope, dtype, create_graph):
    t = ag.Tensor(np.array(x, dtype), requires_grad=True)
    with np.errstate(all="raise"):
        out = f(t)
        (got,) = ag.gradients(np.sum(out), [t], create_graph=create_graph)
    np.testing.assert_array_equal(out.data, np.array(value, dtype))
    np.testing.assert_array_equal(got.data, np.array(slope, dtype))


@pytest.mark.parametrize("x", [-36.0, 12.0, 30.0, 40.0])
def test_the_slope_of_sigmoid_does_not_cancel(x):
    exact = np.exp(-abs(x)) / (1 + np.exp(-abs(x))) ** 2
    assert ag.grad(ag.sigmoid)(x) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("x", [-18.0, 9.0, 20.0, 350.0])
def test_the_slope_of_tanh_does_not_cancel(x):
    assert ag.grad(np.tanh)(x) == pytest.approx(1 / np.cosh(x) ** 2, rel=1e-14)


@pytest.mark.parametrize("f", [np.abs, ag.relu], ids=["abs", "relu"])
def test_the_second_derivative_at_the_kink_is_0(f):
    assert ag.grad(ag.grad(f))(0.0) == 0.0


def test_the_second_derivative_of_a_square_by_power_at_0():
    x = ag.Tensor([0.0, 0.0, 0.0], requires_grad=True)
    (first,) = ag.gradients(np.sum(x ** np.array([1.0, 2.0, 3.0])), [x], create_graph=True)
    np.testing.assert_array_equal(ag.gradients(np.sum(first), [x])[0].data, [0.0, 2.0, 0.0])


@pytest.mark.parametrize(
    "f",
    [np.argmax, np.argsort, np.isnan, np.isfinite, np.signbit, lambda x: x > 0, lambda x: x == x, np.nonzero, np.where],
    ids=["argmax", "argsort", "isnan", "isfinite", "signbit", ">", "==", "nonzero", "where"],
)
def test_positions_and_comparisons_carry_no_graph(f):
    t = ag.Tensor([0.5, -0.5], requires_grad=True)
    out = f(t)
    for part in out if isinstance(out, tuple) else [out]:
        assert isinstance(part, ag.Tensor)
        assert (part.requires_grad, part.op) == (False, None)


@pytest.mark.parametrize("f", [np.floor, np.ceil, np.rint, np.round, np.trunc, np.sign, lambda x: x // 2.0])
def test_piecewise_constant_functions_stay_in_the_graph(f):
    assert f(ag.Tensor([0.5], requires_grad=True)).requires_grad


def test_where_of_a_mask_gives_positions_as_numpy_does():
    rows, columns = np.where(ag.Tensor([[1.0, 0.0], [0.0, 2.0]]) > 0)
    np.testing.assert_array_equal([rows.data, columns.data], np.where(np.array([[1.0, 0.0], [0.0, 2.0]]) > 0))


@pytest.mark.parametrize(
    "index, value, by_value, by_x",
    [
        ([0, 0], array(5, 6), array(0, 1), array(0, 1, 1)),
        (([0, 0, 0],), array(5, 6, 7), array(0, 0, 1), array(0, 1, 1)),
        (slice(None), array(5), array(3), array(0, 0, 0)),
        ([2, 0, 2], np.array(5.0), 2.0, array(0, 1, 0)),
    ],
    ids=["twice", "thrice", "broadcast", "one number twice"],
)
def test_of_repeated_writes_the_last_wins(index, value, by_value, by_x):
    x, v = ag.Tensor(array(1, 2, 3), requires_grad=True), ag.Tensor(value, requires_grad=True)
    y = x.copy()
    y[index] = v
    to_x, to_v = ag.gradients(np.sum(y), [x, v])
    np.testing.assert_array_equal(to_x.data, by_x)
    np.testing.assert_array_equal(to_v.data, by_value)


MEETINGS = [
    (np.ones(2, np.float32), 2.0, np.float32),
    (np.ones(2, np.float32), 2, np.float32),
    (np.ones(2, np.float32), np.float64(2.0), np.float64),
    (np.ones(2, np.float32), np.ones(2), np.float64),
    (np.ones(2, np.float32), np.ones((), np.float64), np.float64),
    (np.ones(2, np.float64), np.float32(2.0), np.float64),
    (np.ones(2, np.float32), np.ones(2, np.int64), np.float64),
    (np.ones(2, np.float16), np.ones(2, np.float32), np.float32),
    (np.ones(2, np.float32), True, np.float32),
]


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "recorded"])
@pytest.mark.parametrize("x, other, dtype", MEETINGS)
@pytest.mark.parametrize(
    "f", [np.add, np.multiply, np.divide, np.power, np.maximum, np.hypot], ids=lambda f: f.__name__
)
def test_the_dtype_is_numpys_and_the_gradient_has_that_of_its_input(f, x, other, dtype, create_graph):
    t = ag.Tensor(x, requires_grad=True)
    inputs = [t]
    if isinstance(other, np.ndarray) and other.dtype.kind == "f":
        other = ag.Tensor(other, requires_grad=True)
        inputs.append(other)
    for out in (f(t, other), f(other, t)):
        assert out.dtype == dtype
        for i, g in zip(inputs, ag.gradients(np.sum(out), inputs, create_graph=create_graph), strict=True):
            assert g.dtype == i.dtype


@pytest.mark.parametrize("single", [0, 1], ids=["base", "exponent"])
def test_the_power_of_mixed_precisions_has_a_gradient_of_full_precision(single):
    x, y = array(1.3, 0.7), array(0.013, 1.7)
    mixed = [a.astype(np.float32) if i == single else a for i, a in enumerate((x, y))]
    tensors = [ag.Tensor(a, requires_grad=True) for a in mixed]
    got = ag.gradients(np.sum(np.power(*tensors)), tensors)[1 - single]
    doubles = [ag.Tensor(a.astype(np.float64), requires_grad=True) for a in mixed]
    expected = ag.gradients(np.sum(np.power(*doubles)), doubles)[1 - single]
    np.testing.assert_allclose(got.data, expected.data, rtol=1e-15)


def test_max_of_nothing_is_numpys_error():
    with pytest.raises(ValueError, match="zero-size array to reduction operation maximum"):
        np.max(ag.Tensor(np.zeros((0, 3)), requires_grad=True))


@pytest.mark.parametrize(
    "f",
    [
        np.sin,
        np.sum,
        np.negative,
        lambda x: x * 2.0,
        lambda x: np.max(x, axis=()),
        lambda x: x[()],
        lambda x: x.T,
        np.copy,
    ],
    ids=["sin", "sum", "negative", "multiply", "max", "getitem", "T", "copy"],
)
def test_a_0d_tensor_stays_a_0d_array_in_value_and_gradient(f):
    x = ag.Tensor(1.5, requires_grad=True)
    y = f(x)
    y.backward(keep_grads=True)
    for t in (x, y, x.grad, y.grad):
        assert type(t.data) is np.ndarray
        assert t.shape == ()


def test_one_element_of_an_array_is_a_0d_array():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    for part in (x[0], np.sum(x), np.max(x), x @ x):
        assert type(part.data) is np.ndarray
