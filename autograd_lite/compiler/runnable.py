"""A program, ready to run."""

import linecache
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from threading import Lock
from traceback import walk_tb
from types import CodeType
from typing import Any
from weakref import finalize

import numpy as np

from ..locks import own_lock
from ..quiet import silence
from .interpreter import settled
from .lifetimes import independent_writes
from .memory import is_foreign
from .packing import packed, side_by_side
from .passes import simplified
from .printer import source_of
from .program import Program, Value
from .running import Printing

_numbers = count(1)
_compile = __builtins__["compile"] if isinstance(__builtins__, dict) else __builtins__.compile


class Runnable:
    """A program ready to run, on arrays of the shapes, dtypes and layouts of its inputs.

    Called with one array (or number) an input, it returns a tuple, one entry an output; arrays in it share memory with nothing.
    Safe from several threads: each call has buffers of its own. Programs that write run one call at a time.

    held : inputs whose arrays are the same in many runs. They are no parameters: `instance` is given their arrays once
    """

    def __init__(self, program: Program, held: Iterable[Value] = ()):
        program = independent_writes(simplified(program))
        self._held = tuple(held)
        self.program = program = _settled_anew(program)
        running, self._packs = packed(program, self._held)
        if self._packs:
            forget(set(program.body()) - set(program.draws))
            running = _settled_anew(running)
        members = {m for pack in self._packs.values() for m in pack}
        printing = Printing(running, (*self._packs, *(v for v in self._held if v not in members)))
        self._places = printing.places
        self.text = printing.text
        """The Python that runs."""
        self.buffer_bytes = self._places.memory.nbytes
        self._filename = f"<autograd_lite program {next(_numbers)}: {program.name}>"
        linecache.cache[self._filename] = (len(self.text), None, self.text.splitlines(keepends=True), self._filename)
        finalize(self, linecache.cache.pop, self._filename, None)
        self._code: CodeType = _compile(self.text, self._filename, "exec")
        self._idle: list[Callable[..., Any]] = []
        self._writing: Any = None
        if program.writes:
            own_lock(self, "_writing")
        self._calls_others = any(is_foreign(v.op) for v in program.body())
        """Are there functions in it that may use context variables?"""
        forget((*program.inputs, *program.body(), *running.inputs, *running.body()))

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        if self._writing is None:
            return self._run(arrays)
        with self._writing:
            return self._run(arrays)

    def _run(self, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
        try:
            run = self._idle.pop()
        except IndexError:  # the first call, or others are running
            run = self.instance()[0]
        try:
            return run(*arrays)  # type: ignore[no-any-return]
        except Exception as error:
            self.explain(error)
            raise
        finally:
            self._idle.append(run)

    def instance(self, held: Sequence[Any] = ()) -> tuple[Callable[..., Any], list[Any]]:
        """A function that runs the program in buffers of its own, without a word about floating-point errors: one call at a time.

        held : the arrays of the inputs that are held. The second result is where it runs: some are moved to lie side by side
        """
        arrays: dict[Value, Any] = dict(zip(self._held, held, strict=True))
        for pack, members in self._packs.items():
            arrays[pack], views = side_by_side([arrays[m] for m in members])
            arrays.update(zip(members, views, strict=True))
        namespace = self._places.namespace([arrays[v] for v in self._places.held])
        exec(self._code, namespace)
        run = namespace[self.program.name]
        silent = _guarded(run) if self._calls_others else partial(silence().run, run)
        return silent, [arrays[v] for v in self._held]

    def explain(self, error: Exception) -> None:
        """Note on an error which lines of the program led to it."""
        for frame, line in walk_tb(error.__traceback__):
            if frame.f_code.co_filename == self._filename:
                text, _, name = self.text.splitlines()[line - 1].strip().partition("  # ")
                error.add_note(
                    f"in the compiled {self.program.name}, line {line}: {text}"
                    + (f", which computes {name}" if name else "")
                )

    @property
    def source(self) -> str:
        """The program as readable Python that needs NumPy only, and gives the same bits."""
        return source_of(self.program)


def _settled_anew(program: Program) -> Program:
    """The program settled; while it is, the examples that it had do not take up memory too."""
    forget(set(program.body()) - set(program.draws))
    return settled(program)


def _guarded(run: Callable[..., Any]) -> Callable[..., Any]:
    """The function, silent. Raises RuntimeError if a function that it calls calls it again, since it has one set of buffers.

    As a context does by itself; functions of others must not run in a context of ours, which hides their variables.
    """
    running = Lock()

    def guarded(*arrays: Any) -> Any:
        if not running.acquire(blocking=False):
            raise RuntimeError("a compiled program was called by a function that it calls")
        try:
            with np.errstate(all="ignore"):
                return run(*arrays)
        finally:
            running.release()

    return guarded


def forget(values: Iterable[Value]) -> None:
    """Keep shapes and dtypes only of what the values were when they were recorded."""
    for v in values:
        if not v.is_weak:
            v.example = np.broadcast_to(np.zeros((), v.dtype), v.shape)
