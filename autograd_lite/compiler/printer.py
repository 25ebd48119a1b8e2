"""The readable printing: a stand-alone Python function that needs NumPy and nothing else.

A value has a line of its own if it has a name or is used more than once; others stand inside the expression that uses them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

import numpy as np

from ..rules import IMPURE
from .constants import array_text, is_writable
from .equations import equations
from .expressions import ATOM, INFIX, Text, literal, public_name, written
from .indices import with_plain_index
from .lifetimes import aliases, last_uses, memory_of
from .names import GRADIENT, identifier, unused, variable_names
from .prelude import Prelude
from .program import Program, Value, values_in
from .sections import in_sections

WIDTH = 100
"""Comments stand in one column, if their lines are no longer than this."""
LONGEST = 112
"""Longer lists of parameters and results are wrapped."""
MOST_OPERATIONS = 10
"""So many stand in one line."""
SHORT = 8
"""Arrays of up to so many elements are written where they are used."""


def source_of(program: Program) -> str:
    """The program as Python text. Raises TypeError if it calls a function whose source cannot be printed."""
    return _Printer(program).text()


def is_named(value: Value) -> bool:
    """Does the value deserve a line for its name? Gradients on the way are named too, but only the deltas are spoken of."""
    return value.name is not None and (not value.name.startswith("dC_d") or GRADIENT.fullmatch(value.name) is not None)


def _on_lines_of_their_own(program: Program, body: list[Value]) -> list[Value]:
    """What has a name, is returned, drawn or used more than once; and parts of expressions that would be too long."""
    uses = Counter(v for value in body for v in value.inputs)
    roots, given = set(program.roots), set(program.inputs)
    own = {v for v in body if v in roots or is_named(v) or v.op in IMPURE or (uses[v] != 1 and not _is_light(v, given))}
    weight: dict[Value, int] = {}
    for v in body:
        inside = sorted((a for a in set(v.inputs) if a in weight), key=lambda a: weight[a])
        weight[v] = 1 + sum(weight[a] for a in inside)
        while weight[v] > MOST_OPERATIONS and weight[inside[-1]] > 1:
            own.add(inside[-1])
            weight[v] -= weight.pop(inside.pop())
        if v in own:
            del weight[v]
    return [v for v in body if v in own]


def _is_light(value: Value, given: set[Value]) -> bool:
    """Costs nothing to write, and to compute, twice: the transpose of an input."""
    return value.op is np.transpose and len(value.args) == 1 and value.args[0] in given


def _wrapped(before: str, opening: str, parts: Sequence[str], closing: str) -> str:
    """Parts separated by commas; if that makes too long a line, on lines of their own in brackets."""
    line = f"{before}{opening}{', '.join(parts)}{closing}"
    if len(line) <= LONGEST:
        return line
    inside = fill(
        ", ".join(parts), LONGEST - 4, initial_indent="    ", subsequent_indent="    ", break_long_words=False
    )
    return f"{before}(\n{inside}\n{closing or ')'}"


class _Printer:
    def __init__(self, program: Program):
        self.program = program
        body = program.body()
        self.sections = in_sections(program, _on_lines_of_their_own(program, body))
        self.own_line = [v for section in self.sections for v in section]
        foreign = [v.op for v in body if v.op is not None and public_name(v.op) is None]
        self.prelude = Prelude(foreign, {program.name})
        self.names = variable_names(program, self.own_line, self.prelude.names)
        self.taken = {program.name, *self.names.values(), *self.prelude.names}
        self.arguments: dict[int, tuple[str, Any]] = {}
        """Constants that cannot be written down, such as random generators, by id: they are parameters."""
        self.constants: dict[int, tuple[str, Any]] = {}
        """Arrays that are written above the function."""

    def text(self) -> str:
        p = self.program
        lines = self._lines()
        outputs = [self._of(o)[0] for o in p.outputs]
        lines.append((_wrapped("return ", "", outputs, "") if outputs else "return", ""))
        width = max((len(line) for line, comment in lines if comment and len(line) <= WIDTH), default=0)
        body = [f"    {line:<{width}}  # {comment}" if comment else line and f"    {line}" for line, comment in lines]
        parameters = [*(self.names[v] for v in p.inputs), *(name for name, _ in self.arguments.values())]
        head = ["import numpy as np", *self.prelude.imports, ""]
        head += [f"{name} = {array_text(array)}" for name, array in self.constants.values()]
        head += [f"\n{text}\n" for text in self.prelude.texts]
        decorator = '@np.errstate(all="ignore")'
        return "\n".join([*head, "", decorator, _wrapped(f"def {p.name}", "(", parameters, "):"), *body, ""])

    # ----------------------------------------------------------------------------------------------------------- lines

    def _lines(self) -> list[tuple[str, str]]:
        """Each line and its comment. A write stands where its value is, if nobody reads the old one later, else at the end."""
        p = self.program
        comments = equations(p)
        last = last_uses([list(self._read(v)) for v in self.own_line], aliases(p))
        labels = {v: label for label, v in p.labels.items()}
        late = list(p.writes)
        lines: list[tuple[str, str]] = []
        starts = {section[0] for section in self.sections[1:]}
        for i, v in enumerate(self.own_line):
            if v in starts:
                lines.append(("", ""))
            comment = comments.get(v.name or "", "") or comments.get(labels.get(v, ""), "")
            write = next((w for w in late if w.value is v), None)
            if write is not None and not comment and last.get(write.target, i) <= i and not self._leaves(v):
                late.remove(write)
                lines.append((self._update(v, write.target), ""))
                self.names[v] = self.names[write.target]
            else:
                lines.append((f"{self.names[v]} = {self._expression(v)}", comment))
                lines += self._further_labels([v], comments)
        lines += self._further_labels(p.inputs, comments)
        lines += [(f"{self.names[w.target]}[...] = {self._of(w.value)[0]}", "") for w in late]
        return lines

    def _read(self, value: Value) -> Iterator[Value]:
        """What its line reads, expressions within expressions included."""
        waiting = list(value.inputs)
        while waiting:
            v = waiting.pop()
            yield v
            if v not in self.names:
                waiting.extend(v.inputs)

    def _leaves(self, value: Value) -> bool:
        return (
            value in memory_of(values_in(self.program.outputs), {})
            or sum(w.value is value for w in self.program.writes) > 1
        )

    def _further_labels(self, values: Sequence[Value], comments: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Lines for the labels of values that are printed under another name: dC_db1 = delta1."""
        for label, v in self.program.labels.items():
            name = identifier(label)
            if v in values and name is not None and name not in self.taken:
                self.taken.add(name)
                yield f"{name} = {self._of(v)[0]}", comments.get(label, "")

    def _update(self, value: Value, target: Value) -> str:
        """`W -= lr * dC_dW`, or in general `W[...] = expression`."""
        name = self.names[target]
        sign = INFIX.get(value.op, ("", 0))[0]
        if sign == "*" and value.args[1] is target and value.like(target):
            return f"{name} *= {self._of(value.args[0])[0]}"
        if sign in ("+", "-", "*", "/") and len(value.args) == 2 and value.args[0] is target and value.like(target):
            return f"{name} {sign}= {self._of(value.args[1])[0]}"
        return f"{name}[...] = {self._expression(value)}"

    # ----------------------------------------------------------------------------------------------------- expressions

    def _expression(self, value: Value) -> str:
        return self._written(value)[0]

    def _written(self, value: Value) -> Text:
        return written(with_plain_index(value), self._of, self._function)

    def _of(self, a: Any) -> Text:
        if isinstance(a, Value):
            if a in self.names:
                return self.names[a], ATOM
            return self._written(a) if a.op is not None else (self._other(a.example), ATOM)
        return literal(a, self._other, self._of)

    def _other(self, a: Any) -> str:
        """A constant that is no number: a small array in place, a larger one above the function, anything else as a parameter."""
        if is_writable(a):
            return array_text(a) if np.size(a) <= SHORT else self._named(self.constants, a, "c1")
        return self._named(self.arguments, a, identifier(type(a).__name__.lower()) or "argument")

    def _named(self, table: dict[int, tuple[str, Any]], a: Any, wanted: str) -> str:
        if id(a) not in table:
            table[id(a)] = self._unused(wanted), a
        return table[id(a)][0]

    def _unused(self, wanted: str) -> str:
        """A name like this one that means nothing yet."""
        name = unused(wanted, self.taken)
        self.taken.add(name)
        return name

    def _function(self, op: Any) -> str:
        return public_name(op) or self.prelude.include(op)
