"""Who reads whose memory, and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import getitem
from typing import Any

import numpy as np

from ..ops.indexing import scatter
from ..writes import setitem
from .program import Program, Value, Write, make, substituted, values_in
from .weak import SCALAR_OPERATIONS

ELEMENTWISE = frozenset(f for f in vars(np).values() if isinstance(f, np.ufunc) and f.signature is None and f.nout == 1)
"""Ufuncs of one result: element i of it depends on element i of the arguments."""
VIEWS = frozenset((
    np.transpose, np.reshape, np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze, np.broadcast_to, np.flip, getitem,
))  # fmt: skip
"""Functions whose result may be a view of their first argument, and of no other."""
FRESH = ELEMENTWISE | frozenset((
    np.matmul, np.dot, np.vdot, np.outer, np.tensordot, np.sum, np.max, np.min, np.prod, np.mean, np.var, np.std,
    np.cumsum, np.cumprod, np.where, np.clip, np.round, np.concatenate, np.copy, np.repeat, np.take, np.sort, np.argsort,
    np.argmax, np.argmin, np.any, np.all, np.full, np.zeros_like, np.ones_like, np.full_like, scatter, setitem,
    *SCALAR_OPERATIONS,
))  # fmt: skip
"""Functions whose result shares memory with nothing. Of any other it may be an argument itself, or a view of one."""
Aliases = Mapping[Value, frozenset[Value]]


def aliases(program: Program) -> Aliases:
    """For each value, itself and the values whose memory its array may be a part of."""
    found: dict[Value, frozenset[Value]] = {}
    for v in (*program.inputs, *program.body()):
        mine = frozenset((v,))
        if v.op is not None and v.op not in FRESH:
            read = values_in(v.args[:1]) if v.op in VIEWS else v.inputs
            mine = mine.union(*(found.get(a, frozenset((a,))) for a in read))
        found[v] = mine
    return found


def memory_of(values: Iterable[Value], alias: Aliases) -> frozenset[Value]:
    """All in whose memory the values may lie."""
    return frozenset[Value]().union(*(alias.get(v, (v,)) for v in values))


def last_uses(lines: Sequence[Iterable[Value]], alias: Aliases) -> dict[Value, int]:
    """For each value, the last line that reads its memory, under its own or another name. lines : what each one reads"""
    last: dict[Value, int] = {}
    for i, read in enumerate(lines):
        for root in memory_of(read, alias):
            last[root] = i
    return last


def independent_writes(program: Program) -> Program:
    """Copies where a write or an output would be in memory that a write changes; and no writes of what is there already.

    Then every write can be done as soon as its value is there and the old one is read by nobody any more.
    """
    if not program.writes:
        return program
    alias = aliases(program)
    targets = {w.target for w in program.writes}

    def apart(v: Value) -> Value:
        return v if targets.isdisjoint(alias.get(v, (v,))) else make(np.copy, v, name=v.name)

    copies: dict[Value, Any] = {v: apart(v) for v in values_in(program.outputs)}
    writes = tuple(Write(w.target, apart(w.value)) for w in program.writes if w.value is not w.target)
    return replace(program, outputs=tuple(substituted(o, copies) for o in program.outputs), writes=writes)
