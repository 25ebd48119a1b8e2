"""The program a recording stands for: values in order, each made by one NumPy function from those before it.

Passes are functions from program to program. A value knows the result it had when the program was recorded, its *example*: shape
and dtype of anything a pass makes are found by computing it once, so no pass infers them by rules of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..operands import NESTS
from ..rules import IMPURE
from .sameness import identity
from .weak import SCALAR_OPERATIONS

Function = Callable[..., Any]
NONE: Mapping[str, Any] = {}
LARGEST_COMPARED = 64
"""Constant arrays of up to so many elements are the same if their elements are; larger ones if they are one object."""


class Value:
    """One value of a program: the result of `op(*args, **keywords)`, or, if `op` is None, an input.

    args hold Values, numbers, arrays that nobody writes into any more, other constants, and lists or tuples of these. A value
    without an op that is no input of its program is a constant array of somebody else, who may write into it between two runs.
    """

    __slots__ = ("args", "example", "keywords", "name", "op", "scope")

    def __init__(
        self,
        op: Function | None,
        args: tuple[Any, ...],
        keywords: Mapping[str, Any],
        example: Any,
        name: str | None = None,
        scope: tuple[str, ...] = (),
    ):
        self.op = op
        self.args = args
        self.keywords = keywords
        self.example = example
        self.name = name
        self.scope = scope

    def __repr__(self) -> str:
        kind = "an input" if self.op is None else getattr(self.op, "__name__", str(self.op))
        return f"<Value {self.name or ''}: {kind}, {self.dtype} {self.shape}>"

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.example)

    @property
    def size(self) -> int:
        return int(np.size(self.example))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def is_weak(self) -> bool:
        """Is it a Python number, which takes on the dtype of what it meets?"""
        return type(self.example) in (bool, int, float)

    @property
    def dtype(self) -> Any:
        """The NumPy dtype; of a Python number its type."""
        return type(self.example) if self.is_weak else self.example.dtype

    @property
    def kind(self) -> str:
        """NumPy's letter for the kind of dtype, "f" for floating; "" for a Python number."""
        return "" if self.is_weak else self.example.dtype.kind

    @property
    def inputs(self) -> Iterator["Value"]:
        """The Values it is made from, in the order of the arguments."""
        return values_in((*self.args, *self.keywords.values())) if self.keywords else values_in(self.args)

    def like(self, other: "Value") -> bool:
        """Do both have the same shape and dtype, or are both Python numbers of one type?"""
        return self.shape == other.shape and self.is_weak == other.is_weak and bool(self.dtype == other.dtype)

    def called(self, name: str | None, scope: tuple[str, ...] | None = None) -> "Value":
        """The same value under another name."""
        scope = self.scope if scope is None else scope
        return Value(self.op, self.args, self.keywords, self.example, name, scope)

    def with_inputs(self, by: Mapping["Value", Any]) -> "Value":
        """The value made from other arguments of the same values: itself, if none is replaced."""
        for v in self.inputs:
            if v in by and by[v] is not v:
                break
        else:
            return self
        args = tuple(substituted(a, by) for a in self.args)
        keywords = {k: substituted(a, by) for k, a in self.keywords.items()}
        return Value(self.op, args, keywords, self.example, self.name, self.scope)


@dataclass(frozen=True)
class Write:
    """A value that is to stand in the array of an input when the program has run."""

    target: Value
    value: Value


@dataclass(frozen=True)
class Program:
    """name : of the printed function;  inputs : its parameters, in order;  outputs : what it returns, Values or constants
    writes : which inputs' arrays it changes, and to what. All are computed from the arrays as they were before any write.
    labels : names that outputs should have in print, besides the one a value has
    draws : values of impure functions, in the order in which they were called. They are computed in any case, in that order.
    """

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Any, ...]
    writes: tuple[Write, ...] = ()
    labels: Mapping[str, Value] = field(default_factory=dict)
    draws: tuple[Value, ...] = ()
    _body: list[Value] = field(default_factory=list, init=False, repr=False, compare=False)
    """What `body` found."""

    def __post_init__(self) -> None:
        targets = [w.target for w in self.writes]
        for target in targets:
            if target not in self.inputs or targets.count(target) > 1:
                raise ValueError(f"a program writes into its inputs, once into each; {target} is none or comes twice")

    @property
    def roots(self) -> Iterator[Value]:
        """What has to be computed."""
        yield from self.draws
        yield from values_in(self.outputs)
        for write in self.writes:
            yield write.value
        yield from self.labels.values()

    def body(self) -> list[Value]:
        """The computed values that are needed, each after what it is made from."""
        if not self._body:
            self._body.extend(self._ordered())
        return self._body

    def _ordered(self) -> list[Value]:
        done: set[Value] = set()
        order: list[Value] = []
        waiting: list[tuple[Value, bool]] = [(root, False) for root in reversed(list(self.roots))]
        while waiting:
            value, ready = waiting.pop()
            if value in done:
                continue
            if ready:
                done.add(value)
                if value.op is not None:
                    order.append(value)
            else:
                waiting.append((value, True))
                waiting.extend((v, False) for v in reversed(list(value.inputs)) if v not in done)
        return order


def values_in(things: Iterable[Any]) -> Iterator[Value]:
    """The Values among arguments, looking into lists and tuples."""
    for a in things:
        if isinstance(a, Value):
            yield a
        elif type(a) in NESTS:
            yield from values_in(a)


def substituted(a: Any, by: Mapping[Value, Any]) -> Any:
    """An argument with Values replaced."""
    if isinstance(a, Value):
        return by.get(a, a)
    return type(a)(substituted(part, by) for part in a) if type(a) in NESTS else a


def example_of(a: Any) -> Any:
    """An argument with the examples of Values in their place."""
    if isinstance(a, Value):
        return a.example
    return type(a)(map(example_of, a)) if type(a) in NESTS else a


def make(op: Function, *args: Any, name: str | None = None, scope: tuple[str, ...] = (), **keywords: Any) -> Value:
    """The Value of `op(*args, **keywords)`, its example computed."""
    return Value(
        op, args, keywords, computed(op, map(example_of, args), keywords and example_keywords(keywords)), name, scope
    )


def example_keywords(keywords: Mapping[str, Any]) -> dict[str, Any]:
    return {k: example_of(a) for k, a in keywords.items()}


def computed(op: Function, args: Iterable[Any], keywords: Mapping[str, Any] = NONE) -> Any:
    """A Python number, if Python computes it, or an array: NumPy's scalars become 0-d arrays, as in a Tensor."""
    with np.errstate(all="ignore"):
        result = op(*args, **keywords)
    return result if op in SCALAR_OPERATIONS and type(result) in (bool, int, float) else np.asarray(result)


def key(value: Value, of: Callable[[Value], Any]) -> Any:
    """What a value is made by, hashable: equal for values that are made in the same way."""
    return (
        value.op,
        *(_key(a, of) for a in value.args),
        *((k, _key(a, of)) for k, a in value.keywords.items()),  # in their order, which a function may see
    )


def _key(a: Any, of: Callable[[Value], Any]) -> Any:
    if isinstance(a, Value):
        return "value", of(a)
    if type(a) in NESTS:
        return type(a), *(_key(part, of) for part in a)
    if type(a) is slice:
        return slice, _key(a.start, of), _key(a.stop, of), _key(a.step, of)
    if type(a) is np.ndarray and a.size <= LARGEST_COMPARED and a.dtype.kind not in "OV":
        return np.ndarray, identity(a.dtype), a.shape, a.strides, a.tobytes()
    return identity(a)


def rewrite(program: Program, rule: Callable[[Value], Any]) -> Program:
    """The program with every computed value replaced by what `rule` makes of it, in order.

    The rule sees a value whose arguments have been replaced already; it returns that value, another Value, which gets the name of
    the old one if it has none of its own, or a number or array. Where it changes nothing the program is returned as it is.
    """
    by: dict[Value, Any] = {}
    for value in program.body():
        fresh = value.with_inputs(by)
        new = fresh if value.op in IMPURE else rule(fresh)
        if value.name is not None and isinstance(new, Value) and new is not fresh and new.name is None:
            new = _named_like(value, new)
        if new is not value:
            by[value] = new
    return replaced(program, by) if by else program


def _named_like(value: Value, new: Value) -> Value:
    """A copy with the name. A copy of what is there already is merged with it later; a draw is not to come twice."""
    return new if new.op is None or new.op in IMPURE else new.called(value.name, value.scope)


def replaced(program: Program, by: Mapping[Value, Any]) -> Program:
    """The program with other roots. A root of a write or a label stays a Value, also where it was found to be constant."""

    def root(value: Value) -> Value:
        new = by.get(value, value)
        return new if isinstance(new, Value) else make(np.full, value.shape, new, value.dtype)

    return replace(
        program,
        outputs=tuple(substituted(o, by) for o in program.outputs),
        writes=tuple(Write(w.target, root(w.value)) for w in program.writes),
        labels={k: root(v) for k, v in program.labels.items()},
        draws=tuple(map(root, program.draws)),
    )
