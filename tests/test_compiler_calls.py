"""Calling compiled functions: signatures, what is found outside, what may not be done, errors, randomness."""

import copy
import gc
import linecache
import pickle
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

import numpy as np
import pytest
from programs import same_bits

import autograd_lite as ag
from autograd_lite.compiler.compiled import MOST_PROGRAMS
from autograd_lite.rules import impure

Tensor = ag.Tensor
Y = Tensor([1.0])
X = np.arange(6.0).reshape(2, 3) + 1.0
HERE = __file__


def leaf(*values: float, name: str | None = None) -> Tensor:
    return Tensor(np.array(values), requires_grad=True, name=name)


# ---------------------------------------------------------------------------------------------------------------------
# Signatures.


def test_one_program_serves_all_calls_of_one_signature():
    c = ag.compile(lambda x: np.exp(x))
    for scale in (1.0, 2.0, 3.0):
        np.testing.assert_array_equal(c(X * scale), np.exp(X * scale))
    assert sum(map(len, c._programs.values())) == len(c.plans) == 1


@pytest.mark.parametrize("other", [
    X[:1], X.astype(np.float32), np.asfortranarray(X), Tensor(X), Tensor(X, requires_grad=True), [X], (X,), {"x": X}, 2.0, 2,
    np.float32(2.0), X[:, ::2],
])  # fmt: skip
def test_another_shape_dtype_layout_or_kind_has_a_program_of_its_own(other):
    c = ag.compile(
        lambda x: (
            (x if not isinstance(x, dict | list | tuple) else next(iter(x.values() if isinstance(x, dict) else x)))
            * 2.0
        )
    )
    first = c(X)
    c(other)
    assert len(c.plans) == 2
    assert same_bits(c(X), first) and len(c.plans) == 2


@pytest.mark.parametrize("constants", [("a", "b"), (True, False), (None, "x"), (True, 1.0), (np.True_, np.False_)])
def test_constants_are_part_of_the_signature(constants):
    c = ag.compile(lambda x, how: x * (2.0 if how is constants[0] else 3.0))
    assert [c(X, how)[0, 0] for how in constants] == [2.0, 3.0] and len(c.plans) == 2


def test_the_last_mini_batch_of_another_size_is_right():
    c = ag.compile(ag.value_and_grad(lambda w, x: np.sum(np.square(x @ w)) / len(x)))
    w = np.ones(3)
    for x in (X, X[:1], X):
        value, g = c(w, x)
        expected = ag.value_and_grad(lambda w, x: np.sum(np.square(x @ w)) / len(x))(w, x)
        np.testing.assert_allclose(value, expected[0])
        np.testing.assert_allclose(g, expected[1])


def test_an_index_may_be_an_argument():
    c = ag.compile(lambda x, i: x[i] * 2)
    for index in (slice(1, None), slice(0, 1), ..., None, 1, (0, 2), np.array([1, 0])):
        np.testing.assert_array_equal(c(X, index), X[index] * 2)


def test_a_copy_compiles_for_itself():
    c = ag.compile(np.sin)
    c(X)
    for other in (copy.deepcopy(c), pickle.loads(pickle.dumps(c))):
        assert not other.plans and same_bits(other(X), c(X))


def test_a_compiled_function_shows_its_name():
    assert repr(ag.compile(np.sin)) == "<np.sin, compiled>"


def test_the_number_of_programs_is_bounded_and_the_last_used_stay():
    c = ag.compile(lambda x: x * 2.0)
    for n in range(MOST_PROGRAMS + 10):
        c(np.ones(1))
        c(np.ones(n + 2))
    assert len(c.plans) == MOST_PROGRAMS
    assert any("(1,)" in str(signature) for signature in c.plans)


def test_nested_arguments_by_position_and_keyword():
    def f(params, *xs, scale=1.0, **more):
        return {"sum": params["W"] @ xs[0] * scale + more["b"][0], "list": [xs[1], (params["c"],)]}

    c = ag.compile(f)
    args = ({"W": X, "c": 3.0}, np.ones(3), np.zeros(2))
    for scale in (2.0, 0.5):
        found, expected = c(*args, scale=scale, b=[np.ones(2)]), f(*args, scale=scale, b=[np.ones(2)])
        assert same_bits(found, expected) and found.keys() == expected.keys() and found["list"][1] == (3.0,)
    assert len(c.plans) == 1


def test_a_method_is_compiled_with_its_object():
    class Model:
        def __init__(self, w):
            self.w = Tensor(w)

        @ag.compile
        def forward(self, x):
            """Scaled."""
            return x * self.w

    a, b = Model(2.0), Model(3.0)
    assert a.forward(X).data[0, 0] == 2.0 and b.forward(X).data[0, 0] == 3.0
    assert Model.forward.__doc__ == "Scaled."


@pytest.mark.parametrize(
    "bad, message",
    [({1, 2}, "hashed"), (np.ma.array([1.0]), "MaskedArray"), (np.array(["a"]), "numbers"), (np.ones(2) * 1j, "real")],
)
def test_arguments_that_are_no_numbers_are_refused(bad, message):
    with pytest.raises(TypeError, match=message):
        ag.compile(lambda x: x)(bad)


def test_compile_takes_a_function():
    with pytest.raises(TypeError, match="takes a function"):
        ag.compile(3)


def test_the_source_needs_a_call_first():
    with pytest.raises(RuntimeError, match="call it first"):
        _ = ag.compile(lambda x: x).source


def test_results_are_of_the_kind_that_goes_in():
    f = lambda x: (np.sum(x), x * 2.0)
    assert [type(r) for r in ag.compile(f)(X)] == [np.float64, np.ndarray]
    assert [type(r) for r in ag.compile(f)(Tensor(X))] == [Tensor, Tensor]
    assert type(ag.compile(lambda x, n: (x, n * 2))(X, 3)[1]) is int


def test_what_is_no_number_comes_back_as_it_is():
    data = np.ones(2)
    result = ag.compile(lambda x: {"x": x, "s": "text", "n": None, "list": [3, data]})(X)
    assert result["s"] == "text" and result["n"] is None and result["list"][0] == 3
    assert result["list"][1].tolist() == [1.0, 1.0] and result["list"][1] is not data


def test_inside_another_compiled_function_it_is_a_function_like_any_other():
    inner = ag.compile(lambda x: np.sum(x * x))
    assert ag.compile(ag.grad(inner))(X).tolist() == (2 * X).tolist()


# ---------------------------------------------------------------------------------------------------------------------
# Whole numbers.


def times(x, n):
    for _ in range(n):
        x = x * 2.0
    return x


def power(x, n):
    result = 1.0
    while n:
        if n % 2:
            result = result * x
        x, n = x * x, n // 2
    return result


@pytest.mark.parametrize("f", [
    lambda x, n: x.reshape(n, -1), lambda x, n: np.sum(x, axis=n), times, power,
    lambda x, n: x * {0: 5.0, 1: 7.0}[n], lambda x, n: x[:n],
    lambda x, n: np.zeros(n + 2) + 0 * x[0, 0], lambda x, n: np.moveaxis(x, n, 0), lambda x, n: x if n in (1, 2) else -x,
    lambda x, n: x * [2.0, 3.0][n], lambda x, n: np.expand_dims(x, n), lambda x, n: x * float(n),
    lambda x, n: x.transpose(n, 1 - n),
    lambda x, n: np.cumsum(x, n), lambda x, n: np.broadcast_to(x, (n + 1, 2, 3)),
])  # fmt: skip
@pytest.mark.parametrize("kind", [int, np.int64])
def test_a_whole_number_used_as_a_length_or_in_a_decision_has_a_program_for_each_value(f, kind):
    values = [1] if f(Tensor(X), 1).shape == () else [1, 0, 1] if f not in (times, power) else [3, 5, 3]
    try:
        f(Tensor(X), 0)
    except (ValueError, IndexError, KeyError):
        values = [1, 2, 1]
    c = ag.compile(f)
    for n in values:
        found = c(X, kind(n))
        np.testing.assert_array_equal(found.data if isinstance(found, Tensor) else found, f(Tensor(X), kind(n)).data)
    assert len(c.plans) == len(set(values))


def test_the_derivative_along_another_axis_is_right():
    c = ag.compile(ag.grad(lambda x, axis: np.sum(np.square(np.sum(x, axis=axis)))))
    square = np.arange(9.0).reshape(3, 3)
    for axis in (0, 1, 0):
        np.testing.assert_array_equal(c(square, axis), 2 * np.broadcast_to(square.sum(axis, keepdims=True), (3, 3)))


@pytest.mark.parametrize("f", [
    lambda x, n: x * n + n**2, lambda x, n: x / (n + 1) - n // 2, lambda x, n: x[n - 4], lambda x, n: np.where(n > 4, x, -x),
    lambda x, n: x * (n % 3) * 0.9**n, lambda x, n: np.clip(x, 2, n), lambda x, n: np.full_like(x, n) * x,
])  # fmt: skip
def test_a_whole_number_that_is_only_computed_with_is_an_input(f):
    c = ag.compile(f)
    for n in (4, 5):
        np.testing.assert_array_equal(c(X, n), f(X, n))
    assert len(c.plans) == 1


@pytest.mark.parametrize("n", [3, 0.5, -2])
def test_python_numbers_take_on_the_dtype_of_what_they_meet(n):
    single = X.astype(np.float32)
    for f in (
        lambda x, n: x * n,
        lambda x, n: (n * 2 - n**2 / 3) * x,
        lambda x, n: x**n,
        lambda x, n: abs(-n) // 2 + x,
    ):
        found = ag.compile(f)(single, n)
        assert found.dtype == f(single, n).dtype == np.float32
        np.testing.assert_allclose(found, f(single, n), rtol=1e-6)


@pytest.mark.parametrize("scalar", [np.float64(0.5), np.float32(0.5), np.int64(3)])
def test_numpys_scalars_are_not_weak(scalar):
    assert ag.compile(lambda x, n: x * n)(X.astype(np.float32), scalar).dtype == (X.astype(np.float32) * scalar).dtype


def test_numbers_too_large_for_numpy_are_constants():
    assert ag.compile(lambda x, n: x * float(n % 7))(X, 10**30)[0, 0] == float(10**30 % 7)


# ---------------------------------------------------------------------------------------------------------------------
# Looks at values, and writes.


def assigns(x):
    x[0] = 1.0
    return x


def adds(x):
    x += 1.0
    return x


buffer = np.zeros((2, 3))


def adds_to_an_array(x):
    global buffer
    buffer += x
    return x


@pytest.mark.parametrize("f", [
    lambda x: x if x.sum() > 0 else -x, lambda x: x * x[0, 0].item(), lambda x: x * float(x[0, 0]), lambda x: x * int(x[0, 0]),
    lambda x: x.data, lambda x: x.tolist(), lambda x: x.numpy(), lambda x: np.asarray(x), lambda x: x if 1.0 in x else -x,
    lambda x: x if np.allclose(x, 1.0) else -x, lambda x: x if np.array_equal(x, x) else -x,
    lambda x: range(x[0, 0].astype(int)),
    lambda x: x if x.any() else -x, lambda x: x[x > 2], lambda x: x[np.nonzero(x)], lambda x: x[x.nonzero()],
    lambda x: np.where(x > 1),
    lambda x: x.reshape(x[0, 0].astype(int), -1), lambda x: np.sum(x, axis=x[0, 0].astype(int)), lambda x: np.flatnonzero(x),
    lambda x: np.argwhere(x), lambda x: x[x[:, 0] > 1, 0], lambda x: max(x[0, 0], x[1, 1]),
    lambda x: f"{x.sum():.2f}",
    assigns, adds, adds_to_an_array, lambda x: bytes(x[0].astype(int)),
])  # fmt: skip
def test_what_would_be_baked_in_is_refused_naming_the_line(f):
    with pytest.raises(ag.CompileError) as error:
        ag.compile(f)(X)
    assert isinstance(error.value, RuntimeError)
    line = f.__code__.co_firstlineno + {assigns: 1, adds: 1, adds_to_an_array: 2}.get(f, 0)
    assert f"at {HERE}:{line}" in str(error.value)
    assert not buffer.any()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x * float(x),
        lambda x: {0.5: 1.0}.get(x, 2.0),
        lambda x: np.zeros(3) if x == 0.5 else x,
    ],
)
def test_a_decision_by_a_float_is_refused(f):
    with pytest.raises(ag.CompileError, match="looks at the value"):
        ag.compile(f)(0.5)


class Holder:
    def __init__(self, held):
        self.held = held


@pytest.mark.parametrize("f", [
    lambda x: Holder(x * 2), lambda x: {x.sum()}, lambda x: deque([x * 2]), lambda x: map(np.sin, x),
    lambda x: (row for row in x), lambda x: lambda: x, lambda x: ag.vjp(np.sin, x), lambda x: [x, Holder([x])],
    lambda x: partial(np.add, x),
])  # fmt: skip
def test_a_result_that_a_program_cannot_fill_is_refused(f):
    with pytest.raises(ag.CompileError, match=r"the result holds .* inside of a"):
        ag.compile(f)(X)


@pytest.mark.parametrize(
    "thing", [np.sin, Holder(3), Tensor([1.0]), Holder(Tensor([1.0])), lambda: Y, np.float64, "text"]
)
def test_a_result_that_holds_nothing_computed_comes_back(thing):
    c = ag.compile(lambda x: (x * 2, thing))
    for data in (X, -X):
        first, second = c(data)
        np.testing.assert_array_equal(np.asarray(first), data * 2)
        assert second is thing or isinstance(thing, Tensor)


def test_the_line_is_the_users_also_from_inside_a_gradient():
    def f(x):
        y = np.sum(x * x)
        return y if y > 0 else -y  # the line

    with pytest.raises(ag.CompileError) as error:
        ag.compile(ag.grad(f))(X)
    assert f"{HERE}:{f.__code__.co_firstlineno + 2}" in str(error.value)


def test_shapes_and_dtypes_may_be_looked_at():
    def f(x):
        assert x.ndim == np.ndim(x) == 2 and np.size(x) == x.size == 6 and np.shape(x) == x.shape
        assert np.result_type(x, np.float32) == np.float64 and len(x) == 2 and not np.iscomplexobj(x)
        return x.reshape(np.shape(x)[1], -1)

    assert ag.compile(f)(X).shape == (3, 2)


def test_masks_are_computed_anew():
    c = ag.compile(lambda x: np.where(x > 3, x, 0.0) + (x < 2))
    for x in (X, 7.0 - X):
        np.testing.assert_array_equal(c(x), np.where(x > 3, x, 0.0) + (x < 2))


def test_a_mask_that_is_no_tensor_may_select():
    mask = np.array([True, False])
    c = ag.compile(lambda x: np.sum(x[mask]) / len(x[mask]))
    assert c(X) == X[0].sum()
    mask[:] = False, True
    assert c(X) == X[1].sum()
    mask[:] = True
    assert c(X) == X.sum() / 2


def test_writes_into_what_the_function_made_are_followed():
    def f(x):
        t = x * 2.0
        before = t + 1.0
        t[0] = 5.0
        t += x
        made = Tensor(np.zeros((2, 3)))
        early = made + x
        made.data = np.ones((2, 3))
        return before, t, early, made + x

    for found, expected in zip(ag.compile(f)(X), f(Tensor(X)), strict=True):
        np.testing.assert_array_equal(found, expected.data)


# ---------------------------------------------------------------------------------------------------------------------
# What is found outside.


def test_a_parameter_is_read_at_every_call_whatever_becomes_of_it():
    w = leaf(1.0, 2.0, 3.0, name="w")
    c = ag.compile(lambda x: np.sum(x * w, axis=1))
    for array in (np.ones(3), np.full((2, 3), 2.0, np.float32), np.asfortranarray(X), np.zeros(1)):
        w.data = array
        np.testing.assert_array_equal(c(X).data, np.sum(X * array, axis=1))


def test_arrays_found_outside_are_read_at_every_call():
    data, view = np.ones((2, 3)), np.ones((4, 3))
    c = ag.compile(lambda x: x * data + Tensor(data) * 2.0 + view[:2] + np.add(x, data.T.T))
    for scale in (1.0, 2.0, -3.0):
        data[...], view[...] = scale, scale
        np.testing.assert_array_equal(c(X), X * scale + 2.0 * scale + scale + X + scale)


def test_whether_a_gradient_is_required_may_change():
    w = leaf(1.0, 1.0, 1.0)
    c = ag.compile(lambda x: np.sum(x * w))
    assert c(X).requires_grad
    w.requires_grad = False
    assert not c(X).requires_grad
    with ag.no_grad():
        w.requires_grad = True
        assert not c(X).requires_grad


def test_what_was_computed_outside_keeps_its_value_and_passes_the_gradient_on():
    w = leaf(1.0, 2.0, 3.0)
    outside = w * 2.0
    c = ag.compile(lambda x: ag.gradients(np.sum(x * outside), [w], retain_graph=True)[0])
    for x in (X, 3.0 * X):
        np.testing.assert_array_equal(c(x).data, 2.0 * x.sum(0))
    w.data = np.zeros(3)  # what was computed from the value before stays
    for x in (X, 3.0 * X):
        np.testing.assert_array_equal(c(x).data, 2.0 * x.sum(0))


def test_a_parameter_made_at_the_first_call_is_read_at_the_later_ones():
    class Lazy:
        w: Any = None

    lazy = Lazy()

    def f(x):
        if lazy.w is None:
            lazy.w = Tensor(np.ones(3), requires_grad=True)
        return np.sum(x * lazy.w)

    c = ag.compile(f)
    first = c(X).item()
    lazy.w.data = np.full(3, 2.0)
    assert c(X).item() == 2 * first


def test_detached_values_and_leaves_made_from_them_follow_the_data():
    def f(x):
        t = Tensor(x, requires_grad=True)
        np.sum(t * t * t.detach()).backward()
        return t.grad

    c = ag.compile(f)
    for x in (X, -X):
        np.testing.assert_array_equal(c(x).data, 2 * x * x)


# ---------------------------------------------------------------------------------------------------------------------
# Gradients that the function leaves.


def backward(*tensors: Tensor) -> Tensor:
    total: Any = np.sum(np.prod(np.stack(tensors), axis=0)) if len(tensors) > 1 else np.sum(np.square(tensors[0]))
    total.backward()
    return total


def test_gradients_add_up_over_calls():
    w = leaf(1.0, 2.0)
    c = ag.compile(lambda: backward(w))
    for n in (1, 2, 3):
        c()
        np.testing.assert_array_equal(w.grad.data, n * 2 * w.data)
    w.zero_grad()
    c()
    np.testing.assert_array_equal(w.grad.data, 2 * w.data)


def test_gradients_of_arguments_add_up_too():
    c, w = ag.compile(backward), leaf(1.0, 2.0)
    for n in (1, 2):
        c(w)
        np.testing.assert_array_equal(w.grad.data, n * 2 * w.data)


def test_a_tensor_given_twice_gets_the_whole_gradient():
    c, w, u, v = ag.compile(backward), leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)
    c(w, w)
    np.testing.assert_array_equal(w.grad.data, 2 * w.data)
    c(u, v)
    assert u.grad.tolist() == v.tolist() and v.grad.tolist() == u.tolist()


@pytest.mark.parametrize("order", [(0, 1, 0), (1, 0, 1)])
def test_an_argument_that_is_also_found_outside_is_one_tensor(order):
    w, u = leaf(1.0, 2.0), leaf(3.0, 4.0)
    c = ag.compile(lambda a: ag.gradients(np.sum(a * w), [w])[0])
    for which in order:
        a = (w, u)[which]
        np.testing.assert_array_equal(c(a).data, 2 * w.data if a is w else u.data)


def test_the_gradient_may_be_replaced_read_and_cleared_inside():
    w = leaf(1.0, 2.0)

    def f(x):
        w.zero_grad()
        np.sum(w * x).backward()
        w.grad = w.grad * 2.0
        return w.grad

    c = ag.compile(f)
    for x in (np.ones(2), np.full(2, 3.0)):
        assert c(x).tolist() == w.grad.tolist() == (2 * x).tolist()


def test_gradients_that_are_left_share_memory_with_nothing():
    w = leaf(1.0, 2.0)

    def f(x):
        np.sum(w * x).backward()
        return w.grad

    c = ag.compile(f)
    x = np.ones(2)
    result = c(x)
    assert not np.shares_memory(result.data, w.grad.data) and not np.shares_memory(w.grad.data, x)


def test_hooks_run_as_part_of_the_program():
    w = leaf(1.0, 2.0)
    w.register_hook(lambda g: g * 10.0)
    c = ag.compile(lambda: backward(w))
    c()
    np.testing.assert_array_equal(w.grad.data, 20 * w.data)
    w.zero_grad()
    w.register_hook(lambda g: g + 1.0)
    c()
    np.testing.assert_array_equal(w.grad.data, 20 * w.data + 1.0)


@pytest.mark.parametrize("old", [None, Tensor(np.ones(2))])
def test_a_recording_that_fails_leaves_nothing_behind(old):
    w = leaf(1.0, 2.0)
    w.grad = old

    def f(x):
        backward(w)
        return (x * w).item()

    with pytest.raises(ag.CompileError):
        ag.compile(f)(X[:, :2])
    assert w.grad is old and w.op is None and w.is_leaf is not False
    backward(w)


def test_the_gradient_does_not_go_through_and_says_so():
    w = leaf(1.0, 1.0, 1.0)
    result = ag.compile(lambda x: np.sum(x * w))(X)
    for attempt in (result.backward, (result * 2.0).backward, lambda: ag.gradients(result, [w])):
        with pytest.raises(RuntimeError, match="does not go through a compiled function"):
            attempt()
    assert w.grad is None


TRANSFORMS: list[Callable[..., Any]] = [
    lambda f: ag.grad(f), lambda f: ag.grad(lambda x: np.sum(ag.grad(f)(x))), lambda f: ag.hessian(f),
    lambda f: ag.jacobian(lambda x: np.sin(x) * x), lambda f: lambda x: ag.hvp(f, x, x * 2.0),
    lambda f: lambda x: ag.jvp(f, (x,), (x + 1.0,)),
    lambda f: lambda x: ag.vjp(np.cumsum, x)[1](x * 2.0), lambda f: ag.value_and_grad(ag.checkpoint(f)),
]  # fmt: skip


@pytest.mark.parametrize("i", range(len(TRANSFORMS)))
def test_transforms_compile(i):
    f = lambda x: np.sum(np.sin(x) * np.square(x))
    transformed = TRANSFORMS[i](f)
    c = ag.compile(transformed)
    for x in (X[0], X[1]):
        found, expected = c(x), transformed(x)
        for a, b in zip(*((r if isinstance(r, tuple) else (r,)) for r in (found, expected)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order, value", [(1, 32.0), (2, 48.0), (3, 48.0), (4, 24.0), (5, 0.0)])
def test_derivatives_of_any_order(order, value):
    f: Any = lambda x: x**4
    for _ in range(order):
        f = ag.grad(f)
    assert ag.compile(f)(2.0) == value


# ---------------------------------------------------------------------------------------------------------------------
# Errors, randomness, threads.


def test_an_error_inside_a_program_shows_its_line_and_the_tensors_name():
    c = ag.compile(
        lambda A: (np.linalg.solve(A * 2.0, np.ones(2)) if hasattr(np.linalg, "solve") else A).named("solution")
    )

    @ag.primitive
    def inverse(A):
        return np.linalg.inv(A)

    ag.defvjp(inverse, lambda g, ans, A: g)
    c = ag.compile(lambda A: inverse(A * 2.0).named("solution"))
    c(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError) as error:
        c(np.zeros((2, 2)))
    text = "".join(traceback.format_exception(error.value))
    assert "solution = inverse(" in text and "<autograd_lite program" in text


def test_an_error_in_a_line_without_a_variable_names_the_tensor_in_a_note():
    c = ag.compile(lambda x: np.sum((x * x).named("squares")))
    c(X)
    with pytest.raises(TypeError) as error:
        c._last.runnable(None)
    assert any("which computes squares" in note for note in error.value.__notes__)


def test_the_lines_of_dropped_programs_are_forgotten():
    def ours() -> int:
        gc.collect()
        return sum("<autograd_lite program" in name for name in linecache.cache)

    before = ours()
    c = ag.compile(lambda x: x * 2.0)
    c(X)
    assert ours() == before + 1
    del c
    assert ours() == before


@pytest.fixture
def draw():
    @impure
    @ag.primitive
    def normal(rng, x):
        """x plus noise."""
        return x + rng.standard_normal(np.shape(x))

    ag.defvjp(normal, None, lambda g, ans, rng, x: g)
    return normal


def test_random_numbers_are_drawn_anew_as_they_are_without_compiling(draw):
    def f(rng):
        def step(x):
            a = draw(rng, x)
            draw(rng, x)  # nobody uses it, and it is drawn all the same
            b = draw(rng, x)
            return np.sum(b) * 1.0 + np.sum(a * a)

        return step

    compiled = ag.compile(ag.value_and_grad(f(np.random.default_rng(3))))
    plain = ag.value_and_grad(f(np.random.default_rng(3)))
    values = []
    for _ in range(3):
        found, expected = compiled(X), plain(X)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-14)
        values.append(float(found[0]))
    assert len(set(values)) == 3


def test_a_failed_recording_draws_nothing(draw):
    rng = np.random.default_rng(3)
    before = rng.bit_generator.state
    with pytest.raises(ag.CompileError):
        ag.compile(lambda x: draw(rng, x).item())(X)
    assert rng.bit_generator.state == before


def test_compiling_in_two_threads_at_once_gives_right_results():
    c = ag.compile(ag.grad(lambda x: np.sum(np.sin(x) ** 2)))
    wrong = []

    def work(n: int) -> None:
        x = np.arange(float(n))
        for _ in range(20):
            if not np.allclose(c(x), np.sin(2 * x)):
                wrong.append(n)

    threads = [Thread(target=work, args=(2 + i % 3,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and len(c.plans) == 3


@pytest.mark.parametrize("x", [X, np.asfortranarray(X)])
def test_elements_are_read_in_the_order_of_the_memory_that_the_function_saw(x):
    f = lambda x: [np.reshape(a, -1, order="A") for a in (x, x.copy(), x.T, (x.T @ np.eye(2)).T, x * 1.0)]
    for a, b in zip(ag.compile(f)(x), f(Tensor(x)), strict=True):
        np.testing.assert_array_equal(a, b.data)
