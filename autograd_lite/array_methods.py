"""The methods of an ndarray on Tensors. Each is the NumPy function of the same name, with the same arguments."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .attributes import Attributes
from .dispatch import call
from .node import Handle
from .views import NUMBER, is_number, is_view_of

if TYPE_CHECKING:
    from .tensor import Tensor


def _method(f: Callable[..., Any]) -> Callable[..., "Tensor"]:
    def method(self: Handle, *args: Any, **keywords: Any) -> Any:
        return call(f, (self, *args), keywords)

    method.__name__ = f.__name__
    method.__doc__ = f"`np.{f.__name__}(self, ...)`, with its arguments."
    return method


def _methods(*functions: Callable[..., Any]) -> list[Callable[..., "Tensor"]]:
    return [_method(f) for f in functions]


class ArrayMethods(Attributes):
    """What an ndarray can be asked to compute."""

    __slots__ = ()

    sum, prod, mean, var, std = _methods(np.sum, np.prod, np.mean, np.var, np.std)
    max, min, argmax, argmin = _methods(np.max, np.min, np.argmax, np.argmin)
    cumsum, cumprod, trace, diagonal = _methods(np.cumsum, np.cumprod, np.trace, np.diagonal)
    any, all, nonzero, argsort = _methods(np.any, np.all, np.nonzero, np.argsort)
    swapaxes, squeeze, ravel, repeat = _methods(np.swapaxes, np.squeeze, np.ravel, np.repeat)
    take, dot, round = _methods(np.take, np.dot, np.round)
    sort, partition, argpartition, searchsorted, choose = _methods(
        np.sort, np.partition, np.argpartition, np.searchsorted, np.choose
    )
    put = _method(np.put)

    def conj(self) -> "Tensor":
        """The Tensor itself, since it is real, as the method of an ndarray gives it; `np.conj` gives a copy."""
        return self  # type: ignore[return-value]

    conjugate = conj

    def compress(self, condition: Any, axis: int | None = None) -> "Tensor":
        """The slices for which `condition` holds."""
        return call(np.compress, (condition, self, axis), {})  # type: ignore[no-any-return]

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **keywords: Any) -> "Tensor":
        """`np.clip(self, min, max)`; either bound may be left out."""
        return call(np.clip, (self, min, max, out), keywords)  # type: ignore[no-any-return]

    def fill(self, value: Any) -> None:
        """Write one value into every element: `t[...] = value`."""
        call(np.copyto, (self, value), {})

    @property
    def real(self) -> "Tensor":
        """The real part, which is all there is."""
        return call(np.real, (self,), {})  # type: ignore[no-any-return]

    @real.setter
    def real(self, value: Any) -> None:
        if not (isinstance(value, Handle) and is_view_of(value, self)):  # `t.real += v` has written into t already
            call(np.copyto, (self, value), {})

    @property
    def imag(self) -> "Tensor":
        """The imaginary part: zeros."""
        return call(np.imag, (self,), {})  # type: ignore[no-any-return]

    def flatten(self, order: Any = "C") -> "Tensor":
        """The elements in one row, as a copy."""
        return call(np.copy, (call(np.ravel, (self, order), {}),), {})  # type: ignore[no-any-return]

    def reshape(self, *shape: Any, order: Any = "C") -> "Tensor":
        """The elements in another shape, given as one tuple or as several numbers; one of them may be -1."""
        return call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {"order": order})  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> "Tensor":
        """The axes in another order, given as one tuple or as several numbers; reversed by default."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return call(np.transpose, (self, order), {})  # type: ignore[no-any-return]

    def astype(self, dtype: npt.DTypeLike, copy: bool = True) -> "Tensor":
        """The values in another dtype. A floating result passes the gradient on, an integer or bool one has none."""
        return self._number_if_one(call(np.astype, (self, np.dtype(dtype)), {"copy": copy}))

    def copy(self, order: Any = "C") -> "Tensor":
        """A copy that is an operation of the graph: the gradient flows through it."""
        return self._number_if_one(call(np.copy, (self, order), {}))

    def _number_if_one(self, made: Any) -> "Tensor":
        """These methods of a NumPy scalar give a scalar, where the functions give an array."""
        if is_number(self):
            made._view = NUMBER
        return made  # type: ignore[no-any-return]
