"""NumPy's functions that write into an array they are given. A Tensor is written as by `t[index] = value`: recorded."""

import numpy as np

from ..function_names import name_of
from ..primitives import tensors_in
from ..rules import composite
from .copying import along_axis
from .indexing import scatter
from .joining import one_array


def _written(t, index, value, f):
    """`t[index] = value`. Raises TypeError for an ndarray that is to hold what requires a gradient, and would lose it."""
    if isinstance(t, np.ndarray):
        if any(part.requires_grad for part in tensors_in(value)):
            raise TypeError(
                f"{name_of(f)} cannot write a Tensor that requires a gradient into an ndarray, which would lose it: "
                "make the array a Tensor first, autograd_lite.Tensor(array)"
            )
        value = np.asarray(value)
    t[index] = value


def _written_at(t, positions, values, f):
    """Write the elements that these positions number as in a flattened array. A number is written by the last of them."""
    index = np.unravel_index(positions, np.shape(t) or (1,))
    if np.ndim(t):
        _written(t, index, values, f)
    else:
        _written(t, (), np.ravel(values)[-1], f)


@composite(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    source = one_array(src) if next(tensors_in(src), None) is not None else np.asarray(src)
    if not np.can_cast(source.dtype, dst.dtype, casting):
        raise TypeError(f"cannot copy dtype {source.dtype} into dtype {dst.dtype} according to the rule {casting!r}")
    _written(dst, Ellipsis, source if where is True else np.where(where, source, dst), np.copyto)


@composite(np.put)
def put(a, ind, v, mode="raise"):
    positions = np.ravel(np.asarray(ind))
    n = np.size(a)
    if mode != "raise":
        positions = positions % n if mode == "wrap" else np.clip(positions, 0, n - 1)
    positions = np.where(positions < 0, positions + n, positions)
    if positions.size:
        _written_at(a, positions, np.resize(one_array(v), positions.shape), np.put)


@composite(np.place)
def place(arr, mask, vals):
    """The values are taken in turn, and again from the first when they are used up."""
    mask = np.reshape(np.asarray(mask, bool), np.shape(arr))
    _written(arr, mask, np.resize(one_array(vals), int(np.sum(mask))), np.place)


@composite(np.putmask)
def putmask(a, mask, values):
    """Each element has its own value, values repeated as often as needed."""
    mask = np.reshape(np.asarray(mask, bool), np.shape(a))
    _written(a, mask, np.resize(one_array(values), np.shape(a))[mask], np.putmask)


@composite(np.put_along_axis)
def put_along_axis(arr, indices, values, axis=-1):
    if axis is None:
        _written_at(arr, np.asarray(indices), one_array(values), np.put_along_axis)
    else:
        _written(arr, along_axis(np.shape(arr), indices, axis), values, np.put_along_axis)


@composite(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    """Written are the elements that NumPy writes into, found by filling a diagonal of an array of zeros."""
    diagonal = np.zeros(np.shape(a), bool)
    np.fill_diagonal(diagonal, True, wrap)
    values = one_array(val)
    _written(a, diagonal, np.resize(values, int(np.sum(diagonal))) if np.ndim(values) else values, np.fill_diagonal)


FEW = 32
"""As often may one element come in a sum that is taken in NumPy's order."""


def _at(f):
    @composite(f.at)
    def at(a, indices, b=None, /):
        """The elements in turn, as NumPy does it: each round takes the next of the values for every element."""
        positions = np.arange(np.size(a)).reshape(np.shape(a))[_bare_index(indices)]
        flat = np.ravel(positions)
        values = [] if f.nin == 1 else [np.copy(np.broadcast_to(one_array(b), np.shape(positions))).reshape(-1)]
        _require_fit(f, a, values)
        order = np.argsort(flat, kind="stable")
        first = np.searchsorted(flat[order], flat[order])
        turn = np.empty_like(flat)
        turn[order] = np.arange(flat.size) - first
        rounds = int(np.max(turn, initial=-1)) + 1
        if rounds > FEW and f in (np.add, np.subtract):
            _written(a, Ellipsis, f(a, scatter(values[0], (flat,), (np.size(a),)).reshape(np.shape(a))), f.at)
            return
        for i in range(rounds):
            now = np.flatnonzero(turn == i)
            _written_at(a, flat[now], f(np.ravel(a)[flat[now]], *(v[now] for v in values)), f.at)


def _bare_index(index):
    return (
        tuple(map(_bare_index, index))
        if isinstance(index, tuple)
        else np.asarray(index)
        if _is_tensor(index)
        else index
    )


def _is_tensor(a):
    return next(tensors_in(a), None) is a


def _require_fit(f, a, values):
    """Raise TypeError, as NumPy does, for results of a dtype that the array cannot hold."""
    made = f(*(np.zeros(0, x.dtype) for x in (a, *values))).dtype
    if not np.can_cast(made, a.dtype, "same_kind"):
        raise TypeError(f"{name_of(f.at)} gives dtype {made}, which does not fit into dtype {a.dtype}")


for ufunc in dict.fromkeys(
    f for f in vars(np).values() if isinstance(f, np.ufunc) and (f.nout, f.signature) == (1, None)
):
    _at(ufunc)
