"""Arithmetic, element by element."""

import numpy as np

from ..primitives import primitive, tensors_in
from ..rules import array_like, composite, constant, defvjp
from .joining import one_array


def _to_winner(g, x, y, x_wins):
    """dC/dx of the larger (or smaller) of x and y: all to the winner, half to each where they tie."""
    tie = (x == y) | (np.isnan(x) & np.isnan(y))
    return np.where(tie, 0.5 * g, np.where(x_wins, g, 0.0))


def _power_dx(g, ans, x, y):
    """y x**(y-1), which is 0 where y is 0: the power of x taken there is 1, not -1, so that x = 0 does no harm."""
    if type(y) in (int, float):
        return g * 0.0 if y == 0 else g * (y * x ** (y - 1))
    return g * (y * power_before(x, np.where((x == 0) & (y == 0), ans.dtype.type(1), y)))


@primitive
def power_before(x, y):
    """x**(y - 1), as x**y / x: the rounding of y - 1 would count log x times. Where x**y is 0 or infinite, directly."""
    whole = np.power(x, y)
    regular = np.isfinite(whole) & (whole != 0) & (x != 0)
    found = np.divide(whole, x, out=np.empty_like(whole), where=regular)
    return np.power(x, np.subtract(y, whole.dtype.type(1)), out=found, where=~regular)


def _power_before_dx(g, ans, x, y):
    one = ans.dtype.type(1)
    return g * ((y - one) * power_before(x, np.where((x == 0) & (y == one), one, y - one)))


def _power_dy(g, ans, x, y):
    """x**y log x, and its limit 0 at x = 0, y >= 0."""
    return g * ans * np.log(np.where((x == 0) & (y >= 0), ans.dtype.type(1), x))


def _power_before_dy(g, ans, x, y):
    return g * ans * np.log(np.where((x == 0) & (y >= 1), ans.dtype.type(1), x))


def _remainder_dy(g, ans, x, y):
    return -g * np.floor_divide(x, y)


def _fmod_dy(g, ans, x, y):
    """As for the remainder, with the quotient rounded towards 0."""
    return -g * np.rint((x - ans) / y)


def _clip_dx(g, ans, x, *args, **keywords):
    """g where clipping left x as it was; the bounds themselves belong to it, and NaN is within all bounds."""
    low, high = _bounds(*args, **keywords)
    within = np.isnan(x)
    within = within | ((True if low is None else x >= low) & (True if high is None else x <= high))
    return np.where(within, g, 0.0)


def _clip_dlow(g, ans, x, *args, **keywords):
    low, high = _bounds(*args, **keywords)
    raised = x < low if high is None else (x < low) & (low <= high)
    return np.where(raised | (np.isnan(low) & ~np.isnan(x)), g, 0.0)


def _clip_dhigh(g, ans, x, *args, **keywords):
    low, high = _bounds(*args, **keywords)
    x = x if low is None else np.maximum(x, low)
    return np.where((x > high) | (np.isnan(high) & ~np.isnan(x)), g, 0.0)


def _bounds(a_min=None, a_max=None, out=None, *, min=None, max=None, **of_the_ufunc):
    """`np.clip` takes its bounds by position and under two names each, and hands further keywords on to a ufunc."""
    return (min if a_min is None else a_min), (max if a_max is None else a_max)


def _where(kind):
    """g where x is of one kind of numbers, which np.nan_to_num leaves, or replaces by one of its arguments."""
    return lambda g, ans, x, *_, **__: np.where(kind(x), g, 0.0)


# fmt: off
#      function         d/dx                                                   d/dy
defvjp(np.add,          lambda g, ans, x, y: g,                                lambda g, ans, x, y: g)
defvjp(np.subtract,     lambda g, ans, x, y: g,                                lambda g, ans, x, y: -g)
defvjp(np.multiply,     lambda g, ans, x, y: g * y,                            lambda g, ans, x, y: g * x)
defvjp(np.divide,       lambda g, ans, x, y: g / y,                            lambda g, ans, x, y: -g * ans / y)
defvjp(np.power,        _power_dx,                                             _power_dy)
defvjp(np.float_power,  _power_dx,                                             _power_dy)
defvjp(power_before,    _power_before_dx,                                      _power_before_dy)
defvjp(np.remainder,    lambda g, ans, x, y: g,                                _remainder_dy)
defvjp(np.fmod,         lambda g, ans, x, y: g,                                _fmod_dy)
defvjp(np.maximum,      lambda g, ans, x, y: _to_winner(g, x, y, (x > y) | np.isnan(x)),
                        lambda g, ans, x, y: _to_winner(g, y, x, (y > x) | np.isnan(y)))
defvjp(np.minimum,      lambda g, ans, x, y: _to_winner(g, x, y, (x < y) | np.isnan(x)),
                        lambda g, ans, x, y: _to_winner(g, y, x, (y < x) | np.isnan(y)))
defvjp(np.fmax,         lambda g, ans, x, y: _to_winner(g, x, y, (x > y) | np.isnan(y)),
                        lambda g, ans, x, y: _to_winner(g, y, x, (y > x) | np.isnan(x)))
defvjp(np.fmin,         lambda g, ans, x, y: _to_winner(g, x, y, (x < y) | np.isnan(y)),
                        lambda g, ans, x, y: _to_winner(g, y, x, (y < x) | np.isnan(x)))
defvjp(np.copysign,     lambda g, ans, x, y: g * np.copysign(1.0, x) * np.copysign(1.0, y) * (x != 0),
                        lambda g, ans, x, y: np.zeros_like(g))

defvjp(np.negative,     lambda g, ans, x: -g)
defvjp(np.positive,     lambda g, ans, x: g)
defvjp(np.absolute,     lambda g, ans, x: g * np.sign(x))
defvjp(np.fabs,         lambda g, ans, x: g * np.sign(x))
defvjp(np.square,       lambda g, ans, x: g * (2.0 * x))
defvjp(np.sqrt,         lambda g, ans, x: g / (2.0 * ans))
defvjp(np.cbrt,         lambda g, ans, x: g * np.where(x == 0, np.inf, ans / (3.0 * x)))    # one error of ans, not two
defvjp(np.reciprocal,   lambda g, ans, x: -g * np.square(ans))

defvjp(np.clip,         _clip_dx, _clip_dlow, _clip_dhigh,
                        min=_clip_dlow, max=_clip_dhigh)
defvjp(np.nan_to_num,   _where(np.isfinite), None, _where(np.isnan), _where(np.isposinf), _where(np.isneginf),
                        nan=_where(np.isnan), posinf=_where(np.isposinf), neginf=_where(np.isneginf))
# fmt: on
array_like(np.clip)


@composite(np.clip)
def clip(*args, where=True, **keywords):
    if where is not True:
        raise TypeError(
            "np.clip takes no where= with a Tensor: choose afterwards, np.where(mask, np.clip(x, ...), other)"
        )
    return NotImplemented


@composite(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """With copy=False the result is written into x, as in NumPy."""
    if copy:
        return NotImplemented
    x[...] = np.nan_to_num(x, True, nan, posinf, neginf)
    return x


@composite(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """A Tensor to fill with is broadcast; of a number the result is constant."""
    if next(tensors_in(fill_value), None) is None:
        return NotImplemented
    shape = np.shape(a) if shape is None else shape
    return np.astype(
        np.copy(np.broadcast_to(one_array(fill_value), shape), order="C"),
        np.result_type(a) if dtype is None else np.dtype(dtype),
    )


constant(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count,
    np.gcd, np.lcm, np.packbits, np.unpackbits,
    np.isnan, np.isinf, np.isfinite, np.isneginf, np.isposinf, np.isnat, np.signbit, np.iscomplex, np.isreal,
    np.isclose, np.allclose, np.array_equal, np.array_equiv,
    np.zeros_like, np.ones_like, np.full_like, np.empty_like,
)  # fmt: skip
