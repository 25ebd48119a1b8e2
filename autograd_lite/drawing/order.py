"""Layered drawing, second step: the order within the ranks.

Sugiyama, Tagawa and Toda, 1981: long edges get a point in every rank they pass, and sweeps sort by barycentres. Scopes
are kept together: in every rank the members of a scope are neighbours, and two scopes that share ranks keep one order
in all of them, so that a rectangle around each holds its members and nobody else.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence

from .ranks import Link, Scope, common, ranks


class Layers:
    """Elements (cards, the points where long edges pass a rank, and holders of a scope's place) by rank, in order."""

    def __init__(self, across: Sequence[float], edges: Sequence[Link], scopes: Sequence[Scope]):
        self.cards = len(across)
        self.across = list(across)
        self.scopes = list(scopes)
        self.depth, self.rank = ranks(self.cards, edges, scopes)
        """Depth: the length of the longest path to a card. Rank: where it stands."""
        self.links: list[Link] = []
        """Between elements of neighbouring ranks."""
        self.chains: list[list[int]] = []
        """For every edge the elements it passes, its ends included."""
        self.sources: dict[int, int] = {}
        """Whose edges a point belongs to where edges pass a rank."""
        self.spans = self._spans()
        self._pass_long_edges(edges)
        self._hold_places()
        self.order: list[list[int]] = [[] for _ in range(max(self.rank, default=-1) + 1)]
        self.before: list[list[int]] = [[] for _ in self.rank]
        self.after: list[list[int]] = [[] for _ in self.rank]
        for a, b in self.links:
            self.before[b].append(a)
            self.after[a].append(b)
        self._first_order(edges)
        self._sweep()

    def _pass_long_edges(self, edges: Sequence[Link]) -> None:
        trunks: dict[tuple[int, Scope, int], list[int]] = {}
        seen: dict[Link, int] = {}
        linked: set[Link] = set()
        for u, v in edges:
            twin = seen[u, v] = seen.get((u, v), -1) + 1
            # Edges of one source share a line until they part; parallel edges stay apart.
            trunk = trunks.setdefault((u, self.scopes[v], twin), [u])
            steps = self.rank[v] - self.rank[u]
            while len(trunk) < steps:
                r = self.rank[u] + len(trunk)
                self.links.append((trunk[-1], len(self.rank)))
                self.sources[len(self.rank)] = u
                trunk.append(len(self.rank))
                self.scopes.append(self._passing(u, v, r))
                self.rank.append(r)
                self.depth.append(self.depth[u])
                self.across.append(0.0)
            self.chains.append([*trunk[:steps], v])
            last = trunk[steps - 1], v
            if last not in linked:
                linked.add(last)
                self.links.append(last)

    def _passing(self, u: int, v: int, r: int) -> Scope:
        """The scope in which the edge from u to v passes rank r: that of one of its ends, where it is there alone."""
        a, b = (self._around(self.scopes[end], r) for end in (u, v))
        shared = common(a, b)
        return b if a == shared else a if b == shared else shared

    def _around(self, scope: Scope, r: int) -> Scope:
        """As much of the scope as extends to rank r."""
        while scope and not self.spans[scope][0] <= r <= self.spans[scope][1]:
            scope = scope[:-1]
        return scope

    def _spans(self) -> dict[Scope, tuple[int, int]]:
        spans: dict[Scope, tuple[int, int]] = {}
        for r, scope in zip(self.rank, self.scopes, strict=True):
            for n in range(1, len(scope) + 1):
                low, high = spans.get(scope[:n], (r, r))
                spans[scope[:n]] = min(low, r), max(high, r)
        return spans

    def _hold_places(self) -> None:
        """A scope that has nothing in a rank between its first and its last still has its place there."""
        there = {
            (r, scope[:n]) for r, scope in zip(self.rank, self.scopes, strict=True) for n in range(1, len(scope) + 1)
        }
        for scope, (low, high) in sorted(self.spans.items(), key=lambda item: -len(item[0])):
            for r in range(low, high + 1):
                if (r, scope) not in there:
                    there.update((r, scope[:n]) for n in range(1, len(scope) + 1))
                    self.rank.append(r)
                    self.depth.append(0)
                    self.across.append(0.0)
                    self.scopes.append(scope)

    def _first_order(self, edges: Sequence[Link]) -> None:
        """Depth first from the last card, inputs in the order of the arguments: a tree comes out without a crossing."""
        inputs: list[list[int]] = [[] for _ in range(self.cards)]
        for u, v in edges:
            inputs[v].append(u)
        place: dict[int, int] = {}
        for root in range(self.cards - 1, -1, -1):
            waiting = [root]
            while waiting:
                v = waiting.pop()
                if v not in place:
                    place[v] = len(place)
                    waiting.extend(reversed(inputs[v]))
        for element, source in self.sources.items():
            place[element] = place[source]
        for element in range(len(self.rank)):
            self.order[self.rank[element]].append(element)
        for row in self.order:
            row.sort(key=lambda e: place.get(e, len(place)))

    def _sweep(self) -> None:
        self.position = [0.0] * len(self.rank)
        for row in self.order:
            self._stack(row)
        best, since = math.inf, 0
        chosen = self.order
        for i in range(12 if len(self.rank) < 1500 else 4):
            paths = self._paths()
            rows, near = (self.order, self.before) if i % 2 == 0 else (self.order[::-1], self.after)
            for row in rows:
                for e in row:
                    if near[e]:
                        self.position[e] = sum([self.position[n] for n in near[e]]) / len(near[e])
                row.sort(key=lambda e: (*paths[self.scopes[e]], (self.position[e], ())))
                self._stack(row)
            crossings = self._crossings()
            since += 1
            if crossings < best:
                best, since, chosen = crossings, 0, [list(row) for row in self.order]
            if since == 3 or (best == 0 and i > 0):
                break
        self.order = chosen
        for row in self.order:
            self._stack(row)

    def _stack(self, row: list[int]) -> None:
        total = sum(self.across[e] + 12 for e in row)
        at = -total / 2
        for e in row:
            self.position[e] = at + (self.across[e] + 12) / 2
            at += self.across[e] + 12

    def _paths(self) -> dict[Scope, tuple[tuple[float, Scope], ...]]:
        """For each scope by what its members are sorted first: the scopes around them, each by its mean over all ranks,
        so that two scopes have the same order in every rank."""
        own: dict[Scope, tuple[float, int]] = {}
        for e, scope in enumerate(self.scopes):
            total, count = own.get(scope, (0.0, 0))
            own[scope] = total + self.position[e], count + 1
        sums: dict[Scope, tuple[float, int]] = {}
        for scope, (total, count) in own.items():
            for n in range(1, len(scope) + 1):
                more, others = sums.get(scope[:n], (0.0, 0))
                sums[scope[:n]] = total + more, count + others
        means = {scope: (total / count, scope) for scope, (total, count) in sums.items()}
        return {scope: tuple(means[scope[:n]] for n in range(1, len(scope) + 1)) for scope in own}

    def _crossings(self) -> int:
        place = {e: i for row in self.order for i, e in enumerate(row)}
        gaps: dict[int, list[Link]] = {}
        for a, b in self.links:
            gaps.setdefault(self.rank[a], []).append((place[a], place[b]))
        total = 0
        for links in gaps.values():
            ends: list[int] = []
            for _, b in sorted(links, reverse=True):
                total += bisect_left(ends, b)
                insort(ends, b)
        return total
