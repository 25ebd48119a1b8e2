"""A step of learning as one program: forward, backward and update, compiled together."""

from collections.abc import Iterable
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import CompileWarning, Tensor
from autograd_lite.compiler import Attempts, CompileError, Unfollowed, levels_to_user
from autograd_lite.compiler.sameness import identity
from autograd_lite.locks import own_lock

from .counters import own_state, remembered, share_counters
from .eager_step import EagerStep
from .module import Module
from .optimizers import Optimizer
from .plain_arrays import plain_array
from .step_program import StepProgram, signature

Array = NDArray[Any]


def compile_step(net: Module, cost: Any, optimizer: Optimizer) -> "CompiledStep":
    """One step of learning, `step(x, y) -> cost`, as one program: forward, backward, update. The cost is that before the update.

    net : called on x; its parameters are those of the optimizer, others are left as they are
    cost : `cost(output, y)`, a Tensor of one number;  optimizer : says what becomes of the parameters

    The step writes into the parameters' own arrays, unless somebody else holds one of them, or a view of it: then it goes on in
    copies. `.grad` stays as it is. The learning rate is read at every step, as are parameters that were given another value.
    `step.source` is the program.

    The first call with arrays of other shapes or dtypes, or with another state of network, cost or optimizer (training or not,
    other layers, options or hooks), records the step. What the optimizer remembers is changed in its arrays, and counters of
    steps that are equal are one array: replace them, as in `optimizer.state[0]["t"] = np.array(0.0)`, rather than write into
    them. Steps from several threads are taken one after the other.

    A program takes the step only if it stands for all that network, cost and optimizer do. What they read besides their
    arguments, such as attributes and global names, is compared before each step, and recorded anew when it has changed. If they
    draw random numbers by themselves, change something, print, look at a clock, or have a `step` of their own, one CompileWarning
    says so, and every step is taken without a program.

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
        self._eager = EagerStep(net, cost, optimizer)
        self._attempts: dict[Any, Attempts] = {}
        self._is_refused = False
        """Are all steps eager from now on?"""

    def __call__(self, x: ArrayLike, y: ArrayLike) -> float:
        if type(x) is not np.ndarray:
            x = x.array if isinstance(x, Tensor) else plain_array("x", x)
        if type(y) is not np.ndarray:
            y = y.array if isinstance(y, Tensor) else plain_array("y", y)
        with self._lock:
            program = self._last
            if program is None or not program.is_ready(x, y):
                try:
                    program = self._last = None if self._is_refused else self._made_ready(x, y)
                except Unfollowed as error:
                    program = self._last = None
                    if error.for_good:
                        self._refuse(str(error))
                except CompileError:
                    raise
                except Exception as error:
                    cost = self._eager(x, y)  # raises it too, unless it comes from being recorded
                    self._refuse(f"recorded, it raises {type(error).__name__}: {error}")
                    return cost
            return self._eager(x, y) if program is None else program(x, y)

    def _refuse(self, reason: str) -> None:
        """Take all steps eagerly from now on, and say why."""
        self._is_refused = True
        self._programs.clear()
        warn(
            f"the network runs without being compiled: {reason}. With compiled=False it does so without a word", CompileWarning,
            stacklevel=levels_to_user(),
        )  # fmt: skip

    def _made_ready(self, x: Array, y: Array) -> "StepProgram":
        """The program for these arrays, and the state that optimizer and network are in. Raises Unfollowed if there is none."""
        own = own_method(self.optimizer)
        if own is not None:
            raise Unfollowed(own)
        if self._last is None or not self._last.is_alone():
            self._owned.clear()
            self._owned_state.clear()
        state = self.optimizer.state
        state[:] = [dict(s) if isinstance(s, dict) else s for s in state]
        self._own(self._kept)
        own_state(self.optimizer, self._owned_state)
        kinds = tuple((s.shape, s.dtype) for s in remembered(self.optimizer).values())
        while True:
            shared = share_counters(self.optimizer, self._apart)
            key = (
                *(signature(a) for a in (x, y)), identity(self.optimizer.settings()), shared,
                tuple(p.requires_grad for p in self.optimizer.params), kinds,
            )  # fmt: skip
            programs = self._programs.setdefault(key, [])
            program = next((program for program in programs if program.suits()), None)
            if program is None:
                program = self._recorded(x, y, key, programs)
                if not program.apart <= self._apart:
                    self._apart |= program.apart
                    continue
                programs.append(program)
                self._forget_oldest()
            break
        self._own(program.changed)  # there may be buffers of layers that came later
        program.make_ready()
        self._owned = {t: t.array for t in (*self._kept, *program.changed)}
        self._owned_state = [*remembered(self.optimizer).values()]
        program.count_holders()
        return program

    def _recorded(self, x: Array, y: Array, key: Any, programs: list[StepProgram]) -> StepProgram:
        """A new program. Raises Unfollowed if there can be none, or if it would not be used often enough."""
        attempts = self._attempts.setdefault(key, Attempts())
        if programs and attempts.are_too_many(sum(program.runs for program in programs)):
            raise Unfollowed(f"{programs[-1].what_changed()} is another at nearly every step")
        try:
            program = StepProgram(self.net, self.cost, self.optimizer, x, y)
        except Unfollowed as error:
            raise Unfollowed(str(error), attempts.refused(error)) from None
        attempts.recorded()
        return program

    def _own(self, tensors: Iterable[Tensor]) -> None:
        """Copy those of their arrays that somebody else may hold."""
        for t in tensors:
            if t.array is not self._owned.get(t):
                t.write(t.array.copy())
                self._owned[t] = t.array

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


OWN_METHODS = (
    "step", "zero_grad", "rules", "rates", "with_rates", "own_options", "settings", "_fitting", "params", "groups", "state", "lr",
)  # fmt: skip
"""What a step takes for granted of an optimizer."""


def own_method(optimizer: Optimizer) -> str | None:
    """Which of what a step takes for granted its class or the optimizer has replaced, in words."""
    attributes = vars(optimizer)
    for name in OWN_METHODS:
        is_data = name in ("params", "groups", "state", "lr")
        usual = getattr(Optimizer, name, None)
        if (getattr(type(optimizer), name, None) is not usual) if is_data else (
            getattr(type(optimizer), name) is not usual or name in attributes
        ):  # fmt: skip
            where = "it" if name in attributes else type(optimizer).__name__
            return f"{where} has {'a property' if is_data else 'a method'} {name} of its own, which a program would not call"
    return None


MOST_PROGRAMS = 64
"""How many programs a step keeps, one for each shape of mini-batch and the like; the oldest is dropped."""
