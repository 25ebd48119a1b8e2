"""L1 and L2: the formulas of the book, and which parameters are weights."""

import numpy as np
import pytest
from learning import X, Y, agree, learn, network

import nn


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_l2_is_weight_decay_of_the_weights(compiled):
    net, other = network(), network()
    learn(net, nn.SGD(net.parameters(), 0.5), 4, compiled, nn.regularized(nn.quadratic_cost, net, n=20, l2=3.0))
    W1, b1, W2, b2 = other.parameters()
    groups = [{"params": [W1, W2], "weight_decay": 3.0 / 20}, {"params": [b1, b2]}]
    learn(other, nn.SGD(groups, 0.5), 4, compiled)
    agree(net, other, 1e-12)


def test_l1_and_l2_are_the_formulas_of_the_book():
    net = network()
    plain = nn.quadratic_cost(net(X), Y).item()
    W = np.concatenate([p.numpy().ravel() for p in net.parameters() if p.ndim == 2])
    both = nn.regularized(nn.quadratic_cost, net, n=20, l1=2.0, l2=3.0)(net(X), Y).item()
    assert both == pytest.approx(plain + 2 / 20 * np.abs(W).sum() + 3 / 40 * (W**2).sum(), rel=1e-14)


class Scaled(nn.Module):
    """A layer of one's own that says which of its parameters are weights: those in a list, and no matrix of shifts."""

    weight_names = ("parts",)

    def __init__(self):
        self.parts, self.shifts = (
            [nn.Parameter(np.ones((2, 2))), nn.Parameter(np.ones(2))],
            nn.Parameter(np.ones((2, 2))),
        )


class Nothing(nn.Module):
    weight_names = ()

    def __init__(self, shared):
        self.shared, self.inside = shared, nn.Linear(2, 2)


LINEAR = nn.Linear(2, 3)


@pytest.mark.parametrize(
    ("net", "paths"),
    [
        (nn.Sequential(nn.Linear(8, 8), nn.LayerNorm((2, 4)), nn.BatchNorm1d(2)), ["layers.0.W"]),
        (
            nn.Residual(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv1d(1, 1, 3)),
            ["inside.layers.0.W", "inside.layers.2.W"],
        ),
        (nn.Sequential(nn.Embedding(5, 4), nn.LSTM(4, 3)), ["layers.0.W", "layers.1.cell.W_x", "layers.1.cell.W_h"]),
        (nn.GRUCell(2, 3), ["W_x", "W_h"]),
        (nn.MultiHeadAttention(4, 2), ["query.W", "key.W", "value.W", "out.W"]),
        (Scaled(), ["parts.0", "parts.1"]),
        (nn.Sequential(Nothing(LINEAR.W), LINEAR), ["layers.0.shared", "layers.0.inside.W"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_weights_are_what_layers_call_weights(net, paths):
    by_path = dict(net.named_parameters())
    found = nn.regularized(nn.quadratic_cost, net, 1).weights
    assert [next(path for path, p in by_path.items() if p is w) for w in found] == paths


def test_every_layer_says_which_parameters_are_weights():
    layers = [v for v in vars(nn).values() if isinstance(v, type) and issubclass(v, nn.Module)]
    holding = {
        nn.Linear,
        nn.Conv1d,
        nn.Conv2d,
        nn.Embedding,
        nn.RNNCell,
        nn.GRUCell,
        nn.LSTMCell,
        nn.BatchNorm1d,
        nn.BatchNorm2d,
    }
    assert {v for v in layers if v.weight_names is not None} >= holding | {nn.LayerNorm}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (None, r"Silent at layers.0 holds the parameters W, b and does not say .* weight_names = \('W',\)"),
        (("V",), "weight_names of Silent has 'V'"),
    ],
)
def test_a_module_that_does_not_say_it_is_asked_to(names, message):
    class Silent(nn.Module):
        weight_names = names

        def __init__(self):
            self.W, self.b = nn.Parameter(np.ones((2, 2))), nn.Parameter(np.ones((2, 1)))

    with pytest.raises(ValueError, match=message):
        nn.regularized(nn.quadratic_cost, nn.Sequential(Silent()), 1, l2=1.0)


def test_l1_moves_every_weight_towards_0_by_the_same_amount():
    W = nn.Parameter([[2.0, -3.0, 0.0]])
    nn.regularized(lambda output, y: (W * 0.0).sum(), [W], n=10, l1=5.0)(None, None).backward()
    assert W.grad.tolist() == [[0.5, -0.5, 0.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0, "l2": 1}, "n is 0"),
        ({"n": np.nan}, "n is nan"),
        ({"n": 5, "l1": -1}, "l1 is -1"),
        ({"n": 5, "weights": []}, "no weights"),
    ],
    ids=str,
)
def test_bad_regularisation_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        nn.regularized(nn.quadratic_cost, **{"weights": network()} | arguments)


def test_without_lambda_the_cost_is_the_cost():
    net = network()
    assert nn.regularized(nn.quadratic_cost, net, 5)(net(X), Y).item() == nn.quadratic_cost(net(X), Y).item()


def test_weights_are_tensors_and_one_may_come_alone():
    W = nn.Parameter([[2.0, -3.0]])
    assert nn.regularized(nn.quadratic_cost, W, 1, l2=2.0).penalty().item() == 13.0
    with pytest.raises(TypeError, match=r"weights are Tensors, got array"):
        nn.regularized(nn.quadratic_cost, [np.ones(2)], 1, l2=1.0)
