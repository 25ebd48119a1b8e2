"""What the signs of a picture mean, under it."""

import numpy as np

from autograd_lite.drawing.heatmap import STEPS
from autograd_lite.drawing.metrics import width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.shapes import text

from .image import signed

SIZE = 9.0


def signs(x: float, y: float, theme: Theme, more: str) -> tuple[list[str], float]:
    """The cells of a signed image from the most negative to the most positive, and words: the drawing and its width."""
    ramp = np.arange(-STEPS, STEPS + 1, dtype=float)[None]
    words = f"− … +  (below zero with gaps); {more}"
    drawing = [*signed(ramp, x, y, 9.0, theme), text(x + 108, y + 8.5, words, SIZE, theme.faint)]
    return drawing, 108 + width(words, SIZE)
