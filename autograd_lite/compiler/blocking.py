"""Loops over blocks: what is done to large arrays one element after the other is done block by block.

Each operation on a large array brings all of it into the cache and sends it out again. Where several follow one another, as in an
optimiser's update, they do all that is to be done to a block of elements while it is there. The operations and their operands are
the same, and so are the bits.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .lifetimes import ELEMENTWISE
from .program import Value

Array = np.ndarray[Any, Any]
LEAST_BYTES = 2**18
"""Smaller arrays stay in the cache anyway."""
BLOCK_BYTES = 2**17
"""A handful of blocks of so many bytes fit into the cache of a core, and a call on one takes many times longer than calling."""


@dataclass
class Run:
    """Lines that follow one another, each an element-wise function of arrays of one shape.

    start : of the first line;  shape : of the arrays;  lines : how many
    names : the arrays
    """

    start: int
    shape: tuple[int, ...]
    lines: int = 0
    names: dict[str, None] = field(default_factory=dict)
    uses: int = 0
    """How often the arrays are named in the lines; if each is named in one line only, nothing is gained."""

    def add(self, names: Sequence[str]) -> None:
        self.lines += 1
        self.uses += len(set(names))
        self.names |= dict.fromkeys(names)

    @property
    def pays(self) -> bool:
        return self.lines > 1 and self.uses > len(self.names)


def arrays_of_line(v: Value, into: str, place: Mapping[Value, str], there: Mapping[str, Array]) -> list[str] | None:
    """The arrays that a line of a run names, the result's first; None if it can be part of none.

    place, there : the names of values, and the arrays that are there before the program runs, by name
    """
    if v.op not in ELEMENTWISE or v.keywords or v.example.nbytes < LEAST_BYTES:
        return None
    names = [into]
    for a in v.args:
        if isinstance(a, Value) and a.ndim:
            names.append(place.get(a, ""))
        elif not (isinstance(a, Value) or type(a) in (int, float)):
            return None
    for name in names:
        array = there.get(name)
        if array is None or array.shape != v.shape or not array.flags.c_contiguous:
            return None
    return names


def is_of_numbers(v: Value) -> bool:
    """Is it a number that is made from numbers alone? Then it can be computed before the arrays of a run."""
    return v.ndim == 0 and all(a.ndim == 0 for a in v.inputs)


def looped(lines: list[str], runs: Iterable[Run], blocks: Mapping[int, str], parts: Mapping[str, str]) -> list[str]:
    """The lines, with a loop in the place of each run.

    blocks : the name of the list of blocks of a run, by its start;  parts : the names of blocks, by that of the array
    """
    found: list[str] = []
    done = 0
    for run in runs:
        found += lines[done : run.start]
        variables = ", ".join(parts[name] for name in run.names)
        found.append(f"for {variables}{',' * (len(run.names) == 1)} in {blocks[run.start]}:")
        arrays = re.compile(rf"\b({'|'.join(run.names)})\b(?!=)")  # out=out: the first is no array
        for line in lines[run.start : run.start + run.lines]:
            call, comment, name = line.partition("  # ")
            found.append("    " + arrays.sub(lambda m: parts[m[0]], call) + comment + name)
        done = run.start + run.lines
    return found + lines[done:]


def in_blocks(arrays: Sequence[Array]) -> list[tuple[Array, ...]]:
    """Arrays of as many elements each, as blocks that belong together."""
    flat = [a.reshape(-1) for a in arrays]
    step = BLOCK_BYTES // max(a.itemsize for a in arrays)
    return [tuple(a[i : i + step] for a in flat) for i in range(0, flat[0].size, step)]
