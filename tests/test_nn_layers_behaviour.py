"""What layers do beyond their formulas: modes, random numbers, states, names, and what they refuse."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.compiler import CompileError
from autograd_lite.rules import VJPS

rng = np.random.default_rng(0)


# --- Dropout ----------------------------------------------------------------------------------------------------------


def test_dropout_leaves_out_the_rate_and_keeps_the_mean():
    x = np.ones((200, 200))
    a = nn.Dropout(0.25, seed=0)(x).numpy()
    assert set(np.unique(a)) == {0.0, 1 / 0.75}
    assert (a == 0).mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / x.size))


def test_dropout_sends_the_gradient_where_it_let_the_numbers_through():
    x = ag.Tensor(rng.normal(size=(6, 6)) + 5, requires_grad=True)
    a = nn.Dropout(0.5, seed=0)(x)
    a.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.where(a.numpy() != 0, 2.0, 0.0))


def test_the_gradient_of_dropout_passes_the_check():
    ag.check_gradients(lambda x: nn.Dropout(0.5, seed=0)(x), rng.normal(size=(4, 5)))


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_ten_steps_with_dropout_are_those_of_pytorch_with_the_same_masks(compiled):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    x, y, masks = rng.normal(size=(6, 5)), rng.random((6, 3)), np.random.default_rng(1)
    net = nn.Sequential(nn.Linear(5, 8, seed=0), nn.Dropout(0.25, seed=1), nn.Linear(8, 3, seed=2))
    weights = [torch.tensor(p.numpy(), requires_grad=True) for p in net.parameters()]
    W1, b1, W2, b2 = weights
    step, other = (
        nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1), compiled),
        torch.optim.SGD(weights, 0.1),
    )
    for _ in range(10):
        step(x, y)
        mask = torch.tensor(masks.random((6, 8)) >= 0.25)
        a = (torch.tensor(x) @ W1.T + b1) * mask / 0.75
        other.zero_grad()
        (((a @ W2.T + b2 - torch.tensor(y)) ** 2).sum() / 12).backward()
        other.step()
    for p, q in zip(net.parameters(), weights, strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-10, atol=1e-10)


def test_dropout_in_evaluation_is_nothing():
    x = ag.Tensor(np.ones(3))
    assert nn.Dropout(0.5).eval()(x) is x


def test_a_seed_gives_the_same_masks_and_every_call_another():
    x, one, two = np.ones((5, 5)), nn.Dropout(0.5, seed=3), nn.Dropout(0.5, seed=3)
    first, second = one(x).numpy(), one(x).numpy()
    assert np.array_equal(first, two(x).numpy()) and not np.array_equal(first, second)


def test_a_compiled_step_draws_what_the_eager_one_draws():
    x, y = rng.normal(size=(6, 5)), rng.random((6, 3))
    nets = [
        nn.Sequential(nn.Linear(5, 8, seed=0), nn.Dropout(0.5, seed=1), nn.Linear(8, 3, seed=2), nn.Sigmoid())
        for _ in range(2)
    ]
    for net, compiled in zip(nets, (False, True), strict=True):
        step = nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.5), compiled)
        for _ in range(5):
            step(x, y)
    for p, q in zip(*(net.parameters() for net in nets), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)


# --- Batch normalisation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_running_mean_and_variance_are_those_of_pytorch(compiled):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    batches = rng.normal(size=(4, 6, 3)) * 2 + 1
    layer, theirs = nn.BatchNorm1d(3, momentum=0.3), torch.nn.BatchNorm1d(3, momentum=0.3, dtype=torch.float64)
    step = nn.make_step(layer, nn.quadratic_cost, nn.SGD(layer.parameters(), 0.0), compiled)
    for x in batches:
        step(x, x)
        theirs(torch.tensor(x))
    np.testing.assert_allclose(layer.mean.numpy(), theirs.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.variance.numpy(), theirs.running_var.numpy(), rtol=1e-12)
    x = batches[0]
    np.testing.assert_allclose(layer.eval()(x).numpy(), theirs.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-12)


def test_a_compiled_step_does_not_write_into_arrays_held_from_before():
    layer = nn.BatchNorm1d(3)
    held = layer.mean.data
    nn.compile_step(layer, nn.quadratic_cost, nn.SGD(layer.parameters(), 0.1))(np.ones((2, 3)), np.ones((2, 3)))
    assert held.tolist() == [0, 0, 0] and layer.mean.tolist() != [0, 0, 0]


def test_a_compiled_step_notices_a_layer_that_is_put_in_another_mode():
    net = nn.Sequential(nn.Linear(3, 3, seed=0), nn.BatchNorm1d(3))
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.0))
    step(x, y)
    net.layers[1].eval()
    expected = nn.quadratic_cost(net(x), y).item()
    assert step(x, y) == pytest.approx(expected, rel=1e-12)


def test_running_statistics_are_saved_with_the_parameters_and_not_learned():
    net = nn.Sequential(nn.Linear(3, 2, seed=0), nn.BatchNorm1d(2))
    net(rng.normal(size=(4, 3)))
    other = nn.Sequential(nn.Linear(3, 2, seed=1), nn.BatchNorm1d(2))
    other.load_state_dict(net.state_dict())
    assert [path for path, _ in net.named_buffers()] == ["layers.1.mean", "layers.1.variance"]
    assert len(net.parameters()) == 4
    x = rng.normal(size=(4, 3))
    assert np.array_equal(net.eval()(x).numpy(), other.eval()(x).numpy())


def test_compiling_batch_norm_in_training_outside_of_a_step_is_refused():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(CompileError, match=r"'mean' .*is written.*nn.compile_step"):
        ag.compile(lambda x: layer(x))(np.ones((2, 3)))


# --- Recurrence and attention -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_sequence_is_its_cell_step_by_step_and_goes_on_from_a_state(kind):
    x = rng.normal(size=(2, 5, 3))
    layer = kind(3, 4, seed=0)
    outputs, _ = layer.run(x)
    state = None
    for t in range(5):
        state = layer.cell(x[:, t], state)
        np.testing.assert_allclose(layer.cell.output(state).numpy(), outputs[t].numpy(), rtol=1e-13)
    _, half = layer.run(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:], half).numpy(), layer(x)[:, 2:].numpy(), rtol=1e-13)


def test_causal_attention_does_not_look_ahead():
    layer = nn.MultiHeadAttention(6, 3, causal=True, seed=0)
    x = rng.normal(size=(1, 5, 6))
    later = x.copy()
    later[:, 3:] += 1
    assert np.array_equal(layer(x).numpy()[:, :3], layer(later).numpy()[:, :3])
    assert not np.allclose(layer(x).numpy()[:, 3:], layer(later).numpy()[:, 3:])


def test_attention_to_another_sequence_under_a_mask_is_attention_to_what_the_mask_leaves():
    layer = nn.MultiHeadAttention(6, 2, seed=0)
    x, context = rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 5, 6))
    mask = np.zeros((3, 5), bool)
    mask[:, :2] = True
    np.testing.assert_allclose(layer(x, context, mask).numpy(), layer(x, context[:, :2]).numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer(x, context, np.stack([mask] * 2)).numpy(), layer(x, context, mask).numpy())


# --- Shapes and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Conv1d(2, 3, 3, seed=0), (2, 8)), (nn.Conv2d(2, 3, 3, seed=0), (2, 8, 7))], ids=repr
)
def test_one_image_by_itself_gives_one_result(layer, shape):
    x = rng.normal(size=shape)
    np.testing.assert_array_equal(layer(x).numpy(), layer(x[None]).numpy()[0])


def test_layers_of_a_sequential_are_numbered_and_named():
    net = nn.Sequential(
        nn.Reshape(1, 8, 8), nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3), nn.Sigmoid()
    )
    assert [p.name for p in net.parameters()] == ["W1", "b1", "W2", "b2"]
    assert [t.name for t in net.outputs(rng.random((2, 64)))] == [None, "z1", "a1", None, "z2", "a2"]


def test_a_convolutional_network_learns_digits_compiled():
    digits = nn.load_digits(8)
    net = nn.Sequential(
        nn.Reshape(1, 8, 8), nn.Conv2d(1, 8, 3, weights=nn.initializers.he_normal, seed=0), nn.ReLU(), nn.MaxPool(2),
        nn.Flatten(), nn.Dropout(0.2, seed=1), nn.Linear(72, 10, seed=2),
    )  # fmt: skip
    step = nn.compile_step(net, nn.softmax_cross_entropy, nn.Adam(net.parameters(), 5e-3))
    for epoch in range(10):
        for x, y in nn.mini_batches(digits.x_train, digits.y_train, 32, seed=epoch):
            step(x, y)
    assert (net.eval()(digits.x_test).numpy().argmax(axis=1) == digits.y_test).mean() > 0.93


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.Conv2d(2, 3, 3)(np.ones((4, 1, 8, 8))),
            ValueError,
            r"Conv2d\(2, 3, 3x3\).*\(4, 1, 8, 8\).*\(n, 2,",
        ),
        (lambda: nn.Conv2d(1, 1, 5)(np.ones((4, 1, 4, 8))), ValueError, "at least 5"),
        (lambda: nn.Conv2d(1, 1, 3)(np.ones((4, 1, 8))), ValueError, r"x of shape \(1, 4, 1, 8\)"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), ValueError, "size is .*needs 2 whole numbers"),
        (lambda: nn.Conv2d(0, 1, 3), ValueError, "n_in is 0"),
        (lambda: nn.Conv1d(1, 1, 3, stride=0), ValueError, "stride is 0"),
        (lambda: nn.Conv1d(1, 1, 3, padding=-1), ValueError, "padding is -1"),
        (lambda: nn.Conv1d(1, 1, 4, padding="same"), ValueError, "odd reach"),
        (lambda: nn.Conv1d(1, 1, 4, padding="full"), ValueError, "padding is 'full'"),
        (lambda: nn.MaxPool(3)(np.ones((1, 1, 2, 4))), ValueError, "smaller than a window"),
        (lambda: nn.MaxPool(3)(np.ones((5, 5))), ValueError, r"needs \(n, channels"),
        (lambda: nn.MaxPool(0), ValueError, "size is 0"),
        (lambda: nn.AvgPool(2, stride=0), ValueError, "stride is 0"),
        (lambda: nn.MaxPool((2, 2))(np.ones((1, 1, 4))), ValueError, "smaller than a window"),
        (lambda: nn.Dropout(1.0), ValueError, "rate of Dropout is 1"),
        (lambda: nn.BatchNorm1d(3)(np.ones((4, 2))), ValueError, r"BatchNorm1d\(3\).*\(4, 2\)"),
        (lambda: nn.BatchNorm2d(3)(np.ones((4, 3))), ValueError, r"needs \(n, 3, length, length\)"),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), ValueError, r"no variance: call eval\(\)"),
        (lambda: nn.BatchNorm1d(3, momentum=0), ValueError, "momentum is 0"),
        (lambda: nn.LayerNorm(3)(np.ones((4, 2))), ValueError, r"LayerNorm\(3\).*needs \(\.\.\., 3"),
        (lambda: nn.Embedding(3, 2)([0, 3]), ValueError, "takes 0 to 2, got 0 to 3"),
        (lambda: nn.Embedding(3, 2)([-1]), ValueError, "got -1"),
        (lambda: nn.Embedding(3, 2)([0.5]), TypeError, "whole numbers, got float64"),
        (lambda: nn.RNN(3, 2)(np.ones((4, 2))), ValueError, r"needs \(n, length, 3\)"),
        (lambda: nn.LSTM(3, 2)(np.ones((4, 0, 3))), ValueError, "sequences of no steps"),
        (lambda: nn.GRUCell(3, 2)(np.ones((4, 2))), ValueError, r"needs \(n, 3\)"),
        (lambda: nn.MultiHeadAttention(5, 2), ValueError, "n is 5 and n_heads 2"),
        (lambda: nn.MultiHeadAttention(4, 2)(np.ones((2, 3))), ValueError, r"needs \(n_examples, length, 4\)"),
        (
            lambda: nn.MultiHeadAttention(4, 2)(np.ones((2, 3, 4)), mask=np.ones((3, 2), bool)),
            ValueError,
            r"mask of bool \(3, 2\), needs bool \(3, 3\)",
        ),
        (
            lambda: nn.MultiHeadAttention(4, 2)(np.ones((2, 3, 4)), mask=np.zeros((3, 3), bool)),
            ValueError,
            "nothing to attend to",
        ),
        (lambda: nn.Residual(nn.Linear(3, 2))(np.ones((1, 3))), ValueError, "they must keep it"),
        (lambda: nn.GELU("erf"), ValueError, "approximate of GELU is 'erf'"),
        (lambda: nn.Sequential(nn.Conv1d(2, 3, 3))(np.ones((2, 1, 5))), ValueError, "'layer 1'"),
    ],
)
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_rule_of_matmul_that_gives_a_number_serves_a_layer(monkeypatch):
    monkeypatch.setitem(VJPS[np.matmul], 1, lambda g, ans, x, y: 0.0)
    layer = nn.Linear(3, 2, seed=0)
    layer(np.ones((4, 3))).sum().backward()
    np.testing.assert_array_equal(layer.W.grad.data, np.zeros((2, 3)))
    np.testing.assert_array_equal(layer.b.grad.data, [4.0, 4.0])
