"""Products of matrices and tensors."""

import numpy as np

from ..primitives import primitive
from ..rules import VJPS, array_like, composite, defvjp


def _t(x):
    return x.swapaxes(-1, -2)


def _matmul_dx(g, ans, x, y):
    """g yᵀ, where a vector stands for a matrix of one row (on the left) or one column (on the right)."""
    if x.ndim == 1:
        return g * y if y.ndim == 1 else np.matmul(y, g[..., None])[..., 0]
    return g[..., None] * y if y.ndim == 1 else np.matmul(g, y.mT)


def _matmul_dy(g, ans, x, y):
    """xᵀ g. For a `y` that lies transposed in memory, such as W.T, it is made transposed too: (gᵀ x)ᵀ."""
    if y.ndim == 1:
        return g * x if x.ndim == 1 else np.matmul(_t(x), g[..., None])[..., 0]
    if x.ndim == 1:
        return x[:, None] * g[..., None, :]
    return np.matmul(g.mT, x).mT if y.flags.fnc else np.matmul(x.mT, g)


@primitive
def matmul_transposed(x, y):
    """x @ y.T, for a matrix y: of each row of x its products with the rows of y.

    One operation, and so one node of the graph, where `x @ y.T` is two. A layer computes its weighted inputs so.
    """
    return np.matmul(x, y.T)


def _matmul_transposed_dx(g, ans, x, y):
    """g y. Both rules are made from those of np.matmul, whatever these are: a fault there shows here."""
    return VJPS[np.matmul][0](g, ans, x, y.T)


def _matmul_transposed_dy(g, ans, x, y):
    """gᵀ x, as (xᵀ g)ᵀ."""
    back = VJPS[np.matmul][1](g, ans, x, y.T)
    return back.mT if getattr(back, "ndim", 0) > 1 else back  # a rule may give a number


def _dot_dx(g, ans, x, y):
    """np.dot sums over the last axis of x and the last but one of y; with a number it multiplies."""
    if not np.ndim(x) or not np.ndim(y):
        return g * y
    if x.ndim <= 2 and y.ndim <= 2:
        return _matmul_dx(g, ans, x, y)
    free = [i for i in range(y.ndim) if i != max(y.ndim - 2, 0)]
    return np.tensordot(g, y, (list(range(x.ndim - 1, g.ndim)), free))


def _dot_dy(g, ans, x, y):
    if not np.ndim(x) or not np.ndim(y):
        return g * x
    if x.ndim <= 2 and y.ndim <= 2:
        return _matmul_dy(g, ans, x, y)
    rows = list(range(x.ndim - 1))
    return np.moveaxis(np.tensordot(x, g, (rows, rows)), 0, max(y.ndim - 2, 0))


def _inner_dx(g, ans, x, y):
    if not np.ndim(x) or not np.ndim(y):
        return g * y
    return np.tensordot(g, y, (list(range(x.ndim - 1, g.ndim)), list(range(y.ndim - 1))))


def _inner_dy(g, ans, x, y):
    if not np.ndim(x) or not np.ndim(y):
        return g * x
    rows = list(range(x.ndim - 1))
    return np.tensordot(g, x, (rows, rows))


def _summed_axes(x, y, axes):
    """The axes np.tensordot sums over, as two lists of non-negative numbers."""
    if isinstance(axes, int | np.integer):
        return list(range(x.ndim - axes, x.ndim)), list(range(axes))
    of_x, of_y = (list(a) if np.ndim(a) else [a] for a in axes)
    return [a % x.ndim for a in of_x], [a % y.ndim for a in of_y]


def _tensordot_dx(g, ans, x, y, axes=2):
    """g y, summed over the axes of y that were kept; those left, which were summed, pair with axes of x."""
    of_x, of_y = _summed_axes(x, y, axes)
    kept = [i for i in range(x.ndim) if i not in of_x]
    free = [i for i in range(y.ndim) if i not in of_y]
    back = np.tensordot(g, y, (list(range(len(kept), g.ndim)), free))
    partners = [a for _, a in sorted(zip(of_y, of_x, strict=True))]
    return np.transpose(back, np.argsort(kept + partners).tolist())


def _tensordot_dy(g, ans, x, y, axes=2):
    of_x, of_y = _summed_axes(x, y, axes)
    kept = [i for i in range(y.ndim) if i not in of_y]
    free = [i for i in range(x.ndim) if i not in of_x]
    back = np.tensordot(x, g, (free, list(range(len(free)))))
    partners = [a for _, a in sorted(zip(of_x, of_y, strict=True))]
    return np.transpose(back, np.argsort(partners + kept).tolist())


def _outer_dx(g, ans, x, y):
    return np.reshape(np.matmul(g, np.reshape(y, -1)), np.shape(x))


def _outer_dy(g, ans, x, y):
    return np.reshape(np.matmul(np.reshape(x, -1), g), np.shape(y))


# fmt: off
#      function           d/dx                   d/dy
defvjp(np.matmul,         _matmul_dx,            _matmul_dy)
defvjp(matmul_transposed, _matmul_transposed_dx, _matmul_transposed_dy)
defvjp(np.dot,            _dot_dx,               _dot_dy)
defvjp(np.inner,          _inner_dx,             _inner_dy)
defvjp(np.outer,          _outer_dx,             _outer_dy)
defvjp(np.tensordot,      _tensordot_dx,         _tensordot_dy)
# fmt: on
array_like(matmul_transposed, np.dot, np.inner, np.outer, np.tensordot)


@composite(np.vdot)
def vdot(a, b, /):
    return np.dot(np.reshape(a, -1), np.reshape(b, -1))
