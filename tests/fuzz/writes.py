"""Writes into a variable that a statement made, as makers of statements."""

import numpy as np

from .draft import Draft, say, write
from .indices import index, is_nested
from .program import Statement


def fresh(d: Draft) -> Statement | None:
    """An array of one's own to write into."""
    name = d.array()
    shape = tuple(d.whole(1, 4) for _ in range(d.whole(1, 2)))
    text = d.one_of(["{0}.copy()", "np.copy({0})", "np.zeros_like({0})", "{0} * 1.0", "np.ones_like({0}) * 0.5",
        "np.array({0}, copy=True)",
                     f"ag.Tensor(np.zeros({shape}))", f"ag.Tensor(np.full({shape}, 0.5))"])  # fmt: skip
    if "np.array(" in text:
        text = "np.full_like({0}, 0.3)"
    return say("write", text, name) if "{0}" in text else say("write", text)


def item(d: Draft) -> Statement | None:
    """`t[i] = v`, `t[i] += v` and their like: v another variable, a number, or something read from t itself."""
    name = d.writable(lambda a: a.size > 0)
    if name is None:
        return fresh(d)
    sizes = d.shape(name)
    unique = d.chance(0.7)
    where = index(d, sizes, unique=unique)
    try:
        there = np.shape(eval(f"a[{where}]", {"np": np, "a": d.of(name)}))
    except (IndexError, ValueError, TypeError):
        return None
    value: str | None = d.array(lambda a: _fits(a.shape, there))
    operator = d.one_of(["=", "=", "=", "+=", "*=", "-="])
    kind = d.rng.random()
    family = "nested-index" if is_nested(where) else "write"
    if kind < 0.6 and value is not None:
        return write(family, f"{{0}}[{where}] {operator} {{1}}", name, value)
    if kind < 0.75:
        return write(family, f"{{0}}[{where}] {operator} {d.number()}", name)
    if kind < 0.85:
        return write(family, f"{{0}}[{where}] {operator} np.sin({{0}}[{where}])", name)
    if value is None:
        return write(family, f"{{0}}[{where}] /= 2.0", name)
    return write(family, f"{{0}}[{where}] {operator} {{1}} * 0.5 + {{0}}[{where}]", name, value)


def _fits(shape: tuple[int, ...], there: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, there) == there
    except ValueError:
        return False


def whole(d: Draft) -> Statement | None:
    """`t += v` and NumPy's functions that write into what they are given."""
    name = d.writable(lambda a: a.size > 0)
    if name is None:
        return fresh(d)
    sizes = d.shape(name)
    value = d.array(lambda a: _fits(a.shape, sizes)) or name
    n = len(sizes)
    texts = ["{0} += {1}", "{0} *= {1}", "{0} -= {1} * 0.5", "{0} /= 1.0 + {1} ** 2", "{0} += 1", "{0} *= 0.5",
        "np.copyto({0}, {1})",
             "{0} **= 2", "{0} += {0}", "{0}[...] = {0} * {1}", f"np.copyto({{0}}, {{1}}, where={d.mask(sizes)})",
             "{0}[:] = {1}",
             f"np.putmask({{0}}, {d.mask(sizes)}, 0.25)", "np.put({0}, [0], {1}.ravel()[:1])",
             "np.place({0}, {0} > 0.3, [0.1, 0.2])"]  # fmt: skip
    if n:
        texts += ["{0}[::-1] = {0} + 0.0", "{0}[...] = {0}[::-1]", "{0}[1:] = {0}[:-1]", "{0}[1:] += {0}[:-1] * 0.5",
            "{0}[[0, -1]] = {0}[[-1, 0]]",
                  "for i in range({0}.shape[0]):\n    {0}[i] = {0}[i] * (i + 1.0) + {0}[i - 1]",
                  "np.put_along_axis({0}, np.zeros((1,) * {0}.ndim, dtype=int), 0.7, axis=0)"]  # fmt: skip
    if n == 2:
        texts += ["np.fill_diagonal({0}, 0.4)", "{0}[:, 0] = {0}[:, -1] * {1}[..., :1].ravel()[0]"]
    return write("write", d.one_of(texts), name, value)


def alias(d: Draft) -> Statement | None:
    """Another name of the same array: a write through one name is read through the other."""
    return say("write", "{0}", d.writable())
