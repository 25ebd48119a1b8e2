"""Norms of vectors and matrices, and the condition number that is made of them."""

import math
from functools import partial

import numpy as np

from ..primitives import primitive
from ..rules import composite, defvjp
from .joining import one_array
from .precision import in_single
from .reductions import _axes, _extreme_dx, _kept, _over
from .solving import inverse_if_any


@partial(in_single, function=np.linalg.norm)
def _norm_dx(g, ans, x, ord=None, axis=None, keepdims=False):
    """x / |x| for the Euclidean norm; sign(x) (|x_i| / |x|)**(p - 1) for the norm of order p.

    The rows where the norm is 0, and for p < 1 the elements that are 0, get 0. For the order inf the largest elements share.
    """
    g, norm = _kept(g, x, axis), _kept(ans, x, axis)
    euclidean = ord is None or isinstance(ord, str) or (ord == 2 and len(_axes(x, axis)) == 1)
    if euclidean:
        return g * _over(x, norm)
    if ord == 0:
        return np.zeros_like(x) * g
    signs = np.sign(x) * _over(norm, norm)  # at the tip of the cone the slope is 0, and has none itself
    if ord in (math.inf, -math.inf):
        return signs * _extreme_dx(g, norm, np.absolute(x), axis, None, True)
    if ord == 1:
        return g * signs
    parts = _over(np.absolute(x), norm)
    if ord < 1:
        return np.where(x == 0, 0.0, g * np.sign(x) * np.where(x == 0, 1.0, parts) ** (ord - 1.0))
    return g * np.sign(x) * parts ** (ord - 1.0)


@primitive
def cone(x):
    """x itself, of which it is known that it has a slope at 0 and no second one: a norm of another kind."""
    return np.copy(x)


# fmt: off
#      function         d/dx
defvjp(np.linalg.norm,  _norm_dx)
defvjp(cone,            lambda g, ans, x: g * np.where(x == 0, 1.0, x / x))
# fmt: on


@composite(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """Matrix norms: of sums along one axis the largest or smallest, or of singular values. Vector norms have a rule."""
    x = one_array(x)
    if x.dtype.kind in "iub":
        x = np.astype(x, np.dtype(float))
    axes = _axes(x, axis)
    if len(axes) != 2 or ord in (None, "fro", "f"):
        return NotImplemented
    if axes[0] == axes[1]:
        raise ValueError("Duplicate axes given.")
    if ord in (1, -1, math.inf, -math.inf):
        summed, other = axes if ord in (1, -1) else axes[::-1]
        sums = np.add.reduce(np.absolute(x), axis=summed, keepdims=True)
        found = (
            np.max(sums, axis=other, keepdims=True, initial=0) if ord > 0 else np.min(sums, axis=other, keepdims=True)
        )
        found = np.squeeze(found, axes)
    elif ord in (2, -2, "nuc"):
        s = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), compute_uv=False)
        if ord == -2:
            found = np.min(s, -1)
        else:
            found = cone(np.sum(s, -1, initial=0) if ord == "nuc" else np.max(s, -1, initial=0))
    else:
        raise ValueError(f"Invalid norm order for matrices: {ord!r}")
    return np.expand_dims(found, axes) if keepdims else found


@composite(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """The axes of a vector norm may be any number, laid end to end."""
    x = one_array(x)
    axes = _axes(x, axis)
    rows = np.moveaxis(x, axes, range(len(axes)))
    rows = np.reshape(rows, (math.prod(np.shape(rows)[: len(axes)]), *np.shape(rows)[len(axes) :]))
    found = np.linalg.norm(rows, ord, 0)
    return np.expand_dims(found, axes) if keepdims else found


@composite(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


@composite(np.linalg.cond)
def cond(x, p=None):
    """The ratio of the outermost singular values, or the product of the norms of x and its inverse; inf where there is none."""
    x = one_array(x)
    if p in (None, 2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        above, below = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        with np.errstate(all="ignore"):
            found = above / below
    else:
        with np.errstate(all="ignore"):
            found = np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(inverse_if_any(x), p, (-2, -1))
        found = np.astype(found, x.dtype)
    spoilt = np.logical_and(np.isnan(found), np.logical_not(np.any(np.isnan(x), axis=(-2, -1))))
    return np.where(spoilt, math.inf, found) if np.any(spoilt) else found
