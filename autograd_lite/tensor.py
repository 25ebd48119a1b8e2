"""Tensor: a NumPy array that remembers how it was computed.

It holds the value and the gradient, and answers NumPy's two protocols, so that NumPy's own functions find it. The operators
are in operators.py and the methods of an ndarray in array_methods.py.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias
from weakref import ref

import numpy as np
import numpy.typing as npt

from .array_methods import ArrayMethods
from .backward import pull_back
from .dispatch import call, call_ufunc
from .gradients import add_grad, grad_of, set_grad
from .mode import current_mode
from .node import GradientSlot, Handle, Node, events, leaf_node, next_leaf, note_event, shared, slot_of
from .operands import operand
from .operators import Operators
from .overwritten import overwritten
from .recording import constant_leaf, current, handles_are, handles_in
from .views import Memory, note_moved

Array: TypeAlias = npt.NDArray[Any]
_hook_numbers = count()


class Tensor(Operators, ArrayMethods):
    """A NumPy array that remembers how it was computed.

    data : anything `np.asarray` takes (copied, unless it is an ndarray of that dtype already), or a nested list holding
        Tensors, which is stacked and lets the gradient flow into them
    dtype : a NumPy dtype; by default that of the data
    requires_grad : should `backward()` leave dC/dself in `self.grad`? Needs a floating dtype.
    name : appears in pictures, printed programs and error messages

    An ndarray is shared, not copied, here and as an operand or index: changed between the computation and the backward pass, it
    makes the gradient wrong, and that cannot be noticed. A write through a Tensor leaves the array alone.

    Raises TypeError for complex data, for data that is not numbers, and for requires_grad=True with an integer or bool dtype.
    """

    __slots__ = ()
    __pandas_priority__ = 5000
    """Above that of a DataFrame, which is 4000: an operation of the two is the Tensor's, and labels do not align."""

    def __init__(
        self,
        data: Any,
        dtype: npt.DTypeLike | None = None,
        *,
        requires_grad: bool = False,
        name: str | None = None,
    ):
        source: Any = None
        tracer = current_mode().tracing
        if tracer is not None:
            data = tracer.as_tensor(data)
        if type(data) is not np.ndarray and next(handles_in([data]), None) is not None:
            source = stacked(data)
            source = source.copy() if dtype is None else source.astype(dtype)
            data = source.array
        if source is not None and source.requires_grad:
            self._node = source._node
        else:
            self._node = leaf_node(real_array(data, dtype))
        self._view = None
        self._node.holder = ref(self)
        self._node.name = name
        if source is not None and source.requires_grad:
            return
        if requires_grad:
            self.requires_grad = True
        if source is not None and tracer is not None:
            tracer.stands_for(self._node, source._node)

    # ----------------------------------------------------------------------------------------------- value and gradient

    @property
    def data(self) -> Array:
        """The value. Assigning gives a leaf another one, and leaves alone what was computed from the old one.

        `t.data -= v` is another thing: NumPy writes into the very array that was used, and a gradient through that raises
        RuntimeError. Writing into the array itself, `t.data[0] = 1`, goes unnoticed: write `t[0] = 1` under `no_grad()`.
        Raises RuntimeError when assigned on a Tensor that was computed.
        """
        return self.looked_at(".data")

    @data.setter
    def data(self, value: Any) -> None:
        if self.op is not None:
            raise RuntimeError(
                f"{self.describe()} was computed; only the value of a leaf can be assigned. "
                "Take detach() of it for a leaf of the same value"
            )
        array = real_array(value.looked_at("data =") if isinstance(value, Tensor) else value, None)
        old = current(self)
        memory = self._view
        self.write(array)
        if array is old.array:
            if type(memory) is Memory:  # its views see the change in the same memory
                memory.node = self._node
                self._view = memory
            overwritten(old)

    def write(self, array: Array) -> None:
        """Hold another value, as a leaf. The old array is left alone: graphs, views and other owners keep it."""
        old = self._node if self._view is None else current(self)
        if array.dtype is not old.array.dtype or array.shape != old.array.shape:
            _check_fit(old, array)
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.refuse_write(old)
        note_moved(self, old)
        node = next_leaf(old, array)
        self._view = None  # first: a reader that comes in between must not find the old value there
        self._node = node
        events[0] = node.index

    @property
    def grad(self) -> "Tensor | None":
        """dC/dself after `C.backward()`: a Tensor of the same shape and dtype, or None. May be assigned."""
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.touches_grad(self)
        return grad_of(current(self))  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, value: "Tensor | Array | None") -> None:
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value)
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ValueError(
                    f"the gradient of {self.describe()} has shape {self.shape} and dtype {self.dtype}; "
                    f"got shape {value.shape} and dtype {value.dtype}"
                )
        set_grad(self, value)

    def zero_grad(self) -> None:
        """Forget the gradient."""
        set_grad(self, None)

    def named(self, name: str | None) -> "Tensor":
        """Set the name and return self, for use inside expressions."""
        self.name = name
        return self

    # ------------------------------------------------------------------------------------------------ the backward pass

    def backward(
        self,
        gradient: Any = None,
        *,
        create_graph: bool = False,
        retain_graph: bool = False,
        keep_grads: bool = False,
    ) -> None:
        """Add dself/dleaf to `.grad` of every leaf that requires it.

        gradient : the cotangent of self, of its shape; may be left out for one element only, and is then 1
        create_graph : record the pass itself, so that the gradients can be differentiated again
        retain_graph : allow a further pass from the same output; create_graph implies it
        keep_grads : also set `.grad` on every Tensor in between

        Raises RuntimeError if self needs no gradient, has more than one element and no `gradient` is given, or was already run
        backward. When it raises, no gradient has been changed.

        Threads may run backward at the same time, also to the same leaves: every contribution is added.
        """
        node = current(self)
        start = None if gradient is None and not node.array.ndim else seed(self, gradient)
        found = pull_back({node: start}, None, create_graph, retain_graph, keep_grads)
        with shared:
            for reached, g in found.items():
                add_grad(reached, g)

    def retain_grad(self) -> None:
        """Set `.grad` on this Tensor in a backward pass although it is not a leaf."""
        self._needs_gradient_for("there is none to retain")
        slot_of(self._node).retained = True

    def register_hook(self, fn: "Callable[[Tensor], Any]") -> "HookHandle":
        """Call `fn(grad)` when the gradient of this Tensor is complete; what it returns, unless None, replaces it.

        A leaf that was written under `no_grad()` after it was used has a gradient by each of its values; `fn` is called for each.
        """
        self._needs_gradient_for("a hook on it would never run")
        if not callable(fn):
            raise TypeError(f"a hook is a function of the gradient; got {fn!r}")
        number = next(_hook_numbers)
        slot = slot_of(self._node)
        slot.hooks[number] = fn
        note_event()
        return HookHandle(slot, number)

    def _needs_gradient_for(self, consequence: str) -> None:
        if not self.requires_grad:
            raise RuntimeError(
                f"{self.describe()} does not require a gradient, so {consequence}; set requires_grad=True"
            )

    # ------------------------------------------------------------------------------------------- NumPy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, keywords)

    def __array_function__(
        self, f: Callable[..., Any], types: Any, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        return call(f, args, keywords)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self.requires_grad and current_mode().recording:
            raise TypeError(
                f"{self.describe()} requires a gradient, which an ndarray cannot carry. Allocate the array as a Tensor, "
                "np.zeros_like(t, shape=...), and write into that; build arrays of Tensors with np.stack, "
                "np.concatenate or autograd_lite.Tensor([...]), write into a Tensor instead of an ndarray, let it meet "
                "np.asarray(df) of a DataFrame, m.filled(value) of a masked array, s.toarray() of a sparse matrix, or take "
                "t.numpy() for the value alone. A function that knows arrays only, as SciPy's do, becomes an operation by "
                "autograd_lite.primitive, with its derivative stated by defvjp; erf, sigmoid, logit, logsumexp, softmax and "
                "log_softmax are there in autograd_lite"
            )
        return np.array(self.looked_at("np.asarray"), dtype=dtype, copy=copy)


class HookHandle:
    """What `register_hook` returns; `remove()` takes the hook away."""

    __slots__ = ("_number", "_slot")

    def __init__(self, slot: GradientSlot, number: int):
        self._slot = slot
        self._number = number

    def remove(self) -> None:
        """Take the hook away. Doing so again is harmless."""
        self._slot.hooks.pop(self._number, None)
        note_event()


_USUAL = {np.dtype(np.float64), np.dtype(np.float32)}


def real_array(data: Any, dtype: npt.DTypeLike | None) -> Array:
    """`data` as an ndarray of real numbers. Raises TypeError for anything else, and for rows of different lengths."""
    if type(data) is np.ndarray and dtype is None and data.dtype in _USUAL:
        return data
    try:
        array = np.asarray(operand(data), dtype=dtype)
    except ValueError as error:
        raise TypeError(f"a Tensor holds a rectangular array of numbers: {error}") from None
    if array.dtype.kind == "c":
        raise TypeError("a Tensor is real; keep real and imaginary parts of complex data in two")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor holds numbers; the data has dtype {array.dtype}")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def seed(output: Tensor, gradient: Any) -> Tensor:
    """The cotangent a backward pass starts from, in the shape and dtype of `output`."""
    if gradient is None:
        if output.size != 1:
            raise RuntimeError(
                f"a gradient can be taken of one number, and {output.describe()} has shape {output.shape}: "
                "reduce it first, with sum() or mean(), or pass gradient= of that shape to weigh its elements"
            )
        array = output.array
        one = np.ones(array.shape, array.dtype) if array.ndim else np.array(1, array.dtype)
        return constant_leaf(one)  # type: ignore[no-any-return]
    given = gradient if isinstance(gradient, Tensor) else Tensor(gradient)
    if given.shape != output.shape:
        raise ValueError(f"gradient= has shape {given.shape}; {output.describe()} needs shape {output.shape}")
    return given if given.dtype == output.dtype else given.astype(output.dtype)


def stacked(data: Any) -> Any:
    """Nested lists that hold Tensors, as one Tensor."""
    if isinstance(data, list | tuple):
        return np.stack([stacked(part) for part in data])
    return data if isinstance(data, Handle) else Tensor(data)


def _check_fit(old: Node, array: Array) -> None:
    if old.requires_grad and array.dtype.kind != "f":
        raise TypeError(f"{old.describe()} requires a gradient and needs floating data, not {array.dtype}")
    g = grad_of(old)
    if g is not None and (g.shape != array.shape or g.dtype != array.dtype):
        raise ValueError(
            f"{old.describe()} has a gradient of shape {g.shape} and dtype {g.dtype}, which does not fit "
            f"a value of shape {array.shape} and dtype {array.dtype}: call zero_grad() first"
        )


handles_are(Tensor)
