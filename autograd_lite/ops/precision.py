"""Half precision: numbers up to 65504, 11 bits. Counts, sums of many terms and factors such as 1/n do not fit into it."""

from functools import wraps

import numpy as np

_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def single(a):
    """An array or Tensor of half precision in single precision, also in a list; anything else as it is."""
    if getattr(a, "dtype", None) == _HALF:
        return a.astype(_SINGLE)
    return type(a)(map(single, a)) if type(a) in (list, tuple) else a


def in_single(rule, function=None):
    """A rule that computes in single precision where the cotangent or the first argument is of half precision.

    function : computes anew the result that the rule reads, which may have overflowed
    What the rule gives is rounded to half precision once, at the end, by the backward pass.
    """

    @wraps(rule)
    def widened(g, ans, x, *args, **keywords):
        if g.dtype.char != "e" and getattr(x, "dtype", _SINGLE).char != "e":
            return rule(g, ans, x, *args, **keywords)
        x, args, keywords = single(x), tuple(map(single, args)), {k: single(a) for k, a in keywords.items()}
        return rule(
            single(g), single(ans) if function is None else function(x, *args, **keywords), x, *args, **keywords
        )

    return widened
