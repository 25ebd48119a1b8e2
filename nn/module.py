"""Module: an object that holds parameters and other modules as plain attributes, and finds them there."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, scope
from autograd_lite.compiler.origin import trust

from .contents import hidden_in, may_hide, of_class, parts_of
from .parameters import Buffer, Parameter, assign, assignments, current, is_parameter, successor
from .plain_arrays import plain_array
from .tables import Table, table

trust(Path(__file__).parent)

__all__ = ["Buffer", "Module", "Parameter", "assign", "assignments", "current"]


class Module:
    """Base class of layers and networks: a subclass sets attributes and has a method `forward`; calling it runs that.

    Parameters are found among the attributes, in the order in which they were set, also inside other modules, lists, tuples,
    dicts and other mappings, deques, dataclasses, namespaces, `functools.partial` and object arrays, each once however often it
    is used. A Tensor that requires a gradient and was not computed counts as one.

    An array, a list or a plain Tensor that is assigned to an attribute which holds a parameter becomes the parameter's value. A
    Parameter takes the place of the other; make the optimizer afterwards.

    Raises TypeError where parameters are asked for and a module or a parameter is in a set, which has no order, or in another
    object whose attributes are not searched: hold it in one of the containers named above. What is not to be a part of this
    module may be held by a function or a weak reference. Raises TypeError for what is assigned to a parameter and cannot be its
    value, such as a computed Tensor, ValueError if the value has another shape.

    Examples
    --------
    >>> layer = nn.Linear(2, 1, seed=0)
    >>> layer.W = [[1.0, 2.0]]
    >>> layer.W, len(layer.parameters())
    (Tensor([[1., 2.]], name='W', requires_grad=True), 2)
    """

    name: str | None = None
    """If set, the module runs within `autograd_lite.scope(name)`, which errors and pictures show."""
    training: bool = True
    weight_names: ClassVar[tuple[str, ...] | None] = None
    """The attributes with weights, which regularisation keeps small, such as ("W",); a class with parameters of its own, also
    if they are only biases, scales and the like, says so: (). None says nothing."""
    parameter_names: ClassVar[tuple[str, ...]] = ()
    """Attributes that hold a parameter, or None where an option leaves it out, and never anything else."""

    @property
    def batch_ndim(self) -> int | None:
        """How many axes a batch of inputs has, if the module takes one number of them only. With one less it is a single input,
        which a Sequential runs as a batch of one from there on."""
        return None

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} has no method forward, which says what it computes")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if self.name is None:
            return self.forward(*args, **keywords)
        with scope(self.name):
            return self.forward(*args, **keywords)

    # -------------------------------------------------------------------------------------------------- what is inside

    def __setattr__(self, name: str, value: Any) -> None:
        held = vars(self).get(name)
        place = f"{name} of {type(self).__name__}"
        if isinstance(held, Buffer) or is_parameter(held):
            value = successor(held, value, place)
        elif held is None and name in self.parameter_names and name in vars(self):
            self._require_parameter(name, value)
        elif not isinstance(held, _PLAIN) and value is not None and value is not held:
            lost = _first_kept(held)
            if lost is not None and _first_kept(value) is None:
                raise TypeError(
                    f"{place} holds {_named(lost)} and got {value!r}: what is learned would be lost. Assign a module or a "
                    "parameter, or None to have none"
                )
        super().__setattr__(name, value)

    def _require_parameter(self, name: str, value: Any) -> None:
        if value is not None and not is_parameter(value):
            raise TypeError(
                f"{name} of {type(self).__name__} is a parameter or None, and got {value!r}, which would not be learned: assign "
                "an nn.Parameter"
            )

    def _attributes(self) -> Iterable[tuple[str, Any]]:
        slots = [s for kind in type(self).__mro__ for s in _slots(kind) if s not in vars(self) and hasattr(self, s)]
        return [*vars(self).items(), *((name, getattr(self, name)) for name in slots)]

    def _walk(self) -> Iterator[tuple[str, Any]]:
        """All modules and Tensors inside with their paths, this module first. Each comes once, so cycles do no harm."""
        waiting: list[tuple[str, Any]] = [("", self)]
        seen: set[int] = set()
        others: list[tuple[str, Any]] = []
        while waiting:
            path, value = waiting.pop()
            parts: Iterable[tuple[Any, Any]] | None = ()
            if isinstance(value, Module):
                for name in value.parameter_names:
                    value._require_parameter(name, getattr(value, name, None))
                parts = value._attributes()
                others += [
                    (f"{path}.{key}".lstrip("."), held) for key, held in of_class(type(value), _KEPT, Module.__mro__)
                ]
            elif not isinstance(value, Tensor):
                parts = parts_of(value)
                kind = value if isinstance(value, type) else None if parts is None else type(value)
                if kind is not None:
                    others += [(f"{path}.{key}", held) for key, held in of_class(kind, _KEPT)]
                if parts is None:
                    if may_hide(value):
                        others.append((path, value))
                    continue
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, Module | Tensor):
                yield path, value
            parts = list(parts or ())
            others += [(path, key) for key, _ in parts if isinstance(key, _KEPT)]
            waiting.extend(reversed([(f"{path}.{key}" if path else str(key), part) for key, part in parts]))
        for path, value in others:
            self._require_nothing_hidden(path, value, seen)

    def _require_nothing_hidden(self, path: str, value: Any, seen: set[int]) -> None:
        hidden = hidden_in(value, _KEPT, seen)
        if hidden is not None:
            kind = type(value).__name__
            why = (
                f"{kind} has no order"
                if isinstance(value, set | frozenset)
                else f"{kind} is not searched for what is learned"
            )
            if isinstance(value, _KEPT):
                why = "an attribute of a class is that of all its objects"
            raise TypeError(
                f"{path} of this {type(self).__name__} holds {_named(hidden)}, and {why}: hold it as an attribute of a "
                "module, or in a list, tuple, dict, deque, dataclass, namespace or object array; or, if it is no part of this "
                "network, by a function or a weak reference"
            )

    def named_modules(self) -> list[tuple[str, "Module"]]:
        """This module, with the path "", and all modules inside it."""
        return [(path, value) for path, value in self._walk() if isinstance(value, Module)]

    def named_parameters(self) -> list[tuple[str, Tensor]]:
        """All parameters with their paths, such as ("layers.0.W", W), from the input on."""
        return [(path, value) for path, value in self._walk() if is_parameter(value)]

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
        for path, array in ((path, plain_array(path, value)) for path, value in state.items()):
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

        `fit` and `evaluate` leave each layer in its own mode: after `net.layers[1].eval()` that one normalises with the
        statistics it has, or drops out nothing, also while the others train. Its weights learn all the same. To keep them as they
        are, make the optimizer of the parameters of the other layers.
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


_KEPT = (Module, Parameter, Buffer)
"""What must not be hidden in an object that is not searched."""


_PLAIN = (type(None), bool, int, float, str)


def _first_kept(value: Any) -> Any:
    """The first module or parameter that it is, or holds in containers that are searched; or None."""
    waiting, seen = [value], set[int]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, _KEPT) or is_parameter(part):
            return part
        if isinstance(part, Tensor) or id(part) in seen:
            continue
        seen.add(id(part))
        waiting.extend(inside for _, inside in parts_of(part) or ())
    return None


def _named(kept: Any) -> str:
    """How errors call a module or a parameter."""
    return repr(kept) if isinstance(kept, Module) else kept.describe()


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
