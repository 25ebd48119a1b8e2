"""Activation functions that NumPy lacks. At saturation they give their limits, without a warning."""

from typing import Any

import numpy as np

from ..rules import defvjp, primitive


@primitive
def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + exp(-x)), element by element; in (0, 1).

    Where exp(-x) overflows, below -709 in float64, it is 0.
    """
    with np.errstate(over="ignore", under="ignore"):
        return 1.0 / (1.0 + np.exp(np.negative(x)))


@primitive
def relu(x: Any) -> Any:
    """max(x, 0), element by element. Its derivative at 0 is 0."""
    return np.maximum(x, 0)


@primitive
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), element by element: a smooth relu, the integral of the sigmoid."""
    with np.errstate(under="ignore"):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# fmt: off
#      function         d/dx
defvjp(sigmoid,         lambda g, ans, x: g * (ans * sigmoid(-x)))  # sigmoid(-x) is 1 - ans, and does not cancel
defvjp(relu,            lambda g, ans, x: np.where(x <= 0, 0.0, g))    # a NaN keeps the gradient, as in np.maximum
defvjp(softplus,        lambda g, ans, x: g * sigmoid(x))
# fmt: on
