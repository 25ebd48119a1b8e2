"""What the page shows, as data for its scripts: texts that are ready to be read, never numbers to compute with."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..drawing.heatmap import strip
from ..drawing.layout import Layout
from ..drawing.model import Card, Graph, Row, row_of
from ..drawing.svg import MARGIN
from ..drawing.text import clean, isolated, number, shape, trimmed
from ..function_names import name_of
from ..node import Node
from .counting import ways
from .explanation import Explanation, Path
from .formulas import JOINS
from .table import counted, percent, route
from .uses import depends

if TYPE_CHECKING:
    from .steps import StepThrough

FEW, COLUMNS = 12, 4
"""As many numbers are written out in the panel, and of a matrix so many beside each other."""
MOST_PATHS = 24
ALL_PATHS = 1200
"""About as many paths are listed for all leaves together."""


class Values:
    """Arrays as the panel shows them, each kind once."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []
        self._places: dict[str, int] = {}

    def put(self, array: np.ndarray[Any, Any]) -> int:
        """The place in `all`: {s: shape, n: rows of [text, sign]}, or {s, l: rows of cells from a to k, r: range}."""
        value: dict[str, Any] = {"s": shape(array.shape)}
        rows = array.reshape(1, -1) if array.ndim < 2 else array
        if array.size <= FEW and array.ndim <= 2 and (len(rows) == 1 or array.shape[1] <= COLUMNS):
            value["n"] = [[[number(x), int(x > 0) - int(x < 0)] for x in row] for row in rows]
        elif array.size:
            cells = strip(array)
            value["l"] = ["".join("x" if c is None else chr(ord("f") + c) for c in row) for row in cells.levels]
            value["r"] = cells.range
        else:
            value["n"] = []
        key = json.dumps(value)
        if key not in self._places:
            self._places[key] = len(self.all)
            self.all.append(value)
        return self._places[key]


class Moments(NamedTuple):
    """How the gradients on the cards grow."""

    cards: list[Card]
    """With a row for the gradient, at all moments."""
    since: list[list[int]]
    """For each card the step from which each moment of that row is seen."""


def moments_of(walk: "StepThrough", graph: Graph) -> Moments:
    """The cards of a graph that was built without gradients, with one that is unknown at first."""
    since: list[list[int]] = [[0] for _ in graph.cards]
    rows: list[list[Row]] = [[_unknown(card)] for card in graph.cards]
    parts: dict[int, dict[Node, np.ndarray[Any, Any]]] = {}

    def arrives(step: int, node: Node, gradient: np.ndarray[Any, Any]) -> None:
        card = graph.places[node.index]
        if graph.cards[card].stacked:
            if node.op is not None:
                return
            known = parts.setdefault(card, {})
            known[node] = gradient
            with np.errstate(all="ignore"):
                gradient = np.asarray(np.linalg.norm([np.linalg.norm(g) for g in known.values()]))
        row = row_of(rows[card][0].label, gradient, coloured=not graph.cards[card].stacked)
        if row != rows[card][-1]:
            if step:
                since[card].append(step)
                rows[card].append(row)
            else:
                rows[card] = [row]

    arrives(0, walk.output, walk.start.array)
    for i, step in enumerate(walk.steps, 1):
        arrives(i, step.recorded.node, step.upstream.array)  # another than what had arrived if a hook replaced it
        arrives(i, step.recorded.input, step.after.array)
    for node, gradient in walk.recorded.items():
        if node.op is None:
            arrives(len(walk.steps), node, gradient.array)
    reached = {graph.places[node.index] for node in walk.recorded}
    cards = []
    for i, card in enumerate(graph.cards):
        first, *later = rows[i] if i in reached else [_unknown(card)._replace(parts=(("—", 0),))]
        bare = card.kind == "constant" or (card.stacked and i not in parts)
        more = () if bare else (first._replace(later=tuple(later)),)
        cards.append(card._replace(rows=(*card.rows, *more)))
    return Moments(cards, since)


def _unknown(card: Card) -> Row:
    return Row("‖grad‖" if card.stacked else "grad", (("?", 0),))


def cards_of(walk: "StepThrough", graph: Graph, placed: Layout, moments: Moments) -> list[dict[str, Any]]:
    """For each card: where it is, all about it, and its gradient from every step on at which it changes."""
    nodes = {graph.places[node.index]: node for node in _all_nodes(walk.output)}
    found = []
    for i, (card, box) in enumerate(zip(moments.cards, placed.cards, strict=True)):
        about = card.tip.split("\n")[1:]
        node = None if card.stacked else nodes.get(i)
        if node is not None and node.op is not None:
            about.insert(1, f"made by {clean(name_of(node.op))}")
        if node is not None:
            about[0] = f"{card.kind}, {about[0]}"
        gradient = [row for row in card.rows[-1:] if row.label.strip("‖") == "grad"]
        found.append(
            {
                "title": card.title,
                "kind": card.kind,
                "about": about,
                "box": [round(v, 1) for v in (box.x + MARGIN, box.y + MARGIN, box.width, box.height)],
                "since": moments.since[i],
                "grads": [" ".join(text for text, _ in m.parts) for row in gradient for m in row.moments],
                "row": len(card.rows) - 1,
            }
        )
    return found


def _all_nodes(cost: Node) -> list[Node]:
    found = {cost: None}
    waiting = [cost]
    while waiting:
        for a in waiting.pop().inputs:
            if a not in found:
                found[a] = None
                waiting.append(a)
    return list(found)


def steps_of(walk: "StepThrough", graph: Graph, values: Values) -> list[dict[str, Any]]:
    """One entry a step; numbers of cards, of an edge (-1 for one within a card) and of values."""
    last = {step.recorded.input: i for i, step in enumerate(walk.steps)}
    found = []
    for i, step in enumerate(walk.steps):
        node, _, a = step.recorded
        local = step.local
        edge = graph.uses.get(step.key, -1)
        alone = local is not None and local.size == 1 and edge >= 0 and graph.edges[edge].times == 1
        found.append(
            {
                "node": isolated(graph.names[node.index]),
                "made": step.words.rpartition(" → ")[0],
                "to": isolated(graph.names[a.index]),
                "card": graph.places[node.index],
                "input": graph.places[a.index],
                "edge": edge,
                "formula": step.formula,
                "joins": JOINS in step.formula,
                "local": None if local is None else values.put(local.array),
                "label": beside(local.item()) if local is not None and alone else "",
                "upstream": values.put(step.upstream.array),
                "contribution": values.put(step.contribution.array),
                "before": None if step.before is None else values.put(step.before.array),
                "after": values.put(step.after.array),
                "complete": last[a] == i,
                "equation": step.equation,
                "law": step.law,
            }
        )
    return found


def beside(slope: float) -> str:
    """A local derivative beside an arrow, in three digits: the panel has more."""
    return f"× {trimmed(float(f'{slope:.3g}'))}"


def leaves_of(walk: "StepThrough", graph: Graph, values: Values) -> dict[int, dict[str, Any]]:
    """For each leaf that has a card of its own: its paths, what each contributes, and all edges on them."""
    shown = [
        node
        for node in walk.recorded
        if node.op is None and not graph.cards[graph.places[node.index]].stacked and node is not walk.output
    ]
    top = max(3, min(MOST_PATHS, ALL_PATHS // max(1, len(shown))))
    keys: dict[str, int] = {}
    found: dict[int, dict[str, Any]] = {}
    for leaf in sorted(shown, key=lambda node: node.index):
        e = Explanation(ways(walk.output, leaf), top, walk.start.array)
        on_the_way = set(e.ways.nodes)
        edges = {graph.uses.get(u.key, -1) for n in on_the_way if n is not leaf for u in depends(n, on_the_way)}
        name = isolated(graph.names[leaf.index])
        keys[name] = keys.get(name, 0) + 1
        found[graph.places[leaf.index]] = {
            "name": name,
            "key": name if keys[name] == 1 else f"{name}~{keys[name]}",
            "count": counted(e.count, "path"),
            "edges": sorted(edges - {-1}),
            "paths": [_path(path, leaf, graph, values) for path in e.paths],
            "more": counted(e.count - len(e.paths), "path") if e.count > len(e.paths) else "",
            "remainder": values.put(e.remainder.array),
            "total": values.put(e.total.array),
            "exact": e.exact,
        }
    return found


def _path(path: Path, leaf: Node, graph: Graph, values: Values) -> dict[str, Any]:
    through = [leaf.index, *(edge.key[0] for edge in path.edges)]
    slopes = [number(s) for s in path.slopes] if None not in path.slopes else []
    return {
        "edges": sorted({graph.uses.get(edge.key, -1) for edge in path.edges} - {-1}),
        "way": route([isolated(graph.names[i]) for i in through]),
        "slopes": slopes,
        "labels": {
            graph.uses[edge.key]: beside(s)
            for edge, s in zip(path.edges, path.slopes, strict=True)
            if s is not None and edge.key in graph.uses
        },
        "value": values.put(path.contribution.array),
        "size": number(path.norm),
        "share": percent(path.share),
    }
