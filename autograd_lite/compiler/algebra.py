"""Algebra: identities that make a program shorter. Rounding may come out otherwise, by the last bits of a result."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..ops.activations import sigmoid
from .program import Program, Value, make, rewrite

SMALLEST_FACTOR, LARGEST_FACTOR = 1e-9, 1e9
"""Only numbers of moderate size move past others: then nothing overflows or vanishes on the way that did not before."""


def is_number(a: Any) -> bool:
    return type(a) in (int, float)


def _argument(value: Value, position: int, name: str, default: Any = None) -> Any:
    """An argument that may have been given by position or by name."""
    return value.args[position] if position < len(value.args) else value.keywords.get(name, default)


# ---------------------------------------------------------------------------------------------------------------------
# Transposes.


def cancel_transposes(program: Program) -> Program:
    """(A^T)^T = A; (A^T B)^T = B^T A; exchanging the two axes of a matrix is its transpose."""
    return rewrite(program, _untransposed)


def _untransposed(value: Value) -> Any:
    a = value.args[0] if value.args else None
    if not isinstance(a, Value) or not _reverses(value):
        return value
    if a.ndim < 2:
        return a if a.like(value) else value
    if a.op in (np.transpose, np.swapaxes) and _reverses(a):
        return a.args[0]
    if a.op is np.matmul and a.ndim == 2 and not a.keywords and a.name is None and any(map(_is_transposed, a.args)):
        if all(np.ndim(m.example if isinstance(m, Value) else m) == 2 for m in a.args):
            turned = [_untransposed(make(np.transpose, m)) if isinstance(m, Value) else m.T for m in reversed(a.args)]
            return make(np.matmul, *turned)
    if value.op is np.transpose and len(value.args) == 1 and not value.keywords:
        return value
    return make(np.transpose, a)


def _is_transposed(a: Any) -> bool:
    return isinstance(a, Value) and a.ndim == 2 and a.op in (np.transpose, np.swapaxes) and _reverses(a)


def _reverses(value: Value) -> bool:
    """Is it its argument with the axes in reverse order?"""
    if value.op is np.transpose:
        axes = _argument(value, 1, "axes")
        return axes is None or [a % value.ndim for a in axes] == list(range(value.ndim))[::-1]
    if value.op is np.swapaxes and value.ndim == 2:
        return bool(_argument(value, 1, "axis1") % 2 != _argument(value, 2, "axis2") % 2)
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Identities.


def drop_identities(program: Program) -> Program:
    """x * 1, x / 1, x ** 1, a copy, a reshape or cast or broadcast to what it is: x itself. A power of two is a square."""

    def rule(value: Value) -> Any:
        a = value.args[0] if value.args else None
        b = value.args[1] if len(value.args) > 1 else None
        same: Any = None
        if value.op is np.multiply:
            same = a if is_number(b) and b == 1 else b if is_number(a) and a == 1 else None
        elif value.op in (np.divide, np.power) and is_number(b) and b == 1:
            same = a
        elif value.op in UNCHANGED:
            same = a
        elif value.op is np.power and is_number(b) and b == 2 and isinstance(a, Value) and a.kind == "f":
            return make(np.square, a)
        elif value.op is np.negative and isinstance(a, Value) and a.op is np.negative and a.kind == "f":
            same = a.args[0]
        return same if isinstance(same, Value) and same.like(value) else value

    return rewrite(program, rule)


UNCHANGED = frozenset((np.positive, np.copy, np.reshape, np.broadcast_to, np.astype, np.squeeze, np.expand_dims))
"""Functions whose result is their argument, if it is of the same shape and dtype."""


# ---------------------------------------------------------------------------------------------------------------------
# Factors.


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


def _is_moderate(number: float) -> bool:
    return SMALLEST_FACTOR <= abs(number) <= LARGEST_FACTOR


def _times(scale: float, core: Value) -> Value:
    return make(np.negative, core) if scale == -1.0 else make(np.multiply, float(scale), core)


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
    factors = list(_factors(value))
    numbers = [f for f in factors if is_number(f)]
    parts = [_factored(f.args[0]) for f in factors if isinstance(f, Value) and f.op is sigmoid]
    if len(factors) == 3 and numbers == [4.0] and len(parts) == 2 and parts[0][1] is parts[1][1]:
        z: Value = parts[0][1]
        return z if {parts[0][0], parts[1][0]} == {2.0, -2.0} else None
    return None


def _factors(value: Any) -> Iterator[Any]:
    if isinstance(value, Value) and value.op is np.multiply:
        for a in value.args:
            yield from _factors(a)
    else:
        yield value
