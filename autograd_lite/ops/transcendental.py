"""Exponentials, logarithms, trigonometric and hyperbolic functions and their inverses, element by element."""

import math

import numpy as np

from ..rules import constant, defvjp
from .activations import sigmoid

LN2 = math.log(2.0)
LN10 = math.log(10.0)
DEGREE = math.pi / 180.0


def _share(g, ans, x, y, unit=1.0):
    """sigmoid(x - y), the part of x in log(exp(x) + exp(y)); 0 where both are -inf and there is nothing to share."""
    return g * sigmoid(unit * (x - np.where(np.isneginf(ans), 0.0, y)))


def _share_of_2(g, ans, x, y):
    return _share(g, ans, x, y, LN2)


def _over(g, part, whole):
    """g part/whole, and 0 where the whole is 0: of the slopes there, the one of smallest norm."""
    return g * (part / np.where(whole == 0, 1.0, whole))


_SINC_SERIES = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(13, 0, -1)]


def _sinc_dx(g, ans, x):
    """(cos(pi x) - sinc(x)) / x; below |pi x| = 2, where that cancels, the series of it in (pi x)**2."""
    near = np.abs(x) < 2.0 / np.pi
    t = np.square(np.pi * np.where(near, x, 0.0))
    series = 0.0
    for coefficient in _SINC_SERIES:
        series = series * t + coefficient
    return g * np.where(near, np.pi**2 * x * series, (np.cos(np.pi * x) - ans) / np.where(near, 1.0, x))


# fmt: off
#      function         d/dx
defvjp(np.exp,          lambda g, ans, x: g * ans)
defvjp(np.exp2,         lambda g, ans, x: g * (ans * LN2))
defvjp(np.expm1,        lambda g, ans, x: g * np.exp(x))
defvjp(np.log,          lambda g, ans, x: g / x)
defvjp(np.log2,         lambda g, ans, x: g / (x * LN2))
defvjp(np.log10,        lambda g, ans, x: g / (x * LN10))
defvjp(np.log1p,        lambda g, ans, x: g / (1.0 + x))

defvjp(np.sin,          lambda g, ans, x: g * np.cos(x))
defvjp(np.cos,          lambda g, ans, x: -g * np.sin(x))
defvjp(np.tan,          lambda g, ans, x: g / np.square(np.cos(x)))
defvjp(np.arcsin,       lambda g, ans, x: g / np.sqrt((1.0 - x) * (1.0 + x)))
defvjp(np.arccos,       lambda g, ans, x: -g / np.sqrt((1.0 - x) * (1.0 + x)))
defvjp(np.arctan,       lambda g, ans, x: g / (1.0 + np.square(x)))

defvjp(np.sinh,         lambda g, ans, x: g * np.cosh(x))
defvjp(np.cosh,         lambda g, ans, x: g * np.sinh(x))
defvjp(np.tanh,         lambda g, ans, x: g * (4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x)))
defvjp(np.arcsinh,      lambda g, ans, x: g / np.hypot(x, 1.0))
defvjp(np.arccosh,      lambda g, ans, x: g / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)))
defvjp(np.arctanh,      lambda g, ans, x: g / ((1.0 - x) * (1.0 + x)))

defvjp(np.deg2rad,      lambda g, ans, x: g * DEGREE)
defvjp(np.radians,      lambda g, ans, x: g * DEGREE)
defvjp(np.rad2deg,      lambda g, ans, x: g / DEGREE)
defvjp(np.degrees,      lambda g, ans, x: g / DEGREE)
defvjp(np.sinc,         _sinc_dx)

#      function         d/dx                                                   d/dy
defvjp(np.arctan2,      lambda g, ans, x, y: _over(_over(g, y, np.hypot(x, y)), 1.0, np.hypot(x, y)),
                        lambda g, ans, x, y: _over(_over(-g, x, np.hypot(x, y)), 1.0, np.hypot(x, y)))
defvjp(np.hypot,        lambda g, ans, x, y: _over(g, x, ans),                 lambda g, ans, x, y: _over(g, y, ans))
defvjp(np.logaddexp,    _share,                  lambda g, ans, x, y: _share(g, ans, y, x))
defvjp(np.logaddexp2,   _share_of_2,             lambda g, ans, x, y: _share_of_2(g, ans, y, x))
# fmt: on

constant(np.isneginf, np.isposinf)
