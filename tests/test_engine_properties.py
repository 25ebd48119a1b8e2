"""Random expressions: the eager gradient, the recorded one and differences agree."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from reference import extrapolated, size

import autograd_lite as ag

UNARY = [
    np.sin, np.cos, np.tanh, np.arctan, ag.sigmoid, ag.softplus, np.negative, np.positive, np.copy, lambda x: x * 0.5,
    lambda x: 1.0 - x, lambda x: np.square(np.sin(x)), lambda x: np.exp(-np.square(x)),
    lambda x: np.sqrt(1.0 + np.square(x)),
    lambda x: np.log1p(np.square(x)), lambda x: np.mean(x),
    lambda x: np.mean(x, axis=-1, keepdims=True) if x.ndim else x,
    lambda x: np.transpose(x), lambda x: np.reshape(x, -1), lambda x: x[..., ::-1] if x.ndim else x,
    lambda x: x[None], lambda x: np.sum(x, axis=0) * 0.5 if x.ndim else x,
    lambda x: np.cumsum(x, axis=0) * 0.3 if x.ndim else x,
    ag.silu, ag.gelu, ag.erf, lambda x: ag.softmax(x) if x.ndim and x.size else x,
    lambda x: ag.logsumexp(x, axis=0) if x.ndim and x.size else x,
    lambda x: np.roll(x, 1), lambda x: np.tile(x, 2), lambda x: np.pad(x, 1, "edge") if x.size else x,
    lambda x: np.gradient(x, axis=0) if x.ndim and x.shape[0] > 1 else x, lambda x: np.tril(x) if x.ndim > 1 else x,
    lambda x: np.linalg.norm(np.append(x, 1.0)),
]  # fmt: skip
BINARY = [
    np.add, np.subtract, lambda x, y: np.sin(x) * np.cos(y), lambda x, y: x / (1.5 + np.square(y)), np.logaddexp,
    lambda x, y: np.hypot(x, 1.0 + np.square(y)), lambda x, y: np.arctan2(x, 1.0 + np.square(y)),
    lambda x, y: np.power(1.0 + np.square(np.sin(x)), np.sin(y)), lambda x, y: np.where(every_other(x, y), x, y),
]  # fmt: skip
LARGEST = 64


def every_other(x: Any, y: Any) -> Any:
    """A mask that does not depend on the values."""
    return (
        np.arange(np.broadcast(np.empty(x.shape), np.empty(y.shape)).size).reshape(
            np.broadcast_shapes(x.shape, y.shape)
        )
        % 2
        == 0
    )


@st.composite
def expressions(draw: st.DrawFn, depth: int = 20) -> tuple[list[np.ndarray], list[tuple[Any, ...]]]:
    """Leaves, and steps that each combine results so far: a graph with shared parts."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=2, max_side=3)).input_shapes
    numbers = st.floats(-2, 2, width=32)
    leaves = [draw(hnp.arrays(np.float64, shape, elements=numbers)) for shape in shapes]
    steps = []
    for n in range(draw(st.integers(1, depth))):
        earlier = st.integers(0, len(leaves) + n - 1)
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(UNARY)), draw(earlier)))
        else:
            steps.append((draw(st.sampled_from(BINARY)), draw(earlier), draw(earlier)))
    return leaves, steps


def evaluated(leaves: list[Any], steps: list[tuple[Any, ...]]) -> Any:
    """The weighted sum of everything. A step whose shapes do not fit, or that would be large, passes on its first."""
    values = list(leaves)
    for f, *of in steps:
        operands = [values[i] for i in of]
        try:
            shape = np.broadcast_shapes(*(v.shape for v in operands))
        except ValueError:
            shape = None
        values.append(operands[0] if shape is None or np.prod(shape) > LARGEST else f(*operands))
    return sum(np.mean(v) * (1.0 + 0.1 * i) for i, v in enumerate(values) if v.size)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(expressions())
def test_eager_recorded_and_differenced_gradients_agree(expression):
    leaves, steps = expression
    if not any(a.size for a in leaves):
        return
    tensors = [ag.Tensor(a, requires_grad=True) for a in leaves]
    out = evaluated(tensors, steps)
    assert out.item() == evaluated(leaves, steps)
    eager = ag.gradients(out, tensors, retain_graph=True, allow_unused=True)
    recorded = ag.gradients(out, tensors, create_graph=True, allow_unused=True)
    rng = np.random.default_rng(0)
    for i, (a, g, h) in enumerate(zip(leaves, eager, recorded, strict=True)):
        if g is None:
            assert h is None and not a.size
            continue
        assert (g.shape, g.dtype, h.shape, h.dtype) == (a.shape, a.dtype, a.shape, a.dtype)
        np.testing.assert_allclose(h.data, g.data, rtol=1e-13, atol=1e-13 * size(g.data))
        direction = rng.uniform(-1, 1, a.shape)

        def moved(t: float, i: int = i, direction: np.ndarray = direction) -> float:
            return float(evaluated([b + t * direction if j == i else b for j, b in enumerate(leaves)], steps))

        np.testing.assert_allclose(np.sum(g.data * direction), extrapolated(moved), rtol=1e-8, atol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(expressions(), st.lists(st.sampled_from([np.float16, np.float32, np.float64]), min_size=3, max_size=3))
def test_the_value_has_numpys_dtype_and_each_gradient_that_of_its_leaf(expression, dtypes):
    leaves, steps = expression
    leaves = [a.astype(dtype) for a, dtype in zip(leaves, dtypes, strict=True)]
    if not any(a.size for a in leaves):
        return
    tensors = [ag.Tensor(a, requires_grad=True) for a in leaves]
    out, expected = evaluated(tensors, steps), evaluated(leaves, steps)
    assert out.dtype == np.asarray(expected).dtype
    for create_graph in (True, False):
        for t, g in zip(tensors, ag.gradients(out, tensors, create_graph=create_graph, allow_unused=True), strict=True):
            assert g is None or (g.shape, g.dtype) == (t.shape, t.dtype)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0))
def test_a_sum_of_broadcast_arrays_counts_the_copies(shapes):
    x, y = (ag.Tensor(np.ones(shape), requires_grad=True) for shape in shapes.input_shapes)
    out = x + y
    assert out.shape == shapes.result_shape
    for t, g in zip((x, y), ag.gradients(out, [x, y], gradient=np.ones(out.shape)), strict=True):
        assert g.shape == t.shape
        assert np.all(g.data == (out.size / t.size if t.size else 0))
