"""Writing into a Tensor: `t[i] = v`, `t += v`, and what shares memory with it.

No array is changed, since a graph may read it. A write computes the new value of the Tensor as an operation, and where the Tensor
is a view the new value of what it is a view of, up to the whole memory, which then holds another node. Every view of the memory,
the written one too, is stale, and is taken anew when it is read next. What was computed before keeps the nodes it read.
"""

from operator import getitem
from typing import Any
from weakref import ref

import numpy as np

from .function_names import name_of
from .mode import current_mode, enable_grad
from .node import Handle, Node, leaf_node, note_event
from .operands import operand
from .overwritten import RESULT, NoDerivative
from .primitives import primitive
from .recording import apply, current, handle_of, handles_in, leaf, succeed, values_of
from .rules import VJPS, defvjp
from .views import ARRAY, Memory, View, is_number, note_moved

Array = np.ndarray[Any, Any]


def write_item(t: Handle, index: Any, value: Any) -> None:
    """`t[index] = value`. Raises RuntimeError for a leaf that requires a gradient, unless under `no_grad()`."""
    index, value = operand(index), operand(value)
    if is_number(t):
        raise TypeError(
            f"{current(t).describe()} is a number, as NumPy gives one here, and has no items to assign to: write into an array "
            "without axes, such as np.copy(t), or compute with another name"
        )
    _require_writable(t, value)
    if not _is_there(t, index, value):
        _hold(t, apply(setitem, (t, index, value)))


def write_result(t: Handle, ufunc: np.ufunc, other: Any) -> Handle:
    """`t += other` and its like; of a number the result is another Tensor, as in NumPy.

    Raises as NumPy does where the result has not the shape of `t`, or a dtype it cannot hold.
    """
    other = operand(other)
    if is_number(t):
        return apply(ufunc, (t, other))  # type: ignore[no-any-return]
    _require_writable(t, other)
    _hold(t, _fitting(ufunc, t, other))
    return t


def write_out(t: Handle, new: Any, what: str) -> Handle:
    """Write a whole result into `t`, as `out=t` asks for. Raises as NumPy does if it does not fit."""
    old = current(t)
    if is_number(t):
        raise TypeError(f"out= takes an array, and {old.describe()} is a number in NumPy")
    _require_writable(t, new)
    if not isinstance(new, Handle):
        new = leaf(np.asarray(new))
    made = current(new).array
    if made.shape != old.array.shape:
        raise ValueError(f"{what} gives shape {made.shape}, which does not fit into out= {old.describe()}")
    if not np.can_cast(made.dtype, old.array.dtype, "same_kind"):
        raise TypeError(
            f"{what} gives dtype {made.dtype}, which does not fit into out= {old.describe()} of dtype {old.array.dtype}"
        )
    _hold(t, new.astype(old.array.dtype) if made.dtype != old.array.dtype else apply(np.copy, (new,)))
    return t


def _hold(t: Handle, new: Handle) -> None:
    """Let `t`, and what it is a view of, hold the value `new`."""
    part = t._view
    if type(part) is View:
        current(t)
        while type(part) is View:
            new = put_back(part, new)
            part = part.parent
    old: Node = part.node if type(part) is Memory else t._node
    node = new._node
    if old.requires_grad and not current_mode().recording:
        if old.op is None:
            leaf = leaf_node(node.array)
            leaf.requires_grad, leaf.scope = True, old.scope
            node = leaf
        else:
            with enable_grad():
                node = apply(unrecorded, (handle_of(old), new))._node
    if node.array.strides != old.array.strides:
        node.array, values = laid_alike(old.array), node.array
        node.array[...] = values
    succeed(old, node)
    if type(part) is Memory:
        note_moved(part, old)
        part.node = node
        part.recorded = part.recorded or current_mode().recording
    else:
        note_moved(t, old)
        t._node = node
        node.holder = ref(t)
        if part is None and not node.array.ndim:
            t._view = ARRAY
    note_event()


def put_back(view: View, value: Any) -> Any:
    """What a view is a view of, with the elements of the view replaced by those of `value`."""
    parent, op = handle_of(view.parent.node), view.op
    if op is getitem:
        return apply(setitem, (parent, view.args[0], value))
    array = view.parent.node.array
    if value.array.size == array.size:
        # Such a view has each element once, so the rule of its derivative arranges the elements back.
        return VJPS[op][0](value, value, parent, *view.args, **view.keywords)
    positions: Any = op(np.arange(array.size).reshape(array.shape), *values_of(view.args), **view.keywords)
    if np.unique(positions).size < positions.size:
        raise ValueError(
            f"{name_of(op)} shows elements more than once, so it cannot be written: write into a copy() of it"
        )
    return apply(setitem, (parent, np.unravel_index(positions, array.shape), value))


@primitive
def setitem(x: Any, index: Any, value: Any) -> Any:
    """A copy of `x` in which `x[index]` is `value`."""
    changed = np.array(x)  # an array also where x is a NumPy scalar
    changed[index] = value
    return changed


def laid_alike(x: Any) -> Array:
    """A copy that lies in memory as `x` does, so that what NumPy makes a view of the one is a view of the other."""
    copy = np.array(x)
    if copy.strides == x.strides or not copy.size or 0 in x.strides:
        return copy
    low, high = np.lib.array_utils.byte_bounds(x)
    start = x.__array_interface__["data"][0] - low
    copy = np.ndarray(x.shape, x.dtype, np.empty(high - low, np.uint8), start, x.strides)
    copy[...] = x
    return copy


@primitive
def unrecorded(x: Any, value: Any) -> Any:
    """`value`, which was written into `x` without being recorded. See `_no_derivative`."""
    return value.copy()


def _no_derivative(g: Any, ans: Any, x: Any, value: Any) -> Any:
    raise NoDerivative(
        f"{RESULT} was computed, and then written under no_grad(), so nothing tells how its value follows from its inputs: write "
        "while recording, or write into a copy() of it"
    )


defvjp(unrecorded, _no_derivative, _no_derivative)


def _require_writable(t: Handle, value: Any) -> None:
    """Raise as NumPy does for a read-only view; and for a leaf that requires a gradient, or a view of it, while recording."""
    node, mode = current(t), current_mode()
    part, array = t._view, node.array
    while type(part) is View:
        above = part.parent.node.array
        if not array.flags.writeable and above.flags.writeable:
            raise ValueError(
                f"{node.describe()} is a read-only view, as {name_of(part.op)} gives it: write into a copy() of it"
            )
        if mode.recording and not part.recorded:
            part.recorded, part.seen = (
                True,
                None,
            )  # it is written while recording, so it is part of the graph from here on
        part, array = part.parent, above
    old: Node = part.node if type(part) is Memory else node
    if mode.tracing is not None:
        mode.tracing.refuse_write(old)
    leaf_of = next((n for n in (node, old) if n.requires_grad and n.op is None), None)
    if mode.recording and leaf_of is not None:
        whole = "" if leaf_of is node else f"{node.describe()} is a view of it. "
        raise RuntimeError(
            f"{leaf_of.describe()} is {leaf_of.kind} and cannot be written while recording. {whole}{leaf_of.remedy}"
        )
    if old.array.dtype.kind != "f" and mode.recording and any(current(v).requires_grad for v in handles_in([value])):
        raise TypeError(
            f"{node.describe()} has dtype {old.array.dtype}, which cannot hold what requires a gradient: use astype(float)"
        )


def _is_there(t: Handle, index: Any, value: Any) -> bool:
    """Is the value the view `t[index]` itself? So ends `t[index] += v`: what is written back was changed in place."""
    view = value._view if isinstance(value, Handle) else None
    return type(view) is View and view.op is getitem and view.parent is t._view and view.args[0] is index


def _fitting(ufunc: np.ufunc, t: Handle, other: Any) -> Handle:
    """The result of an operator as `t` can hold it. Raises as NumPy does if it can't."""
    result, old = apply(ufunc, (t, other)), current(t)
    made = result._node
    if made.array.shape != old.array.shape:
        raise ValueError(f"the result has shape {made.array.shape} and does not fit into {old.describe()}")
    if not np.can_cast(made.array.dtype, old.array.dtype, "same_kind"):
        raise TypeError(
            f"a result of dtype {made.array.dtype} does not fit into {old.describe()} of dtype {old.array.dtype}"
        )
    if made.array.dtype != old.array.dtype:
        result = result.astype(old.array.dtype)
    return result  # type: ignore[no-any-return]
