"""Arrays side by side: what a program does alike to several arrays, element by element, is done to all of them at once.

An optimiser treats all parameters alike: W1 - lr * dC_dW1, b1 - lr * dC_db1, and so on. If the parameters lie side by side in one
array, and their gradients in another, that is one product and one difference, of the same numbers and so with the same bits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from operator import getitem
from typing import Any

import numpy as np

from .memory import aligned, is_room
from .program import Program, Value, Write, make, substituted, values_in
from .sameness import identity

EXACT = frozenset((
    np.add, np.subtract, np.multiply, np.divide, np.sqrt, np.square, np.negative, np.absolute, np.maximum, np.minimum,
))  # fmt: skip
"""Functions whose result for an element does not depend on where it stands, to the last bit."""
LARGEST = 2**15
"""Arrays of more elements stay by themselves: they take longer than a call, and are best written while they are in the cache."""

DEEPEST = 30
"""Updates are simpler than that."""

Members = tuple[Value, ...]
Array = np.ndarray[Any, Any]


def packed(program: Program, held: Sequence[Value]) -> tuple[Program, dict[Value, Members]]:
    """A program in which some of the `held` inputs are replaced by one-dimensional ones, in which they lie side by side.

    The second result tells which: what stands in each new input. The program is the one given, if there is nothing to pack.
    """
    updates = _Updates(program, held)
    alike: dict[Any, list[Write]] = {}
    for w in program.writes:
        form = updates.form(w)
        if form is not None:
            alike.setdefault(form, []).append(w)
    groups = updates.complete([group for group in alike.values() if len(group) > 1])
    if not groups:
        return program, {}
    packs = {targets(group): _pack(targets(group)) for group in groups}
    by: dict[Value, Any] = {}
    for members, pack in packs.items():
        by.update(_parts(pack, members))
    for v in program.body():
        by[v] = v.with_inputs(by)
    writes = [Write(packs[targets(group)], updates.together([w.value for w in group], packs, by)) for group in groups]
    done = {w for group in groups for w in group}
    inside = {m for members in packs for m in members}
    places = {members[0]: pack for members, pack in packs.items()}
    fresh = replace(
        program,
        inputs=tuple(places.get(v, v) for v in program.inputs if v not in inside or v in places),
        outputs=tuple(substituted(o, by) for o in program.outputs),
        writes=tuple([Write(w.target, by.get(w.value, w.value)) for w in program.writes if w not in done] + writes),
        labels={k: by.get(v, v) for k, v in program.labels.items()},
        draws=tuple(by.get(v, v) for v in program.draws),
    )
    return fresh, {pack: members for members, pack in packs.items()}


def side_by_side(arrays: Sequence[Array]) -> tuple[Array, list[Array]]:
    """Arrays of one dtype as one, and as views of it. If they lie so already, they are left where they are."""
    ends = list(accumulate((a.size for a in arrays), initial=0))
    whole = _whole(arrays, ends)
    if whole is not None:
        return whole, list(arrays)
    whole = aligned(ends[-1], arrays[0].dtype)
    np.concatenate([a.reshape(-1) for a in arrays], out=whole)
    return whole, [whole[i:j].reshape(a.shape) for a, (i, j) in zip(arrays, pairwise(ends), strict=True)]


def _whole(arrays: Sequence[Array], starts: Sequence[int]) -> Array | None:
    """The array that `side_by_side` made, if these are its views, all of them and in order."""
    first = arrays[0]
    room: Any = first.base
    origin, size = first.ctypes.data, first.itemsize
    if not is_room(room, starts[-1] * size) or not all(
        a.base is room and a.flags.c_contiguous and a.dtype == first.dtype and a.ctypes.data == origin + start * size
        for a, start in zip(arrays, starts, strict=False)
    ):
        return None
    begin = origin - room.ctypes.data
    whole: Array = room[begin : begin + starts[-1] * size].view(first.dtype)
    return whole


def targets(group: Iterable[Write]) -> Members:
    return tuple(w.target for w in group)


def _pack(members: Members) -> Value:
    name = f"{members[0].name}_to_{members[-1].name}" if members[0].name else None
    return Value(None, (), {}, np.concatenate([m.example.reshape(-1) for m in members]), name)


def _parts(pack: Value, members: Members) -> dict[Value, Value]:
    """What stands for each member: a view of the pack."""
    ends = accumulate((m.size for m in members), initial=0)
    return {
        m: make(np.reshape, make(getitem, pack, slice(start, stop)), m.shape, name=m.name, scope=m.scope)
        for m, (start, stop) in zip(members, pairwise(ends), strict=True)
    }


class _Updates:
    """The new values of written inputs as trees of exact functions, down to inputs, numbers and other arrays of their shape."""

    def __init__(self, program: Program, held: Sequence[Value]):
        self.program = program
        written = {w.target for w in program.writes}
        self.own = {v for v in held if v in written and v.ndim and v.size <= LARGEST and v.example.flags.c_contiguous}
        """The inputs that may be packed."""
        self.named = set(program.labels.values())
        """Gradients, which are arguments of an update and not a part of it."""
        self.forms: dict[tuple[Value, Value], int | None] = {}
        """The forms of values in the update of a target."""
        self.numbers: dict[Any, int] = {}
        """The number of each function of forms."""
        self.made: dict[Members, Value] = {}
        """What was made of values that are alike, so that it is made once."""

    def form(self, write: Write) -> Any:
        """What two writes have in common whose values are made alike; None for one that cannot be packed."""
        if write.target not in self.own or self._is_leaf(write.value):
            return None
        form = self._form(write.value, write.target, DEEPEST)
        return None if form is None else (write.target.dtype, form)

    def _form(self, a: Any, target: Value, depth: int) -> Any:
        """How `a` is made; of what has arguments a number, since a form in full may be exponentially larger than the program."""
        if not isinstance(a, Value):
            return ("number", identity(a)) if type(a) in (int, float) else None
        if a.ndim == 0:
            return "number", id(a)
        if a.shape != target.shape or not depth:
            return None
        if self._is_leaf(a):
            return "input" if a in self.own else "array", a.dtype
        if (a, target) not in self.forms:
            parts = tuple(self._form(part, target, depth - 1) for part in a.args)
            self.forms[a, target] = (
                None if None in parts else self.numbers.setdefault((a.op, *parts), len(self.numbers))
            )
        return self.forms[a, target]

    def _is_leaf(self, a: Value) -> bool:
        return a.op not in EXACT or bool(a.keywords) or a in self.named

    def inputs(self, group: Sequence[Write]) -> list[Members]:
        """The inputs that have to lie side by side for a group: the targets, and others at the same place of each tree."""
        found, seen = [targets(group)], set[tuple[Any, ...]]()
        waiting: list[tuple[Any, ...]] = [tuple(w.value for w in group)]
        while waiting:
            alike = waiting.pop()
            first = alike[0]
            if not isinstance(first, Value) or first.ndim == 0 or alike in seen:
                continue
            seen.add(alike)
            if not self._is_leaf(first):
                waiting.extend(zip(*(v.args for v in alike), strict=True))
            elif first in self.own:
                found.append(alike)
        return found

    def complete(self, groups: list[list[Write]]) -> list[list[Write]]:
        """The groups that can be done at once: what lies side by side for one is what another, or itself, writes."""
        while True:
            written = set(map(targets, groups))
            kept = [group for group in groups if written.issuperset(self.inputs(group))]
            kept = self.by_themselves(kept)
            if len(kept) == len(groups):
                return groups
            groups = kept

    def by_themselves(self, groups: list[list[Write]]) -> list[list[Write]]:
        """The groups of whose trees no part is needed elsewhere: it would be computed twice."""
        while True:
            inner = {id(group): self._inner([w.value for w in group]) for group in groups}
            everywhere = set[Value]().union(*inner.values())
            needed = {a for v in self.program.body() if v not in everywhere for a in v.inputs}
            needed.update(values_in(self.program.outputs), self.program.draws)
            done = {w for group in groups for w in group}
            needed.update(w.value for w in self.program.writes if w not in done)
            kept = [group for group in groups if needed.isdisjoint(inner[id(group)])]
            if len(kept) == len(groups):
                return groups
            groups = kept

    def _inner(self, waiting: list[Value]) -> set[Value]:
        found: set[Value] = set()
        while waiting:
            v = waiting.pop()
            if v.ndim and v not in found and not self._is_leaf(v):
                found.add(v)
                waiting.extend(v.inputs)
        return found

    def together(self, alike: Sequence[Any], packs: Mapping[Members, Value], by: Mapping[Value, Any]) -> Any:
        """One value in the place of several that are alike. by : what stands for the values of the program that was given"""
        first = alike[0]
        if not isinstance(first, Value) or first.ndim == 0:
            return by.get(first, first) if isinstance(first, Value) else first
        members = tuple(alike)
        if members not in self.made:
            if not self._is_leaf(first):
                args = [self.together(parts, packs, by) for parts in zip(*(v.args for v in alike), strict=True)]
                self.made[members] = make(first.op, *args)  # type: ignore[arg-type]
            elif members in packs:
                self.made[members] = packs[members]
            else:
                self.made[members] = make(np.concatenate, [make(np.reshape, by.get(a, a), (-1,)) for a in alike])
        return self.made[members]
