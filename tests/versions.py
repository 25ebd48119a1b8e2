"""What differs between the versions of NumPy that the tests run with, in one place: 2.0 to 2.5.

Tables of sample calls take their `np` from here. Of a function that is newer than the NumPy at hand, `np.unstack`, it gives an
`Absent`, and `present` drops its row; single calls that are newer stand in `since`. A name that is nowhere listed is an
AttributeError, as it is in NumPy: list it in NEWER.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy

T = TypeVar("T")

NUMPY = tuple(map(int, numpy.__version__.split(".")[:2]))

NEWER = {
    "cumulative_prod": (2, 1), "cumulative_sum": (2, 1), "unstack": (2, 1), "matvec": (2, 2), "vecmat": (2, 2),
}  # fmt: skip
"""Since which version there is a function."""

GONE = {"in1d": (2, 4), "trapz": (2, 4), "row_stack": (2, 5)}
"""Since which version a function is no longer there."""

DEPRECATED = {"fix": (2, 5)}
"""Since which version a function warns when it is called; it is tested all the same."""

IGNORED = "ignore:numpy.fix is deprecated:DeprecationWarning"

CLIP_TAKES_MIN_AND_MAX = NUMPY >= (2, 1)

ORDERS_LABELS_ALIKE = NUMPY >= (2, 3)
"""Before, `np.einsum` with `optimize` takes labels above 25 for smaller ones than those below, which it does not without."""

SUMS_INTO_BUFFERS_ALIKE = NUMPY >= (2, 2)
"""Before, `np.add.reduce(x, 1, out=...)` adds the numbers of an x with negative strides in another order than without `out`."""


def since(*version: int, calls: list[T]) -> list[T]:
    """Calls that NumPy takes from this version on, and none of them before."""
    return calls if version <= NUMPY else []


class Absent:
    """A function of a later NumPy."""

    def __init__(self, name: str):
        self.name = name


def present(table: Mapping[Any, T]) -> dict[Any, T]:
    """The rows of functions that this NumPy has."""
    return {f: row for f, row in table.items() if not isinstance(f, Absent)}


class _NumPy:
    """NumPy, with an Absent for every function that is newer."""

    def __getattr__(self, name: str) -> Any:
        if NEWER.get(name, (0, 0)) > NUMPY:
            return Absent(name)
        return getattr(numpy, name)


np = _NumPy()
