"""How code calls what it can reach, for messages."""

from collections.abc import Container, Iterable
from types import CellType
from typing import Any

from .parts import Part


def way_in_words(ways: Iterable[tuple[Any, Part]], selves: Container[type]) -> str:
    """How one comes to a part, as code calls it: `self.cfg.v`.

    ways : what holds the part, and the part; what holds that holder, and the holder; and so on, up to a root
    selves : classes whose objects are called `self` in the code
    """
    text, owner = "", ""
    for holder, part in ways:
        if type(holder) is CellType or part.key in ("__func__", "__wrapped__", "__self__"):
            continue
        if part.key in ("__defaults__", "__kwdefaults__"):
            return f"a default argument of {holder.__name__}"
        if isinstance(holder, type) and part.how == ".":
            return f"{holder.__name__}.{part.key}{text}"
        if part.how in (".", "["):
            text = f".{part.key}{text}" if part.how == "." else f"[{part.key!r}]{text}"
            if part.how == "." and type(holder) in selves:
                text, owner = f"self{text}", f" of {type(holder).__name__}"
                break
        else:
            return f"{part.how} {part.key}{text}"
    return text.removeprefix(".").replace(".__class__", "") + owner or "the function"
