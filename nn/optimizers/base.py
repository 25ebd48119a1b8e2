"""The optimiser as such: parameters and their groups, options, what is remembered of each parameter, one step."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy import ndarray, subtract

from autograd_lite import Tensor
from autograd_lite.gradients import forget, gradient_arrays
from autograd_lite.trees import mapped

from ..module import Module
from .clipping import clip_by_norm, clip_by_value
from .numbers import above_0, at_least_0, true_or_false

Params = Iterable[Tensor] | Iterable[Mapping[str, Any]]
CLIPPING = ("clip_norm", "clip_value")
"""The options of every optimizer that act on all gradients together, and so are none of a group."""


class Optimizer(ABC):
    """Base class: a subclass says in `update` what becomes of one parameter.

    params : the Tensors to learn, `net.parameters()`; or groups of them, dicts such as {"params": [...], "lr": 0.01},
        with options of their own, which take the place of the optimizer's for them
    clip_norm : scale the gradients of all parameters together to this Euclidean norm, if theirs is larger
    clip_value : keep every element of the gradients within ± this

    Raises TypeError for what is not a Tensor, or not a number, ValueError if there is none, one comes twice, or one is no leaf
    that requires a gradient, and for an option that is out of range or not known.
    """

    options: tuple[str, ...] = ("lr",)
    """The names of the options, lr first. Each is an attribute, may be changed, and is kept by `state_dict`."""
    switches: tuple[str, ...] = ()
    """Those of the options that are True or False."""
    remembered: tuple[str, ...] = ()
    """The names of what is remembered of a parameter, where that is a dict and not one array."""
    by_option: tuple[str, ...] = ()
    """Those of what is remembered that only some options need."""

    def __init__(
        self, params: Params, *, clip_norm: float | None = None, clip_value: float | None = None, **options: Any
    ):
        if isinstance(params, Module):
            raise TypeError(f"{type(self).__name__} takes a list of parameters: pass net.parameters()")
        self._take({"clip_norm": clip_norm, "clip_value": clip_value} | options)
        self.params: list[Tensor] = []
        self.groups: list[dict[str, Any]] = []
        """For each group its "params" and the options that are its own, which may be changed."""
        for group in _groups(params):
            self._add(group)
        if not self.params:
            raise ValueError(f"{type(self).__name__} got no parameters")
        if len(set(self.params)) < len(self.params):
            raise ValueError(f"{type(self).__name__} got a parameter twice; it would be updated twice a step")
        self.state: list[Any] = [None] * len(self.params)
        """What is remembered of each parameter: None before the first step, an array, or a dict of arrays."""

    def _add(self, group: Mapping[str, Any]) -> None:
        own = {name: value for name, value in group.items() if name != "params"}
        unknown = own.keys() - set(self.options)
        if unknown or "params" not in group:
            raise ValueError(
                f"a group of {type(self).__name__} has 'params' and options out of {', '.join(self.options)}, "
                f"got {', '.join(map(repr, group))}"
            )
        own = self._own(own)
        params = list(group["params"])
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{type(self).__name__} takes Tensors, got {p!r}")
            if not (p.is_leaf and p.requires_grad):
                raise ValueError(f"{p.describe()} is not a leaf that requires a gradient, so it cannot be learned")
        self.params += params
        self.groups.append({"params": params} | own)

    def _own(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options of a group, checked together with those that it has from here."""
        checked = copy.copy(self)
        checked._take({name: getattr(self, name) for name in self.options} | dict(options))
        return {name: getattr(checked, name) for name in options}

    def _take(self, options: Mapping[str, Any]) -> None:
        """Set the options, checked; a subclass extends it by what they must be together."""
        for name, value in options.items():
            setattr(self, name, self._checked(name, value))

    def _checked(self, name: str, value: Any) -> Any:
        """An option as it is kept; a subclass says what its own must be, if not a number of at least 0."""
        if name in CLIPPING:
            return None if value is None else above_0(name, value)
        return true_or_false(name, value) if name in self.switches else at_least_0(name, value)

    @abstractmethod
    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """Value and state, after a step, of a parameter with value `p`, gradient `g` and state `state` (None at first).

        In NumPy's vocabulary and out of place, so that it works on arrays and can be recorded.
        """

    def step(self) -> None:
        """Update every parameter that has a gradient. Old values stay as they are for whoever holds them."""
        rules = self.rules() if len(self.groups) > 1 or len(self.groups[0]) > 1 else None
        grads = gradient_arrays(self.params)  # read once: another thread may be adding to them
        if self.clips:
            grads = self.clipped(grads)
        state = self.state
        i = -1  # counted by hand, which is quicker
        for p in self.params:
            i += 1
            g = grads[i]
            if g is not None:
                array = p.array
                rule = self if rules is None else rules[i]
                value, state[i] = rule.update(array, g, state[i])
                if type(value) is not ndarray or value.dtype is not array.dtype:
                    value = self._fitting(value, p)
                p.write(value)

    def _fitting(self, value: Any, p: Tensor) -> Any:
        """A new value as an array in the dtype of p: of 0-d arrays NumPy makes scalars, and an lr of np.float64 widens."""
        if not hasattr(value, "dtype"):
            raise TypeError(
                f"{type(self).__name__}.update gave {value!r} for the new value of {p.describe()}, which must be an array: "
                "it returns the pair of value and state"
            )
        return np.asarray(value.astype(p.dtype, copy=False))

    @property
    def clips(self) -> bool:
        """Are gradients clipped?"""
        return self.clip_norm is not None or self.clip_value is not None

    def clipped(self, grads: Sequence[Any]) -> list[Any]:
        """The gradients as `clip_value` and then `clip_norm` ask for; None stays None. Works on arrays and on Tensors."""
        grads = list(grads)
        there = [i for i, g in enumerate(grads) if g is not None]
        values = [grads[i] for i in there]
        if self.clip_value is not None:
            values = clip_by_value(values, self.clip_value)
        if self.clip_norm is not None:
            values = clip_by_norm(values, self.clip_norm)
        for i, g in zip(there, values, strict=True):
            grads[i] = g
        return grads

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        forget(self.params)

    # ----------------------------------------------------------------------------------------------------------- groups

    def rules(self) -> list[Self]:
        """For each parameter the optimizer that has its options: this one, or a copy with those of its group."""
        if len(self.groups) == 1 and len(self.groups[0]) == 1:
            return [self] * len(self.params)
        found: list[Self] = []
        for group in self.groups:
            rule = self
            if len(group) > 1:
                rule = copy.copy(self)
                vars(rule).update((name, value) for name, value in group.items() if name != "params")
            found += [rule] * len(group["params"])
        return found

    @property
    def rates(self) -> list[float]:
        """The learning rate, then those that groups have of their own. A compiled step reads them at every step."""
        return [self.lr, *[group["lr"] for group in self.groups if "lr" in group]]

    @rates.setter
    def rates(self, values: Sequence[Any]) -> None:
        self.lr, *own = values
        for group, lr in zip([g for g in self.groups if "lr" in g], own, strict=True):
            group["lr"] = lr

    def with_rates(self, values: Sequence[Any]) -> Self:
        """A copy with other learning rates, which may be Tensors."""
        other = copy.copy(self)
        other.groups = [dict(group) for group in self.groups]
        other.rates = values
        return other

    def own_options(self) -> list[list[tuple[str, Any]]]:
        """The options that groups have of their own; none if no group has any."""
        for group in self.groups:  # a compiled step asks at every step
            if len(group) > 1:
                return [[(k, v) for k, v in group.items() if k != "params"] for group in self.groups]
        return []

    def settings(self) -> tuple[Any, ...]:
        """All that the formulas depend on, except for the learning rates."""
        own = [tuple((k, None if k == "lr" else _hashable(v)) for k, v in group) for group in self.own_options()]
        return (
            *[_hashable(getattr(self, name)) for name in self.options[1:]], self.clip_norm, self.clip_value, *own,
            *[tuple(s) if type(s) is dict else s is None for s in self.state],
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------------------ state

    lr: float
    clip_norm: float | None
    clip_value: float | None

    def state_dict(self) -> dict[str, Any]:
        """The options, and copies of what is remembered of each parameter; of groups their own options."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in (*self.options, *CLIPPING)}
        kept["state"] = [_copied(s) for s in self.state]
        if any(len(group) > 1 for group in self.groups):
            kept["groups"] = [{k: v for k, v in group.items() if k != "params"} for group in self.groups]
        return kept

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, also by way of JSON; changes nothing if it raises.

        Of a state without clip_norm and clip_value, which were not kept once, these stay as they are.

        Raises ValueError if it has other entries, groups or shapes, and what the constructor raises for its options.
        """
        expected = set(self.state_dict())
        if not expected - set(CLIPPING) <= set(state) <= expected:
            raise ValueError(
                f"the state has the entries {sorted(state)}, {type(self).__name__} needs {sorted(expected)}"
            )
        if len(state["state"]) != len(self.params):
            raise ValueError(
                f"the state is of {len(state['state'])} parameters, this {type(self).__name__} has {len(self.params)}"
            )
        remembered = [self._checked_state(p, s) for p, s in zip(self.params, state["state"], strict=True)]
        groups = state.get("groups", [{}] * len(self.groups))
        if "groups" in state and [set(g) for g in groups] != [g.keys() - {"params"} for g in self.groups]:
            raise ValueError(
                f"the groups in the state have the options {groups}, which are not those of the groups here"
            )
        names = [name for name in (*self.options, *CLIPPING) if name in state]
        checked = copy.copy(self)
        checked._take({name: state[name] for name in names})
        own = [checked._own(options) for options in groups]
        for name in names:
            setattr(self, name, getattr(checked, name))
        for group, options in zip(self.groups, own, strict=True):
            group.update(options)
        self.state = remembered

    def _checked_state(self, p: Tensor, state: Any) -> Any:
        """A copy of what is remembered of a parameter, in its dtype."""
        if state is None:
            return None
        if isinstance(state, Mapping) != bool(self.remembered):
            kind = f"a dict with {', '.join(self.remembered)}" if self.remembered else "one array"
            raise ValueError(f"the state of {p.describe()} is a {type(state).__name__}, needs {kind}")
        if not isinstance(state, Mapping):
            return _array_of(p, "", state, p.shape)
        if not set(self.remembered) - set(self.by_option) <= set(state) <= set(self.remembered):
            raise ValueError(
                f"the state of {p.describe()} has the entries {sorted(state)}, needs {', '.join(self.remembered)}"
            )
        return {name: _array_of(p, name, value, () if name == "t" else p.shape) for name, value in state.items()}

    def __repr__(self) -> str:
        shown = [f"{name}={getattr(self, name)}" for name in self.options]
        shown += [f"{name}={v}" for name in CLIPPING if (v := getattr(self, name)) is not None]
        if len(self.groups) > 1:
            shown.append(f"{len(self.groups)} groups")
        return f"{type(self).__name__}({', '.join(shown)})"


def _groups(params: Params) -> list[Mapping[str, Any]]:
    given = list(params)
    if any(isinstance(group, Mapping) for group in given):
        for group in given:
            if not isinstance(group, Mapping):
                raise TypeError(
                    f"parameters come as Tensors or as groups, dicts with 'params'; got both, such as {group!r}"
                )
        return given  # type: ignore[return-value]
    return [{"params": given}]


def _hashable(option: Any) -> Any:
    """An option that was set as a list, such as betas, as a tuple."""
    return tuple(option) if isinstance(option, list) else option


def minus(p: Any, change: Any) -> Any:
    """p - change; of arrays in the memory of `change`, which nobody else holds."""
    if type(change) is ndarray and change.dtype is p.dtype and change.ndim:
        return subtract(p, change, change)
    return p - change


def _array_of(p: Tensor, name: str, value: Any, shape: tuple[int, ...]) -> Any:
    """An array that was remembered of p. The number of steps is a float64 whatever p is."""
    array = np.asarray(value)
    called = f"the state {name} of {p.describe()}" if name else f"the state of {p.describe()}"
    if array.shape != shape:
        raise ValueError(f"{called} has shape {array.shape}, needs {shape}")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{called} has dtype {array.dtype}, needs real numbers")
    return np.array(array, np.float64 if name == "t" else p.dtype)


def _copied(state: Any) -> Any:
    return None if state is None else mapped(np.array, state)
