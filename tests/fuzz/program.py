"""A program as data: inputs, statements that each make or write one variable, and what is returned."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

WEIGHTED = '''\
def weighted(v):
    """The sum of v with another weight for each element, so that no two elements can stand for each other."""
    return np.sum(v * np.cos(1.0 + np.arange(v.size)).reshape(v.shape))
'''
LAYOUTS = {
    "rows": "{0}",
    "columns": "np.asfortranarray({0})",
    "transposed": "np.ascontiguousarray({0}.T).T",
    "every other": "np.repeat({0}, 2, axis=-1)[..., ::2]",
    "backwards": "np.ascontiguousarray({0}[..., ::-1])[..., ::-1]",
    "upside down": "np.ascontiguousarray({0}[::-1])[::-1]",
    "part of a larger array": "np.pad({0}, 1)[tuple(slice(1, -1) for _ in range({0}.ndim))]",
    "read-only": "np.broadcast_to({0}, {0}.shape)",
    "unaligned": "np.frombuffer(b'0' + {0}.tobytes() + b'0' * 15, np.uint8)[1:{0}.nbytes + 1].view({0}.dtype).reshape({0}.shape)",
    "zero strides": "np.broadcast_to({0}[:1], {0}.shape)",
}
"""How the same numbers can lie in memory. Zero strides are for arrays whose rows are equal."""


def laid_out(array: Array, layout: str) -> Array:
    """The same numbers in another order of memory; without an axis, or elements, there is one order only."""
    if not array.ndim or not array.size:
        return array
    return eval(LAYOUTS[layout].format("a"), {"np": np, "a": array})  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Input:
    """An argument: an array that is differentiated by, or a Python number ("float" or "int") that is not."""

    name: str
    kind: str
    value: Any
    other: Any
    """The value of a second call: other numbers, of the same shape and dtype."""
    layout: str = "rows"

    @property
    def is_array(self) -> bool:
        return self.kind == "array"

    def first(self) -> Any:
        return laid_out(self.value.copy(), self.layout) if self.is_array else self.value

    def second(self) -> Any:
        return laid_out(self.other.copy(), self.layout) if self.is_array else self.other

    def text(self, value: Any) -> str:
        """The value as Python."""
        if not self.is_array:
            return repr(value)
        plain = f"np.array({value.tolist()!r}, dtype=np.{value.dtype}).reshape({value.shape})"
        return (
            plain
            if self.layout == "rows" or not value.ndim or not value.size
            else LAYOUTS[self.layout].format(f"({plain})")
        )


@dataclass(frozen=True)
class Statement:
    """One line, or one block of lines, that computes a variable from earlier ones, or writes into one.

    target : the variable that it makes; None if it writes
    text : the Python of the right-hand side, or of the whole block, with {0}, {1}, ... for `refs` and {t} for the target
    plain : the same on ndarrays, where that is another text: the derivative that a nested transform stands for, in closed form
    analytic : does NumPy compute it of complex numbers, so that a complex step goes through?
    """

    family: str
    target: str | None
    text: str
    refs: tuple[str, ...]
    plain: str | None = None
    analytic: bool = True

    def lines(self, on_arrays: bool) -> str:
        text = self.plain if on_arrays and self.plain is not None else self.text
        filled = filled_in(text, self.refs, self.target)
        return filled if self.target is None or "{t}" in text else f"{self.target} = {filled}"

    def renamed(self, old: str, new: str) -> "Statement":
        return replace(self, refs=tuple(new if r == old else r for r in self.refs))


def filled_in(text: str, refs: tuple[str, ...], target: str | None) -> str:
    """The text with names in the places that are for them; other braces, as of dicts, stay."""
    for i, ref in enumerate(refs):
        text = text.replace(f"{{{i}}}", ref)
    return text if target is None else text.replace("{t}", target)


@dataclass(frozen=True)
class Program:
    """A function of arrays and numbers.

    scopes : the first and the last statement that run inside `with ag.scope(...)`, and its name
    names : text that becomes the names of Tensors in one of the checks
    keeps_views : is a variable written? What shares its memory depends on the layout
    """

    inputs: tuple[Input, ...]
    statements: tuple[Statement, ...]
    returns: tuple[str, ...]
    names: tuple[str, ...] = ()
    keeps_views: bool = False
    scope: tuple[int, int, str] | None = None

    @property
    def arrays(self) -> list[Input]:
        return [i for i in self.inputs if i.is_array]

    @property
    def analytic(self) -> bool:
        return all(s.analytic for s in self.statements)

    @property
    def detaches(self) -> bool:
        return any(".detach()" in s.text for s in self.statements)

    @property
    def eps(self) -> float:
        """The spacing of the coarsest floating numbers that it computes with."""
        coarse = {str(i.value.dtype) for i in self.arrays}
        coarse |= {d for d in ("float16", "float32") if any(d in s.text for s in self.statements)}
        return float(max(np.finfo(d).eps for d in coarse if d.startswith("float")))

    def text(self, *, cost: bool = True, on_arrays: bool = False, watched: bool = False, rounded: bool = False) -> str:
        """The function as Python.

        cost : return the weighted sum of what it makes, or else a list of that
        on_arrays : with closed forms in the place of nested transforms
        watched : give every variable to `watch`, which may name it and hang a hook on it
        rounded : give every variable to `rounding`, which changes its last bits
        """
        given = ", ".join(i.name for i in self.inputs)
        lines = [f"def program({given}):"]
        for n, s in enumerate(self.statements):
            block = s.lines(on_arrays)
            if s.target is not None and (watched or rounded):
                block += f"\n{s.target} = {'watch' if watched else 'rounding'}({', '.join((s.target, *s.refs[: not watched]))})"
            indent = "    "
            if self.scope is not None and not on_arrays:
                first, last, name = self.scope
                if n == first <= last:
                    lines.append(f"    with ag.scope({name!r}):")
                indent *= 2 if first <= n <= last else 1
            lines.append(textwrap.indent(block, indent))
        if cost:
            lines.append("    return " + (" + ".join(f"weighted({r})" for r in self.returns) or "0.0"))
        else:
            lines.append(f"    return [{', '.join(self.returns)}]")
        return "\n".join(lines) + "\n"

    def function(self, namespace: dict[str, Any], **form: bool) -> Callable[..., Any]:
        """The function, where `np` and `ag` are those of the namespace."""
        there = dict(namespace)
        exec(_WEIGHTED, there)
        exec(_compiled(self.text(**form)), there)
        return there["program"]  # type: ignore[no-any-return]

    def runs(self) -> bool:
        """Does NumPy run it, with a result that is finite, and leave the arguments as they are?"""
        from .oracles import value

        try:
            given = self.first()
            finite = bool(np.isfinite(value(self, given)))
            return finite and all(np.array_equal(a, b) for a, b in zip(given, self.first(), strict=True))
        except Exception:  # whatever it is: such a program shows nothing
            return False

    def first(self) -> list[Any]:
        return [i.first() for i in self.inputs]

    def second(self) -> list[Any]:
        return [i.second() for i in self.inputs]

    def standalone(self) -> str:
        """The program and its arguments, to be pasted into a file."""
        lines = ["import numpy as np", "import autograd_lite as ag", "", "", WEIGHTED, "", self.text()]
        lines.append(f"first = [{', '.join(i.text(i.value) for i in self.inputs)}]")
        lines.append(f"second = [{', '.join(i.text(i.other) for i in self.inputs)}]")
        lines.append(f"arrays = {tuple(n for n, i in enumerate(self.inputs) if i.is_array)}")
        return "\n".join(lines) + "\n"


_WEIGHTED = compile(WEIGHTED, "<fuzz>", "exec")


@lru_cache(512)
def _compiled(text: str) -> CodeType:
    return compile(text, "<fuzz>", "exec")
