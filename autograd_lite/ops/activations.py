"""Activation functions that NumPy lacks. At saturation they give their limits, without a warning."""

import math

import numpy as np

from ..operands import function_of_arrays
from ..quiet import quiet
from ..quotients import Quotient
from ..rules import constant, defvjp
from .special import gaussian, normal_cdf


def _floating(x):
    """x as an array of floating numbers. Of whole ones the negative may be out of range, and that of unsigned ones always is."""
    if type(x) is np.ndarray and x.dtype.kind in "fc":
        return x
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


@function_of_arrays
@quiet
def sigmoid(x):
    """The logistic function 1 / (1 + exp(-x)), element by element; in (0, 1).

    Where exp(-x) overflows, below -709 in float64, it is 0.
    """
    e = np.exp(np.negative(_floating(x)))
    e += 1.0
    return np.reciprocal(e)


@function_of_arrays
def relu(x):
    """max(x, 0), element by element. Its derivative at 0 is 0."""
    return np.maximum(x, 0)


@function_of_arrays
@quiet
def softplus(x):
    """log(1 + exp(x)), element by element: a smooth relu, the integral of the sigmoid."""
    x = _floating(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@function_of_arrays
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, negative_slope x elsewhere. Its derivative at 0 is negative_slope."""
    x = np.asarray(x)
    return np.where(x > 0, x, negative_slope * np.minimum(x, 0))


@function_of_arrays
def elu(x, alpha=1.0):
    """x where x > 0, alpha (exp(x) - 1) elsewhere (Clevert et al., 2016). Its derivative at 0 is alpha."""
    x = np.asarray(x)
    with np.errstate(under="ignore"):
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


SELU_SCALE, SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848


@function_of_arrays
def selu(x):
    """scale elu(x, alpha), with the numbers that keep mean 0 and variance 1 from layer to layer (Klambauer et al., 2017)."""
    x = np.asarray(x)
    with np.errstate(under="ignore"):
        return np.where(x > 0, SELU_SCALE * x, (SELU_SCALE * SELU_ALPHA) * np.expm1(np.minimum(x, 0)))


@function_of_arrays
def silu(x):
    """x sigmoid(x), element by element; also called swish (Elfwing et al., 2018)."""
    return _floating(x) * sigmoid(x)


@function_of_arrays
def softsign(x):
    """x / (1 + |x|), element by element; in (-1, 1)."""
    x = _floating(x)
    return x / (1.0 + np.abs(x))


@function_of_arrays
def logit(x):
    """log(x / (1 - x)) of numbers in (0, 1), element by element: the inverse of the sigmoid.

    From 1/4 on it is 2 artanh(2 x - 1), where 2 x - 1 is exact, and nothing cancels near 1/2.
    """
    x = np.asarray(x)
    low = np.minimum(x, 0.25)
    return np.where(x < 0.25, np.log(low / (1.0 - low)), 2.0 * np.arctanh(2.0 * np.maximum(x, 0.25) - 1.0))


@function_of_arrays
def gelu(x, approximate=None):
    """x times the probability that a standard normal number is below x (Hendrycks and Gimpel, 2016), element by element.

    approximate : "tanh" for x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))); None for the exact function
    Raises ValueError for anything else.
    """
    if approximate is None:
        with np.errstate(under="ignore"):
            return x * normal_cdf(x)
    if approximate != "tanh":
        raise ValueError(f"approximate= of gelu is None or 'tanh', not {approximate!r}")
    with np.errstate(under="ignore"):
        return x * sigmoid(_gelu_inner(x))


_ONE = {np.dtype(t): np.array(1.0, t) for t in (np.float32, np.float64)}
"""1 as an array: NumPy takes as long to make one of a Python number as for the sum of small arrays itself."""


def _sigmoid_dx(g, ans, x):
    """sigmoid(x) sigmoid(-x): the difference 1 - sigmoid(x) would lose its digits where sigmoid(x) is near 1."""
    if type(g) is Quotient:
        return g.numerator if g.rest is None else g.numerator + _sigmoid_dx(g.rest, ans, x)
    if type(x) is np.ndarray:
        e = np.exp(x)
        e += _ONE.get(e.dtype, 1.0)
        return g * (ans / e)
    return g * (ans * sigmoid(-x))  # the same, and its own derivative is not 0 times inf where exp(x) overflows


def _gelu_inner(x):
    """1/2 (1 + tanh u) is sigmoid(2 u), which does not cancel. Beyond 30 it is 0 or 1, and x³ need not overflow."""
    x = np.clip(x, -30.0, 30.0)
    return (2.0 * math.sqrt(2.0 / math.pi)) * (x * (1.0 + 0.044715 * np.square(x)))


def _gelu_dx(g, ans, x, approximate=None):
    if approximate is None:
        return g * (normal_cdf(x) + x * (gaussian(x, 0.5) / math.sqrt(2.0 * math.pi)))
    x = np.clip(x, -30.0, 30.0)
    s = sigmoid(_gelu_inner(x))
    inner = (2.0 * math.sqrt(2.0 / math.pi)) * (1.0 + 0.134145 * np.square(x))
    return g * (s + s * sigmoid(-_gelu_inner(x)) * (x * inner))


@function_of_arrays
def one_hot(labels, n_classes):
    """Rows of 0 with a single 1 at each label, as float64: an array, or a Tensor without a gradient if `labels` is a Tensor.

    labels : whole numbers from 0 to n_classes - 1, of any shape; the result has one axis more, of length n_classes
    Raises TypeError for labels that are not whole numbers, ValueError for one out of range.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels are whole numbers; got dtype {labels.dtype}")
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"labels go from 0 to {n_classes - 1}; got {labels.min()} to {labels.max()}")
    return (labels[..., None] == np.arange(n_classes)).astype(np.float64)


# fmt: off
#      function         d/dx
defvjp(sigmoid,         _sigmoid_dx)
defvjp(relu,            lambda g, ans, x: np.where(x <= 0, 0.0, g))    # a NaN keeps the gradient, as in np.maximum
defvjp(softplus,        lambda g, ans, x: g * sigmoid(x))
defvjp(leaky_relu,      lambda g, ans, x, negative_slope=0.01: np.where(x > 0, g, negative_slope * g))
defvjp(elu,             lambda g, ans, x, alpha=1.0: np.where(x > 0, g, g * (alpha * np.exp(np.minimum(x, 0.0)))))
defvjp(selu,            lambda g, ans, x: g * np.where(x > 0, SELU_SCALE, (SELU_SCALE * SELU_ALPHA) * np.exp(np.minimum(x, 0.0))))
defvjp(silu,            lambda g, ans, x: g * (sigmoid(x) * (1.0 + x * sigmoid(-x))))
defvjp(softsign,        lambda g, ans, x: g / np.square(1.0 + np.absolute(x)))
defvjp(logit,           lambda g, ans, x: g / (x * (1.0 - x)))
defvjp(gelu,            _gelu_dx)
# fmt: on
constant(one_hot)
