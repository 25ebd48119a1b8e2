"""Where everything in a picture stands: cards, rectangles around scopes, lines.

Computed along the ranks and across them; only at the end it is decided which of the two runs to the right.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from .alignment import align
from .coordinates import Across
from .order import Layers
from .ranks import Scope

Direction = Literal["LR", "TB"]
Point = tuple[float, float]

GAP = 40.0
SCOPE_PAD = 12.0
TITLE = 20.0
"""Room for the title of a scope above its content."""
TWIN_GAP = 12.0
"""Between parallel edges."""


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    width: float
    height: float
    cards: list[Box]
    scopes: list[tuple[Scope, Box]]
    """Outer ones first."""
    routes: list[list[Point]]
    """For every edge the points of a chain of cubic curves: start, then two controls and an end for each curve."""


def place(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    scopes: Sequence[Scope],
    titles: Mapping[Scope, float],
    direction: Direction = "LR",
    gap: float = GAP,
) -> Layout:
    """Lay out a graph.

    sizes : width and height of each card;  edges : between numbers of cards, from a lower to a higher one as a rule
    scopes : of each card, from the outside in;  titles : how wide the title of each scope is
    gap : free space between ranks, at least
    """
    if not sizes:
        return Layout(0.0, 0.0, [], [], [])
    lr = direction == "LR"
    along = [w if lr else h for w, h in sizes]
    across = [h if lr else w for w, h in sizes]
    forward = [(u, v) if u < v else (v, u) for u, v in edges]
    layers = Layers(across, forward, scopes)
    pad_along, pad_across = ((SCOPE_PAD, SCOPE_PAD), (SCOPE_PAD + TITLE, SCOPE_PAD))
    if not lr:
        pad_along, pad_across = pad_across, pad_along
    least = {} if lr else {s: w + 2 * SCOPE_PAD for s, w in titles.items()}
    vertical = Across(layers, pad_across, least)
    align(vertical)
    starts, ends, insets = _columns(layers, along, vertical.y, pad_along, titles if lr else {}, gap)

    cards = []
    for e in range(layers.cards):
        r = layers.rank[e]
        x = (starts[r] + ends[r] - along[e]) / 2
        cards.append(Box(x, vertical.y[e] - across[e] / 2, along[e], across[e]))
    rectangles = []
    for s in sorted(layers.spans, key=lambda s: (len(s), layers.spans[s], vertical.y[vertical.top[s]], s)):
        (low, high), (before, after) = layers.spans[s], insets[s]
        x, y = starts[low] - before, vertical.y[vertical.top[s]]
        rectangles.append((s, Box(x, y, ends[high] + after - x, vertical.y[vertical.bottom[s]] - y)))
    routes = _routes(layers, edges, cards, starts, ends, vertical.y)
    return _turned(cards, rectangles, routes, lr)


def _columns(
    layers: Layers,
    along: Sequence[float],
    y: Sequence[float],
    pad: tuple[float, float],
    titles: Mapping[Scope, float],
    gap: float,
) -> tuple[list[float], list[float], dict[Scope, tuple[float, float]]]:
    """Where each rank starts and ends, and how far the border of each scope is outside of its first and last rank."""
    ranks = len(layers.order)
    width = [max((along[e] for e in row if e < layers.cards), default=0.0) for row in layers.order]
    insets: dict[Scope, tuple[float, float]] = {}
    starting, ending = [0.0] * ranks, [0.0] * ranks
    inner: dict[Scope, tuple[float, float]] = {}
    for s in sorted(layers.spans, key=lambda s: (-len(s), s)):
        low, high = layers.spans[s]
        a, b = inner.get(s, (0.0, 0.0))
        insets[s] = a, b = a + pad[0], b + pad[1]
        starting[low], ending[high] = max(starting[low], a), max(ending[high], b)
        if len(s) > 1:  # the scope around it needs room only where both begin, or both end
            outer_low, outer_high = layers.spans[s[:-1]]
            before, after = inner.get(s[:-1], (0.0, 0.0))
            inner[s[:-1]] = (
                max(before, a) if low == outer_low else before,
                max(after, b) if high == outer_high else after,
            )
    steps = [0.0] * ranks
    for a_, b_ in layers.links:
        steps[layers.rank[a_]] = max(steps[layers.rank[a_]], abs(y[a_] - y[b_]))
    gaps = [
        gap + min(40.0, steps[r] / 10) + ending[r] + (starting[r + 1] if r + 1 < ranks else 0.0) for r in range(ranks)
    ]
    for s, title in titles.items():
        if s in layers.spans:
            low, high = layers.spans[s]
            has = sum(width[low : high + 1]) + sum(gaps[low:high]) + sum(insets[s])
            width[high] += max(0.0, title + 2 * SCOPE_PAD - has)
    starts, ends = [], []
    at = starting[0]
    for r in range(ranks):
        starts.append(at)
        ends.append(at + width[r])
        at += width[r] + gaps[r]
    return starts, ends, insets


def _routes(
    layers: Layers,
    edges: Sequence[tuple[int, int]],
    cards: Sequence[Box],
    starts: Sequence[float],
    ends: Sequence[float],
    y: Sequence[float],
) -> list[list[Point]]:
    """Curves only between ranks, straight on within one: no line crosses a card."""
    count: dict[tuple[int, int], int] = {}
    for edge in edges:
        count[edge] = count.get(edge, 0) + 1
    seen: dict[tuple[int, int], int] = {}
    routes = []
    lines: dict[tuple[int, int, float], tuple[int, list[Point]]] = {}
    for (u, v), chain in zip(edges, layers.chains, strict=True):
        first, last = chain[0], chain[-1]
        twin = seen[u, v] = seen.get((u, v), -1) + 1
        room = min(cards[first].height, cards[last].height) - 8
        shift = (twin - (count[u, v] - 1) / 2) * min(TWIN_GAP, room / count[u, v])
        # Edges of one source share a line until they part: it is continued where the one before left it.
        shared, at = lines.get((first, chain[1], shift), (0, [(cards[first].x + cards[first].width, y[first] + shift)]))
        done, route = (shared, list(at)) if shared < len(chain) - 1 else (0, at[:1])
        for a, b in pairwise(chain[done:-1]):
            _step(route, ends[layers.rank[a]], starts[layers.rank[b]], y[b])
        lines[first, chain[1], shift] = len(chain) - 2, list(route)
        _step(route, ends[layers.rank[chain[-2]]], starts[layers.rank[last]], y[last] + shift)
        _straight(route, (cards[last].x, route[-1][1]))
        routes.append(route if (first, last) == (u, v) else route[::-1])
    return routes


def _step(route: list[Point], end: float, start: float, level: float) -> None:
    """On to the end of this rank, and over to the start of the next one."""
    _straight(route, (end, route[-1][1]))
    _bend(route, (start, level))


def _straight(route: list[Point], end: Point) -> None:
    start = route[-1]
    if end[0] - start[0] > 1e-9:
        if len(route) > 3 and route[-4] == route[-3] and route[-2] == start:  # continues a straight piece
            del route[-3:]
            start = route[-1]
        route += [start, end, end]


def _bend(route: list[Point], end: Point) -> None:
    (x0, y0), (x1, y1) = route[-1], end
    if abs(y0 - y1) < 1.0:  # a kink one cannot see, but that looks wrong
        _straight(route, (x1, y0))
    else:
        middle = (x0 + x1) / 2
        route += [(middle, y0), (middle, y1), end]


def _turned(cards: list[Box], rectangles: list[tuple[Scope, Box]], routes: list[list[Point]], lr: bool) -> Layout:
    """Moved to the origin, and with the two axes exchanged for a picture from top to bottom."""
    boxes = cards + [box for _, box in rectangles]
    points = [p for route in routes for p in route]
    x = min([b.x for b in boxes] + [p[0] for p in points])
    y = min([b.y for b in boxes] + [p[1] for p in points])
    width = max([b.x + b.width for b in boxes] + [p[0] for p in points]) - x
    height = max([b.y + b.height for b in boxes] + [p[1] for p in points]) - y

    def point(p: Point) -> Point:
        return (p[0] - x, p[1] - y) if lr else (p[1] - y, p[0] - x)

    def box(b: Box) -> Box:
        return Box(*point((b.x, b.y)), *((b.width, b.height) if lr else (b.height, b.width)))

    return Layout(
        *((width, height) if lr else (height, width)),
        [box(b) for b in cards],
        [(s, box(b)) for s, b in rectangles],
        [[point(p) for p in route] for route in routes],
    )
