"""A quick question, whether every place holds the very object that it held, as one expression of Python.

A compiled step asks it every time. Python compares an item of a dict with an object in a hundredth of a microsecond if that is
written out, `d7["W"] is v12`, and needs five times as long in any loop. So it is written out.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from gc import get_referents
from operator import is_
from threading import local
from types import CellType, FunctionType, MappingProxyType, ModuleType, SimpleNamespace
from typing import Any
from weakref import ref

import numpy as np

from ..node import Handle, events
from .content import Content
from .parts import LRU, MISSING, Globals, Names
from .reach import SHAPES, attribute_names, class_names, dict_of, is_trusted, sequence_type, slot_value, slots_of
from .signature import hooks_of

_LONG = 64
"""Containers of more items are compared in a loop."""
_MOST = 60
"""Comparisons in one function."""
_WITH_ATTRIBUTES = (SimpleNamespace, local, OrderedDict, defaultdict)


class Conditions:
    """The expression for objects that hold others. but : by id, attributes of objects that do not matter"""

    def __init__(self, names: Names, but: Any):
        self._names, self._but = names, but
        self._known: dict[str, Any] = {"same": _same, "slot": slot_value, "missing": MISSING, "events": events}
        self._ids: dict[int, str] = {}
        self._parts: list[str] = []
        self._tensors: list[Any] = []

    def function(self, holders: Iterable[Any], contents: Iterable[Content]) -> Callable[[], bool] | None:
        """A function that asks; it may raise if an attribute is gone. None if there is nothing to ask."""
        for thing in holders:
            self._add(thing)
        if self._tensors:
            kinds = Kinds(self._tensors)
            self._known |= {"seen": kinds.seen, "kinds": kinds}
            self._parts.append("(events[0] == seen[0] or kinds.are_the_same())")
        self._parts += [f"{self._name(c)}.is_there()" for c in contents]
        if not self._parts:
            return None
        # Python runs code with few names and short jumps in half the time: so statements, and several functions if there are many
        for i, start in enumerate(range(0, len(self._parts), _MOST)):
            lines = [f"    if not ({part}):\n        return False\n" for part in self._parts[start : start + _MOST]]
            exec("".join([f"def holds{i}():\n", *lines, "    return True\n"]), self._known)
        if len(self._parts) <= _MOST:
            return self._known["holds0"]  # type: ignore[no-any-return]
        functions = [self._known[f"holds{i}"] for i in range(-(-len(self._parts) // _MOST))]
        return lambda: all([f() for f in functions])  # noqa: C419  (this is quicker)

    def _name(self, thing: Any) -> str:
        name = self._ids.setdefault(id(thing), f"v{len(self._ids)}")
        self._known[name] = thing
        return name

    def _is(self, place: str, thing: Any) -> None:
        self._parts.append(f"{place} is {self._name(thing)}")

    def _row(self, text: str, items: Iterable[Any]) -> None:
        self._parts.append(f"same({text}, {self._name([*items])})")

    def _items(self, namespace: Any, names: Iterable[str]) -> None:
        d = self._name(namespace)
        for name in names:
            if name in namespace:
                self._is(f"{d}[{name!r}]", namespace[name])
            else:
                self._parts.append(f"{name!r} not in {d}")

    def _add(self, thing: Any) -> None:
        kind = type(thing)
        if kind in (list, deque) and len(thing) <= _LONG:
            name = self._name(thing)
            self._parts.append(f"len({name}) == {len(thing)}")
            for i, item in enumerate(thing):
                self._is(f"{name}[{i}]", item)
        elif kind in (list, set, deque):
            self._row(self._name(thing), thing)
        elif kind is dict or kind is MappingProxyType:
            self._row(self._name(thing), thing)
            self._row(f"{self._name(thing)}.values()", thing.values())
        elif kind is Globals:
            self._items(thing.namespace, sorted(thing.names))
        elif isinstance(thing, ModuleType):
            self._items(vars(thing), sorted(self._names.own & vars(thing).keys()))
            self._parts.append(f"len({self._name(vars(thing))}) == {len(vars(thing))}")
        elif isinstance(thing, type):
            (namespace,) = get_referents(vars(thing))
            self._items(namespace, class_names(thing, self._names))
            self._parts.append(f"len({self._name(namespace)}) == {len(namespace)}")
        elif kind is FunctionType:
            for name in ("__code__", "__defaults__", "__kwdefaults__"):
                self._is(f"{self._name(thing)}.{name}", getattr(thing, name))
            self._attributes(thing, thing.__dict__)
        elif kind is CellType:
            try:
                self._is(f"{self._name(thing)}.cell_contents", thing.cell_contents)
            except ValueError:  # it is empty; should it be filled, there is code that looks into it
                return
        elif isinstance(thing, np.ndarray) and thing.dtype.hasobject:
            self._row(f"{self._name(thing)}.reshape(-1).tolist()", thing.reshape(-1).tolist())
        elif isinstance(thing, Handle):
            self._tensors.append(thing)
        elif isinstance(thing, ContextVar):
            self._is(f"{self._name(thing)}.get(missing)", thing.get(MISSING))
        elif isinstance(thing, ref):
            self._is(f"{self._name(thing)}()", thing())
        elif isinstance(thing, LRU):
            self._parts.append(
                f"{self._name(thing)}.cache_info()[1:] == {tuple(thing.cache_info())[1:]}"
            )  # without the hits
        elif kind not in SHAPES or kind in _WITH_ATTRIBUTES:  # the others can't be changed
            self._add_instance(thing)

    def _add_instance(self, thing: Any) -> None:
        name, base = self._name(thing), sequence_type(thing)
        if base not in (None, tuple, frozenset):
            iterate: Any = base
            self._row(f"[*{self._name(base)}.__iter__({name})]", iterate.__iter__(thing))
        elif isinstance(thing, dict):
            self._known["dict"] = dict
            self._row(f"dict.keys({name})", dict.keys(thing))
            self._row(f"dict.values({name})", dict.values(thing))
        own = dict_of(thing)
        if own or (hasattr(type(thing), "__dictoffset__") and type(thing).__dictoffset__):
            if not is_trusted(type(thing)):
                self._parts.append(f"{name}.__dict__ is {self._name(own)}")
            self._attributes(thing, own)
        self._is(f"type({name})", type(thing))
        for attribute, slot in slots_of(type(thing)).items():
            if self._names.knows(attribute):
                self._is(f"slot({self._name(slot)}, {name})", slot_value(slot, thing))

    def _attributes(self, thing: Any, own: dict[str, Any]) -> None:
        but = self._but.get(id(thing), ())
        matters = [k for k in attribute_names(thing, self._names) if k not in but]
        if type(thing) is not FunctionType and is_trusted(
            type(thing)
        ):  # without descriptors of these names, this is the quickest
            for k in matters:
                self._is(f"{self._name(thing)}.{k}", own[k])
        else:
            self._items(own, matters)
        if len(matters) + sum(k in own for k in but) < len(
            own
        ):  # one that matters might come when one goes that does not
            self._parts.append(f"[*{self._name(own)}] == {self._name([*own])}")
        else:
            self._parts.append(f"len({self._name(own)}) == {len(own)}")


class Kinds:
    """What of Tensors may change besides their values."""

    def __init__(self, tensors: list[Any]):
        self._tensors = tensors
        self._kinds = self._now()
        self.seen = [events[0]]
        """When they were last found to be the same."""

    def _now(self) -> list[Any]:
        return [(t.requires_grad, t.array.shape, t.array.dtype, t.name, hooks_of(t)) for t in self._tensors]

    def are_the_same(self) -> bool:
        """Are they as they were?"""
        now = events[0]
        if self._now() != self._kinds:
            return False
        self.seen[0] = now
        return True


def _same(now: Any, before: list[Any]) -> bool:
    return len(now) == len(before) and all(map(is_, now, before))
