"""Watching objects for changes that a compiled program could not follow: another attribute, layer, or mode of training."""

from collections.abc import Callable
from itertools import count
from operator import is_
from typing import Any

from autograd_lite.mode import current_mode

_ticks = count(1)
_PLAIN = (bool, int, float, str, type(None))


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
        tracer = current_mode().tracing
        if tracer is not None:
            tracer.depends_on(self, lambda: unchanged(self))


def unchanged(thing: Watched) -> Callable[[], bool]:
    """A function that says whether the object, and what it holds, is as it is now, but for the values of Tensors and arrays."""
    parts, containers = _inside(thing)
    contents = [(c, list(_items(c))) for c in containers]
    seen = _Clock.last

    def is_so() -> bool:
        nonlocal seen
        now = _Clock.last
        if now == seen and not contents:
            return True
        if all(_alike(list(_items(c)), before) for c, before in contents) and (
            now == seen or _alike(_inside(thing)[0], parts)
        ):
            seen = now
            return True
        return False

    return is_so


def _inside(thing: Any) -> tuple[list[Any], list[Any]]:
    """All that is found inside, in order; and the lists and dicts among it, which may change without an attribute being set."""
    found: list[Any] = []
    containers: list[Any] = []
    waiting, seen = [thing], set[int]()
    while waiting:
        part = waiting.pop()
        found.append(part)
        if isinstance(part, Watched):
            inside = [x for pair in vars(part).items() for x in pair]
        elif isinstance(part, list | tuple | dict):
            inside = list(_items(part))
        else:
            continue
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | dict):
            containers.append(part)
        waiting.extend(inside)
    return found, containers


def _items(container: Any) -> Any:
    return (x for pair in container.items() for x in pair) if isinstance(container, dict) else container


def _alike(now: list[Any], before: list[Any]) -> bool:
    return len(now) == len(before) and (
        all(map(is_, now, before))
        or all(
            a is b or (type(a) is type(b) and (isinstance(a, dict | list | tuple) or (type(a) in _PLAIN and a == b)))
            for a, b in zip(now, before, strict=True)
        )
    )
