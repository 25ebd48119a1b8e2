"""per_example_gradients: each slice is the gradient of that example alone, by one pass where that is possible."""

import warnings
from operator import getitem

import numpy as np
import pytest
from cases_batching import MORE_RULES

import autograd_lite as ag
from autograd_lite.batching import BATCHING
from autograd_lite.mode import Tracer, tracing
from autograd_lite.ops.linalg import matmul_transposed
from autograd_lite.ops.reductions import scaled_sum

rng = np.random.default_rng(0)
N = 7
X = rng.normal(size=(N, 4))
Y = rng.normal(size=(N, 3))
LABELS = rng.integers(0, 3, N)
IMAGES = rng.normal(size=(N, 6, 6))
W, b = rng.normal(size=(3, 4)), rng.normal(size=3)
MLP = [rng.normal(size=(5, 4)), rng.normal(size=5), rng.normal(size=(3, 5)), rng.normal(size=3)]
near = {"rtol": 1e-12, "atol": 1e-13}


def alone(cost, params, *data):
    """The definition: a gradient for each example, one at a time."""
    singles = [ag.grad(cost)(params, *(d[i : i + 1] for d in data)) for i in range(len(data[0]))]
    return [np.stack(slices) for slices in zip(*(list(s) for s in singles), strict=True)]


def mlp(params, x):
    for V, c in zip(params[::2], params[1::2], strict=True):
        x = ag.sigmoid(x @ V.T + c)
    return x


def averaged(params, x, y):
    return 0.5 * np.mean(np.sum((mlp(params, x) - y) ** 2, axis=1))


def summed(params, x, y):
    return 0.5 * np.sum((mlp(params, x) - y) ** 2)


def column_mlp(params, x, y):
    a = x.T
    for V, c in zip(params[::2], params[1::2], strict=True):
        a = np.tanh(np.matmul(V, a) + c[:, None])
    return np.sum((a.T - y) ** 2)


def softmax_cost(params, x, y):
    z = x @ params[0].T + params[1]
    z = z - np.max(z, axis=1, keepdims=True)
    return -np.mean(np.sum(y * (z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))), axis=1))


def label_cost(params, x, labels):
    z = x @ params[0].T + params[1]
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(logp[np.arange(len(labels)), labels])


def used_twice(params, x, y):
    V = params[0]
    return np.sum((x @ V.T @ V - x) ** 2) + np.sum(params[1]) * np.sum(y)


def element_wise(params, x, y):
    return np.sum(np.where(x > 0, params[0][0] * x, np.exp(-x)) * np.clip(x, -1, 1)) + np.sum(np.abs(params[1] - y))


def batch_norm(params, x, y):
    mean, var = np.mean(x, axis=0), np.var(x + params[0][0], axis=0)
    h = (x - mean) / np.sqrt(var + 1.0)
    return np.sum((h @ params[0].T + params[1] + x @ params[0].T - y) ** 2)


def layer_norm(params, x, y):
    z = x @ params[0].T + params[1]
    z = (z - np.mean(z, axis=-1, keepdims=True)) / np.std(z, axis=-1, keepdims=True)
    return np.sum(np.tanh(z) * y)


def attention(params, x, y):
    q = x[:, :, None] * params[0][0]
    scores = np.exp(q @ np.swapaxes(q, 1, 2))
    return np.sum(scores / np.sum(scores, -1, keepdims=True) @ q) + np.sum(params[1] * y)


def contractions(params, x, y):
    V, c = params
    return np.sum(
        np.einsum("ij,nj,ni->n", V, x, y) ** 2
        + np.tensordot(x, V, ([1], [1])) @ np.dot(V, x[0]) * np.inner(c, y[0])
        + np.sum(np.outer(y, c)) * np.dot(x[0], x[0])
    )


def ragged_indices(params, x, y):
    V, c = params
    z = np.concatenate([x @ V.T, y, c[None]], axis=1)
    picked = z[:, [0, 2, 2, 5]] * z[0, ::2][None, :4] + z[..., 1]
    out = np.reshape(picked, (2, 2))[::-1, None].copy()
    changed = out * 1.0
    changed[0] = np.flip(out[1]) * 2.0
    return np.sum(np.squeeze(changed) ** 2) * np.prod(c) + np.max(np.cumsum(picked))


def gradient_penalty(params, x, y):
    def output(x):
        return np.sum(np.tanh(x @ params[0].T) * y)

    return np.sum(ag.grad(output)(x) ** 2) + np.sum(params[1])


def constant_gradient(params, x, y):
    return np.sum(params[0]) * 3.0 + np.mean(x)


def looks_at_parameters(params, x, y):
    return averaged_linear(params, x, y) * (2.0 if params[1][0].item() > 0 else 3.0)


def writes_after_reading(params, x, y):
    """A part is read, and then the whole is written through a view of it: the part keeps what it was."""
    v = (x * np.sum(y))[..., None]
    part = v[..., 1:, :]
    total = np.sum(part**2)
    v[..., 1:, :] = np.sin(v[..., 1:, :])
    return np.sum(params[0][0] * v[..., 0]) + np.sum(params[1]) * total


def averaged_linear(params, x, y):
    return np.mean((x @ params[0].T + params[1] - y) ** 2)


def detaches(params, x, y):
    return np.sum(params[0] @ x[0].detach()) + np.sum(params[1])


BATCHED = {
    "averaged": (averaged, MLP, X, Y),
    "summed": (summed, MLP, X, Y),
    "columns": (column_mlp, MLP, X, Y),
    "softmax": (softmax_cost, [W, b], X, Y),
    "labels": (label_cost, [W, b], X, LABELS),
    "used twice": (used_twice, [W, b], X, Y),
    "element-wise": (element_wise, [W, b], X, Y),
    "batch norm": (batch_norm, [W, b], X, Y),
    "layer norm": (layer_norm, [W, b], X, Y),
    "attention": (attention, [W, b], X, Y),
    "contractions": (contractions, [W, b], X, Y),
    "indices": (ragged_indices, [W, b], X, Y),
    "gradient penalty": (gradient_penalty, [W, b], X, Y),
    "constant gradient": (constant_gradient, [W, b], X, Y),
    "looks at parameters": (looks_at_parameters, [W, b], X, Y),
    "detached data": (detaches, [W, b], ag.Tensor(X), Y),
    "written through a view": (writes_after_reading, [W, b], X, Y),
    "one example": (averaged, MLP, X[:1], Y[:1]),
    "float32": (averaged_linear, [W.astype("f4"), b.astype("f4")], X.astype("f4"), Y.astype("f4")),
    "Fortran order": (averaged, [np.asfortranarray(p) for p in MLP], np.asfortranarray(X), Y),
    "negative strides": (averaged, MLP, X[::-1], Y[:, ::-1]),
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHED)
def test_each_slice_is_the_gradient_of_that_example_alone(name):
    cost, params, *data = BATCHED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ag.LoopWarning)
        found = ag.per_example_gradients(cost, params, *data)
    assert type(found) is list
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if params[0].dtype == np.float32 else near
    for p, expected, gradient in zip(params, alone(cost, params, *data), found, strict=True):
        assert gradient.dtype == p.dtype
        np.testing.assert_allclose(gradient, expected, **tolerance)


def test_slices_of_an_averaged_cost_average_to_the_gradient_of_the_batch():
    for expected, found in zip(
        ag.grad(averaged)(MLP, X, Y), ag.per_example_gradients(averaged, MLP, X, Y), strict=True
    ):
        np.testing.assert_allclose(np.mean(found, axis=0), expected, **near)


def test_slices_of_a_summed_cost_add_up_to_the_gradient_of_the_batch():
    for expected, found in zip(ag.grad(summed)(MLP, X, Y), ag.per_example_gradients(summed, MLP, X, Y), strict=True):
        np.testing.assert_allclose(np.sum(found, axis=0), expected, **near)


# ------------------------------------------------------------------------------------------------------------- the loop


def branches(params, x, y):
    return np.sum(params[0] @ x[0]) * (1.0 if x[0, 0] > 0 else -1.0) + np.sum(params[1])


def takes_item(params, x, y):
    return np.sum(params[0] * x[0, 0].item()) + np.sum(params[1])


def masks(params, x, y):
    return np.sum(params[0][0][x[0] > 0]) + np.sum(params[1])


def own_operation(params, x, y):
    return np.sum(cube(x @ params[0].T)) + np.sum(params[1])


def no_rule(params, x, y):
    return np.sum(np.reshape(x @ params[0].T, -1, order="F") * params[1])


def writes_data(params, x, y):
    x = x.copy() if isinstance(x, np.ndarray) else x
    x[0, 0] = 2.0
    return np.sum(params[0] @ x[0]) + np.sum(params[1])


def handles_gradients(params, x, y):
    COUNTER.zero_grad()
    return np.sum(params[0] @ x[0]) + np.sum(params[1])


COUNTER = ag.Tensor(0.0, requires_grad=True)


@ag.primitive
def drawn(shape_of):
    return np.ones(np.shape(shape_of))


def draws(params, x, y):
    return np.sum(params[0] @ (x[0] * drawn(ag.Tensor(np.ones(4))))) + np.sum(params[1])


@ag.primitive
def cube(x):
    return x**3


@pytest.fixture
def own_operations(monkeypatch):
    monkeypatch.setattr("autograd_lite.batching.IMPURE", {drawn})
    ag.defvjp(cube, lambda g, ans, x: 3 * g * x**2)
    ag.defvjp(drawn, None)


LOOPED = [branches, takes_item, masks, own_operation, no_rule, handles_gradients, draws]


@pytest.mark.usefixtures("own_operations")
@pytest.mark.parametrize("cost", LOOPED)
def test_what_cannot_be_batched_is_right_and_warns(cost):
    with pytest.warns(ag.LoopWarning, match="one by one"):
        found = ag.per_example_gradients(cost, [W, b], ag.Tensor(X), Y)
    for expected, gradient in zip(alone(cost, [W, b], ag.Tensor(X), Y), found, strict=True):
        np.testing.assert_allclose(gradient, np.stack([np.asarray(g) for g in expected]), **near)


@pytest.mark.parametrize(
    ("cost", "reason"),
    [(branches, r"bool\(\)"), (takes_item, r"item\(\)"), (own_operation, "cube"), (no_rule, "order='F'")],
)
def test_the_warning_says_why(own_operations, cost, reason):
    with pytest.warns(ag.LoopWarning, match=reason):
        ag.per_example_gradients(cost, [W, b], ag.Tensor(X), Y)


def test_a_cost_that_writes_into_the_data_is_not_batched():
    with pytest.warns(ag.LoopWarning, match="writes into"):
        found = ag.per_example_gradients(writes_data, [W, b], X, Y)
    expected = X.copy()
    expected[:, 0] = 2.0
    np.testing.assert_allclose(found[0], np.repeat(expected[:, None], 3, axis=1), **near)


def test_a_listening_tracer_is_asked():
    class Refuses(Tracer):
        def refuse_look(self, tensor, how):
            raise LookupError(how)

    with tracing(Refuses()), pytest.raises(LookupError, match="per_example_gradients"):
        ag.per_example_gradients(averaged, MLP, X, Y)


def test_a_cost_that_is_not_the_same_each_time_is_found_out():
    calls = iter(range(1000))
    with pytest.warns(ag.LoopWarning, match="disagrees"):
        ag.per_example_gradients(lambda p, x: np.sum(p[0] @ x[0]) * next(calls), [W], X)


def test_a_wrong_rule_is_found_out(monkeypatch):
    monkeypatch.setitem(BATCHING, getitem, lambda one, x, index: np.roll(BATCHING_GETITEM(one, x, index), 1, axis=0))
    with pytest.warns(ag.LoopWarning, match="disagrees"):
        found = ag.per_example_gradients(lambda p, x: np.sum(p[0] @ x[0]), [W], X)
    np.testing.assert_allclose(found[0], np.repeat(X[:, None], 3, axis=1), **near)


BATCHING_GETITEM = BATCHING[getitem]


def test_a_cost_that_fails_fails_as_it_does_alone():
    with pytest.raises(ValueError, match="matmul"):
        ag.per_example_gradients(lambda p, x: np.sum(x @ p[0]), [W], X)


# ------------------------------------------------------------------------------------------ structure, kinds and misuse


def test_the_answer_has_the_structure_of_the_parameters():
    cost = lambda p, x: np.sum(p["layer"][0] @ x[0]) * p["scale"]
    found = ag.per_example_gradients(cost, {"layer": (W,), "scale": 2.0}, X)
    assert type(found["layer"]) is tuple
    assert (found["layer"][0].shape, found["scale"].shape) == ((N, 3, 4), (N,))
    np.testing.assert_allclose(found["scale"], X @ W.sum(0), **near)


def test_a_bare_parameter_gives_a_bare_array():
    found = ag.per_example_gradients(lambda w, x: np.sum(w * x), np.ones(4), X)
    assert type(found) is np.ndarray and np.array_equal(found, X)


def test_tensors_give_arrays():
    found = ag.per_example_gradients(averaged, [ag.Tensor(p) for p in MLP], ag.Tensor(X), ag.Tensor(Y))
    for expected, gradient in zip(alone(averaged, MLP, X, Y), found, strict=True):
        assert type(gradient) is np.ndarray
        np.testing.assert_allclose(gradient, expected, **near)


def test_a_cost_may_use_parameters_by_its_closure():
    params = [ag.Tensor(p, requires_grad=True) for p in MLP]
    found = ag.per_example_gradients(lambda _, x, y: averaged(params, x, y), params, X, Y)
    for expected, gradient in zip(alone(averaged, MLP, X, Y), found, strict=True):
        np.testing.assert_allclose(gradient, expected, **near)
    assert all(p.grad is None for p in params)


def test_a_parameter_that_is_not_used_gets_zeros():
    found = ag.per_example_gradients(lambda p, x: np.sum(p[0] * x), [np.ones(4), W], X)
    assert np.array_equal(found[1], np.zeros((N, 3, 4)))


def test_no_examples_give_no_slices():
    found = ag.per_example_gradients(averaged, MLP, X[:0], Y[:0])
    assert [g.shape for g in found] == [(0, *p.shape) for p in MLP]


def test_results_share_memory_with_nothing():
    cost = lambda p, x: np.sum(p[0] * x) + np.sum(p[1] * x)
    data = X.copy()
    first, second = ag.per_example_gradients(cost, [np.ones(4), np.ones(4)], data)
    first[...] = 0.0
    assert np.array_equal(second, X) and np.array_equal(data, X)


def test_it_works_under_no_grad():
    with ag.no_grad():
        found = ag.per_example_gradients(averaged, MLP, X, Y)
    np.testing.assert_allclose(found[0], alone(averaged, MLP, X, Y)[0], **near)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.per_example_gradients(averaged, MLP, X, Y[:3]), ValueError, "3 and 7 examples"),
        (lambda: ag.per_example_gradients(averaged, MLP), ValueError, "no examples"),
        (lambda: ag.per_example_gradients(averaged, MLP, 3.0), TypeError, "the number 3.0"),
        (lambda: ag.per_example_gradients(mlp, MLP, X), TypeError, r"shape \(1, 3\)"),
        (lambda: ag.per_example_gradients(averaged, [np.arange(3)], X, Y), TypeError, "int64"),
    ],
    ids=["lengths", "no data", "a number", "no cost", "integers"],
)
def test_misuse_raises(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("closure", [False, True])
def test_inside_a_function_that_is_being_differentiated_it_raises(closure):
    def f(w):
        cost = (lambda p, x: np.sum(p * x) * w[0]) if closure else (lambda p, x: np.sum(p * p * x))
        return np.sum(ag.per_example_gradients(cost, np.ones(4) if closure else w, X))

    with pytest.raises(RuntimeError, match="jacobian"):
        ag.grad(f)(np.ones(4))


# ------------------------------------------------------------------------------------ every rule, against one at a time


V = rng.normal(size=(N, 3, 4))
ROWS = np.array([2, 0, 2])
RULES = {
    "reduce": [
        lambda v: np.sum(v),
        lambda v: np.mean(v, axis=0),
        lambda v: np.max(v, axis=(-1, 0)),
        lambda v: np.min(v, -1, keepdims=True),
        lambda v: np.prod(v, axis=1),
        lambda v: np.var(v, ddof=1),
        lambda v: np.std(v, axis=0),
        lambda v: np.sum(v, keepdims=True),
        lambda v: np.sum(v, where=v > 0),
        lambda v: np.sum(v, axis=0, where=np.array([True, False, True, True])),
        lambda v: np.sum(v, initial=2.0),
        lambda v: v * np.any(v > 1) + np.all(v > -9, axis=0) + np.count_nonzero(v > 0),
        lambda v: np.sum(v[0, 0]),
    ],
    "scan": [
        lambda v: v * scaled_sum(v, 0.5) + scaled_sum(v[0], 2.0),
        lambda v: np.cumsum(v),
        lambda v: np.cumsum(v, axis=0),
        lambda v: np.cumprod(v, axis=-1),
        lambda v: np.flip(v),
        lambda v: np.flip(v, 0),
        lambda v: np.flip(v, (0, 1)),
        lambda v: v * np.argmax(v),
        lambda v: v[0] * np.argmin(v, axis=0),
        lambda v: v * np.argsort(v, axis=0),
    ],
    "shape": [
        lambda v: np.reshape(v, (2, -1)),
        lambda v: v.T,
        lambda v: np.transpose(v, (1, 0)),
        lambda v: np.swapaxes(v, 0, -1),
        lambda v: np.moveaxis(v[None], 0, -1),
        lambda v: np.moveaxis(v[None], (0, 1), (2, 0)),
        lambda v: np.squeeze(v[:1], 0),
        lambda v: np.expand_dims(v, (0, -1)),
        lambda v: np.broadcast_to(v[0], (2, 5, 4)),
        lambda v: np.concatenate([v, np.ones((2, 4)), v]),
        lambda v: np.concatenate([v, v], axis=-1),
        lambda v: np.concatenate([v, np.ones(3)], axis=None),
        lambda v: np.stack([v, v * v], 1),
        lambda v: np.ones_like(v) * v + np.zeros_like(v) + np.full_like(v, 3.0),
    ],
    "index": [
        lambda v: v[1],
        lambda v: v[1:, ::-1],
        lambda v: v[..., 0],
        lambda v: v[None, ..., 1:],
        lambda v: v[ROWS],
        lambda v: v[ROWS, [0, 1, 1]],
        lambda v: v[:, None][0, :, [1, 2, 2]],
        lambda v: v[:, None][:, :, [1, 2, 2]],
        lambda v: v[np.array([True, False, True])],
        lambda v: v[np.ones((3, 4), bool)],
        lambda v: v[..., ROWS],
        lambda v: v[np.argsort(v[:, 0])],
        lambda v: v[np.argmax(v, axis=0), np.arange(4)],
        lambda v: ag.Tensor(np.eye(4))[np.argsort(v[0])] @ v[0],
    ],
    "write": [
        lambda v: written(v, 0, v[1]),
        lambda v: written(v, (..., 1), 3.0),
        lambda v: written(v, ROWS, v[:1] * 2.0),
        lambda v: written(v, 1, np.arange(4.0)),
        lambda v: written(v, (slice(None), [0, 0]), v[:, 1:3]),
    ],
    "product": [
        lambda v: v @ v.T,
        lambda v: v[0] @ v[1],
        lambda v: v @ v[0],
        lambda v: v[:, 0] @ v,
        lambda v: v @ W.T,
        lambda v: W @ v.T,
        lambda v: v @ W[0],
        lambda v: W[0] @ v.T,
        lambda v: W @ v[0],
        lambda v: v[0] @ W.T,
        lambda v: np.stack([v, v]) @ v.T,
        lambda v: v @ np.stack([W, W]).swapaxes(1, 2),
        lambda v: np.stack([W, W]) @ v.T,
        lambda v: np.stack([v, v]) @ W.T,
        lambda v: W[:, :1] @ v[:1],
        lambda v: v[:, :1] @ W[:1],
        lambda v: W @ v[:2].T,
        lambda v: matmul_transposed(v, v),
        lambda v: matmul_transposed(v, W),
        lambda v: matmul_transposed(W, v),
        lambda v: matmul_transposed(v[0], v) * matmul_transposed(W[0], v) * matmul_transposed(v[0], W[:3]),
        lambda v: matmul_transposed(np.stack([v, v]), v) * matmul_transposed(np.stack([v, v]), W[:3]),
        lambda v: matmul_transposed(np.stack([W, W]), v),
        lambda v: np.dot(v, v.T),
        lambda v: np.dot(v, 2.0),
        lambda v: np.dot(v[0, 0], W),
        lambda v: np.dot(v[None], W.T),
        lambda v: np.dot(v[None], v[0]),
        lambda v: np.inner(v, W),
        lambda v: np.inner(v[0], v[1]),
        lambda v: np.inner(v, 3.0),
        lambda v: np.outer(v, W[0]),
        lambda v: np.outer(v[0], v[1]),
        lambda v: np.tensordot(v, W),
        lambda v: np.tensordot(v, v, 0),
        lambda v: np.tensordot(v, W, ([0, -1], [0, 1])),
        lambda v: np.tensordot(v, W, (1, 1)),
        lambda v: np.einsum("ij,kj->ik", v, W),
        lambda v: np.einsum("...j,j", v, v[0]),
        lambda v: np.einsum("ii->i", v[:, :3]),
        lambda v: np.einsum("ij->", v),
    ],
    "element": [
        lambda v: ag.relu(v) + ag.softplus(v) - ag.sigmoid(v),
        lambda v: np.where(v > 0, v, 2.0),
        lambda v: np.clip(v, v[0], 1.0),
        lambda v: np.clip(v, a_min=None, a_max=v[:1]),
        lambda v: v * v[0, 0] + v[0] - np.arange(3.0)[:, None],
        lambda v: np.maximum(v, v[::-1]),
        lambda v: v.astype(np.float32),
        lambda v: np.nan_to_num(v),
        lambda v: np.round(v, 1) + v,
        lambda v: np.copy(v),
        lambda v: np.sinc(v),
        lambda v: v * np.isclose(v, v[0]) + v * np.isneginf(v) + v * np.isposinf(v),
        lambda v: v**2 + v**3 + 2.0**v,
        lambda v: np.arctan2(v, v[0]),
        lambda v: np.square(v[0, 0]) * W,
    ],
} | MORE_RULES
CASES = [(kind, i) for kind, functions in RULES.items() for i in range(len(functions))]


def written(v, index, value):
    copied = v * 1.0
    copied[index] = value
    return copied


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_every_rule_agrees_with_one_example_at_a_time(kind, i):
    def cost(params, v):
        out = RULES[kind][i](v[0] * params[0])
        return np.sum(out * np.cos(np.arange(float(out.size)).reshape(out.shape)))

    p = rng.normal(size=(3, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ag.LoopWarning)
        found = ag.per_example_gradients(cost, [p], V)
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if "float32" in RULES[kind][i].__code__.co_names else near
    np.testing.assert_allclose(found[0], alone(cost, [p], V)[0], **tolerance)


def test_every_rule_is_used_by_a_case(monkeypatch):
    used = set()

    def noting(op, rule):
        def noted(*args, **keywords):
            used.add(op)
            return rule(*args, **keywords)

        return noted

    rules = dict(BATCHING)
    for op, rule in rules.items():
        monkeypatch.setitem(BATCHING, op, noting(op, rule))
    for kind, i in CASES:
        ag.per_example_gradients(lambda p, v, f=RULES[kind][i]: np.sum(f(v[0] * p)), np.ones((3, 4)), V)
    assert used == set(rules)
