"""Accuracy: a number only where targets are classes, the same wherever it is told; the cost of all examples together."""

import csv

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import evaluation

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4))
NUMBERS = np.arange(30) % 3
ROWS = np.eye(3)[NUMBERS]
SOFT = rng.dirichlet(np.ones(3), 30)
SEVERAL = rng.integers(0, 2, (30, 3)).astype(float)
COLUMN = (np.arange(30) % 2)[:, None].astype(float)
OUT3, OUT1 = rng.normal(size=(30, 3)), rng.random((30, 1))


def right(answer, truth):
    return float(np.mean(answer == truth))


# outputs, targets, the accuracy
CLASSES = {
    "numbers": (OUT3, NUMBERS, right(OUT3.argmax(1), NUMBERS)),
    "unsigned numbers": (OUT3, NUMBERS.astype(np.uint8), right(OUT3.argmax(1), NUMBERS)),
    "rows": (OUT3, ROWS, right(OUT3.argmax(1), NUMBERS)),
    "rows of whole numbers": (OUT3, ROWS.astype(int), right(OUT3.argmax(1), NUMBERS)),
    "rows of bools": (OUT3, ROWS.astype(bool), right(OUT3.argmax(1), NUMBERS)),
    "rows of -1 and 1": (OUT3, 2 * ROWS - 1, right(OUT3.argmax(1), NUMBERS)),
    "a column": (OUT1, COLUMN, right(OUT1 > 0.5, COLUMN == 1)),
    "numbers for one output": (OUT1, COLUMN[:, 0].astype(int), right(OUT1 > 0.5, COLUMN == 1)),
    "a column of -1 and 1": (4 * OUT1 - 2, 2 * COLUMN - 1, right(OUT1 > 0.5, COLUMN == 1)),
    "sequences": (OUT3.reshape(6, 5, 3), NUMBERS.reshape(6, 5), right(OUT3.argmax(1), NUMBERS)),
}
NO_CLASSES = {
    "a regression": (OUT1, rng.normal(size=(30, 1)) * 30 + 7),
    "a regression of several numbers": (OUT3, OUT3 + 0.1),
    "probabilities": (OUT3, SOFT),
    "several labels": (OUT3, SEVERAL),
    "no label in one row": (OUT3, np.where(np.arange(30)[:, None] == 29, 0.0, ROWS)),
    "half labels": (OUT3, ROWS * 0.5),
    "numbers too large": (OUT3, NUMBERS + 1),
    "negative numbers": (OUT3, NUMBERS - 1),
    "counts": (OUT1, np.arange(30)[:, None]),
    "0 and 1 for logits": (8 * OUT1 - 4, COLUMN),
    "NaN": (OUT3, ROWS * np.nan),
    "an output per example": (OUT1[:, 0], COLUMN[:, 0]),
}


@pytest.mark.parametrize(("output", "y", "fraction"), CLASSES.values(), ids=CLASSES)
def test_where_targets_are_classes_it_is_the_fraction_of_right_answers(output, y, fraction):
    assert nn.accuracy(output, y) == pytest.approx(fraction)
    assert nn.accuracy(ag.Tensor(output), y) == pytest.approx(fraction)


@pytest.mark.parametrize(("output", "y"), NO_CLASSES.values(), ids=NO_CLASSES)
def test_elsewhere_there_is_none(output, y):
    assert nn.accuracy(output, y) is None


def answers(shape):
    """A network that returns what it is given, in the shape of the outputs."""

    class Given(nn.Module):
        def __init__(self):
            self.scale = nn.Parameter(1.0)

        def forward(self, x):
            return (ag.Tensor(x) if not isinstance(x, ag.Tensor) else x) * self.scale

    return Given()


@pytest.mark.parametrize("chunk", [4, 7, 500])
@pytest.mark.parametrize(("output", "y"), [c[:2] for c in [*CLASSES.values(), *NO_CLASSES.values()] if c[0].ndim > 1])
def test_evaluation_tells_the_same_in_parts_of_any_size(output, y, chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", chunk)
    _, accuracy = nn.evaluate(answers(output.shape), output, y, lambda o, y: np.sum(o))
    assert accuracy == (None if nn.accuracy(output, y) is None else pytest.approx(nn.accuracy(output, y)))


def test_a_number_per_example_is_held_against_0_and_1(monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", 7)
    _, accuracy = nn.evaluate(answers(None), OUT1[:, 0], COLUMN[:, 0], lambda o, y: np.sum(o))
    assert accuracy == pytest.approx(nn.accuracy(OUT1, COLUMN))


def run(y, cost=nn.quadratic_cost, *, n_out=None, output="identity", **options):
    net = nn.MLP([4, 5, n_out or y.shape[1]], output=output, seed=0)
    data = options.pop("data", (X, y))
    options = {"epochs": 2, "seed": 0, "progress": False} | options
    return nn.fit(net, data, cost=cost, optimizer=nn.SGD(net.parameters(), 0.01), **options)


REGRESSIONS = {
    "numbers": lambda **k: run(X[:, :1] * 30 + 7, **k),
    "several labels": lambda **k: run(SEVERAL, output="sigmoid", **k),
    "probabilities": lambda **k: run(SOFT, nn.softmax_cross_entropy, **k),
    "a likelihood": lambda **k: run(
        X[:, :1], lambda o, y: np.mean(0.5 * ((y - o[:, :1]) / np.exp(o[:, 1:])) ** 2 + o[:, 1:]), n_out=2, **k
    ),
    "weights beside the targets": lambda **k: run(
        np.hstack([X[:, :1], np.ones((30, 1))]),
        lambda o, y: np.sum(nn.squared_error.per_example(o, y[:, :1]) * y[:, 1]) / len(y), n_out=1, **k,
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", REGRESSIONS.values(), ids=REGRESSIONS)
def test_a_history_without_classes_has_no_accuracy_anywhere(make, tmp_path):
    history = make()
    for epoch in history.epochs:
        assert epoch.accuracy is None and epoch.validation_accuracy is None
        assert "accuracy" not in str(epoch) and "%" not in str(epoch)
    assert "accuracy" not in str(history)
    drawing = history.draw()
    assert "accuracy" not in drawing.title and "accuracy" not in drawing.svg
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        assert {row["accuracy"] for row in csv.DictReader(file)} == {""}


@pytest.mark.parametrize("make", REGRESSIONS.values(), ids=REGRESSIONS)
def test_an_accuracy_that_is_not_there_cannot_be_monitored(make):
    with pytest.raises(ValueError, match="monitor='accuracy': the targets are no classes"):
        make(monitor="accuracy")


def test_classes_are_decided_on_training_and_validation_data_together():
    history = run(SEVERAL, output="sigmoid", validation=(X[:3], ROWS[:3]))
    assert history.epochs[-1].validation_accuracy is None and history.epochs[-1].accuracy is None


def test_a_part_that_looks_like_classes_does_not_make_the_whole_classes(monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", 10)
    y = ROWS.copy()
    y[25] = [1, 1, 0]
    assert run(y, output="sigmoid").epochs[-1].accuracy is None


# --- The cost of the whole --------------------------------------------------------------------------------------------

COSTS = {
    "a sum": lambda o, y: np.sum((o - y) ** 2),
    "a root": lambda o, y: np.sqrt(np.mean((o - y) ** 2)),
    "the largest": lambda o, y: np.max(np.abs(o - y)),
    "an average": lambda o, y: np.mean((o - y) ** 2),
    "the last example": lambda o, y: np.sum((o[-1] - y[-1]) ** 2),
    "one of ours": nn.quadratic_cost,
    "ours in another": lambda o, y: nn.cross_entropy_cost(o, y) + 1.0,
    "regularised": nn.regularized(nn.quadratic_cost, [nn.Parameter([1.0])], 30, l2=0.1),
    "with weights": nn.softmax_cross_entropy.with_options(weight=[1.0, 2.0, 5.0]),
}


@pytest.mark.parametrize("chunk", [1, 4, 500])
@pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)
def test_the_cost_of_an_evaluation_is_that_of_all_examples(cost, chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", chunk)
    net = nn.MLP([4, 3], seed=0)
    y = NUMBERS if isinstance(cost, nn.costs.ClassCost) else ROWS
    np.testing.assert_allclose(nn.evaluate(net, X, y, cost)[0], cost(net(X), y).item(), rtol=1e-13)


@pytest.mark.parametrize("chunk", [4, 500])
def test_examples_that_are_left_out_do_not_count_in_the_average(chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", chunk)
    cost = nn.softmax_cross_entropy.with_options(ignore_index=-100, weight=[0.0, 1.0, 2.0], label_smoothing=0.1)
    y = np.where(np.arange(30) < 20, -100, NUMBERS)
    net = nn.MLP([4, 3], output="identity", seed=0)
    np.testing.assert_allclose(nn.evaluate(net, X, y, cost)[0], cost(net(X[20:]), y[20:]).item(), rtol=1e-13)


@pytest.mark.parametrize("chunk", [4, 500])
def test_a_saturated_output_is_evaluated_exactly_in_a_cost_of_ones_own(chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", chunk)
    net = nn.MLP([1, 1], weights=nn.initializers.ones, biases=nn.initializers.zeros)
    cost, _ = nn.evaluate(net, np.full((10, 1), 40.0), np.zeros((10, 1)), lambda o, y: nn.cross_entropy_cost(o, y))
    assert cost == pytest.approx(40.0)


class TwoHeads(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(4, 1, seed=0), nn.Linear(4, 3, seed=1)

    def forward(self, x):
        return {"a": self.a(x), "b": (self.b(x),)}


def two(o, y):
    return np.sum((o["a"] - y[:, :1]) ** 2) + np.sum(o["b"][0] ** 2)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_network_of_several_outputs_learns_with_a_cost_of_ones_own(compiled, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", 4)
    net = TwoHeads()
    optimizer = nn.SGD(net.parameters(), 0.001)
    history = nn.fit(net, (X, ROWS), cost=two, optimizer=optimizer, epochs=2, seed=0, progress=False, compiled=compiled)
    assert history.epochs[-1].cost == pytest.approx(two(net(X), ROWS).item()) and history.epochs[-1].accuracy is None


def test_one_of_our_costs_for_several_outputs_is_refused():
    net = TwoHeads()
    with pytest.raises(TypeError, match=r"returns a dict, and nn\.quadratic_cost needs one Tensor"):
        nn.fit(net, (X, ROWS), optimizer=nn.SGD(net.parameters(), 0.1), epochs=1, progress=False)
