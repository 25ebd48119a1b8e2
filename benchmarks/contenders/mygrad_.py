"""MyGrad, without its guard against changed arrays, which its manual advises for speed."""

from typing import Any

import mygrad as mg
from mygrad.nnet.activations import sigmoid

from .problem import Learner, Problem, Scalars


def eager(problem: Problem) -> Learner:
    """Every step records its operations anew."""
    x, y, half, lr = problem.x, problem.y, 0.5 / problem.n, problem.lr
    weights = [mg.tensor(w) for w in problem.copies()]
    layers = list(zip(weights[::2], weights[1::2], strict=True))

    def step() -> Any:
        with mg.mem_guard_off:
            a: Any = x
            for W, b in layers:
                a = sigmoid(a @ W.T + b)
            c = ((a - y) ** 2).sum() * half
            c.backward()
            for w in weights:
                w.data -= lr * w.grad
            return c.data

    return Learner(step, lambda: [w.data for w in weights])


STEPS = {"MyGrad": eager}
SCALARS = {
    "MyGrad": Scalars(
        leaves=lambda numbers: [mg.tensor(v) for v in numbers],
        forward=mg.mem_guard_off(lambda f, leaves: f(leaves)),
        backward=lambda output: output.backward(),
        gradient=lambda leaves, _: [leaf.grad.item() for leaf in leaves],
    )
}
