"""Networks, costs and optimizers as people write them, to be run eagerly and compiled.

Each case is a function without arguments that makes everything anew, so that two runs share nothing.
"""

# ruff: noqa: NPY002  (the old generators of NumPy are what people still draw from)

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

X = np.random.default_rng(0).normal(size=(5, 6, 3))
Y = np.random.default_rng(1).uniform(size=(5, 6, 2))


@dataclass
class Made:
    """What a case is made of. between : called before step k;  seen : what else must be the same afterwards"""

    net: nn.Module
    cost: Any = nn.quadratic_cost
    optimizer: Any = None
    between: Callable[[int], Any] = lambda k: None
    seen: Callable[[], Any] = lambda: None


class Layer(nn.Module):
    """A layer of one's own that is a Linear and then something, as `act` says."""

    weight_names = ()

    def __init__(self, n_in=3, n_out=2, seed=0):
        self.inner = nn.Linear(n_in, n_out, seed=seed)


def layer(forward, **attributes):
    """A layer whose forward is the function given, on itself and z."""

    class Own(Layer):
        def forward(self, x):
            return forward(self, self.inner(x))

    made = Own()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def run(case: Callable[[], Made], compiled: bool, steps: int = 5) -> dict[str, Any]:
    """Costs, weights, state of the generators and what else is seen after some steps on different data."""
    np.random.seed(3)
    random.seed(3)
    made = case()
    optimizer = made.optimizer(made.net.parameters()) if made.optimizer else nn.SGD(made.net.parameters(), 0.1)
    step = nn.make_step(made.net, made.cost, optimizer, compiled=compiled)
    costs, errors = [], []
    for k in range(steps):
        made.between(k)
        try:
            costs.append(step(X[k % 5], Y[k % 5]))
        except (ValueError, TypeError, ArithmeticError) as error:
            errors.append((k, type(error), str(error).partition(" [")[0]))
    return {
        "costs": costs, "errors": errors, "weights": list(made.net.state_dict().values()), "seen": made.seen(),
        "np.random": np.random.get_state()[1:], "random": random.getstate(), "lr": optimizer.lr, "step": step,
    }  # fmt: skip


def same(a: Any, b: Any) -> None:
    """Raise unless both are the same but for rounding."""
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        a, b = list(a.values()), list(b.values())
    if isinstance(a, list | tuple | deque):
        assert len(a) == len(b), (a, b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif isinstance(a, np.ndarray | float):
        np.testing.assert_allclose(np.asarray(b), np.asarray(a), rtol=1e-9, atol=1e-12)
    else:
        assert a == b


# ----------------------------------------------------------------------------------------- what changes, or draws by itself

UNFOLLOWED: dict[str, tuple[Callable[[], Made], str]] = {}
"""Cases that no program can stand for, and a word that the warning must have."""
CHANGED: dict[str, Callable[[], Made]] = {}
"""Cases in which something that is read is changed between two steps."""
FOLLOWED: dict[str, Callable[[], Made]] = {}
"""Cases that a program stands for: without a warning, they run as one."""


def unfollowed(word: str) -> Callable[[Any], Any]:
    def add(case: Callable[[], Made]) -> Callable[[], Made]:
        UNFOLLOWED[case.__name__] = case, word
        return case

    return add


def changed(case: Callable[[], Made]) -> Callable[[], Made]:
    CHANGED[case.__name__] = case
    return case


def followed(case: Callable[[], Made]) -> Callable[[], Made]:
    FOLLOWED[case.__name__] = case
    return case


_ = field, ag
