"""Costs: how wrong outputs are. Each is an average over the examples and a function of the outputs only.

These are the two assumptions under which backpropagation works (Nielsen, NNDL, ch. 2).
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from autograd_lite import Tensor, scope, sigmoid, softplus
from autograd_lite.graph import apply, leaf

Terms = Callable[[Tensor, Tensor], Tensor]


class Cost:
    """A cost C(output, y), made from what each output of each example adds to it, up to a constant factor.

    Called on output and target it gives a Tensor of one number, the sum over the outputs averaged over the examples.

    output, y : (n, m), one row an example, or (m,) for one example; y may be anything `np.asarray` takes

    Raises ValueError if their shapes differ, since broadcasting a target is never meant, and if there is no example.
    """

    __name__: str

    def __init__(self, terms: Terms, factor: float, formula: str):
        update_wrapper(self, terms)
        self._terms = terms
        self._factor = factor
        self._scope = scope(self.__name__.replace("_", " "))
        self.formula = formula
        """What one output a with target y adds, as text."""

    def __call__(self, output: Any, y: Any) -> Tensor:
        with self._scope:
            output, y = _checked(output, y)
            n = len(output) if output.ndim == 2 else 1
            cost = self._terms(output, y).sum() * (self._factor / n)
        cost.name = "C"
        return cost

    def per_example(self, output: Any, y: Any) -> Tensor:
        """The cost of every example by itself: (n,), or () for one example. Their mean is the cost."""
        return self.terms(output, y).sum(axis=-1)

    def terms(self, output: Any, y: Any) -> Tensor:
        """What every output adds to the cost of its example, in the shape of the output."""
        with self._scope:
            terms = self._terms(*_checked(output, y))
            return terms if self._factor == 1.0 else terms * self._factor

    def __repr__(self) -> str:
        return f"nn.{self.__name__}"

    def __reduce__(self) -> str:
        return self.__name__  # copied and pickled by name, as functions are


def cost(factor: float, formula: str) -> Callable[[Terms], Cost]:
    """Decorate a function of output and target, element by element, to make the cost that sums `factor` times it."""
    return lambda terms: Cost(terms, factor, formula)


@cost(0.5, "½(y − a)²")
def quadratic_cost(output: Tensor, y: Tensor) -> Tensor:
    """½‖y − a‖², averaged over the examples: the book's first cost. Its slope is ∇ₐC = (a − y)/n."""
    return (output - y) ** 2


@cost(1.0, "(a − y)²")
def squared_error(output: Tensor, y: Tensor) -> Tensor:
    """‖a − y‖², averaged over the examples: twice the quadratic cost."""
    return (output - y) ** 2


@cost(1.0, "−(y ln a + (1 − y) ln(1 − a))")
def cross_entropy_cost(output: Tensor, y: Tensor) -> Tensor:
    """−(y ln a + (1 − y) ln(1 − a)) in nats, summed over the outputs, averaged over the examples.

    output : activations in [0, 1], as of sigmoid neurons;  y : targets in [0, 1]

    With it BP1 becomes delta = a − y, so a saturated neuron still learns (Nielsen, NNDL, ch. 3). Of a saturated `a`
    there is too little left to compute that from: 1 − a has lost digits, all of them beyond z = 37. Outputs that
    `sigmoid` made are therefore looked at where they come from: as ln a = −softplus(−z) and ln(1 − a) = −softplus(z),
    cost and gradient are exact for every z. The gradient then reaches z at once and none is sent to `a`, unless `a` has
    a hook or is to retain it.

    Of other outputs, and under `no_grad`, only `a` is known. There 0 ln 0 is 0, and an output that is exactly 0 or 1
    and wrong costs inf.

    Raises ValueError also if an output or a target lies outside [0, 1].
    """
    _require_probabilities("target", y, "scale the targets")
    z = _weighted_input(output)
    if z is not None:
        return y * apply(softplus, (-z,)) + (1.0 - y) * apply(softplus, (z,))  # type: ignore[no-any-return]
    _require_probabilities("output", output, "use sigmoid outputs")
    with np.errstate(divide="ignore"):
        ln_a = np.log(np.where(y == 0, 1.0, output))  # where the factor is 0, the logarithm must not be infinite
        ln_1_a = np.log1p(-np.where(y == 1, 0.0, output))
    return -(y * ln_a + (1.0 - y) * ln_1_a)


def _weighted_input(a: Tensor) -> Any:
    """z, if `a` was recorded as sigmoid(z), and nobody waits for the gradient of `a` itself."""
    if a.op is not sigmoid or a._extras is not None:
        return None
    (z,) = a.inputs or (None,)
    return None if z is None or z._written > a.index else z


def _require_probabilities(name: str, values: Tensor, remedy: str) -> None:
    array = values._array
    if array.min() < 0 or array.max() > 1:
        outside = array[(array < 0) | (array > 1)][0]
        raise ValueError(f"cross_entropy_cost got the {name} {outside}, which is not in [0, 1]: {remedy}")


def _checked(output: Any, y: Any) -> tuple[Tensor, Tensor]:
    if not isinstance(output, Tensor):
        output = Tensor(output, name="a")
    if not isinstance(y, Tensor):
        y = leaf(np.asarray(y))
        y.name = "y"
    if output.shape != y.shape:
        labels = y.ndim == output.ndim - 1 and y.dtype.kind in "iu"
        hint = f"; nn.one_hot(y, {output.shape[-1]}) makes targets of class numbers" if labels else ""
        raise ValueError(f"the output has shape {output.shape}, the target y {y.shape}: they must be the same{hint}")
    if output.ndim not in (1, 2) or output.size == 0:
        raise ValueError(f"the output has shape {output.shape}, needs (n, m) or (m,), and not empty")
    return output, y
