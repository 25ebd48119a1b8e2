"""The meaning of a program: its values computed one after the other, each in an array of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..operands import NESTS
from .program import Program, Value, computed, replaced


def evaluate(program: Program, arrays: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """What the program means: its outputs and the new values of the inputs that it writes, computed one value after the other."""
    there = environment(program, arrays)
    return [_looked_up(o, there) for o in program.outputs], [_looked_up(w.value, there) for w in program.writes]


def environment(program: Program, arrays: Sequence[Any], known: Mapping[Value, Any] | None = None) -> dict[Value, Any]:
    """All values of a run on `arrays`, one an input; those that are `known` are not computed."""
    there: dict[Value, Any] = dict(zip(program.inputs, arrays, strict=True)) | dict(known or {})
    for value in program.body():
        if value in there:
            continue
        keywords = {k: _looked_up(a, there) for k, a in value.keywords.items()}
        assert value.op is not None
        there[value] = computed(value.op, [_looked_up(a, there) for a in value.args], keywords)
    return there


def _looked_up(a: Any, there: Mapping[Value, Any]) -> Any:
    if isinstance(a, Value):
        return there.get(a, a.example)
    return type(a)(_looked_up(part, there) for part in a) if type(a) in NESTS else a


def settled(program: Program) -> Program:
    """The program with examples as its run gives them, memory layout included, which simplification may have changed.

    Nothing is drawn for it: the random numbers of the examples stay.
    """
    there = environment(program, [v.example for v in program.inputs], {v: v.example for v in program.draws})
    by: dict[Value, Any] = {}
    for value in program.body():
        fresh = value.with_inputs(by)
        by[value] = Value(fresh.op, fresh.args, fresh.keywords, there[value], fresh.name, fresh.scope)
    return replaced(program, by)
