"""Reductions along axes: sums, means, extremes, products, variances; and the running sums and products.

Each takes NumPy's `axis`, `keepdims`, `where` and, where NumPy has it, `initial`. An element that `where` leaves out
gets the gradient 0, whatever its value.
"""

import math
from typing import Any

import numpy as np

from ..rules import composite, constant, defvjp


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


def _spread(g, x):
    """g, broadcast to the shape of x. A single number is spread by hand: np.broadcast_to takes longer than most rules."""
    if g.ndim or not isinstance(g, np.ndarray | np.generic):
        return np.broadcast_to(g, x.shape)
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


def _sum_dx(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return _spread(_only(where, _kept(g, x, axis)), x)


def _initial_dsum(g, *_, **__):
    return g


def _mean_dx(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, where=True):
    return _spread(_only(where, _kept(g, x, axis) / _count(x, axis, where)), x)


def _var_dx(
    g, ans, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    """2 (x - mean) / (n - ddof). The mean's own change adds nothing, since the deviations from it sum to 0."""
    divisor = np.maximum(_count(x, axis, where) - _degrees(ddof, correction), 0.0)
    return _only(where, _kept(g, x, axis) * (2.0 * _deviation(x, axis, where, mean) / divisor))


def _std_dx(
    g, ans, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None
):
    """(x - mean) / ((n - ddof) std), and 0 for a standard deviation of 0."""
    divisor = np.maximum(_count(x, axis, where) - _degrees(ddof, correction), 0.0)
    std = _kept(ans, x, axis)
    return _only(
        where, _kept(g, x, axis) * (_deviation(x, axis, where, mean) / (divisor * np.where(std == 0, 1.0, std)))
    )


def _degrees(ddof, correction):
    """NumPy calls the same number by two names."""
    return correction if _given(correction) else ddof


def _deviation(x, axis, where, mean):
    there = x if where is True or where is np._NoValue else np.where(where, x, 0.0)
    if _given(mean):
        return there - mean
    return there - np.sum(there, axis=_axes(x, axis), keepdims=True) / _count(x, axis, where)


def _extreme_dx(g, ans, x, axis=None, out=None, keepdims=False, initial=None, where=True):
    """The gradient goes to the largest (smallest) element; several of them, and an equal `initial`, share it evenly."""
    best = _kept(ans, x, axis)
    ties = _ties(x, best, where)
    return np.where(ties, _kept(g, x, axis) / _contenders(ties, best, axis, initial), 0.0)


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


def _initial_dprod(g, ans, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return g * np.prod(x, axis=axis, keepdims=bool(keepdims) and keepdims is not np._NoValue, where=where)


def _cumsum_dx(g, ans, x, axis=None, dtype=None, out=None):
    if axis is None:
        return np.reshape(np.cumsum(g[::-1])[::-1], x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


def _cumprod_dx(g, ans, x, axis=None, dtype=None, out=None):
    """Without a division: with p_i the product of all before x_i, dC/dx_i = p_i s_i, s_i = g_i + x_(i+1) s_(i+1)."""
    flat, g = (
        (np.reshape(x, -1), g) if axis is None or x.ndim == 0 else (np.moveaxis(x, axis, -1), np.moveaxis(g, axis, -1))
    )
    n = flat.shape[-1]
    if n == 0:
        return np.zeros_like(x)
    sums = [g[..., n - 1]]
    for i in range(n - 2, -1, -1):
        sums.append(g[..., i] + flat[..., i + 1] * sums[-1])
    before = np.concatenate([np.ones_like(flat[..., :1]), np.cumprod(flat[..., :-1], axis=-1)], axis=-1)
    flow = before * np.stack(sums[::-1], axis=-1)
    return np.reshape(flow, x.shape) if axis is None or x.ndim == 0 else np.moveaxis(flow, -1, axis)


# fmt: off
#      function         d/dx                                  d/dinitial
defvjp(np.sum,          _sum_dx,      None, None, None, None, _initial_dsum,     initial=_initial_dsum)
defvjp(np.mean,         _mean_dx)
defvjp(np.var,          _var_dx)
defvjp(np.std,          _std_dx)
defvjp(np.max,          _extreme_dx,  None, None, None,       _initial_dextreme, initial=_initial_dextreme)
defvjp(np.min,          _extreme_dx,  None, None, None,       _initial_dextreme, initial=_initial_dextreme)
defvjp(np.prod,         _prod_dx,     None, None, None, None, _initial_dprod,    initial=_initial_dprod)
defvjp(np.cumsum,       _cumsum_dx)
defvjp(np.cumprod,      _cumprod_dx)
# fmt: on


def _bare(where):
    """A mask as an array: a Tensor would make NumPy's function call the reduction, and so itself, without end."""
    return where if where is True else np.asarray(where)


# A ufunc's reduction is the function of another name, but for its axis, which is 0 by default.
function: Any
for reduction, function in ((np.add.reduce, np.sum), (np.multiply.reduce, np.prod)):

    @composite(reduction)
    def reduced(
        array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True, *, _function=function
    ):
        return _function(array, axis, dtype, out, keepdims, initial, _bare(where))


for reduction, function in ((np.maximum.reduce, np.max), (np.minimum.reduce, np.min)):

    @composite(reduction)
    def extreme(
        array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True, *, _function=function
    ):
        array = array if dtype is None else np.astype(array, np.dtype(dtype))
        return _function(array, axis, out, keepdims, initial, _bare(where))


for accumulation, function in ((np.add.accumulate, np.cumsum), (np.multiply.accumulate, np.cumprod)):

    @composite(accumulation)
    def running(array, axis=0, dtype=None, out=None, *, _function=function):
        return _function(array, axis, dtype, out)


constant(np.argmax, np.argmin, np.any, np.all, np.count_nonzero)
