"""Convolution and correlation of sequences.

Both sum products of two sequences over all their shifts: c_k = sum_i a_i v_(k - i), and c_k = sum_i a_(i + k) v_i. The mode says
which shifts are kept; the gradient is 0 at the others, and then each rule is again such a sum.
"""

import numpy as np

from ..rules import array_like, defvjp


def _of_all_shifts(g, m, n, mode, correlation):
    """g with zeros at the shifts that were left out. The sequences have m and n elements."""
    total, kept = m + n - 1, np.shape(g)[0]
    short = min(m, n)
    before = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]
    if correlation and mode == "same" and m < n:
        before = total - kept - before  # np.correlate exchanges the sequences and turns the result round
    return np.concatenate([np.zeros(before, g.dtype), g, np.zeros(total - kept - before, g.dtype)])


def _mode(mode):
    return mode if isinstance(mode, str) and mode in ("full", "same", "valid") else _by_letter(mode)


def _by_letter(mode):
    """NumPy also takes the first letter, and the numbers 0, 1, 2."""
    return (
        {"v": "valid", "s": "same", "f": "full"}[str(mode)[0].lower()]
        if isinstance(mode, str)
        else ("valid", "same", "full")[mode]
    )


def _convolve_da(g, ans, a, v, mode="full"):
    return np.correlate(_of_all_shifts(g, np.size(a), np.size(v), _mode(mode), False), v, "valid")


def _convolve_dv(g, ans, a, v, mode="full"):
    return np.correlate(_of_all_shifts(g, np.size(a), np.size(v), _mode(mode), False), a, "valid")


def _correlate_da(g, ans, a, v, mode="valid"):
    return np.convolve(_of_all_shifts(g, np.size(a), np.size(v), _mode(mode), True), v, "valid")


def _correlate_dv(g, ans, a, v, mode="valid"):
    return np.convolve(_of_all_shifts(g, np.size(a), np.size(v), _mode(mode), True)[::-1], a, "valid")


# fmt: off
#      function         d/da             d/dv
defvjp(np.convolve,     _convolve_da,    _convolve_dv)
defvjp(np.correlate,    _correlate_da,   _correlate_dv)
# fmt: on
array_like(np.convolve, np.correlate)
