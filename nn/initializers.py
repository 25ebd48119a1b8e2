"""What parameters are before they learn: functions of a random generator and a shape.

For weights the shape is (n_out, n_in), for biases (n_out,). Numbers are drawn in float64, so a seed gives the same
network, up to rounding, in every dtype.
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


def scaled_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """N(0, 1) / sqrt(n_in): weighted inputs start of the order of 1, where a sigmoid learns (Nielsen, NNDL, ch. 3)."""
    return rng.normal(0.0, 1 / math.sqrt(shape[-1]), shape)


def he_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """N(0, 2 / n_in), for layers of ReLU (He et al., 2015, Delving deep into rectifiers)."""
    return rng.normal(0.0, math.sqrt(2 / shape[-1]), shape)


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Uniform within sqrt(6 / (n_in + n_out)) of 0 (Glorot and Bengio, 2010, Understanding the difficulty ...)."""
    bound = math.sqrt(6 / (shape[0] + shape[-1]))
    return rng.uniform(-bound, bound, shape)


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """All 0. Neurons of a layer that start with equal weights stay equal: good for biases only."""
    return np.zeros(shape)
