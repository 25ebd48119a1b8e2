"""Per-example gradients of a sigmoid network: one batched pass against a loop over the examples.

The loop takes a gradient an example with `autograd_lite.grad` and stacks them, so that both give the same arrays.
"""

from typing import Any

import numpy as np

import autograd_lite as ag

from .agreement import alike
from .contenders.ours import cost
from .contenders.problem import problem
from .report import Section, duration, quantity
from .timing import Pace, interleaved

EXAMPLES = 1000
NETWORKS = [(2, 2, 1), (16, 16, 4), (64, 30, 10), (64, 16, 16, 10), (784, 30, 10)]
QUICK = NETWORKS[:2]


def looped(weights: list[Any], x: Any, y: Any) -> list[Any]:
    """The same as `ag.per_example_gradients`, one example at a time."""
    gradient = ag.grad(cost)
    singles = [gradient(weights, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    return [np.stack(slices) for slices in zip(*singles, strict=True)]


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """One table: networks."""
    section = Section(
        "Per-example gradients",
        f"The gradients of {EXAMPLES} examples, each by itself, float64: one batched pass, and a loop of as many passes. "
        "Medians, and the median of the ratios; both give the same arrays.",
        ["network", "gradients", "batched", "loop", "loop / batched"],
        [],
    )
    for sizes in QUICK if quick else NETWORKS:
        p = problem(sizes, EXAMPLES)

        def batched() -> list[Any]:
            return ag.per_example_gradients(cost, p.weights, p.x, p.y)  # noqa: B023 - called within this turn

        def loop() -> list[Any]:
            return looped(p.weights, p.x, p.y)  # noqa: B023

        alike("batched", batched(), loop(), "the loop")
        measured = interleaved({"batched": batched, "loop": loop}, pace)
        size = sum(w.nbytes for w in p.weights) * EXAMPLES
        name = "-".join(map(str, sizes))
        one, many = measured["batched"], measured["loop"]
        section.rows.append(
            [name, quantity(size, "B"), duration(one.seconds), duration(many.seconds), f"{many.ratio:.1f}"]
        )
        section.data.append(
            {"network": name, "bytes": size, "batched": one.seconds, "loop": many.seconds, "ratio": many.ratio}
        )
    return [section]
