"""Signs that a network will learn little, which nothing else tells: inputs that are not scaled, outputs that are no logits."""

import math
from typing import Any

import numpy as np

from autograd_lite import Tensor, sigmoid, softmax
from autograd_lite.ops.linalg import matmul_transposed
from autograd_lite.recording import current, handle_of

from .costs import Cost
from .parameters import Parameter

LARGE = 30.0
"""Root mean square of inputs that are too large for first weights of the usual sizes; scaled ones have about 1."""
PRODUCTS = frozenset((matmul_transposed, np.matmul, np.dot, np.inner, np.einsum, np.tensordot))
BOUNDS = {sigmoid: ("a sigmoid", 1.0), softmax: ("a softmax", 1.0), np.tanh: ("a tanh", 2.0)}
"""Functions whose values lie close together, their name, and how far apart two can be."""


def bounded_logits(cost: Any, output: Any) -> str | None:
    """A warning, if the softmax cost is computed of outputs that cannot be far apart."""
    if not isinstance(cost, Cost) or cost.__name__ != "softmax_cross_entropy" or not isinstance(output, Tensor):
        return None
    name, apart = BOUNDS.get(output.op, ("", 0.0))
    if not name:
        return None
    least = math.log1p((output.shape[-1] - 1) * math.exp(-apart))
    return (
        f"softmax_cross_entropy takes any numbers, and the last layer is {name}: the cost cannot get below {least:.4g}. Leave "
        "that layer out, as nn.MLP(..., output='identity') does, or take nn.cross_entropy_cost for sigmoid outputs"
    )


def unscaled(c: Tensor) -> str | None:
    """A warning, if the first weights are multiplied with numbers that are too large.

    c : a cost, recorded
    """
    size, largest = 0.0, 0.0
    for data in _seen_first(c):
        if data.size:
            array = np.abs(data.astype(float))
            size, largest = max(size, float(np.sqrt(np.mean(array * array)))), max(largest, float(array.max()))
    if size <= LARGE:
        return None
    return (
        f"the inputs of the first layer reach {largest:g}, and are {size:.3g} on average (root mean square): neurons saturate or "
        "steps overshoot, and little is learned. Divide pixels by 255, or scale features with nn.standardize(x)"
    )


def _seen_first(c: Tensor) -> list[Any]:
    """The data that are multiplied with weights: operands that no parameter has gone into."""
    order: list[Any] = []
    waiting: list[Any] = [current(c)]
    seen: set[int] = set()
    while waiting:
        t = waiting.pop()
        if id(t) not in seen:
            seen.add(id(t))
            order.append(t)
            waiting.extend(t.inputs)
    depends: dict[int, bool] = {}
    found: list[Any] = []
    for t in sorted(order, key=lambda t: t.index):
        inputs = t.inputs
        depends[id(t)] = isinstance(handle_of(t), Parameter) or t.requires_grad or any(depends[id(i)] for i in inputs)
        if t.op in PRODUCTS and any(depends[id(i)] for i in inputs):
            found += [i.array for i in inputs if not depends[id(i)]]
            found += [a for a in t.args if isinstance(a, np.ndarray) and a.dtype.kind in "biuf"]
    return found
