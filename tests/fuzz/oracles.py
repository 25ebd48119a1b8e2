"""Derivatives found without the engine: by a complex step, by differences that say how far they are off, by PyTorch."""

import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from .comparing import Array, Undecided, Untranslated
from .program import Program, laid_out
from .spellings import COMPLEX, DOUBLE, PLAIN, functions, rounding_by

STEP = 1e-30
HAS_TORCH = find_spec("torch") is not None


def directions(program: Program, seed: int) -> list[Array]:
    """A direction for each array, in which every element moves by another length."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.4, 1.0, i.value.shape) * rng.choice([-1.0, 1.0], i.value.shape) for i in program.arrays]


def moved(program: Program, data: list[Any], along: list[Array], t: Any) -> list[Any]:
    """The arguments with t times the direction added to the arrays, in double precision, in the same order of memory.

    On that it depends what a reshape shares. Rows that share their memory can't be moved apart in it, and are not.
    """
    rest = iter(along)
    return [
        _laid_as(i.layout, np.asarray(a.astype(float) + t * next(rest))) if i.is_array else a
        for i, a in zip(program.inputs, data, strict=True)
    ]


def _laid_as(layout: str, array: Array) -> Array:
    return laid_out(np.array(array, order="C"), "rows" if layout == "zero strides" else layout)


def complex_step(program: Program, data: list[Any], along: list[Array], noise: int | None = None) -> float:
    """The derivative of the cost along a direction, exact but for rounding. noise : a seed, to move last bits by"""
    namespace = COMPLEX
    if noise is not None:
        namespace = {**COMPLEX, "rounding": rounding_by(np.random.default_rng(noise), program.eps)}
    f = program.function(namespace, on_arrays=True, rounded=noise is not None)
    with np.errstate(all="ignore"):
        return float(np.imag(f(*moved(program, data, along, 1j * STEP))) / STEP)


def value(program: Program, data: list[Any], *, cost: bool = True, noise: int | None = None) -> Any:
    """What NumPy computes."""
    namespace = PLAIN
    if noise is not None:
        namespace = {**PLAIN, "rounding": rounding_by(np.random.default_rng(noise), program.eps)}
    with np.errstate(all="ignore"):
        return program.function(namespace, on_arrays=True, cost=cost, rounded=noise is not None)(*data)


def extrapolated(f: Callable[[float], Any]) -> tuple[Any, float]:
    """f'(0) by central differences extrapolated to a step of zero, and how far that may be off: the best of three first steps.

    Differences of eighth order whose last two extrapolations differ are not to be trusted by more than that. Two that agree by
    accident are found by another first step, so the best is trusted no more than it agrees with the next.
    """
    found = [_refined(f, h) for h in (1e-2, 1e-3, 1e-4)]
    best, error = min(found, key=lambda each: each[1])
    apart = sorted(float(np.max(np.abs(best - other), initial=0.0)) for other, _ in found)
    return best, max(error, apart[1])


def _refined(f: Callable[[float], Any], h: float) -> tuple[Any, float]:
    """The same from one first step."""
    row = [(f(step) - f(-step)) / (2 * step) for step in (h, h / 2, h / 4, h / 8)]
    for order in (4, 16, 64):
        before, row = row, [finer + (finer - coarser) / (order - 1) for coarser, finer in pairwise(row)]
    return row[0], float(np.max(np.abs(row[0] - np.array(before)), initial=0.0))


def slope(program: Program, data: list[Any], along: list[Array]) -> tuple[float, float, Callable[[int], float] | None]:
    """The derivative of the cost along a direction, how far it may be off, and the same with noise.

    Raises Undecided at a kink: where the way there and the way back have other slopes, or differences do not agree.
    """
    if program.analytic:
        there = complex_step(program, data, along)
        back = -complex_step(program, data, [-d for d in along])
        if not np.isfinite(there) or not np.isfinite(back):
            raise Undecided("the slope is not finite")
        if abs(there - back) > 1e-6 * max(1.0, abs(there)):
            raise Undecided("a kink: the slopes on both sides differ")
        return there, 0.0, lambda noise: complex_step(program, data, along, noise)
    if program.detaches:
        raise Undecided("differences move what is detached, too")
    there, back = (_jump(program, data, along, h) for h in (1e-4, 2.5e-5))
    if back > 1e-6 and back > 0.5 * there:
        raise Undecided("a kink: the slopes on both sides differ")
    found, error = extrapolated(lambda t: _in_double(program, moved(program, data, along, t)))
    if not np.isfinite(found) or error > 1e-5 * max(1.0, abs(found)):
        raise Undecided("differences do not agree with each other")
    return float(found), 100 * error + 1e-9, None


def _in_double(program: Program, data: list[Any]) -> float:
    """The cost, where every dtype is double precision: in less there are no small differences."""
    with np.errstate(all="ignore"):
        return float(program.function(DOUBLE, on_arrays=True)(*data))


def must_be_linear(program: Program, data: list[Any]) -> None:
    """Raise Undecided if slopes do not add up: at a tie, whose slopes on both sides may still be the same."""
    one, other = directions(program, 1), directions(program, 2)
    both = [a + b for a, b in zip(one, other, strict=True)]
    slopes = [slope(program, data, along)[0] for along in (one, other, both)]
    if abs(slopes[0] + slopes[1] - slopes[2]) > 1e-6 * max(1.0, *map(abs, slopes)):
        raise Undecided("a tie: the slopes along two directions do not add up")


def _jump(program: Program, data: list[Any], along: list[Array], h: float) -> float:
    """How much the slope changes from one side to the other: it gets smaller with the step unless there is a kink."""
    before, here, after = (_in_double(program, moved(program, data, along, t)) for t in (-h, 0.0, h))
    return abs(after - 2.0 * here + before) / h


def curvature(slope_at: Callable[[float], float]) -> tuple[float, float]:
    """How fast a slope changes, by differences, and how far that may be off."""
    found, error = extrapolated(slope_at)
    if not np.isfinite(found) or error > 1e-5 * max(1.0, abs(found)):
        raise Undecided("differences do not agree with each other")
    return float(found), 100 * error


@lru_cache(1)
def _torch() -> tuple[Any, dict[str, Any]]:
    import torch
    import torch._numpy as tnp

    torch.set_num_threads(1)
    return torch, {"np": tnp, "ag": functions(tnp)}


def torch_gradients(program: Program, data: list[Any], expected: Any) -> list[Array]:
    """The gradient by PyTorch, which runs the same text in the NumPy vocabulary that comes with it.

    Raises Untranslated where it does not know a function, or gives another value than NumPy.
    """
    torch, namespace = _torch()
    leaves = [torch.tensor(np.array(a, order="C"), requires_grad=True) for i, a in zip(program.inputs, data,
        strict=True) if i.is_array]  # fmt: skip
    rest = iter(leaves)
    given = [
        namespace["np"].asarray(next(rest)) if i.is_array else a for i, a in zip(program.inputs, data, strict=True)
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = program.function(namespace, on_arrays=True)(*given)
            found = result.tensor.item()
            scale = max(1.0, abs(float(expected)))
            if not abs(found - float(expected)) <= 1e3 * program.eps * scale:
                raise Untranslated("PyTorch's value is another than NumPy's")
            grads = torch.autograd.grad(result.tensor, leaves, allow_unused=True)
    except Untranslated:
        raise
    except Exception as error:
        raise Untranslated(f"PyTorch: {type(error).__name__}") from error
    return [np.zeros(leaf.shape) if g is None else g.numpy() for leaf, g in zip(leaves, grads, strict=True)]
