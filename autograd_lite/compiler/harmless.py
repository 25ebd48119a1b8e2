"""Functions written in C that code calls: which of them only compute, and which do what a program could not do again."""

import array
import datetime
import decimal
import re
import types
from collections import deque
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..node import Handle
from .generators import GENERATORS
from .origin import Origin
from .reach import is_python

_READS_ANY_NAME = frozenset((
    "getattr", "setattr", "delattr", "hasattr", "vars", "dir", "__getattribute__", "__setattr__", "__delattr__", "__getattr__",
    "__reduce_ex__", "__reduce__", "__getstate__", "__dir__",
))  # fmt: skip
_OF_TEXT = frozenset(("format", "format_map"))
_BUILTINS = frozenset(("print", "input", "open", "exec", "eval", "compile", "globals", "breakpoint", "__import__"))
_COMPUTES = frozenset((
    "builtins", "math", "cmath", "_operator", "operator", "_functools", "functools", "_collections", "_bisect", "_heapq",
    "_struct", "_abc", "_weakref", "_sre", "binascii", "_string", "_stat", "unicodedata", "_statistics", "_typing",
    "numpy", "scipy", "zlib",
    "_codecs", "_json", "_pickle", "itertools", "_decimal", "_datetime", "_random", "_contextvars",
))  # fmt: skip
"""Modules of C functions, of which these are no threat."""
_OUTSIDE = frozenset(
    ("posix", "nt", "time", "_io", "io", "_socket", "select", "signal", "_signal", "_winapi", "faulthandler")
)
"""Modules that look at what is outside of Python, or change it."""
_ALLOWED = frozenset((
    ("posix", "fspath"), ("nt", "fspath"), ("_thread", "get_ident"), ("_thread", "allocate_lock"), ("_thread", "RLock"),
    ("sys", "getsizeof"), ("sys", "intern"), ("sys", "exc_info"), ("sys", "getrecursionlimit"),
    ("sys", "is_finalizing"),
))  # fmt: skip
_NOW = frozenset(("now", "today", "utcnow"))
_OBJECTS: tuple[Any, ...] = (
    str, bytes, bytearray, int, float, complex, tuple, range, slice, list, dict, set, frozenset, deque, memoryview,
    types.MappingProxyType, type({}.keys()), type({}.values()), type({}.items()), np.ndarray, np.generic, np.dtype, np.ufunc,
    decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, re.Pattern, re.Match, BaseException,
    property, array.array, types.FunctionType, types.MethodType, types.GeneratorType, types.SimpleNamespace, types.CodeType,
    Handle, types.MethodWrapperType, types.ModuleType, types.WrapperDescriptorType, *GENERATORS,
)  # fmt: skip
"""Objects whose methods compute, or change what a recording looks at anyway."""
_LOCKING = frozenset(("acquire", "release", "locked", "__enter__", "__exit__", "_is_owned"))


def reads_any_name(function: Any) -> bool:
    """May it read an attribute whose name stands nowhere in the code?"""
    name = function.__name__
    return name in _READS_ANY_NAME or (name in _OF_TEXT and isinstance(function.__self__, str))


def harm(function: Any, origin: Origin) -> str | None:
    """The name of a C function that does what a program could not do again; None for others.

    origin : of the code that calls it. The user's may call what is known here only.
    """
    owner, name = function.__self__, function.__name__
    if owner is None or isinstance(owner, types.ModuleType):
        module = function.__module__ or getattr(owner, "__name__", "")
        top = module.partition(".")[0]
        if (top, name) in _ALLOWED:
            return None
        bad = top in _OUTSIDE or (top, name) in (("_thread", "start_new_thread"), ("_thread", "start_joinable_thread"))
        if origin is Origin.USER:
            bad = bad or top not in _COMPUTES or name == "fromfile"
        if top == "builtins":
            bad = name in _BUILTINS if origin is Origin.USER else name in ("print", "input", "open")
        shown = name if top == "builtins" else f"{module}.{name}"
        return shown if bad else None
    kind = owner if isinstance(owner, type) else type(owner)
    if name in _NOW and issubclass(kind, datetime.date):
        return f"{kind.__name__}.{name}"
    if isinstance(owner, type) or origin is not Origin.USER:
        return f"{kind.__name__}.{name}" if kind.__module__ in _OUTSIDE and name not in _LOCKING else None
    if isinstance(owner, ContextVar):
        return None if name in ("get", "name") else f"ContextVar.{name}"
    if (
        isinstance(owner, _OBJECTS)
        or name in _LOCKING
        or is_python(kind)
        or kind.__module__.partition(".")[0] in _COMPUTES
    ):
        return None
    return f"{kind.__name__}.{name}"
