"""Sets: the values that arrays have, each once. The gradient of a value goes to the first element that has it.

Which elements these are, and how often a value is there, is constant between the points where elements meet.
"""

import numpy as np

from ..rules import composite, constant
from .joining import one_array


def _first_of_each(a, values, axis, equal_nan=True):
    """The elements, or along an axis the parts, that have the `values` first, in the order of these."""
    first = np.unique(a.detach(), return_index=True, axis=axis, equal_nan=equal_nan)[1]
    if axis is None and np.ndim(values):
        first = first[np.argsort(np.argsort(values, kind="stable"))]  # NumPy need not give them in order
    return np.take(np.ravel(a) if axis is None else a, first, axis=axis)


def _carries_gradient(a):
    return getattr(a, "requires_grad", False)


@composite(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, **more):
    a = one_array(ar)
    if not _carries_gradient(a):
        return NotImplemented
    found = np.unique(a.detach(), return_index, return_inverse, return_counts, axis, equal_nan=equal_nan, **more)
    if not isinstance(found, tuple):
        return _first_of_each(a, found, axis, equal_nan)
    return (_first_of_each(a, found[0], axis, equal_nan), *found[1:])


def _of_the_array_api(f):
    """Functions that give the values, alone or with positions and counts beside them, and take each NaN for another value."""

    @composite(f)
    def spelled(x):
        a = one_array(x)
        if not _carries_gradient(a):
            return NotImplemented
        found = f(a.detach())
        if not isinstance(found, tuple):
            return _first_of_each(a, found, None, equal_nan=False)
        return type(found)(_first_of_each(a, found[0], None, equal_nan=False), *found[1:])


for function in (np.unique_values, np.unique_counts, np.unique_inverse, np.unique_all):
    _of_the_array_api(function)


def _flat(a):
    return np.ravel(one_array(a))


@composite(np.union1d)
def union1d(ar1, ar2):
    return np.unique(np.concatenate([_flat(ar1), _flat(ar2)]))


@composite(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """The values that both have, from the first array, and their positions in both."""
    a, b = _flat(ar1), _flat(ar2)
    if not assume_unique:
        (a, of_a), (b, of_b) = np.unique(a, return_index=True), np.unique(b, return_index=True)
    both = np.concatenate([a, b])
    order = np.argsort(both, kind="stable")
    both = both[order]
    twice = both[1:] == both[:-1]
    values = both[:-1][twice]
    if not return_indices:
        return values
    in_a, in_b = order[:-1][twice], order[1:][twice] - np.size(a)
    return (values, in_a, in_b) if assume_unique else (values, of_a[in_a], of_b[in_b])


@composite(np.setdiff1d)
def setdiff1d(ar1, ar2, assume_unique=False):
    """The values of the first that the second has not."""
    a = _flat(ar1) if assume_unique else np.unique(one_array(ar1))
    return a[np.isin(a, one_array(ar2), invert=True)]


@composite(np.setxor1d)
def setxor1d(ar1, ar2, assume_unique=False):
    """The values that one of both has."""
    a, b = _flat(ar1), _flat(ar2)
    if not assume_unique:
        a, b = np.unique(a), np.unique(b)
    both = np.concatenate([a, b])
    both = both[np.argsort(both, kind="stable")]
    border = both[1:] != both[:-1]
    alone = np.concatenate([[True], border]) & np.concatenate([border, [True]])
    return both[alone[: np.size(both)]]


constant(np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.isin)
