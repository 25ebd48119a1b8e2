"""Reading and writing by index, and choosing between two arrays by a mask."""

from operator import getitem

import numpy as np

from ..primitives import primitive, tensors_in
from ..rules import array_like, composite, constant, defvjp, makes_arrays, view
from ..writes import setitem
from .joining import one_array


@primitive
def scatter(g, index, shape):
    """An array of `shape` that is 0 but at `index`, where `g` is added: what was read twice counts twice."""
    if _reads_each_once(index):
        spread = np.zeros(shape, g.dtype)
        spread[index] = g
        return spread
    spread = np.zeros(shape, np.float32 if g.dtype == np.float16 else g.dtype)  # many small terms need more bits
    np.add.at(spread, index, g)
    return spread.astype(g.dtype, copy=False)


def _reads_each_once(index):
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, int | slice | np.integer) or _is_mask(p) for p in parts)


def _is_mask(part):
    return getattr(part, "dtype", None) == np.bool_ or isinstance(part, bool)


def _setitem_dx(g, ans, x, index, value):
    """What was overwritten has no influence any more."""
    return setitem(g, index, 0.0)


def _setitem_dvalue(g, ans, x, index, value):
    """What stands at `index` came from the value; where an index is repeated, the last write won."""
    wins = np.ones(np.shape(g[index]), bool) if _reads_each_once(index) else _last_writes(x.shape, index)
    sent = np.where(wins, g[index], 0.0)
    copies = max(sent.ndim - np.ndim(value), 0)  # NumPy also lets a value have further axes of length 1 in front
    shape = (1,) * copies + np.shape(value)[max(np.ndim(value) - sent.ndim, 0) :]
    stretched = tuple(i for i, (n, m) in enumerate(zip(shape, sent.shape, strict=True)) if n != m)
    return np.reshape(np.sum(sent, axis=stretched) if stretched else sent, np.shape(value))


def _last_writes(shape, index):
    """For each element of `x[index]`: is it the one that stays when `x[index] = v` writes them in order?"""
    target = np.zeros(shape, np.intp)
    number = np.arange(target[index].size).reshape(target[index].shape)
    target[index] = number
    return target[index] == number


# fmt: off
#      function         d/dx                                                   d/dy
defvjp(getitem,         lambda g, ans, x, index: scatter(g, index, x.shape))
defvjp(scatter,         lambda g, ans, x, index, shape: g[index])
defvjp(setitem,         _setitem_dx,   None,   _setitem_dvalue)
defvjp(np.where,        lambda g, ans, m, x, y: np.zeros_like(m),              lambda g, ans, m, x, y: np.where(m, g, 0.0),
                                                                               lambda g, ans, m, x, y: np.where(m, 0.0, g))
# fmt: on

view(getitem)
makes_arrays(setitem, np.where)
array_like(setitem, np.where)


@composite(np.where)
def where(condition, *choices):
    """Of a mask alone, the positions where it holds."""
    return NotImplemented if choices else np.nonzero(condition)


@composite(np.ix_)
def ix_(*args):
    """Whole numbers are positions; floating ones are values, only laid along an axis each."""
    if not any(t.requires_grad for t in tensors_in([*args])):
        return NotImplemented
    n = len(args)
    return tuple(np.reshape(a, (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, a in enumerate(map(one_array, args)))


constant(
    np.nonzero, np.flatnonzero, np.argwhere, np.ix_, np.ravel_multi_index, np.unravel_index, np.diag_indices_from,
    np.tril_indices_from, np.triu_indices_from,
)  # fmt: skip
