"""The parts of training: mini-batches, one step of learning, how good a network is."""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor, enable_grad, no_grad
from autograd_lite.compiler import CompileError

from .compiled import compile_step
from .costs import ClassCost, Cost, quadratic_cost
from .layers import Seed
from .modes import evaluating
from .module import Module
from .optimizers import Optimizer

Array = NDArray[Any]
Examples = tuple[ArrayLike, ArrayLike]
Step = Callable[[Array, Array], float]
SequenceSeed = Seed | Sequence[int]
CostFunction = Cost | Callable[[Tensor, Any], Tensor]


def mini_batches(
    x: ArrayLike, y: ArrayLike, batch_size: int, seed: SequenceSeed = None, *, drop_last: bool = False
) -> Iterator[tuple[Array, Array]]:
    """The examples in random order, `batch_size` at a time, each once; the last batch may be smaller.

    x : (n, n_in);  y : (n, m)
    seed : an int or a sequence of ints, a Generator, or None for another order each time
    drop_last : leave out the last batch if it is smaller

    The same seed gives the same order; a Generator goes on, so that every epoch has another. The order of an epoch is drawn
    when this is called. So epochs can be resumed: with `seed=[17, epoch]` any epoch has its order by itself, and with a
    Generator the next one has it again when `rng.bit_generator.state` is as it was before the call. In the middle of an
    epoch, `itertools.islice(mini_batches(...), k, None)` goes on after k batches.

    Raises ValueError if there are no examples, x and y are not equally many, batch_size is below 1, or no batch is left.
    """
    x, y, batch_size = np.asarray(x), np.asarray(y), index(batch_size)
    _require_rows(x, y)
    count = batch_count(len(x), batch_size, drop_last)
    order = np.random.default_rng(seed).permutation(len(x))
    parts = (order[i * batch_size : (i + 1) * batch_size] for i in range(count))
    return ((x.take(rows, axis=0), y.take(rows, axis=0)) for rows in parts)  # half the time of x[rows]


def batch_count(n: int, batch_size: int, drop_last: bool) -> int:
    """How many mini-batches n examples are. Raises ValueError if batch_size is below 1, or there is none."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, needs at least 1")
    if drop_last and n < batch_size:
        raise ValueError(
            f"drop_last=True leaves out all {n} examples, fewer than batch_size={batch_size}: make batch_size smaller"
        )
    return n // batch_size if drop_last else -(-n // batch_size)


def make_step(net: Module, cost: CostFunction, optimizer: Optimizer, compiled: bool = True) -> Step:
    """One step of learning, `step(x, y) -> cost`: forward, backward, update. The cost is that before the update.

    compiled : run the step as one program (see `compile_step`). A network that cannot be compiled warns once, saying why, and
        its operations are recorded anew at each step, as they are with compiled=False.
    """
    recorded = RecordedStep(net, cost, optimizer)
    return CompiledIfPossible(recorded, compile_step(net, cost, optimizer)) if compiled else recorded


class RecordedStep:
    """A step whose operations are recorded anew each time."""

    def __init__(self, net: Module, cost: CostFunction, optimizer: Optimizer):
        self.net, self.cost, self.optimizer = net, cost, optimizer

    def __call__(self, x: Array, y: Array) -> float:
        """The cost before the update."""
        with enable_grad():
            self.optimizer.zero_grad()
            c = self.cost(self.net(x), y)
            c.backward()
            self.optimizer.step()
            return float(c._array.item())


class CompiledIfPossible:
    """The step `program`, until it is found that it cannot be compiled; then `recorded`."""

    def __init__(self, recorded: Step, program: Step):
        self._recorded = recorded
        self._chosen = program

    def __call__(self, x: Array, y: Array) -> float:
        """The cost before the update."""
        try:
            return self._chosen(x, y)
        except CompileError as error:
            warnings.warn(f"the network runs without being compiled: {error}", stacklevel=_levels_inside())
            self._chosen = self._recorded
            return self._chosen(x, y)


def _levels_inside() -> int:
    """The `stacklevel` with which a warning of the caller points out of this package, to who called `fit` or the step."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(f"{__package__}."):
        level, frame = level + 1, frame.f_back
    return level


def accuracy(output: Any, y: Any) -> float:
    """The fraction of examples whose largest output is where the largest target is.

    output, y : (n, m), or (m,) for one example. With a single output (m = 1), both must be on the same side of ½.
    y may also be class numbers, in the shape of the output without its last axis; of a sequence every position counts. With
    a single output they are 0 and 1, on either side of ½.
    An output that is NaN is wrong. Raises ValueError if the shapes differ.
    """
    numbers, output = _array(y), _array(output)
    if numbers.dtype.kind in "iu" and output.ndim and numbers.shape == output.shape[:-1]:
        if output.shape[-1] == 1:
            return accuracy(output, numbers[..., None])
        right = (output.argmax(axis=-1) == numbers) & ~np.isnan(output).any(axis=-1)
        return float(np.mean(right))
    output, y = _rows(output), _rows(y)
    if output.shape != y.shape:
        raise ValueError(f"the output has shape {output.shape}, the target y {y.shape}: they must be the same")
    if output.shape[1] == 1:
        right = ((output > 0.5) == (y > 0.5))[:, 0]
    else:
        right = output.argmax(axis=1) == y.argmax(axis=1)
    return float(np.mean(right & ~np.isnan(output).any(axis=1)))


@no_grad
def evaluate(net: Module, x: ArrayLike, y: ArrayLike, cost: CostFunction = quadratic_cost) -> tuple[float, float]:
    """The cost, averaged over all examples, and the accuracy of a network, in evaluation mode.

    Nothing is recorded. Every layer comes out in the mode in which it went in.

    Raises ValueError if there are no examples, or x and y are not equally many.
    """
    x, y = np.asarray(x), np.asarray(y)
    _require_rows(x, y)
    total = right = 0.0
    with evaluating(net):
        for i in range(0, len(x), _CHUNK):
            target = y[i : i + _CHUNK]
            output = net(x[i : i + _CHUNK])
            total += cost(output, target).item() * len(target)
            right += accuracy(output, target) * len(target)
    return total / len(x), right / len(x)


_CHUNK = 500
"""Examples that are evaluated together; it bounds the memory."""


def _require_rows(x: Array, y: Array) -> None:
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ValueError(f"x has shape {x.shape}, y {y.shape}: they need as many rows as each other, one or more")


def _array(values: Any) -> Array:
    return values.numpy() if isinstance(values, Tensor) else np.asarray(values)


def _rows(values: Any) -> Array:
    array = _array(values)
    return array.reshape(-1, array.shape[-1]) if array.ndim else array


def _examples(
    name: str, examples: Examples, dtype: np.dtype[Any], cost: CostFunction, symbols: bool = False
) -> tuple[Array, Array]:
    """Inputs and targets as arrays. Floating ones get the dtype of the network; whole numbers stay what they are where a
    layer or the cost takes them: symbols, and class numbers."""
    if not isinstance(examples, tuple | list) or len(examples) != 2:
        raise ValueError(f"{name} must be a pair (x, y), inputs and targets")
    x, y = (np.asarray(part) for part in examples)
    takes_classes = not isinstance(cost, Cost) or isinstance(cost, ClassCost)
    classes = takes_classes and y.dtype.kind in "iu"
    if not classes:
        y = y.astype(dtype, copy=False)
    if x.dtype.kind not in "iu" or not symbols:
        x = x.astype(dtype, copy=False)
    if x.ndim < 2 or y.ndim < (1 if classes else 2) or len(x) != len(y) or len(x) == 0:
        hint = "; nn.one_hot makes targets of class numbers" if y.ndim == 1 else ""
        raise ValueError(
            f"{name}: x has shape {x.shape}, y {y.shape}, need (n, n_in) and (n, m) with the same n of at least 1{hint}"
        )
    for part, array in ("x", x), ("y", y):
        bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
        if bad.any():
            raise ValueError(
                f"{name}: {part} is not finite in {bad.sum()} of {len(array)} rows, first in row {bad.argmax()}"
            )
    return x, y


class _NoBar:
    """A progress bar that nobody sees."""

    def __enter__(self) -> "_NoBar":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing was drawn."""

    def update(self) -> None:
        """Nothing is drawn."""


def _progress_bar(total: int, wanted: bool) -> Any:
    if not wanted or sys.stderr is None:  # as under pythonw
        return _NoBar()
    from tqdm.auto import tqdm  # here, since importing it takes longer than importing all of this package

    hidden = False if _in_notebook() else None  # None shows it on a terminal only
    return tqdm(total=total, disable=hidden, unit=" batches", leave=False, dynamic_ncols=True)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return "IPKernelApp" in getattr(shell, "config", {})
