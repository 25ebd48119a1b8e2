"""Whose code it is: this library's or NumPy's, that of the standard library, or the user's."""

import sys
import sysconfig
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType

import numpy as np


class Origin(Enum):
    """How closely a recording looks at code while it runs."""

    LIBRARY = "autograd_lite, nn, NumPy"
    """It reads attributes of what it is given, and changes nothing without telling the recording."""
    PURE = "modules of the standard library that only compute"
    """Its globals are not read anew; the functions that it calls are looked at."""
    READER = "modules of the standard library that read any attribute of what they are given"
    USER = "all other code"


LIBRARY = [Path(__file__).resolve().parent.parent, Path(np.__file__).resolve().parent]
"""The folders of the packages that are trusted."""
_STANDARD = Path(sysconfig.get_paths()["stdlib"]).resolve()
_PURE = frozenset((
    "_collections_abc", "_weakrefset", "abc", "ast", "bisect", "codecs", "collections", "contextlib", "enum", "fractions",
    "functools", "genericpath", "heapq", "importlib", "inspect", "keyword", "linecache", "numbers", "operator", "posixpath",
    "re", "reprlib", "statistics", "string", "textwrap", "token", "tokenize", "traceback", "types", "typing", "warnings",
    "weakref",
))  # fmt: skip
_READERS = frozenset(("copy", "copyreg", "dataclasses", "pprint"))
_IMMUTABLE, _HEAP = 1 << 8, 1 << 9
"""Flags of types of which no attribute can be set, and of types that were made while Python runs."""


def trust(folder: Path) -> None:
    """Take what lies in a folder for library code."""
    LIBRARY.append(folder.resolve())
    _of_file.cache_clear()


def origin_of(code: CodeType) -> Origin:
    """Whose code it is, by the folder of its file: `autograd_lite_demo.py` beside the package is the user's."""
    return _of_file(code.co_filename)


@lru_cache(maxsize=4096)
def _of_file(filename: str) -> Origin:
    if filename.startswith("<autograd_lite program"):
        return Origin.LIBRARY
    if filename.startswith("<frozen "):
        return _of_standard(filename.removeprefix("<frozen ").rstrip(">").partition(".")[0])
    if filename.startswith("<"):  # typed in, or made by exec
        return Origin.USER
    path = Path(filename).resolve()
    if any(folder in path.parents for folder in LIBRARY):
        return Origin.LIBRARY
    if _STANDARD in path.parents and not {"site-packages", "dist-packages"} & set(path.parts):
        return _of_standard(path.relative_to(_STANDARD).parts[0].removesuffix(".py"))
    return Origin.USER


def _of_standard(module: str) -> Origin:
    return Origin.PURE if module in _PURE else Origin.READER if module in _READERS else Origin.USER


def is_library(module: ModuleType) -> bool:
    """Is it a module of this library or of NumPy?"""
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and _of_file(file) is Origin.LIBRARY


def is_fixed_class(kind: type) -> bool:
    """Can nobody give it other attributes, or is it one of NumPy's or autograd_lite's, which are taken as they are?"""
    if kind.__flags__ & _IMMUTABLE or not kind.__flags__ & _HEAP:
        return True
    return str(kind.__module__).partition(".")[0] in ("numpy", "autograd_lite") and _is_in_its_module(kind)


def is_standard_class(kind: type) -> bool:
    """Is it a class of the standard library? One that was made by a function of it is not, whatever it calls its module."""
    return str(kind.__module__).partition(".")[0] in sys.stdlib_module_names and _is_in_its_module(kind)


def _is_in_its_module(kind: type) -> bool:
    thing: object = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        thing = getattr(thing, "__dict__", {}).get(name)
    return thing is kind


def is_standard(code: CodeType) -> bool:
    """Is it code of the standard library?"""
    return code.co_filename.startswith("<frozen ") or _STANDARD in Path(code.co_filename).parents
