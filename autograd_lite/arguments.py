"""What a value was made from, where its own digits do not tell: known in every mode, whether it was recorded or not."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .known import KnowingNode
from .mode import current_mode
from .node import Handle, Node, leaf_node
from .ops.activations import sigmoid
from .ops.inverse import inverse_sigmoid
from .recording import current, handle


def argument_of(node: Node, op: Callable[..., Any]) -> "tuple[Node | None, np.ndarray[Any, Any]] | None":
    """The node that `op` made the value of `node` from, if it is still there, and its array; the same in every mode.

    None if another function made the value.
    """
    if isinstance(node, KnowingNode):
        made_by, source, array = node.argument
        return (source, array) if made_by is op else None
    if node.op is not op:
        return None
    source = node.args[0]
    return (source, source.array) if isinstance(source, Node) else (None, np.asarray(source))


def verified_argument(node: Node, op: Callable[..., Any]) -> "tuple[Node | None, np.ndarray[Any, Any]] | None":
    """The same, if `op` gives this very value of it still: memory may be written past the Tensors, as by `t.data[...] = 0`."""
    known = argument_of(node, op)
    return known if known is not None and _makes(op, known[1], node) else None


def _makes(op: Callable[..., Any], array: np.ndarray[Any, Any], node: Node) -> bool:
    return np.array_equal(op(array), node.array, equal_nan=True)


def weighted_input(a: Handle) -> Any:
    """z with all its digits if `a` was made as sigmoid(z), whatever was recorded of it and whoever watches `a`; else None.

    It is made from `a`, so what is computed of z depends on `a`, and gradients of both are exact.
    """
    node = current(a)
    known = verified_argument(node, sigmoid)
    if known is None:
        return None
    source, array = known
    z = leaf_node(array.astype(node.array.dtype, copy=False))
    mode = current_mode()
    tracer = mode.tracing
    if node.requires_grad and mode.recording:
        z.op, z.args, z.requires_grad = inverse_sigmoid, (node,), True
    if tracer is not None:
        if tracer.is_foreign(node):
            tracer.depends_on(a, lambda: _still_makes(a, node, array))
        if source is not None:
            tracer.stands_for(z, source)
    return handle(z)


def _still_makes(a: Handle, node: Node, array: np.ndarray[Any, Any]) -> Callable[[], bool]:
    """A function that says whether the Tensor has not been written since now, nor its memory."""
    return lambda: current(a) is node and _makes(sigmoid, array, node)
