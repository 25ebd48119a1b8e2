"""What an operation gave, as an array of real numbers; and its errors, which say which tensors met."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .function_names import name_of
from .node import nodes_in
from .operands import NESTS


def as_array(out: Any, op: Callable[..., Any]) -> np.ndarray[Any, Any]:
    """What an operation returned as an ndarray; 0-d results stay 0-d arrays. Raises TypeError for anything but numbers."""
    if type(out) in NESTS:
        raise TypeError(
            f"{name_of(op)} returned a {type(out).__name__}; return one array: stack the parts, and index it"
        )
    array = np.asarray(out)
    if array.dtype.kind not in "biuf":
        raise not_real(out, op)
    return array


def not_real(out: Any, op: Callable[..., Any]) -> TypeError:
    if getattr(getattr(out, "dtype", None), "kind", "c" if type(out) is complex else "") == "c":
        return TypeError(f"{name_of(op)} gave complex numbers; Tensors are real: keep real and imaginary parts apart")
    return TypeError(
        f"{name_of(op)} gave {getattr(out, 'dtype', type(out).__name__)}, not real numbers: convert to floats"
    )


def explained(error: ValueError, op: Callable[..., Any], inputs: list[Any], scope: tuple[str, ...]) -> ValueError:
    """NumPy's error, saying which tensors of which layer met."""
    operands = " and ".join(n.describe() for n in nodes_in(inputs))
    inside = f", in {' / '.join(scope)}" if scope else ""
    error.args = (f"{error} [{name_of(op)} of {operands}{inside}]",)
    return error
