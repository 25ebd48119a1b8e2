"""Toy data sets in the plane, for networks that can be looked at: points x (n, 2) and their classes y (n,)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import Seed, generator, real, whole

Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def xor(n: int = 4, noise: float = 0.0, seed: Seed = None) -> Points:
    """The corners of the unit square, over and over; class 1 where exactly one coordinate is 1.

    noise : the standard deviation of what is added to each coordinate
    """
    _at_least(n, 1)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[np.arange(n) % 4]
    return _noisy(corners, noise, seed), corners[:, 0] ^ corners[:, 1]


def moons(n: int = 200, noise: float = 0.1, seed: Seed = None) -> Points:
    """Two half circles that reach into one another."""
    first, second = _halves(n)
    a, b = np.linspace(0, math.pi, first), np.linspace(0, math.pi, second)
    upper, lower = np.stack([np.cos(a), np.sin(a)], axis=1), np.stack([1 - np.cos(b), 0.5 - np.sin(b)], axis=1)
    return _noisy(np.concatenate([upper, lower]), noise, seed), np.repeat([0, 1], [first, second])


def circles(n: int = 200, noise: float = 0.05, inner: float = 0.5, seed: Seed = None) -> Points:
    """A circle of radius 1, class 0, around one of radius `inner`, class 1."""
    inner = real("inner", inner, "a radius between 0 and 1", lambda v: 0 < v < 1)
    first, second = _halves(n)
    rings = [r * _on_circle(np.arange(m) * (2 * math.pi / m)) for r, m in ((1.0, first), (inner, second))]
    return _noisy(np.concatenate(rings), noise, seed), np.repeat([0, 1], [first, second])


def spirals(n: int = 200, noise: float = 0.02, turns: float = 1.5, n_classes: int = 2, seed: Seed = None) -> Points:
    """Spirals that wind around one another from the centre out to radius 1, one a class."""
    _at_least(n, whole("n_classes", n_classes, 1))
    turns = real("turns", turns, "a finite number", math.isfinite)
    sizes = [(n + n_classes - 1 - c) // n_classes for c in range(n_classes)]
    arms = []
    for c, m in enumerate(sizes):
        r = np.sqrt((np.arange(m) + 0.5) / m)  # as dense everywhere
        arms.append(r[:, None] * _on_circle(2 * math.pi * (turns * r + c / n_classes)))
    return _noisy(np.concatenate(arms), noise, seed), np.repeat(np.arange(n_classes), sizes)


def _halves(n: int) -> tuple[int, int]:
    _at_least(n, 2)
    return n - n // 2, n // 2


def _at_least(n: int, least: int) -> None:
    if whole("n", n, 0) < least:
        raise ValueError(f"n is {n}, needs at least {least} points")


def _on_circle(angle: Any) -> NDArray[np.float64]:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _noisy(points: Any, noise: float, seed: Seed) -> NDArray[np.float64]:
    noise = real("noise", noise, "a standard deviation of at least 0", lambda v: 0 <= v < math.inf)
    noisy: NDArray[np.float64] = points + generator(seed).normal(0.0, noise, points.shape)
    return noisy
