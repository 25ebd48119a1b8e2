"""When two constants are the same: if their type is, and every bit.

Equal is not enough: 1 == True == 1.0, 0.0 == -0.0, Decimal("1.0") == Decimal("1.00"), and a class may call anything equal.
"""

from collections.abc import Callable, Hashable
from dataclasses import is_dataclass
from decimal import Decimal
from fractions import Fraction
from struct import pack
from types import EllipsisType, MethodType, NoneType
from typing import Any

import numpy as np


class Itself:
    """Stands for one object, whatever that calls equal to itself."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any):
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return type(other) is Itself and other.thing is self.thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __repr__(self) -> str:
        return repr(self.thing)


def identity(a: Any) -> Hashable:
    """Equal for constants that are the same, and for no others. What is known by its content is so by all of it, in order.

    Anything else, such as a function or an object of a user's class, is the same as itself alone.
    """
    kind = type(a)
    content = _CONTENTS.get(kind)
    if content is not None:
        return kind, content(a)
    if isinstance(a, np.generic) and kind.__module__ == "numpy" and kind not in (np.void, np.object_):
        return kind, a.dtype.str, repr(a) if kind in _PADDED else a.tobytes()
    if isinstance(a, np.dtype) and a.fields is None and a.subdtype is None and a.metadata is None:
        return kind, a.num, a.str
    fields = _fields(a)
    return Itself(a) if fields is None else (kind, _of_dict(fields))


_PADDED = (np.longdouble, np.clongdouble)
"""Types with bytes that stand for nothing."""


def _of_parts(parts: Any) -> Hashable:
    return tuple([identity(part) for part in parts])


def _of_dict(pairs: dict[Any, Any]) -> Hashable:
    return tuple([(identity(k), identity(v)) for k, v in pairs.items()])


def _fields(a: Any) -> dict[str, Any] | None:
    """All that a frozen dataclass holds; None for what is none, or holds more than its attributes."""
    kind = type(a)
    if not (is_dataclass(kind) and kind.__dataclass_params__.frozen and kind.__new__ is object.__new__):  # type: ignore[attr-defined]
        return None
    slots = {name for base in kind.__mro__ for name in getattr(base, "__slots__", ())} - {"__dict__", "__weakref__"}
    try:
        return {**getattr(a, "__dict__", {}), **{name: getattr(a, name) for name in sorted(slots)}}
    except AttributeError:
        return None


_CONTENTS: dict[type, Callable[[Any], Hashable]] = {
    **dict.fromkeys((NoneType, EllipsisType, bool, int, str, bytes), lambda a: a),
    float: lambda a: pack("d", a),
    complex: lambda a: pack("dd", a.real, a.imag),
    slice: lambda a: _of_parts((a.start, a.stop, a.step)),
    range: lambda a: _of_parts((a.start, a.stop, a.step)),
    Decimal: lambda a: a.as_tuple(),
    Fraction: lambda a: _of_parts((a.numerator, a.denominator)),
    MethodType: lambda a: (Itself(a.__func__), Itself(a.__self__)),
    **dict.fromkeys((tuple, list, frozenset), _of_parts),
    dict: _of_dict,
}
"""What constants of a type are known by. A set is known by its elements in their order, which a function may see."""
