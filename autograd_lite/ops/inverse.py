"""The argument of a sigmoid, of which its result has too few digits where it is saturated: 1 - sigmoid(40) is 0 in float64."""

from typing import Any

from ..primitives import primitive
from ..quotients import Quotient
from ..rules import VJPS, array_like, defvjp, keeps_argument
from .activations import logit, sigmoid

_sigmoid_dx = VJPS[sigmoid][0]


@primitive
def inverse_sigmoid(a: Any) -> Any:
    """z with a = sigmoid(z)."""
    return logit(a)


def _inverse_sigmoid_da(g: Any, ans: Any, a: Any) -> Any:
    """1 / sigmoid'(z), of the very z, times which the rule of the sigmoid is 1 exactly."""
    sent = Quotient(g, a * sigmoid(-ans))
    return sent if VJPS[sigmoid][0] is _sigmoid_dx else sent.value()


defvjp(inverse_sigmoid, _inverse_sigmoid_da)
array_like(sigmoid)  # so that there is one argument to keep
keeps_argument(sigmoid)
