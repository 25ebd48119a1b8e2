"""The certificate: the gradients of the recorded graph, held against the four equations of backprop.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, enable_grad, gradients

from . import backprop as room
from .costs import Cost, cross_entropy_cost, quadratic_cost, squared_error
from .layers import Identity, Linear, ReLU, Sigmoid, Softplus, Tanh
from .module import Module
from .sequential import Sequential
from .tables import Table, table

Array = NDArray[Any]
EQUATIONS = {
    "BP1": "δᴸ = ∇ₐC ⊙ σ′(zᴸ)",
    "BP2": "δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ′(zˡ)",
    "BP3": "∂C/∂bˡ = δˡ",
    "BP4": "∂C/∂Wˡⱼₖ = aˡ⁻¹ₖ δˡⱼ",
}
TOLERANCES = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-5}

_PRIMES: dict[type[Module], Callable[[Array], Array]] = {
    Sigmoid: room.ACTIVATIONS["sigmoid"].prime,
    Tanh: room.ACTIVATIONS["tanh"].prime,
    ReLU: room.ACTIVATIONS["relu"].prime,
    Identity: room.ACTIVATIONS["identity"].prime,
    Softplus: room.sigmoid,
}
_COSTS = {
    quadratic_cost: room.COSTS["quadratic"],
    squared_error: room.COSTS["squared_error"],
    cross_entropy_cost: room.COSTS["cross_entropy"],
}


@dataclass(frozen=True)
class Certificate:
    """How far the graph's gradients are from the four equations."""

    residuals: list[dict[str, float]]
    """A dict a layer, from the first on: its number, "layer", and the relative residual of each equation about it."""
    tolerance: float

    @property
    def failed(self) -> list[str]:
        """The equations that do not hold in some layer."""
        return [name for name in EQUATIONS if not all(r[name] <= self.tolerance for r in self.residuals if name in r)]

    @property
    def ok(self) -> bool:
        """Do all equations hold in all layers? A residual that is NaN is above every tolerance."""
        return not self.failed

    def table(self) -> Table:
        """A row an equation, a column a layer."""
        header = ("", "equation", *(f"layer {r['layer']}" for r in self.residuals))
        rows = [
            (name, text, *(f"{r[name]:.1e}" if name in r else "—" for r in self.residuals))
            for name, text in EQUATIONS.items()
        ]
        return table(header, rows, left=2)

    def __str__(self) -> str:
        verdict = "all four equations hold" if self.ok else f"{' and '.join(self.failed)} DO NOT HOLD"
        return f"{self.table()}\nlargest relative residuals, graph against equations; {verdict} to {self.tolerance:g}"

    def __repr__(self) -> str:
        return str(self)


@enable_grad
def verify_backprop(net: Sequential, x: ArrayLike, y: ArrayLike, cost: Cost = quadratic_cost) -> Certificate:
    """Hold the gradients of the graph that `net` and `cost` record against the four equations of backpropagation.

    net : an MLP, or a Sequential of Linear layers, each followed by at most one activation; BP3 is of those with biases
    x : (n, n_in) or (n_in,);  y : targets, in the shape of the output
    cost : quadratic_cost, squared_error or cross_entropy_cost

    Each equation is checked by itself: what it starts from are the values of the graph. BP2 takes the graph's delta of
    the next layer, BP3 and BP4 take that of the layer, so a fault shows in its own equation only, and in every layer
    where it is.

    A residual is max |graph - equation| / max |equation|, over all examples and neurons or weights, in float64. To be
    ok it must not exceed 1e-12 in float64, 1e-5 in float32.

    Raises TypeError for a network or cost that the equations are not stated for, and in the cases of `net(x)` and
    `cost`.
    """
    layers = _layers(net, x)
    if cost not in _COSTS:
        raise TypeError(f"verify_backprop knows the costs {', '.join(c.__name__ for c in _COSTS)}, not {cost!r}")
    output = layers[-1].a
    dtype = output.dtype
    if dtype not in TOLERANCES:
        raise TypeError(f"the output has dtype {dtype}; the equations are checked in float64 and float32")
    weights = [layer.linear.W for layer in layers]
    biases = [layer.linear.b for layer in layers if layer.linear.b is not None]
    found = [_value(g) for g in gradients(cost(output, y), [*(layer.z for layer in layers), *weights, *biases])]
    deltas, dC_dW = found[: len(layers)], found[len(layers) : 2 * len(layers)]
    dC_db = iter(found[2 * len(layers) :])

    residuals: list[dict[str, float]] = []
    tiny = float(np.finfo(dtype).tiny)
    with np.errstate(all="ignore"):  # what is not finite shows in the residual
        for i, layer in enumerate(layers):
            here: dict[str, float] = {"layer": i + 1}
            prime = layer.prime(_value(layer.z))
            if layer is layers[-1]:
                here["BP1"] = _residual(deltas[i], _bp1(layer, np.asarray(y, np.float64), cost, prime), tiny)
            else:
                carried_back = room.bp2(_value(layers[i + 1].linear.W), deltas[i + 1], prime)
                here["BP2"] = _residual(deltas[i], carried_back, tiny)
            if layer.linear.b is not None:
                here["BP3"] = _residual(next(dC_db), room.bp3(deltas[i]), tiny)
            here["BP4"] = _residual(dC_dW[i], room.bp4(deltas[i], _value(layer.a_prev)), tiny)
            residuals.append(here)
    return Certificate(residuals, TOLERANCES[dtype])


class _Layer(NamedTuple):
    linear: Linear
    prime: Callable[[Array], Array]
    a_prev: Tensor
    z: Tensor
    a: Tensor


def _layers(net: Sequential, x: ArrayLike) -> list[_Layer]:
    """Run the network and take it apart."""
    if not isinstance(net, Sequential):
        raise TypeError(f"verify_backprop takes an MLP or a Sequential, not {type(net).__name__}")
    a = x if isinstance(x, Tensor) else Tensor(x, name="x")
    layers: list[_Layer] = []
    for module, result in zip(net.innermost, net.outputs(a), strict=True):
        if type(module) is Linear and all(module is not layer.linear for layer in layers):
            layers.append(_Layer(module, room.ACTIVATIONS["identity"].prime, a, result, result))
        elif type(module) in _PRIMES and layers and layers[-1].a is layers[-1].z:
            layers[-1] = layers[-1]._replace(prime=_PRIMES[type(module)], a=result)
        else:
            raise TypeError(
                "the four equations are about Linear layers, each used once and followed by at most one activation of "
                f"{', '.join(kind.__name__ for kind in _PRIMES)}: {module!r} does not fit in there"
            )
        a = result
    return layers


def _bp1(layer: _Layer, y: Array, cost: Cost, prime: Array) -> Array:
    a, z = _value(layer.a), _value(layer.z)
    if cost is cross_entropy_cost and layer.prime is _PRIMES[Sigmoid]:
        # ∇ₐC ⊙ σ′ is a − y here, which cancels where a is near y; (1 − y) a − y (1 − a) with 1 − a = σ(−z) does not.
        delta: Array = ((1 - y) * room.sigmoid(z) - y * room.sigmoid(-z)) / (len(a) if a.ndim == 2 else 1)
        return delta
    return room.bp1(_COSTS[cost].grad_a(a, y), prime)


def _residual(graph: Array, equation: Array, tiny: float) -> float:
    """max |graph − equation| / max |equation|, or / `tiny`, the smallest number of full accuracy, if that is larger."""
    return float(np.max(np.abs(graph - equation)) / np.max(np.abs(equation), initial=tiny))


def _value(t: Any) -> Array:
    return t.numpy().astype(np.float64)  # type: ignore[no-any-return]
