"""Arrays that leave a backward pass belong to the caller alone: nobody else sees them change."""

import sys
from typing import Any

import numpy as np

from .graph import Node


def own(c: Any) -> np.ndarray[Any, Any]:
    """`c` as an array that shares its memory with nothing: a copy."""
    return np.array(c)


def release(complete: dict[Node, Any], node: Node) -> np.ndarray[Any, Any]:
    """Take an array out of `complete` such that nobody else can see it change.

    A rule may return the array it was given, a view, or one and the same array for two inputs. It is copied, unless the
    count of its holders shows that it was made for this input alone.
    """
    held = [complete.pop(node)]
    array = held[0]
    if type(array) is not np.ndarray or not array.flags.writeable:
        return own(array)
    base = array.base
    del array
    if base is None:
        return held[0] if _holders(held) == _SOLE_ARRAY else own(held[0])
    whole = type(base) is np.ndarray and base.size == held[0].size
    del base
    return held[0] if whole and _holders(held) == _SOLE_VIEW else own(held[0])


def separate(complete: dict[Node, Node], began: int) -> None:
    """What `release` does, for a recorded pass: what is older than it, the answer for another node too, or a view, is copied."""
    given = set()
    for node, g in complete.items():
        if g.index < began or g in given or not g._array.flags.owndata:
            complete[node] = copy = np.copy(g)  # type: ignore[call-overload]
            copy.name = g.name
        given.add(complete[node])


def _holders(held: list[Any]) -> tuple[int, int]:
    array = held[0]
    return sys.getrefcount(array), sys.getrefcount(array.base) if array.base is not None else 0


_SOLE_ARRAY = _holders([np.empty(2)])
_SOLE_VIEW = _holders([np.empty((2, 1)).T])
