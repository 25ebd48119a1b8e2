"""Arrays joined, split and laid out beside each other."""

from itertools import pairwise

import numpy as np

from ..primitives import tensors_in
from ..rules import composite, defvjp


def one_array(a):
    """A nested list as one array, or as one Tensor if there are Tensors in it; anything else as it is."""
    if not isinstance(a, list | tuple):
        return a
    return np.asarray(a) if next(tensors_in(a), None) is None else np.stack([one_array(part) for part in a])


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


defvjp(np.concatenate, _concatenate_darrays)


@composite(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    expanded = [np.expand_dims(a, axis) for a in arrays]
    shapes = {a.shape for a in expanded}
    if len(shapes) > 1:
        raise ValueError(f"all arrays to stack need one shape; got {sorted({np.shape(a) for a in arrays})}")
    return np.concatenate(expanded, axis=axis, dtype=dtype, casting=casting)


@composite(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    return np.concatenate([np.atleast_2d(a) for a in tup], 0, dtype=dtype, casting=casting)


@composite(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    arrays = [np.atleast_1d(a) for a in tup]
    axis = 0 if arrays and np.ndim(arrays[0]) == 1 else 1
    return np.concatenate(arrays, axis, dtype=dtype, casting=casting)


@composite(np.dstack)
def dstack(tup):
    return np.concatenate([np.atleast_3d(a) for a in tup], 2)


@composite(np.column_stack)
def column_stack(tup):
    return np.concatenate([a if np.ndim(a) >= 2 else np.reshape(a, (-1, 1)) for a in tup], 1)


@composite(np.append)
def append(arr, values, axis=None):
    return np.concatenate([arr, values] if axis is not None else [np.ravel(arr), np.ravel(values)], axis or 0)


@composite(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """Sections that differ in length by one at most, the longer ones first; or cuts at the given indices."""
    n = np.shape(ary)[axis]
    if np.ndim(indices_or_sections):
        cuts = [0, *np.asarray(indices_or_sections).tolist(), n]
    else:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError(f"the number of sections must be larger than 0; got {sections}")
        each, longer = divmod(n, sections)
        cuts = [i * each + min(i, longer) for i in range(sections + 1)]
    before = (slice(None),) * (axis % np.ndim(ary))
    return [ary[(*before, slice(start, end))] for start, end in pairwise(cuts)]


@composite(np.split)
def split(ary, indices_or_sections, axis=0):
    n = np.shape(ary)[axis]
    if not np.ndim(indices_or_sections) and n % int(indices_or_sections):
        raise ValueError(
            f"an axis of length {n} is not divided into {indices_or_sections} equal parts; use np.array_split"
        )
    return np.array_split(ary, indices_or_sections, axis)


@composite(np.hsplit)
def hsplit(ary, indices_or_sections):
    if not np.ndim(ary):
        raise ValueError("np.hsplit needs an array of at least 1 axis")
    return np.split(ary, indices_or_sections, 1 if np.ndim(ary) > 1 else 0)


@composite(np.vsplit)
def vsplit(ary, indices_or_sections):
    if np.ndim(ary) < 2:
        raise ValueError(f"np.vsplit needs an array of at least 2 axes; this one has {np.ndim(ary)}")
    return np.split(ary, indices_or_sections, 0)


@composite(np.dsplit)
def dsplit(ary, indices_or_sections):
    if np.ndim(ary) < 3:
        raise ValueError(f"np.dsplit needs an array of at least 3 axes; this one has {np.ndim(ary)}")
    return np.split(ary, indices_or_sections, 2)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(np.shape, args))
    if all(np.shape(a) == shape for a in args):
        return tuple(map(one_array, args))  # themselves, which may be written
    return tuple(np.broadcast_to(a, shape) for a in args)


@composite(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing= of np.meshgrid is 'xy' or 'ij', not {indexing!r}")
    ndim = len(xi)
    axes = [1, 0, *range(2, ndim)] if indexing == "xy" and ndim > 1 else range(ndim)
    rows = [np.reshape(x, (1,) * k + (-1,) + (1,) * (ndim - 1 - k)) for x, k in zip(xi, axes, strict=True)]
    grids = tuple(rows) if sparse else np.broadcast_arrays(*rows)
    return tuple(np.copy(grid, order="C") for grid in grids) if copy else grids


if hasattr(np, "unstack"):  # NumPy 2.1

    @composite(np.unstack)
    def unstack(x, /, *, axis=0):
        return tuple(np.moveaxis(x, axis, 0))
