"""What stands beside a Tensor in an operation: a plain ndarray or a number. It is decided here, once, where an argument enters.

An array-like that is data becomes an ndarray: a Series, a DataFrame, an `array.array`, a PyTorch tensor. Its elements count by
position, and its labels do not align. A class that gives NumPy's operations a meaning of its own, such as a mask, units or
another product, is refused by name: the graph could not keep that meaning on the way back.
"""

from array import array
from collections.abc import Mapping
from functools import lru_cache
from operator import index
from typing import Any

import numpy as np

from .primitives import operation_of
from .rules import F

NESTS = frozenset((list, tuple))
"""An argument may be one of these, with Tensors in it."""
SIMPLE: frozenset[type] = frozenset((
    np.ndarray, *(np.dtype(c).type for c in np.typecodes["All"]), int, float, bool, complex, str, bytes, type(None),
    type(Ellipsis), type(np._NoValue), type,
))  # fmt: skip
"""The types of arguments that are taken as they are; one look-up tells."""

STAND_INS: set[type] = set()
"""Classes of the library's own that stand for a number while a function is recorded."""

TAKEN = set(SIMPLE)
"""The same and the classes of Tensors, as these are met."""
TENSORS: set[type] = set()
"""The classes of Tensors among these."""
DATA, REFUSED, OTHER = "data", "refused", "other"


def operand(a: Any) -> Any:
    """`a` as operations take it, looking into lists and tuples. Raises TypeError for a class with a meaning of its own."""
    kind = type(a)
    if kind in SIMPLE:
        return a
    if kind in NESTS:
        parts = [operand(part) for part in a]
        return a if all(map(_is, parts, a)) else kind(parts)
    if kind is slice:
        ends = (a.start, a.stop, a.step)
        return slice(*(index(e) if type(e) in TENSORS else e for e in ends)) if _has_tensor(ends) else a
    sort = _sort(kind)  # type: ignore[arg-type]
    if sort is OTHER:
        return a
    if sort is REFUSED:
        raise TypeError(_refusal(kind))
    return _array(a, kind)


def operands(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same for the arguments of a call."""
    return args if TAKEN.issuperset(map(type, args)) else tuple(map(operand, args))


def operands_by_name(keywords: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for arguments given by keyword."""
    if SIMPLE.issuperset(map(type, keywords.values())):
        return keywords
    return {k: operand(a) for k, a in keywords.items()}


def is_operand(a: Any) -> bool:
    """May it stay as it is?"""
    kind = type(a)
    if kind in NESTS:
        return TAKEN.issuperset(map(type, a)) or all(map(is_operand, a))
    if kind is slice:
        return not _has_tensor((a.start, a.stop, a.step))
    return kind in TAKEN or _sort(kind) is OTHER  # type: ignore[arg-type]


def is_plain_index(a: Any) -> bool:
    """Is it a slice of numbers, or a list or tuple of such slices and of what is taken as it is? Most indices are."""
    kind = type(a)
    if kind is slice:
        return type(a.start) in SIMPLE and type(a.stop) in SIMPLE and type(a.step) in SIMPLE
    if kind not in NESTS:
        return False
    for part in a:  # noqa: SIM110  (this is quicker than all())
        if type(part) not in SIMPLE and not (type(part) is slice and is_plain_index(part)):
            return False
    return True


def function_of_arrays(f: F) -> F:
    """A primitive to which array-likes are operands also where no Tensor is among them: no mask is lost there either."""
    return operation_of(f, operands)


def _has_tensor(ends: tuple[Any, ...]) -> bool:
    """Is one of the ends of a slice a Tensor? It counts as the number that it is now."""
    return any(_sort(type(e)) is OTHER and type(e) in TENSORS for e in ends)  # type: ignore[arg-type]


def _is(a: Any, b: Any) -> bool:
    return a is b


@lru_cache(maxsize=1024)
def _sort(kind: type) -> str:
    """Is a class data, refused, or no array at all?"""
    if hasattr(kind, "_node") or kind in STAND_INS:  # a Tensor, whose class is not known here
        TAKEN.add(kind)
        if kind not in STAND_INS:
            TENSORS.add(kind)
        return OTHER
    if issubclass(kind, np.ndarray):
        return DATA if issubclass(kind, np.memmap) else REFUSED
    if hasattr(kind, "__array_function__") or _is_sparse(kind):
        return REFUSED
    if (
        getattr(kind, "__array_ufunc__", Ellipsis) is None
    ):  # NumPy's convention: the class wants its own operators asked
        return OTHER
    is_data = any(hasattr(kind, name) for name in ("__array__", "__array_interface__", "__array_struct__"))
    return DATA if is_data or issubclass(kind, array | memoryview) else OTHER


def _is_sparse(kind: type) -> bool:
    return any(base.__module__.startswith("scipy.sparse") for base in kind.__mro__)


def _array(a: Any, kind: type) -> np.ndarray[Any, Any]:
    """The data as an ndarray of numbers. Raises TypeError if it holds anything else."""
    found = np.asarray(a)
    if found.dtype == object:  # numbers in a column that may have missing ones
        found = np.array(found.tolist())
    if found.dtype.kind not in "biufc":
        raise TypeError(
            f"a {_called(kind)} of dtype {found.dtype} meets a Tensor, which takes numbers: convert it, a.astype(float)"
        )
    return found


def _refusal(kind: type) -> str:
    if issubclass(kind, np.ma.MaskedArray):
        remedy = (
            "a.filled(value), with a number for the masked elements, or np.asarray(a) for the data without the mask"
        )
    elif _is_sparse(kind):
        remedy = "a.toarray()"
    else:
        remedy = "np.asarray(a), which is its plain data"
    return (
        f"a {_called(kind)} meets a Tensor. Its class gives NumPy's operations a meaning of its own, which a gradient would "
        f"lose: pass {remedy}"
    )


def _called(kind: type) -> str:
    return f"{kind.__module__.replace('numpy', 'np', 1)}.{kind.__qualname__}"
