"""Which operation of a graph has a wrong derivative: each is held, at its actual values, against its own differences.

For a linear map J and its adjoint, <g, J v> = <J^T g, v>. The rule of an operation gives J^T g; differences of that
operation alone give <g, J v>, for v one element or a random direction.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .cotangents import fitted
from .differences import ANALYTIC, ROUGH, Mismatch, mismatch
from .function_names import name_of
from .node import Node, leaf_node
from .operands import NESTS
from .recording import values_of
from .rules import VJPS
from .traversal import ancestors, newest_first

Array = np.ndarray[Any, Any]
Place = tuple[Any, ...]
"""Where an input stands: (position,), (position, place in the list there), or (keyword,)."""


class Fault(NamedTuple):
    """An operation whose rule is wrong."""

    node: Node
    place: Place
    source: Node
    wrong: Mismatch | str

    def __str__(self) -> str:
        node = self.node
        assert node.op is not None
        slot = f"keyword {self.place[0]!r}" if isinstance(self.place[0], str) else f"input {self.place[0]}"
        part = f", part {self.place[1]}" if len(self.place) > 1 else ""
        inside = f", in {' / '.join(node.scope)}" if node.scope else ""
        at = f"{name_of(node.op)}, {slot}{part}: {self.source.describe()}"
        made = f"It made {node.describe()}{inside}"
        if isinstance(self.wrong, str):
            return f"{at}: {self.wrong}. {made}"
        return f"{at}, element {self.wrong.element or '()'}: {comparison(self.wrong, 'its rule')}. {made}"


def comparison(wrong: Mismatch, who: str) -> str:
    """Both numbers, and what is wrong with them."""
    slope = wrong.slope
    text = f"{who} gives {wrong.found:.12g}, {slope.how} {slope.value:.12g}"
    if slope.sides is not None:
        left, right = slope.sides
        return f"{text}; there is a kink, with slope {left:.6g} to its left and {right:.6g} to its right"
    if not np.isfinite(slope.value):
        return f"{text}; the function is not finite nearby, so nothing can be verified here"
    if not slope.uncertainty <= ROUGH * max(abs(slope.value), abs(wrong.found)):
        return f"{text} ± {slope.uncertainty:.1g}; the differences do not settle, so nothing can be verified here"
    return text


def first_fault(output: Node) -> Fault | None:
    """The oldest operation that leads to `output` and has a wrong rule; None if all are right."""
    for node in reversed(newest_first(ancestors([output]))):
        if node.op is not None:
            for place, source in _slots(node):
                wrong = _fault(node, place, source)
                if wrong is not None:
                    return Fault(node, place, source, wrong)
    return None


def _slots(node: Node) -> Iterator[tuple[Place, Node]]:
    for key, a in (*enumerate(node.args), *node.keywords.items()):
        if isinstance(a, Node) and a.requires_grad:
            yield (key,), a
        elif type(a) in NESTS:
            yield from (((key, j), part) for j, part in enumerate(a) if isinstance(part, Node) and part.requires_grad)


def _fault(node: Node, place: Place, source: Node) -> Mismatch | str | None:
    op = node.op
    assert op is not None
    values = [_wide(values_of(a)) for a in node.args]
    keywords = {k: _wide(values_of(a)) for k, a in node.keywords.items()}

    def run(x: Any) -> Any:
        changed, named = list(values), dict(keywords)
        holder: Any = named if isinstance(place[0], str) else changed
        if len(place) == 1:
            holder[place[0]] = x
        else:
            parts = list(holder[place[0]])
            parts[place[1]] = x
            holder[place[0]] = type(holder[place[0]])(parts)
        return op(*changed, **named)

    x = np.asarray(source.array, float)
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        try:
            ans = np.asarray(run(x))
        except Exception as error:
            return f"it cannot be computed once more ({error}), so its rule was not verified"
        if not np.all(np.isfinite(ans)):
            return "its result is not finite, so its rule cannot be verified"
        g = np.asarray(rng.uniform(0.5, 1.5, ans.shape) * rng.choice([-1.0, 1.0], ans.shape), ans.dtype)
        try:
            sent = VJPS[op][place[0]](g, ans, *values, **keywords)
            c = fitted(np.asarray(sent if len(place) == 1 else sent[place[1]]), leaf_node(x), False, (node, place[0]))
        except Exception as error:
            return f"its rule raises {type(error).__name__}: {error}"
        return mismatch(
            c,
            x,
            lambda v: lambda t: np.sum(g * run(x + t * v)),
            float(np.sum(np.abs(g * ans))),
            ans.dtype,
            op in ANALYTIC,
        )


def _wide(a: Any) -> Any:
    """The same values in double precision, so that single precision does not blur the comparison."""
    if isinstance(a, np.ndarray) and a.dtype.kind == "f":
        return a.astype(float)
    return type(a)(map(_wide, a)) if type(a) in NESTS else a
