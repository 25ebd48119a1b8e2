"""What the tests of the compiler share: running printed programs, comparing bit by bit."""

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.trees import leaves


def printed(source: str, name: str) -> Any:
    """The function of a printed program."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace[name]


def arrays_of(result: Any) -> list[np.ndarray]:
    """The numbers of a result, out of Tensors and containers."""
    return [np.asarray(r.array if isinstance(r, ag.Tensor) else r) for r in leaves(result)]


def same_bits(a: Any, b: Any) -> bool:
    """Have they the same structure, shapes, dtypes and bits?"""
    first, second = arrays_of(a), arrays_of(b)
    return len(first) == len(second) and all(
        x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()
        for x, y in zip(first, second, strict=True)
    )


def source_result(compiled: Any, given: Any, further: tuple[Any, ...] = ()) -> list[Any]:
    """What the printed program returns for these arguments, and what it found outside: a list of outputs.

    further : what stands for constants that cannot be printed
    """
    arguments = [fetch(leaves(given)) for fetch in compiled._last._inputs]
    source = compiled.source
    name = source[source.rindex("\ndef ") + 5 :].partition("(")[0]
    result = printed(source, name)(*arguments, *further)
    return list(result) if isinstance(result, tuple) else [result]
