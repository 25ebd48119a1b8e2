"""`fit`: the loop of training, and what is done at the end of every epoch."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import checkpoints
from .costs import quadratic_cost
from .files import StrPath
from .history import Epoch, History
from .layers import Embedding, Seed
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .parallel import Ranks, parallel_step
from .speed import gradient_norms
from .train import CostFunction, Examples, _examples, _progress_bar, evaluate, make_step, mini_batches

Array = NDArray[Any]
Metric = Callable[[Any, Any], float]

_SAMPLE = 256
"""Examples whose gradient is looked at after an epoch: enough to see how large it is."""


class Training:
    """A run of `fit`, as callbacks see it at the end of every epoch."""

    def __init__(self, net: Module, optimizer: Optimizer, history: History):
        self.net, self.optimizer, self.history = net, optimizer, history
        self.stopped = False
        """Whether this epoch is the last one."""

    def stop(self) -> None:
        """End the training after this epoch."""
        self.stopped = True


Callback = Callable[[Training], None]


class Best:
    """The best epoch so far, and for how many epochs there was none better."""

    def __init__(self, monitor: str, patience: int | None, keep: bool):
        if monitor not in ("cost", "accuracy"):
            raise ValueError(f"monitor is {monitor!r}, needs 'cost' or 'accuracy'")
        if patience is not None and index(patience) < 1:
            raise ValueError(f"patience is {patience}, needs at least 1 epoch, or None")
        self.monitor, self.patience, self.keep = monitor, patience, keep
        self.value, self.waited = math.inf, 0
        self.weights: dict[str, Array] | None = None

    def see(self, epoch: Epoch, net: Module) -> bool:
        """Note an epoch. Is it time to stop?"""
        held_out = epoch.validation_cost is not None
        if self.monitor == "cost":
            value = epoch.validation_cost if held_out else epoch.cost
        else:
            value = -epoch.validation_accuracy if held_out else -epoch.accuracy  # type: ignore[operator]
        assert value is not None
        if value < self.value:
            self.value, self.waited = value, 0
            if self.keep:
                self.weights = net.state_dict()
        else:
            self.waited += 1
        return self.patience is not None and self.waited >= self.patience


def fit(
    net: Module,
    data: Examples,
    *,
    optimizer: Optimizer,
    epochs: int,
    cost: CostFunction = quadratic_cost,
    batch_size: int = 10,
    seed: Seed = None,
    validation: Examples | None = None,
    compiled: bool = True,
    progress: bool = True,
    report: Callable[[Epoch], None] | None = None,
    callbacks: Iterable[Callback] = (),
    metrics: Mapping[str, Metric] | None = None,
    schedule: Scheduler | None = None,
    patience: int | None = None,
    monitor: str = "cost",
    keep_best: bool = False,
    checkpoint: StrPath | None = None,
    resume: bool = False,
    among: Ranks | None = None,
) -> History:
    """Train a network on mini-batches, and return the history.

    data, validation : inputs (n, n_in) and targets (n, m), finite; they are converted to the dtype of the network. Costs of
        classes take class numbers (n,) as well, and a network with an Embedding whole numbers as inputs
    seed : of the order of the examples: an int, a Generator, or None for another order each time
    compiled : as for `make_step`
    progress : show a progress bar, if on a terminal or in a notebook
    report : called with the Epoch at the end of every epoch
    callbacks : each is called with the `Training` at the end of every epoch, and may call its `stop()`
    metrics : functions of outputs and targets by name; their values on the validation data, or without these on `data`, are
        in `history.metrics`
    schedule : changes the learning rate after every epoch, or every mini-batch if it says so
    patience : stop when so many epochs have brought nothing better; `monitor` says if the cost counts or the accuracy, of the
        validation data if there are some
    keep_best : leave the network with the parameters of its best epoch
    checkpoint : a file to write at the end of every epoch, from which a run goes on with `resume=True`, with the same results
        as without the break. Without the file it starts at the first epoch. Of several processes the first reads and writes it
    among : the processes to divide every mini-batch among, as `parallel.ranks()` gives them. Each calls `fit` with the same
        arguments; all start with the weights and the order of examples of the first, which alone reports and writes. Layers that
        draw random numbers draw others in each; with one process, the same as without `among`

    Ctrl-C ends the training; the network is as it was after the last update, and the history of the epochs so far is
    returned, marked as interrupted.

    Raises ValueError for arguments out of range and for data that do not fit or are not finite, FloatingPointError if
    the cost stops being finite.
    """
    epochs, batch_size = index(epochs), index(batch_size)
    if epochs < 0:
        raise ValueError(f"epochs is {epochs}, needs at least 0")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, needs at least 1")
    parameters = net.parameters()
    if set(parameters).isdisjoint(optimizer.params):
        raise ValueError(
            f"the optimizer has none of the parameters of this {type(net).__name__}: it would learn nothing"
        )
    if resume and checkpoint is None:
        raise ValueError("resume=True needs checkpoint=, the file to go on from")
    symbols = any(isinstance(module, Embedding) for _, module in net.named_modules())
    x, y = _examples("data", data, parameters[0].dtype, cost, symbols)
    held_out = None if validation is None else _examples("validation", validation, parameters[0].dtype, cost, symbols)

    rng = np.random.default_rng(seed)
    if among is not None:
        among.require_same("numbers of examples, epochs, or examples in a mini-batch", (len(x), epochs, batch_size))
        rng = among.from_first(rng)
        progress = progress and among.is_first
    best = Best(monitor, patience, keep_best)
    batches = math.ceil(len(x) / batch_size)
    history = History(batches=batches)
    saved = None
    if resume and checkpoint is not None:
        found = partial(checkpoints.content_of, checkpoint)
        saved = found() if among is None else among.by_first(found)
    if checkpoint is not None and saved is not None:
        history, stopping, weights = checkpoints.read(checkpoint, saved, net, optimizer, rng, schedule)
        best.weights = weights if keep_best else None
        best.value, best.waited = stopping["value"], stopping["waited"]
    run = Training(net, optimizer, history)
    run.stopped = best.patience is not None and best.waited >= best.patience
    if among is None:
        step = make_step(net, cost, optimizer, compiled)
    else:
        among.give_weights(net)
        step = parallel_step(net, cost, optimizer, among, compiled)
    by_batch = getattr(schedule, "by", "epoch") == "batch"
    training = net.training
    quiet = np.errstate(over="ignore", invalid="ignore")  # what is not finite raises here, with a remedy
    first = len(history.epochs) + 1
    try:
        with _progress_bar(max(0, epochs + 1 - first) * batches, progress) as bar, quiet:
            for epoch in range(first, epochs + 1):
                if run.stopped:
                    break
                net.train()
                if among is not None:
                    among.part_generators(net)
                started = time.perf_counter()
                for x_batch, y_batch in mini_batches(x, y, batch_size, rng):
                    history.batch_costs.append(step(x_batch, y_batch))
                    _require_finite(history.batch_costs[-1], epoch, optimizer)
                    if schedule is not None and by_batch:
                        schedule.step(history.batch_costs[-1])
                    bar.update()
                seconds = time.perf_counter() - started
                trained = _evaluated(net, x, y, cost, among)
                _require_finite(trained[0], epoch, optimizer)
                other = (None, None) if held_out is None else _evaluated(net, *held_out, cost, among)
                done = Epoch(epoch, trained[0], trained[1], other[0], other[1], seconds)
                norms = _gradient_norms(net, x[:_SAMPLE], y[:_SAMPLE], cost)
                measured = [_measured(net, metrics, *(held_out or (x, y)))] if metrics else []
                history.epochs.append(done)  # all at once, so that Ctrl-C leaves as many of each
                history.gradient_norms.append(norms)
                history.metrics += measured
                if schedule is not None and not by_batch:
                    schedule.step(done.cost if other[0] is None else other[0])
                run.stopped = best.see(done, net) or (schedule is not None and schedule.finished)
                if report is not None and (among is None or among.is_first):
                    report(done)
                for callback in callbacks:
                    callback(run)
                if among is not None:
                    run.stopped = among.any(run.stopped)
                if checkpoint is not None and (among is None or among.is_first):
                    stopping = {"value": best.value, "waited": best.waited}
                    checkpoints.write(checkpoint, net, optimizer, rng, history, schedule, stopping, best.weights)
    except KeyboardInterrupt:
        if among is not None and among.size > 1:
            raise  # the processes were interrupted at different steps
        history.interrupted = True
    finally:
        if best.weights is not None:
            net.load_state_dict(best.weights)
        net.train(training)
        optimizer.zero_grad()
    return history


def _evaluated(net: Module, x: Array, y: Array, cost: CostFunction, among: Ranks | None) -> tuple[float, float]:
    """Cost and accuracy, each process taking its share of the examples."""
    if among is None:
        return evaluate(net, x, y, cost)
    mine = among.share(len(x))
    sums = np.zeros(2)
    if mine.stop > mine.start:
        sums += np.multiply(evaluate(net, x[mine], y[mine], cost), mine.stop - mine.start)
    among.sum(sums)
    return float(sums[0]) / len(x), float(sums[1]) / len(x)


def _measured(net: Module, metrics: Mapping[str, Metric], x: Array, y: Array) -> dict[str, float]:
    """The metrics of all examples at once, in evaluation mode."""
    training = net.training
    net.eval()
    try:
        parts = [net(x[i : i + _SAMPLE]).numpy() for i in range(0, len(x), _SAMPLE)]
    finally:
        net.train(training)
    output = np.concatenate(parts)
    return {name: float(metric(output, y)) for name, metric in metrics.items()}


def _gradient_norms(net: Module, x: Array, y: Array, cost: CostFunction) -> dict[str, float]:
    """In evaluation mode, so that a layer that draws random numbers in training draws the same as if nobody looked."""
    training = net.training
    net.eval()
    try:
        return gradient_norms(net, x, y, cost)
    finally:
        net.train(training)


def _require_finite(cost: float, epoch: int, optimizer: Optimizer) -> None:
    if not math.isfinite(cost):
        raise FloatingPointError(
            f"the cost became {cost} in epoch {epoch}: lower the learning rate, now {optimizer.lr:g}"
        )
