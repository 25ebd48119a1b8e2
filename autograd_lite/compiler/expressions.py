"""How one operation is written in Python, for both printings of a program."""

import operator
from collections.abc import Callable
from keyword import iskeyword
from math import inf, isfinite, nan
from operator import getitem
from types import BuiltinMethodType
from typing import Any

import numpy as np

from ..function_names import name_of
from .constants import dtype_code
from .memory import is_foreign
from .program import Value

ATOM, POWER, MINUS, TIMES, PLUS, COMPARE = 6, 5, 4, 3, 2, 1
"""How tightly an expression binds."""
Text = tuple[str, int]

INFIX: dict[Any, tuple[str, int]] = {
    np.add: ("+", PLUS), np.subtract: ("-", PLUS), np.multiply: ("*", TIMES), np.divide: ("/", TIMES),
    np.matmul: ("@", TIMES), np.greater: (">", COMPARE), np.less: ("<", COMPARE), np.greater_equal: (">=", COMPARE),
    np.less_equal: ("<=", COMPARE), np.equal: ("==", COMPARE), np.not_equal: ("!=", COMPARE),
    operator.add: ("+", PLUS), operator.sub: ("-", PLUS), operator.mul: ("*", TIMES), operator.truediv: ("/", TIMES),
    operator.floordiv: ("//", TIMES), operator.mod: ("%", TIMES), operator.pow: ("**", POWER),
    operator.gt: (">", COMPARE), operator.lt: ("<", COMPARE), operator.ge: (">=", COMPARE), operator.le: ("<=", COMPARE),
    operator.eq: ("==", COMPARE), operator.ne: ("!=", COMPARE),
    operator.and_: ("&", COMPARE), operator.or_: ("|", COMPARE), operator.xor: ("^", COMPARE),
}  # fmt: skip
"""Operators. `**` is not among those of arrays, where it may be another function than np.power."""
PREFIX: dict[Any, str] = {np.negative: "-", operator.neg: "-", operator.pos: "+"}


def written(value: Value, of: Callable[[Any], Text], function: Callable[[Any], str]) -> Text:
    """The expression of `value`: `of` writes its arguments, `function` the name of a function."""
    op, args = value.op, value.args
    if not value.keywords:
        if op in INFIX and len(args) == 2 and _finds_operator(value):
            sign, level = INFIX[op]
            left, right = of(args[0]), of(args[1])
            if level == POWER:
                return f"{bracket(left, ATOM)} ** {bracket(right, MINUS)}", POWER
            tighter = level + (level == COMPARE)  # a < b < c is something else
            return f"{bracket(left, tighter)} {sign} {bracket(right, level + 1)}", level
        if op in PREFIX and _finds_operator(value):
            return f"{PREFIX[op]}{bracket(of(args[0]), MINUS)}", MINUS
        if op is np.transpose and len(args) == 1 and _finds_operator(value):
            return f"{bracket(of(args[0]), ATOM)}.T", ATOM
        if op is getitem:
            return f"{bracket(of(args[0]), ATOM)}[{index(args[1], of)}]", ATOM
    if op is np.astype and len(args) == 2 and value.keywords in ({}, {"copy": True}) and _finds_operator(value):
        # NumPy 2.0's function refuses NumPy's scalars.
        return f"{bracket(of(args[0]), ATOM)}.astype({of(args[1])[0]})", ATOM
    name = "abs" if op is operator.abs else function(op)
    return f"{name}({', '.join(arguments(value, of))})", ATOM


def _finds_operator(value: Value) -> bool:
    """Does the operator between the arguments mean this function? Between Python numbers it means Python's own."""
    arrays = [
        a for a in value.args if (isinstance(a, Value) and not a.is_weak) or isinstance(a, np.ndarray | np.generic)
    ]
    return bool(arrays) != (getattr(value.op, "__module__", None) == "_operator")


def arguments(value: Value, of: Callable[[Any], Text]) -> list[str]:
    """The arguments of a call. A user's function gets 0-d arrays as such, and not as the scalars that NumPy makes of them."""
    foreign = is_foreign(value.op)

    def text(a: Any) -> str:
        wrapped = foreign and isinstance(a, Value) and a.ndim == 0 and not a.is_weak
        return f"np.asarray({of(a)[0]})" if wrapped else of(a)[0]

    return [text(a) for a in value.args] + [_keyword(k, text(a)) for k, a in value.keywords.items()]


def _keyword(name: str, value: str) -> str:
    """One keyword argument of a call. Python takes any text for its name, but not in its usual notation."""
    usual = name.isascii() and name.isidentifier() and not iskeyword(name) and name != "__debug__"
    return f"{name}={value}" if usual else f"**{{{name!a}: {value}}}"


def bracket(text: Text, level: int) -> str:
    return text[0] if text[1] >= level else f"({text[0]})"


def index(a: Any, of: Callable[[Any], Text]) -> str:
    """What stands between the brackets of `x[...]`."""
    if isinstance(a, tuple) and a:
        return ", ".join(_along_axis(part, of) for part in a) + "," * (len(a) == 1)
    return _along_axis(a, of)


def _along_axis(a: Any, of: Callable[[Any], Text]) -> str:
    """One part of an index. A tuple inside of one stands for an array."""
    if type(a) is not slice:
        return of(a)[0]
    start, stop, step = ("" if part is None else of(part)[0] for part in (a.start, a.stop, a.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def literal(a: Any, other: Callable[[Any], str], of: Callable[[Any], Text]) -> Text:
    """A constant: numbers, text, types and containers in Python's notation, anything else as `other` names it.

    What is written evaluates to the same type and bits.
    """
    kind = type(a)
    if kind in (int, float):
        text = number_text(a)
        return text, MINUS if text.startswith("-") else ATOM
    if kind is tuple or kind is list:
        inside = ", ".join(of(part)[0] for part in a)
        return (f"[{inside}]" if kind is list else f"({inside}{',' if len(a) == 1 else ''})"), ATOM
    if kind is dict:
        return "{" + ", ".join(f"{of(k)[0]}: {of(v)[0]}" for k, v in a.items()) + "}", ATOM
    if kind in (slice, range):
        return f"{kind.__name__}({', '.join(of(part)[0] for part in (a.start, a.stop, a.step))})", ATOM
    if kind is frozenset:
        return f"frozenset([{', '.join(of(part)[0] for part in a)}])", ATOM
    if kind is complex:
        return f"complex({number_text(a.real)}, {number_text(a.imag)})", ATOM
    if a is Ellipsis:
        return "...", ATOM
    if kind in (bool, str, bytes) or a is None:
        return ascii(a), ATOM
    if a is np._NoValue:
        return "np._NoValue", ATOM
    if isinstance(a, type):
        return (a.__name__ if a in _BUILTIN_TYPES else numpy_type(a) or other(a)), ATOM
    if isinstance(a, np.dtype) and np.dtype(dtype_code(a)) == a and a.metadata is None:
        return f"np.dtype({dtype_code(a)!r})", ATOM
    return other(a), ATOM


def number_text(a: float) -> str:
    """A Python int or float in Python's notation, with every bit."""
    if type(a) is int:
        return str(a) if a.bit_length() <= LONGEST_DECIMAL else hex(a)
    if isfinite(a):
        return repr(a)
    bits = np.array(a).view(np.uint64).item()
    for usual, text in _NOT_FINITE.items():
        if np.array(usual).view(np.uint64).item() == bits:
            return text
    return f"np.array({bits}, 'uint64').view('float64').item()"


LONGEST_DECIMAL = 256
"""Whole numbers of more bits are written in base 16: Python refuses to read long decimal ones."""
_NOT_FINITE = {inf: "float('inf')", -inf: "float('-inf')", nan: "float('nan')"}
_BUILTIN_TYPES = frozenset((bool, int, float, complex, str, bytes, object))


def numpy_type(kind: type) -> str | None:
    """The name of one of NumPy's scalar types, if it leads to this very type."""
    name = kind.__name__
    return f"np.{name}" if issubclass(kind, np.generic) and getattr(np, name, None) is kind else None


def public_name(op: Any) -> str | None:
    """The name of a function that is there without a definition: NumPy's, if the name leads to it, or an operator's."""
    name = name_of(op)
    if op is round or getattr(operator, name, None) is op:
        return name
    if not name.startswith("np."):
        return None
    thing: Any = np
    for part in name.split(".")[1:]:
        thing = getattr(thing, part, None)
    # A ufunc's method is another object each time.
    return name if thing is op or (type(op) is BuiltinMethodType and thing == op) else None
