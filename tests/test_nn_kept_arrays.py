"""What somebody took out of a network before a compiled step is what it was then, as it is after an eager one."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4, 6, 3)), rng.uniform(size=(4, 6, 2))


def under_no_grad(f):
    def taken(p, net, optimizer):
        with ag.no_grad():
            return f(p)

    return taken


ALIASES = {
    "data": lambda p, net, o: p.data,
    "a row of data": lambda p, net, o: p.data[0],
    "a transposed view": lambda p, net, o: p.data.T,
    "a flat view": lambda p, net, o: p.data.reshape(-1),
    "a view of a view": lambda p, net, o: p.data.T[::-1][1:],
    "a view of bytes": lambda p, net, o: p.data.view(np.uint8),
    "a memory view": lambda p, net, o: memoryview(p.data),
    "a diagonal": lambda p, net, o: np.diagonal(p.data),
    "a window": lambda p, net, o: np.lib.stride_tricks.sliding_window_view(p.data, (1, 2)),
    "in a list": lambda p, net, o: [p.data],
    "asarray": under_no_grad(np.asarray),
    "a Tensor of data": lambda p, net, o: ag.Tensor(p.data),
    "a transposed Tensor": under_no_grad(lambda p: p.T),
    "a row of a Tensor": under_no_grad(lambda p: p[0]),
    "a Tensor that is reshaped": under_no_grad(lambda p: p.reshape(-1)),
    "a detached Tensor": lambda p, net, o: p.detach(),
    "a graph": lambda p, net, o: (p * 1.0).T,
    "an iterator of data": lambda p, net, o: p.data.flat,
    "what the optimizer remembers": lambda p, net, o: copy.copy(o.state),
    "a row of what it remembers": lambda p, net, o: [s["m"][:1] if isinstance(s, dict) else s for s in o.state],
    "a buffer": lambda p, net, o: [b.data for _, b in net.named_buffers()],
    "a view of a buffer": lambda p, net, o: [b.data[1:] for _, b in net.named_buffers()],
    "a dict of all": lambda p, net, o: {name: q.data for name, q in net.named_parameters()},
}  # fmt: skip
NETWORKS = {
    "of two layers": lambda: nn.MLP([3, 4, 2], seed=0),
    "of one layer": lambda: nn.MLP([3, 2], seed=0),
    "with running means": lambda: nn.Sequential(nn.Linear(3, 4, seed=0), nn.BatchNorm1d(4), nn.Linear(4, 2, seed=1)),
    "of a large layer": lambda: nn.MLP([3, 20_000, 2], seed=0),
}
OPTIMIZERS = {
    "SGD": lambda params: nn.SGD(params, 0.1),
    "momentum": lambda params: nn.SGD(params, 0.1, momentum=0.9),
    "Adam": lambda params: nn.Adam(params, 0.01),
}


def values(thing):
    """Copies of all numbers in it."""
    if isinstance(thing, dict):
        thing = [*thing.values()]
    if isinstance(thing, list | tuple):
        return [values(part) for part in thing]
    if isinstance(thing, ag.Tensor):
        return np.array(thing.array)
    return None if thing is None else np.array(thing)


def taken_and_left(make, optimize, take, compiled):
    """What was taken after each step, as it was then, and as it is in the end; and the weights."""
    net = make()
    optimizer = optimize(net.parameters())
    step = nn.make_step(net, nn.quadratic_cost, optimizer, compiled)
    kept, then = [], []
    for x, y in zip(X, Y, strict=True):
        step(x, y)
        kept.append(take(net.parameters()[0], net, optimizer))
        then.append(values(kept[-1]))
    return then, [values(k) for k in kept], [p.numpy() for p in net.parameters()]


def agree(a, b):
    if isinstance(a, list):
        for x, y in zip(a, b, strict=True):
            agree(x, y)
    elif a is not None and a.dtype != np.uint8:
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)


def identical(a, b):
    if isinstance(a, list):
        return all(map(identical, a, b))
    return a is b is None or np.array_equal(a, b)


@pytest.mark.parametrize("take", ALIASES.values(), ids=ALIASES)
@pytest.mark.parametrize("optimize", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("make", [NETWORKS["of two layers"], NETWORKS["with running means"]], ids=["plain", "buffers"])
def test_what_was_taken_stays_what_it_was(make, optimize, take):
    then, left, weights = taken_and_left(make, optimize, take, compiled=True)
    expected = taken_and_left(make, optimize, take, compiled=False)
    agree(expected[0], then)
    agree(expected[2], weights)
    assert identical(then, left)


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_weights_taken_by_a_callback_stay_what_they_were(make):
    x, y = np.concatenate(X), np.concatenate(Y)
    seen = []
    net = make()
    nn.fit(
        net, (x, y), optimizer=nn.SGD(net.parameters(), 0.1), epochs=3, batch_size=6, seed=0, progress=False,
        callbacks=[lambda run: seen.append((run.net.parameters()[0].data, run.net.parameters()[0].numpy()))],
    )  # fmt: skip
    assert all(np.array_equal(kept, then) for kept, then in seen)
    assert not np.array_equal(seen[0][0], seen[-1][0])


def test_arrays_that_nobody_took_are_written_in_place():
    net = nn.MLP([3, 4, 2], seed=0)
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1))
    step(X[0], Y[0])
    before = [id(p.array) for p in net.parameters()]
    step(X[1], Y[1])
    assert [id(p.array) for p in net.parameters()] == before


def test_steps_of_other_sizes_keep_what_was_taken_too():
    net = nn.MLP([3, 4, 2], seed=0)
    step = nn.compile_step(net, nn.quadratic_cost, nn.Adam(net.parameters(), 0.1))
    kept = []
    for k, n in enumerate([6, 2, 6, 2, 6, 6]):
        step(X[0][:n], Y[0][:n])
        if k % 2:
            kept.append((net.parameters()[0].data, net.parameters()[0].numpy()))
    assert all(np.array_equal(now, then) for now, then in kept)
