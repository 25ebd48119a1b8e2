"""What an optimizer remembers of several parameters at once.

Adam counts the steps of each parameter by itself, since not every step may reach all of them. As long as the counts are equal
they can be one array, and what follows from it is computed once and not for each parameter.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.trees import leaves

from .optimizers import Optimizer

Array = NDArray[Any]


def remembered(optimizer: Optimizer) -> dict[int, Array]:
    """The arrays that the optimizer remembers, each once, by id, in the order of the parameters."""
    return {id(s): s for state in optimizer.state for s in leaves(state) if s is not None}


def share_counters(optimizer: Optimizer, apart: set[int]) -> tuple[int, ...]:
    """Have single numbers that are remembered under one name be one array if they are equal.

    apart : the parameters, by position, that keep theirs to themselves

    Returns for each such number the position of the first one that is the same array.
    """
    positions: dict[int, int] = {}
    firsts: dict[Any, Array] = {}
    order: list[int] = []
    for i, state in enumerate(optimizer.state):
        for name, s in state.items() if isinstance(state, dict) else ():
            if np.ndim(s) or not isinstance(s, np.ndarray):
                continue
            if i in apart:
                state[name] = s.copy() if id(s) in positions else s
            else:
                state[name] = firsts.setdefault((name, s.dtype, s.tobytes()), s)
            order.append(positions.setdefault(id(state[name]), len(order)))
    return tuple(order)
