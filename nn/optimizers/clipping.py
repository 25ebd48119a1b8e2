"""Gradient clipping: what is too large is made smaller. On arrays and on Tensors, out of place."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from .numbers import above_0


def clip_by_norm(grads: Sequence[Any], most: float) -> list[Any]:
    """All gradients times one factor of at most 1, so that their Euclidean norm, taken together, is at most `most`.

    The direction of the step stays (Pascanu, Mikolov and Bengio, 2013, On the difficulty of training recurrent ...).
    """
    most = above_0("most", most)
    if not grads:
        return []
    wide = [g if g.dtype == np.float64 else g.astype(np.float64) for g in grads]  # in float32 the square of 1e20 is inf
    norm = np.sqrt(reduce(add, [np.sum(g * g) for g in wide]))
    factor = most / np.maximum(norm, most)
    return [g * factor.astype(g.dtype) for g in grads]


def clip_by_value(grads: Sequence[Any], most: float) -> list[Any]:
    """Every element kept within ± `most`. The direction of the step may change."""
    most = above_0("most", most)
    return [np.clip(g, -most, most) for g in grads]
