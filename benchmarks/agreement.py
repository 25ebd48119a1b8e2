"""Contenders must compute the same before it means anything which of them is faster."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .contenders.problem import Array, Learner, Problem

STEPS = 3
TOLERANCE = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-13}
"""The difference allowed, relative to the largest element: rounding in other orders, added up over a few steps."""


class Disagreement(RuntimeError):
    """Two contenders computed different numbers."""


def learned_alike(problem: Problem, learners: Mapping[str, Learner]) -> None:
    """Let everybody take three steps, and compare the weights with those of the first.

    Raises Disagreement, naming contender and array, also if a step did not change the weights by far more than the
    tolerance, so that agreement would be no evidence.
    """
    for learner in learners.values():
        for _ in range(STEPS):
            learner.step()
    reference, *others = learners
    expected = learners[reference].weights()
    for i, (before, after) in enumerate(zip(problem.weights, expected, strict=True)):
        if distance(after, before) < 10 * TOLERANCE[before.dtype]:
            raise Disagreement(f"{STEPS} steps of {reference} hardly changed {_named(i)}, so nothing can be compared")
    for name in others:
        alike(name, learners[name].weights(), expected, reference)


def alike(name: str, found: Sequence[Any], expected: Sequence[Array], reference: str) -> None:
    """Compare two lists of arrays. Raises Disagreement if shapes, dtypes or values differ."""
    if len(found) != len(expected):
        raise Disagreement(f"{name} has {len(found)} arrays, {reference} {len(expected)}")
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        a = np.asarray(a)
        if a.shape != b.shape or a.dtype != b.dtype:
            raise Disagreement(f"{_named(i)}: {name} has {a.dtype} {a.shape}, {reference} {b.dtype} {b.shape}")
        off = distance(a, b)
        if not off <= TOLERANCE[b.dtype]:
            raise Disagreement(
                f"{_named(i)}: {name} is off from {reference} by {off:.1e} of the largest element, "
                f"more than {TOLERANCE[b.dtype]:.0e}"
            )


def distance(a: Array, b: Array) -> float:
    """The largest difference, relative to the largest element of b; NaN if there is a NaN."""
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


def _named(i: int) -> str:
    return f"{'Wb'[i % 2]}{i // 2 + 1}"
