"""What a value was made from, where its own digits do not tell: known in every mode, whether it was recorded or not."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Node, leaf
from .mode import current_mode
from .ops.activations import sigmoid
from .ops.inverse import inverse_sigmoid


def argument_of(node: Node, op: Callable[..., Any]) -> "tuple[Node | None, np.ndarray[Any, Any]] | None":
    """The Tensor that `op` made the value of `node` from, if it is still there, and its array; the same in every mode.

    If that Tensor was written since, it is the one that it was. None if another function made the value, if the value was written
    since, or the one it was made from is not known any more.
    """
    if node._written:
        return None
    if node.op is not op:
        known = None if node._extras is None else node._extras.argument
        if known is None or known.op is not op:
            return None
        source = known.node()
        return (source if source is None or source._written <= node.index else source.at(node.index)), known.array
    source = node.args[0]
    if not isinstance(source, Node):
        return None, np.asarray(source)
    if source._written > node.index and (source := source.at(node.index)) is None:
        return None
    return source, source._array


def verified_argument(node: Node, op: Callable[..., Any]) -> "tuple[Node | None, np.ndarray[Any, Any]] | None":
    """The same, if `op` gives this very value of it still: memory may be written past the Tensors, as by `t.data[...] = 0`."""
    known = argument_of(node, op)
    return known if known is not None and _makes(op, known[1], node) else None


def _makes(op: Callable[..., Any], array: np.ndarray[Any, Any], node: Node) -> bool:
    return np.array_equal(op(array), node._array, equal_nan=True)


def weighted_input(a: Node) -> Any:
    """z with all its digits if `a` was made as sigmoid(z), whatever was recorded of it and whoever watches `a`; else None.

    It is a node made from `a`, so what is computed of z depends on `a`, and gradients of both are exact.
    """
    known = verified_argument(a, sigmoid)
    if known is None:
        return None
    node, array = known
    z = leaf(array.astype(a._array.dtype, copy=False))
    mode = current_mode()
    tracer = mode.tracing
    if a._requires_grad and mode.recording:
        z.op, z.args, z._requires_grad = inverse_sigmoid, (a,), True
    if tracer is not None:
        if tracer.is_foreign(a):  # whoever writes it later makes it another value, of which no argument is known
            tracer.depends_on(a, lambda: _still_makes(a, node, array))
        if node is not None:
            tracer.stands_for(z, node)
    return z


def _still_makes(a: Node, source: Node | None, array: np.ndarray[Any, Any]) -> Callable[[], bool]:
    """A function that says whether neither Tensor has been written since now, nor the memory of one."""
    stamps = [(node, node._written) for node in (a, source) if node is not None]
    return lambda: all(node._written == stamp for node, stamp in stamps) and _makes(sigmoid, array, a)
