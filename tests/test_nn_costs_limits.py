"""Costs where outputs are infinite or targets exactly 0 and 1: the limits, as PyTorch's are."""

import numpy as np
import pytest

import autograd_lite as ag
import nn

inf = np.inf
MASKED = np.array([[1.0, -inf, 2.0], [-inf, 0.5, -inf], [0.1, 0.2, 0.3]])
EAGER_AND_COMPILED = pytest.mark.parametrize("run", [lambda f: f, ag.compile], ids=["eager", "compiled"])


def cost_and_slope(cost, z, y):
    z = ag.Tensor(z, requires_grad=True)
    c = cost(z, y)
    return c, ag.gradients(c, [z])[0]


@EAGER_AND_COMPILED
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("labels", [[0, 1, 2], [2, 1, 0], [1, 1, 2], [0, 0, 0]], ids=str)
def test_softmax_cross_entropy_of_masked_classes_is_that_of_pytorch(labels, smoothing, run):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    cost = nn.softmax_cross_entropy.with_options(label_smoothing=smoothing)
    c, slope = run(lambda z: cost_and_slope(cost, z, labels))(MASKED)
    t = torch.tensor(MASKED, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(t, torch.tensor(labels), label_smoothing=smoothing)
    expected.backward()
    np.testing.assert_allclose(c.item(), expected.item(), rtol=1e-14)
    np.testing.assert_allclose(slope.numpy(), t.grad.numpy(), rtol=1e-13, atol=1e-16)


@EAGER_AND_COMPILED
def test_a_masked_class_whose_share_is_to_be_0_costs_nothing(run):
    shares = [[0.25, 0.0, 0.75], [0.0, 1.0, 0.0], [0.0, 0.5, 0.5]]
    c, slope = run(lambda z: cost_and_slope(nn.softmax_cross_entropy, z, shares))(MASKED)
    almost = np.where(np.isneginf(MASKED), -800.0, MASKED)
    near, near_slope = cost_and_slope(nn.softmax_cross_entropy, almost, shares)
    assert c.item() == near.item() and np.array_equal(slope.numpy(), near_slope.numpy())


def test_a_row_that_is_wholly_masked_has_no_shares_and_says_so():
    with np.errstate(invalid="ignore"):
        assert np.isnan(nn.softmax_cross_entropy(np.full((1, 3), -inf), [0]).item())


@EAGER_AND_COMPILED
def test_a_class_of_minus_infinity_never_comes_near_the_margin(run):
    c, slope = run(lambda z: cost_and_slope(nn.hinge_cost, z, [0, 1, 2]))(MASKED)
    near, near_slope = cost_and_slope(nn.hinge_cost, np.where(np.isneginf(MASKED), -1e6, MASKED), [0, 1, 2])
    assert c.item() == near.item() and np.array_equal(slope.numpy(), near_slope.numpy())


def test_a_right_class_of_minus_infinity_costs_inf():
    assert nn.hinge_cost(MASKED, [1, 1, 1]).item() == inf


@pytest.mark.parametrize(
    ("cost", "make"),
    [(nn.cross_entropy_cost, ag.sigmoid), (nn.cross_entropy_cost, None), (nn.softmax_cross_entropy, None)],
    ids=["sigmoid", "activations", "softmax"],
)
def test_targets_of_exactly_0_and_1_have_their_slope_too(cost, make):
    a = np.array([[0.2, 0.7, 0.5]])
    outputs = ag.Tensor(a) if make is None else make(ag.Tensor(a, requires_grad=True))
    y = ag.Tensor([[0.0, 1.0, 0.5]], requires_grad=True)
    cost(outputs, y).backward()
    slope = y.grad.numpy().copy()
    for i in range(3):  # the cost is linear in y
        inside = np.full((1, 3), 0.5)
        moved = inside.copy()
        moved[0, i] = 0.25
        difference = (cost(outputs, inside).item() - cost(outputs, moved).item()) / 0.25
        np.testing.assert_allclose(slope[0, i], difference, rtol=1e-12)


MASKED_ROWS = {
    # function, x, the value, the gradient of the sum with weights 1, 2, 3
    "softmax": (ag.softmax, [0.0, -inf, 0.0], [0.5, 0.0, 0.5], [-0.5, 0.0, 0.5]),
    "softmax of one": (ag.softmax, [-inf, 5.0, -inf], [0, 1, 0], [0, 0, 0]),
    "log_softmax": (ag.log_softmax, [0.0, -inf, 0.0], [-np.log(2), -inf, -np.log(2)], [-2, 2, 0]),
    "logsumexp": (ag.logsumexp, [0.0, -inf, 0.0], np.log(2), [0.5, 0, 0.5]),
    "logsumexp of nothing": (ag.logsumexp, [-inf, -inf, -inf], -inf, [0, 0, 0]),
}


@EAGER_AND_COMPILED
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("f", "x", "value", "slope"), MASKED_ROWS.values(), ids=MASKED_ROWS)
def test_masked_entries_have_no_share(f, x, value, slope, create_graph, run):
    def both(x):
        x = ag.Tensor(x, requires_grad=True)
        out = f(x)
        weights = ag.Tensor([1.0, 2.0, 3.0]) if out.ndim else None
        return out, ag.gradients(out, [x], weights, create_graph=create_graph)[0]

    with np.errstate(all="raise"):
        out, g = run(both)(np.array(x))
    np.testing.assert_allclose(out.numpy(), value, rtol=1e-15)
    np.testing.assert_allclose(g.numpy(), slope, rtol=1e-15, atol=1e-16)
