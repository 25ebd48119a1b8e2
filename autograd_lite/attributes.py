"""What a Tensor tells of itself: how it was made, its name, its shape, its value."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .mode import current_mode
from .node import Array, Handle, next_leaf, note_event
from .recording import current, handle_of
from .views import Memory, View


class Attributes(Handle):
    """What can be asked of a Tensor without computing anything."""

    __slots__ = ()

    @property
    def requires_grad(self) -> bool:
        """Does this Tensor get, or pass on, a gradient? May be assigned on a leaf, for what is computed from then on."""
        return (self._node if self._view is None else current(self)).requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        old = current(self)
        if value and old.array.dtype.kind != "f":
            raise TypeError(
                f"only floating tensors can require a gradient, and {old.describe()} has dtype {old.array.dtype}: "
                "pass dtype=float"
            )
        if bool(value) == old.requires_grad:
            return
        if old.op is not None:
            raise RuntimeError(
                f"whether {old.describe()} requires a gradient follows from its inputs; detach() cuts it off"
            )
        node = next_leaf(old, old.array)
        node.requires_grad = bool(value)
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.stands_for(node, old)
        if isinstance(self._view, View | Memory):
            self._view.node = node
        self._node = node
        note_event()

    @property
    def is_leaf(self) -> bool:
        """True unless an operation made it."""
        return current(self).op is None

    @property
    def name(self) -> str | None:
        """What pictures, printed programs and error messages call it. May be assigned."""
        return current(self).name

    @name.setter
    def name(self, value: str | None) -> None:
        (self._node if self._view is None else current(self)).name = value

    @property
    def scope(self) -> tuple[str, ...]:
        """The names of the scopes it was made in, from the outermost on."""
        return current(self).scope

    @scope.setter
    def scope(self, value: tuple[str, ...]) -> None:
        current(self).scope = value

    @property
    def op(self) -> Callable[..., Any] | None:
        """The NumPy function that made it; None for a leaf."""
        return current(self).op

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The Tensors it was made from, in the order of the arguments, repeated where used twice.

        A Tensor that was written since stands there as it was: as another Tensor, of the value that was read.
        """
        return tuple(map(handle_of, current(self).inputs))

    def describe(self) -> str:
        """How error messages call it: by its name if it has one, else by what it is."""
        return current(self).describe()

    @property
    def array(self) -> Array:
        """The value for readers inside the library: no compiler that listens hears of it, as it does of `data`."""
        return (self._node if self._view is None else current(self)).array

    def looked_at(self, how: str) -> Array:
        """The value, for a reader outside the graph. A compiler that listens refuses: the value would be baked in."""
        node = current(self)
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.refuse_look(node, how)
        return node.array

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return (self._node if self._view is None else current(self)).array.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return (self._node if self._view is None else current(self)).array.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return current(self).array.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return (self._node if self._view is None else current(self)).array.dtype  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """The bytes that the elements occupy."""
        return current(self).array.nbytes

    @property
    def itemsize(self) -> int:
        """The bytes that one element occupies."""
        return current(self).array.itemsize

    @property
    def device(self) -> str:
        """Where the elements are, as an ndarray tells it: "cpu"."""
        return "cpu"

    @property
    def flags(self) -> Any:
        """The memory layout of the value, as NumPy tells it."""
        return current(self).array.flags
