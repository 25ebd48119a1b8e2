"""autograd_lite and nn."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
import nn
from nn.compiled import compile_step
from nn.train import make_step

from .problem import Learner, Problem, Scalars


def network(problem: Problem) -> nn.MLP:
    """The network of the problem, with its weights."""
    net = nn.MLP(problem.sizes, dtype=problem.x.dtype)
    for p, w in zip(net.parameters(), problem.copies(), strict=True):
        p.data = w
    return net


def eager(problem: Problem) -> Learner:
    """Every step records its operations anew."""
    net = network(problem)
    step = make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), problem.lr), compiled=False)
    return Learner(lambda: step(problem.x, problem.y), lambda: [p.data for p in net.parameters()])


def compiled(problem: Problem) -> Learner:
    """The step as one program."""
    net = network(problem)
    step = compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), problem.lr))
    return Learner(lambda: step(problem.x, problem.y), lambda: [p.data for p in net.parameters()])


def cost(weights: list[Any], x: Any, y: Any) -> Any:
    """The quadratic cost as a function of the weights."""
    a = x
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        a = ag.sigmoid(a @ W.T + b)
    return np.sum((a - y) ** 2) * (0.5 / len(x))


def _product(weights: list[Any], vectors: list[Any], x: Any, y: Any) -> Any:
    return ag.hvp(lambda w: cost(w, x, y), weights, vectors)


def eager_product(problem: Problem) -> Callable[[], Any]:
    return lambda: _product(problem.weights, problem.vectors, problem.x, problem.y)


def compiled_product(problem: Problem) -> Callable[[], Any]:
    product = ag.compile(_product)
    return lambda: product(problem.weights, problem.vectors, problem.x, problem.y)


STEPS = {"autograd_lite, eager": eager, "autograd_lite, compiled": compiled}
PRODUCTS = {"autograd_lite, eager": eager_product, "autograd_lite, compiled": compiled_product}
SCALARS = {
    "autograd_lite": Scalars(
        leaves=lambda numbers: [ag.Tensor(v, requires_grad=True) for v in numbers],
        forward=lambda f, leaves: f(leaves),
        backward=lambda output: output.backward(),
        gradient=lambda leaves, _: [leaf.grad.item() for leaf in leaves],
    )
}
