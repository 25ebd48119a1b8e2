"""The same numbers, lying otherwise in memory."""

from collections.abc import Callable

import numpy as np


def transposed(x: np.ndarray) -> np.ndarray:
    """A view of an array whose axes stand the other way round."""
    return np.array(x.T, order="C").T


def backward(x: np.ndarray) -> np.ndarray:
    """Negative strides along every axis."""
    every = (..., *(slice(None, None, -1),) * x.ndim)
    return np.array(x[every], order="C")[every]


def _other(x: np.ndarray) -> float:
    """What stands beside the elements, and shows if it is read."""
    return np.nan if x.dtype.kind == "f" else 99


def strided(x: np.ndarray) -> np.ndarray:
    """Every second element of a larger array, along every axis."""
    larger = np.full([2 * n + 1 for n in x.shape], _other(x), x.dtype)
    view = larger[(..., *(slice(1, None, 2),) * x.ndim)]
    view[...] = x
    return view


def part(x: np.ndarray) -> np.ndarray:
    """A corner of a larger array."""
    larger = np.full([n + 2 for n in x.shape], _other(x), x.dtype)
    view = larger[(..., *(slice(1, n + 1) for n in x.shape))]
    view[...] = x
    return view


def mixed(x: np.ndarray) -> np.ndarray:
    """The last axis outermost in memory, the others in their order."""
    return np.moveaxis(np.array(np.moveaxis(x, -1, 0), order="C"), 0, -1) if x.ndim else x.copy()


def read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


def unaligned(x: np.ndarray) -> np.ndarray:
    """One byte beside where the processor would have it."""
    view = np.ndarray(x.shape, x.dtype, np.empty(x.nbytes + 1, np.uint8), offset=1)
    view[...] = x
    return view


def swapped(x: np.ndarray) -> np.ndarray:
    """The other byte order."""
    return x.astype(x.dtype.newbyteorder())


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran": lambda x: np.array(x, order="F"),
    "transposed": transposed,
    "backward": backward,
    "strided": strided,
    "part": part,
    "mixed": mixed,
    "read-only": read_only,
    "unaligned": unaligned,
    "byte order": swapped,
}
