"""Where an axis is marked, and how powers of ten are written."""

import math


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high, four to eight of them."""
    rough = (high - low) / 5
    base = 10.0 ** math.floor(math.log10(rough))
    step = next(base * m for m in (1, 2, 5, 10) if base * m >= rough * (1 - 1e-9))
    return [k * step for k in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)]


def decades(low: float, high: float) -> list[float]:
    """Powers of ten from low to high, which are such themselves; of many only some."""
    first, last = (round(math.log10(v)) for v in (low, high))
    return [10.0**k for k in range(first, last + 1, max(1, (last - first) // 6))]


def power(value: float) -> str:
    """
    >>> power(1e-3)
    '10⁻³'
    """
    exponent = str(round(math.log10(value)))
    return "10" + exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
