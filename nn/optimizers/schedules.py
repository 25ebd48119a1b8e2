"""Schedules: how the learning rate changes while a network learns.

A schedule is a formula: the factor by which the learning rate that an optimizer was made with is multiplied after k
steps of the schedule, k = 0, 1, 2, ... `Schedule` applies one. `Halving` looks at how learning goes instead.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import index
from typing import Any

from .base import Optimizer
from .numbers import above_0, at_least_0

Factor = Callable[[int], float]


@dataclass(frozen=True)
class _Steps:
    every: int
    factor: float

    def __call__(self, k: int) -> float:
        return self.factor ** (k // self.every)


def step_decay(every: int, factor: float = 0.1) -> Factor:
    """Times `factor` after every `every` steps."""
    return _Steps(_at_least_1("every", every), above_0("factor", factor))


@dataclass(frozen=True)
class _Exponential:
    factor: float

    def __call__(self, k: int) -> float:
        return self.factor**k


def exponential_decay(factor: float) -> Factor:
    """Times `factor` after each step."""
    return _Exponential(above_0("factor", factor))


@dataclass(frozen=True)
class _Cosine:
    steps: int
    least: float

    def __call__(self, k: int) -> float:
        return self.least + (1 - self.least) * (1 + math.cos(math.pi * min(k, self.steps) / self.steps)) / 2


def cosine_decay(steps: int, least: float = 0.0) -> Factor:
    """Half a cosine from 1 down to `least` within `steps` steps; `least` from then on.

    Source: Loshchilov and Hutter, 2017, SGDR: stochastic gradient descent with warm restarts.
    """
    steps = _at_least_1("steps", steps)
    if not 0 <= least <= 1:
        raise ValueError(f"least is {least}, needs a fraction of the learning rate from 0 to 1")
    return _Cosine(steps, least)


@dataclass(frozen=True)
class _WarmUp:
    steps: int
    then: Factor | None
    start: float

    def __call__(self, k: int) -> float:
        if k < self.steps:
            return self.start + (1 - self.start) * k / self.steps
        return 1.0 if self.then is None else self.then(k - self.steps)


def warm_up(steps: int, then: Factor | None = None, start: float = 0.0) -> Factor:
    """From `start` to 1 in a straight line within `steps` steps, then `then`, which counts its steps from there on."""
    steps = _at_least_1("steps", steps)
    if not 0 <= start <= 1:
        raise ValueError(f"start is {start}, needs a fraction of the learning rate from 0 to 1")
    return _WarmUp(steps, then, start)


class Scheduler(ABC):
    """What changes the learning rates of an optimizer, those of its groups included, all by one factor."""

    def __init__(self, optimizer: Optimizer):
        self.optimizer = optimizer
        self.rates = optimizer.rates
        """The learning rates with the factor 1."""

    finished: bool = False
    """Is there nothing left to gain from more steps? `fit` ends then."""

    @abstractmethod
    def step(self, cost: float | None = None) -> None:
        """Go on by one step. `cost` is how well learning goes, smaller being better."""

    def _set(self, factor: float) -> None:
        factor = at_least_0("the factor of the learning rate", factor)
        self.optimizer.rates = [rate * factor for rate in self.rates]

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, as numbers."""
        return {name: value for name, value in vars(self).items() if isinstance(value, int | float | list)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave. Raises ValueError, changing nothing, if it has other entries or kinds of them."""
        expected = self.state_dict()
        if state.keys() != expected.keys():
            raise ValueError(
                f"the state has the entries {sorted(state)}, {type(self).__name__} needs {sorted(expected)}"
            )
        for name, value in expected.items():
            if not _alike(state[name], value):
                raise ValueError(f"{name} in the state is {state[name]!r}, needs what {value!r} is here")
        vars(self).update(state)


class Schedule(Scheduler):
    """The learning rate by a formula: after k steps it is what it was, times `factor(k)`.

    factor : `step_decay(...)`, `exponential_decay(...)`, `cosine_decay(...)`, `warm_up(...)`, or any function of k
    by : "epoch" or "batch": how often `fit` calls `step`

    It applies factor(0) at once.
    """

    def __init__(self, optimizer: Optimizer, factor: Factor, by: str = "epoch"):
        if by not in ("epoch", "batch"):
            raise ValueError(f"by is {by!r}, needs 'epoch' or 'batch'")
        super().__init__(optimizer)
        self.factor, self.by = factor, by
        self.count = 0
        self._set(factor(0))

    def step(self, cost: float | None = None) -> None:
        """Go on by one step."""
        self.count += 1
        self._set(self.factor(self.count))


class Halving(Scheduler):
    """Halve the learning rate when the cost stops improving, as the book suggests (Nielsen, NNDL, ch. 3).

    patience : after how many steps without a smaller cost than the smallest so far
    factor : by which the learning rate is multiplied then
    least : when the factor would fall below it, `finished` is set instead; the book ends at 1/1024
    """

    by = "epoch"

    def __init__(self, optimizer: Optimizer, patience: int = 10, factor: float = 0.5, least: float = 1 / 1024):
        super().__init__(optimizer)
        self.patience, self.factor, self.least = _at_least_1("patience", patience), above_0("factor", factor), least
        if self.factor >= 1 or not 0 <= least <= 1:
            raise ValueError(f"factor is {factor}, least {least}: they need a number below 1, and one from 0 to 1")
        self.best, self.waited, self.now, self.finished = math.inf, 0, 1.0, False

    def step(self, cost: float | None = None) -> None:
        """Hear of the cost, that of the validation data if there are some. Raises ValueError without one."""
        if cost is None:
            raise ValueError("Halving.step needs the cost: step(cost)")
        if cost < self.best:
            self.best, self.waited = float(cost), 0  # a NumPy number would be missing in the state
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.waited = 0
            if self.now * self.factor < self.least * (1 - 1e-9):  # ten halvings are 1/1024, up to rounding
                self.finished = True
            else:
                self.now *= self.factor
                self._set(self.now)


def _alike(one: Any, other: Any) -> bool:
    """Are both numbers, both True or False, or lists of as many numbers?"""
    if isinstance(other, list):
        return isinstance(one, list) and len(one) == len(other) and all(map(_alike, one, other))
    return isinstance(one, int | float) and isinstance(one, bool) == isinstance(other, bool)


def _at_least_1(name: str, value: int) -> int:
    if index(value) < 1:
        raise ValueError(f"{name} is {value}, needs at least 1")
    return index(value)
