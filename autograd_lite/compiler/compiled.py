"""`compile`: a function becomes a program at its first call with a new signature, and the program runs from then on."""

from collections.abc import Callable, Container, Hashable
from functools import update_wrapper
from itertools import count
from types import MethodType
from typing import Any

from ..locks import own_lock
from ..mode import current_mode
from ..rules import name_of
from .identity import asks_for_identity, is_of_a_call
from .signature import flattened, is_number, is_whole, kind_of
from .variant import NotForThese, Variant
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
    reads, whoever made the array. A gradient that f leaves in a `.grad` is left there by every call. A module of nn that f calls
    may change, by `eval()` or another layer: then f is recorded anew. What else f finds is a constant, such as a number in a
    global name or in an attribute: pass as an argument what is to change.

    What else f does happens only when it is recorded: what it prints, stores, computes from arrays alone, or draws from a random
    generator by itself. A recording runs f once, and twice in two cases: if one of the Tensors given is also found outside of the
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

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        mode = current_mode()
        if mode.tracing is not None:  # inside another recording it is a function like any other
            return self._f(*args, **keywords)
        given, structure = flattened(args, keywords)
        signature = structure, tuple([kind_of(a) for a in given]), mode.recording
        with self._lock:
            for variant in reversed(self._programs.get(signature, ())):
                if variant.fits(given):
                    break
            else:
                variant = self._recorded(signature, args, keywords, given)
            if variant is not self._last:
                self._last = variant
                variant.used = next(_turns)
        try:
            return variant(given)
        except NotForThese:
            with self._lock:
                self._last = variant = self._kept(signature, args, keywords, range(len(given)))
            return variant(given)

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
        try:
            return self._kept(signature, args, keywords)
        except TypeError as error:
            whole = {i for i, a in enumerate(given) if is_whole(a)}
            if not whole or not is_of_a_call(error, self._f):
                raise
        return self._kept(signature, args, keywords, whole)

    def _kept(self, signature: Hashable, args: Any, keywords: Any, themselves: Container[int] = ()) -> Variant:
        """A new program, for which the one not used for longest may have to go."""
        try:
            variant = Variant(self._f, args, keywords, themselves)
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
                del self._programs[oldest]
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


__all__ = ["Compiled", "compile"]
