"""The error function and its kin, the modified Bessel functions, and the primitives that keep their derivatives accurate."""

import math

import numpy as np

from ..operands import function_of_arrays
from ..primitives import primitive
from ..rules import defvjp

# A rational approximation of erf(x) / x on |x| <= 0.46875, in x²: numerator and denominator, the highest power first.
# W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23, 1969.
_NEAR = (
    (
        1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
_FAR = (
    -1.721271126232145e-12, 2.874484912033327e-10, -1.6791248908745892e-10, -3.846773159469965e-09, 4.67683636455275e-09,
    3.0896220384583476e-08, -7.696289833106906e-08, -1.5877768823171552e-07, 9.644383357633148e-07, -5.213054030179135e-07,
    -8.126197120557276e-06, 2.8865266374466598e-05, -1.015794599095256e-05, -0.00029302681421906435, 0.0015316699398510423,
    -0.0048840137435380675, 0.011719809776328893, -0.022405434298487622, 0.03424751063921271, -0.039449898911678154,
    0.024836908018272572, 0.024925017865246216, -0.12044643412594491, 1.2185862383907615,
)  # fmt: skip
"""(1 + 2 x) exp(x²) erfc(x) from x = 0.46875 on, in u = 1 - 8.9375 / (x + 4), which goes from -1 to 1; highest power first.

So weighted the function is nearly constant, and little of the rounding of the powers reaches the result (after Shepherd and
Laframboise, Math. Comp. 36, 1981). The coefficients are those of the interpolation at 24 Chebyshev points, in 300 bits.
"""


def _ratio(coefficients, x):
    above, below = (_horner(part, x) for part in coefficients)
    return above / below


def _horner(coefficients, x):
    total = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        total = total * x + c
    return total


def scaled_erfc(x):
    """exp(x²) erfc(x) of arrays of x >= 0.46875, in double precision, within 2 units in the last place."""
    return _horner(_FAR, 1.0 - 8.9375 / (x + 4.0)) / (1.0 + 2.0 * x)


@primitive
def gaussian(x, c):
    """exp(-c x²), element by element, c being 1 or 1/2.

    The rounding of x² would count x² times in the exponential. With x = h + r, where h has so few bits that h² is exact, it is
    exp(-c h²) exp(-c r (x + h)).
    """
    wide = np.asarray(x, np.float64)
    with np.errstate(under="ignore"):
        bounded = np.clip(wide, -50.0, 50.0)  # beyond it is 0
        high = np.rint(bounded * 1024.0) / 1024.0
        found = np.exp(-c * high * high)
        found = found + found * np.expm1(-c * (bounded - high) * (bounded + high))
        return found.astype(_floating(x))


@function_of_arrays
def erf(x):
    """The error function 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x, element by element; in [-1, 1].

    Computed in double precision, within 3 units in the last place.
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    small = np.minimum(size, 0.46875)
    with np.errstate(under="ignore"):
        near = np.copysign(small, wide) * _ratio(_NEAR, np.square(small))
        rest = gaussian(size, 1.0) * scaled_erfc(np.maximum(size, 0.46875))
        return np.where(size <= 0.46875, near, np.copysign(1.0 - rest, wide)).astype(_floating(x))


@primitive
def normal_cdf(x):
    """The distribution function of the standard normal law, (1 + erf(x / sqrt(2))) / 2; accurate also where it is small."""
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    scaled = size / math.sqrt(2.0)
    with np.errstate(under="ignore"):
        small = np.minimum(scaled, 0.46875)
        near = 0.5 * np.copysign(small, wide) * _ratio(_NEAR, np.square(small))
        tail = 0.5 * gaussian(size, 0.5) * scaled_erfc(np.maximum(scaled, 0.46875))
        return np.where(scaled <= 0.46875, 0.5 + near, np.where(wide > 0, 1.0 - tail, tail)).astype(_floating(x))


def _floating(x):
    """The dtype of a result: that of x, if it is floating."""
    dtype = getattr(x, "dtype", np.dtype(np.float64))
    return dtype if dtype.kind == "f" else np.float64


# ---------------------------------------------------------------------------------------------------------------------
# Modified Bessel functions of the first kind, I_n: np.i0 is I_0, and I_n' = (I_(n-1) + I_(n+1)) / 2.

_ANGLES = [math.pi * k / 32 for k in range(16, -1, -1)]
_WEIGHTS = [1 / 64, *[1 / 32] * 15, 1 / 64]


@primitive
def bessel_i(x, n):
    """I_n(x), element by element, for a whole n >= 0; within 4 units in the last place for n of 0 and 1.

    Near 0 its power series, all terms of which have one sign. Then the mean of exp(x cos t) cos(n t) over 64 angles t of a
    circle, which differs from I_n by about I_(64-n); t and pi - t are taken together, and small terms first. Beyond x = 25
    Hankel's asymptotic series, which ends there below rounding. (Abramowitz and Stegun, 9.6.10, 9.6.19, 9.7.1)
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    small, middle, large = np.minimum(size, 2.0 + n), np.clip(size, 2.0 + n, 25.0 + n), np.maximum(size, 25.0)
    near, total = np.ones_like(small), np.zeros_like(middle)
    for k in range(20 + n, 0, -1):
        near = 1.0 + near * (np.square(0.5 * small) / (k * (k + n)))
    near = near * (0.5 * small) ** n / math.factorial(n)
    for angle, weight in zip(_ANGLES, _WEIGHTS, strict=True):
        pair = 1.0 + (-1.0) ** n * np.exp(-2.0 * math.cos(angle) * middle)
        total = total + (weight * math.cos(n * angle)) * (np.exp(-2.0 * math.sin(0.5 * angle) ** 2 * middle) * pair)
    far = np.ones_like(large)
    for k in range(26, 0, -1):
        far = 1.0 + far * ((2 * k - 1) ** 2 - 4 * n * n) / (8.0 * k * large)
    with np.errstate(over="ignore"):
        half = np.exp(0.5 * large)  # exp(x) would overflow before I_n does
        far = half * (half * (far / np.sqrt(2.0 * math.pi * large)))
    found = np.where(size <= 2.0 + n, near, np.where(size <= 25.0 + n, np.exp(middle) * total, far))
    return (np.copysign(found, wide) if n % 2 else found).astype(_floating(x))


def _bessel_dx(g, ans, x, n):
    return g * bessel_i(x, 1) if n == 0 else g * (0.5 * (bessel_i(x, n - 1) + bessel_i(x, n + 1)))


# fmt: off
#      function         d/dx
defvjp(gaussian,        lambda g, ans, x, c: g * (-2.0 * c * x * ans))
defvjp(erf,             lambda g, ans, x: g * ((2.0 / math.sqrt(math.pi)) * gaussian(x, 1.0)))
defvjp(normal_cdf,      lambda g, ans, x: g * (gaussian(x, 0.5) / math.sqrt(2.0 * math.pi)))
defvjp(np.i0,           lambda g, ans, x: g * bessel_i(x, 1))
defvjp(bessel_i,        _bessel_dx)
# fmt: on
