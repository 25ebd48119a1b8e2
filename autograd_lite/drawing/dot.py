"""The picture through Graphviz: as DOT with tables for cards, and Graphviz's own placement for our SVG.

The package `graphviz` writes DOT; the program of the same name, which has to be installed besides, reads it.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .heatmap import Strip
from .layout import Box, Direction, Layout, Point
from .metrics import MONO, SANS, fit
from .model import Card, Graph, Row
from .palette import Theme
from .ranks import Scope
from .shapes import shade

if TYPE_CHECKING:
    import graphviz

POINTS = 72.0


def digraph(graph: Graph, titles: Mapping[Scope, str], direction: Direction, theme: Theme) -> "graphviz.Digraph":
    """The graph as a `graphviz.Digraph`: a table a card, a cluster a scope."""
    dot = _empty(direction, bgcolor=theme.background)
    dot.attr("node", shape="plain", fontname=_first(SANS), fontsize="10", fontcolor=theme.text)
    dot.attr("edge", color=theme.edge, arrowsize="0.7", fontname=_first(SANS), fontsize="9", fontcolor=theme.text)

    def cluster(scope: Scope) -> dict[str, str]:
        return {
            "label": f"<<B>{escape(titles[scope])}</B>>",
            "fontname": _first(SANS),
            "fontsize": "10",
            "fontcolor": theme.cluster_text,
            "labeljust": "l",
            "style": "rounded,filled",
            "color": theme.cluster_line,
            "fillcolor": theme.cluster[(len(scope) - 1) % 2],
        }

    _fill(dot, [card.scope for card in graph.cards], lambda i: {"label": f"<{_table(graph.cards[i], theme)}>"}, cluster)
    for edge in graph.edges:
        wide = {"label": f"×{edge.times}", "penwidth": str(min(5, 1 + edge.times.bit_length() // 2))}
        dot.edge(f"n{edge.source}", f"n{edge.target}", **(wide if edge.times > 1 else {}))
    return dot


def place(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    scopes: Sequence[Scope],
    titles: Mapping[Scope, float],
    direction: Direction = "LR",
) -> Layout:
    """As `layout.place`, with Graphviz. Raises RuntimeError if it is not installed."""
    dot = _empty(direction, splines="spline")

    def node(i: int) -> dict[str, str]:
        wide, high = sizes[i]
        return {
            "shape": "box",
            "fixedsize": "true",
            "label": "",
            "width": f"{wide / POINTS}",
            "height": f"{high / POINTS}",
        }

    def cluster(scope: Scope) -> dict[str, str]:
        table = f'<TABLE BORDER="0" FIXEDSIZE="TRUE" WIDTH="{titles[scope]:.0f}" HEIGHT="14"><TR><TD></TD></TR></TABLE>'
        return {"label": f"<{table}>", "comment": json.dumps(scope), "margin": "10"}

    _fill(dot, scopes, node, cluster)
    for i, (u, v) in enumerate(edges):
        dot.edge(f"n{u}", f"n{v}", comment=str(i))
    found = json.loads(render(dot, "json"))
    width, height = (float(x) for x in found["bb"].split(",")[2:])
    cards: dict[str, Box] = {}
    rectangles: list[tuple[Scope, Box]] = []
    for thing in found.get("objects", ()):
        if thing["name"].startswith("cluster"):
            left, low, right, high = (float(x) for x in thing["bb"].split(","))
            rectangles.append((tuple(json.loads(thing["comment"])), Box(left, height - high, right - left, high - low)))
        elif "pos" in thing:
            x, y = (float(v) for v in thing["pos"].split(","))
            wide, high = sizes[int(thing["name"][1:])]
            cards[thing["name"]] = Box(x - wide / 2, height - y - high / 2, wide, high)
    routes: list[list[Point]] = [[] for _ in edges]
    for edge in found.get("edges", ()):
        routes[int(edge["comment"])] = _route(edge["pos"], height)
    rectangles.sort(key=lambda item: (len(item[0]), item[0]))
    return Layout(width, height, [cards[f"n{i}"] for i in range(len(sizes))], rectangles, routes)


def render(dot: "graphviz.Digraph", format: str) -> bytes:
    """What the program Graphviz makes of it. Raises RuntimeError, naming the remedy, if it is not installed."""
    import graphviz

    try:
        result: bytes = dot.pipe(format=format)
    except graphviz.ExecutableNotFound:
        raise RuntimeError(
            "this needs the program Graphviz, which is not installed (apt install graphviz, brew install graphviz, "
            "or https://graphviz.org/download); .svg, .html and .dot with engine='layered' do without"
        ) from None
    return result


def _empty(direction: Direction, **attributes: str) -> "graphviz.Digraph":
    import graphviz

    return graphviz.Digraph(
        graph_attr={"rankdir": direction, "ranksep": "0.5", "nodesep": "0.25", "pad": "0.2", **attributes}
    )


def escape(text: str) -> str:
    """As text in an HTML-like label; an empty character keeps Graphviz from replacing `\\N` and its like in it."""
    return html.escape(text).replace("\\", "\\\u200b")


def _first(fonts: str) -> str:
    return fonts.split(",")[0]


def _fill(dot: Any, scopes: Sequence[Scope], node: Any, cluster: Any) -> None:
    """Put the nodes n0, n1, … into `dot`, and clusters around them."""
    bodies: dict[Scope, Any] = {(): dot}
    paths = sorted({s[:n] for s in scopes for n in range(1, len(s) + 1)})
    for i, path in enumerate(paths):
        bodies[path] = type(dot)(name=f"cluster{i}", graph_attr=cluster(path))
    for i, scope in enumerate(scopes):
        bodies[scope].node(f"n{i}", **node(i))
    for path in sorted(paths, key=lambda p: (-len(p), p)):
        bodies[path[:-1]].subgraph(bodies[path])


def _route(text: str, height: float) -> list[Point]:
    """The control points of an edge: `e,x,y` is the tip of the arrow, the rest a chain of cubic curves."""
    tip: Point | None = None
    route: list[Point] = []
    for part in text.split():
        if part.startswith(("e,", "s,")):
            x, y = (float(v) for v in part[2:].split(","))
            tip = (x, height - y)
        else:
            x, y = (float(v) for v in part.split(","))
            route.append((x, height - y))
    return route + [route[-1], tip, tip] if tip else route


def _table(card: Card, theme: Theme) -> str:
    header = theme.header[card.kind]
    shape = f'&nbsp;&nbsp;<FONT POINT-SIZE="8">{escape(card.shape)}</FONT>' if card.shape else ""
    title = escape(fit(("⊞ " if card.stacked else "") + card.title, 11, 230, bold=True))
    rows = "".join(_row(row, theme) for row in card.rows)
    return (
        f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" COLOR="{header}"'
        f' BGCOLOR="{theme.body[card.kind]}"><TR><TD COLSPAN="2" ALIGN="LEFT" BGCOLOR="{header}">'
        f'<FONT COLOR="{theme.header_text}"><B>{title}</B>{shape}</FONT></TD></TR>{rows}</TABLE>'
    )


def _row(row: Row, theme: Theme) -> str:
    fills = {0: theme.text, 1: theme.positive, -1: theme.negative}
    face = f' FACE="{_first(MONO)}"' if row.label and row.strip is None else ""
    texts = "&nbsp;&nbsp;".join(f'<FONT COLOR="{fills[sign]}"{face}>{escape(text)}</FONT>' for text, sign in row.parts)
    if row.strip is not None:
        texts = (
            f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD>{_cells(row.strip, theme)}</TD>'
            f"<TD>&nbsp;{texts}</TD></TR></TABLE>"
        )
    if not row.label:
        return f'<TR><TD COLSPAN="2" ALIGN="LEFT">{texts}</TD></TR>'
    label = f'<FONT COLOR="{theme.faint}" POINT-SIZE="9">{escape(fit(row.label, 9, 90))}</FONT>'
    return f'<TR><TD ALIGN="LEFT">{label}</TD><TD ALIGN="RIGHT">{texts}</TD></TR>'


def _cells(strip: Strip, theme: Theme) -> str:
    across, down = strip.cell

    def line(levels: Iterable[int | None]) -> str:
        size = f'FIXEDSIZE="TRUE" WIDTH="{across}" HEIGHT="{down}"'
        edge = f' BORDER="1" COLOR="{theme.zero}"'  # gaps tell the sign where colours do not
        return "".join(
            f'<TD {size} BGCOLOR="{shade(level, theme)}"{edge * (level is not None and level < 0)}></TD>'
            for level in levels
        )

    rows = "".join(f"<TR>{line(levels)}</TR>" for levels in strip.levels)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'
