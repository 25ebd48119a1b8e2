"""An array that an operation of a compiled function reads is read at every call, whoever made it and whoever holds it."""

import gc
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Tensor

RNG = np.random.default_rng(0)
X = RNG.uniform(0.5, 2.0, (3, 4))


class Holder:
    """Arrays where user code keeps them."""

    def __init__(self):
        self.K = RNG.uniform(1.0, 2.0, (3, 4))
        self.M = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]], bool)
        self.I = np.array([0, 2, 1])
        self.A = RNG.uniform(0.0, 1.0, (3, 3)) + np.eye(3)
        self.Q = np.array([0.2, 0.6])
        self.many = {"list": [self.K]}
        self.tensor = Tensor(self.K)


def slope(f):
    return lambda h, x: ag.grad(lambda y: np.sum(f(h, y)))(x)


READ = {
    "operand": ("K", lambda h, x: x * h.K),
    "in containers": ("K", lambda h, x: x * h.many["list"][0]),
    "view": ("K", lambda h, x: x[:, 1:] * h.K[:, 1:]),
    "transposed": ("K", lambda h, x: x.T @ h.K),
    "in a Tensor": ("K", lambda h, x: x * h.tensor),
    "in a Tensor made anew": ("K", lambda h, x: x * Tensor(h.K)),
    "joined": ("K", lambda h, x: np.concatenate([x, h.K])),
    "index": ("I", lambda h, x: x[h.I]),
    "mask": ("M", lambda h, x: np.where(h.M, x, -x)),
    "base of a power": ("K", slope(lambda h, y: h.K**y)),
    "power": ("K", slope(lambda h, y: y**h.K)),
    "dividend": ("K", slope(lambda h, y: h.K / y)),
    "mean where": ("M", slope(lambda h, y: np.mean(y, axis=1, where=h.M))),
    "sum where": ("M", slope(lambda h, y: np.square(np.sum(y, axis=1, where=h.M)))),
    "variance where": ("M", slope(lambda h, y: np.var(y, axis=1, where=h.M))),
    "at a mask": ("M", slope(lambda h, y: y[h.M] ** 2)),
    "at an index": ("I", slope(lambda h, y: np.square(y[h.I])[0])),
    "taken": ("I", slope(lambda h, y: np.square(np.take(y, h.I, axis=1))[:, 0])),
    "taken along": ("I", slope(lambda h, y: np.take_along_axis(y, h.I[:, None], axis=1) ** 2)),
    "clipped": ("K", slope(lambda h, y: np.clip(y * 2, 1, h.K) ** 2)),
    "larger": ("K", slope(lambda h, y: np.maximum(2 * y, h.K) ** 2)),
    "weights": ("K", slope(lambda h, y: np.average(y, axis=1, weights=h.K))),
    "einsum": ("K", slope(lambda h, y: np.einsum("ij,ij->i", y, h.K) ** 2)),
    "solved": ("A", slope(lambda h, y: np.linalg.solve(h.A, y))),
    "logaddexp": ("K", slope(lambda h, y: np.logaddexp(y, h.K))),
    "hypot": ("K", slope(lambda h, y: np.hypot(y, h.K))),
    "products": ("K", slope(lambda h, y: np.cumprod(y * h.K, axis=1))),
    "quantile": ("Q", slope(lambda h, y: np.quantile(y, h.Q, axis=1))),
    "repeats": ("I", slope(lambda h, y: np.repeat(y, h.I, axis=0) ** 2)),
}  # fmt: skip


def changed(array, turn):
    """Write other elements into an array: as many true ones in a mask, whole numbers in another order."""
    if array.dtype.kind in "bi":
        array[...] = np.roll(array, 1, axis=turn % array.ndim)
    else:
        array[...] = np.sort(RNG.uniform(0.1, 0.9, array.shape)) + (array > 0.95)


def traced(run):
    """As under a debugger, which holds frames."""
    frames = []
    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: frames.append(frame))
    try:
        return run()
    finally:
        sys.settrace(before)


def without_collection(run):
    gc.disable()
    try:
        return run()
    finally:
        gc.enable()


AROUND = {"as it is": lambda run: run(), "traced": traced, "without gc": without_collection}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", READ)
def test_what_is_read_of_an_array_is_what_it_holds_now(name, around):
    attribute, f = READ[name]
    holder = Holder()
    c = ag.compile(lambda x: f(holder, x))
    for turn in range(4):
        np.testing.assert_allclose(AROUND[around](lambda: np.asarray(c(X))), np.asarray(f(holder, X)), rtol=1e-12)
        changed(getattr(holder, attribute), turn)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("f", [
    lambda x: x * np.arange(4.0) + np.eye(3, 4), lambda x: np.where(np.tri(3, 4, dtype=bool), x, 0.0),
    lambda x: ag.grad(lambda y: np.sum(y**2 * np.ones(4)))(x), lambda x: x[np.array([2, 0])] + Tensor(np.zeros((2, 4))),
])  # fmt: skip
def test_arrays_that_the_function_makes_stay_as_they_are(f, around):
    c = ag.compile(f)
    for _ in range(2):
        found = AROUND[around](lambda: c(X))
        np.testing.assert_array_equal(
            np.asarray(getattr(found, "data", found)), np.asarray(getattr(f(X), "data", f(X)))
        )
        gc.collect()


@pytest.mark.parametrize("around", AROUND)
def test_the_program_is_the_same_whoever_looks_on(around):
    def f(x, w):
        return ag.grad(lambda w: np.sum(ag.sigmoid(x @ w) * np.ones(2) * 2.0))(w)

    plain, watched = ag.compile(f), ag.compile(f)
    plain(X, np.ones((4, 2)))
    AROUND[around](lambda: watched(X, np.ones((4, 2))))
    assert plain.source == watched.source


def test_an_array_that_gets_another_shape_has_another_program():
    held = np.arange(6.0)
    c = ag.compile(lambda x: np.sum(x) * held)
    for shape in ((6,), (2, 3), (3, 2)):
        held.shape = shape
        np.testing.assert_array_equal(c(X), X.sum() * held)


buffer = np.ones(4)


def written_between(x):
    own = np.ones(4)
    y = x * own
    own *= 2.0
    return y + x * own


def written_outside(x):
    y = x * buffer[::2].repeat(2)[:4] + x * buffer
    buffer[...] += 1.0
    return y


@pytest.mark.parametrize("f", [written_between, written_outside])
def test_an_array_that_is_written_after_it_was_read_is_refused(f):
    with pytest.raises(ag.CompileError, match=r"an array of shape \(4,\) and dtype float64 is written"):
        ag.compile(f)(X)
