"""A step of learning as one program: forward, backward and update, compiled together."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor
from autograd_lite.compiler.sameness import identity
from autograd_lite.locks import own_lock

from .counters import own_state, remembered, share_counters
from .module import Module
from .optimizers import Optimizer
from .step_program import StepProgram, signature

Array = NDArray[Any]


def compile_step(net: Module, cost: Any, optimizer: Optimizer) -> "CompiledStep":
    """One step of learning, `step(x, y) -> cost`, as one program: forward, backward, update. The cost is that before the update.

    net : called on x; its parameters are those of the optimizer, others are left as they are
    cost : `cost(output, y)`, a Tensor of one number;  optimizer : says what becomes of the parameters

    The step writes into the parameters' own arrays, so `p.data` held from before changes with it; `.grad` stays as it is. The
    learning rate is read at every step, as are parameters that were given another value. `step.source` is the program.

    The first call with arrays of other shapes or dtypes, or with another state of network, cost or optimizer (training or not,
    other layers, options or hooks), records the step. What the optimizer remembers is changed in its arrays, and counters of
    steps that are equal are one array: replace them, as in `optimizer.state[0]["t"] = np.array(0.0)`, rather than write into
    them. Steps from several threads are taken one after the other.

    Raises CompileError, naming the line, where the network or the cost looks at a value.
    """
    return CompiledStep(net, cost, optimizer)


class CompiledStep:
    """See `compile_step`."""

    _lock: Any

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer):
        self.net, self.cost, self.optimizer = net, cost, optimizer
        self._kept: list[Tensor] = [*optimizer.params, *(buffer for _, buffer in net.named_buffers())]
        """What a step is known to write into: the parameters, then the buffers of the network."""
        self._owned: dict[Tensor, Array] = {}
        """The arrays of what was written into, which are nobody else's to change."""
        self._owned_state: list[Array] = []
        """Those of what the optimizer remembers."""
        self._programs: dict[Any, list[StepProgram]] = {}
        """By signature, which may need several, for other states of the network, such as training."""
        self._apart: set[int] = set()
        """The parameters whose counters of steps do not go with those of the others."""
        self._last: StepProgram | None = None
        own_lock(self)

    def __call__(self, x: ArrayLike, y: ArrayLike) -> float:
        if type(x) is not np.ndarray:
            x = x._array if isinstance(x, Tensor) else np.asarray(x)
        if type(y) is not np.ndarray:
            y = y._array if isinstance(y, Tensor) else np.asarray(y)
        with self._lock:
            program = self._last
            if program is None or not program.is_ready(x, y):
                program = self._last = self._made_ready(x, y)
            return program(x, y)

    def _made_ready(self, x: Array, y: Array) -> "StepProgram":
        """The program for these arrays and for the state that optimizer and network are in."""
        self._own(self._kept)
        own_state(self.optimizer, self._owned_state)
        kinds = tuple((s.shape, s.dtype) for s in remembered(self.optimizer).values())
        while True:
            shared = share_counters(self.optimizer, self._apart)
            key = (
                *(signature(a) for a in (x, y)), identity(self.optimizer.settings()), shared,
                tuple(p._requires_grad for p in self.optimizer.params), kinds,
            )  # fmt: skip
            programs = self._programs.setdefault(key, [])
            program = next((program for program in programs if program.suits()), None)
            if program is None:
                program = StepProgram(self.net, self.cost, self.optimizer, x, y)
                if not program.apart <= self._apart:
                    self._apart |= program.apart
                    continue
                programs.append(program)
                self._forget_oldest()
            break
        self._own(program.changed)  # there may be buffers of layers that came later
        program.make_ready()
        self._owned = {t: t._array for t in (*self._kept, *program.changed)}
        self._owned_state = [*remembered(self.optimizer).values()]
        return program

    def _own(self, tensors: Iterable[Tensor]) -> None:
        """Copy those of their arrays that somebody else may hold."""
        for t in tensors:
            if t._array is not self._owned.get(t):
                t.write(t._array.copy())
                self._owned[t] = t._array

    def _forget_oldest(self) -> None:
        while sum(map(len, self._programs.values())) > MOST_PROGRAMS:
            oldest, programs = next(iter(self._programs.items()))
            del programs[0]
            if not programs:
                del self._programs[oldest]

    def lost_lock(self) -> None:
        """In a forked process: another thread was taking a step, in buffers that are not to be used any more."""
        self._last = None
        for programs in self._programs.values():
            for program in programs:
                program.move_out()

    def __reduce__(self) -> Any:
        return CompiledStep, (self.net, self.cost, self.optimizer)  # a copy has programs of its own

    @property
    def source(self) -> str:
        """The program last used, as readable Python that needs NumPy only. Raises RuntimeError before the first step."""
        if self._last is None:
            raise RuntimeError("the step has not been taken yet, and is compiled when it is: call step(x, y) first")
        return self._last.runnable.source


MOST_PROGRAMS = 64
"""How many programs a step keeps, one for each shape of mini-batch and the like; the oldest is dropped."""
