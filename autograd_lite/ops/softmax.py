"""Sums of exponentials, their logarithm, and shares in them. The largest is taken out first, so that nothing overflows."""

import numpy as np

from ..operands import function_of_arrays
from ..rules import defvjp
from .activations import _floating
from .precision import in_single
from .reductions import _kept


@function_of_arrays
def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)): positive numbers that sum to 1 along an axis, a tuple of axes, or all (None)."""
    x = _floating(x)
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    with np.errstate(under="ignore"):
        powers = np.exp(wide - np.max(wide, axis=axis, keepdims=True))
        return (powers / np.sum(powers, axis=axis, keepdims=True)).astype(x.dtype, copy=False)


@function_of_arrays
def log_softmax(x, axis=-1):
    """The logarithm of softmax, x - logsumexp(x), along an axis, a tuple of axes, or all (None)."""
    x = _floating(x)
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    with np.errstate(under="ignore"):
        shifted = wide - np.max(wide, axis=axis, keepdims=True)
        return (shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))).astype(x.dtype, copy=False)


@function_of_arrays
def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))) along an axis, a tuple of axes, or all (None). Of -inf alone it is -inf."""
    x = _floating(x)
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    with np.errstate(under="ignore", divide="ignore", over="ignore"):
        best = np.max(wide, axis=axis, keepdims=True)
        finite = np.where(np.isfinite(best), best, wide.dtype.type(0))
        total = np.log(np.sum(np.exp(wide - finite), axis=axis, keepdims=True)) + finite
        total = total.astype(x.dtype, copy=False)
    return total if keepdims else np.squeeze(total, axis=axis if axis is not None else tuple(range(x.ndim)))


@in_single
def _softmax_dx(g, ans, x, axis=-1):
    """s_i (g_i - sum_j s_j g_j)."""
    return ans * (g - np.sum(g * ans, axis=axis, keepdims=True))


@in_single
def _log_softmax_dx(g, ans, x, axis=-1):
    return g - np.exp(ans) * np.sum(g, axis=axis, keepdims=True)


@in_single
def _logsumexp_dx(g, ans, x, axis=None, keepdims=False):
    """Each element's share; 0 where all are -inf and there is nothing to share. Elements that are +inf share alone."""
    whole = _kept(ans, x, axis)
    if isinstance(x, np.ndarray) and np.all(np.isfinite(whole)):
        return _kept(g, x, axis) * np.exp(x - whole)
    infinite = np.isposinf(x)
    shared = infinite / np.maximum(np.sum(infinite, axis=axis, keepdims=True), 1)
    shares = np.where(np.isposinf(whole), shared, np.exp(x - np.where(np.isinf(whole), 0.0, whole)))
    return _kept(g, x, axis) * shares


# fmt: off
#      function         d/dx
defvjp(softmax,         _softmax_dx)
defvjp(log_softmax,     _log_softmax_dx)
defvjp(logsumexp,       _logsumexp_dx)
# fmt: on
