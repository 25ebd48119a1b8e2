"""From a program that fails to the smallest that still fails in the same way, by leaving out statements."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .networks import Network
from .oracles import value
from .program import Program

MOST_TRIALS = 300


def shrunk(program: Any, still_fails: Callable[[Any], bool]) -> Any:
    """The program with everything left out that may be: one thing after the other, until nothing more can go."""
    trials = 0
    again = True
    while again:
        again = False
        for smaller in program.smaller() if isinstance(program, Network) else _smaller(program):
            trials += 1
            if trials > MOST_TRIALS:
                return program
            if still_fails(smaller):
                program, again = smaller, True
                break
    return program


def _smaller(program: Program) -> Iterator[Program]:
    """Programs with one thing less, those with much less first."""
    if len(program.returns) > 1:
        for name in program.returns:
            yield _pruned(replace(program, returns=(name,)))
    for n in reversed(range(len(program.statements))):
        yield from _without(program, n)
    used = {*program.returns, *(r for s in program.statements for r in s.refs)}
    for i in program.inputs:
        if i.name not in used and (not i.is_array or len(program.arrays) > 1):
            yield replace(program, inputs=tuple(o for o in program.inputs if o is not i))
        elif i.is_array and i.layout != "rows":
            yield replace(program, inputs=tuple(replace(o, layout="rows") if o is i else o for o in program.inputs))
    if program.scope is not None:
        yield replace(program, scope=None)


def _without(program: Program, n: int) -> Iterator[Program]:
    """The program without statement n: what reads its variable reads something else, or is left out too."""
    gone = program.statements[n]
    rest = program.statements[:n] + program.statements[n + 1 :]
    base = replace(program, statements=rest, scope=_moved_scope(program, n))
    if gone.target is None:
        yield base
        return
    shapes = _shapes(program)
    closed = any(
        s.plain is not None and gone.target in s.refs for s in rest
    )  # closed forms hold for operands of one shape
    for other in dict.fromkeys([*gone.refs, *(i.name for i in program.arrays)]):
        if closed and shapes.get(other) != shapes.get(gone.target):
            continue
        returns = tuple(dict.fromkeys(other if r == gone.target else r for r in program.returns))
        yield replace(base, statements=tuple(s.renamed(gone.target, other) for s in rest), returns=returns)


def _shapes(program: Program) -> dict[str, tuple[int, ...]]:
    """The shape of every variable."""
    names = [i.name for i in program.inputs] + [s.target for s in program.statements if s.target is not None]
    values = value(replace(program, returns=tuple(names)), program.first(), cost=False)
    return {name: np.shape(v) for name, v in zip(names, values, strict=True)}


def _pruned(program: Program) -> Program:
    """The program without the statements that nothing it returns depends on."""
    needed, kept = set(program.returns), []
    for n, s in reversed(list(enumerate(program.statements))):
        if (s.target if s.target is not None else s.refs[0]) in needed:
            needed.update(s.refs)
            kept.append(n)
    statements = tuple(s for n, s in enumerate(program.statements) if n in kept)
    return replace(
        program, statements=statements, scope=None if len(statements) < len(program.statements) else program.scope
    )


def _moved_scope(program: Program, n: int) -> tuple[int, int, str] | None:
    if program.scope is None:
        return None
    first, last, name = program.scope
    first, last = first - (n < first), last - (n <= last)
    return (first, last, name) if 0 <= first <= last else None
