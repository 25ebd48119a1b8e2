"""One training step for one signature: recorded, made a program, and run."""

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import attrgetter, is_
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor, enable_grad, gradients
from autograd_lite.compiler import Program, Recording, Runnable, Value, Write
from autograd_lite.compiler.guard import first_changed
from autograd_lite.compiler.signature import hooks_of, layout
from autograd_lite.gradients import put_grad
from autograd_lite.node import events
from autograd_lite.recording import current
from autograd_lite.trees import leaves, mapped

from .counters import remembered
from .module import Buffer, Module, assignments
from .optimizers import Optimizer
from .placeholders import learning_at, placed
from .rounding import alike, updates_alike

Array = NDArray[Any]


def signature(array: Array) -> tuple[Any, ...]:
    """What a program depends on of an array; its last bits may depend on how it lies in memory."""
    return array.shape, array.strides, array.dtype


class _Taken(NamedTuple):
    """What a step came to: the cost, gradients, and new values of parameters with what is remembered of them, and of buffers."""

    cost: Tensor
    grads: Sequence[Tensor | None]
    news: Sequence[tuple[Tensor | None, Any]]
    assigned: dict[Buffer, Tensor]


class StepProgram:
    """The step for one signature: of the arrays, the optimizer's options and what it remembers."""

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer, x: Array, y: Array):
        self._optimizer = optimizer
        self._params = [*optimizer.params]
        self._arguments = (*signature(x), *signature(y))
        recording = Recording()
        params = optimizer.params
        x_in, y_in = recording.placeholder(x, "x"), recording.placeholder(y, "y")
        rates: list[Any] = [recording.placeholder(float(lr), "lr") for lr in optimizer.rates]
        states = placed(recording, optimizer)

        @enable_grad
        def step() -> _Taken:
            with (
                learning_at(optimizer, rates, recording, states),
                assignments() as assigned,
                recording.unread(assigned),
            ):
                c = cost(net(x_in), y_in)
            grads = gradients(c, params, allow_unused=True)
            with learning_at(optimizer, rates, recording), recording.unread(assigned):
                followed = optimizer.clipped(grads) if optimizer.clips else grads
                news = [
                    (None, s) if g is None else _recorded(*rule.update(p, g, s))
                    for p, g, s, rule in zip(params, followed, states, optimizer.rules(), strict=True)
                ]
            return _Taken(c, grads, news, assigned)

        @enable_grad
        def check(taken: _Taken) -> None:
            if recording.recorder.old_grads:
                recording.refuse("it reads or sets gradients of Tensors by itself")
            with assignments():
                c = cost(net(x), y)
            if not alike(np.asarray(getattr(c, "array", c)), taken.cost.array):
                recording.refuse(
                    "it comes to another cost when it is called on arrays, as it is without being compiled"
                )
            if not updates_alike(optimizer, taken.grads, [new for new, _ in taken.news]):
                recording.refuse(
                    f"{type(optimizer).__name__}.update comes to something else when it is called on arrays"
                )

        roots = {"the network": net, "the cost": cost, "the optimizer": optimizer}
        but = {id(optimizer): frozenset(LOOKED_AT)}
        try:
            taken = recording.run(step, roots=roots, but=but, check=check)
        finally:
            for t, g in recording.recorder.old_grads.items():
                put_grad(t, g)
        unfinished = self._described(recording, [x_in, y_in, *rates], states, taken)
        del taken
        program = recording.finished(unfinished)  # which tells by who holds them what may change
        self._read = [*self.changed, *(t for t in recording.captured if t not in {*params, *self.changed})]
        """What the step finds outside of its arguments."""
        self._conditions = recording.conditions()
        self._guard = self._conditions[0] if len(self._conditions) == 1 else self._fits
        self._kinds = self._kinds_now()
        self.runnable = Runnable(program, program.inputs[2 + len(rates) :])
        self._run: Any = None
        self.runs = 0

    def _described(self, recording: Recording, arguments: list[Tensor], states: list[Any], taken: "_Taken") -> Program:
        """What the step returns and writes, and how gradients are called in print."""
        value, params = recording.value, self._optimizer.params
        outputs: list[Any] = [value(taken.cost)]
        becomes: dict[Value, Value] = {value(buffer): value(new) for buffer, new in taken.assigned.items()}
        self._fresh: list[int] = []
        """The parameters whose state this step makes for the first time."""
        self.apart: set[int] = set()
        """The parameters whose counters were taken to be those of others, and are not. Then this program is good for nothing."""
        for i, (p, (new, new_state), old_state) in enumerate(zip(params, taken.news, states, strict=True)):
            if new is None:
                continue
            becomes[value(p)] = value(new)
            if new_state is not None and not _alike(old_state, new_state):
                self._fresh.append(i)
                outputs += [value(s) for s in leaves(new_state)]
            elif old_state is not None:
                for o, n in zip(leaves(old_state), leaves(new_state), strict=True):
                    if becomes.setdefault(value(o), value(n)) is not value(n):
                        self.apart.add(i)
        for i, ((new, _), old_state) in enumerate(zip(taken.news, states, strict=True)):
            if new is None and any(o is not None and value(o) in becomes for o in leaves(old_state)):
                self.apart.add(i)
        self._state_like = [mapped(lambda _: None, taken.news[i][1]) for i in self._fresh]
        names = [f"dC_d{p.name}" for p in params]
        labels = {
            name: value(g)
            for name, g in zip(names, taken.grads, strict=True)
            if g is not None and names.count(name) == 1
        }
        kept = dict.fromkeys(s for state in states for s in leaves(state) if s is not None)
        self.changed = [*(p for p in params if p in recording.captured), *taken.assigned]
        """What the step writes into."""
        inputs = [value(t) for t in (*arguments, *kept, *self.changed)]
        writes = [Write(target, new) for target, new in becomes.items()]
        return Program("step", tuple(inputs), tuple(outputs), tuple(writes), labels)

    def suits(self) -> bool:
        """Is all that the step depends on as it was recorded, and are the arrays that it reads of the same kinds?"""
        return self._has_its_params() and self._fits() and self._kinds == self._kinds_now()

    def _fits(self) -> bool:
        for holds in self._conditions:  # noqa: SIM110  (this is quicker than all())
            if not holds():
                return False
        return True

    def what_changed(self) -> str:
        """What is no more as it was, in words."""
        return first_changed(self._conditions) or "a Tensor that it reads"

    def _kinds_now(self) -> list[Any]:
        """What the program depends on of what it reads, besides the values. Of another layout what is a view here is a copy."""
        return [(t.array.shape, t.array.dtype, layout(t.array), hooks_of(t)) for t in self._read]

    def make_ready(self) -> None:
        """Run in the arrays that parameters, buffers and the optimizer's state have now, and note what else is as it is now."""
        optimizer = self._optimizer
        if self._run is None or not (self._is_unwritten() and self._has_its_state()):
            self._move_in()
        self._seen = events[0]
        self._group_rates = optimizer.rates[1:]
        self._options = optimizer.own_options()

    def move_out(self) -> None:
        """Have the next step run in buffers of its own."""
        self._run = None

    def _move_in(self) -> None:
        """Have the program run in the arrays there are, which may move to other places for it."""
        optimizer = self._optimizer
        state = remembered(optimizer)
        self._run, arrays = self.runnable.instance([*state.values(), *map(_ARRAY, self._read)])
        moved = dict(zip(state, arrays, strict=False))
        optimizer.state[:] = [mapped(lambda s: None if s is None else moved[id(s)], part) for part in optimizer.state]
        self._arrays = arrays[len(state) :]
        for t, array in zip(self._read, self._arrays, strict=True):
            if t.array is not array:
                t.write(array)
        self._hooks = [*map(hooks_of, self._read)]
        self._needs = [*map(_NEEDS, optimizer.params)]
        self._state = list(optimizer.state)
        self._state_arrays = [*_in_dicts(self._state)]
        self._remembers = bool(self._fresh or state)

    def is_ready(self, x: Array, y: Array) -> bool:
        """May it run on x and y at once? Asked at every step, so what is seldom changed is looked at only if it may have been."""
        return (
            self._arguments == (x.shape, x.strides, x.dtype, y.shape, y.strides, y.dtype)
            and (self._seen == events[0] or self._is_unwritten())
            and self._has_its_params()
            and (not self._remembers or self._has_its_state())
            and self._options == self._optimizer.own_options()
            and [*map(getrefcount, self._written_into)] == self._holders
            and self._guard()
        )

    def count_holders(self) -> None:
        """Note how many hold each array that the program writes into, and each node of one, at a time when nobody else does.

        A graph that reads the value of a parameter holds its node.
        """
        nodes = [*map(current, self.changed)]
        written = [node.array for node in nodes] + [*remembered(self._optimizer).values()]
        roots = {id(root): root for a in written for root in _roots(a)}
        dicts = [s for s in self._optimizer.state if isinstance(s, dict)]
        self._written_into = [*nodes, *written, *roots.values(), *dicts]
        del nodes, written, roots, dicts
        self._holders = [*map(getrefcount, self._written_into)]

    def is_alone(self) -> bool:
        """Does nobody else hold what the program writes into, a view of it, or a graph that reads it?"""
        return [*map(getrefcount, self._written_into)] == self._holders

    def _is_unwritten(self) -> bool:
        """Something was written somewhere: was it nothing of this step?"""
        now = events[0]
        if (
            all(map(is_, map(_ARRAY, self._read), self._arrays))
            and self._needs == [*map(_NEEDS, self._optimizer.params)]
            and self._hooks == [*map(hooks_of, self._read)]
        ):
            self._seen = now
            return True
        return False

    def _has_its_params(self) -> bool:
        params = self._optimizer.params
        return len(params) == len(self._params) and all(map(is_, params, self._params))

    def _has_its_state(self) -> bool:
        state = self._optimizer.state
        return (
            len(state) == len(self._state)
            and all(map(is_, state, self._state))
            and all(map(is_, _in_dicts(state), self._state_arrays))
        )

    def __call__(self, x: Array, y: Array) -> float:
        """The cost. Only when it is ready."""
        self.runs += 1
        try:
            results = self._run(x, y, self._optimizer.lr, *self._group_rates)
        except Exception as error:
            self.runnable.explain(error)
            raise
        if self._fresh:
            made = iter(results[1:])
            for i, like in zip(self._fresh, self._state_like, strict=True):
                self._optimizer.state[i] = mapped(lambda _: np.asarray(next(made)), like)
        return float(results[0])


LOOKED_AT = ("lr", "params", "groups", "state")
"""Attributes of an optimizer that a program takes as they are at each step, or that are looked at otherwise."""


def _roots(array: Array) -> Iterator[Any]:
    """What an array is a view of."""
    base = array.base
    while base is not None:
        yield base
        base = getattr(base, "base", None)


_ARRAY, _NEEDS = attrgetter("array"), attrgetter("requires_grad")


def _in_dicts(state: list[Any]) -> Iterator[Any]:
    """What is remembered of parameters, where that is dicts."""
    return chain.from_iterable(s.values() for s in state if type(s) is dict)


def _alike(state: Any, other: Any) -> bool:
    """Have two states of a parameter the same entries, of the same kinds?"""
    if state is None or (isinstance(state, dict) and state.keys() != other.keys()):
        return False
    pairs = zip(leaves(state), leaves(other), strict=True)
    return all(s is o or (s.shape == o.shape and s.dtype == o.dtype) for s, o in pairs)


def _recorded(value: Tensor, state: Any) -> tuple[Tensor, Any]:
    """What an optimizer computed from numbers and arrays alone is the same whenever the program runs."""
    return value, mapped(lambda s: s if s is None or isinstance(s, Tensor) else Tensor(s), state)
