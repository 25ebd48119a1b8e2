"""The best epoch so far, its parameters, and for how many epochs there was none better."""

import math
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from .arguments import whole
from .history import Epoch


class Best:
    """The best epoch so far, by what `monitor` says, of the validation data if there are some.

    monitor : "cost" or "accuracy"
    patience : how many epochs may bring nothing better; None for any number
    keep : are its parameters kept, in `weights`?

    All but these follows from the epochs alone.
    """

    def __init__(self, monitor: str, patience: int | None, keep: bool = False):
        if not isinstance(monitor, str) or monitor not in ("cost", "accuracy"):
            raise ValueError(f"monitor is {monitor!r}, needs 'cost' or 'accuracy'")
        if patience is not None:
            patience = whole("patience", patience, 1)
        self.monitor, self.patience, self.keep = monitor, patience, keep
        self.value, self.waited = math.inf, 0
        self.weights: dict[str, NDArray[Any]] | None = None
        """The parameters and buffers of the best epoch, which whoever trains the network puts here."""

    def see(self, epoch: Epoch) -> bool:
        """Note an epoch. Is it the best so far?"""
        held_out = epoch.validation_cost is not None
        if self.monitor == "cost":
            value = epoch.validation_cost if held_out else epoch.cost
        else:
            accuracy = epoch.validation_accuracy if held_out else epoch.accuracy
            value = None if accuracy is None else -accuracy
        if value is not None and value < self.value:
            self.value, self.waited = value, 0
            return True
        self.waited += 1
        return False

    @property
    def given_up(self) -> bool:
        """Have as many epochs as `patience` says brought nothing better?"""
        return self.patience is not None and self.waited >= self.patience

    def recall(self, epochs: Iterable[Epoch]) -> int | None:
        """See the epochs of a run that goes on; the number of the one after which this patience had run out, if any."""
        ended = None
        for epoch in epochs:
            self.see(epoch)
            if self.given_up and ended is None:
                ended = epoch.epoch
        return ended
