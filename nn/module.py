"""Module: an object that holds parameters and other modules as plain attributes, and finds them there."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd_lite import Tensor, scope

from .tables import Table, table
from .watching import Watched


class Parameter(Tensor):
    """A Tensor that is learned: a leaf that requires a gradient.

    data : as `Tensor` takes it, copied; of a Tensor the value is taken, without its history
    """

    __slots__ = ()

    def __init__(self, data: Any, dtype: DTypeLike | None = None, *, name: str | None = None):
        array = np.array(data.numpy() if isinstance(data, Tensor) else data, dtype=dtype)
        super().__init__(array, requires_grad=True, name=name)


class Buffer(Tensor):
    """A Tensor that is kept with the parameters and not learned, such as a running mean.

    data : as `Tensor` takes it, copied
    """

    __slots__ = ()

    def __init__(self, data: Any, dtype: DTypeLike | None = None, *, name: str | None = None):
        super().__init__(np.array(data, dtype=dtype), name=name)


_assigned: ContextVar[dict[Buffer, Tensor] | None] = ContextVar("nn assignments", default=None)


def assign(buffer: Buffer, value: Tensor) -> None:
    """Give a buffer another value. A compiled step does so at every run; any other compiled function refuses."""
    if value._array.dtype != buffer._array.dtype:
        value = value.astype(buffer._array.dtype)  # it keeps its own, whatever went into the layer
    assigned = _assigned.get()
    if assigned is None:
        buffer.write(value._array)
    else:
        assigned[buffer] = value


def current(buffer: Buffer) -> Tensor:
    """What was last assigned to a buffer. While a compiled step is recorded that is not in the buffer yet."""
    assigned = _assigned.get()
    return buffer if assigned is None else assigned.get(buffer, buffer)


@contextmanager
def assignments() -> Iterator[dict[Buffer, Tensor]]:
    """Collect what is assigned inside and do nothing else with it."""
    collected: dict[Buffer, Tensor] = {}
    token = _assigned.set(collected)
    try:
        yield collected
    finally:
        _assigned.reset(token)


class Module(Watched):
    """Base class of layers and networks: a subclass sets attributes and has a method `forward`; calling it runs that.

    Parameters are found among the attributes, in the order in which they were set, also inside lists, tuples, dicts and
    other modules, each once however often it is used. A Tensor that requires a gradient and was not computed counts as
    one.
    """

    name: str | None = None
    """If set, the module runs within `autograd_lite.scope(name)`, which errors and pictures show."""
    training: bool = True
    weight_names: ClassVar[tuple[str, ...] | None] = None
    """The attributes with weights, which regularisation keeps small, such as ("W",); a class with parameters of its own, also
    if they are only biases, scales and the like, says so: (). None says nothing."""

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} has no method forward, which says what it computes")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        self.depended_on()
        if self.name is None:
            return self.forward(*args, **keywords)
        with scope(self.name):
            return self.forward(*args, **keywords)

    # -------------------------------------------------------------------------------------------------- what is inside

    def _attributes(self) -> Iterable[tuple[str, Any]]:
        return vars(self).items()

    def _walk(self) -> Iterator[tuple[str, Any]]:
        """All modules and Tensors inside with their paths, this module first. Each comes once, so cycles do no harm."""
        waiting: list[tuple[str, Any]] = [("", self)]
        seen: set[int] = set()
        while waiting:
            path, value = waiting.pop()
            parts: Iterable[tuple[Any, Any]] = ()
            if isinstance(value, Module):
                parts = value._attributes()
            elif isinstance(value, dict):
                parts = value.items()
            elif isinstance(value, list | tuple):
                parts = enumerate(value)
            elif not isinstance(value, Tensor):
                continue
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, Module | Tensor):
                yield path, value
            waiting.extend(reversed([(f"{path}.{key}" if path else str(key), part) for key, part in parts]))

    def named_modules(self) -> list[tuple[str, "Module"]]:
        """This module, with the path "", and all modules inside it."""
        return [(path, value) for path, value in self._walk() if isinstance(value, Module)]

    def named_parameters(self) -> list[tuple[str, Tensor]]:
        """All parameters with their paths, such as ("layers.0.W", W), from the input on."""
        return [(path, value) for path, value in self._walk() if isinstance(value, Tensor) and _is_parameter(value)]

    def named_buffers(self) -> list[tuple[str, Buffer]]:
        """All buffers with their paths: what is kept with the parameters and not learned."""
        return [(path, value) for path, value in self._walk() if isinstance(value, Buffer)]

    def _named_state(self) -> dict[str, Tensor]:
        return dict([*self.named_parameters(), *self.named_buffers()])

    def parameters(self) -> list[Tensor]:
        """All parameters, from the input on: W, b, W, b, ..."""
        return [p for _, p in self.named_parameters()]

    # ------------------------------------------------------------------------------------------------------------ state

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.zero_grad()

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Copies of the values of all parameters, then of all buffers, by path."""
        return {path: p.numpy() for path, p in self._named_state().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Give all parameters and buffers the values in `state`, a mapping as `state_dict` returns it. Each keeps its own dtype.

        Raises ValueError with every name that is missing or not known, every shape that does not fit, and every dtype that is
        not of real numbers. Nothing is loaded then.
        """
        problems = self._mismatches(state)
        if problems:
            raise ValueError(
                f"the state does not fit this {type(self).__name__}, nothing was loaded: {'; '.join(problems)}"
            )
        new = [(p, np.array(state[path], dtype=p.dtype)) for path, p in self._named_state().items()]
        for p, array in new:  # all are there before the first is taken over
            p.data = array

    def _mismatches(self, state: Mapping[str, ArrayLike]) -> list[str]:
        """In which ways `load_state_dict` could not load this state."""
        own = self._named_state()
        problems = [f"{path} is missing" for path in own if path not in state]
        for path, array in ((path, np.asarray(value)) for path, value in state.items()):
            if path not in own:
                problems.append(f"{path} is not among the parameters")
                continue
            if array.shape != own[path].shape:
                problems.append(f"{path} has shape {array.shape}, needs {own[path].shape}")
            if array.dtype.kind not in "biuf":
                problems.append(f"{path} has dtype {array.dtype}, needs real numbers")
        return problems

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in all modules inside, for layers that act otherwise in training, and return self.

        A layer is frozen by `net.layers[1].eval()`: `fit` and `evaluate` leave it as it is.
        """
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """`train(False)`."""
        return self.train(False)

    # ------------------------------------------------------------------------------------------------------------- text

    def summary(self, x: ArrayLike | None = None) -> Table:
        """A table of the innermost modules, and others that hold parameters, with shapes and numbers of parameters.

        x : an input; with it the table has, for every module that runs, the shape of its output, its parameters, the
            operations of its forward and backward pass, and the memory that its values take, each without those of the modules
            inside it, which have lines of their own (see summary.py)
        """
        if x is not None:
            from .summary import summary_of

            return summary_of(self, x)
        own: dict[str, list[Tensor]] = {path: [] for path, _ in self.named_modules()}
        for path, p in self.named_parameters():
            holder = path
            while holder not in own:  # the path of a parameter in a list goes through the list
                holder = holder.rpartition(".")[0]
            own[holder].append(p)
        innermost = {path for path, _ in self._innermost()}
        rows = []
        for path, module in self.named_modules():
            if own[path] or path in innermost:
                shapes = ", ".join(f"{p.name or 'unnamed'} {p.shape}" for p in own[path])
                rows.append((path or "(itself)", repr(module), shapes, f"{sum(p.size for p in own[path]):,}"))
        rows.append(("total", "", "", f"{sum(p.size for p in self.parameters()):,}"))
        return table(("path", "module", "shapes", "parameters"), rows, left=3)

    def _innermost(self) -> list[tuple[str, "Module"]]:
        modules = self.named_modules()
        parts = [path.split(".") for path, _ in modules if path]
        around = {".".join(names[:n]) for names in parts for n in range(len(names))}
        return [(path, module) for path, module in modules if path not in around]

    def __repr__(self) -> str:
        inside = [repr(module) for path, module in self._innermost() if path]
        return f"{type(self).__name__}({', '.join(inside)})"


def _is_parameter(value: Tensor) -> bool:
    return isinstance(value, Parameter) or (value.requires_grad and value.is_leaf)
