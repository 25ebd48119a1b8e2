"""The names of a program's variables."""

import builtins
import keyword
import re
from collections.abc import Iterable

from .program import Program, Value

GRADIENT = re.compile(r"dC_dz(\w*)")
"""The gradient of a weighted input z is what the book calls delta."""
_BUILTINS = frozenset(dir(builtins))


def variable_names(program: Program, lines: Iterable[Value], reserved: Iterable[str] = ()) -> dict[Value, str]:
    """One identifier a value, unique: the name of its Tensor, `delta1` for dC/dz1, `t1`, `t2`, … for what has none.

    lines : the computed values that need one;  reserved : names that mean something else
    """
    taken = {"np", program.name, *reserved}
    names: dict[Value, str] = {}
    unnamed: list[Value] = []
    cost = cost_of(program)
    labels = {v: k for k, v in program.labels.items()}
    everything = (*program.inputs, *lines)
    for value in everything:
        wanted = identifier(value.name or labels.get(value)) or ("cost" if value is cost else None)
        if wanted is None:
            unnamed.append(value)
            continue
        names[value] = wanted if wanted not in taken else unused(f"{wanted}_2", taken)
        taken.add(names[value])
    number = 0
    for value in unnamed:
        number += 1
        while f"t{number}" in taken:
            number += 1
        names[value] = f"t{number}"
    return names


def unused(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or with the next number at its end that makes it new."""
    if not isinstance(taken, set):
        taken = set(taken)
    stem, digits = re.fullmatch(r"(.*?)(\d*)", wanted).groups()  # type: ignore[union-attr]
    number = int(digits or 1)
    while wanted in taken:
        number += 1
        wanted = f"{stem}{number}"
    return wanted


def identifier(name: str | None) -> str | None:
    """A tensor's name as Python may use it, if anything is left of it."""
    if name is None:
        return None
    gradient = GRADIENT.fullmatch(name)
    text = re.sub(r"\W+", "_", f"delta{gradient[1]}" if gradient else name).strip("_")
    if not text:
        return None
    if not text.isidentifier():
        text = f"v_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in _BUILTINS else text


def cost_of(program: Program) -> Value | None:
    """The first output, if it is one number that was computed."""
    first = program.outputs[0] if program.outputs else None
    return first if isinstance(first, Value) and first.op is not None and first.size == 1 else None
