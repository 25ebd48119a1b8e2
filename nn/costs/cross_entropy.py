"""The cross-entropy of sigmoid outputs, exact also where they are saturated."""

import numpy as np

from autograd_lite import Tensor, softplus
from autograd_lite.arguments import weighted_input
from autograd_lite.recording import apply
from autograd_lite.rules import impure

from .base import cost, require


@cost(1.0, "−(y ln a + (1 − y) ln(1 − a))")
def cross_entropy_cost(output: Tensor, y: Tensor) -> Tensor:
    """−(y ln a + (1 − y) ln(1 − a)) in nats, summed over the outputs, averaged over the examples.

    output : activations in [0, 1], as of sigmoid neurons;  y : targets in [0, 1]

    With it BP1 becomes delta = a − y, so a saturated neuron still learns (Nielsen, NNDL, ch. 3). Of a saturated `a`
    there is too little left to compute that from: 1 − a has lost digits, all of them beyond z = 37. A Tensor that
    `sigmoid` made knows its z, recorded or not, and cost and gradient are computed of that: ln a = −softplus(−z) and
    ln(1 − a) = −softplus(z) are exact for every z.

    Of other outputs, arrays among them, only `a` is known. There 0 ln 0 is 0, and an output that is exactly 0 or 1
    and wrong costs inf.

    Raises ValueError also if an output or a target lies outside [0, 1].

    >>> import autograd_lite as ag, nn
    >>> nn.cross_entropy_cost(ag.sigmoid(ag.Tensor([[40.0]])), [[0.0]]).item()
    40.0
    """
    require(probabilities, y, "target", "scale the targets")
    z = weighted_input(output)
    if z is not None:
        return y * apply(softplus, (-z,)) + (1.0 - y) * apply(softplus, (z,))  # type: ignore[no-any-return]
    require(probabilities, output, "output", "use sigmoid outputs")
    with np.errstate(divide="ignore"):
        # where the factor is 0, the logarithm must not be infinite; else it is the slope in y
        ln_a = np.log(np.where((y == 0) & (output == 0), 1.0, output))
        ln_1_a = np.log1p(-np.where((y == 1) & (output == 1), 0.0, output))
    return -(y * ln_a + (1.0 - y) * ln_1_a)


@impure
def probabilities(values, name, remedy):  # type: ignore[no-untyped-def]
    """Raise ValueError, unless all values are in [0, 1]."""
    if values.item(values.argmin()) < 0 or values.item(values.argmax()) > 1:  # a third of the time of min and max
        outside = values[(values < 0) | (values > 1)][0]
        raise ValueError(f"cross_entropy_cost got the {name} {outside}, which is not in [0, 1]: {remedy}")
    return True
