"""Recording: the one function that computes an operation and notes in the graph how."""

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any
from weakref import ref

import numpy as np

from .known import knowing
from .mode import current_mode, recording
from .node import NO_KEYWORDS, Handle, Node, clock, leaf_node, next_leaf, nodes_in, slot_of
from .operands import NESTS, SIMPLE, is_operand, is_plain_index, operand, operands_by_name
from .results import as_array, explained, not_real
from .rules import KEEPS_ARGUMENT, PLAIN, is_left_alone, stands_for_array
from .versions import TAKES_ELLIPSIS
from .views import Memory, View, note_moved, relation

_new = object.__new__
_tick = clock.__next__
_ndarray, _ufunc = np.ndarray, np.ufunc
_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_tensor: type[Handle] = Handle


def handles_are(kind: type[Handle]) -> None:
    """State the class of the handles that are made here. The class itself is above: its operators record."""
    global _tensor
    _tensor = kind


def apply(op: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any] = NO_KEYWORDS) -> Any:
    """Compute `op(*args, **keywords)` on the values, and record it if a gradient may be asked for. The one place that does."""
    mode = current_mode()
    needs = False
    inputs: list[Any] = []
    values: list[Any] = []
    for a in args:
        if isinstance(a, Handle):
            node = a._node if a._view is None else current(a)
            inputs.append(node)
            values.append(node.array)
            if node.requires_grad:
                needs = True
        elif type(a) in SIMPLE or (is_plain_index(a) and not stands_for_array(op, len(values))):
            inputs.append(a)
            values.append(a)
        else:
            a = _admitted(a, op, len(values))
            if isinstance(a, Handle):  # it was a list, which stands for one array
                return apply(op, (*args[: len(values)], a, *args[len(values) + 1 :]), keywords)
            a = nodes_of(a)
            inputs.append(a)
            values.append(values_of(a))
            needs = needs or any(n.requires_grad for n in nodes_in((a,)))
    tracer = mode.tracing
    if tracer is not None:
        tracer.prepare(args, values)
    compute = PLAIN.get(op, op)
    try:
        if keywords:
            keywords = {k: nodes_of(v) for k, v in operands_by_name(keywords).items()}
            named = {k: values_of(v) for k, v in keywords.items()}
            if tracer is not None:
                tracer.prepare_keywords(named)
            out = compute(*values, **named)
            needs = needs or any(n.requires_grad for n in nodes_in(keywords.values()))
        elif type(compute) is _ufunc and type(values[0]) is _ndarray and not values[0].ndim and TAKES_ELLIPSIS:
            out = compute(*values, out=...)
        else:
            out = compute(*values)
    except ValueError as error:
        raise explained(error, op, inputs, mode.scope) from None
    if type(out) is not _ndarray:
        out = as_array(out, op)
    dtype = out.dtype
    if dtype is not _FLOAT64 and dtype is not _FLOAT32 and dtype.kind != "f":
        if dtype.kind not in "biu":
            raise not_real(out, op)
        needs = False
    node = _new(Node)
    node.array = out
    node.name = node.slot = None
    node.scope = mode.scope
    node.index = _tick()
    node.requires_grad = needs = needs and mode.recording
    if needs or tracer is not None:
        node.op = op
        node.args = tuple(inputs)
        node.keywords = keywords
        if tracer is not None:
            tracer.recorded(node, values)
    else:
        node.op = None
        node.args = ()
        node.keywords = NO_KEYWORDS
        if op in KEEPS_ARGUMENT:
            node = knowing(node, op, inputs[0], values[0])
    made = _new(_tensor)
    made._node = node
    made._view = None
    node.holder = ref(made)
    if out.base is not None or not (needs or out.ndim):
        given = args if is_plain_index(args[1:]) else (*args[:1], *handles_of(tuple(inputs[1:])))
        made._view = relation(node, op, given, values[0] if values else None, keywords, mode.recording)
    return made


def _admitted(a: Any, op: Callable[..., Any], position: int) -> Any:
    """An argument of a type that is not simple, as `op` takes it. Raises TypeError for a class with a meaning of its own."""
    as_one = type(a) in NESTS and stands_for_array(op, position)
    if not is_operand(a) and not is_left_alone(op, position):
        a = operand(a)
    return one_array(a) if as_one else a


# ---------------------------------------------------------------------------------------------------------------------
# Handles.


def handle(node: Node, kind: type[Handle] | None = None) -> Any:
    """A new handle of a node."""
    made = _new(kind or _tensor)
    made._node = node
    made._view = None
    node.holder = ref(made)
    return made


def handle_of(node: Node) -> Any:
    """A Tensor of this node: the one that holds it if there is one, else a new one."""
    held = None if node.holder is None else node.holder()
    if held is not None and _holds(held, node):
        return held
    return handle(node)


def _holds(t: Handle, node: Node) -> bool:
    """Is this the node of its present value? Nothing is taken anew to tell."""
    view = t._view
    if type(view) is View:
        return view.node is node and view.seen is view.memory.node.array
    return (view.node if type(view) is Memory else t._node) is node


def leaf(data: np.ndarray[Any, Any], kind: type[Handle] | None = None) -> Any:
    """A Tensor of this very array, without history."""
    return handle(leaf_node(data), kind)


def constant_leaf(data: np.ndarray[Any, Any]) -> Any:
    """A leaf of an array that the library made from shapes alone, or from a rule's constants."""
    made = leaf(data)
    tracer = current_mode().tracing
    if tracer is not None:
        tracer.is_constant(made._node)
    return made


def current(t: Handle) -> Node:
    """The node of the present value. A view whose memory was written is taken anew."""
    view = t._view
    if type(view) is View:
        node = view.node if view.seen is view.memory.node.array else renewed(view)
    elif type(view) is Memory:
        node = view.node
    else:
        return t._node
    if node is not t._node:
        t._node = node
        node.holder = ref(t)
    return node


def renewed(view: View) -> Node:
    """Take a stale view anew, and before it those that it is a view of."""
    stale: list[Any] = []
    part: Any = view
    while type(part) is View and part.seen is not part.memory.node.array:
        stale.append(part)
        part = part.parent
    for part in reversed(stale):
        seen = part.memory.node.array
        note_moved(part, part.node, part.seen)
        with recording(part.recorded or part.memory.recorded):
            fresh = apply(part.op, (handle_of(part.parent.node), *part.args), part.keywords)._node
        if part.node.op is None and part.node.requires_grad and not fresh.requires_grad:
            fresh = next_leaf(part.node, fresh.array)  # somebody has made the view a leaf that requires a gradient
        fresh.name, fresh.slot = part.node.name, part.node.slot  # who waits for its gradient waits for that of either
        part.node, part.seen = fresh, seen
    return view.node


def succeed(old: Node, node: Node) -> None:
    """Give a node the name of the one before it in the same Tensor, and those who wait for its gradient."""
    node.name = old.name
    node.slot = slot_of(old) if old.op is None and old.requires_grad else old.slot
    if old.op is not None and old.slot is not None:
        old.slot = None
        node.slot.spent = False  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------------------------------------------
# Values.


def nodes_of(a: Any) -> Any:
    """`a` with present nodes in the place of Tensors, looking into lists and tuples."""
    if isinstance(a, Handle):
        return current(a)
    return _mapped(nodes_of, a) if type(a) in NESTS else a


def _mapped(f: Callable[[Any], Any], sequence: Any) -> Any:
    """A list or tuple of what f gives for its parts; itself if these are the same."""
    parts = [f(part) for part in sequence]
    return sequence if all(map(is_, parts, sequence)) else type(sequence)(parts)


def values_of(a: Any) -> Any:
    """`a` with arrays in the place of nodes and Tensors, looking into lists and tuples."""
    if isinstance(a, Node):
        return a.array
    if isinstance(a, Handle):
        return current(a).array
    return type(a)(map(values_of, a)) if type(a) in NESTS else a


def handles_of(a: Any) -> Any:
    """`a` with Tensors in the place of nodes, looking into lists and tuples."""
    if isinstance(a, Node):
        return handle_of(a)
    return _mapped(handles_of, a) if type(a) in NESTS else a


def handles_in(values: Any) -> Any:
    """The Tensors among values, looking into lists and tuples."""
    for value in values:
        if isinstance(value, Handle):
            yield value
        elif type(value) in NESTS:
            yield from handles_in(value)


def one_array(a: Any) -> Any:
    """A nested list as one array, or as one Tensor if there are Tensors in it."""
    if type(a) not in NESTS:
        return a
    return np.asarray(a) if next(handles_in(a), None) is None else np.stack([one_array(part) for part in a])
