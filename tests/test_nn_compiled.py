"""The training step as one program."""

import copy
import pickle
import re
import threading

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.compiler import CompileError

rng = np.random.default_rng(0)
X = rng.random((6, 5))
Y = rng.random((6, 3))
COSTS = [nn.quadratic_cost, nn.squared_error, nn.cross_entropy_cost]
OPTIONS = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "decay": {"weight_decay": 0.1},
}


def pair(sizes=(5, 4, 3), cost=nn.quadratic_cost, dtype=np.float64, activation="sigmoid", lr=0.5, **options):
    """Two equal networks, one with an eager step and one with a compiled one."""
    nets = [nn.MLP(list(sizes), seed=1, dtype=dtype, activation=activation) for _ in range(2)]
    optimizers = [nn.SGD(net.parameters(), lr, **options) for net in nets]
    return (
        nets,
        optimizers,
        nn.make_step(nets[0], cost, optimizers[0], compiled=False),
        nn.compile_step(nets[1], cost, optimizers[1]),
    )


def agree(nets, tolerance):
    for p, q in zip(*(net.parameters() for net in nets), strict=True):
        np.testing.assert_allclose(q.data, p.data, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("cost", COSTS, ids=repr)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus"])
def test_the_compiled_step_is_the_eager_step(cost, options, activation):
    nets, _, eager, compiled = pair(cost=cost, activation=activation, **options)
    for _ in range(4):
        assert compiled(X, Y) == pytest.approx(eager(X, Y), rel=1e-13)
    agree(nets, 1e-13)


def test_float32_stays_float32():
    nets, _, eager, compiled = pair(dtype=np.float32, momentum=0.5)
    x, y = X.astype(np.float32), Y.astype(np.float32)
    for _ in range(3):
        eager(x, y), compiled(x, y)
    assert all(p.dtype == np.float32 for p in nets[1].parameters())
    agree(nets, 1e-6)


def test_a_last_mini_batch_of_another_size_is_another_program():
    nets, _, eager, compiled = pair()
    for x, y in [(X, Y), (X[:2], Y[:2]), (X, Y), (X[0], Y[0])]:
        assert compiled(x, y) == pytest.approx(eager(x, y), rel=1e-13)
    agree(nets, 1e-13)


def test_the_learning_rate_is_read_at_every_step():
    nets, optimizers, eager, compiled = pair()
    for lr in (0.5, 0.25, 0.1):
        for optimizer in optimizers:
            optimizer.lr = lr
        eager(X, Y), compiled(X, Y)
    agree(nets, 1e-13)
    assert len(compiled._programs) == 1


def test_other_options_of_the_optimizer_take_effect_when_changed():
    nets, optimizers, eager, compiled = pair(momentum=0.9)
    for momentum in (0.9, 0.5):
        for optimizer in optimizers:
            optimizer.momentum = momentum
        eager(X, Y), compiled(X, Y)
    agree(nets, 1e-13)


def test_a_loaded_state_and_a_replaced_array_take_effect():
    nets, _, eager, compiled = pair()
    eager(X, Y), compiled(X, Y)
    state = {name: value + 0.25 for name, value in nets[0].state_dict().items()}
    for net in nets:
        net.load_state_dict(state)
        net.layers[0].W.data = net.layers[0].W.numpy() * 2
    eager(X, Y), compiled(X, Y)
    agree(nets, 1e-13)


def test_eager_and_compiled_steps_may_take_turns():
    nets, optimizers, eager, compiled = pair(momentum=0.9)
    eager_too = nn.make_step(nets[1], nn.quadratic_cost, optimizers[1], compiled=False)
    eager(X, Y), compiled(X, Y)
    eager(X, Y), eager_too(X, Y)
    eager(X, Y), compiled(X, Y)
    agree(nets, 1e-13)


def test_the_users_own_array_is_never_written():
    mine = rng.random((3, 5))
    W = ag.Tensor(mine, requires_grad=True, name="W")
    before = mine.copy()
    step = nn.compile_step(lambda_module(lambda x: x @ W.T, W), nn.quadratic_cost, nn.SGD([W], 0.5))
    step(X, Y)
    assert np.array_equal(mine, before)
    assert not np.array_equal(W.data, before)


def lambda_module(f, *tensors):
    class Made(nn.Module):
        def __init__(self):
            self.tensors = list(tensors)

        def forward(self, x):
            return f(x)

    return Made()


def test_a_graph_from_before_the_step_keeps_its_gradient():
    nets, _, _, compiled = pair()
    compiled(X, Y)
    compiled(X, Y)
    params = nets[1].parameters()
    cost = nn.quadratic_cost(nets[1](X), Y)
    expected = [g.numpy() for g in ag.gradients(cost, params, retain_graph=True)]
    before = [p.numpy() for p in params]
    compiled(X, Y)
    compiled(X, Y)
    assert not any(np.array_equal(p.data, b) for p, b in zip(params, before, strict=True))
    for got, wanted in zip(ag.gradients(cost, params), expected, strict=True):
        np.testing.assert_array_equal(got.data, wanted)


def test_frozen_and_unused_parameters_stay_as_they_are():
    nets, _, eager, compiled = pair(weight_decay=0.1)
    for net in nets:
        net.layers[0].W.requires_grad = False
    before = nets[1].layers[0].W.numpy()
    for _ in range(2):
        eager(X, Y), compiled(X, Y)
    agree(nets, 1e-13)
    assert np.array_equal(nets[1].layers[0].W.data, before)


def test_gradients_are_left_alone():
    nets, _, _, compiled = pair()
    compiled(X, Y)
    assert all(p.grad is None for p in nets[1].parameters())


@pytest.mark.parametrize("cost", COSTS, ids=repr)
@pytest.mark.parametrize("depth", [2, 3, 4, 5, 6])
def test_the_printed_program_has_each_equation_once_a_layer(depth, cost):
    sizes = [5, 4, 6, 5, 4, 6][:depth] + [3]
    _, _, _, compiled = pair(sizes, cost=cost)
    compiled(X, Y)
    lines = compiled.source.splitlines()
    for layer in range(1, depth + 1):
        delta = [line for line in lines if re.match(rf"\s+delta{layer} = ", line)]
        assert len(delta) == 1 and (("# BP1" if layer == depth else "# BP2") in delta[0])
        for gradient, equation in ((f"dC_db{layer}", "# BP3"), (f"dC_dW{layer}", "# BP4")):
            found = [line for line in lines if re.match(rf"\s+{gradient} = ", line)]
            assert len(found) == 1 and equation in found[0]
    assert compiled.source.count("# BP") == 3 * depth


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("cost", COSTS, ids=repr)
def test_the_printed_program_computes_the_same_bits(cost, options):
    nets, optimizers, _, compiled = pair(cost=cost, **options)
    compiled(X, Y)  # makes the states
    states = [s.copy() for s in optimizers[1].state if s is not None]
    values = [p.numpy() for p in nets[1].parameters()]
    expected = compiled(X, Y)
    namespace = {}
    exec(compiled.source, namespace)
    assert float(namespace["step"](X, Y, 0.5, *states, *values)) == expected
    for value, p in zip(values, nets[1].parameters(), strict=True):
        assert np.array_equal(value, p.data)


def test_steps_from_two_threads_leave_a_network_that_took_all_of_them():
    net = nn.MLP([5, 4, 3], seed=1)
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 1e-3))
    step(X, Y)
    costs = []
    threads = [threading.Thread(target=lambda: costs.extend(step(X, Y) for _ in range(50))) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(costs) == 100
    assert costs[-1] < costs[0] and all(np.isfinite(costs))


def test_a_step_inside_of_itself_is_refused():
    @ag.primitive
    def stepping(z):
        if steps:
            steps.pop()(X, Y)
        return z * 1.0

    ag.defvjp(stepping, lambda g, ans, z: g)
    steps = []
    W = ag.Tensor(np.ones((3, 5)), requires_grad=True, name="W")
    step = nn.compile_step(lambda_module(lambda x: stepping(x @ W.T), W), nn.quadratic_cost, nn.SGD([W], 0.1))
    step(X, Y)
    steps.append(step)
    with pytest.raises(RuntimeError, match="written while the function that does so is being compiled"):
        step(X, Y)
    steps.clear()
    step(X, Y)


def test_a_copy_of_a_step_learns_by_itself():
    _, _, eager, compiled = pair(momentum=0.5)
    eager(X, Y), compiled(X, Y)
    copied = copy.deepcopy(compiled)
    stored = pickle.loads(pickle.dumps(compiled))
    expected = eager(X, Y)
    assert [step(X, Y) for step in (compiled, copied, stored)] == pytest.approx([expected] * 3, rel=1e-13)
    assert copied.net is not compiled.net


def test_there_is_no_source_before_the_first_step():
    with pytest.raises(RuntimeError, match="call step"):
        _ = pair()[3].source


def looking(x):
    return x * 2 if x.sum().item() > 0 else x


def test_a_network_that_looks_at_values_is_refused_with_the_line():
    W = ag.Tensor(np.ones((3, 5)), requires_grad=True, name="W")
    step = nn.compile_step(lambda_module(lambda x: looking(x @ W.T), W), nn.quadratic_cost, nn.SGD([W], 0.1))
    with pytest.raises(CompileError, match=r"item\(\).*test_nn_compiled.py:\d+"):
        step(X, Y)


def test_fit_falls_back_to_recorded_steps_with_one_warning():
    net = lambda_module(None)
    net.first = nn.MLP([5, 4, 3], seed=1)
    net.forward = lambda x: looking(net.first(x))
    other = lambda_module(None)
    other.first = nn.MLP([5, 4, 3], seed=1)
    other.forward = lambda x: looking(other.first(x))
    with pytest.warns(UserWarning, match="without being compiled") as caught:
        nn.fit(net, (X, Y), optimizer=nn.SGD(net.parameters(), 0.1), epochs=2, batch_size=3, seed=0)
    assert len(caught) == 1
    nn.fit(other, (X, Y), optimizer=nn.SGD(other.parameters(), 0.1), epochs=2, batch_size=3, seed=0, compiled=False)
    agree([net, other], 0)
