"""What Python code asks of an object that nothing can stand in for: its type, and which object it is.

`type(n) is int` and `n is DEFAULT` cannot be answered by a stand-in for n, and do not tell it that they are asked. So the code is
read: a function in which they occur gets its numbers themselves.
"""

import dis
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

ASKING = frozenset(("type", "id"))
"""Builtins that ask so."""
_OURS = frozenset((__name__.partition(".")[0], "numpy"))


def asks_for_identity(f: Callable[..., Any]) -> bool:
    """Is there a `type(...)`, an `id(...)` or an `is` in a function, or in one that it names or holds?

    `x is None` and `x is ...` do not count: a number is neither.
    """
    waiting: list[Any] = [f]
    seen: set[int] = set()
    while waiting:
        g = waiting.pop()
        if id(g) in seen:
            continue
        seen.add(id(g))
        if isinstance(g, FunctionType):
            if _home_of(g.__globals__) not in _OURS:
                codes = list(_codes(g.__code__))
                if any(map(_asks, codes)):
                    return True
                names = {name for code in codes for name in code.co_names}
                found = [g.__globals__[name] for name in names if name in g.__globals__]
                held = [*found, *_held(g)]
                waiting += held
                waiting += (m for thing in held for m in _methods(thing, names, g))
            else:
                waiting += _held(g)
        elif isinstance(g, MethodType):
            waiting.append(g.__func__)
            if isinstance(g.__func__, FunctionType):
                waiting += _methods(g.__self__, set(g.__func__.__code__.co_names), g.__func__)
        elif isinstance(g, partial):
            waiting += [g.func, *g.args, *g.keywords.values()]
        elif hasattr(g, "__wrapped__"):
            waiting.append(g.__wrapped__)
    return False


def _held(g: FunctionType) -> Iterator[Any]:
    """What is in the closure of a function, and its defaults."""
    for cell in g.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    yield from g.__defaults__ or ()
    yield from (g.__kwdefaults__ or {}).values()


def _methods(thing: Any, names: set[str], of: FunctionType) -> Iterator[FunctionType]:
    """The methods of an object that may be called by these names, if its class is from where the function is."""
    if isinstance(thing, FunctionType):
        return
    kind = thing if isinstance(thing, type) else type(thing)
    if kind.__module__.partition(".")[0] == _home_of(of.__globals__):
        for name in (*names, "__call__", "__init__"):
            method = getattr(kind, name, None)
            if isinstance(method, FunctionType):
                yield method


def is_of_a_call(error: TypeError, f: Callable[..., Any]) -> bool:
    """May the error be of a function that insists on a Python int? Such functions are in C, or in other packages than f is.

    What the code of f raises, or an operator in it, is the user's own.
    """
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None:
        return False
    names = at.tb_frame.f_globals
    if _home_of(names) == __name__.partition(".")[0]:
        return False
    if _home_of(names) != _home_of(getattr(inspect.unwrap(f), "__globals__", {})):
        return True
    return "CALL" in dis.opname[at.tb_frame.f_code.co_code[at.tb_lasti]]


def _home_of(names: dict[str, Any]) -> str:
    """The package that global names belong to."""
    return str(names.get("__name__")).partition(".")[0]


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _asks(code: CodeType) -> bool:
    before = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IS_OP" and not (
            before is not None and before.opname == "LOAD_CONST" and before.argval in (None, Ellipsis)
        ):
            return True
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME") and instruction.argval in ASKING:
            return True
        before = instruction
    return False
