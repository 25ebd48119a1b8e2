"""Functions whose result holds copies of the elements of their arguments: repeated, selected, padded, put on diagonals.

One rule serves them all. Run on the numbers 1, 2, 3, ... in the place of the elements, such a function tells where each element
of its result came from; the gradient goes back there, and what was copied twice adds up.
"""

import numpy as np

from ..rules import array_like, defvjp, view
from .indexing import scatter


def _numbered(x, first=1):
    """An integer array of the shape of x: first, first + 1, ..."""
    return np.reshape(np.arange(first, first + np.size(x)), np.shape(x))


def _returned(g, origin, x):
    """g, added up where it came from. `origin` holds the number of the element of x that was copied, 0 for none of them."""
    return np.reshape(scatter(g, origin, (np.size(x) + 1,))[1:], np.shape(x))


def _copies(f, argument=0):
    """The rule of an argument of f, of which f copies elements, beside other elements or fixed values."""

    def rule(g, ans, *args, **keywords):
        numbers = [*args]
        numbers[argument] = _numbered(args[argument])
        for i in _SOURCES.get(f, ()):
            if i != argument and i < len(args):
                numbers[i] = np.zeros(np.shape(args[i]), int)
        return _returned(g, f(*numbers, **keywords), args[argument])

    return rule


_SOURCES = {np.insert: (0, 2)}
"""The arguments from which elements are copied, where there are several."""


def _choose_dchoices(g, ans, a, choices, out=None, mode="raise"):
    """The choices may be arrays in a sequence, or the rows of one array."""
    parts = list(choices) if isinstance(choices, list | tuple) else [choices[i] for i in range(len(choices))]
    first = np.cumsum([1, *(np.size(part) for part in parts)]).tolist()
    origin = np.choose(a, [_numbered(part, n) for part, n in zip(parts, first[:-1], strict=True)], mode=mode)
    flat = scatter(g, origin, (first[-1],))
    sent = [np.reshape(flat[n : n + np.size(p)], np.shape(p)) for p, n in zip(parts, first[:-1], strict=True)]
    return sent if isinstance(choices, list | tuple) else np.stack(sent)


def _block_darrays(g, ans, arrays):
    """Blocks are rearranged as their elements' numbers are."""
    blocks = []

    def numbered(part):
        if isinstance(part, list):
            return [numbered(p) for p in part]
        blocks.append(part)
        return _numbered(part, 1 + sum(map(np.size, blocks[:-1])))

    origin = np.block(numbered(arrays))
    flat = scatter(g, origin, (1 + np.size(origin),))
    ends = iter(np.cumsum([np.size(b) for b in blocks]).tolist())

    def sent(part):
        if isinstance(part, list):
            return [sent(p) for p in part]
        end = next(ends)
        return np.reshape(flat[end + 1 - np.size(part) : end + 1], np.shape(part))

    return sent(arrays)


def _take_dx(g, ans, x, indices, axis=None, out=None, mode="raise"):
    """`mode` says what is meant by an index beyond the end."""
    n = np.size(x) if axis is None else np.shape(x)[axis]
    if mode == "wrap":
        indices = np.remainder(indices, n)
    elif mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    if axis is None:
        return np.reshape(scatter(g, indices, (n,)), np.shape(x))
    return scatter(g, (slice(None),) * (axis % np.ndim(x)) + (indices,), np.shape(x))


def along_axis(shape, indices, axis):
    """The index for which `x[index]` is `np.take_along_axis(x, indices, axis)`, for an x of `shape`."""
    ndim = len(shape)
    own = [np.reshape(np.arange(n), [n if i == k else 1 for i in range(ndim)]) for k, n in enumerate(shape)]
    own[axis % ndim] = indices
    return tuple(own)


def _take_along_axis_dx(g, ans, x, indices, axis=-1):
    if axis is None:
        return np.reshape(scatter(g, indices, (np.size(x),)), np.shape(x))
    return scatter(g, along_axis(np.shape(x), indices, axis), np.shape(x))


def _repeat_dx(g, ans, x, repeats, axis=None):
    """One number of repeats makes one more axis, and the gradient is the sum over it."""
    if np.ndim(repeats) or not isinstance(repeats, int):
        return _copies(np.repeat)(g, ans, x, repeats, axis=axis)
    if axis is None:
        return np.reshape(np.sum(np.reshape(g, (np.size(x), repeats)), axis=1), np.shape(x))
    shape, axis = np.shape(x), axis % max(np.ndim(x), 1)
    return np.sum(np.reshape(g, (*shape[: axis + 1], repeats, *shape[axis + 1 :])), axis=axis + 1)


def _roll_dx(g, ans, x, shift, axis=None):
    back = np.negative(np.asarray(shift, np.intp))  # the negative of an unsigned number would be a large one
    return np.roll(g, back.tolist(), axis)


def _trim_zeros_dx(g, ans, x, trim="fb", axis=None):
    """What is left begins at the first element that is not 0, where the front was trimmed."""
    places = np.nonzero(x)
    axes = range(np.ndim(x)) if axis is None else [a % np.ndim(x) for a in np.atleast_1d(axis).tolist()]
    front = "f" in trim.lower() and np.size(ans) > 0
    starts = [int(np.min(places[i])) if front and i in axes else 0 for i in range(np.ndim(x))]
    index = tuple(slice(start, start + n) for start, n in zip(starts, np.shape(ans), strict=True))
    return scatter(g, index, np.shape(x))


def _trace_dx(g, ans, x, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """g on the diagonal that was summed, 0 elsewhere."""
    unit = np.eye(np.shape(x)[axis1], np.shape(x)[axis2], offset, dtype=x.dtype)
    return np.moveaxis(np.expand_dims(g, (-2, -1)) * unit, (-2, -1), (axis1, axis2))


# fmt: off
#      function              d/dx
defvjp(np.repeat,            _repeat_dx)
defvjp(np.tile,              _copies(np.tile))
defvjp(np.resize,            _copies(np.resize))
defvjp(np.roll,              _roll_dx)
defvjp(np.rot90,             lambda g, ans, x, k=1, axes=(0, 1): np.rot90(g, -k, axes))
defvjp(np.delete,            _copies(np.delete))
defvjp(np.insert,            _copies(np.insert, 0),   None,   _copies(np.insert, 2))
defvjp(np.trim_zeros,        _trim_zeros_dx)

defvjp(np.take,              _take_dx)
defvjp(np.take_along_axis,   _take_along_axis_dx)
defvjp(np.compress,          None,   _copies(np.compress, 1))
defvjp(np.extract,           None,   _copies(np.extract, 1))
defvjp(np.choose,            None,   _choose_dchoices)
defvjp(np.block,             _block_darrays)

defvjp(np.diag,              _copies(np.diag))
defvjp(np.diagflat,          _copies(np.diagflat))
defvjp(np.diagonal,          _copies(np.diagonal))
defvjp(np.trace,             _trace_dx)
defvjp(np.tril,              lambda g, ans, x, k=0: np.tril(g, k))
defvjp(np.triu,              lambda g, ans, x, k=0: np.triu(g, k))
defvjp(np.lib.stride_tricks.sliding_window_view, _copies(np.lib.stride_tricks.sliding_window_view))
# fmt: on
view(np.trim_zeros, np.rot90, np.diag, np.diagonal, np.lib.stride_tricks.sliding_window_view)
array_like(np.insert, np.compress, np.extract, np.take, np.take_along_axis)
