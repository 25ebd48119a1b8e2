"""How good a network is: its cost and its accuracy on any number of examples, in evaluation mode."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, no_grad, sigmoid
from autograd_lite.arguments import verified_argument
from autograd_lite.recording import apply, current
from autograd_lite.trees import leaves, mapped, rebuilt

from .arguments import cost_function, network, short
from .costs import Cost, quadratic_cost
from .modes import evaluating
from .module import Module
from .plain_arrays import plain_array

Array = NDArray[Any]
CostFunction = Cost | Callable[[Any, Any], Tensor]
Coding: TypeAlias = Literal["numbers", "0 and 1", "-1 and 1"]
"""How targets tell classes."""

CHUNK = 500
"""Examples that run through a network together; it bounds the memory."""


# --- Accuracy ---------------------------------------------------------------------------------------------------------


def accuracy(output: Any, y: Any) -> float | None:
    """The fraction of right answers, from 0 to 1, where the targets are classes; None where they are not.

    Targets are classes if all of them are of one of these kinds:

    - class numbers, integers from 0 to m - 1 in the shape of the output without its last axis. The answer is the largest of the
      m outputs. Of a sequence every position counts.
    - rows with a single 1 and else 0, or with a single 1 and else -1, in the shape of the output. The answer is the largest
      output.
    - 0 and 1 for a single output within [0, 1], as a column or as numbers. The answer is the side of ½.
    - -1 and 1 for a single output. The answer is its sign.

    So there is none for a regression, for rows of probabilities, for several labels per example, and for n outputs of n examples
    that are no column. An output that is NaN is wrong.

    Parameters
    ----------
    output : (n, m) or (m,), or (..., m) with class numbers
    y : targets of all examples: a part of them may look like classes where the whole does not

    Returns
    -------
    float or None

    Raises
    ------
    ValueError
        If the shapes fit in no reading.

    Examples
    --------
    >>> nn.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    >>> nn.accuracy([[2.7], [3.1]], [[2.5], [3.0]]) is None
    True
    """
    output, y = plain_array("the output", output), plain_array("the target y", y)
    if output.ndim == 0 or y.shape not in (output.shape, output.shape[:-1]):
        raise ValueError(
            f"the output has shape {output.shape}, the target y {y.shape}: they must be the same{_hint(output, y)}"
        )
    if y.ndim < output.ndim and y.dtype.kind not in "iub":
        raise ValueError(f"the output has shape {output.shape}, the target y is {y.dtype} {y.shape}{_hint(output, y)}")
    coding = coding_of(output.shape[-1], y, y.ndim < output.ndim)
    return None if coding is None else fraction_right(output, y, coding)


def _hint(output: Array, y: Array) -> str:
    if y.shape != output.shape[:-1]:
        return ""
    return (
        "; y[:, None] makes a column"
        if output.shape[-1] == 1
        else "; class numbers are integers, as y.astype(int) makes them"
    )


def coding_of(m: int, y: Array, numbers: bool) -> Coding | None:
    """How targets for m outputs tell classes, or None if they do not.

    numbers : are they in the shape of the output without its last axis?
    """
    if y.dtype.kind not in "biuf" or not y.size:
        return None
    if numbers and m > 1:
        return "numbers" if y.dtype.kind in "iub" and y.min() >= 0 and y.max() < m else None
    rows = y.reshape(-1, m)
    of_1 = rows == 1
    if m > 1 and not (of_1.sum(axis=1) == 1).all():
        return None
    if (of_1 | (rows == 0)).all():
        return "0 and 1"
    return "-1 and 1" if (of_1 | (rows == -1)).all() else None


def fraction_right(output: Array, y: Array, coding: Coding) -> float | None:
    """The fraction of right answers. None for a single output outside [0, 1] where ½ divides: it is an estimate, or a logit."""
    m = output.shape[-1]
    if m > 1:
        labels = y if coding == "numbers" else y.reshape(-1, m).argmax(axis=1)
        rows = output.reshape(-1, m)
        right = (rows.argmax(axis=1) == labels.reshape(-1)) & ~np.isnan(rows).any(axis=1)
        return float(np.mean(right))
    a, y = output.reshape(-1), y.reshape(-1)
    if coding == "0 and 1" and ((a < 0) | (a > 1)).any():
        return None
    middle = 0.5 if coding == "0 and 1" else 0.0
    return float(np.mean(((a > middle) == (y > middle)) & ~np.isnan(a)))


# --- Evaluation -------------------------------------------------------------------------------------------------------


@no_grad
def evaluate(
    net: Module, x: ArrayLike, y: ArrayLike, cost: CostFunction = quadratic_cost
) -> tuple[float, float | None]:
    """Cost and accuracy of a network on all examples, in evaluation mode.

    The network runs on a part of the examples at a time. The cost is that of all of them together: a cost of one's own, which
    need not be an average, is computed once, of all outputs. Every layer comes out in the mode in which it went in.

    Parameters
    ----------
    x, y : inputs and targets, a row per example
    cost : `cost(output, y)`, a Tensor of one number

    Returns
    -------
    (cost, accuracy)
        The accuracy as `nn.accuracy` says it, None where the targets are no classes.

    Raises
    ------
    ValueError
        If there are no examples, or x and y are not equally many.

    Examples
    --------
    >>> net = nn.MLP([2, 1], weights=nn.initializers.zeros, biases=nn.initializers.zeros)
    >>> nn.evaluate(net, [[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.0]])
    (0.125, 0.5)
    """
    network(net), cost_function(cost)
    x, y = plain_array("x", x), plain_array("y", y)
    require_rows(x, y)
    value, right, _ = evaluated(net, x, y, cost, coding_for)
    return value, right


Decide = Callable[[Any, Array], Coding | None]


def coding_for(output: Any, y: Array) -> Coding | None:
    """How the targets y of all examples tell classes, for a network that gives outputs of this kind."""
    if not isinstance(output, Tensor) or output.ndim == 0:
        return None
    shape = output.shape
    if output.ndim == 1:  # a number per example
        return coding_of(1, y, False) if y.ndim == 1 else None
    numbers = y.ndim == output.ndim - 1 and y.dtype.kind in "iub"
    if y.shape[1:] != (shape[1:-1] if numbers else shape[1:]):
        return None
    return coding_of(shape[-1], y, numbers)


def evaluated(net: Module, x: Array, y: Array, cost: CostFunction, decide: Decide) -> tuple[float, float | None, float]:
    """Cost, accuracy, and how much these examples count in an average of costs.

    decide : how the targets tell classes, given the output for the first examples and y
    """
    averages = isinstance(cost, Cost)
    whole = _Whole(cost, y)
    total = weight = right = 0.0
    coding: Coding | None = None
    with evaluating(net):
        for i in range(0, len(x), CHUNK):
            output, target = net(x[i : i + CHUNK]), y[i : i + CHUNK]
            if i == 0:
                coding = decide(output, y)
            if averages:
                total += _total(cost, output, target)
                weight += cost.weight(output, target)  # type: ignore[union-attr]
            else:
                whole.take(output, len(target))
            if coding is not None:
                columns = array_of(output) if output.ndim > 1 else array_of(output)[:, None]
                found = fraction_right(columns, target, coding)
                right += np.nan if found is None else found * len(target)
        if averages:
            value = total / weight if weight else np.nan
        else:
            value, weight = whole.cost(net, x), float(len(x))
    return value, None if coding is None or np.isnan(right) else right / len(x), weight


def _total(cost: Any, output: Any, y: Array) -> float:
    """What the examples add up to, before it is divided by their weight."""
    if cost.counts_examples:
        return float(cost(output, y).item() * cost.weight(output, y))
    return float(cost.per_example(output, y).sum().item())


class _Whole:
    """The outputs for all examples, put together from parts without their graphs, for a cost that need not be an average."""

    def __init__(self, cost: CostFunction, y: Array):
        self._cost, self._y = cost, y
        self._parts: list[Any] = []
        self._in_rows = True

    def take(self, output: Any, n: int) -> None:
        """Keep the outputs for n examples."""
        self._in_rows &= all(isinstance(t, Tensor) and t.ndim > 0 and len(t) == n for t in leaves(output))
        if self._in_rows:
            self._parts.append(output if n == len(self._y) else mapped(_Part, output))

    def cost(self, net: Module, x: Array) -> float:
        """The cost of all of them."""
        if not self._in_rows:
            output = net(x)
        elif len(self._parts) == 1:
            output = self._parts[0]
        else:
            joined = [_joined(parts) for parts in zip(*map(leaves, self._parts), strict=True)]
            output = rebuilt(self._parts[0], iter(joined))
        return number_of(self._cost(output, self._y))


class _Part:
    """The value of outputs for some examples; of sigmoid outputs that of their weighted inputs."""

    __slots__ = ("array", "of_sigmoid")

    def __init__(self, output: Tensor):
        known = verified_argument(current(output), sigmoid)
        self.of_sigmoid = known is not None
        self.array = (output.array if known is None else known[1]).copy()


def _joined(parts: Sequence[_Part]) -> Tensor:
    """Outputs of a sigmoid are made anew, so that they know their weighted inputs, which saturated ones do not tell."""
    array = np.concatenate([part.array for part in parts])
    if all(part.of_sigmoid for part in parts):
        a: Tensor = apply(sigmoid, (Tensor(array),))
        return a
    return Tensor(array)


def require_average(cost: Any, output: Any, y: Array, caller: str) -> None:
    """Raise ValueError if the cost of these examples is not the average of that of both halves, as far as rounding tells."""
    n = len(y)
    in_rows = all(isinstance(p, Tensor) and p.ndim and len(p) == n for p in leaves(output))
    if (isinstance(cost, Cost) and cost.counts_examples) or n < 2 or not in_rows:
        return
    k = n // 2
    whole, first, rest = (
        number_of(cost(mapped(lambda p, s=s: p.detach()[s], output), y[s]))
        for s in (slice(None), slice(0, k), slice(k, None))
    )
    average = (k * first + (n - k) * rest) / n
    if np.isfinite(whole) and abs(whole - average) > 1e-4 * max(abs(whole), abs(average), 1e-12):
        raise ValueError(
            f"{caller} needs a cost that is an average over the examples: of {n} examples it is {whole:g}, of both halves "
            f"{average:g} on average; divide the sum by their number"
        )


def recorded_cost(cost: Any, output: Any, y: Any) -> Tensor:
    """The cost, recorded. Raises TypeError if it is no Tensor of one number."""
    c = cost(output, y)
    if not isinstance(c, Tensor) or c.size != 1:
        shape = f" of shape {c.shape}" if isinstance(c, Tensor | np.ndarray) else f", {short(c)}"
        raise TypeError(f"the cost returned {type(c).__name__}{shape}, needs a Tensor of one number")
    return c


def number_of(cost: Any) -> float:
    """The cost as a number. Raises TypeError if it is none."""
    array = array_of(cost)
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise TypeError(f"the cost gave {type(cost).__name__} of shape {array.shape}, needs a Tensor of one number")
    return float(array.item())


def array_of(values: Any) -> Array:
    """The values of a Tensor or of anything else."""
    return plain_array("the output", values)


def require_rows(x: Array, y: Array) -> None:
    """Raise ValueError if there are no examples, or x and y are not equally many."""
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ValueError(f"x has shape {x.shape}, y {y.shape}: they need as many rows as each other, one or more")
