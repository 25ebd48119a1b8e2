"""Optimisers: how parameters follow their gradients."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite import Tensor

from .module import Module


class Optimizer(ABC):
    """Base class: a subclass says in `update` what becomes of one parameter.

    params : the Tensors to learn, `net.parameters()`

    Raises TypeError for what is not a Tensor, ValueError if there is none, one comes twice, or one is no leaf that
    requires a gradient.
    """

    options: tuple[str, ...] = ("lr",)
    """The names of the attributes that `state_dict` keeps."""

    def __init__(self, params: Iterable[Tensor], lr: float):
        if isinstance(params, Module):
            raise TypeError(f"{type(self).__name__} takes a list of parameters: pass net.parameters()")
        self.params = list(params)
        for p in self.params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{type(self).__name__} takes Tensors, got {p!r}")
            if not (p.is_leaf and p.requires_grad):
                raise ValueError(f"{p.describe()} is not a leaf that requires a gradient, so it cannot be learned")
        if not self.params:
            raise ValueError(f"{type(self).__name__} got no parameters")
        if len(set(self.params)) < len(self.params):
            raise ValueError(f"{type(self).__name__} got a parameter twice; it would be updated twice a step")
        self.lr = _at_least_0("lr", lr)
        self.state: list[Any] = [None] * len(self.params)

    @abstractmethod
    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """Value and state, after a step, of a parameter with value `p`, gradient `g` and state `state` (None at first).

        In NumPy's vocabulary and out of place, so that it works on arrays and can be recorded.
        """

    def step(self) -> None:
        """Update every parameter that has a gradient. Old values stay as they are for whoever holds them."""
        for i, p in enumerate(self.params):
            g = p._grad
            if g is not None:
                value, self.state[i] = self.update(p._array, g._array, self.state[i])
                dtype = p._array.dtype
                p.write(value if value.dtype == dtype else value.astype(dtype))  # an lr that is a np.float64 widens it

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for p in self.params:
            p._grad = None

    def state_dict(self) -> dict[str, Any]:
        """The options, and copies of what is remembered of each parameter."""
        return {name: getattr(self, name) for name in self.options} | {"state": [_copied(s) for s in self.state]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave. Raises ValueError, changing nothing, if it has other options or shapes."""
        expected = {*self.options, "state"}
        if set(state) != expected:
            raise ValueError(
                f"the state has the entries {sorted(state)}, {type(self).__name__} needs {sorted(expected)}"
            )
        if len(state["state"]) != len(self.params):
            raise ValueError(
                f"the state is of {len(state['state'])} parameters, this {type(self).__name__} has {len(self.params)}"
            )
        for p, s in zip(self.params, state["state"], strict=True):
            if s is not None and np.shape(s) != p.shape:
                raise ValueError(f"the state of {p.describe()} has shape {np.shape(s)}, needs {p.shape}")
        for name in self.options:
            setattr(self, name, state[name])
        self.state = [_copied(s) for s in state["state"]]


class SGD(Optimizer):
    """Stochastic gradient descent, p ← p − lr·g, with momentum if wanted.

    With momentum µ a velocity v ← µ·v + g, at first g, takes the place of g; with `nesterov`, g + µ·v does.
    `weight_decay` λ adds λ·p to g at the start. The formulas are those of torch.optim.SGD.

    Raises ValueError for a negative or non-finite number, and for nesterov without momentum.
    """

    options = ("lr", "momentum", "nesterov", "weight_decay")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        super().__init__(params, lr)
        self.momentum = _at_least_0("momentum", momentum)
        self.weight_decay = _at_least_0("weight_decay", weight_decay)
        self.nesterov = bool(nesterov)
        if nesterov and not momentum:
            raise ValueError("nesterov=True needs a momentum above 0")

    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """One step of one parameter; the state is its velocity."""
        if self.weight_decay:
            g = g + p * self.weight_decay
        if self.momentum:
            state = g.copy() if state is None else state * self.momentum + g
            g = g + state * self.momentum if self.nesterov else state
        return _minus(p, g * self.lr), state

    def __repr__(self) -> str:
        return f"SGD({', '.join(f'{name}={getattr(self, name)}' for name in self.options)})"


def _minus(p: Any, change: Any) -> Any:
    """p - change; of arrays in the memory of `change`, which nobody else holds."""
    if type(change) is np.ndarray and change.shape == p.shape and change.dtype == p.dtype and change.ndim:
        return np.subtract(p, change, out=change)
    return p - change


def _at_least_0(name: str, value: float) -> float:
    value = float(value)  # a NumPy float64 would turn float32 parameters into float64
    if not 0 <= value < np.inf:
        raise ValueError(f"{name} is {value}, needs a finite number of at least 0")
    return value


def _copied(state: Any) -> Any:
    return None if state is None else np.array(state)
