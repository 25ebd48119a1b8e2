"""What the names in a running program stand for: functions, constants, held inputs, buffers and views of these."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .blocking import in_blocks
from .lifetimes import VIEWS
from .memory import Array, aligned, laid_out, layout_of, planned
from .names import identifier, unused, variable_names
from .program import Program, Value, values_in


class Places:
    """The names, and how to make a set of arrays that they stand for.

    held : the inputs that are no parameters of the text, but stand in its namespace
    """

    def __init__(self, program: Program, held: tuple[Value, ...] = ()):
        self.held = held
        self.memory = planned(program)
        self.names = variable_names(program, program.body())
        self.of: dict[Value, str] = {v: self.names[v] for v in program.inputs}
        """How each value is written once it is there: the name of a variable, or of an array that is there all the time."""
        self.fixed: dict[str, Any] = {"np": np}
        """Functions and constants, by name."""
        self.known: dict[int, str] = {}
        """Their names, by id."""
        self.taken = {program.name, *self.names.values()}
        self.buffers: dict[tuple[int, int, tuple[int, ...], tuple[int, ...]], str] = {}
        """The names of the arrays that the blocks are used as: block, first element, shape, layout."""
        self.views: dict[str, tuple[str, Callable[[Array], Array]]] = {}
        """Views of buffers and of held inputs, made once: the name of the array, and how."""
        self.flat: dict[str, str] = {}
        """The names of flat views, by that of the array."""
        self.empty: dict[str, np.dtype[Any]] = {}
        """The dtypes of 0-d arrays that the program fills."""
        self.loops: dict[str, list[str]] = {}
        """The names of the arrays whose blocks a loop goes through, by the name of the list of blocks."""
        self._blocks = self._allocated()
        self.there: dict[str, Array] = {self.names[v]: v.example for v in held}
        """One set of held inputs, buffers and views, to see what is a view of what."""

    def forget(self) -> None:
        """Let go of the arrays with which the program was printed."""
        self._blocks, self.there = [], {}

    def namespace(self, held: Sequence[Array] = ()) -> dict[str, Any]:
        """What the names stand for, with buffers of its own. held : the arrays of the inputs that are held"""
        return self.fixed | self.arrays(held)

    def arrays(self, held: Sequence[Array] = ()) -> dict[str, Any]:
        """The held inputs, buffers and views, by name; and lists of blocks of them."""
        blocks = self._allocated()
        there: dict[str, Any] = {self.names[v]: array for v, array in zip(self.held, held, strict=True)}
        there |= {name: _part(blocks, *use) for use, name in self.buffers.items()}
        for name, (of, view) in self.views.items():
            there[name] = view(there[of])
        there |= {name: np.empty((), dtype) for name, dtype in self.empty.items()}
        return there | {name: in_blocks([there[a] for a in arrays]) for name, arrays in self.loops.items()}

    def _allocated(self) -> list[Array]:
        return [aligned(size, dtype) for dtype, size in self.memory.blocks]

    # ----------------------------------------------------------------------------------------------------------- arrays

    def buffer(self, v: Value) -> str:
        """The name of the array that memory.py planned for a value."""
        axes = layout_of(v)
        assert axes is not None
        return self.part_of_block(self.memory.buffers[v], self.memory.starts.get(v, 0), v.shape, axes)

    def part_of_block(self, *use: Any) -> str:
        """The name of an array in a block: its number, the first element, the shape and the layout."""
        if use not in self.buffers:
            name = self.buffers[use] = self.unused(f"buffer{len(self.buffers) + 1}")
            self.there[name] = _part(self._blocks, *use)
        return self.buffers[use]

    def is_fixed_view(self, v: Value) -> bool:
        """Is it a view of what is there before the program runs? Then it is made then."""
        if (
            v.op not in VIEWS
            or not isinstance(v.args[0], Value)
            or next(values_in((*v.args[1:], *v.keywords.values())), None)
        ):
            return False
        of = self.there.get(self.of.get(v.args[0], ""))
        if of is None:
            return False

        def view(array: Array) -> Any:
            return op(array, *rest, **keywords)

        op, rest, keywords = v.op, v.args[1:], v.keywords
        array = view(of)
        if not np.may_share_memory(array, of):
            return False
        name = self.names[v] if v.name else self.unused(f"{self.of[v.args[0]]}_{self.names[v]}")
        self.views[name] = self.of[v.args[0]], view
        self.there[name] = array
        self.of[v] = name
        return True

    def is_dense(self, a: Value) -> bool:
        """Is it known before the program runs where it lies, and is that in rows without gaps?"""
        there = self.there.get(self.of.get(a, ""))
        return there is not None and there.flags.c_contiguous

    def flat_view(self, a: Value) -> str:
        """The name of a view of a dense array that is one-dimensional."""
        of = self.of[a]
        if of not in self.flat:
            name = self.flat[of] = self.unused(f"{of}_flat")
            self.views[name] = of, np.ravel
        return self.flat[of]

    # ------------------------------------------------------------------------------------------------------------ names

    def global_name(self, thing: Any, wanted: str) -> str:
        """The name of a function or constant."""
        if id(thing) not in self.known:
            name = self.known[id(thing)] = self.unused(identifier(wanted) or "function")
            self.fixed[name] = thing
        return self.known[id(thing)]

    def unused(self, wanted: str) -> str:
        """A name like this one that means nothing yet."""
        name = unused(wanted, self.taken)
        self.taken.add(name)
        return name


def _part(blocks: Sequence[Array], block: int, start: int, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    return laid_out(blocks[block][start : start + math.prod(shape)], shape, axes)
