"""The operators of an ndarray on Tensors, its indexing, and the conversions that look at a value."""

import warnings
from collections.abc import Callable, Iterator
from operator import getitem
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from .arguments import argument_of
from .dispatch import call, call_constant
from .graph import Node, apply, keep_argument, leaf
from .mode import current_mode
from .rules import KEEPS_ARGUMENT
from .versions import POWERS_BY_VALUE, VALUES
from .writes import write_item, write_result

if TYPE_CHECKING:
    from .tensor import Tensor

Operator: TypeAlias = Callable[[Any, Any], "Tensor"]


class DetachedWarning(UserWarning):
    """A value was taken out of the graph by a conversion that cannot carry its gradient."""


def _binary(ufunc: np.ufunc) -> tuple[Operator, Operator, Operator]:
    """The three forms of an operator: `x + y`, the reflected `y + x`, and `x += y`."""

    def forward(self: Node, other: Any) -> Any:
        try:
            return apply(ufunc, (self, other))
        except TypeError:
            if _has_own_operators(other):
                return NotImplemented
            raise

    def reflected(self: Node, other: Any) -> Any:
        return apply(ufunc, (other, self))

    def in_place(self: Node, other: Any) -> Any:
        return write_result(self, ufunc, other)

    return forward, reflected, in_place


def _comparison(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def compare(self: Node, other: Any) -> Any:
        if _has_own_operators(other) or isinstance(other, str | bytes):
            return NotImplemented
        return call_constant(ufunc, (self, other), {})

    return compare


def _has_own_operators(other: Any) -> bool:
    """NumPy's convention for classes that want their own operators to be asked."""
    return getattr(type(other), "__array_ufunc__", Ellipsis) is None


_POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
"""NumPy computes these powers of floating arrays so."""


def _is_power_by_value(other: Any) -> bool:
    return isinstance(other, np.generic | np.ndarray) and other.ndim == 0 and other.item() in VALUES


class Operators(Node):
    """What makes a Tensor behave as an ndarray in expressions."""

    __slots__ = ()

    __add__, __radd__, __iadd__ = _binary(np.add)
    __sub__, __rsub__, __isub__ = _binary(np.subtract)
    __mul__, __rmul__, __imul__ = _binary(np.multiply)
    __truediv__, __rtruediv__, __itruediv__ = _binary(np.divide)
    __floordiv__, __rfloordiv__, __ifloordiv__ = _binary(np.floor_divide)
    __mod__, __rmod__, __imod__ = _binary(np.remainder)
    __matmul__, __rmatmul__, __imatmul__ = _binary(np.matmul)
    _power, __rpow__, __ipow__ = _binary(np.power)
    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__, __ne__ = _comparison(np.equal), _comparison(np.not_equal)
    __and__ = __rand__ = _comparison(np.bitwise_and)
    __or__ = __ror__ = _comparison(np.bitwise_or)
    __xor__ = __rxor__ = _comparison(np.bitwise_xor)
    __hash__ = object.__hash__

    def __pow__(self, other: Any) -> "Tensor":
        if type(other) in (int, float) and other in _POWERS and self._array.dtype.kind == "f":
            return apply(_POWERS[other], (self,))  # type: ignore[no-any-return]
        if POWERS_BY_VALUE and _is_power_by_value(other) and self._array.dtype.kind == "f":
            return self ** float(other)
        return self._power(other)

    def __neg__(self) -> "Tensor":
        return apply(np.negative, (self,))  # type: ignore[no-any-return]

    def __pos__(self) -> "Tensor":
        return apply(np.positive, (self,))  # type: ignore[no-any-return]

    def __abs__(self) -> "Tensor":
        return apply(np.absolute, (self,))  # type: ignore[no-any-return]

    def __invert__(self) -> "Tensor":
        return call_constant(np.invert, (self,), {})  # type: ignore[no-any-return]

    def __divmod__(self, other: Any) -> "tuple[Tensor, Tensor]":
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> "tuple[Tensor, Tensor]":
        return other // self, other % self

    def __round__(self, ndigits: int | None = None) -> "Tensor":
        return call(np.round, (self, ndigits or 0), {})  # type: ignore[no-any-return]

    # ------------------------------------------------------------------------------------------------------------ items

    def __getitem__(self, index: Any) -> "Tensor":
        return apply(getitem, (self, index))  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        write_item(self, index, value)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError(f"{self.describe()} has no length: it has no axis")
        return len(self._array)

    def __iter__(self) -> "Iterator[Tensor]":
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    # --------------------------------------------------------------------------------------- looks at shape and layout

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self._array.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._array.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self._array.dtype  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """The bytes that the elements occupy."""
        return self._array.nbytes

    @property
    def itemsize(self) -> int:
        """The bytes that one element occupies."""
        return self._array.itemsize

    @property
    def device(self) -> str:
        """Where the elements are, as an ndarray tells it: "cpu"."""
        return "cpu"

    @property
    def flags(self) -> Any:
        """The memory layout of the value, as NumPy tells it."""
        return self._array.flags

    @property
    def T(self) -> "Tensor":
        """The axes in reverse order."""
        return apply(np.transpose, (self,))  # type: ignore[no-any-return]

    @property
    def flat(self) -> "Flat":
        """The elements in one row: `t.flat[k]` reads and writes those of `t` itself."""
        return Flat(self)

    @property
    def mT(self) -> "Tensor":
        """The last two axes exchanged."""
        return np.matrix_transpose(self)  # type: ignore[call-overload, no-any-return]

    # -------------------------------------------------------------------------------------------- looks at the value

    def detach(self) -> "Tensor":
        """A leaf of the same value, without history; it shares no memory."""
        detached: Tensor = leaf(self._array.copy())
        for op in KEEPS_ARGUMENT:
            known = argument_of(self, op)
            if known is not None:
                keep_argument(detached, op, known[1] if known[0] is None else known[0])
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.stands_for(detached, self)
        return detached

    def numpy(self) -> npt.NDArray[Any]:
        """The value without its history, as an ndarray of its own."""
        return self.looked_at("numpy()").copy()

    def item(self, *index: Any) -> Any:
        """One element as a Python number."""
        return self.looked_at("item()").item(*index)

    def tolist(self) -> Any:
        """The value as nested lists of Python numbers."""
        return self.looked_at("tolist()").tolist()

    def __bool__(self) -> bool:
        return bool(self.looked_at("bool()"))

    def __index__(self) -> int:
        if self._array.ndim or self._array.dtype.kind not in "iu":  # NumPy before 2.3 asks in `a ** t`, for any t
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return self.looked_at("an index").__index__()

    def __float__(self) -> float:
        return float(self._converted("float()"))

    def __int__(self) -> int:
        return int(self._converted("int()"))

    def __complex__(self) -> complex:
        return complex(self._converted("complex()"))

    def _converted(self, how: str) -> npt.NDArray[Any]:
        if self._requires_grad and current_mode().recording:
            warnings.warn(
                f"{how} of {self.describe()} loses its gradient. `ndarray[i] = t` and functions of the math module convert "
                "so; use a Tensor and NumPy's functions, or t.item() if the value alone is meant",
                DetachedWarning,
                stacklevel=3,
            )
        return self.looked_at(how)

    def __format__(self, spec: str) -> str:
        if spec:
            self.looked_at(f"format {spec!r}")
        return format(self._array[()], spec) if self._array.ndim == 0 else format(self._array, spec)

    def __repr__(self) -> str:
        parts = [np.array2string(self._array, separator=", ", prefix="Tensor(")]
        if self._array.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={self._array.dtype}")
        if self.name is not None:
            parts.append(f"name={self.name!r}")
        if self.op is not None:
            parts.append(f"op={getattr(self.op, '__name__', self.op)}")
        if self._requires_grad:
            parts.append("requires_grad=True")
        return f"Tensor({', '.join(parts)})"

    # -------------------------------------------------------------------------------------------------------- copies

    def __copy__(self) -> "Tensor":
        if self.op is not None:
            return call(np.copy, (self,), {})  # type: ignore[no-any-return]
        rebuild, parts = self.__reduce_ex__(4)
        return rebuild(*parts)  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if self._requires_grad and self.op is not None:
            raise TypeError(
                f"{self.describe()} was computed, and its history is neither copied nor pickled: take detach() for the value"
            )
        return _rebuilt, (type(self), self.looked_at("a copy").copy(), self._requires_grad, self.name, self._grad)


class Flat:
    """The elements of a Tensor by one number each, as `ndarray.flat` has them."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: Operators):
        self._tensor = tensor

    def _index(self, index: Any) -> Any:
        return np.unravel_index(np.arange(self._tensor.size)[index], self._tensor.shape) if self._tensor.ndim else ...

    def __len__(self) -> int:
        return self._tensor.size

    def __iter__(self) -> "Iterator[Tensor]":
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> "Tensor":
        return self._tensor[self._index(index)]

    def __setitem__(self, index: Any, value: Any) -> None:
        """The values are taken in turn, and again from the first when they are used up."""
        positions = np.arange(self._tensor.size)[index]
        call(np.put, (self._tensor, positions, value), {})


def _rebuilt(kind: type[Node], data: npt.NDArray[Any], requires_grad: bool, name: str | None, grad: Any) -> Any:
    tensor = leaf(data, kind)
    tensor._requires_grad, tensor.name, tensor._grad = requires_grad, name, grad
    return tensor
