"""check_gradients: passes what is right and names what is wrong: argument, element, both numbers, operation, scope."""

import warnings
from contextlib import contextmanager

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import cotangents
from autograd_lite.differences import COMPLEX, complex_step, differences, kink, slope
from autograd_lite.ops.indexing import scatter
from autograd_lite.rules import VJPS

rng = np.random.default_rng(0)
W = rng.normal(size=(4, 4))
b = rng.normal(size=4)
x = rng.normal(size=(3, 4))


def layer(params, x):
    with ag.scope("hidden"):
        z = np.add(x @ params["W"].T, params["b"])
        return np.sum(ag.sigmoid(z) ** 2)


ARGS = ({"W": W, "b": b}, x)


@contextmanager
def corrupted(op, argument, change):
    """The rule of one argument of `op`, changed."""
    right = VJPS[op][argument]
    VJPS[op][argument] = change(right)
    try:
        yield
    finally:
        VJPS[op][argument] = right


# ---------------------------------------------------------------------------------------------------------- what passes

RIGHT = {
    "a layer": (layer, ARGS),
    "Tensors": (layer, ({"W": ag.Tensor(W), "b": ag.Tensor(b, requires_grad=True)}, ag.Tensor(x))),
    "float32": (layer, ({"W": W.astype(np.float32), "b": b.astype(np.float32)}, x.astype(np.float32))),
    "mixed dtypes": (lambda a, b: a * b, (np.float32(1.5), 2.5)),
    "a number": (np.sin, (0.3,)),
    "several results": (lambda a, b: {"p": a * b, "q": [np.exp(a)]}, (b, 2.0)),
    "integers beside": (lambda n, a: a**n, (3, 2.0)),
    "integer arrays beside": (lambda i, a: a[i] ** 2, (np.array([0, 2, 2]), b)),
    "no analytic function": (lambda a: np.abs(a) * np.max(a) + np.maximum(a, 0.1), (b,)),
    "many elements": (lambda a: np.std(a) * np.sum(np.tanh(a)), (rng.normal(size=200),)),
    "constant": (lambda a: np.sum(np.sign(a)), (b,)),
    "linear": (np.sum, (b,)),
    "large values": (lambda a: np.sum(a**2), (1e6 * b,)),
    "small values": (lambda a: np.sum(1e-8 * a**2), (b,)),
    "small arguments": (lambda a: np.sum(np.log(a)), (np.array([1e-4, 1e-3]),)),
    "cancelling": (lambda a: np.sum(np.exp(a) / np.sum(np.exp(a))), (b,)),
    "conjugating": (lambda a: np.vdot(a, a), (b,)),
    "empty": (lambda a, c: np.sum(a) + c**2, (np.ones(0), 2.0)),
    "a gradient": (ag.grad(lambda a: np.sum(np.sin(a) * a)), (b,)),
    "indices": (lambda a: a[[0, 0, 2]] * a[1:], (b,)),
    "checkpoint": (ag.checkpoint(lambda a: np.sum(np.sin(a) ** 2)), (b,)),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name):
    f, args = RIGHT[name]
    ag.check_gradients(f, *args)


def test_a_third_order_is_checked_if_asked_for():
    ag.check_gradients(lambda a: np.sum(np.sin(a) * a), b[:2], order=3)


KINKS = [(np.abs, 0.0), (ag.relu, 0.0), (lambda a: np.maximum(a, 1.0), 1.0), (lambda a: np.max(a), np.ones(2))]


@pytest.mark.parametrize(("f", "at"), KINKS)
def test_at_a_kink_an_element_of_the_subdifferential_passes(f, at):
    ag.check_gradients(f, at, order=1)


def test_the_arguments_are_left_as_they_are():
    given = {"W": W.copy(), "b": ag.Tensor(b.copy(), requires_grad=True)}
    ag.check_gradients(layer, given, x)
    assert np.array_equal(given["W"], W) and given["b"].grad is None


def test_the_graph_of_a_tensor_is_checked_operation_by_operation():
    out = layer({"W": ag.Tensor(W, requires_grad=True), "b": b}, x)
    ag.check_gradients(out)
    with (
        corrupted(np.square, 0, lambda rule: lambda *a: -rule(*a)),
        pytest.raises(ag.GradientError, match=r"np\.square"),
    ):
        ag.check_gradients(out)


# --------------------------------------------------------------------------------------------------- what does not pass


def scaled(rule):
    return lambda *a, **k: 1.0001 * rule(*a, **k)


def negated(rule):
    return lambda *a, **k: -rule(*a, **k)


def transposed(rule):
    return lambda *a, **k: rule(*a, **k).T


def first_row(rule):
    return lambda *a, **k: rule(*a, **k)[0]


def one_element_off(rule):
    def off(*a, **k):
        return rule(*a, **k) * np.where(np.arange(12).reshape(3, 4) == 6, 1.001, 1.0)

    return off


def gone(rule):
    return lambda *a, **k: np.zeros_like(rule(*a, **k))


def wrong_shape(rule):
    return lambda *a, **k: rule(*a, **k)[:2, :2]


def nan(rule):
    return lambda *a, **k: rule(*a, **k) * np.nan


MUTANTS = [
    (np.matmul, 0, scaled, "input 0"),
    (np.matmul, 0, negated, "input 0"),
    (np.matmul, 1, scaled, "input 1"),
    (np.matmul, 1, transposed, "input 1"),
    (np.matmul, 1, gone, "input 1"),
    (np.matmul, 0, one_element_off, r"input 0: .*element \[1, 2\]"),
    (np.matmul, 1, wrong_shape, r"input 1: .*its rule raises ValueError: .*shape"),
    (np.transpose, 0, transposed, "input 0: 'W'"),
    (np.add, 0, negated, "input 0"),
    (np.add, 1, first_row, "input 1: 'b'"),
    (ag.sigmoid, 0, scaled, "input 0"),
    (ag.sigmoid, 0, nan, "input 0"),
    (np.square, 0, negated, "input 0"),
    (np.sum, 0, scaled, "input 0"),
]


@pytest.mark.parametrize(("op", "argument", "change", "place"), MUTANTS)
def test_a_corrupted_rule_is_named_with_its_input(op, argument, change, place):
    names = {
        np.matmul: r"np\.matmul",
        np.transpose: r"np\.transpose",
        np.add: r"np\.add",
        np.square: r"np\.square",
        np.sum: r"np\.sum",
    }
    named = {"W": ag.Tensor(W, name="W"), "b": ag.Tensor(b, name="b")}
    with corrupted(op, argument, change), pytest.raises(ag.GradientError) as error:
        ag.check_gradients(lambda p, x: layer({k: v.named(k) for k, v in p.items()}, x), named, x)
    error.match(f"first operation at fault is {names.get(op, 'sigmoid')}, {place}")
    error.match("nan" if change is nan else "gives|raises")


def test_the_message_names_argument_element_and_both_numbers():
    with corrupted(np.add, 1, lambda rule: lambda *a: 2 * rule(*a)), pytest.raises(ag.GradientError) as error:
        ag.check_gradients(lambda p: np.sum(np.add(1.0, p["b"]) * np.array([3.0, 0.0])), {"b": np.ones(2)})
    error.match(r"the gradient of <lambda> by args\[0\]\['b'\]\[0\]: the backward pass gives 6, a complex step 3\.")


def test_the_message_names_the_scope_of_the_operation():
    with corrupted(np.add, 1, negated), pytest.raises(ag.GradientError, match="in hidden"):
        ag.check_gradients(layer, *ARGS)


def test_missing_unbroadcasting_is_found_at_the_operation_that_broadcasts(monkeypatch):
    monkeypatch.setattr(cotangents, "unbroadcast", lambda c, shape: c[0] if c.ndim > len(shape) else c)
    with pytest.raises(ag.GradientError, match=r"first operation at fault is np\.add, input 1"):
        ag.check_gradients(layer, *ARGS)


def test_a_part_of_a_sequence_is_named():
    def swapped(rule):
        return lambda *a, **k: rule(*a, **k)[::-1]

    with (
        corrupted(np.concatenate, 0, swapped),
        pytest.raises(ag.GradientError, match=r"np\.concatenate, input 0, part 0"),
    ):
        ag.check_gradients(lambda a, c: np.concatenate([a, c]) * np.arange(4.0), b[:2], b[2:])


def test_a_fault_in_one_of_many_elements_is_found():
    weights = np.ones(1000)
    weights[777] = 1.01
    with (
        corrupted(np.sin, 0, lambda rule: lambda *a: rule(*a) * weights),
        pytest.raises(ag.GradientError, match=r"args\[0\]\[777\]"),
    ):
        ag.check_gradients(np.sin, rng.normal(size=1000), order=1)


def test_of_several_faults_the_first_operation_is_named():
    with (
        corrupted(np.transpose, 0, negated),
        corrupted(np.square, 0, negated),
        pytest.raises(ag.GradientError) as error,
    ):
        ag.check_gradients(layer, *ARGS)
    error.match(r"first operation at fault is np\.transpose")


def test_a_fault_in_the_rule_of_a_rule_is_named():
    """The gradient of x[i] is a scatter, and only the second derivative goes through its rule."""
    with corrupted(scatter, 0, scaled), pytest.raises(ag.GradientError) as error:
        ag.check_gradients(lambda a: np.sum(a[1:] ** 3), b)
    error.match("second derivative .*first operation at fault is scatter, input 0")


def test_a_rule_that_cuts_the_second_derivative_is_named():
    def cut(rule):
        return lambda g, ans, x: rule(g, ans.detach() if isinstance(ans, ag.Tensor) else ans, x)

    with corrupted(np.exp, 0, cut), pytest.raises(ag.GradientError) as error:
        ag.check_gradients(lambda a: np.sum(np.exp(a) * 2.0), b)
    error.match("the second derivative of <lambda>")
    error.match("the one that made the result of np.exp")


def test_a_value_taken_out_of_the_graph_is_found():
    with pytest.raises(ag.GradientError, match="a value was taken out of the graph"):
        ag.check_gradients(lambda a: a * (a.item() if isinstance(a, ag.Tensor) else a), 2.0)


NEVER = {
    "nan value": (np.log, (-1.0,), "is nan"),
    "infinite value": (np.log, (0.0,), "is -inf"),
    "infinite slope": (np.sqrt, (0.0,), "inf"),
    "border of the domain": (np.arcsin, (1.0,), "inf"),
    "nan inside of where": (lambda a: np.sum(np.where(a > 0, np.sqrt(a), 0.0)), (np.array([0.0, 1.0]),), "nan"),
    "a jump": (np.floor, (2.0,), "not settle"),
    "a slope that is none of a kink": (lambda a: wrong_relu(a), (0.0,), "kink"),
    "second derivative at a kink": (np.abs, (0.0,), "not settle"),
    "noise": (lambda a: a + rng.random(), (1.0,), "not settle"),
}


@ag.primitive
def wrong_relu(x):
    return np.maximum(x, 0.0)


@pytest.mark.parametrize("name", NEVER)
def test_what_cannot_be_verified_never_passes(name):
    f, args, words = NEVER[name]
    ag.defvjp(wrong_relu, lambda g, ans, x: g * np.where(x > 0, 1.0, -0.5))
    with np.errstate(all="ignore"), pytest.raises(ag.GradientError, match=words):
        ag.check_gradients(f, *args)


def test_a_large_constant_does_not_hide_an_error():
    with corrupted(np.square, 0, lambda rule: lambda *a: rule(*a) * 1.001), pytest.raises(ag.GradientError):
        ag.check_gradients(lambda a: 1e8 + a**2, 1.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_small_relative_error_does_not_pass(dtype):
    error = 1e-3 if dtype == np.float32 else 1e-8
    with corrupted(np.exp, 0, lambda rule: lambda *a: rule(*a) * (1 + error)), pytest.raises(ag.GradientError):
        ag.check_gradients(np.exp, b.astype(dtype), order=1)


def test_a_function_that_fails_fails_as_it_does_alone():
    with pytest.raises(ValueError, match="matmul"):
        ag.check_gradients(lambda a: np.sum(a @ np.ones(3)), b)


@pytest.mark.parametrize(
    ("args", "options", "error"),
    [((np.sin, 1), {}, TypeError), ((np.sin, np.arange(3)), {}, TypeError), ((np.sin, 1.0), {"order": 0}, ValueError)],
)
def test_misuse_raises(args, options, error):
    with pytest.raises(error):
        ag.check_gradients(*args, **options)


def test_a_tensor_without_a_graph_does_not_pass():
    with pytest.raises(ag.GradientError, match="no graph"):
        ag.check_gradients(ag.Tensor(1.0))


# -------------------------------------------------------------------------------------------------------- the reference


def test_a_complex_step_is_right_to_the_last_digits():
    found = complex_step(lambda t: np.exp(0.7 + t) * np.sin(0.7 + t))
    assert np.isclose(found.value, np.exp(0.7) * (np.sin(0.7) + np.cos(0.7)), rtol=4e-16, atol=0)


def real_only(t):
    return np.zeros(1) + np.arctan2(t, 2.0)


def drops_the_imaginary_part(t):
    out = np.zeros(1)
    out[0] = t
    return out[0]


@pytest.mark.parametrize("path", [real_only, drops_the_imaginary_part, lambda t: np.log(t - 1.0)])
def test_where_a_complex_step_does_not_work_there_is_none(path):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        assert complex_step(path) is None


def test_differences_are_extrapolated_to_ten_digits():
    found = differences(lambda t: np.exp(0.7 + t), 1.0, 0.02)
    assert abs(found.value - np.exp(0.7)) < 1e-11
    assert found.uncertainty < 1e-10


def test_near_the_border_of_a_domain_steps_are_shortened():
    assert np.isclose(slope(lambda t: np.log(1e-6 + t), 1.0, 0.02).value, 1e6, rtol=1e-7)


def test_kinks_are_told_from_jumps_and_from_smooth_points():
    assert kink(np.abs, 0.02) == pytest.approx((-1.0, 1.0))
    assert kink(np.floor, 0.02) is None
    assert kink(lambda t: t**2, 0.02) is None
    assert kink(np.exp, 0.02) is None


def test_an_analytic_function_is_checked_by_complex_steps():
    with corrupted(np.exp, 0, negated), pytest.raises(ag.GradientError, match=COMPLEX):
        ag.check_gradients(np.exp, b, order=1)


def test_another_function_is_checked_by_differences():
    with corrupted(np.arctan2, 0, negated), pytest.raises(ag.GradientError, match="differences"):
        ag.check_gradients(lambda a: np.arctan2(a, 2.0), b, order=1)
