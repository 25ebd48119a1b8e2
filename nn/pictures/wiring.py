"""The drawing of a network: columns of neurons, what joins them, and the outputs with their costs."""

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.drawing.heatmap import STEPS
from autograd_lite.drawing.layout import Box
from autograd_lite.drawing.metrics import MONO, fit, width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.shapes import num, rect, shade, text
from autograd_lite.drawing.text import isolated, number

from .image import ink, levels, shrunk
from .parts import Column, Network
from .sheet import Sheet, line, readable_on

MARGIN, TOP = 20.0, 66.0
RADIUS, PITCH, APART = 10.0, 30.0, 190.0
PICTURE = 176.0
"""Width and height of the input image, at most."""
BAR = 64.0
FAINTEST = 0.01
"""What is smaller, relative to the largest of the layer, is not drawn."""
SYMBOLS = {"weights": "w", "gradients": "∂C/∂w", "nudges": "−∂C/∂w"}
BIASES = {"weights": "b", "gradients": "∂C/∂b", "nudges": "−∂C/∂b"}


def sheet(data: Network, theme: Theme) -> Sheet:
    tallest = max(len(c.shown) + (len(c.shown) < len(c.activations)) for c in data.columns)
    middle = TOP + max(tallest * PITCH, PICTURE + 90 if data.image is not None else 0.0, 120.0) / 2
    left = MARGIN + (PICTURE + 60 if data.image is not None else 34)
    places = [
        [(left + i * APART, middle + (k - (len(c.shown) - 1) / 2) * PITCH) for k in range(len(c.shown))]
        for i, c in enumerate(data.columns)
    ]
    parts: list[str] = []
    for i, link in enumerate(data.links):
        parts += _links(link, data.columns[i : i + 2], places[i : i + 2], theme)
    bottom = middle + tallest * PITCH / 2 + 6
    for i, column in enumerate(data.columns):
        parts += _neurons(column, places[i], data, i, theme)
        parts += _heading(column, left + i * APART, i == 0, theme)
    for i, link in enumerate(data.links):
        parts.append(_middle(left + (i + 0.5) * APART, bottom + 10, _largest(link, data), 9, theme.faint))
    if data.image is not None:
        parts += _picture(data, middle, theme)
    outputs, wide, lowest = _outputs(data, places[-1], theme)
    parts += outputs
    keys, key_width = _key(data, max(bottom, lowest) + 34, theme)
    return Sheet([*parts, *keys], max(wide, key_width) + MARGIN, max(bottom, lowest) + 34 + 44)


def _middle(x: float, y: float, words: str, size: float, fill: str, more: str = "") -> str:
    return text(x, y, words, size, fill, f' text-anchor="middle"{more}')


# --- Between neurons --------------------------------------------------------------------------------------------------


def _links(link: NDArray[Any], columns: list[Column], places: list[Any], theme: Theme) -> Iterable[str]:
    """Lines from column to column, those of one sign and size together, the small ones first."""
    largest = np.abs(link[np.isfinite(link)]).max(initial=0.0)
    part = link[np.ix_(columns[1].shown, columns[0].shown)]
    steps = np.where(np.abs(part) < FAINTEST * largest, 0, levels(part, float(largest)))
    for size in range(1, STEPS + 1):
        for sign in 1, -1:
            pieces = [
                _between(places[0][k], places[1][j]) for j, k in zip(*np.nonzero(steps == sign * size), strict=True)
            ]
            yield _strokes(pieces, theme.positive if sign > 0 else theme.negative, size, sign < 0)
    missing = [_between(places[0][k], places[1][j]) for j, k in zip(*np.nonzero(np.isnan(part)), strict=True)]
    yield _strokes(missing, theme.missing, 2, False)


def _between(start: tuple[float, float], end: tuple[float, float]) -> str:
    return f"M{num(start[0] + RADIUS)},{num(start[1])}L{num(end[0] - RADIUS)},{num(end[1])}"


def _strokes(pieces: list[str], colour: str, size: int, dashed: bool) -> str:
    if not pieces:
        return ""
    dash = ' stroke-dasharray="5 3"' if dashed else ""
    look = f'stroke-width="{num(0.2 + 0.45 * size)}" stroke-opacity="{0.15 + 0.17 * size:.2f}"{dash}'
    return f'<path d="{"".join(pieces)}" fill="none" stroke="{colour}" {look}/>'


def _largest(link: NDArray[Any], data: Network) -> str:
    bad = int(np.isnan(link).sum())
    return (
        f"{bad:,} of {link.size:,} are NaN" if bad else f"largest |{SYMBOLS[data.show]}| {number(np.abs(link).max())}"
    )


# --- Neurons ----------------------------------------------------------------------------------------------------------


def _heading(column: Column, x: float, first: bool, theme: Theme) -> Iterable[str]:
    count, shown = len(column.activations), len(column.shown)
    title = f"{count:,} input{'s' * (count > 1)}" if first else fit(isolated(column.title), 11, APART - 10, bold=True)
    below = "" if first else f"{count:,} neuron{'s' * (count > 1)}"
    if shown < count:
        below += f"{', ' * bool(below)}{shown} drawn"
    yield _middle(x, MARGIN + 6, title, 11, theme.text, ' font-weight="bold"')
    yield _middle(x, MARGIN + 20, below, 9, theme.faint)


def _neurons(column: Column, places: list[tuple[float, float]], data: Network, i: int, theme: Theme) -> Iterable[str]:
    a = column.activations
    scale = max(1.0, float(np.abs(a[np.isfinite(a)]).max(initial=0.0)))
    for j, (x, y) in zip(column.shown, places, strict=True):
        fill = mixed(float(a[j]), scale, theme)
        words = f"{'input' if i == 0 else 'neuron'} {j}: a = {number(a[j])}"
        if column.biases is not None:
            words += f", {BIASES[data.show]} = {number(column.biases[j])}"
        sign = ' stroke-dasharray="3 2"' if a[j] < 0 else ""
        colour = theme.negative if a[j] < 0 else theme.text
        yield (
            f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(RADIUS)}" fill="{fill}" stroke="{colour}" stroke-width="1.2"'
            f"{sign}><title>{escape(words)}</title></circle>"
        )
        if len(str(j)) <= 3:
            yield _middle(x, y + 2.8, str(j), 7.5, readable_on(fill, theme), ' pointer-events="none"')
    if len(column.shown) < len(a):
        x, y = places[-1]
        if i < len(data.columns) - 1:
            yield _middle(x, y + 26, f"⋮ {len(a) - len(column.shown):,} more", 9, theme.faint)


def mixed(a: float, scale: float, theme: Theme) -> str:
    """The fill of a neuron: from the background, for 0, to the colour of text; by sign if it is negative."""
    if np.isnan(a):
        return theme.missing
    if a < 0:
        return shade(int(levels(np.array([a]), scale)[0]), theme)
    part = min(1.0, a / scale)
    channels = [
        round((1 - part) * int(theme.background[i : i + 2], 16) + part * int(theme.text[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{c:02x}" for c in channels)


# --- The input and the outputs ----------------------------------------------------------------------------------------


def _picture(data: Network, middle: float, theme: Theme) -> Iterable[str]:
    """The input as an image, with a frame around every pixel that is drawn as a neuron."""
    image = data.image
    assert image is not None
    rows, columns = shrunk(image).shape
    cell = float(max(1, int(PICTURE // max(rows, columns))))
    top = middle - rows * cell / 2 - 14
    yield from ink(image, MARGIN, top, cell, theme)
    if image.shape == (rows, columns):
        for k in data.columns[0].shown:
            i, j = divmod(k, columns)
            yield rect(
                Box(MARGIN + j * cell, top + i * cell, cell, cell), 0, "none", theme.active, ' stroke-width="1.2"'
            )
    y = top + rows * cell + 20
    if len(data.y) > 1:
        right = "right" if data.answer == data.truth else "wrong"
        yield text(MARGIN, y, f"truth {data.truth}, answer {data.answer}: {right}", 11, theme.text)
    yield text(MARGIN, y + 17, f"C = {number(data.cost)}", 11, theme.text)


def _outputs(data: Network, places: list[tuple[float, float]], theme: Theme) -> tuple[list[str], float, float]:
    """A row an output: activation, target, and what it adds to the cost; below, their sum. With the right and lower end."""
    column = data.columns[-1]
    a = column.activations
    scale = max(1.0, float(np.abs(a[np.isfinite(a)]).max(initial=0.0)))
    x0 = places[0][0] + RADIUS + 12
    x_a, x_y, x_term = x0 + BAR + 52, x0 + BAR + 104, x0 + BAR + 184
    head = places[0][1] - 22
    parts = [_right(x_a, head, "a", theme.faint), _right(x_y, head, "y", theme.faint)]
    wide = x_y + 20
    if data.terms is not None:
        parts.append(_right(x_term, head, "adds to C", theme.faint))
        wide = x_term
    notes_end = wide
    for j, (_, y) in zip(column.shown, places, strict=True):
        marks = ["answer"] * (j == data.answer) + ["truth"] * (j == data.truth) if len(a) > 1 else []
        bold = ' font-weight="bold"' if marks else ""
        long = BAR * min(1.0, abs(float(a[j])) / scale) if np.isfinite(a[j]) else 0.0
        colour = theme.active if marks else theme.faint
        look = f' stroke="{theme.negative}" stroke-dasharray="3 2"' if a[j] < 0 else ""
        frame = f'x="{num(x0)}" y="{num(y - 5)}" height="10"'
        parts.append(f'<rect {frame} width="{num(BAR)}" fill="none" stroke="{theme.cluster_line}"/>')
        parts.append(f'<rect {frame} width="{num(long)}" fill="{"none" if look else colour}"{look}/>')
        parts.append(_right(x_a, y + 3.5, _fixed(float(a[j])), theme.text, bold))
        parts.append(_right(x_y, y + 3.5, number(data.y[j]), theme.text, bold))
        if data.terms is not None:
            parts.append(_right(x_term, y + 3.5, number(data.terms[j]), theme.text, bold))
        if marks:
            note = "← " + " and ".join(marks)
            parts.append(text(wide + 8, y + 3.5, note, 9.5, theme.text, ' font-weight="bold"'))
            notes_end = max(notes_end, wide + 8 + width(note, 9.5, bold=True))
    y = places[-1][1] + 30
    rest = [j for j in range(len(a)) if j not in set(column.shown)]
    if rest:
        parts.append(text(x0, y, f"⋮ {len(rest):,} more", 9.5, theme.faint))
        if data.terms is not None:
            parts.append(_right(x_term, y, number(data.terms[rest].sum()), theme.text))
        y += 24
    parts.append(line(x0, y - 14, wide, y - 14, theme.faint))
    parts.append(_right(wide, y + 3, f"C = {number(data.cost)}", theme.text, ' font-weight="bold"'))
    if data.formula:
        words = f"each adds {data.formula}"
        parts.append(text(x0, y + 20, words, 9.5, theme.faint))
        notes_end = max(notes_end, x0 + width(words, 9.5))
    return parts, notes_end, y + 22


def _fixed(a: float) -> str:
    """An activation in four decimals, so that a column of them can be compared; others as they are."""
    return f"{a:.4f}".replace("-", "−") if abs(a) < 100 else number(a)


def _right(x: float, y: float, words: str, fill: str, more: str = "") -> str:
    return text(x, y, words, 9.5, fill, f' text-anchor="end" font-family="{MONO}"{more}')


def _key(data: Network, y: float, theme: Theme) -> tuple[list[str], float]:
    """What lines and circles mean."""
    name = SYMBOLS[data.show]
    x = MARGIN
    parts = []
    for colour, dash, words in (
        (theme.positive, "", f"{name} above zero"),
        (theme.negative, ' stroke-dasharray="5 3"', f"{name} below zero"),
    ):
        parts.append(line(x, y - 3, x + 26, y - 3, colour, 2, dash))
        parts.append(text(x + 32, y, words, 9, theme.faint))
        x += 32 + width(words, 9) + 18
    words = f"thicker is larger, each layer by its own largest; below {FAINTEST:.0%} of it not drawn"
    parts.append(text(x, y, words, 9, theme.faint))
    end = x + width(words, 9)
    x, y = MARGIN, y + 20
    for part in (0.0, 0.5, 1.0):
        fill = mixed(part, 1.0, theme)
        parts.append(f'<circle cx="{num(x + 6)}" cy="{num(y - 3)}" r="5" fill="{fill}" stroke="{theme.text}"/>')
        x += 14
    words = "activation 0, ½, 1" + ("; larger or negative ones by the largest of their layer" if _beyond(data) else "")
    parts.append(text(x + 4, y, words, 9, theme.faint))
    x += 4 + width(words, 9) + 18
    if data.image is not None and shrunk(data.image).shape == data.image.shape:
        parts.append(rect(Box(x, y - 8, 9, 9), 0, "none", theme.active, ' stroke-width="1.2"'))
        parts.append(text(x + 15, y, "pixel that is drawn as an input", 9, theme.faint))
        x += 15 + width("pixel that is drawn as an input", 9)
    return parts, max(end, x)


def _beyond(data: Network) -> bool:
    return any(np.any((c.activations < 0) | (c.activations > 1)) for c in data.columns)
