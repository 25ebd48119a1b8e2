"""The names of a program's variables: identifiers of the letters of ASCII, digits and `_`, whatever text they are made from.

Python takes other letters too, but not all (`x²` is no identifier), and makes one name of several that look alike (NFKC: `ϵ` is
`ε`). So letters of other alphabets are written as Unicode calls them, `σ` as `sigma`; `x²` and `W₁` become `x_2` and `W_1`.
"""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from .program import Program, Value

GRADIENT = re.compile(r"dC_dz(\w*)")
"""The gradient of a weighted input z is what the book calls delta."""
LONGEST = 60
"""Names have at most so many letters; of a longer text it is the first ones."""
_MEAN_SOMETHING = frozenset(("np", *dir(builtins), *keyword.kwlist, *keyword.softkwlist))
_SIGNS = {"∂": "d", "∇": "nabla", "∞": "inf"}
_EDGE = "\x01"
"""Stands at the ends of a word, which is set apart from letters beside it."""


def variable_names(program: Program, lines: Iterable[Value], reserved: Iterable[str] = ()) -> dict[Value, str]:
    """One identifier a value, unique: the name of its Tensor, `delta1` for dC/dz1, `t1`, `t2`, … for what has none.

    lines : the computed values that need one;  reserved : names that mean something else
    """
    taken = {program.name, *reserved}
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
    """Any text as an identifier that means nothing yet in a program, if anything is left of it."""
    if name is None:
        return None
    gradient = GRADIENT.fullmatch(name)
    text = _in_ascii(f"delta{gradient[1]}" if gradient else name)
    if not text:
        return None
    if not text.isidentifier():
        text = f"v_{text}"
    return f"{text}_" if text in _MEAN_SOMETHING else text


def _in_ascii(text: str) -> str:
    spelled = "".join(map(_spelled, text[:LONGEST]))
    spelled = re.sub(f"(?<=[A-Za-z]){_EDGE}+(?=[A-Za-z])", "-", spelled).replace(_EDGE, "")
    return re.sub("-+", "_", spelled)[:LONGEST].strip("_")


def _spelled(sign: str) -> str:
    """One character in letters and digits of ASCII; `-` where a name cannot have it."""
    if sign.isascii():
        return sign if sign.isalnum() or sign == "_" else "-"
    simpler = unicodedata.normalize("NFKD", sign)
    if simpler != sign:
        raised = unicodedata.decomposition(sign).startswith(("<super>", "<sub>"))
        return "-" * raised + "".join(map(_spelled, simpler))
    if sign in _SIGNS:
        return _SIGNS[sign]
    kind = unicodedata.category(sign)
    if kind.startswith("N"):
        return re.sub(r"\W", "-", f"{unicodedata.numeric(sign):g}")
    if kind.startswith("L"):
        called = re.fullmatch(r"(?:.* )?LETTER ([\w -]+?)(?: WITH .*)?", unicodedata.name(sign, ""))
        if called:
            word = re.sub(r"\W", "_", called[1].lower())
            return f"{_EDGE}{word.capitalize() if kind == 'Lu' else word}{_EDGE}"
    if kind.startswith("L") or kind == "So":
        return f"-u{ord(sign):x}-"
    return "" if kind.startswith("M") else "-"


def escaped(text: str) -> str:
    """Any text as one line of ASCII, to stand in a comment: `\\n` for a line break, `\\xb2` for `²`."""
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return shown.encode("unicode_escape").decode("ascii")


def cost_of(program: Program) -> Value | None:
    """The first output, if it is one number that was computed."""
    first = program.outputs[0] if program.outputs else None
    return first if isinstance(first, Value) and first.op is not None and first.size == 1 else None
