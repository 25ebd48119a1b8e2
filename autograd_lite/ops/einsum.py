"""np.einsum in all its forms. The gradient by an operand is another sum of products, with the cotangent in its place."""

import math
from functools import lru_cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase

import numpy as np

from ..primitives import primitive
from ..rules import array_like, composite, defvjp, view

_IN_ORDER = ascii_uppercase + ascii_lowercase
"""Letters as NumPy sorts them where a result is not stated: upper case first."""
_LARGE = 100_000
"""Products of three operands and more are taken pair by pair if one loop over all indices has so many steps."""


def _einsum_dx(argument, g, ans, subscripts, *operands, optimize=False, **options):
    """The same sum with g in the place of operand x: over every index but those of x.

    An index that only x has was summed alone, so every element along it gets the same: it comes from an array of ones.
    An index that x has twice reads a diagonal, and the gradient stands on that diagonal: it comes from a unit matrix.
    """
    labels, out = einsum_labels(subscripts, operands)
    x = operands[argument - 1]
    fresh = iter(sorted(set(ascii_letters) - set("".join(labels) + out)))
    others = [(label, a) for i, (label, a) in enumerate(zip(labels, operands, strict=True)) if i != argument - 1]
    known = set(out).union(*(label for label, _ in others))
    wanted = ""
    extra = []
    for letter, n in zip(labels[argument - 1], np.shape(x), strict=True):
        if letter in wanted:
            twin = next(fresh)
            extra.append((letter + twin, np.eye(n, dtype=g.dtype)))
            letter = twin
        elif letter not in known:
            extra.append((letter, np.ones(n, g.dtype)))
        wanted += letter
    terms = [(out, g), *others, *extra]
    text = ",".join(label for label, _ in terms) + "->" + wanted
    path = _path(text, tuple(np.shape(a) for _, a in terms), optimize is not False)
    back = np.einsum(text, *(a for _, a in terms), optimize=path) if path else np.einsum(text, *(a for _, a in terms))
    return np.broadcast_to(back, np.broadcast_shapes(back.shape, np.shape(x)))


@lru_cache(maxsize=256)
def _path(text, shapes, asked):
    """In which order to take the products pair by pair; None for one loop over all indices."""
    labels = text.partition("->")[0].split(",")
    lengths: dict[str, int] = {}
    for label, shape in zip(labels, shapes, strict=True):
        for letter, n in zip(label, shape, strict=True):
            lengths[letter] = max(n, lengths.get(letter, 0))
    if len(shapes) < 3 or not (asked or math.prod(lengths.values()) > _LARGE):
        return None
    stand_ins = (np.broadcast_to(0.0, shape) for shape in shapes)
    return np.einsum_path(text, *stand_ins, optimize="optimal" if len(shapes) < 6 else "greedy")[0]


def einsum_labels(subscripts, operands):
    """The letters of each operand and of the result, with every ellipsis spelled out from the right."""
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    labels = left.split(",")
    hidden = [np.ndim(a) - len(label.replace("...", "")) for label, a in zip(labels, operands, strict=True)]
    spare = "".join(c for c in ascii_letters if c not in subscripts)[: max(hidden, default=0)]
    if not arrow:
        out = "..." * ("..." in left) + "".join(sorted(c for c in set(left) - set(",.") if left.count(c) == 1))
    full = [label.replace("...", spare[len(spare) - n :]) for label, n in zip(labels, hidden, strict=True)]
    return full, out.replace("...", spare)


@primitive
def seen_otherwise(x, subscripts):
    """np.einsum of one array that sums nothing: its axes in another order, or a diagonal, in the same memory."""
    return np.einsum(subscripts, x)


def _is_view(subscripts, operands):
    """Does it leave every index of one array in the result? Then it is a view."""
    if len(operands) != 1 or not np.ndim(operands[0]):
        return False
    (label,), out = einsum_labels(subscripts, operands)
    return set(label) == set(out)


# fmt: off
#      function           d/dsubscripts   d/doperands
defvjp(np.einsum,         None,           repeated=_einsum_dx)
defvjp(seen_otherwise,    lambda g, ans, x, subscripts: _einsum_dx(1, g, ans, subscripts, x))
# fmt: on
array_like(np.einsum)
view(seen_otherwise)


@composite(np.einsum)
def einsum(subscripts, *operands, **options):
    """The form of alternating operands and lists of labels, brought to that of a string with letters in the same order."""
    if isinstance(subscripts, str):
        return seen_otherwise(operands[0], subscripts) if _is_view(subscripts, operands) else NotImplemented
    parts = [subscripts, *operands]
    out = parts.pop() if len(parts) % 2 else None
    labels = {label for of_one in parts[1::2] for label in of_one if label is not Ellipsis}
    if len(labels) > len(_IN_ORDER):
        raise ValueError(f"np.einsum has letters for {len(_IN_ORDER)} indices; got {len(labels)}")
    letter = {Ellipsis: "..."} | dict(zip(sorted(labels), _IN_ORDER, strict=False))
    text = ",".join("".join(letter[i] for i in of_one) for of_one in parts[1::2])
    arrow = "" if out is None else "->" + "".join(letter[i] for i in out)
    return np.einsum(text + arrow, *parts[::2], **options)
