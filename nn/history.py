"""What a training run leaves behind: costs and accuracies, as data, as a table and as a CSV file."""

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite.drawing.picture import ThemeName

from .files import StrPath, replacing
from .tables import Table, table

if TYPE_CHECKING:
    from .pictures.sheet import Drawing


class Epoch(NamedTuple):
    """The state at the end of an epoch: costs, and accuracies as fractions from 0 to 1, of all examples.

    The accuracies are None where the targets are no classes, as `nn.accuracy` says.
    """

    epoch: int
    cost: float
    accuracy: float | None
    validation_cost: float | None
    validation_accuracy: float | None
    seconds: float
    """How long the epoch took, without these evaluations."""

    def __str__(self) -> str:
        line = f"epoch {self.epoch:3d}   {_quality(self.cost, self.accuracy)}"
        if self.validation_cost is not None:
            line += f"   held out: {_quality(self.validation_cost, self.validation_accuracy)}"
        return line


def _quality(cost: float, accuracy: float | None) -> str:
    return f"cost {cost:.4f}" + ("" if accuracy is None else f", accuracy {accuracy:.1%}")


@dataclass
class History:
    """The course of a training run."""

    epochs: list[Epoch] = field(default_factory=list)
    batch_costs: list[float] = field(default_factory=list, repr=False)
    """The cost of every mini-batch, before its update."""
    batches: int = 0
    """Mini-batches an epoch."""
    gradient_norms: list[dict[str, float]] = field(default_factory=list, repr=False)
    """At the end of every epoch, ‖∂C/∂(W, b)‖ of every layer for the first examples of the training data, 256 at most."""
    metrics: list[dict[str, float]] = field(default_factory=list, repr=False)
    """At the end of every epoch, the values of the metrics that `fit` was given; {} if it was given none. A run that is resumed
    with others has these from then on; in tables the others are empty."""
    interrupted: bool = False
    """Whether the run was stopped by the keyboard before its last epoch was over."""
    stopped: str | None = None
    """What ended the run for good, perhaps before its last epoch: "patience", "schedule" or "callback"."""

    def add(self, epoch: Epoch, gradient_norms: dict[str, float], metrics: dict[str, float]) -> None:
        """Note what there is to say at the end of an epoch."""
        self.gradient_norms.append(gradient_norms)
        self.metrics.append(metrics)
        self.epochs.append(epoch)

    def cut(self) -> None:
        """Forget what `add` noted of an epoch if Ctrl-C came in the middle of it."""
        del self.gradient_norms[len(self.epochs) :], self.metrics[len(self.epochs) :]

    def table(self) -> Table:
        """A row per epoch. Accuracies have columns only if there are some."""
        unknown = all(e.accuracy is None and e.validation_accuracy is None for e in self.epochs) and self.epochs
        columns = [c for c in zip(self._columns(), *self._rows(), strict=True) if not (unknown and "accuracy" in c[0])]
        header, *rows = zip(*columns, strict=True)
        return table(header, [[_text(value) for value in row] for row in rows], left=0)

    def _columns(self) -> list[str]:
        return [*Epoch._fields, *self._measured()]

    def _measured(self) -> dict[str, None]:
        """The names of all metrics, in the order in which they came."""
        return {name: None for values in self.metrics for name in values}

    def _rows(self) -> list[Any]:
        names, missing = self._measured(), len(self.epochs) - len(self.metrics)
        pairs = zip(self.epochs, [*self.metrics, *[{}] * missing], strict=False) if names else ()
        return [[*epoch, *map(values.get, names)] for epoch, values in pairs] or [*self.epochs]

    def running_mean(self, window: int | None = None) -> NDArray[Any]:
        """Of every mini-batch the average cost of it and of those before it, `window` in all; as many as there are at first.

        window : by default half an epoch's
        """
        window = max(1, self.batches // 2) if window is None else window
        if window < 1:
            raise ValueError(f"window={window!r}: must be at least 1")
        costs = np.asarray(self.batch_costs, float)
        n = len(costs)
        window = max(1, min(window, n))
        # Sums from the start of a block on, and up to its end: a window is the end of one and the start of the next. So no
        # cost outside of it takes part: the difference of two sums over the whole run would be wrong after a very large one.
        blocks = np.zeros((-(-n // window) + 1, window))
        blocks.reshape(-1)[window : window + n] = costs
        starts = np.cumsum(blocks, axis=1).reshape(-1)[window : window + n]
        ends = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1].reshape(-1)
        ends = np.where(np.arange(1, n + 1) % window == 0, 0.0, ends[1 : n + 1])  # a window that is just one block
        mean: NDArray[Any] = (ends + starts) / np.minimum(np.arange(1, n + 1), window)
        return mean

    def draw(self, *, theme: ThemeName = "light") -> "Drawing[History]":
        """Plots of the cost by mini-batch with its running mean and by epoch, the accuracy if there is one, and the gradient
        norms of the layers.

        Accuracy is zoomed to what the later three quarters of the run reach. Raises ValueError for an empty history.
        """
        from .pictures.curves import draw_curves

        return draw_curves(self, theme)

    def __str__(self) -> str:
        stopped = f"\n(stopped by {self.stopped})" if self.stopped else ""
        return self.table() + stopped + ("\n(interrupted)" if self.interrupted else "")

    def to_csv(self, path: StrPath) -> None:
        """Write a header and a row an epoch, with all digits. `path` holds all of it then, or what it held before.

        The file is in UTF-8. Half of a surrogate pair in the name of a metric, which UTF-8 has not, is written as `\\ud800`.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(self._columns())
        writer.writerows(self._rows())
        content = text.getvalue().encode(errors="backslashreplace")
        with replacing(path) as file:
            file.write(content)


def _text(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"
