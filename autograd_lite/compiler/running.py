"""The running printing of a program: one call a line, into the places that memory.py planned."""

import math
from collections.abc import Callable, Sequence
from operator import getitem
from typing import Any

import numpy as np

from ..rules import name_of
from .blocking import Run, arrays_of_line, in_blocks, is_of_numbers, looped
from .expressions import ATOM, INFIX, Text, arguments, literal, written
from .lifetimes import VIEWS, aliases, memory_of
from .memory import REDUCTIONS, Array, is_flattened, is_foreign, is_plain_reduction, laid_out, layout_of, planned
from .names import unused, variable_names
from .program import Program, Value, values_in

ARITHMETIC = frozenset((np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum))


class Printing:
    """The text, and what its names stand for.

    held : the inputs that are no parameters of the text, but stand in its namespace
    """

    def __init__(self, program: Program, held: tuple[Value, ...] = ()):
        self.program = program
        self.held = held
        self.memory = planned(program)
        self.names = variable_names(program, program.body())
        self.place: dict[Value, str] = {v: self.names[v] for v in program.inputs}
        """How each value is written once it is there: the name of a variable, or of a buffer."""
        self.fixed: dict[str, Any] = {"np": np}
        """Functions and constants, by name."""
        self.known: dict[int, str] = {}
        """Their names, by id."""
        self.taken = {"np", program.name, *self.names.values()}
        self.buffers: dict[tuple[int, int, tuple[int, ...], tuple[int, ...]], str] = {}
        """The names of the arrays that the blocks are used as: block, first element, shape, layout."""
        self.views: dict[str, tuple[str, Callable[[Array], Array]]] = {}
        """Views of buffers and of held inputs, made once: the name of the array, and how."""
        self.flat: dict[str, str] = {}
        """The names of flat views, by that of the array."""
        self.scalars: dict[tuple[Any, Any], str] = {}
        """The names of the 0-d arrays that numbers are given as, by number and dtype."""
        self.blocks = self._blocks()
        self.there: dict[str, Array] = {self.names[v]: v.example for v in held}
        """One set of held inputs, buffers and views, to see what is a view of what."""
        self.lines: list[str] = []
        self.runs: list[Run] = []
        """Lines that may become loops."""
        self.run: Run | None = None
        """The last of them, as long as it may become longer."""
        self.loops: dict[str, list[str]] = {}
        """The names of the arrays whose blocks a loop goes through, by the name of the list of blocks."""
        for v in program.body():
            self._print(v)
        self._print_writes()
        self._print_return()
        self._make_loops()
        self.blocks, self.there = [], {}  # each run has its own

    @property
    def text(self) -> str:
        parameters = ", ".join(self.names[v] for v in self.program.inputs if v not in self.held)
        return "\n".join([f"def {self.program.name}({parameters}):", *(f"    {line}" for line in self.lines), ""])

    def namespace(self, held: Sequence[Array] = ()) -> dict[str, Any]:
        """What the names of the text stand for, with buffers of its own. held : the arrays of the inputs that are held"""
        return self.fixed | self._allocated(held)

    def _allocated(self, held: Sequence[Array] = ()) -> dict[str, Any]:
        blocks = self._blocks()
        there: dict[str, Any] = {self.names[v]: array for v, array in zip(self.held, held, strict=True)}
        there |= {name: _part(blocks, *use) for use, name in self.buffers.items()}
        for name, (of, view) in self.views.items():
            there[name] = view(there[of])
        for (_, dtype), name in self.scalars.items():
            if name not in self.fixed:
                there[name] = np.empty((), dtype)
        return there | {name: in_blocks([there[a] for a in arrays]) for name, arrays in self.loops.items()}

    def _blocks(self) -> list[Array]:
        return [np.empty(size, dtype) for dtype, size in self.memory.blocks]

    # ----------------------------------------------------------------------------------------------------------- lines

    def _print(self, v: Value) -> None:
        if v in self.memory.in_target:
            self._line(v, self.place[self.memory.in_target[v]])
        elif v in self.memory.buffers and v.op is np.concatenate:
            self._concatenate(v)
        elif v in self.memory.buffers:
            self._line(v, self._buffer(v))
        elif not self._is_fixed_view(v):
            self.place[v] = self.names[v]
            text = f"{self.names[v]} = {self._call(v)}{self._comment(v)}"
            if is_of_numbers(v):
                self._insert(text)
            else:
                self.lines.append(text)
                self.run = None

    def _line(self, v: Value, into: str) -> None:
        """A call that writes its result into an array."""
        names = arrays_of_line(v, into, self.place, self.there)
        if names is None:
            self.run = None
        self.place[v] = into
        text = f"{self._call(v, into)}{self._comment(v)}"
        if names is not None:
            if self.run is None or self.run.shape != v.shape:
                self.run = Run(len(self.lines), v.shape)
                self.runs.append(self.run)
            self.run.add(names)
        self.lines.append(text)

    def _insert(self, text: str) -> None:
        """A line about numbers: before the run of lines about arrays, if that is not at its end."""
        self.lines.insert(len(self.lines) if self.run is None else self.run.start, text)
        if self.run is not None:
            self.run.start += 1

    def _make_loops(self) -> None:
        runs = [run for run in self.runs if run.pays]
        names = {run.start: self._unused(f"blocks{i}") for i, run in enumerate(runs, 1)}
        self.loops = {names[run.start]: list(run.names) for run in runs}
        self.lines = looped(self.lines, runs, names)

    def _concatenate(self, v: Value) -> None:
        """Copy those parts that were not computed in their places."""
        self.run = None
        self.place[v] = self._buffer(v)
        start = 0
        for flat in v.args[0]:
            part = flat.args[0] if is_flattened(flat) else flat
            if self.memory.buffers.get(part) != self.memory.buffers[v] or self.memory.starts.get(part) != start:
                into = self._block(self.memory.buffers[v], start, flat.shape, (0,))
                self.lines.append(f"{into}[...] = {self._of(flat)[0]}")
            start += flat.size

    def _comment(self, v: Value) -> str:
        return f"  # {v.name}" if v.name and v.name != self.place[v] else ""

    def _buffer(self, v: Value) -> str:
        axes = layout_of(v)
        assert axes is not None
        return self._block(self.memory.buffers[v], self.memory.starts.get(v, 0), v.shape, axes)

    def _block(self, *use: Any) -> str:
        if use not in self.buffers:
            name = self.buffers[use] = self._unused(f"buffer{len(self.buffers) + 1}")
            self.there[name] = _part(self.blocks, *use)
        return self.buffers[use]

    def _is_fixed_view(self, v: Value) -> bool:
        """Is it a view of what is there before the program runs? Then it is made then."""
        if (
            v.op not in VIEWS
            or not isinstance(v.args[0], Value)
            or next(values_in((*v.args[1:], *v.keywords.values())), None)
        ):
            return False
        of = self.there.get(self.place.get(v.args[0], ""))
        if of is None:
            return False

        def view(array: Array) -> Any:
            return op(array, *rest, **keywords)

        op, rest, keywords = v.op, v.args[1:], v.keywords
        array = view(of)
        if not np.may_share_memory(array, of):
            return False
        name = self.names[v] if v.name else self._unused(f"{self.place[v.args[0]]}_{self.names[v]}")
        self.views[name] = self.place[v.args[0]], view
        self.there[name] = array
        self.place[v] = name
        return True

    def _print_writes(self) -> None:
        for w in self.program.writes:
            if self.memory.in_target.get(w.value) is not w.target:
                self.lines.append(f"{self.place[w.target]}[...] = {self._of(w.value)[0]}")

    def _print_return(self) -> None:
        """Each output in an array that nothing else shares."""
        alias = aliases(self.program)
        given: set[Value] = set()
        texts = []
        for o in self.program.outputs:
            mine = memory_of(values_in([o]), alias)
            own = bool(mine) and given.isdisjoint(mine) and not any(v.op is None or is_foreign(v.op) for v in mine)
            given |= mine
            number = o.is_weak if isinstance(o, Value) else not isinstance(o, np.ndarray)
            texts.append(self._of(o)[0] if own or number else f"np.array({self._of(o)[0]})")
        self.lines.append(f"return ({', '.join(texts)}{',' if len(texts) == 1 else ''})")

    # ----------------------------------------------------------------------------------------------------- expressions

    def _call(self, v: Value, into: str | None = None) -> str:
        if is_plain_reduction(v):
            return self._reduction(v, into)
        if v.is_weak or v.op in (getitem, np.transpose) or (v.ndim == 0 and v.op in INFIX):
            return written(v, self._of, self._function)[0]
        op = v.op
        if op is np.divide and v.kind == "f" and type(v.args[0]) is float and v.args[0] == 1.0 and v.like(v.args[1]):
            op, parts = np.reciprocal, [self._of(v.args[1])[0]]
        elif op in ARITHMETIC and v.kind == "f":
            parts = [self._operand(a, v.dtype) for a in v.args]
        elif op is np.vdot and v.args[0] is v.args[1] and self._is_there(v.args[0]):
            op, parts = np.dot, [self._flat(v.args[0])] * 2
        else:
            op = np.dot if into is not None and _is_plain_product(v) else op
            parts = arguments(v, self._of)
        if into is not None:  # by position is quicker, but for those that are to take many arguments one day
            parts.append(f"out={into}" if v.op in (np.maximum, np.minimum) else into)
        return f"{self._function(op)}({', '.join(parts)})"

    def _operand(self, a: Any, dtype: np.dtype[Any]) -> str:
        """An operand of floating arithmetic in `dtype`. A Python number takes its dtype, for which NumPy needs a microsecond.

        So it is made a 0-d array of that dtype before the program runs, or, if it is an input, at its first use.
        """
        if type(a) in (int, float):
            key = repr(a), dtype  # 0.0 and -0.0 are equal
            if key not in self.scalars:
                name = self.scalars[key] = self._unused("number")
                with np.errstate(over="ignore"):  # a number may be too large for the dtype, which makes it infinite
                    self.fixed[name] = np.array(a, dtype)
            return self.scalars[key]
        if isinstance(a, Value) and a.is_weak:
            if (a, dtype) not in self.scalars:
                name = self.scalars[a, dtype] = self._unused(f"{self.place[a]}_{dtype.name}")
                self._insert(f"{name}[()] = {self.place[a]}")
            return self.scalars[a, dtype]
        return self._of(a)[0]

    def _is_there(self, a: Value) -> bool:
        """Is it dense and in rows, where it is known before the program runs?"""
        there = self.there.get(self.place.get(a, ""))
        return there is not None and there.flags.c_contiguous

    def _flat(self, a: Value) -> str:
        """A view of such an array as np.vdot makes it flat, which it does at every call."""
        of = self.place[a]
        if of not in self.flat:
            name = self.flat[of] = self._unused(f"{of}_flat")
            self.views[name] = of, np.ravel
        return self.flat[of]

    def _reduction(self, v: Value, into: str | None) -> str:
        """A call of the ufunc's method: (array, axis, dtype, out, keepdims)."""
        method = REDUCTIONS[v.op]
        axis = v.args[1] if len(v.args) > 1 else v.keywords.get("axis")
        parts = [self._of(v.args[0])[0], self._of(axis)[0]]
        if into is not None or v.keywords.get("keepdims"):
            parts += ["None", into or "None", str(bool(v.keywords.get("keepdims")))]
        return f"{self._global(method, name_of(method)[3:].replace('.', '_'))}({', '.join(parts)})"

    def _of(self, a: Any) -> Text:
        if isinstance(a, Value):
            return (self.place[a] if a in self.place else self._constant(a.example)), ATOM
        return literal(a, self._constant, self._of)

    def _constant(self, a: Any) -> str:
        return self._global(a, "constant")

    def _function(self, op: Any) -> str:
        return self._global(op, getattr(op, "__name__", "function"))

    def _global(self, thing: Any, wanted: str) -> str:
        wanted = wanted if wanted.isidentifier() else "function"
        if id(thing) not in self.known:
            name = self.known[id(thing)] = self._unused(wanted)
            self.fixed[name] = thing
        return self.known[id(thing)]

    def _unused(self, wanted: str) -> str:
        name = unused(wanted, self.taken)
        self.taken.add(name)
        return name


def _part(blocks: Sequence[Array], block: int, start: int, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    return laid_out(blocks[block][start : start + math.prod(shape)], shape, axes)


def _is_plain_product(v: Value) -> bool:
    """Is it a product of matrices for which np.matmul and np.dot call the same function of the BLAS?

    np.dot needs a microsecond less to come to it. Of rows and columns, and of other layouts, each makes something else.
    """
    return (
        v.op is np.matmul
        and v.ndim == 2
        and v.dtype in (np.float32, np.float64)
        and v.example.flags.c_contiguous
        and all(
            isinstance(a, Value) and a.dtype == v.dtype and a.ndim == 2 and min(a.shape) > 1 and a.example.flags.forc
            for a in v.args
        )
    )
