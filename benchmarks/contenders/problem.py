"""The problem that all contenders solve: one step of learning of a sigmoid network, from the same weights and data."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Problem:
    """A sigmoid network with the quadratic cost, ½‖y − a‖² averaged over a mini-batch, and gradient descent.

    weights : W, b, W, b, … from the input on, W (n_out, n_in), b (n_out,);  x : (n, n_in);  y : (n, n_out) one-hot
    vectors : a direction for each of the weights, for Hessian-vector products
    lr : small, so that thousands of steps on the same mini-batch saturate no neuron; products with its slope would become
        subnormal in float32, which costs much time where they are not taken for 0
    """

    sizes: tuple[int, ...]
    weights: list[Array]
    vectors: list[Array]
    x: Array
    y: Array
    lr: float = 0.03

    @property
    def n(self) -> int:
        """Examples a mini-batch."""
        return len(self.x)

    @property
    def n_weights(self) -> int:
        return sum(w.size for w in self.weights)

    def copies(self) -> list[Array]:
        """The weights, for a contender to keep and change."""
        return [w.copy() for w in self.weights]


def problem(sizes: tuple[int, ...], n: int, dtype: DTypeLike = np.float64) -> Problem:
    """The problem of these sizes; its numbers are the same in every run, and in every dtype up to rounding."""
    rng = np.random.default_rng(0)
    weights: list[Array] = []
    for n_in, n_out in pairwise(sizes):
        weights += [rng.normal(0.0, n_in**-0.5, (n_out, n_in)), rng.normal(size=n_out)]
    vectors = [rng.normal(size=w.shape) for w in weights]
    x = rng.random((n, sizes[0]))
    y = np.eye(max(sizes[-1], 2))[rng.integers(0, max(sizes[-1], 2), n)][:, : sizes[-1]]
    cast = [[a.astype(dtype) for a in arrays] for arrays in (weights, vectors, [x, y])]
    return Problem(sizes, cast[0], cast[1], *cast[2])


class Learner(NamedTuple):
    """A contender at work: `step()` learns once and returns the cost, in whatever form the contender has it."""

    step: Callable[[], object]
    weights: Callable[[], list[Array]]


Learning = Callable[[Problem], Learner]
Product = Callable[[Problem], Callable[[], list[Any]]]
"""Makes the function that computes the Hessian's product with `problem.vectors`, an array for each of the weights."""


class Scalars(NamedTuple):
    """How a contender does arithmetic on single numbers, through Python's operators, in four parts.

    leaves : from numbers, what their function takes;  forward : the recorded value of a function of a list of them
    backward : from that, something that has the gradient;  gradient : from leaves and that, the gradient as numbers
    of_many : whether the time of a gradient by n numbers grows as n;  sees_all : whether tracemalloc sees what it allocates
    """

    leaves: Callable[[list[float]], Any]
    forward: Callable[[Callable[[list[Any]], Any], Any], Any]
    backward: Callable[[Any], Any]
    gradient: Callable[[Any, Any], list[float]]
    of_many: bool = True
    sees_all: bool = True
