"""What a network does with an input, layer by layer: output shapes, parameters, operations, memory.

A module has a line each time it runs, in the order in which they begin, for what it does by itself: what modules inside it do is
in their own lines, so that the lines add up to the total. Sequentials do nothing by themselves and have none. A parameter is in
the first line of the module that holds it, or where that does not run, as the cell of an LSTM, of the one that computes with it.

Operations are counted as they are recorded, an addition and a multiplication as one each: a matrix product of (n, k) and
(k, m) is 2·n·k·m; every other function counts one for each element of its result or of what goes in, whichever are more, so does
an exponential, a softmax, a sum; arranging elements counts nothing. The backward pass is taken to cost, for each input that
needs a gradient, what the operation cost: of a product two more, or one where the input is data.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import Tensor, enable_grad
from autograd_lite.function_names import name_of
from autograd_lite.mode import Tracer, tracing
from autograd_lite.node import Node, nodes_in
from autograd_lite.ops.linalg import matmul_transposed
from autograd_lite.recording import current
from autograd_lite.rules import VJPS

from .modes import evaluating
from .module import Module
from .plain_arrays import plain_array
from .sequential import Sequential
from .tables import Table, table

PRODUCTS = frozenset((np.matmul, matmul_transposed, np.dot, np.inner, np.vecdot))
PRODUCTS |= {getattr(np, name) for name in ("matvec", "vecmat") if hasattr(np, name)}  # NumPy 2.2
"""Sums of products along the last axis of the first argument."""
ARRANGING = frozenset((
    "getitem", "setitem", "windows", "fold", "rows_of", "one_hot", "kept", "scatter", "repeat", "np.reshape", "np.transpose",
    "np.where", "np.swapaxes", "np.concatenate", "np.stack", "np.pad", "np.broadcast_to", "np.expand_dims", "np.squeeze",
    "np.moveaxis", "np.copy", "np.astype", "np.take", "np.take_along_axis", "np.positive", "np.flip", "np.roll", "np.rot90",
    "np.repeat", "np.tile", "np.resize", "np.block", "np.delete", "np.insert", "np.compress", "np.extract", "np.choose",
    "np.diag", "np.diagonal", "np.diagflat", "np.tril", "np.triu", "np.lib.stride_tricks.sliding_window_view",
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


@dataclass
class _Line:
    """A module that runs, and what it does by itself."""

    path: str
    module: Module
    shape: tuple[int, ...] = ()
    parameters: int = 0
    forward: int = 0
    backward: int = 0
    memory: int = 0


class _Counter(Tracer):
    """Counts operations for whichever module is running."""

    def __init__(self, net: Module):
        self.lines = [_Line("(itself)", net)]
        """In the order in which the modules began."""
        self.running = [self.lines[0]]
        self.users: dict[Node, _Line] = {}
        """Which module computed with a leaf first."""

    def records(self, f: Callable[..., Any]) -> bool:
        return False  # shapes and comparisons stay the arrays they are elsewhere

    def recorded(self, node: Node, values: list[Any]) -> None:
        line = self.running[-1]
        inputs = set(nodes_in((*node.args, *node.keywords.values())))
        cost = operations(node.op, values, node.array)
        line.forward += cost
        line.backward += cost * sum(n.requires_grad for n in inputs)
        if node.array.base is None:
            line.memory += node.array.nbytes
        for n in inputs:
            if n.op is None:
                self.users.setdefault(n, line)

    def measure(self, path: str, module: Module, run: Callable[[], Any]) -> Any:
        line = _Line(path, module)
        self.lines.append(line)
        self.running.append(line)
        try:
            output = run()
        finally:
            self.running.pop()
        line.shape = _shape(output)
        return output

    def count_parameters(self, net: Module) -> None:
        """Put every parameter into the one line it belongs to. A module that was not used at all gets one now."""
        ran: dict[int, _Line] = {}
        line: _Line | None
        for line in self.lines:
            ran.setdefault(id(line.module), line)
        modules = dict(net.named_modules())
        for path, p in net.named_parameters():
            while path not in modules:  # the path of a parameter in a list goes through the list
                path = path.rpartition(".")[0]
            holder = modules[path]
            line = ran.get(id(holder)) or self.users.get(current(p))
            if line is None:
                line = ran[id(holder)] = _Line(path, holder)
                self.lines.append(line)
            line.parameters += p.size


def operations(op: Any, values: list[Any], result: np.ndarray[Any, Any]) -> int:
    """How many operations a function of arrays takes."""
    if op is np.einsum and isinstance(values[0], str):
        return _of_einsum(values[0], values[1:])
    if op is np.tensordot:
        shared = math.isqrt(values[0].size * values[1].size // max(1, result.size))
        return 2 * result.size * shared
    if op in PRODUCTS and np.ndim(values[0]):
        return 2 * result.size * int(np.shape(values[0])[-1])
    if op in VJPS and name_of(op) not in ARRANGING:
        return max(result.size, *(v.size for v in values if isinstance(v, np.ndarray)), 0)
    return 0


def _of_einsum(subscripts: str, operands: list[Any]) -> int:
    """A product for every combination of indices, and where one is summed over, a sum."""
    terms, _, kept = subscripts.replace(" ", "").partition("->")
    lengths: dict[str, int] = {}
    others: list[tuple[int, ...]] = []
    for term, operand in zip(terms.split(","), operands, strict=False):
        before, dots, after = term.partition("...")
        shape = np.shape(operand)
        end = len(shape) - len(after)
        others.append(shape[len(before) : end] if dots else ())
        for letter, n in (*zip(before, shape, strict=False), *zip(after, shape[end:], strict=False)):
            lengths[letter] = max(n, lengths.get(letter, 1))
    combinations = math.prod(lengths.values()) * math.prod(np.broadcast_shapes(*others))
    return combinations * (len(others) - 1 + (not set(lengths) <= set(kept)))


@enable_grad
def layers_of(net: Module, x: ArrayLike) -> list[Layer]:
    """A line for each module that runs, each time it does, and one, with the path "", for the whole.

    x : an input; the network runs on it once, in evaluation mode
    """
    counter = _Counter(net)
    inside = [(path, m) for path, m in net.named_modules() if path and type(m).forward is not Sequential.forward]
    with evaluating(net), _watched(inside, counter.measure), tracing(counter):
        output = net(x if isinstance(x, Tensor) else Tensor(plain_array("x", x), name="x"))
    counter.lines[0].shape = _shape(output)
    counter.count_parameters(net)
    first, *others = [
        Layer(line.path, repr(line.module), line.shape, line.parameters, line.forward, line.backward, line.memory)
        for line in counter.lines
    ]
    lines = [first, *others] if first[3:] != (0, 0, 0, 0) or not others else others
    sums = [sum(numbers) for numbers in zip(*(line[3:] for line in lines), strict=True)]
    return [*lines, Layer("", type(net).__name__, first.shape, *sums)]


def _shape(output: Any) -> tuple[int, ...]:
    """Of what a module returned: of several Tensors, such as the state of an LSTM, that of the first; () if there is none."""
    if isinstance(output, Tensor | np.ndarray):
        return output.shape
    if isinstance(output, dict):
        output = list(output.values())
    return _shape(output[0]) if isinstance(output, tuple | list) and output else ()


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
            line.path or "total", _short(line.module) if line.path else "", " × ".join(map(str, line.shape)),
            f"{line.parameters:,}", _count(line.forward), _count(line.backward), _count(line.memory) + "B",
        )
        for line in layers_of(net, x)
    ]  # fmt: skip
    header = ("path", "module", "output", "parameters", "forward", "backward", "memory")
    return table(header, rows, left=3)


def _short(module: str) -> str:
    return module if len(module) <= 50 else module.partition("(")[0] + "(...)"


def _count(n: int) -> str:
    """Three digits and a prefix: 12.3 M."""
    if n < 1000:
        return f"{n} "
    power = min(int(math.log10(n) // 3), 4)
    return f"{n / 1000**power:.3g} {' kMGT'[power]}"
