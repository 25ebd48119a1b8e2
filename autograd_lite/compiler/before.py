"""What could be reached before a function ran: to see afterwards what it has changed."""

import operator
from collections import OrderedDict, deque
from collections.abc import Callable, Container, Iterable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from ..node import Handle
from .content import CONTENTS, Content, may_be_written
from .generators import GENERATORS, is_state, set_back, state_of
from .guard import But
from .parts import LRU, Globals, Names, Opaque, Part, is_atom, same_value
from .reach import dict_of, is_read_by_own_names, parts_of, slots_of
from .words import way_in_words

MOST = 50_000
"""How many objects are looked at."""
_ORDERED = (list, dict, deque, OrderedDict)
_READERS = (operator.attrgetter, operator.methodcaller)
"""Objects that read attributes by names which stand in no code."""


class Kept:
    """An object as it was: its parts, what stood in its memory, the state of a random generator."""

    __slots__ = ("came", "content", "names", "parts", "state", "thing")

    def __init__(self, thing: Any, came: "Way"):
        self.thing, self.came = thing, came
        self.parts: dict[Any, Part] = {}
        self.names: list[Any] = []
        """The names under which its attributes stand, as they are at any time."""
        self.content = Content(thing) if isinstance(thing, CONTENTS) and may_be_written(thing) else None
        self.state = state_of(thing) if isinstance(thing, GENERATORS) else None


Way = tuple[Kept | None, Part]
"""What holds a part, and the part."""


class Before:
    """All that can be reached from some roots by the names that are known so far, as it was when it was first come to.

    reads_any : called when something is found that reads attributes by any name
    """

    def __init__(self, names: Names, but: But, reads_any: Callable[[], None]):
        self._names, self._but, self._reads_any = names, but, reads_any
        self.kept: dict[int, Kept] = {}

    def reach(self, root: Part) -> None:
        """Note a root, and all that can be reached from it. Raises Opaque."""
        self._follow([(None, root)])

    def learn(self, given: Iterable[str], own: bool) -> None:
        """Note what objects hold under these names too. Raises Opaque, and knows as little as before then.

        own : are they names in the user's code?
        """
        names = self._names
        before = names.all, names.own
        fresh = {*given} - names.all
        fresh_in_modules = {*given} - names.own if own else set()
        names.all, names.own = names.all | fresh, names.own | fresh_in_modules
        try:
            for kept in [*self.kept.values()] if fresh or fresh_in_modules else ():
                new = fresh_in_modules if is_read_by_own_names(kept.thing) else fresh
                if new and any(not there.isdisjoint(new) for there in kept.names):
                    self._follow(self._more(kept, new.__contains__))
        except BaseException:
            names.all, names.own = before
            raise

    def learn_all(self) -> None:
        """Note everything: code may read an attribute of any name. Raises Opaque, and knows as little then."""
        self._names.dynamic = True
        try:
            for kept in [*self.kept.values()]:
                self._follow(self._more(kept, lambda name: name not in self._names.all))
        except BaseException:
            self._names.dynamic = False
            raise

    def _more(self, kept: Kept, is_fresh: Callable[[str], bool]) -> list[Way]:
        """The attributes under names that are known only now. Others that are new were made meanwhile."""
        fresh = {
            place_of(p): p for p in self.parts(kept.thing) if p.how == "." and type(p.key) is str and is_fresh(p.key)
        }
        fresh = {place: p for place, p in fresh.items() if place not in kept.parts}
        kept.parts |= fresh
        return [(kept, p) for p in fresh.values()]

    def knows_code(self, code: CodeType) -> bool:
        """Was a function with this code found?"""
        return any(type(kept.thing) is FunctionType and kept.thing.__code__ is code for kept in self.kept.values())

    def cached_by(self, code: CodeType) -> str | None:
        """The name of a function with this code whose results are kept by functools."""
        for kept in self.kept.values():
            if isinstance(kept.thing, LRU) and getattr(kept.thing.__wrapped__, "__code__", None) is code:
                return str(kept.thing.__name__)
        return None

    def parts(self, thing: Any) -> list[Part]:
        """What an object holds now, by names that are known."""
        left_out = self._but.get(id(thing), ())
        return [p for p in parts_of(thing, self._names) if p.key not in left_out]

    def _follow(self, waiting: list[Way]) -> None:
        while waiting:
            way = waiting.pop()
            thing = way[1].value
            if is_atom(thing) or id(thing) in self.kept:
                continue
            kept = self.kept[id(thing)] = Kept(thing, way)
            try:
                if len(self.kept) > MOST:
                    raise Opaque(thing, f"is one of more than {MOST:,} objects, too many to compare at every run")
                kept.parts = {place_of(p): p for p in self.parts(thing)}
            except Opaque as error:
                error.way = way
                del self.kept[id(thing)]
                raise
            kept.names = _namespaces(thing)
            waiting.extend((kept, p) for p in kept.parts.values())
            if type(thing) in _READERS:
                self._reads_any()

    # ---------------------------------------------------------------------------------------------------------- changes

    def has_drawn(self, generator: Any) -> None:
        """An operation of the graph has drawn from a generator, as a program does at each of its runs."""
        kept = self.kept.get(id(generator))
        if kept is not None and kept.state is not None:
            kept.state = kept.state.followed_by(generator)

    def is_unmoved(self, kept: Kept) -> bool:
        """Has a generator the state that it should have?"""
        return kept.state is None or is_state(kept.thing, kept.state)

    def set_back(self, generator: Any) -> None:
        """Have a generator be in the state in which it was first seen."""
        kept = self.kept[id(generator)]
        if kept.state is not None:
            set_back(generator, kept.state)

    def changes(self) -> Iterator[tuple[Kept, Part | None]]:
        """What is no more as it was, and in which part if it is one."""
        for kept in [*self.kept.values()]:
            if kept.state is not None:
                if not self.is_unmoved(kept):
                    yield kept, None
                continue
            if kept.content is not None and not kept.content.is_there():
                yield kept, None
            now = {place_of(p): p for p in self.parts(kept.thing)}
            for place, p in now.items():
                if place not in kept.parts:
                    yield kept, p
            for place, p in kept.parts.items():
                if place not in now or not _alike(p.value, now[place].value):
                    yield kept, p
            if isinstance(kept.thing, _ORDERED) and now.keys() == kept.parts.keys() and [*now] != [*kept.parts]:
                yield kept, None

    def words(self, way: Way, selves: Container[type]) -> str:
        """How code calls a part: `self.n`."""
        ways: list[tuple[Any, Part]] = []
        kept, part = way
        while kept is not None:
            ways.append((kept.thing, part))
            kept, part = kept.came
        return way_in_words([*ways, (None, part)], selves)


def place_of(p: Part) -> Any:
    return p.how, p.key if type(p.key) in (str, int) else id(p.key)


def _alike(a: Any, b: Any, depth: int = 20) -> bool:
    """Are they one object, equal plain values, or Python's containers of such?"""
    if same_value(a, b):
        return True
    kind = type(a)
    if kind is not type(b) or kind not in (tuple, list, dict) or not depth or len(a) != len(b):
        return False
    if kind is dict:
        a, b = [x for pair in a.items() for x in pair], [x for pair in b.items() for x in pair]
    return all(_alike(x, y, depth - 1) for x, y in zip(a, b, strict=True))


def _namespaces(thing: Any) -> list[Any]:
    if isinstance(thing, type | ModuleType):
        return [vars(thing).keys()]
    if type(thing) in (list, tuple, dict, set, frozenset, Globals, CellType) or isinstance(thing, Handle):
        return []
    return [dict_of(thing).keys(), slots_of(type(thing)).keys()]
