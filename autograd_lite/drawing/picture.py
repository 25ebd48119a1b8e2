"""A finished picture: shows itself in a notebook, and saves itself in any of five formats."""

import os
from collections.abc import Callable, Collection
from html import escape
from pathlib import Path
from typing import Any, Literal

from ..files import replacing
from . import dot, layout, svg
from .cards import face
from .layout import Direction
from .metrics import width
from .model import Graph
from .palette import THEMES
from .ranks import Scope
from .text import isolated

Engine = Literal["layered", "dot"]
ThemeName = Literal["light", "dark"]


class Picture:
    """A graph as it was when it was drawn.

    graph : all that is drawn, as data: cards with their texts, edges, and where each Tensor stands
    svg : the picture as text;  dot : the same graph in Graphviz's language
    """

    def __init__(
        self, graph: Graph, *, rankdir: Direction, engine: Engine, theme: ThemeName, lit: Collection[int] = ()
    ):
        """lit : numbers of edges that stand out"""
        self.graph = graph
        self._rankdir = rankdir
        self._theme = THEMES[theme]
        faces = [face(card) for card in graph.cards]
        scopes = [card.scope for card in graph.cards]
        titles = titles_of(graph)
        place = dot.place if engine == "dot" else layout.place
        placed = place(
            [(f.width, f.height) for f in faces],
            [(edge.source, edge.target) for edge in graph.edges],
            scopes,
            {scope: min(300.0, width(title, svg.SCOPE_SIZE, bold=True)) for scope, title in titles.items()},
            rankdir,
        )
        self.svg = svg.write(graph, faces, placed, titles, self._theme, lit)

    @property
    def dot(self) -> str:
        source: str = dot.digraph(self.graph, titles_of(self.graph), self._rankdir, self._theme).source
        return source

    @property
    def html(self) -> str:
        """A page that holds the picture and asks for nothing else."""
        name = next((card.title for card in self.graph.cards if card.kind == "output"), "graph")
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">\n'
            f"<title>{escape(name)}</title>\n</head>\n"
            f'<body bgcolor="{self._theme.background}">\n{self.svg}</body>\n</html>\n'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture, whole or not at all, in the format that the ending of `path` says: .svg, .html, .dot, .png or .pdf.

        Raises ValueError for another ending, RuntimeError for .png and .pdf if the program Graphviz is not installed.
        """
        path = Path(path)
        formats: dict[str, Callable[[], bytes]] = {
            ".svg": lambda: self.svg.encode(),
            ".html": lambda: self.html.encode(),
            ".dot": lambda: self.dot.encode(),
            ".png": lambda: self._rendered("png"),
            ".pdf": lambda: self._rendered("pdf"),
        }
        if path.suffix.lower() not in formats:
            raise ValueError(f"cannot save a picture as {path.name!r}: the name must end in {', '.join(formats)}")
        content = formats[path.suffix.lower()]()
        with replacing(path) as file:
            file.write(content)
        return path

    def _rendered(self, format: str) -> bytes:
        return dot.render(dot.digraph(self.graph, titles_of(self.graph), self._rankdir, self._theme), format)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # At its own size, to be scrolled: shrunk to a notebook's width, the text of a wide graph could not be read.
        scrolled = f'<div style="overflow-x: auto">{self.svg}</div>'
        return {"text/html": scrolled, "image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Picture of {len(self.graph.cards)} cards and {len(self.graph.edges)} edges>"


def titles_of(graph: Graph) -> dict[Scope, str]:
    """What is written over each scope."""
    paths = {card.scope[:n] for card in graph.cards for n in range(1, len(card.scope) + 1)}
    return {path: isolated(path[-1]) for path in sorted(paths)}
