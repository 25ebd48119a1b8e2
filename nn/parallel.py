"""Data-parallel learning: every mini-batch is split over the processes of an MPI run, `mpiexec -n 4 python ...`.

The cost is an average over examples, the first of the two assumptions of backpropagation (Nielsen, NNDL, ch. 2). So the gradient
of a mini-batch is that of its parts, averaged with their numbers of examples as weights: one sum over all processes a step. Every
process then takes the same step, and all keep the same weights.

What depends on the mini-batch otherwise is kept the same in all processes as well as it can be. Batch normalisation sees the
part of a process only; the running statistics are averaged after every step with the numbers of examples as weights, so that the
running mean is that of the whole mini-batch and the running variance that within the parts. Layers that draw random numbers
draw others in each process.

A process that fails ends the run in all of them.

What a step sends is as long as the network has parameters, whatever the mini-batch; the work that is divided grows with both. By
a ring, a process sends 2 (P - 1)/P times the parameters' bytes a step, in 2 (P - 1) messages: nearly the same for any P.
"""

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor, compile, enable_grad, gradients
from autograd_lite.compiler import CompileError
from autograd_lite.graph import leaf

from .checkpoints import generators
from .module import Module
from .optimizers import Optimizer

Array = NDArray[Any]
Step = Callable[[Array, Array], float]
T = TypeVar("T")

LAUNCHERS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID")
"""Variables of the environment that tell a process its number in an MPI run."""


class Ranks:
    """The processes of an MPI run, seen from one of them.

    communicator : an mpi4py communicator

    rank : the number of this process, from 0;  size : how many there are
    """

    def __init__(self, communicator: Any):
        self._communicator = communicator
        self.rank: int = communicator.Get_rank()
        self.size: int = communicator.Get_size()

    @property
    def is_first(self) -> bool:
        """Is this process the one that reports and writes?"""
        return self.rank == 0

    def share(self, n: int) -> slice:
        """Which of n examples this process takes: as many as any other, or one more or less. The first always has some."""
        first, end = (-(-n * rank // self.size) for rank in (self.rank, self.rank + 1))
        return slice(first, end)

    def sum(self, numbers: Array) -> None:
        """Replace a contiguous array by its sum over all processes, the same bits in each."""
        from mpi4py import MPI

        self._communicator.Allreduce(MPI.IN_PLACE, numbers)

    def from_first(self, thing: Any) -> Any:
        """What the first process passes here, in every process."""
        return self._communicator.bcast(thing)

    def by_first(self, act: Callable[[], T]) -> T:
        """What `act` returns in the first process, which alone calls it, in every process; or its error, in every process."""
        result: Any = None
        error: Exception | None = None
        if self.is_first:
            try:
                result = act()
            except Exception as problem:
                error = problem
        result, error = self.from_first((result, error))
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def any(self, here: bool) -> bool:
        """Is it so in any process?"""
        return any(self._communicator.allgather(bool(here)))

    def require_same(self, what: str, thing: Any) -> None:
        """Raise ValueError, in all processes, if `thing` is not the same in all."""
        if self.any(thing != self.from_first(thing)):
            raise ValueError(f"the processes have different {what}: {thing} in process {self.rank} of {self.size}")

    def give_weights(self, net: Module) -> None:
        """Give every process the parameters and buffers of the first. Raises ValueError in all if the networks differ."""
        state = net._named_state()
        if self.any(_layout(state) != self.from_first(_layout(state))):
            raise ValueError("the processes have different networks: build the same one in each")
        for p in state.values():
            array = np.ascontiguousarray(p.numpy())
            self._communicator.Bcast(array)
            p.data = array

    def part_generators(self, net: Module) -> None:
        """Give the network's random generators, such as those of Dropout, another stream in every process.

        They all follow from where those of the first process are, which stay as they are. `fit` does it before every epoch: so
        what a checkpoint by the first process holds is enough to go on with the same results.
        """
        states = self.from_first({path: g.bit_generator.state for path, g in generators(net).items()})
        if not self.is_first:
            for path, generator in generators(net).items():
                bits = generator.bit_generator
                bits.state = states[path]
                words = generator.integers(2**63, size=4)
                bits.state = type(bits)(np.random.SeedSequence([self.rank, *map(int, words)])).state

    def end(self, code: int = 1) -> None:
        """End the run in all processes: the others would wait for this one for ever."""
        for stream in sys.stdout, sys.stderr:
            stream.flush()
        time.sleep(0.2)  # what was printed goes through the launcher, which lets it fall when it is told to end
        self._communicator.Abort(code)

    def let_the_first_speak(self) -> None:
        """Call it before an error is printed and the run ended: what happens in all processes is then told by the first alone."""
        if not self.is_first:
            time.sleep(2.0)


def _layout(state: dict[str, Tensor]) -> list[Any]:
    return [(path, p.shape, str(p.dtype)) for path, p in state.items()]


def ranks() -> Ranks | None:
    """The processes of this MPI run, or None if Python was not started by one.

    From then on an error that nobody catches ends the run in all processes, after it was printed.

    Raises RuntimeError if it was, but mpi4py is not installed: each process would train alone, and write over the others' files.
    """
    if not any(name in os.environ for name in LAUNCHERS):
        return None
    try:
        from mpi4py import MPI
    except ImportError:
        raise RuntimeError(
            "this was started as one of several processes by MPI, and the package mpi4py is not installed: "
            "pip install 'autograd_lite[mpi]'"
        ) from None
    among = Ranks(MPI.COMM_WORLD)
    if among.size > 1 and not isinstance(sys.excepthook, _EndsAll):
        sys.excepthook = _EndsAll(among)
    return among


class _EndsAll:
    """Prints an error that nobody caught, and ends the run: Python's exit would wait for processes that wait for this one."""

    def __init__(self, among: Ranks):
        self._among, self._print = among, sys.excepthook

    def __call__(self, kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        self._among.let_the_first_speak()
        where = f"process {self._among.rank} of {self._among.size}"
        print(f"{where} ends the run: {kind.__name__}: {error}", file=sys.stderr, flush=True)
        self._print(kind, error, at)
        self._among.end()


def parallel_step(net: Module, cost: Any, optimizer: Optimizer, among: Ranks, compiled: bool = True) -> Step:
    """One step of learning, `step(x, y) -> cost`, for a mini-batch that every process of `among` has and computes a part of.

    Cost and weights after it are those of a step by one process, but for the order of summation. It is otherwise for layers
    that mix the examples of a mini-batch, as batch normalisation does, which see the part of a process only, and for those
    that draw random numbers, which draw others in each process. Buffers, such as running statistics, become the average over
    the examples of those that the processes have after the step, so they stay the same in all.
    """
    parameters, kept = optimizer.params, [buffer for _, buffer in net.named_buffers()]
    summed = [*parameters, *kept]
    ends = np.cumsum([t.size for t in summed])
    message = np.zeros(ends[-1] + len(parameters) + 1, np.result_type(*(t.dtype for t in summed)))
    *parts, reached = np.split(message[:-1], ends)  # gradients, buffers, and which parameters the cost depends on
    among.part_generators(net)

    @enable_grad
    def cost_and_gradients(x: Any, y: Any) -> tuple[Tensor, Any]:
        c = cost(net(x), y)
        return c, gradients(c, parameters, allow_unused=True)

    run: Any = compile(cost_and_gradients) if compiled else cost_and_gradients

    def local(x: Array, y: Array) -> tuple[Tensor, Any]:
        nonlocal run
        try:
            return run(x, y)  # type: ignore[no-any-return]
        except CompileError:
            run = cost_and_gradients
            return run(x, y)  # type: ignore[no-any-return]

    def step(x: Array, y: Array) -> float:
        mine = among.share(len(x))
        count = mine.stop - mine.start
        message[:] = 0
        if count:
            try:
                c, found = local(x[mine], y[mine])
            except Exception as error:
                error.add_note(f"process {among.rank} of {among.size} had {count} of {len(x)} examples of a mini-batch")
                raise
            weight = count / len(x)
            message[-1] = c.item() * weight
            for i, g in enumerate([*found, *kept]):
                if g is not None:
                    np.multiply(g._array.reshape(-1), weight, out=parts[i])
            reached[:] = [g is not None for g in found]
        among.sum(message)
        for p, part, is_reached in zip(parameters, parts, reached, strict=False):
            p.grad = leaf(part.reshape(p.shape).astype(p.dtype)) if is_reached else None
        for b, part in zip(kept, parts[len(parameters) :], strict=True):
            average = part.reshape(b.shape)
            b.data = (average if b.dtype.kind == "f" else np.rint(average)).astype(b.dtype)
        optimizer.step()
        optimizer.zero_grad()
        return float(message[-1])

    return step
