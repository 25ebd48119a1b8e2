"""The summary of a network on an input: what it counts, by hand."""

import numpy as np
import pytest

import nn
from nn.summary import layers_of


def test_the_counts_of_a_layer_of_neurons_are_those_on_paper():
    n, n_in, n_out = 10, 784, 30
    first, second, total = layers_of(nn.Sequential(nn.Linear(n_in, n_out), nn.Sigmoid()), np.zeros((n, n_in)))
    product, sums = 2 * n * n_in * n_out, n * n_out
    assert first[2:6] == ((n, n_out), n_in * n_out + n_out, product + sums, product + 2 * sums)
    assert second[2:6] == ((n, n_out), 0, sums, sums)
    assert total[2:6] == ((n, n_out), n_in * n_out + n_out, product + 2 * sums, product + 3 * sums)
    assert first.memory == 2 * 8 * n * n_out and total.memory == 3 * 8 * n * n_out


def test_behind_the_first_layer_the_backward_pass_of_a_product_costs_two():
    net = nn.MLP([4, 5, 6])
    lines = {line.path: line for line in layers_of(net, np.zeros((3, 4)))}
    product = 2 * 3 * 5 * 6
    assert lines["layers.2"].backward == 2 * product + 2 * 3 * 6


def test_a_convolution_is_a_product_at_every_place():
    conv, _ = layers_of(nn.Sequential(nn.Conv2d(3, 8, 5)), np.zeros((2, 3, 12, 12)))
    places = 2 * 8 * 8
    assert conv.shape == (2, 8, 8, 8) and conv.parameters == 8 * 3 * 25 + 8
    assert conv.forward == 2 * places * 8 * 3 * 25 + places * 8


def test_a_layer_that_runs_twice_has_two_lines_and_counts_once():
    layer = nn.Linear(4, 4)
    *lines, total = layers_of(nn.Sequential(layer, nn.ReLU(), layer), np.zeros((1, 4)))
    assert [line.parameters for line in lines] == [20, 0, 0] and total.parameters == 20


def test_the_network_is_as_before():
    net = nn.Sequential(nn.Linear(4, 4, seed=0), nn.BatchNorm1d(4), nn.Dropout(0.5, seed=0))
    net.layers[2].eval()
    before = net.state_dict()
    net.summary(np.ones((3, 4)))
    assert all(np.array_equal(value, before[name]) for name, value in net.state_dict().items())
    assert [m.training for _, m in net.named_modules()] == [True, True, True, False]
    assert all("forward" not in vars(m) for _, m in net.named_modules())


N, T, I, H = 2, 5, 3, 4
"""Examples, steps, numbers in an input, and in a state."""


@pytest.mark.parametrize(
    ("kind", "gates", "elementwise"),
    [
        (nn.RNN, 1, 1 + 1 + 1),  # + z_x, + b_h, tanh
        (nn.GRU, 3, 3 + 2 + 2 + 1 + 1 + 1 + 3),  # + b_h, + z_x, sigmoid of r and u, r z_h, + z_x, tanh, c + u (h - c)
        (
            nn.LSTM,
            4,
            4 + 4 + 2 + 1 + 1 + 3 + 2,
        ),  # + z_x, + b_h, sigmoid of i and f, tanh of g, of o, f c + i g, o tanh(c)
    ],
)
def test_the_counts_of_recurrent_layers_are_those_on_paper(kind, gates, elementwise):
    layer = kind(I, H)
    line, total = layers_of(nn.Sequential(layer), np.zeros((N, T, I)))
    inputs = 2 * N * T * I * gates * H + N * T * gates * H
    assert line[:3] == ("layers.0", repr(layer), (N, T, H))
    assert line.parameters == total.parameters == gates * H * (I + H + 2)
    assert line.forward == total.forward == inputs + T * (2 * N * H * gates * H + elementwise * N * H)


def test_the_backward_pass_of_a_recurrent_layer_is_that_on_paper():
    line, _ = layers_of(nn.Sequential(nn.RNN(I, H)), np.zeros((N, T, I)))
    inputs = 2 * N * T * I * H + 2 * N * T * H  # x is data; the bias is added
    product = 2 * N * H * H
    assert (
        line.backward == inputs + product + (T - 1) * 2 * product + T * (2 + 2 + 1) * N * H
    )  # the first state is data


@pytest.mark.parametrize("causal", [False, True])
def test_the_counts_of_attention_are_those_on_paper(causal):
    n, length, size, heads = 2, 5, 6, 3
    attention, *linear, total = layers_of(
        nn.Sequential(nn.MultiHeadAttention(size, heads, causal=causal)), np.zeros((n, length, size))
    )
    scores, single = 2 * n * length**2 * size, n * heads * length**2  # of all heads; one number for every pair
    assert attention.forward == 2 * scores + 2 * single  # scores, scaled, softmax, and what is gathered with them
    assert attention.backward == 2 * attention.forward - 2 * single
    assert [line.path for line in linear] == [f"layers.0.{part}" for part in ("query", "key", "value", "out")]
    assert {line.forward for line in linear} == {2 * n * length * size**2 + n * length * size}
    assert attention.shape == total.shape == (n, length, size)
    assert total.parameters == 4 * (size**2 + size) and attention.parameters == 0


class Own(nn.Module):
    """A module of one's own, with a parameter, a list of modules, one that does not run, and one that is used without running."""

    def __init__(self):
        self.scale, self.tied = nn.Parameter(np.ones(3)), nn.Linear(3, 3)
        self.parts, self.spare = [nn.Linear(3, 3), nn.Tanh()], nn.Linear(7, 7)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return (x * self.scale) @ self.tied.W.T


def test_a_module_of_ones_own_has_a_line_for_what_it_does_by_itself():
    lines = {line.path: line for line in layers_of(nn.Sequential(Own(), nn.ReLU()), np.zeros((2, 3)))}
    assert list(lines) == [
        "layers.0",
        "layers.0.parts.0",
        "layers.0.parts.1",
        "layers.1",
        "layers.0.tied",
        "layers.0.spare",
        "",
    ]
    assert lines["layers.0"].forward == 2 * 3 + 2 * 2 * 3 * 3 and lines["layers.0"].parameters == 3 + 9
    assert lines["layers.0.spare"][2:] == ((), 56, 0, 0, 0) and lines["layers.0.tied"].parameters == 3  # its b


def test_a_network_that_is_no_sequential_has_a_line_itself():
    first, *_, total = layers_of(Own(), np.zeros((2, 3)))
    assert first.path == "(itself)" and first.parameters == 12 and first.shape == total.shape == (2, 3)


EVERY = [
    (nn.LSTM(3, 4), np.ones((2, 5, 3))),
    (nn.GRU(3, 4, last=True), np.ones((2, 5, 3))),
    (nn.LSTMCell(3, 4), np.ones((2, 3))),
    (nn.MultiHeadAttention(4, 2), np.ones((2, 5, 4))),
    (nn.Embedding(7, 3), np.ones((2, 5), int)),
    (nn.Residual(nn.LayerNorm(3), nn.Linear(3, 3)), np.ones((2, 5, 3))),
    (nn.Residual(nn.Residual(nn.Linear(3, 3), nn.Dropout(0.5))), np.ones((2, 3))),
    (nn.Conv2d(1, 2, 3), np.ones((2, 1, 5, 5))),
    (nn.BatchNorm1d(3), np.ones((2, 3))),
    (nn.MaxPool(2), np.ones((2, 1, 5, 5))),
    (Own(), np.ones((2, 3))),
]


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a Sequential"])
@pytest.mark.parametrize(("layer", "x"), EVERY, ids=lambda value: type(value).__name__)
def test_every_layer_is_listed_and_the_lines_add_up_to_the_total(layer, x, inside):
    net = nn.Sequential(nn.Identity(), layer) if inside and x.dtype.kind == "f" else layer
    *lines, total = layers_of(net, x)
    assert repr(layer) in [line.module for line in lines]
    assert total.parameters == sum(p.size for p in net.parameters())
    assert [sum(column) for column in zip(*(line[3:] for line in lines), strict=True)] == list(total[3:])
    assert total.shape == next(line for line in lines if line.module == repr(layer)).shape != ()
    assert net.summary(x).splitlines()[-1].startswith("total")


def test_parameters_that_are_shared_count_once():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.W = first.W
    *lines, total = layers_of(nn.Sequential(first, second), np.zeros((1, 3)))
    assert [line.parameters for line in lines] == [12, 3] and total.parameters == 15


A, B = np.zeros((2, 3)), np.zeros((3, 5))
OPERATIONS = {
    # a function of x of shape (2, 3), and how many operations it takes
    "matmul": (lambda x: x @ B, 2 * 2 * 3 * 5),
    "dot with a number": (lambda x: np.dot(2.0, x), 6),
    "tensordot": (lambda x: np.tensordot(x, B, 1), 2 * 2 * 3 * 5),
    "einsum": (lambda x: np.einsum("ij,jk->ik", x, B), 2 * 2 * 3 * 5),
    "einsum of batches": (lambda x: np.einsum("...j,jk->...k", x, B), 2 * 2 * 3 * 5),
    "einsum of a product": (lambda x: np.einsum("ij,ij->ij", x, A), 6),
    "inner": (lambda x: np.inner(x, A), 2 * 2 * 2 * 3),
    "outer": (lambda x: np.outer(x, A), 36),
    "sum": (lambda x: x.sum(), 6),
    "broadcast": (lambda x: x[:, :, None] * np.zeros(4), 24),
    "split": (lambda x: np.concatenate(np.split(x, 2)), 0),
    "flip": (lambda x: np.flip(x) + 0.0, 6),
}


@pytest.mark.parametrize(("function", "count"), OPERATIONS.values(), ids=OPERATIONS)
def test_the_operations_of_a_function(function, count):
    class Does(nn.Module):
        def forward(self, x):
            return function(x)

    assert layers_of(Does(), np.zeros((2, 3)))[-1].forward == count


def test_the_table_shows_large_numbers_in_short():
    text = nn.MLP([784, 30, 10]).summary(np.zeros((10, 784)))
    assert "10 × 30" in text and "23,550" in text and "477 k" in text and "total" in text
