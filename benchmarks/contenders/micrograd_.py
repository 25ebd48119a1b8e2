"""micrograd: single numbers only, Python floats, no NumPy."""

import sys

from micrograd.engine import Value

from .problem import Scalars


def _backward(output: Value) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**8)  # it walks the graph by recursion, as deep as the graph is
    try:
        output.backward()
    finally:
        sys.setrecursionlimit(limit)


SCALARS = {
    "micrograd": Scalars(
        leaves=lambda numbers: [Value(v) for v in numbers],
        forward=lambda f, leaves: f(leaves),
        backward=_backward,
        gradient=lambda leaves, _: [leaf.grad for leaf in leaves],
    )
}
