"""Who shares memory with whom, as in NumPy: memories, views of them, and numbers, which share nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from operator import getitem
from typing import Any

import numpy as np

from .node import Handle, Node, shared
from .rules import MAKES_ARRAYS, VIEWS


class Memory:
    """The memory of a Tensor that has views: who writes into one of them, writes into all.

    A Tensor that is assigned another array leaves its memory, and its views, behind.
    """

    __slots__ = ("__weakref__", "node", "recorded")

    def __init__(self, node: Node):
        self.node = node
        """The present value."""
        self.recorded = False
        """Was a write recorded? Views that were taken without recording are then part of the graph too."""


class View:
    """A part of a memory, as NumPy would share it."""

    __slots__ = ("__weakref__", "args", "keywords", "memory", "node", "op", "parent", "recorded", "seen")

    def __init__(
        self, parent: "View | Memory", node: Node, op: Any, args: tuple[Any, ...], keywords: Any, recorded: bool
    ):
        self.parent, self.op, self.args, self.keywords = parent, op, args, keywords
        """The view is `op(parent, *args, **keywords)`."""
        self.node = node
        """The value when the view was last taken."""
        self.memory: Memory = parent if isinstance(parent, Memory) else parent.memory
        self.seen: Any = self.memory.node.array
        """What the memory held then. If it holds another array, the view is stale."""
        self.recorded = recorded
        """Was the view taken while recording? If not, it is taken anew without, unless a write was recorded since."""


NUMBER = "number"
"""In the place of a view: NumPy gives a scalar here, which no operator changes. A recorded operation tells so by itself."""
ARRAY = "array"
"""In the place of a view: it is an array without axes, whatever operation wrote its value."""


def relation(
    node: Node, op: Any, args: tuple[Any, ...], memory: Any, keywords: Mapping[str, Any], recorded: bool
) -> Any:
    """How a result relates to memory: a view of the first argument, a number, or an array of its own (None).

    args : those of `op`, Tensors among them
    memory : the array of the first
    """
    base = node.array.base
    if base is not None and op in VIEWS and isinstance(args[0], Handle):
        parent = args[0]
        if (base is memory or base is memory.base or np.may_share_memory(node.array, memory)) and not is_number(parent):
            if type(parent._view) is not View and type(parent._view) is not Memory:
                with shared:  # of two threads, both have to find the same memory
                    if type(parent._view) is not Memory:
                        parent._view = Memory(parent._node)
            return View(parent._view, node, op, args[1:], keywords, recorded)
    return NUMBER if not node.array.ndim and not _makes_array(op, args) else None


def is_view_of(t: Handle, other: Handle) -> bool:
    """Was `t` taken of `other`?"""
    return type(t._view) is View and t._view.parent is other._view


def is_number(t: Handle) -> bool:
    """Would NumPy have a scalar here, and not an array without axes?"""
    if t._view is not None:
        return t._view is NUMBER
    node = t._node
    return node.op is not None and not node.array.ndim and not _makes_array(node.op, node.args)


def _makes_array(op: Any, args: tuple[Any, ...]) -> bool:
    """Is a result without axes an array in NumPy? Of an index it is one if there are dots in it."""
    if op is getitem:
        return args[1] is Ellipsis or (type(args[1]) is tuple and any(part is Ellipsis for part in args[1]))
    return op in MAKES_ARRAYS


Moved = dict[Any, tuple[Node, Any]]
"""By Tensor, memory or view the node that it held, and what the memory of a view held when that was taken."""
_moved: ContextVar[Moved | None] = ContextVar("autograd_lite writes", default=None)
"""What was written, or taken anew, in this thread or task, as it was before, for a checkpoint to restore."""


@contextmanager
def noting_writes() -> Iterator[Moved]:
    """What is written inside, and views that are taken anew, as they were before."""
    before: Moved = {}
    token = _moved.set(before)
    try:
        yield before
    finally:
        _moved.reset(token)
        for t, (node, seen) in before.items():
            note_moved(t, node, seen)


def note_moved(t: Any, node: Node, seen: Any = None) -> None:
    """Tell who notes writes that a Tensor, a memory or a view no longer holds this node."""
    moved = _moved.get()
    if moved is not None:
        moved.setdefault(t, (node, seen))
