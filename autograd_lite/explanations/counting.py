"""How many paths lead from a Tensor to a cost."""

from ..graph import Node
from ..traversal import ancestors, between, newest_first
from .uses import depends, require_recorded


def count_paths(cost: Node, leaf: Node) -> int:
    """The number of paths along which a change of `leaf` reaches `cost`: exact, in time linear in the graph.

    A Tensor used twice by an operation, as in x·x, makes two. 0 if the cost does not depend on it, 1 from a Tensor to itself.

    Raises TypeError for what is no Tensor, RuntimeError for one that does not require a gradient.
    """
    require_recorded(cost, leaf, "count_paths")
    return counted(leaf, way(cost, leaf)).get(cost, 0)


def way(cost: Node, leaf: Node) -> list[Node]:
    """The nodes on paths from `leaf` to `cost`, these included, newest first; none if there is no path."""
    reached = ancestors([cost])
    return newest_first(between([leaf], reached)) if leaf in reached else []


def counted(leaf: Node, nodes: list[Node]) -> dict[Node, int]:
    """The number of paths from `leaf` to each of `nodes`, which are those of `way`."""
    counts: dict[Node, int] = {}
    for node in reversed(nodes):  # inputs first
        counts[node] = 1 if node is leaf else sum(counts[use.input] for use in depends(node, counts))
    return counts
