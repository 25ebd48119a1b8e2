"""Layered drawing, first step: which rank each card stands in.

A card stands right of its inputs, and a scope right of the scopes that feed it, if they were computed one after the
other; scopes that were entered in turns share ranks.
"""

from collections.abc import Sequence

Scope = tuple[str, ...]
Link = tuple[int, int]
Least = tuple[int, int]
"""A later node and how many ranks it is later at least."""


def common(a: Scope, b: Scope) -> Scope:
    """The scope that holds both."""
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return a[:n]


def ranks(n: int, edges: Sequence[Link], scopes: Sequence[Scope]) -> tuple[list[int], list[int]]:
    """For each of n cards the length of the longest path that leads to it, and its rank.

    edges : from lower to higher numbers
    """
    inputs: list[list[int]] = [[] for _ in range(n)]
    later: list[list[Least]] = [[] for _ in range(n)]
    users = [0] * n
    for u, v in edges:
        inputs[v].append(u)
        later[u].append((v, 1))
        users[u] += 1
    depth = [0] * n
    for v in range(n):
        depth[v] = max((depth[u] + 1 for u in inputs[v]), default=0)
    _separate(inputs, later, scopes)
    order = _topological(later)
    rank = [0] * len(later)
    for u in order:
        for v, distance in later[u]:
            rank[v] = max(rank[v], rank[u] + distance)
    # What shortens edges by moving to the right does so: leaves stand by their users.
    for u in reversed(order):
        if u < n and users[u] > sum(1 for i in inputs[u] if inputs[i]):
            rank[u] = min(rank[v] - distance for v, distance in later[u])
    first = min(rank[:n], default=0)
    return depth, [r - first for r in rank[:n]]


def _separate(inputs: list[list[int]], later: list[list[Least]], scopes: Sequence[Scope]) -> None:
    """Append to `later` that everything in one scope comes before everything in another that depends on it.

    Only for scopes whose cards do not interleave in the order of their numbers, a leaf counting just before its first
    user: then every condition goes from a lower number to a higher one, and together they can be met.
    """
    n = len(inputs)
    number = [float(v) for v in range(n)]
    for v in range(n - 1, -1, -1):
        for u in inputs[v]:
            if not inputs[u]:
                number[u] = v - 0.5
    for depth in range(1, max((len(s) for s in scopes), default=0) + 1):
        members: dict[Scope, list[int]] = {}
        for v, scope in enumerate(scopes):
            if len(scope) >= depth:
                members.setdefault(scope[:depth], []).append(v)
        places = {scope: i for i, scope in enumerate(members)}
        names = list(members)
        feeds = _ancestors(inputs, scopes, places, depth)
        begin: dict[Scope, int] = {}
        end: dict[Scope, int] = {}
        for b, inside in members.items():
            mask = 0
            for v in inside:
                mask |= feeds[v]
            opening = min(number[v] for v in inside)
            for i in _bits(mask & ~(1 << places[b])):
                a = names[i]
                if a[:-1] == b[:-1] and max(number[v] for v in members[a]) < opening:
                    for scope in (a, b):
                        if scope not in begin:
                            begin[scope], end[scope] = len(later), len(later) + 1
                            later += [[(v, 0) for v in members[scope]], []]
                            for v in members[scope]:
                                later[v].append((end[scope], 0))
                    later[end[a]].append((begin[b], 1))


def _ancestors(inputs: list[list[int]], scopes: Sequence[Scope], places: dict[Scope, int], depth: int) -> list[int]:
    """For each card the scopes that lead to it, as bits of a number."""
    feeds = [0] * len(inputs)
    for v, users_inputs in enumerate(inputs):
        for u in users_inputs:
            feeds[v] |= feeds[u]
            if len(scopes[u]) >= depth:
                feeds[v] |= 1 << places[scopes[u][:depth]]
    return feeds


def _bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def _topological(later: list[list[Least]]) -> list[int]:
    missing = [0] * len(later)
    for follow in later:
        for v, _ in follow:
            missing[v] += 1
    order = [v for v, count in enumerate(missing) if count == 0]
    for u in order:  # grows while it is read
        for v, _ in later[u]:
            missing[v] -= 1
            if missing[v] == 0:
                order.append(v)
    return order
