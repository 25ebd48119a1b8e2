"""Every layer: PyTorch's outputs, gradients and weights after ten steps; the gradient check; the compiled step."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
IMAGES, SERIES, ROWS = rng.normal(size=(3, 2, 7, 6)), rng.normal(size=(3, 2, 9)), rng.normal(size=(4, 5))
SEQUENCES = rng.normal(size=(3, 4, 6))
SYMBOLS = np.array([[0, 2, 2], [4, 0, 1]])


def conv(torch, layer, x, W, b):
    f = getattr(torch.nn.functional, type(layer).__name__.lower())
    return f(x, W, b, layer.stride, layer.padding, layer.dilation)


def recurrent(kind):
    def run(torch, layer, x, *weights):
        theirs = getattr(torch.nn, kind)(6, 3, batch_first=True, dtype=torch.float64)
        names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        output, _ = torch.func.functional_call(theirs, dict(zip(names, weights, strict=True)), (x,))
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


def batch_norm(torch, layer, x, gamma, beta):
    mean, variance = torch.zeros(len(gamma), dtype=x.dtype), torch.ones(len(gamma), dtype=x.dtype)
    return torch.nn.functional.batch_norm(x, mean, variance, gamma, beta, training=True)


def activation(name, **options):
    return lambda torch, layer, z: getattr(torch.nn, name)(**options)(z)


# how it is made, what it is called on, the same in PyTorch
CASES: dict[str, tuple[Any, Any, Any]] = {
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
    "Embedding": (lambda: nn.Embedding(5, 3, seed=0), SYMBOLS, lambda t, layer, x, W: t.nn.functional.embedding(x, W)),
    "RNN": (lambda: nn.RNN(6, 3, biases=nn.initializers.normal, seed=0), SEQUENCES, recurrent("RNN")),
    "GRU": (lambda: nn.GRU(6, 3, biases=nn.initializers.normal, seed=0), SEQUENCES, recurrent("GRU")),
    "LSTM": (lambda: nn.LSTM(6, 3, biases=nn.initializers.normal, seed=0), SEQUENCES, recurrent("LSTM")),
    "LSTM last": (lambda: nn.LSTM(6, 3, last=True, seed=0), SEQUENCES, recurrent("LSTM")),
    "attention": (lambda: nn.MultiHeadAttention(6, 2, seed=0), SEQUENCES, attention),
    "causal attention": (lambda: nn.MultiHeadAttention(6, 2, causal=True, seed=0), SEQUENCES, attention),
    "Residual": (
        lambda: nn.Residual(nn.Linear(5, 5, seed=0), nn.Tanh()),
        ROWS,
        lambda t, layer, x, W, b: x + (x @ W.T + b).tanh(),
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
EVERY_CASE = pytest.mark.parametrize("case", CASES)
LEARNING = pytest.mark.parametrize("case", [case for case, (make, _, _) in CASES.items() if make().parameters()])


def half_square(output, y):
    """A cost of outputs of any shape."""
    return ((output - y) ** 2).sum() * 0.5


def test_every_layer_has_a_case():
    cells = {nn.RNNCell, nn.GRUCell, nn.LSTMCell}  # run by the sequences
    found = {type(make()) for make, _, _ in CASES.values()} | cells | {nn.Dropout, nn.Activation, nn.Module}
    layers = {v for v in vars(nn).values() if isinstance(v, type) and issubclass(v, nn.Module)}
    assert layers - found == {nn.MLP, nn.Sequential}


@EVERY_CASE
def test_outputs_and_gradients_are_those_of_pytorch(case):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    make, data, theirs = CASES[case]
    layer, floating = make(), data.dtype.kind == "f"
    x = ag.Tensor(data, requires_grad=floating)
    their_x = torch.tensor(data, requires_grad=floating)
    weights = [torch.tensor(p.numpy(), requires_grad=True) for p in layer.parameters()]
    output, expected = layer(x), theirs(torch, layer, their_x, *weights)
    np.testing.assert_allclose(output.numpy(), expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    cotangent = np.random.default_rng(1).normal(size=output.shape)
    inputs = [*([x] if floating else []), *layer.parameters()]
    grads = ag.gradients(output, inputs, cotangent)
    others = torch.autograd.grad(
        expected, [*([their_x] if floating else []), *weights], torch.tensor(cotangent), allow_unused=True
    )
    for g, other in zip(grads, others, strict=True):
        np.testing.assert_allclose(g.numpy(), other.numpy(), rtol=1e-10, atol=1e-12)


@LEARNING
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_weights_after_ten_steps_are_those_of_pytorch(case, compiled):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    make, data, theirs = CASES[case]
    layer = make()
    weights = [torch.tensor(p.numpy(), requires_grad=True) for p in layer.parameters()]
    other = torch.optim.SGD(weights, lr=0.01)
    y = np.random.default_rng(2).normal(size=layer(data).shape)
    step = nn.make_step(layer, half_square, nn.SGD(layer.parameters(), 0.01), compiled)
    for _ in range(10):
        step(data, y)
        other.zero_grad()
        (((theirs(torch, layer, torch.tensor(data), *weights) - torch.tensor(y)) ** 2).sum() / 2).backward()
        other.step()
    for p, q in zip(layer.parameters(), weights, strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-10, atol=1e-10)


@EVERY_CASE
def test_its_gradients_pass_the_check(case):
    make, data, _ = CASES[case]
    layer = make()
    places = [(m, key) for _, m in layer.named_modules() for key, p in vars(m).items() if isinstance(p, nn.Parameter)]
    if isinstance(layer, nn.MultiHeadAttention):
        places.remove(
            (layer.key, "b")
        )  # it adds the same to every score, so its gradient is 0 and leaves only rounding

    def output(x, values):
        for (module, key), value in zip(places, values, strict=True):
            setattr(module, key, value if isinstance(value, ag.Tensor) else ag.Tensor(value))
        return layer(x)

    values = [getattr(module, key).numpy() for module, key in places]
    if data.dtype.kind == "f":
        ag.check_gradients(output, data, values)
    else:
        ag.check_gradients(lambda values: output(data, values), values)


@EVERY_CASE
def test_the_compiled_layer_is_the_layer(case):
    make, data, _ = CASES[case]
    layer = make().eval()
    compiled = ag.compile(lambda x: layer(x))
    for x in (data, data[::-1].copy()):
        np.testing.assert_allclose(ag.Tensor(compiled(x)).numpy(), layer(x).numpy(), rtol=1e-12, atol=1e-14)


@EVERY_CASE
def test_float32_stays_float32(case):
    make, data, _ = CASES[case]
    layer = make()
    for p in [*layer.parameters(), *(b for _, b in layer.named_buffers())]:
        p.data = p.numpy().astype(np.float32)
    x = ag.Tensor(data.astype(np.float32) if data.dtype.kind == "f" else data, requires_grad=data.dtype.kind == "f")
    output = layer(x)
    output.sum().backward()
    assert output.dtype == np.float32
    assert all(p.grad.dtype == np.float32 for p in layer.parameters())
    assert all(b.dtype == np.float32 for _, b in layer.named_buffers())


@EVERY_CASE
def test_it_says_what_it_is(case):
    layer = CASES[case][0]()
    assert repr(layer).startswith(f"{type(layer).__name__}(") and repr(layer).endswith(")")
