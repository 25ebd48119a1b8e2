"""Views and writes under no_grad, in checkpoints and transforms, with hooks, and with Tensors as positions."""

import gc

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag


def test_a_view_taken_without_recording_is_part_of_the_graph_once_it_is_written_while_recording():
    x = leaf(1.0, 2.0, 3.0)
    h = x * 2.0
    with ag.no_grad():
        v = h[:2]
    v *= 3.0
    np.sum(h).backward()
    same(x.grad, [6.0, 6.0, 2.0])


def test_so_is_one_whose_memory_is_written_while_recording():
    w, buffer = leaf(1.0, 2.0), ag.Tensor(np.zeros(3))
    with ag.no_grad():
        v = buffer[:2]
    buffer[:2] = w * 3.0
    (np.sum(v) + np.sum(w)).backward()
    same(w.grad, [4.0, 4.0])


def test_a_view_of_a_parameter_taken_without_recording_stays_a_constant():
    w = leaf(1.0, 2.0)
    with ag.no_grad():
        v = w[:1]
        w *= 2.0
    assert v.item() == 2.0 and not v.requires_grad


@pytest.mark.parametrize("look", [lambda v: None, lambda v: v.shape, repr])
def test_to_look_at_a_view_changes_no_gradient(look):
    x = leaf(1.0, 2.0, 3.0)
    h = x * 2.0
    v = h[1:]
    v.retain_grad()
    v.register_hook(lambda g: g * 10.0)
    y = np.sum(v * v)
    h[0] = 0.0
    look(v)
    y.backward()
    same(x.grad, [0.0, 160.0, 240.0])
    same(v.grad, [80.0, 120.0])


def test_a_tensor_in_a_slice_counts_as_the_number_it_was():
    x, k = leaf(1.0, 2.0, 3.0, 4.0), ag.Tensor(1)
    y, part = x[:k] * 2.0, (x * 1.0)[k:]
    k += 1
    assert part.shape == (3,)
    np.sum(y).backward()
    same(x.grad, [2.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("view", [lambda x: x[0], lambda x: x.T, lambda x: x.reshape(-1)])
@pytest.mark.parametrize("transform", [ag.grad, ag.hessian, ag.jacobian])
def test_a_transform_notices_that_a_view_of_its_argument_is_written(transform, view):
    def f(x):
        part = view(x)
        with ag.no_grad():
            part *= 2.0
        return np.sum(x * x)

    with pytest.raises(RuntimeError, match="wrote into its argument"):
        transform(f)(np.ones((2, 2)))


@pytest.mark.parametrize(
    ("write", "ufunc"),
    [
        (lambda a, b: a.__iand__(b), np.bitwise_and),
        (lambda a, b: a.__ior__(b), np.bitwise_or),
        (lambda a, b: a.__ixor__(b), np.bitwise_xor),
    ],
)
def test_a_bitwise_operator_writes_through_a_view(write, ufunc):
    m, array = ag.Tensor([True, True, False, False]), np.array([True, True, False, False])
    row = m[1:]
    assert write(row, [True, False, True]) is row
    ufunc(array[1:], [True, False, True], out=array[1:])
    assert m.tolist() == array.tolist()


def test_real_and_flat_may_be_assigned_to():
    t = ag.Tensor([1.0, 2.0])
    t.real += 1.0
    same(t, [2.0, 3.0])
    t.real = [5.0, 6.0]
    same(t, [5.0, 6.0])
    t.flat = 7.0
    same(t, [7.0, 7.0])


def closed_over_and_stale(x):
    h = x * 2.0
    v = h[:2]
    h[2] = x[0]
    return lambda x: np.sum(v * x[:2])


def closed_over_and_written(x):
    buffer = ag.Tensor(np.zeros(3))
    v = buffer[:2]

    def f(x):
        v[:] = x[:2] * x[:2]
        return np.sum(v * x[1:])

    return f


@pytest.mark.parametrize("make", [closed_over_and_stale, closed_over_and_written])
def test_a_checkpoint_repeats_what_reads_and_writes_views_from_outside(make):
    grads = []
    for wrap in (lambda f: f, ag.checkpoint):
        x = leaf(1.0, 2.0, 3.0)
        y = wrap(make(x))(x)
        y.backward(retain_graph=True)
        y.backward()
        grads.append(x.grad.data)
    np.testing.assert_array_equal(*grads)


def test_what_a_checkpoint_gave_may_be_written_into_its_argument_without_a_cycle():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        h = x * 2.0
        h[...] = ag.checkpoint(lambda h: np.sin(h))(h)
        np.sum(h).backward()
        np.testing.assert_allclose(x.grad.data, 2.0 * np.cos(2.0 * x.data))
        del x, h
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_result_of_truth_values_is_written_into_a_tensor():
    x, m = leaf(1.0, 2.0), ag.Tensor(np.zeros(2, bool))
    assert np.greater(x, 1.5, out=m) is m
    assert m.tolist() == [False, True]


@pytest.mark.parametrize("turn", [lambda t: t[::-1], np.flip, lambda t: np.flip(t, 0), lambda t: np.rot90(t, 2)])
def test_a_write_through_a_view_leaves_the_order_in_memory(turn):
    x = ag.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    h = x * 1.0
    part = turn(h)
    part += 1.0
    flat = h.reshape(-1)
    flat[0] = 50.0
    assert h[0, 0].item() == 50.0


def test_a_slice_written_by_two_positions_is_recorded_once():
    h = ag.Tensor(np.ones((4, 4)), requires_grad=True) * 1.0
    h[1:3, 1:3] += 1.0
    assert h.op.__name__ == "setitem" and h.inputs[0].op is np.multiply


def test_an_operation_with_arguments_by_name_only_runs_without_being_recorded(operation):
    @ag.primitive
    def total(*, x):
        return np.sum(x)

    ag.defvjp(total, x=lambda g, ans, x: g * np.ones_like(x))
    with ag.no_grad():
        assert total(x=leaf(1.0, 2.0)).item() == 3.0
