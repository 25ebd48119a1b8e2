"""Writing into a Tensor: `t[i] = v`, `t += v`.

A recorded value is never changed in place, since somebody may still need it: the Tensor becomes the node of a new value, made
from a node that keeps the old one, and is stamped as written. What had used the old value is then known to be stale.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import NESTS, Node, apply, extras, leaf, nodes_in, stamp, values_of
from .mode import current_mode
from .operands import operand
from .rules import primitive


@primitive
def setitem(x: Any, index: Any, value: Any) -> Any:
    """A copy of `x` in which `x[index]` is `value`."""
    changed = np.array(x)  # an array also where x is a NumPy scalar
    changed[index] = value
    return changed


def write_item(t: Node, index: Any, value: Any) -> None:
    """`t[index] = value`. Raises RuntimeError for a leaf that requires a gradient, unless under `no_grad()`."""
    index, value = operand(index), operand(value)
    if not _is_recorded(t, value):
        t.write(setitem(t._array, values_of(index), values_of(value)))
        return
    if t._array.dtype.kind != "f":
        raise TypeError(
            f"{t.describe()} has dtype {t._array.dtype}, which cannot hold what requires a gradient: use astype(float)"
        )
    _become(t, lambda old: apply(setitem, (old, _reading(index, t, old), _reading(value, t, old))), (index, value))


def write_result(t: Node, ufunc: np.ufunc, other: Any) -> Node:
    """`t += other` and its like. Raises as NumPy does where the result has not the shape of `t`, or a dtype it cannot hold."""
    other = operand(other)
    if not _is_recorded(t, other):
        value = t._array.copy()
        ufunc(value, values_of(other), out=value)
        t.write(value)
    else:
        _become(t, lambda old: _fitting(apply(ufunc, (old, _reading(other, t, old))), t), (other,))
    return t


def _is_recorded(t: Node, value: Any) -> bool:
    mode = current_mode()
    if mode.tracing is not None:
        mode.tracing.refuse_write(t)
        return True
    if not mode.recording or not (t._requires_grad or any(n._requires_grad for n in nodes_in([value]))):
        return False
    if t._requires_grad and t.op is None:
        raise RuntimeError(
            f"{t.describe()} is a leaf that requires a gradient and cannot be written while recording: "
            "write under no_grad() to change its value, or into a copy() of it to compute with the change"
        )
    return True


def _become(t: Node, change: Callable[[Node], Node], operands: tuple[Any, ...]) -> None:
    """Let `t` be the node that `change` makes of its old value. Whatever `operands` were made from `t` read the old value."""
    old = leaf(t._array)
    old.take_over(t)
    old.name = t.name
    new = change(old)
    waiting = list(nodes_in(operands))
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node is t or node.op is None or node.index < t.index:
            continue
        inputs = set(node.inputs)
        if t in inputs:
            node.args = _reading(node.args, t, old)
            node.keywords = {k: _reading(a, t, old) for k, a in node.keywords.items()}
        waiting.extend(inputs - seen)
        seen |= inputs
    t.take_over(new)
    stamp([t])
    extras(t).written = t.index  # when its new value was made: that is not stale itself


def _reading(a: Any, t: Node, old: Node) -> Any:
    """The operand with `old` in the place of `t`, looking into lists and tuples."""
    if a is t:
        return old
    return type(a)(_reading(part, t, old) for part in a) if type(a) in NESTS else a


def _fitting(result: Any, t: Node) -> Any:
    if result.shape != t._array.shape:
        raise ValueError(f"the result has shape {result.shape} and does not fit into {t.describe()}")
    if not np.can_cast(result.dtype, t._array.dtype, "same_kind"):
        raise TypeError(f"a result of dtype {result.dtype} does not fit into {t.describe()} of dtype {t._array.dtype}")
    return result if result.dtype == t._array.dtype else result.astype(t._array.dtype)
