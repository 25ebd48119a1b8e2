"""Index expressions of every kind that NumPy takes, as text, and what is read at them."""

from typing import Any

import numpy as np

from .draft import Draft, say
from .program import Statement


def index(d: Draft, sizes: tuple[int, ...], *, unique: bool = False) -> str:
    """An index into an array of these sizes. unique : no element twice, as where the order of writes must not matter."""
    kind = d.rng.random()
    if not sizes:
        return d.one_of(["...", "()", "None", "..., None"])
    if kind < 0.08:
        return d.mask(sizes)
    if kind < 0.12 and len(sizes) == 2 and not unique:
        return f"np.ix_({_positions(d, sizes[0])}, {_positions(d, sizes[1])})"
    if kind < 0.2 and not unique and "nested-index" not in d.without:
        return nested_tuple(d, sizes)
    if kind < 0.24:
        return d.one_of(["...", "True", "False", "()", "None"])
    parts: list[str] = []
    left = list(sizes[: d.whole(1, len(sizes))])
    fancy = 0
    for n in left:
        part = _part(d, n, fancy < (1 if unique else 2), unique)
        fancy += part.startswith(("[", "np.array"))
        parts.append(part)
    if d.chance(0.2):
        parts.insert(d.whole(0, len(parts)), "None")
    if d.chance(0.2):
        if len(left) == len(sizes):
            parts.insert(d.whole(0, len(parts)), "...")
        else:
            parts.append("...")
    return ", ".join(parts)


def basic(d: Draft, sizes: tuple[int, ...]) -> str:
    """An index of whole numbers and slices, for which NumPy gives a view, that leaves at least one axis if there is one."""
    parts = [_part(d, n, False, True) for n in sizes[: d.whole(1, len(sizes))]] if sizes else []
    if sizes and len(parts) == len(sizes) and not any(":" in part for part in parts):
        parts[d.whole(0, len(parts) - 1)] = d.one_of([":", "::-1", "::2"])
    if d.chance(0.15):
        parts.insert(d.whole(0, len(parts)), "None")
    if d.chance(0.15) or not parts:
        parts.insert(
            d.whole(0, len(parts)) if len([p for p in parts if p != "None"]) == len(sizes) else len(parts), "..."
        )
    return ", ".join(parts)


def nested_tuple(d: Draft, sizes: tuple[int, ...]) -> str:
    """An index whose tuple holds a sequence of positions for one axis as a tuple or nested list."""
    k = d.whole(0, len(sizes) - 1)
    n = sizes[k]
    if not n:
        return "..."
    some = [d.whole(-n, n - 1) for _ in range(d.whole(1, 3))]
    inner = d.one_of(
        [f"({', '.join(map(str, some))},)", f"[{some}]", f"({some}, {some[::-1]})", f"[({', '.join(map(str, some))},)]"]
    )
    before = [":"] * k
    return (
        ", ".join([*before, inner]) + ("," if not k else "")
        if d.chance(0.6)
        else f"..., {inner}{', :' * (len(sizes) - k - 1)}"
    )


def _positions(d: Draft, n: int, unique: bool = False) -> list[int]:
    if not n:
        return []
    if unique:
        return d.rng.sample(range(n), d.whole(1, n))
    return [d.whole(-n, n - 1) for _ in range(d.whole(1, 4))]


def _part(d: Draft, n: int, may_be_fancy: bool, unique: bool) -> str:
    kind = d.rng.random()
    if kind < 0.25 and n:
        i = d.whole(-n, n - 1)
        return d.one_of([str(i), str(i), f"np.int64({i})"])
    if kind < 0.4 and may_be_fancy:
        some = _positions(d, n, unique)
        if d.chance(0.3) and len(some) == 4 and not unique:
            return f"np.array({np.array(some).reshape(2, 2).tolist()})"
        return d.one_of([str(some), f"np.array({some}, dtype={d.one_of(['int', 'np.int8', 'np.int32'])})"])
    if kind < 0.47 and may_be_fancy:
        return str([d.chance(0.5) for _ in range(n)]) if n else "[]"
    bounds: list[Any] = ["" if d.chance(0.4) else d.whole(-n - 1, n + 1) for _ in range(2)]
    step = d.one_of(["", "", ":2", ":-1", ":-2", ":3"])
    return f"{bounds[0]}:{bounds[1]}{step}"


def reading(d: Draft) -> Statement | None:
    """A variable at an index; now and then at two, one after the other, or at a mask made from values."""
    name = d.array()
    if name is None:
        return None
    if d.chance(0.02) and d.shape(name) and "value-mask" not in d.without:
        return say("value-mask", f"np.sum({{0}}[{{0}} > {d.number()}])", name)
    where = index(d, d.shape(name))
    text = f"{{0}}[{where}]"
    family = "nested-index" if is_nested(where) else "index"
    if d.chance(0.15):
        text += d.one_of(["[...]", "[None]", "[..., None]", "[()]"])
    if d.chance(0.1):
        text = d.one_of(["np.take({0}, [[0, -1], [1, 0]], mode='wrap')",
            "np.compress([True, False, True], {0}, axis=0)", "{0}.take([0, 0, -1])",
                         "np.choose([0, 1, 0], [{0}, {0} * 2.0])", "np.extract([True, False, True], {0})",
                         "list({0})[-1]", "[*{0}][0] * 2.0"])  # fmt: skip
    return say(family, text, name)


def is_nested(where: str) -> bool:
    """Does a tuple or list with positions stand inside the tuple or list of positions?"""
    return any(mark in where for mark in ("(", "[[")) and "np." not in where and where != "()"
