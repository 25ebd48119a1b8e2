"""Algebra of sums and products.

Rounding may come out otherwise, by the last bits of a result. Nothing cancels, overflows or vanishes that did not before.
"""

from collections import Counter
from typing import Any

import numpy as np

from ..ops.activations import sigmoid
from .algebra import is_number
from .program import Program, Value, make, replaced, rewrite

SMALLEST_FACTOR, LARGEST_FACTOR = 1e-9, 1e9
"""Only numbers of moderate size are gathered, so that each is a normal number of every dtype."""

MOST_FACTORS = 4


def gather_factors(program: Program) -> Program:
    """Numbers that follow each other become one: 2 (3 x) = 6 x, and (2 x) * (y / 2) = x * y.

    No number moves from one array to another: of 1e5 x, where x is tiny, digits are lost that (1e5 x) y has.
    """
    return rewrite(program, _gathered)


def _gathered(value: Value) -> Any:
    if value.kind != "f" or value.keywords or value.op not in (np.negative, np.multiply, np.divide):
        return value
    if value.op is np.negative:
        return _scaled_to(value, -1.0, value.args[0])
    a, b = value.args
    if value.op is np.divide:
        return _scaled_to(value, 1.0 / b, a) if is_number(b) and b != 0 else value
    if is_number(a) or is_number(b):
        return _scaled_to(value, a, b) if is_number(a) else _scaled_to(value, b, a)
    (s, x), (t, y) = _factored(a), _factored(b)
    if s == 1.0 or s * t != 1.0:
        return value
    fresh = make(np.multiply, x, y)
    return fresh if fresh.like(value) else value


def _scaled_to(value: Value, number: float, a: Any) -> Value:
    """The value, number * a, with the number gathered with the one that `a` has."""
    scale, core = _factored(a)
    if scale == 1.0 or not _is_moderate(number) or not _is_moderate(number * scale):
        return value
    fresh = core if number * scale == 1.0 else _times(number * scale, core)
    return fresh if fresh.like(value) else value


def _factored(a: Any) -> tuple[float, Any]:
    """`a` as a number times a Value of the same dtype. What has a name stays whole."""
    if not isinstance(a, Value) or a.name is not None or a.kind != "f" or a.keywords or a.dtype == np.float16:
        return 1.0, a
    scale, core = 1.0, None
    if a.op is np.negative:
        scale, core = -1.0, a.args[0]
    elif a.op is np.multiply and any(map(is_number, a.args)):
        scale, core = a.args if is_number(a.args[0]) else a.args[::-1]
    elif a.op is np.divide and is_number(a.args[1]) and a.args[1] != 0:
        scale, core = 1.0 / a.args[1], a.args[0]
    if isinstance(core, Value) and core.like(a) and _is_moderate(scale):
        return float(scale), core
    return 1.0, a


def _is_moderate(number: float) -> bool:
    return SMALLEST_FACTOR <= abs(number) <= LARGEST_FACTOR


def _times(scale: float, core: Value) -> Value:
    return make(np.negative, core) if scale == -1.0 else make(np.multiply, float(scale), core)


# ---------------------------------------------------------------------------------------------------------------------
# Sums.


def plain_sums(program: Program) -> Program:
    """x + -y = x - y."""

    def rule(value: Value) -> Any:
        if value.kind != "f" or value.op is not np.add:
            return value
        x, y = value.args
        for first, second in ((x, y), (y, x)):
            if isinstance(second, Value) and second.op is np.negative and second.name is None and second.kind == "f":
                fresh = make(np.subtract, first, second.args[0])
                return fresh if fresh.like(value) else value
        return value

    return rewrite(program, rule)


def sums_of_squares(program: Program) -> Program:
    """The sum of all squares is the product of an array with itself. Nothing cancels in it, whatever the order of summation."""

    def rule(value: Value) -> Any:
        squares = value.args[0] if value.op is np.sum and len(value.args) == 1 and not value.keywords else None
        if not isinstance(squares, Value) or squares.op is not np.square or squares.name is not None:
            return value
        x = squares.args[0]
        if not isinstance(x, Value) or x.dtype not in (np.float32, np.float64) or squares.keywords:
            return value
        fresh = make(np.vdot, x, x) if x.size <= LARGEST_PRODUCT else value
        return fresh if fresh.like(value) else value

    return rewrite(program, rule)


LARGEST_PRODUCT = 2**15
"""Of more elements np.sum loses fewer digits, since it adds in pairs: in float32, an ulp and not 20 of a million squares."""


# ---------------------------------------------------------------------------------------------------------------------
# Activations.


def plain_slopes(program: Program) -> Program:
    """The slope of a sigmoid from what is there already: with e = exp(-z) and a = 1 / (1 + e) it is a (1 - a), and 1 - a = e a.

    As a difference, 1 - a would have no digits left beyond z = 37. Where e overflows, a is 0 and e a is NaN instead of 1. If
    sigmoid(-z) has other uses, it is there too.
    """
    uses = Counter(v for value in program.body() for v in value.inputs)
    by: dict[Value, Value] = {}
    for value in program.body():
        by[value] = fresh = value.with_inputs(by)
        for i, other in enumerate(value.args) if value.op is np.multiply else ():
            if _are_opposite(value.args[1 - i], other) and uses[other] == 1:
                by[value] = _slope(fresh, fresh.args[1 - i])
    return replaced(program, by) if any(new is not old for old, new in by.items()) else program


def _slope(value: Value, a: Value) -> Value:
    """a (1 - a), for the activation a of z."""
    z = a.args[0]
    e = make(np.exp, make(np.negative, z), name=f"e{z.name[1:]}" if (z.name or "").startswith("z") else None)
    one_less_a = make(np.fmin, make(np.multiply, e, a), 1.0)
    fresh = make(np.multiply, a, one_less_a, name=value.name, scope=value.scope)
    return fresh if fresh.like(value) else value


def _are_opposite(a: Any, other: Any) -> bool:
    """Are they sigmoid(z) and sigmoid(-z)?"""
    z, opposite = _of_sigmoid(a), _of_sigmoid(other)
    return z is not None and opposite is not None and opposite.op is np.negative and opposite.args[0] is z


def _of_sigmoid(a: Any) -> Value | None:
    """z, if `a` is sigmoid(z)."""
    z = a.args[0] if isinstance(a, Value) and a.op is sigmoid else None
    return z if isinstance(z, Value) else None


def factors_of(value: Any) -> list[Any]:
    """The factors of a product, from left to right: at most so many, of which some may be products themselves."""
    found: list[Any] = []
    waiting = [value]
    while waiting:
        a = waiting.pop()
        if isinstance(a, Value) and a.op is np.multiply and len(found) + len(waiting) + 2 <= MOST_FACTORS:
            waiting += reversed(a.args)
        else:
            found.append(a)
    return found
