"""Going through a graph: what leads to an output, and in which order."""

from collections.abc import Iterable
from heapq import heappop, heappush
from operator import attrgetter

from .node import Node, nodes_in

_index = attrgetter("index")


def ancestors(outputs: Iterable[Node]) -> set[Node]:
    """The nodes that require a gradient and lead to `outputs`, those included."""
    found = set(outputs)
    computed = list(found)
    for node in computed:  # it grows meanwhile
        for a in nodes_in(node.args if not node.keywords else (*node.args, *node.keywords.values())):
            if a.requires_grad and a not in found:
                found.add(a)
                if a.op is not None:
                    computed.append(a)
    return found


def newest_first(nodes: Iterable[Node]) -> list[Node]:
    """In the order of the backward pass, if it is to know all nodes before."""
    return sorted(nodes, key=_index, reverse=True)


class Waiting:
    """Nodes that wait for their turn: the newest comes first, whenever it came.

    It is kept apart, since mostly only one waits; the others lie in a heap by their numbers, which are compared quicker than
    tuples or nodes.
    """

    __slots__ = ("_by_number", "_newest", "_numbers")

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._newest: Node | None = None
        self._numbers: list[int] = []
        """Minus the `index` of each of the others, as a heap."""
        self._by_number: dict[int, Node] = {}
        for node in nodes:
            self.push(node)

    def push(self, node: Node) -> None:
        """Let a node wait that does not wait yet."""
        newest = self._newest
        if newest is None:
            self._newest = node
            return
        if node.index > newest.index:
            self._newest, node = node, newest
        number = -node.index
        self._by_number[number] = node
        heappush(self._numbers, number)

    def pop(self) -> Node | None:
        """The newest of those that wait, which waits no longer; None if none does."""
        node = self._newest
        self._newest = self._by_number.pop(heappop(self._numbers)) if self._numbers else None
        return node


def between(inputs: Iterable[Node], nodes: set[Node]) -> set[Node]:
    """Those of `nodes` that depend on `inputs`, these included: the ones a gradient of `inputs` has to pass."""
    found = set(inputs)
    for node in reversed(newest_first(nodes)):
        if node not in found and any(a in found for a in node.inputs):
            found.add(node)
    return found
