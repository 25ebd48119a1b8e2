"""Costs of the differences between outputs and targets."""

import numpy as np

from autograd_lite import Tensor
from autograd_lite.recording import apply

from .base import cost


@cost(0.5, "½(y − a)²")
def quadratic_cost(output: Tensor, y: Tensor) -> Tensor:
    """½‖y − a‖², averaged over the examples: the book's first cost. Its slope is ∇ₐC = (a − y)/n."""
    return (output - y) ** 2


@cost(1.0, "(a − y)²")
def squared_error(output: Tensor, y: Tensor) -> Tensor:
    """‖a − y‖², averaged over the examples: twice the quadratic cost."""
    return (output - y) ** 2


@cost(1.0, "|a − y|")
def absolute_cost(output: Tensor, y: Tensor) -> Tensor:
    """Σ|a − y|, averaged over the examples. Outliers pull no harder than others; the slope where a = y is 0."""
    terms: Tensor = apply(np.abs, (output - y,))
    return terms


@cost(1.0, "½(a − y)² to |a − y| = δ, a straight line beyond")
def huber_cost(output: Tensor, y: Tensor, *, delta: float = 1.0) -> Tensor:
    """½(a − y)² where |a − y| ≤ δ, δ(|a − y| − ½δ) beyond, averaged over the examples.

    delta : δ, above 0

    With c the difference kept within ± δ that is c(a − y − ½c). Source: Huber, 1964, Robust estimation of a location ...
    """
    if not 0 < delta < np.inf:
        raise ValueError(f"delta of huber_cost is {delta}, needs a finite number above 0")
    difference = output - y
    within = apply(np.clip, (difference, -delta, delta))
    terms: Tensor = within * (difference - within * 0.5)
    return terms
