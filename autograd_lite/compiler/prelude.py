"""Functions that are not NumPy's, printed before a program with all that they use, so that it stands alone."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from keyword import iskeyword
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, cast

import numpy as np

from ..function_names import name_of
from ..quiet import spoken
from ..rules import PLAIN
from .constants import array_text, is_writable
from .expressions import literal, public_name
from .names import identifier, unused
from .scopes import bound, is_self_contained, read, renamed, undecorated

Definition = ast.FunctionDef | ast.Assign


class Unprintable(Exception):
    """There is no text for it."""


class Prelude:
    """imports, texts : what stands before the program;  names : the names that it takes

    taken : names that mean something else
    """

    def __init__(self, functions: Iterable[Callable[..., Any]], taken: Iterable[str] = ()):
        self.imports: list[str] = []
        self.texts: list[str] = []
        self.names: list[str] = []
        self._taken = set(taken)
        self._known: dict[int, tuple[str, Any]] = {}
        """By id, the name of what is there already, and itself, so that the id stays its own."""
        for f in functions:
            self.include(f)

    def include(self, f: Callable[..., Any]) -> str:
        """Print a function, if it is not there yet, and tell its name. Raises TypeError if it has no Python source."""
        f = _plain(f)
        if id(f) in self._known:
            return self._known[id(f)][0]
        definition = _definition(f)
        local = bound(definition)
        name = self._claim(f, "function" if f.__code__.co_name == "<lambda>" else f.__code__.co_name, local)
        outside = {n: v for n, v in _outside(f) if n in read(definition)}
        new = {used: self._thing(used, thing, f, local) for used, thing in outside.items()}
        if any(now != used and (used in local or now in local) for used, now in new.items()):
            raise _no_source(f)  # one name for a thing outside and another inside: what stands where would not be clear
        definition = renamed(definition, new)
        _arguments(definition).defaults, _arguments(definition).kw_defaults = self._defaults(definition, f, local)
        if isinstance(definition, ast.FunctionDef):
            definition.name = name
        else:
            definition.targets = [ast.Name(name, ast.Store())]
        self.texts.append(ast.unparse(ast.fix_missing_locations(definition)))
        return name

    def _defaults(
        self, definition: Definition, f: Any, local: set[str]
    ) -> tuple[list[ast.expr], list[ast.expr | None]]:
        """The defaults of the parameters as they are, whatever they were made from when the function was."""
        arguments = _arguments(definition)
        values, by_keyword = f.__defaults__ or (), f.__kwdefaults__ or {}
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        last = zip(names[len(names) - len(values) :], values, strict=True)
        only = [a.arg for a in arguments.kwonlyargs]
        return [self._default(n, v, f, local) for n, v in last], [
            self._default(n, by_keyword[n], f, local) if n in by_keyword else None for n in only
        ]

    def _default(self, name: str, value: Any, f: Any, local: set[str]) -> ast.expr:
        try:
            text = _text(value)
        except Unprintable:
            text = self._thing(f"{name}_of_{f.__code__.co_name}", value, f, local)
        return ast.parse(text, mode="eval").body

    def _claim(self, thing: Any, wanted: str, local: Iterable[str]) -> str:
        """A name for a thing: one that no function calls something else by."""
        name = identifier(wanted) or "function"
        if name in self._taken or (name != wanted and name in local):
            name = unused(name, {*self._taken, *local})
        self._taken.add(name)
        self.names.append(name)
        self._known[id(thing)] = name, thing
        return name

    def _thing(self, used: str, thing: Any, f: Any, local: set[str]) -> str:
        """Print what a function finds outside of itself under the name `used`; the name that it has in print."""
        if thing is np:
            return "np"
        if id(thing) in self._known:
            return self._known[id(thing)][0]
        plain = _plain(thing)
        if isinstance(plain, FunctionType) and public_name(thing) is None:
            return self.include(plain)
        origin = _origin(thing)
        if origin is not None:
            name = self._claim(thing, used, local)
            self.imports.append(origin if origin.split()[-1] == name else f"{origin} as {name}")
            return name
        try:
            text = (public_name(thing) if callable(thing) else None) or _text(thing)
        except Unprintable:
            raise TypeError(
                f"{name_of(f)} uses {used}, which is {thing!r} and cannot be printed, so the source of the program cannot be "
                "printed either; it runs all the same"
            ) from None
        name = self._claim(thing, used, local)
        self.texts.append(f"{name} = {text}")
        return name


def _plain(f: Any) -> Any:
    """The function of an operation as it was defined, without the decorators of ours. Those of others may change what it does."""
    try:
        return spoken(PLAIN.get(f, f))
    except TypeError:  # it cannot be hashed, and so is none
        return f


def _text(a: Any) -> str:
    """A constant as Python text. Raises Unprintable if there is none."""

    def other(a: Any) -> str:
        if is_writable(a):
            return array_text(a)
        raise Unprintable

    return literal(a, other, lambda part: (_text(part), 0))[0]


def _origin(thing: Any) -> str | None:
    """The statement that imports a module or a function of a module written in C."""
    if isinstance(thing, ModuleType):
        name = thing.__name__
        return f"import {name}" if _is_path(name) and sys.modules.get(name) is thing else None
    if isinstance(thing, BuiltinFunctionType):
        name, module = thing.__name__, thing.__module__
        if _is_path(name) and _is_path(module) and getattr(sys.modules.get(module), name, None) is thing:
            return f"from {module} import {name}"
    return None


def _is_path(name: Any) -> bool:
    return isinstance(name, str) and all(
        part.isascii() and part.isidentifier() and not iskeyword(part) for part in name.split(".")
    )


def _no_source(f: Any) -> TypeError:
    return TypeError(
        f"{name_of(f)} has no Python source that could be printed, so the source of the program cannot be printed either; "
        "it runs all the same"
    )


def _definition(f: Any) -> Definition:
    """The function as it stands in its file, without decorators and annotations."""
    try:
        code: CodeType = f.__code__
        first = ast.parse(textwrap.dedent(inspect.getsource(code))).body[0]
    except (OSError, TypeError, SyntaxError, AttributeError):
        raise _no_source(f) from None
    lambdas = [node for node in ast.walk(first) if isinstance(node, ast.Lambda)]
    if code.co_name == "<lambda>" and len(lambdas) == 1:
        return ast.copy_location(ast.Assign([ast.Name("function", ast.Store())], undecorated(lambdas[0])), first)
    if not isinstance(first, ast.FunctionDef) or first.name != code.co_name or not is_self_contained(first):
        raise _no_source(f)
    return undecorated(first)


def _arguments(definition: Definition) -> ast.arguments:
    return definition.args if isinstance(definition, ast.FunctionDef) else cast(ast.Lambda, definition.value).args


def _outside(f: Any) -> Iterator[tuple[str, Any]]:
    """The names that a function may find outside, and what they are."""
    code: CodeType = f.__code__
    local = {*code.co_varnames, *code.co_cellvars}
    yield from ((name, thing) for name, thing in f.__globals__.items() if name not in local)
    for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # it has no value yet
            raise _no_source(f) from None
