"""Numbers among the arguments of a function that is being recorded.

A `Number` stands for a Python number or a NumPy scalar that may be another at the next call. It computes as the number does: with
others it gives Numbers, with arrays and Tensors operations of the graph. Whatever else is asked of it is a *look* at the value,
which the recorder answers and notes, so that the program is used for that very value only, or refuses.
"""

import builtins
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, SupportsIndex

import numpy as np

from ..attributes import Attributes
from ..dispatch import call, call_constant, call_ufunc
from ..mode import current_mode
from ..operands import NESTS, STAND_INS
from ..recording import apply
from ..tensor import Tensor

Weak = Callable[..., Any]
PLAIN = (bool, int, float)
OF_THE_TYPE = frozenset(("dtype", "shape", "ndim", "size", "nbytes", "itemsize", "strides"))
"""Attributes of NumPy's scalars that are the same for all of one type."""


class Number:
    """A number that may be another at the next call.

    value : what it is now;  source : what it is in the program, as long as the `recorder` listens
    """

    __slots__ = ("_recorder", "source", "value")

    def __init__(self, value: Any, source: Any, recorder: Any):
        self.value = value
        self.source = source
        self._recorder = recorder

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The type of the number, for `isinstance`."""
        return type(self.value)

    @property
    def is_recorded(self) -> bool:
        """Does its recorder hear of what happens here and now?"""
        return current_mode().tracing is self._recorder

    def look(self, how: str, as_text: bool = False) -> Any:
        """The value, for Python. Raises CompileError if the program may not be for this value alone."""
        self._recorder.look(self, how, as_text)
        return self.value

    def computed(self, op: Weak, arguments: tuple[Any, ...]) -> Any:
        """`op` of scalars, as a Number if a program can compute it."""
        try:
            result = op(*map(plain, arguments))
        except Exception:
            for a in filter(is_stand_in, arguments):  # whether it raises depends on the values
                a.look(op.__name__, as_text=True)
            raise
        if self.is_recorded and _fits(result):
            return self._recorder.number(result, op, arguments)
        return op(*[looked(a, op.__name__) for a in arguments])

    # ------------------------------------------------------------------------------------------- NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if not self.is_recorded or "out" in keywords:
            return getattr(ufunc, method)(*looked(inputs, ufunc.__name__), **looked(keywords, ufunc.__name__))
        return self._scalar(call_ufunc(ufunc, method, inputs, keywords), (inputs, keywords))

    def __array_function__(
        self, f: Callable[..., Any], types: Any, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        if not self.is_recorded:
            return f(*looked(args, f.__name__), **looked(keywords, f.__name__))
        return self._scalar(call(f, args, keywords), (args, keywords))

    def _scalar(self, result: Any, given: Any) -> Any:
        """What NumPy makes of numbers alone is a scalar, and no array."""
        if type(result) is tuple:
            return tuple(self._scalar(part, given) for part in result)
        if isinstance(result, Attributes) and not result.array.ndim and _are_scalars(given):
            return Number(result.array[()], self._recorder.value(result), self._recorder)
        return result

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.look("np.asarray"), dtype=dtype)

    # ------------------------------------------------------------------------------------------------------------ looks

    def __getattr__(self, name: str) -> Any:
        value = self.value
        if name in OF_THE_TYPE or not hasattr(value, name):
            return getattr(value, name)
        if isinstance(value, np.generic) and self.is_recorded and hasattr(Tensor, name):
            found = getattr(self._recorder.as_tensor(self), name)
            if not callable(found):
                return self._scalar(found, ())
            return lambda *args, **keywords: self._scalar(found(*args, **keywords), (args, keywords))
        return getattr(self.look(f".{name}"), name)

    def __dir__(self) -> list[str]:
        return dir(self.value)

    def __index__(self) -> int:
        return operator.index(self.look("an index") if isinstance(self.value, int | np.integer) else self.value)

    def __hash__(self) -> int:
        return hash(self.look("a set or dict"))

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        return _power(self, other) if modulus is None else pow(*looked((self, other, modulus), "pow"))

    def __rpow__(self, other: Any, modulus: Any = None) -> Any:
        return _power(other, self) if modulus is None else pow(*looked((other, self, modulus), "pow"))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: Any = None) -> Any:
        if type(self.value) in PLAIN and not is_stand_in(digits):
            return self.computed(round, (self,) if digits is None else (self, digits))
        return round(self.look("round()"), plain(digits))

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return plain, (self.look("a pickle"),)


STAND_INS.add(Number)


def is_stand_in(a: Any) -> bool:
    return type(a) is Number


def plain(a: Any) -> Any:
    """The value of a Number, and anything else as it is; looks into lists and tuples."""
    if type(a) is Number:
        return a.value
    return type(a)(map(plain, a)) if type(a) in NESTS else a


def looked(a: Any, how: str) -> Any:
    """The same for Python to use: also in dicts and slices, and noted as a look."""
    if type(a) is Number:
        return a.look(how)
    if type(a) in NESTS:
        return type(a)(looked(part, how) for part in a)
    if type(a) is dict:
        return {looked(k, how): looked(part, how) for k, part in a.items()}
    if type(a) is slice:
        return slice(looked(a.start, how), looked(a.stop, how), looked(a.step, how))
    return a


def numbers_in(values: Iterable[Any]) -> Iterator[Number]:
    """The Numbers among values, looking into lists and tuples."""
    for a in values:
        if is_stand_in(a):
            yield a
        elif type(a) in NESTS:
            yield from numbers_in(a)


def is_scalar(a: Any) -> bool:
    """Is it a real number, or does it stand for one?"""
    return type(a) is Number or type(a) in PLAIN or (isinstance(a, np.generic) and a.dtype.kind in "biuf")


def _are_scalars(a: Any) -> bool:
    if isinstance(a, Attributes | np.ndarray):
        return False
    parts = a.values() if type(a) is dict else a if type(a) in NESTS else ()
    return all(map(_are_scalars, parts))


def _fits(result: Any) -> bool:
    """Can a program compute with it?"""
    if type(result) is int:
        return -(2**63) <= result < 2**63
    return is_scalar(result)


def _operated(op: Weak, ufunc: np.ufunc | None, x: Any, y: Any) -> Any:
    """`op` of a Number and anything, on either side."""
    mine: Number = x if is_stand_in(x) else y
    other = y if is_stand_in(x) else x
    if is_scalar(other):
        if ufunc is None or (op in OF_TRUTHS and not all(type(plain(a)) in (bool, np.bool_) for a in (x, y))):
            return op(*looked((x, y), op.__name__))
        both_plain = type(plain(x)) in PLAIN and type(plain(y)) in PLAIN
        if both_plain:
            return mine.computed(op, (x, y))
        return mine.computed(ufunc, (x, y)) if mine.is_recorded else op(*looked((x, y), op.__name__))
    if isinstance(other, Attributes) or type(other) is np.ndarray:
        if ufunc is None or not mine.is_recorded:
            return op(*looked((x, y), op.__name__))
        return call_constant(ufunc, (x, y), {}) if op in COMPARING or op in OF_TRUTHS else apply(ufunc, (x, y))
    if op in (operator.eq, operator.ne) and isinstance(other, str | bytes | list | tuple | dict | type | None):
        return op(plain(x), plain(y))  # whatever the number is
    return op(*looked((x, y), op.__name__))


def _power(x: Any, y: Any) -> Any:
    """A whole number to a negative power is a float, so the power is looked at."""
    if is_stand_in(y) and isinstance(y.value, int) and isinstance(plain(x), int):
        y = y.look("**")
        if not is_stand_in(x):
            return x**y
    return _operated(operator.pow, np.power, x, y)


def _looking(f: Weak, how: str, as_text: bool = False) -> Weak:
    def method(self: Number, *args: Any) -> Any:
        return f(self.look(how, as_text), *args)

    return method


COMPARING: dict[Weak, np.ufunc] = {
    operator.lt: np.less, operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
    operator.eq: np.equal, operator.ne: np.not_equal,
}  # fmt: skip
OF_TRUTHS: dict[Weak, np.ufunc] = {
    operator.and_: np.bitwise_and, operator.or_: np.bitwise_or, operator.xor: np.bitwise_xor,
}  # fmt: skip
ARITHMETIC: dict[Weak, np.ufunc] = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.divide,
    operator.floordiv: np.floor_divide, operator.mod: np.remainder,
}  # fmt: skip
UNARY: dict[Weak, np.ufunc] = {operator.neg: np.negative, operator.pos: np.positive, operator.abs: np.absolute}
SCALAR_OPERATIONS: frozenset[Weak] = frozenset((*ARITHMETIC, *COMPARING, *OF_TRUTHS, *UNARY, operator.pow, round))
"""What a program computes with Python's numbers."""

for _op, _ufunc in (*ARITHMETIC.items(), *OF_TRUTHS.items(), (operator.lshift, None), (operator.rshift, None)):
    _name = _op.__name__.strip("_")
    setattr(Number, f"__{_name}__", lambda self, other, op=_op, u=_ufunc: _operated(op, u, self, other))
    setattr(Number, f"__r{_name}__", lambda self, other, op=_op, u=_ufunc: _operated(op, u, other, self))
for _op, _ufunc in COMPARING.items():
    setattr(Number, f"__{_op.__name__}__", lambda self, other, op=_op, u=_ufunc: _operated(op, u, self, other))
for _op, _ufunc in UNARY.items():
    setattr(
        Number,
        f"__{_op.__name__}__",
        lambda self, op=_op, u=_ufunc: self.computed(op if type(self.value) in PLAIN else u, (self,)),
    )
for _name, _f, _how in (
    ("bool", bool, "bool()"), ("int", int, "int()"), ("float", float, "float()"), ("complex", complex, "complex()"),
    ("trunc", math.trunc, "math.trunc"), ("floor", math.floor, "math.floor"), ("ceil", math.ceil, "math.ceil"),
    ("invert", operator.invert, "~"),
):  # fmt: skip
    setattr(Number, f"__{_name}__", _looking(_f, _how))
for _name, _to_text in (("str", builtins.str), ("repr", builtins.repr), ("format", builtins.format)):
    setattr(Number, f"__{_name}__", _looking(_to_text, f"{_name}()", as_text=True))
