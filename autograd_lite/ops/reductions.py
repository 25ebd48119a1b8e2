"""Reductions along axes: sums, means, extremes, products, variances.

Each takes NumPy's `axis`, `keepdims`, `where` and, where NumPy has it, `initial`. An element that `where` leaves out
gets the gradient 0, whatever its value.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from ..primitives import primitive
from ..rules import PLAIN, composite, constant, defvjp
from ..versions import TAKES_ELLIPSIS
from .precision import in_single


def _axes(x, axis):
    """The reduced axes, as non-negative numbers. NumPy reduces a 0-d array along an axis 0 that it has not."""
    if axis is None or x.ndim == 0:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in (axis if isinstance(axis, tuple | list) else (axis,)))


def _kept(g, x, axis):
    """A result of a reduction of x with the reduced axes back in place, of length 1. A single number fits as it is."""
    if g.ndim == 0:
        return g
    axes = _axes(x, axis)
    return np.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


_NUMBERS = np.ndarray, np.generic


def _spread(g, x):
    """g, broadcast to the shape of x. A single number is spread by hand: np.broadcast_to takes longer than most rules."""
    if g.ndim or not isinstance(g, _NUMBERS):
        return np.broadcast_to(g, x.shape)
    if x.size < 4096:
        full = np.empty(x.shape, g.dtype)
        full.fill(g)
        return full
    view = np.ndarray(x.shape, g.dtype, np.asarray(g), 0, (0,) * x.ndim)
    view.flags.writeable = False
    return view


def _count(x, axis, where):
    """How many elements each result was made from."""
    if where is True or where is np._NoValue:
        return math.prod(x.shape[a] for a in _axes(x, axis))
    return np.sum(np.broadcast_to(where, x.shape), axis=_axes(x, axis), keepdims=True)


def _only(where, g):
    """g where an element took part, 0 elsewhere."""
    return g if where is True or where is np._NoValue else np.where(where, g, 0.0)


def _given(initial):
    return initial is not None and initial is not np._NoValue


# With out=... a result is an array at once, and not a NumPy scalar first.
_AS_ARRAY: Any = {"out": ...} if TAKES_ELLIPSIS else {}
_sum_up = partial(np.add.reduce, axis=None, **_AS_ARRAY)


@primitive
def scaled_sum(x, factor):
    """factor times the sum of all elements of x, for a number factor: an average, if that is 1 over how many are averaged.

    It has a rule of its own, and not those of np.sum and np.multiply.
    """
    if x.dtype == np.float16:  # whose sum need not fit into it, where the average does
        return np.multiply(np.sum(x, dtype=np.float32), factor).astype(x.dtype)
    return np.multiply(_sum_up(x), factor, **_AS_ARRAY)


@in_single
def _scaled_sum_dx(g, ans, x, factor):
    return _spread(g * factor, x)


def _sum_dx(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    if g.ndim == 0 and where is True:
        return _spread(g, x)
    return _spread(_only(where, _kept(g, x, axis)), x)


def _initial_dsum(g, *_, **__):
    return g


@in_single
def _mean_dx(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, where=True):
    return _spread(_only(where, _kept(g, x, axis) / _count(x, axis, where)), x)


@in_single
def _var_dx(
    g, ans, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    """2 (x - mean) / (n - ddof). The mean's own change adds nothing, since the deviations from it sum to 0."""
    divisor = np.maximum(_count(x, axis, where) - _degrees(ddof, correction), 0.0)
    return _only(where, _kept(g, x, axis) * (2.0 * _deviation(x, axis, where, mean) / divisor))


@partial(in_single, function=np.std)
def _std_dx(
    g, ans, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    """(x - mean) / ((n - ddof) std), and 0 for a standard deviation of 0, which that of one number always is.

    The mean that was rounded is not quite in the middle. Of numbers that are equal the deviations are then that rounding
    alone, and so is std: taken off once more, they are 0, as the slope is.
    """
    deviation = _deviation(x, axis, where, mean)
    if not _given(mean):
        deviation = _deviation(deviation, axis, where, mean)
    count = _count(x, axis, where)
    whole = np.maximum(count - _degrees(ddof, correction), 0.0) * _kept(ans, x, axis)
    if not _given(mean) and not (isinstance(count, int) and count != 1):
        whole = np.where(np.equal(count, 1), 1.0, whole)
    return _only(where, _kept(g, x, axis) * _over(deviation, whole))


@in_single
def _var_dmean(
    g, ans, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean, correction=None
):
    """-2 sum(x - mean) / (n - ddof): 0 only where the given mean is that of x."""
    divisor = np.maximum(_count(x, axis, where) - _degrees(ddof, correction), 0.0)
    total = np.sum(_only(where, x - mean), axis=_axes(x, axis), keepdims=True)
    return _kept(g, x, axis) * (-2.0 * total / divisor)


@in_single
def _std_dmean(g, ans, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, **more):
    return _over(_var_dmean(g, ans, x, axis, dtype, out, ddof, keepdims, **more), 2.0 * _kept(ans, x, axis))


def _degrees(ddof, correction):
    """NumPy calls the same number by two names."""
    return correction if _given(correction) else ddof


def _over(part, whole):
    """part / whole, and 0 where the whole is 0: the tip of a cone, where this is the slope of smallest norm.

    The slope has no slope itself there: the derivative of the quotient is NaN, also where `np.where` sends it 0.
    """
    return np.where(whole == 0, 0.0, part / whole)


def _deviation(x, axis, where, mean):
    there = x if where is True or where is np._NoValue else np.where(where, x, 0.0)
    if _given(mean):
        return there - mean
    return there - np.sum(there, axis=_axes(x, axis), keepdims=True) / _count(x, axis, where)


@in_single
def _extreme_dx(g, ans, x, axis=None, out=None, keepdims=False, initial=None, where=True):
    """The gradient goes to the largest (smallest) element; several of them, and an equal `initial`, share it evenly."""
    best = _kept(ans, x, axis)
    ties = _ties(x, best, where)
    return np.where(ties, _kept(g, x, axis) / _contenders(ties, best, axis, initial), 0.0)


@in_single
def _initial_dextreme(g, ans, x, axis=None, out=None, keepdims=False, initial=None, where=True):
    """The share of `initial`, one contender among the elements."""
    best = _kept(ans, x, axis)
    share = np.where(
        _equal(best, initial), _kept(g, x, axis) / _contenders(_ties(x, best, where), best, axis, initial), 0.0
    )
    return np.reshape(share, g.shape)


def _equal(x, y):
    """Are they equal? Here NaN is equal to NaN."""
    return (x == y) | (np.isnan(x) & np.isnan(y))


def _ties(x, best, where):
    return _equal(x, best) if where is True or where is np._NoValue else _equal(x, best) & where


def _contenders(ties, best, axis, initial):
    """How many share the gradient."""
    return np.sum(ties, axis=_axes(ties, axis), keepdims=True) + (_equal(best, initial) if _given(initial) else 0)


@in_single
def _prod_dx(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """The product of the other elements, without a division, so that zeros do no harm."""
    axes = _axes(x, axis)
    last = tuple(range(x.ndim - len(axes), x.ndim))
    there = x if where is True or where is np._NoValue else np.where(where, x, 1.0)
    rows = np.moveaxis(there, axes, last)
    flat = np.reshape(rows, (*rows.shape[: x.ndim - len(axes)], -1)) if x.size else rows
    others = np.moveaxis(np.reshape(_product_of_others(flat), rows.shape), last, axes) if x.size else there
    scale = initial if _given(initial) else 1.0
    return _only(where, _kept(g, x, axis) * (others * scale))


def _product_of_others(x):
    """Along the last axis: (product of all before) * (product of all after)."""
    one = np.ones_like(x[..., :1])
    before = np.concatenate([one, np.cumprod(x[..., :-1], axis=-1)], axis=-1)
    after = np.concatenate([one, np.cumprod(x[..., :0:-1], axis=-1)], axis=-1)[..., ::-1]
    return before * after


@in_single
def _initial_dprod(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return g * np.prod(x, axis=axis, keepdims=bool(keepdims) and keepdims is not np._NoValue, where=where)


# fmt: off
#      function         d/dx                                  d/dinitial
defvjp(np.sum,          _sum_dx,      None, None, None, None, _initial_dsum,     initial=_initial_dsum)
defvjp(scaled_sum,      _scaled_sum_dx)
defvjp(np.mean,         _mean_dx)
defvjp(np.var,          _var_dx,      mean=_var_dmean)
defvjp(np.std,          _std_dx,      mean=_std_dmean)
defvjp(np.max,          _extreme_dx,  None, None, None,       _initial_dextreme, initial=_initial_dextreme)
defvjp(np.min,          _extreme_dx,  None, None, None,       _initial_dextreme, initial=_initial_dextreme)
defvjp(np.prod,         _prod_dx,     None, None, None, None, _initial_dprod,    initial=_initial_dprod)
# fmt: on


PLAIN[np.sum] = lambda x, *args, **keywords: np.sum(x, *args, **keywords) if args or keywords else _sum_up(x)


@composite(np.amax)
def amax(a, axis=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    return np.max(a, axis, out, keepdims, initial, where)


@composite(np.amin)
def amin(a, axis=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    return np.min(a, axis, out, keepdims, initial, where)


@composite(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


constant(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.any, np.all, np.count_nonzero)
