"""Writing into a Tensor: `t[i] = v`, `t += v`.

A recorded value is never changed in place, since somebody may still need it: the Tensor becomes the node of a new value, and
remembers the node that it was. What had used the old value finds it there.
"""

from collections.abc import Callable
from operator import getitem
from typing import Any

import numpy as np

from .graph import Node, apply, nodes_in, reading, values_of
from .mode import current_mode
from .operands import operand
from .views import View, chain, is_scalar, remain, taken
from .views import setitem as setitem

Array = np.ndarray[Any, Any]


def write_item(t: Node, index: Any, value: Any) -> None:
    """`t[index] = value`. Raises RuntimeError for a leaf that requires a gradient, unless under `no_grad()`."""
    index, value = operand(index), operand(value)
    if not _is_recorded(t, value):
        if not _is_there(t, index, value):
            _replace(t, setitem(t._array, values_of(index), values_of(value)))
        return
    if t._array.dtype.kind != "f":
        raise TypeError(
            f"{t.describe()} has dtype {t._array.dtype}, which cannot hold what requires a gradient: use astype(float)"
        )
    if not _is_there(t, index, value):
        _record(t, lambda old: apply(setitem, (old, reading(index, t, old), reading(value, t, old))), (index, value))


def write_result(t: Node, ufunc: np.ufunc, other: Any) -> Node:
    """`t += other` and its like; of a scalar the result is another Tensor, as in NumPy.

    Raises as NumPy does where the result has not the shape of `t`, or a dtype it cannot hold.
    """
    other = operand(other)
    if is_scalar(t):
        return apply(ufunc, (t, other))  # type: ignore[no-any-return]
    if not _is_recorded(t, other):
        value = t._array.copy()
        ufunc(value, values_of(other), out=value)
        _replace(t, value)
    else:
        _record(t, lambda old: _fitting(apply(ufunc, (old, reading(other, t, old))), t), (other,))
    return t


def _is_recorded(t: Node, value: Any) -> bool:
    mode = current_mode()
    written = list(chain(t))
    if mode.tracing is not None:
        for node, _ in written:
            mode.tracing.refuse_write(node)
        return True
    if not mode.recording or not (
        any(node._requires_grad for node, _ in written) or any(n._requires_grad for n in nodes_in([value]))
    ):
        return False
    for node, _ in written:
        if node._requires_grad and node.op is None:
            whole = "" if node is t else f"{t.describe()} is a view of it: "
            raise RuntimeError(
                f"{node.describe()} is a leaf that requires a gradient and cannot be written while recording. {whole}"
                "write under no_grad() to change its value, or into a copy() to compute with the change"
            )
    return True


def _is_there(t: Node, index: Any, value: Any) -> bool:
    """Is the value the view `t[index]` itself? So ends `t[index] += v`: what is written back was changed in place."""
    view = taken(value) if isinstance(value, Node) else None
    if view is None or view.op is not getitem or view.base is not t:
        return False
    return view.args[0] is index and view.is_of_now(value)


def _replace(t: Node, array: Array) -> None:
    """Give a Tensor, and all that it is a view of, new values without recording it."""
    (_, view), *_ = chain(t)
    if view is None:
        t.write(array)
    else:
        _replace(view.base, view.put_back(view.base._array, array))
        t.write(view.of(view.base._array))
        remain(t, view)


def _record(t: Node, change: Callable[[Node], Node], operands: tuple[Any, ...]) -> None:
    """Let `t` be the node that `change` makes of its old value. Whatever `operands` were made from `t` read the old value."""
    (_, view), *_ = chain(t)
    old = t.as_it_is()
    new = change(old)
    if view is not None:
        _record_base(view, new, operands)
        new = apply(view.op, (view.base, *view.args), view.keywords)
    else:
        _redirect(operands, t, old)
    t.become(old, new)
    if view is not None:
        remain(t, view)


def _record_base(view: View, value: Node, operands: tuple[Any, ...]) -> None:
    _record(view.base, lambda old: view.put_back(old, value), (value, *operands))


def _redirect(operands: tuple[Any, ...], t: Node, old: Node) -> None:
    """Let those that lead to `operands` and read `t` read its old value: they are to be inputs of the new one."""
    waiting = list(nodes_in(operands))
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node is t or node.op is None or node.index < t.index:
            continue
        inputs = set(node.inputs)
        if t in inputs:
            node.args = reading(node.args, t, old)
            node.keywords = {k: reading(a, t, old) for k, a in node.keywords.items()}
        waiting.extend(inputs - seen)
        seen |= inputs


def _fitting(result: Any, t: Node) -> Any:
    if result.shape != t._array.shape:
        raise ValueError(f"the result has shape {result.shape} and does not fit into {t.describe()}")
    if not np.can_cast(result.dtype, t._array.dtype, "same_kind"):
        raise TypeError(f"a result of dtype {result.dtype} does not fit into {t.describe()} of dtype {t._array.dtype}")
    return result if result.dtype == t._array.dtype else result.astype(t._array.dtype)
