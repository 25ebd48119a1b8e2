"""Layers in unusual settings: PyTorch's numbers, no examples, whole numbers, other dtypes, states and masks that do not fit."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
IMAGES = rng.normal(size=(2, 3, 11, 10))

CONVOLUTIONS: list[dict[str, Any]] = [
    {"stride": 5},
    {"stride": (4, 3), "padding": 2, "dilation": (2, 1)},
    {"stride": 7, "padding": 1},
    {"padding": (0, 3), "dilation": 4},
]


def slopes(function, x):
    x = ag.Tensor(x, requires_grad=True)
    output = function(x)
    output.backward(np.ones(output.shape))
    return output.numpy(), x.grad.numpy()


def theirs(torch, function, x):
    x = torch.tensor(x, requires_grad=True)
    output = function(x)
    output.sum().backward()
    return output.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_a_convolution_that_skips_and_overhangs_is_that_of_pytorch(options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    layer = nn.Conv2d(3, 4, 2, seed=0, **options)
    W, b = torch.tensor(layer.W.numpy()), torch.tensor(layer.b.numpy())
    expected = theirs(torch, lambda x: torch.nn.functional.conv2d(x, W, b, **options), IMAGES)
    np.testing.assert_allclose(slopes(layer, IMAGES)[0], expected[0], rtol=0, atol=1e-13)
    np.testing.assert_allclose(slopes(layer, IMAGES)[1], expected[1], rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", ["Max", "Avg"])
@pytest.mark.parametrize(("size", "stride"), [(2, 5), (3, 2), ((2, 3), (1, 4))], ids=str)
def test_a_pooling_that_skips_and_overlaps_is_that_of_pytorch(kind, size, stride):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    layer, other = getattr(nn, f"{kind}Pool")(size, stride), getattr(torch.nn, f"{kind}Pool2d")(size, stride)
    for found, expected in zip(slopes(layer, IMAGES), theirs(torch, other, IMAGES), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


NOBODY = {
    # a layer, the shape of an example, that of its output
    "Linear": (nn.Linear(3, 2), (3,), (2,)),
    "Conv2d": (nn.Conv2d(3, 2, 2), (3, 5, 5), (2, 4, 4)),
    "MaxPool": (nn.MaxPool(2), (3, 5, 5), (3, 2, 2)),
    "Flatten": (nn.Flatten(), (3, 5, 5), (75,)),
    "BatchNorm1d": (nn.BatchNorm1d(3).eval(), (3,), (3,)),
    "LayerNorm": (nn.LayerNorm(3), (3,), (3,)),
    "LSTM": (nn.LSTM(3, 4), (5, 3), (5, 4)),
    "MultiHeadAttention": (nn.MultiHeadAttention(4, 2, causal=True), (5, 4), (5, 4)),
}


@pytest.mark.parametrize(("layer", "shape", "expected"), NOBODY.values(), ids=NOBODY)
def test_no_examples_give_no_outputs(layer, shape, expected):
    x = ag.Tensor(np.zeros((0, *shape)), requires_grad=True)
    output = layer(x)
    output.sum().backward()
    assert output.shape == (0, *expected) and x.grad.shape == x.shape


@pytest.mark.parametrize(
    "layer", [nn.Dropout(0.5, seed=0), nn.BatchNorm1d(4), nn.LayerNorm(4), nn.Linear(4, 4, seed=0)], ids=repr
)
def test_whole_numbers_are_taken_as_floating_ones(layer):
    x = rng.integers(1, 9, (6, 4))
    whole = layer(x)
    assert whole.dtype == np.float64 and np.isfinite(whole.numpy()).all()
    if not isinstance(layer, nn.Dropout):
        assert np.array_equal(whole.numpy(), layer(x.astype(float)).numpy())


@pytest.mark.parametrize("cost", [nn.quadratic_cost, nn.squared_error, nn.absolute_cost, nn.huber_cost], ids=repr)
def test_the_cost_of_unsigned_outputs_does_not_wrap_around(cost):
    a, y = np.array([[3, 200]], np.uint8), np.array([[5, 255]], np.uint8)
    assert cost(a, y).item() == cost(a.astype(float), y.astype(float)).item() > 0


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_running_statistics_keep_their_dtype_whatever_comes_in(compiled):
    net = nn.Sequential(nn.BatchNorm1d(4, dtype=np.float32), nn.Linear(4, 2, dtype=np.float32))
    step = nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1), compiled)
    step(rng.random((5, 4)), rng.random((5, 2)))
    assert {b.dtype for _, b in net.named_buffers()} == {np.dtype(np.float32)}


X = rng.normal(size=(2, 5, 3))


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_a_state_to_start_from_is_that_of_pytorch(kind):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    layer, other = getattr(nn, kind)(3, 4, seed=0), getattr(torch.nn, kind)(3, 4, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for p, q in zip(layer.parameters(), other.parameters(), strict=True):
            q.copy_(torch.tensor(p.numpy()))
    h = rng.normal(size=(2, 2, 4))
    state, their_state = (tuple(h), tuple(torch.tensor(h[:, None]))) if kind == "LSTM" else (h[0], torch.tensor(h[:1]))
    np.testing.assert_allclose(
        layer(X, state).numpy(), other(torch.tensor(X), their_state)[0].detach().numpy(), rtol=1e-12
    )


ONES = np.ones((2, 3, 4))
MISFITS = {
    "state of one example": (lambda: nn.GRU(3, 4)(X, np.ones((1, 4))), r"state of shape \(1, 4\), needs \(2, 4\)"),
    "state without examples": (lambda: nn.GRU(3, 4)(X, np.ones(4)), r"state of shape \(4,\), needs \(2, 4\)"),
    "state of another size": (lambda: nn.RNNCell(3, 4)(X[:, 0], np.ones((2, 5))), r"\(2, 5\), needs \(2, 4\)"),
    "state of an LSTM without c": (lambda: nn.LSTM(3, 4)(X, np.ones((2, 4))), r"\(2, 4\), needs \(2, 4\) and \(2, 4\)"),
    "c of one example": (lambda: nn.LSTM(3, 4)(X, (np.ones((2, 4)), np.ones((1, 4)))), r"and \(1, 4\), needs"),
    "no steps": (lambda: nn.LSTM(3, 4)(X[:, :0]), "sequences of no steps"),
    "no positions": (lambda: nn.MultiHeadAttention(4, 2)(ONES[:, :0]), "no positions"),
    "no context": (lambda: nn.MultiHeadAttention(4, 2)(ONES, ONES[:, :0]), "nothing to attend to"),
    "a row wholly masked": (
        lambda: nn.MultiHeadAttention(4, 2)(ONES, mask=np.diag([True, False, True])),
        "leaves a position nothing to attend to",
    ),
    "a mask of other examples": (
        lambda: nn.MultiHeadAttention(4, 2)(ONES, mask=np.ones((3, 3, 3), bool)),
        r"mask of bool \(3, 3, 3\), needs bool \(3, 3\), or with 2 in front",
    ),
    "a number to flatten": (lambda: nn.Flatten()(np.array(1.0)), r"Flatten\) got a single number"),
    "LayerNorm of nothing": (lambda: nn.LayerNorm(()), "at least one axis"),
    "an initializer of another shape": (
        lambda: nn.Linear(3, 2, weights=lambda rng, shape: np.ones((3, 2))),
        r"gave shape \(3, 2\) for \(2, 3\)",
    ),
    "an initializer of biases": (
        lambda: nn.LSTM(3, 2, biases=lambda rng, shape: np.ones(1)),
        r"gave shape \(1,\) for \(8,\)",
    ),
    "LayerNorm of negative eps": (lambda: nn.LayerNorm(3, eps=-1.0), "eps is -1.0"),
}


@pytest.mark.parametrize(("call", "message"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
