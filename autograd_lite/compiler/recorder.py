"""Listening to a function that is recorded: each operation becomes a Value, and what a program could not follow is refused."""

import sys
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial
from gc import get_referents
from operator import getitem
from types import CodeType, ModuleType
from typing import Any
from weakref import ref

import numpy as np

from ..function_names import name_of
from ..gradients import grad_of
from ..mode import Tracer, current_mode
from ..node import Handle, Node, clock, leaf_node, nodes_in
from ..operands import NESTS
from ..ops.indexing import scatter
from ..recording import current, handle, handle_of
from ..rules import IMPURE, VJPS
from ..writes import setitem
from .callers import at_line
from .contents import digest_of, unchanged
from .memory import is_foreign
from .program import Value, key
from .watcher import Watcher
from .weak import Number, is_stand_in, looked, numbers_in, plain

OF_SHAPES = frozenset((
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
))  # fmt: skip
"""Functions that look at shapes and dtypes only, which are the same at every run."""
SHAPED_BY_VALUES = frozenset((
    np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.trim_zeros, np.union1d, np.intersect1d,
    np.setdiff1d, np.setxor1d, np.bincount, np.histogram,
))  # fmt: skip
"""Functions whose result has as many elements as their arguments' values say."""
INDEXING = frozenset((getitem, setitem, scatter))
_TOLD = frozenset(("raise", "call", "log"))
"""What np.errstate may be asked to do about floating-point errors, besides a warning."""
TAKE_ANY_INDEX = INDEXING | frozenset((np.where, np.take))
"""Functions that take a position, or choose, by a number that may be another at each run."""


class CompileError(RuntimeError):
    """A function cannot be compiled, and why."""

    def __init__(self, *args: Any):
        super().__init__(*args)
        tracer = current_mode().tracing
        if isinstance(tracer, Recorder) and tracer.refusal is None:
            tracer.refusal = self


class Recorder(Tracer):
    """Listens while a function is recorded: makes a Value of each operation, and refuses what would be baked in."""

    def __init__(self) -> None:
        self.started = next(clock)
        self.values: dict[int, Value] = {}
        """By the index of the node."""
        self.made_so: dict[Any, Value] = {}
        """By what they are made from, values that are made from Tensors and numbers alone."""
        self.nodes: list[Node] = []
        """Keeps what was recorded alive, so that names given later are found."""
        self.stand_ins: dict[int, Value] = {}
        """What leaves are read for that were made while recording, for arrays and numbers, by index."""
        self.captured: dict[Any, Value] = {}
        self.made: dict[Value, ref[Handle]] = {}
        """The leaves that the function made."""
        self.constants: set[Value] = set()
        """The leaves that the library made itself, and nobody else has."""
        self.arrays: dict[int, tuple[Value, int]] = {}
        """By id, the arrays that operations read besides Tensors, and what sums up their elements."""
        self.standing: dict[int, Value] = {}
        """What leaves that the function made have the value of, by index: `x.detach()` has that of x."""
        self.given: set[int] = set()
        """The indices of the placeholders that are Tensors."""
        self.numbers: dict[Value, tuple[int, bool]] = {}
        """Of each placeholder that is a Number the position among the arguments, and whether it may be looked at."""
        self.fixed: set[int] = set()
        """The positions of the numbers that were looked at. The program is for their values alone."""
        self.listens = True
        self.draws: list[Value] = []
        self.foreign: list[Value] = []
        """Results of functions of the user's, which may raise an error also if nobody uses them."""
        self.old_grads: dict[Any, Any] = {}
        """The gradients that were there before, of the Tensors whose gradient the function reads or replaces."""
        self.watches: dict[int, tuple[Any, Callable[[], Callable[[], bool]]]] = {}
        """What the function depends on besides Tensors, by id: the thing, and how to watch it for changes."""
        self.generators: dict[Any, Any] = {}
        """The states that random generators had before."""
        self.replaced: Container[Handle] = ()
        """Tensors to which the function gave another value, which stands only at the end in what the program reads."""
        self.watcher: Watcher | None = None
        """Who looks at the Python around the operations."""
        self.refusal: CompileError | None = None
        """The first error that ended the recording, in case that the function catches it, and does something else."""

    # ------------------------------------------------------------------------------------------------ what is not allowed

    def refuse_look(self, tensor: Node, how: str) -> None:
        i = tensor.index
        value = self.standing.get(i) or self.stand_ins.get(i) or self.values.get(i)
        if value is None or not self._fix(value):
            raise _looked_at(tensor.describe(), how)

    def look(self, number: Number, how: str, as_text: bool = False) -> None:
        """Note that Python uses the value of a number. Raises CompileError for a float, unless it is for a text or an error."""
        if self.listens and not self._fix(number.source, as_text):
            name = number.source.name
            raise _looked_at("a number" if name is None else f"the number {name!r}", how)

    def _fix(self, value: Value, also_floats: bool = False) -> bool:
        """Fix the arguments that a value follows from, if they are all numbers that may be looked at."""
        positions: set[int] = set()
        waiting, seen = [value], {value}
        while waiting:
            v = waiting.pop()
            if v.op is None:
                position, whole = self.numbers.get(v, (-1, False))
                if position < 0 or not (whole or also_floats):
                    return False
                positions.add(position)
            further = set(v.inputs) - seen
            seen |= further
            waiting += further
        self.fixed |= positions
        return bool(positions)

    def refuse_write(self, tensor: Node) -> None:
        if self.is_foreign(tensor) or tensor.index in self.given:
            raise CompileError(
                f"{tensor.describe()} is written while the function that does so is being compiled{at_line()}. A program writes "
                "into nothing it was given or found: return the new value, or for training use nn.compile_step"
            )

    def refuse_inside(self, result: Any) -> None:
        """A result that is no Tensor must not hold one, which would be the same at every call."""
        inside = next((n for n in _within(result) if is_stand_in(n) or current(n).index >= self.started), None)
        if inside is not None:
            what = "a number" if is_stand_in(inside) else inside.describe()
            raise CompileError(
                f"the result holds {what} inside of a {type(result).__name__}, where a program cannot put the value "
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

    def require_unwritten_arrays(self) -> None:
        """Raise CompileError if an array was written after an operation had read it: a program reads it once at a call."""
        for value, digest in self.arrays.values():
            a = value.example
            if digest_of(a) != digest:
                raise CompileError(
                    f"an array of shape {a.shape} and dtype {a.dtype} is written, after an operation has read it, by the "
                    "function that is being compiled. A program reads it once at every call: write into a copy"
                )

    # ------------------------------------------------------------------------------------------------------- what happens

    def touches_grad(self, tensor: Handle) -> None:
        node = current(tensor)
        if self.is_foreign(node) or node.index in self.given:
            self.old_grads.setdefault(tensor, grad_of(node))

    def depends_on(self, thing: Any, watch: Callable[[], Callable[[], bool]]) -> None:
        self.watches.setdefault(id(thing), (thing, watch))

    def prepare(self, args: Sequence[Any], values: list[Any]) -> None:
        values[:] = map(plain, values)
        for a in args:
            if isinstance(a, np.random.Generator):
                if self.watcher is not None:
                    self.watcher.will_draw(a)
                self.generators.setdefault(a, a.bit_generator.state)
        if self.watcher is not None and not _TOLD.isdisjoint(np.geterr().values()):
            self.watcher.stop("it asks np.errstate for floating-point errors, of which a program tells nothing")

    def prepare_keywords(self, values: dict[str, Any]) -> None:
        values.update((k, plain(a)) for k, a in values.items())

    def as_tensor(self, a: Any) -> Any:
        if type(a) in NESTS and next(numbers_in(a), None) is not None:
            return type(a)(map(self.as_tensor, a))
        return handle(self._standing_for(np.asarray(a.value), a.source)) if is_stand_in(a) else a

    def is_constant(self, leaf: Node) -> None:
        self.values[leaf.index] = value = Value(None, (), {}, leaf.array)
        self.constants.add(value)

    def _standing_for(self, array: Any, value: Value) -> Node:
        made: Node = leaf_node(array)
        self.stand_ins[made.index] = value
        self.nodes.append(made)
        return made

    def _read(self, a: Any, has_rule: bool) -> Any:
        """An argument with Tensors in the place of arrays, so that a rule that computes with them is recorded too.

        Where there is no rule for the argument, only a mask may be a Tensor.
        """
        if type(a) in NESTS:
            return type(a)(self._read(part, has_rule) for part in a)
        if isinstance(a, np.ndarray) and a.ndim and (a.dtype.kind == "b" or (has_rule and a.dtype.kind in "iuf")):
            return self._standing_for(a, self._argument(a))
        return a

    def number(self, result: Any, op: Callable[..., Any], arguments: tuple[Any, ...]) -> Number:
        """The Number that an operation of scalars gives."""
        example = result if type(result) in (bool, int, float) else np.asarray(result)
        return Number(result, self._known(Value(op, tuple(map(self._argument, arguments)), {}, example)), self)

    def recorded(self, node: Node, values: list[Any]) -> None:
        op = node.op
        assert op is not None
        self._check(op, node)
        args = tuple(self._argument(a) for a in node.args)
        keywords = {k: self._argument(a) for k, a in node.keywords.items()}
        if op is np.reshape:
            args, keywords = _with_order(args, keywords)
        rules = VJPS.get(op)
        if rules is not None and op not in INDEXING:
            node.args = tuple(self._read(a, rules.has(i)) for i, a in enumerate(node.args))
            node.keywords = {k: self._read(a, rules.has(k)) for k, a in node.keywords.items()}
        value = Value(op, args, keywords, node.array, None, node.scope)
        self.nodes.append(node)
        if op in IMPURE:
            self.draws.append(value)
            for a in node.args:
                if isinstance(a, np.random.Generator) and self.watcher is not None:
                    self.watcher.has_drawn(a)
        elif not any(isinstance(a, np.ndarray | list | tuple | dict) for a in (*args, *keywords.values())):
            value = self._known(value)
        if op not in IMPURE and is_foreign(op):
            self.foreign.append(value)
        self.values[node.index] = value

    def _known(self, value: Value) -> Value:
        """What is made again, as in the backward pass, is what was made before, and has its name."""
        return self.made_so.setdefault(key(value, id), value)

    def checked(self, check: Callable[..., Any], args: Sequence[Any]) -> None:
        value = Value(check, tuple(map(self._argument, args)), {}, np.asarray(True), None, current_mode().scope)
        self.draws.append(value)

    def _check(self, op: Callable[..., Any], node: Node) -> None:
        if (op in SHAPED_BY_VALUES and not self._counts_what_stays(op, node)) or (
            op in (np.compress, np.extract) and next(nodes_in(node.args[:1]), None) is not None
        ):
            raise self._shaped_by_values(name_of(op))
        if op is np.repeat and next(nodes_in((*node.args[1:], *node.keywords.values())), None) is not None:
            raise self._shaped_by_values("np.repeat with repeats from a Tensor")
        if op is np.repeat:
            for a in (*node.args[1:], *node.keywords.values()):
                if isinstance(a, np.ndarray):
                    self.depends_on(a, partial(unchanged, a))
        if op is getitem and any(n.array.dtype == bool for n in nodes_in([node.args[1]])):
            raise self._shaped_by_values(f"{node.args[0].describe()} at a mask")
        if op is getitem:
            for number in numbers_in([node.args[1]]):
                if isinstance(number.value, bool | np.bool_):
                    number.look("an index")
        if isinstance(op, np.ufunc) or op in TAKE_ANY_INDEX:
            return
        rules = VJPS.get(op)
        given: list[tuple[int | str, Any]] = [*enumerate(node.args), *node.keywords.items()]
        parameters = [a for place, a in given if rules is None or not rules.has(place)]
        how = f"{name_of(op)}, which takes it as a parameter,"  # an axis, a length, a count: shapes follow from it
        for n in nodes_in(parameters):
            if n.array.ndim == 0 and n.array.dtype.kind in "iub":
                self.refuse_look(n, how)
        for number in numbers_in(parameters):
            if isinstance(number.value, int | np.integer | np.bool_):
                number.look(how)

    def _counts_what_stays(self, op: Callable[..., Any], node: Node) -> bool:
        """Is it np.bincount of positions that are no Tensor? Then the program is for their largest, as it is now."""
        if op is not np.bincount or next(nodes_in(node.args[:1]), None) is not None:
            return False
        positions = node.args[0]
        self.depends_on(positions, lambda: _keeps_its_largest(positions))
        return True

    def _argument(self, a: Any) -> Any:
        if isinstance(a, Node | Handle) or is_stand_in(a):
            return self.value(a)
        if isinstance(a, np.ndarray):
            if id(a) not in self.arrays:
                self.arrays[id(a)] = Value(None, (), {}, a), digest_of(a)
            return self.arrays[id(a)][0]
        return type(a)(map(self._argument, a)) if type(a) in NESTS else looked(a, "an argument")

    def stands_for(self, leaf: Node, source: Node) -> None:
        self.standing[leaf.index] = self.value(source)
        self.nodes.append(leaf)

    def is_foreign(self, tensor: Node) -> bool:
        return tensor.index < self.started

    def value(self, node: Any) -> Value:
        """The Value of a Number, or of a node: recorded, or found outside, or made by the function from data."""
        if is_stand_in(node):
            return node.source  # type: ignore[no-any-return]
        if isinstance(node, Handle):
            node = current(node)
        if self.replaced and self.watcher is not None and handle_of(node) in self.replaced:
            self.watcher.stop(f"it reads {node.describe()} after it gave it another value{at_line()}")
        for known in (self.standing, self.stand_ins, self.values):
            if node.index in known:
                return known[node.index]
        if self.is_foreign(node):
            return self.captured.setdefault(handle_of(node), Value(None, (), {}, node.array, node.name))
        self.values[node.index] = value = Value(None, (), {}, node.array, node.name)
        if node.holder is not None:
            self.made[value] = node.holder
        self.nodes.append(node)
        return value


def _keeps_its_largest(positions: Any) -> Callable[[], bool]:
    largest = np.max(positions, initial=-1)
    return lambda: bool(np.max(positions, initial=-1) == largest)


def _looked_at(what: str, how: str) -> CompileError:
    return CompileError(
        f"{how} looks at the value of {what} while its function is being compiled{at_line()}. The program would keep that one "
        "value for ever: choose with np.where, or look outside of the compiled function"
    )


def _with_order(args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of np.reshape where the order "A", in which elements lie in memory, is C or F: passes change how they lie."""
    order = "F" if args[0].example.flags.fnc else "C"
    return tuple(order if i == 2 and a == "A" else a for i, a in enumerate(args)), {
        k: order if k == "order" and a == "A" else a for k, a in keywords.items()
    }


def _within(thing: Any) -> Iterator[Any]:
    """The Tensors and Numbers that an object holds: in its attributes, in a closure, in any container."""
    waiting, seen = [thing], {id(vars(m)) for m in [*sys.modules.values()] if isinstance(m, ModuleType)}
    while waiting:
        a = waiting.pop()
        if is_stand_in(a) or isinstance(a, Handle):
            yield a
        elif id(a) not in seen and not isinstance(a, type | ModuleType | CodeType | str | bytes | np.ndarray):
            seen.add(id(a))
            waiting.extend(get_referents(a))
