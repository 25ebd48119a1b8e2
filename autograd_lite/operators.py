"""The operators of an ndarray on Tensors, its indexing, and the conversions that look at a value."""

import warnings
from collections.abc import Callable, Iterator
from operator import getitem
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from .arguments import argument_of
from .attributes import Attributes
from .dispatch import call, call_constant
from .gradients import grad_of
from .known import knowing
from .mode import current_mode
from .node import Handle, leaf_node, slot_of
from .recording import apply, current, handle, leaf
from .rules import KEEPS_ARGUMENT
from .versions import POWERS_BY_VALUE, VALUES
from .views import is_number
from .writes import write_item, write_result

if TYPE_CHECKING:
    from .tensor import Tensor

Operator: TypeAlias = Callable[[Any, Any], "Tensor"]


class DetachedWarning(UserWarning):
    """A value was taken out of the graph by a conversion that cannot carry its gradient."""


def _binary(ufunc: np.ufunc) -> tuple[Operator, Operator, Operator]:
    """The three forms of an operator: `x + y`, the reflected `y + x`, and `x += y`."""

    def forward(self: Handle, other: Any) -> Any:
        try:
            return apply(ufunc, (self, other))
        except TypeError:
            if _has_own_operators(other):
                return NotImplemented
            raise

    def reflected(self: Handle, other: Any) -> Any:
        return apply(ufunc, (other, self))

    return forward, reflected, _in_place(ufunc)


def _in_place(ufunc: np.ufunc) -> Operator:
    def in_place(self: Handle, other: Any) -> Any:
        return write_result(self, ufunc, other)

    return in_place


def _comparison(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def compare(self: Handle, other: Any) -> Any:
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


class Operators(Attributes):
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
    __iand__, __ior__, __ixor__ = _in_place(np.bitwise_and), _in_place(np.bitwise_or), _in_place(np.bitwise_xor)
    __hash__ = object.__hash__

    def __pow__(self, other: Any) -> "Tensor":
        if type(other) in (int, float) and other in _POWERS and current(self).array.dtype.kind == "f":
            return apply(_POWERS[other], (self,))  # type: ignore[no-any-return]
        if POWERS_BY_VALUE and _is_power_by_value(other) and current(self).array.dtype.kind == "f":
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
        if not current(self).array.ndim:
            raise TypeError(f"{self.describe()} has no length: it has no axis")
        return len(current(self).array)

    def __iter__(self) -> "Iterator[Tensor]":
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    # --------------------------------------------------------------------------------------- looks at shape and layout

    @property
    def T(self) -> "Tensor":
        """The axes in reverse order."""
        return apply(np.transpose, (self,))  # type: ignore[no-any-return]

    @property
    def flat(self) -> "Flat":
        """The elements in one row: `t.flat[k]` reads and writes those of `t` itself."""
        return Flat(np.copy(self) if is_number(self) else self)  # type: ignore[call-overload]

    @flat.setter
    def flat(self, value: Any) -> None:
        self.flat[:] = value

    @property
    def mT(self) -> "Tensor":
        """The last two axes exchanged."""
        return np.matrix_transpose(self)  # type: ignore[call-overload, no-any-return]

    # -------------------------------------------------------------------------------------------- looks at the value

    def detach(self) -> "Tensor":
        """A leaf of the same value, without history; it shares no memory."""
        node = leaf_node(current(self).array.copy())
        for op in KEEPS_ARGUMENT:
            known = argument_of(current(self), op)
            if known is not None:
                node = knowing(node, op, *known)
        detached: Tensor = handle(node)
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.stands_for(node, current(self))
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
        if (
            current(self).array.ndim or current(self).array.dtype.kind not in "iu"
        ):  # NumPy before 2.3 asks in `a ** t`, for any t
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return self.looked_at("an index").__index__()

    def __float__(self) -> float:
        return float(self._converted("float()"))

    def __int__(self) -> int:
        return int(self._converted("int()"))

    def __complex__(self) -> complex:
        return complex(self._converted("complex()"))

    def _converted(self, how: str) -> npt.NDArray[Any]:
        if current(self).requires_grad and current_mode().recording:
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
        return (
            format(current(self).array[()], spec)
            if current(self).array.ndim == 0
            else format(current(self).array, spec)
        )

    def __repr__(self) -> str:
        parts = [np.array2string(current(self).array, separator=", ", prefix="Tensor(")]
        if current(self).array.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={current(self).array.dtype}")
        if self.name is not None:
            parts.append(f"name={self.name!r}")
        if self.op is not None:
            parts.append(f"op={getattr(self.op, '__name__', self.op)}")
        if current(self).requires_grad:
            parts.append("requires_grad=True")
        return f"Tensor({', '.join(parts)})"

    # -------------------------------------------------------------------------------------------------------- copies

    def __copy__(self) -> "Tensor":
        if self.op is not None:
            return call(np.copy, (self,), {})  # type: ignore[no-any-return]
        rebuild, parts = self.__reduce_ex__(4)
        return rebuild(*parts)  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if current(self).requires_grad and self.op is not None:
            raise TypeError(
                f"{self.describe()} was computed, and its history is neither copied nor pickled: take detach() for the value"
            )
        return _rebuilt, (
            type(self),
            self.looked_at("a copy").copy(),
            self.requires_grad,
            self.name,
            grad_of(current(self)),
        )


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


def _rebuilt(kind: type[Handle], data: npt.NDArray[Any], requires_grad: bool, name: str | None, grad: Any) -> Any:
    tensor = leaf(data, kind)
    node = tensor._node
    node.requires_grad, node.name = requires_grad, name
    if grad is not None:
        slot_of(node).grad = grad
    return tensor
