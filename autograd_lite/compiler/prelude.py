"""Functions that are not NumPy's, printed before a program with all that they use, so that it stands alone."""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..rules import name_of
from .constants import array_text
from .expressions import public_name
from .names import unused

Definition = ast.FunctionDef | ast.Assign


class Prelude:
    """imports, texts : what stands before the program;  names : the names that it takes"""

    def __init__(self, functions: Iterable[Callable[..., Any]]):
        self.imports: list[str] = []
        self.texts: list[str] = []
        self.names: list[str] = []
        self._known: dict[int, tuple[str, Any]] = {}
        """By id, the name of what is there already, and itself, so that the id stays its own."""
        for f in functions:
            self.include(f)

    def include(self, f: Callable[..., Any]) -> str:
        """Print a function, if it is not there yet, and tell its name. Raises TypeError if it has no Python source."""
        f = inspect.unwrap(f)
        if id(f) in self._known:
            return self._known[id(f)][0]
        definition = _definition(f)
        name = self._claim(f, f.__name__)
        outside = {n: v for n, v in _outside(f) if n in _names_read(definition)}
        new = {used: self._thing(used, thing, f) for used, thing in outside.items() if thing is not f}
        renamed = _Renamed(new | {f.__name__: name}).visit(definition)
        if isinstance(renamed, ast.FunctionDef):
            renamed.name = name
        else:
            renamed.targets = [ast.Name(name, ast.Store())]
        self.texts.append(ast.unparse(ast.fix_missing_locations(renamed)))
        return name

    def _claim(self, thing: Any, wanted: str) -> str:
        wanted = wanted if wanted.isidentifier() else "function"
        name = unused(wanted, [*self.names, *dir(builtins), "np"])
        self.names.append(name)
        self._known[id(thing)] = name, thing
        return name

    def _thing(self, used: str, thing: Any, f: Any) -> str:
        """Print what a function finds outside of itself under the name `used`; the name that it has in print."""
        if thing is np:
            return "np"
        if id(thing) in self._known:
            return self._known[id(thing)][0]
        if isinstance(inspect.unwrap(thing) if callable(thing) else thing, FunctionType) and public_name(thing) is None:
            return self.include(thing)
        if isinstance(thing, ModuleType):
            name = self._claim(thing, used)
            self.imports.append(f"import {thing.__name__} as {name}" if name != thing.__name__ else f"import {name}")
            return name
        if isinstance(thing, BuiltinFunctionType):
            name = self._claim(thing, used)
            self.imports.append(f"from {thing.__module__} import {thing.__name__} as {name}")
            return name
        text = public_name(thing) if callable(thing) else _constant_text(thing)
        if text is None:
            raise TypeError(
                f"{name_of(f)} uses {used}, which is {thing!r} and cannot be printed, so the source of the program cannot be "
                "printed either; it runs all the same"
            )
        name = self._claim(thing, used)
        self.texts.append(f"{name} = {text}")
        return name


def _constant_text(a: Any) -> str | None:
    if isinstance(a, np.ndarray | np.generic):
        return array_text(a)
    if type(a) in (int, str, bool, type(None)) or (type(a) is float and np.isfinite(a)):
        return repr(a)
    if type(a) is float:
        return f"float({str(a)!r})"
    if type(a) in (list, tuple):
        parts = [_constant_text(part) for part in a]
        if None not in parts:
            inside = ", ".join(map(str, parts))
            return f"[{inside}]" if type(a) is list else f"({inside}{',' * (len(a) == 1)})"
    return None


def _definition(f: Any) -> Definition:
    """The function as it stands in its file, without decorators and annotations."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(f)))
        first = tree.body[0]
        lambdas = [node for node in ast.walk(first) if isinstance(node, ast.Lambda)]
        if f.__name__ == "<lambda>" and len(lambdas) == 1:
            return ast.copy_location(ast.Assign([ast.Name("function", ast.Store())], lambdas[0]), first)
        assert isinstance(first, ast.FunctionDef) and f.__name__ == first.name
    except (OSError, TypeError, SyntaxError, AssertionError, AttributeError):
        raise TypeError(
            f"{name_of(f)} has no Python source that could be printed, so the source of the program cannot be printed either; "
            "it runs all the same"
        ) from None
    first.decorator_list = []
    for node in ast.walk(first):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return first


def _names_read(definition: Definition) -> set[str]:
    return {node.id for node in ast.walk(definition) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _outside(f: Any) -> Iterable[tuple[str, Any]]:
    """The names that a function may find outside, and what they are."""
    local = set(f.__code__.co_varnames)
    yield from ((name, thing) for name, thing in f.__globals__.items() if name not in local)
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        yield name, cell.cell_contents


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]):
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node
