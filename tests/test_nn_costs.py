"""Costs: their values and slopes, also where sigmoid neurons are saturated, and what they refuse."""

import copy
import pickle

import mpmath
import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import backprop as room

COSTS = {
    "quadratic": nn.quadratic_cost,
    "squared_error": nn.squared_error,
    "cross_entropy": nn.cross_entropy_cost,
}
rng = np.random.default_rng(0)
A, Y = rng.uniform(0.1, 0.9, (4, 3)), rng.uniform(0, 1, (4, 3))
EVERY_COST = pytest.mark.parametrize("name", COSTS)


@EVERY_COST
@pytest.mark.parametrize("rows", [slice(None), 0, slice(0, 1)], ids=["batch", "one example", "batch of one"])
def test_cost_and_slope_are_those_of_the_room_of_the_equations(name, rows):
    a, y = ag.Tensor(A[rows], requires_grad=True), Y[rows]
    cost = COSTS[name](a, y)
    cost.backward()
    np.testing.assert_allclose(cost.item(), room.COSTS[name].value(A[rows], y), rtol=1e-14)
    np.testing.assert_allclose(a.grad.numpy(), room.COSTS[name].grad_a(A[rows], y), rtol=1e-13)


@EVERY_COST
def test_its_gradients_pass_the_check(name):
    ag.check_gradients(lambda a: COSTS[name](a, Y), A)


def test_cross_entropy_and_its_slope_are_those_of_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    a, theirs = ag.Tensor(A, requires_grad=True), torch.tensor(A, requires_grad=True)
    cost = nn.cross_entropy_cost(a, Y)
    cost.backward()
    expected = torch.nn.functional.binary_cross_entropy(theirs, torch.tensor(Y), reduction="sum") / len(A)
    expected.backward()
    np.testing.assert_allclose(cost.item(), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(a.grad.numpy(), theirs.grad.numpy(), rtol=1e-10)


@EVERY_COST
def test_costs_of_single_examples_average_to_the_cost(name):
    each = COSTS[name].per_example(A, Y)
    assert each.shape == (4,)
    np.testing.assert_allclose(each.numpy().mean(), COSTS[name](A, Y).item(), rtol=1e-14)
    np.testing.assert_allclose(each.numpy(), [COSTS[name](a, y).item() for a, y in zip(A, Y, strict=True)], rtol=1e-14)


@EVERY_COST
def test_terms_add_up_to_the_cost_of_the_example(name):
    terms = COSTS[name].terms(A, Y)
    assert terms.shape == A.shape
    np.testing.assert_allclose(terms.numpy().sum(axis=1), COSTS[name].per_example(A, Y).numpy(), rtol=1e-14)


@EVERY_COST
def test_the_cost_of_one_example_by_itself_is_a_single_number(name):
    assert COSTS[name].per_example(A[0], Y[0]).shape == ()


@EVERY_COST
def test_a_cost_names_its_nodes_and_its_scope(name):
    cost = COSTS[name](ag.Tensor(A, requires_grad=True), Y)
    assert cost.name == "C"
    assert cost.scope == (COSTS[name].__name__.replace("_", " "),)


@EVERY_COST
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda cost: pickle.loads(pickle.dumps(cost))], ids=["copy", "pickle"]
)
def test_a_copy_of_a_cost_is_the_cost(name, copied):
    assert copied(COSTS[name]) is COSTS[name]


@EVERY_COST
@pytest.mark.parametrize(("a", "y"), [((4, 3), (3,)), ((4, 3), (4, 1)), ((3,), (1, 3)), ((4, 3), (4,))])
@pytest.mark.parametrize("method", ["__call__", "per_example", "terms"])
def test_a_target_is_never_broadcast(name, a, y, method):
    with pytest.raises(ValueError, match=rf"output has shape \({a[0]}.*target y \({y[0]}"):
        getattr(COSTS[name], method)(np.full(a, 0.5), np.full(y, 0.5))


def test_class_numbers_for_targets_point_to_one_hot():
    with pytest.raises(ValueError, match=r"nn.one_hot\(y, 3\)"):
        nn.quadratic_cost(A, np.arange(4))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0,), (), (2, 2, 2)])
def test_a_cost_of_no_examples_or_too_many_axes_is_refused(shape):
    with pytest.raises(ValueError, match="not empty"):
        nn.quadratic_cost(np.full(shape, 0.5), np.full(shape, 0.5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@EVERY_COST
def test_a_cost_has_the_dtype_of_the_outputs(name, dtype):
    assert COSTS[name](A.astype(dtype), (Y > 0.5).astype(int).astype(dtype)).dtype == dtype


@EVERY_COST
def test_integer_and_boolean_targets_are_taken(name):
    y = Y > 0.5
    expected = COSTS[name](A, y.astype(float)).item()
    assert COSTS[name](A, y.astype(int)).item() == COSTS[name](A, y).item() == expected


# --- The cross-entropy ------------------------------------------------------------------------------------------------


def exact_cross_entropy(z, y):
    """Cost and its slope by z, for one output, with 500 digits."""
    with mpmath.workdps(500):
        a = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        cost = -(y * mpmath.log(a) + (1 - y) * mpmath.log(1 - a)) if 0 < y < 1 else -mpmath.log(a if y else 1 - a)
        return float(cost), float(a - y)


@pytest.mark.parametrize("z", [-1000.0, -700.0, -37.5, -20.0, -1.0, 0.0, 0.3, 20.0, 37.5, 700.0, 1000.0])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_cross_entropy_of_sigmoid_outputs_is_exact_at_any_saturation(z, y):
    t = ag.Tensor([z], requires_grad=True)
    cost = nn.cross_entropy_cost(ag.sigmoid(t), [y])
    cost.backward()
    expected, slope = exact_cross_entropy(z, y)
    np.testing.assert_allclose(cost.item(), expected, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(t.grad.item(), slope, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("z", [-200.0, 200.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_cross_entropy_of_saturated_float32_outputs_is_exact(z, y):
    t = ag.Tensor([z], dtype=np.float32, requires_grad=True)
    cost = nn.cross_entropy_cost(ag.sigmoid(t), np.array([y], np.float32))
    cost.backward()
    assert cost.item() == (200.0 if (z > 0) != (y == 1) else 0.0)
    assert t.grad.item() == float(z > 0) - y


@pytest.mark.parametrize("order", [1, 2, 3])
def test_cross_entropy_has_the_derivatives_of_a_function_of_z(order):
    def f(z):
        return nn.cross_entropy_cost(ag.sigmoid(z), [0.25, 1.0]).sum()

    def softplus(z):
        return (np.log(1 + np.exp(z)) - np.array([0.25, 1.0]) * z).sum()

    z = np.array([0.3, -1.2])
    one, other = f, softplus
    for _ in range(order):
        one, other = ag.grad(lambda z, g=one: g(z).sum()), ag.grad(lambda z, g=other: g(z).sum())
    np.testing.assert_allclose(one(z), other(z), rtol=1e-12)


@pytest.mark.parametrize(
    ("a", "y", "cost", "slope"),
    [(0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 0.0, -1.0), (0.0, 1.0, np.inf, -np.inf), (1.0, 0.0, np.inf, np.inf)],
)
def test_an_output_of_exactly_0_or_1_costs_nothing_if_right_and_inf_if_wrong(a, y, cost, slope):
    t = ag.Tensor([a], requires_grad=True)
    c = nn.cross_entropy_cost(t, [y])
    c.backward()
    assert c.item() == cost
    assert t.grad.item() == slope


def test_a_gradient_that_is_waited_for_reaches_the_output():
    z = ag.Tensor([0.3, -1.0], requires_grad=True)
    a = ag.sigmoid(z)
    a.retain_grad()
    nn.cross_entropy_cost(a, [0.0, 1.0]).backward()
    np.testing.assert_allclose(a.grad.numpy(), room.COSTS["cross_entropy"].grad_a(a.numpy(), [0.0, 1.0]), rtol=1e-14)
    np.testing.assert_allclose(z.grad.numpy(), a.numpy() - [0, 1], rtol=1e-14)


def test_a_weighted_input_written_since_is_not_looked_at():
    z = ag.Tensor([0.3], requires_grad=True)
    a = ag.sigmoid(z)
    z.data = np.array([5.0])
    assert nn.cross_entropy_cost(a, [1.0]).item() == pytest.approx(-np.log(a.item()), rel=1e-14)


@pytest.mark.parametrize(
    ("a", "y", "message"),
    [
        ([1.5], [1.0], "output 1.5.*use sigmoid outputs"),
        ([-0.5], [1.0], "output -0.5"),
        ([0.5], [2.0], "target 2.0.*scale the targets"),
        ([0.5], [-1], "target -1"),
    ],
)
def test_cross_entropy_takes_numbers_between_0_and_1(a, y, message):
    with pytest.raises(ValueError, match=message):
        nn.cross_entropy_cost(a, y)


@EVERY_COST
def test_a_nan_output_shows_in_the_cost(name):
    assert np.isnan(COSTS[name]([np.nan, 0.5], [0.0, 1.0]).item())
