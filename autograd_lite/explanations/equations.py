"""Which steps of a backward pass are the four equations of backpropagation.

    BP1   δᴸ = ∇ₐC ⊙ σ′(zᴸ)             BP3   ∂C/∂bˡ = δˡ
    BP2   δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ′(zˡ)    BP4   ∂C/∂Wˡⱼₖ = aˡ⁻¹ₖ δˡⱼ

A weighted input is known by its name, z or z1, z2, ..., which layers give it, and by its form: a sum of products and a bias.
An activation is a function of it alone. BP2 is two steps: through the product, and through the activation.

Source: M. Nielsen, Neural Networks and Deep Learning, chapter 2.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..drawing.text import SUPERSCRIPTS, short_name
from ..node import Node
from .uses import Use

PRODUCTS = ("matmul", "matmul_transposed", "dot", "inner", "multiply", "einsum")
TURNED = ("transpose", "swapaxes", "matrix_transpose")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")


class Equation(NamedTuple):
    name: str
    """BP1, BP2, BP3 or BP4."""
    text: str


def equations_of(nodes: Iterable[Node]) -> Mapping[tuple[int, int], Equation]:
    """The equation of each use that is one, by the key of the use; none where no layer is recognised."""
    nodes = list(nodes)
    layers = {node: number for node in nodes if (number := _layer(node, "z")) is not None and _products(node)}
    found: dict[tuple[int, int], Equation] = {}
    if not layers:
        return found
    last = max(layers.values())
    for node in nodes:
        for number, a in enumerate(node.inputs):
            if a in layers:
                equation = _error(node, layers[a], layers[a] == last)
                if equation is not None:
                    found[node.index, number] = equation
    for z, number in layers.items():
        for use, equation in _layer_uses(z, number):
            found[use.key] = equation
    return found


def _layer(node: Node, letter: str) -> int | None:
    """The number in a name such as z1, z¹ or z₁; 0 for the letter alone."""
    match = re.fullmatch(rf"{letter}[_^]?(\d*)", (node.name or "").translate(_PLAIN))
    return None if match is None else int(match[1] or 0)


def _up(number: int) -> str:
    return str(number).translate(SUPERSCRIPTS) if number else ""


def _error(node: Node, number: int, last: bool) -> Equation | None:
    """The step that makes the error of a layer, δ = ∂C/∂z: from its activation, or from the cost, if that was made from z."""
    n, above = _up(number), _up(number + 1)
    activates = len(node.inputs) == 1 and _layer(node, "a") == number
    if last:
        at_once = "" if activates else f", which the cost makes from z{n} at once"
        return Equation("BP1", f"δ{n} = ∇ₐC ⊙ σ′(z{n}){at_once}")
    return Equation("BP2", f"δ{n} = (W{above})ᵀ δ{above} ⊙ σ′(z{n})") if activates else None


def _layer_uses(z: Node, number: int) -> Iterable[tuple[Use, Equation]]:
    """The steps from a weighted input back to its bias, its weights and the activations before it."""
    n, before = _up(number), _up(number - 1) if number > 1 else "⁰" if number else ""
    for use in _summands(z):
        if use.input.op is None and use.input.requires_grad:
            yield use, Equation("BP3", f"∂C/∂b{n} = δ{n}")
    for product in _products(z):
        for position, a in enumerate(product.inputs):
            if not a.requires_grad:
                continue
            use = Use(product, position, a)
            weight = Equation("BP4", f"∂C/∂W{n}ⱼₖ = a{before}ₖ δ{n}ⱼ")
            if a.op is None and not (a.name or "").startswith(("x", "a")):
                yield use, weight
            elif _made_by(a) in TURNED and a.inputs[0].op is None:
                yield use, weight
                yield Use(a, 0, a.inputs[0]), Equation("BP4", f"{weight.text}, turned back")
            elif a.op is None or _layer(a, "a") is not None:
                yield use, Equation("BP2", f"∂C/∂a{before} = {f'(W{n})' if n else 'W'}ᵀ δ{n}, the first half")


def _made_by(node: Node) -> str:
    return short_name(node.op) if node.op is not None else ""


def _sums(z: Node) -> list[Node]:
    """z and the sums it was added up from."""
    found, waiting = [], [z] if _made_by(z) == "add" else []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [a for a in node.inputs if _made_by(a) == "add" and _layer(a, "z") is None]
    return found


def _summands(z: Node) -> list[Use]:
    return [Use(node, i, a) for node in _sums(z) for i, a in enumerate(node.inputs)]


def _products(z: Node) -> list[Node]:
    around = [use.input for use in _summands(z)] or [z]
    return list(dict.fromkeys(a for a in around if _made_by(a) in PRODUCTS))
