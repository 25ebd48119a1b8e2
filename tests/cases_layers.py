"""Layers, what they are called on, and the same in PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np

import nn

rng = np.random.default_rng(0)
IMAGES, SERIES, ROWS = rng.normal(size=(3, 2, 7, 6)), rng.normal(size=(3, 2, 9)), rng.normal(size=(4, 5))
SEQUENCES = rng.normal(size=(3, 4, 6))
SYMBOLS = np.array([[0, 2, 2], [4, 0, 1]])
FIRST = rng.normal(size=(2, 4, 3))


def conv(torch, layer, x, W, b=None):
    f = getattr(torch.nn.functional, type(layer).__name__.lower())
    return f(x, W, b, layer.stride, layer.padding, layer.dilation)


def recurrent(kind):
    def run(torch, layer, x, *weights):
        options = {name: getattr(layer, name) for name in ("num_layers", "bidirectional")}
        bias = len(weights) % 4 == 0 and any(w.ndim == 1 for w in weights)
        theirs = getattr(torch.nn, kind)(6, 3, batch_first=True, bias=bias, dtype=torch.float64, **options)
        names = [name for name, _ in theirs.named_parameters()]
        output, _ = torch.func.functional_call(theirs, dict(zip(names, weights, strict=True)), (x,))
        if layer.last and layer.bidirectional:
            return torch.cat([output[:, -1, :3], output[:, 0, 3:]], dim=-1)
        return output[:, -1] if layer.last else output

    return run


def attention(torch, layer, x, Wq, bq, Wk, bk, Wv, bv, Wo, bo):
    theirs = torch.nn.MultiheadAttention(6, 2, batch_first=True, dtype=torch.float64)
    weights = {
        "in_proj_weight": torch.cat([Wq, Wk, Wv]), "in_proj_bias": torch.cat([bq, bk, bv]),
        "out_proj.weight": Wo, "out_proj.bias": bo,
    }  # fmt: skip
    mask = torch.ones(4, 4, dtype=torch.bool).triu(1) if layer.causal else None
    return torch.func.functional_call(theirs, weights, (x, x, x), {"attn_mask": mask, "need_weights": False})[0]


def plain_attention(torch, layer, x, *weights):
    none = torch.zeros(6, dtype=x.dtype)
    return attention(torch, layer, x, *[part for W in weights for part in (W, none)])


def batch_norm(torch, layer, x, gamma=None, beta=None):
    mean, variance = (torch.full((x.shape[1],), value, dtype=x.dtype) for value in (0.0, 1.0))
    return torch.nn.functional.batch_norm(x, mean, variance, gamma, beta, training=True)


def activation(name, **options):
    return lambda torch, layer, z: getattr(torch.nn, name)(**options)(z)


class Carried(nn.Module):
    """A cell that takes two steps from a state that is learned."""

    def __init__(self, cell):
        self.cell, self.h = cell, nn.Parameter(FIRST[0])
        if isinstance(cell, nn.LSTMCell):
            self.c = nn.Parameter(FIRST[1])

    def forward(self, x):
        state = (self.h, self.c) if isinstance(self.cell, nn.LSTMCell) else self.h
        state = self.cell(-x, self.cell(x, state))
        return np.concatenate(state, axis=1) if isinstance(state, tuple) else state


def carried(kind):
    def run(torch, layer, x, *weights):
        theirs = getattr(torch.nn, kind)(5, 3, dtype=torch.float64)
        names = dict(zip(["weight_ih", "weight_hh", "bias_ih", "bias_hh"], weights, strict=False))
        state = tuple(weights[4:]) if len(weights) > 5 else weights[4]
        for each in x, -x:
            state = torch.func.functional_call(theirs, names, (each, state))
        return torch.cat(state, 1) if isinstance(state, tuple) else state

    return run


def cell(kind):
    make = getattr(nn, kind)
    return lambda: Carried(make(5, 3, biases=nn.initializers.normal, seed=0)), ROWS, carried(kind)


def evaluated(axes):
    """Batch normalisation with the statistics of before."""

    def make():
        layer = (nn.BatchNorm1d(5) if axes == 1 else nn.BatchNorm2d(2)).eval()
        layer.mean.data, layer.variance.data = (np.linspace(*ends, layer.mean.size) for ends in [(-1, 1), (0.5, 2)])
        return layer

    def theirs(torch, layer, x, gamma, beta):
        mean, variance = torch.tensor(layer.mean.numpy()), torch.tensor(layer.variance.numpy())
        return torch.nn.functional.batch_norm(x, mean, variance, gamma, beta, training=False)

    return make, ROWS if axes == 1 else IMAGES, theirs


# how it is made, what it is called on, the same in PyTorch
CASES: dict[str, tuple[Callable[[], Any], Any, Callable[..., Any]]] = {
    "Linear": (lambda: nn.Linear(5, 3, seed=0), ROWS, lambda t, layer, x, W, b: x @ W.T + b),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 4, seed=0), SERIES, conv),
    "Conv1d all": (lambda: nn.Conv1d(2, 3, 3, stride=2, padding=3, dilation=2, seed=0), SERIES, conv),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3, seed=0), IMAGES, conv),
    "Conv2d same": (lambda: nn.Conv2d(2, 3, (3, 5), padding="same", seed=0), IMAGES, conv),
    "Conv2d all": (
        lambda: nn.Conv2d(2, 3, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(3, 2), seed=0),
        IMAGES,
        conv,
    ),
    "Conv2d 1x1": (lambda: nn.Conv2d(2, 3, 1, stride=2, seed=0), IMAGES, conv),
    "MaxPool 1": (lambda: nn.MaxPool(2), SERIES, lambda t, layer, x: t.nn.functional.max_pool1d(x, 2)),
    "MaxPool 2": (lambda: nn.MaxPool(2), IMAGES, lambda t, layer, x: t.nn.functional.max_pool2d(x, 2)),
    "MaxPool stride": (
        lambda: nn.MaxPool((3, 2), stride=(1, 2)),
        IMAGES,
        lambda t, layer, x: t.nn.functional.max_pool2d(x, (3, 2), (1, 2)),
    ),
    "AvgPool 1": (lambda: nn.AvgPool(3), SERIES, lambda t, layer, x: t.nn.functional.avg_pool1d(x, 3)),
    "AvgPool 2": (
        lambda: nn.AvgPool((2, 3), 1),
        IMAGES,
        lambda t, layer, x: t.nn.functional.avg_pool2d(x, (2, 3), 1),
    ),
    "Flatten": (nn.Flatten, IMAGES, lambda t, layer, x: x.flatten(1)),
    "Reshape": (lambda: nn.Reshape(7, 12), IMAGES, lambda t, layer, x: x.reshape(3, 7, 12)),
    "Dropout 0": (lambda: nn.Dropout(0.0), ROWS, lambda t, layer, x: x),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(5), ROWS, batch_norm),
    "BatchNorm1d of series": (lambda: nn.BatchNorm1d(2), SERIES, batch_norm),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), IMAGES, batch_norm),
    "BatchNorm1d in evaluation": evaluated(1),
    "BatchNorm2d in evaluation": evaluated(2),
    "LayerNorm": (
        lambda: nn.LayerNorm(6),
        SEQUENCES,
        lambda t, layer, x, w, b: t.nn.functional.layer_norm(x, (6,), w, b),
    ),
    "LayerNorm 2": (
        lambda: nn.LayerNorm((4, 6)),
        SEQUENCES,
        lambda t, layer, x, w, b: t.nn.functional.layer_norm(x, (4, 6), w, b),
    ),
    "Linear without bias": (lambda: nn.Linear(5, 3, bias=False, seed=0), ROWS, lambda t, layer, x, W: x @ W.T),
    "Conv1d without bias": (lambda: nn.Conv1d(2, 3, 4, bias=False, seed=0), SERIES, conv),
    "Conv2d without bias": (lambda: nn.Conv2d(2, 3, 3, bias=False, padding=1, seed=0), IMAGES, conv),
    "BatchNorm1d without scale": (lambda: nn.BatchNorm1d(5, affine=False), ROWS, batch_norm),
    "BatchNorm2d without scale": (lambda: nn.BatchNorm2d(2, affine=False), IMAGES, batch_norm),
    "LayerNorm without scale": (
        lambda: nn.LayerNorm(6, elementwise_affine=False),
        SEQUENCES,
        lambda t, layer, x: t.nn.functional.layer_norm(x, (6,)),
    ),
    "Embedding with padding": (
        lambda: nn.Embedding(5, 3, padding_idx=2, seed=0),
        SYMBOLS,
        lambda t, layer, x, W: t.nn.functional.embedding(x, W, padding_idx=2),
    ),
    "LSTM bidirectional": (lambda: nn.LSTM(6, 3, bidirectional=True, seed=0), SEQUENCES, recurrent("LSTM")),
    "LSTM bidirectional, last": (
        lambda: nn.LSTM(6, 3, bidirectional=True, last=True, num_layers=2, seed=0),
        SEQUENCES,
        recurrent("LSTM"),
    ),
    "GRU of 2 layers": (
        lambda: nn.GRU(6, 3, num_layers=2, biases=nn.initializers.normal, seed=0),
        SEQUENCES,
        recurrent("GRU"),
    ),
    "RNN of 3 layers": (lambda: nn.RNN(6, 3, num_layers=3, bidirectional=True, seed=0), SEQUENCES, recurrent("RNN")),
    "LSTM without bias": (lambda: nn.LSTM(6, 3, bias=False, seed=0), SEQUENCES, recurrent("LSTM")),
    "GRU without bias": (lambda: nn.GRU(6, 3, bias=False, num_layers=2, seed=0), SEQUENCES, recurrent("GRU")),
    "attention without bias": (lambda: nn.MultiHeadAttention(6, 2, bias=False, seed=0), SEQUENCES, plain_attention),
    "Embedding": (lambda: nn.Embedding(5, 3, seed=0), SYMBOLS, lambda t, layer, x, W: t.nn.functional.embedding(x, W)),
    "RNN": (lambda: nn.RNN(6, 3, biases=nn.initializers.normal, seed=0), SEQUENCES, recurrent("RNN")),
    "GRU": (lambda: nn.GRU(6, 3, biases=nn.initializers.normal, seed=0), SEQUENCES, recurrent("GRU")),
    "LSTM": (lambda: nn.LSTM(6, 3, biases=nn.initializers.normal, seed=0), SEQUENCES, recurrent("LSTM")),
    "LSTM last": (lambda: nn.LSTM(6, 3, last=True, seed=0), SEQUENCES, recurrent("LSTM")),
    "RNNCell": cell("RNNCell"),
    "GRUCell": cell("GRUCell"),
    "LSTMCell": cell("LSTMCell"),
    "attention": (lambda: nn.MultiHeadAttention(6, 2, seed=0), SEQUENCES, attention),
    "causal attention": (lambda: nn.MultiHeadAttention(6, 2, causal=True, seed=0), SEQUENCES, attention),
    "Residual": (
        lambda: nn.Residual(nn.Linear(5, 5, seed=0), nn.Tanh()),
        ROWS,
        lambda t, layer, x, W, b: x + (x @ W.T + b).tanh(),
    ),
    "Sequential": (
        lambda: nn.Sequential(nn.Linear(5, 4, seed=0), nn.Sequential(nn.ReLU(), nn.Linear(4, 2, seed=1))),
        ROWS,
        lambda t, layer, x, W1, b1, W2, b2: (x @ W1.T + b1).relu() @ W2.T + b2,
    ),
    "MLP": (
        lambda: nn.MLP([5, 4, 3], activation="tanh", seed=0),
        ROWS,
        lambda t, layer, x, W1, b1, W2, b2: ((x @ W1.T + b1).tanh() @ W2.T + b2).sigmoid(),
    ),
    "Sigmoid": (nn.Sigmoid, ROWS, activation("Sigmoid")),
    "Tanh": (nn.Tanh, ROWS, activation("Tanh")),
    "ReLU": (nn.ReLU, ROWS, activation("ReLU")),
    "Softplus": (nn.Softplus, ROWS, activation("Softplus")),
    "Identity": (nn.Identity, ROWS, activation("Identity")),
    "GELU": (nn.GELU, ROWS, activation("GELU")),
    "GELU tanh": (lambda: nn.GELU("tanh"), ROWS, activation("GELU", approximate="tanh")),
    "SiLU": (nn.SiLU, ROWS, activation("SiLU")),
    "SELU": (nn.SELU, ROWS, activation("SELU")),
    "ELU": (lambda: nn.ELU(0.5), ROWS, activation("ELU", alpha=0.5)),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.2), ROWS, activation("LeakyReLU", negative_slope=0.2)),
    "Softsign": (nn.Softsign, ROWS, activation("Softsign")),
    "Softmax": (lambda: nn.Softmax(0), ROWS, activation("Softmax", dim=0)),
    "LogSoftmax": (nn.LogSoftmax, ROWS, activation("LogSoftmax", dim=-1)),
}
