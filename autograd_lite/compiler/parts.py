"""The parts of objects, and values that have none: what is as it is for ever."""

import datetime
import decimal
import functools
import inspect
import operator
import re
import threading
import types
from collections.abc import Callable, Iterable
from types import CellType
from typing import Any, NamedTuple

import numpy as np

from ..mode import Mode, Switch
from ..rules import PLAIN
from .origin import Origin, is_fixed_class, is_library, origin_of


class Part(NamedTuple):
    """What an object holds in one place. how : "." for attributes, "[" for items, else how the place is called in words"""

    how: str
    key: Any
    value: Any


MISSING = object()

LRU = type(functools.lru_cache(lambda: None))


class Opaque(Exception):
    """Something that can be reached, and may change without anybody being able to see it."""

    def __init__(self, thing: Any, why: str = "may change without anybody being able to see it"):
        self.thing, self.why = thing, why
        self.way: Any = None
        """How it was come to; see before.py."""


class Names:
    """The names that code knows. own : those of the user's code, by which attributes of modules are read"""

    def __init__(self) -> None:
        self.all: set[str] = set()
        self.own: set[str] = set()
        self.dynamic = False
        """May any attribute be read, because code computes the names?"""

    def knows(self, name: str) -> bool:
        return self.dynamic or name in self.all


class Globals(NamedTuple):
    """Some names of a namespace, as the roots of what a function can reach."""

    namespace: dict[str, Any]
    names: frozenset[str]


Shape = Callable[[Any, Names], Iterable[Part]]
"""What says which parts an object has that code can reach."""


# --------------------------------------------------------------------------------------------------------- values

SIMPLE = (bool, int, float, complex, str, bytes, type(None))
"""Types of values that are the same if type and text are: 0.0 and -0.0 are two, and two NaN are one."""
VALUES = (
    *SIMPLE,
    np.generic,
    np.dtype,
    range,
    slice,
    decimal.Decimal,
    datetime.date,
    datetime.time,
    datetime.timedelta,
)
_ATOMS = (
    type(Ellipsis), type(NotImplemented), types.CodeType, np.ufunc, re.Pattern, re.Match, object, types.WrapperDescriptorType,
    types.MethodDescriptorType, types.ClassMethodDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType,
    types.MethodWrapperType, types.GenericAlias, types.UnionType, type(threading.Lock()), type(threading.RLock()),
    type(np.dot), type(Part.how), datetime.timezone, operator.itemgetter, Switch, Mode,
)  # fmt: skip
"""Types that never change, or, as locks, in nothing that a function could compute with."""


def is_atom(thing: Any) -> bool:
    """Is it as it is for ever, and holds nothing else?"""
    kind = type(thing)
    if kind in _ATOM_KINDS or isinstance(thing, np.generic):
        return True
    if isinstance(thing, types.BuiltinFunctionType):
        return thing.__self__ is None or isinstance(thing.__self__, types.ModuleType | type)
    if isinstance(thing, types.ModuleType):
        return is_library(thing)
    if isinstance(thing, types.FunctionType):
        if origin_of(thing.__code__) is not Origin.LIBRARY:
            return False
        return all(map(_is_fixed, thing.__closure__ or ())) or _is_operation(thing)
    if isinstance(thing, type):
        return is_fixed_class(thing)
    return isinstance(thing, np.dtype)


_ATOM_KINDS = frozenset((
    *SIMPLE, *_ATOMS, range, slice, decimal.Decimal, datetime.date, datetime.datetime, datetime.time, datetime.timedelta,
))  # fmt: skip


def _is_operation(function: types.FunctionType) -> bool:
    """Is it an operation of the library's own?"""
    inside = inspect.unwrap(PLAIN[function]) if function in PLAIN else None
    return isinstance(inside, types.FunctionType) and origin_of(inside.__code__) is Origin.LIBRARY


def _is_fixed(cell: CellType) -> bool:
    """Is a variable of a function of the library, which the library only sets once, such that it is the same for ever?"""
    try:
        thing = cell.cell_contents
    except ValueError:
        return True
    if isinstance(thing, types.FunctionType):
        return origin_of(thing.__code__) is Origin.LIBRARY and not thing.__closure__
    return isinstance(thing, type) or type(thing) in _ATOM_KINDS


def same_value(a: Any, b: Any) -> bool:
    """Are they one object, or plain values of one type and text?"""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b) or not issubclass(kind, VALUES):
        return False
    if issubclass(kind, np.generic):
        return bool(a.dtype == b.dtype and a.tobytes() == b.tobytes())
    return repr(a) == repr(b)
