"""Is there in an array what was there before?"""

from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np

Array = np.ndarray[Any, Any]


def digest_of(array: Array) -> int:
    """A number that is another one, almost certainly, when the elements are others."""
    return crc32(np.ascontiguousarray(array).data) if array.dtype.kind in "biuf" and array.size else 0


def unchanged(array: Array) -> Callable[[], bool]:
    """Says, when called, whether the elements of an array are what they are now."""
    now = array.copy()
    return lambda: np.array_equal(array, now)
