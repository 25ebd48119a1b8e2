"""Data-parallel learning: every mini-batch is split over the processes of an MPI run, `mpiexec -n 4 python ...`.

The cost is an average over examples, the first of the two assumptions of backpropagation (Nielsen, NNDL, ch. 2). So the gradient
of a mini-batch is that of its parts, averaged with their numbers of examples as weights: one sum over all processes a step. Every
process then takes the same step, and all keep the same weights.

What depends on the mini-batch otherwise is kept the same in all processes as well as it can be. Batch normalisation sees the
part of a process only; the running statistics are averaged after every step with the numbers of examples as weights, so that the
running mean is that of the whole mini-batch and the running variance that within the parts. Layers that draw random numbers
draw others in each process.

Before the first step the processes compare what they were given: one with other data, or another learning rate, would go apart
from the others without a word. A process that fails, or ends, ends the run in all of them.

What a step sends is as long as the network has parameters, whatever the mini-batch; the work that is divided grows with both. By
a ring, a process sends 2 (P - 1)/P times the parameters' bytes a step, in 2 (P - 1) messages: nearly the same for any P.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor, compile, enable_grad, gradients
from autograd_lite.compiler import CompileError
from autograd_lite.recording import leaf

from .arguments import short
from .module import Module
from .optimizers import Optimizer
from .processes import LAUNCHERS, Ranks, ranks

__all__ = ["LAUNCHERS", "Ranks", "in_all", "parallel_step", "ranks"]

Array = NDArray[Any]
Step = Callable[[Array, Array], float]
T = TypeVar("T")
P = ParamSpec("P")


def in_all(fit: Callable[P, T]) -> Callable[P, T]:
    """For a function that is called in all processes of its argument `among`: see `Ranks.run`."""

    @wraps(fit)
    def run(*args: P.args, **keywords: P.kwargs) -> T:
        among: Any = keywords.get("among")
        if among is None:
            return fit(*args, **keywords)
        if not isinstance(among, Ranks):  # before all else, since the other processes hear by it of what else is wrong
            raise TypeError(f"among is {short(among)}, needs what nn.ranks() returns, or None")
        with among.run():
            return fit(*args, **keywords)

    return run


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
                    np.multiply(g.array.reshape(-1), weight, out=parts[i])
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
