"""Determinants.

The derivative of det X is the matrix of cofactors, det X X⁻ᵀ, which is there also where X has no inverse: with X = U S Vᵀ it
is det U det V U C Vᵀ, where C is diagonal and holds the products of all singular values but one.
"""

import numpy as np

from ..primitives import primitive
from ..rules import composite, constant, defvjp
from .joining import one_array
from .linalg import _t
from .packing import packed, unpacked
from .solving import inverse_if_any


@primitive
def cofactors(x):
    """The matrix of cofactors of each matrix."""
    if not x.size:
        return np.zeros_like(x)
    u, s, vh = np.linalg.svd(x)
    others = np.stack([np.prod(np.delete(s, i, -1), axis=-1) for i in range(s.shape[-1])], axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return np.rint(sign)[..., None, None] * np.matmul(u * others[..., None, :], vh)


@primitive
def cofactor_slopes(x, h):
    """The derivative of the cofactors of x in the direction h.

    With M = Uᵀ h V and p_ij the product of all singular values but the i-th and j-th, it is det U det V U D Vᵀ with
    D_ij = -p_ij M_ji and D_ii = sum over k ≠ i of p_ik M_kk.
    """
    u, s, vh = np.linalg.svd(x)
    n = s.shape[-1]
    pairs = np.zeros(x.shape, x.dtype)
    for i in range(n):
        for j in range(i):
            pairs[..., i, j] = pairs[..., j, i] = np.prod(np.delete(s, (i, j), -1), axis=-1)
    m = np.swapaxes(u, -1, -2) @ h @ np.swapaxes(vh, -1, -2)
    d = -pairs * np.swapaxes(m, -1, -2)
    d[..., range(n), range(n)] = np.sum(pairs * np.diagonal(m, axis1=-2, axis2=-1)[..., None, :], axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return np.rint(sign)[..., None, None] * (u @ d @ vh)


def _cofactor_slopes_dx(g, ans, x, h):
    """The third derivative of det X in the directions g and h, from cof X = det X B with B = X⁻ᵀ."""
    b = _t(inverse_if_any(x))
    k, m = b @ _t(h) @ b, b @ _t(g) @ b
    along_g, along_h = _dot(b, g), _dot(b, h)
    inner = b * (along_g * along_h - _dot(k, g)) - k * along_g - m * along_h + m @ _t(h) @ b + k @ _t(g) @ b
    return np.linalg.det(x)[..., None, None] * inner


def _dot(a, b):
    """The sum of the products of the elements of each pair of matrices."""
    return np.sum(a * b, axis=(-2, -1), keepdims=True)


@primitive
def packed_slogdet(x):
    return packed(*np.linalg.slogdet(x))


def _packed_slogdet_dx(g, ans, x):
    """d log |det X| = trace(X⁻¹ dX), and NaN where there is no inverse. The sign does not change where there is one."""
    _, to_log = unpacked(g, np.shape(x)[:-2], np.shape(x)[:-2])
    return to_log[..., None, None] * _t(inverse_if_any(x))


@composite(np.linalg.slogdet)
def slogdet(a):
    a = one_array(a)
    sign, logarithm = unpacked(packed_slogdet(a), np.shape(a)[:-2], np.shape(a)[:-2])
    return _Slogdet(sign, logarithm) if np.ndim(a) > 2 else _Slogdet(sign[()], logarithm[()])


_Slogdet = type(np.linalg.slogdet(np.eye(1)))


# fmt: off
#      function         d/dx                                                    d/dh
defvjp(np.linalg.det,   lambda g, ans, x: np.expand_dims(g, (-2, -1)) * cofactors(x))
defvjp(cofactors,       lambda g, ans, x: cofactor_slopes(x, g))
defvjp(cofactor_slopes, _cofactor_slopes_dx,                                    lambda g, ans, x, h: cofactor_slopes(x, g))
defvjp(packed_slogdet,  _packed_slogdet_dx)
# fmt: on
constant(np.linalg.matrix_rank)
