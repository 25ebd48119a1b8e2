"""The four equations of backpropagation, in plain NumPy.

A layer computes, from the activations a_prev of the layer before it,

    z = a_prev @ W.T + b        W[j, k] joins neuron k of the layer before to neuron j
    a = sigma(z)

and delta = dC/dz is called the error of the layer. L is the last layer, * goes element by element:

    BP1   delta_L     = grad_a C * sigma'(z_L)                          the error of the output
    BP2   delta_l     = (delta_{l+1} @ W_{l+1}) * sigma'(z_l)           the error, one layer further back
    BP3   dC/db_j     = delta_j                                         what a bias receives
    BP4   dC/dW[j, k] = a_prev[k] delta_j                               what a weight receives

One example is a vector. A mini-batch of n examples is a matrix, one row an example; the same lines serve both, and
BP3 and BP4 then add up what the examples contribute. A cost is an average over the examples; its 1/n is in grad_a C,
so every delta carries it and those sums are the average gradient.

This file imports nothing else of the package, so that its agreement with the recorded graph is evidence.

Source: M. Nielsen, Neural Networks and Deep Learning, chapter 2; for the cross-entropy, chapter 3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
T = TypeVar("T")


# --- The four equations -----------------------------------------------------------------------------------------------


def bp1(grad_a: Array, sigma_prime_z: Array) -> Array:
    """BP1, the error of the output layer: delta_L = grad_a C * sigma'(z_L).

    grad_a, sigma_prime_z : (n, n_out) or (n_out,), dC/da and sigma'(z) of the output layer;  result : the same
    """
    _require_equal("BP1: shape of grad_a", grad_a.shape, "shape of sigma_prime_z", sigma_prime_z.shape)
    delta: Array = grad_a * sigma_prime_z
    return delta


def bp2(W_next: Array, delta_next: Array, sigma_prime_z: Array) -> Array:
    """BP2, the error carried back through one layer: delta_l = (W_{l+1}^T delta_{l+1}) * sigma'(z_l).

    W_next : (n_next, n_out);  delta_next : (n, n_next) or (n_next,);  sigma_prime_z, result : (n, n_out) or (n_out,)
    """
    _require_equal("BP2: neurons in delta_next", delta_next.shape[-1:], "rows of W_next", W_next.shape[:1])
    carried = delta_next @ W_next
    _require_equal("BP2: shape of delta_next @ W_next", carried.shape, "shape of sigma_prime_z", sigma_prime_z.shape)
    delta: Array = carried * sigma_prime_z
    return delta


def bp3(delta: Array) -> Array:
    """BP3, the gradient of the biases: dC/db_j = delta_j, summed over the examples of a batch.

    delta : (n, n_out) or (n_out,);  result : (n_out,)
    """
    dC_db: Array = np.atleast_2d(delta).sum(axis=0)
    return dC_db


def bp4(delta: Array, a_prev: Array) -> Array:
    """BP4, the gradient of the weights: dC/dW[j, k] = a_prev[k] delta[j], summed over the examples of a batch.

    delta : (n, n_out) or (n_out,);  a_prev : (n, n_in) or (n_in,);  result : (n_out, n_in)
    """
    _require_equal("BP4: examples in delta", delta.shape[:-1], "in a_prev", a_prev.shape[:-1])
    dC_dW: Array = np.atleast_2d(delta).T @ np.atleast_2d(a_prev)
    return dC_dW


# --- Activations ------------------------------------------------------------------------------------------------------


class Activation(NamedTuple):
    """An activation function and its derivative, both functions of z, element by element."""

    value: Callable[[Array], Array]
    prime: Callable[[Array], Array]


@np.errstate(under="ignore")
def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), to full relative accuracy on both sides: exp never sees a positive number."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


@np.errstate(under="ignore")
def sigmoid_prime(z: Array) -> Array:
    """sigma(z) (1 - sigma(z)), written without the subtraction, which would leave 0 from z = 37 on."""
    e = np.exp(-np.abs(z))
    return e / (1.0 + e) ** 2


@np.errstate(over="ignore", under="ignore")
def tanh_prime(z: Array) -> Array:
    """1 - tanh(z)**2, written without the subtraction, which would leave 0 from z = 20 on."""
    return 4.0 * sigmoid_prime(2.0 * z)


ACTIVATIONS = {
    "sigmoid": Activation(sigmoid, sigmoid_prime),
    "tanh": Activation(np.tanh, tanh_prime),
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z: np.heaviside(z, 0.0)),  # the slope at the kink is 0
    "identity": Activation(np.positive, np.ones_like),
}
ACTIVATIONS["linear"] = ACTIVATIONS["identity"]


# --- Costs ------------------------------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """A cost C(a, y), averaged over the examples, and its gradient with respect to the outputs a, of a's shape."""

    value: Callable[[Array, Array], Any]
    grad_a: Callable[[Array, Array], Array]


def quadratic(a: ArrayLike, y: ArrayLike) -> Any:
    """1/2 ||y - a||^2, averaged over the examples."""
    a, y, n = _examples(a, y)
    return ((y - a) ** 2).sum() / (2 * n)


def quadratic_grad_a(a: ArrayLike, y: ArrayLike) -> Array:
    """a - y, averaged over the examples."""
    a, y, n = _examples(a, y)
    return (a - y) / n


@np.errstate(all="ignore")
def cross_entropy(a: ArrayLike, y: ArrayLike) -> Any:
    """-(y ln a + (1 - y) ln(1 - a)) in nats, summed over the outputs, averaged over the examples.

    a : outputs in [0, 1];  y : targets in [0, 1]

    0 ln 0 is 0. An output that is exactly 0 or 1 and wrong costs inf.

    Raises ValueError if an output or a target lies outside [0, 1].
    """
    a, y, n = _examples(a, y)
    _require_probabilities(a, y)
    on, off = np.where(y == 0, 0.0, y * np.log(a)), np.where(y == 1, 0.0, (1 - y) * np.log1p(-a))
    return -(on + off).sum() / n


@np.errstate(all="ignore")
def cross_entropy_grad_a(a: ArrayLike, y: ArrayLike) -> Array:
    """(a - y) / (a (1 - a)), averaged over the examples.

    An output that is exactly 0 or 1 has the one-sided slope: 1 at a = y = 0, -1 at a = y = 1, infinite if it is wrong.
    From `a` alone nothing better can be had: near 1 it has lost the digits of 1 - a, all of them from z = 37 on, and
    such a slope times sigma'(z) is inexact, infinite or NaN. For sigmoid outputs `backprop` therefore takes the product
    BP1 in closed form, a - y.
    """
    a, y, n = _examples(a, y)
    _require_probabilities(a, y)
    slope = a * (1 - a)
    return np.where((slope == 0) & (a == y), 1 - 2 * y, (a - y) / slope) / n


COSTS = {
    "quadratic": Cost(quadratic, quadratic_grad_a),
    "squared_error": Cost(lambda a, y: 2 * quadratic(a, y), lambda a, y: 2 * quadratic_grad_a(a, y)),  # ||a - y||^2
    "cross_entropy": Cost(cross_entropy, cross_entropy_grad_a),
}


# --- Forward, and back ------------------------------------------------------------------------------------------------

Activations = str | Activation | Sequence[str | Activation]


def forward(
    weights: Sequence[ArrayLike], biases: Sequence[ArrayLike], x: ArrayLike, activations: Activations = "sigmoid"
) -> tuple[list[Array], list[Array]]:
    """Run the network: the weighted inputs z of every layer, and the activations, x itself as the first of them.

    weights : (n_out, n_in) each, biases : (n_out,) each, from the first layer on;  x : (n, n_in) or (n_in,)
    activations : a name in ACTIVATIONS or an Activation, for all layers, or a list with one for each

    Raises ValueError if the shapes do not fit, naming the layer (the first is layer 1), or a name is unknown.
    """
    Ws, bs = [_real("W", W) for W in weights], [_real("b", b) for b in biases]
    sigmas = _activations(activations, len(Ws))
    if not len(Ws) == len(bs) > 0:
        raise ValueError(f"got {len(Ws)} weight matrices and {len(bs)} bias vectors, needs one of each a layer")
    zs, a_s = [], [_real("x", x)]
    if a_s[0].ndim not in (1, 2) or a_s[0].size == 0:
        raise ValueError(f"x has shape {a_s[0].shape}, needs (n_examples, n_in) or (n_in,), and not empty")
    for layer, (W, b, sigma) in enumerate(zip(Ws, bs, sigmas, strict=True), start=1):
        if W.ndim != 2 or b.shape != W.shape[:1]:
            raise ValueError(f"layer {layer} has W {W.shape} and b {b.shape}, needs (n_out, n_in) and (n_out,)")
        if a_s[-1].shape[-1] != W.shape[1]:
            raise ValueError(f"layer {layer} with W {W.shape} got {a_s[-1].shape[-1]} inputs, needs {W.shape[1]}")
        zs.append(a_s[-1] @ W.T + b)
        a_s.append(sigma.value(zs[-1]))
    return zs, a_s


@dataclass(frozen=True, eq=False)
class Backprop:
    """What one forward and one backward sweep computed, from the first layer on."""

    zs: list[Array]  # weighted inputs
    activations: list[Array]  # one more than layers: the input x comes first
    deltas: list[Array]  # dC/dz, shaped like zs
    dC_db: list[Array]  # shaped like the biases
    dC_dW: list[Array]  # shaped like the weights
    cost: float


@np.errstate(under="ignore")
def backprop(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    activations: Activations = "sigmoid",
    cost: str | Cost = "quadratic",
) -> Backprop:
    """The gradient of the cost of a network with respect to all its weights and biases.

    weights, biases, x, activations : as `forward` takes them;  y : targets, of the outputs' shape
    cost : a name in COSTS, or a Cost

    Raises ValueError as `forward` does, if y has another shape than the output, or a target cannot be one of that cost.
    """
    C = _lookup(cost, COSTS, Cost)
    sigmas = _activations(activations, len(weights))
    zs, a_s = forward(weights, biases, x, sigmas)
    Ws = [_real("W", W) for W in weights]
    a, y, n = _examples(a_s[-1], y)

    if C is COSTS["cross_entropy"] and sigmas[-1] is ACTIVATIONS["sigmoid"]:
        deltas = [(a - y) / n]  # BP1 in closed form: sigma'(z) = a (1 - a) cancels, so saturation costs no digits
    else:
        deltas = [bp1(C.grad_a(a, y), sigmas[-1].prime(zs[-1]))]
    for layer in reversed(range(len(Ws) - 1)):
        deltas.insert(0, bp2(Ws[layer + 1], deltas[0], sigmas[layer].prime(zs[layer])))

    dC_db = [bp3(delta) for delta in deltas]
    dC_dW = [bp4(delta, a_prev) for delta, a_prev in zip(deltas, a_s[:-1], strict=True)]
    return Backprop(zs, a_s, deltas, dC_db, dC_dW, float(C.value(a, y)))


# --- What may come in -------------------------------------------------------------------------------------------------


def _real(name: str, value: ArrayLike) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, needs real numbers")
    return array.astype(np.result_type(array.dtype, 0.0), copy=False)  # integers become float64, float32 stays


def _examples(a: ArrayLike, y: ArrayLike) -> tuple[Array, Array, int]:
    """Outputs and targets as arrays of one shape, and how many examples they are."""
    a, y = _real("the output a", a), _real("the target y", y)
    _require_equal("shape of the target y", y.shape, "shape of the output a", a.shape)
    return a, y, len(a) if a.ndim == 2 else 1


def _require_equal(name: str, found: tuple[int, ...], other_name: str, other: tuple[int, ...]) -> None:
    if found != other:
        raise ValueError(f"{name} is {found}, {other_name} is {other}: they must be the same")


def _require_probabilities(a: Array, y: Array) -> None:
    for name, array, remedy in ("output", a, "use sigmoid outputs"), ("target", y, "scale the targets"):
        outside = array[(array < 0) | (array > 1)]
        if outside.size:
            raise ValueError(f"cross_entropy got the {name} {outside[0]}, which is not in [0, 1]: {remedy}")


def _activations(activations: Activations, layers: int) -> list[Activation]:
    if isinstance(activations, str | Activation):
        activations = [activations] * layers
    if len(activations) != layers:
        raise ValueError(f"got {len(activations)} activations for {layers} layers, needs one for all or one for each")
    return [_lookup(activation, ACTIVATIONS, Activation) for activation in activations]


def _lookup(key: object, table: dict[str, T], kind: type[T]) -> T:
    if isinstance(key, kind):
        return key
    if not isinstance(key, str) or key not in table:
        raise ValueError(f"unknown {kind.__name__}: {key!r}; known: {', '.join(table)}; or give a {kind.__name__}")
    return table[key]
