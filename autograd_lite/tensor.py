"""Tensor: a NumPy array that remembers how it was computed.

It holds the value and the gradient, and answers NumPy's two protocols, so that NumPy's own functions find it. The operators
are in operators.py and the methods of an ndarray in array_methods.py.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .array_methods import ArrayMethods
from .backward import pull_back
from .dispatch import call, call_ufunc
from .graph import NO_KEYWORDS, Node, clock, constant_leaf, extras, nodes_are, nodes_in, note_write, shared
from .mode import current_mode
from .operands import operand
from .operators import Operators

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
    makes the gradient wrong, and that cannot be noticed. Writes through Tensors are.

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
        self._grad = None
        self._extras = None
        self._requires_grad = False
        self.op, self.args, self.keywords = None, (), NO_KEYWORDS
        self.name = name
        self.scope = current_mode().scope
        source: Any = None
        tracer = current_mode().tracing
        if tracer is not None:
            data = tracer.as_tensor(data)
        if type(data) is not np.ndarray and next(nodes_in([data]), None) is not None:
            source = stacked(data)
            source = source.copy() if dtype is None else source.astype(dtype)
            if source._requires_grad:
                self.take_over(source)
                return
            data = source._array
        self._array = real_array(data, dtype)
        self.index = next(clock)
        if requires_grad:
            self.requires_grad = True
        if source is not None and tracer is not None:
            tracer.stands_for(self, source)

    # ----------------------------------------------------------------------------------------------- value and gradient

    @property
    def data(self) -> Array:
        """The value. Assigning replaces the value of a leaf, and what was computed from the old one is then stale.

        Writing into the array itself, `t.data[0] = 1`, goes unnoticed: write `t[0] = 1` under `no_grad()`, which does not.
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
        self.write(real_array(value.looked_at("data =") if isinstance(value, Node) else value, None))

    @property
    def grad(self) -> "Tensor | None":
        """dC/dself after `C.backward()`: a Tensor of the same shape and dtype, or None. May be assigned."""
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.touches_grad(self)
        return self._grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, value: "Tensor | Array | None") -> None:
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value)
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ValueError(
                    f"the gradient of {self.describe()} has shape {self.shape} and dtype {self.dtype}; "
                    f"got shape {value.shape} and dtype {value.dtype}"
                )
        self.set_grad(value)

    @property
    def requires_grad(self) -> bool:
        """Does this Tensor get, or pass on, a gradient? May be assigned on a leaf."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self._array.dtype.kind != "f":
            raise TypeError(
                f"only floating tensors can require a gradient, and {self.describe()} has dtype {self._array.dtype}: "
                "pass dtype=float"
            )
        if self.op is not None and bool(value) != self._requires_grad:
            raise RuntimeError(
                f"whether {self.describe()} requires a gradient follows from its inputs; detach() cuts it off"
            )
        self._requires_grad = bool(value)
        note_write()

    @property
    def is_leaf(self) -> bool:
        """True unless an operation made it."""
        return self.op is None

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.set_grad(None)

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
        backward, or if an input was written after it was used. When it raises, no gradient has been changed.

        Threads may run backward at the same time, also to the same leaves: every contribution is added.
        """
        start = None if gradient is None and not self._array.ndim else seed(self, gradient)
        found = pull_back({self: start}, create_graph=create_graph, retain_graph=retain_graph, keep_all=keep_grads)
        with shared:
            for node, g in found.items():
                node.add_grad(g)

    def retain_grad(self) -> None:
        """Set `.grad` on this Tensor in a backward pass although it is not a leaf."""
        self._needs_gradient_for("there is none to retain")
        extras(self).retain_grad = True

    def register_hook(self, fn: "Callable[[Tensor], Any]") -> "HookHandle":
        """Call `fn(grad)` when the gradient of this Tensor is complete; what it returns, unless None, replaces it."""
        self._needs_gradient_for("a hook on it would never run")
        if not callable(fn):
            raise TypeError(f"a hook is a function of the gradient; got {fn!r}")
        number = next(_hook_numbers)
        extras(self).hooks[number] = fn
        note_write()
        return HookHandle(self, number)

    def _needs_gradient_for(self, consequence: str) -> None:
        if not self._requires_grad:
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
        if self._requires_grad and current_mode().recording:
            raise TypeError(
                f"{self.describe()} requires a gradient, which an ndarray cannot carry. Build arrays of Tensors with np.stack, "
                "np.concatenate or autograd_lite.Tensor([...]), write into a Tensor instead of an ndarray, let it meet "
                "np.asarray(df) of a DataFrame, m.filled(value) of a masked array, s.toarray() of a sparse matrix, or take "
                "t.numpy() for the value alone. A function that knows arrays only, as SciPy's do, becomes an operation by "
                "autograd_lite.primitive, with its derivative stated by defvjp; erf, sigmoid, logit, logsumexp, softmax and "
                "log_softmax are there in autograd_lite"
            )
        return np.array(self.looked_at("np.asarray"), dtype=dtype, copy=copy)


class HookHandle:
    """What `register_hook` returns; `remove()` takes the hook away."""

    __slots__ = ("_number", "_tensor")

    def __init__(self, tensor: Tensor, number: int):
        self._tensor = tensor
        self._number = number

    def remove(self) -> None:
        """Take the hook away. Doing so again is harmless."""
        extras(self._tensor).hooks.pop(self._number, None)
        note_write()


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
        array = output._array
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
    return data if isinstance(data, Node) else Tensor(data)


nodes_are(Tensor)
