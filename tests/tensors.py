"""Short ways to make Tensors and to compare them."""

from typing import Any

import numpy as np

import autograd_lite as ag


def leaf(*values: float, name: str | None = None) -> ag.Tensor:
    """A Tensor that requires a gradient: 0-d of one number, a vector of several."""
    return ag.Tensor(np.array(values if len(values) > 1 else values[0]), dtype=float, requires_grad=True, name=name)


def same(t: Any, expected: Any) -> None:
    """Is the value exactly as expected?"""
    np.testing.assert_array_equal(t.data if isinstance(t, ag.Tensor) else t, expected)


def tensor(array: Any, requires_grad: bool = True) -> ag.Tensor:
    """An array as a Tensor that requires a gradient."""
    return ag.Tensor(array, requires_grad=requires_grad)


def equal(t: Any, expected: Any) -> None:
    """Is it a Tensor of NumPy's value, dtype and shape, and its data an ndarray?"""
    expected = np.asarray(expected)
    assert isinstance(t, ag.Tensor)
    assert type(t.data) is np.ndarray
    assert (t.dtype, t.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(t.data, expected)
