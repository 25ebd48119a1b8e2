"""Functions that round, that take numbers apart, and that look at their sign.

Where they are piecewise constant the slope is 0, and the result stays in the graph.
"""

import numpy as np

from ..primitives import primitive
from ..rules import PLAIN, composite, constant, defvjp, view
from .shape import another_array


@primitive
def fraction_of(x):
    """The part of x behind the point, with its sign: the first result of np.modf."""
    return np.modf(x)[0]


@primitive
def whole_of(x):
    """The part of x before the point, as a floating number: the second result of np.modf."""
    return np.modf(x)[1]


@primitive
def mantissa_of(x):
    """m of x = m 2**e, with 1/2 <= |m| < 1: the first result of np.frexp."""
    return np.frexp(x)[0]


@primitive
def exponent_of(x):
    """e of x = m 2**e, a whole number: the second result of np.frexp."""
    return np.frexp(x)[1]


def _zero(g, *_, **__):
    return np.zeros_like(g)


# fmt: off
#      function         d/dx                                                   d/dy
defvjp(np.sign,         _zero)
defvjp(np.floor,        _zero)
defvjp(np.ceil,         _zero)
defvjp(np.trunc,        _zero)
defvjp(np.rint,         _zero)
defvjp(np.round,        _zero)
defvjp(np.spacing,      _zero)
defvjp(np.angle,        _zero)        # 0 or pi, of real numbers
defvjp(np.imag,         _zero)
defvjp(np.floor_divide, _zero,                                                 _zero)
defvjp(np.heaviside,    _zero,                                                 lambda g, ans, x, y: np.where(x == 0, g, 0.0))
defvjp(np.nextafter,    lambda g, ans, x, y: g,                                _zero)
defvjp(np.ldexp,        lambda g, ans, x, e: np.ldexp(g, e))
defvjp(np.conjugate,    lambda g, ans, x: g)
defvjp(np.real,         lambda g, ans, x: g)

defvjp(fraction_of,     lambda g, ans, x: g)
defvjp(whole_of,        _zero)
defvjp(mantissa_of,     lambda g, ans, x: np.ldexp(g, np.negative(exponent_of(x))))
# fmt: on
constant(exponent_of)
view(np.real, np.imag)
PLAIN[np.real] = lambda val: another_array(np.real(val), val)


@composite(np.modf)
def modf(x):
    return fraction_of(x), whole_of(x)


@composite(np.frexp)
def frexp(x):
    return mantissa_of(x), exponent_of(x)


@composite(np.divmod)
def divmod(x, y):
    return np.floor_divide(x, y), np.remainder(x, y)


if hasattr(np, "fix"):  # deprecated since NumPy 2.5

    @composite(np.fix)
    def fix(x, out=None):
        return np.trunc(x)


@composite(np.around)
def around(a, decimals=0, out=None):
    return np.round(a, decimals)


@composite(np.real_if_close)
def real_if_close(a, tol=100):
    return a
