"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import Any

from .base import Optimizer, Params, minus


class SGD(Optimizer):
    """Stochastic gradient descent, p ← p − lr·g, with momentum if wanted.

    With momentum µ a velocity v ← µ·v + g, at first g, takes the place of g; with `nesterov`, g + µ·v does.
    `weight_decay` λ adds λ·p to g at the start. The formulas are those of torch.optim.SGD. For `clip_norm`,
    `clip_value` and groups of parameters see `Optimizer`.

    Raises ValueError for a negative or non-finite number, and for nesterov without momentum.
    """

    options = ("lr", "momentum", "nesterov", "weight_decay")
    switches = ("nesterov",)
    momentum: float
    nesterov: bool
    weight_decay: float

    def __init__(
        self,
        params: Params,
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ):
        super().__init__(
            params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay,
            clip_norm=clip_norm, clip_value=clip_value,
        )  # fmt: skip

    def _take(self, options: Mapping[str, Any]) -> None:
        super()._take(options)
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov=True needs a momentum above 0")

    def update(self, p: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """One step of one parameter; the state is its velocity."""
        if self.weight_decay:
            g = g + p * self.weight_decay
        if self.momentum:
            state = g.copy() if state is None else state * self.momentum + g
            g = g + state * self.momentum if self.nesterov else state
        return minus(p, g * self.lr), state
