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

    None if another function made it, or if one of the two was written since.
    """
    if node._written:
        return None
    if node.op is op:
        a = node.args[0]
        source, array = (a, a._array) if isinstance(a, Node) else (None, np.asarray(a))
    else:
        known = None if node._extras is None else node._extras.argument
        if known is None or known.op is not op:
            return None
        source, array = known.node(), known.array
    return None if source is not None and source._written > node.index else (source, array)


def weighted_input(a: Node) -> Any:
    """z with all its digits if `a` was made as sigmoid(z), whatever was recorded of it and whoever watches `a`; else None.

    It is a node made from `a`, so what is computed of z depends on `a`, and gradients of both are exact.
    """
    known = argument_of(a, sigmoid)
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
            tracer.depends_on(a, lambda: _unwritten(a, node))
        if node is not None:
            tracer.stands_for(z, node)
    return z


def _unwritten(*nodes: Node | None) -> Callable[[], bool]:
    """A function that says whether none of the nodes has been written since now."""
    stamps = [(node, node._written) for node in nodes if node is not None]
    return lambda: all(node._written == stamp for node, stamp in stamps)
