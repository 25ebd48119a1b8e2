"""Costs: how wrong outputs are. Each is an average over the examples and a function of the outputs only."""

from .base import Cost
from .classes import ClassCost, hinge_cost, softmax_cross_entropy
from .cross_entropy import cross_entropy_cost
from .differences import absolute_cost, huber_cost, quadratic_cost, squared_error

__all__ = [
    "ClassCost", "Cost", "absolute_cost", "cross_entropy_cost", "hinge_cost", "huber_cost", "quadratic_cost",
    "softmax_cross_entropy", "squared_error",
]  # fmt: skip
