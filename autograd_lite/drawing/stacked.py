"""The card of several nodes: how many, of which operations, their parameters and the norm of their gradient."""

from collections import Counter

import numpy as np

from ..node import Node
from .model import Card, Entry, Row
from .palette import Kind
from .ranks import Scope
from .text import COUNTED, clean, number, short_name

MOST = 4
"""As many kinds of operation are counted out."""


def stacked_title(group: list[Entry], path: Scope) -> str:
    """What a card of several entries is called: by its scope, or by the first and the last of its leaves."""
    if path:
        return clean(path[-1])
    if group[0].given and group[-1].given:
        return clean(f"{group[0].name} … {group[-1].name}")
    return f"{len(group)} {group[0].kind} tensors"


def stacked_card(title: str, group: list[Entry], scope: Scope, values: bool, grads: bool) -> Card:
    parameters = [e for e in group if e.kind == "parameter"]
    outputs = [e for e in group if e.kind == "output"]
    size = sum(e.data.size for e in parameters)
    rows = [_line(_count(len(group), "node") + (f", {_count(size, 'parameter')}" if size else ""))]
    operations = Counter(short_name(e.value.op) for e in group if isinstance(e.value, Node) and e.value.op is not None)
    if operations:
        common = [f"{n}× {COUNTED.get(name, clean(name))}" for name, n in operations.most_common(MOST)]
        rows.append(_line("\u2002".join(common) + (" …" if len(operations) > MOST else "")))
    if parameters and grads:
        rows.append(Row("‖grad‖", ((_norm([e.gradient for e in parameters if e.gradient is not None]), 0),)))
    if values:
        rows += [
            Row(clean(e.name if e.given and e.name else "output"), ((number(e.data.item()), 0),))
            for e in outputs
            if e.data.size == 1
        ]
    kind: Kind = "output" if outputs else "parameter" if parameters else "operation" if operations else group[0].kind
    tip = "\n".join([title, *(" ".join([row.label, *(text for text, _ in row.parts)]).strip() for row in rows)])
    return Card(kind, title, "", tuple(rows), scope, tip, stacked=True)


def _line(text: str) -> Row:
    return Row("", ((text, 0),))


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' * (n != 1)}"


def _norm(gradients: list[np.ndarray]) -> str:
    if not gradients:
        return "—"
    return number(float(np.linalg.norm([np.linalg.norm(g) for g in gradients])))
