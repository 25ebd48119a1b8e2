"""Inverses, linear equations and least squares, of one matrix or of many.

The rules for the pseudo-inverse and for least squares hold where the rank does not change (Golub and Pereyra, The
differentiation of pseudo-inverses and nonlinear least squares problems, SIAM J. Numer. Anal. 10, 1973).
"""

import math

import numpy as np

from ..primitives import primitive
from ..rules import array_like, composite, defvjp
from .joining import one_array
from .linalg import _t
from .packing import packed, unpacked


def _inv_dx(g, ans, x):
    """dY = -Y dX Y."""
    return -np.matmul(_t(ans), np.matmul(g, _t(ans)))


@primitive
def inverse_if_any(x):
    """The inverse of each matrix, in double precision; NaN where it has none."""
    try:
        return np.linalg.inv(np.asarray(x, np.float64))
    except np.linalg.LinAlgError:
        return np.full(x.shape, np.nan) if x.ndim == 2 else np.stack([inverse_if_any(a) for a in x])


def _solve_da(g, ans, a, b):
    """a X = b:  da = -(a⁻ᵀ g) Xᵀ."""
    back = _solve_db(g, ans, a, b)
    return -back[..., :, None] * ans[..., None, :] if np.ndim(b) == 1 else -np.matmul(back, _t(ans))


def _solve_db(g, ans, a, b):
    """a⁻ᵀ g. A b of one axis is a vector, also for many matrices."""
    return np.linalg.solve(_t(a), g[..., None])[..., 0] if np.ndim(b) == 1 else np.linalg.solve(_t(a), g)


# ---------------------------------------------------------------------------------------------------------------------
# Least squares.


def pinv_slope(g, x, p):
    """What x gets, of which p is the pseudo-inverse, from g of p:

    dP = -P dX P + P Pᵀ dXᵀ (1 - X P) + (1 - P X) dXᵀ Pᵀ P
    """
    m, n = np.shape(x)[-2:]
    off_columns, off_rows = np.eye(m, dtype=x.dtype) - x @ p, np.eye(n, dtype=x.dtype) - p @ x
    return off_columns @ _t(g) @ p @ _t(p) + _t(p) @ p @ _t(g) @ off_rows - _t(p) @ g @ _t(p)


def _pinv_dx(g, ans, a, rcond=None, hermitian=False, *, rtol=None):
    """With `hermitian` only the lower triangle is read."""
    if not hermitian:
        return pinv_slope(g, a, ans)
    return on_triangle(pinv_slope(g, symmetric(a), ans))


def symmetric(a, triangle="L"):
    """The symmetric matrix of which a triangle is that of `a`."""
    part, rest = (np.tril(a), np.tril(a, -1)) if triangle == "L" else (np.triu(a), np.triu(a, 1))
    return part + _t(rest)


def on_triangle(g, triangle="L"):
    """What a triangle gets that stands for both halves of a symmetric matrix, if the matrix gets g."""
    return np.tril(g) + np.tril(_t(g), -1) if triangle == "L" else np.triu(g) + np.triu(_t(g), 1)


@primitive
def packed_lstsq(a, b, rcond):
    """Solution, singular values, rank, residuals; the last are none unless `a` has full rank and more rows than columns."""
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond)
    return packed(x, s, np.asarray(rank, s.dtype), residuals)


def _lstsq_shapes(a, b, size):
    m, n = np.shape(a)
    x, s = (n, *np.shape(b)[1:]), (min(m, n),)
    return x, s, (), (size - math.prod(x) - math.prod(s) - 1,)


def _lstsq_parts(g, ans, a, b, rcond):
    """What A and B get. With P the pseudo-inverse, x = P b; the residuals are |b - A x|², where x is best already."""
    to_x, to_s, _, to_residuals = unpacked(g, *_lstsq_shapes(a, b, np.size(ans)))
    x, _, _, residuals = unpacked(ans, *_lstsq_shapes(a, b, np.size(ans)))
    p = np.linalg.pinv(a, np.finfo(ans.dtype).eps * max(np.shape(a)) if rcond is None else rcond)
    columns = (np.shape(b)[0], math.prod(np.shape(b)[1:]))
    b_, x_, to_x_ = np.reshape(b, columns), np.reshape(x, (-1, columns[1])), np.reshape(to_x, (-1, columns[1]))
    to_a, to_b = pinv_slope(to_x_ @ _t(b_), a, p), _t(p) @ to_x_
    if np.size(residuals):
        off = 2.0 * to_residuals * (b_ - a @ x_)
        to_a, to_b = to_a - off @ _t(x_), to_b + off
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return to_a + (u * to_s) @ vh, np.reshape(to_b, np.shape(b))


@composite(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    a, b = one_array(a), one_array(b)
    row = packed_lstsq(a, b, rcond)
    x, s, rank, residuals = unpacked(row, *_lstsq_shapes(a, b, np.size(row)))
    return x, residuals, np.astype(rank, np.dtype(np.int32)), s


# fmt: off
#      function                d/da                 d/db
defvjp(np.linalg.inv,          _inv_dx)
defvjp(inverse_if_any,         _inv_dx)
defvjp(np.linalg.solve,        _solve_da,           _solve_db)
defvjp(np.linalg.pinv,         _pinv_dx)
defvjp(packed_lstsq,           lambda *args: _lstsq_parts(*args)[0],
                               lambda *args: _lstsq_parts(*args)[1])
# fmt: on
array_like(np.linalg.solve)


@composite(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    """The inverse of the matrix whose rows are the first `ind` axes."""
    a = one_array(a)
    if ind <= 0:
        raise ValueError(f"ind= of np.linalg.tensorinv is 1 or more; got {ind}")
    rows, columns = np.shape(a)[:ind], np.shape(a)[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(columns), -1))), columns + rows)


@composite(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """axes : those of `a` that are moved to the end first"""
    a, b = one_array(a), one_array(b)
    order = list(range(np.ndim(a)))
    for k in axes or ():
        order.remove(k)
        order.append(k)
    a = np.transpose(a, order)
    shape = np.shape(a)[np.ndim(b) :]
    if np.size(a) != math.prod(shape) ** 2:
        raise np.linalg.LinAlgError(
            f"np.linalg.tensorsolve needs a square system; {np.shape(a)} and {np.shape(b)} make none"
        )
    return np.reshape(np.linalg.solve(np.reshape(a, (math.prod(shape),) * 2), np.reshape(b, -1)), shape)
