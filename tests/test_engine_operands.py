"""What may stand beside a Tensor: data of other libraries, by position; no class that gives operations another meaning."""

import array
import operator
from typing import Any

import numpy as np
import pytest
from tensors import same

import autograd_lite as ag

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")

A, W = np.array([0.5, -2.0, 3.0]), np.array([1.0, 10.0, 100.0])


class Labelled:
    """Data that NumPy can read, as other libraries have it."""

    def __init__(self, values: Any):
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)


class Quantity(np.ndarray):
    """An array with units, as they are made by subclassing."""


class Lazy(Labelled):
    """An array that answers NumPy's functions itself."""

    def __array_function__(self, f: Any, types: Any, args: Any, keywords: Any) -> Any:
        return NotImplemented


def made_by(module: str, make: Any) -> Any:
    """What a library that may be missing makes of an array."""
    return lambda a: make(pytest.importorskip(module, reason=f"{module} is not installed"), a)


DATA = {
    "Labelled": Labelled,
    "array.array": lambda a: array.array("d", a.tolist()),
    "memoryview": memoryview,
    "Series": made_by("pandas", lambda pd, a: pd.Series(a, index=range(len(a), 0, -1))),
    "Series of a nullable dtype": made_by("pandas", lambda pd, a: pd.Series(a, dtype="Float64")),
    "Index": made_by("pandas", lambda pd, a: pd.Index(a)),
    "torch.Tensor": made_by("torch", lambda torch, a: torch.from_numpy(a.copy())),
}
REFUSED = {
    "matrix": (np.matrix, "asarray"),
    "MaskedArray": (lambda a: np.ma.array(a, mask=[False, True, False]), "filled"),
    "MaskedConstant": (lambda a: np.ma.masked, "filled"),
    "recarray": (np.rec.array, "asarray"),
    "Quantity": (lambda a: a.view(Quantity), "asarray"),
    "Lazy": (Lazy, "asarray"),
    "csr_array": (made_by("scipy.sparse", lambda sparse, a: sparse.csr_array(a[None])), "toarray"),
}
IN_PLACE = {"+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv}
PLACES: dict[str, Any] = {
    "t + a": lambda t, a: t + a,
    "t - a": lambda t, a: t - a,
    "t * a": lambda t, a: t * a,
    "t / a": lambda t, a: t / a,
    "t @ a": lambda t, a: t @ a,
    "t > a": lambda t, a: (t > a) * t,
    "np.multiply(t, a)": np.multiply,
    "np.multiply(t, a, dtype=)": lambda t, a: np.multiply(t, a, dtype=np.float64),
    "np.maximum(t, a)": np.maximum,
    "np.dot(t, a)": np.dot,
    "np.dot(a, t)": lambda t, a: np.dot(a, t),
    "np.where(mask, t, a)": lambda t, a: np.where(W > 5, t, a),
    "np.clip(t, None, max=a)": lambda t, a: np.clip(t, None, a),
    "np.vstack([t, a])": lambda t, a: np.vstack([t, a]),
    "np.concatenate([t, a])": lambda t, a: np.concatenate([t, a]),
    "np.average(t, weights=a)": lambda t, a: np.average(t, weights=a),
    "np.interp(t, [-9, 0, 9], a)": lambda t, a: np.interp(t, [-9.0, 0.0, 9.0], a),
    "np.einsum('i,i', t, a)": lambda t, a: np.einsum("i,i", t, a),
    "t.dot(a)": lambda t, a: t.dot(a),
    "ag.Tensor([t, a])": lambda t, a: ag.Tensor([t, a]),
    "ag.Tensor(a)": lambda t, a: ag.Tensor(a) * t,
    "t[0:] = a": lambda t, a: written(t * 1.0, a),
    **{f"t {name} a": (lambda t, a, f=f: f(t * 1.0, a)) for name, f in IN_PLACE.items()},
}
LEFT = {
    "a + t": lambda t, a: a + t,
    "a - t": lambda t, a: a - t,
    "a * t": lambda t, a: a * t,
    "a / t": lambda t, a: a / t,
    "a < t": lambda t, a: (a < t) * t,
}


def written(t: ag.Tensor, a: Any) -> ag.Tensor:
    t[0:] = a
    return t


def result(f: Any, a: Any) -> tuple[ag.Tensor, ag.Tensor]:
    t = ag.Tensor([1.0, 2.0, 4.0], requires_grad=True)
    out = f(t, a)
    if not out.requires_grad:  # all of it was written over
        return out, out
    return out, ag.gradients(np.sum(out * np.resize(W, out.shape)), [t])[0]


@pytest.mark.parametrize("make", DATA.values(), ids=DATA)
@pytest.mark.parametrize("f", [*PLACES.values(), *LEFT.values()], ids=[*PLACES, *LEFT])
def test_data_is_taken_as_the_array_it_holds(f, make):
    for got, expected in zip(result(f, make(A)), result(f, A), strict=True):
        same(got, expected.data)


@pytest.mark.parametrize("make, remedy", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("f", PLACES.values(), ids=PLACES)
def test_a_class_with_a_meaning_of_its_own_is_refused_by_name(f, make, remedy):
    a = make(A)
    with pytest.raises(TypeError, match=f"{type(a).__name__}.*{remedy}"):
        result(f, a)


@pytest.mark.parametrize("f", LEFT.values(), ids=LEFT)
@pytest.mark.parametrize("name, words", [("matrix", "matrix"), ("MaskedArray", "filled"), ("csr_array", r"toarray")])
def test_it_is_refused_on_the_left_too(f, name, words):
    with pytest.raises(TypeError, match=words):
        result(f, REFUSED[name][0](A))


def test_labels_do_not_align_gradients():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    df = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    by = df.sort_values("a", ascending=False)
    t = ag.Tensor(np.ones(3), requires_grad=True)
    (np.sum(t * df.a) + np.sum(t * by.a)).backward()
    same(t.grad, [4.0, 4.0, 4.0])


def test_a_frame_is_a_matrix():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    t = ag.Tensor([[1.0, 2.0]], requires_grad=True)
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    for product in (t @ frame, np.dot(t, frame)):
        same(product, [[5.0, 11.0]])
    same(frame * t, [[1.0, 6.0], [2.0, 8.0]])


def test_a_series_is_an_index_and_a_mask():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    t = ag.Tensor([1.0, 2.0, 4.0])
    same(t[pd.Series([2, 0], index=[7, 5])], [4.0, 1.0])
    same(t[pd.Series([True, False, True], index=[2, 1, 0])], [1.0, 4.0])


def test_text_beside_a_tensor_is_named():
    with pytest.raises(TypeError, match=r"Labelled of dtype <U1.*astype\(float\)"):
        ag.Tensor([1.0]) * Labelled(["a"])


ENTRANCES = {
    "an argument of grad": lambda a: ag.grad(np.sum)(a),
    "a cotangent of backward": lambda a: (ag.Tensor(W, requires_grad=True) * 2.0).backward(a),
    "a cotangent of vjp": lambda a: ag.vjp(np.sin, W)[1](a),
    "a tangent": lambda a: ag.jvp(np.sin, W, a),
    "the value of a leaf": lambda a: setattr(ag.Tensor(W), "data", a),
    "a gradient that is assigned": lambda a: setattr(ag.Tensor(W), "grad", a),
    "an index": lambda a: ag.Tensor(W)[a],
    "an activation": ag.sigmoid,
    "a softmax": ag.softmax,
}


@pytest.mark.parametrize("enter", ENTRANCES.values(), ids=ENTRANCES)
def test_a_mask_is_refused_wherever_an_array_enters(enter):
    with pytest.raises(TypeError, match=r"MaskedArray.*filled"):
        enter(np.ma.array(A, mask=[False, True, False]))


def test_a_hook_returns_no_masked_array():
    t = ag.Tensor(W, requires_grad=True)
    t.register_hook(lambda g: np.ma.array(A, mask=[False, True, False]))
    with pytest.raises(TypeError, match=r"MaskedArray.*filled"):
        np.sum(t).backward()


def test_a_function_of_the_users_gets_as_it_is_what_has_no_rule():
    f = ag.primitive(lambda x, table: x * table.values[0])
    ag.defvjp(f, lambda g, ans, x, table: g * table.values[0])
    t = ag.Tensor(W, requires_grad=True)
    np.sum(f(t, Labelled([3.0]))).backward()
    same(t.grad, [3.0, 3.0, 3.0])


COTANGENTS = {
    "matrix": np.matrix,
    "MaskedArray": np.ma.array,
    "Labelled": Labelled,
    "list": lambda g: g.tolist(),
}


@pytest.mark.parametrize("make", COTANGENTS.values(), ids=COTANGENTS)
def test_a_rule_that_returns_no_plain_array_is_named(make, operation):
    ag.defvjp(operation, lambda g, ans, x, y: make(g * 1.0))
    t = ag.Tensor([[1.0, 2.0]], requires_grad=True)
    with pytest.raises(TypeError, match=f"the rule of shifted for argument 0 returned a {type(make(W)).__name__}"):
        np.sum(operation(t, 1.0)).backward()
