"""Writes into a variable that a statement made, as makers of statements."""

import numpy as np

from .draft import Draft, say, write
from .indices import basic, index, is_nested
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


# --- Views that are kept, and written ----------------------------------------------------------------------------------


def view(d: Draft) -> Statement | None:
    """A variable that shares the memory of one that may be written, or that NumPy copies although it looks like one."""
    name = d.writable(lambda a: a.size > 0)
    if name is None:
        return fresh(d)
    sizes = d.shape(name)
    n, total = len(sizes), int(np.prod(sizes))
    k = d.one_of([k for k in range(1, total + 1) if total % k == 0])
    texts = ["{0}.reshape(-1)", f"{{0}}.reshape({k}, -1)", "{0}.ravel()", "{0}.T", "{0}[None]", "{0}[...]",
             "np.expand_dims({0}, 0)", "np.atleast_2d({0})", "{0}.T.reshape(-1)", "np.atleast_1d({0})",
             "np.astype({0}, {0}.dtype, copy=False)",
             f"np.reshape({{0}}, ({k}, {total // k}), order='F')", "np.squeeze({0})", "{0}.ravel('K')"]  # fmt: skip
    if n:
        a, b = d.axis(name), d.axis(name)
        i = d.whole(-sizes[0], sizes[0] - 1)
        order = d.rng.sample(range(n), n)
        places = [f"{{0}}[{basic(d, sizes)}]" for _ in range(8)]
        texts += [
            *places, f"np.transpose({{0}}, {tuple(order)})", f"{{0}}.transpose({', '.join(map(str, order))})",
            f"np.swapaxes({{0}}, {a}, {b})", f"np.moveaxis({{0}}, {a}, {b})", f"np.flip({{0}}, {a})", "np.flip({0})",
            f"np.squeeze(np.expand_dims({{0}}, {a}), axis={a})", f"np.array_split({{0}}, 2, axis={a})[0]",
            f"np.split({{0}}, [1], axis={a})[1]", f"list({{0}})[{i}]", f"np.unstack({{0}}, axis={a})[0]",
            f"{{0}}[{basic(d, sizes)}].T", f"{{0}}[{basic(d, sizes)}].reshape(-1)", "[*zip({0}, {0})][0][1]",
            "np.atleast_3d({0})", f"np.hsplit({{0}}, [1])[{d.whole(0, 1)}]",
        ]  # fmt: skip
    if n > 1:
        texts += ["{0}.mT", "np.rot90({0})", "np.fliplr({0})", "np.rollaxis({0}, 1)", "{0}.T[0]", "{0}[0].T",
                  "np.matrix_transpose({0})", "np.vsplit({0}, [1])[0]", "{0}.swapaxes(0, 1)[-1]"]  # fmt: skip
    return say("kept-view", d.one_of(texts), name)


def function(d: Draft) -> Statement | None:
    """NumPy's functions and methods that write into an argument."""
    name = d.writable(lambda a: a.size > 0)
    if name is None:
        return fresh(d)
    sizes = d.shape(name)
    total = int(np.prod(sizes))
    value = d.array(lambda a: _fits(a.shape, sizes)) or name
    some = str([d.whole(-total, total - 1) for _ in range(d.whole(1, 4))])
    c = d.number()
    texts = [
        f"{{0}}.flat[{d.whole(-total, total - 1)}] = {c}", "{0}.flat[::2] = {1}.flat[:1] * 0.5",
        f"{{0}}.flat[{some}] *= {c}", "{0}.flat[:] = np.sin({0}).ravel()", f"{{0}}.fill({c})",
        "{0}.fill(np.mean({1}))", f"np.put({{0}}, {some}, {{1}}.ravel())", f"{{0}}.put({some}, [0.3, {c}])",
        f"np.put({{0}}, [{total}, 1], {{1}}.ravel()[:1], mode='wrap')", f"np.copyto({{0}}, {{1}}, where={{0}} > {c})",
        f"np.copyto({{0}}, {{0}} * 0.5, where={d.mask(sizes)})", f"np.putmask({{0}}, {d.mask(sizes)}, {{1}} * 0.7)",
        f"np.putmask({{0}}, {{0}} > {c}, {{0}} * 0.5)", f"np.place({{0}}, {d.mask(sizes)}, {{1}}.ravel()[:2] * 1.0)",
        "np.sin({0}, out={0})", "np.add({0}, {1}, out={0})", "np.multiply({1}, {0}, out={0})", "np.tanh({0}, out=({0},))",
        "np.subtract({0}, {1} * 0.5, out={0})", f"np.clip({{0}}, -0.9, {d.rng.uniform(0, 2):.2f}, out={{0}})",
        f"np.maximum({{0}}, {c}, out={{0}})", "np.exp({0} * 0.3, out={0})", f"{{0}}[{{0}} > {c}] = 0.4",
        f"{{0}}[{{0}} < {c}] *= 0.1",
    ]  # fmt: skip
    if sizes:
        a, n = d.axis(name), sizes[0]
        rows = str([d.whole(-n, n - 1) for _ in range(d.whole(1, 4))])
        row = "np.mean({1})" if d.chance(0.5) else c
        texts += [
            f"np.add.at({{0}}, {rows}, {row})", f"np.multiply.at({{0}}, {rows}, {c})",
            f"np.subtract.at({{0}}, {rows}, {{0}}[{rows}] * 0.5)", f"np.maximum.at({{0}}, {rows}, {row})",
            f"np.add.at({{0}}, ({rows},), {{0}}[:1])", f"np.negative.at({{0}}, {rows})", "np.add.at({0}, slice(0, 1), {0}[-1:])",
            f"np.cumsum({{0}}, axis={a}, out={{0}})", "np.copyto({0}[0], {0}[-1])", "np.multiply({0}[-1], 0.5, out={0}[0, ...])",
            f"np.put_along_axis({{0}}, np.argmax({{0}}, axis={a}, keepdims=True), {c}, axis={a})",
            "np.sum({0}[None], axis=0, out={0})", "np.minimum({0}, {0}[::-1], out={0})",
            f"{{0}}[{rows}] = {{0}}[:1] * {c}", f"{{0}}[{rows}] += {c}",
        ]  # fmt: skip
    if len(sizes) == 2:
        texts += [f"np.fill_diagonal({{0}}, {c})", "np.fill_diagonal({0}, {1}.ravel()[:2])",
                  "np.fill_diagonal({0}.T, np.sum({0}))",
                  f"np.fill_diagonal({{0}}, {c}, wrap=True)"]  # fmt: skip
    return write("write", d.one_of(texts), name, value)


def loop(d: Draft) -> Statement | None:
    """Rows and columns written in turn, exchanged, normalised."""
    name = d.writable(lambda a: a.ndim > 0 and a.size > 0)
    if name is None:
        return fresh(d)
    texts = ["{0}[0], {0}[-1] = {0}[-1], {0}[0]", "{0}[0], {0}[-1] = {0}[-1].copy(), {0}[0].copy()",
             "for i in range(1, len({0})):\n    {0}[i] += {0}[i - 1] * 0.5"]  # fmt: skip
    if len(d.shape(name)) > 1:
        texts += ["for row in {0}:\n    row /= 1.5 + row.sum() ** 2", "for column in {0}.T:\n    column -= column.mean()",
                  "for i, row in enumerate({0}):\n    row += i\n    row[-1] *= 0.5",
                  "for one, other in zip({0}, {0}[::-1]):\n    one += other * 0.3",
                  "for row in {0}.swapaxes(0, -1):\n    row[0] = np.tanh(row).sum()"]  # fmt: skip
    return write("write", d.one_of(texts), name)


def number(d: Draft) -> Statement | None:
    """`s += v` of a number, which in NumPy makes another and leaves what else is called the same alone; or such a name."""
    made = {s.target for s in d.statements}
    names = d.array_names(lambda a: isinstance(a, np.generic) and a.dtype.kind == "f")
    names = [n for n in names if n in made]
    if not names:
        return say("reduction", d.one_of(["np.sum({0})", "np.mean({0})", "{0}.ravel()[0]", "np.max({0})"]), d.array())
    name = d.one_of(names)
    if d.chance(0.4):
        return say("write", "{0}", name)
    other = d.array(lambda a: not a.ndim) or name
    return write(
        "write", d.one_of(["{0} += {1}", "{0} *= 0.5", "{0} -= {1} * 0.3", "{0} /= 1.0 + {1} ** 2"]), name, other
    )
