"""More operations for every example: activations, order, copies and matrices. With batch_rules.py, the tables of batching.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .batch_rules import Array, _behind, along, reduction
from .batching import Batched, One, Unbatched, aligned, elementwise, refuse_batched, spread, state
from .operands import NESTS
from .ops import (
    activations,
    arithmetic,
    decompositions,
    determinants,
    interpolation,
    order,
    rounding,
    softmax,
    solving,
    special,
    transcendental,
)
from .ops.padding import pairs

_pairs: Any = pairs


def with_argument(default: int | None) -> Callable[..., Array]:
    """An operation along one axis that takes an argument before it, such as the kth of np.partition or the shift of np.roll."""

    def rule(one: One, x: Any, argument: Any, axis: Any = default, *args: Any, **keywords: Any) -> Array:
        refuse_batched(one, argument, *args, *keywords.values())
        array = spread(x, one.examples)
        if axis is None:
            array, axis = array.reshape(one.examples, -1), 0
        found = one.op(array, argument, _behind(axis, array), *args, **keywords)
        return found.reshape(one.examples, *one.shape)  # type: ignore[no-any-return]

    return rule


def take(one: One, x: Any, indices: Any, axis: Any = None, *args: Any, **keywords: Any) -> Array:
    """Without an axis the indices may differ between examples."""
    if not isinstance(indices, Batched):
        return with_argument(None)(one, x, indices, axis, *args, **keywords)
    if axis is not None or args or keywords:
        raise Unbatched("np.take along an axis, of indices that differ between examples, has no rule for many at once")
    flat = spread(x, one.examples).reshape(one.examples, -1)
    places = indices.array.reshape(one.examples, -1)
    return np.take_along_axis(flat, places, 1).reshape(one.examples, *one.shape)


def nan_to_num(one: One, x: Any, *args: Any, **keywords: Any) -> Array:
    """NumPy writes what it puts in into the shape of x: it must be the same for all examples."""
    refuse_batched(one, *args, *keywords.values())
    return np.nan_to_num(spread(x, one.examples), *args, **keywords)  # type: ignore[no-any-return]


def average(one: One, x: Any, axis: Any = None, weights: Any = None, *args: Any, **keywords: Any) -> Array:
    """Weights are in the shape of one example, or along the axes that are summed."""
    array = spread(x, one.examples)
    if not isinstance(weights, Batched) and np.shape(weights) == array.shape[1:]:
        weights = np.broadcast_to(weights, array.shape)
    return reduction(one, Batched(array), axis, weights, *args, **keywords)


def shares(one: One, x: Any, axis: Any = -1) -> Array:
    """softmax, log_softmax: without an axis over all axes but that of the examples."""
    array = spread(x, one.examples)
    return one.op(array, _behind(axis, array))  # type: ignore[no-any-return]


def quantile(one: One, x: Any, q: Any, axis: Any = None, *args: Any, **keywords: Any) -> Array:
    """The axes of q come first, then that of the examples."""
    refuse_batched(one, q, *args, *keywords.values())
    array = spread(x, one.examples)
    return np.moveaxis(one.op(array, q, _behind(axis, array), *args, **keywords), np.ndim(q), 0)


def quantile_slopes(one: One, x: Any, q: Any, function: str, axis: Any, *args: Any) -> Array:
    refuse_batched(one, q, *args)
    array = spread(x, one.examples)
    return np.moveaxis(one.op(array, q, function, _behind(axis, array), *args), np.ndim(q), 0)


def norm(one: One, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """Without an axis, of all elements, or of a vector or a matrix."""
    array = spread(x, one.examples)
    flat = array.reshape(one.examples, -1) if axis is None and ord is None else array
    found: Array = np.linalg.norm(flat, ord, _behind(axis, flat) if axis is not None or flat.ndim > 2 else 1)
    return found.reshape(one.examples, *one.shape)


# ---------------------------------------------------------------------------------------------------------------------
# Copies.


def triangle(one: One, x: Any, k: int = 0) -> Array:
    """np.tril, np.triu. A vector stands for the matrix of which it is every row."""
    array = spread(x, one.examples)
    array = array[:, None, :] if array.ndim == 2 else array
    return one.op(np.broadcast_to(array, (one.examples, *one.shape)), k)  # type: ignore[no-any-return]


def diagonal(one: One, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, *args: Any, **keywords: Any) -> Array:
    array = spread(x, one.examples)
    return one.op(array, offset, _behind(axis1, array), _behind(axis2, array), *args, **keywords)  # type: ignore[no-any-return]


def diag(one: One, x: Any, k: int = 0) -> Array:
    array = spread(x, one.examples)
    if array.ndim == 3:
        return np.diagonal(array, k, 1, 2)
    found = np.zeros((one.examples, *one.shape), array.dtype)
    rows, columns = np.nonzero(np.diag(np.ones(array.shape[1]), k))
    found[:, rows, columns] = array
    return found


def rot90(one: One, x: Any, k: int = 1, axes: Any = (0, 1)) -> Array:
    array = spread(x, one.examples)
    return np.rot90(array, k, _behind(axes, array))


def tile(one: One, x: Any, reps: Any) -> Array:
    refuse_batched(one, reps)
    reps = np.atleast_1d(reps).tolist()
    return np.tile(aligned(x, max(len(reps), x.array.ndim - 1)), (1, *[1] * (x.array.ndim - 1 - len(reps)), *reps))


def pad(one: One, x: Any, pad_width: Any, mode: Any = "constant", **keywords: Any) -> Array:
    refuse_batched(one, *keywords.values())
    if any(np.ndim(v) for v in keywords.values()):
        raise Unbatched("np.pad with numbers for each axis has no rule for many examples at once")
    array = spread(x, one.examples)
    return np.pad(array, [(0, 0), *_pairs(pad_width, array.ndim - 1)], mode, **keywords)


def take_along_axis(one: One, x: Any, indices: Any, axis: Any = -1) -> Array:
    array, places = spread(x, one.examples), spread(indices, one.examples)
    if axis is None:
        array, axis = array.reshape(one.examples, -1), 0
    return np.take_along_axis(array, places, _behind(axis, array))


def windows(one: One, x: Any, window_shape: Any, axis: Any = None, **keywords: Any) -> Array:
    array = spread(x, one.examples)
    return one.op(array, window_shape, _behind(axis, array), **keywords)  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------------------------------------------------
# Matrices: NumPy takes stacks of them.


def stacked(one: One, *matrices: Any) -> Array:
    return one.op(*(spread(m, one.examples) for m in matrices))  # type: ignore[no-any-return]


def of_each(one: One, x: Any, *args: Any, **keywords: Any) -> Array:
    """An operation on each matrix, or on each number, that has further arguments."""
    refuse_batched(one, *args, *keywords.values())
    return one.op(spread(x, one.examples), *args, **keywords)  # type: ignore[no-any-return]


def solve(one: One, a: Any, b: Any) -> Array:
    """A b of one axis is a vector."""
    a, b = spread(a, one.examples), spread(b, one.examples)
    right = b[:, *[None] * (a.ndim - 3), :, None] if b.ndim == 2 else aligned_stack(b, a.ndim)
    return np.linalg.solve(aligned_stack(a, right.ndim), right).reshape(one.examples, *one.shape)


def aligned_stack(array: Array, ndim: int) -> Array:
    """Axes of length 1 behind that of the examples, so that there are `ndim` in all."""
    return array.reshape(array.shape[0], *(1,) * (ndim - array.ndim), *array.shape[1:]) if array.ndim < ndim else array


def cross_sections(*cores: int) -> Callable[..., Array]:
    """np.vecdot and its like, whose operands end in so many axes each; the result keeps `kept` of them."""
    kept = sum(cores) - 2

    def rule(one: One, *operands: Any) -> Array:
        loops = len(one.shape) - kept
        return one.op(*(aligned(a, loops + core) for a, core in zip(operands, cores, strict=True)))  # type: ignore[no-any-return]

    return rule


# ---------------------------------------------------------------------------------------------------------------------
# What NumPy does for one array at a time.


def one_by_one(one: One, *args: Any, **keywords: Any) -> Array:
    """The operation called for each example in turn, within a pass that does the others at once."""
    each = range(one.examples)
    return np.stack([one.op(*_example(args, i), **{k: _example(a, i) for k, a in keywords.items()}) for i in each])


def _example(a: Any, i: int) -> Any:
    if isinstance(a, Batched):
        return a.array[i]
    return type(a)(_example(part, i) for part in a) if type(a) in NESTS else a


# fmt: off
state(elementwise,             activations.leaky_relu, activations.elu, activations.selu, activations.silu, activations.gelu,
                               activations.softsign, activations.logit, special.erf, special.gaussian, special.normal_cdf,
                               special.bessel_i, transcendental.share, transcendental.sech_squared,
                               arithmetic.power_before, rounding.fraction_of, rounding.whole_of, rounding.mantissa_of,
                               rounding.exponent_of, np.i0, np.real, np.imag, np.angle)
state(nan_to_num,              np.nan_to_num)
state(reduction,               np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd, np.median,
                               np.nanmedian, softmax.logsumexp)
state(average,                 np.average)
state(along(-1),               np.sort)
state(along(None),             np.nancumsum, np.nancumprod, np.nanargmax, np.nanargmin)
state(with_argument(-1),       np.partition)
state(take,                    np.take)
state(with_argument(None),     np.repeat, np.roll, np.delete)
state(shares,                  softmax.softmax, softmax.log_softmax)
state(quantile,                np.quantile, np.percentile, np.nanquantile, np.nanpercentile)
state(quantile_slopes,         order.quantile_slopes)
state(norm,                    np.linalg.norm)
state(triangle,                np.tril, np.triu)
state(diagonal,                np.diagonal, np.trace)
state(diag,                    np.diag)
state(rot90,                   np.rot90)
state(tile,                    np.tile)
state(pad,                     np.pad)
state(take_along_axis,         np.take_along_axis)
state(windows,                 np.lib.stride_tricks.sliding_window_view)
state(stacked,                 np.linalg.inv, solving.inverse_if_any, np.linalg.det, determinants.cofactors,
                               determinants.cofactor_slopes, decompositions.singular_values)
state(of_each,                 np.linalg.cholesky, np.linalg.eigvalsh, np.linalg.matrix_power, activations.one_hot)
state(solve,                   np.linalg.solve)
state(one_by_one,              decompositions.packed_eigh, decompositions.packed_svd, decompositions.packed_qr,
                               determinants.packed_slogdet, solving.packed_lstsq, np.linalg.pinv, np.linalg.multi_dot, np.kron,
                               np.cross, np.convolve, np.correlate, np.interp, np.polyval, np.vander, np.diagflat, np.resize,
                               np.linspace, np.geomspace, np.unwrap, np.cov, np.block, np.bincount, np.insert, np.choose,
                               np.add.reduceat, interpolation.slopes_along, np.searchsorted, np.digitize)
# fmt: on
for name, cores in (("vecdot", (1, 1)), ("matvec", (2, 1)), ("vecmat", (1, 2))):
    if hasattr(np, name):  # NumPy 2.2
        state(cross_sections(*cores), getattr(np, name))
