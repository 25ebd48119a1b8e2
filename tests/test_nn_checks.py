"""Checks of values are made at every step: the compiled one raises what the eager one does, before any weight moves."""

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))
CLASSES, SIGNS = rng.integers(0, 2, 6), np.sign(rng.normal(size=(6, 2)))


def mlp(**options):
    return lambda: nn.MLP([3, 2], seed=0, **options)


def embedding():
    return nn.Sequential(nn.Embedding(5, 2, seed=0), nn.Flatten(), nn.Linear(6, 2, seed=1))


@ag.primitive
def small(y):
    """Raises ValueError for what is above 2."""
    if np.max(y) > 2:
        raise ValueError(f"got {np.max(y)}, needs at most 2")
    return y


ag.defvjp(small, lambda g, ans, y: g)


def passing_through(a, y):
    return nn.quadratic_cost(a, small(y))


def beside(a, y):
    small(y)
    return nn.quadratic_cost(a, y)


WORDS = rng.integers(0, 5, (6, 3))
CASES = {
    "a target above 1": (mlp(), nn.cross_entropy_cost, (X, Y), (X, Y + 2)),
    "a target below 0": (mlp(), nn.cross_entropy_cost, (X, Y), (X, -Y)),
    "an output outside of [0, 1]": (
        mlp(activation="identity", output="identity", biases=lambda r, s: np.full(s, 0.5)), nn.cross_entropy_cost,
        (X * 1e-3, Y), (X * 1e3, Y),
    ),
    "a sign that is 0": (mlp(), nn.hinge_cost, (X, SIGNS), (X, SIGNS * 0)),
    "a class that is none, of the hinge cost": (mlp(), nn.hinge_cost, (X, CLASSES), (X, CLASSES + 1)),
    "a class that is none": (mlp(), nn.softmax_cross_entropy, (X, CLASSES), (X, CLASSES - 1)),
    "a symbol that is none": (embedding, nn.quadratic_cost, (WORDS, Y), (WORDS + 1, Y)),
    "a check of one's own": (mlp(), passing_through, (X, Y), (X, Y + 2)),
    "a check of one's own, whose result is not used": (mlp(), beside, (X, Y), (X, Y + 2)),
}  # fmt: skip


@pytest.mark.parametrize(("make", "cost", "good", "bad"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_bad_value_is_refused_at_any_step_as_it_is_eagerly(make, cost, good, bad, steps):
    errors, weights = [], []
    for compiled in (False, True):
        net = make()
        step = nn.make_step(net, cost, nn.SGD(net.parameters(), 0.1, momentum=0.9), compiled)
        for _ in range(steps):
            step(*good)
        before = [p.numpy() for p in net.parameters()]
        with pytest.raises(ValueError) as caught:
            step(*bad)
        errors.append(str(caught.value).partition(" [")[0])
        assert all(np.array_equal(b, p.data) for b, p in zip(before, net.parameters(), strict=True))
        step(*good)
        weights.append([p.numpy() for p in net.parameters()])
    assert errors[0] == errors[1]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)
