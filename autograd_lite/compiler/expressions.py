"""How one operation is written in Python, for both printings of a program."""

import math
import operator
from collections.abc import Callable
from operator import getitem
from typing import Any

import numpy as np

from ..graph import NESTS
from ..rules import name_of
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

    return [text(a) for a in value.args] + [f"{k}={text(a)}" for k, a in value.keywords.items()]


def bracket(text: Text, level: int) -> str:
    return text[0] if text[1] >= level else f"({text[0]})"


def index(a: Any, of: Callable[[Any], Text]) -> str:
    """What stands between the brackets of `x[...]`."""
    if type(a) is tuple:
        return ", ".join(index(part, of) for part in a) + ("," if len(a) == 1 else "") if a else "()"
    if isinstance(a, slice):
        start, stop, step = ("" if part is None else of(part)[0] for part in (a.start, a.stop, a.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return of(a)[0]


def literal(a: Any, other: Callable[[Any], str], of: Callable[[Any], Text]) -> Text:
    """A constant: numbers and containers in Python's notation, anything else as `other` names it."""
    if a is Ellipsis:
        return "...", ATOM
    if type(a) is bool or a is None or type(a) is str:
        return repr(a), ATOM
    if type(a) in (int, float):
        text = repr(a) if math.isfinite(a) else f"float({str(a)!r})"
        return text, MINUS if text.startswith("-") else ATOM
    if type(a) in NESTS:
        inside = ", ".join(of(part)[0] for part in a)
        return (f"[{inside}]" if type(a) is list else f"({inside}{',' if len(a) == 1 else ''})"), ATOM
    if type(a) is dict:
        return "{" + ", ".join(f"{of(k)[0]}: {of(v)[0]}" for k, v in a.items()) + "}", ATOM
    if isinstance(a, slice):
        return f"slice({of(a.start)[0]}, {of(a.stop)[0]}, {of(a.step)[0]})", ATOM
    if isinstance(a, type) and issubclass(a, np.generic):
        return f"np.{a.__name__}", ATOM
    if a is float or a is int or a is bool:
        return a.__name__, ATOM
    if type(a) is range:
        return repr(a), ATOM
    if isinstance(a, np.dtype):
        return f"np.dtype({a.str!r})", ATOM
    if a is np._NoValue:
        return "np._NoValue", ATOM
    return other(a), ATOM


def public_name(op: Any) -> str | None:
    """The name of a function that is there without a definition: NumPy's, if the name leads to it, or an operator's."""
    name = name_of(op)
    if getattr(op, "__module__", None) == "_operator" or op is round:
        return name
    if not name.startswith("np."):
        return None
    thing: Any = np
    for part in name.split(".")[1:]:
        thing = getattr(thing, part, None)
    return name if thing is op or thing == op else None
