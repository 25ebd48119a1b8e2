"""Random numbers that a function draws: the generators it can reach, and the states that they had before."""

import random
from collections import deque
from collections.abc import Iterator
from gc import get_referents
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .node import Handle, Node

GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
_GLOBAL: list[Any] = [getattr(f, "__self__") for f in (np.random.get_state, random.getstate)]  # noqa: B009  (untyped)
"""The generators behind the functions of `np.random` and `random`."""
_OPAQUE = (
    str,
    bytes,
    int,
    float,
    complex,
    np.ndarray,
    np.generic,
    CodeType,
    ModuleType,
    BuiltinFunctionType,
    Node,
    Handle,
)
"""Kinds of things that hold no generator, or are not searched."""
_OURS = ("numpy", "autograd_lite", "nn", "builtins")
"""Packages whose functions and classes keep no generator of their own; instances may."""
_MOST = 10_000
"""How many objects are searched at most."""
_LONG = 1000
"""A container of more things than these holds data."""


class Draws:
    """The states of the generators that a call can reach, from before the call on.

    Found are the global generators, and those in arguments, closures, attributes, classes and globals that the function names.
    """

    def __init__(self, *things: Any):
        self._before = [(g, _state(g)) for g in (*_GLOBAL, *_reachable(things))]

    def drawn(self) -> "list[tuple[Any, Any]]":
        """The generators that have been drawn from since, with the states they had before."""
        return [(g, before) for g, before in self._before if not _same(_state(g), before)]


def put_back(states: "list[tuple[Any, Any]]") -> "list[tuple[Any, Any]]":
    """Give generators these states, and return the states that they had."""
    had = [(g, _state(g)) for g, _ in states]
    for g, state in states:
        if isinstance(g, np.random.Generator):
            g.bit_generator.state = state
        elif isinstance(g, np.random.RandomState):
            g.set_state(state)
        else:
            g.setstate(state)
    return had


def _state(g: Any) -> Any:
    if isinstance(g, np.random.Generator):
        return g.bit_generator.state
    return g.get_state(legacy=False) if isinstance(g, np.random.RandomState) else g.getstate()


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    return a.tobytes() == b.tobytes() if isinstance(a, np.ndarray) else bool(a == b)


def _reachable(things: tuple[Any, ...]) -> Iterator[Any]:
    waiting, seen = deque(things), set(map(id, _GLOBAL))
    while waiting and len(seen) < _MOST:
        a = waiting.popleft()  # the nearest first
        if id(a) in seen or isinstance(a, _OPAQUE):
            continue
        seen.add(id(a))
        if isinstance(a, GENERATORS):
            if not isinstance(a, random.SystemRandom):  # which has no state
                yield a
        elif isinstance(a, FunctionType):
            waiting += _of_function(a)
        elif isinstance(a, MethodType):
            waiting += (a.__self__, a.__func__)
        elif isinstance(a, type):
            if not _is_ours(a):
                waiting += (*vars(a).values(), *a.__bases__)
        elif not isinstance(a, list | tuple | dict | set) or len(a) <= _LONG:
            waiting += get_referents(a)


def _of_function(f: FunctionType) -> list[Any]:
    """What a function closes over, has as defaults and attributes, and the globals that it names."""
    found: list[Any] = [*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values(), *vars(f).values()]
    for cell in f.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # a variable that has no value yet
            continue
    if _is_ours(f):
        return found
    names = set(_names(f.__code__))
    for name in names & f.__globals__.keys():
        value = f.__globals__[name]
        if not isinstance(value, ModuleType):
            found.append(value)
        elif not _is_ours(value):
            found += [vars(value)[n] for n in names & vars(value).keys()]
    return found


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


def _is_ours(a: Any) -> bool:
    name = a.__name__ if isinstance(a, ModuleType) else getattr(a, "__module__", None) or ""
    return str(name).split(".")[0] in _OURS
