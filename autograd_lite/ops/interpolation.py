"""Functions of samples along a line: interpolation, slopes, areas, evenly spaced numbers, unwrapped angles."""

import numpy as np

from ..primitives import primitive
from ..rules import array_like, composite, defvjp
from .copying import _returned
from .joining import one_array

# ---------------------------------------------------------------------------------------------------------------------
# np.interp. Within the piece from (x0, f0) to (x1, f1) the value is f0 + s (x - x0) with s = (f1 - f0) / (x1 - x0); at a
# point between two pieces the one on the right counts, and at the last point the one on the left.


def _piece(x, xp, fp):
    """Which piece each x is in, whether it is in one at all, its slope s and the part of it that lies before x."""
    n = np.size(xp)
    if n == 1:
        nowhere = np.zeros(np.shape(x))
        return nowhere.astype(int), nowhere > 0, nowhere, nowhere
    i = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, n - 2)
    x0, f0 = _at(xp, i), _at(fp, i)
    inside = np.logical_and(x >= xp[0], x <= xp[-1])
    width = _at(xp, i + 1) - x0
    slope = (_at(fp, i + 1) - f0) / np.where(inside, width, 1.0)
    divided = np.logical_and(inside, width > 0)  # of points that coincide at the end the last counts
    return i, inside, slope, np.where(divided, (x - x0) / np.where(divided, width, 1.0), 1.0)


def _at(row, i):
    """row[i], by a function that finds a Tensor also among the indices of an array."""
    return np.reshape(np.take_along_axis(row, np.reshape(i, -1), 0), np.shape(i))


def _interp_dx(g, ans, x, xp, fp, left=None, right=None, period=None):
    _, inside, slope, _ = _piece(x, xp, fp)
    return np.where(inside, g * slope, 0.0)


def _interp_dxp(g, ans, x, xp, fp, left=None, right=None, period=None):
    """A point that moves takes the line with it: -s of its share."""
    if np.size(xp) == 1:
        return np.zeros_like(xp)
    i, inside, slope, part = _piece(x, xp, fp)
    return _shared(np.where(inside, -g * slope, 0.0), i, part, xp)


def _interp_dfp(g, ans, x, xp, fp, left=None, right=None, period=None):
    """The values at both ends of a piece share by nearness; beyond the last one it is that one, unless `right` is given."""
    n = np.size(xp)
    i, inside, _, part = _piece(x, xp, fp)
    first, last = np.zeros(np.shape(x), int), np.full(np.shape(x), n - 1)
    within = np.where(inside, g, 0.0)
    sent = _shared(within, i, part, fp) if n > 1 else _added(np.where(x == xp[0], g, 0.0), first, fp)
    if left is None:
        sent = sent + _added(np.where(x < xp[0], g, 0.0), first, fp)
    return sent if right is not None else sent + _added(np.where(x > xp[-1], g, 0.0), last, fp)


def _shared(g, i, part, like):
    return _added(g * (1.0 - part), i, like) + _added(g * part, i + 1, like)


def _added(g, i, like):
    """g, added up by position."""
    return _returned(g, i + 1, like)


def _interp_dleft(g, ans, x, xp, fp, left=None, right=None, period=None):
    return np.sum(np.where(x < xp[0], g, 0.0))


def _interp_dright(g, ans, x, xp, fp, left=None, right=None, period=None):
    return np.sum(np.where(x > xp[-1], g, 0.0))


@composite(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """With a period, the points are put in order within one, and continued by one on both sides."""
    if period is None:
        return NotImplemented
    if isinstance(period, int | float) and period == 0:
        raise ValueError("period must be a non-zero value")
    period = abs(period)
    x, xp, fp = (
        np.astype(one_array(np.asarray(a) if isinstance(a, float | int) else a), np.dtype(float)) for a in (x, xp, fp)
    )
    if np.ndim(xp) != 1 or np.shape(xp) != np.shape(fp):
        raise ValueError(
            f"np.interp needs points xp and fp of one axis and one length; got {np.shape(xp)} and {np.shape(fp)}"
        )
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return np.interp(x, xp, np.concatenate([fp[-1:], fp, fp[:1]]))


# ---------------------------------------------------------------------------------------------------------------------
# Evenly spaced numbers.


def _fractions(num, endpoint):
    return np.linspace(0.0, 1.0, num, endpoint)


def _linspace_d(to_stop):
    """start (1 - t) + stop t, with t from 0 to 1."""

    def rule(g, ans, start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
        t = _fractions(num, endpoint)
        return np.tensordot(t if to_stop else 1.0 - t, np.moveaxis(g, axis, 0), 1)

    return rule


def _geomspace_d(to_stop):
    """start**(1 - t) stop**t."""

    def rule(g, ans, start, stop, num=50, endpoint=True, dtype=None, axis=0):
        t = _fractions(num, endpoint)
        return np.tensordot(t if to_stop else 1.0 - t, np.moveaxis(g * ans, axis, 0), 1) / (stop if to_stop else start)

    return rule


@composite(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    if not retstep:
        return NotImplemented
    pieces = num - 1 if endpoint else num
    step = (stop * 1.0 - start) / pieces if pieces > 0 else np.nan
    return np.linspace(start, stop, num, endpoint, dtype=dtype, axis=axis), step


@composite(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if np.ndim(base):
        shape = np.broadcast_shapes(np.shape(start), np.shape(stop), np.shape(base))
        start, stop, base = (np.broadcast_to(one_array(a), shape) for a in (start, stop, base))
        base = np.expand_dims(base, axis)
    powers = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else np.astype(powers, np.dtype(dtype))


# fmt: off
#      function         d/dx             d/dxp, d/dstop        d/dfp          d/dleft         d/dright
defvjp(np.interp,       _interp_dx,      _interp_dxp,          _interp_dfp,   _interp_dleft,  _interp_dright,
                        left=_interp_dleft, right=_interp_dright)
defvjp(np.linspace,     _linspace_d(0),  _linspace_d(1))
defvjp(np.geomspace,    _geomspace_d(0), _geomspace_d(1))
defvjp(np.unwrap,       lambda g, ans, x, discont=None, axis=-1, *, period=None: g)      # moved by whole periods
# fmt: on
array_like(np.interp, np.linspace, np.geomspace)


# ---------------------------------------------------------------------------------------------------------------------
# Areas and slopes.


@primitive
def slopes_along(f, spacing, axis, edge_order):
    """np.gradient along one axis. `spacing` is the distance of the points, or their positions."""
    return np.gradient(f, spacing, axis=axis, edge_order=edge_order)


def _back_to_pieces(g, f, spacing, axis, edge_order):
    """What the slopes s = df / h of the pieces between neighbouring points get, and what their widths h get, s held fixed.

    Between two pieces the slope is (h2 s1 + h1 s2) / (h1 + h2), at an end s1, or s1 + (s1 - s2) h1 / (h1 + h2) of order 2.
    The axis is the last one.
    """
    g, f = np.moveaxis(g, axis, -1), np.moveaxis(f, axis, -1)
    n = np.shape(f)[-1]
    h = np.diff(spacing * 1.0) if np.ndim(spacing) else spacing * np.ones(n - 1)  # whole numbers may be unsigned
    s = (f[..., 1:] * 1.0 - f[..., :-1]) / h
    h1, h2, s1, s2, inner = h[:-1], h[1:], s[..., :-1], s[..., 1:], g[..., 1:-1]
    both = h1 + h2
    mean = (h2 * s1 + h1 * s2) / both
    to_s = _placed(inner * (h2 / both), 0, 1) + _placed(inner * (h1 / both), 1, 0)
    to_h = _placed(inner * ((s2 - mean) / both), 0, 1) + _placed(inner * ((s1 - mean) / both), 1, 0)
    first, last = g[..., :1], g[..., -1:]
    to_s = to_s + _placed(first, 0, n - 2) + _placed(last, n - 2, 0)
    if edge_order == 2:
        for end, piece, other in ((first, 0, 1), (last, n - 2, n - 3)):
            a, b, bend = h[piece], h[other], s[..., piece : piece + 1] - s[..., other : other + 1]
            sent = end * (a / (a + b))
            to_s = to_s + _placed(sent, piece, n - 2 - piece) - _placed(sent, other, n - 2 - other)
            sent = end * bend / np.square(a + b)
            to_h = to_h + _placed(sent * b, piece, n - 2 - piece) - _placed(sent * a, other, n - 2 - other)
    return to_s, to_h, s, h


def _placed(a, before, after):
    """With zeros around, along the last axis."""
    return np.pad(a, [(0, 0)] * (np.ndim(a) - 1) + [(before, after)])


def _slopes_df(g, ans, f, spacing, axis, edge_order):
    to_s, _, _, h = _back_to_pieces(g, f, spacing, axis, edge_order)
    return np.moveaxis(_placed(to_s / h, 1, 0) - _placed(to_s / h, 0, 1), -1, axis)


def _slopes_dspacing(g, ans, f, spacing, axis, edge_order):
    to_s, to_h, s, h = _back_to_pieces(g, f, spacing, axis, edge_order)
    sent = to_h - to_s * s / h
    if not np.ndim(spacing):
        return np.sum(sent)
    sent = np.sum(sent, axis=tuple(range(np.ndim(sent) - 1)))
    return _placed(sent, 1, 0) - _placed(sent, 0, 1)


defvjp(slopes_along, _slopes_df, _slopes_dspacing)


@composite(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = one_array(y)
    tail, head = (_slices(np.ndim(y), axis, part) for part in (slice(1, None), slice(None, -1)))
    if x is None:
        d = dx
    elif np.ndim(x) == 1:
        d = np.diff(one_array(x))
        d = np.reshape(d, [-1 if i == axis % np.ndim(y) else 1 for i in range(np.ndim(y))])
    else:
        d = np.diff(one_array(x), axis=axis)
    return np.sum(d * (y[tail] + y[head]) / 2.0, axis)


def _slices(ndim, axis, part):
    """The index of a part of an axis."""
    return (slice(None),) * (axis % ndim) + (part,)


@composite(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """Slopes along each axis.

    varargs : nothing, or one distance for all axes, or for each axis a distance or the positions of its points
    """
    f = one_array(f)
    axes = range(np.ndim(f)) if axis is None else [a % np.ndim(f) for a in np.atleast_1d(axis).tolist()]
    spacings = [one_array(v) for v in varargs or (1.0,)]
    if len(spacings) == 1 and not np.ndim(spacings[0]):
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(
            f"np.gradient along {len(axes)} axes takes no spacing, one number, or one an axis; got {len(spacings)}"
        )
    slopes = [slopes_along(f, spacing, a, edge_order) for a, spacing in zip(axes, spacings, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)
