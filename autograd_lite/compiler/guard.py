"""A guard: is all that a function could reach as it was when it was recorded?

It is asked before every run of a program, so it asks twice. First: does every place hold the very object that it held
(conditions.py)? Only if one does not, everything is walked anew and compared by value, since a number may have been replaced by
an equal one.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Container, Iterable, Mapping
from typing import Any

from .conditions import Conditions
from .content import CONTENTS, Content, may_be_written
from .parts import MISSING, Globals, Names, Part, is_atom, same_value
from .reach import parts_of
from .words import way_in_words

_BUILT_IN = frozenset((list, tuple, dict, set, frozenset, deque, OrderedDict, defaultdict, Globals))
"""Containers that are the same if what they hold is. Of any other object it matters which one it is."""
But = Mapping[int, frozenset[str]]


class Walk:
    """One look at all that can be reached from some roots. found : in order, what it is"""

    def __init__(self, roots: Iterable[Part], names: Names, but: But):
        self.found: list[Any] = []
        self.holders: list[Any] = []
        """The objects that hold others."""
        self._ways: list[tuple[int, Part]] = []
        """For each entry of `found`, from which holder one comes to it, and how; and the same for each holder."""
        self._came: list[tuple[int, Part]] = []
        waiting = [(-1, root) for root in reversed(list(roots))]
        numbers: dict[int, int] = {}
        while waiting:
            origin, way = waiting.pop()
            thing = way.value
            number = numbers.get(id(thing))
            if number is not None or thing is MISSING or is_atom(thing):
                self._note(thing if number is None else number, origin, way)
                continue
            number = numbers[id(thing)] = len(numbers)
            self.holders.append(thing)
            self._came.append((origin, way))
            parts = [p for p in parts_of(thing, names) if p.key not in but.get(id(thing), ())]
            self._note(type(thing) if type(thing) in _BUILT_IN else thing, origin, way)
            for p in parts:
                if type(p.key) is str:
                    self._note(p.key, origin, way)
            self._note(len(parts), origin, way)
            if isinstance(thing, CONTENTS) and may_be_written(thing):
                self._note(Content(thing), origin, way)
            waiting.extend((number, p) for p in reversed(parts))

    def _note(self, thing: Any, origin: int, way: Part) -> None:
        self.found.append(thing)
        self._ways.append((origin, way))

    def difference(self, other: "Walk") -> int | None:
        """The first entry in which another walk is not like this one."""
        for i, (a, b) in enumerate(zip(self.found, other.found, strict=False)):
            if not (a.is_like(b) if type(a) is Content else same_value(a, b)):
                return i
        return None if len(self.found) == len(other.found) else min(len(self.found), len(other.found)) - 1

    def words(self, entry: int, selves: Container[type]) -> str:
        """How code calls an entry: `self.cfg.v`."""
        ways = []
        origin, part = self._ways[entry]
        while origin >= 0:
            ways.append((self.holders[origin], part))
            origin, part = self._came[origin]
        return way_in_words([*ways, (None, part)], selves)


class Guard:
    """Called, it says whether all that can be reached from the roots is as it is now.

    names : that the code knows
    but : by the id of an object, attributes of it that do not matter
    selves : see `way_in_words`
    """

    def __init__(self, roots: list[Part], names: Names, but: But, selves: Container[type]):
        self._roots, self._names, self._but, self._selves = roots, names, but, selves
        self._adopt(Walk(roots, names, but))

    def __call__(self) -> bool:
        holds = self._holds
        try:
            if holds is None or holds():
                return True
        except Exception:
            pass
        walk = Walk(self._roots, self._names, self._but)
        if self._walk.difference(walk) is not None:
            return False
        self._adopt(walk)
        return True

    @property
    def is_always(self) -> bool:
        """Is there nothing that may change?"""
        return self._holds is None

    def changed(self) -> str | None:
        """What is no more as it was, in words; None if all is."""
        walk = Walk(self._roots, self._names, self._but)
        entry = self._walk.difference(walk)
        return None if entry is None else walk.words(entry, self._selves)

    def _adopt(self, walk: Walk) -> None:
        self._walk = walk
        contents = [c for c in walk.found if type(c) is Content]
        self._holds = Conditions(self._names, self._but).function(walk.holders, contents)


def first_changed(conditions: Iterable[Any]) -> str | None:
    """What is no more as it was, in words, if one of the conditions can tell."""
    return next((words for c in conditions if isinstance(c, Guard) and (words := c.changed()) is not None), None)
