"""The order of the printed lines: forward, backward, update, and in each what a reader expects to come next."""

from collections.abc import Iterable

from .names import cost_of
from .program import Program, Value, values_in


def in_sections(program: Program, lines: Iterable[Value]) -> list[list[Value]]:
    """The values that have lines, in an order in which they can be computed: those of the cost, of gradients, of new values.

    Sections without a line are left out. Random numbers are drawn with the cost, in their order.
    """
    cost = cost_of(program)
    forward = _needed([*program.draws, cost] if cost is not None else program.draws)
    backward = _needed([*values_in(program.outputs), *program.labels.values()])
    sections: tuple[list[Value], ...] = [], [], []
    for v in lines:
        sections[0 if v in forward else 1 if v in backward else 2].append(v)
    second = _ends_early(sections[1], set(program.labels.values()))
    first = [sections[0], second] if cost is not None else [sections[0] + second]
    return [section for section in (*first, sections[2]) if section]


def _needed(roots: Iterable[Value]) -> set[Value]:
    """What the roots are made from, they themselves included."""
    waiting = list(roots)
    seen = set(waiting)
    while waiting:
        more = set(waiting.pop().inputs) - seen
        seen |= more
        waiting += more
    return seen


def _ends_early(lines: list[Value], gradients: set[Value]) -> list[Value]:
    """Each gradient that no other line reads comes as soon as what it reads is there: after the delta of its layer.

    Of several the last comes first, as in the book: dC_db before dC_dW.
    """
    there = set(lines)
    reads = {v: _read(v, there) for v in lines}
    read = set[Value]().union(*reads.values())
    ends = [v for v in reversed(lines) if v in gradients and v not in read]
    order: list[Value] = []
    done: set[Value] = set()

    def ready() -> None:
        for v in [v for v in ends if reads[v] <= done]:
            ends.remove(v)
            order.append(v)

    ready()
    for v in lines:
        if v in read or v not in gradients:
            order.append(v)
            done.add(v)
            ready()
    return order


def _read(value: Value, lines: set[Value]) -> set[Value]:
    """The lines that a line reads, also from inside of its expressions."""
    found, waiting, seen = set[Value](), [value], set[Value]()
    while waiting:
        for a in set(waiting.pop().inputs) - seen:
            seen.add(a)
            if a in lines:
                found.add(a)
            else:
                waiting.append(a)
    return found
