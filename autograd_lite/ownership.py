"""Arrays that leave a backward pass belong to the caller alone: nobody else sees them change."""

from sys import getrefcount
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
    array = complete.pop(node)
    if type(array) is np.ndarray and array.flags.writeable:
        base = array.base
        holders = getrefcount(array), getrefcount(base)
        whole = base is None or (type(base) is np.ndarray and base.size == array.size)
        if whole and (holders == _VIEW or (base is None and holders[0] == _ARRAY[0])):
            return array
    return own(array)


def separate(complete: dict[Node, Node], began: int) -> None:
    """What `release` does, for a recorded pass: what is older than it, the answer for another node too, or a view, is copied."""
    given = set()
    for node, g in complete.items():
        if g.index < began or g in given or not g._array.flags.owndata:
            complete[node] = copy = np.copy(g)  # type: ignore[call-overload]
            copy.name = g.name
        given.add(complete[node])


def _holders(complete: dict[int, Any]) -> tuple[int, int]:
    """The counts that `release` sees, for what nobody else holds."""
    array = complete.pop(0)
    base = array.base
    return getrefcount(array), getrefcount(base)


_ARRAY = _holders({0: np.empty(2)})
_VIEW = _holders({0: np.empty((2, 1)).T})
