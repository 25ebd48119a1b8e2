"""Networks among what is compiled: what of them changes takes effect."""

from dataclasses import dataclass
from threading import Thread

import numpy as np
import pytest

import autograd_lite as ag
import nn

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), RNG.uniform(size=(6, 4))


def network():
    return nn.Sequential(nn.Linear(3, 4, seed=0), nn.Dropout(0.5, seed=1), nn.Sigmoid())


class Blocks(nn.Module):
    """A module whose parts are in a list and a dict."""

    def __init__(self):
        self.blocks = [nn.Linear(3, 4, seed=0), nn.Tanh()]
        self.scales = {"out": 2.0}

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x * self.scales["out"]


def layer_replaced(net):
    net.blocks[0] = nn.Linear(3, 4, seed=5)


def layer_added(net):
    net.blocks.append(nn.Sigmoid())


def number_in_a_dict(net):
    net.scales["out"] = 3.0


def parameter_replaced(net):
    net.blocks[0].W = nn.Parameter(np.ones((4, 3)), name="W")


def attribute_deleted(net):
    net.blocks[0].name = "other"
    del net.blocks[0].name


CHANGES = [layer_replaced, layer_added, number_in_a_dict, parameter_replaced, attribute_deleted]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_a_changed_network_is_recorded_anew(change):
    net = Blocks()
    compiled = ag.compile(lambda x: net(x))
    compiled(X)
    change(net)
    np.testing.assert_allclose(compiled(X).data, net(X).data, rtol=1e-13)


def test_an_unchanged_network_is_recorded_once():
    net = Blocks()
    compiled = ag.compile(net)
    for _ in range(4):
        compiled(X)
    nn.Linear(2, 2)  # another module
    compiled(X)
    assert sum(map(len, compiled._programs.values())) == 1


def test_training_and_evaluation_have_a_program_each():
    net = network()
    compiled = ag.compile(net)
    runs = []
    for training in (True, False, True, False):
        net.train(training)
        runs.append(compiled(X).numpy())
    net.eval()
    assert not np.array_equal(runs[0], runs[2])
    assert np.array_equal(runs[1], runs[3])
    np.testing.assert_allclose(runs[1], net(X).data, rtol=1e-13)
    assert len(next(iter(compiled._programs.values()))) == 2


def test_the_step_follows_the_network():
    net = network()
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.0))
    step(X, Y)
    for change in (lambda: net.eval(), lambda: net.train(), lambda: setattr(net.layers[1], "rate", 0.0)):
        change()
        if not net.training or net.layers[1].rate == 0:
            np.testing.assert_allclose(step(X, Y), nn.quadratic_cost(net(X), Y).item(), rtol=1e-13)
        else:
            assert step(X, Y) != step(X, Y)


@dataclass
class Options:
    scale: float = 1.0
    inside: object = None


class Plain:
    scale = 1.0


class Configured(nn.Module):
    """A network that depends on what its attributes hold."""

    def __init__(self):
        self.first = nn.Linear(3, 4, seed=0)
        self.options, self.plain, self.names, self.zero = Options(inside=Options()), Plain(), {"a"}, 0.0

    def forward(self, x):
        scale = self.options.scale * self.options.inside.scale * self.plain.scale * len(self.names)
        return self.first(x) * scale * np.copysign(1.0, self.zero)


CHANGES = {
    "a dataclass": lambda net: setattr(net.options, "scale", 2.0),
    "a dataclass in a dataclass": lambda net: setattr(net.options.inside, "scale", 2.0),
    "another object": lambda net: setattr(net.plain, "scale", 2.0),
    "a set": lambda net: net.names.add("b"),
    "the sign of zero": lambda net: setattr(net, "zero", -0.0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_step_follows_what_attributes_hold(change):
    net = Configured()
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.0))
    before = step(X, Y)
    change(net)
    np.testing.assert_allclose(step(X, Y), nn.quadratic_cost(net(X), Y).item(), rtol=1e-13)
    assert step(X, Y) != before
    assert sum(map(len, step._programs.values())) == 2


def test_the_step_comes_back_to_an_earlier_program():
    net = network()
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1))
    for _ in range(3):
        net.train()
        step(X, Y)
        net.eval()
        step(X, Y)
    assert [len(programs) for programs in step._programs.values()] == [2]


def test_the_penalty_of_a_cost_may_change():
    net = nn.MLP([3, 4], seed=0)
    cost = nn.regularized(nn.quadratic_cost, net, n=10)
    step = nn.compile_step(net, cost, nn.SGD(net.parameters(), 0.0))
    costs = []
    for l2 in (0.0, 1.0, 5.0):
        cost.l2 = l2
        costs.append(step(X, Y))
        np.testing.assert_allclose(costs[-1], cost(net(X), Y).item(), rtol=1e-13)
    assert len(set(costs)) == 3


def test_the_states_of_an_optimizer_have_their_names_in_print():
    net = nn.MLP([3, 4], seed=0)
    step = nn.compile_step(net, nn.quadratic_cost, nn.Adam(net.parameters(), 0.1))
    step(X, Y)
    step(X, Y)
    assert "v_W1[...] = 0.999 * v_W1 + " in step.source


def test_steps_of_several_threads_are_all_taken():
    net = nn.MLP([3, 4], seed=0)
    optimizer = nn.Adam(net.parameters(), 0.001)
    step = nn.compile_step(net, nn.quadratic_cost, optimizer)

    def take(n):
        for _ in range(50):
            step(X[:n], Y[:n])

    threads = [Thread(target=take, args=(n,)) for n in (1, 4, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [state["t"].item() for state in optimizer.state] == [150.0, 150.0]
