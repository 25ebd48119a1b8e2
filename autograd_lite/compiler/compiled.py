"""`compile`: a function becomes a program at its first call with a new signature, and the program runs from then on."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import update_wrapper
from threading import RLock
from types import MethodType
from typing import Any

from ..mode import current_mode
from ..rules import name_of
from .recorder import CompileError, NeedsValue
from .signature import flattened, is_whole, kind_of
from .variant import Variant

MOST_PROGRAMS = 64
"""How many programs one compiled function keeps; the one not used for longest is dropped."""


def compile(f: Callable[..., Any]) -> "Compiled":
    """A function of `f`'s signature that runs the program `f` stands for.

    The first call with a new signature (the structure of the arguments, shapes, dtypes, memory layouts) records f, gradients
    that it takes included, and turns the recording into a straight-line NumPy program. Arguments are numbers, arrays, Tensors,
    and lists, tuples and dicts of these. Floats are inputs of the program, and so are ints, unless f uses one as a length, an
    axis or in a decision: then there is a program for each. Strings, bools and what else can be hashed are constants.

    Tensors that f finds outside of its arguments are read at every call, and so are the arrays that it gives to NumPy's
    functions beside Tensors; a gradient that f leaves in a `.grad` is left there by every call. A module of nn that f calls may
    change, by `eval()` or another layer: then f is recorded anew. What else f finds is a constant, such as a number in a global
    name or in an attribute: pass as an argument what is to change. What else f does happens only when it is recorded: what it
    prints, stores, computes from arrays alone, or draws from a random generator by itself (operations that draw are declared
    with `impure`, in rules.py, and draw at every call).

    Results are NumPy's but for the last bits: factors are gathered and moved, and the slopes of sigmoid and tanh are made from
    their values. Floating-point warnings are not given. Calls from several threads run at once, each in buffers of its own.

    Raises CompileError (a RuntimeError) where f looks at a value, branches on one, makes a shape of one, or writes into what it
    was given or found, naming the line. Gradients do not go through a compiled function: take them inside.
    """
    return Compiled(f)


class Compiled:
    """A compiled function. `source` is the program last used, `plans` all of them by signature."""

    __name__: str

    def __init__(self, f: Callable[..., Any]):
        if not callable(f):
            raise TypeError(f"compile takes a function; got {f!r}")
        update_wrapper(self, f)
        self._f = f
        self._programs: OrderedDict[Hashable, list[Variant]] = OrderedDict()
        """By signature, newest last: the same arguments may need several, for other states of what is found outside."""
        self._lengths: dict[Hashable, tuple[int, ...]] = {}
        """The positions of the whole numbers that are constants of the programs of a signature."""
        self._last: Variant | None = None
        self._lock = RLock()

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        mode = current_mode()
        if mode.tracing is not None:  # inside another recording it is a function like any other
            return self._f(*args, **keywords)
        given, structure = flattened(args, keywords)
        signature = structure, tuple([kind_of(a) for a in given]), mode.recording
        with self._lock:
            key = self._key(signature, given) if self._lengths else signature
            for variant in reversed(self._programs.get(key, ())):
                if variant.fits(given):
                    break
            else:
                variant = self._recorded(signature, args, keywords, given)
            if variant is not self._last:
                self._last = variant
                self._programs.move_to_end(self._key(signature, given))
        return variant(given)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A compiled method is called with its object."""
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<{name_of(self._f)}, compiled>"

    def __reduce__(self) -> Any:
        return Compiled, (self._f,)  # a copy has programs of its own

    def _key(self, signature: Hashable, given: list[Any]) -> Hashable:
        lengths = self._lengths.get(signature)
        return signature if lengths is None else (signature, tuple([given[i] for i in lengths]))

    def _recorded(self, signature: Hashable, args: Any, keywords: Any, given: list[Any]) -> Variant:
        while True:
            constant = set(self._lengths.get(signature, ()))
            try:
                variant = Variant(self._f, args, keywords, constant)
                break
            except NeedsValue as need:
                more = need.positions
            except CompileError:
                raise
            except Exception:
                more = frozenset(i for i, a in enumerate(given) if is_whole(a)) - constant
                if not more:  # there are no whole numbers that could be the reason
                    raise
            self._lengths[signature] = tuple(sorted(constant | more))
        self._programs.setdefault(self._key(signature, given), []).append(variant)
        while sum(map(len, self._programs.values())) > MOST_PROGRAMS:
            oldest, variants = next(iter(self._programs.items()))
            del variants[0]
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
        """The source of every program kept, by signature; the newest, where a signature has several."""
        return {signature: variants[-1].runnable.source for signature, variants in self._programs.items()}


__all__ = ["Compiled", "compile"]
