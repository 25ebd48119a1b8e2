"""The chain rule, and nothing else.

For C computed through nodes n, each made from inputs by a function whose rules are known,

    dC/d(input) = sum over every use n of the input:  rule_n(dC/dn)

Nodes have their turns from the newest to the oldest. When n has its turn, dC/dn is complete: every use of n is newer than n.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .cotangents import Place, explains, rule_of
from .graph import LAST_STAMP, NESTS, Node, clock, constant_leaf, extras, leaf, nodes_in, shared, values_of
from .mode import current_mode, recording
from .operands import SIMPLE, operand
from .ownership import own, release, separate
from .quiet import hush, speak
from .quotients import Quotient, plain
from .rules import VJPS, name_of
from .traversal import Waiting, ancestors, between, check_unwritten

Cotangent = Any
"""What travels backward: an ndarray or NumPy scalar, or a Tensor if the pass itself is recorded."""


def chain_rule(
    seeds: Mapping[Node, Cotangent], passing: set[Node] | None, wanted: set[Node] | None, record: bool
) -> dict[Node, Cotangent]:
    """Carry the cotangents in `seeds` back through the nodes `passing` and return those of the `wanted` nodes they reach.

    passing : None stands for all that require a gradient
    wanted : None stands for the leaves, and the others that are to retain theirs
    record : let the rules see Tensors, so that the pass is itself part of a graph, instead of arrays
    Raises RuntimeError for a value that was written after it was used.
    """
    cotangents = dict(seeds) if passing is None else {n: g for n, g in seeds.items() if n in passing}
    complete: dict[Node, Cotangent] = {}
    waiting = Waiting()
    for output in cotangents:
        if output.op is not None or has_hooks(output):
            waiting.push(output)
    stamped = LAST_STAMP
    held: list[tuple[Node, int]] = []
    announced = hush()  # a slope may be infinite or undefined; it is returned, not hidden and not announced
    try:
        while (node := waiting.pop()) is not None:
            if held:
                require_the_same(held)
                held = []
            g = cotangents.pop(node)
            op: Any = node.op
            more = node._extras
            if more is not None and (more.hooks or more.runs_code):
                # Code of the user's will run, which may change what is still to come and what requires a gradient.
                still = [node, *waiting.all()]
                held = [(n, n.index) for n in still]
                if passing is None:
                    passing = ancestors(still)
            if record or more is not None:
                g = completed(g, node, record)
                require_the_same(held)
            if wanted is not None:
                if node in wanted:
                    complete[node] = g
            elif op is None or (more is not None and more.retain_grad):
                complete[node] = g
            if op is None:
                continue
            if node.index < stamped[0]:  # else it is newer than any write
                replaced = check_unwritten(node)
                if replaced and passing is not None:  # a hook wrote them: else they were replaced before
                    passing = follow(replaced, passing, wanted)
            rules = VJPS[op]
            args, keywords = node.args, node.keywords
            if record:
                given = [g, node, *args]
            else:
                given = [g, node._array]
                for a in args:
                    given.append(a._array if isinstance(a, Node) else values_of(a))
                if keywords:
                    keywords = {k: values_of(v) for k, v in keywords.items()}
            try:
                i = -1  # counted by hand, in a third of the time that enumerate takes for two arguments
                for a in args:
                    i += 1
                    if isinstance(a, Node):
                        reached = a in cotangents
                        if not reached and not (a._requires_grad if passing is None else a in passing):
                            continue
                        c = rules[i](*given, **keywords) if keywords else rules[i](*given)
                        data = a._array
                        try:
                            if record or c.shape != data.shape or c.dtype is not data.dtype or type(c) not in SIMPLE:
                                c = fit(c, data, record, (node, i))
                        except AttributeError:  # it is no array
                            c = fit(_from_number(c, data, op, i), data, record)
                        if reached:
                            cotangents[a] = cotangents[a] + c  # out of place: c may be g itself
                        else:
                            cotangents[a] = c
                            if a.op is not None or (a._extras is not None and a._extras.hooks):
                                waiting.push(a)
                    elif type(a) in NESTS and any(n in cotangents or _passes(n, passing) for n in nodes_in(a)):
                        # A sequence has one rule, which returns a sequence.
                        sent = rules[i](*given, **keywords)
                        _send(sent, a, passing, cotangents, waiting, record, (node, i))
                if keywords:
                    for k, a in node.keywords.items():
                        if isinstance(a, Node) and (a in cotangents or _passes(a, passing)):
                            sent = rules[k](*given, **keywords)
                            _send(sent, a, passing, cotangents, waiting, record, (node, k))
            except Exception as error:
                inside = f", in {' / '.join(node.scope)}" if node.scope else ""
                error.add_note(f"in the backward pass through {name_of(op)}, which made {node.describe()}{inside}")
                raise
        late = passing is not None  # may a hook have been registered since a leaf was reached?
        for a, g in cotangents.items():  # leaves, which need no turn unless they have hooks
            if wanted is None or a in wanted:
                complete[a] = completed(g, a, record) if record or (late and has_hooks(a)) else g
    finally:
        speak(announced)
    return complete


def require_the_same(held: Iterable[tuple[Node, int]]) -> None:
    """Raise RuntimeError if one of the nodes has another number, and so another history, than it had."""
    for node, number in held:
        if node.index != number:
            raise RuntimeError(
                f"{node.describe()} was made another node, by a hook or in a checkpoint, while the backward pass was on its way "
                "through it: write into a copy() of it"
            )


def follow(replaced: Iterable[tuple[Node, Node]], passing: set[Node], wanted: set[Node] | None) -> set[Node]:
    """Let the pass go through the nodes of old values, in the place of those that a hook wrote."""
    for node, old in replaced:
        if wanted is not None and node in wanted:
            raise RuntimeError(
                f"{node.describe()} was written by a hook while its gradient was on its way: write into a copy() of it"
            )
        if node in passing:
            passing.add(old)
    return passing


def has_hooks(node: Node) -> bool:
    return node._extras is not None and bool(node._extras.hooks)


def _passes(node: Node, passing: set[Node] | None) -> bool:
    return node._requires_grad if passing is None else node in passing


def _send(
    c: Any, a: Any, passing: set[Node] | None, cotangents: dict[Node, Cotangent], waiting: Waiting, record: bool,
    place: Place,
) -> None:  # fmt: skip
    """Add what a rule gave for an argument, which may be a sequence, to the cotangents of the nodes there."""
    if isinstance(a, Node):
        reached = a in cotangents
        if reached or _passes(a, passing):
            node, argument = place
            c = c if hasattr(c, "shape") else _from_number(c, a._array, node.op, argument)
            c = fit(c, a._array, record, place)
            cotangents[a] = cotangents[a] + c if reached else c
            if not reached and (a.op is not None or has_hooks(a)):
                waiting.push(a)
    elif type(a) in NESTS:
        for part, sent in zip(a, c, strict=True):
            _send(sent, part, passing, cotangents, waiting, record, place)


def _from_number(c: Any, data: np.ndarray[Any, Any], op: Any, argument: int | str) -> np.ndarray[Any, Any]:
    """A Python number that a rule gave, as the derivative by every element. Raises TypeError for what is none."""
    if not isinstance(c, int | float):
        kind = "None" if c is None else f"a {type(c).__name__}"
        raise TypeError(f"the rule of {name_of(op)} for argument {argument} returned {kind}, not an array") from None
    return np.full(data.shape, c, data.dtype)


def fit(c: Cotangent, data: np.ndarray[Any, Any], record: bool = False, place: Place | None = None) -> Cotangent:
    """A cotangent in the shape and dtype of the input it is for.

    record : as a Tensor, also if it is a constant that a rule gave as an array
    place : the node and the argument whose rule gave it
    Raises ValueError for a shape that broadcasting does not explain and for a dtype that is not floating; TypeError for a class
    other than ndarray and Tensor, which may add by other rules.
    """
    shape, dtype = data.shape, data.dtype
    sent = c.shape
    if type(c) not in SIMPLE and not isinstance(c, Node | Quotient):
        raise TypeError(
            f"{rule_of(place)} returned a {type(c).__name__}; a cotangent is a plain ndarray: return np.asarray(...) of it"
        )
    if sent != shape:
        if place is None or explains(place, sent, shape):
            c = unbroadcast(c, shape)
        if c.shape != shape:
            raise ValueError(
                f"{rule_of(place)} returned shape {sent} for an input of shape {shape}, and nothing broadcast that input to it: "
                f"return the gradient in the shape {shape}"
            )
    if c.dtype is not dtype and c.dtype != dtype:
        if c.dtype.kind != "f":
            raise ValueError(f"{rule_of(place)} returned dtype {c.dtype} for an input of dtype {dtype}")
        c = c.astype(dtype)
    return constant_leaf(own(c)) if record and not isinstance(c, Node | Quotient) else c


def unbroadcast(c: Cotangent, shape: tuple[int, ...]) -> Cotangent:
    """Sum over the axes along which an input of `shape` was broadcast: every copy of it contributes."""
    extra = c.ndim - len(shape)
    if extra > 0:
        c = _sum(c, 0 if extra == 1 else tuple(range(extra)), _wide(c.dtype))
        if c.shape == shape:
            return c
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and i < c.ndim and c.shape[i] != 1)
    return _sum(c, stretched, _wide(c.dtype), keepdims=True) if stretched else c


_sum = np.add.reduce


def _wide(dtype: np.dtype[Any]) -> Any:
    """The precision of a sum; half precision has too few bits for many terms. None for that of the terms."""
    return np.float32 if dtype.char == "e" else None


def completed(g: Cotangent, node: Node, record: bool) -> Cotangent:
    """What the hooks of a node make of its complete cotangent, which then has its name.

    Raises ValueError if a hook returns another shape.
    """
    for hook in list(node._extras.hooks.values()) if node._extras is not None else ():
        if record:
            returned = hook(plain(g))
        else:
            with recording(False):
                returned = hook(leaf(own(g)))
        if returned is not None:
            replaced = returned if isinstance(returned, Node) else leaf(np.array(operand(returned), node._array.dtype))
            if replaced._array.shape != node._array.shape:
                raise ValueError(
                    f"a hook on {node.describe()} returned shape {replaced._array.shape}; its gradient has {node._array.shape}"
                )
            g = replaced if record else replaced._array
    if record and type(g) is not Quotient and g.name is None and node.name is not None and g.op is not None:
        g.name = f"dC_d{node.name}"
    return g


# ---------------------------------------------------------------------------------------------------------------------
# What may be run backward.


def pull_back(
    outputs: Mapping[Node, Node | None],
    wanted: Iterable[Node] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    keep_all: bool = False,
) -> dict[Node, Node]:
    """The gradients of `outputs`, weighted by the cotangent of each, as Tensors of their own.

    outputs : the cotangent of each; None is 1, of one number
    wanted : the nodes whose gradients are asked for; by default all leaves, and the others that are to retain theirs
    Raises RuntimeError for an output that needs no gradient or was already run backward, and for stale inputs.
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
            complete[node] = leaf(release(complete, node))
    if not (retain_graph or create_graph):
        with shared:  # of two threads that ran it, one gets what it found
            for output in outputs:
                _require_unspent(output)
            for output in outputs:
                if output.op is not None:  # a leaf has no graph to use up
                    extras(output).spent = True
    return complete


def carried_back(
    outputs: Mapping[Node, Node | None], wanted: Iterable[Node] | None, create_graph: bool, keep_all: bool = False
) -> dict[Node, Cotangent]:
    """What `pull_back` gives, as it comes out of the chain rule: as quotients too, and maybe one array for two nodes."""
    passing = keep = None
    if wanted is not None:
        keep, reached = set(wanted), ancestors(outputs)
        passing = between(keep & reached, reached)
    elif keep_all:
        keep = ancestors(outputs)
    record = create_graph or current_mode().tracing is not None
    if not record:
        numbers = {n: n._array.dtype.type(1) if g is None else g._array[()] for n, g in outputs.items()}
        return chain_rule(numbers, passing, keep, record)
    with recording(create_graph):
        seeds = {n: constant_leaf(np.ones_like(n._array)) if g is None else g for n, g in outputs.items()}
        return chain_rule(seeds, passing, keep, record)


def _check(output: Node) -> None:
    if not output._requires_grad:
        raise RuntimeError(
            f"no gradient can be taken of {output.describe()}: nothing it was made from requires a gradient, or it was made "
            "under no_grad(). Make the inputs with requires_grad=True and compute it while recording is on"
        )
    _require_unspent(output)


def _require_unspent(output: Node) -> None:
    if output._extras is not None and output._extras.spent:
        raise RuntimeError(
            f"the graph of {output.describe()} was already run backward; its gradients would be counted a second time. "
            "If that is meant, pass retain_graph=True to the call before"
        )
