"""What parameters are before they learn: functions of a random generator and a shape.

For weights the shape is (n_out, n_in), for biases (n_out,), for the weights of a convolution (n_out, n_in, width) or
(n_out, n_in, height, width): there n_in and n_out count the numbers that meet at a neuron and that leave one, so times
the size of the window. Numbers are drawn in float64, so a seed gives the same network, up to rounding, in every dtype.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Initializer = Callable[[np.random.Generator, tuple[int, ...]], NDArray[Any]]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """N(0, 1), which the book gives to biases."""
    return rng.standard_normal(shape)


def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Uniform in (-√3, √3), of mean 0 and variance 1, as `normal` is."""
    return rng.uniform(-math.sqrt(3), math.sqrt(3), shape)


def scaled_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """N(0, 1) / sqrt(n_in): weighted inputs start of the order of 1, where a sigmoid learns (Nielsen, NNDL, ch. 3)."""
    return rng.normal(0.0, 1 / math.sqrt(fans(shape)[0]), shape)


def scaled_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Uniform within sqrt(3 / n_in) of 0: of variance 1 / n_in, as `scaled_normal` is (LeCun et al., 1998)."""
    bound = math.sqrt(3 / fans(shape)[0])
    return rng.uniform(-bound, bound, shape)


def he_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """N(0, 2 / n_in), for layers of ReLU (He et al., 2015, Delving deep into rectifiers)."""
    return rng.normal(0.0, math.sqrt(2 / fans(shape)[0]), shape)


def he_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Uniform within sqrt(6 / n_in) of 0: of variance 2 / n_in, as `he_normal` is."""
    bound = math.sqrt(6 / fans(shape)[0])
    return rng.uniform(-bound, bound, shape)


def glorot_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """N(0, 2 / (n_in + n_out)) (Glorot and Bengio, 2010, Understanding the difficulty ...)."""
    return rng.normal(0.0, math.sqrt(2 / sum(fans(shape))), shape)


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Uniform within sqrt(6 / (n_in + n_out)) of 0: of the variance of `glorot_normal`."""
    bound = math.sqrt(6 / sum(fans(shape)))
    return rng.uniform(-bound, bound, shape)


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """A random matrix with orthonormal rows, or columns if there are fewer of these; further axes count as inputs.

    It is the Q of a normal matrix, with signs that make every such matrix equally likely (Saxe et al., 2014; Mezzadri,
    2007). Raises ValueError for a shape of less than two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"orthogonal needs a shape of two axes or more, got {shape}: give biases another initializer")
    rows, columns = shape[0], math.prod(shape[1:])
    drawn = rng.standard_normal((rows, columns))
    q, r = np.linalg.qr(drawn if rows >= columns else drawn.T)
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
    matrix: NDArray[Any] = q if rows >= columns else q.T
    return matrix.reshape(shape)


def constant(value: float) -> Initializer:
    """All `value`. Neurons of a layer that start with equal weights stay equal: good for biases and scales only."""

    def filled(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.full(shape, value, dtype=np.float64)

    filled.__name__ = filled.__qualname__ = f"constant({value!r})"
    return filled


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """All 0. Neurons of a layer that start with equal weights stay equal: good for biases only."""
    return np.zeros(shape)


def ones(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """All 1, for scales."""
    return np.ones(shape)


def scaled(initializer: Initializer, gain: float) -> Initializer:
    """What `initializer` gives, times `gain`: `scaled(orthogonal, 2**0.5)` is for layers of ReLU."""

    def times_gain(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return initializer(rng, shape) * gain

    return times_gain


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """n_in and n_out of weights of this shape; of a vector both are its length."""
    window = math.prod(shape[2:])
    return shape[min(1, len(shape) - 1)] * window, shape[0] * window
