"""Python numbers among the arguments of a function that is being recorded.

A Python number is *weak*: it takes on the dtype of the array it meets. A `Number` stands for one, computes with others as Python
does, and meets arrays as NumPy sees Python numbers.
"""

import operator
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..graph import leaf
from ..mode import current_mode
from ..tensor import Tensor

PACKAGE = str(Path(__file__).parent.parent)
Weak = Callable[..., Any]


class Number(Tensor):
    """A Python int or float that may be another at the next call."""

    __slots__ = ("value",)

    value: int | float

    def __hash__(self) -> int:
        caller = sys._getframe(1).f_code.co_filename
        if caller.startswith(PACKAGE):
            return object.__hash__(self)
        return hash(
            self.looked_at("a set or dict").item()
        )  # a Python number is found there by its value, a Tensor by identity


def number(value: int | float) -> Number:
    """A Number of this value."""
    made = cast(Number, leaf(np.asarray(value), Number))
    made.value = value
    return made


def is_plain(a: Any) -> bool:
    """Is it a Python number, or stands for one?"""
    return isinstance(a, Number) or type(a) in (int, float, bool)


def plain(a: Any) -> Any:
    return a.value if isinstance(a, Number) else a


def _weak(op: Weak, arguments: tuple[Any, ...]) -> Any:
    result = op(*map(plain, arguments))
    tracer = current_mode().tracing
    fits = type(result) is float or (type(result) is int and -(2**63) <= result < 2**63)
    if tracer is None or not fits:
        first = next(a for a in arguments if isinstance(a, Number))
        first.looked_at(op.__name__)
        return result
    made = number(result)
    made.op, made.args = op, arguments
    tracer.recorded(made, [])
    return made


def _binary(op: Weak, name: str, swap: bool) -> Callable[[Any, Any], Any]:
    with_arrays = getattr(Tensor, name)

    def method(self: Number, other: Any) -> Any:
        if is_plain(other):
            return _weak(op, (other, self) if swap else (self, other))
        return with_arrays(self, other)

    return method


def _unary(op: Weak) -> Callable[[Any], Any]:
    def method(self: Number) -> Any:
        return _weak(op, (self,))

    return method


def _rounded(self: Number, digits: Any = None) -> Any:
    return _weak(round, (self,) if digits is None else (self, digits))


BINARY: dict[str, Weak] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow,
}  # fmt: skip
UNARY: dict[str, Weak] = {"neg": operator.neg, "pos": operator.pos, "abs": operator.abs}

Number.__round__ = _rounded  # type: ignore[method-assign, assignment]
for _name, _weak_op in BINARY.items():
    setattr(Number, f"__{_name}__", _binary(_weak_op, f"__{_name}__", swap=False))
    setattr(Number, f"__r{_name}__", _binary(_weak_op, f"__r{_name}__", swap=True))
    setattr(Number, f"__i{_name}__", _binary(_weak_op, f"__{_name}__", swap=False))
for _name, _weak_op in UNARY.items():
    setattr(Number, f"__{_name}__", _unary(_weak_op))
