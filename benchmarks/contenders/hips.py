"""HIPS autograd, the package `autograd`."""

from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
from autograd.core import make_vjp

from .problem import Learner, Problem, Scalars


def cost(weights: list[Any], x: Any, y: Any) -> Any:
    """The quadratic cost as a function of the weights."""
    a = x
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        a = 1.0 / (1.0 + anp.exp(-(anp.dot(a, W.T) + b)))
    return anp.sum((a - y) ** 2) * (0.5 / len(x))


def eager(problem: Problem) -> Learner:
    """Every step records its operations anew."""
    weights, x, y, lr = problem.copies(), problem.x, problem.y, problem.lr
    gradient = autograd.value_and_grad(cost)

    def step() -> Any:
        c, grads = gradient(weights, x, y)
        for w, g in zip(weights, grads, strict=True):
            w -= lr * g
        return c

    return Learner(step, lambda: weights)


def eager_product(problem: Problem) -> Callable[[], Any]:
    """The gradient of the gradient's product with the vector."""
    gradient = autograd.grad(cost)

    def along(weights: list[Any], vectors: list[Any], x: Any, y: Any) -> Any:
        return sum(anp.sum(g * v) for g, v in zip(gradient(weights, x, y), vectors, strict=True))

    product = autograd.grad(along)
    return lambda: product(problem.weights, problem.vectors, problem.x, problem.y)


STEPS = {"HIPS autograd": eager}
PRODUCTS = {"HIPS autograd": eager_product}
SCALARS = {
    "HIPS autograd": Scalars(
        leaves=list,
        forward=make_vjp,
        backward=lambda recorded: recorded[0](1.0),
        gradient=lambda _, gradient: gradient,
        of_many=False,  # the numbers come as one list, and for each of them a list as long is made and added
    )
}
