"""Values and gradients beside PyTorch's, at ordinary points and at the edges where its value is the one chosen."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

rng = np.random.default_rng(0)
A, B, C = rng.uniform(0.2, 0.9, (3, 4)), rng.uniform(-0.8, 0.8, (3, 4)), rng.uniform(-1, 1, (4, 2))
ROW, VECTOR, BATCH = rng.uniform(0.3, 1.2, 4), rng.uniform(-1, 1, 4), rng.uniform(-1, 1, (2, 3, 4))
MASK = B > 0
F = torch.nn.functional

PAIRS: dict[str, tuple[Any, Any, list[np.ndarray]]] = {
    "add": (np.add, torch.add, [A, ROW]),
    "subtract": (np.subtract, torch.subtract, [A, ROW]),
    "multiply": (np.multiply, torch.multiply, [A, ROW]),
    "divide": (np.divide, torch.divide, [B, ROW]),
    "power": (np.power, torch.pow, [A, VECTOR]),
    "float_power": (np.float_power, torch.float_power, [A, VECTOR]),
    "remainder": (np.remainder, torch.remainder, [5 * B, ROW]),
    "fmod": (np.fmod, torch.fmod, [5 * B, ROW]),
    "maximum": (np.maximum, torch.maximum, [A, B]),
    "minimum": (np.minimum, torch.minimum, [A, B]),
    "fmax": (np.fmax, torch.fmax, [A, B]),
    "fmin": (np.fmin, torch.fmin, [A, B]),
    "copysign": (np.copysign, torch.copysign, [A, B]),
    "floor_divide": (np.floor_divide, lambda x, y: torch.div(x, y, rounding_mode="floor"), [5 * B, ROW]),
    "arctan2": (np.arctan2, torch.atan2, [A, B]),
    "hypot": (np.hypot, torch.hypot, [A, B]),
    "logaddexp": (np.logaddexp, torch.logaddexp, [A, 5 * B]),
    "logaddexp2": (np.logaddexp2, torch.logaddexp2, [A, 5 * B]),
    "negative": (np.negative, torch.neg, [B]),
    "positive": (np.positive, torch.positive, [B]),
    "absolute": (np.absolute, torch.abs, [B]),
    "fabs": (np.fabs, torch.abs, [B]),
    "square": (np.square, torch.square, [B]),
    "sqrt": (np.sqrt, torch.sqrt, [A]),
    "reciprocal": (np.reciprocal, torch.reciprocal, [A]),
    "cbrt": (np.cbrt, lambda x: x ** (1 / 3), [A]),
    "sign": (np.sign, torch.sign, [B]),
    "floor": (np.floor, torch.floor, [5 * B]),
    "ceil": (np.ceil, torch.ceil, [5 * B]),
    "trunc": (np.trunc, torch.trunc, [5 * B]),
    "rint": (np.rint, torch.round, [5 * B]),
    "round": (lambda x: np.round(x, 1), lambda x: torch.round(x, decimals=1), [5 * B]),
    "clip": (lambda x: np.clip(x, -0.3, 0.4), lambda x: torch.clamp(x, -0.3, 0.4), [B]),
    "clip by tensors": (np.clip, torch.clamp, [B, np.full(4, -0.3), np.full((3, 4), 0.4)]),
    "nan_to_num": (np.nan_to_num, torch.nan_to_num, [np.array([1.0, np.nan, np.inf, -np.inf])]),
    "exp": (np.exp, torch.exp, [B]),
    "exp2": (np.exp2, torch.exp2, [B]),
    "expm1": (np.expm1, torch.expm1, [B]),
    "log": (np.log, torch.log, [A]),
    "log2": (np.log2, torch.log2, [A]),
    "log10": (np.log10, torch.log10, [A]),
    "log1p": (np.log1p, torch.log1p, [B]),
    "sin": (np.sin, torch.sin, [B]),
    "cos": (np.cos, torch.cos, [B]),
    "tan": (np.tan, torch.tan, [B]),
    "arcsin": (np.arcsin, torch.arcsin, [B]),
    "arccos": (np.arccos, torch.arccos, [B]),
    "arctan": (np.arctan, torch.arctan, [B]),
    "sinh": (np.sinh, torch.sinh, [B]),
    "cosh": (np.cosh, torch.cosh, [B]),
    "tanh": (np.tanh, torch.tanh, [B]),
    "arcsinh": (np.arcsinh, torch.arcsinh, [B]),
    "arccosh": (np.arccosh, torch.arccosh, [1 + A]),
    "arctanh": (np.arctanh, torch.arctanh, [B]),
    "deg2rad": (np.deg2rad, torch.deg2rad, [B]),
    "radians": (np.radians, torch.deg2rad, [B]),
    "rad2deg": (np.rad2deg, torch.rad2deg, [B]),
    "degrees": (np.degrees, torch.rad2deg, [B]),
    "sinc": (np.sinc, torch.sinc, [3 * B]),
    "sigmoid": (ag.sigmoid, torch.sigmoid, [5 * B]),
    "relu": (ag.relu, torch.relu, [B]),
    "softplus": (ag.softplus, lambda x: F.softplus(x, threshold=1e9), [5 * B]),
    "sum": (lambda x: np.sum(x, axis=(0, 2)), lambda x: torch.sum(x, (0, 2)), [BATCH]),
    "mean": (lambda x: np.mean(x, axis=-1, keepdims=True), lambda x: torch.mean(x, -1, keepdim=True), [BATCH]),
    "var": (lambda x: np.var(x, axis=1, ddof=1), lambda x: torch.var(x, 1), [BATCH]),
    "std": (lambda x: np.std(x, axis=1), lambda x: torch.std(x, 1, correction=0), [BATCH]),
    "max": (lambda x: np.max(x, axis=(0, 1)), lambda x: torch.amax(x, (0, 1)), [BATCH]),
    "min": (lambda x: np.min(x, axis=2), lambda x: torch.amin(x, 2), [BATCH]),
    "prod": (lambda x: np.prod(x, axis=1), lambda x: torch.prod(x, 1), [BATCH]),
    "cumsum": (lambda x: np.cumsum(x, axis=1), lambda x: torch.cumsum(x, 1), [BATCH]),
    "cumprod": (lambda x: np.cumprod(x, axis=-1), lambda x: torch.cumprod(x, -1), [BATCH]),
    "reshape": (lambda x: np.reshape(x, (4, 6)), lambda x: torch.reshape(x, (4, 6)), [BATCH]),
    "ravel": (np.ravel, torch.ravel, [BATCH]),
    "transpose": (lambda x: np.transpose(x, (2, 0, 1)), lambda x: torch.permute(x, (2, 0, 1)), [BATCH]),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 2), lambda x: torch.swapaxes(x, 0, 2), [BATCH]),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1), lambda x: torch.moveaxis(x, 0, -1), [BATCH]),
    "matrix_transpose": (np.matrix_transpose, lambda x: x.mT, [BATCH]),
    "squeeze": (np.squeeze, torch.squeeze, [BATCH[:1]]),
    "expand_dims": (lambda x: np.expand_dims(x, 1), lambda x: torch.unsqueeze(x, 1), [A]),
    "broadcast_to": (lambda x: np.broadcast_to(x, (3, 4)), lambda x: torch.broadcast_to(x, (3, 4)), [ROW]),
    "flip": (lambda x: np.flip(x, (0, 2)), lambda x: torch.flip(x, (0, 2)), [BATCH]),
    "copy": (np.copy, torch.clone, [A]),
    "concatenate": (lambda x, y: np.concatenate([x, y], 1), lambda x, y: torch.cat([x, y], 1), [A, B]),
    "stack": (lambda x, y: np.stack([x, y], -1), lambda x, y: torch.stack([x, y], -1), [A, B]),
    "vstack": (lambda x, y: np.vstack([x, y]), lambda x, y: torch.vstack([x, y]), [A, ROW]),
    "hstack": (lambda x, y: np.hstack([x, y]), lambda x, y: torch.hstack([x, y]), [A, B]),
    "where": (lambda x, y: np.where(MASK, x, y), lambda x, y: torch.where(torch.tensor(MASK), x, y), [A, ROW]),
    "getitem": (lambda x: x[:, [0, 0, 3]], lambda x: x[:, [0, 0, 3]], [A]),
    "mask": (lambda x: x[MASK], lambda x: x[torch.tensor(MASK)], [A]),
    "matmul": (np.matmul, torch.matmul, [A, C]),
    "matmul of a batch": (np.matmul, torch.matmul, [BATCH, C]),
    "matmul of vectors": (np.matmul, torch.matmul, [ROW, VECTOR]),
    "matmul of a batch and a vector": (np.matmul, torch.matmul, [BATCH, VECTOR]),
    "dot": (np.dot, torch.dot, [ROW, VECTOR]),
    "inner": (np.inner, torch.inner, [BATCH, A]),
    "outer": (np.outer, torch.outer, [ROW, VECTOR]),
    "tensordot": (
        lambda x, y: np.tensordot(x, y, ([1, 2], [0, 1])),
        lambda x, y: torch.tensordot(x, y, ([1, 2], [0, 1])),
        [BATCH, A],
    ),
    "einsum": (lambda x, y: np.einsum("bij,jk->bki", x, y), lambda x, y: torch.einsum("bij,jk->bki", x, y), [BATCH, C]),
    "einsum of a diagonal": (lambda x: np.einsum("ii->i", x), lambda x: torch.einsum("ii->i", x), [A[:, :3]]),
}

T = np.array
EDGES: dict[str, tuple[Any, Any, list[np.ndarray]]] = {
    "amax of ties": (np.max, torch.amax, [T([1.0, 3.0, 3.0])]),
    "amin of ties": (np.min, torch.amin, [T([1.0, 1.0, 3.0])]),
    "maximum of ties": (np.maximum, torch.maximum, [T([2.0, 1.0]), T([2.0, 3.0])]),
    "minimum of ties": (np.minimum, torch.minimum, [T([2.0, 1.0]), T([2.0, 3.0])]),
    "relu": (ag.relu, torch.relu, [T([0.0, np.nan, -1.0])]),
    "abs": (np.abs, torch.abs, [T([0.0])]),
    "clip": (lambda x: np.clip(x, 0, 1), lambda x: torch.clamp(x, 0, 1), [T([-1.0, 0.0, 1.0, 2.0])]),
    "sqrt": (np.sqrt, torch.sqrt, [T([0.0])]),
    "log": (np.log, torch.log, [T([0.0])]),
    "hypot": (np.hypot, torch.hypot, [T([0.0, 3.0]), T([1.0, 4.0])]),
    "x**0": (lambda x: x**0, lambda x: x**0, [T([0.0, 2.0])]),
    "x**1": (lambda x: x**1, lambda x: x**1, [T([0.0, 2.0])]),
    "x**2": (lambda x: x**2, lambda x: x**2, [T([0.0, 2.0])]),
    "x**y": (np.power, torch.pow, [T([0.0, 0.0, 0.0, -2.0]), T([0.0, 2.0, 0.5, 3.0])]),
    "0**y": (lambda y: 0.0**y, lambda y: 0.0**y, [T([0.0, 1.0, 2.0])]),
    "prod with a zero": (np.prod, torch.prod, [T([2.0, 0.0, 3.0])]),
    "prod with zeros": (np.prod, torch.prod, [T([2.0, 0.0, 0.0])]),
    "cumprod with zeros": (np.cumprod, lambda x: torch.cumprod(x, 0), [T([2.0, 0.0, 3.0, 0.0, 5.0])]),
    "sinc": (np.sinc, torch.sinc, [T([0.0])]),
    "sigmoid": (ag.sigmoid, torch.sigmoid, [T([-1000.0, 1000.0])]),
    "softplus": (ag.softplus, F.softplus, [T([-1000.0, 1000.0])]),
    "nan_to_num": (np.nan_to_num, torch.nan_to_num, [T([np.nan, np.inf, 1.0])]),
    "remainder": (np.remainder, torch.remainder, [T([7.0, -7.0]), T([2.0, 2.0])]),
    "where with the other branch infinite": (
        lambda x: np.where(x > 0, np.log(x), 0.0),
        lambda x: torch.where(x > 0, torch.log(x), 0.0),
        [T([0.0])],
    ),
    "repeated indices": (lambda x: x[[0, 0, 1]], lambda x: x[[0, 0, 1]], [T([1.0, 2.0])]),
    "std of constants": (np.std, lambda x: torch.std(x, correction=0), [T([2.0, 2.0])]),
    "float32": (lambda x: x * 2.5, lambda x: x * 2.5, [np.float32([1.0, 2.0])]),
}


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


@pytest.mark.parametrize("row", PAIRS.values(), ids=PAIRS)
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
