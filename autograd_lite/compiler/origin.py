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
_LEAVES = frozenset(("numpy", "autograd_lite", *sys.stdlib_module_names))


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


def is_user_class(kind: type) -> bool:
    """May its attributes be changed by the user? Those of Python, NumPy and autograd_lite are taken as they are."""
    return str(kind.__module__).partition(".")[0] not in _LEAVES


def is_standard(code: CodeType) -> bool:
    """Is it code of the standard library?"""
    return code.co_filename.startswith("<frozen ") or _STANDARD in Path(code.co_filename).parents
