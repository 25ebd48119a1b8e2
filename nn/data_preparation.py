"""What is done to data before training: examples held out, features of mean 0 and deviation 1."""

from operator import index
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import Seed, generator, short
from .evaluation import array_of
from .plain_arrays import plain_array

Array = NDArray[Any]
Pair = tuple[Array, Array]


def split(x: ArrayLike, y: ArrayLike, held_out: float | int, seed: Seed = None) -> tuple[Pair, Pair]:
    """Examples to train on and examples for validation, ((x, y), (x, y)), in random order.

    held_out : how many are for validation, or as a fraction between 0 and 1 which part

    Raises ValueError if x and y are not equally many, or either part would be empty.
    """
    x, y = array_of(x), array_of(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"x has shape {x.shape}, y {y.shape}: they need as many rows as each other")
    count = _count(held_out, len(x))
    if not 0 < count < len(x):
        raise ValueError(f"held_out is {held_out}: of {len(x)} examples both parts need one or more")
    order = generator(seed).permutation(len(x))
    return (x[order[count:]], y[order[count:]]), (x[order[:count]], y[order[:count]])


def _count(held_out: Any, n: int) -> int:
    """Of any kind of number, 0-d arrays and fractions included: a whole one is a count, any other a part."""
    if isinstance(held_out, bool | np.bool_ | str | bytes | complex) or np.ndim(held_out):
        raise TypeError(f"held_out is {short(held_out)}, needs a number of examples, or a fraction between 0 and 1")
    try:
        return index(held_out)
    except TypeError:
        pass
    try:
        part = (
            float(str(held_out)) if isinstance(held_out, np.floating) else float(held_out)
        )  # 0.2, whatever the precision
    except (TypeError, ValueError):
        raise TypeError(
            f"held_out is {short(held_out)}, needs a number of examples, or a fraction between 0 and 1"
        ) from None
    if not 0 < part < 1:
        raise ValueError(f"held_out is {held_out}, needs a number of examples, or a fraction between 0 and 1")
    return round(part * n)


class Standardizer(NamedTuple):
    """Takes features to mean 0 and standard deviation 1, by the numbers of the data it was made from."""

    mean: Array
    deviation: Array
    """1 for a feature that is the same everywhere, which becomes 0."""

    def __call__(self, x: ArrayLike) -> Array:
        result: Array = (plain_array("x", x) - self.mean) / self.deviation
        return result


def standardize(x: ArrayLike) -> Standardizer:
    """Learn mean and standard deviation of every feature of x : (n, ...); call the result on x, and on data held out.

    Raises ValueError if there are no examples or x is not finite.
    """
    x = plain_array("x", x)
    if x.ndim == 0 or len(x) == 0 or not np.isfinite(x).all():
        raise ValueError(f"standardize got x of shape {x.shape}, needs examples as rows, one or more, all finite")
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    constant = (x == x[:1]).all(axis=0)  # the deviation of equal numbers may be off 0 by rounding
    return Standardizer(np.where(constant, x[0], mean), np.where(constant, 1.0, deviation).astype(mean.dtype))
