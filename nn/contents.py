"""What containers hold, in order, and what other objects hide: so that no layer inside a network is overlooked."""

import dataclasses
import gc
from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType, SimpleNamespace
from typing import Any
from weakref import ReferenceType

import numpy as np

from autograd_lite import Tensor

Parts = Iterable[tuple[Any, Any]]
_ENDS = (
    Tensor, str, bytes, int, float, complex, type, ModuleType, FunctionType, BuiltinFunctionType, CodeType, FrameType,
    ReferenceType, np.generic, np.dtype, np.random.Generator, np.random.RandomState,
)  # fmt: skip
"""What is not searched. A function or a weak reference may speak of a module without holding it as a part of its own."""
_HEAP_TYPE = 1 << 9
MOST = 20_000
"""Objects that are searched for hidden ones: what holds more is data."""


def parts_of(value: Any) -> Parts | None:
    """What a container holds, by key, index or name, in its own order. None for what is no container with an order."""
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, list | tuple | deque):
        return enumerate(value)
    if isinstance(value, SimpleNamespace):
        return vars(value).items()
    if isinstance(value, partial):
        return (("func", value.func), ("args", value.args), ("keywords", value.keywords))
    if isinstance(value, np.ndarray):
        return [(".".join(map(str, at)), part) for at, part in np.ndenumerate(value)] if value.dtype == object else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value) if hasattr(value, f.name)]
    return None


def may_hide(value: Any) -> bool:
    """Might an object that is no container hold others?"""
    return gc.is_tracked(value) and not isinstance(value, _ENDS)


def of_class(kind: type, kinds: tuple[type, ...], bases: tuple[type, ...] = ()) -> list[tuple[str, Any]]:
    """Attributes of a class that are of these kinds, or may hold such: they are the same in all objects of the class.

    bases : whose own attributes do not count
    """
    if not kind.__flags__ & _HEAP_TYPE:  # no Python code made it, and none can give it an attribute
        return []
    return [
        (name, value)
        for one in kind.__mro__
        if one not in bases
        for name, value in vars(one).items()
        if isinstance(value, (*kinds, list, tuple, dict, set, frozenset)) and not name.startswith("__")
    ]


def hidden_in(value: Any, kinds: tuple[type, ...], known: set[int]) -> Any:
    """The first object of these kinds that is found by following references from `value`, and is not known; or None.

    known : the ids of those that are; they, functions, classes and Tensors are not followed, but attributes of the classes of
        what is found are
    """
    waiting, seen, classes = deque([value]), {id(value)}, set[type]()
    while waiting and len(seen) < MOST:
        part = waiting.popleft()
        if id(part) in known:
            continue
        if isinstance(part, kinds):
            return part
        if isinstance(part, np.ndarray):
            inside = part.ravel().tolist() if part.dtype == object else []
        else:
            inside = gc.get_referents(part) if may_hide(part) else []
        if type(part) not in classes:
            classes.add(type(part))
            inside += [held for _, held in of_class(type(part), kinds)]
        for one in inside:
            if id(one) not in seen:
                seen.add(id(one))
                waiting.append(one)
    return None
