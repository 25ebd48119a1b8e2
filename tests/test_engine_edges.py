"""What the engine returns at kinks, poles, zeros and infinities, and in which dtype: one table, read as data."""

from typing import Any

import numpy as np
import pytest
from cases_edges import EDGES, SATURATED, array

import autograd_lite as ag


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
    units = 2 * np.finfo(dtype).eps
    for got, value in zip(found, expected, strict=True):
        assert got.dtype == dtype
        largest = (
            np.max(np.abs(value)) if f is np.linalg.det else 0.0
        )  # a decomposition is as exact as its largest part
        np.testing.assert_allclose(got.data, np.asarray(value, dtype), rtol=units, atol=units * largest)


@pytest.mark.parametrize("claim", [c for c in EDGES if "+inf" in c or "infinite element" in c])
def test_the_compiled_gradient_at_infinity_is_the_eager_one(claim):
    f, arguments, expected = EDGES[claim]
    compiled = ag.compile(ag.grad(lambda *a: np.sum(f(*a)), range(len(arguments))))
    for got, value in zip(compiled(*arguments), expected, strict=True):
        np.testing.assert_allclose(got, value, rtol=4 * np.finfo(float).eps, atol=0)


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


CONES: dict[str, Any] = {
    **{f"norm of order {p}": lambda x, p=p: np.linalg.norm(x, p) for p in (None, 1, 1.5, 2, 3, np.inf, -np.inf)},
    "norm, keepdims": lambda x: np.linalg.norm(x, keepdims=True)[0],
    "vector_norm": np.linalg.vector_norm,
    "norm of a row": lambda x: np.linalg.norm(np.stack([x, x + 1.0]), axis=1)[0],
    "Frobenius norm": lambda x: np.linalg.norm(np.stack([x, x]), "fro"),
    "matrix norm of order 2": lambda x: np.linalg.norm(np.diag(x), 2),
    "nuclear norm": lambda x: np.linalg.norm(np.diag(x), "nuc"),
    "hypot": lambda x: np.hypot(x[0], x[1]),
    "hypot.reduce": np.hypot.reduce,
    "std": np.std,
    "std, ddof": lambda x: np.std(x, ddof=1),
    "std of a column": lambda x: np.std(np.stack([x, 2.0 * x], 1), axis=0)[1],
    "nanstd": np.nanstd,
}


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("f", CONES.values(), ids=CONES)
def test_there_is_no_second_derivative_at_the_tip_of_a_cone(f, compiled):
    """norm(x)**2 has the Hessian 2, norm(x)**3 has 0: no number is right for both."""
    hessian = ag.hessian(lambda x: f(x) ** 2)
    hessian = ag.compile(hessian) if compiled else hessian
    assert np.all(np.isnan(np.diag(hessian(np.zeros(3)))[:2]))


@pytest.mark.parametrize("f", CONES.values(), ids=CONES)
def test_the_first_derivative_at_the_tip_of_a_cone_is_finite_both_ways(f):
    x = np.zeros(3)
    assert np.all(np.isfinite(ag.grad(f)(x)))
    assert np.isfinite(ag.jvp(f, x, np.ones(3))[1])


def test_a_tip_leaves_the_other_rows_their_second_derivative():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    found = ag.hessian(lambda x: np.sum(np.linalg.norm(x, axis=1)))(x)[1, :, 1]
    np.testing.assert_allclose(found, [[0.128, -0.096], [-0.096, 0.072]], rtol=1e-14)


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
