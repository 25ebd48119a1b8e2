"""Order: sorting and partitioning, medians, quantiles and percentiles, with NumPy's weights for each method."""

import math

import numpy as np

from ..primitives import primitive
from ..rules import composite, constant, defvjp
from .reductions import _axes, _kept


def _sorted_dx(g, ans, x, axis):
    """The element that is kth in stable order of the result came from the kth in stable order of x."""
    if axis is None:
        return np.reshape(_sorted_dx(g, ans, np.reshape(x, -1), 0), np.shape(x))
    came_from = np.argsort(x, axis=axis, kind="stable")
    went_to = np.argsort(ans, axis=axis, kind="stable")
    sorted_g = np.take_along_axis(g, went_to, axis)
    return np.take_along_axis(sorted_g, np.argsort(came_from, axis=axis, kind="stable"), axis)


def _sort_dx(g, ans, x, axis=-1, kind=None, order=None, *, stable=None):
    return _sorted_dx(g, ans, x, axis)


def _partition_dx(g, ans, x, kth, axis=-1, kind="introselect", order=None):
    return _sorted_dx(g, ans, x, axis)


# ---------------------------------------------------------------------------------------------------------------------
# A median or quantile is a weighted sum of two elements that are neighbours in order.


@primitive
def quantile_slopes(x, q, function, axis, method, weights):
    """d quantile / dx, which is constant between the points where elements change places.

    function : the name of NumPy's function
    The shape is that of q, followed by that of x. Elements that are equal count in their stable order. Where the quantile is
    NaN, so is one of the elements; those that are share the slope.

    NumPy's function of the numbers 0, 1, ..., n-1 is the place p of the quantile in the order of n elements. The elements at
    floor(p) and floor(p) + 1 have the weights 1 - (p - floor(p)) and p - floor(p).
    """
    axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in np.atleast_1d(axis).tolist())
    last = tuple(range(x.ndim - len(axes), x.ndim))
    moved = np.moveaxis(x, axes, last)
    count = math.prod(moved.shape[x.ndim - len(axes) :])
    rows = np.reshape(moved, (x.size // max(count, 1), count))
    queries = np.atleast_1d(np.asarray(q, np.float64)).reshape(-1)
    skips_nan = function.startswith("nan")
    slopes = np.zeros((len(queries), *rows.shape))
    order = np.argsort(rows, axis=1, kind="stable")
    missing = np.isnan(rows).sum(axis=1)
    every = np.arange(len(rows))
    if weights is not None:
        shares = np.broadcast_to(weights_along(weights, x, axes), x.shape)
        shares = np.moveaxis(shares, axes, last).reshape(rows.shape)
    for count in np.unique(rows.shape[1] - missing).tolist():
        mine = every[rows.shape[1] - missing == count]
        if count < rows.shape[1] and not skips_nan:
            slopes[:, mine] = np.isnan(rows[mine]) / (rows.shape[1] - count)
        elif count and weights is None:
            places = quantile_places(queries, function, count, method)
            below = np.clip(np.floor(places), 0, count - 1).astype(int)
            above = np.minimum(below + 1, count - 1)
            for k in range(len(queries)):
                slopes[k, mine, order[mine, below[k]]] += 1.0 - (places[k] - below[k])
                slopes[k, mine, order[mine, above[k]]] += places[k] - below[k]
        elif count:
            for row in mine.tolist():
                taken = order[row, :count]
                found = getattr(np, function)(rows[row, taken], queries, method=method, weights=shares[row, taken])
                first = np.argmax(rows[row, taken] == found[:, None], axis=1)
                slopes[np.arange(len(queries)), row, taken[first]] = 1.0
    slopes = np.moveaxis(np.reshape(slopes, (len(queries), *moved.shape)), [a + 1 for a in last], [a + 1 for a in axes])
    return np.reshape(slopes, (*np.shape(q), *x.shape)).astype(x.dtype)


def quantile_places(queries, function, count, method):
    """Where in the order of `count` elements the quantiles lie, from 0 on."""
    numbers = np.arange(count, dtype=np.float64)
    if function in ("median", "nanmedian"):
        return np.full(len(queries), np.median(numbers))
    return getattr(np, function)(numbers, queries, method=method)


def weights_along(weights, x, axes):
    """Weights in the shape of x: those of one axis, or several, stand along these."""
    if np.shape(weights) == x.shape:
        return np.asarray(weights)
    order = sorted(range(len(axes)), key=axes.__getitem__)
    return np.transpose(weights, order).reshape([n if i in axes else 1 for i, n in enumerate(x.shape)])


constant(quantile_slopes)


def _quantile_dx(function):
    def rule(
        g, ans, x, q=0.5, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
    ):
        slopes = quantile_slopes(x, q, function, axis, method, weights)
        queries = tuple(range(np.ndim(q)))
        ones = [1 if i in _axes(x, axis) else n for i, n in enumerate(np.shape(x))]
        kept = np.reshape(g, (*np.shape(q), *ones)) if queries else _kept(g, x, axis)
        return np.sum(kept * slopes, axis=queries) if queries else kept * slopes

    return rule


def _median_dx(function):
    def rule(g, ans, x, axis=None, out=None, overwrite_input=False, keepdims=False):
        return _kept(g, x, axis) * quantile_slopes(x, 0.5, function, axis, "linear", None)

    return rule


def _spare_the_input(f, place):
    """Let `overwrite_input`, which stands at `place`, mean nothing: the rule reads the value that NumPy would write over."""

    @composite(f)
    def spared(*args, **keywords):
        if not (keywords.pop("overwrite_input", False) or any(args[place : place + 1])):
            return NotImplemented
        return f(*(False if i == place else a for i, a in enumerate(args)), **keywords)


_spare_the_input(np.median, 3)
_spare_the_input(np.nanmedian, 3)
for function in (np.quantile, np.nanquantile, np.percentile, np.nanpercentile):
    _spare_the_input(function, 4)

# fmt: off
#      function           d/dx
defvjp(np.sort,           _sort_dx)
defvjp(np.partition,      _partition_dx)
defvjp(np.median,         _median_dx("median"))
defvjp(np.nanmedian,      _median_dx("nanmedian"))
defvjp(np.quantile,       _quantile_dx("quantile"))
defvjp(np.nanquantile,    _quantile_dx("nanquantile"))
defvjp(np.percentile,     _quantile_dx("percentile"))
defvjp(np.nanpercentile,  _quantile_dx("nanpercentile"))
# fmt: on


constant(np.argsort, np.argpartition, np.lexsort)
