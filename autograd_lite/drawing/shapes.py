"""The few SVG elements that pictures are made of, as text: presentation attributes only, no style sheet."""

from collections.abc import Sequence
from html import escape

from .layout import Box, Point
from .palette import Theme

CRISP = ' shape-rendering="crispEdges"'
"""For cells that touch: no seams between them."""


def num(x: float) -> str:
    """A coordinate with one decimal at most."""
    digits = f"{x:.1f}"
    digits = digits[:-2] if digits.endswith(".0") else digits
    return "0" if digits == "-0" else digits


def point(at: Point) -> str:
    return f"{num(at[0])},{num(at[1])}"


def text(x: float, y: float, words: str, size: float, fill: str, more: str = "") -> str:
    at = f'x="{num(x)}" y="{num(y)}"'
    return f'<text {at} font-size="{num(size)}" fill="{fill}"{more}>{escape(words)}</text>'


def rect(box: Box, radius: float, fill: str, stroke: str = "none", more: str = "") -> str:
    x, y, width, height = map(num, box)
    place = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="{num(radius)}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}"{more}/>'


def filled(d: str, fill: str, more: str = "") -> str:
    return f'<path d="{d}" fill="{fill}"{more}/>'


def dashes(d: str, fill: str, across: int, down: int) -> str:
    """Horizontal lines as rows of cells of this size, each a pixel smaller: gaps are left between them."""
    look = f' stroke="{fill}" stroke-width="{down - 1}" stroke-dasharray="{across - 1} 1"'
    return filled(d, "none", look + CRISP)


def haloed(x: float, y: float, words: str, size: float, fill: str, halo: str, around: float, more: str = "") -> str:
    """A text that stays readable where a line passes under it.

    The halo is a text of its own: viewers that do not know `paint-order` would draw it over the words.
    """
    outline = f' stroke="{halo}" stroke-width="{num(around)}" stroke-linejoin="round" aria-hidden="true"{more}'
    return text(x, y, words, size, halo, outline) + text(x, y, words, size, fill, more)


def path(route: Sequence[Point]) -> str:
    parts = [f"M{point(route[0])}"]
    for i in range(1, len(route), 3):
        a, b, end = route[i : i + 3]
        straight = a == route[i - 1] and (b == end or i + 3 == len(route))
        parts.append(f"L{point(end)}" if straight else f"C{point(a)} {point(b)} {point(end)}")
    return "".join(parts)


def shade(level: int | None, theme: Theme) -> str:
    """The colour of a heat-map cell."""
    if level is None:
        return theme.missing
    if level == 0:
        return theme.zero
    return (theme.ramp_positive if level > 0 else theme.ramp_negative)[abs(level) - 1]
