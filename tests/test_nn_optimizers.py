"""SGD: its formulas, what it refuses, and the comparison with PyTorch."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

OPTIONS: list[dict[str, Any]] = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    {"weight_decay": 0.1},
]
EVERY_OPTION = pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "+".join(o) or "plain")


def updated(p, gradients, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """The formulas, for one number at a time."""
    v = None
    for g in gradients:
        g = g + weight_decay * p
        v = g if v is None else momentum * v + g
        p = p - lr * (g + momentum * v if nesterov else v if momentum else g)
    return p


@EVERY_OPTION
def test_sgd_follows_its_formulas(options):
    gradients = np.random.default_rng(0).normal(size=(4, 3))
    p = nn.Parameter([1.0, -2.0, 3.0])
    optimizer = nn.SGD([p], 0.1, **options)
    for g in gradients:
        p.grad = g
        optimizer.step()
    expected = [updated(x, g, 0.1, **options) for x, g in zip([1.0, -2.0, 3.0], gradients.T, strict=True)]
    np.testing.assert_allclose(p.numpy(), expected, rtol=1e-14)


@EVERY_OPTION
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("cost", ["quadratic", "cross_entropy"])
def test_a_network_takes_the_same_three_steps_as_in_pytorch(options, activation, cost):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    rng = np.random.default_rng(0)
    x, y = rng.random((6, 5)), rng.random((6, 3))
    net = nn.MLP([5, 4, 4, 3], activation=activation, seed=0)
    theirs = [torch.tensor(p.numpy(), requires_grad=True) for p in net.parameters()]
    ours, other = nn.SGD(net.parameters(), 0.5, **options), torch.optim.SGD(theirs, lr=0.5, **options)
    f, C = getattr(torch, activation), {"quadratic": nn.quadratic_cost, "cross_entropy": nn.cross_entropy_cost}[cost]
    for _ in range(3):
        ours.zero_grad()
        c = C(net(x), y)
        c.backward()
        ours.step()

        other.zero_grad()
        a = torch.tensor(x)
        for W, b in zip(theirs[::2], theirs[1::2], strict=True):
            a = (torch.sigmoid if W is theirs[-2] else f)(a @ W.T + b)
        target = torch.tensor(y)
        if cost == "quadratic":
            their_cost = ((a - target) ** 2).sum() / 2 / len(x)
        else:
            their_cost = torch.nn.functional.binary_cross_entropy(a, target, reduction="sum") / len(x)
        their_cost.backward()
        other.step()
        np.testing.assert_allclose(c.item(), their_cost.item(), rtol=1e-12)
    for p, q in zip(net.parameters(), theirs, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_a_step_leaves_arrays_held_from_before_as_they_were():
    p = nn.Parameter([1.0, 2.0])
    before = p.data
    p.grad = np.array([1.0, 1.0])
    nn.SGD([p], 0.5).step()
    assert before.tolist() == [1, 2] and p.tolist() == [0.5, 1.5]


def test_a_step_leaves_the_gradient_of_what_was_computed_before():
    p = nn.Parameter([1.0, 2.0])
    cost = (p * p).sum()
    p.grad = np.ones(2)
    nn.SGD([p], 0.5).step()
    p.zero_grad()
    cost.backward()
    assert p.grad.tolist() == [2.0, 4.0]


def test_a_parameter_without_a_gradient_is_left_alone():
    p, q = nn.Parameter([1.0]), nn.Parameter([1.0])
    p.grad = np.array([1.0])
    nn.SGD([p, q], 0.5, weight_decay=0.1).step()
    assert p.item() != 1 and q.item() == 1


def test_the_velocity_does_not_share_memory_with_the_gradient():
    p = nn.Parameter([1.0])
    optimizer = nn.SGD([p], 0.1, momentum=0.9)
    p.grad = np.array([1.0])
    optimizer.step()
    assert not np.shares_memory(optimizer.state[0], p.grad.data)


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1)])
def test_float32_parameters_stay_float32(lr):
    p = nn.Parameter([1.0], dtype=np.float32)
    optimizer = nn.SGD([p], lr, momentum=0.9)
    optimizer.lr = lr
    for _ in range(2):
        p.grad = np.ones(1, np.float32)
        optimizer.step()
    assert p.dtype == np.float32


@pytest.mark.parametrize("kind", [ag.Tensor, np.ma.asarray, np.asarray])
def test_a_value_is_an_array_whatever_update_makes_of_it(kind):
    class Own(nn.optimizers.Optimizer):
        def update(self, p, g, state):
            return kind(p - self.lr * g), None

    p = nn.Parameter([1.0, 2.0])
    p.grad = np.array([1.0, 1.0])
    Own([p], lr=0.5).step()
    assert type(p.data) is np.ndarray
    assert p.data.tolist() == [0.5, 1.5]


@pytest.mark.parametrize("value", [None, "2.5", 2.5, [0.5, 1.5]])
def test_a_value_that_is_no_array_is_refused(value):
    class Own(nn.optimizers.Optimizer):
        def update(self, p, g, state):
            return value, None

    for start in 1.0, [1.0, 2.0]:
        p = nn.Parameter(start, name="w")
        p.grad = np.ones(p.shape)
        with pytest.raises(TypeError, match=r"Own\.update gave .* for the new value of 'w'.*must be an array"):
            Own([p], lr=0.5).step()
        assert p.tolist() == start


def test_zero_grad_forgets_the_gradients():
    p = nn.Parameter([1.0])
    p.grad = np.array([1.0])
    nn.SGD([p], 0.1).zero_grad()
    assert p.grad is None


@EVERY_OPTION
def test_a_loaded_state_goes_on_as_if_there_had_been_no_break(options):
    gradients = np.random.default_rng(0).normal(size=(4, 3))
    whole, p = nn.Parameter(np.ones(3)), nn.Parameter(np.ones(3))
    one, first = nn.SGD([whole], 0.1, **options), nn.SGD([p], 0.1, **options)
    second = nn.SGD([p], 0.7)
    for i, g in enumerate(gradients):
        if i == 2:
            second.load_state_dict(first.state_dict())
        for parameter, optimizer in (whole, one), (p, first if i < 2 else second):
            parameter.grad = g
            optimizer.step()
    assert np.array_equal(whole.numpy(), p.numpy())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": []}, "0 parameters, this SGD has 1"),
        ({"state": [np.ones(3)]}, r"shape \(3,\), needs \(2,\)"),
        ({"beta": 1}, "entries.*beta"),
    ],
    ids=["number", "shape", "options"],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, message):
    optimizer = nn.SGD([nn.Parameter(np.ones(2))], 0.1)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(optimizer.state_dict() | {"lr": 5.0} | change)
    assert optimizer.lr == 0.1


P = nn.Parameter([1.0])


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        (([P], -0.1), {}, ValueError, "lr is -0.1"),
        (([P], float("nan")), {}, ValueError, "lr is nan"),
        (([P], float("inf")), {}, ValueError, "lr is inf"),
        (([P], 0.1), {"momentum": -1}, ValueError, "momentum is -1"),
        (([P], 0.1), {"weight_decay": -1}, ValueError, "weight_decay is -1"),
        (([P], 0.1), {"nesterov": True}, ValueError, "needs a momentum"),
        (([], 0.1), {}, ValueError, "no parameters"),
        (([P, P], 0.1), {}, ValueError, "twice"),
        (([ag.Tensor([1.0])], 0.1), {}, ValueError, "not a leaf that requires a gradient"),
        (([P * 2], 0.1), {}, ValueError, "not a leaf"),
        (([np.ones(2)], 0.1), {}, TypeError, "takes Tensors"),
        ((nn.Linear(2, 1), 0.1), {}, TypeError, r"net.parameters\(\)"),
    ],
)
def test_bad_arguments_are_named(arguments, keywords, error, message):
    with pytest.raises(error, match=message):
        nn.SGD(*arguments, **keywords)


def test_it_prints_its_options():
    assert repr(nn.SGD([P], 0.5, momentum=0.9)) == "SGD(lr=0.5, momentum=0.9, nesterov=False, weight_decay=0.0)"
