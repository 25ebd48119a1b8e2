"""Where each value of a running program stands: in an array of its own, in a buffer, or in the array that it is written to.

Buffers are allocated once, and taken again when the last reader of their value is done. An element-wise function writes over an
argument that nobody reads any more, and the new value of a written input is computed in that input's own array. The parts of a
concatenation are computed where they are to lie. What leaves the program, as a result or to a function that may keep it, is in an
array of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..function_names import name_of
from .lifetimes import ELEMENTWISE, Aliases, aliases, last_uses, memory_of
from .program import Program, Value, values_in

Array = np.ndarray[Any, Any]
_OURS = frozenset((__name__.split(".")[0], "nn", "numpy", "_operator", "builtins"))
REDUCTIONS: dict[Any, Any] = {
    np.sum: np.add.reduce, np.prod: np.multiply.reduce, np.max: np.maximum.reduce, np.min: np.minimum.reduce,
}  # fmt: skip
"""The ufunc methods that these functions end in, after some microseconds of looking at their arguments."""


@dataclass
class Memory:
    """blocks : dtype and size of each array to allocate
    buffers : the block in which a value stands;  starts : the element at which it begins, if that is not the first
    in_target : the inputs in whose arrays new values are computed, by value
    """

    blocks: list[tuple[Any, int]] = field(default_factory=list)
    buffers: dict[Value, int] = field(default_factory=dict)
    starts: dict[Value, int] = field(default_factory=dict)
    in_target: dict[Value, Value] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """The bytes that the buffers occupy."""
        return sum(dtype.itemsize * size for dtype, size in self.blocks)


def planned(program: Program) -> Memory:
    """The places of a program's values."""
    body = program.body()
    alias = aliases(program)
    last = last_uses([v.inputs for v in body], alias)
    leaving = escaping(program, alias)
    targets: dict[Value, Value] = {}
    for w in program.writes:
        targets.setdefault(w.value, w.target)
    last.update((v, len(body)) for v in memory_of(targets, alias))
    ends: list[list[Value]] = [[] for _ in range(len(body) + 1)]
    for v, i in last.items():
        ends[i].append(v)
    memory = Memory()
    free: dict[tuple[Any, int], list[int]] = {}
    standing: dict[Value, int] = {}
    parts = parts_of_concatenations(body, last, leaving)

    def stand(v: Value, block: int | None = None) -> None:
        """Give a value a block: the given one, or one that is free, or a new one."""
        if block is None:
            kind = v.dtype, v.size
            block = free[kind].pop() if free.get(kind) else len(memory.blocks)
            if block == len(memory.blocks):
                memory.blocks.append(kind)
        memory.buffers[v] = standing[v] = block

    for i, v in enumerate(body):
        if v in targets and v not in leaving and may_overwrite(v, targets[v], i, last, alias):
            memory.in_target[v] = targets[v]
        elif v in parts:
            whole, memory.starts[v] = parts[v]
            if whole not in standing:
                stand(whole)
            memory.buffers[v] = standing[whole]
        elif v not in standing and v not in leaving and takes_out(v) and layout_of(v) is not None:
            over = next((a for a in v.inputs if a in standing and may_overwrite(v, a, i, last, alias)), None)
            stand(v, None if over is None else standing.pop(over))
        if v in standing and v not in last:  # nobody reads it
            ends[i].append(v)
        for a in ends[i]:
            if a in standing:  # and was not written over
                free.setdefault((a.dtype, a.size), []).append(standing.pop(a))
    return memory


def parts_of_concatenations(
    body: Sequence[Value], last: Mapping[Value, int], leaving: frozenset[Value]
) -> dict[Value, tuple[Value, int]]:
    """The values that are computed where a concatenation needs them, with that and their first element there.

    They are arrays that were made flat and are not needed any more when they have been concatenated.
    """
    found: dict[Value, tuple[Value, int]] = {}
    for i, whole in enumerate(body):
        if whole.op is not np.concatenate or whole.keywords or len(whole.args) > 1 or whole in leaving:
            continue
        start = 0
        for flat in whole.args[0]:
            v = flat.args[0] if is_flattened(flat) else None
            if (
                v is not None
                and v not in found
                and v not in leaving
                and last[v] <= i
                and takes_out(v)
                and v.dtype == whole.dtype
                and v.example.flags.c_contiguous
            ):
                found[v] = whole, start
            start += flat.size
    return found


def is_flattened(a: Any) -> bool:
    """Is it an array made flat, from first to last?"""
    return (
        isinstance(a, Value)
        and a.op is np.reshape
        and a.args[1:] == ((-1,),)
        and not a.keywords
        and isinstance(a.args[0], Value)
    )


def escaping(program: Program, alias: Aliases) -> frozenset[Value]:
    """The values in whose memory lies what is returned, or what is given to a function that is neither NumPy's nor ours."""
    kept = [a for v in program.body() if is_foreign(v.op) for a in v.inputs]
    return memory_of((*values_in(program.outputs), *kept), alias)


def is_foreign(op: Any) -> bool:
    """Is it a user's function, which may keep the arrays that it is given?"""
    return not isinstance(op, np.ufunc) and (getattr(op, "__module__", None) or name_of(op)).split(".")[0] not in _OURS


def takes_out(v: Value) -> bool:
    """Can it be computed into an array that is there?"""
    if v.ndim == 0 or v.is_weak:
        return False
    return ((v.op in ELEMENTWISE or v.op is np.matmul) and not v.keywords) or is_plain_reduction(v)


def is_plain_reduction(v: Value) -> bool:
    """Is it a reduction along given axes and nothing else?"""
    keep = v.keywords.get("keepdims", False)
    return v.op in REDUCTIONS and v.keywords.keys() <= {"axis", "keepdims"} and len(v.args) <= 2 and type(keep) is bool


def may_overwrite(v: Value, a: Value, i: int, last: dict[Value, int], alias: Aliases) -> bool:
    """May `v`, made in line i, be computed in the array of `a`?

    Its elements must lie in the same places, nobody may read `a` later, and no argument may be in its memory but `a` itself.
    """
    return (
        v.op in ELEMENTWISE
        and not v.keywords
        and v.like(a)
        and v.ndim > 0
        and strides_of(v) == strides_of(a)
        and last.get(a, i) <= i
        and all(b is a or a not in alias.get(b, (b,)) for b in v.inputs)
    )


# ---------------------------------------------------------------------------------------------------------------------
# Layouts. A buffer lies in memory as the array lies that it stands for, so that both printings of a program give the same bits.


def strides_of(v: Value) -> tuple[int, ...]:
    """How far apart its elements are, along axes that have more than one."""
    return tuple(s for s, n in zip(v.example.strides, v.shape, strict=True) if n > 1)


def layout_of(v: Value) -> tuple[int, ...] | None:
    """The axes from the slowest to the fastest in memory; None if the elements do not lie densely."""
    axes = tuple(sorted(range(v.ndim), key=lambda i: (-v.example.strides[i], i)))
    dense = laid_out(np.empty(v.size, v.dtype), v.shape, axes)
    return (
        axes
        if all(s == t or n < 2 for s, t, n in zip(dense.strides, v.example.strides, v.shape, strict=True))
        else None
    )


def laid_out(block: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """A block of memory as an array of this shape, with these axes from the slowest to the fastest."""
    return block.reshape([shape[i] for i in axes]).transpose(sorted(range(len(axes)), key=axes.__getitem__))


CACHE_LINE = 64
"""Bytes. The widest load of today's processors is as long, and takes twice as long from two lines."""


def aligned(size: int, dtype: Any) -> Array:
    """A one-dimensional array, not filled, that begins with a cache line. It is a view of the room that was made for it."""
    itemsize = np.dtype(dtype).itemsize
    room = np.empty(size * itemsize + CACHE_LINE, np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size * itemsize].view(dtype)


def is_room(a: Any, size: int) -> bool:
    """May `a` be what `aligned` made for so many bytes?"""
    return (
        isinstance(a, np.ndarray) and a.dtype == np.uint8 and a.shape == (size + CACHE_LINE,) and a.flags.c_contiguous
    )
