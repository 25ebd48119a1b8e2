"""Gradients as functions, and gradients of gradients."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag

HIGHER = {
    # f, its first three derivatives
    "x**3": (lambda x: x**3, [lambda x: 3 * x**2, lambda x: 6 * x, lambda x: 6.0]),
    "exp": (
        lambda x: np.exp(2 * x),
        [lambda x: 2 * np.exp(2 * x), lambda x: 4 * np.exp(2 * x), lambda x: 8 * np.exp(2 * x)],
    ),
    "sin": (np.sin, [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]),
    "log": (np.log, [lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3]),
    "1/x": (lambda x: 1 / x, [lambda x: -(x**-2), lambda x: 2 * x**-3, lambda x: -6 * x**-4]),
    "sqrt": (np.sqrt, [lambda x: 0.5 * x**-0.5, lambda x: -0.25 * x**-1.5, lambda x: 0.375 * x**-2.5]),
    "x**2.5": (lambda x: x**2.5, [lambda x: 2.5 * x**1.5, lambda x: 3.75 * x**0.5, lambda x: 1.875 * x**-0.5]),
    "tanh": (
        np.tanh,
        [
            lambda x: 1 - np.tanh(x) ** 2,
            lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
            lambda x: (6 * np.tanh(x) ** 2 - 2) * (1 - np.tanh(x) ** 2),
        ],
    ),
    "sigmoid": (
        ag.sigmoid,
        [
            lambda x: ag.sigmoid(x) * (1 - ag.sigmoid(x)),
            lambda x: ag.sigmoid(x) * (1 - ag.sigmoid(x)) * (1 - 2 * ag.sigmoid(x)),
            lambda x: ag.sigmoid(x) * (1 - ag.sigmoid(x)) * (1 - 6 * ag.sigmoid(x) + 6 * ag.sigmoid(x) ** 2),
        ],
    ),
    "prod": (lambda x: np.prod(np.stack([x, x, x, x])), [lambda x: 4 * x**3, lambda x: 12 * x**2, lambda x: 24 * x]),
    "matmul": (lambda x: np.stack([x, x]) @ np.stack([x, 2 * x]), [lambda x: 6 * x, lambda x: 6.0, lambda x: 0.0]),
    "written": (lambda x: _cubed_by_writing(x), [lambda x: 3 * x**2, lambda x: 6 * x, lambda x: 6.0]),
}


def _cubed_by_writing(x: ag.Tensor) -> ag.Tensor:
    buffer = ag.Tensor(np.zeros(3))
    buffer[0] = x
    buffer[1:] = x * 2.0
    buffer[2] = x * 3.0
    return np.prod(buffer) / 6.0


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("f, derivatives", HIGHER.values(), ids=HIGHER)
def test_nested_grad_gives_the_higher_derivatives(f, derivatives, order):
    g = f
    for _ in range(order):
        g = ag.grad(g)
    assert g(0.7) == pytest.approx(derivatives[order - 1](0.7), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("f, derivatives", HIGHER.values(), ids=HIGHER)
def test_create_graph_gives_the_higher_derivatives(f, derivatives):
    x = leaf(0.7)
    y = f(x)
    for derivative in derivatives:
        (y,) = ag.gradients(y, [x], create_graph=True, allow_unused=True) if y.requires_grad else (None,)
        assert (0.0 if y is None else y.item()) == pytest.approx(derivative(0.7), rel=1e-13, abs=1e-13)
        if y is None:
            break


CONFUSION = {
    # nested uses whose inner variable must not be taken for the outer
    "x d/dy (x + y)": (lambda x: x * ag.grad(lambda y: x + y)(1.0), 1.0),
    "x d/dy (x y)": (lambda x: x * ag.grad(lambda y: x * y)(2.0), 6.0),
    "d/dy (x y**2) at x": (lambda x: ag.grad(lambda y: x * y**2)(x), 12.0),
    "the same variable": (lambda x: ag.grad(lambda x: x**3)(x), 18.0),
    "y unused inside": (lambda x: x * ag.grad(lambda y: x * 2.0)(1.0), 0.0),
    "detached": (lambda x: ag.grad(lambda y: x.detach() * y**2)(x), 6.0),
    "two levels": (lambda x: ag.grad(lambda y: ag.grad(lambda z: x * y * z**2)(y))(x), 24.0),
}


@pytest.mark.parametrize("f, expected", CONFUSION.values(), ids=CONFUSION)
def test_nested_differentiation_does_not_confuse_its_variables(f, expected):
    assert ag.grad(f)(3.0) == expected


def test_a_closure_over_a_tensor_that_requires_a_gradient_gives_tensors():
    w = leaf(1.0, 2.0)
    g = ag.grad(lambda x: np.sum(x * w * x))(np.array([3.0, 4.0]))
    assert isinstance(g, ag.Tensor)
    np.sum(g).backward()
    same(w.grad, [6.0, 8.0])


def test_a_closure_over_a_tensor_under_no_grad_gives_arrays():
    w = leaf(1.0, 2.0)
    with ag.no_grad():
        g = ag.grad(lambda x: np.sum(x * w * x))(np.array([3.0, 4.0]))
    assert type(g) is np.ndarray
    same(g, [6.0, 16.0])


def test_grad_touches_no_grad():
    w = leaf(1.0, 2.0)
    ag.grad(lambda x: np.sum(x * w))(np.ones(2))
    assert w.grad is None


class Layer(NamedTuple):
    W: Any
    b: Any


def test_arguments_are_nested_containers():
    def f(p: dict[str, Any]) -> ag.Tensor:
        return np.sum(p["layer"].W * 2.0) + p["list"][0] * p["list"][1][0] + p["unused"] * 0.0

    given = {"layer": Layer(np.ones((2, 1)), 1.0), "list": [3.0, (4.0,)], "unused": 5}
    got = ag.grad(f)(given)
    assert got.keys() == given.keys()
    assert type(got["layer"]) is Layer
    same(got["layer"].W, [[2.0], [2.0]])
    assert got["layer"].b == 0.0
    assert got["list"] == [4.0, (3.0,)]
    assert got["unused"] == 0.0


@pytest.mark.parametrize(
    "given, kind", [(2.0, np.float64), (np.float32(2.0), np.float32), (2, np.float64), (np.array(2.0), np.ndarray)]
)
def test_numbers_and_arrays_come_back_as_such(given, kind):
    value, g = ag.value_and_grad(lambda x: x * x)(given)
    assert type(g) is kind
    assert (value, g) == (4.0, 4.0)
    assert not isinstance(value, ag.Tensor)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_tensors_come_back_as_tensors(requires_grad):
    value, g = ag.value_and_grad(lambda x: x * x)(ag.Tensor(3.0, requires_grad=requires_grad))
    assert isinstance(value, ag.Tensor) and isinstance(g, ag.Tensor)
    assert value.requires_grad is g.requires_grad is requires_grad
    same(g, 6.0)


def test_argnums_select_the_arguments():
    f = lambda x, y, z: x * y**2 * z**3
    assert ag.grad(f, 1)(2.0, 3.0, 4.0) == 2 * 2 * 3 * 64
    assert ag.grad(f, (2, 0))(2.0, 3.0, 4.0) == (2 * 9 * 3 * 16, 9 * 64)
    assert ag.grad(f, -1)(2.0, 3.0, 4.0) == 2 * 9 * 3 * 16
    assert ag.grad(f, [1])(2.0, 3.0, 4.0) == (2 * 2 * 3 * 64,)


def test_keywords_are_passed_on():
    assert ag.grad(lambda x, *, n: x**n)(3.0, n=2) == 6.0


@pytest.mark.parametrize(
    "f, args, argnums, error, words",
    [
        (lambda x: x, (np.array([1, 2]),), 0, TypeError, "int64"),
        (lambda x: x, ("a",), 0, TypeError, "numbers"),
        (lambda x: x * np.ones(2), (1.0,), 0, TypeError, r"\(2,\)"),
        (lambda x: 3.0, (1.0,), 0, TypeError, "float"),
        (lambda x: x, (1.0,), 1, TypeError, "argnums"),
        (lambda x, y: x, (1.0, 2.0), (0, -2), ValueError, "twice"),
        (lambda x: x, (True,), 0, TypeError, "bool"),
    ],
)
def test_what_grad_cannot_do_it_says(f, args, argnums, error, words):
    with pytest.raises(error, match=words):
        ag.grad(f, argnums)(*args)


def test_a_result_of_one_element_counts_as_one_number():
    same(ag.grad(lambda x: x[:1] * x[1:])(np.array([3.0, 4.0])), [4.0, 3.0])


def test_grad_records_also_under_no_grad():
    with ag.no_grad():
        assert ag.grad(lambda x: x**2)(3.0) == 6.0


def test_a_detached_tensor_sends_nothing_back():
    assert ag.grad(lambda x: x * x.detach())(3.0) == 3.0
