"""What code can reach: the objects behind its names, and what these hold.

Code reads an attribute by its name. So of the attributes of an object only those matter whose names occur in some code that runs;
what stands in a container is reached without a name, and all of it matters.
"""

import array
import functools
import logging
import operator
import random
import sys
import threading
import types
import weakref
from collections import defaultdict, deque
from collections.abc import Iterator
from contextvars import ContextVar
from gc import get_referents
from types import CellType
from typing import Any

import numpy as np

from ..node import Handle
from ..recording import current
from .origin import is_library, is_standard_class
from .parts import LRU, MISSING, Globals, Names, Opaque, Part, Shape

MOST_ITEMS = 20_000
"""The largest container that is compared item by item."""
_METADATA = frozenset((
    "__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__qualname__", "__orig_bases__", "__parameters__",
    "__static_attributes__", "__firstlineno__", "__slots__", "__dataclass_fields__", "__dataclass_params__", "__annotate__",
    "__annotate_func__", "__abstractmethods__", "__subclasshook__", "__annotations_cache__",
    "__classdictcell__", "_abc_impl",
))  # fmt: skip


def parts_of(thing: Any, names: Names) -> list[Part]:
    """What an object holds, but for attributes that no code has a name for. Raises Opaque if nobody can tell."""
    kind = type(thing)
    known = SHAPES.get(kind)
    if known is not None:
        return list(known(thing, names))
    found: list[Part] = []
    for base, shape in SHAPES.items():
        if isinstance(thing, base):
            found += shape(thing, names)
            break
    else:
        if not isinstance(thing, BaseException) and not is_python(kind):
            raise Opaque(thing)
    return found + list(_attributes(thing, names))


def is_python(kind: type) -> bool:
    """Was the class, and those it is made from, written in Python?"""
    for base in kind.__mro__:
        if base is object:
            continue
        if not base.__flags__ & _HEAP_TYPE:
            return False
        module = sys.modules.get(base.__module__)
        file = getattr(module, "__file__", "") or ""
        if base.__module__ in sys.builtin_module_names or (file and not file.endswith((".py", ".pyc", ".ipynb"))):
            return False
    return True


_HEAP_TYPE = 1 << 9


# ------------------------------------------------------------------------------------------------------ kinds of objects


def sequence_type(thing: Any) -> type | None:
    """Which of Python's types of elements in a row an object is of."""
    return next((base for base in (list, tuple, deque, set, frozenset) if isinstance(thing, base)), None)


def _sequence(thing: Any, names: Names) -> Iterator[Part]:
    _require_few(thing)
    return (Part("[", i, part) for i, part in enumerate(sequence_type(thing).__iter__(thing)))  # type: ignore[union-attr]


def _require_few(thing: Any) -> None:
    if len(thing) > MOST_ITEMS:
        raise Opaque(thing, f"holds {len(thing):,} items, too many to compare at every run: an array would do")


def _mapping(thing: Any, names: Names) -> Iterator[Part]:
    _require_few(thing)
    items: Any = dict.items(thing) if isinstance(thing, dict) else thing.items()
    for key, value in items:
        if type(key) is not str:
            yield Part("the key", key, key)
        yield Part("[", key, value)
    if isinstance(thing, defaultdict):
        yield Part(".", "default_factory", thing.default_factory)


def _array(thing: Any, names: Names) -> Iterator[Part]:
    if thing.dtype.hasobject:
        yield from (Part("[", i, part) for i, part in enumerate(np.asarray(thing).reshape(-1).tolist()))


def _memory(thing: Any, names: Names) -> Iterator[Part]:
    if isinstance(thing, memoryview):
        yield Part(".", "obj", thing.obj)


def _function(thing: Any, names: Names) -> Iterator[Part]:
    yield Part(".", "__code__", thing.__code__)
    yield Part(".", "__defaults__", thing.__defaults__)
    yield Part(".", "__kwdefaults__", thing.__kwdefaults__)
    for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
        yield Part("the variable", name, cell)
    yield from (Part(".", k, thing.__dict__[k]) for k in attribute_names(thing, names))


def _cell(thing: Any, names: Names) -> Iterator[Part]:
    try:
        yield Part("the variable", "", thing.cell_contents)
    except ValueError:  # it is empty
        return


def _module(thing: Any, names: Names) -> Iterator[Part]:
    namespace = vars(thing)
    return (Part(".", k, namespace[k]) for k in sorted(names.own & namespace.keys()))


def _globals(thing: Globals, names: Names) -> Iterator[Part]:
    namespace = thing.namespace
    return (Part("the global name", k, namespace[k]) for k in sorted(thing.names) if k in namespace)


def _class(thing: type, names: Names) -> Iterator[Part]:
    yield Part(".", "__bases__", thing.__bases__)
    if type(thing) is not type:
        yield Part(".", "__class__", type(thing))
    for name in class_names(thing, names):
        yield Part(".", name, vars(thing)[name])


def class_names(kind: type, names: Names) -> list[str]:
    """The names of the attributes of a class that matter: those of a user's class also if Python itself looks for them.

    Of a class of the standard library, as of a module, it is those in the user's code.
    """
    if is_standard_class(kind):
        return [name for name in vars(kind) if name in names.own and name not in _METADATA]
    if is_trusted(kind):
        return [name for name in vars(kind) if name in names.all and name not in (*_METADATA, "__init__")]
    return [
        name
        for name in vars(kind)
        if name not in _METADATA and (names.knows(name) or (name.startswith("__") and name.endswith("__")))
    ]


def is_read_by_own_names(thing: Any) -> bool:
    """Is it a module, or a class of the standard library? Of their attributes those matter that are in the user's code."""
    return isinstance(thing, types.ModuleType) or (isinstance(thing, type) and is_standard_class(thing))


def is_trusted(kind: type) -> bool:
    """Is it a class of the library?"""
    module = sys.modules.get(kind.__module__)
    return module is not None and is_library(module)


def _tensor(thing: Handle, names: Names) -> Iterator[Part]:
    node = current(thing)
    yield Part(".", "requires_grad", node.requires_grad)
    yield Part(".", "shape", node.array.shape)
    yield Part(".", "dtype", node.array.dtype)
    yield Part(".", "name", node.name)
    if node.slot is not None:
        yield from (Part("the hook", i, hook) for i, hook in node.slot.hooks.items())


def _named(*attributes: str) -> Shape:
    return lambda thing, names: [Part(".", a, getattr(thing, a)) for a in attributes]


def _bound(thing: Any, names: Names) -> Iterator[Part]:
    yield Part(".", "__self__", thing.__self__)


def _weak(thing: Any, names: Names) -> Iterator[Part]:
    referent = thing() if isinstance(thing, weakref.ref) else thing.__init__.__self__
    yield Part("what is referred to by", "", referent)


def _cached(thing: Any, names: Names) -> Iterator[Part]:
    yield Part(".", "__wrapped__", thing.__wrapped__)
    yield Part("the cache of", thing.__name__, thing.cache_info().currsize)
    for cache in get_referents(thing):
        if type(cache) is dict:
            for i, entry in enumerate(cache.values()):
                held = get_referents(entry) if type(entry).__name__ == "_lru_list_elem" else [entry]
                yield from (Part("[", i, part) for part in held if not isinstance(part, type))


def _context(thing: Any, names: Names) -> Iterator[Part]:
    yield Part("the value of", thing.name, thing.get(MISSING))


def _logger(thing: Any, names: Names) -> Iterator[Part]:
    """Whom a logger tells matters only when it tells something, which is refused."""
    return (
        part for part in _attributes(thing, names) if part.key not in ("handlers", "filters") or part.key in names.own
    )


def _nothing(thing: Any, names: Names) -> tuple[Part, ...]:
    return ()


def slots_of(kind: type) -> dict[str, Any]:
    """The descriptors of the attributes that instances keep outside of their dict."""
    return {
        name: slot
        for base in reversed(kind.__mro__)
        if base.__flags__ & _HEAP_TYPE and base is not Handle
        for name, slot in vars(base).items()
        if type(slot) is types.MemberDescriptorType
    }


def dict_of(thing: Any) -> dict[str, Any]:
    """The attributes of an object that are its own; none if it has no dict for them."""
    try:
        found = thing.__dict__ if isinstance(thing, threading.local) else object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _attributes(thing: Any, names: Names) -> Iterator[Part]:
    yield Part(".", "__class__", type(thing))
    if isinstance(thing, BaseException):
        yield Part(".", "args", thing.args)
    for name in attribute_names(thing, names):
        yield Part(".", name, dict_of(thing)[name])
    for name, slot in slots_of(type(thing)).items():
        if names.knows(name) and (value := slot_value(slot, thing)) is not MISSING:
            yield Part(".", name, value)


def attribute_names(thing: Any, names: Names) -> list[str]:
    """The names of the attributes that are an object's own and matter."""
    return [name for name in dict_of(thing) if names.knows(name) and name not in (*_METADATA, "__name__")]


def slot_value(slot: Any, thing: Any) -> Any:
    try:
        return slot.__get__(thing)
    except AttributeError:
        return MISSING


SHAPES: dict[type, Shape] = {
    list: _sequence, tuple: _sequence, deque: _sequence, set: _sequence, frozenset: _sequence, dict: _mapping,
    types.MappingProxyType: _mapping, np.ndarray: _array, memoryview: _memory, bytearray: _memory, array.array: _memory,
    types.FunctionType: _function, CellType: _cell, types.ModuleType: _module, Globals: _globals, Handle: _tensor,
    types.MethodType: _named("__func__", "__self__"), types.BuiltinFunctionType: _bound, type: _class,
    functools.partial: _named("func", "args", "keywords"), staticmethod: _named("__func__"), classmethod: _named("__func__"),
    property: _named("fget", "fset", "fdel"), weakref.ref: _weak, weakref.ProxyType: _weak, weakref.CallableProxyType: _weak,
    LRU: _cached, ContextVar: _context, np.random.Generator: _named("bit_generator"),
    np.random.RandomState: _nothing, np.random.BitGenerator: _nothing, random.Random: _nothing,
    types.SimpleNamespace: _attributes, threading.local: _attributes, operator.attrgetter: _nothing,
    operator.methodcaller: _nothing, int: _nothing, float: _nothing, complex: _nothing, str: _nothing, bytes: _nothing,
    logging.Logger: _logger, logging.RootLogger: _logger,
}  # fmt: skip


def shape(kind: type, parts: Shape) -> None:
    """State what objects of a class hold, where that is not what their attributes say."""
    SHAPES[kind] = parts
