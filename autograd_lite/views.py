"""Views: Tensors whose arrays would share the memory of another Tensor's in NumPy.

A write into a view is a write into its base, as in NumPy. No memory is written here: the base becomes the node of a new value in
which the elements of the view are replaced, and the view is taken of it anew.
"""

from collections.abc import Iterator, Mapping
from operator import getitem
from typing import Any, NamedTuple

import numpy as np

from .graph import Node, apply, extras, values_of
from .rules import MAKES_ARRAYS, VIEWS, VJPS, name_of, primitive


class View(NamedTuple):
    """Of which Tensor something is a view, and how it was taken."""

    base: Node
    op: Any
    args: tuple[Any, ...]
    """The arguments of `op` after the base."""
    keywords: Mapping[str, Any]

    def of(self, array: Any) -> Any:
        """The view of a value of the base."""
        return self.op(array, *values_of(self.args), **{k: values_of(a) for k, a in self.keywords.items()})

    def is_of_now(self, node: Node) -> bool:
        """Is `node`, which was taken so, a view of what the base holds now?"""
        return self.base._written <= max(node.index, node._written) and np.may_share_memory(
            node._array, self.base._array
        )

    def put_back(self, base: Any, value: Any) -> Any:
        """The base, an array or a Tensor, with the elements of the view replaced by those of `value`.

        All views but those by an index hold each element once, so the rule of their derivative arranges the elements back.
        """
        if self.op is not getitem:
            return VJPS[self.op][0](value, value, base, *self.args, **self.keywords)
        if isinstance(base, Node) or isinstance(value, Node):
            return apply(setitem, (base, self.args[0], value))
        return setitem(base, values_of(self.args[0]), value)


@primitive
def setitem(x: Any, index: Any, value: Any) -> Any:
    """A copy of `x` in which `x[index]` is `value`."""
    changed = np.array(x)  # an array also where x is a NumPy scalar
    changed[index] = value
    return changed


def view_of(node: Node) -> View | None:
    """What the Tensor is a view of, taken anew if that was written meanwhile; None if its elements are its own.

    Raises ValueError, as NumPy does, for a view that may not be written; RuntimeError for a part that has no index.
    """
    view = taken(node)
    if view is None or not _shares(node, view):
        return None
    if not node._array.flags.writeable:
        raise ValueError(
            f"{node.describe()} is a read-only view, as {name_of(view.op)} gives it: write into a copy() of it"
        )
    if view.op is not getitem and node._array.size != view.base._array.size:
        raise RuntimeError(
            f"{node.describe()} is a view of a part of {view.base.describe()}, and a write would not reach that: write into "
            f"{view.base.describe()} by an index, or into a copy() of the part"
        )
    return view


def taken(node: Node) -> View | None:
    """How a Tensor was taken of another, if as NumPy takes views; whether it is one, its memory tells."""
    op, args, keywords = node.op, node.args, node.keywords
    if op is None or node._written:
        if node._extras is None or node._extras.made_by is None:
            return None
        op, args, keywords = node._extras.made_by
    if op not in VIEWS or not isinstance(args[0], Node) or is_scalar(args[0]):
        return None  # of a scalar NumPy takes copies
    return View(args[0], op, args[1:], keywords)


def remain(node: Node, view: View) -> None:
    """Keep of a view that was written what it is a view of: its node may say something else."""
    extras(node).made_by = view.op, (view.base, *view.args), view.keywords


def _shares(node: Node, view: View) -> bool:
    beyond = taken(view.base)
    if beyond is not None:
        _shares(view.base, beyond)
    if view.base._written > max(node.index, node._written):
        now = view.of(view.base._array)
        if not np.may_share_memory(now, view.base._array):
            return False  # it is a copy, as of an index of several positions, and keeps its value
        if node.op is None:
            node.write(now)
        else:
            node.become(node.as_it_is(), apply(view.op, (view.base, *view.args), view.keywords))
        remain(node, view)
    return view.is_of_now(node)


def chain(node: Node) -> Iterator[tuple[Node, View | None]]:
    """The Tensors whose values change when this one is written: itself, its base, the base of that."""
    view = view_of(node)
    yield node, view
    while view is not None:
        node, view = view.base, view_of(view.base)
        yield node, view


def is_scalar(node: Node) -> bool:
    """Would NumPy have a scalar here, which no operator changes in place, and not an array without axes?"""
    if node._array.ndim or node._written:
        return False
    if node.op is None:
        return node._extras is not None and node._extras.scalar
    return node._array.base is None and node.op not in MAKES_ARRAYS
