"""Hooks, gradients in between, and gradients of chosen Tensors."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag
from autograd_lite.rules import VJPS


def test_a_hook_sees_the_complete_gradient_once():
    x = leaf(2.0)
    h = x * 3.0
    seen = []
    h.register_hook(lambda g: seen.append(g.item()))
    (h * h + h).backward()
    assert seen == [13.0]


def test_what_a_hook_returns_replaces_the_gradient():
    x = leaf(2.0)
    h = x * 3.0
    h.register_hook(lambda g: g * 10.0)
    h.retain_grad()
    (h * 1.0).backward()
    same(h.grad, 10.0)
    same(x.grad, 30.0)


def test_hooks_run_in_the_order_they_were_registered():
    x = leaf(2.0)
    x.register_hook(lambda g: g + 1.0)
    x.register_hook(lambda g: g * 10.0)
    (x * 1.0).backward()
    same(x.grad, 20.0)


def test_a_removed_hook_does_not_run():
    x = leaf(2.0)
    handle = x.register_hook(lambda g: g * 10.0)
    handle.remove()
    handle.remove()
    (x * 1.0).backward()
    same(x.grad, 1.0)


def test_a_hook_of_a_recorded_pass_is_differentiated():
    x = leaf(2.0)
    h = x**2
    handle = h.register_hook(lambda g: g * h)
    (first,) = ag.gradients(h * 1.0, [x], create_graph=True)
    handle.remove()
    same(first, 2.0**2 * 2 * 2.0)
    same(ag.gradients(first, [x])[0], 6 * 2.0**2)


def test_a_hook_that_returns_another_shape_is_refused():
    x = leaf(2.0, 3.0, name="x")
    x.register_hook(lambda g: np.ones(3))
    with pytest.raises(ValueError, match=r"hook on 'x' \(2\).*\(3,\)"):
        np.sum(x).backward()


def test_a_hook_cannot_reach_the_gradient_through_what_it_was_given():
    x = leaf(1.0, 2.0)

    def spoil(g: ag.Tensor) -> None:
        g.data[...] = 99.0

    x.register_hook(spoil)
    np.sum(x * 1.0).backward()
    same(x.grad, [1.0, 1.0])


def test_hooks_run_from_the_newest_node_to_the_oldest_leaves_among_them():
    a = leaf(2.0, name="a")
    h = (a * 3.0).named("h")
    b = leaf(5.0, name="b")
    y = (h * b * a).named("y")
    ran = []
    for t in (a, h, b, y):
        t.register_hook(lambda g, t=t: ran.append(t.name))
    y.backward(retain_graph=True)
    assert ran == ["y", "b", "h", "a"]
    ran.clear()
    ag.step_through(y)
    assert ran == ["y", "b", "h", "a"]


@pytest.mark.parametrize("where", ["y", "h"])
@pytest.mark.parametrize("by", ["backward", "gradients", "create_graph"])
def test_what_requires_a_gradient_is_settled_before_a_hook_runs(where, by):
    a, other = leaf(2.0), ag.Tensor(5.0)
    h = a * other * 3.0
    y = h * a * other

    def hook(g):
        a.requires_grad, other.requires_grad = False, True

    {"y": y, "h": h}[where].register_hook(hook)
    if by == "backward":
        y.backward()
        same(a.grad, 2 * 2.0 * 3.0 * 5.0**2)
    else:
        (g,) = ag.gradients(y, [a], create_graph=by == "create_graph")
        same(g, 2 * 2.0 * 3.0 * 5.0**2)
    assert other.grad is None


def test_a_hook_that_is_registered_by_a_hook_runs():
    a, b = leaf(2.0), leaf(3.0)
    y = a * b
    y.register_hook(lambda g: a.register_hook(lambda g: g * 10.0) and None)
    y.backward()
    same(a.grad, 30.0)
    same(b.grad, 2.0)


WRITES = {
    "assigned": lambda a: setattr(a, "data", np.array([100.0, 100.0])),
    "an item": lambda a: a.__setitem__(0, 7.0),
    "operator": lambda a: a.__imul__(5.0),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("on", ["late", "h", "y"])
def test_a_hook_that_writes_what_is_still_needed_leaves_the_gradient_exact(write, on):
    a = leaf(2.0, 3.0)
    h = a * a
    late = np.exp(a)
    y = h * 3.0 + late

    def hook(g):
        write(a)

    {"y": y, "late": late, "h": h}[on].register_hook(hook)
    y.backward(np.ones(2))
    same(a.grad, 6.0 * np.array([2.0, 3.0]) + np.exp([2.0, 3.0]))


@pytest.mark.parametrize("on", ["late", "h", "y"])
def test_a_hook_may_write_what_the_pass_has_not_reached_yet(on):
    a = leaf(2.0, 3.0)
    h = a * a
    late = np.exp(a)
    y = h * 3.0 + late

    def hook(g):
        with ag.enable_grad():
            h[0] = 7.0

    {"y": y, "late": late, "h": h}[on].register_hook(hook)
    y.backward(np.ones(2))
    same(a.grad, 6.0 * np.array([2.0, 3.0]) + np.exp([2.0, 3.0]))


def test_a_gradient_that_a_hook_replaced_is_given_up_at_once():
    weights = [ag.Tensor(np.ones(10**5), requires_grad=True) for _ in range(8)]
    for w in weights:
        w.register_hook(lambda g: g * 2.0)
    y = sum(np.sum(w * 2.0) for w in weights)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y.backward()
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert most < 11 * weights[0].nbytes


def test_only_leaves_get_a_gradient():
    x = leaf(2.0)
    h = x * 3.0
    (h * h).backward()
    assert h.grad is None


def test_retain_grad_keeps_that_of_one_tensor():
    x = leaf(2.0)
    h, k = x * 3.0, x * 4.0
    h.retain_grad()
    (h * k).backward()
    same(h.grad, 8.0)
    assert k.grad is None


def test_keep_grads_keeps_that_of_every_tensor():
    x = leaf(2.0)
    h = x * 3.0
    y = h * h
    y.backward(keep_grads=True)
    same(h.grad, 12.0)
    same(y.grad, 1.0)


def test_gradients_touches_no_grad():
    x = leaf(2.0)
    h = x * 3.0
    h.retain_grad()
    same(ag.gradients(h * h, [x])[0], 36.0)
    assert x.grad is None
    assert h.grad is None


def test_gradients_by_what_is_no_leaf():
    x = leaf(2.0)
    h = x * 3.0
    y = h * x
    to_h, to_x, to_y = ag.gradients(y, [h, x, y])
    same(to_h, 2.0)
    same(to_x, 12.0)
    same(to_y, 1.0)


def test_gradients_takes_one_tensor_and_a_cotangent():
    x = leaf(1.0, 2.0)
    same(ag.gradients(x * x, x, gradient=np.array([1.0, 10.0]))[0], [2.0, 40.0])


def test_a_rule_runs_only_for_inputs_that_require_a_gradient(monkeypatch):
    x, y = leaf(2.0), ag.Tensor(3.0)

    def never(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setitem(VJPS[np.multiply], 1, never)
    same(ag.gradients(x * y, [x])[0], 3.0)


def test_a_rule_runs_only_for_inputs_that_are_asked_for(operation):
    def never(*_: Any) -> None:
        raise AssertionError

    ag.defvjp(operation, lambda g, ans, x, y: g, never)
    x, y = leaf(2.0), leaf(3.0)
    same(ag.gradients(operation(x, y * 2.0), [x])[0], 1.0)
