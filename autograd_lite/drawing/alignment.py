"""Layered drawing, fourth step: short and straight lines, as far as the constraints across the ranks allow."""

import math

from .coordinates import Across
from .ranks import Scope

Pulls = list[list[tuple[int, float]]]
"""For each element the neighbours that pull at it, and how much."""

_MINOR = 0.01
SETTLED = 0.5
"""No element moves farther in a sweep, in pixels."""


def align(across: Across) -> None:
    """Settle the positions of `across`: sweeps from rank to rank, then straight lines where they fit."""
    rows = across.layers.order
    before, after = _pulls(across)
    both = [a + b for a, b in zip(before, after, strict=True)]
    crossing = _crossing(across, both)
    rounds = 12 if len(across.y) < 4000 else 8
    for i in range(rounds):
        forward, was = i % 2 == 0, list(across.y)
        pulls = both if i > 1 else before if forward else after
        for r in range(len(rows)) if forward else range(len(rows) - 1, -1, -1):
            _align_rank(across, r, pulls)
        if i < rounds / 2:
            for members, links in crossing:
                _shift(across, members, links)
        across.repair()
        if i > 2 and max(abs(a - b) for a, b in zip(was, across.y, strict=True)) < SETTLED:
            break
    runs = _runs(across, before, after)
    across.loosen_borders()
    for _ in range(2):
        _straighten(across, runs)
    across.draw_borders(repaired=True)


def _pulls(across: Across) -> tuple[Pulls, Pulls]:
    """What pulls at each element from before and from after it.

    A card is held by its deepest inputs, and by the others not at all; these go to it. So the longest path is drawn as
    a straight line, and not as a staircase with a leaf at every step.
    """
    layers = across.layers
    before: Pulls = [[] for _ in layers.rank]
    after: Pulls = [[] for _ in layers.rank]
    leading = [False] * len(layers.rank)
    """Does a line lead somewhere? It gives way to the cards if not."""
    for b in (b for row in reversed(layers.order) for b in row):
        deepest = max((layers.depth[a] for a in layers.before[b]), default=0)
        gives_way = b >= layers.cards and not leading[b]
        for a in layers.before[b]:
            points = (a >= layers.cards) + (b >= layers.cards)
            leads = layers.depth[a] == deepest
            leading[a] = leading[a] or (leads and not gives_way)
            if leads:
                before[b].append((a, (2.0, 1.0, 6.0)[points] * (_MINOR if gives_way else 1.0)))
            after[a].append((b, (2.0, 2.0, 6.0)[points] * (1.0 if leads and not gives_way else _MINOR)))
    return before, after


def _align_rank(across: Across, r: int, pulls: Pulls) -> None:
    """Move the elements of a rank as close to their neighbours as the order allows, in the least-squares sense."""
    y = across.y
    row, offsets = across.layers.order[r], across.offsets[r]
    blocks: list[tuple[float, float, int]] = []  # weight, weighted sum of targets, elements; merged while they overlap
    for e, offset in zip(row, offsets, strict=True):
        weight, total, n = 0.0, 0.0, 1
        for neighbour, w in pulls[e]:
            weight += w
            total += w * y[neighbour]
        if not weight:
            weight, total = _MINOR, _MINOR * y[e]
        total -= weight * offset
        while blocks and blocks[-1][1] * weight > total * blocks[-1][0]:
            more = blocks.pop()
            weight, total, n = weight + more[0], total + more[1], n + more[2]
        blocks.append((weight, total, n))
    i = 0
    for weight, total, n in blocks:
        for _ in range(n):
            y[row[i]] = total / weight + offsets[i]
            i += 1


Links = list[tuple[int, int, float]]


def _crossing(across: Across, both: Pulls) -> list[tuple[list[int], Links]]:
    """For each scope from left to right what is in it, and what pulls across its border."""
    layers = across.layers
    members: dict[Scope, list[int]] = {s: [] for s in layers.spans}
    for e, scope in enumerate(layers.scopes):
        for n in range(1, len(scope) + 1):
            members[scope[:n]].append(e)
    found = []
    for s in sorted(layers.spans, key=lambda s: (layers.spans[s], len(s), s)):
        links = [
            (e, n, w)
            for e in members[s]
            for n, w in both[e]
            if layers.before[n] and layers.scopes[n][: len(s)] != s  # a leaf follows by itself
        ]
        if links:
            found.append((members[s], links))
    return found


def _shift(across: Across, members: list[int], links: Links) -> None:
    """Move a scope as a whole to where the lines across its border pull it; one element at a time would take long."""
    by = sum(w * (across.y[n] - across.y[e]) for e, n, w in links) / sum(w for _, _, w in links)
    for e in members:
        across.y[e] += by


def _runs(across: Across, before: Pulls, after: Pulls) -> list[list[int]]:
    """Paths of elements that ought to lie on one line, the longest first: each follows the one it is held by."""
    cards = across.layers.cards
    heir: dict[int, int] = {}
    for e, users in enumerate(after):
        claims = [b for b, _ in users if len(before[b]) == 1 and before[b][0][0] == e]
        if claims:  # a card is rather continued by a card, and a line by a line
            heir[e] = max(claims, key=lambda b: (b >= cards) == (e >= cards))
    led = set(heir.values())
    runs = []
    for e in heir:
        if e not in led:
            run = [e]
            while run[-1] in heir:
                run.append(heir[run[-1]])
            runs.append(run)
    return sorted(runs, key=len, reverse=True)


def _straighten(across: Across, runs: list[list[int]]) -> None:
    """Put each run on one line, or on few, where what lies around leaves room for it."""
    y = across.y
    limits: dict[int, list[tuple[int, float]]] = {}
    for chain in across.constraints:
        for a, b, distance in chain:
            limits.setdefault(b, []).append((a, distance))
            limits.setdefault(a, []).append((b, -distance))
    for run in runs:
        piece: list[int] = []
        low, high = -math.inf, math.inf
        for e in [*run, None]:
            near = limits.get(e, ()) if e is not None else ()
            least = max((y[v] + d for v, d in near if d > 0), default=-math.inf)
            most = max(least, min((y[v] + d for v, d in near if d < 0), default=math.inf))
            if piece and (e is None or max(low, least) > min(high, most)):
                middle = sorted(y[v] for v in piece)[len(piece) // 2]
                for v in piece:
                    y[v] = min(max(middle, low), high)
                piece, low, high = [], -math.inf, math.inf
            if e is not None:
                piece.append(e)
                low, high = max(low, least), min(high, most)
