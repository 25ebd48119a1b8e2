"""Writing into a Tensor."""

import gc
import weakref

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag


def test_an_item_written_is_recorded():
    x, v = leaf(1.0, 2.0), leaf(5.0)
    h = x * 2.0
    h[0] = v * 3.0
    same(h, [15.0, 4.0])
    np.sum(h * np.array([1.0, 10.0])).backward()
    same(x.grad, [0.0, 20.0])
    same(v.grad, 3.0)


def test_a_buffer_without_gradient_takes_what_has_one():
    v = leaf(5.0)
    buffer = ag.Tensor(np.zeros(3))
    for i in range(3):
        buffer[i] = v * float(i)
    np.sum(buffer).backward()
    same(buffer, [0.0, 5.0, 10.0])
    same(v.grad, 3.0)


def test_a_write_does_not_reach_the_array_the_tensor_was_made_of():
    array = np.zeros(2)
    t = ag.Tensor(array)
    t[0] = 1.0
    t += 1.0
    same(array, [0.0, 0.0])
    same(t, [2.0, 1.0])


def test_a_write_reaches_views():
    x = leaf(1.0, 2.0)
    h = x * 2.0
    view = h[:1]
    with ag.no_grad():
        h[0] = 9.0
    same(view, [9.0])


def test_an_integer_tensor_cannot_take_what_has_a_gradient():
    with pytest.raises(TypeError, match="astype"):
        ag.Tensor([1, 2])[0] = leaf(1.0)


def test_a_leaf_is_written_under_no_grad():
    x = leaf(1.0, 2.0)
    with ag.no_grad():
        x[0] = 7.0
        x -= 1.0
    assert x.is_leaf and x.requires_grad
    np.sum(x * x).backward()
    same(x.grad, [12.0, 2.0])


IN_PLACE = {
    "+=": (lambda t, v: t.__iadd__(v), np.add),
    "-=": (lambda t, v: t.__isub__(v), np.subtract),
    "*=": (lambda t, v: t.__imul__(v), np.multiply),
    "/=": (lambda t, v: t.__itruediv__(v), np.divide),
    "//=": (lambda t, v: t.__ifloordiv__(v), np.floor_divide),
    "%=": (lambda t, v: t.__imod__(v), np.remainder),
    "**=": (lambda t, v: t.__ipow__(v), np.power),
}


@pytest.mark.parametrize("operate, ufunc", IN_PLACE.values(), ids=IN_PLACE)
def test_an_in_place_operator_is_recorded(operate, ufunc):
    x, v = leaf(1.5, 2.5), leaf(0.7, 1.3)
    h = x * 2.0
    operated = operate(h, v)
    assert operated is h
    expected = ufunc(x * 2.0, v)
    same(h, expected.data)
    for got, wanted in zip(ag.gradients(np.sum(h), [x, v]), ag.gradients(np.sum(expected), [x, v]), strict=True):
        same(got, wanted.data)


def test_in_place_matmul_is_recorded():
    x = ag.Tensor(np.eye(2), requires_grad=True)
    h = x * 2.0
    h @= np.array([[1.0, 2.0], [3.0, 4.0]])
    np.sum(h).backward()
    same(x.grad, [[6.0, 14.0], [6.0, 14.0]])


@pytest.mark.parametrize("recorded", [False, True])
def test_an_in_place_operator_does_not_change_the_shape(recorded):
    x = ag.Tensor(np.ones((1, 2)), requires_grad=recorded)
    h = x * 1.0
    with pytest.raises(ValueError, match=r"shape|output operand"):
        h += np.ones((3, 2))
    same(h, [[1.0, 1.0]])


@pytest.mark.parametrize("recorded", [False, True])
def test_an_in_place_operator_keeps_the_dtype(recorded):
    h = ag.Tensor(np.ones(2, np.float32), requires_grad=recorded) * np.float32(1.0)
    h += np.ones(2)
    assert h.dtype == np.float32


def test_a_value_read_before_a_write_is_stale_only_if_it_needs_the_old_one():
    x = leaf(1.0, 2.0)
    y = np.sum(np.exp(x))
    y.backward()
    with ag.no_grad():
        x[0] = 5.0
    z = np.sum(np.exp(x))
    x.zero_grad()
    z.backward()
    same(x.grad, np.exp([5.0, 2.0]))


def test_a_write_elsewhere_makes_nothing_stale():
    x, other = leaf(1.0, 2.0), ag.Tensor([3.0])
    y = np.exp(x)
    other.data = np.array([4.0])
    np.sum(y * other).backward()
    same(x.grad, 4.0 * np.exp([1.0, 2.0]))


@pytest.mark.parametrize("later", [lambda y: np.sum(y), lambda y: y.sum(where=[True, False])])
def test_a_computed_value_that_was_written_without_being_recorded_has_no_derivative(later):
    y = np.exp(leaf(1.0, 2.0))
    with ag.no_grad():
        y[0] = 5.0
    with pytest.raises(RuntimeError, match="was computed, and then written under no_grad"):
        later(y).backward()


def test_hooks_and_names_stay_with_the_tensor_that_is_written():
    h = (leaf(1.0, 2.0) * 2.0).named("h")
    h[0] = 3.0
    assert h.name == "h"
    assert h.inputs[0].name == "h"


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("write", [lambda y: y.__setitem__(0, leaf(9.0)), lambda y: y.__iadd__(1.0)])
def test_what_read_a_value_before_a_recorded_write_keeps_its_derivative(write, create_graph):
    x = leaf(1.0, 2.0)
    y = x * 3.0
    z = np.sum(y * y)
    write(y)
    z.backward(create_graph=create_graph)
    same(x.grad, [18.0, 36.0])


def test_each_of_several_writes_leaves_its_readers_their_value():
    x = leaf(1.0, 2.0)
    y = x * 1.0
    total = ag.Tensor(0.0)
    for factor in (10.0, 100.0, 1000.0):
        total = total + factor * np.sum(y * y)
        y *= 2.0
    (total + np.sum(y)).backward()
    same(x.grad, np.array([1.0, 2.0]) * 2 * (10.0 + 4 * 100.0 + 16 * 1000.0) + 8.0)


def test_a_constant_buffer_that_is_written_later_counts_as_it_was():
    x, buffer = leaf(1.0, 2.0), ag.Tensor([3.0, 4.0])
    y = x * buffer
    buffer[0] = x[1] * 5.0
    (np.sum(y) + np.sum(buffer)).backward()
    same(x.grad, [3.0, 9.0])


@pytest.mark.parametrize("used", [lambda w: w, lambda w: w.copy(), lambda w: w[:]])
def test_a_leaf_written_after_it_was_used_takes_the_gradient_of_what_was_computed(used):
    w = leaf(1.0, 2.0)
    y = np.sum(np.exp(used(w)))
    with ag.no_grad():
        w[0] = 5.0
    y.backward()
    same(w.grad, np.exp([1.0, 2.0]))


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_without_axes_is_an_array_as_its_tensor_is(create_graph):
    x = ag.Tensor(np.array(1.5, np.float32), requires_grad=True)
    (g,) = ag.gradients(x**3, [x], create_graph=create_graph)
    other = g
    with ag.enable_grad():
        g *= np.array(2.0)
    assert other is g and g.dtype == np.float32
    same(g, 13.5)


@pytest.mark.parametrize("after", [lambda t: t.sum(), np.mean, lambda t: t[0], lambda t: t @ t, np.max])
def test_a_scalar_is_not_changed_in_place(after):
    for t in (leaf(1.0, 2.0), ag.Tensor([1.0, 2.0])):
        s = after(t)
        value, other = s.item(), s
        s += 1.0
        assert (s.item(), other.item()) == (value + 1.0, value)


@pytest.mark.parametrize(
    "make", [lambda: ag.Tensor(1.5), lambda: leaf(1.0, 2.0)[..., 0], lambda: np.copy(leaf(1.5)), lambda: leaf(1.5)[...]]
)
def test_an_array_without_axes_is_changed_in_place(make):
    with ag.no_grad():
        s = make()
        other = s
        s += 1.0
        s += 1.0
    assert other is s


def test_a_constant_assigned_after_it_was_used_counts_as_it_was():
    x, c = leaf(1.0), ag.Tensor(2.0, name="c")
    y = x * c
    c.data = np.array(3.0)
    y.backward()
    same(x.grad, 2.0)


@pytest.mark.parametrize(
    "use", [lambda c: np.sum(leaf(1.0) * c), lambda c: np.sum(np.concatenate([leaf(1.0, 2.0), c]) ** 2)]
)
def test_an_array_changed_in_place_after_it_was_used_is_found(use):
    c = ag.Tensor([2.0], name="c")
    y = use(c)
    c.data *= 3.0
    with pytest.raises(RuntimeError, match="'c' was changed in place"):
        y.backward()


def test_a_leaf_whose_array_was_changed_in_place_before_it_is_used_is_as_any():
    w = leaf(1.0, 2.0)
    w.data -= 1.0
    np.sum(w * w).backward()
    same(w.grad, [0.0, 2.0])


@pytest.mark.parametrize(
    ("write", "slope"),
    [
        (lambda y: y.__imul__(y), lambda x: 2 * x),
        (lambda y: y.__iadd__(y), lambda x: 2 + 0 * x),
        (lambda y: y.__isub__(y), lambda x: 0 * x),
        (lambda y: y.__itruediv__(y), lambda x: 0 * x),
        (lambda y: y.__setitem__(slice(None), y), lambda x: 1 + 0 * x),
        (lambda y: y.__setitem__(slice(None), y * y), lambda x: 2 * x),
        (lambda y: y.__setitem__(0, y[1]), lambda x: np.array([0.0, 2.0, 1.0])),
        (lambda y: y.__setitem__(0, y.sum()), lambda x: np.array([1.0, 2.0, 2.0])),
    ],
    ids=["*=", "+=", "-=", "/=", "whole", "square", "element", "sum"],
)
def test_a_tensor_written_from_itself_reads_its_old_value(write, slope):
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1.0
    write(y)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, slope(x.data), rtol=1e-15, atol=1e-15)


def test_a_recurrence_may_be_written_into_a_buffer():
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    c = ag.Tensor(np.zeros(4))
    for i in range(1, 4):
        c[i] = c[i - 1] + x[i - 1]
    c.sum().backward()
    assert x.grad.tolist() == [3.0, 2.0, 1.0]


def test_a_tensor_written_from_itself_leaves_no_reference_cycle():
    gc.disable()
    try:
        x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x * 1.0
        y *= y
        y[0] = y[1]
        seen = weakref.ref(y)
        del y
        assert seen() is None
    finally:
        gc.enable()


def test_a_value_of_another_shape_does_not_get_the_old_gradient():
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
    x.sum().backward()
    with pytest.raises(ValueError, match=r"'x'.*zero_grad"):
        x.data = np.array([5.0])
    x.zero_grad()
    x.data = np.array([5.0])
    x.sum().backward()
    assert x.grad.tolist() == [1.0]


def test_a_row_is_a_view_as_in_numpy_and_its_copy_is_not():
    for t in (ag.Tensor([[1.0, 2.0], [3.0, 4.0]]), ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True) * 1.0):
        first, kept = t[0], t[0].copy()
        t[0] = t[1]
        same(first, [3.0, 4.0])
        t[1] = kept
        same(t, [[3.0, 4.0], [1.0, 2.0]])


def test_many_writes_are_found_again_in_no_time():
    x = leaf(1.0)
    buffer = x * np.zeros(2000)
    total = ag.Tensor(0.0)
    for i in range(2000):
        buffer[i] = x * float(i)
        if i % 500 == 0:
            total = total + np.sum(buffer)
    total.backward()
    assert x.grad.item() == sum(k for i in range(0, 2000, 500) for k in range(i + 1))
