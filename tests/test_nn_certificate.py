"""The certificate of the four equations: that it holds, that it can fail, and that it points at the right equation."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import cotangents
from autograd_lite.rules import VJPS

COSTS = [nn.quadratic_cost, nn.squared_error, nn.cross_entropy_cost]
ACTIVATIONS = ["sigmoid", "tanh", "relu", "softplus", "identity"]
SIZES = {2: [4, 5, 3], 3: [4, 5, 6, 3], 4: [4, 5, 3, 5, 3], 5: [4, 3, 5, 6, 4, 3], 6: [4, 5, 6, 5, 4, 5, 3]}
ROWS = {"one example": 0, "batch of one": slice(0, 1), "batch": slice(None)}


def data(rows="batch"):
    rng = np.random.default_rng(0)
    return rng.random((7, 4))[ROWS[rows]], np.eye(3)[rng.integers(0, 3, 7)][ROWS[rows]]


def everything(report):
    return [value for residuals in report.residuals for name, value in residuals.items() if name != "layer"]


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("cost", COSTS, ids=repr)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", SIZES)
def test_the_equations_hold_at_every_depth_activation_and_cost(depth, activation, cost, rows):
    net = nn.MLP(SIZES[depth], activation=activation, seed=0)
    report = nn.verify_backprop(net, *data(rows), cost)
    assert report.ok
    assert max(everything(report)) <= 1e-12


@pytest.mark.parametrize("cost", COSTS[:2], ids=repr)
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_the_equations_hold_for_every_output_activation(output, cost):
    report = nn.verify_backprop(nn.MLP([4, 5, 3], output=output, seed=0), *data(), cost)
    assert report.ok


def test_the_equations_hold_for_cross_entropy_of_outputs_that_are_not_sigmoid():
    net = nn.Sequential(nn.Linear(4, 3, weights=nn.initializers.zeros, biases=lambda rng, shape: rng.random(shape)))
    assert nn.verify_backprop(net, *data(), nn.cross_entropy_cost).ok


@pytest.mark.parametrize("cost", COSTS, ids=repr)
@pytest.mark.parametrize("scale", [10.0, 100.0, 1000.0])
def test_the_equations_hold_for_saturated_neurons(cost, scale):
    net = nn.MLP([4, 5, 5, 3], seed=0)
    for p in net.parameters():
        p.data = p.numpy() * scale
    assert nn.verify_backprop(net, *data(), cost).ok


def test_the_equations_hold_where_the_cross_entropy_is_almost_zero():
    net = nn.MLP([4, 5, 3], seed=0)
    x, y = data("one example")
    z = net.outputs(x)[-2].numpy()
    net.parameters()[-1].data = net.parameters()[-1].numpy() - z + 25 * (2 * y - 1)
    assert nn.verify_backprop(net, x, y, nn.cross_entropy_cost).ok


def test_the_equations_hold_for_layers_without_an_activation_and_in_nested_sequentials():
    net = nn.Sequential(
        nn.Linear(4, 5, seed=0), nn.Sequential(nn.Linear(5, 5, seed=1), nn.Tanh()), nn.Linear(5, 3, seed=2)
    )
    report = nn.verify_backprop(net, *data())
    assert report.ok and len(report.residuals) == 3


def test_float32_is_held_to_its_own_tolerance():
    net = nn.MLP([4, 5, 5, 3], seed=0, dtype=np.float32)
    x, y = (array.astype(np.float32) for array in data())
    report = nn.verify_backprop(net, x, y)
    assert report.tolerance == 1e-5
    assert report.ok
    assert max(everything(report)) > 1e-12


def test_bp1_is_about_the_last_layer_and_bp2_about_the_others():
    report = nn.verify_backprop(nn.MLP(SIZES[3], seed=0), *data())
    assert [list(r) for r in report.residuals] == [["layer", "BP2", "BP3", "BP4"]] * 2 + [
        ["layer", "BP1", "BP3", "BP4"]
    ]
    assert [r["layer"] for r in report.residuals] == [1, 2, 3]


def test_no_gradient_of_the_network_is_touched_and_no_grad_does_not_matter():
    net = nn.MLP([4, 5, 3], seed=0)
    with ag.no_grad():
        assert nn.verify_backprop(net, *data()).ok
    assert all(p.grad is None for p in net.parameters())


# --- It can fail, and points at the right equation --------------------------------------------------------------------


def corrupt(monkeypatch, f, argument, wrong):
    """Let a rule of `f` return `wrong` of what is right."""
    right = VJPS[f][argument]
    monkeypatch.setitem(VJPS[f], argument, lambda *args, **keywords: wrong(right(*args, **keywords)))


FAULTS = {
    "off by 1e-10": lambda g: g * (1 + 1e-10),
    "sign": lambda g: -g,
    "zero": lambda g: g * 0.0,
    "NaN": lambda g: g * np.nan,
    "inf": lambda g: g + np.inf,
}
EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS)


@pytest.fixture(params=SIZES)
def net(request):
    return nn.MLP(SIZES[request.param], seed=0)


def failed_everywhere(report, names):
    """Do exactly these equations fail, and each in every layer it is about?"""
    return report.failed == names and all(
        (name in names) == (not value <= report.tolerance)
        for r in report.residuals
        for name, value in list(r.items())[1:]
    )


@pytest.mark.parametrize("fault", ["off by 1e-10", "sign"])
@pytest.mark.parametrize("rows", ROWS)
def test_a_corrupted_sigmoid_rule_flags_bp1_and_bp2_only(monkeypatch, net, fault, rows):
    corrupt(monkeypatch, ag.sigmoid, 0, FAULTS[fault])
    assert failed_everywhere(nn.verify_backprop(net, *data(rows)), ["BP1", "BP2"])


@pytest.mark.parametrize("fault", ["zero", "NaN", "inf"])
def test_a_sigmoid_rule_that_loses_its_number_flags_bp1_where_it_is_lost(monkeypatch, net, fault):
    corrupt(monkeypatch, ag.sigmoid, 0, FAULTS[fault])
    assert "BP1" in nn.verify_backprop(net, *data()).failed


@EVERY_FAULT
@pytest.mark.parametrize("rows", ["batch of one", "batch"])
@pytest.mark.parametrize("cost", COSTS, ids=repr)
def test_a_corrupted_weight_rule_of_matmul_flags_bp4_only(monkeypatch, net, fault, rows, cost):
    corrupt(monkeypatch, np.matmul, 1, FAULTS[fault])
    assert failed_everywhere(nn.verify_backprop(net, *data(rows), cost), ["BP4"])


@pytest.mark.parametrize("fault", ["off by 1e-10", "sign"])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("cost", COSTS, ids=repr)
def test_a_corrupted_input_rule_of_matmul_flags_bp2_only(monkeypatch, net, fault, rows, cost):
    corrupt(monkeypatch, np.matmul, 0, FAULTS[fault])
    assert failed_everywhere(nn.verify_backprop(net, *data(rows), cost), ["BP2"])


@EVERY_FAULT
@pytest.mark.parametrize("rows", ["batch of one", "batch"])
@pytest.mark.parametrize("cost", COSTS, ids=repr)
def test_a_corrupted_sum_over_the_batch_flags_bp3_only(monkeypatch, net, fault, rows, cost):
    right = cotangents.unbroadcast
    monkeypatch.setattr(cotangents, "unbroadcast", lambda c, shape: FAULTS[fault](right(c, shape)))
    assert failed_everywhere(nn.verify_backprop(net, *data(rows), cost), ["BP3"])


@pytest.mark.parametrize("cost", COSTS[:2], ids=repr)
def test_a_corrupted_slope_of_the_cost_flags_bp1_only(monkeypatch, net, cost):
    corrupt(monkeypatch, np.square, 0, FAULTS["off by 1e-10"])
    assert failed_everywhere(nn.verify_backprop(net, *data(), cost), ["BP1"])


def test_a_corrupted_slope_of_the_cross_entropy_flags_bp1_only(monkeypatch, net):
    corrupt(monkeypatch, ag.softplus, 0, FAULTS["off by 1e-10"])
    assert failed_everywhere(nn.verify_backprop(net, *data(), nn.cross_entropy_cost), ["BP1"])


@pytest.mark.parametrize("activation", [("tanh", np.tanh), ("relu", ag.relu)], ids=lambda a: a[0])
def test_a_corrupted_hidden_activation_flags_bp2_only(monkeypatch, activation):
    name, f = activation
    corrupt(monkeypatch, f, 0, FAULTS["off by 1e-10"])
    assert failed_everywhere(nn.verify_backprop(nn.MLP(SIZES[4], activation=name, seed=0), *data()), ["BP2"])


def test_a_fault_in_one_layer_shows_in_that_layer(net):
    good = nn.verify_backprop(net, *data())
    net.layers[0].W.register_hook(lambda g: g * 2)
    bad = nn.verify_backprop(net, *data())
    assert bad.failed == ["BP4"]
    assert bad.residuals[0]["BP4"] == pytest.approx(1)
    assert bad.residuals[1:] == good.residuals[1:]


# --- Text, and what it refuses ----------------------------------------------------------------------------------------


def test_it_prints_the_equations_as_a_table():
    lines = str(nn.verify_backprop(nn.MLP(SIZES[3], seed=0), *data())).splitlines()
    assert lines[0].split() == ["equation", "layer", "1", "layer", "2", "layer", "3"]
    assert [line[:3] for line in lines[2:6]] == ["BP1", "BP2", "BP3", "BP4"]
    assert lines[2].split()[-3:-1] == ["—", "—"] and lines[3].split()[-1] == "—"
    assert lines[-1].endswith("all four equations hold to 1e-12")


def test_a_failure_is_printed_as_one(monkeypatch, net):
    corrupt(monkeypatch, np.matmul, 1, FAULTS["NaN"])
    report = nn.verify_backprop(net, *data())
    assert not report.ok
    assert "BP4 DO NOT HOLD" in repr(report) and "nan" in repr(report)


tied = nn.Linear(4, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, y: nn.verify_backprop(nn.Linear(4, 3), x, y), TypeError, "not Linear"),
        (
            lambda x, y: nn.verify_backprop(nn.Sequential(nn.Tanh(), nn.Linear(4, 3)), x, y),
            TypeError,
            r"Tanh\(\) does not fit",
        ),
        (
            lambda x, y: nn.verify_backprop(nn.Sequential(tied, tied, nn.Linear(4, 3)), x, y),
            TypeError,
            r"Linear\(4, 4\) does",
        ),
        (
            lambda x, y: nn.verify_backprop(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Tanh()), x, y),
            TypeError,
            "at most one activation",
        ),
        (lambda x, y: nn.verify_backprop(nn.MLP([4, 3]), x, y, lambda a, y: a.sum()), TypeError, "knows the costs"),
        (lambda x, y: nn.verify_backprop(nn.MLP([4, 3], dtype=np.float16), x.astype("f2"), y), TypeError, "float64"),
        (lambda x, y: nn.verify_backprop(nn.MLP([4, 3]), x, y[:, :2]), ValueError, "must be the same"),
        (lambda x, y: nn.verify_backprop(nn.MLP([5, 3]), x, y), ValueError, "Linear 5 -> 3"),
    ],
    ids=["no network", "order", "shared", "two activations", "cost", "float16", "target", "features"],
)
def test_what_the_equations_are_not_about_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(*data())
