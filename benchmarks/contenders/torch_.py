"""PyTorch: as its tutorials write a step, without the layer and optimiser classes, and compiled."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import torch

from .problem import Learner, Problem, Scalars

FIRST_TRY = 180.0
"""Seconds after which `torch.compile`, which needs a C++ compiler and may wait for one, is given up."""


def with_classes(problem: Problem) -> Learner:
    """nn.Sequential and torch.optim.SGD."""
    x, y, half = torch.tensor(problem.x), torch.tensor(problem.y), 0.5 / problem.n
    layers: list[Any] = []
    for n_in, n_out in pairwise(problem.sizes):
        layers += [torch.nn.Linear(n_in, n_out, dtype=x.dtype), torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*layers)
    params = list(net.parameters())
    with torch.no_grad():
        for p, w in zip(params, problem.weights, strict=True):
            p.copy_(torch.tensor(w))
    optimizer = torch.optim.SGD(params, lr=problem.lr)

    def step() -> Any:
        optimizer.zero_grad()
        c = (net(x) - y).square().sum() * half
        c.backward()
        optimizer.step()
        return c.detach()

    return Learner(step, lambda: [p.detach().numpy() for p in params])


def cost(weights: list[Any], x: Any, y: Any, half: float) -> Any:
    """The quadratic cost as a function of the weights."""
    a = x
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        a = torch.sigmoid(torch.nn.functional.linear(a, W, b))
    return (a - y).square().sum() * half


def bare(problem: Problem) -> Learner:
    """Functions only: no modules, no optimiser class, gradients asked for directly."""
    x, y, half, lr = torch.tensor(problem.x), torch.tensor(problem.y), 0.5 / problem.n, problem.lr
    weights = [torch.tensor(w, requires_grad=True) for w in problem.weights]

    def step() -> Any:
        c = cost(weights, x, y, half)
        grads = torch.autograd.grad(c, weights)
        with torch.no_grad():
            for w, g in zip(weights, grads, strict=True):
                w.sub_(g, alpha=lr)
        return c.detach()

    return Learner(step, lambda: [w.detach().numpy() for w in weights])


def compiled(problem: Problem) -> Learner:
    """Forward, backward and update in one function under `torch.compile`."""
    x, y, half, lr = torch.tensor(problem.x), torch.tensor(problem.y), 0.5 / problem.n, problem.lr
    weights = [torch.tensor(w) for w in problem.weights]
    gradient = torch.func.grad_and_value(cost)
    torch.compiler.reset()  # or else it gives up compiling after eight problems

    @torch.compile(dynamic=False)
    def learn(weights: list[Any], x: Any, y: Any) -> Any:
        grads, c = gradient(weights, x, y, half)
        for w, g in zip(weights, grads, strict=True):
            w.sub_(g, alpha=lr)
        return c

    return Learner(lambda: learn(weights, x, y), lambda: [w.numpy() for w in weights])


@cache
def compiler_fault() -> str | None:
    """Why `torch.compile` does not work here, or None if it does: tried once, in a process that can be given up."""
    program = "import torch; torch.compile(lambda x: (x.sin() + 1).sum())(torch.ones(64))"
    try:
        tried = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=FIRST_TRY)
    except subprocess.TimeoutExpired:
        return f"a first try took more than {FIRST_TRY:.0f} s"
    lines = tried.stderr.strip().splitlines() or ["no message"]
    return None if tried.returncode == 0 else f"a first try failed with {lines[-1][:120]!r}"


def eager_product(problem: Problem) -> Callable[[], Any]:
    """The gradient of the gradient's product with the vector."""
    x, y, half = torch.tensor(problem.x), torch.tensor(problem.y), 0.5 / problem.n
    weights = [torch.tensor(w, requires_grad=True) for w in problem.weights]
    vectors = [torch.tensor(v) for v in problem.vectors]

    def product() -> Any:
        grads = torch.autograd.grad(cost(weights, x, y, half), weights, create_graph=True)
        return torch.autograd.grad(grads, weights, vectors)

    return product


STEPS = {"PyTorch": with_classes, "PyTorch, functions only": bare, "torch.compile": compiled}
FAULTS = {"torch.compile": compiler_fault}
SLOW = ("torch.compile",)
PRODUCTS = {"PyTorch": eager_product}
SCALARS = {
    "PyTorch": Scalars(
        leaves=lambda numbers: [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in numbers],
        forward=lambda f, leaves: f(leaves),
        backward=lambda output: output.backward(),
        gradient=lambda leaves, _: [leaf.grad.item() for leaf in leaves],
        sees_all=False,
    )
}
