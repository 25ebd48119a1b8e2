"""Going through a graph: what leads to an output, and in which order."""

from collections.abc import Iterable
from heapq import heappop, heappush
from operator import attrgetter

from .graph import LAST_STAMP, NESTS, Node, nodes_in
from .rules import name_of

_index = attrgetter("index")


def ancestors(outputs: Iterable[Node]) -> set[Node]:
    """The nodes that require a gradient and lead to `outputs`, those included.

    Raises RuntimeError if an input was written after it was used: the rules would see another value than the function did.
    """
    found = set(outputs)
    computed = list(found)
    for node in computed:  # it grows meanwhile
        for a in node.args if not node.keywords else (*node.args, *node.keywords.values()):
            if isinstance(a, Node):
                if a._requires_grad and a not in found:
                    found.add(a)
                    if a.op is not None:
                        computed.append(a)
            elif type(a) in NESTS:
                for part in nodes_in(a):
                    if part._requires_grad and part not in found:
                        found.add(part)
                        if part.op is not None:
                            computed.append(part)
    if computed and LAST_STAMP[0] > min(map(_index, computed)):  # else they are all newer than any write
        for node in computed:
            check_unwritten(node)
    return found


def check_unwritten(node: Node) -> None:
    """Raise RuntimeError if an input of the node was written after the node had used it, or the node itself."""
    index = node.index
    if node._written > index and node.op is not None:
        raise _written_since(node, node)
    for a in node.args if not node.keywords else (*node.args, *node.keywords.values()):
        if isinstance(a, Node):
            if a._written > index:
                raise _written_since(a, node)
        elif type(a) in NESTS:
            for part in nodes_in(a):
                if part._written > index:
                    raise _written_since(part, node)


def newest_first(nodes: Iterable[Node]) -> list[Node]:
    """In the order of the backward pass, if it is to know all nodes before."""
    return sorted(nodes, key=_index, reverse=True)


class Waiting:
    """Nodes that wait for their turn: the newest comes first, whenever it came.

    It is kept apart, since mostly only one waits; the others lie in a heap by their numbers, which are compared quicker than
    tuples or nodes.
    """

    __slots__ = ("_by_number", "_newest", "_numbers")

    def __init__(self) -> None:
        self._newest: Node | None = None
        self._numbers: list[int] = []
        """Minus the `index` of each of the others, as a heap."""
        self._by_number: dict[int, Node] = {}

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

    def all(self) -> list[Node]:
        """Those that wait, in any order."""
        return list(self._by_number.values()) if self._newest is None else [self._newest, *self._by_number.values()]


def between(inputs: Iterable[Node], nodes: set[Node]) -> set[Node]:
    """Those of `nodes` that depend on `inputs`, these included: the ones a gradient of `inputs` has to pass."""
    found = set(inputs)
    for node in reversed(newest_first(nodes)):
        if node not in found and any(a in found for a in node.inputs):
            found.add(node)
    return found


def _written_since(a: Node, node: Node) -> RuntimeError:
    assert node.op is not None
    return RuntimeError(
        f"{a.describe()} was written after {name_of(node.op)} used it, so its derivative would be taken at the wrong value: "
        "run backward() before the write, or use a copy() of it in the computation"
    )
