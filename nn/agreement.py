"""What has to be the same in all processes of a run, or they go apart without a word."""

import platform
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_lite as ag

from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .resuming import Settings, settings_of_parts

_STEPS = (0, 1, 2, 5, 10, 100)
"""At which the factor of a schedule is asked for."""


def fingerprint(net: Module, optimizer: Optimizer, schedule: Scheduler | None, given: Settings) -> Settings:
    """By name, all that the results of a run depend on, but for the weights, which all processes take from the first."""
    shapes = {path: f"{p.shape} {p.dtype}" for path, p in net._named_state().items()}
    versions = {"Python": platform.python_version(), "NumPy": np.__version__, "autograd_lite": ag.__version__}
    return {
        **{f"version of {name}": version for name, version in versions.items()},
        **given,
        **settings_of_parts(net, optimizer, schedule),
        **{f"net.{path}": shape for path, shape in shapes.items()},
        "what the optimizer remembers": _checksum(optimizer),
        "schedule.factor": _factors(schedule),
    }


def _checksum(optimizer: Optimizer) -> str:
    check = 0
    for state in optimizer.state:
        for name, value in state.items() if isinstance(state, dict) else [("", state)]:
            array = np.ascontiguousarray([] if value is None else value)
            check = zlib.crc32(array.tobytes(), zlib.crc32(f"{name} {array.shape} {array.dtype}".encode(), check))
    return f"checksum {check:08x}"


def _factors(schedule: Scheduler | None) -> Any:
    factor = getattr(schedule, "factor", None)
    return [float(factor(k)) for k in _STEPS] if callable(factor) else None


def disagreements(all_settings: Sequence[Settings]) -> list[str]:
    """In what the settings of the processes are not the same."""
    names = dict.fromkeys(name for settings in all_settings for name in settings)
    found = []
    for name in names:
        values: dict[str, list[int]] = {}
        for process, settings in enumerate(all_settings):
            values.setdefault(_text(settings.get(name)), []).append(process)
        if len(values) > 1:
            found.append(
                f"{name} is " + ", ".join(f"{value} in {_processes(which)}" for value, which in values.items())
            )
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _processes(which: list[int]) -> str:
    if len(which) == 1:
        return f"process {which[0]}"
    shown = ", ".join(map(str, which[:4]))
    return f"processes {shown}{', …' if len(which) > 4 else ''}"
