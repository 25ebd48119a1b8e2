"""Transforms and checkpoints inside a program, and what they stand for in closed form."""

from .draft import Draft, say
from .program import Statement

INNER = (
    # f(a), f'(a), f''(a)
    ("np.sin(a) * 1.5", "np.cos(a) * 1.5", "np.sin(a) * -1.5"),
    ("a ** 3 * 0.5", "a ** 2 * 1.5", "a * 3.0"),
    ("np.exp(a * 0.5)", "0.5 * np.exp(a * 0.5)", "0.25 * np.exp(a * 0.5)"),
    ("np.tanh(a)", "1.0 / np.cosh(a) ** 2", "-2.0 * np.tanh(a) / np.cosh(a) ** 2"),
    ("np.log(1.5 + a * a)", "2.0 * a / (1.5 + a * a)", "(3.0 - 2.0 * a * a) / (1.5 + a * a) ** 2"),
    ("a * np.abs(a)", "2.0 * np.abs(a)", "2.0 * np.sign(a)"),
    ("np.where(a > 0, a ** 2, a)", "np.where(a > 0, 2.0 * a, 1.0)", "np.where(a > 0, 2.0, 0.0 * a)"),
    ("ag.sigmoid(a)", "ag.sigmoid(a) * ag.sigmoid(-a)", "ag.sigmoid(a) * ag.sigmoid(-a) * (ag.sigmoid(-a) - ag.sigmoid(a))"),
    ("np.square(a) * 0.5", "a * 1.0", "np.ones_like(a)"),
)  # fmt: skip
FIRST_ORDER = (
    # of {0} alone: the text, and how f', f'' stand in its closed form
    ("ag.grad(lambda a: np.sum(F))({0})", "D1"),
    ("ag.value_and_grad(lambda a: np.sum(F))({0})[1]", "D1"),
    ("ag.value_and_grad(lambda a: np.sum(F) * 1.0)({0})[0]", "np.sum(D0)"),
    ("ag.vjp(lambda a: F, {0})[1](np.ones({0}.shape, {0}.dtype))[0]", "D1"),
    ("ag.grad(lambda a: np.sum(ag.grad(lambda a: np.sum(F))(a) * 2.0))({0})", "2.0 * D2"),
    ("ag.grad(lambda t: np.sum((lambda a: F)(t['a']) * t['b']))({'a': {0}, 'b': {0} * 2.0})['a']", "D1 * ({0} * 2.0)"),
    ("ag.grad(lambda b, a: np.sum(F) + np.sum(b), argnums=(0, 1))({0} * 2.0, {0})[1]", "D1"),
    ("ag.checkpoint(lambda a: F)({0})", "D0"),
    ("ag.checkpoint(lambda a: [F, a * 2.0])({0})[0]", "D0"),
    ("ag.checkpoint(lambda a: ag.checkpoint(lambda a: F)(a) + a)({0})", "D0 + {0}"),
    ("(lambda a: F)({0}).detach() * {0}", "np.real(D0) * {0}"),
    ("ag.gradients(np.sum((lambda a: F)({0})), [{0}], create_graph=True)[0]", "D1"),
)  # fmt: skip
SECOND_ORDER = (
    # of {0} and of {1}, which has its shape and dtype
    ("ag.vjp(lambda a: F, {0})[1]({1})[0]", "D1 * {1}"),
    ("ag.jvp(lambda a: F, {0}, {1})[1]", "D1 * {1}"),
    ("ag.jvp(lambda a, b: F * b, ({0}, {1}), ({1}, {0}))[1]", "D1 * {1} * {1} + D0 * {0}"),
    ("ag.hvp(lambda a: np.sum(F), {0}, {1})", "D2 * {1}"),
    ("ag.grad(lambda a: np.sum(F * {1}))({0})", "D1 * {1}"),
    ("ag.grad(lambda a, b: np.sum(F * b), argnums=1)({0}, {1})", "D0"),
    ("ag.checkpoint(lambda a, b: F * b)({0}, {1})", "D0 * {1}"),
    ("ag.checkpoint(lambda a: F * {1})({0})", "D0 * {1}"),
    ("ag.grad(lambda a: np.sum(ag.checkpoint(lambda a: F * {1})(a)))({0})", "D1 * {1}"),
)  # fmt: skip
OF_VECTORS = (
    ("ag.jacobian(lambda a: F)({0})", "np.diag(D1)"),
    ("ag.hessian(lambda a: np.sum(F))({0})", "np.diag(D2)"),
    ("ag.jacobian(lambda a: (F)[::-1])({0})", "np.diag(D1)[::-1]"),
    ("ag.jacobian(lambda a: [F, a * 1.0])({0})[0] @ {0}", "D1 * {0}"),
)
INSIDE_CHECKPOINTS = (
    ("ag.checkpoint(lambda a: ag.grad(lambda a: np.sum(F))(a) * a)({0})", "D1 * {0}"),
    ("ag.checkpoint(lambda a: ag.vjp(lambda a: F, a)[1](a)[0])({0})", "D1 * {0}"),
)


def nested(d: Draft) -> Statement | None:
    """A transform of a function of one variable, whose derivatives are known."""
    kind = d.rng.random()
    f, first, second = d.one_of(INNER)
    name = d.array(lambda a: a.ndim == 1 and 0 < a.size <= 5) if kind > 0.85 else d.array()
    if name is None:
        return None
    other = None
    if kind < 0.45:
        family, (text, closed) = "nested", d.one_of(FIRST_ORDER)
    elif kind < 0.8:
        family, (text, closed) = "nested", d.one_of(SECOND_ORDER)
        other = d.alike(name)
    elif kind < 0.85 and "checkpoint-gradient" not in d.without:
        family, (text, closed) = "checkpoint-gradient", d.one_of(INSIDE_CHECKPOINTS)
    else:
        family, (text, closed) = "nested", d.one_of(OF_VECTORS if kind > 0.85 else FIRST_ORDER)
    for mark, formula in (("D0", f), ("D1", first), ("D2", second)):
        closed = closed.replace(mark, f"(lambda a: {formula})({{0}})")
    refs = (name,) if other is None else (name, other)
    return say(family, text.replace("F", f"({f})"), *refs, plain=closed)
