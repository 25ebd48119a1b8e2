"""Functions that choose, by conditions, between several values or several formulas."""

import numpy as np

from ..rules import composite
from .joining import one_array


@composite(np.select)
def select(condlist, choicelist, default=0):
    """The first choice whose condition holds, element by element."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(
            f"np.select needs as many choices as conditions, and some; got {len(choicelist)} and {len(condlist)}"
        )
    condlist = [one_array(c) for c in condlist]
    numbers = (int, float)
    choices = [c if type(c) in numbers else one_array(c) for c in (*choicelist, default)]
    dtype = np.result_type(*(c if type(c) in numbers else getattr(c, "dtype", None) or np.asarray(c) for c in choices))
    shape = np.broadcast_shapes(*map(np.shape, condlist), *map(np.shape, choices))
    result = np.broadcast_to(choices.pop(), shape)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        kind = getattr(condition, "dtype", None) or np.asarray(condition).dtype
        if kind != np.bool_:
            raise TypeError(f"the conditions of np.select need dtype bool, not {kind}")
        result = np.where(condition, choice, result)
    return result if result.dtype == dtype else np.astype(result, dtype)


@composite(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    """Of several conditions that hold the last counts; where none holds the function after the last, if there is one, or 0."""
    x = one_array(x)
    if isinstance(condlist, bool) or not (
        isinstance(condlist[0], list | np.ndarray) or np.ndim(condlist[0]) or not np.ndim(x)
    ):
        condlist = [condlist]
    masks = np.asarray(condlist, dtype=bool)
    if len(masks) == len(funclist) - 1:
        masks = np.concatenate([masks, ~np.any(masks, axis=0, keepdims=True)])
    if len(masks) != len(funclist):
        raise ValueError(
            f"np.piecewise needs a function for each of {len(masks)} conditions, or one more; got {len(funclist)}"
        )
    y = np.zeros_like(x)
    for mask, function in zip(masks, funclist, strict=True):
        if not callable(function):
            y[mask] = function
        elif mask.any():
            y[mask] = function(x[mask], *args, **kw)
    return y
