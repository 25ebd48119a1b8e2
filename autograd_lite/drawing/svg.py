"""The picture as SVG: presentation attributes only, no style sheet, and ids that no other picture has."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

from .cards import Face, drawing
from .layout import Box, Layout, Point
from .legend import LABEL_SIZE, legend
from .metrics import SANS, fit
from .model import Edge, Graph
from .palette import Theme
from .ranks import Scope
from .shapes import filled, haloed, num, path, point, rect

MARGIN = 14.0
SCOPE_SIZE = 10.5


def write(
    graph: Graph,
    faces: Sequence[Face],
    layout: Layout,
    titles: Mapping[Scope, str],
    theme: Theme,
    lit: Collection[int] = (),
    explained: bool = True,
) -> str:
    """The whole picture as the text of an SVG document; the same for the same input.

    lit : numbers of edges that stand out, with the cards they join
    explained : whether a legend stands below

    The document's id begins the ids of its parts: "-3" is the third card after the first, "-e3" such an edge.
    """
    content = graph.cards, graph.edges, titles, theme, sorted(lit), num(layout.width), num(layout.height)
    name = "ag" + hashlib.sha256(repr(content).encode("utf-8", "backslashreplace")).hexdigest()[:10]
    keys, legend_width, legend_height = (
        legend(graph, theme, max(layout.width, 420.0), bool(lit)) if explained else ([], 0.0, 0.0)
    )
    wide = max(layout.width, legend_width) + 2 * MARGIN
    high = layout.height + 2 * MARGIN + legend_height
    left = MARGIN + max(0.0, legend_width - layout.width) / 2
    outputs = ", ".join(card.title for card in graph.cards if card.kind == "output") or "one tensor"
    label = f"Computation graph of {outputs}: {len(graph.cards)} cards, {len(graph.edges)} edges"
    body = [
        f'<rect width="{num(wide)}" height="{num(high)}" fill="{theme.background}"/>',
        f'<g transform="translate({num(left)} {num(MARGIN)})">',
        *(_scope(s, box, theme) for s, box in layout.scopes),
        *(f'<g id="{name}-e{i}">{line}</g>' for i, line in _edges(graph.edges, layout.routes, theme, set(lit))),
        *(_scope_title(s, box, titles[s], theme) for s, box in layout.scopes),
        *_counts(graph.edges, layout.routes, theme),
    ]
    cards = zip(graph.cards, faces, layout.cards, strict=True)
    body += [drawing(*card, theme, f"{name}-{i}") for i, card in enumerate(cards)]
    ends = {end for i in lit for end in graph.edges[i][:2]}
    body += [_ring(layout.cards[i], theme) for i in sorted(ends)]
    keys = [f'<g transform="translate({num(MARGIN)} {num(layout.height + 2 * MARGIN)})">', *keys, "</g>"]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{num(wide)}" height="{num(high)}"'
            f' viewBox="0 0 {num(wide)} {num(high)}" font-family="{SANS}" id="{name}" role="img"'
            f' aria-label="{escape(label)}">',
            *body,
            "</g>",
            *keys,
            "</svg>\n",
        ]
    )


def _scope(scope: Scope, box: Box, theme: Theme) -> str:
    return rect(box, 9, theme.cluster[(len(scope) - 1) % 2], theme.cluster_line)


def _scope_title(scope: Scope, box: Box, title: str, theme: Theme) -> str:
    title = fit(title, SCOPE_SIZE, box.width - 16, bold=True)
    around = theme.cluster[(len(scope) - 1) % 2]
    return haloed(box.x + 10, box.y + 16, title, SCOPE_SIZE, theme.cluster_text, around, 4, ' font-weight="bold"')


def _edges(
    edges: Sequence[Edge], routes: Sequence[Sequence[Point]], theme: Theme, lit: Collection[int]
) -> Iterable[tuple[int, str]]:
    """The lines with their numbers, those that stand out last, above the others."""
    for i in sorted(range(len(edges)), key=lambda i: i in lit):
        yield i, _edge(edges[i], routes[i], theme.active if i in lit else theme.edge, 1.3 * (i in lit))


def _ring(box: Box, theme: Theme) -> str:
    around = Box(box.x - 2, box.y - 2, box.width + 4, box.height + 4)
    return rect(around, 8, "none", theme.active, ' stroke-width="3"')


def _edge(edge: Edge, route: Sequence[Point], colour: str, more: float) -> str:
    stroke = more + (1.3 if edge.times == 1 else min(5.0, 1.3 + 0.35 * edge.times.bit_length()))
    size = 7.0 + stroke
    (x, y), (fx, fy) = route[-1], next(p for p in reversed(route) if p != route[-1])
    length = max(((x - fx) ** 2 + (y - fy) ** 2) ** 0.5, 1e-9)
    ux, uy = (x - fx) / length, (y - fy) / length
    bx, by = x - size * ux, y - size * uy
    half = size * 0.45
    head = f"M{point((x, y))} {point((bx - half * uy, by + half * ux))} {point((bx + half * uy, by - half * ux))}Z"
    # The line ends inside the head: a thick one would show beside its tip.
    line = path([*route[:-1], (x - 0.6 * size * ux, y - 0.6 * size * uy)])
    return filled(line, "none", f' stroke="{colour}" stroke-width="{num(stroke)}"') + filled(head, colour)


def _counts(edges: Sequence[Edge], routes: Sequence[Sequence[Point]], theme: Theme) -> Iterable[str]:
    """How many edges a line stands for, beside its arrow head, where there is no card; moved apart where two meet."""
    taken: list[Point] = []
    for edge, route in zip(edges, routes, strict=True):
        if edge.times > 1:
            (x, y), words = _middle(route), f"×{edge.times}"
            while any(abs(x - a) < 40 and abs(y - b) < 12 for a, b in taken):
                y += 12
            taken.append((x, y))
            yield haloed(x, y - 6, words, LABEL_SIZE, theme.text, theme.background, 3, ' text-anchor="middle"')


def _middle(route: Sequence[Point]) -> Point:
    """The middle of the last piece that has some length."""
    pieces = [(route[i], *route[i + 1 : i + 4]) for i in range(0, len(route) - 3, 3)]
    a, b, d, e = max(reversed(pieces), key=lambda q: abs(q[3][0] - q[0][0]) + abs(q[3][1] - q[0][1]) > 24)
    return (a[0] + 3 * b[0] + 3 * d[0] + e[0]) / 8, (a[1] + 3 * b[1] + 3 * d[1] + e[1]) / 8
