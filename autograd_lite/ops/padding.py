"""np.pad in all its modes."""

import numpy as np

from ..primitives import tensors_in
from ..rules import composite, defvjp
from ..writes import setitem
from .copying import _numbered, _returned
from .joining import one_array

_COPYING = ("constant", "edge", "reflect", "symmetric", "wrap", "empty")
_STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


def _pad_dx(g, ans, x, pad_width, mode="constant", **keywords):
    if mode in ("constant", "empty"):
        widths = pairs(pad_width, np.ndim(x))
        return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, np.shape(x), strict=True))]
    if keywords.get("reflect_type") == "odd":
        return _odd_dx(g, x, pad_width, mode, keywords)
    return _returned(g, np.pad(_numbered(x), pad_width, mode, **keywords), x)


def _odd_dx(g, x, pad_width, mode, keywords):
    """What is reflected oddly, 2 edge - element, depends linearly on x, axis by axis: on a unit matrix it shows how."""
    for axis, widths in enumerate(pairs(pad_width, np.ndim(x))):
        unit = np.eye(np.shape(x)[axis], dtype=g.dtype)
        matrix = np.stack([np.pad(row, widths, mode, **keywords) for row in unit])
        g = np.moveaxis(np.tensordot(matrix, g, (1, axis)), 0, axis)
    return g


def _pad_dvalues(g, ans, x, pad_width, mode="constant", **keywords):
    """constant_values: of all elements one, of every axis one before and after, or of every axis its own."""
    values = keywords["constant_values"]
    numbers = np.reshape(np.arange(1, np.size(values) + 1), np.shape(values))
    origin = np.pad(np.zeros(np.shape(x), int), pad_width, mode, constant_values=numbers)
    return _returned(g, origin, values)


def pairs(given, ndim):
    """The numbers before and after along each axis, which NumPy takes in several forms."""
    if isinstance(given, dict):
        each = {axis % ndim: (n, n) if np.ndim(n) == 0 else tuple(n) for axis, n in given.items()}
        return [each.get(axis, (0, 0)) for axis in range(ndim)]
    return np.broadcast_to(np.asarray(given), (ndim, 2)).tolist()


defvjp(np.pad, _pad_dx, constant_values=_pad_dvalues)


@composite(np.pad)
def pad(array, pad_width, mode="constant", **keywords):
    """The modes that compute what they put at the ends, one axis after the other; the others copy, and have a rule."""
    x = one_array(array)
    if mode in _COPYING or x.dtype.kind != "f":
        return NotImplemented
    widths = pairs(pad_width, np.ndim(x))
    if callable(mode):
        return _padded_by(mode, x, widths, keywords)
    if mode == "linear_ramp":
        ends = keywords.pop("end_values", 0)
        parts = [_ramps(end, np.ndim(x), axis) for axis, end in enumerate(_end_values(ends, np.ndim(x)))]
    elif mode in _STATISTICS:
        lengths = keywords.pop("stat_length", None)
        lengths = [(None, None)] * np.ndim(x) if lengths is None else pairs(lengths, np.ndim(x))
        parts = [_statistic(_STATISTICS[mode], length, axis) for axis, length in enumerate(lengths)]
    else:
        raise ValueError(f"mode {mode!r} of np.pad is not supported")
    if keywords:
        raise ValueError(f"unsupported keyword arguments for mode {mode!r}: {set(keywords)}")
    for axis, (before, after) in enumerate(widths):
        if before or after:
            front, back = parts[axis](x, before, after)
            x = np.concatenate([front, x, back], axis)
    return x


def _end_values(ends, ndim):
    ends = one_array(ends) if next(tensors_in(ends), None) is not None else np.asarray(ends)
    if np.ndim(ends) == 0:
        return [(ends, ends)] * ndim
    rows = np.broadcast_to(ends, (ndim, 2))
    return [(rows[i, 0], rows[i, 1]) for i in range(ndim)]


def _ramps(end, ndim, axis):
    def parts(x, before, after):
        edges = _end(x, axis, 0, 1), _end(x, axis, -1, None)
        ramps = [
            np.linspace(value, np.squeeze(edge, axis), n, endpoint=False, axis=axis, dtype=x.dtype)
            for value, edge, n in zip(end, edges, (before, after), strict=True)
        ]
        return ramps[0], np.flip(ramps[1], axis)

    return parts


def _statistic(f, lengths, axis):
    def parts(x, before, after):
        n = np.shape(x)[axis]
        front, back = (n if length is None or length > n else length for length in lengths)
        if f in (np.max, np.min) and not (front and back):
            raise ValueError("stat_length of 0 yields no value for padding")
        values = (
            f(_end(x, axis, 0, front), axis=axis, keepdims=True),
            f(_end(x, axis, n - back, n), axis=axis, keepdims=True),
        )
        return tuple(
            np.broadcast_to(v, [m if i == axis else k for i, k in enumerate(np.shape(x))])
            for v, m in zip(values, (before, after), strict=True)
        )

    return parts


def _end(x, axis, start, stop):
    return x[(slice(None),) * axis + (slice(start, stop),)]


def _padded_by(function, x, widths, keywords):
    """A function of the user's writes into each padded row, axis by axis, as NumPy lets it do."""
    x = np.pad(x, widths)
    for axis, pair in enumerate(widths):
        rows = np.moveaxis(x, axis, -1)
        for index in np.ndindex(np.shape(rows)[:-1]):
            row = np.copy(rows[index])
            function(row, tuple(pair), axis, keywords)
            rows = setitem(rows, index, row)
        x = np.moveaxis(rows, -1, axis)
    return x
