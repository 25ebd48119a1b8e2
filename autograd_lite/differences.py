"""Derivatives without the chain rule, to hold a gradient against.

Complex steps where a function is analytic and runs on complex numbers: f(x + ih) = f(x) + ih f'(x) - ..., so the
imaginary part over h is the derivative, with no subtraction and no error left at h = 1e-30 (Squire and Trapp, SIAM
Review 40, 1998).

Elsewhere central differences at h, h/2, h/4, ..., extrapolated to h = 0, with an estimate of what is left (Ridders,
Advances in Engineering Software 4, 1982).
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .ops.activations import sigmoid
from .ops.indexing import scatter
from .ops.linalg import matmul_transposed
from .ops.reductions import scaled_sum
from .ops.transcendental import sech_squared

Array = np.ndarray[Any, Any]
Path = Callable[[Any], Any]
"""A function of one number t, real or imaginary: the value at x + t v."""

ANALYTIC: set[Callable[..., Any]] = {
    np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.square, np.sqrt, np.reciprocal, np.power,
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sinc, np.sin, np.cos, np.tan, np.arcsin,
    np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh, sigmoid, sech_squared,
    np.sum, np.mean, np.prod, np.cumsum, np.cumprod, np.matmul, matmul_transposed, np.dot, np.inner, np.outer,
    np.tensordot, np.einsum, scaled_sum,
    np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.broadcast_to, np.flip, np.copy,
    np.concatenate, np.where, scatter,
}  # fmt: skip
"""Functions that NumPy computes of complex numbers by the formula that it has for real ones."""

COMPLEX = "a complex step"
ROUGH = 1e-5
"""Differences that leave more uncertain than this part of what they measure verify nothing."""
GROUPS = 64
"""Arrays of more elements than this are checked in so many groups, each along a random direction."""


class Slope(NamedTuple):
    """A derivative along a direction, and how far it may be off."""

    value: float
    uncertainty: float
    how: str
    sides: tuple[float, float] | None = None
    """The slopes to the left and to the right, where they differ."""


class Mismatch(NamedTuple):
    """An element of a gradient that is not what a difference says."""

    element: str
    found: float
    slope: Slope


def mismatch(
    gradient: Array, x: Array, path: Callable[[Array], Path], level: float, precision: Any, analytic: bool
) -> Mismatch | None:
    """The first element of `gradient` that is wrong; None if none is. What is not finite is wrong.

    path : from a direction v, the shape of x, the function of t that is to be differentiated at t = 0
    level : the size of the terms of that function, which says what rounding may do
    precision : the dtype that the gradient was computed in
    analytic : may complex steps be tried?
    """
    slopes = [(group, v, slope(path(v), level, _step(x, group), analytic)) for group, v in _directions(x)]
    size = max((abs(s.value) for _, _, s in slopes if np.isfinite(s.value)), default=0.0)
    bound = Bound(float(np.finfo(precision).eps), size, level)
    for group, v, expected in slopes:
        found = float(np.sum(gradient * v))
        if bound.admits(found, expected):
            continue
        if expected.how == COMPLEX:  # not the last word: NumPy may compute another function of complex numbers
            second = slope(path(v), level, _step(x, group))
            if bound.admits(found, second):
                continue
            expected = expected if bound.admits(expected.value, second) else second
        for i in group if len(group) > 1 else ():
            wrong = _element(float(gradient.reshape(-1)[i]), x, i, path(_unit(x, [i], 1.0)), bound)
            if wrong is not None:
                return wrong
        if len(group) > 1:
            return Mismatch(f"{_named(x, group[0])} to {_named(x, group[-1])}, together,", found, expected)
        return _element(found, x, group[0], path(v), bound, expected)
    return None


def _element(
    found: float, x: Array, i: int, path: Path, bound: "Bound", expected: Slope | None = None
) -> Mismatch | None:
    """What is wrong with one element; None if nothing is, or if it is a slope between those of the sides of a kink."""
    if expected is None:
        expected = slope(path, bound.level, _step(x, [i]))
        if bound.admits(found, expected):
            return None
    expected = expected._replace(sides=kink(path, _step(x, [i])))
    return None if bound.admits(found, expected) else Mismatch(_named(x, i), found, expected)


class Bound(NamedTuple):
    """How far a number may be from the reference."""

    eps: float
    size: float
    """The largest slope."""
    level: float
    """The size of the function's terms."""

    def admits(self, found: float, expected: Slope) -> bool:
        """Is `found` what is expected, up to rounding and to what the reference leaves uncertain?"""
        if not np.isfinite(found) or not np.isfinite(expected.value):
            return False
        rounding = self.eps**0.6 * self.size + 1e3 * self.eps * self.level
        if expected.sides is not None:
            slack = ROUGH * self.size + rounding
            return bool(min(expected.sides) - slack <= found <= max(expected.sides) + slack)
        if expected.uncertainty > ROUGH * self.size + 1e6 * self.eps * self.level:
            return False
        return bool(abs(found - expected.value) <= rounding + 10 * expected.uncertainty)


def slope(path: Path, level: float, step: float, analytic: bool = False) -> Slope:
    """The derivative of `path` at 0. Its value is NaN where the function is not finite nearby."""
    with np.errstate(all="ignore"):
        found = complex_step(path) if analytic else None
        if found is not None:
            return found
        best = differences(path, level, step)
        for _ in range(8):  # near the border of its domain a function bears small steps only
            if best.uncertainty <= 1e-7 * max(abs(best.value), level):
                break
            step /= 10
            found = differences(path, level, step)
            best = min(best, found, key=lambda s: s.uncertainty)
        return best


def complex_step(path: Path, h: float = 1e-30) -> Slope | None:
    """The derivative by a complex step; None if the function does not run on complex numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy drops imaginary parts with no more than a warning
        try:
            value = complex(path(1j * h))
            level = float(path(0.0))
        except Exception:  # whatever the reason, differences are left
            return None
    if not np.isfinite(value) or not abs(value.real - level) <= 1e-8 * max(1.0, abs(level)):
        return None
    return Slope(value.imag / h, 0.0, COMPLEX)


def differences(path: Path, level: float, step: float, rows: int = 10) -> Slope:
    """Central differences, extrapolated; the estimate that changed least is taken."""
    best = Slope(float("nan"), float("inf"), "differences")
    before: list[float] = []
    for i in range(rows):
        h = step / 2**i
        row = [(float(path(h)) - float(path(-h))) / (2 * h)]
        for k, coarser in enumerate(before):
            row.append(row[k] + (row[k] - coarser) / (4 ** (k + 1) - 1))
            change = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
            if change <= best.uncertainty:
                best = Slope(row[-1], change, "differences")
        if i > 2 and best.uncertainty <= 1e-11 * max(abs(best.value), level):
            break
        before = row
    return best


def kink(path: Path, step: float) -> tuple[float, float] | None:
    """The slopes to the left and to the right of 0, if they differ; None at a smooth point, and at a jump."""
    gaps = []
    with np.errstate(all="ignore"):
        middle = float(path(0.0))
        for h in (step / 64, step / 4096):
            left, right = (middle - float(path(-h))) / h, (float(path(h)) - middle) / h
            gaps.append(abs(right - left))
    steady = 0.5 * gaps[0] < gaps[1] < 2.0 * gaps[0]  # a smooth function's gap shrinks with h, a jump's grows
    return (left, right) if steady and gaps[1] > 1e-3 * max(abs(left), abs(right)) else None


# ---------------------------------------------------------------------------------------------------------------------
# Directions.


def _directions(x: Array) -> Iterator[tuple[list[int], Array]]:
    """Groups of elements, each with a direction: every element alone, or as many groups as there may be."""
    if x.size <= GROUPS:
        yield from (([i], _unit(x, [i], 1.0)) for i in range(x.size))
        return
    rng = np.random.default_rng(0)
    for group in np.array_split(np.arange(x.size), GROUPS):
        weights = rng.uniform(0.5, 1.5, group.size) * rng.choice([-1.0, 1.0], group.size)
        yield group.tolist(), _unit(x, group, weights)


def _unit(x: Array, group: Any, weights: Any) -> Array:
    v = np.zeros(x.shape)
    v.reshape(-1)[group] = weights
    return v


def _step(x: Array, group: list[int]) -> float:
    return 0.02 * max(_largest(x.reshape(-1)[group]), 0.1)


def _largest(x: Array) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def _named(x: Array, i: int) -> str:
    return f"[{', '.join(str(int(k)) for k in np.unravel_index(i, x.shape))}]" if x.ndim else ""
