"""Regularisation: a cost that also counts the sizes of the weights, so that small ones are preferred."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_lite import Tensor, scope

from .module import Module
from .optimizers.numbers import at_least_0
from .watching import Watched


class Regularized(Watched):
    """A cost plus a penalty of the weights; see `regularized`."""

    def __init__(self, cost: Callable[[Any, Any], Tensor], weights: Iterable[Tensor], n: int, l1: float, l2: float):
        if n < 1:
            raise ValueError(f"n is {n}, needs the number of training examples, at least 1")
        self.cost, self.weights, self.n = cost, list(weights), n
        self.l1, self.l2 = at_least_0("l1", l1), at_least_0("l2", l2)
        if not self.weights:
            raise ValueError("there are no weights to regularise: parameters with two axes or more, or those you list")

    def __call__(self, output: Any, y: Any) -> Tensor:
        self.depended_on()
        cost = self.cost(output, y)
        penalty = self.penalty()
        return cost if penalty is None else (cost + penalty.astype(cost.dtype)).named("C")

    def penalty(self) -> Any:
        """What the weights add to the cost; None if λ is 0."""
        with scope("regularisation"):
            parts = []
            for W in self.weights:
                if self.l2:
                    parts.append(np.sum(W * W) * (self.l2 / 2 / self.n))
                if self.l1:
                    parts.append(np.sum(np.abs(W)) * (self.l1 / self.n))
            return sum(parts[1:], parts[0]) if parts else None

    def __repr__(self) -> str:
        return f"regularized({self.cost!r}, n={self.n}, l1={self.l1:g}, l2={self.l2:g})"


def regularized(
    cost: Callable[[Any, Any], Tensor], weights: Module | Iterable[Tensor], n: int, *, l1: float = 0.0, l2: float = 0.0
) -> Regularized:
    """The cost C = C₀ + λ₁/n Σ|w| + λ₂/2n Σw² (Nielsen, NNDL, ch. 3), to be used as any cost is.

    cost : C₀, such as nn.cross_entropy_cost
    weights : the Tensors to keep small, or a network: then its parameters of two axes or more, so no biases, as in the book
    n : the number of training examples, not of those in a mini-batch
    l1, l2 : λ₁ and λ₂, at least 0

    With SGD, l2=λ is the same as weight_decay=λ/n for the weights.
    """
    if isinstance(weights, Module):
        weights = [p for p in weights.parameters() if p.ndim >= 2]
    return Regularized(cost, weights, n, l1, l2)
