"""Running sums and products, and differences of neighbours."""

import numpy as np

from ..rules import composite, defvjp
from .joining import one_array
from .precision import in_single


@in_single
def _cumsum_dx(g, ans, x, axis=None, dtype=None, out=None):
    if axis is None:
        return np.reshape(np.cumsum(g[::-1])[::-1], x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


@in_single
def _cumprod_dx(g, ans, x, axis=None, dtype=None, out=None):
    """Without a division, so that zeros do no harm.

    With p_i the product of all before x_i:  dC/dx_i = p_i s_i,  s_i = g_i + x_(i+1) s_(i+1).
    """
    along = None if axis is None or x.ndim == 0 else axis
    row, g = (
        (np.reshape(x, -1), np.reshape(g, -1))
        if along is None
        else (np.moveaxis(x, axis, -1), np.moveaxis(g, axis, -1))
    )
    before = np.concatenate([np.ones_like(row[..., :1]), np.cumprod(row[..., :-1], axis=-1)], axis=-1)
    flow = before * _recurrence(np.concatenate([row[..., 1:], row[..., :1]], axis=-1), g) if x.size else row
    return np.reshape(flow, x.shape) if along is None else np.moveaxis(flow, -1, axis)


def _recurrence(a, s):
    """Along the last axis, the solution of s_i = g_i + a_i s_(i+1) for g = s, in log2(length) steps.

    After the step of length d, s_i holds the terms up to g_(i + 2d - 1), and a_i the product a_i ... a_(i + 2d - 1).
    (Hillis and Steele, Data Parallel Algorithms, CACM 29, 1986)
    """
    d, n = 1, s.shape[-1]
    while d < n:
        s = np.concatenate([s[..., :-d] + a[..., :-d] * s[..., d:], s[..., -d:]], axis=-1)
        a = np.concatenate([a[..., :-d] * a[..., d:], a[..., -d:]], axis=-1)
        d *= 2
    return s


@in_single
def _nancumsum_dx(g, ans, x, *args, **keywords):
    return np.where(np.isnan(x), 0.0, _cumsum_dx(g, ans, x, *args, **keywords))


@in_single
def _nancumprod_dx(g, ans, x, *args, **keywords):
    missing = np.isnan(x)
    return np.where(missing, 0.0, _cumprod_dx(g, ans, np.where(missing, 1.0, x), *args, **keywords))


# fmt: off
#      function            d/dx
defvjp(np.cumsum,          _cumsum_dx)
defvjp(np.cumprod,         _cumprod_dx)
defvjp(np.nancumsum,       _nancumsum_dx)
defvjp(np.nancumprod,      _nancumprod_dx)
# fmt: on


def _cumulative(f, x, axis, dtype, include_initial, initial):
    """The array API's spelling of a running sum or product, with the value of none in front if that is asked for."""
    if axis is None:
        if np.ndim(x) > 1:
            raise ValueError(f"an axis is needed for an array of {np.ndim(x)} axes")
        axis = 0
    scanned = f(x, axis, dtype)
    if not include_initial:
        return scanned
    first = np.full([1 if i == axis % np.ndim(x) else n for i, n in enumerate(np.shape(x))], initial, scanned.dtype)
    return np.concatenate([first, scanned], axis)


if hasattr(np, "cumulative_sum"):  # NumPy 2.1

    @composite(np.cumulative_sum)
    def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        return _cumulative(np.cumsum, x, axis, dtype, include_initial, 0)

    @composite(np.cumulative_prod)
    def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        return _cumulative(np.cumprod, x, axis, dtype, include_initial, 1)


@composite(np.diff)
def diff(a, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    """The differences of neighbours along an axis, n times over."""
    if n < 0:
        raise ValueError(f"the order of np.diff is 0 or more; got {n}")
    a = one_array(a)
    if n == 0:
        return a
    if not np.ndim(a):
        raise ValueError("np.diff needs an array of at least 1 axis")
    axis = axis % np.ndim(a)
    one = [1 if i == axis else m for i, m in enumerate(np.shape(a))]
    ends = [one_array(e) if np.ndim(e) else np.broadcast_to(e, one) for e in (prepend, append) if e is not np._NoValue]
    if ends:
        before = [] if prepend is np._NoValue else [ends.pop(0)]
        a = np.concatenate([*before, a, *ends], axis)
    head, tail = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
    for _ in range(n):
        a = np.not_equal(a[tail], a[head]) if a.dtype == np.bool_ else a[tail] - a[head]
    return a


@composite(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    flat = np.ravel(one_array(ary))
    ends = [None if e is None else np.ravel(one_array(e)) for e in (to_begin, to_end)]
    for e in ends:
        if e is not None and not np.can_cast(e.dtype, flat.dtype, "same_kind"):
            raise TypeError(f"the ends of np.ediff1d have dtype {e.dtype}, which does not fit into {flat.dtype}")
    parts = [ends[0], flat[1:] - flat[:-1], ends[1]]
    return np.concatenate([p for p in parts if p is not None], dtype=flat.dtype)
