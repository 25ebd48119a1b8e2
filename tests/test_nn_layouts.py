"""The order of memory does not matter to layers, costs, training and what is told of a network."""

import numpy as np
import pytest
from cases_layers import CASES as LAYERS
from layouts import LAYOUTS
from test_nn_costs_more import CASES as COSTS

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(12, 3)), rng.uniform(0.1, 0.9, size=(12, 2))
near = {"rtol": 1e-11, "atol": 1e-13}
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


def laid(net, lay):
    """The network with parameters that lie otherwise."""
    for p in net.parameters():
        p.data = lay(p.data)
    return net


def in_order(x):
    return np.array(x, order="C")


@EVERY_LAYOUT
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer(name, layout):
    def run(lay):
        layer, x = laid(LAYERS[name][0](), lay), lay(np.asarray(LAYERS[name][1]))
        t = ag.Tensor(x, requires_grad=x.dtype.kind == "f")
        out = layer(t)
        np.sum(out * np.cos(np.arange(1.0, out.size + 1)).reshape(out.shape)).backward()
        grads = [p.grad.data for p in (*layer.parameters(), t) if p.grad is not None]
        return [out.data, *grads]

    for one, other in zip(run(LAYOUTS[layout]), run(in_order), strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one, other, **near)


@EVERY_LAYOUT
@pytest.mark.parametrize("name", COSTS)
def test_a_cost(name, layout):
    cost, y, options, _ = COSTS[name]

    def run(lay):
        z = ag.Tensor(lay(np.random.default_rng(1).normal(size=(4, 3))), requires_grad=True)
        c = cost(z, lay(y), **options)
        c.backward()
        return c.item(), cost.per_example(z, lay(y), **options).data, z.grad.data

    for one, other in zip(run(LAYOUTS[layout]), run(in_order), strict=True):
        np.testing.assert_allclose(one, other, **near)


@EVERY_LAYOUT
@pytest.mark.parametrize("by", ["activation", "array"])
def test_the_cross_entropy(by, layout):
    def run(lay):
        z = ag.Tensor(lay(np.array([[0.3, -40.0, 2.0], [40.0, 0.1, -1.0]])), requires_grad=True)
        a = ag.sigmoid(z) if by == "activation" else ag.Tensor(lay(np.full((2, 3), 0.3)), requires_grad=True)
        c = nn.cross_entropy_cost(a, lay(np.array([[0.0, 1.0, 0.5], [0.0, 1.0, 1.0]])))
        c.backward(keep_grads=True)
        return c.item(), a.grad.data

    for one, other in zip(run(LAYOUTS[layout]), run(in_order), strict=True):
        np.testing.assert_allclose(one, other, **near)


@EVERY_LAYOUT
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    "make", [lambda p: nn.SGD(p, 0.5, momentum=0.9), lambda p: nn.Adam(p, 0.05)], ids=["SGD", "Adam"]
)
def test_training(make, compiled, layout):
    def run(lay):
        net = laid(nn.MLP([3, 4, 2], seed=0), lay)
        history = nn.fit(
            net, (lay(X), lay(Y)), cost=nn.cross_entropy_cost, optimizer=make(net.parameters()), epochs=3, batch_size=5, seed=1,
            validation=(lay(X[:4]), lay(Y[:4])), compiled=compiled, progress=False,
        )  # fmt: skip
        return [
            history.batch_costs,
            [e.validation_cost for e in history.epochs],
            *(p.numpy() for p in net.parameters()),
        ]

    for one, other in zip(run(LAYOUTS[layout]), run(in_order), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


@EVERY_LAYOUT
def test_steps_of_mini_batches_that_lie_otherwise_each_time(layout):
    def run(lay, compiled):
        net = nn.MLP([3, 4, 2], seed=0)
        step = nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), lr=0.5), compiled)
        order = [lay, in_order, lay, np.asfortranarray]
        return [step(f(X[i : i + 4]), f(Y[i : i + 4])) for i, f in enumerate(order)]

    expected = run(in_order, False)
    for compiled in (True, False):
        np.testing.assert_allclose(run(LAYOUTS[layout], compiled), expected, **near)


TOLD = {
    "evaluate": lambda net, x, y: nn.evaluate(net, x, y, nn.cross_entropy_cost)[:1],
    "verify_backprop": lambda net, x, y: (float(nn.verify_backprop(net, x, y, nn.cross_entropy_cost).ok),),
    "nudges": lambda net, x, y: [
        a for a in vars(nn.nudges(net, x, y, nn.quadratic_cost)).values() if isinstance(a, np.ndarray)
    ],
    "learning_speed": lambda net, x, y: [
        part for layer in nn.learning_speed(net, x, y).layers for part in layer if isinstance(part, np.ndarray | float)
    ],
    "gradient_norms": lambda net, x, y: list(nn.gradient_norms(net, x, y).values()),
    "accuracy": lambda net, x, y: (nn.accuracy(net(x), (y == y.max(axis=1, keepdims=True)).astype(float)),),
    "outputs": lambda net, x, y: [a.numpy() for a in net.outputs(x)],
}


@EVERY_LAYOUT
@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_of_a_network(name, layout):
    lay = LAYOUTS[layout]
    expected = TOLD[name](nn.MLP([3, 4, 2], seed=0), X, Y)
    found = TOLD[name](laid(nn.MLP([3, 4, 2], seed=0), lay), lay(X), lay(Y))
    assert len(expected) == len(found) > 0
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **near)


@EVERY_LAYOUT
def test_the_certificate_holds(layout):
    lay = LAYOUTS[layout]
    for cost in (nn.quadratic_cost, nn.cross_entropy_cost):
        assert nn.verify_backprop(laid(nn.MLP([3, 4, 2], seed=0), lay), lay(X), lay(Y), cost).ok


@EVERY_LAYOUT
def test_a_network_that_is_saved_and_loaded_has_its_weights(tmp_path, layout):
    net = laid(nn.MLP([3, 4, 2], seed=0), LAYOUTS[layout])
    for name in ("net.npz", "net.safetensors"):
        nn.save(net, tmp_path / name)
        loaded = nn.load(tmp_path / name)
        for p, q in zip(loaded.parameters(), nn.MLP([3, 4, 2], seed=0).parameters(), strict=True):
            np.testing.assert_array_equal(p.numpy(), q.numpy())
