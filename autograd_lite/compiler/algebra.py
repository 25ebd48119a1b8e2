"""Algebra of arrays: transposes, products with vectors, and what changes nothing."""

from operator import getitem
from typing import Any

import numpy as np

from .program import NONE, Program, Value, make, rewrite


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
    a: Any = value.args[0] if value.args else None
    if isinstance(a, np.ndarray) and value.op is np.transpose:
        return a.T if _reverses(value) else value
    if not isinstance(a, Value) or not _reverses(value):
        return value
    if a.ndim < 2:
        return a if a.like(value) else value
    if a.op in (np.transpose, np.swapaxes) and _reverses(a):
        return a.args[0]
    if a.op is np.outer and a.name is None and len(a.args) == 2:
        return make(np.outer, *reversed(a.args))
    if a.op is np.matmul and a.name is None and not a.keywords and a.ndim == 2 and any(map(_is_transposed, a.args)):
        return make(a.op, *[_untransposed(make(np.transpose, m)) for m in reversed(a.args)])
    plain = value.op is np.transpose and len(value.args) == 1 and not value.keywords
    return value if plain else make(np.transpose, a)


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
# Products with vectors.


def name_products(program: Program) -> Program:
    """A vector that was made a matrix to be multiplied: (A v[:, None])[:, 0] = A v, x[:, None] * y[None, :] = outer(x, y)."""

    def rule(value: Value) -> Any:
        a = value.args[0] if value.args else None
        if value.op is getitem and _is_first(value.args[1]) and isinstance(a, Value) and a.name is None:
            matrix, column = a.args if a.op is np.matmul and a.ndim == 2 else (None, None)
            v = _as_column(column)
            return value if v is None else make(np.matmul, matrix, v)
        if value.op is np.multiply and value.ndim == 2:
            for first, second in (value.args, value.args[::-1]):
                x, y = _as_column(first), _as_column(second, row=True)
                if x is not None and y is not None:
                    return make(np.outer, x, y)
        return value

    return rewrite(program, rule)


def _is_first(index: Any) -> bool:
    return type(index) is tuple and len(index) == 2 and index[0] is Ellipsis and type(index[1]) is int and index[1] == 0


def _as_column(a: Any, row: bool = False) -> Value | None:
    """v, if `a` is the vector v as a matrix of one column, or of one row."""
    if not isinstance(a, Value) or a.op is not getitem or a.ndim != 2 or type(a.args[1]) is not tuple:
        return None
    v, index = a.args
    whole = all(part is None or part is Ellipsis or (type(part) is slice and part == slice(None)) for part in index)
    return (
        v
        if whole and isinstance(v, Value) and v.ndim == 1 and a.shape == ((1, v.size) if row else (v.size, 1))
        else None
    )


# ---------------------------------------------------------------------------------------------------------------------
# Identities.


def drop_identities(program: Program) -> Program:
    """x * 1, x / 1, x ** 1, a copy, a reshape or cast or broadcast to what it is: x itself. x ** 2 is a square, |-x| is |x|."""

    def rule(value: Value) -> Any:
        a = value.args[0] if value.args else None
        b = value.args[1] if len(value.args) > 1 else None
        same: Any = None
        if value.op is np.multiply:
            same = a if is_number(b) and b == 1 else b if is_number(a) and a == 1 else None
        elif (value.op in (np.divide, np.power) and is_number(b) and b == 1) or value.op in UNCHANGED:
            same = a
        elif value.op is np.power and is_number(b) and b == 2 and isinstance(a, Value) and a.kind == "f":
            return make(np.square, a)
        elif value.op in (np.absolute, np.negative) and isinstance(a, Value) and a.op is np.negative and a.kind == "f":
            same = a.args[0] if value.op is np.negative else make(np.absolute, a.args[0])
        return same if isinstance(same, Value) and same.like(value) else value

    return rewrite(program, rule)


def numbers_first(program: Program) -> Program:
    """x * 2 = 2 * x, as formulas are written."""

    def rule(value: Value) -> Any:
        if value.op is not np.multiply or value.keywords or not _is_scalar(value.args[1]) or _is_scalar(value.args[0]):
            return value
        return Value(np.multiply, value.args[::-1], NONE, value.example, value.name, value.scope)

    return rewrite(program, rule)


def _is_scalar(a: Any) -> bool:
    return is_number(a) or (isinstance(a, Value) and a.is_weak)


UNCHANGED = frozenset((np.positive, np.copy, np.reshape, np.broadcast_to, np.astype, np.squeeze, np.expand_dims))
"""Functions whose result is their argument, if it is of the same shape and dtype."""
