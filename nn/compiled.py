"""A step of learning as one program: forward, backward and update, compiled together."""

from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, enable_grad, gradients
from autograd_lite.compiler import Program, Recording, Runnable, Write
from autograd_lite.graph import clock
from autograd_lite.trees import leaves, mapped

from .module import Module, assignments
from .optimizers import Optimizer

Array = NDArray[Any]


def compile_step(net: Module, cost: Any, optimizer: Optimizer) -> "CompiledStep":
    """One step of learning, `step(x, y) -> cost`, as one program: forward, backward, update. The cost is that before the update.

    net : called on x; its parameters are those of the optimizer, others are left as they are
    cost : `cost(output, y)`, a Tensor of one number;  optimizer : says what becomes of the parameters

    The step writes into the parameters' own arrays, so `p.data` held from before changes with it; `.grad` stays as it is. The
    learning rate is read at every step, as are parameters that were given another value. `step.source` is the program.

    The first call with arrays of other shapes or dtypes, or with another state of the network (training or not, other layers or
    options), records the step. Steps from several threads are taken one after the other.

    Raises CompileError, naming the line, where the network or the cost looks at a value.
    """
    return CompiledStep(net, cost, optimizer)


class CompiledStep:
    """See `compile_step`."""

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer):
        self.net, self.cost, self.optimizer = net, cost, optimizer
        self._kept: list[Tensor] = [*optimizer.params, *(buffer for _, buffer in net.named_buffers())]
        """What a step may write into: the parameters, then the buffers of the network."""
        self._programs: dict[Any, list[_StepProgram]] = {}
        """By signature, which may need several, for other states of the network, such as training."""
        self._last: _StepProgram | None = None
        self._lock = RLock()
        self._owned: list[Any] = [None] * len(self._kept)
        """Those of their arrays that are known to be nobody else's to change."""
        self._signatures: list[Any] = [None] * len(self._kept)

    def __call__(self, x: ArrayLike, y: ArrayLike) -> float:
        x = x._array if isinstance(x, Tensor) else np.asarray(x)
        y = y._array if isinstance(y, Tensor) else np.asarray(y)
        optimizer, owned = self.optimizer, self._owned
        with self._lock:
            for i, p in enumerate(self._kept):
                if p._array is not owned[i]:
                    p.write(p._array.copy())
                    owned[i] = p._array
                    self._signatures[i] = (owned[i].shape, owned[i].dtype)
            key = (
                x.shape, y.shape, x.dtype, y.dtype, optimizer.settings(), self._signatures,
                [p._requires_grad for p in optimizer.params],
            )  # fmt: skip
            last = self._last
            if last is None or key != last.key or not last.fits():  # to compare is quicker than to hash
                last = self._last = self._program(key, x, y)
            return last(x, y, optimizer)

    def _program(self, key: tuple[Any, ...], x: Array, y: Array) -> "_StepProgram":
        hashable = tuple(tuple(part) if type(part) is list else part for part in key)
        programs = self._programs.setdefault(hashable, [])
        for program in programs:
            if program.fits():
                return program
        program = _StepProgram(self.net, self.cost, self.optimizer, x, y)
        program.key = (*key[:5], list(key[5]), *key[6:])
        programs.append(program)
        while sum(map(len, self._programs.values())) > MOST_PROGRAMS:
            oldest, others = next(iter(self._programs.items()))
            del others[0]
            if not others:
                del self._programs[oldest]
        return program

    @property
    def source(self) -> str:
        """The program last used, as readable Python that needs NumPy only. Raises RuntimeError before the first step."""
        if self._last is None:
            raise RuntimeError("the step has not been taken yet, and is compiled when it is: call step(x, y) first")
        return self._last.runnable.source


MOST_PROGRAMS = 64
"""How many programs a step keeps, one for each shape of mini-batch and the like; the oldest is dropped."""


class _StepProgram:
    """The step for one signature. key : the signature"""

    key: tuple[Any, ...] = ()

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer, x: Array, y: Array):
        recording = Recording()
        value = recording.value
        params = optimizer.params
        x_in, y_in = recording.placeholder(x, "x"), recording.placeholder(y, "y")
        rates: list[Any] = [recording.placeholder(float(lr), "lr") for lr in optimizer.rates]
        rules = optimizer.with_rates(rates).rules()
        states = [_placed(recording, p, state) for p, state in zip(params, optimizer.state, strict=True)]

        @enable_grad
        def step() -> tuple[Any, list[Any], list[Any], list[Any]]:
            with assignments() as assigned:
                c = cost(net(x_in), y_in)
            grads = gradients(c, params, allow_unused=True)
            followed = optimizer.clipped(grads) if optimizer.clips else grads
            news = [
                (None, s) if g is None else rule.update(p, g, s)
                for p, g, s, rule in zip(params, followed, states, rules, strict=True)
            ]
            return c, grads, news, assigned

        c, grads, news, assigned = recording.run(step, (), {})
        outputs: list[Any] = [value(c)]
        last = dict(assigned)
        writes = [Write(value(buffer), value(new)) for buffer, new in last.items()]
        written = list(last)
        self._fresh: list[int] = []
        """The parameters whose state this step makes for the first time."""
        for i, (p, (new, new_state), old_state) in enumerate(zip(params, news, states, strict=True)):
            if new is None:
                continue
            writes.append(Write(value(p), value(new)))
            if new_state is not None and not _alike(old_state, new_state):
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
        self._holds_state = bool(held)
        positions = [i for i, p in enumerate(params) if p in recording.captured]
        inputs = [value(t) for t in (x_in, y_in, *rates, *held, *(params[i] for i in positions), *written)]
        del c, grads, news, assigned, last, new, new_state  # the recording tells by who holds them what may change
        program = recording.finished(Program("step", tuple(inputs), tuple(outputs), tuple(writes), labels))
        self._changed = [*(params[i] for i in positions), *written]
        """What the step writes into."""
        self._read = [*self._changed, *(t for t in recording.captured if t not in {*params, *written})]
        """What the step finds outside of its arguments."""
        self._conditions = recording.conditions()
        self.runnable = Runnable(program)

    def fits(self) -> bool:
        """Are the network and the cost as they were when the step was recorded, but for values?"""
        for holds in self._conditions:  # noqa: SIM110  (this is quicker than all())
            if not holds():
                return False
        return True

    def __call__(self, x: Array, y: Array, optimizer: Optimizer) -> float:
        state = optimizer.state
        held = [s for part in state for s in leaves(part) if s is not None] if self._holds_state else ()
        c, *fresh = self.runnable(x, y, *optimizer.rates, *held, *[t._array for t in self._read])
        now = next(clock)
        for t in self._changed:
            t._written = now
        if fresh:
            made = iter(fresh)
            for i, like in zip(self._fresh, self._state_like, strict=True):
                state[i] = mapped(lambda _: np.asarray(next(made)), like)
        return float(c)


def _placed(recording: Recording, p: Tensor, state: Any) -> Any:
    """Placeholders for what is remembered of a parameter: `state_W1`, or of a dict `m_W1`, `v_W1` and so on."""
    if isinstance(state, dict):
        return {k: None if s is None else recording.placeholder(s, f"{k}_{p.name}") for k, s in state.items()}
    return None if state is None else recording.placeholder(state, f"state_{p.name}")


def _alike(state: Any, other: Any) -> bool:
    """Have two states of a parameter the same entries?"""
    return state is not None and (not isinstance(state, dict) or state.keys() == other.keys())
