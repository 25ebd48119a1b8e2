"""Watching objects for changes that a compiled program could not follow: another attribute, layer, or mode of training."""

from dataclasses import is_dataclass
from itertools import count
from operator import is_
from types import FunctionType, ModuleType
from typing import Any

from autograd_lite.mode import current_mode

_ticks = count(1)
_PLAIN = (bool, int, float, str, type(None))
_CONTAINERS = (list, tuple, dict, set, frozenset)


class _Clock:
    last = 0
    """When an attribute of a watched object was last set."""


def last_change() -> int:
    """When an attribute of any watched object was last set. While that stays the same, none has changed."""
    return _Clock.last


class Watched:
    """An object whose attributes a program may depend on. What of them changes is noticed when the program is to run again.

    A method that computes with attributes calls `depended_on` first.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        _Clock.last = next(_ticks)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        _Clock.last = next(_ticks)

    def depended_on(self) -> None:
        """Tell a compiler that listens that what follows depends on this object."""
        depend_on(self)


def depend_on(thing: Any) -> None:
    """Tell a compiler that listens that what follows depends on the attributes of any object, such as a user's cost."""
    tracer = current_mode().tracing
    if tracer is not None and _has_attributes(thing):
        tracer.depends_on(thing, lambda: Unchanged(thing))


class Unchanged:
    """Says, when called, whether an object, and what it holds, is as it was, but for the values of Tensors and arrays.

    but_for : attributes of the object that may change

    What it holds is followed through other watched objects, containers and dataclasses; of any other object it is seen when one
    of its own attributes is set.
    """

    def __init__(self, thing: Any, but_for: tuple[str, ...] = ()):
        self._thing, self._but_for = thing, but_for
        self._parts, containers = _inside(thing, but_for)
        self._contents = [(c, list(_items(c))) for c in containers]
        self._seen = _Clock.last

    @property
    def by_clock(self) -> bool:
        """Is it so as long as the `last_change` is the same?"""
        return not self._contents

    def __call__(self) -> bool:
        now = _Clock.last
        if now == self._seen and not self._contents:
            return True
        if all(_alike(list(_items(c)), before) for c, before in self._contents) and (
            now == self._seen or _alike(_inside(self._thing, self._but_for)[0], self._parts)
        ):
            self._seen = now
            return True
        return False


def _inside(thing: Any, but_for: tuple[str, ...] = ()) -> tuple[list[Any], list[Any]]:
    """All that is found inside, in order; and what of it may change without an attribute of a watched object being set."""
    found: list[Any] = []
    containers: list[Any] = []
    waiting, seen = [thing], set[int]()
    while waiting:
        part = waiting.pop()
        found.append(part)
        if not isinstance(part, (Watched, *_CONTAINERS)) and not _has_attributes(part):
            continue
        if id(part) in seen:
            continue
        seen.add(id(part))
        if not isinstance(part, Watched | tuple | frozenset):
            containers.append(part)
        if isinstance(part, (Watched, *_CONTAINERS)) or is_dataclass(part):
            waiting.extend(_items(part, but_for if part is thing else ()))
    return found, containers


def _has_attributes(part: Any) -> bool:
    return hasattr(part, "__dict__") and not isinstance(part, type | FunctionType | ModuleType)


def _items(part: Any, but_for: tuple[str, ...] = ()) -> list[Any]:
    """What is directly inside, with its names."""
    if isinstance(part, list | tuple | set | frozenset):
        return list(part)
    named = part if isinstance(part, dict) else vars(part)
    return [x for pair in named.items() if pair[0] not in but_for for x in pair]


def _alike(now: list[Any], before: list[Any]) -> bool:
    return len(now) == len(before) and (all(map(is_, now, before)) or all(map(_same, now, before)))


def _same(a: Any, b: Any) -> bool:
    """Containers are the same here if they are of one kind: what is in them is compared by itself."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    return isinstance(a, _CONTAINERS) or (type(a) in _PLAIN and repr(a) == repr(b))  # by text, 0.0 and -0.0 differ
