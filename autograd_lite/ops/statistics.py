"""Weighted means, counts with weights, covariance and correlation."""

import numpy as np

from ..primitives import tensors_in
from ..rules import array_like, composite, constant, defvjp
from .joining import one_array
from .precision import in_single
from .reductions import _axes, _kept


def _weights_as(weights, a, axis):
    """Weights in the shape of `a`: those of one axis, or of several, stand along these."""
    if np.shape(weights) == np.shape(a):
        return weights
    axes = axis if isinstance(axis, tuple) else (axis,)
    order = sorted(range(len(axes)), key=lambda i: axes[i] % np.ndim(a))
    kept = {a_ % np.ndim(a) for a_ in axes}
    shape = [n if i in kept else 1 for i, n in enumerate(np.shape(a))]
    return np.reshape(np.transpose(weights, order), shape)


def _total(w, ans, a, axis):
    """The sum of the weights, in the precision of the average: their own need not hold it."""
    return np.sum(w, axis=_axes(a, axis), dtype=ans.dtype, keepdims=True)


@in_single
def _average_dx(g, ans, a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Each element's share of the weights."""
    if weights is None:
        n = np.size(a) / max(np.size(ans), 1)
        return np.broadcast_to(_kept(g, a, axis) / n, np.shape(a))
    w = np.broadcast_to(_weights_as(weights, a, axis), np.shape(a))
    return _kept(g, a, axis) * (w / _total(w, ans, a, axis))


@in_single
def _average_dweights(g, ans, a, axis=None, weights=None, returned=False, *, keepdims=False):
    """(a - average) / sum of the weights."""
    w = _weights_as(weights, a, axis)
    whole = _total(np.broadcast_to(w, np.shape(a)), ans, a, axis)
    slopes = _kept(g, a, axis) * ((a - _kept(ans, a, axis)) / whole)
    if np.shape(weights) == np.shape(a):
        return slopes
    axes = tuple(x % np.ndim(a) for x in (axis if isinstance(axis, tuple) else (axis,)))
    total = np.sum(slopes, axis=tuple(i for i in range(np.ndim(a)) if i not in axes))
    return np.transpose(total, [sorted(axes).index(x) for x in axes])


def _bincount_dweights(g, ans, x, weights=None, minlength=0):
    return g[x]


@in_single
def _cov_dm(g, ans, m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    return _cov_parts(g, m, y, rowvar, bias, ddof, fweights, aweights)[0]


@in_single
def _cov_dy(g, ans, m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    return _cov_parts(g, m, y, rowvar, bias, ddof, fweights, aweights)[1]


def _cov_parts(g, m, y, rowvar, bias, ddof, fweights, aweights):
    """(G + Gᵀ) D w / divisor, with D the deviations of all variables from their means, for m and for y.

    The means' own change adds nothing, since the weighted deviations from them sum to 0.
    """
    rows = [_variables(m, rowvar or np.ndim(m) == 1)]
    if y is not None:
        rows.append(_variables(y, rowvar or np.shape(np.atleast_2d(y))[0] == 1))
    x = np.concatenate(rows, axis=0)
    n = np.shape(x)[1]
    ddof = (0 if bias else 1) if ddof is None else ddof
    f = np.ones(n) if fweights is None else np.asarray(fweights, float)
    w = f if aweights is None else f * np.asarray(aweights, float)
    total = np.sum(w)
    taken = 0.0 if ddof == 0 else ddof if aweights is None else ddof * np.sum(w * np.asarray(aweights, float)) / total
    deviations = x - np.sum(x * w, axis=1, keepdims=True) / total
    g = np.reshape(g, (np.shape(x)[0],) * 2)
    slopes = np.matmul(g + np.swapaxes(g, 0, 1), deviations) * (w / (total - taken))
    sent, start = [], 0
    for part, rows_of in zip((m, y), rows, strict=False):
        own = slopes[start : start + np.shape(rows_of)[0]]
        turned = np.ndim(part) == 2 and np.shape(rows_of) != np.shape(part)
        sent.append(np.reshape(np.swapaxes(own, 0, 1) if turned else own, np.shape(part)))
        start += np.shape(rows_of)[0]
    return sent


def _variables(x, in_rows):
    """One variable a row."""
    x = np.atleast_2d(x)
    return x if in_rows else np.swapaxes(x, 0, 1)


# fmt: off
#      function         d/dx                      further arguments
defvjp(np.average,      _average_dx,              None,                   _average_dweights,   weights=_average_dweights)
defvjp(np.bincount,     None,                     _bincount_dweights)
defvjp(np.cov,          _cov_dm,                  _cov_dy)
# fmt: on
array_like(np.average, np.bincount, np.cov)


@composite(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=np._NoValue):
    """With `returned`, also the sum of the weights."""
    if not returned:
        return NotImplemented
    a = one_array(a)
    mean = np.average(a, axis, weights, keepdims=keepdims)
    if weights is None:
        return mean, np.full_like(mean, np.size(a) / np.size(mean))
    whole = np.sum(_weights_as(one_array(weights), a, axis), axis, dtype=mean.dtype, keepdims=keepdims)
    return mean, np.broadcast_to(whole, np.shape(mean))


@composite(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = np.cov(x, y, rowvar, dtype=dtype)
    if not np.ndim(c):
        return c / c
    deviation = np.sqrt(np.diag(c))
    return np.clip(c / deviation[:, None] / deviation[None, :], -1.0, 1.0)


@composite(np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges)
def histogram(*args, **keywords):
    """Counts are constant, but edges follow the extremes of the data, and sums of weights the weights."""
    if any(t.requires_grad for t in tensors_in([*args, *keywords.values()])):
        raise TypeError(
            "histograms have no derivative here: count t.numpy(), or for the derivative of sums of weights use "
            "np.bincount(np.digitize(x, edges), weights=w)"
        )
    return NotImplemented


constant(
    np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges, np.digitize, np.searchsorted,
)  # fmt: skip
