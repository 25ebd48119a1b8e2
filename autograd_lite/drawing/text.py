"""How things are written in a picture: operations, names, numbers, shapes.

Adding an operation needs nothing here: what has no notation is written as a call, `f(a, b, axis=0)`.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..function_names import name_of

# {0}, {1} stand for the operands. Used if the call has just so many operands and nothing else was given.
# fmt: off
NOTATION = {
    "add":          "{0} + {1}",
    "subtract":     "{0} − {1}",
    "multiply":     "{0}·{1}",
    "divide":       "{0} / {1}",
    "floor_divide": "{0} // {1}",
    "remainder":    "{0} % {1}",
    "matmul":       "{0} @ {1}",
    "matmul_transposed": "{0} @ {1}ᵀ",
    "dot":          "{0} · {1}",
    "scaled_sum":   "{1}·Σ {0}",
    "outer":        "{0} ⊗ {1}",
    "negative":     "−{0}",
    "positive":     "+{0}",
    "square":       "{0}²",
    "sqrt":         "√{0}",
    "cbrt":         "∛{0}",
    "reciprocal":   "1 / {0}",
    "absolute":     "|{0}|",
    "fabs":         "|{0}|",
    "transpose":    "{0}ᵀ",
    "greater":      "{0} > {1}",
    "greater_equal": "{0} ≥ {1}",
    "less":         "{0} < {1}",
    "less_equal":   "{0} ≤ {1}",
    "equal":        "{0} = {1}",
    "not_equal":    "{0} ≠ {1}",
}
# fmt: on

SYMBOLS = {
    "sum": "Σ",
    "add.reduce": "Σ",
    "prod": "∏",
    "multiply.reduce": "∏",
    "sigmoid": "σ",
    "inverse_sigmoid": "σ⁻¹",
    "max": "max",
    "amax": "max",
}
"""Short names for functions written as calls."""

COUNTED = {"add": "+", "subtract": "−", "multiply": "·", "divide": "/", "matmul": "@", "negative": "−x", "square": "x²"}
COUNTED |= {"matmul_transposed": "@ᵀ", "transpose": "xᵀ", "sqrt": "√", "power": "xⁿ", "getitem": "x[i]"}
COUNTED |= {"scaled_sum": "Σ"} | SYMBOLS
"""Signs for counting operations: `256 ·, 16 σ`."""

INDEXING = ("getitem", "index")
DEFAULTS: dict[str, tuple[Any, ...]] = {
    "keepdims": (False,),
    "where": (True,),
    "correction": (0,),
    "ddof": (0,),
    "order": ("C", "K"),
}
"""Keyword values that say nothing; None never does."""

SUPERSCRIPTS = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def short_name(op: Callable[..., Any]) -> str:
    """The function's name without its module, `exp`, `add.reduce`, `norm`: the key of the tables above."""
    name = name_of(op)
    return name.removeprefix("np.").removeprefix("linalg.").lstrip("_")


def expression(
    op: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any], names: Mapping[int, str]
) -> str:
    """One operation as a formula.

    names : what tensors and arrays that have a card are called, by `id`
    """
    key = short_name(op)
    given = {k: v for k, v in keywords.items() if not _says_nothing(k, v)}
    while args and args[-1] is None:
        args = args[:-1]
    if key in INDEXING and len(args) == 2:
        return f"{atom(args[0], names)}[{_index(args[1], names)}]"
    if not given and key == "power" and len(args) == 2:
        return _power(args[0], args[1], names)
    template = NOTATION.get(key)
    if template and not given and len(args) == 1 + ("{1}" in template):
        first = atom(args[0], names, parenthesise=key in ("square", "transpose"))
        return template.format(first, *(atom(a, names, parenthesise=True) for a in args[1:]))
    if key in SYMBOLS and not given and len(args) == 1 and not isinstance(args[0], (list, tuple)):
        symbol = SYMBOLS[key]
        return f"Σ {atom(args[0], names)}" if symbol == "Σ" else f"{symbol}({operand(args[0], names)})"
    parts = [operand(a, names) for a in args] + [f"{clean(k)}={operand(v, names)}" for k, v in given.items()]
    return f"{SYMBOLS.get(key, clean(key))}({', '.join(parts)})"


def _says_nothing(keyword: str, value: Any) -> bool:
    if value is None or type(value).__name__ == "_NoValueType":
        return True
    return any(value is default or (value == default and np.ndim(value) == 0) for default in DEFAULTS.get(keyword, ()))


def _power(base: Any, exponent: Any, names: Mapping[int, str]) -> str:
    text = operand(exponent, names)
    below = atom(base, names, parenthesise=True)
    if id(exponent) not in names and text.lstrip("−").isdecimal():
        return below + text.translate(SUPERSCRIPTS)
    return f"{below}^{atom(exponent, names, parenthesise=True)}"


def atom(value: Any, names: Mapping[int, str], parenthesise: bool = False) -> str:
    """An operand inside a formula: in parentheses where it would be read otherwise."""
    text = operand(value, names)
    if id(value) in names:
        loose = any(c in text for c in " +-*/·−@^,")
    else:
        loose = parenthesise and text.startswith("−")
    return f"({text})" if loose else text


def operand(value: Any, names: Mapping[int, str]) -> str:
    """An argument by its name, or as it is written."""
    if id(value) in names:
        return isolated(names[id(value)])
    if isinstance(value, np.ndarray):
        return _array(value, names)
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return "…" if value is Ellipsis else str(value)
    if isinstance(value, (int, float, np.number, np.bool)):
        return trimmed(value)
    if isinstance(value, str):
        return f'"{clean(value)}"'
    if isinstance(value, (tuple, list)):
        inside = ", ".join(operand(part, names) for part in value[:8]) + (", …" if len(value) > 8 else "")
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, type) or callable(value):
        return clean(getattr(value, "__name__", type(value).__name__))
    if isinstance(value, np.dtype):
        return str(value)
    return clean(type(value).__name__)


def _array(value: np.ndarray[Any, Any], names: Mapping[int, str]) -> str:
    if value.size == 1 and value.ndim == 0:
        return trimmed(value[()])
    if value.size <= 4 and value.ndim == 1:
        return operand(value.tolist(), names)
    return f"{'×'.join(map(str, value.shape))} {value.dtype}"


def _index(index: Any, names: Mapping[int, str]) -> str:
    """An index as Python writes it."""
    parts = []
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, slice):
            start, stop, step = ("" if v is None else str(v) for v in (part.start, part.stop, part.step))
            parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        elif isinstance(part, int):
            parts.append(str(part))
        else:
            parts.append(operand(part, names))
    return ", ".join(parts) or "()"


def number(value: Any) -> str:
    """A number in few characters: four decimals, or four digits and a power of ten; a real minus sign.

    >>> number(-1.57171), number(2.0), number(1.23456e-7)
    ('−1.5717', '2', '1.235e−7')
    """
    if isinstance(value, (bool, np.bool)):
        return str(bool(value))
    x = value.item() if isinstance(value, np.generic) else value
    if isinstance(x, int):
        text = str(x) if abs(x) < 10**7 else _scientific(x)
    elif isinstance(x, complex):
        return clean(str(x))
    elif math.isnan(x):
        return "NaN"
    elif math.isinf(x):
        text = "∞" if x > 0 else "-∞"
    elif x == int(x) and abs(x) < 1e5:
        text = str(int(x))
    elif 1e-3 <= abs(x) < 1e5:
        text = f"{x:.{max(1, 5 - len(str(int(abs(x)))))}f}"
    else:
        text = _scientific(x)
    return text.replace("-", "−")


def trimmed(value: Any) -> str:
    """A number inside a formula, where columns need not match: 0.5 instead of 0.5000."""
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _scientific(x: float) -> str:
    mantissa, exponent = f"{x:.3e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def shape(shape: tuple[int, ...]) -> str:
    """`3×4`; nothing for a scalar."""
    return "×".join(map(str, shape))


# ---------------------------------------------------------------------------------------------------------------------
# Names come from users and files: they may contain anything.


def clean(text: str) -> str:
    """`text` on one line, with every invisible or direction-changing character spelled out: `\\n`, `\\u202e`.

    What is left are characters that XML allows and that stay where they are put.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and unicodedata.category(c) not in _UNSEEN else _spelled(c) for c in text)


_UNSEEN = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")


def _spelled(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")


def isolated(name: str) -> str:
    """A clean name, between isolation marks if it runs from right to left: it cannot reorder what stands around it."""
    text = clean(name)
    if text.isascii() or not any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text):
        return text
    return f"\u2068{text}\u2069"
