"""What neurons look for in the inputs of a network: the weights of the first layer as images."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite.drawing.metrics import width
from autograd_lite.drawing.palette import Theme
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.shapes import text
from autograd_lite.drawing.text import isolated, number

from ..arguments import whole
from ..layers import Activation, Dropout, Flatten, LayerNorm, Linear, Reshape
from ..layers.normalization import BatchNorm
from ..module import Module
from ..sequential import Sequential
from .image import image_shape as shape_of
from .image import signed
from .keys import signs
from .sheet import Drawing, Sheet

MARGIN, GAP, CAPTION = 18.0, 16.0, 34.0
ACROSS, WIDEST = 8, 112.0
TITLE = "what each neuron of {} looks for: its weights as an image"
KEEPS_PLACES = (Activation, BatchNorm, Dropout, Flatten, LayerNorm, Reshape)
"""Layers after which every number still stands for one input."""


class Weights(NamedTuple):
    """Rows of the first layer's weight."""

    images: NDArray[Any]
    """(neurons drawn, rows, columns): W[j] in the shape of the input."""
    neurons: int
    """How many neurons the layer has."""
    layer: str = "the first layer"
    """How the picture calls it."""


def draw_weights(
    net: Module, *, image_shape: tuple[int, int] | None = None, max_neurons: int = 64, theme: ThemeName = "light"
) -> Drawing[Weights]:
    """The weights of every neuron of the first layer, as an image in the shape of the input.

    net : a network whose first layer is a Linear. In a Sequential others that leave the inputs in their places may stand before
        it, such as Flatten and BatchNorm1d; a module of another class has its own order, and that of its Linear layers is drawn
        which it holds first, under its own name
    image_shape : rows and columns of the input; a square if left out
    max_neurons : of a larger layer the first so many are drawn

    Blue cells are weights above zero, red ones, with gaps between them, below; stronger is larger, each neuron by its own
    largest, which stands below it. The images are `.data.images`.

    Raises TypeError if the network has no Linear layer or begins with another kind, ValueError if its inputs make no image.
    """
    called, layer = _first(net)
    shape = shape_of(layer.n_in, image_shape)
    if shape is None:
        raise ValueError(f"the {layer.n_in} inputs of {layer!r} make no square image: give image_shape=(rows, columns)")
    max_neurons = whole("max_neurons", max_neurons, 1)
    images = layer.W.numpy()[:max_neurons].reshape(-1, *shape)
    return Drawing(TITLE.format(called), Weights(images, layer.n_out, called), _sheet, theme)


def _first(net: Module) -> tuple[str, Linear]:
    """The Linear layer that sees the inputs, and how it is called."""
    if not isinstance(net, Module):
        raise TypeError(f"draw_weights needs a network, got {net!r}")
    if isinstance(net, Linear):
        return "the first layer", net
    if isinstance(net, Sequential):
        for layer in net.innermost:
            if isinstance(layer, Linear):
                return "the first layer", layer
            if not isinstance(layer, KEEPS_PLACES):
                raise TypeError(
                    f"draw_weights needs a network whose first layer is a Linear, and this begins with {layer!r}: the weights of "
                    "later layers are no images of its inputs"
                )
    for path, layer in net.named_modules():
        if isinstance(layer, Linear):
            return layer.name or path, layer
    raise TypeError(f"draw_weights needs a network with a Linear layer, got {net!r}")


def _sheet(data: Weights, theme: Theme) -> Sheet:
    count, rows, columns = data.images.shape
    rows, columns = min(rows, 64), min(columns, 64)
    cell = float(max(2, min(8, WIDEST // max(rows, columns))))
    captions = [(f"neuron {j}", _largest(image)) for j, image in enumerate(data.images)]
    pitch = GAP + max(columns * cell, *(width(words, 9) for pair in captions for words in pair))
    high = rows * cell + CAPTION + GAP / 2
    across = min(count, ACROSS)
    title = TITLE.format(isolated(data.layer))
    if data.neurons > count:
        title += f" ({count} of {data.neurons:,} drawn)"
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
