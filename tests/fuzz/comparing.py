"""When two results are the same: equal up to the rounding of the numbers on the way to them, which is measured.

Two ways to compute one thing differ by rounding. Nearly all results agree within 64 ulps per statement of the largest number
around. A result beyond that is computed again, a few times, with every variable moved by up to half an ulp: this *measures* how
far rounding moves it. A difference of at most 16 times of that is rounding, a larger one a disagreement. A result that rounding
moves by more than a thousandth stands at a kink or at a singularity, where two right ways may take different sides: it is
undecided, and counted so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag

Array = np.ndarray[Any, Any]
SAMPLES = 4


class Disagreement(Exception):
    """Two results that must be the same are not."""


class Undecided(Exception):
    """What is right cannot be told here: at a kink, or where rounding decides."""


class Untranslated(Exception):
    """The other library has no such function, or means something else by it."""


class Refused(Exception):
    """The package says that it does not do this."""


class Inapplicable(Exception):
    """The check says nothing about such a program."""


def arrays_in(result: Any) -> list[Array]:
    """The arrays of a result out of lists, tuples, dicts and Tensors."""
    if isinstance(result, dict):
        return [a for v in result.values() for a in arrays_in(v)]
    if isinstance(result, list | tuple):
        return [a for v in result for a in arrays_in(v)]
    return [result.array if isinstance(result, ag.Tensor) else np.asarray(result)]


def structure(result: Any) -> Any:
    """How the arrays of a result are nested."""
    if isinstance(result, dict):
        return {k: structure(v) for k, v in result.items()}
    if isinstance(result, list | tuple):
        return type(result), [structure(v) for v in result]
    return None


@dataclass
class Scale:
    """What rounding may do. eps : of the coarsest dtype;  statements : how many roundings lie on the way"""

    eps: float
    statements: int

    def bound(self, arrays: Sequence[Array]) -> float:
        return 64 * self.eps * (1 + self.statements) * max((size(a) for a in arrays), default=0.0)


def size(a: Array) -> float:
    """The largest finite magnitude, at least 1."""
    a = np.abs(a.astype(float))
    return float(np.max(a, initial=1.0, where=np.isfinite(a)))


def must_agree(what: str, found: Any, expected: Any, scale: Scale, again: Callable[[int], Any]) -> None:
    """Raise Disagreement unless they are the same. again : either of them once more, with noise by a seed"""
    if structure(found) != structure(expected):
        raise Disagreement(f"{what}: the structure is {structure(found)}, not {structure(expected)}")
    ours, theirs = arrays_in(found), arrays_in(expected)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if (a.shape, a.dtype) != (b.shape, b.dtype):
            raise Disagreement(f"{what}: result {i} is {a.dtype} {a.shape}, not {b.dtype} {b.shape}")
    bound = scale.bound(theirs)
    if all(_within(a, b, bound) for a, b in zip(ours, theirs, strict=True)):
        return
    noisy = [arrays_in(again(n)) for n in range(SAMPLES)]
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        moved = np.ptp([np.asarray(sample[i], float) for sample in noisy], axis=0)
        spread = float(np.max(moved, initial=0.0, where=np.isfinite(moved)))
        if _within(a, b, bound + 16 * spread):
            if spread > 1e-3 * size(b):
                raise Undecided("rounding moves the result")
            continue
        if any(np.any(~np.isfinite(sample[i]) != ~np.isfinite(b)) for sample in noisy):
            raise Undecided("rounding makes it infinite or not")
        raise Disagreement(
            f"{what}: result {i} is\n{a!r}\nand not\n{b!r}\n(rounding may move it by {bound + 16 * spread:.1e})"
        )


def _within(a: Array, b: Array, bound: float) -> bool:
    return bool(np.allclose(a.astype(float), b.astype(float), rtol=0.0, atol=bound, equal_nan=True))


def must_be_same_bits(what: str, found: Any, expected: Any) -> None:
    """Raise Disagreement unless all shapes, dtypes and bits are the same."""
    for i, (a, b) in enumerate(zip(arrays_in(found), arrays_in(expected), strict=True)):
        if (a.shape, a.dtype) != (b.shape, b.dtype) or a.tobytes() != b.tobytes():
            raise Disagreement(f"{what}: result {i} is\n{a!r}\nand not, to the last bit,\n{b!r}")
