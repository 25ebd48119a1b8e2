"""What a training run leaves behind: costs and accuracies, as data, as a table and as a CSV file."""

import csv
from dataclasses import dataclass, field
from typing import NamedTuple

from .files import StrPath, replacing
from .tables import Table, table


class Epoch(NamedTuple):
    """The state at the end of an epoch: costs, and accuracies as fractions from 0 to 1, of all examples."""

    epoch: int
    cost: float
    accuracy: float
    validation_cost: float | None
    validation_accuracy: float | None
    seconds: float
    """How long the epoch took, without these evaluations."""

    def __str__(self) -> str:
        held_out = ""
        if self.validation_cost is not None and self.validation_accuracy is not None:
            held_out = f"   held out: cost {self.validation_cost:.4f}, accuracy {self.validation_accuracy:.1%}"
        return f"epoch {self.epoch:3d}   cost {self.cost:.4f}, accuracy {self.accuracy:.1%}{held_out}"


@dataclass
class History:
    """The course of a training run."""

    epochs: list[Epoch] = field(default_factory=list)
    batch_costs: list[float] = field(default_factory=list, repr=False)
    """The cost of every mini-batch, before its update."""
    interrupted: bool = False
    """Whether the run was stopped by the keyboard before its last epoch was over."""

    def table(self) -> Table:
        """A row an epoch."""
        return table(Epoch._fields, [[_text(value) for value in epoch] for epoch in self.epochs], left=0)

    def __str__(self) -> str:
        return self.table() + ("\n(interrupted)" if self.interrupted else "")

    def to_csv(self, path: StrPath) -> None:
        """Write a header and a row an epoch, with all digits. `path` holds all of it then, or what it held before."""
        with replacing(path) as new, open(new, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(Epoch._fields)
            writer.writerows(self.epochs)


def _text(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"
