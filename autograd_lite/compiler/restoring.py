"""Putting back what a function has changed while it was recorded."""

from collections import OrderedDict, deque
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..node import Handle
from ..recording import current
from .before import Before, Kept, place_of
from .generators import set_back
from .parts import Globals, Part, same_value
from .reach import dict_of, slots_of


def put_back(before: Before) -> None:
    """Have everything be as it was."""
    for kept in {id(kept): kept for kept, _ in before.changes()}.values():
        _restore(kept, before.parts(kept.thing))
    for kept in before.kept.values():
        if kept.state is not None:
            set_back(kept.thing, kept.state)


def _restore(kept: Kept, parts: list[Part]) -> None:
    thing = kept.thing
    if kept.content is not None and not kept.content.is_there():
        _write(thing, kept.content.bits)
    _refill(thing, [p for p in kept.parts.values() if p.how == "["])
    if isinstance(thing, Handle) and (slot := current(thing).slot) is not None:
        slot.hooks = {p.key: p.value for p in kept.parts.values() if p.how == "the hook"}
    now = {place_of(p): p.value for p in parts}
    for place, p in kept.parts.items():
        if p.how in _NAMED and not (place in now and same_value(now[place], p.value)):
            _assign(thing, p.key, p.value)
    for p in parts:
        if p.how in _NAMED and place_of(p) not in kept.parts:
            _remove(thing, p.key)


_NAMED = (".", "the global name", "the variable")


def _write(thing: Any, bits: Any) -> None:
    if isinstance(thing, np.ndarray):
        if thing.flags.writeable:
            np.asarray(thing)[...] = bits.view(thing.dtype).reshape(thing.shape)
    elif isinstance(thing, memoryview):
        thing.cast("B")[:] = bits.tobytes()
    elif isinstance(thing, bytearray):
        thing[:] = bits.tobytes()
    else:
        del thing[:]
        thing.frombytes(bits.tobytes())


def _refill(thing: Any, items: list[Part]) -> None:
    """Have a container hold what it held, whatever its class makes of being written."""
    values = [p.value for p in items]
    if isinstance(thing, list):
        list.__setitem__(thing, slice(None), values)
    elif isinstance(thing, deque):
        deque.clear(thing)
        deque.extend(thing, values)
    elif isinstance(thing, set):
        set.clear(thing)
        set.update(thing, values)
    elif isinstance(thing, dict):
        kind: Any = OrderedDict if isinstance(thing, OrderedDict) else dict
        kind.clear(thing)
        for p in items:
            kind.__setitem__(thing, p.key, p.value)
    elif isinstance(thing, np.ndarray) and thing.dtype.hasobject and thing.flags.writeable:
        for i, value in enumerate(values):
            thing.flat[i] = value


def _assign(thing: Any, name: str, value: Any) -> None:
    if isinstance(thing, type):
        type.__setattr__(thing, name, value)
    elif isinstance(thing, Handle):
        if name in ("name", "requires_grad"):
            setattr(thing, name, value)
    elif isinstance(thing, CellType):
        thing.cell_contents = value
    elif isinstance(thing, FunctionType) and name in ("__code__", "__defaults__", "__kwdefaults__"):
        setattr(thing, name, value)
    elif name in slots_of(type(thing)):
        slots_of(type(thing))[name].__set__(thing, value)
    elif name == "__class__":
        object.__setattr__(thing, name, value)
    elif isinstance(thing, dict):
        thing.default_factory = value  # type: ignore[attr-defined]
    else:
        _namespace(thing)[name] = value


def _remove(thing: Any, name: str) -> None:
    if isinstance(thing, type):
        type.__delattr__(thing, name)
    elif isinstance(thing, CellType):
        del thing.cell_contents
    elif name in slots_of(type(thing)):
        slots_of(type(thing))[name].__delete__(thing)
    elif not isinstance(thing, Handle):
        del _namespace(thing)[name]


def _namespace(thing: Any) -> dict[str, Any]:
    if isinstance(thing, Globals):
        return thing.namespace
    return vars(thing) if isinstance(thing, ModuleType) else dict_of(thing)
