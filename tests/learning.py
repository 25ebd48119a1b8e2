"""A small network that learns a few steps, and what it should have come to."""

import numpy as np

import nn

_rng = np.random.default_rng(0)
X, Y = _rng.random((6, 5)), _rng.random((6, 3))


def network(dtype=np.float64):
    return nn.MLP([5, 4, 3], seed=1, dtype=dtype)


def learn(net, optimizer, steps, compiled=False, cost=nn.quadratic_cost, dtype=np.float64):
    step = nn.make_step(net, cost, optimizer, compiled=compiled)
    return [step(X.astype(dtype), Y.astype(dtype)) for _ in range(steps)]


def agree(net, other, tolerance=1e-13):
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=tolerance, atol=tolerance)
