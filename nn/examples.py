"""The examples that `fit` is given, as the arrays that a network takes; what is no data for it is refused by name."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor

from .arguments import short
from .costs import ClassCost, Cost
from .layers import Embedding
from .module import Module
from .plain_arrays import plain_array
from .regularization import Regularized

Array = NDArray[Any]
Arrays = tuple[Array, Array]
Examples = tuple[ArrayLike, ArrayLike]


def plain(cost: Any) -> Any:
    """A cost without the penalties around it."""
    while isinstance(cost, Regularized):
        cost = cost.cost
    return cost


def examples_of(name: str, given: Any, net: Module, cost: Any) -> Arrays:
    """Inputs and targets as arrays. Floating ones get the dtype of the network; whole numbers stay what they are where a layer or
    the cost takes them: symbols, and class numbers.

    Raises TypeError for what is no numbers, ValueError for what is no pair, shapes that do not fit, and numbers not finite.
    """
    cost, dtype = plain(cost), net.parameters()[0].dtype
    x, y = _pair(name, given)
    takes_classes = not isinstance(cost, Cost) or isinstance(cost, ClassCost)
    symbols = any(isinstance(module, Embedding) for _, module in net.named_modules())
    x = _numbers(f"x of {name}", x, dtype, whole=symbols)
    y = _numbers(f"y of {name}", y, dtype, whole=takes_classes)
    if x.ndim and y.ndim and len(x) != len(y):
        raise ValueError(f"{name}: x has shape {x.shape}, y {y.shape}: they need as many rows as each other")
    if x.ndim < 2 or len(x) == 0:
        hint = "; x[:, None] makes a column of one input per example" if x.ndim == 1 and len(x) else ""
        raise ValueError(f"{name}: x has shape {x.shape}, needs (n, n_in) with n of at least 1{hint}")
    if y.ndim < 2 and not (y.ndim == 1 and takes_classes and y.dtype.kind in "iu"):
        raise ValueError(f"{name}: y has shape {y.shape}, needs (n, m){_hint(y, cost)}")
    for part, array in ("x", x), ("y", y):
        bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
        if bad.any():
            raise ValueError(
                f"{name}: {part} is not finite in {bad.sum()} of {len(array)} rows, first in row {bad.argmax()}"
            )
    return x, y


def _pair(name: str, given: Any) -> tuple[Any, Any]:
    remedy = f"{name} must be a pair (x, y), inputs and targets"
    if isinstance(given, int | float) and name == "validation":
        raise ValueError(f"validation is {given!r}; {remedy}: nn.split(x, y, {given!r}) holds out a part of the data")
    if not isinstance(given, tuple | list):
        raise ValueError(f"{remedy}, got {short(given)}")
    if len(given) != 2:
        raise ValueError(f"{remedy}, got {len(given)} parts")
    return given[0], given[1]


def _hint(y: Array, cost: Any) -> str:
    if y.ndim != 1:
        return ""
    if isinstance(cost, ClassCost):
        return f", or class numbers, integers of shape (n,): y.astype(int) makes them of {y.dtype}"
    column = "; y[:, None] makes a column for one output"
    return f"{column}, nn.one_hot(y, m) rows for m classes" if np.all(y == np.rint(y)) and np.ptp(y) > 0 else column


def _numbers(name: str, part: Any, dtype: np.dtype[Any], whole: bool) -> Array:
    """whole : may it stay whole numbers?"""
    kind = type(part).__name__
    if isinstance(part, np.ma.MaskedArray):
        raise TypeError(
            f"{name} is a masked array, whose masked values would count: fill them, filled(value), or drop them"
        )
    if hasattr(part, "toarray") and not isinstance(part, np.ndarray):
        raise TypeError(f"{name} is a {kind}, a sparse matrix: make an array of it, toarray()")
    if isinstance(part, Mapping | set) or (callable(part) and not isinstance(part, Tensor)) or part is None:
        raise TypeError(f"{name} is {short(part)}, needs an array of numbers")
    if isinstance(part, tuple | list) and any(np.ndim(p) for p in part) and len({np.shape(p) for p in part}) > 1:
        raise ValueError(
            f"{name} is a {kind} of arrays of different shapes: join several inputs in one, np.concatenate([a, b], axis=1), and "
            "take it apart in forward; or call nn.make_step with mini-batches of your own"
        )
    array = plain_array(name, part)
    if array.dtype == object:
        array = _of_objects(name, array, dtype)
    if array.dtype.kind in "US":
        raise TypeError(
            f"{name} is text (dtype {array.dtype}), needs numbers: np.unique(y, return_inverse=True) numbers classes"
        )
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, needs real numbers")
    if whole and array.dtype.kind in "iu":
        return array
    if whole and array.dtype.kind == "b" and array.ndim == 1:
        return array.astype(np.int64)
    return array.astype(dtype, copy=False)


def _of_objects(name: str, array: Array, dtype: np.dtype[Any]) -> Array:
    """Objects that are numbers, such as those of a DataFrame of mixed columns."""
    text = next((one for one in array.reshape(-1).tolist() if isinstance(one, str)), None)
    if text is not None:
        raise TypeError(f"{name} holds text (dtype object, such as {text!r}), needs numbers")
    try:
        return array.astype(dtype)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"{name} has dtype object, and not all of it are numbers ({problem})") from problem
