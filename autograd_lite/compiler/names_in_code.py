"""The names in code, by which it finds what is outside of it."""

import dis
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .origin import is_library


class Reads(NamedTuple):
    """What code can find by the names in it."""

    names: frozenset[str]
    globals: frozenset[str]
    modules: frozenset[str]


@lru_cache(maxsize=4096)
def reads_of(code: CodeType) -> Reads:
    """The names of attributes in code, those of global variables, and those of modules that it imports."""
    names = {*code.co_names, code.co_name, *_texts(code.co_consts)}
    found, modules = set(), set()
    for i in dis.get_instructions(code):
        if i.opname in (
            "LOAD_GLOBAL",
            "LOAD_NAME",
            "STORE_GLOBAL",
            "DELETE_GLOBAL",
            "STORE_NAME",
            "LOAD_FROM_DICT_OR_GLOBALS",
        ):
            found.add(i.argval)
        elif i.opname == "IMPORT_NAME":
            modules.add(i.argval)
    return Reads(frozenset(names), frozenset(found), frozenset(modules))


def is_of_library(frame: FrameType) -> bool:
    """Is it code that was made from text for this library, or by namedtuple?"""
    namespace = frame.f_globals
    name = namespace.get("__name__", "")
    if not frame.f_code.co_filename.startswith("<"):
        return False
    module = sys.modules.get(name)
    return name.startswith("namedtuple_") or (module is not None and vars(module) is namespace and is_library(module))


def _texts(constants: tuple[Any, ...]) -> Iterator[str]:
    for c in constants:
        if isinstance(c, str) and c.isidentifier():
            yield c
        elif isinstance(c, tuple):
            yield from _texts(c)
