"""Functions of the user's, applied along axes."""

import numpy as np

from ..rules import composite
from .joining import one_array


@composite(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """`func1d(row, ...)` of each row along an axis, which the axes of its result replace."""
    arr = one_array(arr)
    axis = axis % np.ndim(arr)
    rows = np.moveaxis(arr, axis, -1)
    outer = np.shape(rows)[:-1]
    if 0 in outer:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [func1d(rows[index], *args, **kwargs) for index in np.ndindex(outer)]
    stacked = np.stack([one_array(r) for r in results])
    inner = np.shape(stacked)[1:]
    whole = np.reshape(stacked, (*outer, *inner))
    return np.moveaxis(whole, range(len(outer), len(outer) + len(inner)), range(axis, axis + len(inner)))


@composite(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    """`func(a, axis)` one axis after the other. An axis that it drops is put back."""
    value = one_array(a)
    for axis in np.atleast_1d(axes).tolist():
        axis = axis % np.ndim(value)
        result = func(value, axis)
        if np.ndim(result) != np.ndim(value):
            result = np.expand_dims(result, axis)
        if np.ndim(result) != np.ndim(value):
            raise ValueError("function is not returning an array of the correct shape")
        value = result
    return value
