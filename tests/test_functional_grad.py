"""grad, value_and_grad and gradients as functions of functions: structure, kinds of results, nesting."""

import copy
import math
from collections import namedtuple

import numpy as np
import pytest

import autograd_lite as ag

Layer = namedtuple("Layer", "W b")
rng = np.random.default_rng(0)
A = rng.normal(size=(3, 4))
x = rng.normal(size=4)
y = rng.normal(size=3)


def layer_cost(layer, x):
    return np.sum((layer.W @ x + layer.b) ** 2)


def dict_cost(params, x):
    return np.sum((params["layers"][0] @ x) ** 2) + params["scale"] ** 3


# ---------------------------------------------------------------------------------------------------- kinds of results


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        (2.0, np.float64),
        (2, np.float64),
        (np.float64(2), np.float64),
        (np.float32(2), np.float32),
        (np.array(2.0), np.ndarray),
        (np.array([2.0]), np.ndarray),
        (ag.Tensor(2.0), ag.Tensor),
    ],
    ids=["float", "int", "float64", "float32", "0-d", "array", "Tensor"],
)
def test_a_gradient_is_of_the_kind_of_its_argument(argument, kind):
    gradient = ag.grad(lambda x: np.sum(x**3))(argument)
    assert type(gradient) is kind
    assert np.all(np.asarray(gradient) == 12.0)
    assert np.shape(gradient) == np.shape(argument)


def test_float32_stays_float32():
    value, gradient = ag.value_and_grad(lambda x: np.sum(x * 3.0))(np.ones(2, np.float32))
    assert (value.dtype, gradient.dtype) == (np.float32, np.float32)


def test_the_gradient_of_containers_has_their_structure():
    params = {"layers": [A, np.ones(2)], "scale": 2.0}
    gradient = ag.grad(dict_cost)(params, x)
    assert gradient.keys() == params.keys()
    np.testing.assert_allclose(gradient["layers"][0], 2 * np.outer(A @ x, x), rtol=1e-14)
    assert np.array_equal(gradient["layers"][1], np.zeros(2))
    assert gradient["scale"] == 12.0


def test_named_tuples_stay_named_tuples():
    gradient = ag.grad(layer_cost)(Layer(A, y), x)
    assert type(gradient) is Layer
    np.testing.assert_allclose(gradient.b, 2 * (A @ x + y), rtol=1e-14)


@pytest.mark.parametrize("argnums", [(0, 2), (0, -1), (-3, 2), range(0, 3, 2)])
def test_several_argnums_give_a_tuple_in_their_order(argnums):
    assert ag.grad(lambda a, b, c: a * b + a * c**2, argnums)(2.0, 3.0, 5.0) == (28.0, 20.0)


def test_a_sequence_of_one_argnum_gives_a_tuple_of_one():
    assert ag.grad(lambda a, b: a * b, (1,))(2.0, 3.0) == (2.0,)


def test_argnums_may_be_a_numpy_integer():
    assert ag.grad(lambda a, b: a * b, np.int64(1))(2.0, 3.0) == 2.0


def test_other_arguments_pass_as_they_are():
    def f(x, kind, *, power):
        assert (kind, power) == ("sum", 3)
        return getattr(np, kind)(x**power)

    assert ag.grad(f)(2.0, "sum", power=3) == 12.0


def test_an_argument_that_is_not_used_gets_zeros():
    a, b = ag.grad(lambda a, b: a * 2.0, (0, 1))(1.0, np.ones((2, 3)))
    assert a == 2.0
    assert np.array_equal(b, np.zeros((2, 3)))


def test_the_gradient_of_what_does_not_depend_on_any_argument_is_zero():
    assert ag.grad(lambda x: np.sum(x > 0) * 1.0)(3.0) == 0.0


def test_the_value_comes_with_the_gradient():
    assert ag.value_and_grad(lambda x: x**2)(3.0) == (9.0, 6.0)


@pytest.mark.parametrize("tensor", [False, True])
def test_has_aux_passes_anything_on(tensor):
    def f(x):
        return np.sum(x**2), {"twice": [2.0 * x], "label": "a"}

    given = ag.Tensor(x) if tensor else x
    (value, aux), gradient = ag.value_and_grad(f, has_aux=True)(given)
    kind = ag.Tensor if tensor else np.ndarray
    assert isinstance(aux["twice"][0], kind) and isinstance(gradient, kind)
    assert np.array_equal(np.asarray(aux["twice"][0]), 2 * x)
    assert (aux["label"], float(value)) == ("a", np.sum(x**2))
    alone, again = ag.grad(f, has_aux=True)(x)
    assert np.array_equal(alone, 2 * x)
    assert np.array_equal(again["twice"][0], 2 * x)


def test_aux_that_belongs_to_an_outer_level_can_be_differentiated_there():
    def outer(c):
        _, aux = ag.grad(lambda x: (x**2, c * x), has_aux=True)(5.0)
        return aux**2

    assert ag.grad(outer)(3.0) == 2 * 3.0 * 25


# -------------------------------------------------------------------------------------------------- closures, nesting


def test_a_result_that_depends_on_a_closure_tensor_can_be_differentiated_by_it():
    w = ag.Tensor(3.0, requires_grad=True)
    value, gradient = ag.value_and_grad(lambda x: w * x**2)(2.0)
    assert isinstance(gradient, ag.Tensor) and isinstance(value, ag.Tensor)
    (gradient + value).backward()
    assert w.grad.item() == 2 * 2.0 + 2.0**2


def test_under_no_grad_a_closure_tensor_counts_as_constant():
    w = ag.Tensor(3.0, requires_grad=True)
    with ag.no_grad():
        gradient = ag.grad(lambda x: w * x**2)(2.0)
    assert type(gradient) is np.float64 and gradient == 12.0


def test_a_tensor_that_requires_a_gradient_leads_on():
    t = ag.Tensor(2.0, requires_grad=True)
    ag.grad(lambda x: x**3)(t).backward()
    assert t.grad.item() == 12.0


def test_an_inner_transform_leaves_no_trace_in_the_outer_one():
    nested = ag.grad(lambda y: ag.grad(lambda x: x * x * y)(3.0))(2.0)
    assert type(nested) is np.float64 and nested == 6.0


def test_levels_are_not_confused():
    """d/dx x d/dy (x + y) = 1; an engine that confuses perturbations says 2."""
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_levels_are_not_confused_when_the_same_function_nests():
    def power(n):
        return lambda x: x * 1.0 if n == 0 else x * ag.grad(power(n - 1))(x)

    assert ag.grad(power(3))(2.0) == 1.0


def test_the_argument_and_a_closure_may_be_the_same_tensor():
    t = ag.Tensor(3.0, requires_grad=True)
    gradient = ag.grad(lambda x: x * x * t)(t)
    assert gradient.item() == 2 * 3.0 * 3.0
    gradient.backward()
    assert t.grad.item() == 4 * 3.0


FIFTH = {
    "sin": (np.sin, 0.7, math.cos(0.7)),
    "exp(2x)": (lambda x: np.exp(2.0 * x), 0.3, 32 * math.exp(0.6)),
    "1/x": (lambda x: 1.0 / x, 1.5, -120 / 1.5**6),
    "x**7": (lambda x: x**7, 1.1, 2520 * 1.1**2),
    "log": (np.log, 2.0, 24 / 2.0**5),
    "sigmoid": (
        ag.sigmoid,
        0.0,
        # sigmoid(x) = (1 + tanh(x / 2)) / 2, and tanh(y) = y - y^3 / 3 + 2 y^5 / 15 - ...
        0.25,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIFTH)
def test_five_nested_derivatives_agree_with_the_closed_form(name):
    f, at, expected = FIFTH[name]
    for _ in range(5):
        f = ag.grad(f)
    assert math.isclose(f(at), expected, rel_tol=1e-12)


# --------------------------------------------------------------------------------------- backward passes inside of f


def with_backward(x, **options):
    y = np.sum(x**3)
    y.backward(**options)
    return np.sum(x.grad)


def test_a_recorded_backward_inside_can_be_differentiated():
    assert np.array_equal(ag.grad(lambda x: with_backward(x, create_graph=True))(np.ones(2)), [6.0, 6.0])


@pytest.mark.parametrize("options", [{}, {"retain_graph": True}], ids=["plain", "retained"])
def test_an_unrecorded_backward_inside_raises(options):
    with pytest.raises(RuntimeError, match="create_graph=True"):
        ag.grad(lambda x: with_backward(x, **options))(np.ones(2))


def test_gradients_inside_are_recorded_by_themselves():
    def f(x):
        (g,) = ag.gradients(np.sum(x**3), [x])
        return np.sum(g)

    assert np.array_equal(ag.grad(f)(np.ones(2)), [6.0, 6.0])


def test_gradients_by_something_else_inside_are_recorded_too():
    def f(x):
        w = ag.Tensor(2.0, requires_grad=True)
        (g,) = ag.gradients(w**2 * x, [w])
        return g * 1.0

    assert ag.grad(f)(3.0) == 4.0


# ------------------------------------------------------------------------------------------------------------ misuse


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (np.arange(3), "int64"),
        (ag.Tensor([1, 2]), "int64"),
        (True, "bool"),
        ("a", "numbers"),
        (None, "numbers"),
        (1j, "real"),
        ({"W": np.ones(2), "kind": "tanh"}, "numbers"),
    ],
    ids=["ints", "int Tensor", "bool", "str", "None", "complex", "dict with str"],
)
def test_an_argument_that_is_not_floating_raises(argument, words):
    with pytest.raises(TypeError, match=words) as error:
        ag.grad(lambda a, x: 1.0)(argument, 1.0)
    assert any("argument 0" in note for note in error.value.__notes__)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x, r"shape \(2,\).*jacobian"),
        (lambda x: 3.0, "float"),
        (lambda x: None, "NoneType"),
        (lambda x: (np.sum(x), x), "has_aux"),
    ],
    ids=["array", "number", "None", "tuple"],
)
def test_a_result_that_is_not_one_number_raises(f, words):
    with pytest.raises(TypeError, match=words):
        ag.grad(f)(np.ones(2))


@pytest.mark.parametrize("f", [lambda x: x, lambda x: (x, x, x)])
def test_has_aux_needs_a_pair(f):
    with pytest.raises(TypeError, match="has_aux"):
        ag.value_and_grad(f, has_aux=True)(1.0)


@pytest.mark.parametrize("argnums", [2, -3, (0, 5)])
def test_argnums_beyond_the_arguments_raise(argnums):
    with pytest.raises(TypeError, match="2 arguments by position"):
        ag.grad(lambda a, b: a, argnums)(1.0, 2.0)


def test_an_argument_named_twice_raises():
    with pytest.raises(ValueError, match="twice"):
        ag.grad(lambda a, b: a * b, (1, -1))(1.0, 2.0)


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("recording", [False, True])
def test_writing_into_an_argument_raises(requires_grad, recording):
    def f(x):
        with ag.enable_grad() if recording else ag.no_grad():
            x[0] = 5.0
        return np.sum(x * x)

    with pytest.raises(RuntimeError, match=r"copy\(\)"):
        ag.grad(f)(ag.Tensor(np.ones(2), requires_grad=requires_grad))


def test_writing_into_a_copy_of_an_argument_is_differentiated():
    def f(x):
        y = x.copy()
        y[0] = x[1] * 5.0
        return np.sum(y * y)

    assert np.array_equal(ag.grad(f)(np.array([7.0, 2.0])), [0.0, 2 * 25 * 2.0 + 2 * 2.0])


def test_a_deep_copy_of_an_argument_raises():
    with pytest.raises(TypeError, match=r"copy\(\)"):
        ag.grad(lambda x: np.sum(copy.deepcopy(x) ** 2))(x)


def test_a_copy_of_an_argument_keeps_its_gradient():
    assert np.array_equal(ag.grad(lambda x: np.sum(copy.copy(x) ** 2))(x), 2 * x)


def test_an_exception_inside_leaves_the_engine_as_it_was():
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ag.grad(f)(1.0)
    assert ag.grad(lambda x: x * x)(3.0) == 6.0


def test_the_callers_arrays_are_neither_changed_nor_shared():
    given = np.ones(3)
    gradient = ag.grad(lambda x: np.sum(x) * 1.0)(given)
    gradient += 1
    assert np.array_equal(given, np.ones(3))
    assert np.array_equal(gradient, 2 * np.ones(3))
