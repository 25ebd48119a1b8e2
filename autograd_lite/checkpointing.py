"""Trading time for memory: `checkpoint(f)` forgets what f computed on the way and computes it again when needed.

A call of f becomes one node. Its inputs are the Tensors from outside that f computed from, arguments or not; they are
found by recording f once and walking back from its results. In the backward pass f is recorded again and that graph,
cut off at the inputs, is run backward.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, pairwise
from math import sqrt
from typing import Any
from weakref import ref

import numpy as np

from .arguments import argument_of
from .backward import carried_back
from .derived import derived
from .function_names import name_of
from .gradients import exchange_grads, noting_grads
from .mode import current_mode, enable_grad
from .node import GradientSlot, Node, clock, leaf_node, slot_of
from .operands import NESTS
from .randomness import Draws, put_back
from .recording import apply, current, handle, handle_of, handles_in, leaf
from .rules import KEEPS_ARGUMENT, defvjp
from .tensor import Tensor
from .trees import leaves, mapped
from .variables import any_live, as_it_was, moments
from .views import Memory, Moved, View, noting_writes

Array = np.ndarray[Any, Any]


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, whose intermediate values are not kept for the backward pass but computed anew when it comes.

    f : a function of anything that returns a Tensor, or a list, tuple or dict with Tensors in it. Gradients flow into
        its arguments and into every Tensor that it finds elsewhere, such as the parameters of a network.

    Values and gradients are those of `f`, to every order, also where `f` takes gradients itself. `f` runs once more in each
    backward pass through it, so what it does besides computing is done again. Random numbers are the same again, whether from
    `np.random`, from `random`, or from a generator among the arguments of `f`, in its closure, its globals or its attributes.
    The `.grad` of Tensors from outside that `f` adds to is added to once, and what it writes into Tensors is written once.
    The results share no memory with each other or with the arguments.
    Inside `compile` it is `f` itself, since the compiler plans the memory.

    The backward pass raises RuntimeError if `f` computes something else when it runs again, because what it reads has changed.
    """

    @derived(checkpoint, f)
    def checkpointed(*args: Any, **keywords: Any) -> Any:
        mode = current_mode()
        if not mode.recording or mode.tracing is not None:
            return f(*args, **keywords)
        draws = Draws(f, args, keywords)
        at = moments()
        started = at[-1]
        held = {t: current(t) for t in handles_in(leaves([*args, *keywords.values()]))}
        with noting_grads() as grads, noting_writes() as moved:
            output = f(*args, **keywords)
        places: dict[Node, int] = {}
        for i, o in enumerate(leaves(output)):
            if isinstance(o, Tensor) and _was_made(current(o), started):
                last = _opened(current(o))
                if _was_made(last, started):
                    places.setdefault(last, i)
        if not places:
            return output
        made = list(places)
        packed: Node = leaf_node(_packed(made))
        packed.op = repeat
        stand_ins = {t: _stand_in(t, node) for t, node in held.items()}
        given, named = mapped(lambda a: stand_ins.get(a, a) if isinstance(a, Tensor) else a, (args, keywords))
        segment = Segment(f, given, named, list(places.values()), _walk(made, started)[1], at)
        outside_it = {handle_of(s): s for s in segment.sources if s.index <= started}
        before: Moved = {t: (node, None) for t, node in outside_it.items()}
        before |= {t: was for t, was in moved.items() if was[0].index <= started}
        segment.held = [(ref(t), was) for t, was in before.items()]
        segment.drawn = draws.drawn()
        segment.grads = {slot: g for slot, (number, g) in grads.items() if number <= started}
        packed.args = segment, segment.sources
        packed.requires_grad = True
        parts: dict[Node, Tensor] = dict(zip(made, _unpacked(handle(packed), made), strict=True))
        for old, new in parts.items():
            new.name = old.name

        def outside(o: Tensor) -> Tensor:
            """What stands for a result outside: a part of the checkpoint's node, or what is made of one."""
            node = current(o)
            if node not in parts and _was_made(node, started) and _opened(node) in parts:
                parts[node] = handle(_twin(node, {old: current(new) for old, new in parts.items()}))
            return parts.get(node, o)

        return mapped(lambda o: outside(o) if isinstance(o, Tensor) else o, output)

    return checkpointed


class Segment:
    """A call of a function that can be repeated."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        places: list[int],
        sources: list[Node],
        at: tuple[int, ...],
    ):
        self.f, self.args, self.keywords = f, args, keywords
        self.places = places
        """Which of its results depend on something that requires a gradient; each stands for where it is `_opened`."""
        self.sources = tuple(sources)
        """The leaves that these were computed from: Tensors from outside, and leaves that f made."""
        self.at = at
        """When it ran. What could be differentiated by then can be again when it is repeated."""
        self.drawn: list[tuple[Any, Any]] = []
        """The random generators that it drew from, and their states before."""
        self.grads: dict[GradientSlot, Any] = {}
        """The gradients of Tensors from outside that it replaced, as by a backward pass inside, as they were before."""
        self.held: list[tuple[ref[Any], tuple[Node, Any]]] = []
        """The Tensors, memories and views from outside that it read, and the nodes they held. They may hold what it gave."""

    def __repr__(self) -> str:
        return name_of(self.f)

    def repeated(self, before: Array) -> tuple[list[Node], list[Node], dict[Node, Node]]:
        """The results once more, the nodes that lead to them, and for each of their sources the one it was the first time.

        Raises RuntimeError if they are not as before.
        """
        now, grads = put_back(self.drawn), exchange_grads(self.grads)
        held = _exchange_nodes({t: was for r, was in self.held if (t := r()) is not None})
        moved: Moved = {}
        started = next(clock)
        try:
            with as_it_was(self.at), enable_grad(), noting_writes() as moved:
                flat = leaves(self.f(*self.args, **self.keywords))
                last = [
                    current(flat[i]) if i < len(flat) and isinstance(flat[i], Tensor) else None for i in self.places
                ]
                again = [_opened(o) for o in last if o is not None and _was_made(o, started)]
                if len(again) < len(self.places):
                    raise self._changed("other results depend on what requires a gradient")
                if not _agree(_packed(again), before):
                    raise self._changed("its results differ")
                inner, found = _walk(again, started)
        finally:
            put_back(now)
            exchange_grads(grads)
            _exchange_nodes({t: was for t, was in moved.items() if was[0].index <= started})
            _restore(held)
        return again, inner, self._matched(found, started)

    def _matched(self, found: list[Node], started: int) -> dict[Node, Node]:
        """A Tensor from outside is the same again; a leaf that f made is the one it made in its place, of the same value."""
        outside, made = _parted(found, started)
        outside_before, made_before = _parted(self.sources, self.at[-1])
        if set(outside) != set(outside_before) or len(made) != len(made_before):
            raise self._changed("it computes from other Tensors")
        if not all(map(_equal, made, made_before)):
            raise self._changed("a leaf that it makes has another value")
        return dict(zip((*outside, *made), (*outside, *made_before), strict=True))

    def _changed(self, how: str) -> RuntimeError:
        return RuntimeError(
            f"{name_of(self.f)} was checkpointed and computes something else when it is repeated in the backward pass: "
            f"{how}. What it reads must not change in between: pass it as an argument. Random numbers have to come from "
            "np.random, from random, or from a generator that is an argument, or in its closure, its globals or attributes"
        )


def repeat(segment: Segment, sources: tuple[Any, ...]) -> Any:
    """The operation of a checkpoint's node. Its value was found when it was recorded."""
    raise RuntimeError(f"the checkpoint of {segment!r} is tied to its own Tensors and cannot be computed of others")


def _repeat_dsources(g: Any, ans: Any, segment: Segment, values: tuple[Any, ...]) -> list[Any]:
    """The segment is recorded again, and its graph is run backward no further than to its sources."""
    record = isinstance(g, Tensor)
    ends: dict[Node, Node] = {s: _end(s, record) for s in segment.sources if s.requires_grad}
    again, inner, first = segment.repeated(ans.array if record else ans)
    copies = _rewired(inner, {s: ends[before] for s, before in first.items() if before in ends})
    seeds = {copies[o]: part for o, part in zip(again, _unpacked(g if record else leaf(g), again), strict=True)}
    found: dict[Any, Any] = carried_back(seeds, ends.values(), record)
    cotangents = [found.get(ends.get(s), np.zeros_like(s.array)) for s in segment.sources]
    return [leaf(c) if record and isinstance(c, np.ndarray) else c for c in cotangents]


defvjp(repeat, None, _repeat_dsources)


def _stand_in(t: Any, node: Node) -> Any:
    """What a repeat gets for an argument. The Tensor itself may hold what the checkpoint gave: that would be a cycle."""
    holder = node.holder
    made = handle(node, type(t))
    node.holder = holder
    return made


def _exchange_nodes(held: Moved) -> dict[Any, Any]:
    """Let Tensors, memories and views hold these nodes, and return what they held: for a repeat all is as it was."""
    had = {t: _state(t) for t in held}
    for t, (node, seen) in held.items():
        if type(t) is Memory:
            t.node = node
        elif type(t) is View:
            t.node, t.seen = node, seen
    for t, (node, _) in held.items():
        if type(t) not in (Memory, View):
            t._node = node
            if type(t._view) in (View, Memory):
                t._view.node = node
            if type(t._view) is View and t._view not in held:
                t._view.seen = t._view.memory.node.array
    return had


def _state(t: Any) -> tuple[Any, ...]:
    if type(t) in (Memory, View):
        return t.node, getattr(t, "seen", None)
    view = t._view
    return t._node, view, getattr(view, "node", None), getattr(view, "seen", None)


def _restore(had: Mapping[Any, tuple[Any, ...]]) -> None:
    """Let Tensors, memories and views hold what they held."""
    for t, (node, *rest) in had.items():
        if type(t) is Memory:
            t.node = node
        elif type(t) is View:
            t.node, t.seen = node, rest[0]
        else:
            t._node, t._view = node, rest[0]
            if type(t._view) in (View, Memory):
                t._view.node = rest[1]
            if type(t._view) is View:
                t._view.seen = rest[2]


def _was_made(o: Node, started: int) -> bool:
    """Was it computed since, from something that requires a gradient?"""
    return o.requires_grad and o.op is not None and o.index > started


def _opened(o: Node) -> Node:
    """The argument of a result that keeps it, such as a sigmoid's, whose digits may be needed later; else the result."""
    known = argument_of(o, o.op) if o.op in KEEPS_ARGUMENT else None
    return o if known is None or known[0] is None else known[0]


def _walk(outputs: Iterable[Node], started: int) -> tuple[list[Node], list[Node]]:
    """The nodes computed since that lead to `outputs`, oldest first, and the leaves and older Tensors they came from."""
    inner = dict.fromkeys(outputs)
    sources: dict[Node, None] = {}
    waiting = list(inner)
    while waiting:
        for a in waiting.pop().inputs:
            if _was_made(a, started):
                if a not in inner:
                    inner[a] = None
                    waiting.append(a)
            elif a.index <= started or (a.requires_grad and any_live([a])):
                sources[a] = None
    return sorted(inner, key=lambda node: node.index), list(sources)


def _parted(sources: Iterable[Node], started: int) -> tuple[list[Node], list[Node]]:
    """Those that are older, and those that were made since, in the order in which they were."""
    sources = list(sources)
    made = [s for s in sources if s.index > started]
    return [s for s in sources if s.index <= started], sorted(made, key=lambda s: s.index)


def _equal(a: Node, b: Node) -> bool:
    return a.array.dtype == b.array.dtype and np.array_equal(a.array, b.array, equal_nan=True)


def _end(source: Node, record: bool) -> Node:
    """What stands for a source in the repeated graph: a leaf, or a node that leads on to it."""
    if not record:
        end: Node = leaf_node(source.array)
    else:
        end = apply(np.copy, (handle_of(source),))._node
    end.requires_grad = True
    return end


def _rewired(inner: list[Node], ends: dict[Node, Node]) -> dict[Node, Node]:
    """Copies of the nodes, with the ends in the place of the sources. `f` may have kept some of the nodes."""
    copies = dict(ends)
    for node in inner:
        copies[node] = _twin(node, copies)
    return copies


def _twin(node: Node, copies: Mapping[Node, Node]) -> Node:
    """A copy of a node, made from the copies of its arguments, with the hooks it has."""
    twin: Node = leaf_node(node.array)
    twin.op, twin.scope, twin.requires_grad = node.op, node.scope, node.requires_grad
    twin.args = tuple([_replaced(a, copies) for a in node.args])
    twin.keywords = {k: _replaced(a, copies) for k, a in node.keywords.items()}
    twin.name = node.name
    if node.slot is not None:
        slot = slot_of(twin)
        slot.hooks, slot.retained, slot.spent = node.slot.hooks, node.slot.retained, node.slot.spent
    return twin


def _replaced(a: Any, copies: Mapping[Node, Node]) -> Any:
    if isinstance(a, Node):
        return copies.get(a, a)
    return type(a)(_replaced(part, copies) for part in a) if type(a) in NESTS else a


# ---------------------------------------------------------------------------------------------------------------------
# Several results as one flat array: an operation has one.


def _packed(outputs: list[Node]) -> Array:
    arrays: list[Array] = [o.array for o in outputs]
    return arrays[0] if len(arrays) == 1 else np.concatenate([a.reshape(-1) for a in arrays])


def _unpacked(packed: Tensor, outputs: list[Node]) -> list[Tensor]:
    if len(outputs) == 1:
        return [packed]
    parts: list[Any] = []
    stretches = pairwise(accumulate((o.array.size for o in outputs), initial=0))
    for (a, b), o in zip(stretches, outputs, strict=True):
        part = packed[a:b].reshape(o.array.shape)
        parts.append(part if part.dtype == o.array.dtype else part.astype(o.array.dtype))
    return parts


def _agree(again: Array, before: Array) -> bool:
    """Are they the same but for rounding, which may depend on where arrays lie in memory?"""
    if again.shape != before.shape or again.dtype != before.dtype:
        return False
    size = float(np.max(np.abs(before), initial=0.0, where=np.isfinite(before)))
    near = sqrt(np.finfo(before.dtype).eps)
    return np.allclose(again, before, rtol=0.0, atol=near * size, equal_nan=True)
