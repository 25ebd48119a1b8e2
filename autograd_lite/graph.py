"""Recording: the node of the computation graph, and the one function that records.

A node points at what it was made from and never at what is made from it: there are no reference cycles, and a graph is freed
the moment its output is. A global counter numbers nodes as they are made, so ascending numbers *are* a topological order.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from threading import RLock
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from .mode import current_mode
from .operands import NESTS as NESTS
from .operands import SIMPLE, is_operand, operand, operands_by_name
from .rules import KEEPS_ARGUMENT, MAKES_ARRAYS, PLAIN, VIEWS, is_left_alone, name_of, stands_for_array
from .versions import TAKES_ELLIPSIS

NO_KEYWORDS: Mapping[str, Any] = {}
clock = count(1)
"""Stamps nodes when they are made and values when they are written."""


_last_write = writes = [0]
LAST_STAMP = [0]
"""When any value was last written; no node is stamped as written later. In a list of one: the backward pass reads it often."""
shared = RLock()
"""Held while something is read and replaced that threads share: a gradient that is added to, the extras of a node, a stamp.

A thread may take it again, since the garbage collector may run anybody's code in between.
"""
if hasattr(os, "register_at_fork"):  # a child must not inherit it from a thread that the child does not have
    os.register_at_fork(before=shared.acquire, after_in_parent=shared.release, after_in_child=shared.release)


_noted: ContextVar["dict[Node, Any] | None"] = ContextVar("autograd_lite gradients", default=None)
"""The gradients that were replaced in this thread or task, as they were before, for who puts them back."""


def last_write() -> int:
    """When any Tensor last got another array or other hooks, or began or ceased to require a gradient. Until then none has."""
    return _last_write[0]


def note_write() -> None:
    """Tell those who ask for the `last_write` that there is one now."""
    _last_write[0] = next(clock)


def stamp(nodes: "Iterable[Node]") -> None:
    """Stamp nodes as written. Those that have the same arrays as before, which a program wrote into, had no `last_write`."""
    with shared:
        LAST_STAMP[0] = now = next(clock)
    for node in nodes:
        (node._extras or extras(node)).written = now


class Node:
    """A value in the graph, and how it was computed."""

    __slots__ = (
        "__weakref__",
        "_array",
        "_extras",
        "_grad",
        "_requires_grad",
        "args",
        "index",
        "keywords",
        "name",
        "op",
        "scope",
    )

    _array: np.ndarray[Any, Any]
    _extras: "Extras | None"
    _grad: Any
    _requires_grad: bool
    op: Callable[..., Any] | None
    """The function that made this node; None for a leaf."""
    args: tuple[Any, ...]
    """Its positional arguments as it was called: nodes, arrays, numbers, and lists or tuples of these."""
    keywords: Mapping[str, Any]
    index: int
    """When it was made: no two nodes of a graph have the same."""
    name: str | None
    scope: tuple[str, ...]

    @property
    def inputs(self) -> tuple["Node", ...]:
        """The Tensors this one was made from, in the order of the arguments, repeated where used twice.

        A Tensor that was written since is replaced in the arguments by the node of the value that was read.
        """
        index = self.index
        found = tuple(nodes_in((*self.args, *self.keywords.values())))
        for n in found:
            if n._written > index and (old := n.at(index)) is not None:
                self.args = reading(self.args, n, old)
                self.keywords = {k: reading(a, n, old) for k, a in self.keywords.items()}
                return self.inputs
        return found

    def looked_at(self, how: str) -> np.ndarray[Any, Any]:
        """The value, for a reader outside the graph. A compiler that listens refuses: the value would be baked in."""
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.refuse_look(self, how)
        return self._array

    @property
    def _written(self) -> int:
        """When the value was last replaced; 0 if never. A reader recorded before that moment is stale."""
        return 0 if self._extras is None else self._extras.written

    def write(self, array: np.ndarray[Any, Any]) -> None:
        """Replace the value and stamp the write. The old array is left alone: views of it and other owners keep their value."""
        old = self._array
        if array.dtype is not old.dtype or array.shape != old.shape:
            self._check_fit(array)
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.refuse_write(self)
        self._array = array
        with shared:
            more = self._extras or extras(self)
            LAST_STAMP[0] = _last_write[0] = more.written = _tick()
        more.made_by = None

    def _check_fit(self, array: np.ndarray[Any, Any]) -> None:
        if self._requires_grad and array.dtype.kind != "f":
            raise TypeError(f"{self.describe()} requires a gradient and needs floating data, not {array.dtype}")
        g = self._grad
        if g is not None and (g._array.shape != array.shape or g._array.dtype != array.dtype):
            raise ValueError(
                f"{self.describe()} has a gradient of shape {g._array.shape} and dtype {g._array.dtype}, which does not fit "
                f"a value of shape {array.shape} and dtype {array.dtype}: call zero_grad() first"
            )

    def set_grad(self, g: Any) -> None:
        """Replace the gradient; who listens learns of it."""
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.touches_grad(self)
        with shared:
            self._note_grad()
            self._grad = g

    def add_grad(self, g: Any) -> None:
        """Add to the gradient, or set it. Only while `shared` is held, or what another thread adds meanwhile is lost."""
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.touches_grad(self)
        self._note_grad()
        self._grad = g if self._grad is None else self._grad + g

    def _note_grad(self) -> None:
        noted = _noted.get()
        if noted is not None:
            noted.setdefault(self, self._grad)

    def take_over(self, source: "Node") -> None:
        """Become the node `source`, value, history and number, and stay the object one is. Nobody may use the source as it is."""
        self._array, self._requires_grad = source._array, source._requires_grad
        self.op, self.args, self.keywords = source.op, source.args, source.keywords
        self.index, self.scope = source.index, source.scope
        note_write()

    def as_it_is(self) -> "Node":
        """A node of the present value and history, for `become`."""
        old: Node = leaf(self._array)
        old.take_over(self)
        old.name = self.name
        return old

    def become(self, old: "Node", new: "Node") -> None:
        """Take over `new`, and remember `old` for what was made from it."""
        self.take_over(new)
        stamp([self])
        more = extras(self)
        more.written = self.index  # when its new value was made: that is not stale itself
        more.made_by = None
        more.versions = more.versions or []
        more.versions.append((self.index, old))

    def at(self, index: int) -> "Node | None":
        """The node of the value that this one had when number `index` was made; None if that value is lost."""
        if self._written <= index:
            return self
        versions = extras(self).versions or []
        i = bisect_right(versions, index, key=_replaced_at)
        return versions[i][1] if i < len(versions) and versions[i][1]._written <= index else None

    def describe(self) -> str:
        """How error messages call this node: by its name if it has one, else by what it is."""
        shape = "x".join(map(str, self._array.shape)) or "scalar"
        if self.name is not None:
            return f"{self.name!r} ({shape})"
        return f"an unnamed tensor ({shape})" if self.op is None else f"the result of {name_of(self.op)} ({shape})"


class Argument(NamedTuple):
    """What a value was made from by a function that keeps its argument, where that was not recorded."""

    op: Callable[..., Any]
    node: "Callable[[], Node | None]"
    """The Tensor, if it is still there: with its history it may be large, so it is not kept alive but for who listens."""
    array: np.ndarray[Any, Any]


@contextmanager
def noting_grads() -> "Iterator[dict[Node, Any]]":
    """The gradients that are replaced inside, each as it was before."""
    before: dict[Node, Any] = {}
    token = _noted.set(before)
    try:
        yield before
    finally:
        _noted.reset(token)
        outer = _noted.get()
        if outer is not None:
            for node, g in before.items():
                outer.setdefault(node, g)


def exchange_grads(grads: "Mapping[Node, Any]") -> "dict[Node, Any]":
    """Give nodes these gradients, and return those that they had."""
    with shared:
        had = {node: node._grad for node in grads}
        for node, g in grads.items():
            node._grad = g
    return had


def _replaced_at(version: tuple[int, Node]) -> int:
    return version[0]


class Extras:
    """What few nodes have, so that the others are small: hooks, a wish to keep the gradient, marks, what is known of writes."""

    __slots__ = ("argument", "hooks", "made_by", "retain_grad", "runs_code", "scalar", "spent", "versions", "written")

    def __init__(self) -> None:
        self.argument: Argument | None = None
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.retain_grad = False
        self.runs_code = False
        """Does its rule run a function of the user's?"""
        self.spent = False
        self.written = 0
        self.versions: list[tuple[int, Node]] | None = None
        """The nodes it was before recorded writes, and when each was replaced."""
        self.made_by: tuple[Any, tuple[Any, ...], Mapping[str, Any]] | None = None
        """The function and arguments of a view that is not recorded, or was written."""
        self.scalar = False
        """Is it the value of an unrecorded function that gives a scalar in NumPy?"""


def extras(node: Node) -> Extras:
    if node._extras is None:
        with shared:  # of two threads, both have to get the same
            if node._extras is None:
                node._extras = Extras()
    return node._extras


def keep_argument(node: Node, op: Callable[..., Any], a: Any) -> None:
    """Let `node` know what `op` made it from, where it is not recorded."""
    if not isinstance(a, Node):
        extras(node).argument = Argument(op, lambda: None, np.asarray(a))
    else:
        weak = current_mode().tracing is None
        extras(node).argument = Argument(op, ref(a) if weak else lambda: a, a._array)


def nodes_in(values: Iterable[Any]) -> Iterator[Node]:
    """The nodes among values, looking into lists and tuples."""
    for value in values:
        if isinstance(value, Node):
            yield value
        elif type(value) in NESTS:
            yield from nodes_in(value)


# ---------------------------------------------------------------------------------------------------------------------
# Recording.

_new = object.__new__
_tick = clock.__next__
_ndarray, _ufunc = np.ndarray, np.ufunc
_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_tensor: type[Node] = Node


def nodes_are(kind: type[Node]) -> None:
    """State the class of the nodes that `apply` and `leaf` make."""
    global _tensor
    _tensor = kind


def apply(op: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any] = NO_KEYWORDS) -> Any:
    """Compute `op(*args, **keywords)` on the values, and record it if a gradient may be asked for. The one place that does."""
    mode = current_mode()
    needs = False
    values = []
    for a in args:
        if isinstance(a, Node):
            values.append(a._array)
            if a._requires_grad:
                needs = True
        elif type(a) in SIMPLE:
            values.append(a)
        elif type(a) in NESTS and SIMPLE.issuperset(map(type, a)) and not stands_for_array(op, len(values)):
            values.append(a)  # an index, mostly: there is nothing in it to look for
        elif not is_operand(a) and not is_left_alone(op, len(values)):
            return apply(op, (*args[: len(values)], operand(a), *args[len(values) + 1 :]), keywords)
        elif type(a) in NESTS:
            if stands_for_array(op, len(values)):
                at = len(values)
                return apply(op, (*args[:at], one_array(a), *args[at + 1 :]), keywords)
            values.append(values_of(a))
            needs = needs or any(n._requires_grad for n in nodes_in(a))
        else:
            values.append(a)
    tracer = mode.tracing
    if tracer is not None:
        tracer.prepare(args, values)
    compute = PLAIN.get(op, op)
    if keywords:
        keywords = operands_by_name(keywords)
    try:
        if keywords:
            named = {k: values_of(v) for k, v in keywords.items()}
            if tracer is not None:
                tracer.prepare_keywords(named)
            out = compute(*values, **named)
            needs = needs or any(n._requires_grad for n in nodes_in(keywords.values()))
        elif type(compute) is _ufunc and type(values[0]) is _ndarray and not values[0].ndim and TAKES_ELLIPSIS:
            out = compute(*values, out=...)
        else:
            out = compute(*values)
    except ValueError as error:
        raise _explained(error, op, args, mode.scope) from None
    if type(out) is not _ndarray:
        out = as_array(out, op)
    dtype = out.dtype
    if dtype is not _FLOAT64 and dtype is not _FLOAT32 and dtype.kind != "f":
        if dtype.kind not in "biu":
            raise not_real(out, op)
        needs = False
    node = _new(_tensor)
    node._array = out
    node._grad = node._extras = node.name = None
    node.scope = mode.scope
    node.index = _tick()
    node._requires_grad = needs = needs and mode.recording
    if needs or tracer is not None:
        node.op = op
        node.args = args
        node.keywords = keywords
        if tracer is not None:
            tracer.recorded(node, values)
    else:
        node.op = None
        node.args = ()
        node.keywords = NO_KEYWORDS
        if op in KEEPS_ARGUMENT:
            keep_argument(node, op, args[0])
        if op in VIEWS and (out.base is not None or out is values[0]):
            extras(node).made_by = op, args, keywords
        elif not out.ndim:
            extras(node).scalar = op not in MAKES_ARRAYS
    return node


def leaf(data: np.ndarray[Any, Any], kind: type[Node] | None = None) -> Any:
    """A Tensor of this very array, without history."""
    node = _new(kind or _tensor)
    node._array = data
    node._grad = node._extras = node.name = node.op = None
    node._requires_grad = False
    node.args = ()
    node.keywords = NO_KEYWORDS
    node.scope = current_mode().scope
    node.index = _tick()
    return node


def constant_leaf(data: np.ndarray[Any, Any]) -> Any:
    """A leaf of an array that the library made from shapes alone, or from a rule's constants."""
    made = leaf(data)
    tracer = current_mode().tracing
    if tracer is not None:
        tracer.is_constant(made)
    return made


def values_of(a: Any) -> Any:
    """`a` with arrays in the place of Tensors, looking into lists and tuples."""
    if isinstance(a, Node):
        return a._array
    return type(a)(map(values_of, a)) if type(a) in NESTS else a


def reading(a: Any, t: Node, old: Node) -> Any:
    """An argument with `old` in the place of `t`, looking into lists and tuples."""
    if a is t:
        return old
    return type(a)(reading(part, t, old) for part in a) if type(a) in NESTS else a


def one_array(a: Any) -> Any:
    """A nested list as one array, or as one Tensor if there are Tensors in it."""
    if type(a) not in NESTS:
        return a
    return np.asarray(a) if next(nodes_in(a), None) is None else np.stack([one_array(part) for part in a])


def as_array(out: Any, op: Callable[..., Any]) -> np.ndarray[Any, Any]:
    """What an operation returned as an ndarray; 0-d results stay 0-d arrays. Raises TypeError for anything but numbers."""
    if type(out) in NESTS:
        raise TypeError(
            f"{name_of(op)} returned a {type(out).__name__}; return one array: stack the parts, and index it"
        )
    array = np.asarray(out)
    if array.dtype.kind not in "biuf":
        raise not_real(out, op)
    return array


def not_real(out: Any, op: Callable[..., Any]) -> TypeError:
    if getattr(getattr(out, "dtype", None), "kind", "c" if type(out) is complex else "") == "c":
        return TypeError(f"{name_of(op)} gave complex numbers; Tensors are real: keep real and imaginary parts apart")
    return TypeError(
        f"{name_of(op)} gave {getattr(out, 'dtype', type(out).__name__)}, not real numbers: convert to floats"
    )


def _explained(error: ValueError, op: Callable[..., Any], args: tuple[Any, ...], scope: tuple[str, ...]) -> ValueError:
    """NumPy's error, saying which tensors of which layer met."""
    operands = " and ".join(a.describe() for a in nodes_in(args))
    inside = f", in {' / '.join(scope)}" if scope else ""
    error.args = (f"{error} [{name_of(op)} of {operands}{inside}]",)
    return error
