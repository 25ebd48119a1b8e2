"""From a function to a program: run it once on placeholders, with everything recorded, and note each operation as a Value."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import getitem
from typing import Any
from weakref import ref

import numpy as np

from ..graph import NESTS, Node, clock, nodes_in
from ..mode import Tracer, tracing
from ..ops.indexing import scatter
from ..rules import IMPURE, VJPS, Rules, name_of
from ..tensor import Tensor
from ..writes import setitem
from .weak import PACKAGE, Number, number, plain
from .program import Program, Value, replaced

OF_SHAPES = frozenset((
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
))  # fmt: skip
"""Functions that look at shapes and dtypes only, which are the same at every run."""
SHAPED_BY_VALUES = frozenset((
    np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.compress, np.extract, np.trim_zeros, np.union1d, np.intersect1d,
    np.setdiff1d, np.setxor1d, np.bincount, np.histogram,
))  # fmt: skip
"""Functions whose result has as many elements as their arguments' values say."""
TAKE_ANY_INDEX = frozenset((getitem, setitem, scatter, np.where, np.take))
"""Functions that take a position, or choose, by a number that may be another at each run."""



class CompileError(RuntimeError):
    """A function cannot be compiled, and why."""


class NeedsValue(BaseException):
    """The function needs the value of arguments that are whole numbers: it has to be recorded for these very numbers."""

    def __init__(self, positions: frozenset[int]):
        self.positions = positions


class Recorder(Tracer):
    """Listens while a function is recorded: makes a Value of each operation, and refuses what would be baked in."""

    def __init__(self) -> None:
        self.started = next(clock)
        self.values: dict[int, Value] = {}
        """By the index of the node, which stays with a value when a Tensor is written and becomes the node of another."""
        self.nodes: list[Node] = []
        """Keeps what was recorded alive, so that names given later are found."""
        self.captured: dict[Node, Value] = {}
        self.made: dict[Value, ref[Node]] = {}
        """The leaves that the function made."""
        self.standing: dict[int, Value] = {}
        """What leaves that the function made have the value of, by index: `x.detach()` has that of x."""
        self.given: dict[int, int] = {}
        """Which argument a node is, by its index."""
        self.draws: list[Value] = []
        self.old_grads: dict[Node, Any] = {}
        """The gradients that were there before, of the Tensors whose gradient the function reads or replaces."""
        self.generators: dict[Any, Any] = {}
        """The states that random generators had before."""

    # ------------------------------------------------------------------------------------------------ what is not allowed

    def refuse_look(self, tensor: Node, how: str) -> None:
        positions = self._whole_numbers(tensor)
        if positions is not None:
            raise NeedsValue(positions)
        raise CompileError(
            f"{how} looks at the value of {tensor.describe()} while its function is being compiled{at_line()}. The program would "
            "keep that one value for ever: choose with np.where, or look outside of the compiled function"
        )

    def refuse_write(self, tensor: Node) -> None:
        if self._is_foreign(tensor) or tensor.index in self.given:
            raise CompileError(
                f"{tensor.describe()} is written while the function that does so is being compiled{at_line()}. A program writes "
                "into nothing it was given or found: return the new value, or for training use nn.compile_step"
            )

    def records(self, f: Callable[..., Any]) -> bool:
        if f in SHAPED_BY_VALUES:
            raise self._shaped_by_values(name_of(f))
        return f not in OF_SHAPES

    def _shaped_by_values(self, what: str) -> CompileError:
        return CompileError(
            f"the shape of {what} depends on values{at_line()}, and a program is of fixed shapes: choose with np.where, multiply "
            "by the mask, or select outside of the compiled function"
        )

    # ------------------------------------------------------------------------------------------------------- what happens

    def touches_grad(self, tensor: Node) -> None:
        if self._is_foreign(tensor) or tensor.index in self.given:
            self.old_grads.setdefault(tensor, tensor._grad)

    def prepare(self, args: Sequence[Any], values: list[Any]) -> None:
        for i, a in enumerate(args):
            if isinstance(a, Number):
                values[i] = a.value
            elif isinstance(a, np.random.Generator):
                self.generators.setdefault(a, a.bit_generator.state)

    def recorded(self, node: Node, values: list[Any]) -> None:
        op = node.op
        assert op is not None
        if not isinstance(node, Number):
            self._check(op, node)
        args = tuple(self._argument(a) for a in node.args)
        keywords = {k: self._argument(a) for k, a in node.keywords.items()}
        value = Value(op, args, keywords, node.value if isinstance(node, Number) else node._data, None, node.scope)
        self.values[node.index] = value
        self.nodes.append(node)
        if op in IMPURE:
            self.draws.append(value)

    def _check(self, op: Callable[..., Any], node: Node) -> None:
        if op in SHAPED_BY_VALUES:
            raise self._shaped_by_values(name_of(op))
        if op is np.repeat and any(not isinstance(n, Number) for n in nodes_in((*node.args[1:], *node.keywords.values()))):
            raise self._shaped_by_values("np.repeat with repeats from a Tensor")
        if op is getitem and any(n._data.dtype == bool for n in nodes_in([node.args[1]])):
            raise self._shaped_by_values(f"{node.args[0].describe()} at a mask")
        if isinstance(op, np.ufunc) or op in TAKE_ANY_INDEX:
            return
        row = VJPS.get(op)
        parameters = [a for i, a in enumerate(node.args) if row is None or not _has_rule(row, i)]
        parameters += [a for k, a in node.keywords.items() if row is None or k not in row.keywords]
        for n in nodes_in(parameters):
            if n._data.ndim == 0 and n._data.dtype.kind in "iu":  # an axis, a length, a count: shapes follow from it
                n.looked_at(f"{name_of(op)}, which takes it as a parameter,")

    def _whole_numbers(self, tensor: Node) -> frozenset[int] | None:
        """The arguments that the value follows from, if they are whole numbers and nothing else."""
        value = self.standing.get(tensor.index) or self.values.get(tensor.index)
        if value is None:
            return None
        positions: set[int] = set()
        waiting, seen = [value], set[Value]()
        whole = {id(self.values[index]): position for index, position in self.given.items()}
        while waiting:
            v = waiting.pop()
            if v in seen:
                continue
            seen.add(v)
            if v.op is None:
                positions.add(whole.get(id(v), -1))
            waiting.extend(v.inputs)
        return frozenset(positions) if positions and -1 not in positions else None

    def _argument(self, a: Any) -> Any:
        if isinstance(a, Node):
            return self.value(a)
        return type(a)(map(self._argument, a)) if type(a) in NESTS else a

    def stands_for(self, leaf: Node, source: Node) -> None:
        self.standing[leaf.index] = self.value(source)
        self.nodes.append(leaf)

    def _is_foreign(self, node: Node) -> bool:
        return node.index < self.started

    def value(self, node: Node) -> Value:
        """The Value of a node: recorded, or found outside, or made by the function from data."""
        if not node._written and node.index in self.standing:
            return self.standing[node.index]
        known = self.values.get(node.index)
        if known is not None and (known.op is not None or node.index in self.given or known.example is node._data):
            return known
        value = self.captured.get(node) or Value(None, (), {}, node._data, node.name)
        if self._is_foreign(node):
            self.captured[node] = value
        else:
            self.values[node.index] = value
            self.made[value] = ref(node)
            self.nodes.append(node)
        return value


def _has_rule(row: Rules, position: int) -> bool:
    return row.repeated is not None if position >= len(row.positional) else row.positional[position] is not None


def at_line() -> str:
    """Where in the caller's own code we are."""
    frame = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename.startswith(PACKAGE) or "/numpy/" in frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]
    return f", at {frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""


class Recording:
    """One run of a function on placeholders, and the Values of what it computed.

    Use: make a `placeholder` for each argument, `run` the function on them, take the `value` of what it returned, let go of all
    Tensors of the recording, and have the Program of these Values `finished`.
    """

    def __init__(self) -> None:
        self.recorder = Recorder()

    @property
    def captured(self) -> dict[Node, Value]:
        """The Tensors that the function found outside of its arguments, and the inputs that they are of the program."""
        return self.recorder.captured

    def placeholder(self, given: Any, name: str | None = None, position: int = -1) -> Tensor:
        """What the function gets in the place of an argument: a Tensor of the same value.

        position : tells whole numbers apart, when NeedsValue says which of them have to be constants of the program
        """
        if type(given) in (int, float):
            tensor: Tensor = number(given)
            tensor.name = name
        else:
            tensor = Tensor(given._data if isinstance(given, Node) else np.asarray(given), name=name)
        if isinstance(given, Node):
            tensor.requires_grad = given._requires_grad
        example = plain(tensor) if isinstance(tensor, Number) else tensor._data
        self.recorder.values[tensor.index] = Value(None, (), {}, example, name)
        self.recorder.given[tensor.index] = position
        return tensor

    def run(self, f: Callable[..., Any], args: Sequence[Any] = (), keywords: dict[str, Any] | None = None) -> Any:
        """What f returns. Generators that it draws from are put back to where they were."""
        try:
            with tracing(self.recorder):
                return f(*args, **(keywords or {}))
        finally:
            for generator, state in self.recorder.generators.items():
                generator.bit_generator.state = state

    def value(self, tensor: Node) -> Value:
        """The Value of a Tensor of the recording, of a placeholder, or of one from outside."""
        return self.recorder.value(tensor)

    def finished(self, program: Program) -> Program:
        """The program with names from the Tensors, and with constants for what nobody else can change.

        A leaf that the function made is a constant if nothing holds it or its array any more. If the Tensor is still there, it is
        another Tensor that was found; if only its array is, the program reads the array at every run.
        """
        recorder = self.recorder
        for node in recorder.nodes:
            value = recorder.values.get(node.index)
            if value is not None and node.name is not None:
                value.name = node.name
        recorder.nodes.clear()
        node = None  # type: ignore[assignment]
        program = replace(program, draws=tuple(recorder.draws))
        views = Counter(id(v.example.base) for v in recorder.values.values() if not v.is_weak and v.example.base is not None)
        by: dict[Value, Any] = {}
        for leaf, there in recorder.made.items():
            tensor = there()
            if tensor is not None and tensor._data is leaf.example:
                recorder.captured[tensor] = leaf
            elif leaf.example.base is None and sys.getrefcount(leaf.example) == _LEAF_ALONE + views[id(leaf.example)]:
                by[leaf] = leaf.example
        inputs = (*program.inputs, *(v for v in recorder.captured.values() if v not in program.inputs))
        shared: dict[int, Value] = {}
        for value in program.body():
            args = _owned(value.args, shared, views)
            keywords = {k: _owned((a,), shared, views)[0] for k, a in value.keywords.items()}
            mine = Value(value.op, args, keywords, value.example, value.name, value.scope)
            by[value] = mine.with_inputs(by)
        return replaced(replace(program, inputs=inputs), by)


def _owned(args: Any, shared: dict[int, Value], views: Counter[int]) -> Any:
    """Arguments with Values in the place of arrays that somebody else holds too, who may write into them.

    views : how many examples are views of an array, by its id
    """
    counts = _holders(args)

    def owned(a: Any, count: int) -> Any:
        if type(a) in NESTS:
            return _owned(a, shared, views)
        if not isinstance(a, np.ndarray) or (a.base is None and count == _SOLE + views[id(a)]):
            return a
        return shared.setdefault(id(a), Value(None, (), {}, a))

    return type(args)([owned(a, n) for a, n in zip(args, counts, strict=True)])


def _holders(args: Sequence[Any]) -> list[int]:
    """How often each of the arguments is referred to."""
    return [sys.getrefcount(a) for a in args]


_SOLE = _holders((np.empty(1),))[0]
_leaf = Value(None, (), {}, np.empty(1))
_LEAF_ALONE = sys.getrefcount(_leaf.example)
