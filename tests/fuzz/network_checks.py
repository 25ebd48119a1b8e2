"""Checks of networks: compiled steps against eager ones, with files and switches in between, and the slope of the cost."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import nn

from .comparing import Disagreement, Inapplicable, Scale, Undecided, must_agree
from .networks import Network
from .oracles import extrapolated


def _run(network: Network, compiled: bool, noise: int | None = None) -> dict[str, Any]:
    """The costs of all steps, and the state of the network at the end, after the actions."""
    built = network.built()
    rng = None if noise is None else np.random.default_rng(noise)
    if rng is not None:
        for p in built["params"]:
            p.data = (p.data * (1.0 + np.finfo(p.dtype).eps * rng.uniform(-1, 1, p.shape))).astype(p.dtype)
    step = _step(built, compiled)
    costs: list[Any] = []
    for n, action in enumerate(network.actions):
        x, y = network.data(n, rng)
        if action == "step":
            costs.append(np.asarray(step(x, y)))
        elif action == "short step":
            costs.append(np.asarray(step(x[:2], y[:2])))
        elif action == "predict":
            costs.append(nn.evaluate(built["net"], x, y, built["cost"])[0])
        elif action in ("eval", "train"):
            getattr(built["net"], action)()
        elif action == "rate":
            built["optimizer"].lr *= 0.5
        elif action == "assign":
            p = built["params"][0]
            p.data = p.data * np.asarray(0.9, p.dtype)
        elif action == "freeze":
            built["params"][-1].requires_grad = not built["params"][-1].requires_grad
        else:
            step = _after_saving(built, network, compiled, action)
    return {"costs": [np.asarray(c, float) for c in costs], "state": dict(built["net"].state_dict())}


def _step(built: dict[str, Any], compiled: bool) -> Any:
    if compiled:
        return nn.compile_step(built["net"], built["cost"], built["optimizer"])
    return nn.make_step(built["net"], built["cost"], built["optimizer"], compiled=False)


def _after_saving(built: dict[str, Any], network: Network, compiled: bool, action: str) -> Any:
    """The step of a network that was written to a file and read, or of an optimizer that took over what another remembered."""
    remembered = built["optimizer"].state_dict()
    if action == "save":
        frozen = [p.requires_grad for p in built["params"]]
        mode = built["net"].training
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "net.npz"
            nn.save(built["net"], path)
            built["net"] = nn.load(path).train(mode) if mode else nn.load(path).eval()
        built["params"] = built["net"].parameters()
        exec(f"optimizer = {network.optimizer.replace('@', 'params')}", built)
        for p, wanted in zip(built["params"], frozen, strict=True):
            p.requires_grad = wanted
    else:
        for p in built["params"]:
            p.requires_grad = True
        exec(f"optimizer = {network.optimizer.replace('@', 'params')}", built)
    built["optimizer"].load_state_dict(remembered)
    return _step(built, compiled)


def steps(network: Network) -> None:
    """Compiled steps, whatever happens between them, leave the weights that eager steps leave."""
    scale = Scale(float(np.finfo(network.dtype).eps), 4 * (len(network.actions) + len(network.layers)))
    must_agree("compiled steps", _run(network, True), _run(network, False), scale, lambda n: _run(network, False, n))


def slope(network: Network) -> None:
    """The gradient of the cost by all parameters, along a direction, is what differences give."""
    if network.dtype != "float64" or any("Dropout" in layer for layer in network.layers):
        raise Inapplicable("differences need double precision and no chance")
    built = network.built()
    x, y = network.data(0)
    built["cost"](built["net"](x), y).backward()
    rng = np.random.default_rng(0)
    start = [p.data.copy() for p in built["params"]]
    along = [rng.uniform(0.4, 1.0, p.shape) * rng.choice([-1, 1], p.shape) for p in built["params"]]
    found = sum(
        0.0 if p.grad is None else float(np.sum(p.grad.data * d)) for p, d in zip(built["params"], along, strict=True)
    )

    def cost(t: float) -> float:
        for p, a, d in zip(built["params"], start, along, strict=True):
            p.data = a + t * d
        return network.cost_of(built, x, y)

    here = cost(0.0)
    jumps = [abs(cost(h) - 2.0 * here + cost(-h)) / h for h in (1e-4, 2.5e-5)]
    if jumps[1] > 1e-6 and jumps[1] > 0.5 * jumps[0]:
        raise Undecided("a kink: the slopes on both sides differ")
    expected, error = extrapolated(cost)
    if error > 1e-5 * max(1.0, abs(expected)):
        raise Undecided("differences do not agree with each other")
    if not abs(found - expected) <= 100 * error + 1e-8 * max(1.0, abs(expected)):
        raise Disagreement(f"the slope of the cost is {found!r}; differences give {expected!r}, right to {error:.1e}")


NETWORK_CHECKS = {"network steps": steps, "network slope": slope}
