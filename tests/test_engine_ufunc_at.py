"""`ufunc.at`: an operation at positions of an array, in place, a repeated position as often as it is named."""

from typing import Any

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag
from autograd_lite.rules import COMPOSITES, VJPS

UFUNCS = dict.fromkeys(f for f in vars(np).values() if isinstance(f, np.ufunc) and (f.nout, f.signature) == (1, None))
SMOOTH = [f for f in UFUNCS if f.nin <= 2 and (f in VJPS or f in COMPOSITES) and f not in (np.ldexp,)]
REPEATED = {
    "once": [2, 0],
    "twice and more": [0, 2, 0, 0, 3],
    "negative": [-1, 1, -1],
    "a mask": np.array([True, False, True, True]),
    "a slice": slice(1, None),
    "a tuple": ([0, 3, 0],),
}


DOMAIN = dict.fromkeys((np.log, np.log2, np.log10), (1e3, 2e3)) | {np.arccosh: (5.0, 9.0), np.arccos: (0.7, 0.9)}
"""Where a function may be applied three times in a row, if not between 0.2 and 0.8."""


def numbers(f: np.ufunc, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(*DOMAIN.get(f, (0.2, 0.8)), shape)


def given(f: np.ufunc, index: Any) -> tuple[np.ndarray, ...]:
    x = numbers(f, 4)
    return (x,) if f.nin == 1 else (x, numbers(f, *x[index].shape, seed=1))


def in_a_loop(f: np.ufunc, x: Any, index: Any, *values: Any) -> Any:
    """The same by single elements, each written as `h[k] = ...`."""
    h = x * 1.0
    for n, k in enumerate(np.arange(4)[index].tolist()):
        h[k] = f(h[k], *(v[n] for v in values))
    return h


def at(f: np.ufunc, x: Any, index: Any, *values: Any) -> Any:
    h = x * 1.0
    f.at(h, index, *values)
    return h


@pytest.mark.parametrize("index", REPEATED.values(), ids=REPEATED)
@pytest.mark.parametrize("f", SMOOTH, ids=lambda f: f.__name__)
def test_it_gives_what_numpy_gives_and_the_gradient_of_a_loop(f, index):
    data = given(f, index)
    array = data[0].copy()
    f.at(array, index, *data[1:])
    leaves = [ag.Tensor(d, requires_grad=True) for d in data]
    found, expected = at(f, leaves[0], index, *leaves[1:]), in_a_loop(f, leaves[0], index, *leaves[1:])
    np.testing.assert_array_equal(found.data, array)
    weights = np.cos(np.arange(4.0))
    for got, wanted in zip(
        ag.gradients(np.sum(found * weights), leaves, allow_unused=True),
        ag.gradients(np.sum(expected * weights), leaves, allow_unused=True),
        strict=True,
    ):
        assert (got is None) == (wanted is None)
        if got is not None:
            np.testing.assert_allclose(got.data, wanted.data, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("f", [np.add, np.subtract], ids=lambda f: f.__name__)
def test_a_long_sum_at_one_position_is_that_of_numpy_up_to_rounding(f):
    x, v = ag.Tensor(np.zeros((2, 2)), requires_grad=True), ag.Tensor(np.linspace(0.1, 1.0, 300), requires_grad=True)
    h, array = x * 1.0, np.zeros((2, 2))
    index = (np.arange(300) % 2, np.zeros(300, int))
    f.at(h, index, v)
    f.at(array, index, v.data)
    np.testing.assert_allclose(h.data, array, rtol=1e-13)
    np.sum(h * np.array([[1.0, 10.0], [100.0, 1000.0]])).backward()
    sign = 1.0 if f is np.add else -1.0
    same(v.grad, sign * np.where(np.arange(300) % 2, 100.0, 1.0))


@pytest.mark.parametrize("f", [np.logical_or, np.bitwise_xor, np.greater], ids=lambda f: f.__name__)
def test_it_takes_tensors_that_have_no_gradient(f):
    b, array = ag.Tensor([True, False, True]), np.array([True, False, True])
    f.at(b, [1, 1, 2], np.array([True, False, True]))
    f.at(array, [1, 1, 2], np.array([True, False, True]))
    assert b.tolist() == array.tolist()


def test_a_leaf_that_requires_a_gradient_and_an_array_that_would_lose_one_are_refused():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        np.add.at(x, [0], 1.0)
    with pytest.raises(TypeError, match=r"np\.add\.at cannot write a Tensor that requires a gradient into an ndarray"):
        np.add.at(np.zeros(2), [0, 1], x)
    with pytest.raises(TypeError, match="does not fit into dtype int64"):
        np.add.at(ag.Tensor([1, 2]), [0], 0.5)
