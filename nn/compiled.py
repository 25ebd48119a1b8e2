"""A step of learning as one program: forward, backward and update, compiled together."""

import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, enable_grad, gradients
from autograd_lite.compiler import Program, Recording, Runnable, Write
from autograd_lite.graph import clock
from autograd_lite.trees import leaves, mapped

from .module import Module
from .optimizers import Optimizer

Array = NDArray[Any]


def compile_step(net: Module, cost: Any, optimizer: Optimizer) -> "CompiledStep":
    """One step of learning, `step(x, y) -> cost`, as one program: forward, backward, update. The cost is that before the update.

    net : called on x; its parameters are those of the optimizer, others are left as they are
    cost : `cost(output, y)`, a Tensor of one number;  optimizer : says what becomes of the parameters

    The step writes into the parameters' own arrays, so `p.data` held from before changes with it; `.grad` stays as it is. The
    learning rate is read at every step, as are parameters that were given another value. `step.source` is the program.

    The first call with arrays of other shapes or dtypes records the step. Raises CompileError, naming the line, where the
    network or the cost looks at a value.
    """
    return CompiledStep(net, cost, optimizer)


class CompiledStep:
    """See `compile_step`."""

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer):
        self.net, self.cost, self.optimizer = net, cost, optimizer
        self._programs: dict[Any, _StepProgram] = {}
        self._last: _StepProgram | None = None
        self._owned: list[Any] = [None] * len(optimizer.params)
        """The arrays of the parameters that are known to be nobody else's to change."""
        self._signatures: list[Any] = [None] * len(optimizer.params)

    def __call__(self, x: ArrayLike, y: ArrayLike) -> float:
        x = x._array if isinstance(x, Tensor) else np.asarray(x)
        y = y._array if isinstance(y, Tensor) else np.asarray(y)
        optimizer, owned = self.optimizer, self._owned
        for i, p in enumerate(optimizer.params):
            if p._array is not owned[i]:
                p.write(p._array.copy())
                owned[i] = p._array
                self._signatures[i] = (owned[i].shape, owned[i].dtype)
        key = (
            x.shape, y.shape, x.dtype, y.dtype, self.net.training, tuple(self._signatures),
            *[getattr(optimizer, o) for o in optimizer.options[1:]],
            *[p._requires_grad for p in optimizer.params], *[s is None for s in optimizer.state],
        )  # fmt: skip
        program = self._programs.get(key)
        if program is None:
            if len(self._programs) >= MOST_PROGRAMS:
                del self._programs[next(iter(self._programs))]
            program = self._programs[key] = _StepProgram(self.net, self.cost, optimizer, x, y)
        self._last = program
        return program(x, y, optimizer)

    @property
    def source(self) -> str:
        """The program last used, as readable Python that needs NumPy only. Raises RuntimeError before the first step."""
        if self._last is None:
            raise RuntimeError("the step has not been taken yet, and is compiled when it is: call step(x, y) first")
        return self._last.runnable.source


MOST_PROGRAMS = 64
"""How many programs a step keeps, one for each shape of mini-batch and the like; the oldest is dropped."""


class _StepProgram:
    """The step for one signature."""

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer, x: Array, y: Array):
        recording = Recording()
        value = recording.value
        params = optimizer.params
        recorded = copy.copy(optimizer)
        x_in, y_in = recording.placeholder(x, "x"), recording.placeholder(y, "y")
        lr_in: Any = recording.placeholder(float(optimizer.lr), "lr")
        recorded.lr = lr_in
        states = [
            mapped(lambda s, p=p: s if s is None else recording.placeholder(s, f"state_{p.name}"), state)
            for p, state in zip(params, optimizer.state, strict=True)
        ]

        @enable_grad
        def step() -> tuple[Any, list[Any], list[Any]]:
            c = cost(net(x_in), y_in)
            grads = gradients(c, params, allow_unused=True)
            news = [
                (None, s) if g is None else recorded.update(p, g, s)
                for p, g, s in zip(params, grads, states, strict=True)
            ]
            return c, grads, news

        c, grads, news = recording.run(step, (), {})
        outputs: list[Any] = [value(c)]
        writes = []
        self._fresh: list[int] = []
        """The parameters whose state this step makes for the first time."""
        for i, (p, (new, new_state), old_state) in enumerate(zip(params, news, states, strict=True)):
            if new is None:
                continue
            writes.append(Write(value(p), value(new)))
            if old_state is None and new_state is not None:
                self._fresh.append(i)
                outputs += [value(s) for s in leaves(new_state)]
            elif old_state is not None:
                writes += [Write(value(o), value(n)) for o, n in zip(leaves(old_state), leaves(new_state), strict=True)]
        self._state_like = [mapped(lambda _: None, news[i][1]) for i in self._fresh]
        names = [f"dC_d{p.name}" for p in params]
        labels = {
            name: value(g) for name, g in zip(names, grads, strict=True) if g is not None and names.count(name) == 1
        }
        held = [s for state in states for s in leaves(state) if s is not None]
        self._positions = [i for i, p in enumerate(params) if p in recording.captured]
        inputs = [value(t) for t in (x_in, y_in, recorded.lr, *held, *(params[i] for i in self._positions))]
        del c, grads, news, new, new_state  # the recording tells by who holds them what may change between two runs
        program = recording.finished(Program("step", tuple(inputs), tuple(outputs), tuple(writes), labels))
        self._captured = [t for t in recording.captured if t not in set(params)]
        self.runnable = Runnable(program)

    def __call__(self, x: Array, y: Array, optimizer: Optimizer) -> float:
        params, state = optimizer.params, optimizer.state
        held = [s for part in state for s in leaves(part) if s is not None]
        arrays = [params[i]._array for i in self._positions]
        c, *fresh = self.runnable(x, y, optimizer.lr, *held, *arrays, *[t._array for t in self._captured])
        now = next(clock)
        for i in self._positions:
            params[i]._written = now
        made = iter(fresh)
        for i, like in zip(self._fresh, self._state_like, strict=True):
            state[i] = mapped(lambda _: np.asarray(next(made)), like)
        return float(c)
