"""What tensors are called in explanations: as in the picture of the same graph."""

from collections.abc import Mapping

from ..drawing.model import entries_of, name_all
from ..drawing.text import expression, isolated
from ..node import Node

Names = Mapping[int, str]
"""By `id`: the names of nodes and of constant arrays."""


def names_of(cost: Node) -> Names:
    """The names of all that leads to `cost`: their own, or t1, t2, ... and c1, c2, ... for constants."""
    entries = entries_of([cost], constants=True)
    name_all(entries)
    return {id(e.value): e.name or "" for e in entries}


def made_as(node: Node, names: Names) -> str:
    """How `node` was made, `W·x`; its name if it is a leaf."""
    if node.op is None:
        return isolated(names[id(node)])
    return expression(node.op, node.args, node.keywords, names)
