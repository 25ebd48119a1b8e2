"""Random functions, eager and compiled, twice with different data."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import arrays_of, same_bits, source_result
from test_engine_properties import evaluated, expressions

import autograd_lite as ag


def value(leaves, steps):
    return evaluated(leaves, steps)


def value_and_grad(leaves, steps):
    return ag.value_and_grad(lambda xs: evaluated(xs, steps))(leaves)


def gradients(leaves, steps):
    tensors = [ag.Tensor(a).astype(a.dtype) for a in leaves]
    return ag.grad(lambda *xs: evaluated(xs, steps), argnums=tuple(range(len(leaves))))(*tensors)


def second_order(leaves, steps):
    """The gradient of the squared length of a gradient."""

    def length(xs):
        found = ag.grad(lambda ys: evaluated(ys, steps))(xs)
        return sum(np.sum(np.square(g)) for g in found)

    return ag.grad(length)(leaves)


def hessian_vector(leaves, steps):
    return ag.hvp(lambda xs: evaluated(xs, steps), leaves, [np.ones_like(a) for a in leaves])


def forward_mode(leaves, steps):
    return ag.jvp(lambda xs: evaluated(xs, steps), leaves, [np.ones_like(a) for a in leaves])


MODES = [value, value_and_grad, gradients, second_order, hessian_vector, forward_mode]


def close(found: Any, expected: Any) -> None:
    """Equal but for rounding: passes reorder factors, and sigma' = a (1 - a) keeps absolute and not relative digits.

    Each of the at most 20 steps may so move a result by some ulps of the largest number around, and a derivative multiplies that
    with slopes of at most about 10; measured is at most 60 ulps.
    """
    found, expected = arrays_of(found), arrays_of(expected)
    assert [(a.shape, a.dtype) for a in found] == [(a.shape, a.dtype) for a in expected]
    scale = max((float(np.max(np.abs(a[np.isfinite(a)]), initial=1.0)) for a in expected), default=1.0)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=500 * np.finfo(b.dtype).eps * scale)


@pytest.mark.parametrize("mode", MODES, ids=lambda f: f.__name__)
@settings(deadline=None, derandomize=True, max_examples=60)
@given(expression=expressions(12), seed=st.integers(0, 2**32 - 1))
def test_a_compiled_function_gives_what_the_function_gives(mode, expression, seed):
    leaves, steps = expression
    assume(any(a.size for a in leaves))
    rng = np.random.default_rng(seed)
    others = [np.asarray(rng.uniform(-2, 2, a.shape)) for a in leaves]
    compiled = ag.compile(lambda xs: mode(xs, steps))
    with np.errstate(all="ignore"):
        first = compiled(leaves)
        close(first, mode(leaves, steps))
        kept = [a.copy() for a in arrays_of(first)]
        second = compiled(others)
        close(second, mode(others, steps))
    assert len(compiled.plans) == 1
    assert same_bits(first, kept), "the results of the first call changed with the second"
    assert same_bits(source_result(compiled, others), second)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    expression=expressions(8),
    dtypes=st.lists(st.sampled_from([np.float16, np.float32, np.float64]), min_size=3, max_size=3),
)
def test_dtypes_and_python_numbers_are_as_without_compiling(expression, dtypes):
    leaves, steps = expression
    assume(all(a.size for a in leaves))
    arrays = [a.astype(dtype) for a, dtype in zip(leaves, dtypes, strict=True)]

    def f(xs, scale, n):
        return [evaluated([x * scale + n for x in xs], steps), *(x / (1.5 + scale * scale) for x in xs), scale * n]

    compiled = ag.compile(f)
    with np.errstate(all="ignore"):
        for scale, n in ((0.5, 3), (-1.25, 1)):
            found, expected = compiled(arrays, scale, n), f(arrays, scale, n)
            close(found, expected)
            assert type(found[-1]) is float
            assert same_bits(source_result(compiled, [*arrays, scale, n]), found)
