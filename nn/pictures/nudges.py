"""The table of nudges as a picture: images over the columns, shades behind the numbers."""

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.drawing.layout import Box
from autograd_lite.drawing.metrics import MONO, fit, width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.shapes import rect, shade, text
from autograd_lite.drawing.text import isolated, number

from .image import image_shape as shape_of
from .image import ink, levels, shrunk
from .sheet import Drawing, Sheet, line, readable_on, with_sign

if TYPE_CHECKING:
    from ..nudges import Nudges

MARGIN, HIGH = 16.0, 25.0
PICTURE = 60.0
SIZE = 10.0
LARGEST_NAME = 220.0


def draw_nudges(
    data: "Nudges", columns: int, image_shape: tuple[int, int] | None, theme: ThemeName
) -> Drawing["Nudges"]:
    """The first `columns` examples of the chosen rows. Raises ValueError if `columns` is below 1 or no image fits."""
    if columns < 1:
        raise ValueError(f"columns={columns!r}: must be at least 1")
    shape = shape_of(data.x[0].size, image_shape)
    title = "What each training example wants: −∂Cₓ/∂w"
    return Drawing(title, data, lambda data, theme: _sheet(data, columns, shape, title, theme), theme)


def _sheet(data: "Nudges", columns: int, shape: tuple[int, int] | None, title: str, theme: Theme) -> Sheet:
    shown = min(columns, len(data))
    more = data.size - len(data.rows)
    names = [fit(isolated(row.name), SIZE, LARGEST_NAME) for row in data.rows]
    first = 20 + max(width(name, SIZE) for name in [*names, f"⋮ {more:,} more", "‖nudge‖"])
    cells = [[with_sign(v) for v in row.values[:shown]] for row in data.rows]
    norms = [number(v) for v in data.norms[:shown]]
    wide = max(PICTURE + 14, *(width(c, SIZE, mono=True) + 14 for line in [*cells, norms] for c in line))
    top = 40.0
    high = (PICTURE if shape is not None else 28.0) + 26
    xs = [MARGIN + first + i * wide for i in range(shown)]
    right = MARGIN + first + shown * wide
    gap = 26.0 if shown < len(data) else 0.0
    last = right + gap
    heads = ("average", f"of all {len(data):,}", "= −∂C/∂w")
    last_wide = (
        max(*(width(h, SIZE, bold=True) for h in heads), *(width(with_sign(r.average), SIZE) for r in data.rows)) + 24
    )
    end = last + last_wide
    foot = top + high + HIGH * len(data.rows)
    bottom = foot + HIGH * (2 if more else 1)

    parts = [text(MARGIN, 24, title, 12, theme.text, ' font-weight="bold"')]
    parts += _shades(data, shown, xs, wide, last, last_wide, top + high, theme)
    for i, x in enumerate(xs):
        if shape is not None:
            image = data.x[i].reshape(shape)
            rows, across = shrunk(image).shape
            cell = (
                max(1.0, PICTURE // max(rows, across)) if max(rows, across) <= PICTURE else PICTURE / max(rows, across)
            )
            parts += ink(image, x + (wide - across * cell) / 2, top + 6, cell, theme)
        label = fit(f"“{data.labels[i]}”", SIZE, wide - 6, bold=True)
        parts.append(_text(x + wide / 2, top + high - 7, label, theme.text, "middle", True))
    for k, words in enumerate(heads):
        parts.append(_text(last + last_wide / 2, top + high / 2 + 4 + (k - 1) * 14, words, theme.text, "middle", True))

    for k, name in enumerate(names):
        y = top + high + HIGH * k + 16.5
        parts.append(text(MARGIN + 8, y, name, SIZE, theme.text))
        if gap:
            parts.append(_text(right + gap / 2, y, "…", theme.faint, "middle"))
    y = foot + 16.5
    if more:
        parts.append(text(MARGIN + 8, y, f"⋮ {more:,} more", SIZE, theme.faint))
        parts += [_text(x + wide / 2, y, "⋮", theme.faint, "middle") for x in xs]
        parts.append(_text(last + last_wide / 2, y, "⋮", theme.faint, "middle"))
        y += HIGH
    parts.append(text(MARGIN + 8, y, "‖nudge‖", SIZE, theme.text))
    parts += [_number(x + wide - 7, y, words, theme.text) for x, words in zip(xs, norms, strict=True)]
    parts.append(_number(end - 12, y, number(data.average_norm), theme.text, True))

    for k in range(len(data.rows) + 1 + bool(more)):
        parts.append(line(MARGIN, top + high + HIGH * k, end, top + high + HIGH * k, theme.cluster_line))
    parts += [line(x, top, x, bottom, theme.cluster_line) for x in [MARGIN + first, *xs[1:], right]]
    parts.append(line(last, top, last, bottom, theme.text, 2.5))
    parts.append(rect(Box(MARGIN, top, end - MARGIN, bottom - top), 0, "none", theme.faint))
    words = "blue above zero, red below; stronger is larger, the average by its own largest"
    parts.append(text(MARGIN, bottom + 18, words, 9, theme.faint))
    widest = max(end, MARGIN + width(words, 9), MARGIN + width(title, 12, bold=True))
    return Sheet(parts, widest + MARGIN, bottom + 30)


def _shades(
    data: "Nudges", shown: int, xs: list[float], wide: float, last: float, last_wide: float, top: float, theme: Theme
) -> list[str]:
    """The numbers, each on a fill that says how large it is."""
    examples = levels(data.values[:, :shown])
    averages = np.array([row.average for row in data.rows])
    parts = []

    def cell(x: float, y: float, across: float, level: int, value: Any, bold: bool) -> None:
        fill = theme.missing if np.isnan(value) else shade(level, theme) if level else theme.background
        parts.append(rect(Box(x, y, across, HIGH), 0, fill))
        parts.append(
            _number(x + across - (12 if bold else 7), y + 16.5, with_sign(value), readable_on(fill, theme), bold)
        )

    for k, (row, level) in enumerate(zip(data.rows, levels(averages), strict=True)):
        y = top + HIGH * k
        for i, x in enumerate(xs):
            cell(x, y, wide, int(examples[k, i]), row.values[i], False)
        cell(last, y, last_wide, int(level), row.average, True)
    return parts


def _number(x: float, y: float, words: str, fill: str, bold: bool = False) -> str:
    return _text(x, y, words, fill, "end", bold, MONO)


def _text(x: float, y: float, words: str, fill: str, anchor: str, bold: bool = False, font: str = "") -> str:
    more = f' text-anchor="{anchor}"' + ' font-weight="bold"' * bold + (f' font-family="{font}"' if font else "")
    return text(x, y, words, SIZE, fill, more)
