"""Texts that are hard to print: any text is a legal name, and none is ever run."""

import builtins
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st

BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00"]
"""All that ends a line for Python, its tokenizer or `str.splitlines`, and what ends a text in C."""
ATTACKS = [
    *(f"x{b}    canary()" for b in BREAKS),
    *(f"x{b}canary()" for b in BREAKS),
    *(
        '"""\ncanary()\n"""',
        "x\\\n    canary()",
        "x = canary()",
        "x): canary()\ndef f(",
        "'+canary()+'",
        '"; canary(); "',
    ),
    *("{canary()}", "%(canary)s", "canary()", "x;canary()", "# -*- coding: utf-7 -*-", "x # canary\n    canary() #"),
    *("</script><script>canary()</script>", "]]>", "--></svg>", "\\N{DIGIT ONE}"),
]
BOOKISH = [
    "x\u202ey",
    "a b",
    "x²",
    "σ²",
    "W₁",
    "a⁽²⁾",
    "½",
    "∂C/∂w",
    "ŷ",
    "θ̂",
    "w′",
    "日本",
    "🔥",
    "1st",
    "dC_dz₁",
    "δ¹",
]
ALIKE = [
    *("e\u0301", "\u212a", "\u017f", "ϵ", "ε", "µ", "μ", "s", "K", "ﬁ", "fi"),
    *("x_2", "x2", "²", "x²", "X", "x", "é", "ｎｐ", "e"),
]
"""Some of these are one identifier to Python."""
MEANT = [
    *(
        "np",
        "f",
        "float",
        "slice",
        "range",
        "complex",
        "bytes",
        "print",
        "lambda",
        "class",
        "None",
        "True",
        "match",
        "case",
    ),
    *(
        "type",
        "_",
        "__debug__",
        "raise",
        "async",
        "import",
        "__import__",
        "eval",
        "exec",
        "canary",
        "function",
        "nan",
        "inf",
    ),
    *(
        "t1",
        "c1",
        "cost",
        "buffer1",
        "buffer1_flat",
        "x_part",
        "blocks1",
        "number",
        "constant",
        "add",
        "program",
        "step",
    ),
    *("self", "out", "delta1", "dC_dz1", "dC_dW"),
]
"""Names that mean something in a program."""
LONE = ["\ud800", "a\udfff", "\udc80\ud800", "a\x00b", "\x00"]

TEXTS = st.one_of(
    st.sampled_from([*ATTACKS, *BOOKISH, *ALIKE, *MEANT, *LONE, ""]),
    st.text(st.characters(), max_size=8),  # of all code points, halves of surrogate pairs too
    st.text(st.sampled_from("xWzabn12_²₁½σεϵ.\\\"'#{}()\n\r\x85\u2028\x00\ud800 "), max_size=8),
)


@contextmanager
def canary() -> Iterator[list[int]]:
    """A builtin function that is never to be called, and its calls."""
    calls: list[int] = []
    builtins.canary = lambda *_: calls.append(1)  # type: ignore[attr-defined]
    try:
        yield calls
    finally:
        del builtins.canary  # type: ignore[attr-defined]
