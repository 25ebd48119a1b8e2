"""How operations do for every example what they did for one: the tables of batching.py."""

import math
from collections.abc import Callable
from operator import getitem
from string import ascii_letters
from typing import Any

import numpy as np

from .batching import Batched, One, Unbatched, aligned, elementwise, refuse_batched, spread, state
from .ops import linalg, norms, reductions
from .ops.activations import relu, sigmoid, softplus
from .ops.einsum import einsum_labels, seen_otherwise
from .ops.indexing import scatter
from .writes import setitem

Array = np.ndarray[Any, Any]
labels_of: Any = einsum_labels

# ---------------------------------------------------------------------------------------------------------------------
# Along axes.


def reduction(one: One, x: Any, axis: Any = None, *args: Any, **keywords: Any) -> Array:
    """A sum or its like. Without an axis it goes over all axes but that of the examples."""
    array = spread(x, one.examples)
    mask = keywords.pop("where", None)
    refuse_batched(one, *args, *keywords.values())
    if mask is not None:
        keywords["where"] = aligned(mask, array.ndim - 1)
    return one.op(array, _behind(axis, array), *args, **keywords)  # type: ignore[no-any-return]


def scaled_sum(one: One, x: Any, factor: Any) -> Array:
    refuse_batched(one, factor)
    array = spread(x, one.examples)
    return np.multiply(np.sum(array, axis=_behind(None, array)), factor)  # type: ignore[no-any-return]


def along(default: int | None) -> Callable[..., Array]:
    """An operation along one axis, by default `default`; without an axis it goes along the flattened array."""

    def rule(one: One, x: Any, axis: Any = default, *args: Any, **keywords: Any) -> Array:
        array = spread(x, one.examples)
        refuse_batched(one, *args, *keywords.values())
        if axis is None or array.ndim == 1:
            array, axis = array.reshape(len(array), -1), 0
        return one.op(array, _behind(axis, array), *args, **keywords)  # type: ignore[no-any-return]

    return rule


def flip(one: One, x: Any, axis: Any = None) -> Array:
    return np.flip(spread(x, one.examples), _behind(axis, spread(x, one.examples)))


def _behind(axis: Any, array: Array) -> Any:
    """An axis of one example, or several, as axes of the array of all examples. None is all of them; a number has none."""
    n = array.ndim - 1
    if axis is None or not n:
        return tuple(range(1, n + 1))
    return axis % n + 1 if isinstance(axis, int | np.integer) else tuple(a % n + 1 for a in axis)


# ---------------------------------------------------------------------------------------------------------------------
# Shapes.


def reshape(one: One, x: Any, shape: Any = None, order: str = "C", **keywords: Any) -> Array:
    if order != "C":
        raise Unbatched(f"np.reshape with order={order!r} has no rule for many examples at once")
    return spread(x, one.examples).reshape(one.examples, *one.shape)


def regroup(one: One, x: Any, *args: Any, **keywords: Any) -> Array:
    """Axes of length 1 come or go."""
    return spread(x, one.examples).reshape(one.examples, *one.shape)


def broadcast_to(one: One, x: Any, shape: Any, subok: bool = False) -> Array:
    return np.broadcast_to(aligned(x, len(one.shape)), (one.examples, *one.shape))


def transpose(one: One, x: Any, axes: Any = None) -> Array:
    n = len(one.shape)
    return np.transpose(x.array, (0, *(range(n, 0, -1) if axes is None else (a % n + 1 for a in axes))))


def swapaxes(one: One, x: Any, axis1: int, axis2: int) -> Array:
    return np.swapaxes(x.array, _behind(axis1, x.array), _behind(axis2, x.array))


def moveaxis(one: One, x: Any, source: Any, destination: Any) -> Array:
    return np.moveaxis(x.array, _behind(source, x.array), _behind(destination, x.array))


def concatenate(one: One, arrays: Any, axis: Any = 0, *args: Any, **keywords: Any) -> Array:
    if isinstance(arrays, Batched):  # the rows of one array
        parts = list(np.moveaxis(arrays.array, 1, 0))
    else:
        parts = [spread(a, one.examples) for a in arrays]
    if axis is None:
        parts, axis = [p.reshape(one.examples, -1) for p in parts], 0
    return np.concatenate(parts, _behind(axis, parts[0]), *args, **keywords)


def filled_like(one: One, x: Any, *args: Any, **keywords: Any) -> Array:
    refuse_batched(one, *args, *keywords.values())
    return one.op(x.array, *args, **keywords)  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------------------------------------------------
# Indices. An index that is the same for all examples leaves their axis alone if that stands last, where no index
# reaches it.


def read(one: One, x: Any, index: Any) -> Array:
    every = _every_example(one, index)
    if every is not None:
        if isinstance(x, Batched):
            return x.array[every]  # type: ignore[no-any-return]
        return x[every[1:]]  # type: ignore[no-any-return]
    return np.moveaxis(np.moveaxis(x.array, 0, -1)[_but_last(index)], -1, 0)


def add_at(one: One, g: Any, index: Any, shape: Any) -> Array:
    every = _every_example(one, index)
    if every is not None:
        return one.op(spread(g, one.examples), every, (one.examples, *shape))  # type: ignore[no-any-return]
    last = np.moveaxis(spread(g, one.examples), 0, -1)
    return np.moveaxis(one.op(last, _but_last(index), (*shape, one.examples)), -1, 0)


def write(one: One, x: Any, index: Any, value: Any) -> Array:
    array = spread(x, one.examples)
    if _every_example(one, index) is not None:
        raise Unbatched("writing at an index that differs between examples has no rule for many examples at once")
    if isinstance(value, Batched):
        value = np.moveaxis(value.array, 0, -1)
    elif np.ndim(value):
        value = np.asarray(value)[..., None]
    return np.moveaxis(setitem(np.moveaxis(array, 0, -1), _but_last(index), value), -1, 0)


def _every_example(one: One, index: Any) -> Any:
    """An index that differs between examples, with the number of the example in front; None if it does not differ."""
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(p, Batched) for p in parts):
        refuse_batched(one, *parts)
        return None
    arrays = [p.array if isinstance(p, Batched) else np.asarray(p) for p in parts if not isinstance(p, slice)]
    if len(arrays) < len(parts) or any(a.dtype.kind not in "iu" for a in arrays):
        raise Unbatched(
            "an index that differs between examples is understood only if it is made of whole numbers alone"
        )
    ndim = max(a.ndim - isinstance(p, Batched) for a, p in zip(arrays, parts, strict=True))
    numbers = np.arange(one.examples).reshape(-1, *(1,) * ndim)
    return (numbers, *(aligned(p, ndim) for p in parts))


def _but_last(index: Any) -> Any:
    """The same index for an array with one further axis at the end, of which it takes all."""
    parts = index if isinstance(index, tuple) else (index,)
    return (*parts, slice(None)) if any(p is Ellipsis for p in parts) else parts


# ---------------------------------------------------------------------------------------------------------------------
# Products.


def matmul(one: One, x: Any, y: Any) -> Array:
    """A stack of products; one large product where only one side differs, element-wise for a sum of one term."""
    row, column = _ndim(x) == 1, _ndim(y) == 1
    left = _array(x)[..., None, :] if row else _array(x)
    right = _array(y)[..., None] if column else _array(y)
    shape = (one.examples, *one.shape)
    if not isinstance(y, Batched) and right.ndim == 2:
        rows: Array = left.reshape(math.prod(left.shape[:-1]), left.shape[-1])
        return np.matmul(rows, right).reshape(shape)  # type: ignore[no-any-return]
    if not isinstance(x, Batched) and left.ndim == 2 and right.ndim == 3 and right.shape[-1] == 1:
        return np.matmul(right[..., 0], left.T).reshape(shape)  # type: ignore[no-any-return]
    ndim = max(left.ndim - isinstance(x, Batched), right.ndim - isinstance(y, Batched))
    left = aligned(Batched(left), ndim) if isinstance(x, Batched) else left
    right = aligned(Batched(right), ndim) if isinstance(y, Batched) else right
    return (left * right if left.shape[-1] == 1 else np.matmul(left, right)).reshape(shape)


def matmul_transposed(one: One, x: Any, y: Any) -> Array:
    return matmul(one, x, Batched(y.array.swapaxes(1, 2)) if isinstance(y, Batched) else y.T)


def dot(one: One, x: Any, y: Any) -> Array:
    if not _ndim(x) or not _ndim(y):
        return elementwise(One(np.multiply, one.shape, one.examples), x, y)
    if _ndim(x) <= 2 and _ndim(y) <= 2:
        return matmul(one, x, y)
    return tensordot(one, x, y, ([_ndim(x) - 1], [max(_ndim(y) - 2, 0)]))


def inner(one: One, x: Any, y: Any) -> Array:
    if not _ndim(x) or not _ndim(y):
        return elementwise(One(np.multiply, one.shape, one.examples), x, y)
    return tensordot(one, x, y, ([_ndim(x) - 1], [_ndim(y) - 1]))


def outer(one: One, x: Any, y: Any) -> Array:
    left, right = spread(x, one.examples), spread(y, one.examples)
    return left.reshape(one.examples, -1, 1) * right.reshape(one.examples, 1, -1)  # type: ignore[no-any-return]


def tensordot(one: One, x: Any, y: Any, axes: Any = 2) -> Array:
    if isinstance(axes, int | np.integer):
        axes = range(_ndim(x) - axes, _ndim(x)), range(axes)
    of_x, of_y = (list(a) if np.ndim(a) else [a] for a in axes)
    left, right = list(ascii_letters[: _ndim(x)]), list(ascii_letters[26 : 26 + _ndim(y)])
    for a, b in zip(of_x, of_y, strict=True):
        right[b] = left[a]
    out = [c for c in left if c not in right] + [c for c in right if c not in left]
    return einsum(one, f"{''.join(left)},{''.join(right)}->{''.join(out)}", x, y)


def einsum(one: One, subscripts: str, *operands: Any, **options: Any) -> Array:
    singles = [np.empty(a.array.shape[1:]) if isinstance(a, Batched) else a for a in operands]
    labels, out = labels_of(subscripts, singles)
    each = next(c for c in ascii_letters if c not in "".join(labels))
    terms = [each * isinstance(a, Batched) + label for a, label in zip(operands, labels, strict=True)]
    whole = ",".join(terms) + "->" + each + out
    return np.einsum(whole, *map(_array, operands), **options)  # type: ignore[no-any-return]


def turned(one: One, x: Any, subscripts: str) -> Array:
    return einsum(one, subscripts, x)


def _array(a: Any) -> Array:
    return a.array if isinstance(a, Batched) else np.asarray(a)


def _ndim(a: Any) -> int:
    """The number of axes of one example's value."""
    return a.array.ndim - 1 if isinstance(a, Batched) else np.ndim(a)


# fmt: off
state(elementwise,   sigmoid, relu, softplus, np.where, np.clip, np.round, np.astype, np.copy, np.sinc,
                     np.isclose, np.isneginf, np.isposinf, norms.cone)
state(reduction,     np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.any, np.all, np.count_nonzero)
state(scaled_sum,    reductions.scaled_sum)
state(along(None),   np.cumsum, np.cumprod, np.argmax, np.argmin)
state(along(-1),     np.argsort)
state(flip,          np.flip)
state(reshape,       np.reshape)
state(regroup,       np.squeeze, np.expand_dims)
state(broadcast_to,  np.broadcast_to)
state(transpose,     np.transpose)
state(swapaxes,      np.swapaxes)
state(moveaxis,      np.moveaxis)
state(concatenate,   np.concatenate)
state(filled_like,   np.full_like)
state(read,          getitem)
state(add_at,        scatter)
state(write,         setitem)
state(matmul,        np.matmul)
state(matmul_transposed, linalg.matmul_transposed)
state(dot,           np.dot)
state(inner,         np.inner)
state(outer,         np.outer)
state(tensordot,     np.tensordot)
state(einsum,        np.einsum)
state(turned,        seen_otherwise)
# fmt: on
