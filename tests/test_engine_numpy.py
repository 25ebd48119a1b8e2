"""NumPy's functions and methods take Tensors, and nothing loses a gradient without a word."""

from typing import Any

import numpy as np
import pytest
from tensors import equal, tensor
from versions import CLIP_TAKES_MIN_AND_MAX

import autograd_lite as ag

A = np.array([[1.5, -2.25], [0.5, 3.0]])
B = np.array([[0.75, 1.25], [2.0, -1.5]])


def results(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple) else [value]


METHODS: dict[str, tuple[Any, ...]] = {
    "sum": (), "prod": (0,), "mean": (1,), "var": (), "std": (-1,), "max": (0,), "min": (), "argmax": (0,),
    "argmin": (), "cumsum": (1,), "cumprod": (), "any": (), "all": (), "nonzero": (), "argsort": (), "swapaxes": (0, 1),
    "squeeze": (),
    "ravel": (), "clip": (0.0, 1.0), "dot": (B,), "round": (1,), "flatten": (), "transpose": (), "copy": (),
    "reshape": (4,), "sort": (0,), "partition": (1,), "argpartition": (1,), "take": ([1, 0], 1), "repeat": (2, 0), "trace": (),
    "diagonal": (1,), "compress": ([True, False], 0), "conj": (), "conjugate": (), "astype": (np.float32,),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_that_of_an_ndarray(name):
    changed = A.copy()
    got, expected = getattr(tensor(A), name)(*METHODS[name]), getattr(changed, name)(*METHODS[name])
    expected = changed if expected is None else expected  # an array is sorted in place, a Tensor gives a sorted one
    for g, e in zip(results(got), results(expected), strict=True):
        equal(g, e)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.reshape(4, 1),
        lambda x: x.reshape((4, 1)),
        lambda x: x.reshape(-1),
        lambda x: x.reshape([2, 2, 1]),
        lambda x: x.reshape(4, order="F"),
        lambda x: x.ravel("F"),
        lambda x: x.flatten("F"),
        lambda x: x.transpose(1, 0),
        lambda x: x.transpose((1, 0)),
        lambda x: x.transpose(None),
        lambda x: x.sum(axis=0, keepdims=True),
        lambda x: x.sum(1),
        lambda x: x.var(axis=0, ddof=1),
        lambda x: x.max(axis=0, initial=0.0),
        lambda x: x.mean(where=A > 0),
        lambda x: x.clip(0.0),
        lambda x: x.clip(max=1.0),
        lambda x: x.clip(-1.0, 1.0, dtype=np.float32),
        lambda x: x.astype("float32"),
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x[0].T,
    ],
)
def test_a_method_takes_numpys_arguments(call):
    equal(call(tensor(A)), call(A))


def test_choose_and_searchsorted_are_methods_of_the_indices_and_of_the_sorted():
    equal(ag.Tensor([1, 0]).choose(tensor(A)), np.array([1, 0]).choose(A))
    equal(tensor(np.array([0.5, 1.5])).searchsorted([1.0, 2.0]), [1, 2])


@pytest.mark.parametrize("write", [lambda t: t.put([0, 3], [5.0, 6.0]), lambda t: t.fill(2.0)], ids=["put", "fill"])
def test_a_method_that_writes_is_recorded(write):
    x, array = tensor(A), A.copy()
    y = x.copy()
    write(y)
    write(array)
    equal(y, array)
    np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0].data, array == A)


@pytest.mark.parametrize("f", [np.median, np.nanmedian, np.quantile, np.nanquantile, np.percentile, np.nanpercentile])
def test_an_order_statistic_does_not_write_over_a_tensor(f):
    q = () if f in (np.median, np.nanmedian) else (0.3,)
    x = tensor([3.0, 1.0, 2.0, 5.0])
    expected = ag.grad(lambda t: f(t, *q))(x.data)
    (got,) = ag.gradients(f(x, *q, overwrite_input=True), [x])
    equal(x, [3.0, 1.0, 2.0, 5.0])
    np.testing.assert_array_equal(got.data, expected)


@pytest.mark.parametrize("axes", [(np.int64(0), np.int64(1)), np.array([[0], [1]])], ids=["numbers", "array"])
def test_the_axes_of_tensordot_may_be_numpys_own_numbers(axes):
    x, y = tensor(A), tensor(B)
    out = np.tensordot(x, y, axes)
    equal(out, np.tensordot(A, B, axes))
    to_x, to_y = ag.gradients(np.sum(out * A), [x, y])
    np.testing.assert_allclose(to_x.data, (A @ B).T)
    np.testing.assert_allclose(to_y.data, (A @ A).T)


def test_nan_to_num_writes_into_a_tensor_if_asked_to():
    x = tensor([1.0, np.nan])
    h = x * 1.0
    assert np.nan_to_num(h, copy=False) is h
    equal(h, [1.0, 0.0])
    equal(np.nan_to_num(x), [1.0, 0.0])
    equal(x, [1.0, np.nan])
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        np.nan_to_num(x, copy=False)


@pytest.mark.parametrize("name", ["shape", "ndim", "size", "dtype", "nbytes", "itemsize"])
def test_an_attribute_is_that_of_the_array(name):
    assert getattr(tensor(A), name) == getattr(A, name)


def test_an_array_on_the_left_lets_the_tensor_answer():
    out = A * tensor(B)
    equal(out, A * B)
    assert out.requires_grad


LEAST, MOST = ("min", "max") if CLIP_TAKES_MIN_AND_MAX else ("a_min", "a_max")


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda x: np.sum(a=x), np.sum(A)),
        (lambda x: np.sum(axis=0, a=x), np.sum(A, axis=0)),
        (lambda x: np.clip(x, a_max=x - x.detach(), a_min=-1.0), np.clip(A, -1.0, 0.0)),
        (lambda x: np.clip(A, **{LEAST: None, MOST: x - x.detach()}), np.clip(A, None, 0.0)),
        (lambda x: np.var(a=x, axis=0), np.var(A, axis=0)),
        (lambda x: np.dot(A, b=x), A @ A),
        (lambda x: np.tensordot(a=A, b=x, axes=1), A @ A),
        (lambda x: np.concatenate([A, x]), np.concatenate([A, A])),
        (lambda x: np.stack(arrays=(x, A)), np.stack([A, A])),
        (lambda x: np.add.reduce(x, axis=0, where=ag.Tensor(A > 0)), np.sum(A, axis=0, where=A > 0)),
        (lambda x: np.sum(x, where=ag.Tensor(A > 0)), np.sum(A, where=A > 0)),
        (lambda x: np.where(ag.Tensor(A > 0), A, x), A),
    ],
)
def test_a_tensor_may_stand_anywhere_and_come_by_keyword(call, expected):
    x = tensor(A)
    out = call(x)
    equal(out, expected)
    assert out.requires_grad
    assert np.any(ag.gradients(np.sum(out * np.arange(1.0, 1.0 + out.size).reshape(out.shape)), [x])[0].data != 0)


@pytest.mark.parametrize("f", [np.sum, np.max], ids=["sum", "max"])
def test_a_tensor_may_be_the_mask_of_an_array(f):
    mask = A > 0
    assert float(f(A, where=ag.Tensor(mask), initial=0.0).item()) == f(A, where=mask, initial=0.0)


def test_a_constant_function_gives_tensors_for_arrays_and_leaves_the_rest():
    equal(np.isnan(tensor(A)), np.isnan(A))
    assert np.shape(tensor(A)) == (2, 2)
    assert np.ndim(tensor(A)) == 2
    assert np.array_equal(tensor(A), A) is True
    assert np.allclose(tensor(A), A) is True


def test_zeros_like_gives_a_tensor():
    equal(np.zeros_like(tensor(A)), np.zeros((2, 2)))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.fft.fft(x),
        lambda x: np.linalg.eig(x),
        lambda x: np.polyfit(x[0], x[1], 1),
        lambda x: np.multiply.reduceat(x, [0]),
    ],
)
def test_a_function_that_is_refused_says_why(call):
    with pytest.raises(TypeError, match="takes no Tensor: "):
        call(tensor(A))


def test_a_function_without_an_entry_raises():
    unknown = ag.primitive(lambda x: x)
    with pytest.raises(TypeError, match="defvjp"):
        unknown(tensor(A))


def test_out_is_refused_on_a_function_too():
    with pytest.raises(TypeError, match=r"np\.sum.*out="):
        np.sum(tensor(A), axis=0, out=np.zeros(2))


def test_a_tensor_without_gradient_goes_into_an_array():
    t, a = ag.Tensor(A), np.zeros((2, 2))
    a += t
    a[0] = ag.Tensor([5.0, 6.0])
    np.testing.assert_array_equal(a, [[5.0, 6.0], A[1]])
    np.testing.assert_array_equal(np.asarray(t), A)


def test_under_no_grad_a_tensor_goes_into_an_array():
    a = np.zeros((2, 2))
    with ag.no_grad():
        a += tensor(A)
        np.testing.assert_array_equal(np.asarray(tensor(A)), A)
    np.testing.assert_array_equal(a, A)
