"""The name under which a user knows a function."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]


def name_of(f: Function) -> str:
    """The name under which a user knows a function: `np.exp`, `np.linalg.norm`, `sigmoid`."""
    owner = getattr(f, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{name_of(owner)}.{f.__name__}"
    name = getattr(f, "__name__", repr(f))
    module = getattr(f, "__module__", "") or ""
    if isinstance(f, np.ufunc):
        return f"{_home(f)}{name}"
    return f"{module.replace('numpy', 'np', 1)}.{name}" if module.split(".")[0] == "numpy" else name


def _home(ufunc: np.ufunc) -> str:
    """Where a ufunc is found, with a dot behind; it does not know that itself."""
    if getattr(np, ufunc.__name__, None) is ufunc:
        return "np."
    special = sys.modules.get("scipy.special")
    return "scipy.special." if getattr(special, ufunc.__name__, None) is ufunc else ""
