"""Decompositions of matrices, of one or of many.

Where two eigenvalues, or two singular values, are equal their vectors are not determined, and what flows through the vectors
is NaN; what flows through the values is exact.

(Mike Giles, An extended collection of matrix derivative results for forward and reverse mode algorithmic differentiation,
Oxford, 2008; Townsend, Differentiating the singular value decomposition, 2016)
"""

from typing import Any

import numpy as np

from ..primitives import primitive
from ..rules import composite, defvjp
from .joining import one_array
from .linalg import _t
from .packing import packed, unpacked
from .solving import on_triangle

# ---------------------------------------------------------------------------------------------------------------------
# A = L Lᵀ


def _cholesky_da(g, ans, a, /, *, upper=False):
    """S = L⁻ᵀ F(Lᵀ g) L⁻¹, where F takes the lower triangle and half of the diagonal; only one triangle of A is read."""
    factor, g = (_t(ans), _t(g)) if upper else (ans, g)
    product = np.tril(np.matmul(_t(factor), g))
    product = product - 0.5 * product * np.eye(np.shape(a)[-1], dtype=ans.dtype)
    back = np.linalg.solve(_t(factor), _t(np.linalg.solve(_t(factor), _t(product))))
    return on_triangle(0.5 * (back + _t(back)), "U" if upper else "L")


# ---------------------------------------------------------------------------------------------------------------------
# A = V diag(w) Vᵀ, from one triangle of A


@primitive
def packed_eigh(a, UPLO="L"):
    """Eigenvalues and eigenvectors of symmetric matrices, end to end."""
    return packed(*np.linalg.eigh(a, UPLO))


def _over_gaps(part, w):
    """part_ij / (w_j - w_i), and 0 on the diagonal. NaN where rounding cannot tell w_i from w_j, unless the part is 0."""
    gaps = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    n = np.shape(w)[-1]
    size = np.max(np.absolute(w), axis=-1, keepdims=True, initial=0.0)
    equal = np.absolute(gaps) <= np.expand_dims(size, -1) * (n * np.finfo(w.dtype).eps)
    undefined = np.where(np.logical_or(part == 0, np.eye(n, dtype=bool)), 0.0, np.nan)
    return np.where(equal, undefined, part / np.where(equal, 1.0, gaps))


def _eigh_da(g, ans, a, UPLO="L"):
    """V (diag(gw) + (Vᵀ gV) / (w_j - w_i)) Vᵀ."""
    shapes = np.shape(a)[:-1], np.shape(a)
    w, v = unpacked(ans, *shapes)
    to_w, to_v = unpacked(g, *shapes)
    inner = np.expand_dims(to_w, -1) * np.eye(np.shape(a)[-1], dtype=ans.dtype) + _over_gaps(np.matmul(_t(v), to_v), w)
    back = np.matmul(v, np.matmul(inner, _t(v)))
    return on_triangle(0.5 * (back + _t(back)), UPLO.upper())


def _eigvalsh_da(g, ans, a, UPLO="L"):
    """V diag(g) Vᵀ."""
    v = np.linalg.eigh(a, UPLO).eigenvectors
    return on_triangle(np.matmul(v * np.expand_dims(g, -2), _t(v)), UPLO.upper())


@composite(np.linalg.eigh)
def eigh(a, UPLO="L"):
    a = one_array(a)
    return _Eigh(*unpacked(packed_eigh(a, UPLO), np.shape(a)[:-1], np.shape(a)))


# ---------------------------------------------------------------------------------------------------------------------
# A = U diag(s) Vᵀ


@primitive
def packed_svd(a, full_matrices=False):
    """U, s and Vᵀ of the singular value decomposition, end to end. Square matrices may have it in full."""
    return packed(*np.linalg.svd(a, full_matrices))


def _svd_shapes(a):
    *stack, m, n = np.shape(a)
    return (*stack, m, min(m, n)), (*stack, min(m, n)), (*stack, min(m, n), n)


def _svd_da(g, ans, a, full_matrices=False):
    """U (diag(gs) + E S + S F) Vᵀ + (1 - U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (1 - V Vᵀ)

    with E, F the antisymmetric parts of Uᵀ gU and Vᵀ gV over s_j² - s_i².
    """
    u, s, vh = unpacked(ans, *_svd_shapes(a))
    to_u, to_s, to_vh = unpacked(g, *_svd_shapes(a))
    k, squares = np.shape(s)[-1], np.square(s)
    turn_u, turn_v = np.matmul(_t(u), to_u), np.matmul(to_vh, _t(vh))
    by_columns, by_rows = np.expand_dims(s, -2), np.expand_dims(s, -1)
    inner = np.expand_dims(to_s, -1) * np.eye(k, dtype=ans.dtype)
    inner = inner + _over_gaps(turn_u - _t(turn_u), squares) * by_columns
    inner = inner + by_rows * _over_gaps(_t(turn_v) - turn_v, squares)
    back = np.matmul(u, np.matmul(inner, vh))
    m, n = np.shape(a)[-2:]
    if m > k:
        back = back + np.matmul(_over_values(to_u - np.matmul(u, turn_u), by_columns), vh)
    if n > k:
        back = back + np.matmul(u, _over_values(to_vh - np.matmul(turn_v, vh), by_rows))
    return back


def _over_values(part, s):
    """part / s; nothing where nothing came in, so that a singular value of 0 does no harm to the others' part."""
    return np.where(part == 0, 0.0, part / np.where(part == 0, 1.0, s))


def _svdvals_da(g, ans, a):
    """U diag(g) Vᵀ."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.matmul(u * np.expand_dims(g, -2), vh)


@primitive
def singular_values(a):
    return np.linalg.svd(a, compute_uv=False)


@composite(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Of a symmetric matrix, from its eigenvalues. Further columns of U or V, on which A does not depend, are not given."""
    a = one_array(a)
    if hermitian:
        return _svd_of_symmetric(a, compute_uv)
    if not compute_uv:
        return singular_values(a)
    if full_matrices and np.shape(a)[-2] != np.shape(a)[-1]:
        raise TypeError(
            f"np.linalg.svd of a Tensor of shape {np.shape(a)} needs full_matrices=False: the further vectors are not determined "
            "by the matrix and have no derivative"
        )
    return _Svd(*unpacked(packed_svd(a, full_matrices), *_svd_shapes(a)))


def _svd_of_symmetric(a, compute_uv):
    if not compute_uv:
        return np.flip(np.sort(np.absolute(np.linalg.eigvalsh(a)), axis=-1), -1)
    w, v = np.linalg.eigh(a)
    order = np.flip(np.argsort(np.absolute(w), axis=-1), -1)
    signs = np.take_along_axis(np.copysign(1.0, w), order, axis=-1)
    s = np.take_along_axis(np.absolute(w), order, axis=-1)
    u = np.take_along_axis(v, np.expand_dims(order, -2), axis=-1)
    return _Svd(u, s, _t(u * np.expand_dims(signs, -2)))


@composite(np.linalg.svdvals)
def svdvals(x, /):
    return np.linalg.svd(x, compute_uv=False)


# ---------------------------------------------------------------------------------------------------------------------
# A = Q R


@primitive
def packed_qr(a):
    """Q and R of the reduced decomposition, end to end."""
    return packed(*np.linalg.qr(a))


def _qr_shapes(a):
    *stack, m, n = np.shape(a)
    return (*stack, m, min(m, n)), (*stack, min(m, n), n)


def _qr_da(g, ans, a):
    """(gQ + Q M) R⁻ᵀ, with M = R gRᵀ - gQᵀ Q of which the lower triangle is taken, and below the diagonal twice.

    Of a wide A = [X Y], Q R is the decomposition of X, and Qᵀ Y the rest: gY = Q gV, and Q gets Y gVᵀ besides.
    """
    q, r = unpacked(ans, *_qr_shapes(a))
    to_q, to_r = unpacked(g, *_qr_shapes(a))
    m, n = np.shape(a)[-2:]
    to_rest = to_r[..., m:]
    if n > m:
        to_q = to_q + np.matmul(a[..., m:], _t(to_rest))
        r, to_r = r[..., :m], to_r[..., :m]
    inner = np.matmul(r, _t(to_r)) - np.matmul(_t(to_q), q)
    inner = np.tril(inner) + _t(np.tril(inner, -1))
    back = _t(np.linalg.solve(r, _t(to_q + np.matmul(q, inner))))
    return np.concatenate([back, np.matmul(q, to_rest)], axis=-1) if n > m else back


@composite(np.linalg.qr)
def qr(a, mode="reduced"):
    a = one_array(a)
    m, n = np.shape(a)[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise TypeError(
            f"np.linalg.qr of a Tensor of shape {np.shape(a)} takes mode='reduced' or 'r', not {mode!r}: the further columns of "
            "Q are not determined by the matrix and have no derivative"
        )
    q, r = unpacked(packed_qr(a), *_qr_shapes(a))
    return r if mode == "r" else _Qr(q, r)


_Eigh: Any = type(np.linalg.eigh(np.eye(1)))
_Svd: Any = type(np.linalg.svd(np.eye(1)))
_Qr: Any = type(np.linalg.qr(np.eye(1)))

# fmt: off
#      function                d/da
defvjp(np.linalg.cholesky,     _cholesky_da)
defvjp(np.linalg.eigvalsh,     _eigvalsh_da)
defvjp(packed_eigh,            _eigh_da)
defvjp(packed_svd,             _svd_da)
defvjp(singular_values,        _svdvals_da)
defvjp(packed_qr,              _qr_da)
# fmt: on
