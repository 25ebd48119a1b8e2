"""One example without a batch around it: the result is that of a batch of one, or the error names the shape that is needed."""

import numpy as np
import pytest
from cases_layers import CASES

import nn

rng = np.random.default_rng(0)
IMAGE, SERIES, ROW, SEQUENCE = (
    rng.normal(size=(2, 7, 6)),
    rng.normal(size=(2, 9)),
    rng.normal(size=5),
    rng.normal(size=(4, 6)),
)
# layers that take one example as it is
TAKEN = {
    "Linear": (nn.Linear(5, 3, seed=0), ROW),
    "Conv1d": (nn.Conv1d(2, 3, 4, seed=0), SERIES),
    "Conv2d": (nn.Conv2d(2, 3, 3, seed=0), IMAGE),
    "MaxPool of sequences": (nn.MaxPool((2,)), SERIES),
    "MaxPool": (nn.MaxPool((2, 2)), IMAGE),
    "MaxPool of a stride": (nn.MaxPool(2, stride=(1, 2)), IMAGE),
    "AvgPool": (nn.AvgPool((3, 2)), IMAGE),
    "LayerNorm": (nn.LayerNorm(5), ROW),
    "Embedding": (nn.Embedding(5, 3, seed=0), np.array([0, 3, 2])),
    "RNN": (nn.RNN(6, 3, seed=0), SEQUENCE),
    "GRU last": (nn.GRU(6, 3, last=True, seed=0), SEQUENCE),
    "LSTM": (nn.LSTM(6, 3, num_layers=2, bidirectional=True, seed=0), SEQUENCE),
    "attention": (nn.MultiHeadAttention(6, 2, causal=True, seed=0), SEQUENCE),
    "Flatten": (nn.Flatten(), ROW),
    "Reshape": (nn.Reshape(5, 1), ROW),
    "Residual": (nn.Residual(nn.Conv2d(2, 2, 3, padding=1, seed=0), nn.Tanh()), IMAGE),
}
IMAGES = (
    nn.Conv2d(2, 3, 3, seed=0),
    nn.BatchNorm2d(3),
    nn.ReLU(),
    nn.MaxPool(2),
    nn.Flatten(),
    nn.Linear(12, 3, seed=1),
)
# networks, in which one example stays one example through layers that could not tell by themselves
NETWORKS = {
    "images": (nn.Sequential(*IMAGES), IMAGE),
    "images in a Sequential": (nn.Sequential(nn.Sequential(*IMAGES[:4]), *IMAGES[4:]), IMAGE),
    "images in rows": (nn.Sequential(nn.Reshape(2, 7, 6), *IMAGES), IMAGE.reshape(-1)),
    "one channel": (nn.Sequential(nn.Conv2d(1, 1, 2, seed=0), nn.Flatten(), nn.Linear(30, 1, seed=1)), IMAGE[:1]),
    "sequences": (nn.Sequential(nn.Conv1d(2, 4, 2, seed=0), nn.BatchNorm1d(4), nn.AvgPool(2), nn.Flatten()), SERIES),
    "states": (nn.Sequential(nn.LSTM(6, 3, seed=0), nn.Flatten(), nn.Linear(12, 2, seed=1)), SEQUENCE),
    "symbols": (nn.Sequential(nn.Embedding(5, 6, seed=0), nn.GRU(6, 2, last=True, seed=1)), np.array([0, 1, 4])),
    "attention": (nn.Sequential(nn.MultiHeadAttention(6, 2, seed=0), nn.Flatten(), nn.Linear(24, 2, seed=1)), SEQUENCE),
    "a named part": (nn.Sequential(named := nn.Sequential(nn.Conv2d(2, 3, 3, seed=0)), *IMAGES[4:5]), IMAGE),
}
named.name = "features"


@pytest.mark.parametrize(("layer", "x"), [*TAKEN.values(), *NETWORKS.values()], ids=[*TAKEN, *NETWORKS])
def test_one_example_is_a_batch_of_one_without_the_batch(layer, x):
    layer.eval()
    one, batch = layer(x).numpy(), layer(x[None]).numpy()
    assert one.shape == batch.shape[1:]
    np.testing.assert_array_equal(one, batch[0])


REFUSED = {
    "BatchNorm2d": (nn.BatchNorm2d(2), IMAGE, r"needs \(n, 2, length, length\)"),
    "BatchNorm1d": (nn.BatchNorm1d(5), ROW, r"needs \(n, 5"),
    "a cell": (nn.LSTMCell(6, 3), SEQUENCE[0], r"needs \(n, 6\)"),
    "MaxPool of a row": (nn.MaxPool(2), ROW, r"needs \(n, channels, length"),
    "MaxPool of too few axes": (nn.MaxPool((2, 2)), SERIES, r"needs \(n, channels, length, length\), or without n"),
    "MaxPool of too many axes": (nn.MaxPool((2,)), IMAGE[None], r"needs \(n, channels, length\), or without n"),
    "Reshape": (nn.Reshape(2, 3), ROW, r"needs \(n, 6\)"),
}


@pytest.mark.parametrize(("layer", "x", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_told_from_a_batch_names_the_shape(layer, x, words):
    with pytest.raises(ValueError, match=words):
        layer(x)


@pytest.mark.parametrize("case", CASES)
def test_every_layer_takes_one_example_as_a_batch_of_one_or_refuses_it_or_takes_it_for_a_batch(case):
    """The third only where the shape itself could be a batch, which the docstrings say."""
    make, data, _ = CASES[case]
    layer = make().eval()
    if not isinstance(layer, nn.Module) or type(layer).__name__ == "Carried":
        return
    x = data[:1]
    try:
        one = layer(x[0]).numpy()
    except ValueError as error:
        assert "needs" in str(error) or "smaller than a window" in str(error)
        return
    either = one.shape == layer(x).shape[1:] and np.allclose(one, layer(x).numpy()[0])
    assert either or case in ("MaxPool 2", "Flatten", "Softmax", "Reshape", "BatchNorm1d of series"), case


# --- Masks ------------------------------------------------------------------------------------------------------------

ATTENTION = nn.MultiHeadAttention(6, 2, seed=0)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", ["by position", "by example"])
def test_a_mask_is_never_taken_for_another(kind, n):
    length = 3
    x = rng.normal(size=(n, length, 6))
    mask = rng.random((length if kind == "by position" else n, length)) < 0.5
    mask[:, 0] = True
    mask[0, 1:] = False
    whole = np.broadcast_to(mask[None] if kind == "by position" else mask[:, None], (n, length, length))
    expected = ATTENTION(x, mask=whole).numpy()
    np.testing.assert_array_equal(
        ATTENTION(x, mask=mask[None] if kind == "by position" else mask[:, None]).numpy(), expected
    )
    if n == length or (kind == "by example" and len(mask) != length):
        with pytest.raises(ValueError, match=r"mask\[:, None\]"):
            ATTENTION(x, mask=mask)
    elif kind == "by position":
        np.testing.assert_array_equal(ATTENTION(x, mask=mask).numpy(), expected)
