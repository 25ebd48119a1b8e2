"""Operators are NumPy's, on either side, with every kind of partner."""

import operator
from typing import Any

import numpy as np
import pytest
from tensors import equal, tensor

import autograd_lite as ag

A = np.array([[1.5, -2.25], [0.5, 3.0]])
B = np.array([[0.75, 1.25], [2.0, -1.5]])


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, divmod,
]  # fmt: skip
PARTNERS = {
    "tensor": lambda: tensor(np.abs(B)),
    "ndarray": lambda: np.abs(B),
    "row": lambda: np.abs(B[0]),
    "0-d array": lambda: np.array(2.5),
    "numpy scalar": lambda: np.float64(2.5),
    "single numpy scalar": lambda: np.float32(2.5),
    "integer numpy scalar": lambda: np.int64(2),
    "float": lambda: 2.5,
    "half": lambda: 0.5,
    "two": lambda: 2,
    "minus one": lambda: -1,
    "zero": lambda: 0,
    "bool": lambda: True,
    "list": lambda: [2.5, 1.5],
    "integer array": lambda: np.array([2, 3]),
    "single array": lambda: np.array([2.5, 1.5], np.float32),
}


def results(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("partner", PARTNERS.values(), ids=PARTNERS)
@pytest.mark.parametrize("f", OPERATORS, ids=lambda f: f.__name__)
def test_an_operator_gives_what_numpy_gives_on_either_side(f, partner, dtype):
    x = np.abs(A).astype(dtype)
    other = partner()
    plain = other.data if isinstance(other, ag.Tensor) else other
    with np.errstate(divide="ignore", invalid="ignore"):
        for got, expected in zip(results(f(tensor(x), other)), results(f(x, plain)), strict=True):
            equal(got, expected)
        for got, expected in zip(results(f(other, tensor(x))), results(f(plain, x)), strict=True):
            equal(got, expected)


@pytest.mark.parametrize("partner", PARTNERS.values(), ids=PARTNERS)
def test_matmul_gives_what_numpy_gives_on_either_side(partner):
    other = partner()
    plain = other.data if isinstance(other, ag.Tensor) else other
    if np.ndim(plain) == 0:
        with pytest.raises(ValueError, match="matmul"):
            tensor(A) @ other
        return
    equal(tensor(A) @ other, A @ plain)
    equal(other @ tensor(A), plain @ A)


@pytest.mark.parametrize(
    "exponent", [0, 1, 2, 3, -1, -2, 0.5, 0.0, 1.0, 2.0, -1.0, 1.5, True, np.float64(2), np.int64(2)]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_a_power_is_numpys_bit_for_bit(exponent, dtype):
    x = np.array([0.3, 1.7, 2.9, 11.3, np.inf]).astype(dtype) if dtype != np.int64 else np.array([1, 2, 3])
    try:
        expected = x**exponent
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)):
            ag.Tensor(x) ** exponent
        return
    equal(ag.Tensor(x) ** exponent, expected)


@pytest.mark.parametrize("f", [operator.neg, operator.pos, abs], ids=["-", "+", "abs"])
def test_a_unary_operator_gives_what_numpy_gives(f):
    x = np.array(-2.4)
    equal(f(tensor(x)), f(x))


@pytest.mark.parametrize("digits", [(), (2,), (-1,)])
def test_round_is_numpys(digits):
    equal(round(tensor(np.array(12.345)), *digits), np.round(np.array(12.345), *digits))


@pytest.mark.parametrize("f", [operator.and_, operator.or_, operator.xor], ids=["&", "|", "^"])
def test_masks_combine(f):
    m, n = np.array([True, True, False]), np.array([True, False, False])
    equal(f(ag.Tensor(m), ag.Tensor(n)), f(m, n))
    equal(f(ag.Tensor(m), n), f(m, n))
    equal(f(n, ag.Tensor(m)), f(n, m))
    equal(~ag.Tensor(m), ~m)


@pytest.mark.parametrize("f", [operator.lt, operator.eq, operator.ne, operator.ge], ids=lambda f: f.__name__)
def test_comparisons_are_boolean_tensors_without_gradient(f):
    out = f(tensor(A), B)
    equal(out, f(A, B))
    assert not out.requires_grad


def test_a_class_with_operators_of_its_own_is_asked():
    class Own:
        __array_ufunc__ = None

        def __radd__(self, other: Any) -> str:
            return "own"

        def __lt__(self, other: Any) -> str:
            return "less"

    assert tensor(A) + Own() == "own"
    assert (tensor(A) > Own()) == "less"


def test_operators_of_its_own_are_asked_of_a_class_that_numpy_can_read_too():
    class Own:
        __array_ufunc__ = None

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            return np.array(B, dtype)

        def __radd__(self, other: Any) -> str:
            return "own"

    assert tensor(A) + Own() == "own"
    assert A + Own() == "own"  # as NumPy does it
