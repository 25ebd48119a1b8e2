"""The paths as a table of text."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..drawing.text import isolated, number, shape
from .naming import names_of

if TYPE_CHECKING:
    from .explanation import Explanation

WIDE = 100
"""Characters of a path; the middle of a longer one is left out."""


def table(e: "Explanation") -> str:
    """A line a path: what it contributes, its share, the way it takes, and the local derivatives on it if they are few."""
    cost, leaf, nodes = e.ways
    names = {key: isolated(name) for key, name in names_of(cost).items()}
    leaf_name = names.get(id(leaf)) or isolated(leaf.name or "the tensor")
    sizes = f" ({shape(leaf.array.shape)})" if leaf.array.shape else ""
    head = f"{counted(e.count, 'path')} from {leaf_name}{sizes} to {names[id(cost)]}"
    if not e.count:
        return f"{head}: the gradient is 0"
    single = leaf.array.size == 1
    called = {node.index: names[id(node)] for node in nodes}
    rows = [("", "product" if single else "‖contribution‖", "share", "path")]
    for i, path in enumerate(e.paths, 1):
        way = route([called[leaf.index], *(called[edge.key[0]] for edge in path.edges)])
        slopes = "·".join(number(s) for s in path.slopes if s is not None) if None not in path.slopes else ""
        along = f"   ({slopes})" if slopes and len(way) + len(slopes) < WIDE else ""
        rows.append((str(i), _size(path.contribution), percent(path.share), way + along))
    if e.count > len(e.paths):
        share = 1.0 - sum(path.share for path in e.paths)
        rows.append(
            ("", _size(e.remainder), percent(share), f"{counted(e.count - len(e.paths), 'path')} more, together")
        )
    share = math.nan if e.paths and math.isnan(e.paths[0].share) else 1.0
    rows.append(("", _size(e.total), percent(share), "the gradient"))
    columns = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join([*(c.rjust(w) for c, w in zip(row, columns, strict=False)), row[3]]) for row in rows]
    lines.insert(-1, "-" * (sum(columns) + 6 + 12))
    note = [] if e.exact else ["The largest paths may not be among these: there are too many to look at them all."]
    return "\n".join([head, *lines, *note])


def _size(contribution: Any) -> str:
    return number(contribution.item() if contribution.size == 1 else float(np.linalg.norm(contribution.array)))


def counted(n: int, noun: str) -> str:
    """
    >>> counted(1, "path"), counted(2**40, "path"), counted(2**200, "path")
    ('1 path', '1,099,511,627,776 paths', '1.607e60 paths')
    """
    if n < 10**15:
        words = f"{n:,}"
    else:
        exponent = len(str(n)) - 1 if n.bit_length() < 10_000 else int(n.bit_length() * math.log10(2))
        words = number(float(n)) if exponent < 300 else f"about 10^{exponent}"
    return f"{words} {noun}{'s' * (n != 1)}"


def percent(share: float) -> str:
    return "—" if math.isnan(share) else f"{100 * share:.1f} %".replace("-", "−")


def route(names: list[str]) -> str:
    """The names on a path, from the leaf on; of a long one both ends."""
    whole = " → ".join(names)
    ends = 1
    while len(whole) > WIDE and 2 * ends + 2 < len(names):
        longer = " → ".join([*names[: ends + 1], "… 999 more …", *names[-ends - 1 :]])
        if len(longer) > WIDE:
            break
        ends += 1
    if len(whole) <= WIDE or 2 * ends + 1 >= len(names):
        return whole
    return " → ".join([*names[:ends], f"… {len(names) - 2 * ends} more …", *names[-ends:]])
