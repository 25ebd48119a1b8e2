"""The running printing of a program: one call a line, into the places that memory.py planned."""

from operator import getitem
from typing import Any

import numpy as np

from ..function_names import name_of
from .blocking import Run, arrays_of_line, is_of_numbers, looped
from .expressions import ATOM, INFIX, Text, arguments, literal, written
from .lifetimes import aliases, memory_of
from .memory import REDUCTIONS, is_flattened, is_foreign, is_plain_reduction
from .names import escaped
from .places import Places
from .program import Program, Value, values_in
from .sameness import identity

ARITHMETIC = frozenset((np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum))


class Printing:
    """The text, and the places that its names stand for.

    held : the inputs that are no parameters of the text, but stand in its namespace
    """

    def __init__(self, program: Program, held: tuple[Value, ...] = ()):
        self.program = program
        self.held = held
        self.places = Places(program, held)
        self.memory, self.place = self.places.memory, self.places.of
        self.scalars: dict[tuple[Any, Any], str] = {}
        """The names of the 0-d arrays that numbers are given as, by number and dtype."""
        self.lines: list[str] = []
        self.runs: list[Run] = []
        """Lines that may become loops."""
        self.run: Run | None = None
        """The last of them, as long as it may become longer."""
        for v in program.body():
            self._print(v)
        self._print_writes()
        self._print_return()
        self._make_loops()
        self.places.forget()

    @property
    def text(self) -> str:
        parameters = ", ".join(self.place[v] for v in self.program.inputs if v not in self.held)
        return "\n".join([f"def {self.program.name}({parameters}):", *(f"    {line}" for line in self.lines), ""])

    # ----------------------------------------------------------------------------------------------------------- lines

    def _print(self, v: Value) -> None:
        if v in self.memory.in_target:
            self._line(v, self.place[self.memory.in_target[v]])
        elif v in self.memory.buffers and v.op is np.concatenate:
            self._concatenate(v)
        elif v in self.memory.buffers:
            self._line(v, self.places.buffer(v))
        elif not self.places.is_fixed_view(v):
            self.place[v] = self.places.names[v]
            text = f"{self.places.names[v]} = {self._call(v)}{self._comment(v)}"
            if is_of_numbers(v):
                self._insert(text)
            else:
                self.lines.append(text)
                self.run = None

    def _line(self, v: Value, into: str) -> None:
        """A call that writes its result into an array."""
        names = arrays_of_line(v, into, self.place, self.places.there)
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
        names = {run.start: self.places.unused(f"blocks{i}") for i, run in enumerate(runs, 1)}
        self.places.loops = {names[run.start]: list(run.names) for run in runs}
        arrays = dict.fromkeys(name for run in runs for name in run.names)
        self.lines = looped(self.lines, runs, names, {a: self.places.unused(f"{a}_part") for a in arrays})

    def _concatenate(self, v: Value) -> None:
        """Copy those parts that were not computed in their places."""
        self.run = None
        self.place[v] = self.places.buffer(v)
        start = 0
        for flat in v.args[0]:
            part = flat.args[0] if is_flattened(flat) else flat
            if self.memory.buffers.get(part) != self.memory.buffers[v] or self.memory.starts.get(part) != start:
                into = self.places.part_of_block(self.memory.buffers[v], start, flat.shape, (0,))
                self.lines.append(f"{into}[...] = {self._of(flat)[0]}")
            start += flat.size

    def _comment(self, v: Value) -> str:
        return f"  # {escaped(v.name)}" if v.name and v.name != self.place[v] else ""

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
        if v.is_weak or v.op in (getitem, np.transpose, np.astype) or (v.ndim == 0 and v.op in INFIX):
            return written(v, self._of, self._function)[0]
        op = v.op
        if op is np.divide and v.kind == "f" and type(v.args[0]) is float and v.args[0] == 1.0 and v.like(v.args[1]):
            op, parts = np.reciprocal, [self._of(v.args[1])[0]]
        elif op in ARITHMETIC and v.kind == "f":
            parts = [self._operand(a, v.dtype) for a in v.args]
        elif op is np.vdot and v.args[0] is v.args[1] and self.places.is_dense(v.args[0]):
            op, parts = np.dot, [self.places.flat_view(v.args[0])] * 2
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
            key = identity(a), dtype
            if key not in self.scalars:
                name = self.scalars[key] = self.places.unused("number")
                with np.errstate(over="ignore"):  # a number may be too large for the dtype, which makes it infinite
                    self.places.fixed[name] = np.array(a, dtype)
            return self.scalars[key]
        if isinstance(a, Value) and a.is_weak:
            if (a, dtype) not in self.scalars:
                name = self.scalars[a, dtype] = self.places.unused(f"{self.place[a]}_{dtype.name}")
                self.places.empty[name] = dtype
                self._insert(f"{name}[()] = {self.place[a]}")
            return self.scalars[a, dtype]
        return self._of(a)[0]

    def _reduction(self, v: Value, into: str | None) -> str:
        """A call of the ufunc's method: (array, axis, dtype, out, keepdims)."""
        method = REDUCTIONS[v.op]
        axis = v.args[1] if len(v.args) > 1 else v.keywords.get("axis")
        parts = [self._of(v.args[0])[0], self._of(axis)[0]]
        if into is not None or v.keywords.get("keepdims"):
            parts += ["None", into or "None", str(bool(v.keywords.get("keepdims")))]
        return f"{self.places.global_name(method, name_of(method)[3:].replace('.', '_'))}({', '.join(parts)})"

    def _of(self, a: Any) -> Text:
        if isinstance(a, Value):
            return (self.place[a] if a in self.place else self._constant(a.example)), ATOM
        return literal(a, self._constant, self._of)

    def _constant(self, a: Any) -> str:
        return self.places.global_name(a, "constant")

    def _function(self, op: Any) -> str:
        return self.places.global_name(op, str(getattr(op, "__name__", "function")))


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
