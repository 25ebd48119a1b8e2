"""Watching Python while a function is recorded: what it reads and changes that is no operation of the graph.

A recording hears of operations on Tensors only. A number that the function read from a global name, or drew from a random
generator, is to it a number like any other. So while the function runs the interpreter tells of each Python function that is
entered, and of each C function that is called (`sys.setprofile`). Before the code of a function runs, all that it can reach is
noted; afterwards it is compared. What can be reached and was not changed becomes a guard; what was changed, or cannot be seen, a
refusal.
"""

import dis
import gc
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from .before import Before, Kept
from .generators import GENERATORS, SHARED, stir
from .guard import Guard
from .harmless import harm, reads_any_name
from .names_in_code import Reads, is_of_library, reads_of
from .origin import Origin, is_standard, origin_of
from .parts import Globals, Names, Opaque, Part
from .restoring import put_back


class Unfollowed(Exception):
    """A function does what a program of it would not do again.

    for_good : it will at the next time too. If not, it may be that it only made ready something that it keeps
    """

    def __init__(self, reason: str, for_good: bool = True):
        super().__init__(reason)
        self.for_good = for_good


class _Stop(BaseException):
    """Ends the run of the function before it does what could not be undone. No `except Exception` of its code catches it."""

    def __init__(self, reason: str, for_good: bool = True):
        self.reason, self.for_good = reason, for_good


_LIBRARY = Origin.LIBRARY


class Watcher:
    """Watches a function inside of a `with` block. Leaving it raises Unfollowed, when all that was changed is as it was before.

    roots : what the function is known to use, by name
    but : by the id of an object, attributes of it that are looked at elsewhere
    repeats : will the function run again after an error of its own? If not, what it changed before that stays changed
    """

    def __init__(
        self, roots: Mapping[str, Any], but: Mapping[int, frozenset[str]], repeats: Callable[[BaseException], bool]
    ):
        self._repeats = repeats
        self._names = Names()
        self._roots = [Part("", name, thing) for name, thing in roots.items()]
        self._but = dict(but)
        self._before = Before(self._names, self._but, self._read_any_name)
        self._codes: dict[CodeType, set[int]] = {}
        """The code that ran, and the ids of the namespaces in which it did."""
        self._origins: dict[CodeType, Origin] = {}
        self._selves: set[type] = set()
        self._stopped: _Stop | None = None
        self._dynamic = False
        self._other: Any = None

    def __enter__(self) -> "Watcher":
        for generator in SHARED:
            self._before.reach(Part("", "", generator))
            stir(generator)
            self._before.has_drawn(generator)
        try:
            for root in self._roots:
                self._before.reach(root)
        except Opaque as error:
            put_back(self._before)
            raise self._opaque(error) from None
        self._other = sys.getprofile()
        if self._other is not None and not callable(
            self._other
        ):  # a profiler written in C, which is told nothing meanwhile
            self._other.disable()
        self._collected = gc.isenabled()
        gc.disable()  # the functions that it calls are none of the function's
        self._heard = self._listener()
        sys.setprofile(self._heard)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, at: Any) -> None:
        if self._other is not None and not callable(self._other):
            sys.setprofile(None)
            self._other.enable()
        else:
            sys.setprofile(self._other)
        if self._collected:
            gc.enable()
        stop = self._stopped
        if stop is None and error is None:
            stop = self._changed()
        if stop is not None or (error is not None and self._repeats(error)):
            put_back(self._before)
        else:
            for generator in SHARED:
                self._before.set_back(generator)
        self._before.kept.clear()
        if stop is not None:
            raise Unfollowed(stop.reason, stop.for_good) from None

    def will_draw(self, generator: np.random.Generator) -> None:
        """An operation of the graph is about to draw from a generator, as a program will."""
        kept = self._before.kept.get(id(generator.bit_generator))
        if kept is not None and not self._before.is_unmoved(kept):
            self._stop(self._draws(kept))

    def has_drawn(self, generator: np.random.Generator) -> None:
        """An operation of the graph has drawn from a generator."""
        self._before.has_drawn(generator.bit_generator)

    def reach(self, name: str, thing: Any) -> None:
        """Take something more for what the function uses."""
        part = Part("", name, thing)
        self._roots.append(part)
        self._before.reach(part)

    def require_unchanged(self) -> None:
        """End the run if the function has changed something so far."""
        sys.setprofile(None)
        stop = self._changed()
        sys.setprofile(self._heard)
        if stop is not None:
            self._stop(stop.reason, stop.for_good)

    def stop(self, reason: str, for_good: bool = True) -> None:
        """The function does what a program could not do again."""
        self._stop(reason, for_good)

    def guard(self) -> Guard:
        """Asks, later, whether all is as it is now."""
        return Guard(self._roots, self._names, self._but, self._selves)

    # ---------------------------------------------------------------------------------------------------------- hearing

    def _listener(self) -> Any:
        """What the interpreter calls thousands of times in a recording."""
        codes, origins, other = self._codes, self._origins, self._other if callable(self._other) else None

        def heard(frame: FrameType, event: str, arg: Any) -> None:
            if event == "c_call":
                if origins.get(frame.f_code) is not _LIBRARY or arg.__name__ == "open":
                    self._call(frame, arg)
            elif event == "call":
                seen = codes.get(frame.f_code)
                if seen is None or id(frame.f_globals) not in seen:
                    self._enter(frame, frame.f_code)
            if other is not None:
                other(frame, event, arg)

        return heard

    def _enter(self, frame: FrameType, code: CodeType) -> None:
        """Code is about to run that has not run before."""
        if self._stopped is not None:
            return
        origin = self._origins[code] = Origin.LIBRARY if is_of_library(frame) else origin_of(code)
        if origin is Origin.USER and is_standard(code) and _is_for_library(frame):
            self._origins[code] = Origin.PURE
            return
        first = code not in self._codes
        self._codes.setdefault(code, set()).add(id(frame.f_globals))
        reads = reads_of(code)
        try:
            if first:
                self._before.learn(reads.names, own=origin is Origin.USER)
                if origin is Origin.USER:
                    if code.co_name == "<module>":
                        self._stop(f"it imports {frame.f_globals.get('__name__')} for the first time", for_good=False)
                    if code.co_argcount and code.co_varnames[0] == "self":
                        self._selves.add(type(frame.f_locals["self"]))
            if origin is Origin.USER:
                for part in (*self._outside(frame.f_globals, reads), *(self._functions(code) if first else ())):
                    self._roots.append(part)
                    self._before.reach(part)
                cached = self._before.cached_by(code)
                if cached is not None:  # what a cache holds cannot be taken out of it again
                    self._stop(f"it fills the cache of {cached}", for_good=False)
            if self._dynamic and not self._names.dynamic:
                self._before.learn_all()
        except Opaque as error:
            self._stop(str(self._opaque(error, frame)))

    def _outside(self, namespace: dict[str, Any], reads: Reads) -> Iterator[Part]:
        if reads.globals:
            yield Part("", "", Globals(namespace, reads.globals))
        for name in sorted(reads.modules):
            for full in (name, f"{namespace.get('__package__') or ''}.{name}".strip(".")):
                module = sys.modules.get(full)
                if module is not None:
                    yield Part("", full, module)

    def _functions(self, code: CodeType) -> Iterator[Part]:
        """The functions with this code, if it was not come to on any way that is looked at. They may have variables of others."""
        if not (code.co_freevars or code.co_argcount):
            return
        if not self._before.knows_code(code) and not any(code in other.co_consts for other in self._codes):
            for f in gc.get_referrers(code):
                if isinstance(f, FunctionType):
                    yield Part("", f.__name__, f)

    def _call(self, frame: FrameType, function: Any) -> None:
        """A function written in C is about to be called."""
        code = frame.f_code
        origin = self._origins.get(code) or origin_of(code)
        if self._stopped is not None or code.co_filename.startswith("<frozen importlib"):
            return
        bad = harm(function, origin)
        if bad is not None:
            self._stop(
                f"it calls {bad}{self._line(frame)}, which a program would do no more, or whose answer it would keep for ever"
            )
        if origin in (Origin.USER, Origin.READER) and not self._names.dynamic and reads_any_name(function):
            try:
                self._before.learn_all()
            except Opaque as error:
                self._stop(str(self._opaque(error, frame)))

    def _read_any_name(self) -> None:
        self._dynamic = True

    def _stop(self, reason: str, for_good: bool = True) -> None:
        self._stopped = _Stop(reason, for_good)
        raise self._stopped

    # ------------------------------------------------------------------------------------------------------------ words

    def _changed(self) -> _Stop | None:
        for kept, part in self._before.changes():
            if isinstance(kept.thing, GENERATORS):
                return _Stop(self._draws(kept))
            words = self._words(kept, None if part is None or part.how in ("[", "the key") else part)
            return _Stop(
                f"it changes {words}{self._line_of(words)}, which a program would not do again", for_good=False
            )
        return None

    def _draws(self, kept: Kept) -> str:
        if any(kept.thing is g for g in SHARED):
            module = "random" if isinstance(kept.thing, random.Random) else "np.random"
            words, line = f"the functions of {module}", self._line_of(module.rpartition(".")[2])
        else:
            words = self._words(kept, None).removesuffix(".bit_generator").replace(".bit_generator of", " of")
            words, line = f"the generator {words}", self._line_of(words)
        return f"it draws random numbers from {words}{line}, and a program would keep those that it drew first"

    def _words(self, kept: Kept, part: Part | None) -> str:
        return self._before.words(kept.came if part is None else (kept, part), self._selves)

    def _opaque(self, error: Opaque, frame: FrameType | None = None) -> Unfollowed:
        words = self._before.words(error.way, self._selves)
        line = self._line_of(words) or (self._line(frame) if frame is not None else "")
        return Unfollowed(f"it can reach {words}, a {type(error.thing).__name__}{line}, which {error.why}")

    def _line(self, frame: FrameType | None) -> str:
        """Where in the user's code we are."""
        while frame is not None and (origin_of(frame.f_code) is not Origin.USER or is_standard(frame.f_code)):
            frame = frame.f_back
        return "" if frame is None else f" at {frame.f_code.co_filename}:{frame.f_lineno}"

    def _line_of(self, words: str) -> str:
        """Where in the user's code a name is written that ends the words for a thing; else where it is read."""
        last = words.partition(" of ")[0].partition("[")[0].replace(" ", ".").rpartition(".")[2]
        best = ""
        for code in self._codes:
            if origin_of(code) is Origin.USER and not is_standard(code):
                line = code.co_firstlineno
                for i in dis.get_instructions(code):
                    line = i.positions.lineno if i.positions and i.positions.lineno else line
                    if i.argval == last and i.opname.startswith(("STORE_", "DELETE_")):
                        return f" at {code.co_filename}:{line}"
                    if i.argval == last and not best:
                        best = f" at {code.co_filename}:{line}"
        return best


def _is_for_library(frame: FrameType | None) -> bool:
    """Does code of the standard library run because the library called it?"""
    while frame is not None and is_standard(frame.f_code):
        frame = frame.f_back
    return frame is not None and origin_of(frame.f_code) is Origin.LIBRARY
