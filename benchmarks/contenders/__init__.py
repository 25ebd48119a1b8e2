"""The contenders, one file each. A file offers what its library can do, under these names, as dicts from a name in print:

STEPS     a step of learning: `Learning`
SCALARS   arithmetic on single numbers: `Scalars`
PRODUCTS  a Hessian-vector product: `Product`
FAULTS    functions that say why a contender does not work here, or None
SLOW      names of those that take seconds to start; a quick run leaves them out

The first of all, plain hand-written NumPy, is the reference.
"""

from collections.abc import Collection
from importlib import import_module
from typing import Any

LIBRARIES = {
    "handwritten": "numpy", "ours": "autograd_lite", "torch_": "torch", "jax_": "jax", "hips": "autograd",
    "mygrad_": "mygrad", "micrograd_": "micrograd",
}  # fmt: skip
"""The files, and the package that each one needs."""


def offered(
    what: str, quick: bool = False, files: Collection[str] = tuple(LIBRARIES)
) -> tuple[dict[str, Any], dict[str, str]]:
    """Who can do `what` here, in order, and who is left out, with the reason.

    what : "STEPS", "SCALARS" or "PRODUCTS";  quick : without those slow to start;  files : whom to ask
    """
    found: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for file in files:
        try:
            module = import_module(f"{__name__}.{file}")
        except ImportError as error:
            left_out[LIBRARIES[file]] = f"cannot be imported ({error})"
            continue
        faults = getattr(module, "FAULTS", {})
        for name, contender in getattr(module, what, {}).items():
            if quick and name in getattr(module, "SLOW", ()):
                left_out[name] = "slow to start, and this is a quick run"
                continue
            fault = faults[name]() if name in faults else None
            if fault is None:
                found[name] = contender
            else:
                left_out[name] = fault
    return found, left_out
