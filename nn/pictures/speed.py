"""How fast neurons learn, as a picture: the speed of every neuron, its slope, and how active its inputs are."""

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from autograd_lite.drawing.metrics import fit, width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.shapes import num, point, text
from autograd_lite.drawing.text import isolated, number

from .axes import decades, power
from .sheet import Drawing, Sheet, line

if TYPE_CHECKING:
    from ..speed import LayerSpeed, LearningSpeed

MARGIN, LEFT, TOP, HIGH, APART = 18.0, 44.0, 66.0, 210.0, 26.0
COLUMN, LEAST = 74.0, 230.0
LAYERS = 12
"""Of a deeper network so many layers are drawn, among them the first and the last."""
MANY = 64
"""Dots of a column that are more are drawn small."""
SLOWEST = 1e-12
"""Speeds below this part of the largest are drawn as if they were just that."""


class Dot(NamedTuple):
    value: float
    words: str
    why: str = ""
    """Why this neuron is slow; nothing for one that is not."""


class Panel(NamedTuple):
    """A plot of one dot a neuron, a column a layer."""

    x: float
    wide: float
    height: Callable[[float], float]
    """Of a value, in pixels."""


def draw_speed(speed: "LearningSpeed", theme: ThemeName) -> Drawing["LearningSpeed"]:
    """Three plots, a column a layer and a dot a neuron."""
    return Drawing("How fast neurons learn: speed, slope and activity by layer", speed, _sheet, theme)


def _sheet(speed: "LearningSpeed", theme: Theme) -> Sheet:
    layers = speed.layers
    if len(layers) > LAYERS:
        layers = [layers[i] for i in np.linspace(0, len(layers) - 1, LAYERS).round().astype(int)]
    wide = max(LEAST, COLUMN * len(layers))
    places = [MARGIN + LEFT + i * (wide + APART + LEFT) for i in range(3)]
    few = f"; {len(layers)} of {len(speed.layers)} layers" if len(layers) < len(speed.layers) else ""
    parts = [
        *_speeds(speed, layers, places[0], wide, few, theme),
        *_slopes(layers, places[1], wide, theme),
        *_activities(layers, places[2], wide, theme),
    ]
    key, key_width = _key(speed, MARGIN + 6, TOP + HIGH + 48, theme)
    return Sheet([*parts, *key], max(places[2] + wide, key_width) + MARGIN, TOP + HIGH + 68)


# --- The three plots --------------------------------------------------------------------------------------------------


def _speeds(
    speed: "LearningSpeed", layers: Sequence["LayerSpeed"], x: float, wide: float, few: str, theme: Theme
) -> Iterable[str]:
    from ..speed import SLOW

    known = np.concatenate([layer.speed for layer in layers])
    known = known[np.isfinite(known) & (known > 0)]
    largest = float(known.max(initial=0.0)) or 1.0
    least = max(float(known.min(initial=largest)), SLOWEST * largest)
    low, high = 10.0 ** math.floor(math.log10(least)), 10.0 ** math.ceil(math.log10(largest))
    high = high if high > low else 10 * low

    def height(value: float) -> float:
        part = math.log10(min(max(value, low), high) / low) / math.log10(high / low)
        return TOP + HIGH * (1 - part)

    panel = Panel(x, wide, height)
    yield from _heading(panel, "speed: mean ‖∂Cₓ/∂w‖", f"logarithmic{few}", theme)
    for value in decades(low, high):
        yield from _rung(panel, value, power(value), theme)
    if low < SLOW * speed.median < high:
        y = height(SLOW * speed.median)
        yield line(x, y, x + wide, y, theme.negative, 1.0, ' stroke-dasharray="5 3"')
        yield text(
            x + wide, y - 4, f"slow: below {SLOW:.0%} of the typical neuron", 8.5, theme.faint, ' text-anchor="end"'
        )
    yield from _columns(panel, layers, theme)
    for i, layer in enumerate(layers):
        dots = [Dot(float(v), f"learns at {number(v)}", layer.reasons[j]) for j, v in enumerate(layer.speed)]
        yield from _dots(panel, i, len(layers), dots, theme)


def _slopes(layers: Sequence["LayerSpeed"], x: float, wide: float, theme: Theme) -> Iterable[str]:
    panel = Panel(x, wide, lambda value: TOP + HIGH * (1 - min(value, 1.0)))
    yield from _heading(panel, "slope: mean |da/dz|", "of the steepest; near 0 the output is saturated", theme)
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield from _rung(panel, part, f"{part:.0%}", theme)
    yield from _columns(panel, layers, theme)
    for i, layer in enumerate(layers):
        if layer.slope is None:
            centre = _centre(panel, i, len(layers))
            for k, words in enumerate(("the cost", "does not", "use it")):
                yield text(centre, TOP + 90 + 12 * k, words, 9, theme.faint, ' text-anchor="middle"')
            continue
        dots = [Dot(float(v), f"slope {v:.0%}", layer.reasons[j]) for j, v in enumerate(layer.slope)]
        yield from _dots(panel, i, len(layers), dots, theme)


def _activities(layers: Sequence["LayerSpeed"], x: float, wide: float, theme: Theme) -> Iterable[str]:
    highest = [float(np.max(layer.activity, initial=0.0, where=np.isfinite(layer.activity))) for layer in layers]
    scale = max([1.0, *highest])
    panel = Panel(x, wide, lambda value: TOP + HIGH * (1 - min(value / scale, 1.0)))
    yield from _heading(panel, "inputs: mean |a|", "a dot an input; near 0 its weights learn slowly", theme)
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield from _rung(panel, part * scale, f"{part * scale:.3g}", theme)
    yield from _columns(panel, layers, theme)
    for i, layer in enumerate(layers):
        dots = [Dot(float(v), f"activity {number(v)}") for v in layer.activity]
        yield from _dots(panel, i, len(layers), dots, theme, "input")


# --- What they have in common -----------------------------------------------------------------------------------------


def _heading(panel: Panel, title: str, below: str, theme: Theme) -> Iterable[str]:
    yield text(panel.x, 26, fit(title, 12, panel.wide, bold=True), 12, theme.text, ' font-weight="bold"')
    yield text(panel.x, 42, fit(below, 9.5, panel.wide + APART), 9.5, theme.faint)


def _rung(panel: Panel, value: float, words: str, theme: Theme) -> Iterable[str]:
    y = panel.height(value)
    yield line(panel.x, y, panel.x + panel.wide, y, theme.cluster_line, 0.7)
    yield text(panel.x - 6, y + 3.5, words, 9.5, theme.faint, ' text-anchor="end"')


def _columns(panel: Panel, layers: Sequence["LayerSpeed"], theme: Theme) -> Iterable[str]:
    for i, layer in enumerate(layers):
        name = fit(isolated(layer.title), 9.5, panel.wide / len(layers) - 6)
        yield text(_centre(panel, i, len(layers)), TOP + HIGH + 18, name, 9.5, theme.text, ' text-anchor="middle"')


def _centre(panel: Panel, i: int, count: int) -> float:
    return panel.x + panel.wide * (i + 0.5) / count


def _dots(panel: Panel, i: int, count: int, dots: list[Dot], theme: Theme, what: str = "neuron") -> Iterable[str]:
    """Side by side in their order; a bar stands at their median. Of many no one says which it is."""
    centre, room = _centre(panel, i, count), 0.72 * panel.wide / count
    known = [(j, dot) for j, dot in enumerate(dots) if math.isfinite(dot.value)]
    places = [(centre + room * ((j + 0.5) / len(dots) - 0.5), panel.height(dot.value)) for j, dot in known]
    many = len(dots) > MANY
    if many:
        plain = "".join(f"M{point(at)}h0" for at, (_, dot) in zip(places, known, strict=True) if not dot.why)
        look = f'stroke="{theme.positive}" stroke-opacity="0.8" stroke-width="3.2" stroke-linecap="round"'
        yield f'<path d="{plain}" fill="none" {look}/>' if plain else ""
    for at, (j, dot) in zip(places, known, strict=True):
        if dot.why or not many:
            why = f", {dot.why}" * bool(dot.why)
            yield mark(dot.why, *at, 1.6 if many else 2.8, theme, f"{what} {j}: {dot.words}{why}")
    if known:
        y = panel.height(float(np.median([dot.value for _, dot in known])))
        yield line(centre - room / 2 - 4, y, centre + room / 2 + 4, y, theme.active, 2.0)


def mark(why: str, x: float, y: float, size: float, theme: Theme, words: str = "") -> str:
    """A dot; of a slow neuron an outline, square if its output is saturated, a triangle if its input is inactive."""
    title = f"<title>{escape(words)}</title>" if words else ""
    if not why:
        return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(size)}" fill="{theme.positive}" fill-opacity="0.8">{title}</circle>'
    r = size + 1.2
    if "saturated" in why:
        d = f"M{point((x - r, y - r))}h{num(2 * r)}v{num(2 * r)}h{num(-2 * r)}z"
    elif "inactive" in why:
        d = f"M{point((x, y - r))} {point((x + r, y + r))} {point((x - r, y + r))}z"
    else:
        d = f"M{point((x, y - r))} {point((x + r, y))} {point((x, y + r))} {point((x - r, y))}z"
    return f'<path d="{d}" fill="none" stroke="{theme.negative}" stroke-width="1.5">{title}</path>'


def _key(speed: "LearningSpeed", x: float, y: float, theme: Theme) -> tuple[list[str], float]:
    from ..speed import CONTENT, INACTIVE, SATURATED

    parts: list[str] = []
    slow = [why for layer in speed.layers for why in layer.reasons if why]
    items = [("", "a neuron or an input")]
    items += [(why, f"slow, {why}") for why in (SATURATED, INACTIVE, CONTENT) if any(why in reason for reason in slow)]
    for why, words in items:
        parts += [mark(why, x, y - 3, 2.8, theme), text(x + 10, y, words, 9, theme.faint)]
        x += 10 + width(words, 9) + 20
    parts += [
        line(x - 4, y - 3, x + 18, y - 3, theme.active, 2.0),
        text(x + 24, y, "median of the layer", 9, theme.faint),
    ]
    return parts, x + 24 + width("median of the layer", 9)
