"""Checkpoints: all that a training run needs to go on as if there had been no break, in one .npz. No pickle.

The arrays are "net/PATH" for parameters and buffers, "best/PATH" for those of the best epoch, "state/I" or "state/I/NAME"
for what the optimizer remembers of parameter I, "batch_costs"; the rest is JSON text, "run".
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import StrPath, replacing
from .history import Epoch, History
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler

_FORMAT = 1
Arrays = dict[str, NDArray[Any]]


def write(
    path: StrPath,
    net: Module,
    optimizer: Optimizer,
    rng: np.random.Generator,
    history: History,
    schedule: Scheduler | None,
    stopping: Mapping[str, Any],
    best: Mapping[str, NDArray[Any]] | None,
) -> None:
    """Write a checkpoint. `path` holds all of it then, or what it held before."""
    options = optimizer.state_dict()
    arrays: Arrays = {f"net/{k}": v for k, v in net.state_dict().items()}
    arrays |= {f"best/{k}": v for k, v in (best or {}).items()}
    for i, state in enumerate(options.pop("state")):
        if isinstance(state, dict):
            arrays |= {f"state/{i}/{k}": v for k, v in state.items()}
        elif state is not None:
            arrays[f"state/{i}"] = state
    arrays["batch_costs"] = np.asarray(history.batch_costs, dtype=np.float64)
    run = {
        "format": _FORMAT,
        "optimizer": {"kind": type(optimizer).__name__, "options": options},
        "rng": rng.bit_generator.state,
        "generators": {path: g.bit_generator.state for path, g in generators(net).items()},
        "schedule": None if schedule is None else schedule.state_dict(),
        "stopping": dict(stopping),
        "history": {
            "epochs": [list(epoch) for epoch in history.epochs],
            "batches": history.batches,
            "gradient_norms": history.gradient_norms,
            "metrics": history.metrics,
        },
    }
    text = np.array(json.dumps(run, default=lambda value: np.asarray(value).tolist()))
    with replacing(path) as new, open(new, "wb") as file:
        np.savez(file, allow_pickle=False, run=text, **arrays)


def content_of(path: StrPath) -> bytes | None:
    """The bytes of a checkpoint, None if there is none yet. Raises OSError if it cannot be read."""
    return Path(path).read_bytes() if Path(path).exists() else None


def read(
    path: StrPath,
    content: bytes,
    net: Module,
    optimizer: Optimizer,
    rng: np.random.Generator,
    schedule: Scheduler | None,
) -> tuple[History, dict[str, Any], Arrays | None]:
    """Put network, optimizer, schedule and generators back to where they were; the history, and how stopping stood.

    content : of the file at `path`

    Raises ValueError if it is damaged or of another network, optimizer or schedule.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as entries:
            arrays = {name: entries[name] for name in entries.files}
        run = json.loads(str(arrays.pop("run")))
        if run["format"] != _FORMAT:
            raise ValueError(f"it has format {run['format']!r}, this version reads format {_FORMAT}")
        return _restored(run, arrays, net, optimizer, rng, schedule)
    except Exception as problem:  # what zipfile, NumPy and json raise on damaged input is not to be foreseen
        reason = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem) or type(problem).__name__
        raise ValueError(f"{path}: cannot go on from this checkpoint ({reason.splitlines()[0]})") from problem


def _restored(
    run: dict[str, Any],
    arrays: Arrays,
    net: Module,
    optimizer: Optimizer,
    rng: np.random.Generator,
    schedule: Scheduler | None,
) -> tuple[History, dict[str, Any], Arrays | None]:
    kind = run["optimizer"]["kind"]
    if kind != type(optimizer).__name__:
        raise ValueError(f"it is of the optimizer {kind}, not {type(optimizer).__name__}")
    if (schedule is None) != (run["schedule"] is None):
        raise ValueError("it was made with a schedule" if schedule is None else "it was made without a schedule")
    found = generators(net)
    if found.keys() != run["generators"].keys():
        raise ValueError(f"it has random generators at {sorted(run['generators'])}, the network at {sorted(found)}")
    options = run["optimizer"]["options"]
    options = {k: tuple(v) if isinstance(v, list) and k != "groups" else v for k, v in options.items()}
    states: list[Any] = [arrays.get(f"state/{i}") for i in range(len(optimizer.params))]
    for name, array in arrays.items():
        part = name.split("/")
        if part[0] == "state" and len(part) == 3:
            i = int(part[1])
            states[i] = (states[i] or {}) | {part[2]: array}
    before = optimizer.state_dict()
    optimizer.load_state_dict(options | {"state": states})
    try:
        net.load_state_dict(_under(arrays, "net"))
    except ValueError:
        optimizer.load_state_dict(before)
        raise
    if schedule is not None:
        schedule.load_state_dict(run["schedule"])
    rng.bit_generator.state = run["rng"]
    for path, generator in found.items():
        generator.bit_generator.state = run["generators"][path]
    past = run["history"]
    history = History(
        [Epoch(*epoch) for epoch in past["epochs"]], arrays["batch_costs"].tolist(), past["batches"],
        past["gradient_norms"], metrics=past["metrics"],
    )  # fmt: skip
    return history, run["stopping"], _under(arrays, "best") or None


def _under(arrays: Arrays, name: str) -> Arrays:
    return {k.removeprefix(f"{name}/"): v for k, v in arrays.items() if k.startswith(f"{name}/")}


def generators(net: Module) -> dict[str, np.random.Generator]:
    """The random generators of the modules, such as those of Dropout, by path."""
    return {
        f"{path}.{key}" if path else key: value
        for path, module in net.named_modules()
        for key, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    }
