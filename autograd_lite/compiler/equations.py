"""The equations of backpropagation (Nielsen, NNDL, ch. 2), recognised among the lines of a program.

A layer is recognised by names and form: z1 = a @ W1.T + b1, where W1 and b1 are inputs. Of such a layer

    BP1  delta = grad_a C * sigma'(z), where no other layer's delta comes in
    BP2  delta = (delta_next @ W_next) * sigma'(z)
    BP3  dC/db = delta, summed over the examples
    BP4  dC/dW = delta.T @ a, summed over the examples
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .factors import factors_of
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
    deltas: dict[Value, str] = {}
    found: dict[str, str] = {}
    for value in body:
        match = GRADIENT.fullmatch(value.name or "")
        if match is None or match[1] not in weighted:
            continue
        later = _made_from(value, deltas)
        if not later:
            found[str(value.name)] = BP1
        elif len(later) == 1 and any(_is_carried(v, d, weights[deltas[d]]) for d in later for v in factors_of(value)):
            found[str(value.name)] = BP2
        else:
            continue  # several layers come after this one, or in another way
        deltas[value] = match[1]
    labelled = {v.name: v for v in body if v.name is not None} | dict(program.labels)
    for delta, suffix in deltas.items():
        for label, is_so, equation in ((f"dC_db{suffix}", _is_summed, BP3), (f"dC_dW{suffix}", _is_outer, BP4)):
            if label in labelled and is_so(labelled[label], delta):
                found[label] = equation
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


def _turned(a: object) -> Value | None:
    """A, if `a` is its transpose."""
    return a.args[0] if isinstance(a, Value) and a.op is np.transpose and len(a.args) == 1 else None


def _is_carried(value: Any, delta: Value, weights: Value) -> bool:
    """Is it delta @ W, or for one example W.T @ delta?"""
    return (
        isinstance(value, Value)
        and value.op is np.matmul
        and (
            (value.args[0] is delta and value.args[1] is weights)
            or (_turned(value.args[0]) is weights and value.args[1] is delta)
        )
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


def _made_from(value: Value, deltas: Mapping[Value, str]) -> set[Value]:
    """Of the deltas those that it is made from, not counting what these are made from themselves."""
    found, waiting, seen = set[Value](), [value], set[Value]()
    while waiting:
        for a in waiting.pop().inputs:
            if a in deltas:
                found.add(a)
            elif a not in seen:
                seen.add(a)
                waiting.append(a)
    return found
