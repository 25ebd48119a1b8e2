"""Every public object that holds state can be pickled and copied, and the copy does the same."""

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
import nn

RNG = np.random.default_rng(0)
X, Y = RNG.random((6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, 0.5), "momentum": lambda p: nn.SGD(p, 0.5, momentum=0.9), "Adam": nn.Adam, "AdamW": nn.AdamW,
    "RMSprop": nn.RMSprop, "Adagrad": nn.Adagrad,
}  # fmt: skip
FACTORS = {
    "step_decay": nn.step_decay(2, 0.1), "exponential_decay": nn.exponential_decay(0.9), "cosine_decay": nn.cosine_decay(5, 0.1),
    "warm_up": nn.warm_up(2), "warm_up and then": nn.warm_up(2, nn.cosine_decay(3), start=0.1),
}  # fmt: skip
COPIES = {"pickle": lambda a: pickle.loads(pickle.dumps(a)), "deepcopy": copy.deepcopy, "copy": copy.copy}
APART = {name: COPIES[name] for name in ("pickle", "deepcopy")}
"""Those that share nothing with what they are made from."""


def network(optimizer="momentum"):
    net = nn.MLP([4, 5, 3], seed=0)
    return net, OPTIMIZERS[optimizer](net.parameters())


@pytest.mark.parametrize("how", APART)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_copy_of_a_compiled_step_goes_on_alike(name, how):
    net, optimizer = network(name)
    step = nn.compile_step(net, nn.cross_entropy_cost, optimizer)
    costs = [step(X, Y), step(X, Y)]
    other = APART[how](step)
    assert {*other.net.parameters()} == {*other.optimizer.params} != {*net.parameters()}
    for _ in range(3):
        costs.append(step(X, Y))
        assert other(X, Y) == costs[-1]
    assert len(set(costs)) == 5 and other.source == step.source


def test_a_shallow_copy_of_a_compiled_step_is_of_the_same_network():
    net, optimizer = network()
    step = nn.compile_step(net, nn.quadratic_cost, optimizer)
    again, (twin, twins) = copy.copy(step), network()
    reference = nn.compile_step(twin, nn.quadratic_cost, twins)
    assert [step(X, Y), again(X, Y), step(X, Y)] == [reference(X, Y) for _ in range(3)]


@pytest.mark.parametrize("how", APART)
@pytest.mark.parametrize("compiled", [True, False])
def test_a_copy_of_a_step_of_make_step_goes_on_alike(compiled, how):
    net, optimizer = network()
    step = nn.make_step(net, nn.quadratic_cost, optimizer, compiled=compiled)
    step(X, Y)
    other = APART[how](step)
    assert [step(X, Y), step(X, Y)] == [other(X, Y), other(X, Y)]


@pytest.mark.parametrize("how", APART)
@pytest.mark.parametrize("name", FACTORS)
def test_a_copy_of_a_schedule_goes_on_alike(name, how):
    schedule = nn.Schedule(network()[1], FACTORS[name])
    schedule.step()
    other = APART[how](schedule)
    for _ in range(6):
        schedule.step()
        other.step()
        assert other.optimizer.lr == schedule.optimizer.lr and other.optimizer is not schedule.optimizer


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", FACTORS)
def test_a_copy_of_a_formula_is_the_formula(name, how):
    other = COPIES[how](FACTORS[name])
    assert [other(k) for k in range(8)] == [FACTORS[name](k) for k in range(8)]


@pytest.mark.parametrize("how", APART)
def test_a_copy_of_a_network_with_its_optimizer_and_schedule_stays_together(how):
    net, optimizer = network()
    schedule, step = nn.Halving(optimizer, patience=1), nn.compile_step(net, nn.quadratic_cost, optimizer)
    both = [[net, optimizer, schedule, step], APART[how]([net, optimizer, schedule, step])]
    for own_net, own_optimizer, own_schedule, own_step in both:
        for _ in range(3):
            own_schedule.step(cost=1.0)
            own_step(X, Y)
        assert own_schedule.optimizer is own_optimizer is own_step.optimizer and own_step.net is own_net
    for p, q in zip(both[0][0].parameters(), both[1][0].parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def doubled(x):
    return np.sum(2.0 * x)


class Model:
    @ag.compile
    def doubled(self, x):
        return 2.0 * x


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_compiled_function_computes_the_same(how):
    c = ag.compile(doubled)
    assert COPIES[how](c)(X) == c(X) == COPIES[how](c)(X)
    np.testing.assert_array_equal(COPIES[how](Model()).doubled(X), 2.0 * X)


def test_a_compiled_function_within_another_says_what_pickle_says():
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"lambda|local"):
        pickle.dumps(ag.compile(lambda x: x))


def held():
    """Public objects that hold state, and what they do."""
    net, optimizer = network()
    history = nn.fit(
        net, (X, Y), cost=nn.quadratic_cost, optimizer=optimizer, epochs=2, batch_size=3, seed=0, progress=False
    )
    things = {name: getattr(nn, name) for name in nn.__all__} | {name: getattr(ag, name) for name in ag.__all__}
    del things["initializers"]  # a module
    return things | {
        "history": history,
        "certificate": nn.verify_backprop(net, X, Y),
        "nudges of a network": nn.nudges(net, X, Y),
        "speed": nn.learning_speed(net, X, Y),
        "standardizer": nn.standardize(X),
        "digits": nn.load_digits(),
        "drawing": nn.draw_network(net, X[0], Y[0]),
        "picture": ag.draw(np.sum(ag.Tensor(X) * 2.0)),
        "cost with options": nn.huber_cost.with_options(delta=2.0),
        "cost with weights": nn.regularized(nn.quadratic_cost, net, 6, l2=1.0),
        "optimizer": optimizer,
        "parameter": net.layers[0].W,
        "leaf": ag.Tensor([1.0], requires_grad=True, name="x"),
        "switch": ag.no_grad(),
        "named scope": ag.scope("here"),
        "training": nn.Training(net, optimizer, history),
        **{f"layer {name}": layer for name, layer in net.named_modules()},
    }


HELD = held()


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", HELD)
def test_it_is_copied_as_what_it_is(name, how):
    other = COPIES[how](HELD[name])
    assert type(other) is type(HELD[name])


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_switch_switches(how):
    with COPIES[how](ag.no_grad()):
        assert not ag.is_grad_enabled()
    with COPIES[how](ag.scope("here")):
        assert (ag.Tensor([1.0]) * 2.0).scope == ("here",)
