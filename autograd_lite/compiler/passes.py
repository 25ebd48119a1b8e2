"""Simplification: small functions from program to program that leave its results as they are, but for the last bits.

`simplified` applies them in turn until nothing changes. Constants, copies and spelling are dealt with here, algebra in algebra.py
and factors.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.activations import relu, sigmoid, softplus
from ..ops.linalg import matmul_transposed
from ..ops.reductions import scaled_sum
from ..ops.transcendental import sech_squared
from ..rules import IMPURE
from .algebra import cancel_transposes, drop_identities, name_products, numbers_first
from .factors import gather_factors, plain_slopes, plain_sums, sums_of_squares
from .lifetimes import ELEMENTWISE
from .names import GRADIENT
from .program import Program, Value, key, make, replaced, rewrite, values_in

MOST_ROUNDS = 20


def simplified(program: Program) -> Program:
    """The program after all passes, in terms of NumPy's functions where ours can be spelled with them."""
    return _settled(spelled_out(plain_slopes(_settled(program))))


def _settled(program: Program) -> Program:
    """The program after all passes, in turn until nothing changes."""
    for _ in range(MOST_ROUNDS):
        before = program
        for one in PASSES:
            program = one(program)
        if program is before:
            break
    return program


# ---------------------------------------------------------------------------------------------------------------------
# Constants.


def fold_constants(program: Program) -> Program:
    """Compute what depends on no input."""
    return rewrite(program, lambda value: value.example if next(value.inputs, None) is None else value)


def plain_numbers(program: Program) -> Program:
    """An array that is one number throughout is that number to an element-wise function, if its result is of the same kind."""

    def rule(value: Value) -> Any:
        if value.op not in ELEMENTWISE:
            return value
        for i, a in enumerate(value.args):
            one = uniform(a)
            if one is not None:
                args = (*value.args[:i], one, *value.args[i + 1 :])
                value = _if_like(value, args)
        return value

    return rewrite(program, rule)


def uniform(a: Any) -> Any:
    """The float that all elements of a floating constant are, or of an array made by `zeros_like` and its like; else None."""
    if isinstance(a, np.ndarray):
        if a.dtype.kind == "f" and a.size and a.tobytes() == a.flat[0].tobytes() * a.size:
            number = float(a.flat[0])
            return number if number == a.flat[0] or number != number else None  # a longdouble may have more digits
    elif isinstance(a, Value) and a.kind == "f" and a.size and not a.keywords:
        if a.op is np.zeros_like or a.op is np.ones_like:
            return float(a.op is np.ones_like)
        if a.op is np.full or a.op is np.full_like:
            fill = a.args[1]
            return float(fill) if type(fill) in (int, float) and float(a.dtype.type(fill)) == fill else None
    return None


def drop_broadcasts(program: Program) -> Program:
    """An element-wise function broadcasts its arguments itself."""

    def rule(value: Value) -> Any:
        if value.op not in ELEMENTWISE:
            return value
        for i, a in enumerate(value.args):
            if isinstance(a, Value) and (
                a.op is np.broadcast_to or (a.op in (np.reshape, np.expand_dims) and a.size == 1)
            ):
                value = _if_like(value, (*value.args[:i], a.args[0], *value.args[i + 1 :]))
        return value

    return rewrite(program, rule)


def _if_like(value: Value, args: tuple[Any, ...]) -> Value:
    """The value with other arguments, if it stays of the same shape and dtype, and does not become a constant."""
    if next(values_in(args), None) is None:
        return value
    try:
        fresh = make(value.op, *args, name=value.name, scope=value.scope, **value.keywords)  # type: ignore[arg-type]
    except OverflowError:  # a number that the dtype of the others cannot hold
        return value
    return fresh if fresh.like(value) else value


# ---------------------------------------------------------------------------------------------------------------------
# Copies.


def merge(program: Program) -> Program:
    """Values that are made in the same way from the same values are one. It has the first of their names, or that of a delta."""
    made: dict[Any, Value] = {}
    names: dict[Value, str] = {}
    by: dict[Value, Value] = {}
    for value in program.body():
        fresh = value.with_inputs(by)
        same = fresh if value.op in IMPURE else made.setdefault(key(fresh, id), fresh)
        if same is not value:
            by[value] = same
        if same is not fresh and value.name is not None and _is_better(value.name, names.get(same, same.name)):
            names[same] = value.name
    return _renamed(replaced(program, by), names) if by else program


def _renamed(program: Program, names: dict[Value, str]) -> Program:
    by: dict[Value, Value] = {}
    for value in program.body():
        fresh = value.with_inputs(by)
        by[value] = fresh.called(names[value]) if value in names else fresh
    return replaced(program, by)


def _is_better(name: str, than: str | None) -> bool:
    return than is None or (GRADIENT.fullmatch(name) is not None and GRADIENT.fullmatch(than) is None)


# ---------------------------------------------------------------------------------------------------------------------
# Spelling.


def plain_arguments(program: Program) -> Program:
    """Arguments that say nothing are left out, those of reductions get their names, and one axis is a number: `axis=0`."""

    def rule(value: Value) -> Any:
        args, keywords = value.args, dict(value.keywords)
        names = _REDUCED.get(value.op)
        if names is not None:
            keywords = dict(zip(names, args[1:], strict=False)) | keywords
            args = args[:1]
            axis = keywords.get("axis")
            keywords["axis"] = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
            keywords = {k: a for k, a in keywords.items() if not any(a is none for none in _SAYS_NOTHING.get(k, ()))}
        elif value.op is np.transpose and len(args) == 2 and args[1] is None:
            args = args[:1]
        elif value.op is np.reshape and keywords.get("order") == "C":
            del keywords["order"]
        if len(args) == len(value.args) and keywords == value.keywords:
            return value
        return Value(value.op, args, keywords, value.example, value.name, value.scope)

    return rewrite(program, rule)


_SUMMED = ("axis", "dtype", "out", "keepdims", "initial", "where")
_EXTREME = ("axis", "out", "keepdims", "initial", "where")
_REDUCED: dict[Any, tuple[str, ...]] = {np.sum: _SUMMED, np.prod: _SUMMED, np.max: _EXTREME, np.min: _EXTREME}
_SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "axis": (None,), "dtype": (None,), "out": (None,), "keepdims": (False, np._NoValue), "initial": (np._NoValue,),
    "where": (True, np._NoValue),
}  # fmt: skip


def spelled_out(program: Program) -> Program:
    """Functions of ours in terms of NumPy's, with the same bits, so that the program needs NumPy alone."""

    def rule(value: Value) -> Any:
        spelling = SPELLINGS.get(value.op) if not value.keywords else None
        return value if spelling is None else spelling(*value.args)

    return rewrite(program, rule)


def _scaled_sum(x: Value, factor: Any) -> Value:
    if x.example.dtype != np.float16:
        return make(np.multiply, make(np.sum, x), factor)
    total = make(np.sum, x, None, np.dtype(np.float32))  # it need not fit into half precision
    return make(np.astype, make(np.multiply, total, factor), x.example.dtype)


SPELLINGS: dict[Any, Callable[..., Value]] = {
    sigmoid: lambda x: make(np.divide, 1.0, make(np.add, 1.0, make(np.exp, make(np.negative, x)))),
    relu: lambda x: make(np.maximum, x, 0),
    sech_squared: lambda x: make(np.square, make(np.divide, 1.0, make(np.cosh, x))),
    scaled_sum: _scaled_sum,
    matmul_transposed: lambda x, y: make(np.matmul, x, make(np.transpose, y)),
    softplus: lambda x: make(
        np.add, make(np.maximum, x, 0), make(np.log1p, make(np.exp, make(np.negative, make(np.absolute, x))))
    ),
}
PASSES: tuple[Callable[[Program], Program], ...] = (
    fold_constants, plain_numbers, drop_broadcasts, name_products, cancel_transposes, drop_identities, gather_factors,
    plain_sums, plain_arguments, sums_of_squares, numbers_first, merge,
)  # fmt: skip
"""In the order in which they are applied."""
