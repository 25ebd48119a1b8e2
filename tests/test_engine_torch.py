"""Values and gradients beside PyTorch's, at ordinary points and at the edges where its value is the one chosen."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from cases_torch import EDGES, PAIRS, A, C  # noqa: E402
from cases_torch_more import MORE_PAIRS  # noqa: E402


def both(ours: Any, theirs: Any, arrays: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The value and the gradients of its weighted sum, of each."""
    tensors = [ag.Tensor(a.copy(), requires_grad=True) for a in arrays]
    others = [torch.tensor(a, requires_grad=True) for a in arrays]
    with np.errstate(all="ignore"):
        out = ours(*tensors)
    other = theirs(*others)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, out.shape).astype(out.dtype)
    got = ag.gradients(out, tensors, gradient=weights)
    other.backward(torch.tensor(weights))
    zero = np.zeros_like
    expected = [zero(a) if t.grad is None else t.grad.numpy() for a, t in zip(arrays, others, strict=True)]
    return [out.data, *(g.data for g in got)], [other.detach().numpy(), *expected]


@pytest.mark.parametrize("row", (PAIRS | MORE_PAIRS).values(), ids=PAIRS | MORE_PAIRS)
def test_value_and_gradient_are_pytorchs(row):
    for got, expected in zip(*both(*row), strict=True):
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("row", EDGES.values(), ids=EDGES)
def test_at_an_edge_value_and_gradient_are_pytorchs(row):
    for got, expected in zip(*both(*row), strict=True):
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_hessian_of_a_small_network_is_pytorchs():
    W, x = C, A
    t, u = ag.Tensor(W, requires_grad=True), torch.tensor(W, requires_grad=True)
    y = torch.sum(torch.tanh(torch.tensor(x) @ u) ** 2)
    (first,) = ag.gradients(np.sum(np.tanh(x @ t) ** 2), [t], create_graph=True)
    (theirs,) = torch.autograd.grad(y, [u], create_graph=True)
    for index in np.ndindex(W.shape):
        (row,) = ag.gradients(first[index], [t], retain_graph=True)
        (other,) = torch.autograd.grad(theirs[index], [u], retain_graph=True)
        np.testing.assert_allclose(row.data, other.numpy(), rtol=1e-11, atol=1e-13)
