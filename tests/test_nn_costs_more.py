"""Absolute, Huber, softmax cross-entropy and hinge costs: PyTorch's values and slopes, options, what they refuse."""

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
Z = rng.normal(size=(4, 3)) * 2
Y = rng.normal(size=(4, 3))
SIGNS = np.where(Y > 0, 1.0, -1.0)
NUMBERS = np.array([2, 0, 1, 1])
SHARES = np.abs(Y) / np.abs(Y).sum(axis=1, keepdims=True)


def theirs(options):
    """PyTorch's cross-entropy, which takes ignore_index for class numbers only."""

    def cost(F, z, y):
        given = {k: z.new_tensor(v) if k == "weight" else v for k, v in options.items()}
        if y.ndim > 1:
            del given["ignore_index"]
        return F.cross_entropy(z, y, **given)

    return cost


# cost, output's target, options, PyTorch's
CASES = {
    "quadratic": (nn.quadratic_cost, Y, {}, lambda F, z, y: F.mse_loss(z, y, reduction="sum") / 2 / 4),
    "squared error": (nn.squared_error, Y, {}, lambda F, z, y: F.mse_loss(z, y, reduction="sum") / 4),
    "absolute": (nn.absolute_cost, Y, {}, lambda F, z, y: F.l1_loss(z, y, reduction="sum") / 4),
    "huber": (nn.huber_cost, Y, {}, lambda F, z, y: F.huber_loss(z, y, reduction="sum") / 4),
    "huber 2": (nn.huber_cost, Y, {"delta": 2.0}, lambda F, z, y: F.huber_loss(z, y, reduction="sum", delta=2.0) / 4),
    "softmax": (nn.softmax_cross_entropy, NUMBERS, {}, lambda F, z, y: F.cross_entropy(z, y)),
    "softmax of shares": (nn.softmax_cross_entropy, SHARES, {}, lambda F, z, y: F.cross_entropy(z, y)),
    "softmax smoothed": (
        nn.softmax_cross_entropy,
        NUMBERS,
        {"label_smoothing": 0.1},
        lambda F, z, y: F.cross_entropy(z, y, label_smoothing=0.1),
    ),
    "softmax of shares smoothed": (
        nn.softmax_cross_entropy,
        SHARES,
        {"label_smoothing": 0.1},
        lambda F, z, y: F.cross_entropy(z, y, label_smoothing=0.1),
    ),
    **{
        f"softmax of {name} with {', '.join(options)}": (
            nn.softmax_cross_entropy,
            y,
            options,
            theirs(options),
        )
        for name, y in {
            "numbers": NUMBERS,
            "numbers, some left out": np.array([2, -100, 1, -100]),
            "shares": SHARES,
        }.items()
        for options in (
            {"weight": [1.0, 0.5, 4.0], "ignore_index": -100},
            {"ignore_index": -100},
            {"weight": [1.0, 0.0, 4.0], "label_smoothing": 0.2, "ignore_index": -100},
        )
    },
    "softmax with weights": (
        nn.softmax_cross_entropy,
        NUMBERS,
        {"weight": [1.0, 2.0, 3.0]},
        lambda F, z, y: F.cross_entropy(z, y, weight=z.new_tensor([1.0, 2.0, 3.0])),
    ),
    "hinge": (nn.hinge_cost, SIGNS, {}, lambda F, z, y: (1 - z * y).relu().sum() / 4),
    "hinge of classes": (nn.hinge_cost, NUMBERS, {}, lambda F, z, y: F.multi_margin_loss(z, y) * 3),
    "hinge of classes 2": (
        nn.hinge_cost,
        NUMBERS,
        {"margin": 2.0},
        lambda F, z, y: F.multi_margin_loss(z, y, margin=2.0) * 3,
    ),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES)


def test_every_cost_has_a_case():
    costs = {v for v in vars(nn).values() if isinstance(v, nn.Cost)}
    assert costs - {cost for cost, *_ in CASES.values()} == {nn.cross_entropy_cost}  # of sigmoid outputs: test_nn_costs


@EVERY_CASE
def test_cost_and_slope_are_those_of_pytorch(case):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    cost, y, options, theirs = CASES[case]
    z = ag.Tensor(Z, requires_grad=True)
    c = cost(z, y, **options)
    c.backward()
    t = torch.tensor(Z, requires_grad=True)
    expected = theirs(torch.nn.functional, t, torch.tensor(y))
    expected.backward()
    np.testing.assert_allclose(c.item(), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(z.grad.numpy(), t.grad.numpy(), rtol=1e-10, atol=1e-14)


@EVERY_CASE
def test_its_gradients_pass_the_check(case):
    cost, y, options, _ = CASES[case]
    ag.check_gradients(lambda z: cost(z, y, **options), Z)


@EVERY_CASE
def test_costs_of_single_examples_average_to_the_cost(case):
    cost, y, options, _ = CASES[case]
    each = cost.per_example(Z, y, **options).numpy()
    assert each.shape == (4,)
    chosen = cost.with_options(**options)
    np.testing.assert_allclose(each.sum() / chosen.weight(Z, y), cost(Z, y, **options).item(), rtol=1e-14)
    alone = [chosen.per_example(z, t).item() for z, t in zip(Z, y, strict=True)]
    np.testing.assert_allclose(each, alone, rtol=1e-14)


@EVERY_CASE
def test_terms_have_the_shape_of_the_output_and_add_up(case):
    cost, y, options, _ = CASES[case]
    terms = cost.terms(Z, y, **options)
    assert terms.shape == Z.shape
    weight = cost.with_options(**options).weight(Z, y)
    np.testing.assert_allclose(terms.numpy().sum() / weight, cost(Z, y, **options).item(), rtol=1e-14)


@EVERY_CASE
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_cost_has_the_dtype_of_the_outputs(case, dtype):
    cost, y, options, _ = CASES[case]
    z = ag.Tensor(Z.astype(dtype), requires_grad=True)
    c = cost(z, y.astype(dtype) if y.dtype.kind == "f" else y, **options)
    c.backward()
    assert c.dtype == z.grad.dtype == dtype


@EVERY_CASE
def test_a_compiled_step_with_it_is_the_eager_step(case):
    cost, y, options, _ = CASES[case]
    nets = [nn.MLP([3, 4, 3], output="identity", seed=0) for _ in range(2)]
    for net, compiled in zip(nets, (False, True), strict=True):
        chosen = cost.with_options(**options)
        step = nn.make_step(net, chosen, nn.SGD(net.parameters(), 0.1), compiled=compiled)
        for _ in range(3):
            step(Z, y)
    for p, q in zip(*(net.parameters() for net in nets), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-13, atol=1e-14)


@EVERY_CASE
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))], ids=["copy", "pickle"])
def test_a_copy_of_a_cost_is_the_cost_with_its_options(case, copied):
    cost, y, options, _ = CASES[case]
    again = copied(cost.with_options(**options)) if options else copied(cost)
    assert again(Z, y).item() == cost(Z, y, **options).item() and repr(again).startswith(f"nn.{cost.__name__}")


def test_a_cost_says_its_options():
    assert repr(nn.huber_cost.with_options(delta=2.0)) == "nn.huber_cost.with_options(delta=2.0)"


@pytest.mark.parametrize("cost", [nn.softmax_cross_entropy, nn.hinge_cost], ids=repr)
def test_every_position_of_a_sequence_is_an_example(cost):
    z, y = rng.normal(size=(2, 5, 3)), rng.integers(0, 3, (2, 5))
    assert cost.per_example(z, y).shape == (2, 5)
    np.testing.assert_allclose(cost(z, y).item(), cost(z.reshape(10, 3), y.reshape(10)).item(), rtol=1e-14)


def test_softmax_cross_entropy_is_exact_at_any_size():
    z = ag.Tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    c = nn.softmax_cross_entropy(z, [1])
    c.backward()
    assert c.item() == 1000.0 and z.grad.tolist() == [[1.0, -1.0, 0.0]]


@pytest.mark.parametrize(("difference", "slope"), [(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (5.0, 1.0), (0.5, 0.5)])
def test_the_slope_of_huber_at_its_edges(difference, slope):
    a = ag.Tensor([difference], requires_grad=True)
    nn.huber_cost(a, [0.0]).backward()
    assert a.grad.item() == slope


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS.astype(float)), ValueError, "float64.*must be class numbers"),
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS[:3]), ValueError, r"integers of shape \(4,\)"),
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS + 1), ValueError, "0 to 2"),
        (lambda: nn.softmax_cross_entropy(Z[:0], NUMBERS[:0]), ValueError, "not empty"),
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS, label_smoothing=1.0), ValueError, "label_smoothing is 1"),
        (
            lambda: nn.softmax_cross_entropy(Z, NUMBERS, weight=[1.0, 2.0]),
            ValueError,
            r"weight has shape \(2,\), needs \(3,\)",
        ),
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS, weight=[1.0, -2.0, 1.0]), ValueError, "weight is .*at least 0"),
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS, weight="balanced"), ValueError, "weight is 'balanced'"),
        (lambda: nn.softmax_cross_entropy(Z, NUMBERS, ignore_index=1.5), TypeError, "ignore_index is 1.5"),
        (lambda: nn.softmax_cross_entropy(Z[:, :1], NUMBERS * 0), ValueError, "one output, so one class.*sigmoid"),
        (lambda: nn.softmax_cross_entropy(Z[:, :1], Z[:, :1]), ValueError, "one output, so one class"),
        (lambda: nn.hinge_cost(Z[:, :1], NUMBERS * 0), ValueError, "one output, so one class"),
        (lambda: nn.huber_cost(Z, Y, delta=0), ValueError, "delta of huber_cost is 0"),
        (lambda: nn.hinge_cost(Z, np.zeros((4, 3))), ValueError, "target 0.0, needs −1 and 1"),
        (lambda: nn.absolute_cost(Z, Y[0]), ValueError, "must be the same"),
        (lambda: nn.quadratic_cost(Z, Y, delta=1), TypeError, "delta"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
