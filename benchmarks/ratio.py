"""How much longer the backward pass takes than the forward pass, from a thousand parameters to ten million.

The book: "the total cost of backpropagation is roughly the same as making just two forward passes through the network".
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

import nn

from .contenders.ours import network
from .contenders.problem import Problem, problem
from .report import Section, duration, quantity
from .timing import Pace, in_turn

EXAMPLES = 32
NETWORKS = [(16, 30, 16), (96, 90, 10), (784, 120, 10), (784, 120, 120, 10), (784, 750, 500, 10), (784, 2700, 2700, 10)]
QUICK = NETWORKS[:3]


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """One table: networks by parameter count."""
    section = Section(
        "Backward pass against forward pass",
        f"Sigmoid networks, {EXAMPLES} examples a mini-batch, float64, quadratic cost, eager. Forward is from the input to "
        "the cost, recorded; backward from the cost to the gradient of every weight and bias. Medians, and the median of "
        "the ratios of the two parts of the same run; the last column is the same ratio for hand-written NumPy.",
        ["network", "parameters", "forward", "backward", "backward / forward", "hand-written"],
        [],
    )
    for sizes in QUICK if quick else NETWORKS:
        p = problem(sizes, EXAMPLES)
        found = in_turn({"eager": _eager(p, pace.seconds), "by hand": _by_hand(p, pace.seconds)}, pace.rounds)
        forward, backward = (median(times) for times in zip(*found["eager"], strict=True))
        ratio, by_hand = (median(b / f for f, b in samples) for samples in found.values())
        name = "-".join(map(str, sizes))
        section.rows.append(
            [name, quantity(p.n_weights), duration(forward), duration(backward), f"{ratio:.2f}", f"{by_hand:.2f}"]
        )
        section.data.append(
            {"network": name, "parameters": p.n_weights, "forward": forward, "backward": backward, "ratio": ratio,
             "hand-written": by_hand}
        )  # fmt: skip
    return [section]


Sampler = Callable[[], tuple[float, float]]


def _eager(p: Problem, seconds: float) -> Sampler:
    net = network(p)

    def pass_() -> tuple[float, float]:
        net.zero_grad()
        start = perf_counter()
        c = nn.quadratic_cost(net(p.x), p.y)
        middle = perf_counter()
        c.backward()
        return middle - start, perf_counter() - middle

    return _repeated(pass_, seconds)


def _by_hand(p: Problem, seconds: float) -> Sampler:
    layers = list(zip(p.weights[::2], p.weights[1::2], strict=True))

    def pass_() -> tuple[float, float]:
        start = perf_counter()
        activations = [p.x]
        for W, b in layers:
            activations.append(1.0 / (1.0 + np.exp(-(activations[-1] @ W.T + b))))
        error = activations[-1] - p.y
        0.5 * np.sum(error**2) / p.n
        middle = perf_counter()
        delta = error / p.n
        grads = []
        for (W, _), a_in, a in zip(layers[::-1], activations[-2::-1], activations[:0:-1], strict=True):
            delta = delta * a * (1.0 - a)
            grads += [np.sum(delta, axis=0), delta.T @ a_in]
            if a_in is not p.x:
                delta = delta @ W
        return middle - start, perf_counter() - middle

    return _repeated(pass_, seconds)


def _repeated(pass_: Sampler, seconds: float) -> Sampler:
    """Means over as many passes as fill a turn, after one that does not count."""
    pass_()
    number = max(1, round(seconds / sum(pass_())))

    def sample() -> tuple[float, float]:
        pass_()
        forward, backward = (sum(times) / number for times in zip(*(pass_() for _ in range(number)), strict=True))
        return forward, backward

    return sample
