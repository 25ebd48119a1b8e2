"""What happened, and who holds it: the node of the computation graph, and the handle of its value.

A `Node` says how a value was computed and never changes. A `Handle` is what a user holds, a Tensor: it points at the node of its
present value, and at another one after a write. Whatever was computed from it before keeps the node that it read.

A node points at what it was made from, never at what is made from it: there are no cycles, and a graph is freed the moment its
output is. A global counter numbers nodes as they are made, so ascending numbers *are* a topological order.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np

from .function_names import name_of
from .mode import current_mode
from .operands import NESTS

Array = np.ndarray[Any, Any]
NO_KEYWORDS: Mapping[str, Any] = {}
clock = count(1)
"""Numbers nodes, and other events whose order matters."""
shared = RLock()
"""Held while a slot is made, or a gradient added to one. Re-entrant: the garbage collector may run anybody's code in between."""
if hasattr(os, "register_at_fork"):  # a child must not inherit it from a thread that the child does not have
    os.register_at_fork(before=shared.acquire, after_in_parent=shared.release, after_in_child=shared.release)


events = [0]
"""Number of the last event that can invalidate a compiled step: an assignment, a hook, a change of requires_grad. In a list of
one, which a step reads every time."""


def note_event() -> None:
    """Something happened that a compiled step has to look at."""
    events[0] = next(clock)


class Node:
    """How one value was computed."""

    __slots__ = ("args", "array", "holder", "index", "keywords", "name", "op", "requires_grad", "scope", "slot")

    kind = "a leaf that requires a gradient"
    remedy = "Write under no_grad() to change its value, or into a copy() to compute with the change"
    """What a leaf is, and what to do instead of writing it, for the error of one who does."""
    array: Array
    """The value."""
    op: Callable[..., Any] | None
    """The function that gave it; None for a leaf."""
    args: tuple[Any, ...]
    """The positional arguments of `op`: nodes, arrays, numbers, and lists or tuples of these."""
    keywords: Mapping[str, Any]
    index: int
    """No two nodes have the same, and arguments have a smaller one."""
    requires_grad: bool
    scope: tuple[str, ...]
    name: str | None
    """A label, which may be set at any time."""
    slot: "GradientSlot | None"
    """Who waits for the gradient; None for most nodes."""
    holder: "ref[Handle] | None"
    """A handle that pointed at this node."""

    @property
    def inputs(self) -> "tuple[Node, ...]":
        """The nodes among the arguments, in order, repeated where used twice."""
        return tuple(nodes_in((*self.args, *self.keywords.values())))

    def describe(self) -> str:
        """How error messages call this node: by its name if it has one, else by what it is."""
        shape = "x".join(map(str, self.array.shape)) or "scalar"
        if self.name is not None:
            return f"{self.name!r} ({shape})"
        return f"an unnamed tensor ({shape})" if self.op is None else f"the result of {name_of(self.op)} ({shape})"


class GradientSlot:
    """Where the gradient by a node arrives, and who waits for it.

    All leaf nodes that one Tensor held share its slot. Of computed nodes only the present one has it.
    """

    __slots__ = ("grad", "hooks", "retained", "spent")

    def __init__(self) -> None:
        self.grad: Any = None
        """None, an array, or a Tensor. An array becomes a Tensor when `.grad` is read; see gradients.py."""
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.retained = False
        """Is the gradient kept although the node is no leaf?"""
        self.spent = False
        """Was the graph that ends here run backward?"""


def leaf_node(data: np.ndarray[Any, Any], kind: type[Node] = Node) -> Any:
    """A node without history."""
    node = object.__new__(kind)
    node.array = data
    node.slot = node.name = node.op = node.holder = None
    node.requires_grad = False
    node.args = ()
    node.keywords = NO_KEYWORDS
    node.scope = current_mode().scope
    node.index = next(clock)
    return node


def next_leaf(old: Node, array: Array) -> Node:
    """The leaf node after `old` of the same Tensor."""
    node: Node = object.__new__(Node)
    node.array = array
    node.op, node.args, node.keywords = None, (), NO_KEYWORDS
    node.name, node.scope, node.holder = old.name, old.scope, old.holder
    node.slot = slot_of(old) if old.requires_grad and old.slot is None else old.slot
    node.requires_grad = old.requires_grad
    node.index = next(clock)
    return node


def slot_of(node: Node) -> GradientSlot:
    """The slot of a node, which gets one if it has none."""
    if node.slot is None:
        with shared:  # of two threads, both have to get the same
            if node.slot is None:
                node.slot = GradientSlot()
    return node.slot


class Handle:
    """Holds the node of a present value. Every Tensor is one."""

    __slots__ = ("__weakref__", "_node", "_view")

    _node: Node
    """The present one, unless there is a view or a memory: see `recording.current`."""
    _view: Any
    """None if nobody shares its memory, its Memory if it has views, its View if it is one; or NUMBER or ARRAY."""


def nodes_in(values: Iterable[Any]) -> Iterator[Node]:
    """The nodes among values, looking into lists and tuples."""
    for value in values:
        if isinstance(value, Node):
            yield value
        elif type(value) in NESTS:
            yield from nodes_in(value)
