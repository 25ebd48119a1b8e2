"""Optimisers that give each element of a parameter a step of its own, by the sizes its gradient had so far.

`m` is a running mean of gradients, `v` one of their squares, `t` the number of steps, a float64 whatever the parameter's
dtype. The formulas, and the default values, are those of torch.optim.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base import Optimizer, Params, minus
from .numbers import below_1


class Adam(Optimizer):
    """Adam: p ← p − lr·m̂ / (√v̂ + eps), where m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) are means without bias.

    betas : how much of the running means of g and of g² is kept at each step, each in [0, 1)
    weight_decay : λ adds λ·p to g at the start

    For `clip_norm`, `clip_value` and groups of parameters see `Optimizer`. Raises ValueError for numbers out of range.
    Source: Kingma and Ba, 2015, Adam: a method for stochastic optimization.
    """

    options = ("lr", "betas", "eps", "weight_decay")
    remembered = ("m", "v", "t")
    betas: tuple[float, float]
    eps: float
    weight_decay: float

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ):
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay,
            clip_norm=clip_norm, clip_value=clip_value,
        )  # fmt: skip

    def _checked(self, name: str, given: Any) -> Any:
        if name != "betas":
            return super()._checked(name, given)
        value = tuple(given) if isinstance(given, Sequence | np.ndarray) else ()
        if len(value) != 2:
            raise ValueError(f"betas is {given!r}, needs two numbers")
        return below_1("betas[0]", value[0]), below_1("betas[1]", value[1])

    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """One step of one parameter; the state is m, v and t."""
        if self.weight_decay:
            g = g + p * self.weight_decay
        return self._follow(p, g, state)

    def _follow(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        beta1, beta2 = self.betas
        m, v, t = (0.0, 0.0, _no_steps(p)) if state is None else (state["m"], state["v"], state["t"])
        m = m * beta1 + g * (1.0 - beta1)
        v = v * beta2 + g * g * (1.0 - beta2)
        t = t + 1.0
        rate = (self.lr / (1.0 - beta1**t)).astype(p.dtype)
        unbias = np.sqrt(1.0 - beta2**t).astype(p.dtype)
        return minus(p, m * rate / (np.sqrt(v) / unbias + self.eps)), {"m": m, "v": v, "t": _kept(t)}


class AdamW(Adam):
    """Adam with weight decay of its own: p ← p·(1 − lr·λ) first, so that λ does not pass through the means.

    As `Adam`, with weight_decay λ of 0.01. Source: Loshchilov and Hutter, 2019, Decoupled weight decay regularization.
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, clip_norm=clip_norm, clip_value=clip_value)

    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """One step of one parameter; the state is m, v and t."""
        if self.weight_decay:
            p = p * (1.0 - self.lr * self.weight_decay)
        return self._follow(p, g, state)


class RMSprop(Optimizer):
    """RMSprop: p ← p − lr·g / (√v + eps), with v ← α·v + (1 − α)·g².

    alpha : how much of the running mean of g² is kept at each step, in [0, 1)
    momentum : µ follows a velocity ← µ·velocity + g / (√v + eps) instead
    centered : take the variance v − m² in the place of v, with m the running mean of g
    weight_decay : λ adds λ·p to g at the start

    For `clip_norm`, `clip_value` and groups of parameters see `Optimizer`. Raises ValueError for numbers out of range.
    Source: Tieleman and Hinton, 2012, Neural networks for machine learning, lecture 6.5.
    """

    options = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")
    switches = ("centered",)
    remembered = ("v", "m", "velocity")
    by_option = ("m", "velocity")
    alpha: float
    eps: float
    weight_decay: float
    momentum: float
    centered: bool

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ):
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered,
            clip_norm=clip_norm, clip_value=clip_value,
        )  # fmt: skip

    def _checked(self, name: str, value: Any) -> Any:
        return below_1(name, value) if name == "alpha" else super()._checked(name, value)

    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """One step of one parameter; the state is v, and m and the velocity where they are used."""
        old = {} if state is None else state
        if self.weight_decay:
            g = g + p * self.weight_decay
        new = {"v": old.get("v", 0.0) * self.alpha + g * g * (1.0 - self.alpha)}
        spread = new["v"]
        if self.centered:
            new["m"] = old.get("m", 0.0) * self.alpha + g * (1.0 - self.alpha)
            spread = np.maximum(spread - new["m"] * new["m"], 0.0)  # rounding may leave less than nothing
        change = g / (np.sqrt(spread) + self.eps)
        if self.momentum:
            new["velocity"] = change = old.get("velocity", 0.0) * self.momentum + change
            return p - change * self.lr, new
        return minus(p, change * self.lr), new


class Adagrad(Optimizer):
    """Adagrad: p ← p − lr·g / (√s + eps), with s ← s + g², the sum over all steps so far.

    lr_decay : divides lr by 1 + lr_decay·(t − 1) at step t
    weight_decay : λ adds λ·p to g at the start

    For `clip_norm`, `clip_value` and groups of parameters see `Optimizer`. Raises ValueError for numbers out of range.
    Source: Duchi, Hazan and Singer, 2011, Adaptive subgradient methods for online learning.
    """

    options = ("lr", "lr_decay", "weight_decay", "eps")
    remembered = ("s", "t")
    lr_decay: float
    weight_decay: float
    eps: float

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        eps: float = 1e-10,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ):
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps,
            clip_norm=clip_norm, clip_value=clip_value,
        )  # fmt: skip

    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """One step of one parameter; the state is s and t."""
        s, t = (0.0, _no_steps(p)) if state is None else (state["s"], state["t"])
        if self.weight_decay:
            g = g + p * self.weight_decay
        s = s + g * g
        rate = (self.lr / (1.0 + t * self.lr_decay)).astype(p.dtype)
        return minus(p, g * rate / (np.sqrt(s) + self.eps)), {"s": s, "t": _kept(t + 1.0)}


def _no_steps(p: Any) -> Any:
    """t of a parameter that has taken none: as recorded as p is."""
    return np.zeros_like(p, np.float64, shape=())


def _kept(t: Any) -> Any:
    """NumPy makes a scalar of 0-d arrays; what is remembered is an array."""
    return np.asarray(t) if isinstance(t, np.generic) else t
