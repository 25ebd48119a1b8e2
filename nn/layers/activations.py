"""Activation functions as modules: functions of z, element by element or, of some, along an axis."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from autograd_lite import (
    Tensor,
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
)
from autograd_lite.recording import apply

from ..arguments import real
from ..module import Module


class Activation(Module):
    """A function of z, element by element, as a module; the subclasses say which."""

    function: ClassVar[Callable[..., Any]]

    def forward(self, z: Any) -> Tensor:
        """The function of z, as a new Tensor."""
        a: Tensor = apply(self.function, (z,))
        return a

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make an activation like this one."""
        return {}


class Sigmoid(Activation):
    """1 / (1 + exp(-z)), in (0, 1)."""

    function = staticmethod(sigmoid)


class Tanh(Activation):
    """tanh(z), in (-1, 1)."""

    function = np.tanh


class ReLU(Activation):
    """max(z, 0). Its derivative at 0 is 0."""

    function = staticmethod(relu)


class Softplus(Activation):
    """log(1 + exp(z)), a smooth ReLU."""

    function = staticmethod(softplus)


class Identity(Activation):
    """z itself, for outputs of any size."""

    function = np.positive


class SiLU(Activation):
    """z sigmoid(z), also called swish."""

    function = staticmethod(silu)


class SELU(Activation):
    """The ELU, scaled so that mean 0 and variance 1 are kept from layer to layer (Klambauer et al., 2017)."""

    function = staticmethod(selu)


class Softsign(Activation):
    """z / (1 + |z|), in (-1, 1)."""

    function = staticmethod(softsign)


class GELU(Activation):
    """z times the probability that a standard normal number is below z.

    approximate : "tanh" for the formula with tanh, None for the exact one
    """

    def __init__(self, approximate: str | None = None):
        if not (approximate is None or (isinstance(approximate, str) and approximate == "tanh")):
            raise ValueError(f"approximate of GELU is {approximate!r}, needs None or 'tanh'")
        self.approximate = approximate

    def forward(self, z: Any) -> Tensor:
        """gelu(z)."""
        a: Tensor = apply(gelu, (z,), {"approximate": self.approximate} if self.approximate else {})
        return a

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make an activation like this one."""
        return {"approximate": self.approximate}


class LeakyReLU(Activation):
    """z where z > 0, negative_slope·z elsewhere."""

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = real("negative_slope", negative_slope, "a finite number", np.isfinite)

    def forward(self, z: Any) -> Tensor:
        """leaky_relu(z)."""
        a: Tensor = apply(leaky_relu, (z, self.negative_slope))
        return a

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make an activation like this one."""
        return {"negative_slope": self.negative_slope}


class ELU(Activation):
    """z where z > 0, alpha·(exp(z) − 1) elsewhere (Clevert et al., 2016)."""

    def __init__(self, alpha: float = 1.0):
        self.alpha = real("alpha", alpha, "a finite number", np.isfinite)

    def forward(self, z: Any) -> Tensor:
        """elu(z)."""
        a: Tensor = apply(elu, (z, self.alpha))
        return a

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make an activation like this one."""
        return {"alpha": self.alpha}


class Softmax(Activation):
    """exp(z) / Σ exp(z) along an axis: shares that sum to 1. For costs, `softmax_cross_entropy` takes z itself."""

    function = staticmethod(softmax)

    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, z: Any) -> Tensor:
        """The shares."""
        a: Tensor = apply(self.function, (z,), {"axis": self.axis})
        return a

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make an activation like this one."""
        return {"axis": self.axis}


class LogSoftmax(Softmax):
    """The logarithm of softmax along an axis."""

    function = staticmethod(log_softmax)


ACTIVATIONS: dict[str, type[Activation]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "softplus": Softplus,
    "identity": Identity,
    "linear": Identity,
    "gelu": GELU,
    "silu": SiLU,
    "elu": ELU,
    "selu": SELU,
    "leaky_relu": LeakyReLU,
    "softsign": Softsign,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}
