"""Functions of one example's (3, 4) array for the tables of batch_arrays.py, by kind."""

import numpy as np

import autograd_lite as ag

PLACES = np.array([[2, 0], [1, 1], [3, 0]])
WINDOWS = np.lib.stride_tricks.sliding_window_view
FIXED = np.random.default_rng(3).normal(size=(3, 3)) + 4.0 * np.eye(3)


def square(v):
    """A matrix that has an inverse."""
    return v[:, :3] + 4.0 * np.eye(3)


def definite(v):
    return square(v) @ square(v).T


MORE_RULES = {
    "activation": [
        lambda v: ag.leaky_relu(v) + ag.elu(v) + ag.selu(v) + ag.silu(v) + ag.softsign(v),
        lambda v: ag.gelu(v) * ag.gelu(v, "tanh"),
        lambda v: ag.erf(v) + ag.logit(ag.sigmoid(v)),
        lambda v: np.i0(v) + ag.grad(lambda x: np.sum(ag.erf(x) + np.i0(x)))(v),
        lambda v: ag.grad(lambda x: np.sum(np.tanh(x)))(v),
        lambda v: np.logaddexp(v, v[0]),
        lambda v: np.power(np.abs(v) + 1.0, v[0]),
        lambda v: np.modf(v)[0] * np.frexp(v)[0] + np.modf(v)[1] + np.real(v) + np.imag(v) + np.angle(v),
        lambda v: ag.softmax(v),
        lambda v: ag.softmax(v, (0, 1)) + ag.softmax(v, None) * ag.softmax(v, 0),
        lambda v: ag.log_softmax(v, 0),
        lambda v: ag.logsumexp(v, 1, True) + ag.logsumexp(v),
        lambda v: ag.one_hot(np.argmax(v, axis=1), 4) * v,
    ],
    "statistic": [
        lambda v: np.nansum(v, axis=0) + np.nanmean(v) + np.nanprod(v, axis=0, keepdims=True),
        lambda v: np.nanmax(v, axis=1, keepdims=True) + np.nanmin(v),
        lambda v: np.nanvar(v, axis=0) + np.nanstd(v, axis=(0, 1)),
        lambda v: np.median(v, axis=0) + np.nanmedian(v),
        lambda v: np.average(v) + np.average(v, axis=1, weights=[0.1, 0.2, 0.3, 0.5]),
        lambda v: np.average(v, 0, np.arange(1.0, 13.0).reshape(3, 4)) * np.average(v[0], weights=[1.0, 2.0, 3.0, 4.0]),
        lambda v: np.nan_to_num(np.where(v > 0, v, np.nan), nan=2.0, posinf=3.0) + np.nan_to_num(v),
        lambda v: v * np.sum(v[0, 0], axis=0) + np.max(v[1, 1], axis=-1) + np.cumsum(v[2, 2], axis=0),
        lambda v: np.quantile(v, 0.3),
        lambda v: np.quantile(v, [0.3, 0.7], axis=1),
        lambda v: np.percentile(v, [20.0, 70.0]) + np.nanpercentile(v, 40.0) + np.nanquantile(v, 0.6),
    ],
    "norm": [
        lambda v: np.linalg.norm(v) + np.linalg.norm(v, 1) + np.linalg.norm(v[0]),
        lambda v: np.linalg.norm(v, axis=0),
        lambda v: np.linalg.norm(v, 3, axis=1, keepdims=True),
        lambda v: np.linalg.norm(v, "fro"),
        lambda v: np.linalg.norm(v, axis=(0, 1), keepdims=True),
        lambda v: np.linalg.norm(v[0], 3) + np.linalg.norm(v[:, 1], np.inf),
        lambda v: np.linalg.norm(v[None]),
    ],
    "order": [
        lambda v: np.sort(v) + np.sort(v, axis=0),
        lambda v: np.sort(v, axis=None),
        lambda v: v * np.nanargmax(v) + v * np.nanargmin(v, axis=0) + v * np.digitize(v, [-1.0, 0.0, 1.0]),
        lambda v: np.partition(v, 2) + np.partition(v, 1, axis=0),
        lambda v: np.nancumsum(v, axis=0) + np.nancumprod(v, axis=1),
        lambda v: np.take_along_axis(v, PLACES, 1),
        lambda v: np.take_along_axis(v, np.argsort(v, axis=0), 0),
        lambda v: np.take_along_axis(v, np.array([3, 3, 0]), None),
    ],
    "copy": [
        lambda v: np.take(v, [1, 1, 0], axis=1),
        lambda v: np.take(v, [[1, 7]]),
        lambda v: np.take(v, np.argsort(v, axis=1)),
        lambda v: np.repeat(v, 2) * np.repeat(v[:2], 3, axis=0).reshape(-1),
        lambda v: np.repeat(v, [1, 0, 2], axis=0),
        lambda v: np.roll(v, 1) + np.roll(v, (1, 2), (0, 1)) + np.roll(v, -1, axis=1),
        lambda v: np.delete(v, [0, 2], axis=1),
        lambda v: np.tril(v) + np.triu(v, 1),
        lambda v: np.tril(v[0]),
        lambda v: np.diagonal(v, 1) * np.trace(v),
        lambda v: np.diag(v) + np.diag(v[0], -1)[:3, :3],
        lambda v: np.rot90(v) + np.rot90(v, -1, (1, 0)),
        lambda v: np.swapaxes(v, axis2=1, axis1=0) + np.moveaxis(v, source=0, destination=1),
        lambda v: np.concatenate(v) + np.concatenate(v[None], axis=1).reshape(-1),
        lambda v: np.tile(v, 2),
        lambda v: np.tile(v[0], (2, 1, 2)),
        lambda v: np.tile(v, (3, 1)),
        lambda v: np.pad(v, 1) + np.pad(v, ((1, 1), (2, 0)), "edge"),
        lambda v: np.pad(v, (1, 0), constant_values=2.0),
        lambda v: WINDOWS(v, 2, axis=1),
        lambda v: WINDOWS(v, (2, 2)),
    ],
    "matrix": [
        lambda v: np.linalg.inv(square(v)) * np.linalg.det(square(v)),
        lambda v: ag.grad(lambda x: np.linalg.det(square(x)))(v),
        lambda v: np.linalg.cholesky(definite(v)),
        lambda v: np.linalg.eigvalsh(definite(v)),
        lambda v: np.linalg.matrix_power(square(v), 3),
        lambda v: np.linalg.svdvals(v) + np.linalg.slogdet(square(v))[1] + np.linalg.norm(v, "nuc"),
        lambda v: np.linalg.eigh(definite(v))[0] + np.square(np.linalg.svd(v, False)[0]),
        lambda v: np.linalg.qr(v.T)[1] + np.linalg.lstsq(v.T, v.T)[0],
        lambda v: np.linalg.pinv(v) @ np.linalg.multi_dot([v, FIXED[:, :1].T.repeat(4, 0), v]),
        lambda v: np.kron(v, v[0]) * 2.0,
        lambda v: np.tensordot(v, v, (np.int64(1), np.int64(1))) + np.tensordot(v, v.T, np.int64(1)),
        lambda v: np.cross(v[:, :3], v[0, 1:]),
        lambda v: np.linalg.solve(square(v), v[:, 0]) + np.linalg.solve(FIXED, v[:, 1]),
        lambda v: np.linalg.solve(square(v), v),
        lambda v: np.linalg.solve(square(v), np.stack([v, v])) + np.linalg.solve(FIXED, v),
        lambda v: np.linalg.solve(np.stack([square(v), definite(v)]), v[:, 0]),
        lambda v: np.linalg.solve(np.stack([square(v), definite(v)]), v),
    ],
    "sequence": [
        lambda v: np.convolve(v[0], v[1]) + np.correlate(v[0], [1.0, 2.0], "full")[0],
        lambda v: np.interp(v, np.array([-2.0, 0.0, 2.0]), v[0, :3]),
        lambda v: np.polyval(v[0], v) + np.vander(v[:, 0], 4),
        lambda v: np.diagflat(v[0]) + np.resize(v, (4, 4)),
        lambda v: np.linspace(v[0], v[1], 3) * np.geomspace(np.exp(v[0]), 2.0, 3),
        lambda v: np.unwrap(v) + np.gradient(v, axis=1),
        lambda v: np.cov(v),
        lambda v: np.block([[v, v], [v * 2.0, v]]),
        lambda v: np.bincount([0, 2, 2, 1], weights=v[0]),
        lambda v: np.insert(v, 1, v[2], axis=0),
        lambda v: np.choose([0, 2, 1, 1], v),
        lambda v: np.add.reduceat(v, [0, 2], axis=1),
    ],
    "section": [
        lambda v: np.vecdot(v, v[0]),
        lambda v: np.vecdot(np.stack([v, v]), v),
        *([lambda v: np.matvec(v, v[0]) + np.matvec(FIXED, v[:, 0])] if hasattr(np, "matvec") else []),
        *([lambda v: np.vecmat(v[:, 0], v) + np.vecmat(np.ones(3), np.stack([v, v]))] if hasattr(np, "matvec") else []),
    ],
}
