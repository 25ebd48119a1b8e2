"""The registry: what is known of each function.

There are three kinds of function and nothing else. A function either

- has *rules*: one vector-Jacobian product an argument (`defvjp`), a row of a derivative table; or
- is a *composite*: spelled with other functions, and differentiated through them (`composite`); or
- is declared *constant*: its result does not change with its arguments wherever it is differentiable (`constant`).

A Tensor given to any other function raises, so no gradient is ever lost without a word.

A rule is `rule(g, ans, *args, **keywords)`: from `g`, the cotangent dC/d(ans) of `ans = f(*args)`, it makes the cotangent of
its argument, in plain NumPy. It may leave the result broadcast against the argument's shape; the backward pass sums that away.
It may also give a Python number, such as 0.0, for an array of it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import numpy as np

from .function_names import name_of

Function = Callable[..., Any]
Rule = Callable[..., Any]
F = TypeVar("F", bound=Function)

VJPS: dict[Function, "Rules"] = {}
COMPOSITES: dict[Function, Function] = {}
CONSTANTS: set[Function] = set()
VIEWS: set[Function] = set()
MAKES_ARRAYS: set[Function] = set()
IMPURE: set[Function] = set()
"""Functions that give something else at each call; see `impure`."""
PLAIN: dict[Function, Function] = {}
"""Of some functions, what computes them on arrays without first looking for Tensors among these."""
PRIMITIVES: set[Function] = set()
"""Functions that `primitive` made operations of."""
KEEPS_ARGUMENT: set[Function] = set()
"""Functions whose results know their argument in every mode; see `keeps_argument`."""
REFUSED: dict[Function, str] = {}
"""Functions that have no entry for a reason; the reason ends the error message."""
ARRAY_LIKE: set[Function] = set()
"""Functions besides the ufuncs to which a list stands for one array, in the arguments that have rules."""


class Rules(dict[int | str, Rule]):
    """One row of a derivative table: the rules of one function, by the position or the keyword of the argument.

    Looking up an argument that has no rule raises TypeError.
    """

    def __init__(
        self, f: Function, rules: tuple[Rule | None, ...], repeated: Rule | None, keywords: Mapping[str, Rule]
    ):
        stated: dict[Any, Rule | None] = {**dict(enumerate(rules)), **keywords}
        super().__init__({argument: rule for argument, rule in stated.items() if rule is not None})
        self._f, self._repeated = f, repeated
        self._first = len(rules)
        """The first position that the repeated rule is for."""

    def has(self, argument: int | str) -> bool:
        """Is there a rule for this argument?"""
        repeats = self._repeated is not None and isinstance(argument, int) and argument >= self._first
        return repeats or argument in self

    def __missing__(self, argument: int | str) -> Rule:
        if self._repeated is None or not self.has(argument):
            place = f"keyword {argument!r}" if isinstance(argument, str) else f"argument {argument}"
            raise TypeError(
                f"{name_of(self._f)} has no derivative with respect to its {place}, which requires a gradient: "
                "detach() it if it is meant as a constant, or state the rule with autograd_lite.defvjp"
            )
        return partial(self._repeated, argument)


def defvjp(f: Function, *rules: Rule | None, repeated: Rule | None = None, **keywords: Rule) -> None:
    """State the derivative of `f`: one rule an argument, None where there is no gradient to send.

    rules : `rule(g, ans, *args, **kwargs)` for each positional argument, written in plain NumPy
    repeated : `rule(argument, g, ans, *args, **kwargs)` for all positions after those, for functions of any number of arguments
    keywords : rules of keyword arguments, by name

    A later statement for the same function replaces the earlier one. Raises TypeError if `f` or a rule is not callable.
    """
    for part in (f, *rules, repeated, *keywords.values()):
        if part is not None and not callable(part):
            raise TypeError(f"defvjp takes a function and its rules, all callable (or None for a rule); got {part!r}")
    VJPS[f] = Rules(f, rules, repeated, keywords)


def array_like(*functions: Function) -> None:
    """Declare functions to which a list stands for an array, and not for a sequence of arrays as to `np.concatenate`."""
    ARRAY_LIKE.update(functions)


def stands_for_array(f: Function, argument: int) -> bool:
    """Is a list given to `f` at this position one array?"""
    if isinstance(f, np.ufunc):
        return True
    return f in ARRAY_LIKE and VJPS[f].has(argument)


def is_left_alone(f: Function, argument: int) -> bool:
    """Is what stands there no operand, but an object that only a function of the user's knows, without a rule for it?"""
    return f in PRIMITIVES and not (f in VJPS and VJPS[f].has(argument))


def composite(*functions: Function) -> Callable[[F], F]:
    """Decorate a spelling of each of `functions` in terms of functions that have entries of their own."""

    def state(spelling: F) -> F:
        for f in functions:
            COMPOSITES[f] = spelling
        return spelling

    return state


def constant(*functions: Function) -> None:
    """Declare functions whose results carry no gradient: comparisons, positions, shapes, properties of values."""
    CONSTANTS.update(functions)


def view(*functions: Function) -> None:
    """Declare functions whose result is a view of their first argument wherever NumPy can make one."""
    VIEWS.update(functions)


def makes_arrays(*functions: Function) -> None:
    """Declare functions whose result without axes is an array also in NumPy, and no scalar."""
    MAKES_ARRAYS.update(functions)


def impure(f: F) -> F:
    """Declare an operation that gives something else at each call: it draws random numbers, or reads a clock.

    A compiled program calls it at every run, as often and in the order in which the recorded function did. An operation that
    draws takes its `np.random.Generator` as an argument by position, so that recording it uses none of the generator's numbers.
    """
    IMPURE.add(f)
    return f


def keeps_argument(f: Function) -> None:
    """Declare a function of one argument whose result keeps it also where nothing is recorded, for who needs its digits."""
    KEEPS_ARGUMENT.add(f)


def refuse(reason: str, *functions: Function) -> None:
    """Give the reason why a function takes no Tensor, and what to use instead."""
    for f in functions:
        REFUSED[f] = reason
