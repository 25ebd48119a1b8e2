"""checkpoint: the values and gradients of the function itself, less memory, and no number lost on the way."""

import tracemalloc

import numpy as np
import pytest

import autograd_lite as ag

rng = np.random.default_rng(0)
START = rng.normal(size=(3, 4))
WEIGHTS = rng.normal(size=(4, 4))
near = {"rtol": 1e-13, "atol": 1e-14}


class Setting:
    """An argument, a parameter found in the closure, and a Tensor computed from that outside."""

    def __init__(self):
        self.x = ag.Tensor(START, requires_grad=True)
        self.W = ag.Tensor(WEIGHTS, requires_grad=True)
        self.h = np.sin(self.W)

    @property
    def all(self):
        return [self.x, self.W, self.h]


def one_result(s):
    return lambda x: np.tanh(x @ s.W) * 2.0


def computed_closure(s):
    return lambda x: np.exp(x @ s.h) + x @ s.W


def several_results(s):
    return lambda x: {"a": [np.tanh(x @ s.h), 3.0], "b": np.sum(x * s.W[0]), "x": x}


def repeated_result(s):
    def f(x):
        y = np.sin(x @ s.h)
        return y, y, np.sum(y)

    return f


def inner_gradient(s):
    return lambda x: ag.grad(lambda z: np.sum(z**3 * x[0] * s.W[0]) + np.sum(z * s.h))(x[1]) * x


def nested(s):
    return lambda x: ag.checkpoint(lambda y: np.sin(y @ s.h))(np.exp(x)) * x


def unused_source(s):
    return lambda x: np.sum(np.sign(s.W) * np.tanh(s.h)) + x * 2.0


def total(result):
    parts = []
    for part in result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else [result]:
        for p in part if isinstance(part, list) else [part]:
            parts.append(np.sum(p**2))
    return sum(parts)


def used(gradients):
    found = [g for g in gradients if g is not None]
    assert found
    return found


FUNCTIONS = [one_result, computed_closure, several_results, repeated_result, inner_gradient, nested, unused_source]


def of_both(make, gradient):
    """`gradient` of the function itself and of its checkpoint, each in a setting of its own."""
    plain, checked = Setting(), Setting()
    return gradient(make(plain), plain), gradient(ag.checkpoint(make(checked)), checked)


@pytest.mark.parametrize("make", FUNCTIONS)
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_are_those_of_the_function(make, create_graph):
    def gradient(f, s):
        return used(ag.gradients(total(f(s.x)), s.all, create_graph=create_graph, allow_unused=True))

    for expected, found in zip(*of_both(make, gradient), strict=True):
        np.testing.assert_allclose(found.data, expected.data, **near)


@pytest.mark.parametrize("make", FUNCTIONS)
def test_second_derivatives_are_those_of_the_function(make):
    def gradient(f, s):
        first = used(ag.gradients(total(f(s.x)), s.all, create_graph=True, allow_unused=True))
        return used(ag.gradients(sum(np.sum(np.sin(g)) for g in first), s.all, allow_unused=True))

    for expected, found in zip(*of_both(make, gradient), strict=True):
        np.testing.assert_allclose(found.data, expected.data, **near)


def test_values_are_those_of_the_function():
    s = Setting()
    f = several_results(s)
    plain, checked = f(s.x), ag.checkpoint(f)(s.x)
    assert np.array_equal(checked["a"][0].data, plain["a"][0].data)
    assert checked["a"][1] == 3.0
    assert checked["x"] is s.x


def test_backward_reaches_a_parameter_that_is_not_an_argument():
    s = Setting()
    np.sum(ag.checkpoint(one_result(s))(s.x)).backward()
    expected = 2 * START.T @ (1 - np.tanh(START @ WEIGHTS) ** 2)
    np.testing.assert_allclose(s.W.grad.data, expected, **near)


@pytest.mark.parametrize(
    "transform", [ag.hessian, lambda f: lambda x: ag.hvp(f, x, x), lambda f: lambda x: ag.jvp(f, x, x)[1]]
)
def test_transforms_pass_through(transform):
    f = lambda x: np.sum(np.exp(np.sin(x)) * x)
    np.testing.assert_allclose(transform(ag.checkpoint(f))(WEIGHTS[0]), transform(f)(WEIGHTS[0]), **near)


def test_a_third_derivative_passes_through():
    f = ag.grad(ag.grad(ag.grad(ag.checkpoint(lambda x: np.sin(x) * 1.0))))
    assert np.isclose(f(0.3), -np.cos(0.3), rtol=1e-14)


def test_an_outer_level_found_in_the_closure_is_not_lost():
    """d/dx of d/dy (y^2 x^2) at y = x is 6 x^2."""
    outer = ag.grad(lambda x: ag.grad(ag.checkpoint(lambda y: y * y * x * x))(x))
    assert np.isclose(outer(2.0), 6 * 2.0**2, rtol=1e-14)


def test_results_keep_their_dtypes():
    w = ag.Tensor(np.ones(2, np.float32), requires_grad=True)
    single, double = ag.checkpoint(lambda: (w * np.float32(2), w * np.ones(2)))()
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    (np.sum(single) + np.sum(double)).backward()
    assert w.grad.dtype == np.float32 and np.array_equal(w.grad.data, [3.0, 3.0])


def test_what_needs_no_gradient_is_returned_as_it_is():
    f = ag.checkpoint(lambda x: (x * 2.0, "label"))
    out, label = f(np.ones(2))
    assert type(out) is np.ndarray and label == "label"
    s = Setting()
    with ag.no_grad():
        assert not ag.checkpoint(one_result(s))(s.x).requires_grad


def test_memory_drops():
    """10 blocks of 40 operations keep 400 arrays; checkpointed 10, and the 40 of one block at a time."""

    def block(x):
        for _ in range(20):
            x = np.sin(x) * 1.1
        return x

    def peak(f):
        x = ag.Tensor(np.ones(20_000), requires_grad=True)
        tracemalloc.start()
        y = x
        for _ in range(10):
            y = f(y)
        np.sum(y).backward()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most / x.nbytes

    assert peak(block) > 400
    assert peak(ag.checkpoint(block)) < 70


# ------------------------------------------------------------------------------- what is not the same the second time


def other_tensor(s):
    sources = iter([s.W, s.W.copy()])
    return lambda x: x @ next(sources)


def other_shape(s):
    sizes = iter([3, 2])
    return lambda x: x[: next(sizes)] * 2.0


def no_gradient(s):
    factors = iter([s.x, START])
    return lambda x: next(factors) * 2.0


def other_value(s):
    values = iter([2.0, 3.0])
    return lambda x: np.sin(x) + 0.0 * ag.Tensor(next(values), requires_grad=True)


@pytest.mark.parametrize("make", [other_tensor, other_shape, no_gradient, other_value])
def test_a_function_that_computes_something_else_raises(make):
    s = Setting()
    out = np.sum(ag.checkpoint(make(s))(s.x))
    with pytest.raises(RuntimeError, match="something else when it is repeated"):
        out.backward()
    assert s.x.grad is None


def test_a_generator_seeded_inside_draws_the_same():
    s = Setting()
    f = ag.checkpoint(lambda x: x * (np.random.default_rng(1).random(x.shape) > 0.5))
    np.sum(f(s.x)).backward()
    assert np.array_equal(s.x.grad.data, np.random.default_rng(1).random((3, 4)) > 0.5)


def test_a_source_that_is_written_before_the_backward_pass_counts_as_it_was():
    s, plain = Setting(), Setting()
    np.sum(one_result(plain)(plain.x)).backward()
    out = np.sum(ag.checkpoint(one_result(s))(s.x))
    s.W.data = WEIGHTS * 2
    with ag.no_grad():
        s.x *= 3.0
    out.backward()
    np.testing.assert_array_equal(s.W.grad.data, plain.W.grad.data)
    np.testing.assert_array_equal(s.x.grad.data, plain.x.grad.data)
    np.testing.assert_array_equal(s.W.data, WEIGHTS * 2)


def test_a_constant_that_is_written_before_the_backward_pass_counts_as_it_was():
    s, c = Setting(), ag.Tensor(np.full(4, 2.0))
    out = np.sum(ag.checkpoint(lambda x: np.sin(x) * c)(s.x))
    c.data = np.zeros(4)
    out.backward()
    np.testing.assert_allclose(s.x.grad.data, 2.0 * np.cos(s.x.data), rtol=1e-15)


def test_a_value_that_is_written_inside_after_it_was_used_counts_as_it_was():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        y = x * 2.0
        z = y * y
        y[0] = 1.0
        return np.sum(z) + np.sum(y)

    ag.checkpoint(f)(x).backward()
    assert x.grad.tolist() == [8.0, 18.0]


@pytest.mark.parametrize("argument", [False, True])
def test_what_it_writes_into_tensors_from_outside_is_written_once(argument):
    a = ag.Tensor([2.0, 3.0], requires_grad=True)

    def run(wrap):
        h = a * a

        def f(x, t):
            t[0] = 7.0
            t *= 2.0
            return np.sin(x) * t

        z = wrap(f)(a, h) if argument else wrap(lambda x: f(x, h))(a)
        cost = np.sum(h * 3.0) + np.sum(z)
        return h, ag.gradients(cost, [a])[0].tolist()

    (plain, expected), (h, found) = run(lambda f: f), run(ag.checkpoint)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    assert h.tolist() == plain.tolist()


def test_an_exception_inside_comes_out_as_it_is():
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ag.checkpoint(f)(Setting().x)
