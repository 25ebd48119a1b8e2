"""Initializers: their distributions, PyTorch's fans and bounds, seeds."""

import numpy as np
import pytest

import nn
from nn import initializers as init

SHAPES = [(300, 200), (40, 30, 9), (40, 30, 3, 5)]
# variance by n_in and n_out
VARIANCES = {
    "normal": lambda n_in, n_out: 1.0,
    "uniform": lambda n_in, n_out: 1.0,
    "scaled_normal": lambda n_in, n_out: 1 / n_in,
    "scaled_uniform": lambda n_in, n_out: 1 / n_in,
    "he_normal": lambda n_in, n_out: 2 / n_in,
    "he_uniform": lambda n_in, n_out: 2 / n_in,
    "glorot_normal": lambda n_in, n_out: 2 / (n_in + n_out),
    "glorot_uniform": lambda n_in, n_out: 2 / (n_in + n_out),
}
EVERY_KIND = pytest.mark.parametrize("kind", VARIANCES)


def drawn(kind, shape, seed=0):
    return getattr(init, kind)(np.random.default_rng(seed), shape)


@EVERY_KIND
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_mean_and_variance_are_those_of_its_formula(kind, shape):
    window = int(np.prod(shape[2:]))
    W = drawn(kind, shape)
    variance = VARIANCES[kind](shape[1] * window, shape[0] * window)
    assert W.shape == shape and W.dtype == np.float64
    assert abs(W.mean()) < 4 * np.sqrt(variance / W.size)
    assert W.var() == pytest.approx(
        variance, rel=4 * np.sqrt(2 / W.size)
    )  # four standard errors of a normal's variance


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_fans_are_those_of_pytorch(shape):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    assert init.fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


THEIRS = {
    "normal": lambda i, t: i.normal_(t),
    "uniform": lambda i, t: i.uniform_(t, -(3**0.5), 3**0.5),
    "scaled_normal": lambda i, t: i.kaiming_normal_(t, nonlinearity="linear"),
    "scaled_uniform": lambda i, t: i.kaiming_uniform_(t, nonlinearity="linear"),
    "he_normal": lambda i, t: i.kaiming_normal_(t, nonlinearity="relu"),
    "he_uniform": lambda i, t: i.kaiming_uniform_(t, nonlinearity="relu"),
    "glorot_normal": lambda i, t: i.xavier_normal_(t),
    "glorot_uniform": lambda i, t: i.xavier_uniform_(t),
    "orthogonal": lambda i, t: i.orthogonal_(t),
    "zeros": lambda i, t: i.zeros_(t),
    "ones": lambda i, t: i.ones_(t),
}


@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("shape", [*SHAPES, (200, 300)], ids=str)
def test_weights_are_those_of_pytorch_that_has_the_same_random_numbers(kind, shape, monkeypatch):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    source = np.random.default_rng(0)
    numbers = {  # in the place of PyTorch's own generator
        "normal_": lambda t, mean=0.0, std=1.0, **_: t.copy_(
            torch.tensor(mean + std * source.standard_normal(t.shape))
        ),
        "uniform_": lambda t, a=0.0, b=1.0, **_: t.copy_(torch.tensor(a + (b - a) * source.random(t.shape))),
    }
    for name, drawn_there in numbers.items():
        monkeypatch.setattr(torch.Tensor, name, drawn_there)
    expected = THEIRS[kind](torch.nn.init, torch.empty(shape, dtype=torch.float64))
    np.testing.assert_allclose(drawn(kind, shape), expected.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (6, 2, 3, 3), (40, 2, 3)], ids=str)
def test_an_orthogonal_matrix_has_orthonormal_rows_or_columns(shape):
    W = drawn("orthogonal", shape).reshape(shape[0], -1)
    gram = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-14)


def test_every_orthogonal_matrix_is_equally_likely():
    corners = np.array([drawn("orthogonal", (2, 2), seed)[0, 0] for seed in range(400)])
    assert abs(corners.mean()) < 4 * np.sqrt(0.5 / 400)  # cos of an angle that is uniform: mean 0, variance 1/2
    assert abs((corners**2).mean() - 0.5) < 4 * np.sqrt(1 / 8 / 400)


def test_an_orthogonal_bias_is_refused():
    with pytest.raises(ValueError, match="two axes"):
        drawn("orthogonal", (3,))


@pytest.mark.parametrize(
    ("kind", "value"), [(init.constant(2.5), 2.5), (init.zeros, 0), (init.ones, 1), (init.scaled(init.ones, 3.0), 3)]
)
def test_constants_are_constant(kind, value):
    W = kind(np.random.default_rng(0), (3, 2))
    assert W.shape == (3, 2) and W.dtype == np.float64 and np.all(value == W)


@pytest.mark.parametrize("kind", [*VARIANCES, "orthogonal"])
def test_a_seed_gives_the_same_numbers_again_and_a_generator_goes_on(kind):
    generator = np.random.default_rng(3)
    first = getattr(init, kind)(generator, (4, 3))
    assert np.array_equal(first, drawn(kind, (4, 3), 3))
    assert not np.array_equal(first, getattr(init, kind)(generator, (4, 3)))


@pytest.mark.parametrize("kind", [*VARIANCES, "orthogonal"])
def test_it_serves_the_weights_of_a_layer(kind):
    layer = nn.Linear(4, 3, weights=getattr(init, kind), biases=init.constant(0.5), seed=0)
    assert layer.W.shape == (3, 4) and layer.b.tolist() == [0.5] * 3
