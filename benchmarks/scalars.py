"""Single numbers: what recording and differentiating one operation costs, in time and in memory, up to a million of them."""

import gc
import math
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from .agreement import Disagreement
from .contenders import offered
from .contenders.problem import Scalars
from .report import Section
from .timing import Pace, bytes_held, in_turn

OURS = "autograd_lite"
LONG, FEWEST = 100_000, 9
LONGEST_ROUND = 4.0
"""Seconds. Who would need more for one round, or `MOST_BYTES`, judged by the size before, is left out of the next."""
MOST_BYTES = 4e9
FACTOR, SUMMAND = 0.9999999, 1e-7


def chain(n: int) -> tuple[Callable[[list[Any]], Any], list[float], list[float]]:
    """n operations with a number, one after the other: the function, its arguments, and its gradient."""

    def f(numbers: list[Any]) -> Any:
        (t,) = numbers
        for _ in range(n // 2):
            t = t * FACTOR
            t = t + SUMMAND
        return t

    return f, [0.5], [math.prod([FACTOR] * (n // 2))]


def tree(n: int) -> tuple[Callable[[list[Any]], Any], list[float], list[float]]:
    """About n operations that join 2ᵏ leaves in pairs, level by level: the function, its arguments, and its gradient."""
    levels = round(math.log2(n))

    def f(numbers: list[Any]) -> Any:
        level = numbers
        for i in range(levels):
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [u + v for u, v in pairs] if i % 2 else [u * v for u, v in pairs]
        return level[0]

    slope = 1.0
    for i, value in zip(range(levels), [0.5, 0.25] * levels, strict=False):
        slope *= 1.0 if i % 2 else value  # ½·½ = ¼ and ¼ + ¼ = ½, so a factor is always ½
    return f, [0.5] * 2**levels, [slope] * 2**levels


SHAPES = {"chain": chain, "tree": tree}
TEXTS = {
    "chain": "Operations with a number, one after the other, times and plus in turn.",
    "tree": "Operations that join leaves in pairs, level by level, times and plus in turn, down to one.",
}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK = SIZES[:2]


def run(shape: str, pace: Pace, quick: bool = False) -> list[Section]:
    """One table: contenders by sizes."""
    section = Section(
        f"A {shape} of scalar operations",
        f"{TEXTS[shape]} Median time an operation, forward + backward, in µs; bytes an operation that the recording holds "
        "besides the leaves, by tracemalloc, which does not see what C++ allocates; growth: the time an operation at the "
        "largest size measured over that at the smallest. Every gradient was compared with the exact one. micrograd needs a "
        "recursion limit as high as the graph is deep. An empty place: a round would have taken more than "
        f"{LONGEST_ROUND:.0f} s or {MOST_BYTES / 1e9:.0f} GB ({OURS} is measured all the same). From {LONG:,} operations on "
        f"there are {FEWEST} rounds.",
        ["", *(f"{n:,}" for n in (QUICK if quick else SIZES)), "bytes", "growth"],
        [],
    )
    makers, section.left_out = offered("SCALARS", quick)
    if shape == "tree":
        for name in [name for name, c in makers.items() if not c.of_many]:
            del makers[name]
            section.left_out[name] = "the time of its gradient by n numbers grows as n²"
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in makers}
    for n in QUICK if quick else SIZES:
        able = {name: c for name, c in makers.items() if name == OURS or _can(found[name], n)}
        for name, entry in _measured(shape, n, able, pace).items():
            found[name].append({"shape": shape, "contender": name} | entry)
    for name, entries in found.items():
        section.data += entries
        cells = [f"{e['forward'] * 1e6:.2f} + {e['backward'] * 1e6:.2f}" for e in entries]
        empty = [""] * (len(section.columns) - 3 - len(cells))
        held = entries[-1]["bytes"]
        growth = entries[-1]["total"] / entries[0]["total"]
        section.rows.append([name, *cells, *empty, "" if held is None else f"{held:.0f}", f"{growth:.2f}"])
    return [section]


def _can(entries: list[dict[str, Any]], n: int) -> bool:
    if not entries:
        return True
    last = entries[-1]
    complete = last["operations"] * 20 > n  # not left out before
    return complete and last["total"] * n < LONGEST_ROUND and (last["bytes"] or 0) * n < MOST_BYTES


def _measured(shape: str, n: int, contenders: dict[str, Scalars], pace: Pace) -> dict[str, dict[str, Any]]:
    f, numbers, gradient = SHAPES[shape](n)
    operations = len(numbers) - 1 or n
    samplers = {name: _sampler(name, c, f, numbers, gradient, pace.seconds) for name, c in contenders.items()}
    results = {}
    for name, samples in in_turn(samplers, FEWEST if n >= LONG else pace.rounds).items():
        forward, backward = (median(times) / operations for times in zip(*samples, strict=True))
        results[name] = {
            "operations": operations, "forward": forward, "backward": backward, "total": forward + backward,
            "bytes": _held(contenders[name], f, numbers, operations), "samples": samples,
        }  # fmt: skip
    return results


def _sampler(
    name: str, c: Scalars, f: Any, numbers: list[float], gradient: list[float], seconds: float
) -> Callable[[], tuple[float, float]]:
    """Seconds of the forward and of the backward part, means over as many repetitions as fill a turn."""

    def once() -> tuple[float, float]:
        leaves = c.leaves(numbers)
        start = perf_counter()
        recorded = c.forward(f, leaves)
        middle = perf_counter()
        found = c.backward(recorded)
        end = perf_counter()
        if checking:
            _check(name, c.gradient(leaves, found), gradient)
        return middle - start, end - middle

    checking = True
    once()
    checking = False
    repeats = max(1, round(seconds / sum(once())))

    def sample() -> tuple[float, float]:
        gc.collect()  # graphs of a million nodes that refer to themselves would pile up
        forward, backward = (sum(times) / repeats for times in zip(*(once() for _ in range(repeats)), strict=True))
        return forward, backward

    return sample


def _held(c: Scalars, f: Any, numbers: list[float], operations: int) -> float | None:
    """Bytes an operation that the recording holds besides its leaves."""
    if not c.sees_all:
        return None
    leaves = c.leaves(numbers)
    return bytes_held(lambda: c.forward(f, leaves)) / operations


def _check(name: str, found: list[float], gradient: list[float]) -> None:
    for i, (a, b) in enumerate(zip(found, gradient, strict=True)):
        if not math.isclose(a, b, rel_tol=1e-9):
            raise Disagreement(f"{name}: the derivative by number {i} is {float(a)!r}, and should be {b!r}")
