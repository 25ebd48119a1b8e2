"""Running a recorded computation for many inputs at once: every operation once more, with a leading axis of examples.

A value is *batched* if it depends on the example. It is then one array with the examples along its first axis, and the
shape of one example's value behind that. What does not depend on the example is left as it was recorded.

The rules say how an operation does for every example what it did for one; the tables are in batch_rules.py and batch_arrays.py.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .function_names import name_of
from .node import Node
from .operands import NESTS
from .rules import IMPURE
from .traversal import newest_first

BATCHING: dict[Callable[..., Any], "BatchRule"] = {}


class Batched:
    """A value for every example."""

    __slots__ = ("array",)

    def __init__(self, array: np.ndarray[Any, Any]):
        self.array = array
        """The examples along the first axis."""


class Unbatched(Exception):
    """A computation cannot be run for many examples at once, and why."""


class One(NamedTuple):
    """An operation as it was recorded for one example."""

    op: Callable[..., Any]
    shape: tuple[int, ...]
    """The shape of its result."""
    examples: int
    """For how many examples it is to be run."""


OF_SHAPES = frozenset(
    (
        np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
        np.zeros_like, np.ones_like, np.empty_like,
    )
)  # fmt: skip
"""Functions of shapes and dtypes only, which all examples share."""

BatchRule = Callable[..., np.ndarray[Any, Any]]
"""`rule(one, *args, **keywords)`, with the operation's arguments, some of them Batched: the array of all results."""


Standing = Mapping[int, Node]
"""By their `index`, nodes that have the value of another one, such as those made by `detach()`, and that other node."""
NO_STANDING: Standing = {}


def state(rule: BatchRule, *functions: Callable[..., Any]) -> None:
    """State how `functions` are run for many examples."""
    for f in functions:
        BATCHING[f] = rule


def replayed(
    outputs: Sequence[Node], given: Mapping[Node, Batched], examples: int, standing: Standing = NO_STANDING
) -> list[Any]:
    """The values of `outputs` for every example: Batched, or the recorded array where there is no difference.

    given : the values of the nodes that stand for the example
    Raises Unbatched for an operation without a rule.
    """
    order = _recorded(outputs, standing)
    uses = Counter(a for node in order for a in _sources(node, standing))
    uses.update(outputs)
    known: dict[Node, Batched] = dict(given)
    for node in order:
        sources = _sources(node, standing)
        if node.op in IMPURE:
            raise Unbatched(f"{name_of(node.op)} draws for each example anew")
        if node in known or not any(a in known for a in sources):
            continue
        known[node] = known[sources[0]] if stands(node, standing) else _computed(node, known, examples)
        for a in sources:  # an array that nobody needs any more is freed
            uses[a] -= 1
            if not uses[a]:
                known.pop(a, None)
    return [known.get(o, o.array) for o in outputs]


def _computed(node: Node, known: Mapping[Node, Batched], examples: int) -> Batched:
    """The operation of a node, for every example."""
    assert node.op is not None
    args = [_filled(a, known) for a in node.args]
    keywords = {k: _filled(a, known) for k, a in node.keywords.items()}
    one = One(node.op, node.array.shape, examples)
    array = np.asarray(_rule_of(node.op)(one, *args, **keywords))
    if array.shape != (examples, *one.shape) or array.dtype != node.array.dtype:
        raise Unbatched(f"{name_of(node.op)} of many examples gives {array.shape} {array.dtype}")
    return Batched(array)


def _recorded(outputs: Iterable[Node], standing: Standing) -> list[Node]:
    """All nodes that lead to `outputs`, whether they require a gradient or not, oldest first."""
    found = set(outputs)
    waiting = list(found)
    while waiting:
        for a in _sources(waiting.pop(), standing):
            if a not in found:
                found.add(a)
                waiting.append(a)
    return newest_first(found)[::-1]


def _sources(node: Node, standing: Standing) -> tuple[Node, ...]:
    """What the value of a node follows from."""
    return (standing[node.index],) if stands(node, standing) else node.inputs


def stands(node: Node, standing: Standing) -> bool:
    """Has the node the value of another?"""
    return node.index in standing


def depends_on(node: Node, sources: Iterable[Node], standing: Standing = NO_STANDING) -> bool:
    """Was `node` computed from one of `sources`, by whatever is recorded?"""
    return not set(_recorded([node], standing)).isdisjoint(sources)


def _rule_of(op: Callable[..., Any]) -> BatchRule:
    rule = BATCHING.get(op)
    if rule is None and isinstance(op, np.ufunc) and op.signature is None and op.nout == 1:
        return elementwise
    if rule is None:
        raise Unbatched(f"{name_of(op)} has no rule for many examples at once")
    return rule


def _filled(a: Any, known: Mapping[Node, Batched]) -> Any:
    if isinstance(a, Node):
        return known.get(a, a.array)
    return type(a)(_filled(part, known) for part in a) if type(a) in NESTS else a


# ---------------------------------------------------------------------------------------------------------------------
# What the rules are made of.


def elementwise(one: One, *args: Any, **keywords: Any) -> np.ndarray[Any, Any]:
    """Element by element, with broadcasting: the axes of an example are aligned from the right."""
    n = len(one.shape)
    out = one.op(*(aligned(a, n) for a in args), **{k: aligned(a, n) for k, a in keywords.items()})
    return out  # type: ignore[no-any-return]


def aligned(a: Any, ndim: int) -> Any:
    """A Batched value as an array of the examples and `ndim` further axes; anything else as it is."""
    if not isinstance(a, Batched):
        return a
    shape = a.array.shape
    missing = ndim + 1 - len(shape)
    return a.array.reshape(shape[0], *(1,) * missing, *shape[1:]) if missing > 0 else a.array


def spread(a: Any, examples: int) -> np.ndarray[Any, Any]:
    """Any value as an array with the examples along its first axis."""
    return a.array if isinstance(a, Batched) else np.broadcast_to(a, (examples, *np.shape(a)))


def refuse_batched(one: One, *values: Any) -> None:
    """Raises Unbatched if one of `values` differs between examples."""
    for v in values:
        if isinstance(v, Batched) or (type(v) in NESTS and any(isinstance(part, Batched) for part in v)):
            raise Unbatched(f"{name_of(one.op)} has an argument that differs between examples and has no rule for it")
