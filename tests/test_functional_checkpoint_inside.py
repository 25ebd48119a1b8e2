"""A checkpointed function is the function, whatever it does inside, under every transform and to every order."""
# ruff: noqa: NPY002  (NumPy's legacy generator is among what is tested)

import random

import numpy as np
import pytest
from tensors import tensor

import autograd_lite as ag
import nn

W = np.random.default_rng(0).normal(size=(3, 3))
X = np.array([0.3, -0.7, 1.1])
near = {"rtol": 1e-12, "atol": 1e-13}
OUTER = tensor(np.array([0.5, 1.5, -0.4]))
GENERATOR = np.random.default_rng(5)


def inner_grad(x):
    slope = ag.grad(lambda y: np.sum(np.sin(y * x)))(np.array([0.5, 0.5, 0.1]))
    return x * slope


def inner_grad_at_the_argument(x):
    return ag.grad(lambda y: np.sum(np.exp(np.sin(y)) * x))(x)


def inner_value_and_grad(x):
    value, slope = ag.value_and_grad(lambda y: np.sum(y**3 * x))(x * 2.0)
    return value * slope


def inner_jacobian(x):
    return ag.jacobian(lambda y: np.tanh(W @ (y * x)))(x) @ x


def inner_hessian(x):
    return ag.hessian(lambda y: np.sum(np.sin(y * x) * y))(np.array([1.0, 0.4, -0.3])) @ x


def inner_hvp(x):
    return ag.hvp(lambda y: np.sum(y**3 * x), x, np.array([1.0, 2.0, 3.0]))


def inner_jvp(x):
    return ag.jvp(lambda y: np.sin(y) * x, x, x * x)[1]


def inner_vjp(x):
    return ag.vjp(lambda y: np.sin(y) * x, np.array([0.1, 0.2, 0.3]))[1](x)[0]


def inner_gradients(x):
    y = np.sin(x) * x
    (g,) = ag.gradients(np.sum(y**2), [y], create_graph=True)
    return g * x


def inner_gradients_within_a_transform(x):
    y = np.sin(x) * x
    return ag.gradients(np.sum(y**3), [y])[0] * x


def inner_backward(x):
    y = tensor(np.array([0.5, 0.5, 0.1]))
    np.sum(np.sin(y * x)).backward(create_graph=True)
    return x * y.grad


def second_order_inside(x):
    return ag.grad(lambda y: np.sum(ag.grad(lambda z: np.sum(z**4 * x * y))(y)))(x)


def closure(x):
    return ag.grad(lambda y: np.sum(y**2 * OUTER * x))(x) * OUTER


def several_results(x):
    y = np.sin(x)
    return np.concatenate([y, np.reshape(np.sum(y * x), 1), ag.grad(lambda z: np.sum(z**3 * y))(x)])


def nested(x):
    return ag.checkpoint(lambda y: ag.grad(lambda z: np.sum(z**3 * y))(x) * y)(np.sin(x))


def nested_twice(x):
    return ag.checkpoint(lambda u: ag.checkpoint(inner_grad)(u) * u)(x * x)


def checkpoint_in_an_inner_gradient(x):
    return ag.grad(lambda y: np.sum(ag.checkpoint(lambda z: np.sin(z * x) * z)(y)))(x * 2.0)


def writes(x):
    y = np.sin(x)
    y[1] = x[0] * x[2]
    y += x
    return y * y


def writes_and_grad(x):
    y = x * 1.0
    y[0] = ag.grad(lambda z: z**3 * x[1])(x[2])
    return y * x


def partly_unrecorded(x):
    with ag.no_grad():
        factor = ag.grad(lambda y: np.sum(y**3))(x) * 1.0
    return factor * np.sin(x)


def detached(x):
    return x.detach() * np.sin(x) + ag.grad(lambda y: np.sum(y**2 * x.detach() * x))(x)


def random_numbers(x):
    return x * np.random.random(3) + np.sin(x) * GENERATOR.random(3) + random.random() * x**2


def own_leaf(x):
    c = tensor(np.array([2.0, 3.0, 4.0]))
    return x * c * np.sin(c * x)


def saturated(x):
    return ag.sigmoid(x * 60.0)


def linear_algebra(x):
    A = np.outer(x, x) + 3.0 * np.eye(3)
    return ag.grad(lambda y: np.linalg.slogdet(A * y)[1])(np.array(2.0)) * np.linalg.solve(A, x)


FUNCTIONS = [
    inner_grad, inner_grad_at_the_argument, inner_value_and_grad, inner_jacobian, inner_hessian, inner_hvp, inner_jvp, inner_vjp,
    inner_gradients, inner_gradients_within_a_transform, inner_backward, second_order_inside, closure, several_results, nested,
    nested_twice, checkpoint_in_an_inner_gradient, writes, writes_and_grad, partly_unrecorded, detached, random_numbers, own_leaf,
    saturated, linear_algebra,
]  # fmt: skip


def number(f):
    def total(x):
        out = f(x)
        return np.sum(out * np.cos(np.arange(1.0, out.size + 1)) * out)

    return total


V = np.array([0.2, 1.0, -0.6])
TRANSFORMS = {
    "grad": lambda f, x: ag.grad(number(f))(x),
    "value_and_grad": lambda f, x: ag.value_and_grad(number(f))(x),
    "vjp": lambda f, x: ag.vjp(number(f), x)[1](1.0)[0],
    "jvp": lambda f, x: ag.jvp(f, x, V),
    "jacobian": lambda f, x: ag.jacobian(f)(x),
    "hessian": lambda f, x: ag.hessian(number(f))(x),
    "hvp": lambda f, x: ag.hvp(number(f), x, V),
    "third": lambda f, x: ag.grad(lambda y: np.sum(ag.hvp(number(f), y, V) * V))(x),
    "grad of jvp": lambda f, x: ag.grad(lambda y: np.sum(ag.jvp(f, y, V)[1] ** 2))(x),
    "compiled grad": lambda f, x: ag.compile(ag.grad(number(f)))(x),
}
PAIRS = [
    pytest.param(f, transform, id=f"{f.__name__}-{name}")
    for f in FUNCTIONS
    for name, transform in TRANSFORMS.items()
    if not (f is random_numbers and name == "compiled grad")  # a program has the numbers drawn when it was recorded
]


def of_both(transform, f, x):
    """What it gives of f and of the checkpoint, from generators in the same states."""
    found = []
    for g in (f, ag.checkpoint(f)):
        np.random.seed(3)
        random.seed(4)
        GENERATOR.bit_generator.state = np.random.PCG64(5).state
        found.append(transform(g, x))
    return found


def same(found, expected):
    for one, other in zip(*(p if isinstance(p, tuple) else (p,) for p in (found, expected)), strict=True):
        assert type(one) is type(other)
        one, other = (np.asarray(p.data if isinstance(p, ag.Tensor) else p) for p in (one, other))
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * float(np.max(np.abs(other), initial=0.0)))


@pytest.mark.parametrize(("f", "transform"), PAIRS)
def test_every_transform_gives_what_it_gives_of_the_function_itself(f, transform):
    expected, found = of_both(transform, f, X)
    same(found, expected)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradients_reach_leaves_everywhere(f):
    def leaves(g, x):
        t = tensor(x)
        OUTER.zero_grad()
        number(g)(t).backward(create_graph=True)
        first = t.grad
        t.zero_grad()
        np.sum(first * V).backward()
        return t.grad.numpy(), np.zeros(3) if OUTER.grad is None else OUTER.grad.numpy(), first.numpy()

    expected, found = of_both(leaves, f, X)
    same(found, expected)


def test_the_slope_of_an_inner_slope_is_the_closed_form():
    x = np.array([0.3, -0.7])

    def sloped(x):
        return np.sum(x * ag.grad(lambda y: np.sum(np.sin(y * x)))(np.array([0.5, 0.5])))

    expected = 2 * x * np.cos(0.5 * x) - 0.5 * x**2 * np.sin(0.5 * x)
    np.testing.assert_allclose(ag.grad(ag.checkpoint(sloped))(x), expected, rtol=1e-14)


def test_repeating_leaves_generators_where_they_are():
    t = tensor(X)
    np.random.seed(0)
    out = np.sum(ag.checkpoint(random_numbers)(t))
    drawn, before = np.random.random(), GENERATOR.random()
    np.random.seed(0)
    np.random.random(3)
    assert np.random.random() == drawn
    state = np.random.get_state()[1].copy(), random.getstate(), GENERATOR.bit_generator.state
    out.backward()
    assert np.array_equal(np.random.get_state()[1], state[0])
    assert (random.getstate(), GENERATOR.bit_generator.state) == state[1:]
    assert GENERATOR.random() != before


class Holder:
    def __init__(self):
        self.parts = {"deep": [np.random.default_rng(1)]}

    def __call__(self, x):
        return x * self.parts["deep"][0].random(3)


class OfTheClass:
    rng = np.random.RandomState(2)

    def method(self, x):
        return x * self.rng.random_sample(3)


def of_an_argument(x, *, rng):
    return x * rng.random(3)


SEEDED = np.random.default_rng(7)


def with_default(x, rng=SEEDED):
    return x * rng.random(3)


def in_the_closure():
    rng = random.Random(3)
    return lambda x: x * np.array([rng.random() for _ in range(3)])


@pytest.mark.parametrize(
    ("f", "keywords"),
    [
        (Holder(), {}),
        (OfTheClass().method, {}),
        (of_an_argument, {"rng": np.random.default_rng(4)}),
        (with_default, {}),
        (in_the_closure(), {}),
        (lambda x: np.sum(nn.Sequential(nn.Dropout(0.5, seed=0))(x)), {}),
    ],
    ids=["attribute", "class", "argument", "default", "closure", "module inside"],
)
def test_what_is_drawn_again_is_the_same_wherever_the_generator_is_kept(f, keywords):
    x = tensor(np.ones(3))
    out = ag.checkpoint(f)(x, **keywords)
    np.sum(out).backward()
    if out.ndim:
        np.testing.assert_array_equal(x.grad.data, out.data)
    assert np.isclose(np.sum(x.grad.data), np.sum(out.data))


def test_dropout_in_a_checkpointed_network_drops_the_same_neurons_twice():
    net = nn.Sequential(nn.Linear(3, 50, seed=0), nn.Dropout(0.5, seed=1), nn.Linear(50, 1, seed=2))
    layer = net.layers[0]
    out = ag.checkpoint(net)(np.ones((1, 3)))
    np.sum(out).backward()
    dropped = np.all(layer.W.grad.data == 0, axis=1)
    assert 10 < dropped.sum() < 40
    assert np.isclose(
        np.sum(layer.W.grad.data * layer.W.data) + np.sum(layer.b.grad.data * layer.b.data),
        out.item() - net.layers[2].b.item(),
    )


def test_a_generator_that_cannot_be_found_makes_the_pass_raise():
    numbers = iter(np.random.default_rng(0).random(10).tolist())
    out = ag.checkpoint(lambda x: np.sum(x) * next(numbers))(tensor(X))
    with pytest.raises(RuntimeError, match="its results differ"):
        out.backward()
