"""Exponentials, logarithms, trigonometric and hyperbolic functions and their inverses, element by element."""

import math

import numpy as np

from ..primitives import primitive
from ..quiet import quiet
from ..rules import defvjp

PI = 4 * np.arctan(np.longdouble(1))
LN2, LN10 = np.log(np.longdouble(2)), np.log(np.longdouble(10))
DEGREE = PI / 180


def _in(number, a):
    """A constant in the precision of an array: as a Python number, which leaves that as it is, or in full."""
    return number if a.dtype == np.longdouble else float(number)


@primitive
def share(x, y, base=math.e):
    """b**x / (b**x + b**y), the part of x in log(b**x + b**y), for the base b = e or 2; of two -inf it is 0, of two +inf 1/2.

    The rounding of x - y would count |x - y| times in the exponential, so what it loses is put back: with d + r = x - y exactly,
    it is s + r log(b) s (1 - s) for the share s at d.
    """
    x, y = np.asarray(x), np.asarray(y)
    with np.errstate(all="ignore"):
        d = x - y
        taken = d - x
        lost = (x - (d - taken)) - (y + taken)  # (Knuth, TAOCP 2, 4.2.2, theorem B)
        ratio = np.exp(-d) if base == math.e else np.exp2(-d)
        s = 1.0 / (1.0 + ratio)
        s = s + np.where(np.isfinite(d) & (lost != 0), lost * math.log(base) * s * (1.0 - s), d.dtype.type(0))
        s = np.where(np.isposinf(x) & np.isposinf(y), d.dtype.type(0.5), s)
        return np.where(np.isneginf(x) & np.isneginf(y), d.dtype.type(0), s)


@primitive
@quiet
def sech_squared(x):
    """1 / cosh(x)**2, the slope of tanh, which as a difference 1 - tanh(x)**2 would have no digits left beyond x = 19."""
    return np.square(1.0 / np.cosh(x))


def _share_dx(g, ans, x, y, base=math.e):
    return g * ((1.0 if base == math.e else _in(LN2, ans)) * ans * share(y, x, base))


def _share_dy(g, ans, x, y, base=math.e):
    return -_share_dx(g, ans, x, y, base)


def _over(g, part, whole):
    """g part/whole, and 0 at the tip of a cone, where the whole is 0; see reductions.py."""
    return g * np.where(whole == 0, 0.0, part / whole)


_SINC_SERIES = [np.longdouble((-1) ** k * 2 * k) / np.longdouble(math.factorial(2 * k + 1)) for k in range(15, 0, -1)]


def _sinc_dx(g, ans, x):
    """(cos(pi x) - sinc(x)) / x; below |pi x| = 2, where that cancels, the series of it in (pi x)**2."""
    pi = _in(PI, ans)
    near = np.absolute(x) < 2.0 / math.pi
    t = np.square(pi * np.where(near, x, 0.0))
    series = 0.0
    for coefficient in _SINC_SERIES:
        series = series * t + _in(coefficient, ans)
    far = np.where(near, 1.0, x)
    sin, cos = _sin_cos_of_pi(far, pi)
    return g * np.where(near, pi**2 * x * series, (cos - sin / (pi * far)) / far)


def _sin_cos_of_pi(x, pi):
    """sin(pi x) and cos(pi x). The nearest half of a whole number is taken off first, which is exact, and pi x would not be."""
    quarter_turns = np.rint(2.0 * x)
    rest = pi * (x - 0.5 * quarter_turns)
    sin, cos, turn = np.sin(rest), np.cos(rest), np.remainder(quarter_turns, 4.0)
    swap, sign_sin, sign_cos = (
        turn % 2.0 == 1.0,
        np.where(turn < 2.0, 1.0, -1.0),
        np.where(np.absolute(turn - 1.5) > 1.0, 1.0, -1.0),
    )
    return sign_sin * np.where(swap, cos, sin), sign_cos * np.where(swap, sin, cos)


# fmt: off
#      function         d/dx
defvjp(np.exp,          lambda g, ans, x: g * ans)
defvjp(np.exp2,         lambda g, ans, x: g * (ans * _in(LN2, ans)))
defvjp(np.expm1,        lambda g, ans, x: g * np.exp(x))
defvjp(np.log,          lambda g, ans, x: g / x)
defvjp(np.log2,         lambda g, ans, x: g / (x * _in(LN2, ans)))
defvjp(np.log10,        lambda g, ans, x: g / (x * _in(LN10, ans)))
defvjp(np.log1p,        lambda g, ans, x: g / (1.0 + x))

defvjp(np.sin,          lambda g, ans, x: g * np.cos(x))
defvjp(np.cos,          lambda g, ans, x: -g * np.sin(x))
defvjp(np.tan,          lambda g, ans, x: g / np.square(np.cos(x)))
defvjp(np.arcsin,       lambda g, ans, x: g / np.sqrt((1.0 - x) * (1.0 + x)))
defvjp(np.arccos,       lambda g, ans, x: -g / np.sqrt((1.0 - x) * (1.0 + x)))
defvjp(np.arctan,       lambda g, ans, x: g / np.hypot(x, 1.0) / np.hypot(x, 1.0))      # x**2 would overflow

defvjp(np.sinh,         lambda g, ans, x: g * np.cosh(x))
defvjp(np.cosh,         lambda g, ans, x: g * np.sinh(x))
defvjp(np.tanh,         lambda g, ans, x: g * sech_squared(x))
defvjp(np.arcsinh,      lambda g, ans, x: g / np.hypot(x, 1.0))
defvjp(np.arccosh,      lambda g, ans, x: g / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)))
defvjp(np.arctanh,      lambda g, ans, x: g / ((1.0 - x) * (1.0 + x)))

defvjp(np.deg2rad,      lambda g, ans, x: g * _in(DEGREE, ans))
defvjp(np.radians,      lambda g, ans, x: g * _in(DEGREE, ans))
defvjp(np.rad2deg,      lambda g, ans, x: g / _in(DEGREE, ans))
defvjp(np.degrees,      lambda g, ans, x: g / _in(DEGREE, ans))
defvjp(np.sinc,         _sinc_dx)

#      function         d/dx                                                   d/dy
defvjp(np.arctan2,      lambda g, ans, x, y: _over(_over(g, y, np.hypot(x, y)), 1.0, np.hypot(x, y)),
                        lambda g, ans, x, y: _over(_over(-g, x, np.hypot(x, y)), 1.0, np.hypot(x, y)))
defvjp(np.hypot,        lambda g, ans, x, y: _over(g, x, ans),                 lambda g, ans, x, y: _over(g, y, ans))
defvjp(np.logaddexp,    lambda g, ans, x, y: g * share(x, y),                  lambda g, ans, x, y: g * share(y, x))
defvjp(np.logaddexp2,   lambda g, ans, x, y: g * share(x, y, 2.0),             lambda g, ans, x, y: g * share(y, x, 2.0))
defvjp(share,           _share_dx,                                             _share_dy)
defvjp(sech_squared,    lambda g, ans, x: g * (-2.0 * ans * np.tanh(x)))
# fmt: on
