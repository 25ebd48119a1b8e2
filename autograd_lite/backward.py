"""The chain rule, and what may be run backward.

For C computed through nodes n, each made from inputs by a function whose rules are known,

    dC/d(input) = sum over every use n of the input:  rule_n(dC/dn)

Nodes have their turns from the newest to the oldest. When n has its turn, dC/dn is complete: every use of n is newer than n.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from .cotangents import Cotangent, fitted, observed, paired, tell
from .mode import current_mode, recording
from .node import NO_KEYWORDS, Node, clock, nodes_in, shared, slot_of
from .operands import NESTS
from .ownership import release, separate
from .quiet import hush, speak
from .quotients import plain
from .recording import constant_leaf, current, handles_of, values_of
from .rules import VJPS
from .traversal import Waiting, ancestors, between

_requires_grad = attrgetter("requires_grad")
_USUAL = frozenset((np.ndarray, np.float64, np.float32))


def chain_rule(
    seeds: Mapping[Node, Cotangent], passing: set[Node] | None, wanted: set[Node] | None, record: bool
) -> dict[Node, Cotangent]:
    """Carry the cotangents in `seeds` back through the nodes `passing` and return those of the `wanted` nodes they reach.

    passing : None stands for all that require a gradient
    wanted : None stands for the leaves, and the others whose slot retains theirs
    record : let the rules see Tensors, so that the pass is itself part of a graph, instead of arrays
    """
    passes = _requires_grad if passing is None else passing.__contains__
    cotangents = {n: g for n, g in seeds.items() if passes(n)}
    complete: dict[Node, Cotangent] = {}
    waiting = Waiting(n for n in cotangents if has_turn(n))
    while (node := waiting.pop()) is not None:
        g = cotangents.pop(node)
        slot = node.slot
        if record or (slot is not None and slot.hooks):
            g = observed(g, node, record)
        if (node.op is None or (slot is not None and slot.retained)) if wanted is None else node in wanted:
            complete[node] = g
        if node.op is None:
            continue
        rules = VJPS[node.op]
        try:
            given, named = seen_by_rules(node, g, record)
            places: Any = (*enumerate(node.args), *node.keywords.items()) if named else enumerate(node.args)
            for place, a in places:
                if isinstance(a, Node):
                    if not passes(a):
                        continue
                    c = rules[place](*given, **named) if named else rules[place](*given)
                    sent: Any = ((a, c),)
                elif type(a) in NESTS and any(map(passes, nodes_in(a))):
                    sent = paired(a, rules[place](*given, **named), passes)
                else:
                    continue
                for n, c in sent:
                    data = n.array
                    if record or type(c) not in _USUAL or c.shape != data.shape or c.dtype is not data.dtype:
                        c = fitted(c, n, record, (node, place))
                    if n in cotangents:
                        cotangents[n] = cotangents[n] + c  # out of place: c may be g itself
                    else:
                        cotangents[n] = c
                        if n.op is not None or has_turn(n):
                            waiting.push(n)
        except Exception as error:
            tell(error, node)
            raise
    for n, g in cotangents.items():
        if wanted is None or n in wanted:
            complete[n] = observed(g, n, record) if record or has_turn(n) else g
    return complete


def has_turn(n: Node) -> bool:
    """Does a node wait for its turn? A leaf does for its hooks alone: without the others a step takes 3 % less."""
    return n.op is not None or (n.slot is not None and bool(n.slot.hooks))


def seen_by_rules(node: Node, g: Cotangent, record: bool) -> tuple[list[Any], Mapping[str, Any]]:
    """What the rules of a node get, by position and by name: cotangent, value and arguments, as Tensors or as arrays."""
    if record:
        return [g, *map(handles_of, (node, *node.args))], {k: handles_of(a) for k, a in node.keywords.items()}
    given = [g, node.array]
    for a in node.args:
        given.append(a.array if isinstance(a, Node) else values_of(a))
    return given, {k: values_of(a) for k, a in node.keywords.items()} if node.keywords else NO_KEYWORDS


# ---------------------------------------------------------------------------------------------------------------------
# What may be run backward.


def pull_back(
    outputs: Mapping[Node, Any],
    wanted: Iterable[Node] | None = None,
    create_graph: bool = False,
    retain_graph: bool = False,
    keep_all: bool = False,
) -> dict[Node, Any]:
    """The gradients of `outputs`, weighted by the cotangent of each: Tensors if the pass is recorded, else arrays of their own.

    outputs : the cotangent of each, a Tensor; None is 1, of one number
    wanted : the nodes whose gradients are asked for; by default all leaves, and the others that are to retain theirs
    Raises RuntimeError for an output that needs no gradient or was already run backward.
    """
    for output in outputs:
        _check(output)
    began = next(clock)
    complete = carried_back(outputs, wanted, create_graph, keep_all)
    if create_graph or current_mode().tracing is not None:
        with recording(create_graph):
            complete = {n: plain(g) for n, g in complete.items()}
            separate(complete, began)
    else:
        for node in complete:
            complete[node] = release(complete, node)
    if not (retain_graph or create_graph):
        with shared:  # of two threads that ran it, one gets what it found
            for output in outputs:
                _require_unspent(output)
            for output in outputs:
                if output.op is not None:  # a leaf has no graph to use up
                    slot_of(output).spent = True
    return complete


def carried_back(
    outputs: Mapping[Node, Any], wanted: Iterable[Node] | None, create_graph: bool, keep_all: bool = False
) -> dict[Node, Cotangent]:
    """What `pull_back` gives, as it comes out of the chain rule: as quotients too, and maybe one array for two nodes."""
    passing = keep = None
    if wanted is not None:
        keep, reached = set(wanted), ancestors(outputs)
        passing = between(keep & reached, reached)
    elif keep_all:
        keep = ancestors(outputs)
    if not create_graph and current_mode().tracing is None:
        numbers = {n: n.array.dtype.type(1) if g is None else current(g).array[()] for n, g in outputs.items()}
        return carried(numbers, passing, keep, False)
    with recording(create_graph):
        seeds = {n: constant_leaf(np.ones_like(n.array)) if g is None else g for n, g in outputs.items()}
        return carried(seeds, passing, keep, True)


def carried(
    seeds: Mapping[Node, Cotangent], passing: set[Node] | None, wanted: set[Node] | None, record: bool
) -> dict[Node, Cotangent]:
    """The chain rule in silence: a slope may be infinite or undefined; it is returned, not hidden and not announced."""
    announced = hush()
    try:
        return chain_rule(seeds, passing, wanted, record)
    finally:
        speak(announced)


def _check(output: Node) -> None:
    if not output.requires_grad:
        raise RuntimeError(
            f"no gradient can be taken of {output.describe()}: nothing it was made from requires a gradient, or it was made "
            "under no_grad(). Make the inputs with requires_grad=True and compute it while recording is on"
        )
    _require_unspent(output)


def _require_unspent(output: Node) -> None:
    if output.slot is not None and output.slot.spent:
        raise RuntimeError(
            f"the graph of {output.describe()} was already run backward; its gradients would be counted a second time. "
            "If that is meant, pass retain_graph=True to the call before"
        )
