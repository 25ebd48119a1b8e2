"""The graph, its order, its life, and the backward pass through it."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag
from autograd_lite.recording import current


def test_gradients_over_shared_paths_add():
    x = leaf(3.0)
    y = x * x
    z = y + y * x
    z.backward()
    same(x.grad, 2 * 3.0 + 3 * 3.0**2)


def test_a_graph_of_2_to_the_200_paths_is_summed_at_once():
    x = leaf(1.0)
    y = x
    for _ in range(200):
        y = (y + y) * 0.5
    y.backward()
    same(x.grad, 1.0)


def test_every_use_of_a_tensor_in_one_call_counts():
    x = leaf(1.0, 2.0)
    np.sum(np.concatenate([x, x, x]) * np.arange(6.0)).backward()
    same(x.grad, [0 + 2 + 4, 1 + 3 + 5])


def test_backward_adds_to_the_gradient_that_is_there():
    x = leaf(1.0, 2.0)
    np.sum(x * 2.0).backward()
    np.sum(x * 3.0).backward()
    same(x.grad, [5.0, 5.0])


def test_the_order_of_the_graph_is_the_order_of_creation():
    x = leaf(2.0)
    late = x * 3.0
    early = np.exp(x)
    inside = np.sin(early)
    numbers = [current(t).index for t in (x, late, early, inside)]
    assert numbers == sorted(numbers)
    assert inside.inputs == (early,)
    assert (late + inside).inputs[1] is inside


@pytest.mark.parametrize("seed", range(20))
def test_a_node_has_its_turn_when_all_its_uses_had_theirs(seed):
    """Graphs made at random, wide and deep: the hook of a node sees its whole gradient, once."""
    rng = np.random.default_rng(seed)
    nodes = [leaf(1.0)]
    uses = np.zeros((60, 60))
    for i in range(1, 60):
        a, b = rng.integers(0, i, 2)
        nodes.append(nodes[a] + nodes[b] * 0.5)
        uses[a, i] += 1.0
        uses[b, i] += 0.5
    expected = np.zeros(60)
    expected[-1] = 1.0
    for i in reversed(range(59)):
        expected[i] = uses[i] @ expected
    seen: list[tuple[int, float]] = []
    for i, node in enumerate(nodes):
        node.register_hook(lambda g, i=i: seen.append((i, g.item())))
    nodes[-1].backward()
    reached = np.flatnonzero(expected)
    assert sorted(i for i, _ in seen) == reached.tolist()
    for i, g in seen:
        assert g == pytest.approx(expected[i], rel=1e-12)


def test_a_leaf_can_be_run_backward_itself():
    x = leaf(2.0)
    x.backward()
    x.backward()
    same(x.grad, 2.0)


def test_broadcasting_is_undone_where_a_tensor_meets_itself():
    x = leaf(1.0, 2.0)
    np.sum(np.reshape(x, (2, 1)) * x).backward()
    same(x.grad, [6.0, 6.0])


DEEP = """
import sys
import autograd_lite as ag
sys.setrecursionlimit(100)
x = ag.Tensor(1.0, requires_grad=True)
y = x
for _ in range(10**6):
    y = y * 1.0
y.backward()
assert x.grad.item() == 1.0
(g,) = ag.gradients(y * 1.0, [x])
assert g.item() == 1.0
del y
print("done")
"""


def test_a_chain_of_a_million_operations_needs_no_recursion():
    ran = subprocess.run([sys.executable, "-W", "error", "-c", DEEP], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("done\n", "")


def test_a_graph_is_freed_at_once_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = np.exp(x)
        alive = [weakref.ref(n) for n in (y, y * y)]
        z = np.sum(y * y + np.concatenate([y, y])[:2])
        alive.append(weakref.ref(z))
        z.backward(create_graph=True)
        x.zero_grad()
        np.sum(y[0]).backward()
        del y, z
        assert [ref() for ref in alive] == [None, None, None]
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_graph_of_a_failed_call_is_freed():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = x * 2.0
        alive = weakref.ref(y)
        with pytest.raises(ValueError, match="matmul"):
            y @ np.ones((3, 3))
        del y
        assert alive() is None
    finally:
        gc.enable()


def test_retain_graph_allows_a_second_pass_that_gives_exactly_as_much():
    x = leaf(0.3, 0.7)
    y = np.sum(np.exp(x) * x)
    y.backward(retain_graph=True)
    once = x.grad.numpy()
    y.backward()
    same(x.grad, 2 * once)


def test_create_graph_retains_the_graph():
    x = leaf(0.3)
    y = x**3
    y.backward(create_graph=True)
    y.backward()
    same(x.grad, 2 * 3 * 0.3**2)


def test_gradients_marks_the_graph_as_backward_does():
    x = leaf(0.3)
    y = x**3
    ag.gradients(y, [x])
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_two_outputs_that_share_a_part_may_each_run_once():
    x = leaf(2.0)
    shared = np.exp(x)
    a, b = shared * 2.0, shared * 3.0
    a.backward()
    b.backward()
    np.testing.assert_allclose(x.grad.data, 5 * np.exp(2.0), rtol=1e-15)
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        a.backward()


def test_a_spent_graph_keeps_its_structure_and_values():
    x = leaf(2.0)
    y = np.exp(x)
    y.backward()
    assert y.op is np.exp
    assert y.inputs == (x,)
    same(y, np.exp(2.0))
