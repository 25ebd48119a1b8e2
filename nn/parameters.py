"""Parameters and buffers: the Tensors that a module keeps, those that are learned and those that are not."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor

from .plain_arrays import plain_array


class Parameter(Tensor):
    """A Tensor that is learned: a leaf that requires a gradient.

    data : as `Tensor` takes it, copied; of a Tensor the value is taken, without its history
    """

    __slots__ = ()

    def __init__(self, data: Any, dtype: DTypeLike | None = None, *, name: str | None = None):
        array = np.array(plain_array("data of nn.Parameter", data), dtype=_dtype(dtype))
        super().__init__(array, requires_grad=True, name=name)


class Buffer(Tensor):
    """A Tensor that is kept with the parameters and not learned, such as a running mean.

    data : as `Tensor` takes it, copied
    """

    __slots__ = ()

    def __init__(self, data: Any, dtype: DTypeLike | None = None, *, name: str | None = None):
        super().__init__(np.array(plain_array("data of nn.Buffer", data), dtype=_dtype(dtype)), name=name)


def _dtype(dtype: Any) -> np.dtype[Any] | None:
    try:
        return None if dtype is None else np.dtype(dtype)
    except Exception as problem:  # what NumPy raises depends on what it is given
        raise TypeError(f"dtype is {dtype!r}, needs a dtype of NumPy's, such as np.float32") from problem


def is_parameter(value: Any) -> bool:
    """Is it learned? A Parameter is, also with its gradient switched off, and any other leaf that requires a gradient."""
    return isinstance(value, Parameter) or (isinstance(value, Tensor) and value.requires_grad and value.is_leaf)


# --- New values of buffers --------------------------------------------------------------------------------------------

_assigned: ContextVar[dict[Buffer, Tensor] | None] = ContextVar("nn assignments", default=None)


def assign(buffer: Buffer, value: Tensor) -> None:
    """Give a buffer another value. A compiled step does so at every run; any other compiled function refuses."""
    if value.array.dtype != buffer.array.dtype:
        value = value.astype(buffer.array.dtype)  # it keeps its own, whatever went into the layer
    assigned = _assigned.get()
    if assigned is None:
        buffer.write(value.array)
    else:
        assigned[buffer] = value


def current(buffer: Buffer) -> Tensor:
    """What was last assigned to a buffer. While a compiled step is recorded that is not in the buffer yet."""
    assigned = _assigned.get()
    return buffer if assigned is None else assigned.get(buffer, buffer)


@contextmanager
def assignments() -> Iterator[dict[Buffer, Tensor]]:
    """Collect what is assigned inside and do nothing else with it."""
    collected: dict[Buffer, Tensor] = {}
    token = _assigned.set(collected)
    try:
        yield collected
    finally:
        _assigned.reset(token)


# --- Attributes that hold one -----------------------------------------------------------------------------------------

_replaced: dict[int, tuple[ReferenceType[Tensor], str]] = {}
"""Parameters in whose place a module got another, by id, with the words for the place. An optimizer may still hold them."""


def replaced(p: Tensor) -> str | None:
    """Where another parameter was put in the place of p, or None."""
    found = _replaced.get(id(p))
    return None if found is None else found[1]


def successor(held: Any, value: Any, place: str) -> Any:
    """What an attribute holds after `value` was assigned to it, where it held a parameter or a buffer.

    Another parameter, or buffer, takes the place of the one held, its name and scope included. Anything else becomes the value
    of the one held.
    """
    learned = is_parameter(held)
    if value is held:
        return held
    if is_parameter(value) if learned else isinstance(value, Buffer):
        if value.name is None:
            value.name = held.name
        if not value.scope:
            value.scope = held.scope
        if learned:
            key = id(held)
            _replaced[key] = ref(held, lambda _: _replaced.pop(key, None)), place
        _replaced.pop(id(value), None)
        return value
    kind = "Parameter" if learned else "Buffer"
    if isinstance(value, Tensor) and (value.requires_grad or (learned and value.op is not None)):
        raise TypeError(
            f"{place} is a {kind} and got {value.describe()}, which was computed and has a gradient to pass on: to change the "
            f"value, compute it within ag.no_grad(){'' if learned else ' or take its detach()'}; to learn it anew, assign "
            f"nn.{kind}(value)"
        )
    if not learned and isinstance(value, Tensor):
        _require_value(held, value.shape, value.dtype, place, kind)
        assign(held, value)
        return held
    array = _array(value, place, kind)
    _require_value(held, array.shape, array.dtype, place, kind)
    held.data = np.array(array, dtype=held.dtype)
    return held


def _array(value: Any, place: str, kind: str) -> Any:
    words = (
        f"{place} is a {kind} and got {_short(value)}: assign an array of real numbers, for its value, or an nn.{kind}"
    )
    if value is None or isinstance(value, dict | set | str | bytes):
        raise TypeError(words)
    try:
        return plain_array("the value", value)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"{words} ({problem})") from problem


def _require_value(held: Tensor, shape: tuple[int, ...], dtype: Any, place: str, kind: str) -> None:
    if dtype.kind not in "biuf":
        raise TypeError(f"{place} is a {kind} and got a value of dtype {dtype}, needs real numbers")
    if shape != held.shape:
        raise ValueError(
            f"{place} is a {kind} of shape {held.shape} and got a value of shape {shape}: its value keeps the shape; assign an "
            f"nn.{kind} to put another in its place"
        )


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"a {type(value).__name__}"
