"""What a network does with an input, layer by layer: output shapes, parameters, operations, memory.

Operations are counted as they are recorded, an addition and a multiplication as one each: a matrix product of (n, k) and
(k, m) is 2·n·k·m; a function of single elements counts one for each; a sum, mean or maximum one for each element that goes
in; arranging elements counts nothing. The backward pass is taken to cost, for each input that needs a gradient, what the
operation cost: of a product two more, or one where the input is data.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import Tensor, enable_grad
from autograd_lite.graph import Node, nodes_in
from autograd_lite.mode import Tracer, tracing
from autograd_lite.rules import VJPS, name_of

from .module import Module
from .tables import Table, table

REDUCTIONS = frozenset((np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.add.reduce, np.maximum.reduce))
ARRANGING = frozenset((
    "getitem", "setitem", "windows", "fold", "rows_of", "one_hot", "kept", "scatter", "np.reshape", "np.transpose", "np.where",
    "np.swapaxes", "np.concatenate", "np.stack", "np.pad", "np.broadcast_to", "np.expand_dims", "np.squeeze", "np.moveaxis",
    "np.copy", "np.astype", "np.take", "np.positive",
))  # fmt: skip


class Layer(NamedTuple):
    """A line of a summary."""

    path: str
    module: str
    shape: tuple[int, ...]
    """Of the output."""
    parameters: int
    forward: int
    """Operations of the forward pass."""
    backward: int
    """Operations of the backward pass."""
    memory: int
    """Bytes of the values that are kept for the backward pass."""


class _Counter(Tracer):
    """Counts operations for whichever module is running."""

    def __init__(self) -> None:
        self.forward = self.backward = self.memory = 0

    def recorded(self, node: Node, values: list[Any]) -> None:
        cost = operations(node.op, values, node._array)
        self.forward += cost
        self.backward += cost * sum(n._requires_grad for n in set(nodes_in((*node.args, *node.keywords.values()))))
        if node._array.base is None:
            self.memory += node._array.nbytes


def operations(op: Any, values: list[Any], result: np.ndarray[Any, Any]) -> int:
    """How many operations a function of arrays takes."""
    if op in (np.matmul, np.dot):
        return 2 * result.size * int(np.shape(values[0])[-1])
    if op in REDUCTIONS:
        return int(np.size(values[0]))
    if op in VJPS and name_of(op) not in ARRANGING:
        return int(result.size)
    return 0


@enable_grad
def layers_of(net: Module, x: ArrayLike) -> list[Layer]:
    """A line for each innermost module that runs, in the order in which they do, and one, with the path "", for the whole.

    x : an input; the network runs on it once, in evaluation mode
    """
    counter = _Counter()
    lines: list[Layer] = []
    own = {id(p): p.size for p in net.parameters()}
    wanted = net._innermost()
    training = {module: module.training for _, module in net.named_modules()}
    net.eval()
    try:
        with (
            _watched(wanted, lambda path, module, call: _measure(path, module, call, counter, lines, own)),
            tracing(counter),
        ):
            output = net(x if isinstance(x, Tensor) else Tensor(np.asarray(x), name="x"))
    finally:
        for module, mode in training.items():
            module.training = mode
    total = Layer(
        "", type(net).__name__, np.shape(output), sum(p.size for p in net.parameters()),
        counter.forward, counter.backward, counter.memory,
    )  # fmt: skip
    return [*lines, total]


def _measure(
    path: str, module: Module, call: Callable[[], Any], counter: _Counter, lines: list[Layer], own: dict[int, int]
) -> Any:
    before = counter.forward, counter.backward, counter.memory
    output = call()
    forward, backward, memory = (
        now - then for now, then in zip((counter.forward, counter.backward, counter.memory), before, strict=True)
    )
    size = sum(own.pop(id(p), 0) for p in module.parameters())  # each once, where a layer runs twice
    first = output[0] if isinstance(output, tuple | list) else output
    lines.append(Layer(path, repr(module), np.shape(first), size, forward, backward, memory))
    return output


@contextmanager
def _watched(modules: list[tuple[str, Module]], measure: Callable[..., Any]) -> Iterator[None]:
    """Let `measure` call what the modules' forward does, while inside."""

    def watching(path: str, module: Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **keywords: measure(path, module, lambda: forward(*args, **keywords))

    for path, module in modules:
        module.forward = watching(path, module, module.forward)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for _, module in modules:
            del module.forward


def summary_of(net: Module, x: ArrayLike) -> Table:
    """The lines of `layers_of` as a table."""
    rows = [
        (
            line.path or "total", line.module if line.path else "", " × ".join(map(str, line.shape)), f"{line.parameters:,}",
            _count(line.forward), _count(line.backward), _count(line.memory) + "B",
        )
        for line in layers_of(net, x)
    ]  # fmt: skip
    header = ("path", "module", "output", "parameters", "forward", "backward", "memory")
    return table(header, rows, left=3)


def _count(n: int) -> str:
    """Three digits and a prefix: 12.3 M."""
    if n < 1000:
        return f"{n} "
    power = min(int(math.log10(n) // 3), 4)
    return f"{n / 1000**power:.3g} {' kMGT'[power]}"
