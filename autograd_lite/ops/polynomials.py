"""Polynomials by their coefficients, the highest power first, as np.polyval has them."""

import numpy as np

from ..rules import array_like, composite, defvjp
from .joining import one_array


def _polyval_dp(g, ans, p, x):
    """The powers of x."""
    powers = np.vander(np.reshape(x, -1), np.size(p))
    return np.reshape(np.matmul(np.reshape(g, -1), powers), np.shape(p))


def _polyval_dx(g, ans, p, x):
    return g * np.polyval(np.polyder(p), x)


def _vander_dx(g, ans, x, N=None, increasing=False):
    """k x**(k - 1) of each power, down to the 0 of the constant one."""
    n = np.shape(g)[-1]
    g = g if increasing else np.flip(g, -1)
    return np.sum(g[:, 1:] * np.arange(1.0, n) * np.vander(x, max(n - 1, 0), increasing=True), axis=1) if n else 0.0 * x


# fmt: off
#      function         d/dp, d/dx      d/dx
defvjp(np.polyval,      _polyval_dp,     _polyval_dx)
defvjp(np.vander,       _vander_dx)
# fmt: on
array_like(np.polyval)


@composite(np.polyval)
def polyval(p, x):
    """Coefficients of more than one axis, of many polynomials, by Horner's scheme; a row of them has a rule."""
    p, x = one_array(p), one_array(x)
    if np.ndim(p) <= 1:
        return NotImplemented
    y = np.zeros_like(x)
    for row in p:
        y = y * x + row
    return y


@composite(np.polyder)
def polyder(p, m=1):
    p = one_array(p)
    for _ in range(m):
        p = p[:-1] * np.arange(np.size(p) - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p, m=1, k=None):
    p = one_array(p)
    k = np.atleast_1d(0.0 if k is None else one_array(k))
    if 1 != np.size(k) < m:
        raise ValueError(f"np.polyint needs one constant, or one for each of {m} integrations; got {np.size(k)}")
    for c in [k[0]] * m if np.size(k) == 1 else list(k[:m]):
        p = np.concatenate([p / np.arange(np.size(p), 0, -1), np.reshape(c, 1)])
    return p


@composite(np.polyadd)
def polyadd(a1, a2):
    return np.add(*_of_one_length(a1, a2))


@composite(np.polysub)
def polysub(a1, a2):
    return np.subtract(*_of_one_length(a1, a2))


@composite(np.polymul)
def polymul(a1, a2):
    """As NumPy does it: leading zeros of the factors are dropped."""
    return np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


def _of_one_length(*polynomials):
    rows = [np.atleast_1d(one_array(p)) for p in polynomials]
    n = max(np.size(r) for r in rows)
    return [np.pad(r, (n - np.size(r), 0)) if np.size(r) < n else r for r in rows]


def _without_leading_zeros(p):
    p = np.atleast_1d(one_array(p))
    return p[min([*np.flatnonzero(p).tolist(), np.size(p) - 1]) :]
