"""Checkpoints: all that a training run needs to go on as if there had been no break, in one .npz. No pickle.

The arrays are "net/PATH" for parameters and buffers, "best/PATH" for those of the best epoch, "state/I" or "state/I/NAME"
for what the optimizer remembers of parameter I, "batch_costs"; the rest is JSON text, "run".
"""

import copy
import errno
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from . import files
from .archives import Arrays, read_arrays, write_arrays
from .files import StrPath, replacing
from .history import History
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .resuming import Settings, differences, factors, settings_of_parts
from .saved_history import history_of, plain
from .stopping import Best

_FORMAT = 2


@dataclass
class Parts:
    """What a run changes while it goes on."""

    net: Module
    optimizer: Optimizer
    schedule: Scheduler | None
    rng: np.random.Generator
    """Draws the order of the examples."""
    best: Best


def generators(net: Module) -> dict[str, np.random.Generator]:
    """The random generators of the modules, such as those of Dropout, by path."""
    found: dict[str, Any] = {}
    for path, module in net.named_modules():
        for key, value in vars(module).items():
            inside: Any = ()
            if isinstance(value, dict):
                inside = value.items()
            elif isinstance(value, list | tuple):
                inside = enumerate(value)
            where = f"{path}.{key}" if path else key
            found |= {where: value} | {f"{where}.{k}": part for k, part in inside}
    return {path: value for path, value in found.items() if isinstance(value, np.random.Generator)}


def content_of(path: StrPath) -> bytes | None:
    """The bytes of a checkpoint, None if there is none yet. Raises OSError if it cannot be read, or written after an epoch."""
    require_writable(path)
    return files.content_of(path) if Path(path).exists() else None


def require_writable(path: StrPath) -> None:
    """Raise OSError if a checkpoint could not be written there after an epoch. Nothing is written."""
    if Path(path).is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "the checkpoint needs the path of a file, and this is a folder", str(path)
        )
    if Path(path).exists():
        allowed = os.access(path, os.W_OK)
    else:
        folder = Path(os.path.realpath(path)).parent  # a new file is put where a link leads to
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such folder for the checkpoint", str(folder))
        allowed = os.access(folder, os.W_OK | os.X_OK)
    if not allowed:
        raise PermissionError(errno.EACCES, "the checkpoint may not be written", str(path))


class Checkpoint:
    """The file of a run. parts : what it keeps, and puts back;  given : what else the results depend on, by name"""

    def __init__(self, path: StrPath, parts: Parts, given: Settings):
        for name in parts.net.state_dict():
            if "\0" in name or (not name.isascii() and name != name.encode("utf-8", "replace").decode("utf-8")):
                raise ValueError(
                    f"{path}: a file has no entry of the name {name!r}, which is that of a parameter of the network: null bytes "
                    "and halves of surrogate pairs cannot stand in it. Give the attribute another name"
                )
        self.path, self.parts, self.given = path, parts, given
        self.started = self._settings()
        """All that the run was given when it started."""

    def _settings(self) -> Settings:
        return self.given | settings_of_parts(self.parts.net, self.parts.optimizer, self.parts.schedule)

    def write(self, history: History) -> None:
        """Write all that the run needs to go on. The file holds all of it then, or what it held before."""
        parts = self.parts
        options = parts.optimizer.state_dict()
        arrays: Arrays = {f"net/{k}": v for k, v in parts.net.state_dict().items()}
        arrays |= {f"best/{k}": v for k, v in (parts.best.weights or {}).items()}
        for i, state in enumerate(options.pop("state")):
            if isinstance(state, dict):
                arrays |= {f"state/{i}/{k}": v for k, v in state.items()}
            elif state is not None:
                arrays[f"state/{i}"] = state
        arrays["batch_costs"] = np.asarray(history.batch_costs, dtype=np.float64)
        run = {
            "format": _FORMAT,
            "started": self.started,
            "latest": self._settings(),
            "options": options,
            "modes": {path: module.training for path, module in parts.net.named_modules()},
            "rng": parts.rng.bit_generator.state,
            "generators": {path: g.bit_generator.state for path, g in generators(parts.net).items()},
            "schedule": None if parts.schedule is None else parts.schedule.state_dict(),
            "factors": factors(parts.schedule),
            "monitor": parts.best.monitor if parts.best.keep else None,
            "history": plain(history),
        }
        text = np.array(json.dumps(run, default=lambda value: np.asarray(value).tolist()))
        with replacing(self.path) as file:
            write_arrays(file, {"run": text} | arrays)

    def resume(self, content: bytes) -> History:
        """Put the parts of the run, and what is known of its best epoch, back to where they were; its history.

        content : of the file

        Raises ValueError if it is damaged, or of a run that would not go on as this one does, with all that is different.
        Nothing is changed then.
        """
        run, arrays = _read(self.path, content)
        try:
            saved = _Saved(run, arrays, self.parts)
            problems = saved.problems(self.started)
        except Exception as problem:  # what of it may be missing, or of another kind, is not to be foreseen either
            raise ValueError(f"{self.path}: cannot go on from this checkpoint: {_reason(problem)}") from problem
        if problems:
            raise ValueError(
                f"{self.path}: cannot go on from this checkpoint as if there had been no break: {'; '.join(problems)}. Give "
                f"these as they were; to go on in another way, first resume with epochs={len(saved.history.epochs)}, which "
                "loads all and trains nothing, then change them and call fit without resume. Or start anew with another file"
            )
        saved.take_over()
        self.started = run["started"]
        return saved.history


def _read(path: StrPath, content: bytes) -> tuple[dict[str, Any], Arrays]:
    try:
        arrays = read_arrays(content)
        run = json.loads(str(arrays.pop("run")))
        if run["format"] != _FORMAT:
            other = "an earlier" if run["format"] < _FORMAT else "a later"
            raise ValueError(
                f"it has format {run['format']}, of {other} version; this one reads format {_FORMAT}: start anew with "
                "another file, or go on with that version"
            )
        return run, arrays
    except Exception as problem:  # what zipfile, NumPy and json raise on damaged input is not to be foreseen
        raise ValueError(f"{path}: cannot go on from this checkpoint: {_reason(problem)}") from problem


def _reason(problem: Exception) -> str:
    reason = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem) or type(problem).__name__
    return " ".join(reason.split())


class _Saved:
    """A checkpoint beside the parts of a run that are to take it over."""

    def __init__(self, run: dict[str, Any], arrays: Arrays, parts: Parts):
        self.run, self.parts = run, parts
        self.net, self.best = _under(arrays, "net"), _under(arrays, "best")
        self.optimizer = _tuples(run["options"]) | {"state": _states(arrays, len(parts.optimizer.params))}
        self.history = history_of(run["history"], arrays["batch_costs"])
        self.modes = dict(run["modes"])
        if not all(isinstance(mode, bool) for mode in self.modes.values()):
            raise ValueError(f"the modes of its layers cannot be {self.modes}")

    def problems(self, given: Settings) -> list[str]:
        """Why the run cannot go on with these parts. All is tried out on copies."""
        run, parts = self.run, self.parts
        found = differences(run["started"], run["latest"], given)
        found += parts.net._mismatches(self.net)
        own = generators(parts.net)
        if own.keys() != run["generators"].keys():
            found.append(f"random generators were at {sorted(run['generators'])}, are at {sorted(own)}")
        if found:
            return found + self._of_best(parts.best)  # that the rest does not fit either would say nothing new
        optimizer = parts.optimizer.with_rates(parts.optimizer.rates)  # a copy, groups included
        found += _tried("the optimizer", lambda: optimizer.load_state_dict(self.optimizer))
        if parts.schedule is not None:
            schedule = copy.copy(parts.schedule)
            found += _tried("the schedule", lambda: schedule.load_state_dict(run["schedule"]))
            now = dict(factors(schedule))
            then = [(k, factor) for k, factor in run["factors"] if now.get(k) != factor]
            found += [f"the schedule's factor after {k} steps was {f:g}, is {now.get(k, 1):g}" for k, f in then[:1]]
        states = {"the order of the examples": (parts.rng, run["rng"])}
        states |= {path: (generator, run["generators"][path]) for path, generator in own.items()}
        for path, (generator, state) in states.items():
            found += _tried(path, partial(_set, copy.deepcopy(generator), state))
        return found + self._of_best(parts.best)

    def _of_best(self, best: Best) -> list[str]:
        past, found = self.history.epochs, []
        ended = Best(best.monitor, best.patience).recall(past)
        if ended is not None and ended < len(past):
            found.append(
                f"patience={best.patience} would have ended the run after epoch {ended}, before this checkpoint"
            )
        if best.keep and past:
            if self.run["monitor"] is None:
                found.append("keep_best was False, is True: the best parameters are not known")
            elif self.run["monitor"] != best.monitor:
                found.append(
                    f"monitor was {self.run['monitor']!r}, is {best.monitor!r}, and keep_best=True depends on it"
                )
            elif self.best:
                found += [f"of the best epoch {problem}" for problem in self.parts.net._mismatches(self.best)]
        return found

    def take_over(self) -> None:
        """Put all parts where they were, or none if it is interrupted."""
        before = _Before(self.parts)
        try:
            self._take_over()
        except BaseException:
            before.put_back()
            raise

    def _take_over(self) -> None:
        run, parts = self.run, self.parts
        parts.optimizer.load_state_dict(self.optimizer)
        parts.net.load_state_dict(self.net)
        for path, module in parts.net.named_modules():
            module.training = self.modes.get(path, module.training)
        if parts.schedule is not None:
            parts.schedule.load_state_dict(run["schedule"])
        _set(parts.rng, run["rng"])
        for path, generator in generators(parts.net).items():
            _set(generator, run["generators"][path])
        best = parts.best
        best.recall(self.history.epochs)
        best.weights = self.best if best.keep and self.best else None
        if self.history.stopped in (None, "patience"):  # another patience may have run out, or not
            self.history.stopped = "patience" if best.given_up else None


class _Before:
    """The parts of a run as they are."""

    def __init__(self, parts: Parts):
        self.parts = parts
        self.arrays = [(p, p.data) for p in (*parts.net.parameters(), *(b for _, b in parts.net.named_buffers()))]
        self.modes = [(module, module.training) for _, module in parts.net.named_modules()]
        self.attributes = [(part, dict(vars(part))) for part in (parts.optimizer, parts.best, parts.schedule) if part]
        self.groups = [(group, dict(group)) for group in parts.optimizer.groups]
        drawn_from = (parts.rng, *generators(parts.net).values())
        self.states = [(generator, generator.bit_generator.state) for generator in drawn_from]

    def put_back(self) -> None:
        """Make them so again."""
        for p, array in self.arrays:
            p.data = array
        for module, mode in self.modes:
            module.training = mode
        for group, options in self.groups:
            group.clear()
            group.update(options)
        for part, attributes in self.attributes:
            for name, value in attributes.items():
                setattr(part, name, value)
        for generator, state in self.states:
            _set(generator, state)


def _states(arrays: Arrays, count: int) -> list[Any]:
    """What is remembered of each parameter: None, an array, or a dict of arrays."""
    states: list[Any] = [arrays.get(f"state/{i}") for i in range(count)]
    for name, array in arrays.items():
        part = name.split("/", 2)
        if part[0] == "state" and len(part) == 3 and (i := _number(part[1])) < count:
            states[i] = (states[i] or {}) | {part[2]: array}
    return states


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"it has a state of the parameter {text!r}")
    return int(text)


def _tuples(options: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no tuples, and options know no lists but that of the groups, which have options of their own."""
    return {
        k: [_tuples(group) for group in v] if k == "groups" else tuple(v) if isinstance(v, list) else v
        for k, v in options.items()
    }


def _tried(what: str, load: Callable[[], object]) -> list[str]:
    try:
        load()
    except (TypeError, ValueError, KeyError) as problem:
        return [f"{what}: {_reason(problem)}"]
    return []


def _set(generator: np.random.Generator, state: Any) -> None:
    generator.bit_generator.state = state


def _under(arrays: Arrays, name: str) -> Arrays:
    return {k.removeprefix(f"{name}/"): v for k, v in arrays.items() if k.startswith(f"{name}/")}
