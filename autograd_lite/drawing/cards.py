"""What a card looks like inside: sizes in pixels, so that nothing is cut."""

import math
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from .heatmap import Strip
from .layout import Box
from .metrics import MONO, fit, width
from .model import Card, Row
from .palette import Theme
from .shapes import CRISP, dashes, filled, num, point, rect, shade, text

HEADER, TITLE_SIZE, SHAPE_SIZE = 20.0, 11.0, 9.0
TITLE_LIMIT = 210.0
TEXT_SIZE, LABEL_SIZE, SMALL_SIZE = 10.5, 9.0, 9.0
TEXT_LIMIT = 220.0
PAD, ROW, BETWEEN = 7.0, 17.0, 8.0
LEAST_WIDTH = 72.0
ICON = 15.0


class Face(NamedTuple):
    """The measures of one card."""

    width: float
    height: float
    title: str
    """As much of the title as there is room for."""
    rows: tuple[float, ...]
    """Heights."""
    label: float
    """Width of the column of labels."""


def face(card: Card) -> Face:
    title = fit(card.title, TITLE_SIZE, TITLE_LIMIT, bold=True)
    head = width(title, TITLE_SIZE, bold=True) + ICON * card.stacked
    head += (10 + width(card.shape, SHAPE_SIZE)) * bool(card.shape)
    label = max((width(fit_label(row), LABEL_SIZE) + 10 for row in card.rows if row.label), default=0.0)
    wide = max(
        [head, LEAST_WIDTH - 2 * PAD]
        + [label * bool(row.label) + content_width(r, card.stacked) for row in card.rows for r in row.moments]
    )
    rows = tuple(max(map(row_height, row.moments)) for row in card.rows)
    return Face(math.ceil(wide + 2 * PAD), HEADER + sum(rows) + 4 * bool(rows), title, rows, label)


def fit_label(row: Row) -> str:
    return fit(row.label, LABEL_SIZE, 90)


def fit_text(text: str) -> str:
    return fit(text, TEXT_SIZE, TEXT_LIMIT)


def row_height(row: Row) -> float:
    return ROW if row.strip is None else max(ROW, row.strip.size[1] + 7.0)


def number_widths(row: Row) -> list[float]:
    return [width(text, TEXT_SIZE, mono=True) for text, _ in row.parts]


def content_width(row: Row, plain: bool) -> float:
    """plain : the row is words rather than numbers"""
    if row.strip is not None:
        return row.strip.size[0] + 7 + width(row.parts[0][0], SMALL_SIZE)
    if plain:
        return sum(width(fit_text(text), TEXT_SIZE) for text, _ in row.parts)
    return sum(number_widths(row)) + BETWEEN * (len(row.parts) - 1)


# ---------------------------------------------------------------------------------------------------------------------
# As SVG.


def drawing(card: Card, face: Face, box: Box, theme: Theme, name: str) -> str:
    """name : the id of the card; what stands in a row at later moments is hidden, and has ids that begin so"""
    header = theme.header[card.kind]
    x, y, wide, high = box
    parts = [f"<title>{escape(card.tip)}</title>"]
    if card.stacked:
        parts.append(rect(Box(x + 4, y + 4, wide, high), 6, theme.cluster_line))
    parts.append(rect(box, 6, theme.body[card.kind], header))
    if card.rows:
        side, top = num(HEADER - 6), num(wide - 12)
        corners = f"M{point((x, y + HEADER))}v-{side}a6 6 0 0 1 6-6h{top}a6 6 0 0 1 6 6v{side}z"
        parts.append(filled(corners, header))
    else:
        parts.append(rect(box, 6, header))
    at = x + PAD
    if card.stacked:
        plus = f"M{point((at, y + 5.5))}h9v9h-9zM{point((at + 4.5, y + 7))}v6M{point((at + 1.5, y + 10))}h6"
        parts.append(filled(plus, "none", f' stroke="{theme.header_text}"'))
        at += ICON
    parts.append(text(at, y + 14, face.title, TITLE_SIZE, theme.header_text, ' font-weight="bold"'))
    if card.shape:
        end = ' text-anchor="end" fill-opacity="0.85"'
        parts.append(text(x + wide - PAD, y + 13.5, card.shape, SHAPE_SIZE, theme.header_text, end))
    at = y + HEADER + 2
    for row, height in zip(card.rows, face.rows, strict=True):
        for moment, now in enumerate(row.moments):
            drawn = "".join(_row(now, x + PAD, x + wide - PAD, at, height, face, card.stacked, theme))
            hidden = ' display="none"' if moment else ""
            parts.append(f'<g id="{name}-{moment}"{hidden}>{drawn}</g>' if row.later else drawn)
        at += height
    return f'<g id="{name}">{"".join(parts)}</g>'


def _row(
    row: Row, left: float, right: float, y: float, height: float, face: Face, plain: bool, theme: Theme
) -> Iterable[str]:
    base = y + height / 2 + 3.5
    if row.label:
        yield text(left, base, fit_label(row), LABEL_SIZE, theme.faint)
    if row.strip is not None:
        at = left + face.label
        yield from _strip(row.strip, at, round(y + (height - row.strip.size[1]) / 2), theme)
        yield text(at + row.strip.size[0] + 7, base, row.parts[0][0], SMALL_SIZE, theme.text)
    elif plain and not row.label:
        yield text(left, base, fit_text(row.parts[0][0]), TEXT_SIZE, theme.text)
    else:
        fills = {0: theme.text, 1: theme.positive, -1: theme.negative}
        for (digits, sign), wide in zip(reversed(row.parts), reversed(number_widths(row)), strict=True):
            yield text(right, base, digits, TEXT_SIZE, fills[sign], f' text-anchor="end" font-family="{MONO}"')
            right -= wide + BETWEEN


def _strip(strip: Strip, x: float, y: float, theme: Theme) -> Iterable[str]:
    """One path a colour, of runs of cells. Those below zero are dashes: gaps tell the sign where colours do not."""
    across, down = strip.cell
    runs: dict[int | None, list[str]] = {}
    for i, row in enumerate(strip.levels):
        j = 0
        while j < len(row):
            start, level = j, row[j]
            while j < len(row) and row[j] == level:
                j += 1
            wide, top = (j - start) * across, y + i * down
            if level is not None and level < 0:
                run = f"M{point((x + start * across, top + (down - 1) / 2))}h{wide}"
            else:
                run = f"M{point((x + start * across, top))}h{wide}v{down}h-{wide}z"
            runs.setdefault(level, []).append(run)
    box = Box(x, y, *map(float, strip.size))
    yield filled(f"M{point((x, y))}h{box.width:.0f}v{box.height:.0f}h-{box.width:.0f}z", theme.zero, CRISP)
    for level in sorted(runs, key=lambda v: (v is None, v or 0)):
        if level is not None and level < 0:
            yield dashes("".join(runs[level]), shade(level, theme), across, down)
        elif level != 0:
            yield filled("".join(runs[level]), shade(level, theme), CRISP)
    yield rect(box, 0, "none", theme.cluster_line, ' stroke-width="0.6"')
