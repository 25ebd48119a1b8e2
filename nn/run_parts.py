"""The parts of a training run: each is of its own kind, and they belong together, or are refused by name."""

from collections.abc import Iterable, Mapping
from typing import Any

from autograd_lite import no_grad

from .arguments import cost_function, function, network, short
from .costs import Cost
from .evaluation import Coding, require_average
from .examples import Arrays, plain
from .loop import Metric
from .modes import evaluating
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .parameters import replaced

_SAMPLE = 32


def callbacks_of(callbacks: Any) -> list[Any]:
    """The callbacks as a list of functions."""
    if callable(callbacks) or isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
        raise TypeError(
            f"callbacks is {short(callbacks)}, needs a list of functions, such as [lambda run: print(run.history)]"
        )
    return [function(f"callbacks[{i}]", one, "lambda run: run.stop()") for i, one in enumerate(callbacks)]


def metrics_of(metrics: Any) -> dict[str, Metric]:
    """The metrics by name."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping):
        raise TypeError(f'metrics is {short(metrics)}, needs functions by name, such as {{"accuracy": nn.accuracy}}')
    return {str(name): function(f"metrics[{name!r}]", one, "nn.accuracy") for name, one in metrics.items()}


def require_parts(net: Any, optimizer: Any, cost: Any, schedule: Any) -> None:
    """Raise TypeError for what is none of the things that a run is made of."""
    network(net)
    if not net.parameters():
        raise ValueError(f"net has no parameters to learn: {short(net)}")
    if isinstance(optimizer, type) or not all(hasattr(optimizer, part) for part in ("params", "step", "zero_grad")):
        hint = f"{optimizer.__name__}" if isinstance(optimizer, type) else "Adam"
        raise TypeError(
            f"optimizer is {short(optimizer)}, needs an optimizer, such as nn.{hint}(net.parameters(), lr=0.01)"
        )
    cost_function(cost)
    if schedule is not None and not isinstance(schedule, Scheduler):
        raise TypeError(
            f"schedule is {short(schedule)}, needs a schedule, such as nn.Schedule(optimizer, nn.cosine_decay(20)) or "
            "nn.Halving(optimizer)"
        )


def require_accuracy(monitor: str, coding: Coding | None) -> None:
    """Raise ValueError if the accuracy is to be monitored and there is none."""
    if monitor == "accuracy" and coding is None:
        raise ValueError(
            "monitor='accuracy': the targets are no classes (nn.accuracy says which are), so there is no accuracy: take "
            "monitor='cost'"
        )


def require_average_among(net: Module, cost: Any, examples: Arrays) -> None:
    """Raise ValueError if the cost of a mini-batch cannot be put together from those of its parts."""
    ours = plain(cost)
    if isinstance(ours, Cost) and not ours.counts_examples:
        raise ValueError(
            f"among= averages over the processes by numbers of examples, and {short(ours)} counts some more than others: leave "
            "out weight= and ignore_index="
        )
    x, y = (part[:_SAMPLE] for part in examples)
    with evaluating(net), no_grad():
        require_average(cost, net(x), y, "among=")


def require_one_net(net: Module, optimizer: Optimizer, schedule: Scheduler | None) -> None:
    """Raise ValueError if network, optimizer and schedule do not belong together."""
    parameters = set(net.parameters())
    for p in optimizer.params:
        if p not in parameters and (place := replaced(p)):
            raise ValueError(
                f"the optimizer has a parameter that is no longer in the network: {place} was replaced. Make the optimizer anew "
                "with net.parameters()"
            )
    if parameters.isdisjoint(optimizer.params):
        raise ValueError(
            f"the optimizer has none of the parameters of this {type(net).__name__}: it would learn nothing"
        )
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("the schedule changes the learning rate of another optimizer: make it with the one given here")
