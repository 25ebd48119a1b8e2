"""Every layer: PyTorch's outputs, gradients and weights after ten steps; the gradient check; the compiled step."""

import numpy as np
import pytest
from cases_layers import CASES, Carried

import autograd_lite as ag
import nn

EVERY_CASE = pytest.mark.parametrize("case", CASES)
RATE = 0.002


def half_square(output, y):
    """A cost of outputs of any shape."""
    return ((output - y) ** 2).sum() * 0.5


class Shifted(nn.Module):
    """A layer behind a shift of its inputs that is learned: so every layer has something to learn from."""

    def __init__(self, layer, data):
        self.layer = layer
        self.shift = nn.Parameter(np.random.default_rng(3).normal(size=data.shape)) if data.dtype.kind == "f" else None

    def forward(self, x):
        return self.layer(x if self.shift is None else x + self.shift)


def learned(case, compiled, steps=10):
    """A layer after so many steps, the targets that it was to learn, and the parameters before."""
    make, data, _ = CASES[case]
    net = Shifted(make(), data)
    before = [p.numpy() for p in net.parameters()]
    y = np.random.default_rng(2).normal(size=make()(data).shape)
    step = nn.make_step(net, half_square, nn.SGD(net.parameters(), RATE), compiled)
    for _ in range(steps):
        step(data, y)
    return net, y, before


def test_every_layer_has_a_case():
    made = [make() for make, _, _ in CASES.values()]
    found = {type(layer.cell if isinstance(layer, Carried) else layer) for layer in made}
    layers = {v for v in vars(nn).values() if isinstance(v, type) and issubclass(v, nn.Module)}
    assert layers - found == {nn.Activation, nn.Module}  # of which there are only subclasses


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


@EVERY_CASE
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_weights_after_ten_steps_are_those_of_pytorch(case, compiled):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    _, data, theirs = CASES[case]
    net, y, before = learned(case, compiled)
    weights = [torch.tensor(p, requires_grad=True) for p in before]
    of_layer, shift = (weights, None) if net.shift is None else (weights[:-1], weights[-1])
    other = torch.optim.SGD(weights, lr=RATE)
    for _ in range(10):
        other.zero_grad()
        x = torch.tensor(data) if shift is None else torch.tensor(data) + shift
        (((theirs(torch, net.layer, x, *of_layer) - torch.tensor(y)) ** 2).sum() / 2).backward()
        other.step()
    for p, q in zip(net.parameters(), weights, strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-10, atol=1e-10)


@EVERY_CASE
def test_the_compiled_step_is_the_eager_step(case):
    eager, compiled = (learned(case, compiled)[0] for compiled in (False, True))
    for p, q in zip(eager.parameters(), compiled.parameters(), strict=True):
        np.testing.assert_allclose(q.numpy(), p.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "padding" not in case]
)  # whose row has no gradient by decree
def test_its_gradients_pass_the_check(case):
    make, data, _ = CASES[case]
    layer = make()
    places = [(m, key) for _, m in layer.named_modules() for key, p in vars(m).items() if isinstance(p, nn.Parameter)]
    if isinstance(layer, nn.MultiHeadAttention) and layer.key.b is not None:
        places.remove(
            (layer.key, "b")
        )  # it adds the same to every score, so its gradient is 0 and leaves only rounding

    def output(x, values):
        for (module, key), value in zip(places, values, strict=True):
            vars(module)[key] = value if isinstance(value, ag.Tensor) else ag.Tensor(value)  # it is no parameter here
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
