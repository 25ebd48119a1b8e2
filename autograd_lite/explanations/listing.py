"""The paths that matter most, without looking at the others.

Between numbers a path's contribution is the product of its local derivatives, so the largest come first exactly: the best way on
from every node is found once, and a path is told by where it leaves the best way, and by how much it loses there
(D. Eppstein, Finding the k shortest paths, 1998, for products instead of sums).

Between arrays the size of a contribution is known only when it has been carried to the end. All are, if they are not too
many; else those that look largest on the way are followed.
"""

import heapq
import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..node import Node
from .uses import Use, depends, push

MANY = 2000
"""As many paths between arrays are all looked at."""


class Chain(NamedTuple):
    """A path as far as it has been followed, from the cost back: its last use, and the chain before that."""

    use: Use
    before: "Chain | None"

    def uses(self) -> list[Use]:
        """From the last followed to the first."""
        found = []
        chain: Chain | None = self
        while chain is not None:
            found.append(chain.use)
            chain = chain.before
        return found


def largest(
    cost: Node, leaf: Node, nodes: list[Node], slopes: dict[tuple[int, int], float], top: int
) -> Iterator[list[Use]]:
    """The paths of largest product, by decreasing magnitude; each as its uses from the leaf to the cost.

    nodes : those on the way, newest first;  slopes : the derivative of every use, by its key

    NaN and infinite products come first, since they decide the gradient, and zeros last.
    """
    best: dict[Node, float] = {leaf: 0.0}
    loss: dict[Node, list[tuple[float, Use]]] = {}
    for node in reversed(nodes):
        if node is not leaf:
            ways = [(_log(slopes[use.key]) + best[use.input], use) for use in depends(node, best)]
            ways = [(math.inf if math.isnan(size) else size, use) for size, use in ways]
            best[node] = max(size for size, _ in ways)
            loss[node] = [(_less(size, best[node]), use) for size, use in ways]
    tie = count()
    # Sorted by what is lost; of equals the one that came farthest, so that finding one path never waits for its equals.
    waiting: list[tuple[float, int, int, Node, Chain | None]] = [(0.0, 0, next(tie), cost, None)]
    while waiting and top > 0:
        lost, depth, _, node, chain = heapq.heappop(waiting)
        if node is leaf:
            top -= 1
            yield [] if chain is None else chain.uses()
            continue
        for less, use in loss[node]:
            heapq.heappush(waiting, (lost + less, depth - 1, next(tie), use.input, Chain(use, chain)))


def _log(derivative: float) -> float:
    size = abs(derivative)
    return math.inf if math.isnan(size) else math.log(size) if size else -math.inf


def _less(size: float, best: float) -> float:
    return 0.0 if size == best else best - size


def carried(cost: Node, seed: Any, leaf: Node, nodes: list[Node]) -> Iterator[tuple[list[Use], Any]]:
    """Every path with the cotangent that it alone carries from the cost to the leaf; depth first, in the order of arguments."""
    on_the_way = set(nodes)
    waiting: list[tuple[Node, Any, Chain | None]] = [(cost, seed, None)]
    while waiting:
        node, g, chain = waiting.pop()
        if node is leaf:
            yield ([] if chain is None else chain.uses()), g
        else:
            ways = [(use.input, push(use, g), Chain(use, chain)) for use in depends(node, on_the_way)]
            waiting.extend(reversed(ways))


def followed(
    cost: Node, seed: Any, leaf: Node, nodes: list[Node], gain: Callable[[Use], float], top: int
) -> Iterator[tuple[list[Use], Any]]:
    """Paths with the cotangents they carry, those that look largest first.

    gain : by what factor a use changes the size of what passes, in the mean

    What comes out is exact for each path; that they are the largest is not certain.
    """
    on_the_way = set(nodes)
    ahead: dict[Node, float] = {leaf: 0.0}
    for node in reversed(nodes):
        if node is not leaf:
            ahead[node] = max(_log(gain(use)) + ahead[use.input] for use in depends(node, ahead))
    tie = count()
    waiting: list[tuple[float, int, int, Node, Any, Chain | None]] = [(0.0, 0, next(tie), cost, seed, None)]
    budget = 4 * top * (len(nodes) + 1)
    while waiting and top > 0:
        if budget <= 0:  # bring what was begun to its end, instead of beginning more
            waiting = heapq.nsmallest(1, waiting, key=lambda entry: entry[1:3])
        _, depth, _, node, g, chain = heapq.heappop(waiting)
        budget -= 1
        if node is leaf:
            top -= 1
            yield ([] if chain is None else chain.uses()), g
            continue
        for use in depends(node, on_the_way):
            c = push(use, g)
            looks = _log(float(np.linalg.norm(c))) + ahead[use.input]
            heapq.heappush(
                waiting,
                (-looks if looks == looks else -math.inf, depth - 1, next(tie), use.input, c, Chain(use, chain)),
            )
