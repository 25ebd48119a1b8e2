"""What is done in an epoch: a step for every mini-batch, and then a look at how good the network is."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from autograd_lite import enable_grad, no_grad
from autograd_lite.trees import leaves, mapped, rebuilt

from .arguments import short
from .costs import Cost
from .eager_step import Step
from .evaluation import Coding, CostFunction, array_of, evaluated
from .history import Epoch, History
from .modes import evaluating
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .parallel import Ranks
from .speed import gradient_norms
from .stopping import Best

Array = NDArray[Any]
Metric = Callable[[Any, Any], float | None]

_SAMPLE = 256
"""Examples whose gradient is looked at after an epoch: enough to see how large it is."""


@dataclass
class Loop:
    """What is the same in all epochs of a run."""

    net: Module
    optimizer: Optimizer
    schedule: Scheduler | None
    cost: CostFunction
    step: Step
    examples: tuple[Array, Array]
    held_out: tuple[Array, Array] | None
    metrics: dict[str, Metric]
    best: Best
    history: History
    coding: Coding | None
    """How the targets tell classes, if they do."""
    among: Ranks | None = None

    def epoch(self, number: int, batches: Iterable[tuple[Array, Array]], told: Callable[[], Any]) -> Epoch:
        """One epoch, told to the history, the schedule and the best so far. told : called after every step"""
        with np.errstate(over="ignore", invalid="ignore"):  # a cost that is not finite raises here, with a remedy
            seconds = self._learn(number, batches, told)
            done = self._look(number, seconds)
        if self.best.see(done) and self.best.keep:
            self.best.weights = self.net.state_dict()
        if self.schedule is not None and self.schedule.finished:
            self.history.stopped = "schedule"
        elif self.best.given_up:
            self.history.stopped = "patience"
        return done

    def _learn(self, number: int, batches: Iterable[tuple[Array, Array]], told: Callable[[], Any]) -> float:
        """Take a step for every mini-batch; how many seconds that took."""
        schedule = self.schedule if getattr(self.schedule, "by", "epoch") == "batch" else None
        started = time.perf_counter()
        for x, y in batches:
            cost = self.step(x, y)
            self._require_finite(cost, number)
            self.history.batch_costs.append(cost)
            if schedule is not None:
                schedule.step(cost)
            told()
        return time.perf_counter() - started

    def _look(self, number: int, seconds: float) -> Epoch:
        """See how good the network is after an epoch."""
        trained = self._evaluated(*self.examples)
        self._require_finite(trained[0], number)
        other = (None, None) if self.held_out is None else self._evaluated(*self.held_out)
        done = Epoch(number, trained[0], trained[1], other[0], other[1], seconds)
        self.history.add(done, self._gradient_norms(), self._measured())
        if self.schedule is not None and getattr(self.schedule, "by", "epoch") != "batch":
            self.schedule.step(done.cost if done.validation_cost is None else done.validation_cost)
        return done

    @enable_grad
    def _evaluated(self, x: Array, y: Array) -> tuple[float, float | None]:
        """Cost and accuracy. Of a cost that is an average over examples each process takes its share of these."""
        if self.among is None or not isinstance(self.cost, Cost):
            return evaluated(self.net, x, y, self.cost, self._coded)[:2]
        mine = self.among.share(len(x))
        sums = np.zeros(3)
        if mine.stop > mine.start:
            cost, accuracy, weight = evaluated(self.net, x[mine], y[mine], self.cost, self._coded)
            right = np.nan if accuracy is None else accuracy * (mine.stop - mine.start)
            sums[:] = cost * weight if weight else 0.0, right, weight
        self.among.sum(sums)
        total, right, weight = map(float, sums)
        return total / weight if weight else np.nan, None if np.isnan(right) else right / len(x)

    def _coded(self, output: Any, y: Array) -> Coding | None:
        return self.coding

    def _measured(self) -> dict[str, float]:
        """The metrics of all examples at once, in evaluation mode."""
        if not self.metrics:
            return {}
        x, y = self.held_out or self.examples
        with evaluating(self.net), no_grad():
            parts = [mapped(array_of, self.net(x[i : i + _SAMPLE])) for i in range(0, len(x), _SAMPLE)]
        output = rebuilt(parts[0], iter([np.concatenate(p) for p in zip(*map(leaves, parts), strict=True)]))
        values = {name: metric(output, y) for name, metric in self.metrics.items()}
        for name, value in values.items():
            if value is not None and (np.ndim(value) or not isinstance(value, SupportsFloat)):
                raise TypeError(f"metrics[{name!r}] gave {short(value)}, needs one number, or None where there is none")
        return {name: float(value) for name, value in values.items() if value is not None}

    def _gradient_norms(self) -> dict[str, float]:
        """In evaluation mode, so that a layer that draws random numbers in training draws the same as if nobody looked."""
        x, y = self.examples
        with evaluating(self.net):
            return gradient_norms(self.net, x[:_SAMPLE], y[:_SAMPLE], self.cost)

    def _require_finite(self, cost: float, epoch: int) -> None:
        if not math.isfinite(cost):
            raise FloatingPointError(
                f"the cost became {cost} in epoch {epoch}: lower the learning rate, now {self.optimizer.lr:g}"
            )
