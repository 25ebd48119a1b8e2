"""Derivatives that there are not, and how the backward pass says so."""

from functools import cache
from typing import Any

from .node import Node

OPERATION, RESULT = "an operation", "a tensor"


class NoDerivative(RuntimeError):
    """There is none. Before it is raised on, the backward pass says for which OPERATION and which RESULT."""


def overwritten(node: Node) -> None:
    """From now on nobody can read the array of a node: `t.data -= v` has changed it in the memory that the graph reads."""
    kind: Any = type(node)
    node.__class__ = _kind(kind)


@cache
def _kind(kind: type[Node]) -> Any:
    """The same kind of node, but for its array, of which only an error is left."""
    return type(kind.__name__, (kind,), {"__slots__": (), "array": property(_refuse), "describe": _named})


def _refuse(node: Node) -> None:
    raise NoDerivative(
        f"the array of {node.describe()} was changed in place, as by `t.data -= v`, after {OPERATION} had used it, so its "
        "derivative would be taken at the wrong value: write `t.data = t.data - v`, or `t -= v` under no_grad(), or run "
        "backward() first"
    )


def _named(node: Node) -> str:
    """By its name, since its shape is not told any more."""
    return "an unnamed tensor" if node.name is None else repr(node.name)
