"""The gradient of a network of a million weights: one backward pass, against a nudge of every weight.

The book (chapter 2): to find it by differences one needs a forward pass for each of the million weights.
"""

from collections.abc import Callable

import numpy as np

import nn

from .agreement import Disagreement
from .contenders.ours import network
from .contenders.problem import Array, problem
from .report import Section, duration
from .timing import Pace, interleaved, timed

SIZES, QUICK_SIZES = (784, 1000, 215, 10), (784, 30, 10)
NUDGED = 1000
NUDGE = 1e-6


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """One table with both ways."""
    p = problem(QUICK_SIZES if quick else SIZES, 1)
    net = network(p)

    def backward_pass() -> None:
        net.zero_grad()
        nn.quadratic_cost(net(p.x), p.y).backward()

    def cost() -> float:
        """By hand, as the quickest forward pass is the fairest to differences."""
        a = p.x
        for W, b in zip(p.weights[::2], p.weights[1::2], strict=True):
            a = 1.0 / (1.0 + np.exp(-(a @ W.T + b)))
        return 0.5 * float(np.sum((a - p.y) ** 2))

    backward_pass()
    gradient = [q.grad.data for q in net.parameters() if q.grad is not None]
    nudged = _chosen(p.n_weights, [w.size for w in p.weights])
    taken, differences = timed(lambda: _differences(cost, [w.reshape(-1) for w in p.weights], nudged))
    exact = np.array([gradient[i].reshape(-1)[j] for i, j in nudged])
    off = float(np.max(np.abs(differences - exact)) / np.max(np.abs(exact)))
    if not off < 1e-4:
        raise Disagreement(f"differences and the backward pass are apart by {off:.1e} of the largest derivative")
    passes = interleaved({"forward": cost, "both": backward_pass}, pace)
    one, both = passes["forward"].seconds, passes["both"].seconds
    whole = taken / NUDGED * p.n_weights
    name = "-".join(map(str, SIZES if not quick else QUICK_SIZES))
    figures = {
        "network": name, "parameters": p.n_weights, "forward": one, "gradient": both, "nudged": NUDGED,
        "nudged_seconds": taken, "all_seconds_computed": whole, "largest_difference": off,
    }  # fmt: skip
    return [
        Section(
            "The gradient of a whole network, by one backward pass and by differences",
            f"{name}, {p.n_weights:,} weights and biases, one example, float64. Differences nudge one weight at a time, and take "
            f"a plain hand-written forward pass for each: {NUDGED:,} of them, chosen at random, were measured, and the time of "
            f"all is computed from theirs. There the two gradients differ by at most {off:.0e} of the largest derivative.",
            ["", "time", "multiple"],
            [
                ["forward pass, hand-written", duration(one), f"{one / both:.2f}"],
                ["forward and backward pass, recorded: the whole gradient", duration(both), "1"],
                [f"differences: {NUDGED:,} derivatives, measured", duration(taken), f"{taken / both:,.0f}"],
                [f"differences: all {p.n_weights:,}, computed from that", duration(whole), f"{whole / both:,.0f}"],
            ],
            [figures],
        )
    ]


def _differences(cost: Callable[[], float], weights: list[Array], nudged: list[tuple[int, int]]) -> list[float]:
    """(C(w + ε) − C(w)) / ε for each of the weights nudged: one forward pass for each, and one for C(w)."""
    base = cost()
    found = []
    for i, j in nudged:
        old = weights[i][j]
        weights[i][j] = old + NUDGE
        found.append((cost() - base) / NUDGE)
        weights[i][j] = old
    return found


def _chosen(n: int, lengths: list[int]) -> list[tuple[int, int]]:
    """Array and position of NUDGED different weights."""
    ends = np.cumsum(lengths)
    flat = np.random.default_rng(0).choice(n, NUDGED, replace=False)
    arrays = np.searchsorted(ends, flat, "right")
    starts = ends - lengths
    return [(int(i), int(k - starts[i])) for k, i in zip(flat, arrays, strict=True)]
