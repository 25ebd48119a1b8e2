"""More functions of the engine beside PyTorch's: activations, order, copies, padding, linear algebra."""

from typing import Any

import numpy as np
import torch
from cases_torch import BATCH, ROW, VECTOR, A, B, C, F

import autograd_lite as ag

rng = np.random.default_rng(1)
Q = rng.uniform(-0.5, 0.5, (3, 3)) + 2.0 * np.eye(3)
STACK = rng.uniform(-0.5, 0.5, (2, 3, 3)) + 2.0 * np.eye(3)
SYMMETRIC = Q + Q.T + np.diag([0.0, 1.0, 3.0])
HOLED = np.where(B > 0.4, np.nan, B)
PLACES = np.array([[2, 0, 1, 1], [0, 0, 3, 2], [1, 2, 2, 2]])
POINTS = np.array([0.0, 0.3, 0.7, 1.5])
L = torch.linalg
t = torch.tensor


def triangle(f: Any) -> Any:
    """PyTorch's f of the symmetric matrix whose lower triangle is given, the triangle that NumPy reads."""
    return lambda x: f(torch.tril(x) + torch.tril(x, -1).mT)


def padded(mode: str) -> Any:
    return lambda x: F.pad(x[None], (1, 2), mode=mode)[0]


# fmt: off
MORE_PAIRS: dict[str, tuple[Any, Any, list[np.ndarray]]] = {
    "leaky_relu": (lambda x: ag.leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2), [B]),
    "elu": (lambda x: ag.elu(x, 0.7), lambda x: F.elu(x, 0.7), [B]),
    "selu": (ag.selu, F.selu, [B]),
    "gelu": (ag.gelu, F.gelu, [3 * B]),
    "gelu by tanh": (lambda x: ag.gelu(x, "tanh"), lambda x: F.gelu(x, approximate="tanh"), [3 * B]),
    "silu": (ag.silu, F.silu, [3 * B]),
    "softsign": (ag.softsign, F.softsign, [3 * B]),
    "softmax": (ag.softmax, lambda x: torch.softmax(x, -1), [BATCH]),
    "softmax of rows": (lambda x: ag.softmax(x, 0), lambda x: torch.softmax(x, 0), [BATCH]),
    "log_softmax": (lambda x: ag.log_softmax(x, 1), lambda x: torch.log_softmax(x, 1), [BATCH]),
    "logsumexp": (lambda x: ag.logsumexp(x, (0, 2)), lambda x: torch.logsumexp(x, (0, 2)), [BATCH]),
    "logit": (ag.logit, torch.logit, [A]),
    "erf": (ag.erf, torch.erf, [3 * B]),
    "i0": (np.i0, torch.special.i0, [3 * B]),
    "ldexp": (lambda x: np.ldexp(x, 3), lambda x: torch.ldexp(x, t(3)), [B]),
    "nansum": (lambda x: np.nansum(x, axis=0), lambda x: torch.nansum(x, 0), [HOLED]),
    "nanmean": (lambda x: np.nanmean(x, axis=1), lambda x: torch.nanmean(x, 1), [HOLED]),
    "ptp": (lambda x: np.ptp(x, axis=1), lambda x: torch.amax(x, 1) - torch.amin(x, 1), [B]),
    "median": (lambda x: np.median(x, axis=0), lambda x: torch.median(x, 0).values, [B]),
    "quantile": (lambda x: np.quantile(x, 0.3, axis=1), lambda x: torch.quantile(x, 0.3, 1), [B]),
    "quantiles": (lambda x: np.quantile(x, [0.2, 0.9]), lambda x: torch.quantile(x, t([0.2, 0.9], dtype=x.dtype)), [B]),
    "nanquantile": (lambda x: np.nanquantile(x, 0.6, axis=1), lambda x: torch.nanquantile(x, 0.6, 1), [HOLED]),
    "cov": (np.cov, torch.cov, [B]),
    "corrcoef": (np.corrcoef, torch.corrcoef, [B]),
    "diff": (lambda x: np.diff(x, 2, axis=1), lambda x: torch.diff(x, 2, 1), [B]),
    "sort": (lambda x: np.sort(x, axis=0), lambda x: torch.sort(x, 0).values, [B]),
    "trapezoid": (np.trapezoid, torch.trapezoid, [B, POINTS]),
    "gradient": (lambda x: np.gradient(x, POINTS, axis=1), lambda x: torch.gradient(x, spacing=(t(POINTS),), dim=1)[0], [B]),
    "vander": (lambda x: np.vander(x, 4), lambda x: torch.stack([x**3, x**2, x, x**0], -1), [ROW]),
    "roll": (lambda x: np.roll(x, (1, -2), (0, 1)), lambda x: torch.roll(x, (1, -2), (0, 1)), [A]),
    "rot90": (np.rot90, torch.rot90, [A]),
    "fliplr": (np.fliplr, torch.fliplr, [A]),
    "flipud": (np.flipud, torch.flipud, [A]),
    "tile": (lambda x: np.tile(x, (2, 1, 3)), lambda x: torch.tile(x, (2, 1, 3)), [A]),
    "repeat": (lambda x: np.repeat(x, 3, axis=1), lambda x: torch.repeat_interleave(x, 3, 1), [A]),
    "repeat by numbers": (lambda x: np.repeat(x, [1, 0, 2], 0), lambda x: torch.repeat_interleave(x, t([1, 0, 2]), 0), [A]),
    "dstack": (lambda x, y: np.dstack([x, y]), lambda x, y: torch.dstack([x, y]), [A, B]),
    "column_stack": (lambda x, y: np.column_stack([x, y]), lambda x, y: torch.column_stack([x, y]), [A.T, ROW]),
    "atleast_3d": (np.atleast_3d, torch.atleast_3d, [A]),
    "split": (lambda x: np.split(x, 2, axis=1)[1], lambda x: torch.tensor_split(x, 2, 1)[1], [A]),
    "meshgrid": (lambda x: np.meshgrid(x, x, indexing="ij")[1], lambda x: torch.meshgrid(x, x, indexing="ij")[1], [ROW]),
    "take": (lambda x: np.take(x, [3, 0, 0]), lambda x: torch.take(x, t([3, 0, 0])), [A]),
    "take_along_axis": (lambda x: np.take_along_axis(x, PLACES, 1), lambda x: torch.take_along_dim(x, t(PLACES), 1), [A]),
    "diag": (lambda x: np.diag(x, 1), lambda x: torch.diag(x, 1), [A]),
    "diag of a vector": (lambda x: np.diag(x, -1), lambda x: torch.diag(x, -1), [ROW]),
    "diagflat": (np.diagflat, torch.diagflat, [A]),
    "diagonal": (lambda x: np.diagonal(x, 1, 0, 2), lambda x: torch.diagonal(x, 1, 0, 2), [BATCH]),
    "trace": (np.trace, torch.trace, [A]),
    "tril": (lambda x: np.tril(x, 1), lambda x: torch.tril(x, 1), [A]),
    "triu": (lambda x: np.triu(x, -1), lambda x: torch.triu(x, -1), [A]),
    "pad": (lambda x: np.pad(x, ((0, 0), (1, 2))), lambda x: F.pad(x, (1, 2)), [A]),
    "pad by reflection": (lambda x: np.pad(x, ((0, 0), (1, 2)), "reflect"), padded("reflect"), [A]),
    "pad by the edge": (lambda x: np.pad(x, ((0, 0), (1, 2)), "edge"), padded("replicate"), [A]),
    "pad in a circle": (lambda x: np.pad(x, ((0, 0), (1, 2)), "wrap"), padded("circular"), [A]),
    "windows": (lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, 1), lambda x: x.unfold(1, 2, 1), [A]),
    "correlate": (np.correlate, lambda x, y: F.conv1d(x[None, None], y[None, None])[0, 0], [ROW, VECTOR[:2]]),
    "kron": (np.kron, torch.kron, [A, C]),
    "cross": (np.cross, lambda x, y: L.cross(x, y), [Q, STACK[0]]),
    "vdot": (np.vdot, torch.vdot, [ROW, VECTOR]),
    "multi_dot": (lambda x, y, z: np.linalg.multi_dot([x, y, z]), lambda x, y, z: L.multi_dot([x, y, z]), [A, C, C.T]),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 3), lambda x: L.matrix_power(x, 3), [STACK]),
    "matrix_power of the inverse": (lambda x: np.linalg.matrix_power(x, -2), lambda x: L.matrix_power(x, -2), [Q]),
    "inv": (np.linalg.inv, L.inv, [STACK]),
    "det": (np.linalg.det, L.det, [STACK]),
    "slogdet": (lambda x: np.linalg.slogdet(x)[1], lambda x: L.slogdet(x)[1], [STACK]),
    "solve": (np.linalg.solve, L.solve, [STACK, STACK[::-1].copy()]),
    "solve for a vector": (np.linalg.solve, L.solve, [Q, ROW[:3]]),
    "lstsq": (lambda a, b: np.linalg.lstsq(a, b)[0], lambda a, b: L.lstsq(a, b[:, None])[0][:, 0], [A.T, ROW]),
    "pinv": (np.linalg.pinv, L.pinv, [A]),
    "cholesky": (lambda x: np.linalg.cholesky(x), triangle(L.cholesky), [Q @ Q.T]),
    "eigvalsh": (np.linalg.eigvalsh, triangle(L.eigvalsh), [SYMMETRIC]),
    "eigenvectors": (lambda x: np.square(np.linalg.eigh(x)[1]), triangle(lambda x: torch.square(L.eigh(x)[1])), [SYMMETRIC]),
    "svdvals": (np.linalg.svdvals, L.svdvals, [A]),
    "svd": (lambda x: np.square(np.linalg.svd(x, False)[0]), lambda x: torch.square(L.svd(x, False)[0]), [A]),
    "qr": (lambda x: np.linalg.qr(x)[1], lambda x: L.qr(x)[1], [Q]),
    "norm": (np.linalg.norm, L.norm, [A]),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1), lambda x: L.norm(x, dim=1), [A]),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3), lambda x: L.norm(x, 3), [VECTOR]),
    "norm of order inf": (lambda x: np.linalg.norm(x, np.inf), lambda x: L.norm(x, torch.inf), [VECTOR]),
    "matrix norm of order 1": (lambda x: np.linalg.norm(x, 1), lambda x: L.norm(x, 1), [A]),
    "matrix norm of order 2": (lambda x: np.linalg.norm(x, 2), lambda x: L.norm(x, 2), [A]),
    "nuclear norm": (lambda x: np.linalg.norm(x, "nuc"), lambda x: L.norm(x, "nuc"), [A]),
    "vector_norm": (np.linalg.vector_norm, L.vector_norm, [BATCH]),
    "cond": (np.linalg.cond, L.cond, [Q]),
    "tensorsolve": (np.linalg.tensorsolve, L.tensorsolve, [Q, ROW[:3]]),
    "tensorinv": (lambda x: np.linalg.tensorinv(x, 1), lambda x: L.tensorinv(x, 1), [Q]),
}
# fmt: on
