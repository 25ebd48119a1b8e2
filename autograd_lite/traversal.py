"""Going through a graph: what leads to an output, and in which order."""

from collections.abc import Iterable
from heapq import heappop, heappush
from operator import attrgetter

import numpy as np

from .graph import LAST_STAMP, NESTS, Node, nodes_in, reading
from .rules import name_of

_index = attrgetter("index")


def ancestors(outputs: Iterable[Node]) -> set[Node]:
    """The nodes that require a gradient and lead to `outputs`, those included.

    Raises RuntimeError if an input was written after it was used and its old value is lost.
    """
    found = set(outputs)
    computed = list(found)
    written = LAST_STAMP[0]
    for node in computed:  # it grows meanwhile
        if node.index < written:  # else it is newer than any write
            check_unwritten(node)
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
    return found


def check_unwritten(node: Node) -> list[tuple[Node, Node]]:
    """Let a node read what it was computed from: gives the inputs that were written since, and the nodes of their old values.

    Raises RuntimeError if such a value is lost, or if that of the node itself was replaced.
    """
    index = node.index
    if node._written > index and node.op is not None:
        raise _lost(node, node)
    replaced: list[tuple[Node, Node]] = []
    for a in nodes_in(node.args if not node.keywords else (*node.args, *node.keywords.values())):
        if a._written <= index:
            continue
        old = a.at(index)
        if old is not None:
            replaced.append((a, old))
        elif not (node.op is np.copy and node.args[0] is a and a._array.shape == node._array.shape):
            raise _lost(a, node)  # but the rule of a copy reads no value
    for a, old in replaced:
        node.args = reading(node.args, a, old)
        node.keywords = {k: reading(v, a, old) for k, v in node.keywords.items()}
    return replaced


def _lost(a: Node, node: Node) -> RuntimeError:
    """The value of `a`, which was used by `node`, was written without being recorded."""
    assert node.op is not None
    used = "it was computed" if node is a else f"{name_of(node.op)} used it"
    remedy = (
        f"run backward() before the write, or compute with {name_of(node.op)} of a copy() of it"
        if a.op is None
        else "write into a copy() of it, or not under no_grad()"
    )
    return RuntimeError(
        f"{a.describe()} was written after {used}, without being recorded, so its derivative would be taken at the wrong value: "
        + remedy
    )


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
