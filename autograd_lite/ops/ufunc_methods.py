"""The methods of ufuncs: `np.add.reduce`, `np.maximum.accumulate`, `np.multiply.outer`, `np.add.reduceat`.

A sum, product or extreme is NumPy's function of that name. The other ufuncs of two arguments are applied one element after the
other, as NumPy does it.
"""

import numpy as np

from ..rules import CONSTANTS, VJPS, composite, constant, defvjp, refuse
from .indexing import scatter
from .joining import one_array


def _bare(where):
    """A mask as an array: a Tensor would make NumPy's function call the reduction, and so itself, without end."""
    return where if where is True else np.asarray(where)


def _sum_of(reduction, function):
    @composite(reduction)
    def reduced(array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True):
        return function(array, axis, dtype, out, keepdims, initial, _bare(where))


def _extreme_of(reduction, function):
    @composite(reduction)
    def reduced(array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True):
        array = array if dtype is None else np.astype(array, np.dtype(dtype))
        return function(array, axis, out, keepdims, initial, _bare(where))


def _running(accumulation, function):
    @composite(accumulation)
    def accumulated(array, axis=0, dtype=None, out=None):
        return function(array, axis, dtype, out)


# A ufunc's reduction is the function of another name, but for its axis, which is 0 by default.
_sum_of(np.add.reduce, np.sum)
_sum_of(np.multiply.reduce, np.prod)
_extreme_of(np.maximum.reduce, np.max)
_extreme_of(np.minimum.reduce, np.min)
_running(np.add.accumulate, np.cumsum)
_running(np.multiply.accumulate, np.cumprod)


def _scanned(f, array, axis, dtype):
    """The results of f after each element along an axis, and that axis."""
    array = one_array(array)
    if not np.ndim(array):
        raise TypeError(f"np.{f.__name__} is applied along an axis, and a 0-d array has none")
    array = np.astype(array, f.reduce(np.ones(1, array.dtype), dtype=dtype).dtype)
    axis = axis % np.ndim(array)
    rows = np.moveaxis(array, axis, 0)
    scanned = list(rows[:1])
    for i in range(1, len(rows)):
        scanned.append(f(scanned[-1], rows[i]))
    return scanned, axis


def _reduction_of(f):
    @composite(f.reduce)
    def fold(array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True):
        if isinstance(axis, tuple) and len(axis) == 1:
            (axis,) = axis
        if not isinstance(axis, int) or where is not True or initial is not np._NoValue:
            raise TypeError(f"np.{f.__name__}.reduce takes no where=, no initial= and one axis only with a Tensor")
        if not np.shape(array)[axis]:
            return np.sum(array, axis, keepdims=keepdims) + f.reduce(
                np.zeros(0)
            )  # of nothing: the identity, or NumPy's error
        scanned, axis = _scanned(f, array, axis, dtype)
        result = scanned[-1]
        if len(scanned) == 1 and f.identity is not None:
            result = f(result.dtype.type(f.identity), result)  # with which NumPy begins: a hypotenuse is not negative
        return np.expand_dims(result, axis) if keepdims else result


def _accumulation_of(f):
    @composite(f.accumulate)
    def accumulated(array, axis=0, dtype=None, out=None):
        scanned, axis = _scanned(f, array, axis, dtype)
        return np.stack(scanned, axis) if scanned else np.copy(array)


def _outer_of(f):
    @composite(f.outer)
    def outer(a, b, /, **keywords):
        a, b = one_array(a), one_array(b)
        return f(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **keywords)


def _reduceat_dx(g, ans, x, indices, axis=0, dtype=None, out=None):
    """To every element of x[i:j] what its sum got, for neighbouring indices i, j; only to x[i] where j <= i."""
    axis = axis % np.ndim(x)
    starts = np.asarray(indices, np.intp) % np.shape(x)[axis]
    ends = np.concatenate([starts[1:], [np.shape(x)[axis]]])
    lengths = np.maximum(ends - starts, 1)
    within = np.arange(np.sum(lengths)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    positions = np.repeat(starts, lengths) + within
    return scatter(np.repeat(g, lengths, axis), (slice(None),) * axis + (positions,), np.shape(x))


defvjp(np.add.reduceat, _reduceat_dx)

_UFUNCS = dict.fromkeys(f for f in vars(np).values() if isinstance(f, np.ufunc))
_OF_TWO = [f for f in _UFUNCS if (f.nin, f.nout, f.signature) == (2, 1, None)]
_FOLDED = (
    np.subtract, np.divide, np.power, np.float_power, np.remainder, np.fmod, np.floor_divide, np.arctan2, np.hypot, np.logaddexp,
    np.logaddexp2, np.fmax, np.fmin, np.copysign, np.heaviside, np.nextafter,
)  # fmt: skip

for ufunc in _OF_TWO:
    if ufunc in VJPS:
        _outer_of(ufunc)
    elif ufunc in CONSTANTS:
        constant(ufunc.reduce, ufunc.accumulate, ufunc.outer, ufunc.reduceat)
    if ufunc in VJPS and ufunc is not np.add:
        refuse("reduce the pieces x[i:j] one by one, or use np.add.reduceat", ufunc.reduceat)
for ufunc in _FOLDED:
    _reduction_of(ufunc)
for ufunc in (*_FOLDED, np.maximum, np.minimum):
    _accumulation_of(ufunc)
refuse("its second argument is no floating number; fold with a loop", np.ldexp.reduce, np.ldexp.accumulate)
