"""Calls of NumPy's functions, as makers of statements: element by element, reductions, shapes, joins, products, order, choice."""

from typing import Any

import numpy as np

from .draft import Draft, say
from .program import Statement

Made = Statement | None

ELEMENTWISE = (
    "np.sin({0})", "np.cos({0})", "np.tanh({0})", "np.exp({0} * 0.4)", "np.expm1({0} * 0.4)", "np.square({0})",
    "-{0}", "+{0}",
    "{0} ** 2", "{0} ** 3", "np.sqrt({0} * {0} + 0.3)", "np.log({0} * {0} + 0.4)", "np.log1p({0} ** 2)",
    "np.arctan({0})",
    "np.arcsinh({0})", "np.sinh({0} * 0.5)", "np.cosh({0} * 0.5)", "np.reciprocal({0} ** 2 + 1.0)",
    "1.0 / (2.0 + np.cos({0}))",
    "np.arcsin(np.sin({0}) * 0.9)", "np.arctanh(np.tanh({0}) * 0.8)", "np.exp2({0} * 0.5)", "np.log2({0} ** 2 + 1.5)",
    "np.power({0} * {0} + 0.5, 1.5)", "np.negative({0})", "np.positive({0})", "np.tan({0} * 0.3)", "2.0 ** ({0} * 0.5)",
    "np.sinc({0} * 0.7)", "np.deg2rad({0})", "np.rad2deg({0} * 0.02)", "np.log10({0} ** 2 + 0.5)",
    "np.arccos({0} * 0.1)",
    "ag.sigmoid({0})", "ag.relu({0})", "ag.softplus({0})", "ag.silu({0})", "ag.leaky_relu({0}, 0.1)", "ag.elu({0})",
    "ag.selu({0})", "ag.softsign({0})", "ag.gelu({0}, 'tanh')", "np.abs({0})", "np.fabs({0})",
    "np.sqrt(np.abs({0}) + 0.2)",
    "np.floor({0}) + {0}", "np.round({0}, 1) * {0}", "np.sign({0}) * {0}", "{0} * ({0} > 0.1)", "np.rint({0}) - {0}",
    "np.heaviside({0}, 0.5) * {0}", "{0}.clip(-1.0, 1.0)", "np.clip({0}, -0.7, 0.9)", "np.clip({0}, None, 0.5)",
    "1.0 / (1.0 + np.exp(-{0}))", "np.log(1.0 + np.exp({0}))", "np.sqrt({0} ** 2 + 1e-3)", "{0}.copy()", "np.copy({0})",
    "np.multiply({0}, {0})", "np.nan_to_num({0})", "np.isfinite({0}) * {0}", "np.float_power({0} ** 2 + 0.5, 0.7)",
)  # fmt: skip
ELEMENTWISE_REAL = (
    "np.cbrt({0} ** 2 + 0.5)", "ag.gelu({0})", "ag.erf({0})", "{0} % 1.7", "np.fmod({0}, 1.3)", "{0} // 0.7 + {0}",
    "np.modf({0})[0]",
    "np.trunc({0}) * {0}", "np.remainder(np.sin({0}), 0.6)", "divmod({0}, 0.8)[1]", "np.copysign({0}, -1.0)",
    "np.i0({0} * 0.5)",
    "np.ldexp({0}, 2)", "abs({0}) * {0}", "round({0}, 1) + {0}",
    "np.interp({0}, [-2.0, -0.3, 0.5, 2.0], [0.1, 1.0, -0.4, 0.7])",
)  # fmt: skip
BINARY = (
    "{0} + @", "{0} - @", "@ - {0}", "{0} * @", "@ * {0}", "{0} / (2.5 + np.sin(@))", "@ / ({0} ** 2 + 0.7)",
    "np.add({0}, @)",
    "np.multiply({0}, @)", "np.subtract(@, {0})", "np.maximum({0}, @)", "np.minimum(@, {0})", "np.fmax({0}, @)",
    "np.fmin({0}, @)",
    "np.logaddexp({0}, @)", "np.logaddexp2({0}, @)", "np.hypot({0}, np.abs(@) + 0.3)",
    "np.power({0} ** 2 + 0.5, np.sin(@))",
    "np.where({0} > @, {0}, @)", "({0} + @) * ({0} - @)", "np.greater({0}, @) * {0}", "{0} * ({0} <= @)",
    "({0} > @) + {0}",
)  # fmt: skip
BINARY_REAL = ("np.arctan2({0}, np.abs(@) + 0.5)", "np.copysign({0}, @)", "np.remainder({0}, np.abs(@) + 0.6)")


def elementwise(d: Draft) -> Made:
    real = d.chance(0.08)
    return say("elementwise", d.one_of(ELEMENTWISE_REAL if real else ELEMENTWISE), d.array(), analytic=not real)


def binary(d: Draft) -> Made:
    real = d.chance(0.05)
    name = d.array()
    if name is None:
        return None
    other, refs = d.operand(name)
    text = d.one_of(BINARY_REAL if real else BINARY).replace("@", other)
    return say("elementwise", text, name, *refs, analytic=not real)


# --- Reductions --------------------------------------------------------------------------------------------------------


def reduction(d: Draft) -> Made:
    name = d.array(lambda a: a.ndim > 0)
    if name is None:
        return None
    shape = d.shape(name)
    axis: Any = d.one_of([None, d.axis(name), d.axis(name), _axes(d, len(shape))])
    parts = ["{0}"] + ([] if axis is None else [f"axis={axis}"]) + (["keepdims=True"] if d.chance(0.3) else [])
    f = d.one_of(["sum", "sum", "mean", "prod", "max", "min", "var", "std", "amax", "ptp"])
    if f == "amax":
        f = "max"
    elif f in ("sum", "prod", "max", "min", "mean", "var", "std") and d.chance(0.2):
        parts.append(f"where={d.mask(shape)}")
        if f in ("max", "min"):
            parts.append(f"initial={-3.0 if f == 'max' else 3.0}")
        elif f in ("sum", "prod") and d.chance(0.3):
            parts.append("initial=0.5")
    elif f in ("var", "std") and d.chance(0.3):
        parts.append("ddof=1")
    if f in ("sum", "mean", "max", "min", "prod", "ptp") and f != "ptp" and d.chance(0.3):
        return say("reduction", f"{{0}}.{f}({', '.join(parts[1:])})", name)
    return say("reduction", f"np.{f}({', '.join(parts)})", name)


def _axes(d: Draft, n: int) -> tuple[int, ...]:
    return tuple(sorted(d.rng.sample(range(n), d.whole(1, n))))


def other_reduction(d: Draft) -> Made:
    name = d.array(lambda a: a.ndim > 0 and a.size > 0)
    if name is None:
        return None
    axis = d.axis(name)
    analytic, text = d.one_of([
        (True, "np.add.reduce({0}, axis=@)"), (True, "np.multiply.reduce({0}, axis=@)"), (True,
        "np.maximum.reduce({0}, axis=@)"),
        (True, "ag.logsumexp({0}, @)"), (True, "ag.softmax({0}, @)"), (True, "ag.log_softmax({0}, @)"), (True,
        "np.linalg.norm({0}, axis=@)"),
        (True, "np.linalg.norm({0}, 3, axis=@)"), (True, "np.linalg.norm({0}, 1, axis=@, keepdims=True)"), (True,
        "np.nansum({0}, axis=@)"),
        (False, "np.median({0}, axis=@)"), (False, "np.quantile({0}, 0.3, axis=@)"), (False,
        "np.percentile({0}, [20, 60], axis=@)"),
        (True, "np.average({0}, axis=@)"), (True, "np.trapezoid({0}, axis=@)"), (False, "np.nanmax({0}, axis=@)"),
        (True, "np.mean(np.square({0} - np.mean({0}, axis=@, keepdims=True)), axis=@)"), (True,
        "np.cumsum({0}, axis=@)"),
        (True, "np.cumprod({0}, axis=@)"), (True, "{0}.cumsum(axis=@)"), (True, "np.add.accumulate({0}, axis=@)"),
        (True, "np.cumsum({0})"),
        (True, "np.maximum.accumulate({0}, axis=@)"), (True, "np.add.reduceat({0}, [0], axis=@)"), (True,
        "np.linalg.norm({0})"),
        (True, "({0} - np.max({0}, axis=@, keepdims=True))"), (True,
        "({0} / np.sqrt(np.sum({0} ** 2, axis=@, keepdims=True) + 0.1))"),
    ])  # fmt: skip
    return say("reduction", text.replace("@", str(axis)), name, analytic=analytic)


# --- Shapes ------------------------------------------------------------------------------------------------------------


def shape(d: Draft) -> Made:
    name = d.array()
    if name is None:
        return None
    n, sizes = len(d.shape(name)), d.shape(name)
    total = int(np.prod(sizes))
    a, b = (d.axis(name), d.axis(name)) if n else (0, 0)
    divisors = [k for k in range(1, total + 1) if total % k == 0] or [1]
    k = d.one_of(divisors)
    order = d.rng.sample(range(n), n)
    texts = ["np.reshape({0}, -1)", f"{{0}}.reshape({k}, -1)", "{0}[None]", "np.ravel({0})", "{0}.T",
        "np.expand_dims({0}, 0)",
             "np.broadcast_to({0}, (2, *{0}.shape))", "np.atleast_2d({0})", "np.tile({0}, 2)", "np.repeat({0}, 2)",
             "{0}.flatten()"]  # fmt: skip
    if total:
        texts += [
            f"np.reshape({{0}}, ({total // k}, {k}))",
            f"{{0}}.reshape({k}, -1, order='F')",
            "np.resize({0}, (2, 3))",
        ]
    if n:
        texts += [
            f"np.transpose({{0}}, {tuple(order)})", f"{{0}}.transpose({', '.join(map(str, order))})",
            f"np.swapaxes({{0}}, {a}, {b})",
            f"np.moveaxis({{0}}, {a}, {b})", f"np.flip({{0}}, {a})", "np.flip({0})",
            f"np.roll({{0}}, {d.whole(-3, 3)}, axis={a})",
            f"np.roll({{0}}, {d.whole(-3, 3)})", f"np.repeat({{0}}, 2, axis={a})",
            f"np.tile({{0}}, (2, {'1, ' * (n - 1)}))",
            f"np.squeeze(np.expand_dims({{0}}, {a}), axis={a})", f"np.take({{0}}, [0, -1, 0], axis={a})",
            f"np.diff({{0}}, axis={a})",
            f"np.repeat({{0}}, {[d.whole(0, 2) for _ in range(sizes[a])]}, axis={a})",
            f"np.pad({{0}}, {d.whole(0, 2)})",
            f"np.pad({{0}}, 1, '{d.one_of(['edge', 'reflect', 'wrap', 'symmetric'])}')",
            f"np.pad({{0}}, ((1, 0),{' (0, 1),' * (n - 1)}))",
            f"np.delete({{0}}, 0, axis={a})", f"np.array_split({{0}}, 2, axis={a})[{d.whole(0, 1)}]",
            f"np.unstack({{0}}, axis={a})[0]",
            f"np.insert({{0}}, 0, 0.5, axis={a})", f"np.gradient({{0}}, axis={a})",
            f"np.append({{0}}, {{0}}, axis={a})", "np.ediff1d({0})",
            f"np.lib.stride_tricks.sliding_window_view({{0}}, 2, axis={a})",
        ]  # fmt: skip
    if n >= 2:
        texts += ["np.tril({0})", "np.triu({0}, 1)", "np.diagonal({0})", "np.trace({0})", "np.rot90({0})",
            "np.fliplr({0})", "{0}.mT",
                  "np.rollaxis({0}, 1)", "np.matrix_transpose({0})", "np.diagonal({0}, 1, -1, 0)",
                  "{0}.diagonal()"]  # fmt: skip
    if n == 1:
        texts += [
            "np.diag({0})",
            "np.outer({0}, {0})",
            "np.vander({0} * 0.5, 3)",
            "np.convolve({0}, [0.5, 1.0, -0.5])",
            "np.diagflat({0})",
        ]
    return say("shape", d.one_of(texts), name)


def join(d: Draft) -> Made:
    name = d.array(lambda a: a.ndim > 0)
    other = None if name is None else d.alike(name)
    if name is None or other is None:
        return None
    a = d.axis(name)
    texts = [f"np.concatenate([{{0}}, {{1}}], axis={a})", f"np.stack([{{0}}, {{1}}], axis={a})",
        "np.concatenate(({0}, {1}), axis=None)",
             "np.hstack([{0}, {1}])", "np.vstack([{0}, {1}])", "np.dstack([{0}, {1}])", "np.column_stack([{0}, {1}])",
             "np.block([{0}, {1}])",
             "ag.Tensor([{0}, {1}])", f"np.stack([{{0}}, {{1}}, {{0}} * 0.5], axis={a})", "np.append({0}, {1})",
             "np.array_split({0}, 2)[1]",
             "np.block([[{0}], [{1}]])", "np.concatenate([{0}, {1}[:1]], axis=0)",
             "np.concatenate([{0}, np.zeros_like({1})])",
             f"sum(np.split(np.concatenate([{{0}}, {{1}}], axis={a}), 2, axis={a}))",
             "np.broadcast_arrays({0}, {1})[0]"]  # fmt: skip
    text = d.one_of(texts)
    # a Tensor of nested lists is stacked; so is the array that stands for it
    return say("join", text, name, other, plain=text.replace("ag.Tensor", "np.stack"))


# --- Products ----------------------------------------------------------------------------------------------------------

PRODUCTS_1 = ("np.dot({0}, {1})", "np.inner({0}, {1})", "np.outer({0}, {1})", "{0} @ {1}", "np.vdot({0}, {1})",
    "np.kron({0}, {1})",
              "np.einsum('i,i->', {0}, {1})", "np.einsum('i,j->ij', {0}, {1})", "np.multiply.outer({0}, {1})",
              "np.convolve({0}, {1})",
              "np.einsum('i,i->i', {0}, {1})", "np.vecdot({0}, {1})", "np.tensordot({0}, {1}, 1)",
              "np.add.outer({0}, {1})")  # fmt: skip
PRODUCTS_2 = (
    "{0} @ {1}.T", "{0}.T @ {1}", "np.matmul({0}, {1}.T)", "np.dot({0}.T, {1})", "np.einsum('ij,kj->ik', {0}, {1})",
    "np.inner({0}, {1})",
    "np.einsum('ij,ij->i', {0}, {1})", "np.tensordot({0}, {1}, axes=([1], [1]))", "np.einsum('ij,ij', {0}, {1})",
    "np.vecdot({0}, {1})",
    "np.tensordot({0}, {1}, axes=2)", "np.einsum('ij,ik->jk', {0}, {1})", "np.vdot({0}, {1})",
    "np.einsum(@, {1}, {0})".replace("@", "'ij,kj'"),
    "np.einsum('...i,...i->...', {0}, {1})", "np.linalg.multi_dot([{0}, {1}.T, {0}])", "{0} @ {1}[0]",
    "{0}.T @ {1}[:, 0]", "{0}[0] @ {1}.T",
    "np.einsum({0}, [0, 1], {1}, [2, 1], [0, 2])", "np.matmul({0}[None], {1}.T)", "np.kron({0}[:1], {1})",
    "np.einsum('ij->ji', {0}) @ {1}",
    "np.einsum('ij,j->i', {0}, {1}[0])", "np.cross({0}[:, :2], {1}[:, :2])" if not hasattr(np,
    "matvec") else "np.matvec({0}, {1}[0])",
)  # fmt: skip
SQUARE = (
    "np.linalg.inv(@)", "np.linalg.det(@)", "np.linalg.solve(@, {0})", "np.linalg.solve(@, {0}[:, 0])",
    "np.linalg.slogdet(@)[1]",
    "np.linalg.matrix_power({0} * 0.5, 3)", "np.einsum('ii', {0})", "np.einsum('ii->i', {0})", "np.trace({0})",
    "np.linalg.inv(@).T",
    "np.linalg.solve(@.T, {0}.T)", "np.linalg.matrix_power(@, -1)", "np.linalg.tensorsolve(@, {0}[:, 0])",
)  # fmt: skip
SQUARE_REAL = (
    "np.linalg.cholesky({0} @ {0}.T + 2.0 * np.eye({0}.shape[0]))", "np.linalg.eigvalsh({0} + {0}.T)",
    "np.linalg.svdvals({0})",
    "np.linalg.eigh({0} + {0}.T)[0]", "np.linalg.qr(@)[1]", "np.linalg.pinv(@)", "np.linalg.norm({0}, 'nuc')",
    "np.linalg.lstsq(@, {0})[0]",
)  # fmt: skip


def product(d: Draft) -> Made:
    name = d.array(lambda a: a.ndim in (1, 2) and a.size > 0)
    other = None if name is None else d.alike(name)
    if name is None or other is None:
        return None
    return say("product", d.one_of(PRODUCTS_1 if len(d.shape(name)) == 1 else PRODUCTS_2), name, other)


def square(d: Draft) -> Made:
    """Functions of a square matrix, kept far from those that have no inverse."""
    name = d.array(lambda a: a.ndim == 2 and a.shape[0] == a.shape[1] and a.shape[0] > 0)
    if name is None:
        matrix = d.array(lambda a: a.ndim == 2 and a.size > 0)
        return say("product", d.one_of(["{0} @ {0}.T", "{0}.T @ {0}"]), matrix)
    real = d.chance(0.15)
    text = d.one_of(SQUARE_REAL if real else SQUARE).replace("@", "(np.tanh({0}) + 4.0 * np.eye({0}.shape[0]))")
    return say("product", text, name, analytic=not real)


# --- Order and choice --------------------------------------------------------------------------------------------------


def order(d: Draft) -> Made:
    name = d.array(lambda a: a.ndim > 0 and a.size > 0)
    if name is None:
        return None
    a = d.axis(name)
    text = d.one_of([
        f"np.sort({{0}}, axis={a})", "np.sort({0}, axis=None)",
        f"np.take_along_axis({{0}}, np.argsort({{0}}, axis={a}), axis={a})",
        f"np.take(np.partition({{0}}, 0, axis={a}), [0], axis={a})",
        "{0}[np.argsort({0}[:, 0])]" if len(d.shape(name)) > 1 else "{0}[np.argsort({0})]",
        f"np.argmax({{0}}, axis={a}) * 0.5 + np.max({{0}}, axis={a})", f"np.flip(np.sort({{0}}, axis={a}), axis={a})",
        f"np.take_along_axis({{0}}, np.expand_dims(np.argmin({{0}}, axis={a}), {a}), axis={a})",
        "{0}.ravel()[np.argmax({0})]",
    ])  # fmt: skip
    return say("order", text, name)


def choice(d: Draft) -> Made:
    name = d.array()
    other = None if name is None else d.fitting(name)
    if name is None or other is None:
        return None
    sizes = d.shape(name)
    text = d.one_of([
        "np.where({0} > {1}, {0}, {1} * 0.5)", f"np.where({d.mask(sizes)}, {{0}}, {{1}})",
        "np.where({0} > 0, {0}, 0.0)",
        "np.where({0} > 0.2, np.log(np.where({0} > 0.2, {0}, 1.0)), {1})",
        "np.select([{0} > 0.5, {0} > -0.5], [{0} * 2.0, {1}], 0.25)", "np.clip({0}, -0.5 + 0.0 * {1}, 0.8)",
        "np.maximum({0}, 0.1)",
        "np.where(np.isnan({0}), 0.0, {0}) * {1}", "np.where(({0} > {1}) & ({1} > 0), {0} * {1}, -{0})",
        "np.minimum({0} * {1}, 0.6)",
        "np.where(~({0} > 0), {1}, {0})", "np.piecewise({0}, [{0} < 0, {0} >= 0], [np.sin, np.cos])",
        "np.clip({0}, None, np.max({1}))",
    ])  # fmt: skip
    return say("choice", text, name, other, analytic="piecewise" not in text)


def slope_not_chosen(d: Draft) -> Made:
    """A branch that is not taken, whose slope may be infinite or undefined: at the zeros of what was clipped or masked."""
    text = d.one_of(["np.where({0} > 0.2, np.sqrt(np.abs({0})), {1})", "np.where({0} == 0, {1}, {0} / np.abs({0}))",
                     "np.where({0} > 0.1, np.log(np.abs({0})), {1})",
                     "np.select([{0} > 0.3], [1.0 / {0}], {1})"])  # fmt: skip
    name = d.array()
    return say("structural-zero", text, name, None if name is None else d.fitting(name))


def precision(d: Draft) -> Made:
    name = d.array()
    text = d.one_of([
        "{0}.astype(np.float32)", "{0}.astype(np.float64)", "{0}.astype(np.float16)", "np.astype({0}, np.float32)",
        "{0} * np.float32(0.7)",
        "{0} + np.float64(0.3)", "{0} * np.array([0.5, 2.0, 1.5], dtype=np.float32)[0]",
        "np.sum({0}, dtype=np.float64)", "{0} * np.int64(2)",
        "np.sum({0}, dtype=np.float32)", "np.add({0}, 1, dtype=np.float64)", "np.mean({0}, dtype=np.float64)",
        "{0} + np.arange(3).max()",
        "np.multiply({0}, 2.0, dtype=np.float64)", "{0} * True", "{0} - np.bool_(True)",
    ])  # fmt: skip
    return say("precision", text, name)
