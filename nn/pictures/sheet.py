"""A finished picture of a network or of its training, and the few elements it is made of besides the engine's."""

import hashlib
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from autograd_lite.drawing.metrics import SANS
from autograd_lite.drawing.palette import THEMES, Theme
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.shapes import num
from autograd_lite.drawing.text import number

from ..files import StrPath, replacing
from .rendered import rendered

D = TypeVar("D")


class Sheet(NamedTuple):
    """What is drawn, in pixels from the upper left corner."""

    parts: Sequence[str]
    width: float
    height: float


class Drawing(Generic[D]):
    """A picture, made when it is asked for. It shows itself in a notebook.

    data : everything that is drawn, as data
    title : what it shows, in a few words
    """

    def __init__(self, title: str, data: D, draw: Callable[[D, Theme], Sheet], theme: str):
        if theme not in THEMES:
            raise ValueError(f"theme={theme!r}: must be one of {', '.join(map(repr, THEMES))}")
        self.title = title
        self.data = data
        self._draw = draw
        self._theme = theme

    @property
    def svg(self) -> str:
        """The picture as text, the same for the same data: presentation attributes only, and one id, that of the root."""
        theme = THEMES[self._theme]
        sheet = self._draw(self.data, theme)
        inside = "\n".join(sheet.parts)
        wide, high = num(sheet.width), num(sheet.height)
        name = "nn" + hashlib.sha256(f"{wide} {high} {inside}".encode()).hexdigest()[:10]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
            f' font-family="{SANS}" id="{name}" role="img" aria-label="{escape(self.title)}">\n'
            f'<rect width="{wide}" height="{high}" fill="{theme.background}"/>\n{inside}\n</svg>\n'
        )

    @property
    def html(self) -> str:
        """A page that holds the picture and asks for nothing else."""
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">\n'
            f"<title>{escape(self.title)}</title>\n</head>\n"
            f'<body bgcolor="{THEMES[self._theme].background}">\n{self.svg}</body>\n</html>\n'
        )

    def themed(self, theme: ThemeName) -> "Drawing[D]":
        """The same in "light" or "dark"."""
        return Drawing(self.title, self.data, self._draw, theme)

    def save(self, path: StrPath) -> Path:
        """Write the picture as .svg, .html, .png or .pdf, whole or not at all.

        Raises ValueError for another ending, RuntimeError for .png and .pdf if the package cairosvg is not installed.
        """
        path = Path(path)
        formats: dict[str, Callable[[], bytes]] = {
            ".svg": lambda: self.svg.encode(),
            ".html": lambda: self.html.encode(),
            ".png": lambda: rendered(self.svg, "png"),
            ".pdf": lambda: rendered(self.svg, "pdf"),
        }
        if path.suffix.lower() not in formats:
            raise ValueError(f"cannot save a picture as {path.name!r}: the name must end in {', '.join(formats)}")
        content = formats[path.suffix.lower()]()
        with replacing(path) as file:
            file.write(content)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Drawing: {self.title}>"


def line(x1: float, y1: float, x2: float, y2: float, colour: str, wide: float = 1.0, more: str = "") -> str:
    """A straight line."""
    d = f"M{num(x1)},{num(y1)}L{num(x2)},{num(y2)}"
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{num(wide)}"{more}/>'


def curve(points: Sequence[tuple[float, float]], colour: str, wide: float, dash: str = "") -> str:
    """A line through points: a dot if there is one only, nothing if there is none."""
    if not points:
        return ""
    if len(points) == 1:
        ((x, y),) = points
        return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(wide + 1)}" fill="{colour}"/>'
    d = "M" + "L".join(f"{num(x)},{num(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = ' stroke-linejoin="round" stroke-linecap="round"' if not dash else ""
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{num(wide)}"{ends}{dashed}/>'


def with_sign(value: Any) -> str:
    """A number with its sign, also above zero."""
    return f"+{number(value)}" if value > 0 else number(value)


def contrast(colour: str, other: str) -> float:
    """How well two colours can be told apart, from 1 to 21 (WCAG 2.1)."""
    dark, bright = sorted((_luminance(colour), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def readable_on(fill: str, theme: Theme) -> str:
    """The colour for words on this fill: one of the theme's, or, where neither has a contrast of 4.5, black or white."""
    return max((theme.text, theme.background, "#000000", "#ffffff"), key=lambda ink: min(4.5, contrast(ink, fill)))


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(part * c for part, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
