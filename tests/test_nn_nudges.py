"""Nudges are minus the gradients of single examples, and their average is that of the batch; speeds are what they say."""

import numpy as np
import pytest

import autograd_lite as ag
import nn

COSTS = [nn.quadratic_cost, nn.squared_error, nn.cross_entropy_cost]


def network(sizes=(16, 5, 4, 3), **options):
    return nn.MLP(sizes, seed=0, **options)


def examples(n=6, n_in=16, m=3):
    rng = np.random.default_rng(0)
    return rng.random((n, n_in)), nn.one_hot(rng.integers(0, m, n), m)


def gradient(net, x, y, cost):
    return dict(zip([p.name for p in net.parameters()], ag.gradients(cost(net(x), y), net.parameters()), strict=True))


@pytest.mark.parametrize("cost", COSTS)
def test_the_average_is_minus_the_gradient_of_the_batch(cost):
    net, (x, y) = network(), examples()
    found = nn.nudges(net, x, y, cost)
    for name, g in gradient(net, x, y, cost).items():
        np.testing.assert_allclose(found.average[name], -g.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("i", [0, 5])
def test_a_column_is_minus_the_gradient_of_its_example(cost, i):
    net, (x, y) = network(), examples()
    found = nn.nudges(net, x, y, cost)
    for name, g in gradient(net, x[i : i + 1], y[i : i + 1], cost).items():
        np.testing.assert_allclose(found.arrays[name][i], -g.numpy(), rtol=1e-12, atol=1e-15)


def test_a_number_of_rows_are_those_of_the_largest_average():
    found = nn.nudges(network(), *examples(), rows=7)
    every = np.sort(np.abs(np.concatenate([a.ravel() for a in found.average.values()])))
    assert sorted(abs(row.average) for row in found.rows) == every[-7:].tolist()


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ("b3", ["b3[0]", "b3[1]", "b3[2]"]),
        ([("W2", 0, 3), "b3", ("b1", -1)], ["W2[0, 3]", "b3[0]", "b3[1]", "b3[2]", "b1[4]"]),
        ("layer 3", [f"W3[{j}, {k}]" for j in range(3) for k in range(4)] + ["b3[0]", "b3[1]", "b3[2]"]),
    ],
)
def test_rows_can_be_a_parameter_a_layer_or_a_list(rows, names):
    assert [row.name for row in nn.nudges(network(), *examples(), rows=rows).rows] == names


def test_of_a_layer_with_many_weights_the_24_largest_are_shown():
    found = nn.nudges(network(), *examples(), rows="layer 1")
    sizes = np.abs(np.concatenate([found.average["W1"].ravel(), found.average["b1"]]))
    assert sorted(abs(row.average) for row in found.rows) == np.sort(sizes)[-24:].tolist()


def test_rows_hold_the_entries_of_the_arrays():
    found = nn.nudges(network(), *examples())
    for row, values in zip(found.rows, found.values, strict=True):
        np.testing.assert_array_equal(values, found.arrays[row.parameter][(slice(None), *row.at)])


def test_norms_are_over_all_parameters():
    found = nn.nudges(network(), *examples())
    flat = np.concatenate([a.reshape(6, -1) for a in found.arrays.values()], axis=1)
    np.testing.assert_allclose(found.norms, np.linalg.norm(flat, axis=1))
    assert found.average_norm == pytest.approx(np.linalg.norm(flat.mean(axis=0)))


def test_the_table_shows_signed_numbers_what_is_left_out_and_the_average():
    found = nn.nudges(network(), *examples(10), rows=3)
    lines = found.table(columns=4).splitlines()
    assert "average of 10" in lines[0] and "…" in lines[0]
    assert "⋮ 121 more" in lines[-2] and lines[-1].startswith("‖nudge‖")
    assert all(line.split()[-1][0] in "+−" for line in lines[2:5])


def test_one_example_is_its_own_average():
    x, y = examples()
    found = nn.nudges(network(), x[0], y[0])
    np.testing.assert_array_equal(found.arrays["W1"][0], found.average["W1"])


def test_a_cost_that_is_a_sum_is_refused():
    with pytest.raises(ValueError, match="must be an average over the examples"):
        nn.nudges(network(), *examples(), cost=lambda a, y: ((a - y) ** 2).sum())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("W9", "no parameter or layer is named 'W9'; there are W1, b1"),
        ([("W1", 5, 0)], r"\('W1', 5, 0\) is no entry of W1, which has shape \(5, 16\)"),
        ([("W1", 0)], "is no entry of W1"),
        ([("V", 0)], "no parameter is named 'V'"),
        (0, "rows is 0, needs a whole number of at least 1"),
    ],
)
def test_rows_that_are_not_there_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        nn.nudges(network(), *examples(), rows=rows)


# --- Gradient norms and learning speed --------------------------------------------------------------------------------


def test_gradient_norms_are_those_of_weights_and_biases_of_each_layer():
    net, (x, y) = network(), examples()
    g = gradient(net, x, y, nn.quadratic_cost)
    expected = {f"layer {k}": np.hypot(*(np.linalg.norm(g[f"{p}{k}"].numpy()) for p in "Wb")) for k in (1, 2, 3)}
    assert nn.gradient_norms(net, x, y) == pytest.approx(expected, rel=1e-12)


def test_the_speed_of_a_neuron_is_the_average_length_of_its_gradients():
    net, (x, y) = network(), examples()
    found = nn.nudges(net, x, y)
    for k, layer in enumerate(nn.learning_speed(net, x, y).layers, 1):
        np.testing.assert_allclose(layer.speed, np.linalg.norm(found.arrays[f"W{k}"], axis=2).mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(layer.delta, np.abs(found.arrays[f"b{k}"]).mean(axis=0), rtol=1e-12)


def test_a_saturated_neuron_is_found():
    net, (x, y) = network(), examples()
    net.layers[2].b.data = net.layers[2].b.numpy() + [0, 30, 0, 0]
    assert [(layer, j, why) for layer, j, _, why in nn.learning_speed(net, x, y).slow] == [
        ("layer 2", 1, "output saturated")
    ]


def test_neurons_whose_input_is_inactive_are_found():
    x, y = examples()
    found = nn.learning_speed(network(), x * 1e-3, y)
    assert {(layer, why) for layer, _, _, why in found.slow} == {("layer 1", "input inactive")}
    assert found.layers[0].strongest_input < 1e-3


def test_a_neuron_that_no_error_reaches_is_found():
    net, (x, y) = network(), examples()
    W = net.layers[4].W.numpy()
    W[:, 2] = 0
    net.layers[4].W.data = W
    assert ("layer 2", 2, 0.0, "little error arrives") in nn.learning_speed(net, x, y).slow


def test_with_the_cross_entropy_saturated_outputs_are_not_to_blame():
    net, (x, y) = network(), examples()
    net.layers[4].b.data = net.layers[4].b.numpy() + 30
    assert nn.learning_speed(net, x, y, nn.cross_entropy_cost).layers[-1].slope is None
    assert nn.learning_speed(net, x, y, nn.quadratic_cost).layers[-1].slope.max() < 1e-9


@pytest.mark.parametrize(("activation", "steepest"), [("sigmoid", 0.25), ("tanh", 1.0), ("relu", 1.0)])
def test_the_slope_is_relative_to_the_steepest(activation, steepest):
    net, (x, y) = network(activation=activation), examples()
    z = net.outputs(x)[0].numpy()
    a = np.tanh(z)
    prime = {"sigmoid": 1 / (2 + 2 * np.cosh(z)), "tanh": 1 - a * a, "relu": (z > 0) * 1.0}[activation]
    slope = nn.learning_speed(net, x, y).layers[0].slope
    np.testing.assert_allclose(slope, prime.mean(axis=0) / steepest, rtol=1e-10)


@pytest.mark.parametrize("dead", range(9))
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_dead_neurons_are_slow_however_many_they_are(activation, dead):
    net = nn.MLP([3, 8, 1], activation=activation, output="identity", seed=0)
    net.layers[0].b = np.where(np.arange(8) < dead, -100.0, 0.0)
    rng = np.random.default_rng(0)
    found = {(layer, j) for layer, j, *_ in nn.learning_speed(net, rng.normal(size=(20, 3)), rng.random((20, 1))).slow}
    expected = {("layer 1", j) for j in range(dead)} | ({("layer 2", 0)} if dead == 8 else set())
    assert found == expected  # with no neuron left before it, the last one has no input


@pytest.mark.parametrize("cost", [lambda a, y: np.sum((a - y) ** 2), lambda a, y: np.sqrt(np.mean((a - y) ** 2))])
def test_the_speed_of_learning_needs_a_cost_that_is_an_average(cost):
    net = nn.MLP([3, 2], seed=0)
    with pytest.raises(ValueError, match="learning_speed needs a cost that is an average"):
        nn.learning_speed(net, np.random.default_rng(0).normal(size=(20, 3)), np.ones((20, 2)), cost)


def test_the_tables_name_the_slow_neurons():
    net, (x, y) = network(), examples()
    net.layers[2].b.data = net.layers[2].b.numpy() + [0, 30, 0, 0]
    text = str(nn.learning_speed(net, x, y))
    assert "1 of 4" in text and "output saturated" in text


@pytest.mark.parametrize("call", [nn.learning_speed, nn.draw_network])
def test_networks_that_are_not_layers_are_refused(call):
    class Twice(nn.Module):
        def forward(self, x):
            return 2 * x

    with pytest.raises(TypeError, match="takes an MLP or a Sequential, not Twice"):
        call(Twice(), np.ones((1, 3)), np.ones((1, 3)))
