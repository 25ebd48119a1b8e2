"""Shapes: the same elements in another arrangement. The gradient is arranged back."""

import numpy as np

from ..rules import PLAIN, composite, constant, defvjp, makes_arrays, view


def _reshape_dx(g, ans, x, shape=None, order="C", *, newshape=None, copy=None):
    """Order "A" reads the elements as they lie in memory."""
    if order == "A":
        order = "F" if x.flags.fnc else "C"
    return np.reshape(g, x.shape, order=order)


def _transpose_dx(g, ans, x, axes=None):
    return g.T if axes is None else np.transpose(g, np.argsort([a % g.ndim for a in axes]).tolist())


def another_array(out, x):
    """`out`, or a view of it if it is `x` itself: the array of a result is a view of the argument's, or its own."""
    return out[...] if out is x else out


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
# fmt: on
view(
    np.reshape,
    np.transpose,
    np.swapaxes,
    np.moveaxis,
    np.squeeze,
    np.expand_dims,
    np.broadcast_to,
    np.flip,
    np.astype,
)  # fmt: skip
makes_arrays(np.copy, np.astype, np.tensordot, np.cov, np.i0)
makes_arrays(np.zeros_like, np.ones_like, np.full_like, np.empty_like)
PLAIN[np.squeeze] = lambda a, axis=None: another_array(np.squeeze(a, axis), a)
PLAIN[np.astype] = lambda x, dtype, copy=True: another_array(np.astype(x, dtype, copy=copy), x)
PLAIN[np.transpose] = lambda x, axes=None: np.asarray(x).transpose(axes)


@composite(np.ravel)
def ravel(a, order="C"):
    """Order "K" reads the elements as they lie in memory: with the axes sorted by their strides, the longest first."""
    if order == "K":
        layout = np.copy(
            getattr(a, "array", a), order="K"
        ).strides  # how the elements lie, which a compiler need not refuse
        a, order = np.transpose(a, sorted(range(a.ndim), key=lambda i: (-layout[i], i))), "C"
    flat = np.reshape(a, -1, order=order)
    return flat if flat.flags.c_contiguous else np.copy(flat)  # what does not lie in one piece is copied


@composite(np.matrix_transpose)
def matrix_transpose(x, /):
    return np.swapaxes(x, -1, -2)


@composite(np.atleast_1d)
def atleast_1d(*arrays):
    widened = tuple(a if np.ndim(a) else np.reshape(a, 1) for a in arrays)
    return widened[0] if len(arrays) == 1 else widened


@composite(np.atleast_2d)
def atleast_2d(*arrays):
    widened = tuple(a if np.ndim(a) >= 2 else np.reshape(a, (1, np.size(a))) for a in arrays)
    return widened[0] if len(arrays) == 1 else widened


@composite(np.atleast_3d)
def atleast_3d(*arrays):
    """A vector becomes the rows of one sheet, a matrix the one sheet of each of its elements."""
    places = {0: (0, 1, 2), 1: (0, 2), 2: (2,)}
    widened = tuple(np.expand_dims(a, places[np.ndim(a)]) if np.ndim(a) < 3 else a for a in arrays)
    return widened[0] if len(arrays) == 1 else widened


@composite(np.fliplr)
def fliplr(m):
    if np.ndim(m) < 2:
        raise ValueError(f"np.fliplr needs an array of at least 2 axes; this one has {np.ndim(m)}")
    return np.flip(m, 1)


@composite(np.flipud)
def flipud(m):
    if np.ndim(m) < 1:
        raise ValueError("np.flipud needs an array of at least 1 axis")
    return np.flip(m, 0)


@composite(np.rollaxis)
def rollaxis(a, axis, start=0):
    n = np.ndim(a)
    np.rollaxis(np.empty((1,) * n), axis, start)  # raises what NumPy raises
    axis, start = axis % n, start + n * (start < 0)
    axes = list(range(n))
    axes.insert(start - (axis < start), axes.pop(axis))
    return np.transpose(a, axes)


@composite(np.fft.fftshift)
def fftshift(x, axes=None):
    """Half a turn along each axis; of an odd length the lower half is the longer one."""
    axes = range(np.ndim(x)) if axes is None else np.atleast_1d(axes).tolist()
    return np.roll(x, [np.shape(x)[a] // 2 for a in axes], tuple(axes))


@composite(np.fft.ifftshift)
def ifftshift(x, axes=None):
    axes = range(np.ndim(x)) if axes is None else np.atleast_1d(axes).tolist()
    return np.roll(x, [-(np.shape(x)[a] // 2) for a in axes], tuple(axes))


constant(
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type,
    np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory,
)  # fmt: skip
