"""The weighted input z = x Wᵀ + b."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor
from autograd_lite.ops.linalg import matmul_transposed
from autograd_lite.recording import apply

from ..initializers import Initializer, normal, scaled_normal
from ..module import Module, Parameter
from .common import Seed, at_least, drawn, generator, switch, title, without


class Linear(Module):
    """The weighted inputs z = x @ W.T + b of a layer of neurons.

    n_in, n_out : numbers of inputs and of neurons, at least 1
    bias : has each neuron a bias? Without them z = x @ W.T, and b is None
    weights, biases : functions of a generator and a shape (see initializers.py)
    seed : an int, a Generator to draw from, or None for another network each time
    dtype : a floating dtype; None keeps those of what `weights` and `biases` return

    W : (n_out, n_in), where W[j, k] joins input k to neuron j;  b : (n_out,)
    Called on x : (n, n_in) or (n_in,) it returns z : (n, n_out) or (n_out,).
    """

    W: Parameter
    b: Parameter | None
    weight_names = ("W",)
    parameter_names = ("W", "b")

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        bias: bool = True,
        weights: Initializer = scaled_normal,
        biases: Initializer = normal,
        seed: Seed = None,
        dtype: DTypeLike | None = np.float64,
        name: str | None = None,
    ):
        n_in, n_out = at_least(1, n_in=n_in, n_out=n_out)
        rng = generator(seed)
        self.name = name
        self.W = Parameter(drawn(weights, rng, (n_out, n_in)), dtype, name="W")
        self.b = Parameter(drawn(biases, rng, (n_out,)), dtype, name="b") if switch("bias", bias) else None

    @property
    def n_in(self) -> int:
        """The number of inputs."""
        return self.W.shape[1]

    @property
    def n_out(self) -> int:
        """The number of neurons."""
        return self.W.shape[0]

    def forward(self, x: Any) -> Tensor:
        """z = x @ W.T + b. Raises ValueError if an example of x has not n_in features."""
        if not isinstance(x, Tensor):
            x = Tensor(x, name="x")
        try:
            z: Tensor = apply(matmul_transposed, (x, self.W))
            if self.b is not None:
                z = z + self.b
        except ValueError:
            if x.shape[-1:] != self.W.shape[1:]:
                raise ValueError(self._mismatch(x)) from None
            raise
        return z

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        return {"n_in": self.n_in, "n_out": self.n_out} | without(bias=self.b)

    def _mismatch(self, x: Tensor) -> str:
        found = f"{x.shape[-1]} features an example" if x.ndim else "a single number"
        return (
            f"{title(self)} (Linear {self.n_in} -> {self.n_out}) got {found}, needs {self.n_in}: "
            f"x has shape {x.shape}, W {self.W.shape}; x must be (n, {self.n_in}) or ({self.n_in},)"
        )

    def __repr__(self) -> str:
        return f"Linear({self.n_in}, {self.n_out}{'' if self.b is not None else ', bias=False'})"
