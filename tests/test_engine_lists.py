"""Lists that hold Tensors."""

from typing import Any

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag
from autograd_lite.ops.linalg import matmul_transposed


def test_nested_lists_with_tensors_are_stacked():
    x, y = leaf(2.0), leaf(0.0)
    t = ag.Tensor([[x, 1.0], [y, x]])
    assert t.shape == (2, 2)
    to_x, to_y = ag.gradients(np.sum(t * np.array([[1.0, 10.0], [100.0, 1000.0]])), [x, y])
    same(to_x, 1001.0)
    same(to_y, 100.0)


def test_vectors_in_a_list_are_stacked():
    x, y = leaf(1.0, 2.0), leaf(0.0, 0.0)
    same(ag.gradients(np.sum(ag.Tensor([x, y])[0]), [x, y])[0], [1.0, 1.0])


LISTS = {
    "add": lambda x, v: x + v,
    "multiply": lambda x, v: v * x,
    "power": lambda x, v: np.power(x, v),
    "maximum": lambda x, v: np.maximum(v, x),
    "where": lambda x, v: np.where([True, False], v, x),
    "clip": lambda x, v: np.clip(x, v, [3.5, 3.5]),
    "dot": lambda x, v: np.dot(v, x),
    "matmul": lambda x, v: x @ v,
    "inner": lambda x, v: np.inner(x, v),
    "outer": lambda x, v: np.outer(v, x),
    "tensordot": lambda x, v: np.tensordot(x, v, ([0], [0])),
    "einsum": lambda x, v: np.einsum("i,ij->j", v, x),
    "setitem": lambda x, v: _written(x, v),
    "in place": lambda x, v: _added(x, v),
}


def _written(x: ag.Tensor, value: Any) -> ag.Tensor:
    y = x * 1.0
    y[:, :] = value
    return y


def _added(x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
    z = x * 1.0
    z += y
    return z


@pytest.mark.parametrize("f", LISTS.values(), ids=LISTS)
def test_a_list_of_tensors_as_an_operand_is_their_stack(f):
    """Also where its length is that of the other axis, so that a mistaken axis would fit."""
    x, s, t = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), leaf(2.5), leaf(1.5)

    def gradients(operand: Any) -> list[ag.Tensor]:
        out = f(x, operand)
        weights = np.arange(1.0, 1.0 + out.size).reshape(out.shape) ** 2
        return ag.gradients(np.sum(out * weights), [x, s, t])

    for got, expected in zip(gradients([s, t]), gradients(np.stack([s, t])), strict=True):
        same(got, expected.data)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_list_of_tensors_among_concatenated_arrays_gets_its_gradient(create_graph):
    v, s, t = leaf(1.0, 2.0), leaf(3.0), leaf(4.0)
    out = np.sum(np.concatenate([v, [s, t]]) * np.arange(1.0, 5.0))
    to_v, to_s, to_t = ag.gradients(out, [v, s, t], create_graph=create_graph)
    same(to_v, [1.0, 2.0])
    same(to_s, 3.0)
    same(to_t, 4.0)


def test_a_list_beside_a_matrix_stands_for_an_array_in_a_product_with_its_transpose():
    w = ag.Tensor(np.ones((2, 3)), requires_grad=True)
    np.sum(matmul_transposed([[1.0, 2.0, 3.0]], w)).backward()
    np.testing.assert_array_equal(w.grad.data, [[1.0, 2.0, 3.0]] * 2)
