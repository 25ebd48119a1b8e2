"""Optimisers: how parameters follow their gradients."""

from .adaptive import Adagrad, Adam, AdamW, RMSprop
from .base import Optimizer
from .clipping import clip_by_norm, clip_by_value
from .schedules import (
    Halving,
    Schedule,
    cosine_decay,
    exponential_decay,
    step_decay,
    warm_up,
)  # fmt: skip
from .sgd import SGD

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "Halving", "Optimizer", "RMSprop", "Schedule", "clip_by_norm", "clip_by_value",
    "cosine_decay", "exponential_decay", "step_decay", "warm_up",
]  # fmt: skip
