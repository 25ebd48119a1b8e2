"""Transposes that need no card: `x @ W.T` is drawn as `x @ Wᵀ`, with an arrow from W."""

from typing import NamedTuple

from ..node import Node
from ..traversal import newest_first
from .collapse import Key
from .model import Entry, Use
from .text import short_name


class Turned(NamedTuple):
    """A transpose without a card of its own."""

    node: Node
    name: str
    """What it would have been called."""


def without_turned(entries: list[Entry], keys: list[Key]) -> tuple[list[Entry], list[Key], list[Turned]]:
    """The entries without nameless transposes of matrices, whose users use the matrix instead; and these, in their order.

    What is drawn for itself keeps its card, and so does what would share one.
    """
    used = {j for entry in entries for j in entry.inputs}
    left_out = {i for i in used if keys[i].what == "node" and _is_turned(entries[i])}
    if not left_out:
        return entries, keys, []
    instead: dict[int, int] = {}
    kept: list[int] = []
    for i, entry in enumerate(entries):
        entry.inputs = [instead[j] for j in entry.inputs]
        if i in left_out:
            instead[i] = entry.inputs[0]
        else:
            instead[i] = len(kept)
            kept.append(i)
    moved = [keys[i]._replace(entry=instead[keys[i].entry]) if keys[i].entry >= 0 else keys[i] for i in kept]
    turned = [Turned(e.value, e.name or "") for i in sorted(left_out) if isinstance((e := entries[i]).value, Node)]
    return [entries[i] for i in kept], moved, turned


def _is_turned(entry: Entry) -> bool:
    node = entry.value
    if not isinstance(node, Node) or node.op is None or entry.given or entry.kind == "output":
        return False
    plain = not any(a is not None for a in (*node.args[1:], *node.keywords.values()))
    return short_name(node.op) == "transpose" and plain and node.array.ndim == 2


def uses_of(turned: list[Turned], entries: list[Entry], uses: dict[Use, int]) -> dict[Use, int]:
    """`uses`, and which edge shows the use of a matrix by its transpose: that of some use of the transpose."""
    if not turned:
        return uses
    found = dict(uses)
    hidden = {t.node for t in turned}
    nodes = [*(e.value for e in entries if isinstance(e.value, Node)), *hidden]
    for node in newest_first(nodes):  # of a transpose that is transposed, the outer one before the inner
        for number, a in enumerate(node.inputs):
            if a in hidden and (node.index, number) in found:
                found[a.index, 0] = found[node.index, number]
    return found
