"""What an optimizer remembers, in arrays that a program may write into, and of several parameters at once.

Adam counts the steps of each parameter by itself, since not every step may reach all of them. As long as the counts are equal
they can be one array, and what follows from it is computed once and not for each parameter.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.trees import leaves

from .optimizers import Optimizer

Array = NDArray[Any]


def remembered(optimizer: Optimizer) -> dict[int, Array]:
    """The arrays that the optimizer remembers, each once, by id, in the order of the parameters."""
    return {id(s): s for state in optimizer.state for s in leaves(state) if s is not None}


def own_state(optimizer: Optimizer, owned: Iterable[Array]) -> None:
    """Have what is remembered be arrays of the optimizer's own, each of them once, but for single numbers.

    owned : those that are known to be nobody else's
    """
    mine = {id(a): a.ndim for a in owned}

    def own(s: Any) -> Any:
        if id(s) not in mine:
            return None if s is None else np.array(s, order="C")
        if mine[id(s)]:
            del mine[id(s)]  # a second time it is copied
        return s

    for i, state in enumerate(optimizer.state):
        if isinstance(state, dict):
            state.update((name, own(s)) for name, s in state.items())
        else:
            optimizer.state[i] = own(state)


def share_counters(optimizer: Optimizer, apart: set[int]) -> tuple[int, ...]:
    """Have single numbers that are remembered under one name be one array if they are equal.

    apart : the parameters, by position, that keep theirs to themselves

    Returns for each such number the position of the first one that is the same array.
    """
    holders = Counter(id(s) for state in optimizer.state for s in leaves(state))
    positions: dict[int, int] = {}
    firsts: dict[Any, Array] = {}
    order: list[int] = []
    for i, state in enumerate(optimizer.state):
        for name, s in state.items() if isinstance(state, dict) else ():
            if np.ndim(s) or not isinstance(s, np.ndarray):
                continue
            if i in apart:
                state[name] = s.copy() if holders[id(s)] > 1 else s
            else:
                state[name] = firsts.setdefault((name, s.dtype, s.tobytes()), s)
            order.append(positions.setdefault(id(state[name]), len(order)))
    return tuple(order)
