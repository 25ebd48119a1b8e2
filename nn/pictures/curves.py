"""Learning curves: the cost, the accuracy if there is one, and the gradients of a training run, side by side."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite.drawing.metrics import fit, width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.shapes import num, text
from autograd_lite.drawing.text import isolated, trimmed

from .axes import decades, power, ticks
from .sheet import Drawing, Sheet, curve, line

if TYPE_CHECKING:
    from ..history import History

MARGIN, LEFT, TOP, APART = 18.0, 52.0, 74.0, 34.0
WIDE, HIGH = 380.0, 230.0
LABELS = 86.0
"""Room for the names at the right end of curves."""
LAYERS = 8
DASHES = ("", "7 3", "2 3", "9 3 2 3")
Points = Sequence[tuple[float, float]]


class Curve(NamedTuple):
    name: str
    points: Points
    colour: str
    dash: str = ""
    wide: float = 2.0


class Panel(NamedTuple):
    """A plot in the rectangle x, TOP, WIDE, HIGH, for the values `low` to `high`, in powers of ten if `log`."""

    x: float
    last: float
    low: float
    high: float
    log: bool = False

    def place(self, epoch: float, value: float) -> tuple[float, float]:
        low, high, at = (
            (math.log10(v) for v in (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        )
        return self.x + WIDE * epoch / self.last, TOP + HIGH * (1 - (at - low) / (high - low))


def draw_curves(history: "History", theme: ThemeName) -> Drawing["History"]:
    """Raises ValueError for a history of nothing."""
    if not history.batch_costs and not history.epochs:
        raise ValueError("the history is empty: there is nothing to draw")
    parts = ["cost", *["accuracy"] * _has_accuracy(history), *["gradients"] * any(history.gradient_norms)]
    words = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return Drawing(f"Learning curves: {words}", history, _sheet, theme)


def _has_accuracy(history: "History") -> bool:
    return any(e.accuracy is not None or e.validation_accuracy is not None for e in history.epochs)


def _sheet(history: "History", theme: Theme) -> Sheet:
    x = MARGIN + LEFT
    parts = _cost(history, x, theme)
    x += WIDE
    if _has_accuracy(history):
        x += APART + LEFT
        parts += _accuracy(history, x, theme)
        x += WIDE
    norms = [one for one in history.gradient_norms if one]
    if norms:
        x += APART + LEFT
        parts += _gradients(norms, x, theme)
        x += WIDE + LABELS
    return Sheet(parts, x + MARGIN, TOP + HIGH + 44)


# --- The three plots --------------------------------------------------------------------------------------------------


def _cost(history: "History", x: float, theme: Theme) -> list[str]:
    costs = np.asarray(history.batch_costs, float)
    per_epoch = history.batches or max(1, len(costs))
    at = (np.arange(len(costs)) + 1) / per_epoch
    mean = history.running_mean()
    trained = [(e.epoch, e.cost) for e in history.epochs]
    held_out = [(e.epoch, e.validation_cost) for e in history.epochs if e.validation_cost is not None]
    # The first steps, whose costs can be many times all others', would press the rest against the axis.
    lines = np.array([*mean[len(mean) // 20 :], *(c for _, c in trained), *(c for _, c in held_out)], float)
    high = float(lines[np.isfinite(lines)].max(initial=0.0)) * 1.1 or 1.0
    low = min(0.0, float(lines[np.isfinite(lines)].min(initial=0.0)) * 1.1)
    above = int((costs > high).sum())
    panel = Panel(x, max(at.max(initial=0), len(history.epochs), 1e-9), low, high)
    title = "cost" if not trained else f"cost: {trained[-1][1]:.4f} on the training data"
    note = f" ({above:,} of {len(costs):,} higher)" if above else ""
    curves = [
        Curve("running mean", _thinned(list(zip(at.tolist(), mean.tolist(), strict=True))), theme.edge, "", 1.4),
        Curve("training data", trained, theme.positive),
        Curve("held-out data", held_out, theme.negative, "6 3"),
    ]
    parts = [*_frame(panel, title, theme), *_batches(costs, at, panel, theme)]
    first = [("each mini-batch" + note, theme.cluster_line, "", 4.0)] if len(costs) else []
    return [*parts, *_legend(first, curves, x, theme), *_drawn(curves, panel)]


def _batches(costs: NDArray[Any], at: NDArray[Any], panel: Panel, theme: Theme) -> Iterable[str]:
    """From the lowest to the highest cost, in every column of pixels."""
    known = np.isfinite(costs)
    columns = np.floor(at[known] / panel.last * (WIDE / 2 - 1)).astype(int)
    pieces = []
    for column in np.unique(columns):
        here = np.clip(costs[known][columns == column], panel.low, panel.high)
        (_, top), (_, bottom) = panel.place(0, float(here.max())), panel.place(0, float(here.min()))
        pieces.append(f"M{num(panel.x + 2 * column + 1)},{num(bottom)}V{num(min(top, bottom - 2))}")
    if pieces:
        yield f'<path d="{"".join(pieces)}" fill="none" stroke="{theme.cluster_line}" stroke-width="2"/>'


def _accuracy(history: "History", x: float, theme: Theme) -> list[str]:
    trained = [(float(e.epoch), e.accuracy) for e in history.epochs if e.accuracy is not None]
    held_out = [(float(e.epoch), e.validation_accuracy) for e in history.epochs if e.validation_accuracy is not None]
    shown = held_out or trained
    low, high = _zoom([a for _, a in trained], [a for _, a in held_out])
    panel = Panel(x, float(len(history.epochs)), low, high)
    curves = [
        Curve("training data", trained, theme.positive),
        Curve("held-out data", held_out, theme.negative, "6 3"),
    ]
    title = f"accuracy: {shown[-1][1]:.1%} of the {'held-out' if held_out else 'training'} data"
    parts = _frame(panel, title, theme, percent=True)
    below = sum(a < low for _, a in shown)
    if below:
        parts.append(text(x, TOP - 16, f"{below} epoch{'s' * (below > 1)} below {low:.0%}", 9.5, theme.faint))
    return [*parts, *_legend([], curves, x, theme), *_drawn(curves, panel)]


def _zoom(*series: list[float]) -> tuple[float, float]:
    """From what the later three quarters of a run reach, rounded down to 5 %, to a little above the best."""
    late = [a for values in series for a in values[len(values) // 4 :]]
    low = max(0.0, math.floor(min(late, default=0.0) * 20 - 0.2) / 20)
    high = min(1.0, math.ceil(max(late, default=1.0) * 20 + 0.1) / 20)
    return (low, high) if high > low else (max(0.0, high - 0.05), high)


def _gradients(norms: list[dict[str, float]], x: float, theme: Theme) -> list[str]:
    every = list(norms[-1])
    names = every
    if len(every) > LAYERS:
        names = [every[i] for i in np.linspace(0, len(every) - 1, LAYERS).round().astype(int)]
    colours = (theme.positive, theme.negative, theme.text, theme.active)
    curves = []
    for i, name in enumerate(names):
        points = [(float(e + 1), one.get(name, 0.0)) for e, one in enumerate(norms)]
        known = [p for p in points if 0 < p[1] < math.inf]
        curves.append(Curve(name, known, colours[i % 4], DASHES[(i + i // 4) % 4]))
    values = [v for c in curves for _, v in c.points]
    low = 10.0 ** math.floor(math.log10(min(values, default=0.1)))
    high = 10.0 ** math.ceil(math.log10(max(values, default=1.0)))
    panel = Panel(x, len(norms), low, high if high > low else 10 * low, log=True)
    title = "gradient norms ‖∂C/∂(W, b)‖ by layer"
    note = (
        f"{len(names)} of {len(every)} layers" if len(names) < len(every) else "of some training examples; logarithmic"
    )
    parts = [*_frame(panel, title, theme), text(x, TOP - 32, note, 9.5, theme.faint)]
    return [*parts, *_drawn(curves, panel), *_names(curves, panel, theme)]


def _names(curves: list[Curve], panel: Panel, theme: Theme) -> Iterable[str]:
    """The name of every curve at its right end, moved apart where they meet."""
    ends = sorted((panel.place(*c.points[-1])[1], c.name, c.colour) for c in curves if c.points)
    heights = [y for y, _, _ in ends]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + 13)
    for i in range(len(heights) - 1, -1, -1):
        heights[i] = min(heights[i], TOP + HIGH - 13 * (len(heights) - 1 - i))
    for y, (at, name, colour) in zip(heights, ends, strict=True):
        right = panel.x + WIDE
        yield line(right + 2, at, right + 12, y, colour, 1.0)
        yield text(right + 15, y + 3.5, fit(isolated(name), 9.5, LABELS - 18), 9.5, theme.text)


# --- What plots have in common ----------------------------------------------------------------------------------------


def _frame(panel: Panel, title: str, theme: Theme, percent: bool = False) -> list[str]:
    """Title, grid and axes."""
    x, bottom, right = panel.x, TOP + HIGH, panel.x + WIDE
    parts = [text(x, 26, fit(title, 12, WIDE, bold=True), 12, theme.text, ' font-weight="bold"')]
    for value in decades(panel.low, panel.high) if panel.log else ticks(panel.low, panel.high):
        y = panel.place(0, value)[1]
        words = f"{value:.0%}" if percent else power(value) if panel.log else trimmed(round(value, 10))
        parts.append(line(x, y, right, y, theme.cluster_line, 0.7))
        parts.append(text(x - 6, y + 3.5, words, 9.5, theme.faint, ' text-anchor="end"'))
    for epoch in ticks(0, panel.last):
        if epoch == int(epoch):
            at = panel.place(epoch, panel.high)[0]
            parts.append(line(at, bottom, at, bottom + 4, theme.faint, 1.0))
            parts.append(text(at, bottom + 16, str(int(epoch)), 9.5, theme.faint, ' text-anchor="middle"'))
    parts.append(line(x, bottom, right, bottom, theme.faint, 1.0))
    parts.append(text(x + WIDE / 2, bottom + 34, "epoch", 9.5, theme.faint, ' text-anchor="middle"'))
    return parts


def _legend(first: list[tuple[str, str, str, float]], curves: list[Curve], x: float, theme: Theme) -> Iterable[str]:
    """Between the title and the plot, in two lines at most, so that it covers no curve."""
    items = [*first, *((c.name, c.colour, c.dash, c.wide) for c in curves if c.points)]
    start, y = x, TOP - 32
    for name, colour, dash, wide in items:
        whole = 30 + width(name, 9.5)
        if x > start and x + whole > start + WIDE:
            x, y = start, y + 15
        more = f' stroke-dasharray="{dash}"' if dash else ""
        yield line(x, y - 3.5, x + 24, y - 3.5, colour, wide, more)
        yield text(x + 30, y, name, 9.5, theme.faint)
        x += whole + 16


def _drawn(curves: list[Curve], panel: Panel) -> Iterable[str]:
    """The curves, cut off where they leave the plot."""
    for c in curves:
        known = [(e, v) for e, v in c.points if math.isfinite(v) and (v > 0 or not panel.log)]
        for run in _cut([panel.place(e, v) for e, v in known], TOP, TOP + HIGH):
            yield curve(run, c.colour, c.wide, c.dash)


def _cut(points: Points, top: float, bottom: float) -> list[list[tuple[float, float]]]:
    """The pieces of a line between two heights."""
    runs: list[list[tuple[float, float]]] = []
    for i, (x, y) in enumerate(points):
        inside = top - 1e-6 <= y <= bottom + 1e-6
        if i:
            x0, y0 = points[i - 1]
            was = top - 1e-6 <= y0 <= bottom + 1e-6
            crossings = sorted((edge - y0) / (y - y0) for edge in (top, bottom) if (y0 - edge) * (y - edge) < 0)
            at = [(x0 + t * (x - x0), y0 + t * (y - y0)) for t in crossings]
            if was and at:
                runs[-1].append(at[0])
            elif not was and inside and at:
                runs.append([at[0]])
            elif not was and not inside and len(at) == 2:
                runs.append(at)
            elif not was and inside:
                runs.append([])
        elif inside:
            runs.append([])
        if inside:
            runs[-1].append((x, y))
    return runs


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most a point a pixel."""
    step = max(1, math.ceil(len(points) / WIDE))
    return points[::step] + points[-1:] * bool(points and (len(points) - 1) % step)
