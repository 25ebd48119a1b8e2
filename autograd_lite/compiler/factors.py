"""Algebra of sums and products. Rounding may come out otherwise, by the last bits of a result."""

import operator
from typing import Any

import numpy as np

from ..ops.activations import sigmoid
from .algebra import is_number
from .program import Program, Value, make, rewrite

SMALLEST_FACTOR, LARGEST_FACTOR = 1e-9, 1e9
"""Only numbers of moderate size move past others: then nothing overflows or vanishes on the way that did not before."""

MOST_FACTORS = 4


def gather_factors(program: Program) -> Program:
    """Numbers among the factors of a product become one, on the smaller factor: (2 x) * (y / 4) = (0.5 x) * y."""
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
    if (s == 1.0 and t == 1.0) or not (isinstance(x, Value) and isinstance(y, Value)) or not _is_moderate(s * t):
        return value
    if not (_takes_factor(x, value) and _takes_factor(y, value)):
        return value
    on_x = x.size <= y.size
    if s * t != 1.0 and ((on_x and t == 1.0) or (not on_x and s == 1.0)):
        return value  # there it is already
    if s * t != 1.0:
        x, y = (_times(s * t, x), y) if on_x else (x, _times(s * t, y))
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


def _takes_factor(core: Value, product: Value) -> bool:
    """Can a number multiply it without making another dtype of it?"""
    return core.is_weak or (core.kind == "f" and core.dtype == product.dtype)


def _is_moderate(number: float) -> bool:
    return SMALLEST_FACTOR <= abs(number) <= LARGEST_FACTOR


def _times(scale: float, core: Value) -> Value:
    if core.is_weak:
        return make(operator.mul, float(scale), core)
    return make(np.negative, core) if scale == -1.0 else make(np.multiply, float(scale), core)


# ---------------------------------------------------------------------------------------------------------------------
# Sums.


def plain_sums(program: Program) -> Program:
    """x + -y = x - y, and s (1 - y) a - s y (1 - a) = s (a - y): the delta of the cross-entropy, without its cancellation."""

    def rule(value: Value) -> Any:
        if value.kind != "f" or value.op not in (np.add, np.subtract):
            return value
        x, y = value.args
        if value.op is np.add:
            for first, second in ((x, y), (y, x)):
                if (
                    isinstance(second, Value)
                    and second.op is np.negative
                    and second.name is None
                    and second.kind == "f"
                ):
                    fresh = make(np.subtract, first, second.args[0])
                    return fresh if fresh.like(value) else value
            return value
        found = _difference(factors_of(x), factors_of(y))
        return value if found is None or not found.like(value) else found

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


def _difference(left: list[Any], right: list[Any]) -> Value | None:
    """s (a - y), if the factors of the left are s, 1 - y, a and those of the right s, y, 1 - a."""
    for one in left:
        y = _complement(one)
        if y is None:
            continue
        for other in right:
            a = _complement(other)
            if a is None or not any(f is a for f in left) or not any(f is y for f in right):
                continue
            rest = [f for f in left if f is not one and f is not a]
            again = [f for f in right if f is not other and f is not y]
            if len(rest) == len(again) == len(left) - 2 <= 1 and all(map(is_number, rest)) and rest == again:
                fresh = make(np.subtract, a, y)
                return make(np.multiply, rest[0], fresh) if rest else fresh
    return None


def _complement(a: Any) -> Value | None:
    """x, if `a` is 1 - x."""
    if (
        isinstance(a, Value)
        and a.op is np.subtract
        and is_number(a.args[0])
        and a.args[0] == 1
        and isinstance(a.args[1], Value)
    ):
        return a.args[1]
    return None


# ---------------------------------------------------------------------------------------------------------------------
# Activations.


def reuse_activations(program: Program) -> Program:
    """sigma'(z) = a (1 - a) and tanh'(z) = 1 - a**2, where the activation a is there already.

    The rules compute sigmoid(-z), which keeps the digits of 1 - a where a is near 1; this differs from it by at most an ulp of 1.
    """
    known: dict[Any, Value] = {}

    def rule(value: Value) -> Any:
        z = value.args[0] if value.args else None
        if value.op in (sigmoid, np.tanh) and isinstance(z, Value):
            if value.op is sigmoid and z.op is np.negative:
                a = known.get((sigmoid, z.args[0]))
                if a is not None and a.like(value):
                    return make(np.subtract, 1.0, a)
            known[value.op, z] = value
        elif value.op is np.multiply:
            a = known.get((np.tanh, _whose_slope(value)))
            if a is not None and a.like(value):
                return make(np.subtract, 1.0, make(np.square, a))
        return value

    return rewrite(program, rule)


def _whose_slope(value: Value) -> Value | None:
    """z, if the value is 4 sigmoid(2 z) sigmoid(-2 z)."""
    factors = factors_of(value)
    numbers = [f for f in factors if is_number(f)]
    parts = [_factored(f.args[0]) for f in factors if isinstance(f, Value) and f.op is sigmoid]
    if len(factors) == 3 and numbers == [4.0] and len(parts) == 2 and parts[0][1] is parts[1][1]:
        z: Value = parts[0][1]
        return z if {parts[0][0], parts[1][0]} == {2.0, -2.0} else None
    return None


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
