"""Shapes: the same elements in another arrangement. The gradient is arranged back."""

import numpy as np

from ..rules import composite, constant, defvjp


def _reshape_dx(g, ans, x, shape=None, order="C", *, newshape=None, copy=None):
    """Order "A" reads the elements as they lie in memory."""
    if order == "A":
        order = "F" if x.flags.fnc else "C"
    return np.reshape(g, x.shape, order=order)


def _transpose_dx(g, ans, x, axes=None):
    return g.T if axes is None else np.transpose(g, np.argsort([a % g.ndim for a in axes]).tolist())


def _concatenate_darrays(g, ans, arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    """Each array's own stretch of the axis. The arrays may be the rows of one."""
    sent, start = [], 0
    for a in arrays:
        a = np.stack(a) if isinstance(a, list | tuple) else a
        length = np.size(a) if axis is None else np.shape(a)[axis]
        index = slice(start, start + length)
        part = g[index] if axis is None else g[(slice(None),) * (axis % g.ndim) + (index,)]
        sent.append(np.reshape(part, np.shape(a)))
        start += length
    return sent if isinstance(arrays, list | tuple) else np.stack(sent)


# fmt: off
#      function         d/dx
defvjp(np.reshape,      _reshape_dx)
defvjp(np.transpose,    _transpose_dx)
defvjp(np.swapaxes,     lambda g, ans, x, axis1, axis2: np.swapaxes(g, axis1, axis2))
defvjp(np.moveaxis,     lambda g, ans, x, source, destination: np.moveaxis(g, destination, source))
defvjp(np.squeeze,      lambda g, ans, x, axis=None: np.reshape(g, x.shape))
defvjp(np.expand_dims,  lambda g, ans, x, axis: np.reshape(g, x.shape))
defvjp(np.broadcast_to, lambda g, ans, x, shape, subok=False: g)        # the sum over the copies is the backward pass's
defvjp(np.flip,         lambda g, ans, x, axis=None: np.flip(g, axis))
defvjp(np.copy,         lambda g, ans, x, order="K", subok=False: g)
defvjp(np.astype,       lambda g, ans, x, dtype, copy=True, device=None: g)
defvjp(np.concatenate,  _concatenate_darrays)
# fmt: on


@composite(np.ravel)
def ravel(a, order="C"):
    """Order "K" reads the elements as they lie in memory: with the axes sorted by their strides, the longest first."""
    if order == "K":
        layout = np.copy(a.data, order="K").strides
        a, order = np.transpose(a, sorted(range(a.ndim), key=lambda i: (-layout[i], i))), "C"
    return np.reshape(a, -1, order=order)


@composite(np.matrix_transpose)
def matrix_transpose(x, /):
    return np.swapaxes(x, -1, -2)


@composite(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    expanded = [np.expand_dims(a, axis) for a in arrays]
    shapes = {a.shape for a in expanded}
    if len(shapes) > 1:
        raise ValueError(f"all arrays to stack need one shape; got {sorted({np.shape(a) for a in arrays})}")
    return np.concatenate(expanded, axis=axis, dtype=dtype, casting=casting)


@composite(np.atleast_1d)
def atleast_1d(*arrays):
    widened = tuple(a if np.ndim(a) else np.reshape(a, 1) for a in arrays)
    return widened[0] if len(arrays) == 1 else widened


@composite(np.atleast_2d)
def atleast_2d(*arrays):
    widened = tuple(a if np.ndim(a) >= 2 else np.reshape(a, (1, np.size(a))) for a in arrays)
    return widened[0] if len(arrays) == 1 else widened


@composite(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    return np.concatenate([np.atleast_2d(a) for a in tup], 0, dtype=dtype, casting=casting)


@composite(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    arrays = [np.atleast_1d(a) for a in tup]
    axis = 0 if arrays and np.ndim(arrays[0]) == 1 else 1
    return np.concatenate(arrays, axis, dtype=dtype, casting=casting)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(a, shape) for a in args)


constant(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory)
