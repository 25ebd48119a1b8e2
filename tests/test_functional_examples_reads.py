"""per_example_gradients: whatever the cost reads of an example, each slice is the gradient of that example alone."""

import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
import nn

P = np.array([0.5, -1.2])
near = {"rtol": 1e-11, "atol": 1e-12}


def by_loop(cost, params, *data):
    """The definition, one example at a time."""
    data = [ag.Tensor(d) for d in data]
    slices = [ag.grad(cost)(params, *(d[i : i + 1] for d in data)) for i in range(len(data[0]))]
    return np.stack([np.asarray(s.data if isinstance(s, ag.Tensor) else s) for s in slices])


def in_one_pass(cost, params, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ag.LoopWarning)
        return ag.per_example_gradients(cost, params, *map(ag.Tensor, data))


READS = {
    # what stands for a factor of the cost, made of the data in a way that cuts the graph or hides from it
    "detach": lambda p, x: (x * p).detach(),
    "detach of the data": lambda p, x: x.detach() * 2.0,
    "a Tensor of a Tensor": lambda p, x: ag.Tensor(x * 2.0) * 1.0,
    "a Tensor of a list": lambda p, x: ag.Tensor([x[0, 0], x[0, 1] * 2.0]),
    "a list that is stacked": lambda p, x: np.stack([x[0].detach(), x[0] ** 2]),
    "detach, then written": lambda p, x: written(x.detach()),
    "detach, then a leaf": lambda p, x: slope_at_a_leaf(x),
    "an inner gradient at an array": lambda p, x: ag.grad(lambda u: np.sum(u * u * x))(np.ones(2)),
    "an inner gradient at a number": lambda p, x: ag.grad(lambda u: u**2 * np.sum(x))(3.0),
    "an inner gradient at the data": lambda p, x: ag.grad(lambda u: np.sum(u**3))(x),
    "an inner value and gradient": lambda p, x: np.multiply(
        *ag.value_and_grad(lambda u: np.sum(u * u * x))(np.ones(2))
    ),
    "an inner jvp": lambda p, x: ag.jvp(lambda u: u * u * x, np.ones(2), np.ones(2))[1],
    "an inner vjp": lambda p, x: ag.vjp(lambda u: np.sin(u) * x[0], np.ones(2))[1](np.ones(2))[0],
    "an inner jacobian": lambda p, x: ag.jacobian(lambda u: np.sin(u) * x[0])(np.ones(2)) @ np.ones(2),
    "an inner Hessian": lambda p, x: ag.hessian(lambda u: np.sum(u**3 * x[0]))(np.ones(2)) @ np.ones(2),
    "an inner hvp": lambda p, x: ag.hvp(lambda u: np.sum(u**3 * x[0]), np.ones(2), np.ones(2)),
    "an inner checkpoint": lambda p, x: ag.checkpoint(lambda u: np.sin(u) * x.detach())(x),
    "an inner compiled function": lambda p, x: ag.compile(lambda u: np.sin(u) * 2.0)(x),
    "no_grad": lambda p, x: unrecorded(p, x),
    "a saturated sigmoid": lambda p, x: nn.cross_entropy_cost(ag.sigmoid(x * 50.0).detach(), [[0.0, 1.0]]),
    "item": lambda p, x: x[0, 0].item() + 1.0,
    "item of a detached one": lambda p, x: (x * p).detach()[0, 1].item(),
    "numpy": lambda p, x: np.sin(x.numpy()),
    "numpy of an inner gradient": lambda p, x: ag.grad(lambda u: np.sum(u**2 * x))(x).numpy(),
    "tolist": lambda p, x: np.array(x.detach().tolist()),
    "float": lambda p, x: float(x.detach()[0, 0]),
    "format": lambda p, x: float(f"{x.detach()[0, 0]:.17g}"),
    "bool": lambda p, x: 2.0 if x.detach()[0, 0] > 0.5 else -1.0,
    "int": lambda p, x: [1.0, 5.0][int(x.detach()[0, 0] > 0)],
    "in": lambda p, x: 3.0 if 1.0 in x.detach() else 7.0,
    "where": lambda p, x: np.where(x > 0.5, x, -2.0),
    "where of a detached condition": lambda p, x: np.where((x * p).detach() > 0.3, 1.0, p),
    "a mask": lambda p, x: np.sum(x[x > 0.0] * 2.0) + 1.0,
    "a written mask": lambda p, x: np.sum(written_where(x)),
    "maximum": lambda p, x: np.max(x) + np.max(x.detach() * p),
    "argmax": lambda p, x: x[0, np.argmax(x, axis=1)],
    "sorted": lambda p, x: np.sort(x.detach(), axis=1) * 2.0,
    "unique": lambda p, x: np.sum(np.unique(x.detach())),
    "nonzero": lambda p, x: len(np.nonzero(x.detach()[0])[0]) + 1.0,
    "searchsorted": lambda p, x: np.searchsorted(np.array([0.0, 0.5, 1.0]), x.detach()[0]) * 1.0,
    "rounded": lambda p, x: np.round(x.detach()) + np.floor(x),
    "astype": lambda p, x: x.detach().astype(int).astype(float) + 0.5,
    "copied": lambda p, x: copied(x),
    "assigned data": lambda p, x: assigned(x),
    "constant": lambda p, x: np.full_like(x, 3.0) + np.zeros_like(x),
    "shape": lambda p, x: float(x.shape[0] + x.size),
    "a hook": lambda p, x: hooked(p, x),
    "backward inside": lambda p, x: backward_inside(x),
}


def written(d):
    d[0, 0] = 4.0
    return d * 2.0


def written_where(x):
    d = x.detach() * 1.0
    d[d > 0.0] = 3.0
    return d


def assigned(x):
    d = ag.Tensor(np.zeros((1, 2)))
    d.data = x.detach()
    return d * 1.0 + 1.0


def copied(x):
    import copy

    return copy.deepcopy(x.detach()) * 2.0


def slope_at_a_leaf(x):
    leaf = x.detach()
    leaf.requires_grad = True
    return ag.gradients(np.sum(leaf**3), leaf, create_graph=True)[0]


def unrecorded(p, x):
    with ag.no_grad():
        return np.exp(x * p)


def hooked(p, x):
    y = x * p
    y.register_hook(lambda g: g * x.detach())
    return y


def backward_inside(x):
    leaf = ag.Tensor(np.ones(2), requires_grad=True)
    np.sum(leaf**2 * x.detach()).backward()
    return leaf.grad


DATA = {
    "different": np.array([[0.3, -0.7], [1.2, 0.4], [-0.9, 2.0], [0.6, 0.1]]),
    "first and last alike": np.array([[0.3, -0.7], [1.2, 0.4], [-0.9, 2.0], [0.3, -0.7]]),
    "first alone": np.array([[0.3, -0.7], [1.2, 0.4], [1.2, 0.4], [1.2, 0.4]]),
    "with ties": np.array([[0.5, 0.5], [0.0, 0.0], [1.0, -1.0], [0.5, 0.5]]),
    "all alike": np.full((3, 2), 0.7),
    "one": np.array([[0.3, -0.7]]),
}


@pytest.mark.filterwarnings("ignore::autograd_lite.DetachedWarning")
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", READS)
def test_each_slice_is_that_of_its_example_whatever_is_read(name, data):
    def cost(p, x):
        return np.sum(x * p * READS[name](p, x)) + np.sum(p**2 * x)

    x = DATA[data]
    np.testing.assert_allclose(in_one_pass(cost, P, x), by_loop(cost, P, x), **near)


BATCHED = [
    "detach", "detach of the data", "a Tensor of a Tensor", "a Tensor of a list", "a list that is stacked",
    "detach, then written", "detach, then a leaf", "an inner gradient at an array", "an inner gradient at a number",
    "an inner gradient at the data", "an inner jvp", "an inner vjp", "an inner jacobian", "an inner hvp", "an inner checkpoint",
    "no_grad", "where",
    "where of a detached condition", "maximum", "sorted", "rounded", "astype", "constant", "shape", "backward inside",
    "a saturated sigmoid",
]  # fmt: skip


@pytest.mark.parametrize("name", BATCHED)
def test_what_is_cut_off_from_the_graph_still_takes_one_pass(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ag.LoopWarning)
        ag.per_example_gradients(lambda p, x: np.sum(x * p * READS[name](p, x)), P, ag.Tensor(DATA["different"]))


def test_a_cost_with_a_stopped_gradient_has_the_slope_of_the_rest():
    x = np.array([[1.0], [2.0], [3.0], [1.0]])
    found = ag.per_example_gradients(lambda p, x: np.sum((x * p) * (x * p).detach()), np.array([0.5]), ag.Tensor(x))
    np.testing.assert_allclose(found, 0.5 * x**2, rtol=1e-14)


def test_several_arrays_of_data_are_read_together():
    def cost(p, x, y, n):
        return np.sum((x * p - y.detach()) ** 2 * (x * y).detach()) * np.sum(np.where(n > 1, 2.0, x.detach()))

    x, y = DATA["different"], DATA["first and last alike"][::-1]
    n = np.array([[1], [2], [0], [1]])
    np.testing.assert_allclose(in_one_pass(cost, P, x, y, n), by_loop(cost, P, x, y, n), **near)


RNG = np.random.default_rng(0)


def generator(p, x):
    return RNG.random() > 0.5


def legacy(p, x):
    return np.random.random() > 0.5  # noqa: NPY002


def of_python(p, x):
    return random.random() > 0.5


@pytest.mark.parametrize("draw", [generator, legacy, of_python])
def test_a_cost_that_draws_draws_anew_for_each_example(draw):
    """Of 40 examples about half are kept; a single bit, alike for the first and the last by chance, would not show."""
    x = np.ones((40, 2))
    for seed in range(5):
        RNG.bit_generator.state = np.random.PCG64(seed).state
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        with pytest.warns(ag.LoopWarning, match="random"):
            found = ag.per_example_gradients(lambda p, x: np.sum(x * p) * float(draw(p, x)), P, x)
        assert 5 < found[:, 0].sum() < 35


def test_recording_leaves_the_generator_as_the_loop_needs_it():
    cost = lambda p, x: np.sum(x * p) * RNG.random()
    RNG.bit_generator.state = np.random.PCG64(3).state
    with pytest.warns(ag.LoopWarning):
        found = ag.per_example_gradients(cost, P, np.ones((4, 2)))
    np.testing.assert_array_equal(found[:, 0], np.random.default_rng(3).random(4))


PIECES = st.sampled_from(
    [
        lambda p, x: x * p, lambda p, x: (x * p).detach(), lambda p, x: np.where(x > 0, x, p), lambda p, x: np.maximum(x, p),
        lambda p, x: np.max(x.detach() * p), lambda p, x: ag.grad(lambda u: np.sum(u**2 * x))(np.ones(2)),
        lambda p, x: x[0, 0].item(),
        lambda p, x: np.sum(x[x > 0]), lambda p, x: ag.Tensor(x) * 2.0, lambda p, x: np.full(2, 1.5), lambda p, x: np.sign(x),
        lambda p, x: ag.relu(x.detach() - p), lambda p, x: np.abs(x - 0.5).detach(),
    ]
)  # fmt: skip
VALUES = st.sampled_from([-1.0, 0.0, 0.5, 0.75, 2.0])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(PIECES, min_size=1, max_size=4), st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5))
def test_any_mixture_of_reads_gives_each_example_its_own_gradient(pieces, rows):
    def cost(p, x):
        total = np.sum(x * p)
        for piece in pieces:
            total = total + np.sum(piece(p, x)) * np.sum(np.sin(x * p)) + np.sum(piece(p, x) ** 2)
        return total

    x = np.array(rows)
    np.testing.assert_allclose(in_one_pass(cost, P, x), by_loop(cost, P, x), **near)
