"""`compile`: a function becomes a program at its first call with a new signature, and the program runs from then on."""

from collections.abc import Callable, Container, Hashable
from functools import update_wrapper
from itertools import count
from sys import _getframe
from types import MethodType
from typing import Any
from warnings import warn

from ..function_names import name_of
from ..locks import own_lock
from ..mode import current_mode
from .identity import asks_for_identity, is_of_a_call
from .origin import Origin, origin_of
from .parts import Part
from .reach import shape
from .recorder import CompileError
from .signature import flattened, is_number, is_whole, kind_of
from .variant import NotForThese, Variant
from .watcher import Unfollowed
from .weak import is_stand_in, plain

_turns = count(1)
MOST_PROGRAMS = 64
"""How many programs one compiled function keeps; the one not used for longest is dropped."""


def compile(f: Callable[..., Any]) -> "Compiled":
    """A function of `f`'s signature that runs the program `f` stands for.

    The first call with a new signature (the structure of the arguments, shapes, dtypes, memory layouts) records f, gradients
    that it takes included, and turns the recording into a straight-line NumPy program.

    Parameters
    ----------
    f : callable
        Its arguments are numbers, arrays, Tensors, and lists, tuples and dicts of these. Strings, bools and what else can be
        hashed are constants of the program. Numbers are inputs of it; of an int, or an integer of NumPy, there is a program for
        each value if Python uses the value: as a length, an axis, a key, in a decision, in a text. Code with `type(...)`,
        `id(...)` or an `is` between objects has a program for each number, floats included.

    Returns
    -------
    Compiled
        A callable with `source` and `plans`. Calls from several threads run at once, each in buffers of its own. A copy or a
        pickle has programs of its own; it can be pickled if f can.

    Raises
    ------
    CompileError
        A RuntimeError, by a call: where f looks at a value other than an int, branches on one, makes a shape of one, or writes
        into what it was given or found. It names the line. An error that f raises comes out as it is.

    Notes
    -----
    Tensors that f finds outside of its arguments are read at every call, and so is every array that an operation on Tensors
    reads, whoever made the array. A gradient that f leaves in a `.grad` is left there by every call. Whatever else f can reach,
    such as global names, variables of enclosing functions, attributes, and what they hold, is compared before every call. If it
    has changed, f is recorded anew: pass as an argument what changes often.

    A program is used only if it stands for all that f does. If f changes something, draws random numbers by itself, prints, looks
    at a clock, or reaches something that cannot be compared, one CompileWarning names it, and f itself runs from then on. What it
    changed while it was recorded is put back before. (Operations that draw are declared with `impure`, in rules.py, and draw at
    every call.) A recording runs f once, and twice in two cases: if one of the Tensors given is also found outside of the
    arguments, and if a function in C or of another package refuses the stand-in for an int with a TypeError.

    Results are NumPy's up to the last bits, at every magnitude: numbers among the factors are gathered, and the slope of a
    sigmoid is made from its value. Floating-point warnings are not given. Gradients do not go through a compiled function: take
    them inside.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> slope = ag.compile(ag.grad(lambda x: np.sum(x**2)))
    >>> slope(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return Compiled(f)


class CompileWarning(UserWarning):
    """A function that was to be compiled runs as it is, since a program of it would give other answers."""


def levels_to_user() -> int:
    """The `stacklevel` with which a warning of the caller points to the line of the user's that led to it."""
    level, frame = 1, _getframe(1)
    while frame.f_back is not None and origin_of(frame.f_code) is Origin.LIBRARY:
        level, frame = level + 1, frame.f_back
    return level


class Attempts:
    """Decides whether another attempt to record is worth its time, which is that of hundreds of runs.

    A function that fills a cache at its first call can be followed from the second on. If something that a function reads is
    changed between two runs, it is recorded anew, as long as there are many runs for each such change.
    """

    def __init__(self) -> None:
        self.refusals = 0
        """How often in a row the function was refused."""
        self.recordings = 0

    def refused(self, error: Unfollowed) -> bool:
        """Is a refusal the last one?"""
        self.refusals += 1
        return error.for_good or self.refusals > 1

    def recorded(self) -> None:
        self.refusals = 0
        self.recordings += 1

    def are_too_many(self, runs: int) -> bool:
        """Were there more recordings than so many runs are worth?"""
        return self.recordings > 8 + runs // 50


class Compiled:
    """A compiled function. `source` is the program last used, `plans` all of them by signature."""

    __name__: str
    _lock: Any

    def __init__(self, f: Callable[..., Any]):
        if not callable(f):
            raise TypeError(f"compile takes a function; got {f!r}")
        update_wrapper(self, f)
        self._f = f
        self._programs: dict[Hashable, list[Variant]] = {}
        """By signature: the same arguments may need several, for other numbers or other states of what is found outside."""
        self._last: Variant | None = None
        self._stand_ins: bool | None = None
        """Can f be recorded without the numbers themselves? None before it is known."""
        own_lock(self)
        self._attempts: dict[Hashable, Attempts] = {}
        self._refused: str | None = None
        """Why f runs as it is, if it does."""

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        mode = current_mode()
        if mode.tracing is not None or self._refused is not None:
            return self._f(*args, **keywords)  # inside another recording it is a function like any other
        given, structure = flattened(args, keywords)
        signature = structure, tuple([kind_of(a) for a in given]), mode.recording
        with self._lock:
            variant: Variant | None
            for variant in reversed(self._programs.get(signature, ())):
                if variant.fits(given):
                    variant.runs += 1
                    break
            else:
                variant = self._recorded_if_followed(signature, args, keywords, given)
            if variant is not self._last and variant is not None:
                self._last = variant
                variant.used = next(_turns)
        if variant is None:
            return self._f(*args, **keywords)
        try:
            return variant(given)
        except NotForThese:
            with self._lock:
                variant = self._recorded_if_followed(signature, args, keywords, given, range(len(given)))
                self._last = variant or self._last
            return self._f(*args, **keywords) if variant is None else variant(given)

    def _recorded_if_followed(
        self, signature: Hashable, args: Any, keywords: Any, given: list[Any], themselves: Container[int] = ()
    ) -> Variant | None:
        """None if a program would not do all that f does. If it never will, a warning says so, once."""
        attempts = self._attempts.setdefault(signature, Attempts())
        before = [v for v in self._programs.get(signature, ()) if v.is_for_numbers(given)]
        if before and attempts.are_too_many(sum(variant.runs for variant in before)):
            self._refuse(f"{before[-1].changed()} is another at nearly every call")
            return None
        try:
            if themselves:
                variant = self._kept(signature, args, keywords, themselves)
            else:
                variant = self._recorded(signature, args, keywords, given)
        except Unfollowed as error:
            if attempts.refused(error):
                self._refuse(str(error))
            return None
        if before:
            attempts.recorded()
        attempts.refusals = 0
        return variant

    def _refuse(self, reason: str) -> None:
        self._refused = reason
        self._programs.clear()
        warn(
            f"{name_of(self._f)} runs without being compiled: {reason}. Pass as an argument what changes between calls, and "
            "draw, count and print outside of the function",
            CompileWarning, stacklevel=levels_to_user(),
        )  # fmt: skip

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A compiled method is called with its object."""
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<{name_of(self._f)}, compiled>"

    def __reduce__(self) -> Any:
        return Compiled, (self._f,)  # a copy has programs of its own

    def _recorded(self, signature: Hashable, args: Any, keywords: Any, given: list[Any]) -> Variant:
        """A program for these arguments, in which something stands for the numbers, if f bears that."""
        if self._stand_ins is None and any(map(is_number, given)):
            self._stand_ins = not asks_for_identity(self._f)
        if self._stand_ins is False:
            return self._kept(signature, args, keywords, range(len(given)))
        whole = {i for i, a in enumerate(given) if is_whole(a)}

        def repeats(error: BaseException) -> bool:
            """Is it the stand-in for a number that f could not bear?"""
            return isinstance(error, TypeError) and bool(whole) and is_of_a_call(error, self._f)

        try:
            return self._kept(signature, args, keywords, repeats=repeats)
        except TypeError as error:
            if not repeats(error):
                raise
        return self._kept(signature, args, keywords, whole)

    def _kept(
        self,
        signature: Hashable,
        args: Any,
        keywords: Any,
        themselves: Container[int] = (),
        repeats: Callable[[BaseException], bool] = lambda error: False,
    ) -> Variant:
        """A new program, for which the one not used for longest may have to go."""
        try:
            variant = Variant(self._f, args, keywords, themselves, lambda e: isinstance(e, CompileError) or repeats(e))
        except Exception as error:
            if any(map(is_stand_in, error.args)):
                error.args = plain(error.args)
            raise
        variant.used = next(_turns)
        self._programs.setdefault(signature, []).append(variant)
        if sum(map(len, self._programs.values())) > MOST_PROGRAMS:
            oldest = min(self._programs, key=lambda s: min(v.used for v in self._programs[s]))
            variants = self._programs[oldest]
            variants.remove(min(variants, key=lambda v: v.used))
            if not variants:
                del self._programs[oldest], self._attempts[oldest]
        return variant

    @property
    def source(self) -> str:
        """The program last used, as readable Python that needs NumPy only. Raises RuntimeError before the first call."""
        if self._last is None:
            raise RuntimeError(f"{name_of(self._f)} has not been called yet, and is compiled when it is: call it first")
        return self._last.runnable.source

    @property
    def plans(self) -> dict[Hashable, str]:
        """The source of every program kept, by signature and the numbers that it is for alone; the newest, if several are."""
        return {
            (signature, *v.fixed.items()) if v.fixed else signature: v.runnable.source
            for signature, variants in self._programs.items()
            for v in variants
        }


shape(Compiled, lambda compiled, names: [Part(".", "_f", compiled._f)])

__all__ = ["Compiled", "compile"]
