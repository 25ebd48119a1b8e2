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


@pytest.mark.parametrize(
    "layer",
    [nn.LSTM(3, 4), nn.MultiHeadAttention(3, 1), nn.Residual(nn.LayerNorm(3), nn.Linear(3, 3))],
    ids=repr,
)
def test_every_kind_of_network_has_a_summary(layer):
    text = nn.Sequential(layer, nn.Flatten()).summary(np.ones((2, 5, 3)))
    assert text.splitlines()[-1].startswith("total") and "Flatten()" in text


def test_the_table_shows_large_numbers_in_short():
    text = nn.MLP([784, 30, 10]).summary(np.zeros((10, 784)))
    assert "10 × 30" in text and "23,550" in text and "477 k" in text and "total" in text
