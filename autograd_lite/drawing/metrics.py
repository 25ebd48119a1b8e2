"""How wide a text is, without asking a font.

Advance widths of DejaVu Sans, a wide face: what fits in it fits in Verdana, Helvetica and Arial as well.
"""

import unicodedata
from functools import lru_cache

SANS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
MONO = "DejaVu Sans Mono, Menlo, Consolas, monospace"

_MONO_ADVANCE = 0.602
# Hundredths of the font size for the characters from space to tilde.
# fmt: off
_REGULAR = (
    32, 40, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79,
    60, 79, 70, 64, 61, 73, 68, 99, 68, 61, 68, 39, 34, 39, 84, 50, 50, 61, 64, 55, 64, 62, 35, 64,
    63, 28, 28, 58, 28, 97, 63, 61, 64, 64, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
)
_BOLD = (
    35, 46, 52, 84, 70, 100, 87, 31, 46, 46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 40, 40, 84, 84, 84, 58, 100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 78, 64, 100, 84, 85,
    73, 85, 77, 72, 68, 81, 77, 110, 77, 72, 72, 46, 37, 46, 84, 50, 50, 68, 72, 59, 72, 68, 44, 72,
    71, 34, 34, 67, 34, 104, 71, 69, 72, 72, 49, 60, 48, 71, 65, 92, 65, 65, 58, 71, 37, 71, 84,
)
# fmt: on
_NARROW = frozenset("·¹²³⁰⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉ᵀⁿˡᴸ\u2002\u00a0")


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False, mono: bool = False) -> float:
    """Width of a text in pixels, at a font size in pixels; rather too large than too small."""
    if mono and text.isascii():
        return _MONO_ADVANCE * size * len(text)
    table = _BOLD if bold else _REGULAR
    total = 0
    for c in text:
        code = ord(c) - 32
        if mono and not _is_wide(c):
            total += 0 if unicodedata.combining(c) else 61
        elif 0 <= code < 95:
            total += table[code]
        elif c in _NARROW:
            total += 46
        elif unicodedata.combining(c) or c in "\u2068\u2069":
            total += 0
        elif c.isalpha() and code < 0x300:
            total += 80 if bold else 72
        else:
            total += 110 if _is_wide(c) or not c.isalpha() or code < 0x500 else 100
    return total * size / 100


def _is_wide(c: str) -> bool:
    return unicodedata.east_asian_width(c) in "WF"


def fit(text: str, size: float, limit: float, bold: bool = False, mono: bool = False) -> str:
    """`text`, or as much of its beginning as fits in `limit` pixels and an ellipsis."""
    if width(text, size, bold, mono) <= limit:
        return text
    low, high = 0, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        if width(_closed(text[:middle]), size, bold, mono) <= limit:
            low = middle
        else:
            high = middle - 1
    return _closed(text[:low])


def _closed(start: str) -> str:
    """The beginning of a text, its isolation marks closed, and an ellipsis."""
    return start.rstrip() + "\u2069" * (start.count("\u2068") - start.count("\u2069")) + "…"
