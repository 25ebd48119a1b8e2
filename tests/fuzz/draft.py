"""A program while it is drawn: what there is so far, with the values that NumPy computes, and ways to choose from it."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

import numpy as np

from .program import Input, Statement

LARGEST = 60
"""Elements in one variable: more find nothing that few do not."""
Maker = Callable[["Draft"], Statement | None]


class Draft:
    """What a maker of statements chooses from.

    without : families that it must not draw from, also not inside its statements
    """

    def __init__(self, rng: Random, without: frozenset[str] = frozenset()):
        self.rng = rng
        self.without = without
        self.inputs: list[Input] = []
        self.statements: list[Statement] = []
        self.values: dict[str, Any] = {}
        self.used: set[str] = set()
        self.written: set[str] = set()

    # ---------------------------------------------------------------------------------------------------------- choosing

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.rng.random() * len(choices))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def number(self) -> str:
        """A short number, as text."""
        return f"{self.rng.uniform(-2, 2):.2f}"

    def array_names(self, holds: Callable[[Any], bool] = lambda a: True) -> list[str]:
        return [n for n, v in self.values.items() if isinstance(v, np.ndarray | np.generic) and holds(v)]

    def array(self, holds: Callable[[Any], bool] = lambda a: True) -> str | None:
        """A variable that holds floating numbers, newer ones more often."""
        names = self.array_names(lambda a: a.dtype.kind == "f" and holds(a))
        if not names:
            return None
        unused = [n for n in names if n not in self.used]
        return self.one_of(unused if unused and self.chance(0.6) else names[-4:] if self.chance(0.5) else names)

    def of(self, name: str) -> Any:
        return self.values[name]

    def shape(self, name: str) -> tuple[int, ...]:
        return np.shape(self.values[name])

    def fitting(self, name: str) -> str | None:
        """A variable whose shape can be broadcast with that of `name`."""
        shape = self.shape(name)
        return self.array(lambda a: _broadcast(a.shape, shape))

    def alike(self, name: str) -> str | None:
        """A variable of the same shape and dtype; maybe the same."""
        there = self.values[name]
        return self.array(lambda a: a.shape == there.shape and a.dtype == there.dtype)

    def axis(self, name: str) -> int:
        n = len(self.shape(name))
        return self.whole(-n, n - 1)

    def operand(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Something to stand beside a variable: another, a number of some kind, an array of constants."""
        kind = self.rng.random()
        other = self.fitting(name)
        if kind < 0.6 and other is not None:
            return "{1}", (other,)
        numbers = [i.name for i in self.inputs if not i.is_array]
        if kind < 0.7 and numbers:
            return "{1}", (self.one_of(numbers),)
        if kind < 0.8:
            return self.number(), ()
        if kind < 0.85:
            return str(self.one_of([1, 2, 3, True])), ()
        if kind < 0.9:
            return f"np.{self.one_of(['float32', 'float64', 'float16'])}({self.number()})", ()
        return self.constant(self.shape(name)), ()

    def constant(self, shape: tuple[int, ...]) -> str:
        """An array of constants that can be broadcast with this shape, as text: of floats, whole numbers or bools."""
        shape = tuple(1 if self.chance(0.2) else n for n in shape[self.whole(0, len(shape)) :] if shape)
        size = int(np.prod(shape))
        kind = self.rng.random()
        if kind < 0.5:
            values: list[Any] = [round(self.rng.uniform(-2, 2), 2) for _ in range(size)]
            dtype = "" if kind < 0.35 else ", dtype=np.float32"
        elif kind < 0.8:
            values, dtype = (
                [self.whole(-2, 3) for _ in range(size)],
                self.one_of(["", ", dtype=np.int8", ", dtype=np.int32"]),
            )
        else:
            values, dtype = [self.chance(0.5) for _ in range(size)], ", dtype=bool"
        return f"np.array({np.array(values).reshape(shape).tolist()}{dtype if size else ', dtype=float'})"

    def mask(self, shape: tuple[int, ...]) -> str:
        """A constant mask of exactly this shape, as text."""
        chosen = np.array([self.chance(0.6) for _ in range(int(np.prod(shape)))], bool).reshape(shape)
        return f"np.array({chosen.tolist()}, dtype=bool)"

    def writable(self, holds: Callable[[Any], bool] = lambda a: True) -> str | None:
        """A variable that a statement has made. Families say whether others may have read it, or may be views of it."""
        mine = {s.target for s in self.statements if s.target is not None}
        names = self.array_names(
            lambda a: isinstance(a, np.ndarray) and a.dtype.kind == "f" and _has_own_elements(a) and holds(a)
        )
        given = {i.name for i in self.inputs}
        views = given if "kept-view" not in self.without else set(self.values)
        names = [n for n in names if n in mine and not self.is_shared(n, views)]
        if "late-write" in self.without:
            names = [n for n in names if not self.was_read(n)]
        shared = [n for n in names if self.is_shared(n, self.values)]
        return self.one_of(shared if shared and self.chance(0.5) else names) if names else None

    def was_read(self, name: str) -> bool:
        """Has another variable been computed from this one, or from another name of it?"""
        array = self.values[name]
        names = {n for n, v in self.values.items() if v is array}
        return any(
            not names.isdisjoint(s.refs if s.target is not None else s.refs[1:])
            and (s.target if s.target is not None else s.refs[0]) not in names
            for s in self.statements
        )

    def is_shared(self, name: str, others: Iterable[str]) -> bool:
        """Does one of the others lie in the memory of this one? Another name of the same array is no view of it."""
        array = self.values[name]
        there = [v for n, v in self.values.items() if n in others and isinstance(v, np.ndarray) and v is not array]
        return any(np.may_share_memory(other, array) for other in there)


def _has_own_elements(a: Any) -> bool:
    """May it be written, and is each element in memory once?"""
    return bool(a.flags.writeable) and all(s or n == 1 for n, s in zip(a.shape, a.strides, strict=True))


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        shape = np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return int(np.prod(shape)) <= LARGEST


def say(family: str, text: str, *refs: str | None, plain: str | None = None, analytic: bool = True) -> Statement | None:
    """A statement that makes a variable; None if there was nothing to make it of."""
    if any(r is None for r in refs):
        return None
    return Statement(family, "", text, tuple(r for r in refs if r is not None), plain, analytic)


def write(family: str, text: str, *refs: str | None) -> Statement | None:
    """A statement that writes into its first variable."""
    if any(r is None for r in refs):
        return None
    return Statement(family, None, text, tuple(r for r in refs if r is not None))
