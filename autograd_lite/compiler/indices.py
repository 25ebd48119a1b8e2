"""Indices as they can be written down."""

import operator
from typing import Any

import numpy as np

from ..ops.indexing import scatter
from ..writes import setitem
from .program import Value

INDEXED = frozenset((operator.getitem, setitem, scatter))
"""Functions whose second argument is an index."""


def with_plain_index(value: Value) -> Value:
    """The value with an index that means the same to NumPy, made of tuples, lists, slices, numbers and arrays."""
    if value.op not in INDEXED or len(value.args) < 2:
        return value
    first, index, *rest = value.args
    plain = tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)
    return Value(value.op, (first, plain, *rest), value.keywords, value.example, value.name, value.scope)


def _plain(part: Any) -> Any:
    """One part of an index. NumPy takes any object that is a whole number, or that it can make an array of."""
    if part is None or part is ... or isinstance(part, Value | bool | np.generic) or type(part) in _PLAIN:
        return part
    if type(part) is slice:
        return slice(*(_bound(b) for b in (part.start, part.stop, part.step)))
    if hasattr(part, "__index__") and not hasattr(part, "__array__"):
        return operator.index(part)
    array = np.asarray(part)
    return array if array.dtype.kind in "biu" else part


_PLAIN = (int, list, tuple, range, np.ndarray)


def _bound(b: Any) -> Any:
    return b if b is None or isinstance(b, Value | np.generic) else operator.index(b)
