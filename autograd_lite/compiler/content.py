"""Memory that may be written in place, and what stood in it."""

import array
from typing import Any

import numpy as np

CONTENTS = (np.ndarray, bytearray, array.array, memoryview)
"""Types of such memory."""
_SMALL = 2048


class Content:
    """What stands in the memory of an object."""

    __slots__ = ("bits", "kind", "text", "thing")

    def __init__(self, thing: Any):
        self.thing, self.kind, self.bits = thing, _kind(thing), np.array(bits(thing))
        self.text = self.bits.tobytes() if isinstance(thing, np.ndarray) and thing.nbytes <= _SMALL else None

    def is_there(self) -> bool:
        """Does it still stand there?"""
        thing = self.thing
        if self.text is not None:
            return bool((thing.shape, thing.dtype) == self.kind and thing.tobytes() == self.text)
        return bool(_kind(thing) == self.kind and np.array_equal(bits(thing), self.bits))

    def is_like(self, other: Any) -> bool:
        """Is it the same memory, with the same in it?"""
        return (
            type(other) is Content
            and self.thing is other.thing
            and self.kind == other.kind
            and np.array_equal(self.bits, other.bits)
        )


def _kind(thing: Any) -> Any:
    return (thing.shape, thing.dtype) if isinstance(thing, np.ndarray) else len(thing)


def bits(thing: Any) -> Any:
    """The bytes, as an array."""
    if not isinstance(thing, np.ndarray):
        return np.frombuffer(thing, np.uint8)
    return np.ascontiguousarray(np.asarray(thing)).reshape(-1).view(np.uint8)


def may_be_written(thing: Any) -> bool:
    """May the memory be written? Not if it is read-only, and all that it is a view of."""
    if isinstance(thing, np.ndarray) and thing.dtype.hasobject:
        return False  # what it holds is looked at instead
    while isinstance(thing, np.ndarray):
        if thing.flags.writeable:
            return True
        thing = thing.base
    return thing is not None and not isinstance(thing, bytes)
