"""One use of a Tensor by an operation, and what the operation's rule sends back to it.

A Tensor that stands in an operation twice is used twice, as in x·x. A path is a chain of uses; a step of the backward pass
is one of them.
"""

from collections.abc import Container, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..backward import seen_by_rules
from ..cotangents import Cotangent, fitted, paired
from ..mode import recording
from ..node import Node, nodes_in
from ..recording import current
from ..rules import VJPS
from ..tensor import Tensor
from ..traversal import ancestors


class Use(NamedTuple):
    """`input` is the `number`-th of the `inputs` of `node`."""

    node: Node
    number: int
    input: Node

    @property
    def key(self) -> tuple[int, int]:
        """What tables are kept by, and what `lit` of a picture takes."""
        return self.node.index, self.number


def sent(
    node: Node, g: Cotangent, numbers: Container[int], summed: bool = True
) -> Iterator[tuple[int, Node, Cotangent]]:
    """What the rules of `node` send to its inputs of these numbers, each with its number, in the order of the backward pass.

    g : the cotangent of `node`. A rule runs once an argument, on arrays, and only if it is needed; nothing is recorded.
    summed : in the shape of the input, with the sums over what was broadcast; else as the rule returns it
    """
    assert node.op is not None
    rules = VJPS[node.op]
    given, named = seen_by_rules(node, g, False)
    numbering = count()
    arguments: list[tuple[int | str, Any]] = [*enumerate(node.args), *node.keywords.items()]
    for key, argument in arguments:
        inside = list(nodes_in([argument]))
        places = [next(numbering) for _ in inside]
        if any(n in numbers for n in places):
            with np.errstate(all="ignore"), recording(False):  # a slope may be infinite or undefined
                whole = rules[key](*given, **named)
                parts = (
                    [(argument, whole)] if isinstance(argument, Node) else paired(argument, whole, inside.__contains__)
                )
                wanted = [(n, a, c) for n, (a, c) in zip(places, parts, strict=True) if n in numbers]
                if summed:
                    wanted = [(n, a, fitted(c, a, False, (node, key))) for n, a, c in wanted]
            yield from wanted


def push(use: Use, g: Cotangent) -> Cotangent:
    """What this use alone sends back."""
    ((_, _, c),) = sent(use.node, g, (use.number,))
    return c


def depends(node: Node, leads: Container[Node]) -> Iterator[Use]:
    """The uses of those inputs of `node` that are in `leads`."""
    for number, a in enumerate(node.inputs):
        if a in leads:
            yield Use(node, number, a)


def recorded(cost: Any, leaf: Any, what: str) -> tuple[Node, Node]:
    """The nodes of two Tensors.

    Raises TypeError for what is no Tensor, RuntimeError for one whose derivatives were not recorded and for a leaf that was
    written after an operation on the way to the cost had used it.
    """
    for t in (cost, leaf):
        if not isinstance(t, Tensor):
            raise TypeError(f"{what} takes Tensors, got {type(t).__name__}")
        t.looked_at(what)
    end, start = current(cost), current(leaf)
    if not end.requires_grad:
        raise RuntimeError(
            f"{end.describe()} does not require a gradient: nothing it was made from does, or it was made under no_grad(), so "
            "how it was made is not known. Make the leaves with requires_grad=True and compute while recording is on"
        )
    if not start.requires_grad:
        raise RuntimeError(
            f"{start.describe()} does not require a gradient, so what was made from it alone was not recorded, and its paths to "
            f"{end.describe()} cannot be told. Make it with requires_grad=True and compute again"
        )
    if (
        start.op is None
        and start.slot is not None
        and any(n is not start and n.slot is start.slot for n in ancestors([end]))
    ):
        raise RuntimeError(
            f"{start.describe()} was written after an operation that leads to {end.describe()} had used it: compute the cost "
            "again, or explain it before the write"
        )
    return end, start
