"""Dtypes are NumPy's, and each gradient has that of its input."""

import numpy as np
import pytest
from tensors import equal, tensor

import autograd_lite as ag

A = np.array([[1.5, -2.25], [0.5, 3.0]])


DTYPES = [np.bool_, np.int8, np.int64, np.float16, np.float32, np.float64]


@pytest.mark.parametrize("left", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("right", [*DTYPES, bool, int, float], ids=lambda d: d.__name__)
@pytest.mark.parametrize("f", [np.add, np.multiply, np.divide, np.maximum, np.power], ids=lambda f: f.__name__)
def test_the_dtype_is_numpys(f, left, right):
    x, y = (
        np.ones(2, left),
        np.ones(2, right) if isinstance(right, type) and issubclass(right, np.generic) else right(1),
    )
    as_tensor = ag.Tensor(y) if isinstance(y, np.ndarray) else y
    equal(f(ag.Tensor(x), as_tensor), f(x, y))
    equal(f(as_tensor, ag.Tensor(x)), f(y, x))


REDUCTIONS = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.cumsum, np.cumprod]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("f", REDUCTIONS, ids=lambda f: f.__name__)
def test_the_dtype_of_a_reduction_is_numpys(f, dtype):
    equal(f(ag.Tensor(np.ones(3, dtype))), f(np.ones(3, dtype)))


@pytest.mark.parametrize("f", [ag.sigmoid, ag.relu, ag.softplus, np.exp, np.sinc, np.sqrt], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_function_keeps_the_precision(f, dtype):
    assert f(ag.Tensor(np.ones(3, dtype))).dtype == dtype


def test_a_ufunc_takes_dtype():
    x = tensor(A)
    out = np.add(x, 1, dtype=np.float32)
    equal(out, np.add(A, 1, dtype=np.float32, casting="same_kind"))
    assert ag.gradients(np.sum(out), [x])[0].dtype == np.float64


CASTS = [
    (np.exp, (A,), int),
    (np.add, (A, 1), int),
    (np.divmod, (A, 2), int),
    (np.matmul, (A, A), int),
    (np.ldexp, (A, 2), np.float32),
    (np.greater, (A, 1), np.float32),
    (np.hypot.reduce, (A,), int),
    (np.multiply.outer, (A, A), bool),
]


@pytest.mark.parametrize("f, args, dtype", CASTS, ids=lambda f: getattr(f, "__name__", None))
def test_a_dtype_that_numpy_refuses_raises(f, args, dtype):
    with pytest.raises(TypeError):
        f(*args, dtype=dtype)
    with pytest.raises(TypeError, match=r"Cannot cast|No loop"):
        f(tensor(args[0]), *args[1:], dtype=dtype)


def test_a_comparison_with_dtype_compares_the_numbers_themselves():
    equal(np.greater(ag.Tensor([2.5, 0.5]), 2, dtype=bool), [True, False])


def test_clip_with_where_raises():
    with pytest.raises(TypeError, match=r"np\.clip takes no where= with a Tensor"):
        np.clip(tensor(A), 0.0, 1.0, where=A > 0)


@pytest.mark.parametrize("keyword", [{"where": A > 0}, {"casting": "unsafe"}, {"order": "F"}])
def test_a_ufunc_keyword_that_is_not_understood_raises(keyword):
    with pytest.raises(TypeError, match=next(iter(keyword))):
        np.add(tensor(A), 1, **keyword)


def test_a_cast_sends_the_gradient_back_in_the_dtype_of_its_input():
    x = tensor(A)
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (g,) = ag.gradients(np.sum(y * np.float32(0.1)), [x])
    equal(g, np.full((2, 2), np.float32(0.1), np.float64))


@pytest.mark.parametrize("dtype", [int, bool])
def test_a_cast_to_integers_ends_the_gradient(dtype):
    assert not tensor(A).astype(dtype).requires_grad
