"""From a seed and a number to a program: draw statements, run each on NumPy, keep what is finite, small and of real numbers."""

import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from . import blocks, calls, indices, nested, writes
from .draft import LARGEST, Draft, Maker
from .program import LAYOUTS, Input, Program, Statement
from .spellings import PLAIN

Weights = dict[Maker, float]

ALL: Weights = {
    calls.elementwise: 4, calls.binary: 4, calls.reduction: 2, calls.other_reduction: 2, calls.shape: 3,
        calls.join: 1.5,
    calls.product: 1.5, calls.square: 0.5, calls.order: 0.8, calls.choice: 1.5, calls.slope_not_chosen: 0.3,
        calls.precision: 0.5, indices.reading: 3,
    writes.fresh: 0.7, writes.item: 2, writes.whole: 1.2, writes.alias: 0.2, writes.view: 1.2, writes.function: 0.7,
    writes.number: 0.2, nested.nested: 0.6, blocks.block: 0.3,
}  # fmt: skip
KINDS: dict[str, Weights] = {
    "mixed": ALL,
    "calls": {calls.elementwise: 4, calls.binary: 4, calls.reduction: 3, calls.other_reduction: 3, calls.choice: 2,
    calls.shape: 1, calls.order: 1},
    "shapes": {calls.shape: 4, calls.join: 2, indices.reading: 2, calls.binary: 1, calls.elementwise: 1,
    calls.reduction: 1, writes.fresh: 0.5},
    "indices": {indices.reading: 5, calls.binary: 1, calls.elementwise: 1, writes.fresh: 1, writes.item: 2},
    "writes": {writes.fresh: 1, writes.item: 4, writes.whole: 3, writes.alias: 0.3, calls.elementwise: 1,
    calls.binary: 1, indices.reading: 1},
    "in-place": {writes.fresh: 1.5, writes.view: 6, writes.item: 3, writes.whole: 3, writes.function: 4, writes.loop: 1,
    writes.number: 0.6, writes.alias: 0.5, calls.elementwise: 2, calls.binary: 1.5, calls.reduction: 1.2, calls.shape: 0.7,
    indices.reading: 1, calls.product: 0.3, calls.join: 0.3},
    "blocks": {blocks.block: 3, calls.elementwise: 1, calls.binary: 1, calls.reduction: 0.5, writes.item: 0.5},
    "products": {calls.product: 4, calls.square: 3, calls.elementwise: 1, calls.binary: 1, calls.shape: 1},
    "precision": {calls.precision: 2, calls.elementwise: 2, calls.binary: 3, calls.reduction: 1, calls.join: 1,
    writes.item: 1, writes.whole: 1,
                  indices.reading: 1, calls.choice: 1, calls.product: 1},
    "nested": {nested.nested: 4, calls.elementwise: 1, calls.binary: 2, calls.shape: 1, indices.reading: 1,
    calls.reduction: 1},
}  # fmt: skip
SHARES = {
    "mixed": 8,
    "calls": 3,
    "shapes": 2,
    "indices": 2.5,
    "writes": 3,
    "in-place": 20,
    "blocks": 1.5,
    "products": 1.5,
    "precision": 2,
    "nested": 2,
}
"""How often each kind is drawn."""
IN_PLACE = ("writes", "in-place")
"""Kinds without arguments of equal rows in one memory: no complex step moves the rows apart and leaves the memory as it is."""
FAMILIES = ("elementwise", "reduction", "shape", "join", "product", "order", "choice", "precision", "index",
    "nested-index", "value-mask",
            "write", "late-write", "kept-view", "block", "nested", "checkpoint-gradient")  # fmt: skip
"""A variable that something read is written, in programs of any kind, unless "late-write" is left out; and a view, or what has
one, unless "kept-view" is."""
PENDING = ("structural-zero",)
"""Families that the engine cannot do yet, drawn only when asked for: slopes of branches that are not chosen."""
PLAIN_NAMES = ("x", "y", "w", "data", "t1", "v0", "np", "first layer", "W", "a²")
HOSTILE_NAMES = (
    "x\n    raise RuntimeError(1)", 'a"""b', "a'b", "\\", "#", "x\r\nimport os", "lambda", "def", "None",
    "\u00b5", "\u03bc", "\u03f5", "\u03b5", "x²", "W₁", "½", "\0",
    "\ud800", "\ufeff", "\u2028x", "\ufb01", "x" * 300, "", " ", "%s{0}", "out", "np", "__import__", "buffer1", "t1",
    "number", "\u00e9", "e\u0301",
    "return", "{", "}", "x: int = 3", "C", "dC_dx", "delta1", "z1", "😀", "1", "1e5", "-->", "</script>", "x\x0cy",
    "x\x0by", "\x85x",
)  # fmt: skip


def generated(seed: int, number: int, kind: str | None = None, without: frozenset[str] = frozenset()) -> Program:
    """The program of this number. The same seed, number, kind and `without` give the same program."""
    rng = Random(f"{seed}:{number}")
    kinds = {k: share for k, share in SHARES.items() if k not in without} if kind is None else {kind: 1.0}
    kind = rng.choices(list(kinds), list(kinds.values()))[0]
    draft = Draft(rng, without)
    _draw_inputs(draft, kind)
    weights = KINDS[kind]
    makers, shares = list(weights), list(weights.values())
    wanted = draft.whole(1, 4) if draft.chance(0.3) else draft.whole(3, 12)
    for _ in range(3 * wanted):
        if len(draft.statements) == wanted:
            break
        statement = rng.choices(makers, shares)[0](draft)
        if statement is not None and statement.family not in without:
            _try(draft, statement)
    return _finished(draft)


def _draw_inputs(d: Draft, kind: str) -> None:
    if kind == "blocks":
        shapes = blocks.shapes_of_inputs(d)
    else:
        base = tuple(d.whole(1, 4) for _ in range(d.one_of([0, 1, 1, 2, 2, 2, 3])))
        shapes = [_related(d, base) for _ in range(d.whole(1, 3))]
    if kind == "products" and d.chance(0.5):
        n = d.whole(2, 3)
        shapes = [(n, n)] * len(shapes)
    if kind not in ("blocks", "products") and d.chance(0.02):
        shapes[0] = d.one_of([(0,), (0, 3), (2, 0)])
    for i, shape in enumerate(shapes):
        dtype = np.float64
        if kind == "precision" or d.chance(0.03):
            dtype = d.one_of([np.float32, np.float32, np.float64, np.float16])
        layout = (
            "rows" if d.chance(0.7) else d.one_of([k for k in LAYOUTS if k != "zero strides" or kind not in IN_PLACE])
        )
        first, second = (_numbers(d, shape, dtype, layout) for _ in range(2))
        d.inputs.append(Input("xyz"[i], "array", first, second, layout))
    if d.chance(0.2):
        values = [round(d.rng.uniform(0.2, 2.0), 3) * d.one_of([1, -1]) for _ in range(2)]
        d.inputs.append(Input("s", "float", *values))
    if d.chance(0.15):
        d.inputs.append(Input("n", "int", d.whole(-2, 3), d.whole(-2, 3)))
    d.values = {i.name: i.first() for i in d.inputs}


def _related(d: Draft, base: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that can be broadcast with the base; mostly the base."""
    if d.chance(0.5):
        return base
    return tuple(1 if d.chance(0.25) else n for n in base[d.whole(0, len(base)) :])


def _numbers(d: Draft, shape: tuple[int, ...], dtype: Any, layout: str) -> Any:
    """Numbers between -2 and 2, no two alike and none near zero, by which the kinks of most functions are avoided."""
    size = int(np.prod(shape))
    places = [place + 0.2 + 0.6 * d.rng.random() for place in d.rng.sample(range(4 * size), size)]
    array = (np.array(places) / max(1, size) - 2.0).reshape(shape).astype(dtype)
    if layout == "zero strides" and shape:
        array = np.ascontiguousarray(np.broadcast_to(array[:1], shape))
    return array


def _try(d: Draft, statement: Statement) -> None:
    """Add the statement if NumPy can run it and what it makes is of the kind that is wanted."""
    makes = statement.target is not None
    if makes:
        statement = Statement(statement.family, f"v{len(d.statements) + 1}", *_rest(statement))
    namespace = {**PLAIN, **d.values}
    kept = None if makes or isinstance(d.values[statement.refs[0]], np.generic) else d.values[statement.refs[0]].copy()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            exec(compile(statement.lines(True), "<statement>", "exec"), namespace)
    except Exception:  # NumPy refuses it: another is drawn
        _restore(d, statement, kept)
        return
    value = namespace[statement.target if statement.target is not None else statement.refs[0]]
    if not _is_wanted(value):
        _restore(d, statement, kept)
        return
    if statement.target is not None:
        another_name = statement.text != "{0}" and any(value is v for v in d.values.values())
        d.values[statement.target] = (
            value.view() if another_name else value
        )  # NumPy gave an argument back: it counts as a view
    elif value is not d.values[statement.refs[0]]:  # `s += v` of a NumPy scalar makes another
        d.values[statement.refs[0]] = value
    if not makes:
        d.written.add(statement.refs[0])
    if statement.target is not None or len(statement.refs) > 1:
        d.used.update(statement.refs if makes else statement.refs[1:])
    d.statements.append(statement)


def _rest(s: Statement) -> tuple[Any, ...]:
    return s.text, s.refs, s.plain, s.analytic


def _restore(d: Draft, statement: Statement, kept: Any) -> None:
    if kept is not None:
        d.values[statement.refs[0]][...] = kept


def _is_wanted(value: Any) -> bool:
    if not isinstance(value, np.ndarray | np.generic) or type(value) in (np.str_, np.void):
        return False
    if value.dtype.kind not in "fbiu" or value.size > LARGEST or value.ndim > 5:
        return False
    return not value.size or bool(np.all(np.isfinite(value)) and np.max(np.abs(value.astype(float))) < 60.0)


def _finished(d: Draft) -> Program:
    made = [s.target for s in d.statements if s.target is not None]
    loose = [n for n in made if n not in d.used] or [i.name for i in d.inputs if i.is_array][:1]
    floating: Callable[[str], bool] = lambda n: d.values[n].dtype.kind == "f"
    returns = [n for n in loose if floating(n)]
    returns += [i.name for i in d.inputs if i.is_array and i.name not in (*d.used, *returns)]
    some = [d.one_of(made)] if made and d.chance(0.3) else []
    some += [n for n in made if floating(n) and d.chance(0.6) and (n in d.written or d.is_shared(n, d.written))]
    returns += [n for n in dict.fromkeys(some) if n not in returns]
    pool = HOSTILE_NAMES if "hostile" not in d.without and d.chance(0.3) else PLAIN_NAMES
    names = tuple(d.one_of(pool) for _ in range(8))
    scope = None
    if d.statements and d.chance(0.15):
        first = d.whole(0, len(d.statements) - 1)
        scope = first, d.whole(first, len(d.statements) - 1), d.one_of(pool)
    return Program(tuple(d.inputs), tuple(d.statements), tuple(returns), names, bool(d.written), scope)
