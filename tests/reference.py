"""Derivatives found without the engine: complex steps where a function is analytic, else differences, extrapolated.

A complex step has no subtraction and is right to the last digits. Central differences with the steps h, h/2, h/4, h/8,
h = 0.01, extrapolated to h = 0 leave an error of the order h^8 and the rounding of f divided by the smallest step:
about 2e-16 / 1.25e-3 = 2e-13 of the size of f.
"""

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from cases import WRITERS
from cases_samples import Call, Fixed

import autograd_lite as ag
from autograd_lite.ops.linalg import matmul_transposed
from autograd_lite.ops.reductions import scaled_sum

COMPLEX_TOLERANCE = 1e-12
DIFFERENCE_TOLERANCE = 5e-12
SINGLE_TOLERANCE = 1e-5

ANALYTIC = {
    np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power, np.negative, np.positive, np.square,
    np.sqrt, np.reciprocal, np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sin, np.cos, np.tan,
    np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh, np.sinc,
    ag.sigmoid, np.sum, np.mean, np.prod, np.cumsum, np.cumprod, np.where, np.matmul, np.dot, np.inner, np.outer,
    np.tensordot, np.einsum, np.kron, np.cross, np.linalg.multi_dot, np.linalg.matrix_power, np.linalg.inv,
    np.linalg.solve, np.linalg.det, np.trace, np.diff, np.ediff1d, np.convolve, np.polyval, np.vander, np.trapezoid, np.gradient,
    matmul_transposed, scaled_sum,
    np.repeat, np.tile, np.resize, np.roll, np.rot90, np.delete, np.insert, np.take, np.take_along_axis, np.compress,
    np.extract, np.choose, np.block, np.diag, np.diagflat, np.diagonal, np.tril, np.triu, np.append, np.select,
    np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip
"""Functions that NumPy computes of complex numbers by the same formula."""

Path = tuple[Any, ...]
"""Where an array stands in a call: the position or keyword, and the positions in lists."""


def replaced(call: Call, f: Callable[[Path, np.ndarray], Any]) -> Call:
    """The call with `f(path, array)` in the place of every array to differentiate by."""

    def walk(part: Any, path: Path) -> Any:
        if type(part) in (list, tuple):
            return type(part)(walk(p, (*path, i)) for i, p in enumerate(part))
        return f(path, part) if isinstance(part, np.ndarray) and part.dtype.kind in "fc" else part

    return Call(walk(call.args, ()), {k: walk(v, (k,)) for k, v in call.keywords.items()})


def variables(call: Call) -> dict[Path, np.ndarray]:
    """The arrays to differentiate by."""
    found: dict[Path, np.ndarray] = {}
    replaced(call, found.setdefault)
    return found


def every_array(call: Call, f: Callable[[np.ndarray], np.ndarray]) -> Call:
    """The call with f of every floating array, the fixed ones too."""

    def walk(part: Any) -> Any:
        if isinstance(part, Fixed):
            return Fixed(walk(part.array))
        if type(part) in (list, tuple):
            return type(part)(map(walk, part))
        return f(part) if isinstance(part, np.ndarray) and part.dtype.kind == "f" else part

    return Call(walk(call.args), {k: walk(v) for k, v in call.keywords.items()})


def without_tensors(call: Call) -> Call:
    """The call with arrays for the Tensors that are masks and indices in it."""

    def walk(part: Any) -> Any:
        if type(part) in (list, tuple):
            return type(part)(map(walk, part))
        return part.data if isinstance(part, ag.Tensor) else part

    return Call(walk(call.args), {k: walk(v) for k, v in call.keywords.items()})


def in_dtype(call: Call, dtype: Any) -> Call:
    """The call in another precision."""
    return every_array(call, lambda array: array.astype(dtype, copy=False))


def by_loop(f: np.ufunc, every: bool) -> Callable[..., Any]:
    """`f.accumulate`, or else `f.reduce`, as NumPy describes them."""

    def fold(array: Any, axis: int = 0, keepdims: bool = False) -> Any:
        results = list(accumulate(np.moveaxis(array, axis, 0), f))
        if every:
            return np.stack(results, axis)
        return np.expand_dims(results[-1], axis) if keepdims else results[-1]

    return fold


STAND_INS = {f.reduce: by_loop(f, False) for f in (np.power, np.arctan2)} | {
    f.accumulate: by_loop(f, True) for f in (np.power, np.arctan2)
}
"""NumPy's own (2.4) are wrong on processors with AVX-512, where these two functions are computed several elements at a time."""


def outputs(f: Callable[..., Any], call: Call) -> list[Any]:
    """What f gives, as a list."""
    if f in STAND_INS and not any(isinstance(a, ag.Tensor) for a in call.args):
        f = STAND_INS[f]

    overwrites = call.keywords.get("overwrite_input", False)

    def bare(part: Any) -> Any:
        if isinstance(part, Fixed):
            return part.array
        if overwrites and isinstance(part, np.ndarray):
            return np.copy(part)  # the sample is needed again
        return type(part)(map(bare, part)) if type(part) in (list, tuple) else part

    args = bare(call.args)
    if f in WRITERS:
        args = (np.copy(args[0]), *args[1:])
        f(*args, **{k: bare(v) for k, v in call.keywords.items()})
        return [args[0]]
    result = f(*args, **{k: bare(v) for k, v in call.keywords.items()})
    return list(result) if isinstance(result, tuple | list) else [result]


def moved(call: Call, path: Path, step: Any) -> Call:
    """The call with `step` added to one of its arrays."""
    return replaced(call, lambda here, array: shifted(array, step) if here == path else array)


def shifted(array: np.ndarray, step: Any) -> np.ndarray:
    """array + step, laid out as the array."""
    changed = np.empty_like(array)
    changed[...] = array + step
    return changed


def extrapolated(f: Callable[[float], Any]) -> Any:
    """f'(0) from central differences (Richardson)."""
    row = [(f(h) - f(-h)) / (2 * h) for h in (1e-2, 5e-3, 2.5e-3, 1.25e-3)]
    for order in (4, 16, 64):
        row = [finer + (finer - coarser) / (order - 1) for coarser, finer in pairwise(row)]
    return row[0]


class Slopes(NamedTuple):
    """Derivatives of a number along some directions, and how far they may be off."""

    directions: np.ndarray
    """One a row, each of the shape of the array that is moved."""
    values: np.ndarray
    tolerance: float

    def along(self, gradient: np.ndarray) -> np.ndarray:
        """What a gradient says they are."""
        return np.array([np.sum(gradient * direction) for direction in self.directions])


def slopes(f: Callable[..., Any], call: Call, path: Path, weights: list[np.ndarray]) -> Slopes:
    """The derivatives of sum(weights * f) by the array at `path`: by each element if f is analytic, else along one direction."""
    call = without_tensors(call)
    x = variables(call)[path]
    if f in ANALYTIC and "dtype" not in call.keywords:
        whole = every_array(call, lambda array: array.astype(complex))
        units = np.eye(x.size).reshape(x.size, *x.shape)
        values = []
        for unit in units:
            outs = outputs(f, moved(whole, path, 1e-30j * unit))
            values.append(sum(np.sum(w * np.imag(out)) for w, out in zip(weights, outs, strict=True)) / 1e-30)
        return Slopes(units, np.array(values), COMPLEX_TOLERANCE * size(values))
    direction = direction_of(x)
    parts = extrapolated(lambda t: weighted(f, moved(call, path, t * direction), weights))
    level = max(size(parts), size(weighted(f, call, weights)))
    return Slopes(direction[None], np.array([np.sum(parts)]), DIFFERENCE_TOLERANCE * max(size(np.sum(parts)), level))


def direction_of(x: np.ndarray) -> np.ndarray:
    """A direction in which all elements move, each by another length: an error in one is not made good by another."""
    rng = np.random.default_rng(2)
    return rng.uniform(0.4, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape)


def weighted(f: Callable[..., Any], call: Call, weights: list[np.ndarray]) -> np.ndarray:
    """weights * f, flat."""
    return np.concatenate([np.ravel(w * out) for w, out in zip(weights, outputs(f, call), strict=True)])


def size(array: Any) -> float:
    """The largest magnitude; 0 of nothing."""
    return float(np.max(np.abs(array), initial=0.0))
