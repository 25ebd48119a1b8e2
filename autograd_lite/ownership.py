"""Arrays that leave a backward pass belong to the caller alone: nobody else sees them change."""

from sys import getrefcount
from typing import Any

import numpy as np

from .node import Node
from .views import ARRAY


def own(c: Any) -> np.ndarray[Any, Any]:
    """`c` as an array that shares its memory with nothing: a copy."""
    return np.array(c)


def release(complete: dict[Node, Any], node: Node) -> np.ndarray[Any, Any]:
    """Take an array out of `complete` such that nobody else can see it change.

    A rule may return the array it was given, a view, or one and the same array for two inputs. It is copied, unless the
    count of its holders shows that it was made for this input alone.
    """
    array = complete[node]
    complete[node] = None
    if type(array) is np.ndarray:
        base = array.base
        if base is None:
            alone = getrefcount(array) == _ARRAY
        else:
            alone = (
                (getrefcount(array), getrefcount(base)) == _VIEW
                and type(base) is np.ndarray
                and base.size == array.size
            )
        if alone and array.flags.writeable:
            return array
    return own(array)


def separate(complete: dict[Node, Any], began: int) -> None:
    """What `release` does, for a recorded pass: what is older than it, the answer for another node too, or a view, is copied."""
    given = set()
    for node, g in complete.items():
        if g._node.index < began or g in given or not g._node.array.flags.owndata:
            copy: Any = np.copy(g)
            complete[node] = copy
            copy.name = g.name
        if complete[node]._view is None and not node.array.ndim:
            complete[node]._view = ARRAY  # as the Tensor is whose gradient it is
        given.add(complete[node])


def _holders(complete: dict[Any, Any]) -> tuple[int, int]:
    """The counts that `release` sees, for what nobody else holds."""
    array = complete[0]
    complete[0] = None
    base = array.base
    return getrefcount(array), getrefcount(base)


_ARRAY, _ = _holders({0: np.empty(2)})
_VIEW = _holders({0: np.empty((2, 1)).T})
