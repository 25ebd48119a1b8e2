"""Operations of one's own: functions of arrays that find Tensors as NumPy's functions do."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

from .rules import PLAIN, PRIMITIVES, F


def primitive(f: F) -> F:
    """Mark a function of arrays as an operation of the graph.

    Called on Tensors it is recorded as one node; called on arrays it is `f`. It finds Tensors as NumPy's own functions do,
    through the `__array_function__` protocol. State its derivative with `defvjp`, or a call on a Tensor raises.
    """

    return operation_of(f, lambda args: args)


def operation_of(f: F, admitted: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> F:
    """A primitive that takes what `admitted` makes of its arguments where no Tensor is among them."""

    @wraps(f)
    def operation(*args: Any, **kwargs: Any) -> Any:
        for a in (*args, *kwargs.values()) if kwargs else args:
            if type(a) is not np.ndarray:
                taker = _finds_tensor(a)
                if taker is not None:
                    return taker.__array_function__(operation, (type(taker),), args, kwargs)
        return f(*admitted(args), **kwargs)

    PLAIN[operation] = f
    PRIMITIVES.add(operation)
    return operation  # type: ignore[return-value]


def _finds_tensor(a: Any) -> Any:
    if type(a) is list or type(a) is tuple:
        return next((found for found in map(_finds_tensor, a) if found is not None), None)
    return a if hasattr(type(a), "__array_function__") and not isinstance(a, np.ndarray) else None


def tensors_in(a: Any) -> Iterator[Any]:
    """The Tensors in an argument, looking into lists and tuples."""
    if type(a) is list or type(a) is tuple:
        for part in a:
            yield from tensors_in(part)
    elif _finds_tensor(a) is not None:
        yield a
