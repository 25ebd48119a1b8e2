"""The equations of backpropagation (Nielsen, NNDL, ch. 2), recognised among the lines of a program.

A layer is recognised by names and form: z1 = a @ W1.T + b1, where W1 and b1 are inputs. Of such a layer

    BP1  delta = grad_a C * sigma'(z), where no other layer's delta comes in
    BP2  delta = (delta_next @ W_next) * sigma'(z)
    BP3  dC/db = delta, summed over the examples
    BP4  dC/dW = delta.T @ a, summed over the examples
"""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from .names import GRADIENT
from .program import Program, Value

BP1 = "BP1: delta = grad_a C * sigma'(z)"
BP2 = "BP2: delta = (W_next^T delta_next) * sigma'(z)"
BP3 = "BP3: dC/db = delta"
BP4 = "BP4: dC/dW = delta a_prev^T"
_LAYER = re.compile(r"([zWb])(\w*)")


def equations(program: Program) -> dict[str, str]:
    """The equation that a line is, by the name or label of its value."""
    body = program.body()
    weights, weighted = _layers(program)
    deltas: dict[str, Value] = {}
    found: dict[str, str] = {}
    for value in body:
        match = GRADIENT.fullmatch(value.name or "")
        if match is None or match[1] not in weighted:
            continue
        before = {s: d for s, d in deltas.items() if _reaches(d, value, set(deltas.values()) - {d})}
        if not before:
            found[str(value.name)] = BP1
        elif len(before) == 1 and any(
            _is_carried(v, d, weights[s]) for s, d in before.items() for v in _factors(value)
        ):
            found[str(value.name)] = BP2
        else:
            continue  # several layers come after this one, or in another way
        deltas[match[1]] = value
    for label, value in _labelled(program, body).items():
        for suffix, delta in deltas.items():
            if label == f"dC_db{suffix}" and _is_summed(value, delta):
                found[label] = BP3
            elif label == f"dC_dW{suffix}" and _is_outer(value, delta):
                found[label] = BP4
    return found


def _layers(program: Program) -> tuple[dict[str, Value], set[str]]:
    """The weights of the layers by suffix, and which suffixes have a z = a @ W.T + b."""
    weights: dict[str, Value] = {}
    biases: set[Value] = set()
    for v in program.inputs:
        match = _LAYER.fullmatch(v.name or "")
        if match and match[1] == "W" and v.ndim == 2:
            weights[match[2]] = v
        elif match and match[1] == "b":
            biases.add(v)
    weighted = set()
    for v in program.body():
        match = _LAYER.fullmatch(v.name or "")
        if match is None or match[1] != "z" or match[2] not in weights:
            continue
        product = next((a for a in v.args if isinstance(a, Value) and a.op is np.matmul), v) if v.op is np.add else v
        rest = [a for a in v.args if a is not product] if v.op is np.add else []
        if product.op is np.matmul and _turned(product.args[1]) is weights[match[2]] and all(b in biases for b in rest):
            weighted.add(match[2])
    return weights, weighted


def _labelled(program: Program, body: list[Value]) -> Mapping[str, Value]:
    return {v.name: v for v in body if v.name is not None} | dict(program.labels)


def _turned(a: object) -> Value | None:
    """A, if `a` is its transpose."""
    return a.args[0] if isinstance(a, Value) and a.op is np.transpose and len(a.args) == 1 else None


def _factors(value: Value) -> Iterator[Value]:
    """The factors of a product, and those of which they are products."""
    if value.op is np.multiply:
        for a in value.args:
            if isinstance(a, Value):
                yield from _factors(a)
    else:
        yield value


def _is_carried(value: Value, delta: Value, weights: Value) -> bool:
    """Is it delta @ W, or for one example W.T @ delta?"""
    return value.op is np.matmul and (
        (value.args[0] is delta and value.args[1] is weights)
        or (_turned(value.args[0]) is weights and value.args[1] is delta)
    )


def _is_summed(value: Value, delta: Value) -> bool:
    """Is it delta, summed over its rows if it has some?"""
    if delta.ndim == 1:
        return value is delta
    return value.op is np.sum and value.args[:1] == (delta,) and value.keywords.get("axis", *value.args[1:2]) == 0


def _is_outer(value: Value, delta: Value) -> bool:
    """Is it delta.T @ a, or for one example their outer product?"""
    if delta.ndim == 2:
        return value.op is np.matmul and _turned(value.args[0]) is delta
    return value.op is np.outer and value.args[0] is delta


def _reaches(start: Value, end: Value, but: set[Value]) -> bool:
    """Is `end` made from `start`, without passing through others?"""
    waiting, seen = [end], set[Value]()
    while waiting:
        value = waiting.pop()
        if value is start:
            return True
        if value not in seen and value not in but:
            seen.add(value)
            waiting.extend(value.inputs)
    return False
