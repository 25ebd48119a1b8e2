"""What is changed between two compiled steps takes effect as it does between two eager ones."""

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, Y = rng.random((6, 5)), rng.random((6, 3))


def agree(make_net, make_optimizer, change, make_cost=lambda: nn.quadratic_cost, steps=5):
    """Do eager and compiled steps come to the same? change : called with network, optimizer, cost and number before every step"""
    nets = [make_net() for _ in range(2)]
    optimizers, costs = [make_optimizer(net) for net in nets], [make_cost() for _ in nets]
    learn = [
        nn.make_step(nets[0], costs[0], optimizers[0], compiled=False),
        nn.compile_step(nets[1], costs[1], optimizers[1]),
    ]
    for k in range(steps):
        for net, optimizer, cost in zip(nets, optimizers, costs, strict=True):
            change(net, optimizer, cost, k)
        assert learn[1](X, Y) == pytest.approx(learn[0](X, Y), rel=1e-12)
        for a, b in zip(*(net.state_dict().values() for net in nets), strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-12)
        for a, b in zip(*(optimizer.state for optimizer in optimizers), strict=True):
            for name in a if isinstance(a, dict) else ():
                np.testing.assert_allclose(b[name], a[name], rtol=1e-12, atol=1e-12)
            if not isinstance(a, dict):
                np.testing.assert_equal(b is None, a is None)
                assert a is None or np.allclose(b, a, rtol=1e-12, atol=1e-12)


def mlp():
    return nn.MLP([5, 4, 3], seed=1)


def two_groups(net):
    params = net.parameters()
    return nn.SGD([{"params": params[:2], "lr": 0.5}, {"params": params[2:]}], 0.1)


class Scaled(nn.optimizers.Optimizer):
    """Has attributes that are no options."""

    def __init__(self, params, lr):
        super().__init__(params, lr=lr)
        self.scale, self.more = 2.0, {"scale": 1.0}

    def update(self, p, g, state):
        return p - g * (self.lr * self.scale * self.more["scale"]), state


def move_rate(o):
    o.groups[1]["lr"] = o.groups[0].pop("lr")


def one_array_for_both(o):
    for i, p in enumerate(o.params):
        z = np.zeros(p.shape)
        o.state[i] = {"m": z, "v": z, "t": np.array(0.0)}


OPTIMIZER_CHANGES = {
    "a first option of the only group": (lambda net: nn.SGD(net.parameters(), 0.1), lambda o: o.groups[0].update(lr=0.5)),
    "another kind of option of a group": (
        lambda net: nn.SGD(net.parameters(), 0.1), lambda o: o.groups[0].update(momentum=0.5)
    ),
    "the learning rate of another group": (two_groups, move_rate),
    "betas as a list": (lambda net: nn.Adam(net.parameters()), lambda o: setattr(o, "betas", [0.5, 0.9])),
    "an attribute": (lambda net: Scaled(net.parameters(), 0.1), lambda o: setattr(o, "scale", 0.5)),
    "in an attribute": (lambda net: Scaled(net.parameters(), 0.1), lambda o: o.more.update(scale=0.5)),
    "the update itself": (
        lambda net: Scaled(net.parameters(), 0.1), lambda o: setattr(o, "update", lambda p, g, s: (p - g, s))
    ),
    "one array for two means": (lambda net: nn.Adam(net.parameters()), one_array_for_both),
    "a state of another dtype": (
        lambda net: nn.Adam(net.parameters()), lambda o: o.state[0].update(m=np.full((4, 5), 1 / 3, np.float32))
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make_optimizer", "change"), OPTIMIZER_CHANGES.values(), ids=OPTIMIZER_CHANGES)
def test_what_is_changed_of_an_optimizer_takes_effect(make_optimizer, change):
    agree(mlp, make_optimizer, lambda net, o, cost, k: change(o) if k == 3 else None)


LEARNERS = {
    "plain": lambda net: nn.SGD(net.parameters(), 0.01),
    "momentum": lambda net: nn.SGD(net.parameters(), 0.01, momentum=0.9),
    "Adam": lambda net: nn.Adam(net.parameters(), 0.01),
}


def drop_the_last(o):
    del o.params[-1], o.state[-1]


def keep_the_first(o):
    o.params, o.state = o.params[:1], o.state[:1]


def turn_round(o):
    o.params[:], o.state[:] = o.params[::-1], o.state[::-1]


def put_another_there(o):
    o.params[1], o.state[1] = nn.Parameter(np.ones(3)), None


@pytest.mark.parametrize("change", [drop_the_last, keep_the_first, turn_round, put_another_there])
@pytest.mark.parametrize("make_optimizer", LEARNERS.values(), ids=LEARNERS)
def test_an_optimizer_may_be_given_other_parameters(make_optimizer, change):
    agree(mlp, make_optimizer, lambda net, o, cost, k: change(o) if k == 2 else None)


class Reading:
    """A cost with a penalty in which `read` finds something of an optimizer, which is set when there is one."""

    def __init__(self, read):
        self.read, self.optimizer, self.net = read, None, None

    def __call__(self, a, y):
        return nn.quadratic_cost(a, y) + self.read(self.optimizer) * np.sum(self.net.layers[0].W ** 2)


def first_of_state(o):
    state = o.state[0]
    return 0.1 if state is None else np.mean(state["m"] if isinstance(state, dict) else state)


READ = {
    "lr": lambda o: o.lr,
    "by name": lambda o: getattr(o, "l" + "r"),
    "rates": lambda o: o.rates[0],
    "parameters": lambda o: sum(np.sum(p**2) for p in o.params),
    "state": first_of_state,
}


@pytest.mark.parametrize("read", READ.values(), ids=READ)
@pytest.mark.parametrize("make_optimizer", LEARNERS.values(), ids=LEARNERS)
def test_a_cost_may_read_what_an_optimizer_has_now(make_optimizer, read):
    def change(net, o, cost, k):
        cost.optimizer, cost.net, o.lr = o, net, 0.01 * (k + 1)

    agree(mlp, make_optimizer, change, lambda: Reading(read))


def test_a_learning_rate_that_changes_at_every_step_needs_no_look_at_anything_else():
    net = mlp()
    optimizer = nn.SGD(net.parameters(), 0.1)
    step = nn.compile_step(net, nn.quadratic_cost, optimizer)
    step(X, Y)
    optimizer.lr = 0.2
    assert step._last.is_ready(X, Y)


def test_betas_changed_inside_of_a_list_take_effect():
    def change(net, o, cost, k):
        if k == 1:
            o.betas = [0.5, 0.9]
        if k == 3:
            o.betas[0] = 0.8

    agree(mlp, lambda net: nn.Adam(net.parameters()), change)


@pytest.mark.parametrize("value", [np.ones((200, 300)), np.broadcast_to(1.0, (200, 300))], ids=["own", "read-only"])
def test_an_array_given_as_state_is_not_written(value):
    net = nn.Sequential(nn.Linear(300, 200, seed=1))
    optimizer = nn.SGD(net.parameters(), 0.1, momentum=0.9)
    step = nn.compile_step(net, nn.quadratic_cost, optimizer)
    x, y = rng.random((2, 300)), rng.random((2, 200))
    step(x, y)
    optimizer.state[0] = value
    step(x, y), step(x, y)
    assert (value == 1).all()


def test_hooks_of_parameters_may_come_and_go():
    handles = {}

    def change(net, o, cost, k):
        if k == 1:
            handles[net] = net.parameters()[0].register_hook(lambda g: g * 0.5)
        if k == 3:
            handles[net].remove()

    agree(mlp, lambda net: nn.SGD(net.parameters(), 0.1), change)


class Weighted:
    """A cost with an attribute."""

    def __init__(self):
        self.weight = 1.0

    def __call__(self, output, y):
        return nn.quadratic_cost(output, y) * self.weight


@pytest.mark.parametrize("as_method", [False, True])
def test_an_attribute_of_a_cost_takes_effect(as_method):
    def change(net, o, cost, k):
        if k == 3:
            getattr(cost, "__self__", cost).weight = 0.5

    agree(
        mlp, lambda net: nn.SGD(net.parameters(), 0.1), change,
        (lambda: Weighted().__call__) if as_method else Weighted,
    )  # fmt: skip


class Outside(nn.Module):
    """Finds a Tensor that is not learned."""

    def __init__(self):
        self.inner, self.found = nn.Linear(5, 3, seed=1), ag.Tensor(np.ones((2, 3)))

    def forward(self, x):
        return ag.sigmoid(self.inner(x)) * np.reshape(self.found, (6, 1))


def test_a_view_of_an_array_that_lies_otherwise_is_made_at_every_step():
    def change(net, o, cost, k):
        if k == 1:
            net.found.data = np.asfortranarray(np.arange(6.0).reshape(2, 3))
        if k == 3:
            net.found.data[...] = 7

    agree(Outside, lambda net: nn.SGD(net.inner.parameters(), 0.1), change)


class Numbers(nn.Module):
    """Has a parameter that is one number, and one without elements."""

    def __init__(self):
        self.inner, self.scale, self.empty = nn.Linear(5, 3, seed=1), nn.Parameter(1.5), nn.Parameter(np.zeros((0, 3)))

    def forward(self, x):
        return ag.sigmoid(self.inner(x)) * self.scale + np.sum(self.empty)


NUMBER_OPTIMIZERS = {
    "SGD": lambda net: nn.SGD(net.parameters(), 0.1),
    "momentum": lambda net: nn.SGD(net.parameters(), 0.1, momentum=0.9),
    "Adam": lambda net: nn.Adam(net.parameters(), 0.1, clip_norm=0.1),
    "Adagrad": lambda net: nn.Adagrad(net.parameters(), 0.1),
    "RMSprop": lambda net: nn.RMSprop(net.parameters(), 0.1, momentum=0.9, centered=True),
}


@pytest.mark.parametrize("every", [2, 9])
@pytest.mark.parametrize("make_optimizer", NUMBER_OPTIMIZERS.values(), ids=NUMBER_OPTIMIZERS)
def test_a_parameter_may_be_one_number(make_optimizer, every):
    """every : how often an eager step comes in between"""

    def change(net, o, cost, k):
        if k % every == every - 1:
            nn.make_step(net, cost, o, compiled=False)(X, Y)

    agree(Numbers, make_optimizer, change)


def test_a_parameter_that_is_one_number_stays_an_array():
    p = nn.Parameter(1.5)
    optimizer = nn.SGD([p], 0.1)
    p.backward()
    optimizer.step()
    assert type(p.data) is np.ndarray


class Counting(nn.optimizers.Optimizer):
    """Begins with a number that nothing recorded goes into."""

    remembered = ("k",)

    def __init__(self, params, lr):
        super().__init__(params, lr=lr)

    def update(self, p, g, state):
        k = np.zeros(()) if state is None else state["k"]
        return p - g * self.lr / (1.0 + k), {"k": k + 1.0}


def test_what_an_optimizer_remembers_may_begin_as_a_constant():
    agree(mlp, lambda net: Counting(net.parameters(), 0.1), lambda *_: None)


class Twice(nn.Module):
    """Has a layer with running statistics that it uses two times."""

    def __init__(self):
        self.inner, self.norm = nn.Linear(5, 3, seed=1), nn.BatchNorm1d(3)

    def forward(self, x):
        return self.norm(ag.sigmoid(self.norm(self.inner(x))))


def test_running_statistics_follow_every_use_of_a_layer():
    agree(Twice, lambda net: nn.SGD([net.inner.W, *net.norm.parameters()], 0.1), lambda *_: None)


class Growing(nn.Module):
    """A chain of layers that may become longer."""

    def __init__(self):
        self.parts = [nn.Linear(5, 3, seed=1)]

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


def test_the_array_of_a_buffer_of_a_later_layer_is_not_written():
    net = Growing()
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1))
    step(X, Y)
    norm, mine = nn.BatchNorm1d(3), np.zeros(3)
    net.parts.append(norm)
    norm.mean.data = mine
    step(X, Y)
    assert (mine == 0).all() and (norm.mean.data != 0).all()
