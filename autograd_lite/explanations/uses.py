"""One use of a Tensor by an operation, and what the operation's rule sends back to it.

A Tensor that stands in an operation twice is used twice, as in x·x. A path is a chain of uses; a step of the backward pass
is one of them.
"""

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..backward import Cotangent, fit
from ..graph import NESTS, Node, values_of
from ..mode import recording
from ..rules import VJPS

Place = tuple[int, ...]
"""Where in a nested argument: the second of a list is (1,)."""


class Use(NamedTuple):
    """`input` is the `number`-th of the `inputs` of `node`."""

    node: Node
    number: int
    input: Node

    @property
    def key(self) -> tuple[int, int]:
        """What tables are kept by: comparing Tensors compares their elements."""
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
    values = values_of(node.args)
    keywords = {k: values_of(v) for k, v in node.keywords.items()}
    number = -1
    arguments: list[tuple[int | str, Any]] = [*enumerate(node.args), *node.keywords.items()]
    for key, argument in arguments:
        wanted = []
        for place, a in _nodes(argument):
            number += 1
            if number in numbers:
                wanted.append((number, place, a))
        if wanted:
            with np.errstate(all="ignore"), recording(False):  # a slope may be infinite or undefined
                whole = rules[key](g, node._array, *values, **keywords)
                parts = [(n, a, _part(whole, place)) for n, place, a in wanted]
                parts = [(n, a, fit(c, a._array) if summed else c) for n, a, c in parts]
            yield from parts


def _nodes(argument: Any) -> Iterator[tuple[Place, Node]]:
    """The Tensors in an argument, each with its place."""
    if isinstance(argument, Node):
        yield (), argument
    elif type(argument) in NESTS:
        for i, part in enumerate(argument):
            for place, node in _nodes(part):
                yield (i, *place), node


def _part(whole: Any, place: Place) -> Any:
    for i in place:
        whole = whole[i]
    return whole


def push(use: Use, g: Cotangent) -> Cotangent:
    """What this use alone sends back."""
    ((_, _, c),) = sent(use.node, g, (use.number,))
    return c


def depends(node: Node, leads: Container[Node]) -> Iterator[Use]:
    """The uses of those inputs of `node` that are in `leads`."""
    for number, a in enumerate(node.inputs):
        if a in leads:
            yield Use(node, number, a)


def require_recorded(cost: Any, leaf: Any, what: str) -> None:
    """Raises TypeError for what is no Tensor, RuntimeError for one whose derivatives were not recorded."""
    for t in (cost, leaf):
        if not isinstance(t, Node):
            raise TypeError(f"{what} takes Tensors, got {type(t).__name__}")
        t.looked_at(what)
    if not cost._requires_grad:
        raise RuntimeError(
            f"{cost.describe()} does not require a gradient: nothing it was made from does, or it was made under no_grad(), so "
            "how it was made is not known. Make the leaves with requires_grad=True and compute while recording is on"
        )
    if not leaf._requires_grad:
        raise RuntimeError(
            f"{leaf.describe()} does not require a gradient, so what was made from it alone was not recorded, and its paths to "
            f"{cost.describe()} cannot be told. Make it with requires_grad=True and compute again"
        )
