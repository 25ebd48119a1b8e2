"""Hooks, modes, names, scopes, checkpoints, threads and the compiler change no value and no gradient of a cost or layer."""

import threading
import weakref

import numpy as np
import pytest
from cases_layers import CASES as LAYERS
from test_nn_costs_more import CASES as COSTS

import autograd_lite as ag
import nn
from autograd_lite.recording import current, handle_of
from autograd_lite.traversal import ancestors

rng = np.random.default_rng(0)
Z = np.concatenate([rng.normal(size=(2, 3)) * 2, [[40.0, -45.0, 0.0], [1000.0, -1000.0, 37.5]]])
TARGETS = np.array([[0.0, 1.0, 0.25], [1.0, 0.5, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
NET = nn.MLP([3, 4, 3], weights=lambda rng, shape: rng.normal(size=shape) * (30.0 if shape[0] == 3 else 1e-3), seed=0)
STEPS = {}
"""Functions of one array that return one number, with where they are taken."""


def sigmoid_cost(z, watch=lambda t: t):
    return nn.cross_entropy_cost(watch(ag.sigmoid(z)), TARGETS)


def of_a_network(z, watch=lambda t: t):
    return nn.cross_entropy_cost(watch(NET(z)), TARGETS)


STEPS["cross-entropy"] = sigmoid_cost, Z
STEPS["cross-entropy of a network"] = of_a_network, Z
STEPS["cross-entropy per example"] = lambda z: np.sum(nn.cross_entropy_cost.per_example(ag.sigmoid(z), TARGETS)), Z
STEPS["cross-entropy, regularized"] = (
    lambda z: nn.cross_entropy_cost(a := ag.sigmoid(z), TARGETS) + 0.1 * np.sum(np.square(a)),
    Z,
)
STEPS["cross-entropy of plain outputs"] = lambda a: nn.cross_entropy_cost(a, TARGETS), rng.uniform(0.1, 0.9, (4, 3))
for case, (cost, y, options, _) in COSTS.items():
    STEPS[case] = (lambda z, cost=cost, y=y, options=options: cost(z, y, **options)), rng.normal(size=(4, 3)) * 2
for f in (ag.sigmoid, ag.relu, ag.leaky_relu, ag.elu, ag.selu, ag.gelu, ag.silu, ag.softplus, ag.softsign, ag.softmax,
          ag.log_softmax, ag.logsumexp, np.tanh):  # fmt: skip
    STEPS[f.__name__] = (lambda z, f=f: np.sum(f(z) * (1.0 + np.arange(3.0)) if f is not ag.logsumexp else f(z))), Z


def tensors_before(out):
    """The Tensors that lead to a cost, and itself."""
    return [handle_of(node) for node in ancestors([current(out)])]


def plain(f, x):
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    out.backward()
    return out.item(), t.grad.numpy()


def hooked(f, x):
    """A hook on every Tensor on the way, registered once the cost is there."""
    t = ag.Tensor(x, requires_grad=True)
    out, seen = f(t), []
    for node in tensors_before(out):
        node.register_hook(lambda g: seen.append(g) and None)
    out.backward()
    assert len(seen) == len(tensors_before(out))
    return out.item(), t.grad.numpy()


def retained(f, x):
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    nodes = tensors_before(out)
    for node in nodes:
        node.retain_grad()
    out.backward()
    assert all(node.grad is not None for node in nodes)
    return out.item(), t.grad.numpy()


def kept(f, x):
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    out.backward(keep_grads=True)
    assert all(node.grad is not None for node in tensors_before(out))
    return out.item(), t.grad.numpy()


def recorded(f, x):
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    out.backward(create_graph=True)
    return out.item(), t.grad.numpy()


def named(f, x):
    t = ag.Tensor(x, requires_grad=True, name="σ\n½")
    with ag.scope("outer"), ag.scope("z"):
        out = f(t).named("lambda")
    out.backward()
    return out.item(), t.grad.numpy()


def through_gradients(f, x):
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    return out.item(), ag.gradients(out, t)[0].numpy()


def in_a_thread(f, x):
    found = []
    thread = threading.Thread(target=lambda: found.append(plain(f, x)))
    thread.start()
    thread.join()
    return found[0]


def enabled_inside(f, x):
    with ag.no_grad(), ag.enable_grad():
        return plain(f, x)


def by_grad(f, x):
    value, g = ag.value_and_grad(f)(x)
    return np.asarray(value.item()), g.numpy() if isinstance(g, ag.Tensor) else g


def checkpointed(f, x):
    return plain(ag.checkpoint(f), x)


RECORDED = (recorded, by_grad)
"""Ways in which the backward pass may itself be recorded. It computes the same by other roundings."""
WAYS = {
    w.__name__: w
    for w in (
        hooked,
        retained,
        kept,
        recorded,
        named,
        through_gradients,
        in_a_thread,
        enabled_inside,
        by_grad,
        checkpointed,
    )
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", STEPS)
def test_value_and_gradient_are_the_same_to_the_bit(name, way):
    f, x = STEPS[name]
    expected, found = plain(f, x), WAYS[way](f, x)
    assert found[0] == expected[0]
    last_bits = {"rtol": 1e-12, "atol": 1e-15} if WAYS[way] in RECORDED else {"rtol": 0, "atol": 0}
    np.testing.assert_allclose(found[1], expected[1], **last_bits)


@pytest.mark.parametrize("name", STEPS)
def test_under_no_grad_the_value_is_the_same(name):
    f, x = STEPS[name]
    expected = plain(f, x)[0]
    with ag.no_grad():
        assert f(ag.Tensor(x, requires_grad=True)).item() == expected
        assert f(ag.Tensor(x)).item() == expected
    assert f(ag.Tensor(x)).item() == expected


@pytest.mark.parametrize("name", STEPS)
def test_compiled_they_are_the_same_but_for_the_last_bits(name):
    f, x = STEPS[name]
    value, g = plain(f, x)
    found, slope = ag.compile(ag.value_and_grad(f))(x)
    np.testing.assert_allclose(found.item(), value, rtol=1e-14)
    slope = slope.numpy() if isinstance(slope, ag.Tensor) else slope
    np.testing.assert_allclose(slope, g, rtol=1e-12, atol=1e-15)


WATCHERS = {
    "a hook": lambda a: a.register_hook(lambda g: None),
    "two hooks": lambda a: (a.register_hook(lambda g: None), a.register_hook(lambda g: None)),
    "a hook taken away": lambda a: a.register_hook(lambda g: g * 7.0).remove(),
    "retain_grad": lambda a: a.retain_grad(),
    "a name": lambda a: a.named("activation"),
    "another use": lambda a: np.sum(a) * 2.0,
}


@pytest.mark.parametrize("watcher", WATCHERS)
@pytest.mark.parametrize("step", [sigmoid_cost, of_a_network])
def test_whoever_watches_the_activation_changes_nothing(step, watcher):
    def watched(a):
        if a.requires_grad:
            WATCHERS[watcher](a)
        return a

    for way in (plain, recorded, checkpointed, by_grad):
        expected, found = way(step, Z), way(lambda z: step(z, watched), Z)
        assert found[0] == expected[0] == plain(step, Z)[0]
        np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize(
    "change",
    [lambda a: a, lambda a: a.detach(), lambda a: ag.checkpoint(lambda b: b)(a)],
    ids=["itself", "detach", "through f"],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_cost_of_a_saturated_neuron_is_exact_in_every_mode(change, dtype):
    z = ag.Tensor(np.array([[40.0, 1000.0]], dtype), requires_grad=True)
    y = np.zeros((1, 2), dtype)
    assert nn.cross_entropy_cost(change(ag.sigmoid(z)), y).item() == 1040.0
    with ag.no_grad():
        assert nn.cross_entropy_cost(change(ag.sigmoid(z)), y).item() == 1040.0
    a = ag.sigmoid(z)
    with ag.no_grad():
        assert nn.cross_entropy_cost(change(a), y).item() == 1040.0


@pytest.mark.parametrize("requires_grad", [True, False])
def test_the_sigmoid_of_a_list_is_exact_too(requires_grad):
    z = ag.Tensor(40.0, requires_grad=requires_grad)
    assert nn.cross_entropy_cost(ag.sigmoid([z, 2.0 * z]), [0.0, 0.0]).item() == 120.0


def test_a_hook_sees_the_slope_by_the_activation_however_large():
    """dC/da = (a − y) / (a (1 − a)), with the 1 − a that the digits of a have lost."""
    z = ag.Tensor([40.0, -2.0, 1000.0], requires_grad=True)
    a, seen = ag.sigmoid(z), []
    a.register_hook(seen.append)
    nn.cross_entropy_cost(a, [0.0, 1.0, 0.0]).backward()
    np.testing.assert_allclose(seen[0].numpy(), [np.exp(40.0) + 1, -1 - np.exp(2.0), np.inf], rtol=1e-14)
    np.testing.assert_allclose(z.grad.numpy(), a.data - [0.0, 1.0, 0.0], rtol=1e-15)


def test_what_a_hook_returns_takes_the_place_of_the_slope():
    z = ag.Tensor([0.3, -1.0], requires_grad=True)
    a = ag.sigmoid(z)
    a.register_hook(lambda g: g * 0.0 + 2.0)
    nn.cross_entropy_cost(a, [0.0, 1.0]).backward()
    np.testing.assert_allclose(z.grad.numpy(), 2.0 * a.data * (1 - a.data), rtol=1e-14)


def test_the_activation_of_two_costs_sends_the_sum_of_their_slopes():
    z = ag.Tensor(Z, requires_grad=True)
    a = ag.sigmoid(z)
    total = nn.cross_entropy_cost(a, TARGETS) + nn.quadratic_cost(a, TARGETS) * 3.0 + nn.cross_entropy_cost(a, TARGETS)
    total.backward()
    _, entropy = plain(sigmoid_cost, Z)
    _, quadratic = plain(lambda z: nn.quadratic_cost(ag.sigmoid(z), TARGETS), Z)
    np.testing.assert_allclose(z.grad.numpy(), 2 * entropy + 3 * quadratic, rtol=1e-13, atol=1e-16)


def test_a_rule_of_ones_own_for_the_sigmoid_gets_the_slope_as_an_array():
    ag.defvjp(ag.sigmoid, lambda g, ans, z: g * ans * (1 - ans) * 1.0)
    z = ag.Tensor([0.3, -1.0], requires_grad=True)
    nn.cross_entropy_cost(ag.sigmoid(z), [0.0, 1.0]).backward()
    np.testing.assert_allclose(z.grad.numpy(), 1 / (1 + np.exp(-z.data)) - [0.0, 1.0], rtol=1e-14)


def digits_alone(a):
    with np.errstate(divide="ignore"):
        return -np.log1p(-a.data).sum()


@pytest.mark.parametrize("recording", [True, False])
def test_an_activation_that_was_written_since_is_known_by_its_digits_alone(recording):
    with ag.enable_grad() if recording else ag.no_grad():
        a = ag.sigmoid(ag.Tensor([0.5, 40.0], requires_grad=recording) * 1.0)
        a[0] = 0.25
        assert nn.cross_entropy_cost(a, [0.0, 0.0]).item() == digits_alone(a) == np.inf


@pytest.mark.parametrize("run", [lambda f: f, ag.compile], ids=["eager", "compiled"])
@pytest.mark.parametrize("recording", [True, False])
def test_a_weighted_input_that_is_written_later_changes_no_activation_made_of_it(recording, run):
    def cost(x):
        z = x * 1.0
        a = ag.sigmoid(z)
        z[...] = 0.25
        return nn.cross_entropy_cost(a, [0.0, 0.0])

    with ag.enable_grad() if recording else ag.no_grad():
        found = run(cost)(ag.Tensor([0.0, 40.0], requires_grad=recording))
    np.testing.assert_allclose(found.item(), np.log(2.0) + 40.0, rtol=1e-15)


def write_activation(buffer, z, a):
    a.data[...] = 0.5


MEMORY = {
    "of the activation": write_activation,
    "of a part of the activation": lambda buffer, z, a: a.data[:1].fill(0.5),
    "of the weighted input": lambda buffer, z, a: z.data.fill(-3.0),
    "of a buffer that the weighted input shares": lambda buffer, z, a: buffer.fill(-3.0),
}


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("memory", MEMORY)
def test_the_cost_is_that_of_the_activation_whatever_memory_was_written(memory, requires_grad):
    buffer = np.array([3.0, -2.0])
    z = ag.Tensor(buffer, requires_grad=requires_grad)
    a = ag.sigmoid(z)
    compiled = ag.compile(lambda: nn.cross_entropy_cost(a, [0.0, 0.0]))
    compiled()
    MEMORY[memory](buffer, z, a)
    for cost in (nn.cross_entropy_cost(a, [0.0, 0.0]), compiled()):
        np.testing.assert_allclose(cost.item(), digits_alone(a), rtol=1e-12)


def test_a_result_outside_the_graph_keeps_no_graph_alive():
    x = ag.Tensor(np.ones(3), requires_grad=True)
    z = np.sin(x * 2.0) * 50.0
    gone = weakref.ref(z)
    with ag.no_grad():
        a = ag.sigmoid(z)
    del z
    assert gone() is None
    assert np.isfinite(nn.cross_entropy_cost(a, [0.0, 0.0, 0.0]).item())


def test_the_printed_program_has_bp1_of_output_and_target():
    net = nn.MLP([3, 2], seed=0)
    step = nn.compile_step(net, nn.cross_entropy_cost, nn.SGD(net.parameters(), lr=0.1))
    step(np.ones((4, 3)), np.zeros((4, 2)))
    (line,) = [line for line in step.source.splitlines() if "# BP1" in line]
    assert "a1" in line and "y" in line and "inverse" not in step.source


def test_evaluation_records_nothing_and_is_exact():
    seen = []

    class Looks(nn.Module):
        def forward(self, x):
            seen.append(ag.is_grad_enabled())
            return x

    net = nn.Sequential(Looks(), nn.Linear(1, 1, seed=0), nn.Sigmoid())
    net.layers[1].W.data, net.layers[1].b.data = np.array([[40.0]]), np.zeros(1)
    assert nn.evaluate(net, np.ones((3, 1)), np.zeros((3, 1)), nn.cross_entropy_cost)[0] == 40.0
    assert seen == [False]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_the_same_values_and_gradients_however_it_is_watched(name):
    def run(way):
        layer, x = LAYERS[name][0](), LAYERS[name][1]
        symbols = np.asarray(x).dtype.kind in "iu"
        t = ag.Tensor(x) if symbols else ag.Tensor(x, requires_grad=True)
        f = ag.checkpoint(layer) if way == "checkpoint" else layer
        with ag.scope("outer"):
            out = f(t)
        weights = np.cos(np.arange(1.0, out.size + 1)).reshape(out.shape)
        total = np.sum(out * weights)
        if way == "hooks":
            for node in tensors_before(total):
                node.register_hook(lambda g: None)
        total.backward(keep_grads=way == "keep_grads", create_graph=way == "create_graph")
        leaves = [*layer.parameters(), *([] if symbols else [t])]
        return [out.data, *(p.grad.data for p in leaves if p.grad is not None)]

    expected = run("plain")
    for way in ("hooks", "keep_grads", "checkpoint", "create_graph"):
        found = run(way)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)
    with ag.no_grad():
        np.testing.assert_array_equal(LAYERS[name][0]()(LAYERS[name][1]).data, expected[0])
