"""Leaf nodes that know what they were made from, where their own digits do not tell."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .mode import current_mode
from .node import Node, leaf_node


class KnowingNode(Node):
    """A leaf node that knows what it was made from, by a function that keeps its argument in every mode."""

    __slots__ = ("argument",)

    argument: tuple[Callable[..., Any], Node | None, np.ndarray[Any, Any]]
    """The function, the node if somebody listens, and its array. Otherwise the node, whose history may be large, is let go."""


def knowing(leaf: Node, op: Callable[..., Any], a: Any, array: Any) -> KnowingNode:
    """The leaf as one that knows its argument, a node or an array."""
    node: KnowingNode = leaf_node(leaf.array, KnowingNode)
    node.scope, node.index = leaf.scope, leaf.index
    listens = current_mode().tracing is not None
    node.argument = op, a if listens and isinstance(a, Node) else None, np.asarray(array)
    return node
