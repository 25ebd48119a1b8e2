"""Nudges: what every training example wants to change, weight by weight, and the average of their wishes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import index
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, enable_grad, gradients, per_example_gradients
from autograd_lite.drawing.picture import ThemeName
from autograd_lite.drawing.text import clean, number

from .arguments import cost_function, network, short, whole
from .costs import Cost, quadratic_cost
from .evaluation import recorded_cost
from .module import Module
from .pictures.sheet import Drawing, with_sign
from .stages import layer_of, parameter_names, rows_of
from .tables import Table, table

Array = NDArray[Any]
Rows: TypeAlias = int | str | Sequence[str | tuple[Any, ...]]
COLUMNS = 8
"""Examples that are shown; the average is over all."""
MOST = 24
"""Rows of a whole layer that are shown."""


class Row(NamedTuple):
    """One weight or bias."""

    parameter: str
    at: tuple[int, ...]
    values: Array
    """(n,): minus its gradient for each example."""
    average: float
    """Minus its gradient for the batch."""

    @property
    def name(self) -> str:
        """As it would be written in Python: `W2[0, 15]`."""
        return f"{clean(self.parameter)}[{', '.join(map(str, self.at))}]" if self.at else clean(self.parameter)


@dataclass(frozen=True, eq=False)
class Nudges:
    """Minus the gradient of the cost of every example by every parameter."""

    arrays: dict[str, Array] = field(repr=False)
    """By the name of the parameter, (n, *its shape): what each example asks for."""
    average: dict[str, Array] = field(repr=False)
    """By the name of the parameter: the average of these, which is −∂C/∂w of the whole batch."""
    rows: list[Row]
    """The weights and biases that were chosen."""
    x: Array = field(repr=False)
    y: Array = field(repr=False)

    def __len__(self) -> int:
        """The number of examples."""
        return len(self.x)

    @property
    def values(self) -> Array:
        """(rows, n): the chosen rows as one array."""
        return np.array([row.values for row in self.rows]).reshape(len(self.rows), len(self))

    @property
    def size(self) -> int:
        """How many weights and biases there are."""
        return sum(a.size for a in self.average.values())

    @property
    def norms(self) -> Array:
        """(n,): how long the nudge of each example is, over all parameters."""
        squares = [np.square(a).reshape(len(a), -1).sum(axis=1) for a in self.arrays.values()]
        total: Array = np.sqrt(sum(squares))
        return total

    @property
    def average_norm(self) -> float:
        """How long the average nudge is: where examples disagree, less than they are on average."""
        return float(np.sqrt(sum(np.square(a).sum() for a in self.average.values())))

    @property
    def labels(self) -> list[str]:
        """What each example is: its class for one-hot targets, otherwise its target."""
        return [str(row.argmax()) if len(row) > 1 else number(row[0]) for row in self.y]

    def table(self, columns: int = COLUMNS) -> Table:
        """A row a weight, a column an example, of which the first `columns` are shown, and the average of all."""
        shown = min(columns, len(self))
        left_out = ["…"] if shown < len(self) else []
        header = ("", *(f"“{label}”" for label in self.labels[:shown]), *left_out, f"average of {len(self):,}")
        lines = [
            (row.name, *(with_sign(v) for v in row.values[:shown]), *left_out, with_sign(row.average))
            for row in self.rows
        ]
        more = self.size - len(self.rows)
        if more:
            lines.append((f"⋮ {more:,} more", *["⋮"] * (shown + len(left_out) + 1)))
        lines.append(("‖nudge‖", *map(number, self.norms[:shown]), *left_out, number(self.average_norm)))
        return table(header, lines)

    def draw(
        self, *, columns: int = COLUMNS, image_shape: tuple[int, int] | None = None, theme: ThemeName = "light"
    ) -> Drawing["Nudges"]:
        """The table as a picture, its columns headed by the images of their examples.

        image_shape : rows and columns of the input; a square if left out, and no images if there is none
        """
        from .pictures.nudges import draw_nudges

        return draw_nudges(self, columns, image_shape, theme)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.draw().svg, "text/plain": str(self)}

    def __str__(self) -> str:
        return f"{self.table()}\n−∂C/∂w of each example and, averaged, of the batch"

    def __repr__(self) -> str:
        return str(self)


@enable_grad
def nudges(
    net: Module,
    x: ArrayLike,
    y: ArrayLike,
    cost: Cost | Callable[[Tensor, Any], Tensor] = quadratic_cost,
    rows: Rows = 8,
) -> Nudges:
    """What each example asks of each weight and bias, −∂C_x/∂w, and the average, −∂C/∂w of the batch.

    x : (n, n_in), or (n_in,) for one example;  y : its targets
    cost : an average over the examples
    rows : which weights and biases to show: a number, for those of the largest average now; the name of a parameter,
        "W2", or of a layer, "layer 2", for its own, the 24 of the largest average if there are more; or a list of
        parameters and of single entries, ("W2", 0, 15)

    All of it is in `.arrays`, which hold n numbers for every parameter.

    Raises ValueError if there is no such row, and if the nudges of the examples do not average to that of the batch,
    because the cost is no average, or one example changes what the network makes of another.
    """
    network(net), cost_function(cost)
    x, y = rows_of(x), rows_of(y)
    if len(x) != len(y) or not len(x):
        raise ValueError(f"x has shape {x.shape}, y {y.shape}: they need as many rows as each other, one or more")
    named = parameter_names(net)
    parameters = list(named.values())
    chosen = _Choice(rows, named)
    c = recorded_cost(cost, net(x), y)
    whole: list[Any] = gradients(c, parameters, allow_unused=True)
    found = per_example_gradients(lambda _, x, y: cost(net(x), y), parameters, x, y)
    arrays: dict[str, Any] = {}
    for name in reversed(named):  # one by one: together they are n times as long as the network
        arrays[name] = 0.0 - found.pop()  # 0.0 − 0 is 0, where −0 is not
    arrays = {name: arrays[name] for name in named}
    average = {name: a.mean(axis=0) for name, a in arrays.items()}
    for (name, a), g in zip(average.items(), whole, strict=True):
        _require_average(name, a, np.zeros(a.shape) if g is None else -g.numpy(), arrays[name])
    places = chosen.places({name: np.abs(a) for name, a in average.items()})
    shown = [Row(name, at, arrays[name][(slice(None), *at)], float(average[name][at])) for name, at in places]
    return Nudges(arrays, average, shown, x, y)


def _require_average(name: str, average: Array, batch: Array, singles: Array) -> None:
    rounding = 50 * np.sqrt(len(singles)) * np.finfo(average.dtype).eps * np.abs(singles).max(initial=0.0)
    # What is not finite is shown as it is: there is nothing to compare.
    wrong = np.isfinite(average) & np.isfinite(batch) & (np.abs(average - batch) > rounding)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"the nudges of the {len(singles)} examples for {name}{list(at)} average to {average[at]:g}, that of the batch "
            f"is {batch[at]:g}: the cost must be an average over the examples, and what the network makes of one example "
            "must not depend on the others or on chance (net.eval() switches that off)"
        )


class _Choice:
    """Which rows to show, checked before anything is computed."""

    def __init__(self, rows: Rows, named: dict[str, Tensor]):
        self.rows = rows
        self.shapes = {name: p.shape for name, p in named.items()}
        self.layers: dict[str, list[str]] = {}
        for name, p in named.items():
            self.layers.setdefault(layer_of(name, p), []).append(name)
        if isinstance(rows, str | bytes) or not isinstance(rows, list | tuple):
            self.rows = rows if isinstance(rows, str) else whole("rows", rows, 1)
            self.fixed = None
        else:
            self.fixed = [self._entry(row) for row in rows]
        if isinstance(rows, str):
            self._parameters(rows)

    def places(self, sizes: dict[str, Array]) -> list[tuple[str, tuple[int, ...]]]:
        """Names and indices, given the size of the average nudge of every parameter."""
        if self.fixed is not None:
            return [place for one in self.fixed for place in one]
        if isinstance(self.rows, str):
            return self._largest(self._parameters(self.rows), sizes, MOST)
        return self._largest(list(sizes), sizes, index(self.rows))  # type: ignore[arg-type]

    def _largest(self, names: list[str], sizes: dict[str, Array], most: int) -> list[tuple[str, tuple[int, ...]]]:
        every = np.concatenate([sizes[name].ravel() for name in names])
        kept = np.argsort(-np.nan_to_num(every, nan=np.inf, posinf=np.inf), kind="stable")[:most]
        starts = np.cumsum([0, *(sizes[name].size for name in names)])
        places = []
        for k in np.sort(kept):
            i = int(np.searchsorted(starts, k, side="right")) - 1
            at = np.unravel_index(k - starts[i], sizes[names[i]].shape)
            places.append((names[i], tuple(int(part) for part in at)))
        return places

    def _parameters(self, name: str) -> list[str]:
        if name in self.shapes:
            return [name]
        if name in self.layers:
            return self.layers[name]
        raise ValueError(
            f"no parameter or layer is named {name!r}; there are {', '.join([*self.shapes, *self.layers])}"
        )

    def _entry(self, row: Any) -> list[tuple[str, tuple[int, ...]]]:
        if isinstance(row, str):
            return [(name, at) for name in self._parameters(row) for at in np.ndindex(*self.shapes[name])]
        if not isinstance(row, tuple | list) or not row:
            raise TypeError(f"rows has {short(row)}, needs names of parameters, or entries such as ('W2', 0, 15)")
        name, *at = row
        shape = self.shapes.get(name)
        if shape is None:
            raise ValueError(f"no parameter is named {name!r}; there are {', '.join(self.shapes)}")
        place = tuple(index(i) for i in at)
        if len(place) != len(shape) or not all(-n <= i < n for i, n in zip(place, shape, strict=True)):
            raise ValueError(f"{row!r} is no entry of {name}, which has shape {shape}")
        return [(name, tuple(i % n for i, n in zip(place, shape, strict=True)))]
