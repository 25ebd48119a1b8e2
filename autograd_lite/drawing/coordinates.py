"""Layered drawing, third step: what must hold across the ranks.

All of it is of one form, y[b] ≥ y[a] + distance: between neighbours in a rank, and between them and the borders of the
scopes around them. Such constraints make a convex set, so the mean of two admissible placements is admissible: pushing
everything down where there is no room, and everything up, and taking the mean, repairs any placement evenly.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from .order import Layers
from .ranks import Scope, common

CARD_GAP = 20.0
LINE_GAP = 14.0
SCOPE_GAP = 16.0

Constraint = tuple[int, int, float]


class Across:
    """Positions across the ranks, `y`: of the middle of each element, and after them of the borders of each scope."""

    def __init__(self, layers: Layers, pad: tuple[float, float], least: Mapping[Scope, float]):
        """pad : from a scope's borders to its content, before and after; least : least extent of a scope"""
        self.layers = layers
        self.pad = pad
        self.least = least
        names = sorted(layers.spans)
        self.elements = len(layers.rank)
        self.top = {s: self.elements + 2 * i for i, s in enumerate(names)}
        self.bottom = {s: self.elements + 2 * i + 1 for i, s in enumerate(names)}
        self.y = layers.position + [0.0] * (2 * len(names))
        self.half = [size / 2 for size in layers.across] + [0.0] * (2 * len(names))
        self.inside: dict[Scope, list[int]] = {s: [] for s in names}
        """What lies in a scope and in none of the scopes in it."""
        for e, scope in enumerate(layers.scopes):
            if scope:
                self.inside[scope].append(e)
        self.deepest_first = sorted(names, key=lambda s: (-len(s), s))
        self.constraints = [self._of_rank(row) for row in layers.order]
        self.offsets = [self._offsets(chain, row) for chain, row in zip(self.constraints, layers.order, strict=True)]
        self._sort()

    def _of_rank(self, row: Sequence[int]) -> list[Constraint]:
        """The constraints of one rank, from top to bottom: elements, and the borders of scopes between them."""
        things: list[int] = []
        here: Scope = ()
        for e in row:
            scope = self.layers.scopes[e]
            shared = len(common(here, scope))
            things += [self.bottom[here[:n]] for n in range(len(here), shared, -1)]
            things += [self.top[scope[:n]] for n in range(shared + 1, len(scope) + 1)]
            things.append(e)
            here = scope
        things += [self.bottom[here[:n]] for n in range(len(here), 0, -1)]
        return [(a, b, self._gap(a, b) + self.half[a] + self.half[b]) for a, b in pairwise(things)]

    def _gap(self, a: int, b: int) -> float:
        if a >= self.elements and (a - self.elements) % 2 == 0:
            return self.pad[0]
        if b >= self.elements and (b - self.elements) % 2 == 1:
            return self.pad[1]
        if a >= self.elements or b >= self.elements:
            return SCOPE_GAP
        return CARD_GAP if self.half[a] and self.half[b] else LINE_GAP

    def _offsets(self, chain: list[Constraint], row: list[int]) -> list[float]:
        """How far each element of a rank is at least from the first thing in it."""
        at = 0.0
        offsets = [] if chain and chain[0][0] != row[0] else [0.0]
        for _, b, distance in chain:
            at += distance
            if b < self.elements:
                offsets.append(at)
        return offsets

    def _sort(self) -> None:
        """Constraints in an order in which everything above comes first."""
        self.after: list[list[tuple[int, float]]] = [[] for _ in self.y]
        waiting_for = [0] * len(self.y)
        everything = [c for chain in self.constraints for c in chain]
        everything += [(self.top[s], self.bottom[s], extent) for s, extent in self.least.items() if s in self.top]
        for a, b, distance in everything:
            self.after[a].append((b, distance))
            waiting_for[b] += 1
        self.topological = [v for v, n in enumerate(waiting_for) if n == 0]
        for v in self.topological:  # grows while it is read
            for w, _ in self.after[v]:
                waiting_for[w] -= 1
                if waiting_for[w] == 0:
                    self.topological.append(w)
        if len(self.topological) != len(self.y):
            raise RuntimeError("scopes stand in different orders in different ranks")

    def repair(self) -> None:
        """Make the placement admissible again, moving things as little to one side as to the other."""
        if not self.top:
            return  # within a rank everything is admissible already
        self.draw_borders()
        down, up = list(self.y), list(self.y)
        for v in self.topological:
            for w, distance in self.after[v]:
                if down[w] < down[v] + distance:
                    down[w] = down[v] + distance
        for v in reversed(self.topological):
            for w, distance in self.after[v]:
                if up[v] > up[w] - distance:
                    up[v] = up[w] - distance
        self.y = [(a + b) / 2 for a, b in zip(down, up, strict=True)]
        self.draw_borders(repaired=True)

    def loosen_borders(self) -> None:
        """Move the borders of scopes outwards as far as nothing is in the way: they do not hold what is in them."""
        before: list[list[tuple[int, float]]] = [[] for _ in self.y]
        for a, follow in enumerate(self.after):
            for b, distance in follow:
                before[b].append((a, distance))
        for v in self.topological:
            if v >= self.elements and (v - self.elements) % 2 == 0:
                self.y[v] = max((self.y[a] + distance for a, distance in before[v]), default=-math.inf)
        for v in reversed(self.topological):
            if v >= self.elements and (v - self.elements) % 2 == 1:
                self.y[v] = min((self.y[b] - distance for b, distance in self.after[v]), default=math.inf)

    def draw_borders(self, repaired: bool = False) -> None:
        """Draw the borders of every scope close around what it holds. Once repaired, they only move inwards."""
        y, half = self.y, self.half
        children: dict[Scope, list[Scope]] = {}
        for s in self.deepest_first:
            top, bottom = self.top[s], self.bottom[s]
            tops = [y[e] - half[e] for e in self.inside[s]] + [y[self.top[c]] for c in children.get(s, ())]
            ends = [y[e] + half[e] for e in self.inside[s]] + [y[self.bottom[c]] for c in children.get(s, ())]
            least = self.least.get(s, 0.0)
            y[top] = min(min(tops) - self.pad[0], y[bottom] - least if repaired else math.inf)
            y[bottom] = max(max(ends) + self.pad[1], y[top] + least)
            children.setdefault(s[:-1], []).append(s)
