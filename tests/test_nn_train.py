"""Training: mini-batches, accuracy, evaluation, the loop and its history."""

import csv
import sys
import types
from itertools import islice

import numpy as np
import pytest

import nn
from nn import evaluation, train

rng = np.random.default_rng(0)
X = rng.random((23, 4))
Y = np.eye(3)[rng.integers(0, 3, 23)]


def fitted(net=None, data=(X, Y), **options):
    net = net or nn.MLP([4, 5, 3], seed=0)
    settings = {"optimizer": nn.SGD(net.parameters(), 0.5), "epochs": 2, "batch_size": 5, "seed": 0} | options
    return net, nn.fit(net, data, **settings)


# --- Mini-batches -----------------------------------------------------------------------------------------------------


def test_mini_batches_hold_every_example_once_with_its_target():
    x, y = np.arange(23)[:, None], np.arange(23)[:, None] * 2
    batches = list(nn.mini_batches(x, y, 5, seed=0))
    assert [len(b) for b, _ in batches] == [5, 5, 5, 5, 3]
    assert sorted(np.concatenate([b for b, _ in batches]).ravel()) == list(range(23))
    assert all(np.array_equal(2 * b, t) for b, t in batches)


def test_a_seed_gives_the_same_order_and_a_generator_goes_on():
    def first(seed):
        return next(nn.mini_batches(X, Y, 23, seed))[0]

    generator = np.random.default_rng(0)
    assert np.array_equal(first(0), first(0))
    assert np.array_equal(first(0), first(generator))
    assert not np.array_equal(first(0), first(generator))
    assert not np.array_equal(first(None), first(None))


def test_a_smaller_last_batch_may_be_left_out():
    assert [len(b) for b, _ in nn.mini_batches(X, Y, 5, seed=0, drop_last=True)] == [5, 5, 5, 5]
    assert [len(b) for b, _ in nn.mini_batches(X[:20], Y[:20], 5, seed=0, drop_last=True)] == [5, 5, 5, 5]


def test_leaving_out_all_examples_is_refused():
    with pytest.raises(ValueError, match="leaves out all 23 examples, fewer than batch_size=24"):
        nn.mini_batches(X, Y, 24, drop_last=True)


def orders(rng, epochs, first=1):
    return [np.concatenate([b for b, _ in nn.mini_batches(X, Y, 5, rng(e))]) for e in range(first, epochs + 1)]


def test_epochs_go_on_from_the_state_of_the_generator():
    whole = np.random.default_rng(3)
    expected = orders(lambda _: whole, 5)
    broken = np.random.default_rng(3)
    orders(lambda _: broken, 2)
    resumed = np.random.default_rng()
    resumed.bit_generator.state = broken.bit_generator.state
    assert np.array_equal(orders(lambda _: resumed, 5, first=3), expected[2:])
    assert not np.array_equal(expected[0], expected[1])


def test_with_the_number_of_the_epoch_in_the_seed_any_epoch_has_its_order_by_itself():
    expected = orders(lambda epoch: [3, epoch], 5)
    assert np.array_equal(orders(lambda epoch: [3, epoch], 5, first=4), expected[3:])
    assert not np.array_equal(expected[0], expected[1])


def test_an_epoch_goes_on_in_its_middle():
    expected = list(nn.mini_batches(X, Y, 5, [3, 1]))
    for (x, y), (x_whole, y_whole) in zip(islice(nn.mini_batches(X, Y, 5, [3, 1]), 2, None), expected[2:], strict=True):
        assert np.array_equal(x, x_whole) and np.array_equal(y, y_whole)


def test_the_order_is_drawn_at_the_call_and_not_on_the_way():
    rng, other = np.random.default_rng(0), np.random.default_rng(0)
    batches = nn.mini_batches(X, Y, 5, rng)
    after = rng.random()
    list(nn.mini_batches(X, Y, 5, other))
    assert after == other.random()
    assert len(list(batches)) == 5


@pytest.mark.parametrize(
    ("x", "y", "size", "message"),
    [
        (X, Y, 0, "batch_size is 0"),
        (X, Y[1:], 5, "as many rows"),
        (X[:0], Y[:0], 5, "one or more"),
        (1.0, Y, 5, "rows"),
    ],
    ids=["size", "lengths", "empty", "number"],
)
def test_bad_mini_batches_are_refused_at_once(x, y, size, message):
    with pytest.raises(ValueError, match=message):
        nn.mini_batches(x, y, size)


# --- Accuracy and evaluation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "y", "fraction"),
    [
        ([[0.1, 0.9], [0.8, 0.2], [0.3, 0.4]], [[0, 1], [0, 1], [0, 1]], 2 / 3),
        ([0.1, 0.9], [0, 1], 1.0),
        ([[0.6], [0.4], [0.7]], [[1], [1], [0]], 1 / 3),
        ([[np.nan, 0.1], [0.1, 0.9]], [[1, 0], [0, 1]], 0.5),
        ([[np.nan]], [[0]], 0.0),
        ([[0.6], [0.4], [0.7]], [1, 1, 0], 1 / 3),
        ([0.6], 1, 1.0),
    ],
    ids=[
        "classes",
        "one example",
        "one output",
        "NaN",
        "one NaN output",
        "one output, numbers",
        "one output of one example",
    ],
)
def test_accuracy_is_the_fraction_of_right_answers(output, y, fraction):
    assert nn.accuracy(np.array(output), np.array(y)) == pytest.approx(fraction)


def test_accuracy_takes_tensors_and_refuses_other_shapes():
    net = nn.MLP([4, 3], seed=0)
    assert nn.accuracy(net(X), Y) == nn.accuracy(net(X).numpy(), Y)
    with pytest.raises(ValueError, match="must be the same"):
        nn.accuracy(net(X), Y[:1])


def test_evaluation_in_parts_is_evaluation_as_a_whole(monkeypatch):
    net = nn.MLP([4, 3], seed=0)
    monkeypatch.setattr(evaluation, "CHUNK", 5)
    cost, accuracy = nn.evaluate(net, X, Y)
    np.testing.assert_allclose(cost, nn.quadratic_cost(net(X), Y).item(), rtol=1e-14)
    assert accuracy == pytest.approx(nn.accuracy(net(X), Y))


def test_evaluation_of_a_saturated_network_is_finite():
    net = nn.MLP([4, 3], seed=0)
    net.parameters()[1].data = np.full(3, 100.0)
    cost, _ = nn.evaluate(net, X, Y, nn.cross_entropy_cost)
    assert 190 < cost < 210


class Modes(nn.Module):
    """Notes in which mode it runs."""

    def __init__(self):
        self.seen = set()

    def forward(self, x):
        self.seen.add(self.training)
        return x


def test_evaluation_runs_in_evaluation_mode_and_restores_the_mode():
    probe = Modes()
    net = nn.Sequential(nn.Linear(4, 3), probe)
    nn.evaluate(net, X, Y)
    assert probe.seen == {False} and net.training


def test_evaluation_leaves_a_frozen_layer_frozen():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    net.layers[1].eval()
    nn.evaluate(net, X, Y)
    assert [module.training for _, module in net.named_modules()] == [True, True, False]


@pytest.mark.parametrize(("x", "y"), [(X, Y[1:]), (X[1:], Y), (X[:0], Y[:0])], ids=["fewer", "more", "none"])
def test_evaluation_needs_a_target_for_each_example(x, y):
    with pytest.raises(ValueError, match="as many rows as each other, one or more"):
        nn.evaluate(nn.MLP([4, 3]), x, y)


# --- The step ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
def test_a_step_is_forward_backward_and_update(compiled):
    net, other = nn.MLP([4, 5, 3], seed=0), nn.MLP([4, 5, 3], seed=0)
    step = nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.5), compiled)
    for _ in range(3):
        cost = nn.quadratic_cost(other(X), Y)
        assert step(X, Y) == pytest.approx(cost.item(), rel=1e-12)
        other.zero_grad()
        cost.backward()
        for p in other.parameters():
            p.data = p.numpy() - 0.5 * p.grad.numpy()
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-12)


def test_gradients_from_before_do_not_enter_a_step():
    net, other = nn.MLP([4, 3], seed=0), nn.MLP([4, 3], seed=0)
    nn.quadratic_cost(net(X), Y).backward()
    for n in net, other:
        nn.make_step(n, nn.quadratic_cost, nn.SGD(n.parameters(), 0.5))(X, Y)
    assert np.array_equal(net.parameters()[0].numpy(), other.parameters()[0].numpy())


# --- The loop ---------------------------------------------------------------------------------------------------------


def test_fitting_lowers_the_cost():
    net = nn.MLP([4, 5, 3], seed=0)
    before = nn.evaluate(net, X, Y)[0]
    _, history = fitted(net, epochs=20)
    assert history.epochs[-1].cost < 0.9 * before


def test_a_seed_makes_training_repeatable():
    (one, first), (other, second) = fitted(), fitted()
    assert first.batch_costs == second.batch_costs
    assert all(np.array_equal(p.numpy(), q.numpy()) for p, q in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("cost", [nn.quadratic_cost, nn.squared_error, nn.cross_entropy_cost], ids=repr)
def test_the_history_holds_batches_and_epochs(cost):
    net, history = fitted(cost=cost, epochs=3, validation=(X[:7], Y[:7]))
    assert len(history.batch_costs) == 15
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3]
    last = history.epochs[-1]
    assert (last.cost, last.accuracy) == nn.evaluate(net, X, Y, cost)
    assert (last.validation_cost, last.validation_accuracy) == nn.evaluate(net, X[:7], Y[:7], cost)
    assert last.seconds > 0 and not history.interrupted


def test_any_function_of_output_and_target_may_be_the_cost():
    _, history = fitted(cost=lambda output, y: abs(output - y).mean())
    assert len(history.epochs) == 2


def test_no_epochs_change_nothing():
    net, history = fitted(epochs=0)
    assert history.epochs == [] and history.batch_costs == []
    assert np.array_equal(net.parameters()[0].numpy(), nn.MLP([4, 5, 3], seed=0).parameters()[0].numpy())


def test_data_are_converted_to_the_dtype_of_the_network():
    net, _ = fitted(nn.MLP([4, 3], dtype=np.float32))
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float32)}


def test_fitting_leaves_no_gradients_and_the_mode_as_it_was():
    net, _ = fitted(nn.MLP([4, 3]).eval())
    assert not net.training and all(p.grad is None for p in net.parameters())


def test_every_epoch_is_reported():
    seen = []
    _, history = fitted(report=seen.append)
    assert seen == history.epochs


def test_interruption_keeps_the_network_and_the_history():
    def interrupt(epoch):
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    net, history = fitted(epochs=9, report=interrupt)
    assert history.interrupted and len(history.epochs) == 2
    assert nn.evaluate(net, X, Y)[0] == history.epochs[-1].cost
    assert str(history).endswith("(interrupted)")


def test_a_cost_that_is_not_finite_stops_the_training():
    net = nn.MLP([4, 3], output="identity")
    with pytest.raises(FloatingPointError, match=r"became \w+ in epoch 1: .*lower the learning rate, now 1e\+200"):
        fitted(net, optimizer=nn.SGD(net.parameters(), 1e200))


def damaged(array, value):
    array = array.copy()
    array[3, 1] = value
    return array


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": -1}, "epochs is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"data": (X, Y[1:])}, "data: x has shape"),
        ({"data": (X[:0], Y[:0])}, "at least 1"),
        ({"data": (X, np.arange(23))}, "one_hot"),
        ({"data": X}, r"pair \(x, y\)"),
        ({"data": (damaged(X, np.nan), Y)}, "x is not finite in 1 of 23 rows, first in row 3"),
        ({"data": (X, damaged(Y, np.inf))}, "y is not finite"),
        ({"validation": (X, Y[1:])}, "validation: x has shape"),
        ({"optimizer": nn.SGD(nn.MLP([4, 3]).parameters(), 0.1)}, "none of the parameters"),
        ({"data": (X[:, :3], Y)}, "Linear 4 -> 5"),
        ({"data": (X, Y[:, :2])}, "must be the same"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        fitted(**options)


# --- Progress ---------------------------------------------------------------------------------------------------------


def test_there_is_no_progress_bar_away_from_a_terminal(capsys):
    fitted()
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize(("notebook", "hidden"), [(False, None), (True, False)])
def test_a_progress_bar_is_for_terminals_and_notebooks(monkeypatch, notebook, hidden):
    shell = types.SimpleNamespace(config={"IPKernelApp": {}} if notebook else {})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    asked = {}
    monkeypatch.setattr("tqdm.auto.tqdm", lambda **keywords: asked.update(keywords))
    train._progress_bar(7, True)
    assert asked["disable"] is hidden and asked["total"] == 7


def test_without_a_progress_bar_its_package_is_not_asked(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with train._progress_bar(7, False) as bar:
        bar.update()


# --- History ----------------------------------------------------------------------------------------------------------


def test_the_csv_file_holds_every_digit(tmp_path):
    _, history = fitted(validation=(X, Y))
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [tuple(map(float, row.values())) for row in rows] == [tuple(map(float, epoch)) for epoch in history.epochs]
    assert list(rows[0]) == list(nn.Epoch._fields)


def test_without_validation_its_columns_are_empty(tmp_path):
    _, history = fitted(epochs=1)
    history.to_csv(tmp_path / "history.csv")
    assert ",,," in (tmp_path / "history.csv").read_text().splitlines()[1]


def test_a_csv_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("before")
    history = nn.History(epochs=[nn.Epoch(1, 0.5, 0.5, None, None, 0.1), None])
    with pytest.raises(csv.Error):
        history.to_csv(path)
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


def test_a_history_prints_as_a_table():
    _, history = fitted(epochs=2)
    lines = str(history).splitlines()
    assert lines[0].split() == list(nn.Epoch._fields)
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]


def epoch(number):
    return nn.Epoch(number, 0.5, 0.5, None, None, 0.1)


METRICS = {
    "first given later": [{}, {"f1": 0.25}],
    "given no longer": [{"f1": 0.25}],
    "others later": [{"f1": 0.25}, {"recall": 0.75}],
}


@pytest.mark.parametrize("metrics", METRICS.values(), ids=METRICS)
def test_metrics_stand_beside_their_epochs_and_are_empty_elsewhere(metrics, tmp_path):
    history = nn.History(epochs=[epoch(1), epoch(2)], metrics=metrics)
    names = list(dict.fromkeys(name for values in metrics for name in values))
    expected = [["" if v is None else str(v) for v in map(m.get, names)] for m in [*metrics, {}][:2]]
    history.to_csv(tmp_path / "h.csv")
    header, *rows = csv.reader((tmp_path / "h.csv").read_text().splitlines())
    assert header[6:] == names and [row[6:] for row in rows] == expected
    assert len(history.table().splitlines()) == 4


def test_a_history_says_what_ended_it():
    assert str(nn.History(epochs=[epoch(1)], stopped="patience")).endswith("\n(stopped by patience)")


def test_an_epoch_that_was_cut_off_is_not_in_the_history():
    history = nn.History()
    history.add(epoch(1), {"layer 1": 1.0}, {})
    history.gradient_norms.append({"layer 1": 0.5})  # and here came Ctrl-C
    history.cut()
    assert len(history.epochs) == len(history.gradient_norms) == len(history.metrics) == 1


@pytest.mark.parametrize(("validation", "text"), [
    ((None, None), "epoch   3   cost 0.5000, accuracy 90.0%"),
    ((0.25, 0.8), "epoch   3   cost 0.5000, accuracy 90.0%   held out: cost 0.2500, accuracy 80.0%"),
])  # fmt: skip
def test_an_epoch_prints_as_a_line(validation, text):
    assert str(nn.Epoch(3, 0.5, 0.9, *validation, 0.1)) == text
