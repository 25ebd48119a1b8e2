"""Regularisation: a cost that also counts the sizes of the weights, so that small ones are preferred."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite import Tensor, scope

from .module import Module
from .optimizers.numbers import at_least_0


class Regularized:
    """A cost plus a penalty of the weights; see `regularized`."""

    def __init__(self, cost: Callable[[Any, Any], Tensor], weights: Iterable[Tensor], n: int, l1: float, l2: float):
        if not n >= 1:
            raise ValueError(f"n is {n}, needs the number of training examples, at least 1")
        self.cost, self.weights, self.n = cost, [weights] if isinstance(weights, Tensor) else list(weights), n
        if not all(isinstance(W, Tensor) for W in self.weights):
            raise TypeError(f"weights are Tensors, got {next(W for W in self.weights if not isinstance(W, Tensor))!r}")
        self.l1, self.l2 = at_least_0("l1", l1), at_least_0("l2", l2)
        if not self.weights:
            raise ValueError("there are no weights to regularise: give a network that has some, or list them")

    def __call__(self, output: Any, y: Any) -> Tensor:
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
    weights : the Tensors to keep small, or a network: then what its modules call weights in `weight_names`, so no biases, as
        in the book, and no scales and shifts of normalisation. The rows of an Embedding are weights
    n : the number of training examples, not of those in a mini-batch
    l1, l2 : λ₁ and λ₂, at least 0

    With SGD, l2=λ is the same as weight_decay=λ/n for the weights.

    Raises ValueError for numbers out of range, if there are no weights, and for a module that holds parameters and does not
    say which are weights.
    """
    return Regularized(cost, weights_of(weights) if isinstance(weights, Module) else weights, n, l1, l2)


def weights_of(net: Module) -> list[Tensor]:
    """The parameters that the modules of a network call weights, each once."""
    parameters = dict.fromkeys(net.parameters())
    weights: set[Tensor] = set()
    for path, module in net.named_modules():
        held = {name: [t for t in _held(value) if t in parameters] for name, value in module._attributes()}
        own = [name for name, tensors in held.items() if tensors]
        named = module.weight_names
        if own and named is None:
            raise ValueError(
                f"{type(module).__name__}{f' at {path}' if path else ''} holds the parameters {', '.join(own)} and does not say "
                f"which are weights, to be regularised: set weight_names = ({own[0]!r},), or () for none, in its class"
            )
        for name in named or ():
            if name not in held:
                raise ValueError(f"weight_names of {type(module).__name__} has {name!r}, and it has no such attribute")
            weights.update(held[name])
    return [p for p in parameters if p in weights]


def _held(value: Any) -> Iterator[Tensor]:
    """The Tensors among an attribute of a module, but not those of modules inside it."""
    waiting, seen = [value], set[int]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, Tensor):
            yield part
        elif isinstance(part, dict | list | tuple) and id(part) not in seen:
            seen.add(id(part))
            waiting.extend(part.values() if isinstance(part, dict) else part)
