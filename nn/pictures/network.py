"""A network at work on one example: what to draw of it."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import Tensor, enable_grad, gradients
from autograd_lite.drawing.picture import ThemeName

from ..arguments import cost_function, whole
from ..costs import Cost, quadratic_cost
from ..evaluation import recorded_cost
from ..sequential import Sequential
from ..stages import rows_of, stages
from .image import image_shape as shape_of
from .parts import Array, Column, Network, Show
from .sheet import Drawing
from .wiring import sheet


@enable_grad
def draw_network(
    net: Sequential,
    x: ArrayLike,
    y: ArrayLike,
    *,
    show: Show = "weights",
    cost: Cost | Callable[[Tensor, Any], Tensor] = quadratic_cost,
    image_shape: tuple[int, int] | None = None,
    max_neurons: int = 16,
    theme: ThemeName = "light",
) -> Drawing[Network]:
    """The network at work on one example: neurons by activation, what joins them by sign and size, the cost of each output.

    net : an MLP, or a Sequential of Linear layers and functions of single neurons
    x : (n_in,), or one row;  y : its targets, (m,), or one row
    show : "weights", their "gradients" ∂C/∂w for this example, or the "nudges" −∂C/∂w it asks for
    image_shape : rows and columns of the input as an image; a square if left out, and no image if there is none
    max_neurons : of a larger layer those are drawn that matter most to what is shown: for weights, whose activation
        times the length of their outgoing weights is largest; otherwise, whose outgoing weights would change most. Of
        the outputs, the most active and the truth.

    All of it, also what is not drawn, is in `.data`.

    Raises ValueError for more than one example and unknown options, and in the cases of `net(x)` and `cost`; TypeError
    for another kind of network.
    """
    cost_function(cost)
    x, y = rows_of(x), rows_of(y)
    if len(x) != 1 or len(y) != 1 or x.ndim != 2:
        raise ValueError(
            f"draw_network shows one example: x has shape {np.shape(x)}, y {np.shape(y)}; take one row each"
        )
    if not isinstance(show, str) or show not in get_args(Show):
        raise ValueError(f"show={show!r}: must be one of {', '.join(map(repr, get_args(Show)))}")
    max_neurons = whole("max_neurons", max_neurons, 1)
    shape = shape_of(x.shape[1], image_shape)
    layers = stages(net, x, "draw_network")
    output = layers[-1].a
    c = recorded_cost(cost, output, y)
    links, biases = _shown(show, c, [s.linear.W for s in layers], [s.linear.b for s in layers])

    activations = [layers[0].a_in.numpy()[0], *(s.a.numpy()[0] for s in layers)]
    scores = [_importance(a, link, show) for a, link in zip(activations, links, strict=False)]
    scores.append(np.where(np.arange(len(y[0])) == y[0].argmax(), np.inf, activations[-1]))
    columns = [
        Column(title, a, _largest(score, max_neurons), b)
        for title, a, score, b in zip(
            ["inputs", *(s.title for s in layers)], activations, scores, [None, *biases], strict=True
        )
    ]
    data = Network(
        show,
        columns,
        links,
        None if shape is None else x[0].reshape(shape),
        y[0],
        float(c.item()),
        cost.terms(output, y).numpy()[0] if isinstance(cost, Cost) else None,
        cost.formula if isinstance(cost, Cost) else "",
    )
    sizes = "-".join(str(len(a)) for a in activations)
    return Drawing(f"Network {sizes} at work on one example, with its {show}", data, sheet, theme)


def _shown(
    show: Show, c: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor | None]
) -> tuple[list[Array], list[Array | None]]:
    """What is shown of weights and of biases, None of a layer that has no biases."""
    parameters = [*weights, *(b for b in biases if b is not None)]
    if show == "weights":
        arrays = [p.numpy() for p in parameters]
    else:
        sign = -1.0 if show == "nudges" else 1.0
        found: list[Any] = gradients(c, parameters, allow_unused=True)
        arrays = [
            np.zeros(p.shape) if g is None else sign * g.numpy() + 0.0  # + 0.0 makes −0 a 0
            for p, g in zip(parameters, found, strict=True)
        ]
    rest = iter(arrays[len(weights) :])
    return arrays[: len(weights)], [None if b is None else next(rest) for b in biases]


def _importance(a: Array, link: Array, show: Show) -> Array:
    """Of every neuron that `link` starts from."""
    with np.errstate(all="ignore"):  # weights that are not finite are shown, not announced
        lengths: Array = np.sqrt(np.square(link).sum(axis=0))
        return lengths * np.abs(a) if show == "weights" else lengths


def _largest(scores: Array, most: int) -> list[int]:
    """Numbers of the largest scores, in their own order. Of equal ones the first is taken; NaN counts as large."""
    order = np.argsort(-np.nan_to_num(scores, nan=np.inf, posinf=np.inf), kind="stable")[:most]
    return sorted(order.tolist())
