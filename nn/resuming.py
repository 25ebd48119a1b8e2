"""What has to be the same for a run to go on from a checkpoint with the results it would have had without the break."""

import zlib
from collections.abc import Mapping
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .costs import Cost
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .regularization import Regularized

Settings = dict[str, Any]
"""By name what a run was given, as JSON has it: numbers, texts, and lists of them."""


def settings_of_data(
    data: tuple[NDArray[Any], NDArray[Any]], validation: tuple[NDArray[Any], NDArray[Any]] | None, cost: Any, seed: Any
) -> Settings:
    """What is learned from, and what is to be made small. Data go by a checksum, a cost that is a function by its name."""
    return {
        "data": digest(*data),
        "validation": None if validation is None else digest(*validation),
        "cost": described(cost),
        "seed": int(seed) if isinstance(seed, int | np.integer) else None,
    }


def settings_of_parts(net: Module, optimizer: Optimizer, schedule: Scheduler | None) -> Settings:
    """The options of what learns: all that is not how far it has come. Layers go by their kind, options and mode."""
    found = {
        f"net.{path}" if path else "net": described(module) + ("" if module.training else ", in evaluation mode")
        for path, module in net.named_modules()
    }
    return _plain(found | _of_optimizer(optimizer, net, schedule) | _of_schedule(schedule))  # type: ignore[no-any-return]


def _of_optimizer(optimizer: Optimizer, net: Module, schedule: Scheduler | None) -> Settings:
    paths = {id(p): path for path, p in net.named_parameters()}
    found: Settings = {"optimizer": type(optimizer).__qualname__}
    for name in (*optimizer.options, "clip_norm", "clip_value"):
        found[f"optimizer.{name}"] = getattr(optimizer, name)
    for i, group in enumerate(optimizer.groups):
        own = {name: value for name, value in group.items() if name != "params"}
        own["params"] = [paths.get(id(p), "not in the network") for p in group["params"]]
        found |= {f"optimizer.groups[{i}].{name}": value for name, value in own.items()}
    if schedule is not None:  # it sets the learning rates, also after the checkpoint was written
        found = {name: value for name, value in found.items() if not name.endswith(".lr")}
    return found


def _of_schedule(schedule: Scheduler | None) -> Settings:
    found: Settings = {"schedule": None if schedule is None else type(schedule).__qualname__}
    if schedule is not None:
        known = {"by": "epoch"} | vars(schedule)
        arguments = ["rates", "by", *signature(type(schedule)).parameters]  # all else in it is how far it has come
        found |= {f"schedule.{k}": v for k in arguments if isinstance(v := known.get(k), int | float | str | list)}
    return found


def factors(schedule: Scheduler | None) -> list[tuple[int, float]]:
    """Of a schedule by a formula, what this said so far: steps, some of them if they are many, and factors."""
    factor, count = getattr(schedule, "factor", None), getattr(schedule, "count", None)
    if not callable(factor) or count is None:
        return []
    return [(int(k), float(factor(int(k)))) for k in np.unique(np.linspace(0, count, 33).astype(int))]


def differences(started: Settings, latest: Settings, now: Settings) -> list[str]:
    """In what the settings `now` are neither those with which a run started nor those it had last.

    They are the former where all is made anew, as in a script that runs again, and the latter where a run goes on with the
    objects that it had. A seed that is not a number is not compared.
    """
    return [
        f"{name} was {_text(started.get(name))}, is {_text(now.get(name))}"
        for name in started | now
        if now.get(name) not in (started.get(name), latest.get(name))
        and not (name == "seed" and None in (started.get(name), now.get(name)))
    ]


def digest(x: NDArray[Any], y: NDArray[Any]) -> str:
    """Shapes, dtypes and a checksum of examples."""
    check = 0
    for array in x, y:
        for i in range(0, len(array), 1024):
            check = zlib.crc32(np.ascontiguousarray(array[i : i + 1024]).data, check)
    return f"x {x.shape} {x.dtype} and y {y.shape} {y.dtype} with the checksum {check:08x}"


def described(thing: Any) -> str:
    """A cost or a module in words that are the same in every process: functions and classes go by their names."""
    if isinstance(thing, Cost):
        return repr(thing)
    if isinstance(thing, Regularized):
        return f"regularized({described(thing.cost)}, n={thing.n}, l1={thing.l1!r}, l2={thing.l2!r})"
    if isinstance(thing, partial):
        options = {**{str(i): value for i, value in enumerate(thing.args)}, **thing.keywords}
        return f"{described(thing.func)} with {_plain(options)}"
    if isinstance(thing, Module):
        config = getattr(thing, "config", None)
        options = _plain(config) if isinstance(config, Mapping) else {}
        return f"{type(thing).__qualname__}({', '.join(f'{k}={v!r}' for k, v in options.items())})"
    return getattr(thing, "__qualname__", type(thing).__qualname__)


def _plain(value: Any) -> Any:
    """What JSON would give back, with the kind of what it does not know."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return described(value)


def _text(value: Any) -> str:
    return "none" if value is None else value if isinstance(value, str) else repr(value)
