"""The catalogue of functions that take Tensors."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

from .function_names import name_of
from .rules import COMPOSITES, CONSTANTS, VJPS, Function


class Catalogue(NamedTuple):
    """Names of functions, sorted, by kind; each function once."""

    differentiable: tuple[str, ...]
    """Functions with a derivative of their own, a row of the tables."""
    composite: tuple[str, ...]
    """Functions that are spelled with others, and differentiated through them."""
    constant: tuple[str, ...]
    """Functions whose result carries no gradient."""

    def __str__(self) -> str:
        parts = (f"{kind} ({len(names)}): {', '.join(names)}" for kind, names in self._asdict().items())
        return "\n\n".join(parts)


def supported() -> Catalogue:
    """Every function that takes Tensors: those with a derivative, the composites, and those declared constant.

    A function that is spelled with others in some forms only counts by its own rule. Listed are NumPy's functions, this package's
    public ones and those of the user's that have rules.
    """
    spelled = COMPOSITES.keys() - VJPS.keys() - CONSTANTS
    return Catalogue(_names(VJPS), _names(spelled), _names(CONSTANTS - VJPS.keys()))


def _names(functions: Iterable[Function]) -> tuple[str, ...]:
    return tuple(sorted({name_of(f) for f in functions if not _is_internal(f)}))


def _is_internal(f: Function) -> bool:
    """Is it an operation of this package's that its users do not call?"""
    package = sys.modules[__name__.partition(".")[0]]
    ours = str(getattr(f, "__module__", "")).partition(".")[0] == package.__name__
    return ours and getattr(package, getattr(f, "__name__", ""), None) is not f
