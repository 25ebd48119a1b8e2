"""Gradients share their memory with nobody."""

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag

GRAPHS = {
    "x + y": lambda x, y: x + y,
    "x - y": lambda x, y: x - y,
    "x + x + y": lambda x, y: x + x + y,
    "copies": lambda x, y: np.copy(x) + np.copy(y),
    "views": lambda x, y: x[::-1] + np.reshape(np.reshape(y, (2, 1)), 2),
    "transposes": lambda x, y: np.transpose(x) + y.T,
    "broadcast": lambda x, y: np.broadcast_to(x, (3, 2)) + y,
    "mean": lambda x, y: np.mean(x) + np.mean(y),
    "concatenate": lambda x, y: np.concatenate([x, y]),
    "stack": lambda x, y: np.stack([x, y]),
    "where": lambda x, y: np.where([True, False], x, y),
    "split": lambda x, y: np.reshape(np.concatenate([x, y]), (2, 2)),
    "x alone": lambda x, y: np.positive(x) + 0.0 * y,
    "in place": lambda x, y: _added(x, y),
}


def _added(x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
    z = x * 1.0
    z += y
    return z


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "recorded"])
@pytest.mark.parametrize("f", GRAPHS.values(), ids=GRAPHS)
def test_gradients_share_memory_with_nothing(f, create_graph):
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    out = f(x, y)
    seed = np.ones(out.shape)
    out.backward(seed, create_graph=create_graph, keep_grads=not create_graph)
    arrays = {"x": x.data, "y": y.data, "out": out.data, "seed": seed, "dx": x.grad.data, "dy": y.grad.data}
    if not create_graph:
        arrays["dout"] = out.grad.data
    gradients = [k for k in arrays if k.startswith("d")]
    shared = [(a, b) for a in gradients for b in arrays if a != b and np.shares_memory(arrays[a], arrays[b])]
    assert shared == []
    assert all(arrays[k].flags.writeable for k in gradients)


def test_a_gradient_does_not_share_memory_with_what_a_rule_keeps(operation):
    kept = np.full(2, 2.0)
    ag.defvjp(operation, lambda g, ans, x, y: kept)
    x = leaf(1.0, 2.0)
    np.sum(operation(x, 2.0)).backward()
    x.grad.data[...] = 0.0
    same(kept, [2.0, 2.0])


def test_a_gradient_does_not_share_memory_with_a_value_that_a_rule_returned(operation):
    ag.defvjp(operation, lambda g, ans, x, y: ans)
    x = leaf(1.0, 2.0)
    z = operation(x, 2.0)
    z.backward(np.ones(2))
    x.grad.data[...] = 0.0
    same(z, [3.0, 4.0])


def test_the_gradient_given_to_backward_stays_the_callers():
    x, g = leaf(1.0, 2.0), np.array([1.0, 1.0])
    x.backward(g)
    x.backward(g)
    same(g, [1.0, 1.0])
    same(x.grad, [2.0, 2.0])
    g[...] = 9.0
    same(x.grad, [2.0, 2.0])


def test_adding_to_a_gradient_leaves_the_earlier_tensor_alone():
    x = leaf(1.0, 2.0)
    np.sum(x).backward()
    first = x.grad
    np.sum(x).backward()
    same(first, [1.0, 1.0])
    same(x.grad, [2.0, 2.0])


def test_the_answers_of_grad_share_memory_with_nothing():
    x = np.array([1.0, 2.0])
    to_x, to_y = ag.grad(lambda x, y: np.sum(x + y), (0, 1))(x, x)
    assert not np.shares_memory(to_x, to_y)
    assert not np.shares_memory(to_x, x)
