"""How many paths lead from a Tensor to a cost."""

from typing import NamedTuple

from ..node import Node
from ..tensor import Tensor
from ..traversal import ancestors, between, newest_first
from .uses import depends, recorded


class Ways(NamedTuple):
    """All paths from one node to another."""

    cost: Node
    leaf: Node
    nodes: list[Node]
    """Those that the paths lead through, both ends included, newest first; none if there is no path."""


def count_paths(cost: Tensor, leaf: Tensor) -> int:
    """The number of paths along which a change of `leaf` reaches `cost`: exact, in time linear in the graph.

    A Tensor used twice by an operation, as in x·x, makes two. 0 if the cost does not depend on it, 1 from a Tensor to itself.

    Raises TypeError for what is no Tensor, RuntimeError for one that does not require a gradient, and for a leaf that was
    written after it was used.
    """
    return counted(ways(*recorded(cost, leaf, "count_paths")))


def ways(cost: Node, leaf: Node) -> Ways:
    """The paths from `leaf` to `cost`."""
    reached = ancestors([cost])
    return Ways(cost, leaf, newest_first(between([leaf], reached)) if leaf in reached else [])


def counted(ways: Ways) -> int:
    """How many paths there are."""
    counts: dict[Node, int] = {}
    for node in reversed(ways.nodes):  # inputs first
        counts[node] = 1 if node is ways.leaf else sum(counts[use.input] for use in depends(node, counts))
    return counts.get(ways.cost, 0)
