"""Arrays as images of square cells: ink on paper, or blue above zero and red below, where red cells have gaps between them."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.drawing.heatmap import STEPS
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.shapes import CRISP, num, shade

from ..arguments import short, whole

INKS = 8
"""Shades between paper and ink."""
MAX_SIDE = 64
SMALLEST = 4
"""Fewer than 4 x 4 inputs are hardly pixels."""


def image_shape(n: int, wanted: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """Rows and columns of an image of n pixels: what is wanted, or a square; None if there is no such square.

    Raises ValueError if n pixels do not fill what is wanted.
    """
    if wanted is not None:
        if not isinstance(wanted, tuple | list) or len(wanted) != 2:
            raise TypeError(f"image_shape is {short(wanted)}, needs (rows, columns)")
        rows, columns = (whole("image_shape", side, 0) for side in wanted)
        if rows * columns != n:
            raise ValueError(f"image_shape={wanted!r} has {rows * columns} pixels, the network {n} inputs")
        return rows, columns
    side = math.isqrt(n)
    return (side, side) if side * side == n and side >= SMALLEST else None


def levels(values: NDArray[Any], scale: float | None = None) -> NDArray[np.int64]:
    """Sign and size in steps: −5 … 5 relative to `scale`, by default the largest finite magnitude; 0 for NaN and zero.

    What is not zero is never shown as zero.
    """
    largest = _largest(values) if scale is None else scale
    with np.errstate(all="ignore"):
        steps = np.ceil(np.abs(values) / largest * STEPS) if largest > 0 else np.zeros(values.shape)
    steps = np.where(np.isnan(values), 0, np.clip(np.nan_to_num(steps, posinf=STEPS), values != 0, STEPS))
    signed_steps: NDArray[np.int64] = np.copysign(steps, np.nan_to_num(values)).astype(np.int64)
    return signed_steps


def _largest(values: NDArray[Any]) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def signed(values: NDArray[Any], x: float, y: float, cell: float, theme: Theme) -> Iterator[str]:
    """An array (rows, columns), stronger where larger; what is below a tenth of the largest is left out. NaN is grey."""
    values = shrunk(values)
    with np.errstate(invalid="ignore"):
        found = np.where(np.abs(values) * 2 * STEPS < _largest(values), 0, levels(values))
    yield _ground(found.shape, x, y, cell, theme.zero)
    for level in range(-STEPS, STEPS + 1):
        if level:
            yield _cells(found == level, x, y, cell, shade(level, theme), gap=1.0 if level < 0 else 0.0)
    yield _cells(np.isnan(values), x, y, cell, theme.missing)


def ink(values: NDArray[Any], x: float, y: float, cell: float, theme: Theme) -> Iterator[str]:
    """An array of pixels (rows, columns), from 0, the paper, to the largest value; with negative ones, by sign."""
    if np.any(values < 0):
        yield from signed(values, x, y, cell, theme)
        return
    values = shrunk(values)
    largest = max(1.0, _largest(values))
    found = np.rint(np.clip(np.nan_to_num(values, posinf=largest) / largest, 0, 1) * INKS).astype(int)
    yield _ground(found.shape, x, y, cell, theme.background)
    for level in range(1, INKS + 1):
        opacity = f' fill-opacity="{level / INKS:g}"'
        yield _cells(found == level, x, y, cell, theme.text, more=opacity)
    yield _cells(np.isnan(values), x, y, cell, theme.missing)
    rows, columns = found.shape
    frame = f'x="{num(x)}" y="{num(y)}" width="{num(columns * cell)}" height="{num(rows * cell)}"'
    yield f'<rect {frame} fill="none" stroke="{theme.faint}"{CRISP}/>'


def shrunk(values: NDArray[Any], most: int = MAX_SIDE) -> NDArray[Any]:
    """At most 64 rows and columns: what does not fit in blocks, each with its entry of largest magnitude."""
    values = np.asarray(values, float)
    for axis in 0, 1:
        n = values.shape[axis]
        if n > most:
            starts = np.arange(most) * n // most
            high, low = (f.reduceat(values, starts, axis=axis) for f in (np.maximum, np.minimum))
            values = np.where(high < -low, low, high)
    return values


def _ground(shape: tuple[int, ...], x: float, y: float, cell: float, fill: str) -> str:
    place = f'x="{num(x)}" y="{num(y)}" width="{num(shape[1] * cell)}" height="{num(shape[0] * cell)}"'
    return f'<rect {place} fill="{fill}"{CRISP}/>'


def _cells(where: NDArray[Any], x: float, y: float, cell: float, fill: str, gap: float = 0.0, more: str = "") -> str:
    """All cells of one colour: neighbours in a row are one rectangle, unless there are gaps between them."""
    if not where.any():
        return ""
    if gap:
        rows, starts = np.nonzero(where)
        ends = starts + 1
    else:
        steps = np.diff(np.pad(where.astype(np.int8), ((0, 0), (1, 1))), axis=1)
        (rows, starts), (_, ends) = np.nonzero(steps == 1), np.nonzero(steps == -1)
    xs, ys = (
        [num(start + k * cell + gap / 2) for k in range(n)] for start, n in zip((x, y), where.T.shape, strict=True)
    )
    widths = [num(k * cell - gap) for k in range(where.shape[1] + 1)]
    size = num(cell - gap)
    runs = zip(rows.tolist(), starts.tolist(), (ends - starts).tolist(), strict=True)
    pieces = [f"M{xs[j]},{ys[i]}h{widths[n]}v{size}h-{widths[n]}z" for i, j, n in runs]
    return f'<path d="{"".join(pieces)}" fill="{fill}"{more}{CRISP}/>'
