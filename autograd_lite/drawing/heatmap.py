"""Arrays too large for numbers: a strip of cells, blue above zero, red and with gaps below, with the range beside it."""

from typing import Any, NamedTuple

import numpy as np

from .text import number

STEPS = 5
"""Shades on either side of zero."""
MAX_ROWS, MAX_COLUMNS = 12, 32


class Strip(NamedTuple):
    levels: tuple[tuple[int | None, ...], ...]
    """Rows of cells: −5 … 5, the value relative to the largest magnitude of the array; None for NaN."""
    range: str
    """Smallest and largest value, in words."""

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell in whole pixels, so that no seams show between cells."""
        rows, columns = len(self.levels), len(self.levels[0])
        across = max(3, min(9, 96 // columns))
        return across, 11 if rows == 1 else max(3, min(9, 40 // rows))

    @property
    def size(self) -> tuple[int, int]:
        across, down = self.cell
        return across * len(self.levels[0]), down * len(self.levels)


def strip(array: np.ndarray[Any, Any]) -> Strip:
    """The cells of a non-empty array.

    The first axis runs down (a vector lies in one row), all others across. What does not fit is drawn in blocks, each
    in the colour of its entry of largest magnitude, so that nothing large hides.
    """
    flat = array.reshape(1, -1) if array.ndim < 2 else array.reshape(array.shape[0], -1)
    values = _blocks(flat.astype(np.float64), MAX_ROWS, MAX_COLUMNS)
    finite = np.abs(values[np.isfinite(values)])
    scale = float(finite.max()) if finite.size else 0.0
    with np.errstate(all="ignore"):
        depth = np.ceil(np.abs(values) / scale * STEPS) if scale > 0 else np.zeros_like(values)
    depth = np.where(np.isinf(values), STEPS, np.clip(depth, values != 0, STEPS))
    signed = np.where(np.isnan(values), 0, np.copysign(depth, values)).astype(int).tolist()
    missing = np.isnan(values).tolist()
    levels = tuple(
        tuple(None if m else v for v, m in zip(*rows, strict=True)) for rows in zip(signed, missing, strict=True)
    )
    return Strip(levels, _range(array))


def _blocks(values: np.ndarray[Any, Any], rows: int, columns: int) -> np.ndarray[Any, Any]:
    for axis, limit in ((0, rows), (1, columns)):
        n = values.shape[axis]
        if n > limit:
            starts = np.arange(limit) * n // limit
            high = np.maximum.reduceat(values, starts, axis=axis)  # NaN wins in both
            low = np.minimum.reduceat(values, starts, axis=axis)
            values = np.where(high < -low, low, high)
    return values


def _range(array: np.ndarray[Any, Any]) -> str:
    bad = int(np.isnan(array).sum()) if array.dtype.kind == "f" else 0
    if bad == array.size:
        return "all NaN"
    known = array[~np.isnan(array)] if bad else array
    low, high = number(known.min()), number(known.max())
    text = f"all {low}" if low == high and known.min() == known.max() else f"{low} … {high}"
    return f"{text}, {bad} NaN" if bad else text
