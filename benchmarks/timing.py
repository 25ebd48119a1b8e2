"""Measuring in turn: A B C A B C …, so that whatever else the machine does falls on all alike."""

import gc
import math
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Pace:
    """How long to measure.

    rounds : how often everybody has a turn, at least 9;  seconds : the least a turn lasts, by repeated calls

    Raises ValueError for fewer rounds, whose median is chance, and for a turn that does not last.
    """

    rounds: int = 15
    seconds: float = 0.02

    def __post_init__(self) -> None:
        if self.rounds < 9:
            raise ValueError(f"rounds is {self.rounds}, needs at least 9 for a median to mean something")
        if not 0 < self.seconds < math.inf:
            raise ValueError(f"seconds is {self.seconds}, needs a positive number")


@dataclass(frozen=True)
class Measured:
    """Seconds a call in every round, and their ratios to what the reference took in the same round."""

    times: list[float]
    ratios: list[float]

    @property
    def seconds(self) -> float:
        return median(self.times)

    @property
    def ratio(self) -> float:
        """The median of the ratios, not the ratio of medians: what disturbs a round disturbs both of its parts."""
        return median(self.ratios)


def in_turn(samplers: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """What each sampler returns, called in turn, `rounds` times."""
    samples: dict[str, list[T]] = {name: [] for name in samplers}
    with steady_heap():
        for _ in range(rounds):
            for name, sample in samplers.items():
                samples[name].append(sample())
    return samples


def compared(times: Mapping[str, list[float]]) -> dict[str, Measured]:
    """Times of rounds with their ratios, pair by pair, to those of the first entry."""
    reference = next(iter(times.values()))
    return {name: Measured(t, [a / b for a, b in zip(t, reference, strict=True)]) for name, t in times.items()}


def interleaved(contenders: Mapping[str, Callable[[], object]], pace: Pace) -> dict[str, Measured]:
    """Time functions against each other; the first is the reference.

    A turn is a call that is not timed, to bring the contender's data back into the caches, and then as many as fill
    `pace.seconds`.
    """
    return compared(in_turn({name: _block(f, pace.seconds) for name, f in contenders.items()}, pace.rounds))


def _block(f: Callable[[], object], seconds: float) -> Callable[[], float]:
    """A function that times a block of calls of f and returns the seconds a call."""
    f()
    once = min(timed(f)[0] for _ in range(3))
    number = max(1, math.ceil(seconds / max(once, 1e-7)))

    def sample() -> float:
        f()
        start = perf_counter()
        for _ in range(number):
            f()
        return (perf_counter() - start) / number

    return sample


def timed(f: Callable[[], T]) -> tuple[float, T]:
    """Seconds of one call, and its result."""
    start = perf_counter()
    result = f()
    return perf_counter() - start, result


@contextmanager
def steady_heap() -> Iterator[None]:
    """Within, what exists already is no work for the garbage collector, which stays on as it is for users."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def bytes_held(f: Callable[[], Any]) -> int:
    """Bytes that Python and NumPy hold for the result of f, by tracemalloc. What C++ allocates is not seen."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = f()
        held = tracemalloc.get_traced_memory()[0] - before
        del result
    finally:
        tracemalloc.stop()
    return held
