"""The remedy that an error names works: what it says is done here, and gives the right answer."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensors import same

import autograd_lite as ag
import nn

A, M = np.array([1.0, 2.0, 4.0]), np.array([True, False, True])


def t() -> ag.Tensor:
    return ag.Tensor(A.copy(), requires_grad=True, name="t")


def gradient(f: Any) -> np.ndarray:
    return ag.grad(lambda x: np.sum(f(x)))(A)


def written(make: Any) -> np.ndarray:
    """The gradient of the sum of squares of t, of which `make` gives the base, after the first element was set to 0."""
    x = t()
    y = make(x)
    y[0] = 0.0
    return ag.gradients(np.sum(y * y), [x])[0].data


def after_a_write(read: Any, write: Any) -> np.ndarray:
    """The gradient of what `read` made of a leaf before `write`."""
    x = t()
    y = np.sum(read(x))
    write(x)
    return ag.gradients(y, [x])[0].data


def set_to_0(x: Any) -> None:
    with ag.no_grad():
        x[0] = 0.0


def unrecorded(make: Any) -> np.ndarray:
    x = t()
    y = x * 1.0
    make(y)
    return ag.gradients(np.sum(y * y), [x])[0].data


def filled(make: Any) -> np.ndarray:
    return gradient(lambda x: make(x))


def twice(**options: Any) -> np.ndarray:
    x = t()
    y = np.sum(x * x)
    y.backward(**options)
    x.zero_grad()
    y.backward()
    return x.grad.data


def stacked(join: Any) -> np.ndarray:
    return gradient(lambda x: join([x[0] * 1.0, x[1] * 2.0]))


def into_an_array(make: Any) -> np.ndarray:
    x = t()
    buffer = make(np.zeros(3))
    np.copyto(buffer, x * 2.0)
    return ag.gradients(np.sum(buffer), [x])[0].data


EDGES = np.array([0.0, 1.5, 3.0])
masked = np.ma.array([1.0, 9.0, 3.0], mask=[False, True, False])

REMEDIES: dict[str, tuple[Any, str, Any, list[float]]] = {
    # claim: (the misuse, a word of its message, the remedy, the gradient that is right)
    "where= of a ufunc": (
        lambda: gradient(lambda x: np.divide(1.0, x - 2.0, where=M)),
        "np.where(mask, np.divide(np.where(mask, x, 1.0), ...), other)",
        lambda: gradient(lambda x: np.where(M, np.divide(1.0, np.where(M, x - 2.0, 1.0)), 0.0)),
        [-1.0, 0.0, -0.25],
    ),
    "where= of clip": (
        lambda: gradient(lambda x: np.clip(x, 0.0, 3.0, where=M)),
        "np.where(mask, np.clip(x, ...), other)",
        lambda: gradient(lambda x: np.where(M, np.clip(x, 0.0, 3.0), 0.0)),
        [1.0, 0.0, 0.0],
    ),
    "out=": (
        lambda: gradient(lambda x: np.exp(x, out=np.zeros(3))),
        "returned Tensor",
        lambda: gradient(lambda x: np.exp(x)),
        np.exp(A).tolist(),
    ),
    "an array that is written": (
        lambda: into_an_array(lambda a: a),
        "autograd_lite.Tensor(array)",
        lambda: into_an_array(ag.Tensor),
        [2.0] * 3,
    ),
    "np.array of Tensors": (lambda: stacked(np.array), "np.stack", lambda: stacked(np.stack), [1.0, 2.0, 0.0]),
    "np.array of Tensors, by Tensor": (
        lambda: stacked(np.array),
        "autograd_lite.Tensor([...])",
        lambda: stacked(ag.Tensor),
        [1.0, 2.0, 0.0],
    ),
    "a masked array": (
        lambda: gradient(lambda x: x * masked),
        "a.filled(value)",
        lambda: gradient(lambda x: x * masked.filled(0.0)),
        [1.0, 0.0, 3.0],
    ),
    "a masked array, without its mask": (
        lambda: gradient(lambda x: x * masked),
        "np.asarray(a)",
        lambda: gradient(lambda x: x * np.asarray(masked)),
        [1.0, 9.0, 3.0],
    ),
    "a masked array on the left": (
        lambda: gradient(lambda x: masked * x),
        "m.filled(value)",
        lambda: gradient(lambda x: masked.filled(0.0) * x),
        [1.0, 0.0, 3.0],
    ),
    "a leaf that is written, under no_grad": (
        lambda: written(lambda x: x),
        "no_grad()",
        lambda: after_a_write(lambda x: x.copy(), set_to_0),
        [1.0, 1.0, 1.0],
    ),
    "a leaf that is written, in a copy": (
        lambda: written(lambda x: x),
        "copy()",
        lambda: written(lambda x: x.copy()),
        [0.0, 4.0, 8.0],
    ),
    "a view of a leaf that is written": (
        lambda: written(lambda x: x[:]),
        "copy()",
        lambda: written(lambda x: x[:].copy()),
        [0.0, 4.0, 8.0],
    ),
    "a read-only view that is written": (
        lambda: written(lambda x: np.broadcast_to(x * 1.0, (3,))),
        "copy()",
        lambda: written(lambda x: np.broadcast_to(x * 1.0, (3,)).copy()),
        [0.0, 4.0, 8.0],
    ),
    "an array changed in place after it was used": (
        lambda: after_a_write(np.exp, lambda x: setattr(x, "data", x.data.__isub__(1.0))),
        "`t -= v` under no_grad()",
        lambda: after_a_write(np.exp, set_to_0),
        np.exp(A).tolist(),
    ),
    "a result written under no_grad": (
        lambda: unrecorded(set_to_0),
        "copy()",
        lambda: unrecorded(lambda y: set_to_0(y.copy())),
        [2.0, 4.0, 8.0],
    ),
    "a result written under no_grad, recorded": (
        lambda: unrecorded(set_to_0),
        "while recording",
        lambda: unrecorded(lambda y: y.__setitem__(0, 0.0)),
        [0.0, 4.0, 8.0],
    ),
    "integers that take what has a gradient": (
        lambda: filled(lambda x: ag.Tensor([1, 2, 3]).__setitem__(0, x[0])),
        "astype(float)",
        lambda: into_an_array(lambda a: ag.Tensor(a.astype(int)).astype(float)),
        [2.0] * 3,
    ),
    "a second backward": (lambda: twice(), "retain_graph=True", lambda: twice(retain_graph=True), [2.0, 4.0, 8.0]),
    "several elements": (
        lambda: (t() * 2.0).backward(),
        "sum()",
        lambda: after_a_write(lambda x: x * 2.0, lambda x: None),
        [2.0] * 3,
    ),
    "whole numbers": (
        lambda: ag.grad(np.sum)(np.array([1, 2, 3])),
        "a.astype(float)",
        lambda: ag.grad(np.sum)(np.array([1, 2, 3]).astype(float)),
        [1.0] * 3,
    ),
    "a Tensor of whole numbers": (
        lambda: ag.grad(np.sum)(ag.Tensor([1, 2, 3])),
        "astype(float)",
        lambda: ag.grad(np.sum)(ag.Tensor([1, 2, 3]).astype(float)).data,
        [1.0] * 3,
    ),
    "whole numbers that require a gradient": (
        lambda: ag.Tensor([1, 2], requires_grad=True),
        "dtype=float",
        lambda: ag.gradients(np.sum(x := ag.Tensor([1, 2], dtype=float, requires_grad=True)), [x])[0].data,
        [1.0, 1.0],
    ),
    "a keyword of another name": (
        lambda: ag.grad(lambda x, y: np.sum(x * y), argnum=1)(A, A),
        "argnums=",
        lambda: ag.grad(lambda x, y: np.sum(x * y), argnums=1)(A, 2 * A),
        A.tolist(),
    ),
    "a result that is no number": (
        lambda: ag.grad(np.sin)(A),
        "sum it",
        lambda: ag.grad(lambda x: np.sum(np.sin(x)))(A),
        np.cos(A).tolist(),
    ),
    "more than a number": (
        lambda: ag.grad(lambda x: (np.sum(x), 1))(A),
        "has_aux=True",
        lambda: ag.grad(lambda x: (np.sum(x), 1), has_aux=True)(A)[0],
        [1.0] * 3,
    ),
    "an input that is not used": (
        lambda: ag.gradients(np.sum(t()), [t()]),
        "allow_unused=True",
        lambda: np.array([ag.gradients(np.sum(t()), [t()], allow_unused=True)[0] is None]),
        [True],
    ),
    "a histogram": (
        lambda: gradient(lambda x: np.histogram(A, EDGES, weights=x)[0] ** 2),
        "np.bincount(np.digitize(x, edges), weights=w)",
        lambda: gradient(lambda x: np.bincount(np.digitize(A, EDGES), weights=x) ** 2),
        [2.0, 4.0, 8.0],
    ),
    "pieces of a product": (
        lambda: gradient(lambda x: np.multiply.reduceat(x, [0, 2])),
        "np.add.reduceat",
        lambda: gradient(lambda x: np.add.reduceat(x, [0, 2]) ** 2),
        [6.0, 6.0, 8.0],
    ),
}


@pytest.mark.parametrize("misuse, words, remedy, expected", REMEDIES.values(), ids=REMEDIES)
def test_the_remedy_that_is_named_gives_the_right_answer(misuse, words, remedy, expected):
    with pytest.raises((TypeError, ValueError, RuntimeError)) as caught:
        misuse()
    assert words in str(caught.value)
    np.testing.assert_allclose(remedy(), expected, rtol=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# SciPy.


@pytest.fixture
def special():
    return pytest.importorskip("scipy.special", reason="SciPy is not installed")


@pytest.mark.parametrize(
    "name, remedy",
    [
        ("erf", ag.erf),
        ("expit", ag.sigmoid),
        ("logit", ag.logit),
        ("log_expit", lambda x: -ag.softplus(-x)),
        ("cbrt", np.cbrt),
    ],
)
def test_a_function_of_scipy_names_its_stand_in(special, name, remedy):
    f = getattr(special, name)
    x = np.array([0.2, 0.7])
    with pytest.raises(
        TypeError,
        match=rf"scipy\.special\.{name} has no derivative here.*; use ",
    ):
        f(ag.Tensor(x, requires_grad=True))
    np.testing.assert_allclose(remedy(x), f(x), rtol=1e-14)


def test_a_function_of_scipy_without_a_stand_in_takes_a_rule(special):
    x = np.array([0.5, 2.5])
    with pytest.raises(
        TypeError,
        match=r"scipy\.special\.gammaln has no .*defvjp\(scipy\.special\.gammaln",
    ):
        special.gammaln(ag.Tensor(x))
    ag.defvjp(special.gammaln, lambda g, ans, x: g * special.digamma(x))
    np.testing.assert_allclose(ag.grad(lambda x: np.sum(special.gammaln(x)))(x), special.digamma(x), rtol=1e-14)


PYTHONS = {
    "logsumexp": lambda x: __import__("scipy.special").special.logsumexp(x),
    "softmax": lambda x: __import__("scipy.special").special.softmax(x),
    "trapezoid": lambda x: __import__("scipy.integrate").integrate.trapezoid(x),
    "convolve": lambda x: __import__("scipy.signal").signal.convolve(x, x),
    "fixed_point": lambda x: __import__("scipy.optimize").optimize.fixed_point(lambda v: np.cos(v) * x, A),
}


@pytest.mark.parametrize("f", PYTHONS.values(), ids=PYTHONS)
def test_a_function_of_arrays_only_is_told_the_way(special, f):
    with pytest.raises(TypeError, match=r"SciPy.*autograd_lite\.primitive.*defvjp.*logsumexp"):
        f(t())
    wrapped = ag.primitive(lambda x: np.asarray(special.logsumexp(x)))
    ag.defvjp(wrapped, lambda g, ans, x: g * special.softmax(x))
    np.testing.assert_allclose(ag.grad(wrapped)(A), special.softmax(A), rtol=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# What used to end in an error of Python's.


@pytest.mark.parametrize("conditions", [[True, False], [np.True_, np.False_], [[True, False, True], False]], ids=str)
def test_select_takes_truth_values(conditions):
    x = t()
    found = np.select(conditions, [x, 2.0 * x], 5.0)
    same(found, np.select([np.asarray(c) for c in conditions], [A, 2.0 * A], 5.0))


def test_a_condition_of_select_that_is_no_truth_value_is_named():
    with pytest.raises(TypeError, match="need dtype bool, not int64"):
        np.select([1], [t()])


@pytest.mark.parametrize("shapes", [[(3,), (3, 2)], [(2, 3, 4), (2, 1, 4)], [(2, 3, 4)] * 2], ids=str)
def test_column_stack_joins_what_has_more_axes_along_the_second(shapes):
    arrays = [np.random.default_rng(0).normal(size=s) for s in shapes]
    tensors = [ag.Tensor(a, requires_grad=True) for a in arrays]
    out = np.column_stack(tensors)
    same(out, np.column_stack(arrays))
    for g in ag.gradients(np.sum(out), tensors):
        same(g, np.ones(g.shape))


REGULAR, SINGULAR = np.array([[2.0, 1.0], [1.0, 3.0]]), np.ones((2, 2))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_singular_matrix_leaves_the_others_their_slogdet(dtype):
    a = np.stack([REGULAR, SINGULAR, np.eye(2)]).astype(dtype)
    x = ag.Tensor(a, requires_grad=True)
    sign, logs = np.linalg.slogdet(x)
    same(sign, [1.0, 0.0, 1.0])
    (found,) = ag.gradients(logs, [x], gradient=np.ones(3, dtype))
    np.testing.assert_allclose(found.data[[0, 2]], np.linalg.inv(a[[0, 2]]).mT, rtol=1e-6)
    assert found.dtype == dtype
    assert not np.any(np.isfinite(found.data[1]))


def test_a_singular_matrix_leaves_the_others_their_second_derivative():
    hessian = ag.hessian(lambda x: np.sum(np.linalg.slogdet(x)[1]))
    found = hessian(np.stack([REGULAR, SINGULAR]))[0, :, :, 0]
    np.testing.assert_allclose(found, hessian(REGULAR[None])[0, :, :, 0], rtol=1e-13)


def cube(x: Any) -> Any:
    return x**3


TRANSFORMS: dict[str, Any] = {
    "grad": ag.grad,
    "value_and_grad": ag.value_and_grad,
    "jacobian": ag.jacobian,
    "hessian": ag.hessian,
    "checkpoint": ag.checkpoint,
    "grad by number": lambda f: ag.grad(f, argnums=(0,)),
    "grad with more": lambda f: ag.value_and_grad(f, has_aux=False),
    "grad of grad": lambda f: ag.grad(ag.grad(f)),
}


@pytest.mark.parametrize("make", TRANSFORMS.values(), ids=TRANSFORMS)
def test_what_a_transform_returns_can_be_pickled(make):
    f = make(cube)
    again = pickle.loads(pickle.dumps(f))
    x = ag.Tensor(1.5)
    for got, expected in zip(np.atleast_1d(again(x)), np.atleast_1d(f(x)), strict=True):
        same(got, expected.data)
    assert (again.__name__, again.__wrapped__.__name__) == ("cube", "cube")


def test_a_derived_function_is_a_method_where_it_stands_in_a_class():
    class Model:
        scale = 2.0

        @ag.grad
        def slope(self, x):
            raise NotImplementedError

        def value(self, x):
            return x * x * self.scale

        by_x = ag.grad(value, argnums=1)

    assert Model().by_x(3.0) == 12.0


@pytest.mark.parametrize("package", [ag, nn], ids=["autograd_lite", "nn"])
def test_dir_lists_the_public_names(package):
    names = dir(package)
    assert sorted(n for n in names if not n.startswith("__")) == sorted(package.__all__)
    assert {"__doc__", "__name__", "__file__"} <= {*names}
    assert all(getattr(package, n) is not None for n in package.__all__)


def test_without_assertions_it_behaves_alike():
    """Under python -O too a rule's shape, a write and a misuse raise."""
    code = """
import numpy as np, autograd_lite as ag
op = ag.primitive(lambda x: x * 2.0); ag.defvjp(op, lambda g, ans, x: np.ones((4, 3)))
t = ag.Tensor(np.ones(3), requires_grad=True)
for misuse in (lambda: np.sum(op(t)).backward(), lambda: t.__setitem__(0, 1.0), lambda: t * np.ma.array([1.0] * 3)):
    try: misuse(); print("no error")
    except (TypeError, ValueError, RuntimeError) as error: print(type(error).__name__)
with ag.no_grad(): print(ag.is_grad_enabled())
print(ag.is_grad_enabled())
"""
    ran = subprocess.run(
        [sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert ran.stdout.split() == ["ValueError", "RuntimeError", "TypeError", "False", "True"]
