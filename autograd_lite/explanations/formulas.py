"""Local derivatives in words: what stands beside the numbers of a step.

x, y, z stand for the arguments in their order, f for the result, g for the cotangent that arrives at it. An operation that has no
row here is explained by its numbers alone.
"""

import re
from typing import Any, NamedTuple

import numpy as np

from ..drawing.text import SUPERSCRIPTS, atom, isolated, short_name
from ..node import nodes_in
from ..recording import values_of
from .naming import Names, made_as
from .uses import Use

JOINS = " ← "
"""In the formula of an operation that joins different elements: what is sent, and what it is made of."""
ONE_WHERE = "1 where {}, ½ where equal, else 0"

# fmt: off
FACTORS: dict[str, tuple[str | None, ...]] = {
    # Element by element: the contribution is g times this.
    #               ∂f/∂x                           ∂f/∂y
    "add":         ("1",                            "1"),
    "subtract":    ("1",                            "−1"),
    "multiply":    ("{y}",                          "{x}"),
    "divide":      ("1 / {y}",                      "−{x} / {y}²"),
    "power":       ("{y}·{x}^({y} − 1)",            "{f}·ln({x})"),
    "float_power": ("{y}·{x}^({y} − 1)",            "{f}·ln({x})"),
    "remainder":   ("1",                            "−⌊{x} / {y}⌋"),
    "maximum":     (ONE_WHERE.format("{x} > {y}"),  ONE_WHERE.format("{y} > {x}")),
    "minimum":     (ONE_WHERE.format("{x} < {y}"),  ONE_WHERE.format("{y} < {x}")),
    "hypot":       ("{x} / {f}",                    "{y} / {f}"),
    "arctan2":     ("{y} / ({x}² + {y}²)",          "−{x} / ({x}² + {y}²)"),
    "logaddexp":   ("σ({x} − {y})",                 "σ({y} − {x})"),
    "where":       (None, "1 where {x}, else 0",    "0 where {x}, else 1"),

    "negative":    ("−1",),
    "positive":    ("1",),
    "absolute":    ("sign({x})",),
    "fabs":        ("sign({x})",),
    "square":      ("2·{x}",),
    "sqrt":        ("1 / (2·√{x})",),
    "cbrt":        ("1 / (3·{f}²)",),
    "reciprocal":  ("−1 / {x}²",),
    "exp":         ("exp({x})",),
    "exp2":        ("{f}·ln(2)",),
    "expm1":       ("exp({x})",),
    "log":         ("1 / {x}",),
    "log2":        ("1 / ({x}·ln(2))",),
    "log10":       ("1 / ({x}·ln(10))",),
    "log1p":       ("1 / (1 + {x})",),
    "sin":         ("cos({x})",),
    "cos":         ("−sin({x})",),
    "tan":         ("1 / cos({x})²",),
    "arcsin":      ("1 / √(1 − {x}²)",),
    "arccos":      ("−1 / √(1 − {x}²)",),
    "arctan":      ("1 / (1 + {x}²)",),
    "sinh":        ("cosh({x})",),
    "cosh":        ("sinh({x})",),
    "tanh":        ("1 − tanh({x})²",),
    "arcsinh":     ("1 / √({x}² + 1)",),
    "arccosh":     ("1 / √({x}² − 1)",),
    "arctanh":     ("1 / (1 − {x}²)",),
    "deg2rad":     ("π / 180",),
    "radians":     ("π / 180",),
    "rad2deg":     ("180 / π",),
    "degrees":     ("180 / π",),
    "sigmoid":     ("σ({x})·(1 − σ({x}))",),
    "inverse_sigmoid": ("1 / ({x}·(1 − {x}))",),
    "relu":        ("1 where {x} > 0, else 0",),
    "softplus":    ("σ({x})",),
    "clip":        ("1 where the bounds leave {x} as it is, else 0",),
    "astype":      ("1",),
    "copy":        ("1",),
    "floor":       ("0",),
    "ceil":        ("0",),
    "trunc":       ("0",),
    "rint":        ("0",),
    "round":       ("0",),
    "sign":        ("0",),
}

MAPS: dict[str, tuple[str | None, ...]] = {
    # Between elements: the contribution is this.
    "transpose":    ("({g})ᵀ",),
    "swapaxes":     ("{g}, the axes exchanged back",),
    "moveaxis":     ("{g}, the axes moved back",),
    "reshape":      ("{g}, in the shape of {x}",),
    "squeeze":      ("{g}, in the shape of {x}",),
    "expand_dims":  ("{g}, in the shape of {x}",),
    "flip":         ("{g}, flipped back",),
    "broadcast_to": ("{g}",),
    "concatenate":  ("the part of {g} that {i} became",),
    "getitem":      ("{g} where it was read from {x}, 0 elsewhere",),
    "setitem":      ("{g}, 0 where {x} was overwritten",  None,  "{g} where {z} was written"),
    "sum":          ("{g} for every element that was summed",),
    "scaled_sum":   ("{y}·{g} for every element that was summed",),
    "mean":         ("{g} / n for every one of n elements",),
    "max":          ("{g} at the largest element, shared if there are several, 0 elsewhere",),
    "min":          ("{g} at the smallest element, shared if there are several, 0 elsewhere",),
    "prod":         ("{g} times the product of the other elements",),
    "var":          ("{g}·2·({x} − mean) / n",),
    "std":          ("{g}·({x} − mean) / (n·{f})",),
    "cumsum":       ("for every element the sum of {g} from there on",),
    "matmul_transposed": ("{g} @ {y}",                "({g})ᵀ @ {x}"),
    "outer":        ("{g} @ {y}",                         "{x} @ {g}"),
    "einsum":       (None, *("the same sum, with {g} in the place of {i}",) * 8),
    "tensordot":    ("{g} and {y}, summed over the axes of {y} that were free",
                     "{x} and {g}, summed over the axes of {x} that were free"),
}

PRODUCTS: dict[tuple[bool, bool], tuple[str, str]] = {
    # matmul and dot, by whether x and y are vectors.
    (False, False): ("{g} @ {y}ᵀ",  "{x}ᵀ @ {g}"),
    (False, True):  ("{g} ⊗ {y}",   "{x}ᵀ @ {g}"),
    (True, False):  ("{y} @ {g}",   "{x} ⊗ {g}"),
    (True, True):   ("{g}·{y}",     "{g}·{x}"),
}
# fmt: on


class Formula(NamedTuple):
    """What a use sends back, in words."""

    text: str
    elementwise: bool
    """Is the contribution the cotangent that arrives times the local derivative, element by element?"""


def formula_of(use: Use, names: Names, cost: str) -> Formula:
    """names : of the graph's nodes and constants, by `id`;  cost : what the derivatives are of"""
    node, key = use.node, short_name(use.node.op) if use.node.op else ""
    position = _position(use)
    elementwise = key in FACTORS or (isinstance(node.op, np.ufunc) and node.op.signature is None)
    kinds = FACTORS.get(key) or MAPS.get(key) or ()
    if key in ("matmul", "dot") and all(np.ndim(values_of(a)) for a in node.args):
        kinds = PRODUCTS[_is_vector(node.args[0]), _is_vector(node.args[1])]
    if key == "matmul_transposed" and _is_vector(node.args[0]):
        kinds = ("{g} @ {y}", "{g} ⊗ {x}")
    right = kinds[position] if position is not None and position < len(kinds) else None
    exponent = node.args[1] if len(node.args) > 1 else None
    if key == "power" and position == 0 and isinstance(exponent, int | float):
        right = _power_rule(exponent)
    name, whole = isolated(names[id(use.input)]), made_as(node, names)
    called = re.fullmatch(r"[\w.]+\(.*\)", whole) is not None
    left = f"∂{whole if called else f'({whole})'}/∂{name}" if elementwise or right is None else f"∂{cost}/∂{name}"
    if right is None:
        return Formula(left, elementwise)
    letters = {c: atom(a, names, parenthesise=True) for c, a in zip("xyz", node.args, strict=False)}
    letters |= {"f": isolated(names[id(node)]), "g": f"∂{cost}/∂{isolated(names[id(node)])}", "i": name}
    right = re.sub(r"^\((−[\d.]+)\)", r"\1", right.format_map(letters))  # (−2)·x is −2·x
    copies = ", summed over its copies" if elementwise and use.input.array.size < node.array.size else ""
    return Formula(f"{left} = {right}{copies}" if elementwise else f"{left}{JOINS}{right}", elementwise)


def _position(use: Use) -> int | None:
    """The argument that the used node is, or is in."""
    number = use.number
    for position, argument in enumerate(use.node.args):
        inside = sum(1 for _ in nodes_in([argument]))
        if number < inside:
            return position
        number -= inside
    return None


def _is_vector(a: Any) -> bool:
    return np.ndim(values_of(a)) == 1


def _power_rule(exponent: float) -> str:
    """The derivative of x**3 is written 3·x², not 3·x^(3 − 1)."""
    less = exponent - 1
    if less == 1:
        return "{y}·{x}"
    if less == int(less) and 0 <= less < 100:
        return "{y}·{x}" + str(int(less)).translate(SUPERSCRIPTS) if less else "1"
    return f"{{y}}·{{x}}^{less:.6g}".replace("-", "−") if less > 0 else f"{{y}}·{{x}}^({less:.6g})".replace("-", "−")
