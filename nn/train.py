"""The parts of training: mini-batches, one step of learning, a progress bar."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from autograd_lite import CompileWarning
from autograd_lite.compiler import CompileError, levels_to_user

from .arguments import generator, switch, whole
from .compiled import compile_step
from .eager_step import EagerStep, Step
from .evaluation import CostFunction, require_rows
from .layers import Seed
from .module import Module
from .optimizers import Optimizer
from .plain_arrays import plain_array

Array = NDArray[Any]
SequenceSeed = Seed | Sequence[int]


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
    x, y = plain_array("x", x), plain_array("y", y)
    require_rows(x, y)
    count = batch_count(len(x), batch_size, drop_last)
    order = generator(seed).permutation(len(x))
    parts = (order[i * batch_size : (i + 1) * batch_size] for i in range(count))
    return ((x.take(rows, axis=0), y.take(rows, axis=0)) for rows in parts)  # half the time of x[rows]


def batch_count(n: int, batch_size: int, drop_last: bool) -> int:
    """How many mini-batches n examples are. Raises ValueError if batch_size is below 1, or there is none."""
    batch_size = whole("batch_size", batch_size, 1)
    if switch("drop_last", drop_last) and n < batch_size:
        raise ValueError(
            f"drop_last=True leaves out all {n} examples, fewer than batch_size={batch_size}: make batch_size smaller"
        )
    return n // batch_size if drop_last else -(-n // batch_size)


def make_step(net: Module, cost: CostFunction, optimizer: Optimizer, compiled: bool = True) -> Step:
    """One step of learning, `step(x, y) -> cost`: forward, backward, update. The cost is that before the update.

    compiled : run the step as one program (see `compile_step`). A network that cannot be compiled warns once, saying why, and
        its operations are recorded anew at each step, as they are with compiled=False. So they are for a tuple or dict of several
        inputs or targets, which network and cost take as they are.
    """
    recorded = EagerStep(net, cost, optimizer)
    return CompiledIfPossible(recorded, compile_step(net, cost, optimizer)) if compiled else recorded


class CompiledIfPossible:
    """The step `program`, until it is found that it cannot be compiled; then `recorded`."""

    def __init__(self, recorded: Step, program: Step):
        self._recorded = recorded
        self._chosen = program

    def __call__(self, x: Array, y: Array) -> float:
        """The cost before the update."""
        if isinstance(x, dict | tuple) or isinstance(y, dict | tuple):  # several arrays: a program has one of each
            return self._recorded(x, y)
        try:
            return self._chosen(x, y)
        except CompileError as error:
            warnings.warn(
                f"the network runs without being compiled: {error}", CompileWarning, stacklevel=levels_to_user()
            )
            self._chosen = self._recorded
            return self._chosen(x, y)


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
