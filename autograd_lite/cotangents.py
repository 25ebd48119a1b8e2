"""Whether the shape that a rule gave its cotangent can be right: what may be summed away, and what is a mistake."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .graph import NESTS, Node, values_of
from .rules import name_of

Place = tuple[Node, int | str]
"""A node, and which of its arguments: by position or by keyword."""


def rule_of(place: Place | None) -> str:
    """How an error message calls a rule."""
    if place is None or place[0].op is None:
        return "the rule"
    return f"the rule of {name_of(place[0].op)} for argument {place[1]}"


def explains(place: Place, sent: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """May an input of `shape` have been broadcast to what its rule sent: along axes that the result or another input has?

    Elements are matched by the last axes, stacks of matrices or of rows by the first.
    """
    node = place[0]
    if sent == node._array.shape:
        return True
    extra = len(sent) - len(shape)
    summed = [*range(extra), *(extra + i for i, n in enumerate(shape) if extra >= 0 and n == 1 != sent[extra + i])]
    inputs = [np.shape(a) for a in _arrays(values_of((*node.args, *node.keywords.values())))]
    if isinstance(node.op, np.ufunc) and node.op.signature is not None:
        inputs.append(_looped(node.op.signature, inputs) + sent[len(sent) - len(shape) :])
    return any(
        len(other) >= len(sent)
        and any(all(sent[i] == other[i + k] for i in summed) for k in (0, len(other) - len(sent)))
        for other in (node._array.shape, *inputs)
    )


def _looped(signature: str, inputs: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of the stack over which a generalized ufunc loops."""
    cores = [part.count(",") + bool(part) for part in re.findall(r"\((.*?)\)", signature.partition("->")[0])]
    return np.broadcast_shapes(*(s[: max(len(s) - n, 0)] for s, n in zip(inputs, cores, strict=False)))


def _arrays(values: Iterable[Any]) -> Iterator[Any]:
    for a in values:
        if type(a) in NESTS:
            yield from _arrays(a)
        elif isinstance(a, np.ndarray):
            yield a
