"""The chain rule, and nothing else.

For C computed through nodes n, each made from inputs by a function whose rules are known,

    dC/d(input) = sum over every use n of the input:  rule_n(dC/dn)

Going through the nodes from the newest to the oldest, dC/dn is complete when n is reached: every use of n is newer than n.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .graph import NESTS, Node, ancestors, between, clock, extras, leaf, newest_first, nodes_in, values_of
from .mode import recording
from .rules import VJPS, name_of

Cotangent = Any
"""What travels backward: an ndarray or NumPy scalar, or a Tensor if the pass itself is recorded."""


def chain_rule(
    seeds: Mapping[Node, Cotangent], passing: set[Node], wanted: set[Node], record: bool
) -> dict[Node, Cotangent]:
    """Carry the cotangents in `seeds` back through the nodes `passing` and return those of the `wanted` nodes they reach.

    record : let the rules see Tensors, so that the pass is itself part of a graph, instead of arrays
    """
    cotangents = dict(seeds)
    complete: dict[Node, Cotangent] = {}
    ans: Any
    values: Any
    keywords: Any
    with np.errstate(
        all="ignore"
    ):  # a slope may be infinite or undefined; it is returned, not hidden and not announced
        for node in newest_first(passing):
            g = cotangents.pop(node, None)
            if g is None:
                continue
            if node._extras is not None and node._extras.hooks:
                g = _run_hooks(node, g, record)
            if record and g.name is None and node.name is not None and g.op is not None:
                g.name = f"dC_d{node.name}"
            if node in wanted:
                complete[node] = g
            op = node.op
            if op is None:
                continue
            row = VJPS[op]
            rules = row.positional
            args = node.args
            if record:
                ans, values, keywords = node, args, node.keywords
            else:
                ans, keywords = node._data, node.keywords
                values = [a._data if isinstance(a, Node) else values_of(a) if type(a) in NESTS else a for a in args]
                if keywords:
                    keywords = {k: values_of(v) for k, v in keywords.items()}
            try:
                for i, a in enumerate(args):
                    if isinstance(a, Node):
                        if a in passing:
                            rule = (i < len(rules) and rules[i]) or row.of(op, i)
                            c = rule(g, ans, *values, **keywords)
                            data = a._data
                            if c.shape != data.shape or c.dtype != data.dtype:
                                c = fit(c, data)
                            cotangents[a] = (
                                cotangents[a] + c if a in cotangents else c
                            )  # out of place: c may be g itself
                    elif type(a) in NESTS and not passing.isdisjoint(nodes_in(a)):
                        sent = row.of(op, i)(
                            g, ans, *values, **keywords
                        )  # a sequence has one rule, which returns a sequence
                        _send(zip(a, sent, strict=True), passing, cotangents)
                if node.keywords:
                    named = [(a, k) for k, a in node.keywords.items() if isinstance(a, Node) and a in passing]
                    _send(((a, row.of(op, k)(g, ans, *values, **keywords)) for a, k in named), passing, cotangents)
            except Exception as error:
                inside = f", in {' / '.join(node.scope)}" if node.scope else ""
                error.add_note(f"in the backward pass through {name_of(op)}, which made {node.describe()}{inside}")
                raise
    return complete


def _send(
    contributions: Iterable[tuple[Any, Cotangent]], passing: set[Node], cotangents: dict[Node, Cotangent]
) -> None:
    for a, c in contributions:
        if isinstance(a, Node) and a in passing:
            c = fit(c, a._data)
            cotangents[a] = cotangents[a] + c if a in cotangents else c
        elif type(a) in NESTS:
            _send(zip(a, c, strict=True), passing, cotangents)


def fit(c: Cotangent, data: np.ndarray[Any, Any]) -> Cotangent:
    """A cotangent in the shape and dtype of the input it is for. Raises ValueError for one that cannot be right."""
    if c.dtype.kind != "f":
        raise ValueError(f"the rule returned dtype {c.dtype} for an input of dtype {data.dtype}")
    if c.shape != data.shape:
        sent = c.shape
        c = unbroadcast(c, data.shape)
        if c.shape != data.shape:
            raise ValueError(f"the rule returned shape {sent} for an input of shape {data.shape}")
    return c if c.dtype == data.dtype else c.astype(data.dtype)


def unbroadcast(c: Cotangent, shape: tuple[int, ...]) -> Cotangent:
    """Sum over the axes along which an input of `shape` was broadcast: every copy of it contributes."""
    extra = c.ndim - len(shape)
    if extra > 0:
        c = np.add.reduce(c, axis=tuple(range(extra)))
        if c.shape == shape:
            return c
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and i < c.ndim and c.shape[i] != 1)
    return np.add.reduce(c, axis=stretched, keepdims=True) if stretched else c


def _run_hooks(node: Node, g: Cotangent, record: bool) -> Cotangent:
    for hook in list(extras(node).hooks.values()):
        returned = hook(g if record else leaf(own(g)))
        if returned is not None:
            replaced = returned if isinstance(returned, Node) else leaf(np.array(returned, node._data.dtype))
            if replaced._data.shape != node._data.shape:
                raise ValueError(
                    f"a hook on {node.describe()} returned shape {replaced._data.shape}; its gradient has {node._data.shape}"
                )
            g = replaced if record else replaced._data
    return g


# ---------------------------------------------------------------------------------------------------------------------
# Arrays that leave the pass belong to the caller alone.


def own(c: Any) -> np.ndarray[Any, Any]:
    """`c` as an array that shares its memory with nothing: a copy."""
    return np.array(c)


def release(complete: dict[Node, Cotangent], node: Node) -> np.ndarray[Any, Any]:
    """Take an array out of `complete` such that nobody else can see it change.

    A rule may return the array it was given, a view, or one and the same array for two inputs. It is copied, unless the
    count of its holders shows that it was made for this input alone.
    """
    held = [complete.pop(node)]
    array = held[0]
    if type(array) is not np.ndarray or not array.flags.writeable:
        return own(array)
    base = array.base
    del array
    if base is None:
        return held[0] if _holders(held) == _SOLE_ARRAY else own(held[0])
    whole = type(base) is np.ndarray and base.size == held[0].size
    del base
    return held[0] if whole and _holders(held) == _SOLE_VIEW else own(held[0])


def _separate(complete: dict[Node, Node], began: int) -> None:
    """The same for a recorded pass: what is older than it, the answer for another node too, or a view, is copied."""
    given = set()
    for node, g in complete.items():
        if g.index < began or g in given or not g._data.flags.owndata:
            complete[node] = copy = np.copy(g)  # type: ignore[call-overload]
            copy.name = g.name
        given.add(complete[node])


def _holders(held: list[Any]) -> tuple[int, int]:
    array = held[0]
    return sys.getrefcount(array), sys.getrefcount(array.base) if array.base is not None else 0


_SOLE_ARRAY = _holders([np.empty(2)])
_SOLE_VIEW = _holders([np.empty((2, 1)).T])


# ---------------------------------------------------------------------------------------------------------------------
# What may be run backward.


def pull_back(
    outputs: Mapping[Node, Node],
    wanted: Iterable[Node] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    keep_all: bool = False,
) -> dict[Node, Node]:
    """The gradients of `outputs`, weighted by the cotangent of each, as Tensors of their own.

    wanted : the nodes whose gradients are asked for; by default all leaves, and the others that are to retain theirs
    Raises RuntimeError for an output that needs no gradient or was already run backward, and for stale inputs.
    """
    for output in outputs:
        _check(output)
    passing = ancestors(outputs)
    if wanted is None:
        keep = {n for n in passing if keep_all or n.op is None or (n._extras is not None and n._extras.retain_grad)}
    else:
        keep = set(wanted)
        passing = between(keep & passing, passing)
    with recording(create_graph) as mode:
        record = create_graph or mode.tracing is not None
        seeds = dict(outputs) if record else {n: g._data[()] for n, g in outputs.items()}  # a number, if 0-d: faster
        began = next(clock)
        complete = chain_rule(seeds, passing, keep, record)
        if record:
            _separate(complete, began)
    if not (retain_graph or create_graph):
        for output in outputs:
            if output.op is not None:  # a leaf has no graph to use up
                extras(output).spent = True
    return complete if record else {node: leaf(release(complete, node)) for node in list(complete)}


def _check(output: Node) -> None:
    if not output._requires_grad:
        raise RuntimeError(
            f"no gradient can be taken of {output.describe()}: nothing it was made from requires a gradient, or it was made "
            "under no_grad(). Make the inputs with requires_grad=True and compute it while recording is on"
        )
    if output._extras is not None and output._extras.spent:
        raise RuntimeError(
            f"the graph of {output.describe()} was already run backward; its gradients would be counted a second time. "
            "If that is meant, pass retain_graph=True to the call before"
        )
