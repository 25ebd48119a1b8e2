"""Checks of what is made of gradients: second derivatives, and the linear maps jvp, vjp, jacobian, hessian."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

import autograd_lite as ag

from . import oracles
from .comparing import Disagreement, Inapplicable, Undecided, must_agree
from .program import laid_out
from .subject import Subject


def second_order(s: Subject, rng: Random) -> None:
    """Hessian-vector products are symmetric, and what differences of the exact slope are; grad of grad gives them too."""
    primals = tuple(s.arrays(s.first))
    along, across = oracles.directions(s.program, 1), oracles.directions(s.program, 2)
    dtypes = [i.value.dtype for i in s.program.arrays]
    u, v = (tuple(d.astype(t) for d, t in zip(each, dtypes, strict=True)) for each in (along, across))
    f = s.of_arrays(s.function(), s.first)
    hv = ag.hvp(f, primals, v)
    hu = ag.hvp(f, primals, u)
    dot: Callable[[Any, Any], Any] = lambda a, b: np.asarray(
        sum(float(np.sum(x.astype(float) * y)) for x, y in zip(a, b, strict=True))
    )

    def again(n: int) -> Any:
        return dot(ag.hvp(s.of_arrays(s.noisy(n), s.first), primals, v), u)

    if s.program.eps > 1e-10 or s.program.detaches:
        raise Inapplicable("differences need double precision, and move what is detached")

    def slope_at(t: float) -> float:
        """By a complex step, or by the engine, whose gradient has checks of its own."""
        data = oracles.moved(s.program, s.first, across, t)
        return (
            oracles.complex_step(s.program, data, along)
            if s.program.analytic
            else float(dot(ag.grad(f, tuple(range(len(primals))))(*s.arrays(data)), u))
        )

    expected, error = oracles.curvature(slope_at)
    found = dot(hv, u)
    must_agree("u H v and v H u", found, dot(hu, v), s.scale, again)
    if abs(float(found) - expected) > error:
        must_agree("u H v by differences", found, np.asarray(expected), s.scale, again)

    def slope(*xs: Any) -> Any:
        return sum(np.sum(g * d) for g, d in zip(ag.grad(f, tuple(range(len(xs))))(*xs), v, strict=True))

    must_agree("grad of grad", ag.grad(slope, tuple(range(len(primals))))(*primals), hv, s.scale,
               lambda n: ag.hvp(s.of_arrays(s.noisy(n), s.first), primals, v))  # fmt: skip


def transforms(s: Subject, rng: Random) -> None:
    """jvp, vjp and jacobian of what the program returns agree, whatever the layout of the cotangent."""
    f = s.of_arrays(s.function(cost=False), s.first)
    primals, along = tuple(s.arrays(s.first)), oracles.directions(s.program, 1)
    tangents = tuple(d.astype(i.value.dtype) for d, i in zip(along, s.program.arrays, strict=True))
    values, tangent = ag.jvp(f, primals, tangents)
    noisy: Callable[[int], Any] = lambda n: s.of_arrays(s.noisy(n, cost=False), s.first)
    numbers = np.random.default_rng(3)
    cotangents = [np.asarray(numbers.normal(size=np.shape(t))).astype(np.asarray(t).dtype) for t in tangent]
    _, pullback = ag.vjp(f, *primals)
    pulled = pullback(
        [laid_out(c, rng.choice(["rows", "columns", "transposed", "backwards", "read-only"])) for c in cotangents]
    )
    must_agree(
        "vjp with another layout",
        pulled,
        pullback(cotangents),
        s.scale,
        lambda n: ag.vjp(noisy(n), *primals)[1](cotangents),
    )
    dot: Callable[[Any, Any], Any] = lambda a, b: np.asarray(
        sum(float(np.sum(np.asarray(x, float) * y)) for x, y in zip(a, b, strict=True))
    )
    again: Callable[[int], Any] = lambda n: dot(ag.jvp(noisy(n), primals, tangents)[1], cotangents)
    must_agree("jvp and vjp", dot(pulled, tangents), dot(tangent, cotangents), s.scale, again)
    if sum(np.size(t) for t in tangent) > 24:
        return
    rows = ag.jacobian(f, tuple(range(len(primals))))(*primals)
    for each, value in zip(rows, values, strict=True):
        for j, a in zip(each, primals, strict=True):
            if np.shape(j) != np.shape(value) + a.shape:
                raise Disagreement(f"the Jacobian of {np.shape(value)} by {a.shape} has shape {np.shape(j)}")
    products = [
        np.asarray(sum(np.tensordot(j.astype(float), d, d.ndim) for j, d in zip(each, tangents, strict=True)))
        for each in rows
    ]
    must_agree("the Jacobian times the tangent", products, [np.asarray(t, float) for t in tangent], s.scale,
               lambda n: [np.asarray(t, float) for t in ag.jvp(noisy(n), primals, tangents)[1]])  # fmt: skip


CONES = ("std", "norm", "hypot")
"""Functions whose second derivative is NaN where they are 0."""


def hessians(s: Subject, rng: Random) -> None:
    """The Hessian times a vector is the Hessian-vector product."""
    primals = tuple(s.arrays(s.first))
    if sum(a.size for a in primals) > 16:
        raise Inapplicable("the Hessian is large")
    places = tuple(range(len(primals)))
    f = s.of_arrays(s.function(), s.first)
    vectors = tuple(d.astype(a.dtype) for d, a in zip(oracles.directions(s.program, 2), primals, strict=True))
    blocks = ag.hessian(f, places)(*primals)
    if any(name in s.program.text() for name in CONES) and any(np.isnan(b).any() for row in blocks for b in row):
        raise Undecided("at the tip of a cone no second derivative is right")
    found = tuple(
        np.asarray(sum(np.tensordot(b, v, v.ndim) for b, v in zip(row, vectors, strict=True))).astype(a.dtype)
        for row, a in zip(blocks, primals, strict=True)
    )
    must_agree("the Hessian times a vector", found, ag.hvp(f, primals, vectors), s.scale,
               lambda n: ag.hvp(s.of_arrays(s.noisy(n), s.first), primals, vectors))  # fmt: skip
