"""vjp, jvp, jacobian, hessian, hvp: against closed forms, complex steps and each other."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.mode import Tracer, tracing

rng = np.random.default_rng(0)
A = rng.normal(size=(3, 4))
S = rng.normal(size=(4, 4))
x = rng.normal(size=4)
v = rng.normal(size=4)
near = {"rtol": 1e-12, "atol": 1e-13}


def field(x):
    return np.tanh(A @ x)


def scalar(x):
    return np.sum(np.exp(np.sin(S @ x)) * x)


def complex_slope(f, x, v):
    return np.imag(f(x + 1e-30j * v)) / 1e-30


def complex_jacobian(f, x):
    return np.stack([complex_slope(f, x, unit) for unit in np.eye(x.size)], axis=-1)


# ------------------------------------------------------------------------------------------------------- vjp and jvp


def test_jvp_is_the_complex_step():
    value, tangent = ag.jvp(field, x, v)
    np.testing.assert_allclose(value, field(x), rtol=1e-15)
    np.testing.assert_allclose(tangent, complex_slope(field, x, v), **near)


def test_vjp_is_the_transposed_jacobian():
    g = rng.normal(size=3)
    value, pullback = ag.vjp(field, x)
    assert type(value) is np.ndarray
    (back,) = pullback(g)
    np.testing.assert_allclose(back, g @ complex_jacobian(field, x), **near)


def test_a_pullback_may_be_called_again():
    _, pullback = ag.vjp(field, x)
    first, second = pullback(np.ones(3))[0], pullback(2 * np.ones(3))[0]
    np.testing.assert_allclose(second, 2 * first, rtol=1e-15)


def test_vjp_and_jvp_are_adjoint():
    g = rng.normal(size=3)
    assert np.isclose(g @ ag.jvp(field, x, v)[1], ag.vjp(field, x)[1](g)[0] @ v, rtol=1e-13)


def test_a_cotangent_has_the_structure_of_the_value():
    def f(a, b):
        return {"product": a * b, "rest": [a, (np.sum(b),)]}

    value, pullback = ag.vjp(f, x, v)
    assert np.array_equal(value["rest"][1][0], np.sum(v))
    da, db = pullback({"rest": [np.ones(4), (3.0,)], "product": np.full(4, 2.0)})
    np.testing.assert_allclose(da, 2 * v + 1, rtol=1e-15)
    np.testing.assert_allclose(db, 2 * x + 3, rtol=1e-15)


def test_a_value_that_appears_twice_gets_both_cotangents():
    def f(x):
        y = 3.0 * x
        return y, y

    assert np.array_equal(ag.vjp(f, x)[1]((np.ones(4), np.ones(4)))[0], np.full(4, 6.0))


def test_a_value_that_is_the_primal_itself_gets_its_cotangent():
    assert np.array_equal(ag.vjp(lambda x: x, x)[1](v)[0], v)
    assert np.array_equal(ag.jvp(lambda x: x, x, v)[1], v)


def test_one_value_may_lead_to_another():
    def f(x):
        y = x * x
        return y, 2.0 * y

    np.testing.assert_allclose(ag.vjp(f, x)[1]((np.ones(4), np.ones(4)))[0], 6 * x, rtol=1e-15)


def test_tangents_of_several_primals_come_in_a_tuple():
    _, tangent = ag.jvp(lambda a, b: a + b * b, (x, v), (v, x))
    np.testing.assert_allclose(tangent, v + 2 * v * x, rtol=1e-14)


def test_the_tangent_has_the_structure_of_the_value():
    _, tangent = ag.jvp(lambda p: [p["a"] ** 2, {"s": np.sum(p["b"])}], {"a": 3.0, "b": x}, {"a": 2.0, "b": v})
    assert tangent[0] == 12.0
    assert np.isclose(tangent[1]["s"], np.sum(v))


def test_what_does_not_depend_on_a_primal_has_no_tangent_and_no_cotangent():
    assert np.array_equal(ag.jvp(lambda x: np.sign(x), x, v)[1], np.zeros(4))
    assert np.array_equal(ag.vjp(lambda a, b: b * 1.0, x, v)[1](v)[0], np.zeros(4))


@pytest.mark.parametrize("given", [x, ag.Tensor(x)], ids=["array", "Tensor"])
def test_arrays_give_arrays_and_tensors_give_tensors(given):
    kind = type(given)
    value, tangent = ag.jvp(field, given, v)
    pulled, pullback = ag.vjp(field, given)
    results = [value, tangent, pulled, pullback(np.ones(3))[0], ag.hvp(scalar, given, v), ag.jacobian(field)(given)]
    assert {type(r) for r in results} == {kind}


def test_float32_primals_give_float32():
    single, double = x.astype(np.float32), v
    f = lambda x: np.exp(x) * 2.0
    assert ag.jvp(f, single, double)[1].dtype == np.float32
    assert ag.vjp(f, single)[1](double)[0].dtype == np.float32
    assert ag.jacobian(f)(single).dtype == np.float32
    assert ag.hvp(lambda x: np.sum(f(x)), single, double).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.vjp(field, x)[1](np.ones(4)), r"cotangent has shape \(4,\).*needs shape \(3,\)"),
        (lambda: ag.vjp(lambda x: [x, x], x)[1]([x]), r"list of 2.*list of 1"),
        (lambda: ag.vjp(lambda x: {"a": x}, x)[1]({"b": x}), "'a'.*'b'"),
        (lambda: ag.vjp(lambda x: (x, x), x)[1](x), "no container but a ndarray"),
        (lambda: ag.jvp(field, x, v[:2]), r"tangents has shape \(2,\)"),
        (lambda: ag.jvp(field, (x,), v), "tuple of 1"),
        (lambda: ag.jvp(lambda p: p["a"], {"a": x}, {"a": v[:1]}), r"tangents\['a'\] has shape \(1,\)"),
        (lambda: ag.hvp(scalar, x, np.ones((4, 1))), r"vectors has shape \(4, 1\)"),
    ],
)
def test_vectors_of_another_structure_or_shape_raise(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("transform", [lambda f: ag.vjp(f, x), lambda f: ag.jvp(f, x, v), lambda f: ag.jacobian(f)(x)])
def test_a_function_that_returns_no_tensor_raises(transform):
    with pytest.raises(TypeError, match="float"):
        transform(lambda x: (x, 1.0))


# ------------------------------------------------------------------------------------------------ jacobian and hessian


SHAPES = [((), ()), ((), (3,)), ((2,), ()), ((2, 3), (4,)), ((4,), (2, 3)), ((0,), (3,)), ((3,), (0,))]


@pytest.mark.parametrize(("out", "into"), SHAPES)
def test_a_jacobian_has_output_shape_plus_input_shape(out, into):
    weights = rng.normal(size=(*out, *into))
    f = lambda x: np.reshape(np.reshape(weights, (-1, int(np.prod(into)))) @ np.reshape(x, -1), out)
    jacobian = ag.jacobian(f if weights.size else lambda x: np.zeros(out) * np.sum(x))(np.ones(into))
    assert jacobian.shape == (*out, *into)
    np.testing.assert_allclose(jacobian, weights, rtol=1e-14)


def test_a_jacobian_is_the_complex_step():
    np.testing.assert_allclose(ag.jacobian(field)(x), complex_jacobian(field, x), **near)


def test_jacobians_over_containers_nest_result_by_argument():
    def f(p, q):
        return {"a": p["w"] * q, "b": [np.sum(q)]}

    found = ag.jacobian(f, (0, 1))({"w": x}, v)
    np.testing.assert_allclose(found["a"][0]["w"], np.diag(v), rtol=1e-15)
    np.testing.assert_allclose(found["a"][1], np.diag(x), rtol=1e-15)
    assert np.array_equal(found["b"][0][0]["w"], np.zeros(4))
    assert np.array_equal(found["b"][0][1], np.ones(4))


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    np.testing.assert_allclose(ag.hessian(lambda x: x @ S @ x)(x), S + S.T, rtol=1e-14)


def test_the_hessian_of_log_sum_exp_is_its_closed_form():
    p = np.exp(x) / np.sum(np.exp(x))
    np.testing.assert_allclose(ag.hessian(lambda x: np.log(np.sum(np.exp(x))))(x), np.diag(p) - np.outer(p, p), **near)


def test_the_hessian_of_rosenbrock_is_its_closed_form():
    a, b = 0.3, -0.7
    f = lambda z: (1.0 - z[0]) ** 2 + 100.0 * (z[1] - z[0] ** 2) ** 2
    expected = [[2 - 400 * (b - 3 * a**2), -400 * a], [-400 * a, 200]]
    np.testing.assert_allclose(ag.hessian(f)(np.array([a, b])), expected, rtol=1e-13)


def test_a_hessian_of_matrices_has_their_shape_twice():
    X = rng.normal(size=(2, 3))
    found = ag.hessian(lambda X: np.sum(X**3))(X)
    expected = np.zeros((2, 3, 2, 3))
    for i, j in np.ndindex(2, 3):
        expected[i, j, i, j] = 6 * X[i, j]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_hessian_over_containers_has_a_block_for_each_pair():
    found = ag.hessian(lambda p: p["a"] * np.sum(p["b"] ** 2))({"a": 3.0, "b": x})
    assert found["a"]["a"] == 0.0
    np.testing.assert_allclose(found["a"]["b"], 2 * x, rtol=1e-15)
    np.testing.assert_allclose(found["b"]["a"], 2 * x, rtol=1e-15)
    np.testing.assert_allclose(found["b"]["b"], 6 * np.eye(4), rtol=1e-15)


def test_a_hessian_of_several_arguments_has_a_block_for_each_pair():
    found = ag.hessian(lambda a, b: np.sum(a * b * b), (0, 1))(x, v)
    np.testing.assert_allclose(found[0][1], np.diag(2 * v), rtol=1e-15)
    np.testing.assert_allclose(found[1][1], np.diag(2 * x), rtol=1e-15)
    assert np.array_equal(found[0][0], np.zeros((4, 4)))


def test_the_hessian_of_a_linear_function_is_zero():
    assert np.array_equal(ag.hessian(lambda x: np.sum(A @ x))(x), np.zeros((4, 4)))


# --------------------------------------------------------------------------------------------------------------- hvp


def test_hvp_is_the_hessian_times_the_vector():
    np.testing.assert_allclose(ag.hvp(scalar, x, v), ag.hessian(scalar)(x) @ v, **near)


def test_hvp_answers_in_a_tuple_if_primals_come_in_one():
    """d2/d(a, b) of sum((a + b)^2) is 2 everywhere. The gradients by a and by b are one and the same Tensor."""
    a, b = ag.hvp(lambda a, b: np.sum((a + b) ** 2), (x, v), (v, x))
    np.testing.assert_allclose(a, 2 * (x + v), rtol=1e-14)
    np.testing.assert_allclose(b, 2 * (x + v), rtol=1e-14)
    (alone,) = ag.hvp(scalar, (x,), (v,))
    np.testing.assert_allclose(alone, ag.hvp(scalar, x, v), rtol=1e-15)


def test_hvp_of_containers_has_their_structure():
    found = ag.hvp(lambda p: np.sum(p[0] * p[1] ** 2), [x, v], [v, x])
    assert type(found) is list
    np.testing.assert_allclose(found[0], 2 * v * x, rtol=1e-14)
    np.testing.assert_allclose(found[1], 2 * v * v + 2 * x * x, rtol=1e-14)


def test_hvp_of_a_linear_function_is_zero():
    assert np.array_equal(ag.hvp(lambda x: np.sum(x), x, v), np.zeros(4))


# ----------------------------------------------------------------------------------------------------------- nesting


H = ag.hessian(scalar)(x)
NESTED = {
    "jacobian of grad": (lambda: ag.jacobian(ag.grad(scalar))(x), H),
    "jvp of grad": (lambda: ag.jvp(ag.grad(scalar), x, v)[1], H @ v),
    "grad of jvp": (lambda: ag.grad(lambda x: ag.jvp(scalar, x, v)[1])(x), H @ v),
    "vjp of grad": (lambda: ag.vjp(ag.grad(scalar), x)[1](v)[0], H @ v),
    "jvp of jvp": (lambda: ag.jvp(lambda x: ag.jvp(scalar, x, v)[1], x, v)[1], v @ H @ v),
    "jacobian of jacobian": (lambda: ag.jacobian(ag.jacobian(scalar))(x), H),
    "grad through a pullback": (lambda: ag.grad(lambda x: ag.vjp(scalar, x)[1](1.0)[0] @ v)(x), H @ v),
    "jacobian of a pullback": (
        lambda: ag.jacobian(lambda g: ag.vjp(field, x)[1](g)[0])(np.ones(3)),
        complex_jacobian(field, x).T,
    ),
    "jacobian of tangents": (lambda: ag.jacobian(lambda t: ag.jvp(field, x, t)[1])(v), complex_jacobian(field, x)),
    "jacobian of hvp by the vector": (lambda: ag.jacobian(lambda t: ag.hvp(scalar, x, t))(v), H),
    "grad of hvp": (
        lambda: ag.grad(lambda x: ag.hvp(scalar, x, v) @ v)(x),
        np.einsum("ijk,j,k->i", ag.jacobian(ag.hessian(scalar))(x), v, v),
    ),
    "hessian inside grad": (
        lambda: ag.grad(lambda x: np.sum(ag.hessian(scalar)(x)))(x),
        np.sum(ag.jacobian(ag.hessian(scalar))(x), axis=(0, 1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
def test_transforms_nest(name):
    found, expected = NESTED[name]
    np.testing.assert_allclose(found(), expected, **near)


@pytest.mark.parametrize("name", NESTED)
def test_nested_transforms_of_arrays_give_arrays(name):
    assert isinstance(NESTED[name][0](), np.ndarray | np.floating)


def test_the_third_derivative_is_the_complex_step_of_the_hessian():
    """d/dx of x_i^3 y: closed form, through hessian inside jacobian."""
    found = ag.jacobian(ag.hessian(lambda x: np.sum(x**4)))(x)
    expected = np.zeros((4, 4, 4))
    for i in range(4):
        expected[i, i, i] = 24 * x[i]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("name", NESTED)
def test_transforms_nest_while_a_tracer_listens(name):
    found, expected = NESTED[name]
    with tracing(Tracer()):
        np.testing.assert_allclose(found(), expected, **near)


LISTENED = [
    ag.hessian(scalar),
    ag.jacobian(field),
    lambda x: ag.hvp(scalar, x, v),
    lambda x: ag.jvp(field, x, v)[1],
    ag.grad(ag.checkpoint(scalar)),
]


@pytest.mark.parametrize("f", LISTENED)
def test_tensors_that_need_no_gradient_are_differentiated_while_a_tracer_listens(f):
    with tracing(Tracer()):
        traced = f(ag.Tensor(x))
    assert isinstance(traced, ag.Tensor) and traced.op is not None
    np.testing.assert_allclose(traced.data, f(x), **near)


@ag.primitive
def cubed(x):
    return x**3


def test_a_rule_may_itself_use_a_transform():
    """x^6, through a rule for x^3 that takes a gradient."""
    ag.defvjp(cubed, lambda g, ans, x: g * ag.grad(lambda z: np.sum(z**3))(x))
    f = lambda x: np.sum(cubed(x) ** 2)
    np.testing.assert_allclose(ag.hvp(f, x, v), 30 * x**4 * v, **near)
    np.testing.assert_allclose(ag.jvp(ag.grad(f), x, v)[1], 30 * x**4 * v, **near)
    np.testing.assert_allclose(ag.hessian(f)(x), np.diag(30 * x**4), **near)


@pytest.mark.parametrize("wrap", [lambda f: f, ag.checkpoint], ids=["plain", "checkpoint"])
def test_the_function_may_itself_use_a_transform(wrap):
    """The sum of 3 x^3, as x times a gradient that is taken inside."""
    f = wrap(lambda x: np.sum(x * ag.grad(lambda z: np.sum(z**3))(x)))
    np.testing.assert_allclose(ag.hvp(f, x, v), 18 * x * v, **near)
    np.testing.assert_allclose(ag.jvp(f, x, v)[1], np.sum(9 * x**2 * v), **near)
    np.testing.assert_allclose(ag.hessian(f)(x), np.diag(18 * x), **near)
    np.testing.assert_allclose(ag.jvp(ag.grad(f), x, v)[1], 18 * x * v, **near)


def test_results_lead_on_to_a_closure_tensor():
    w = ag.Tensor(2.0, requires_grad=True)
    for result in (
        ag.jvp(lambda x: w * x**2, 3.0, 1.0)[1],
        ag.vjp(lambda x: w * x**2, 3.0)[1](1.0)[0],
        ag.hvp(lambda x: w * x**3, 1.0, 1.0),
        ag.jacobian(lambda x: w * x**2)(3.0),
        ag.hessian(lambda x: w * x**3)(1.0),
    ):
        w.zero_grad()
        result.backward()
        assert w.grad.item() == 6.0


def test_under_no_grad_results_lead_nowhere():
    w = ag.Tensor(2.0, requires_grad=True)
    with ag.no_grad():
        assert ag.jvp(lambda x: w * x**2, 3.0, 1.0)[1] == 12.0
        assert type(ag.jacobian(lambda x: w * x**2)(3.0)) is np.float64


# ------------------------------------------------------------------ inside a function that is compiled, at plain arrays

AT_ARRAYS = {
    "grad": lambda x: ag.grad(lambda u: np.sum(u * u * x))(np.ones(4)),
    "grad at a number": lambda x: ag.grad(lambda u: u**2 * np.sum(x))(3.0) * x,
    "value_and_grad": lambda x: np.multiply(*ag.value_and_grad(lambda u: np.sum(u * u * x))(np.ones(4))),
    "vjp": lambda x: ag.vjp(lambda u: np.sin(u) * x, np.ones(4))[1](np.ones(4))[0],
    "jvp": lambda x: ag.jvp(lambda u: u * u * x, np.ones(4), np.ones(4))[1],
    "jacobian": lambda x: ag.jacobian(lambda u: np.sin(u) * x)(np.ones(4)) @ x,
    "hessian": lambda x: ag.hessian(lambda u: np.sum(u**3 * x))(np.ones(4)) @ x,
    "hvp": lambda x: ag.hvp(lambda u: np.sum(u**3 * x), np.ones(4), np.ones(4)),
}


@pytest.mark.parametrize("name", AT_ARRAYS)
def test_a_slope_at_a_plain_array_follows_what_else_it_depends_on(name):
    """The slope is taken at an array, but of a function that has x in it: the program computes it of the x of each call."""
    f = AT_ARRAYS[name]
    program = ag.compile(f)
    for at in (x, v, x):
        np.testing.assert_allclose(program(at), np.asarray(f(at)), **near)


def test_data_assigned_from_a_tensor_are_not_frozen_into_a_program():
    def f(x):
        t = ag.Tensor(np.zeros(4))
        t.data = x * 2.0
        return t * 1.0

    with pytest.raises(RuntimeError, match="data = looks at the value"):
        ag.compile(f)(x)
    np.testing.assert_array_equal(f(ag.Tensor(x)).data, x * 2.0)
