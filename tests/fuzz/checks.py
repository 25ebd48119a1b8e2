"""The checks, and the share of programs that get each.

A check is a function of a Subject and of a Random that decides what it leaves open. It raises Disagreement where two results that
must be the same are not.
"""

from collections.abc import Callable
from random import Random

from . import compiling, gradients, oracles, orders
from .subject import Subject

Check = Callable[[Subject, Random], None]

CHECKS: dict[str, tuple[Check, float]] = {
    "value": (gradients.value, 1.0),
    "gradient": (gradients.gradient, 1.0),
    "recorded": (gradients.recorded, 0.3),
    "no_grad": (gradients.without_recording, 0.3),
    "watched": (gradients.watched, 0.25),
    "layouts": (gradients.layouts, 0.2),
    "checkpoints": (gradients.checkpoints, 0.08),
    "second order": (orders.second_order, 0.12),
    "transforms": (orders.transforms, 0.12),
    "hessians": (orders.hessians, 0.04),
    "compiled": (compiling.compiled, 0.11),
    "compiled names": (compiling.compiled_with_names, 0.03),
    "containers": (gradients.containers, 0.08),
    "batched": (gradients.batched, 0.1),
    "pytorch": (gradients.pytorch, 0.1 if oracles.HAS_TORCH else 0.0),
    "threads": (compiling.threads, 0.01),
    "shared leaves": (gradients.shared_leaves, 0.03),
}
