"""Costs of outputs that say how much speaks for each class."""

import math
from typing import Any

import numpy as np

from autograd_lite import Tensor, log_softmax, one_hot, relu
from autograd_lite.graph import apply

from .base import Cost, cost, tensors


class ClassCost(Cost):
    """A cost whose target may also be class numbers.

    output : (..., m), an output for each of m classes; every row is an example, so of a sequence every position is one
    y : whole numbers from 0 to m - 1, in the shape of the output without its last axis; or targets in its whole shape

    Raises ValueError if the shapes do not fit, and for a class that is none of the m.
    """

    def _checked(self, output: Any, y: Any) -> tuple[Tensor, Tensor]:
        output, y = tensors(output, y)
        z, target = output._array, y._array
        if z.ndim == 0 or z.size == 0:
            raise ValueError(f"the output has shape {z.shape}, needs (n, m) or (m,), and not empty")
        numbers = target.shape == z.shape[:-1] and target.dtype.kind in "iu"
        if target.shape != z.shape and not numbers:
            raise ValueError(
                f"the output has shape {z.shape}, the target y is {target.dtype} {target.shape}: "
                f"it must be class numbers, integers of shape {z.shape[:-1]}, or targets of the shape of the output"
            )
        return output, y

    def _examples(self, shape: tuple[int, ...]) -> int:
        return math.prod(shape[:-1])


def _rows(output: Tensor, y: Tensor) -> Any:
    """Class numbers as rows with a 1, in the dtype of the output; targets that are rows already as they are."""
    if y._array.ndim == output._array.ndim:
        return y
    return apply(one_hot, (y, output._array.shape[-1])).astype(output._array.dtype)


@cost(1.0, "−y ln softmax(z)", ClassCost)
def softmax_cross_entropy(output: Tensor, y: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """−Σ y ln softmax(z) in nats, averaged over the examples: of class numbers, minus the logarithm of the right one's share.

    output : z, any numbers; the softmax is taken here, exact at any size
    y : class numbers, or for each class its probability, a row an example
    label_smoothing : ε in [0, 1) takes (1 − ε)·y + ε/m in the place of y (Szegedy et al., 2016, Rethinking ...)

    A class of logit −inf, so of probability 0, adds 0 where y is 0, the limit, and else inf.

    Its slope is ∇C = (softmax(z) − y)/n, as that of the cross-entropy with sigmoid outputs is (a − y)/n.
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing is {label_smoothing}, needs a number from 0 to below 1")
    target = _rows(output, y)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / output._array.shape[-1]
    logarithms = apply(log_softmax, (output,))
    if not label_smoothing:  # with it no target is 0
        logarithms = np.where((target == 0) & (logarithms == -np.inf), 0.0, logarithms)
    terms: Tensor = -(target * logarithms)
    return terms


@cost(1.0, "max(0, margin − ya)", ClassCost)
def hinge_cost(output: Tensor, y: Tensor, *, margin: float = 1.0) -> Tensor:
    """max(0, margin − y a), summed over the outputs, averaged over the examples; with targets y of −1 and 1.

    Of class numbers, max(0, margin − z_right + z) of every class but the right one (Weston and Watkins, 1999): an example
    costs nothing once its own class leads by the margin. The slope at the edge of the margin is 0.

    Raises ValueError for a target that is neither −1 nor 1.
    """
    if y._array.ndim == output._array.ndim:
        other = y._array[np.abs(y._array) != 1]
        if other.size:
            raise ValueError(
                f"hinge_cost got the target {other[0]}, needs −1 and 1, or class numbers: 2 * y - 1 makes them of 0 and 1"
            )
        terms: Tensor = apply(relu, (margin - output * y,))
        return terms
    is_right = _rows(output, y) == 1
    with np.errstate(invalid="ignore"):  # a right one of -inf, from itself
        right = np.sum(np.where(is_right, output, 0.0), axis=-1, keepdims=True)
        terms = apply(relu, (np.where(is_right, 0.0, output - right + margin),))
    return terms
