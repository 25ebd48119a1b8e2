"""Random networks that learn: built, stepped, saved, loaded and switched, eagerly and compiled, and the weights compared."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

from .comparing import Array
from .draft import Draft

ACTIVATIONS = ("Sigmoid()", "Tanh()", "ReLU()", "Softplus()", "GELU()", "GELU('tanh')", "SiLU()", "ELU(0.5)",
    "SELU()", "LeakyReLU(0.1)",
               "Softsign()", "Identity()", "Softmax()", "LogSoftmax()")  # fmt: skip
SMOOTH = ("Sigmoid()", "Tanh()", "Softplus()", "SiLU()", "Softsign()")
COSTS = {
    # its text, the layer before it, what its targets are
    "nn.quadratic_cost": ("", "numbers"), "nn.squared_error": ("", "numbers"), "nn.absolute_cost": ("", "numbers"),
    "nn.huber_cost.with_options(delta=0.7)": ("", "numbers"), "nn.cross_entropy_cost": ("nn.Sigmoid()",
    "probabilities"),
    "nn.softmax_cross_entropy": ("", "classes"), "nn.hinge_cost": ("", "classes"),
}  # fmt: skip
OPTIMIZERS = (
    "nn.SGD(@, lr=0.1)", "nn.SGD(@, lr=0.1, momentum=0.9)", "nn.SGD(@, lr=0.05, momentum=0.5, nesterov=True, weight_decay=0.01)",
    "nn.SGD(@, lr=0.2, clip_norm=0.5)", "nn.SGD(@, lr=0.2, clip_value=0.1)", "nn.Adam(@, lr=0.01, eps=1e-2)",
    "nn.AdamW(@, lr=0.01, eps=1e-2)", "nn.RMSprop(@, lr=0.01, eps=1e-2, momentum=0.3)",
    "nn.RMSprop(@, lr=0.01, eps=1e-1, centered=True)",
    "nn.Adagrad(@, lr=0.05, eps=1e-2, lr_decay=0.1)", "nn.SGD([{'params': @[:1], 'lr': 0.3}, {'params': @[1:]}], lr=0.1)",
)  # fmt: skip
ACTIONS = (
    "step",
    "step",
    "step",
    "short step",
    "eval",
    "train",
    "save",
    "rate",
    "assign",
    "freeze",
    "predict",
    "optimizer",
)


@dataclass(frozen=True)
class Network:
    """A network as data. shape : of an example;  symbols : is an example whole numbers?"""

    layers: tuple[str, ...]
    cost: str
    optimizer: str
    shape: tuple[int, ...]
    symbols: bool
    outputs: int
    dtype: str
    batch: int
    actions: tuple[str, ...]
    seed: int

    @property
    def statements(self) -> tuple[str, ...]:
        return self.layers + self.actions

    def text(self) -> str:
        """The Python that builds it."""
        lines = [f"net = nn.Sequential({', '.join(self.layers)})", "params = net.parameters()"]
        return "\n".join([*lines, f"cost = {self.cost}", f"optimizer = {self.optimizer.replace('@', 'params')}"]) + "\n"

    def standalone(self) -> str:
        """The network and what is done with it, to be pasted into a file."""
        x, y = self.data(0)
        lines = [
            "import numpy as np",
            "import nn",
            "",
            self.text(),
            f"actions = {self.actions}",
            f"first_x = np.array({x.tolist()!r}, '{x.dtype}')",
        ]
        return "\n".join([*lines, f"first_y = np.array({y.tolist()!r}, '{y.dtype}')"]) + "\n"

    def built(self) -> dict[str, Any]:
        there: dict[str, Any] = {"nn": nn, "np": np}
        exec(self.text(), there)
        return there

    def data(self, n: int, noise: Any = None) -> tuple[Array, Array]:
        """The n-th mini-batch."""
        rng = np.random.default_rng([self.seed, n])
        size = self.batch if n % 3 != 2 else max(2, self.batch - 1)
        if self.symbols:
            x = rng.integers(0, 5, (size, *self.shape))
        else:
            x = rng.normal(size=(size, *self.shape)).astype(self.dtype)
            if noise is not None:
                x = (x * (1.0 + np.finfo(self.dtype).eps * noise.uniform(-1, 1, x.shape))).astype(self.dtype)
        kind = COSTS[self.cost][1]
        if kind == "classes":
            return x, rng.integers(0, self.outputs, size)
        y = rng.uniform(0, 1, (size, self.outputs))
        return x, y.astype(self.dtype)

    def smaller(self) -> Iterator["Network"]:
        for n in range(len(self.actions)):
            yield replace(self, actions=self.actions[:n] + self.actions[n + 1 :])
        for n in range(len(self.layers)):
            yield replace(self, layers=self.layers[:n] + self.layers[n + 1 :])
        if self.batch > 2:
            yield replace(self, batch=2)

    def runs(self) -> bool:
        """Can a step be taken?"""
        try:
            self.cost_of(self.built(), *self.data(0))
        except Exception:  # whatever it is: such a network shows nothing
            return False
        return True

    def cost_of(self, built: dict[str, Any], x: Array, y: Array) -> float:
        return float(built["cost"](built["net"](x), y).item())


def drawn_network(rng: Random, seed: int) -> Network:
    """A random one."""
    d = Draft(rng)
    dtype = "float64" if d.chance(0.7) else "float32"
    kind = d.one_of(["rows", "rows", "rows", "images", "series", "sequences", "symbols"])
    option = "" if dtype == "float64" else ", dtype=np.float32"
    layers: list[str] = []
    if kind == "rows":
        shape: tuple[int, ...] = (d.whole(1, 5),)
    elif kind == "images":
        shape = (d.whole(1, 2), d.whole(4, 6), d.whole(4, 6))
    elif kind == "series":
        shape = (d.whole(1, 2), d.whole(5, 8))
    else:
        shape = (d.whole(2, 4), 4) if kind == "sequences" else (d.whole(2, 4),)
        if kind == "symbols":
            layers.append(f"nn.Embedding(5, 4, seed=1{option})")
    probe = np.zeros((2, *shape), int if kind == "symbols" else dtype)
    for _ in range(d.whole(1, 4)):
        here = _shape_after(layers, probe)
        layer = _layer(d, kind, here[1:], option, len(layers))
        if _shape_after([*layers, layer], probe) is not None:
            layers.append(layer)
    if len(_shape_after(layers, probe)) > 2:
        layers.append("nn.Flatten()")
    cost = d.one_of(list(COSTS))
    outputs = d.whole(2, 4)
    layers.append(f"nn.Linear({_shape_after(layers, probe)[1]}, {outputs}, seed=99{option})")
    if COSTS[cost][0]:
        layers.append(COSTS[cost][0])
    actions = tuple(d.one_of(ACTIONS) for _ in range(d.whole(3, 8)))
    return Network(
        tuple(layers),
        cost,
        d.one_of(OPTIMIZERS),
        shape,
        kind == "symbols",
        outputs,
        dtype,
        d.whole(2, 5),
        ("step", *actions, "step"),
        seed,
    )


def _shape_after(layers: list[str], probe: Array) -> Any:
    """The shape that the layers make; None if they do not fit together."""
    if not layers:
        return probe.shape
    try:
        with ag.no_grad(), np.errstate(all="ignore"):
            return eval(f"nn.Sequential({', '.join(layers)})", {"nn": nn, "np": np})(probe).shape
    except (ValueError, TypeError):
        return None


def _layer(d: Draft, kind: str, shape: tuple[int, ...], option: str, n: int) -> str:
    seed = f", seed={n}{option}"
    if len(shape) == 3:
        size, stride, padding = d.whole(1, 3), d.whole(1, 2), d.whole(0, 1)
        return d.one_of([
            f"nn.Conv2d({shape[0]}, {d.whole(1, 3)}, {size}, stride={stride}, padding={padding}{seed})",
            "nn.MaxPool(2)", "nn.AvgPool((2, 1))",
            f"nn.Conv2d({shape[0]}, 2, 3, padding='same'{seed})", f"nn.BatchNorm2d({shape[0]}{option})",
            f"nn.{d.one_of(ACTIVATIONS)}",
        ])  # fmt: skip
    if len(shape) == 2 and kind == "series":
        return d.one_of([f"nn.Conv1d({shape[0]}, 2, {d.whole(1, 3)}, dilation={d.whole(1, 2)}{seed})",
            "nn.MaxPool(2)", "nn.AvgPool(2, 1)",
                         f"nn.BatchNorm1d({shape[0]}{option})", f"nn.{d.one_of(ACTIVATIONS)}"])  # fmt: skip
    k = shape[-1]
    if len(shape) == 2:
        cell, last = d.one_of(["RNN", "GRU", "LSTM"]), d.chance(0.3)
        return d.one_of([
            f"nn.{cell}({k}, 4, last={last}{seed})", f"nn.LayerNorm({k}{option})", f"nn.{d.one_of(ACTIVATIONS)}",
            f"nn.Linear({k}, 4{seed})",
            f"nn.MultiHeadAttention({k}, {2 if k % 2 == 0 else 1}, causal={d.chance(0.5)}{seed})",
            f"nn.Residual(nn.LayerNorm({k}{option}), nn.MultiHeadAttention({k}, 1{seed}))",
        ])  # fmt: skip
    return d.one_of([
        f"nn.Linear({k}, {d.whole(1, 5)}{seed})", f"nn.Linear({k}, {d.whole(1, 5)}{seed})",
        f"nn.{d.one_of(ACTIVATIONS)}", f"nn.{d.one_of(SMOOTH)}",
        f"nn.BatchNorm1d({k}{option})", f"nn.LayerNorm({k}{option})", f"nn.Dropout(0.3, seed={n})",
        f"nn.Residual(nn.Linear({k}, {k}{seed}), nn.Tanh())",
        f"nn.Sequential(nn.Linear({k}, 3{seed}), nn.{d.one_of(SMOOTH)})",
    ])  # fmt: skip
