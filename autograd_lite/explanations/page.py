"""The page that steps through a backward pass: one file that asks for nothing.

Everything on it is computed here. The scripts in `web/` show what stands in the data, and choose which of the gradients that are
drawn on a card is visible.
"""

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from ..drawing import layout, svg
from ..drawing.build import build
from ..drawing.cards import face
from ..drawing.metrics import width
from ..drawing.palette import DARK, LIGHT, Theme
from ..drawing.picture import titles_of
from ..drawing.text import isolated
from .pagedata import Moments, Values, cards_of, leaves_of, moments_of, steps_of

if TYPE_CHECKING:
    from .steps import StepThrough

SCRIPTS = ("values.js", "view.js", "state.js", "picture.js", "panel.js", "page.js")
LABEL_CHARACTER, LABEL_AROUND = 5.75, 26.0
"""How wide a local derivative is that stands before an arrow, in pixels: between the cards there is room for the widest."""
FRAME_HEIGHT = 640


def page(walk: "StepThrough") -> str:
    """The page as text. Raises ValueError for a graph that is too large and has no scopes to collapse it by."""
    picture, data = _picture(walk)
    title = f"Backward pass of {data['cost']}"
    style = _colours() + _file("page.css")
    script = "\n".join(_file(name) for name in SCRIPTS)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_file("page.html")).substitute(
        title=escape(title), policy=policy, style=style, script=script, picture=picture, data=_embedded(data)
    )


def frame(walk: "StepThrough") -> str:
    """The page inside another, such as a notebook: neither can reach into the other."""
    return (
        f'<iframe width="100%" height="{FRAME_HEIGHT}" frameborder="0" sandbox="allow-scripts" '
        f'srcdoc="{escape(walk.html)}"></iframe>'
    )


def _picture(walk: "StepThrough") -> tuple[str, dict[str, Any]]:
    graph = build([walk.output], grads=False, max_nodes=walk.max_nodes, expand=walk.expand)
    moments: Moments = moments_of(walk, graph)
    graph = graph._replace(cards=moments.cards)
    faces = [face(card) for card in graph.cards]
    titles = titles_of(graph)
    values = Values()
    steps = steps_of(walk, graph, values)
    placed = layout.place(
        [(f.width, f.height) for f in faces],
        [(edge.source, edge.target) for edge in graph.edges],
        [card.scope for card in graph.cards],
        {scope: min(300.0, width(title, svg.SCOPE_SIZE, bold=True)) for scope, title in titles.items()},
        walk.rankdir,
        max([layout.GAP, *(LABEL_CHARACTER * len(step["label"]) + LABEL_AROUND for step in steps)]),
    )
    data = {
        "cost": isolated(graph.names[walk.output.index]),
        "start": {"card": graph.places[walk.output.index], "value": values.put(walk.start.array)},
        "down": walk.rankdir == "TB",
        "cards": cards_of(walk, graph, placed, moments),
        "edges": [[edge.source, edge.target, *_tip(placed.routes[i])] for i, edge in enumerate(graph.edges)],
        "steps": steps,
        "leaves": leaves_of(walk, graph, values),
        "values": values.all,
    }
    return svg.write(graph, faces, placed, titles, _variables(), explained=False), data


def _tip(route: list[layout.Point]) -> list[float]:
    return [round(c + svg.MARGIN, 1) for c in route[-1]]


def _variables() -> Theme:
    """A theme whose colours are variables of the page's style sheet, so that the picture follows the reader's choice."""
    return Theme(
        **{field: _variable(f"--{field.replace('_', '-')}", value) for field, value in LIGHT._asdict().items()}
    )


def _variable(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(f"var({name}-{i})" for i in range(len(value)))
    return {key: f"var({name}-{key})" for key in value} if isinstance(value, dict) else f"var({name})"


def _colours() -> str:
    light, dark = (
        "".join(
            f"{name}:{colour};" for field, value in theme._asdict().items() for name, colour in _named(field, value)
        )
        for theme in (LIGHT, DARK)
    )
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def _named(field: str, value: Any) -> list[tuple[str, str]]:
    name = f"--{field.replace('_', '-')}"
    if isinstance(value, tuple):
        return [(f"{name}-{i}", colour) for i, colour in enumerate(value)]
    return [(f"{name}-{key}", colour) for key, colour in value.items()] if isinstance(value, dict) else [(name, value)]


@cache
def _file(name: str) -> str:
    return files(__package__).joinpath("web", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(data: Any) -> str:
    """JSON that can stand in a script element: what could end it, or a line, is spelled out."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for c in "<>&\u2028\u2029":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text
