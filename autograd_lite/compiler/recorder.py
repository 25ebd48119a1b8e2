"""Listening to a function that is recorded: each operation becomes a Value, and what a program could not follow is refused."""

import sys
from collections.abc import Callable, Iterator, Sequence
from gc import get_referents
from operator import getitem
from types import CodeType, ModuleType
from typing import Any
from weakref import ref

import numpy as np

from ..graph import NESTS, Node, clock, nodes_in
from ..mode import Tracer
from ..ops.indexing import scatter
from ..rules import IMPURE, VJPS, name_of
from ..writes import setitem
from .program import Value, key
from .weak import PACKAGE, Number

OF_SHAPES = frozenset((
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
))  # fmt: skip
"""Functions that look at shapes and dtypes only, which are the same at every run."""
SHAPED_BY_VALUES = frozenset((
    np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.trim_zeros, np.union1d, np.intersect1d,
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
        self.made_so: dict[Any, Value] = {}
        """By what they are made from, values that are made from Tensors and numbers alone."""
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
        self.watches: dict[int, tuple[Any, Callable[[], Callable[[], bool]]]] = {}
        """What the function depends on besides Tensors, by id: the thing, and how to watch it for changes."""
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
        if self.is_foreign(tensor) or tensor.index in self.given:
            raise CompileError(
                f"{tensor.describe()} is written while the function that does so is being compiled{at_line()}. A program writes "
                "into nothing it was given or found: return the new value, or for training use nn.compile_step"
            )

    def refuse_inside(self, result: Any) -> None:
        """A result that is no Tensor must not hold one, which would be the same at every call."""
        node = next((n for n in _within(result) if n.index >= self.started), None)
        if node is not None:
            raise CompileError(
                f"the result holds {node.describe()} inside of a {type(result).__name__}, where a program cannot put the value "
                "of a later call: return Tensors, and lists, tuples and dicts of them"
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
        if self.is_foreign(tensor) or tensor.index in self.given:
            self.old_grads.setdefault(tensor, tensor._grad)

    def depends_on(self, thing: Any, watch: Callable[[], Callable[[], bool]]) -> None:
        self.watches.setdefault(id(thing), (thing, watch))

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
        if op is np.reshape:
            args, keywords = _with_order(args, keywords)
        value = Value(op, args, keywords, node.value if isinstance(node, Number) else node._array, None, node.scope)
        self.nodes.append(node)
        if op in IMPURE:
            self.draws.append(value)
        elif not any(isinstance(a, np.ndarray | list | tuple | dict) for a in (*node.args, *node.keywords.values())):
            value = self.made_so.setdefault(
                key(value, id), value
            )  # what is made again in the backward pass has its name
        self.values[node.index] = value

    def _check(self, op: Callable[..., Any], node: Node) -> None:
        if (op in SHAPED_BY_VALUES and not self._counts_what_stays(op, node)) or (
            op in (np.compress, np.extract) and next(nodes_in(node.args[:1]), None) is not None
        ):
            raise self._shaped_by_values(name_of(op))
        if op is np.repeat and any(
            not isinstance(n, Number) for n in nodes_in((*node.args[1:], *node.keywords.values()))
        ):
            raise self._shaped_by_values("np.repeat with repeats from a Tensor")
        if op is getitem and any(n._array.dtype == bool for n in nodes_in([node.args[1]])):
            raise self._shaped_by_values(f"{node.args[0].describe()} at a mask")
        if isinstance(op, np.ufunc) or op in TAKE_ANY_INDEX:
            return
        rules = VJPS.get(op)
        given: list[tuple[int | str, Any]] = [*enumerate(node.args), *node.keywords.items()]
        for n in nodes_in(a for place, a in given if rules is None or not rules.has(place)):
            if n._array.ndim == 0 and n._array.dtype.kind in "iu":  # an axis, a length, a count: shapes follow from it
                n.looked_at(f"{name_of(op)}, which takes it as a parameter,")

    def _counts_what_stays(self, op: Callable[..., Any], node: Node) -> bool:
        """Is it np.bincount of positions that are no Tensor? Then the program is for their largest, as it is now."""
        if op is not np.bincount or next(nodes_in(node.args[:1]), None) is not None:
            return False
        positions = node.args[0]
        self.depends_on(positions, lambda: _keeps_its_largest(positions))
        return True

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

    def is_foreign(self, tensor: Node) -> bool:
        return tensor.index < self.started

    def value(self, node: Node) -> Value:
        """The Value of a node: recorded, or found outside, or made by the function from data."""
        if not node._written and node.index in self.standing:
            return self.standing[node.index]
        known = self.values.get(node.index)
        if known is not None and (known.op is not None or node.index in self.given or known.example is node._array):
            return known
        value = self.captured.get(node) or Value(None, (), {}, node._array, node.name)
        if self.is_foreign(node):
            self.captured[node] = value
        else:
            self.values[node.index] = value
            self.made[value] = ref(node)
            self.nodes.append(node)
        return value


def _keeps_its_largest(positions: Any) -> Callable[[], bool]:
    largest = np.max(positions, initial=-1)
    return lambda: bool(np.max(positions, initial=-1) == largest)


def _with_order(args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of np.reshape where the order "A", in which elements lie in memory, is C or F: passes change how they lie."""
    order = "F" if args[0].example.flags.fnc else "C"
    return tuple(order if i == 2 and a == "A" else a for i, a in enumerate(args)), {
        k: order if k == "order" and a == "A" else a for k, a in keywords.items()
    }


def _within(thing: Any) -> Iterator[Node]:
    """The Tensors that an object holds: in its attributes, in a closure, in any container."""
    waiting, seen = [thing], {id(vars(m)) for m in [*sys.modules.values()] if isinstance(m, ModuleType)}
    while waiting:
        a = waiting.pop()
        if isinstance(a, Node):
            yield a
        elif id(a) not in seen and not isinstance(a, type | ModuleType | CodeType | str | bytes | np.ndarray):
            seen.add(id(a))
            waiting.extend(get_referents(a))


def at_line() -> str:
    """Where in the caller's own code we are."""
    frame = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename.startswith(PACKAGE) or "/numpy/" in frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]
    return f", at {frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
