"""Data-parallel learning: every mini-batch is split over the processes of an MPI run, `mpiexec -n 4 python ...`.

The cost is an average over examples, the first of the two assumptions of backpropagation (Nielsen, NNDL, ch. 2). So the gradient
of a mini-batch is that of its parts, averaged with their numbers of examples as weights: one sum over all processes a step. Every
process then takes the same step, and all keep the same weights.

What a step sends is as long as the network has parameters, whatever the mini-batch; the work that is divided grows with both. By
a ring, a process sends 2 (P - 1)/P times the parameters' bytes a step, in 2 (P - 1) messages: nearly the same for any P.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor, compile, enable_grad, gradients
from autograd_lite.compiler import CompileError
from autograd_lite.graph import leaf

from .module import Module
from .optimizers import Optimizer

Array = NDArray[Any]
Step = Callable[[Array, Array], float]

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
        """Which of n examples this process takes: as many as any other, or one more or less."""
        return slice(n * self.rank // self.size, n * (self.rank + 1) // self.size)

    def sum(self, numbers: Array) -> None:
        """Replace a contiguous array by its sum over all processes, the same bits in each."""
        from mpi4py import MPI

        self._communicator.Allreduce(MPI.IN_PLACE, numbers)

    def from_first(self, thing: Any) -> Any:
        """What the first process passes here, in every process."""
        return self._communicator.bcast(thing)

    def give_weights(self, net: Module) -> None:
        """Give every process the parameters of the first. Raises ValueError in all if the networks differ."""
        mine = [(path, p.shape, str(p.dtype)) for path, p in net.named_parameters()]
        if not all(self._communicator.allgather(mine == self.from_first(mine))):
            raise ValueError("the processes have different networks: build the same one in each")
        for p in net.parameters():
            array = np.ascontiguousarray(p.numpy())
            self._communicator.Bcast(array)
            p.data = array

    def end(self, code: int = 1) -> None:
        """End the run in all processes: the others would wait for this one for ever."""
        self._communicator.Abort(code)


def ranks() -> Ranks | None:
    """The processes of this MPI run, or None if Python was not started by one.

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
    return Ranks(MPI.COMM_WORLD)


def parallel_step(net: Module, cost: Any, optimizer: Optimizer, among: Ranks, compiled: bool = True) -> Step:
    """One step of learning, `step(x, y) -> cost`, for a mini-batch that every process of `among` has and computes a part of.

    Cost and weights after it are those of a step by one process, but for the order of summation. It is otherwise for layers
    that mix the examples of a mini-batch, as batch normalisation does: they see the part of a process only, and keep its
    statistics. It is also otherwise for layers that draw random numbers: give each process another seed for these, or all draw
    the same for different examples.
    """
    parameters = optimizer.params
    ends = np.cumsum([p.size for p in parameters])
    buffer = np.zeros(ends[-1] + len(parameters) + 1, np.result_type(*(p.dtype for p in parameters)))
    *parts, reached = np.split(buffer[:-1], ends)  # the gradients, and which parameters the cost depends on

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
        buffer[:] = 0
        if count:
            c, found = local(x[mine], y[mine])
            weight = count / len(x)
            buffer[-1] = c.item() * weight
            for i, g in enumerate(found):
                if g is not None:
                    np.multiply(g._array.reshape(-1), weight, out=parts[i])
                    reached[i] = 1
        among.sum(buffer)
        for p, part, is_reached in zip(parameters, parts, reached, strict=True):
            p.grad = leaf(part.reshape(p.shape).astype(p.dtype)) if is_reached else None
        optimizer.step()
        optimizer.zero_grad()
        return float(buffer[-1])

    return step
