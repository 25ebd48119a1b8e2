"""What travels backward: its shape and dtype, what hooks make of it, and whether the shape that a rule gave can be right."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .function_names import name_of
from .mode import recording
from .node import Handle, Node
from .operands import NESTS, SIMPLE, operand
from .overwritten import OPERATION, RESULT, NoDerivative
from .ownership import own
from .quotients import Quotient, plain
from .recording import constant_leaf, current, leaf, values_of

Cotangent = Any
"""An ndarray or NumPy scalar, a Tensor if the pass itself is recorded, or a Quotient of two of them."""
Place = tuple[Node, int | str]
"""A node, and which of its arguments: by position or by keyword."""


def paired(a: Any, sent: Any, passes: Callable[[Node], bool]) -> Iterator[tuple[Node, Cotangent]]:
    """The nodes in a sequence that need a gradient, each with its part of what a rule gave, which is a sequence too."""
    for part, c in zip(a, sent, strict=True):
        if isinstance(part, Node):
            if passes(part):
                yield part, c
        elif type(part) in NESTS:
            yield from paired(part, c, passes)


def has_hooks(node: Node) -> bool:
    """Does code of the user's wait for the gradient by this node?"""
    return node.slot is not None and bool(node.slot.hooks)


def observed(g: Cotangent, node: Node, record: bool) -> Cotangent:
    """What the hooks of a node make of its complete cotangent, which then has its name.

    Raises ValueError if a hook returns another shape.
    """
    for hook in () if node.slot is None else list(node.slot.hooks.values()):
        with recording(record):
            returned = hook(plain(g) if record else leaf(own(g)))
        if returned is not None:
            replaced = returned if isinstance(returned, Handle) else leaf(np.array(operand(returned), node.array.dtype))
            array = current(replaced).array
            if array.shape != node.array.shape:
                raise ValueError(
                    f"a hook on {node.describe()} returned shape {array.shape}; its gradient has {node.array.shape}"
                )
            g = replaced if record else array
    if record and node.name is not None and type(g) is not Quotient:
        made = current(g)
        if made.name is None and made.op is not None:
            made.name = f"dC_d{node.name}"
    return g


def fitted(c: Cotangent, a: Node, record: bool, place: Place) -> Cotangent:
    """What a rule gave for the input `a`, in the shape and dtype of that.

    record : as a Tensor, also if it is a constant that a rule gave as an array
    place : the node and the argument whose rule gave it
    Raises ValueError for a shape that broadcasting does not explain and for a dtype that is not floating; TypeError for a class
    other than ndarray and Tensor, which may add by other rules.
    """
    shape, dtype = a.array.shape, a.array.dtype
    if type(c) in (int, float):
        c = np.full(shape, c, dtype)
    elif not hasattr(c, "shape"):
        raise TypeError(f"{rule_of(place)} returned {_kind(c)}, not an array")
    elif type(c) not in SIMPLE and not isinstance(c, Handle | Quotient):
        raise TypeError(
            f"{rule_of(place)} returned {_kind(c)}; a cotangent is a plain ndarray: return np.asarray(...) of it"
        )
    sent = c.shape
    if sent != shape:
        if explains(place, sent, shape):
            c = unbroadcast(c, shape)
        if c.shape != shape:
            raise ValueError(
                f"{rule_of(place)} returned shape {sent} for an input of shape {shape}, and nothing broadcast that input to it: "
                f"return the gradient in the shape {shape}"
            )
    if c.dtype is not dtype and c.dtype != dtype:
        if c.dtype.kind != "f":
            raise ValueError(f"{rule_of(place)} returned dtype {c.dtype} for an input of dtype {dtype}")
        c = c.astype(dtype)
    return constant_leaf(own(c)) if record and not isinstance(c, Handle | Quotient) else c


def _kind(c: Any) -> str:
    return "None" if c is None else f"a {type(c).__name__}"


def unbroadcast(c: Cotangent, shape: tuple[int, ...]) -> Cotangent:
    """Sum over the axes along which an input of `shape` was broadcast: every copy of it contributes."""
    extra = c.ndim - len(shape)
    if extra > 0:
        c = _sum(c, 0 if extra == 1 else tuple(range(extra)), _wide(c.dtype))
        if c.shape == shape:
            return c
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and i < c.ndim and c.shape[i] != 1)
    return _sum(c, stretched, _wide(c.dtype), keepdims=True) if stretched else c


_sum = np.add.reduce


def _wide(dtype: np.dtype[Any]) -> Any:
    """The precision of a sum; half precision has too few bits for many terms. None for that of the terms."""
    return np.float32 if dtype.char == "e" else None


def tell(error: Exception, node: Node) -> None:
    """Let an error say in the backward pass through which node it arose."""
    op, result = name_of(node.op), node.describe()  # type: ignore[arg-type]
    inside = f", in {' / '.join(node.scope)}" if node.scope else ""
    if isinstance(error, NoDerivative):
        before = node.args[0].describe() if isinstance(node.args[0], Node) else result
        error.args = (str(error).replace(OPERATION, op, 1).replace(RESULT, before, 1),)
    error.add_note(f"in the backward pass through {op}, which made {result}{inside}")


def rule_of(place: Place) -> str:
    """How an error message calls a rule."""
    return f"the rule of {name_of(place[0].op)} for argument {place[1]}"  # type: ignore[arg-type]


def explains(place: Place, sent: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """May an input of `shape` have been broadcast to what its rule sent: along axes that the result or another input has?

    Elements are matched by the last axes, stacks of matrices or of rows by the first.
    """
    node = place[0]
    if sent == node.array.shape:
        return True
    extra = len(sent) - len(shape)
    summed = [*range(extra), *(extra + i for i, n in enumerate(shape) if extra >= 0 and n == 1 != sent[extra + i])]
    inputs = [np.shape(a) for a in _arrays(values_of((*node.args, *node.keywords.values())))]
    if isinstance(node.op, np.ufunc) and node.op.signature is not None:
        inputs.append(_looped(node.op.signature, inputs) + sent[len(sent) - len(shape) :])
    return any(
        len(other) >= len(sent)
        and any(all(sent[i] == other[i + k] for i in summed) for k in (0, len(other) - len(sent)))
        for other in (node.array.shape, *inputs)
    )


def _looped(signature: str, inputs: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of the stack over which a generalized ufunc loops."""
    cores = [part.count(",") + bool(part) for part in re.findall(r"\((.*?)\)", signature.partition("->")[0])]
    return np.broadcast_shapes(*(s[: max(len(s) - n, 0)] for s, n in zip(inputs, cores, strict=False)))


def _arrays(values: Iterable[Any]) -> Iterator[Any]:
    for a in values:
        if type(a) in NESTS:
            yield from _arrays(a)
        elif isinstance(a, np.ndarray):
            yield a
