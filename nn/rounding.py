"""Does a recorded step, which was run on Tensors, come to what the eager one does on arrays?

Code may ask what it was given, as in `isinstance(x, np.ndarray)`, and do something else with a Tensor. That is no operation, and
changes nothing: it is seen in the results only.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.trees import mapped

from .optimizers import Optimizer

Array = NDArray[Any]


def alike(a: Array, b: Array, before: Array | float = 0.0) -> bool:
    """Are two results of one computation the same, but for rounding? before : what both were made from, if that is close"""
    if a.shape != b.shape or a.dtype != b.dtype or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    if not a.size or a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    there = np.isfinite(a)
    changes = np.where(there, a - before, 0.0)
    rounding = np.finfo(a.dtype).eps
    most = (
        float(np.sqrt(rounding)) * np.abs(changes).max() + 16 * float(rounding) * np.abs(np.where(there, a, 0.0)).max()
    )
    return bool(np.abs(np.where(there, a - b, 0.0)).max() <= most)


def updates_alike(optimizer: Optimizer, grads: Sequence[Any], news: Sequence[Any]) -> bool:
    """Does the optimizer come to the new values of the parameters also on arrays?

    grads, news : recorded gradients and new values of its parameters; None where there is none
    """
    arrays = [None if g is None else np.array(g.array) for g in grads]
    followed = optimizer.clipped(arrays) if optimizer.clips else arrays
    for p, g, state, rule, new in zip(
        optimizer.params, followed, optimizer.state, optimizer.rules(), news, strict=True
    ):
        if g is not None:
            kept = None if state is None else mapped(np.array, state)
            value = optimizer._fitting(rule.update(np.array(p.array), g, kept)[0], p)
            if not alike(value, new.array.astype(p.dtype), p.array):
                return False
    return True
