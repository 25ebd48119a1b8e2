"""What the neurons of the first layer look for: their weights as images."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite.drawing.metrics import width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.shapes import text
from autograd_lite.drawing.text import number

from ..layers import Linear
from ..module import Module
from .image import image_shape as shape_of
from .image import signed
from .keys import signs
from .sheet import Drawing, Sheet

MARGIN, GAP, CAPTION = 18.0, 16.0, 34.0
ACROSS, WIDEST = 8, 112.0
TITLE = "what each neuron of the first layer looks for: its weights as an image"


class Weights(NamedTuple):
    """Rows of the first layer's weight."""

    images: NDArray[Any]
    """(neurons drawn, rows, columns): W[j] in the shape of the input."""
    neurons: int
    """How many neurons the layer has."""


def draw_weights(
    net: Module, *, image_shape: tuple[int, int] | None = None, max_neurons: int = 64, theme: ThemeName = "light"
) -> Drawing[Weights]:
    """The weights of every neuron of the first layer, as an image in the shape of the input.

    net : a network whose first layer is a Linear
    image_shape : rows and columns of the input; a square if left out
    max_neurons : of a larger layer the first so many are drawn

    Blue cells are weights above zero, red ones, with gaps between them, below; stronger is larger, each neuron by its own
    largest, which stands below it. The images are `.data.images`.

    Raises TypeError if the network has no Linear layer, ValueError if its inputs make no image.
    """
    layer = next((module for _, module in net.named_modules() if isinstance(module, Linear)), None)
    if layer is None:
        raise TypeError(f"draw_weights needs a network with a Linear layer, got {net!r}")
    shape = shape_of(layer.n_in, image_shape)
    if shape is None:
        raise ValueError(f"the {layer.n_in} inputs of {layer!r} make no square image: give image_shape=(rows, columns)")
    if max_neurons < 1:
        raise ValueError(f"max_neurons={max_neurons!r}: must be at least 1")
    images = layer.W.numpy()[:max_neurons].reshape(-1, *shape)
    return Drawing(TITLE, Weights(images, layer.n_out), _sheet, theme)


def _sheet(data: Weights, theme: Theme) -> Sheet:
    count, rows, columns = data.images.shape
    rows, columns = min(rows, 64), min(columns, 64)
    cell = float(max(2, min(8, WIDEST // max(rows, columns))))
    captions = [(f"neuron {j}", _largest(image)) for j, image in enumerate(data.images)]
    pitch = GAP + max(columns * cell, *(width(words, 9) for pair in captions for words in pair))
    high = rows * cell + CAPTION + GAP / 2
    across = min(count, ACROSS)
    title = TITLE if data.neurons == count else f"{TITLE} ({count} of {data.neurons:,} drawn)"
    parts = [text(MARGIN, 26, title, 12, theme.text, ' font-weight="bold"')]
    for j, (image, words) in enumerate(zip(data.images, captions, strict=True)):
        x, y = MARGIN + j % across * pitch, 42 + j // across * high
        parts += signed(image, x, y, cell, theme)
        parts.append(text(x, y + rows * cell + 13, words[0], 9, theme.text))
        parts.append(text(x, y + rows * cell + 25, words[1], 9, theme.faint))
    y = 42 + math.ceil(count / across) * high
    key, key_width = signs(
        MARGIN, y, theme, "stronger is larger, each neuron by its own largest; less than a tenth of it is left out"
    )
    wide = max(across * pitch - GAP, width(title, 12, bold=True), key_width)
    return Sheet([*parts, *key], wide + 2 * MARGIN, y + 26)


def _largest(image: NDArray[Any]) -> str:
    """The weight of largest magnitude, with its sign."""
    flat = image.ravel()
    bad = int(np.isnan(flat).sum())
    if bad:
        return f"{bad} NaN"
    return f"largest {number(flat[np.argmax(np.abs(flat))])}"
