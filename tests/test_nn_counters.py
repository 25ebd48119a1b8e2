"""Steps that an optimiser counts for each parameter, and a compiled step for all at once."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.counters import share_counters

rng = np.random.default_rng(0)
X, Y = rng.random((6, 5)), rng.random((6, 3))
OPTIMIZERS = {"Adam": nn.Adam, "AdamW": nn.AdamW, "Adagrad": nn.Adagrad}


class Branching(nn.Module):
    """Uses its second layer only if it is told to."""

    def __init__(self, seed):
        self.first = nn.Linear(5, 3, seed=seed)
        self.second = nn.Linear(3, 3, seed=seed + 1)
        self.both = True

    def forward(self, x):
        a = ag.sigmoid(self.first(x))
        return ag.sigmoid(self.second(a)) if self.both else a


def pair(make_net, make_optimizer, **options):
    nets = [make_net() for _ in range(2)]
    optimizers = [make_optimizer(net.parameters(), 0.1, **options) for net in nets]
    steps = [
        nn.make_step(nets[0], nn.quadratic_cost, optimizers[0], compiled=False),
        nn.compile_step(nets[1], nn.quadratic_cost, optimizers[1]),
    ]
    return nets, optimizers, steps


def agree(nets, optimizers):
    for p, q in zip(*(net.parameters() for net in nets), strict=True):
        np.testing.assert_allclose(q.data, p.data, rtol=1e-12, atol=1e-13)
    for a, b in zip(*(o.state for o in optimizers), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a["t"] == b["t"]


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_all_parameters_are_updated_at_once(kind):
    nets, optimizers, steps = pair(lambda: nn.MLP([5, 4, 3], seed=1), kind)
    for _ in range(4):
        assert steps[1](X, Y) == pytest.approx(steps[0](X, Y), rel=1e-12)
    agree(nets, optimizers)
    counters = {id(state["t"]) for state in optimizers[1].state}
    assert len(counters) == 1
    text = steps[1]._last.runnable.text
    assert text.count("sqrt(") <= 3 and "t[...] = " in text


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_parameter_that_some_steps_leave_out_counts_its_own(kind):
    nets, optimizers, steps = pair(lambda: Branching(1), kind)
    for both in (True, True, False, False, True, True, False, True):
        for net, step in zip(nets, steps, strict=True):
            net.both = both
            step(X, Y)
        agree(nets, optimizers)
    assert [float(s["t"]) for s in optimizers[1].state] == [8, 8, 5, 5]


class Counted(nn.SGD):
    """Remembers the largest gradient of each parameter: single numbers that are equal at first only."""

    remembered = ("most",)

    def update(self, p, g, state):
        most = np.zeros_like(p, shape=()) if state is None else state["most"]
        most = np.maximum(most, np.max(np.absolute(g)) * 0.0 if state is None else np.max(np.absolute(g)))
        return p - g * self.lr, {"most": np.asarray(most) if isinstance(most, np.generic) else most}


def test_numbers_that_do_not_stay_equal_are_kept_apart():
    _, optimizers, steps = pair(lambda: nn.MLP([5, 4, 3], seed=1), Counted)
    for _ in range(5):
        steps[0](X, Y), steps[1](X, Y)
    for a, b in zip(optimizers[0].state, optimizers[1].state, strict=True):
        assert b["most"] == pytest.approx(a["most"], rel=1e-12)
    assert len({float(s["most"]) for s in optimizers[1].state}) == 4


def test_equal_numbers_become_one_array_and_others_do_not():
    net = nn.MLP([5, 4, 3], seed=1)
    optimizer = nn.Adam(net.parameters(), 0.1)
    optimizer.state = [{"t": np.array(t)} for t in (1.0, 2.0, 1.0, 2.0)]
    assert share_counters(optimizer, set()) == (0, 1, 0, 1)
    assert optimizer.state[0]["t"] is optimizer.state[2]["t"] is not optimizer.state[1]["t"]
    assert share_counters(optimizer, {2}) == (0, 1, 2, 1)
    assert optimizer.state[0]["t"] is not optimizer.state[2]["t"]


@pytest.mark.parametrize("frozen", range(4))
def test_a_parameter_that_is_frozen_after_some_steps_counts_its_own(frozen):
    nets, optimizers, steps = pair(lambda: nn.MLP([5, 4, 3], seed=1), nn.Adam)
    for needs in (True, True, False, False, True):
        for net, step in zip(nets, steps, strict=True):
            net.parameters()[frozen].requires_grad = needs
            net.zero_grad()
            step(X, Y)
        agree(nets, optimizers)
    assert [float(s["t"]) for s in optimizers[1].state] == [3 if i == frozen else 5 for i in range(4)]


def test_an_eager_step_after_compiled_ones_counts_on():
    nets, optimizers, steps = pair(lambda: nn.MLP([5, 4, 3], seed=1), nn.Adam)
    eager = nn.make_step(nets[1], nn.quadratic_cost, optimizers[1], compiled=False)
    for compiled in (True, True, False, True, False, True):
        steps[0](X, Y)
        (steps[1] if compiled else eager)(X, Y)
    agree(nets, optimizers)


def test_a_loaded_state_counts_on_from_there():
    nets, optimizers, steps = pair(lambda: nn.MLP([5, 4, 3], seed=1), nn.Adam)
    for step in steps:
        step(X, Y), step(X, Y)
    saved = optimizers[0].state_dict()
    for step in steps:
        step(X, Y)
    for optimizer in optimizers:
        optimizer.load_state_dict(saved)
    for step in steps:
        step(X, Y)
    agree(nets, optimizers)
