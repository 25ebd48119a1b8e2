"""Products of vectors and matrices beyond those of linalg.py, and their namesakes in np.linalg."""

import numpy as np

from ..rules import array_like, composite, constant, defvjp
from .joining import one_array
from .linalg import _t


def _matrix_power_dx(g, ans, x, n):
    """The sum over all places in the product: (Xᵀ)^k g (Xᵀ)^(n-1-k); for n < 0 it is a power of the inverse."""
    if n == 0:
        return np.zeros_like(x)
    base = x if n > 0 else np.linalg.inv(x)
    t, total, left = _t(base), g, g
    for _ in range(
        abs(n) - 1
    ):  # Horner's scheme: each g is multiplied once from either side, all on the right at the end
        left = np.matmul(t, left)
        total = np.matmul(total, t) + left
    return total if n > 0 else -np.matmul(t, np.matmul(total, t))


def _multi_dot_darrays(g, ans, arrays, *, out=None):
    """(product of all before)ᵀ g (product of all after)ᵀ; the first may be a row, the last a column."""
    parts = list(arrays)
    if np.ndim(parts[0]) == 1:
        parts[0], g = np.reshape(parts[0], (1, -1)), np.expand_dims(g, 0)
    if np.ndim(parts[-1]) == 1:
        parts[-1], g = np.reshape(parts[-1], (-1, 1)), np.expand_dims(g, -1)
    sent = []
    for i, a in enumerate(arrays):
        terms = [*(_t(p) for p in parts[:i][::-1]), g, *(_t(p) for p in parts[i + 1 :][::-1])]
        sent.append(np.reshape(np.linalg.multi_dot(terms), np.shape(a)))
    return sent


def _kron_shapes(x, y):
    """The shapes of x and y with as many axes as the one that has more, and with axes of length 1 between them."""
    n = max(np.ndim(x), np.ndim(y))
    a, b = ((1,) * (n - np.ndim(v)) + np.shape(v) for v in (x, y))
    return [m for k in a for m in (k, 1)], [m for k in b for m in (1, k)]


def _kron_dx(g, ans, x, y):
    """The product holds y once for every element of x: axis by axis, the length of x times the length of y."""
    of_x, of_y = _kron_shapes(x, y)
    g = np.reshape(g, np.multiply(of_x, of_y).tolist())
    return np.reshape(np.sum(g * np.reshape(y, of_y), axis=tuple(range(1, len(of_x), 2))), np.shape(x))


def _kron_dy(g, ans, x, y):
    of_x, of_y = _kron_shapes(x, y)
    g = np.reshape(g, np.multiply(of_x, of_y).tolist())
    return np.reshape(np.sum(g * np.reshape(x, of_x), axis=tuple(range(0, len(of_x), 2))), np.shape(y))


def _cross_dx(g, ans, x, y, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """<g, x × y> = <x, y × g>."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    return _cross_back(g, x, y, axisa, axisb, axisc)


def _cross_dy(g, ans, x, y, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """<g, x × y> = <y, g × x>."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    return -_cross_back(g, y, x, axisb, axisa, axisc)


def _cross_back(g, x, y, of_x, of_y, of_g):
    """y × g, in the shape of x. A vector of two components lies in the plane, and the product of two such stands on it."""
    rows, other = np.moveaxis(x, of_x, -1), np.moveaxis(y, of_y, -1)
    if np.shape(rows)[-1] == np.shape(other)[-1] == 2:
        g = np.pad(np.expand_dims(g, -1), [(0, 0)] * np.ndim(g) + [(2, 0)])
    else:
        g = np.moveaxis(g, of_g, -1)
    if np.shape(other)[-1] == 2:
        other = np.pad(other, [(0, 0)] * (np.ndim(other) - 1) + [(0, 1)])
    back = np.cross(other, g)[..., : np.shape(rows)[-1]]
    copies = np.ndim(back) - np.ndim(x)
    return np.moveaxis(np.sum(back, axis=tuple(range(copies))) if copies else back, -1, of_x)


def _beside(x, y):
    """The outer products of the last axes."""
    return np.expand_dims(x, -1) * np.expand_dims(y, -2)


# fmt: off
#      function                d/dx                 d/dy
defvjp(np.linalg.matrix_power, _matrix_power_dx)
defvjp(np.linalg.multi_dot,    _multi_dot_darrays)
defvjp(np.kron,                _kron_dx,            _kron_dy)
defvjp(np.cross,               _cross_dx,           _cross_dy)
defvjp(np.vecdot,              lambda g, ans, x, y, **last: np.expand_dims(g, -1) * y,
                               lambda g, ans, x, y, **last: np.expand_dims(g, -1) * x)
# fmt: on
array_like(np.kron, np.cross)
if hasattr(np, "matvec"):  # NumPy 2.2
    defvjp(np.matvec, lambda g, ans, a, x: _beside(g, x), lambda g, ans, a, x: np.matvec(_t(a), g))
    defvjp(np.vecmat, lambda g, ans, x, a: np.matvec(a, g), lambda g, ans, x, a: _beside(x, g))


@composite(np.vecdot)
def vecdot(x, y, /, *, axis=-1, keepdims=False):
    """Along another axis than the last, the arrays are turned first."""
    if axis == -1 and not keepdims:
        return NotImplemented
    x, y = (np.moveaxis(one_array(a), axis, -1) for a in (x, y))
    return np.expand_dims(np.vecdot(x, y), axis) if keepdims else np.vecdot(x, y)


# The array API's names.
@composite(np.linalg.vecdot)
def linalg_vecdot(x1, x2, /, *, axis=-1):
    return np.vecdot(np.moveaxis(one_array(x1), axis, -1), np.moveaxis(one_array(x2), axis, -1))


@composite(np.linalg.cross)
def linalg_cross(x1, x2, /, *, axis=-1):
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(f"np.linalg.cross needs vectors of 3 components; got shapes {np.shape(x1)} and {np.shape(x2)}")
    return np.cross(x1, x2, axis=axis)


@composite(np.linalg.matmul)
def linalg_matmul(x1, x2, /):
    return np.matmul(x1, x2)


@composite(np.linalg.outer)
def linalg_outer(x1, x2, /):
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"np.linalg.outer needs two vectors; got {np.ndim(x1)} and {np.ndim(x2)} axes")
    return np.outer(x1, x2)


@composite(np.linalg.tensordot)
def linalg_tensordot(x1, x2, /, *, axes=2):
    return np.tensordot(x1, x2, axes)


@composite(np.linalg.trace)
def linalg_trace(x, /, *, offset=0, dtype=None):
    return np.trace(x, offset, -2, -1, dtype)


@composite(np.linalg.diagonal)
def linalg_diagonal(x, /, *, offset=0):
    return np.diagonal(x, offset, -2, -1)


@composite(np.linalg.matrix_transpose)
def linalg_matrix_transpose(x, /):
    return np.matrix_transpose(x)


constant(np.einsum_path)
