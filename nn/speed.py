"""How fast neurons learn, and what makes the slow ones slow (Nielsen, NNDL, ch. 2, "insights", and ch. 5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, enable_grad, gradients
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.text import clean, number
from autograd_lite.ops.inverse import inverse_sigmoid
from autograd_lite.recording import current
from autograd_lite.traversal import ancestors

from .arguments import cost_function, network
from .costs import Cost, quadratic_cost
from .evaluation import recorded_cost, require_average
from .module import Module
from .pictures.sheet import Drawing
from .plain_arrays import plain_array
from .sequential import Sequential
from .stages import Stage, layer_of, parameter_names, rows_of, stages
from .tables import Table, table

Array = NDArray[Any]
SLOW = 0.1
"""A neuron is slow below this part of the speed of the typical neuron."""
STANDING = float(np.finfo(np.float64).eps)
"""A neuron below this part of the speed of the fastest one stands still."""
LOW = 0.1
"""A neuron is slow below this part of the speed of the typical neuron."""
STANDING = 1e-3
"""A neuron below this part of the speed of the fastest one does not count among those that learn."""
LOW = 0.1
"""A factor is low below this part of what it can be."""
SATURATED, INACTIVE, CONTENT = "output saturated", "input inactive", "little error arrives"


class LayerSpeed(NamedTuple):
    """How fast the neurons of one layer learn. With n examples, C_x the cost of each, δ = ∂C_x/∂z:"""

    title: str
    speed: Array
    """(n_out,): the average over the examples of ‖∂C_x/∂w_j‖ = |δ_j| ‖a_in‖ for the weights w_j of each neuron."""
    delta: Array
    """(n_out,): the average of |δ|, how fast the biases learn."""
    slope: Array | None
    """(n_out,): the average of |da/dz|, relative to the steepest the activation can be; near 0 for a saturated neuron.
    None where the cost does not go through it, as the cross-entropy does not through the sigmoid of the outputs."""
    activity: Array
    """(n_in,): the average of |a| of the inputs. Weights of an inactive one learn slowly in every neuron."""
    strongest_input: float
    """The average over the examples of the largest |a_in|."""
    reasons: list[str]
    """For every slow neuron why, otherwise ""."""


@dataclass(frozen=True)
class LearningSpeed:
    """Which neurons learn slowly, and why."""

    layers: list[LayerSpeed]
    median: float
    """The speed of the typical neuron: that of the median, or, where most neurons stand still, are saturated or have no active
    inputs, that of the median of the others; 0 if there are no others, and then all neurons are slow."""

    @property
    def slow(self) -> list[tuple[str, int, float, str]]:
        """Layer, number, speed and reason of every slow neuron, the slowest first."""
        found = [
            (layer.title, j, float(layer.speed[j]), reason)
            for layer in self.layers
            for j, reason in enumerate(layer.reasons)
            if reason
        ]
        return sorted(found, key=lambda neuron: neuron[2])

    def table(self) -> Table:
        """A row a layer."""
        rows = []
        for layer in self.layers:
            counts = [sum(why in reason for reason in layer.reasons) for why in (SATURATED, INACTIVE, CONTENT)]
            idle = int((layer.activity < LOW).sum())
            rows.append(
                (
                    clean(layer.title),
                    number(np.median(layer.speed)),
                    "—" if layer.slope is None else f"{layer.slope.mean():.0%}",
                    f"{idle:,} of {len(layer.activity):,}",
                    f"{sum(map(bool, layer.reasons))} of {len(layer.speed)}",
                    *map(str, counts),
                )
            )
        header = (
            "layer",
            "median speed",
            "slope",
            "idle inputs",
            "slow",
            "saturated",
            "input inactive",
            "little error",
        )
        return table(header, rows)

    def neurons(self, most: int = 12) -> Table:
        """A row a slow neuron, the slowest first, at most so many."""
        rows = [(clean(title), str(j), number(speed), reason) for title, j, speed, reason in self.slow[:most]]
        if len(self.slow) > most:
            rows.append((f"⋮ {len(self.slow) - most:,} more", "", "", ""))
        return table(("layer", "neuron", "speed", "why it is slow"), rows)

    def draw(self, *, theme: ThemeName = "light") -> Drawing["LearningSpeed"]:
        """Three plots, a column a layer: the speed of every neuron, its slope, and how active its inputs are."""
        from .pictures.speed import draw_speed

        return draw_speed(self, theme)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.draw().svg, "text/plain": str(self)}

    def __str__(self) -> str:
        text = (
            f"{self.table()}\nspeed: mean of ‖∂Cₓ/∂w‖ of a neuron; slow: below {SLOW:.0%} of the typical neuron's, "
            f"{number(self.median)};\nslope: |da/dz|, of the steepest possible; idle: mean |a| below {LOW:g}"
        )
        return f"{text}\n\n{self.neurons()}" if self.slow else text

    def __repr__(self) -> str:
        return str(self)


@enable_grad
def learning_speed(
    net: Sequential,
    x: ArrayLike,
    y: ArrayLike,
    cost: Cost | Callable[[Tensor, Any], Tensor] = quadratic_cost,
) -> LearningSpeed:
    """Which neurons learn slowly on these examples, and whether their input is inactive or their output saturated.

    net : an MLP, or a Sequential of Linear layers and functions of single neurons
    x : (n, n_in) or (n_in,);  y : targets
    cost : an average over the examples

    The speed of a neuron is a product, |δ| ‖a_in‖ with δ = ∂C/∂a · da/dz (BP4, BP1, BP2). A neuron is slow if it does not learn
    at all, or its speed is below a tenth of the typical neuron's, see `LearningSpeed.median`. Then the reason is that da/dz
    is below a tenth of its steepest ("output saturated"), that no input is above a tenth ("input inactive"), both, or else that
    little error arrives.

    Raises TypeError for another kind of network, ValueError for a cost that is no average over the examples, and what `net(x)`
    and `cost` raise.
    """
    cost_function(cost)
    x, y = rows_of(x), rows_of(y)
    layers = stages(net, x, "learning_speed")
    require_average(cost, layers[-1].a, plain_array("y", y), "learning_speed")
    c = recorded_cost(cost, layers[-1].a, y)
    targets = [t for s in layers for t in (s.z, s.a)]
    found: list[Any] = gradients(c, targets, allow_unused=True, retain_graph=True)
    direct = _is_direct(c, layers[-1].a)
    slopes = [found[2 * i + 1] if not direct or s is not layers[-1] else None for i, s in enumerate(layers)]
    measured = [_measured(s, found[2 * i], slopes[i], len(x)) for i, s in enumerate(layers)]
    median = _typical(measured)
    return LearningSpeed([layer._replace(reasons=_reasons(layer, median)) for layer in measured], median)


def _is_direct(c: Tensor, a: Tensor) -> bool:
    """Does the cost see of the output nothing but its weighted input, so that the slope of the sigmoid falls out?"""
    uses = [node for node in ancestors([current(c)]) if current(a) in node.inputs]
    return bool(uses) and all(node.op is inverse_sigmoid for node in uses)


def _measured(s: Stage, dC_dz: Any, dC_da: Any, n: int) -> LayerSpeed:
    delta = n * np.abs(np.zeros(s.z.shape) if dC_dz is None else dC_dz.numpy())  # the cost is an average
    a_in = np.abs(s.a_in.numpy())
    length = np.sqrt(np.square(a_in).sum(axis=1, keepdims=True))
    slope = None
    if s.activations and dC_da is not None:
        slope = np.abs(_slope(s.activations, s.z.numpy())).mean(axis=0) / _steepest(s.activations, s.z.dtype)
    return LayerSpeed(
        s.title,
        (delta * length).mean(axis=0),
        delta.mean(axis=0),
        slope,
        a_in.mean(axis=0),
        float(a_in.max(axis=1).mean()),
        [],
    )


def _typical(layers: list[LayerSpeed]) -> float:
    """The speed of the median neuron; where most of them stand still, are saturated or have no active input, of the others."""
    every = np.concatenate([layer.speed for layer in layers])
    fastest = np.max(every, initial=0.0, where=np.isfinite(every))
    learning = ~(every <= STANDING * fastest) & ~np.concatenate([np.any(_low(layer), axis=1) for layer in layers])
    if not learning.any():
        return 0.0
    return float(np.median(every if 2 * learning.sum() >= len(every) else every[learning]))


def _low(layer: LayerSpeed) -> list[tuple[bool, bool]]:
    """Of every neuron, whether its output is saturated, and whether its input is inactive."""
    slopes = np.ones(len(layer.speed)) if layer.slope is None else layer.slope
    return [(bool(slope < LOW), layer.strongest_input < LOW) for slope in slopes]


def _slope(activations: tuple[Module, ...], z: Array) -> Array:
    """da/dz, element by element."""
    start = a = Tensor(z, requires_grad=True)
    for activation in activations:
        a = activation(a)
    slope: Array = gradients(a, start, gradient=np.ones_like(z))[0].numpy()
    return slope


def _steepest(activations: tuple[Module, ...], dtype: Any) -> float:
    """The largest slope between −8 and 8, beyond which activations are flat or straight."""
    slope = np.abs(_slope(activations, np.linspace(-8.0, 8.0, 1601, dtype=dtype)))
    return float(slope.max()) or 1.0


def _reasons(layer: LayerSpeed, typical: float) -> list[str]:
    reasons = []
    for speed, (saturated, inactive) in zip(layer.speed, _low(layer), strict=True):
        why = [SATURATED] * saturated + [INACTIVE] * inactive
        reasons.append((" and ".join(why) or CONTENT) if speed < SLOW * typical or speed == 0 or typical == 0 else "")
    return reasons


@enable_grad
def gradient_norms(
    net: Module, x: ArrayLike, y: ArrayLike, cost: Cost | Callable[[Tensor, Any], Tensor] = quadratic_cost
) -> dict[str, float]:
    """‖∂C/∂(W, b)‖ of every layer, from the input on: where they fall towards the input, gradients vanish.

    x : (n, n_in) or (n_in,);  y : targets

    A layer goes by its name, "layer 2", or by the path of the module that holds its parameters.
    """
    named = parameter_names(network(net))
    found: list[Any] = gradients(recorded_cost(cost_function(cost), net(x), y), list(named.values()), allow_unused=True)
    squares: dict[str, float] = {}
    for (name, p), g in zip(named.items(), found, strict=True):
        layer = layer_of(name, p)
        squares[layer] = squares.get(layer, 0.0) + (0.0 if g is None else float(np.square(g.numpy()).sum()))
    return {layer: float(np.sqrt(total)) for layer, total in squares.items()}
