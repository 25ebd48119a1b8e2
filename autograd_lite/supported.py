"""The catalogue of functions that take Tensors."""

from typing import NamedTuple

from .rules import COMPOSITES, CONSTANTS, VJPS, name_of


class Catalogue(NamedTuple):
    """Names of functions, sorted, by kind."""

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
    """Every function that takes Tensors: those with a derivative, the composites, and those declared constant."""
    return Catalogue(*(tuple(sorted({name_of(f) for f in kind})) for kind in (VJPS, COMPOSITES, CONSTANTS)))
