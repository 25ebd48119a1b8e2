"""What fit does beyond the loop: callbacks, metrics, stopping, the best epoch, schedules, modes, errors."""

from contextlib import suppress

import numpy as np
import pytest

import nn

rng = np.random.default_rng(0)
X = rng.random((23, 4))
LABELS = rng.integers(0, 3, 23)
Y = np.eye(3)[LABELS]
HELD_OUT = rng.random((9, 4)), np.eye(3)[rng.integers(0, 3, 9)]


def network():
    return nn.Sequential(
        nn.Linear(4, 6, seed=0), nn.Sigmoid(), nn.Dropout(0.2, seed=1), nn.Linear(6, 3, seed=2), nn.Sigmoid()
    )


def fitted(net=None, optimizer=None, data=(X, Y), **options):
    net = net or network()
    optimizer = optimizer or nn.Adam(net.parameters(), 0.01)
    return net, nn.fit(net, data, **{"optimizer": optimizer, "epochs": 4, "batch_size": 5, "seed": 0} | options)


def same(net, other):
    state = other.state_dict()
    return all(np.array_equal(value, state[name]) for name, value in net.state_dict().items())


def test_callbacks_see_every_epoch_and_may_stop():
    seen = []

    def watch(run):
        seen.append((run.history.epochs[-1].epoch, run.optimizer.lr))
        if len(seen) == 2:
            run.stop()

    _, history = fitted(callbacks=[watch])
    assert seen == [(1, 0.01), (2, 0.01)] and len(history.epochs) == 2


@pytest.mark.parametrize("validation", [None, HELD_OUT], ids=["training data", "validation"])
def test_metrics_are_measured_on_the_validation_data_or_else_on_all(validation):
    net, history = fitted(
        validation=validation, metrics={"largest": lambda a, y: a.max(), "n": lambda a, y: len(y)}, epochs=2
    )
    x, y = validation or (X, Y)
    assert [m["n"] for m in history.metrics] == [len(y)] * 2
    assert history.metrics[-1]["largest"] == net.eval()(x).numpy().max()
    assert history.table().splitlines()[0].split()[-2:] == ["largest", "n"]


def test_metrics_are_columns_of_the_csv(tmp_path):
    _, history = fitted(metrics={"one": lambda a, y: 1.0}, epochs=2)
    history.to_csv(tmp_path / "h.csv")
    assert [line.split(",")[-1] for line in (tmp_path / "h.csv").read_text().split()] == ["one", "1.0", "1.0"]


@pytest.mark.parametrize("monitor", ["cost", "accuracy"])
def test_training_stops_when_epochs_bring_nothing_better(monitor):
    optimizer_that_stands_still = {"optimizer": nn.SGD((net := network()).parameters(), 0.0)}
    _, history = fitted(net, validation=HELD_OUT, patience=2, monitor=monitor, epochs=9, **optimizer_that_stands_still)
    assert len(history.epochs) == 3


def test_patience_starts_again_with_every_improvement():
    from nn.stopping import Best

    best = Best("cost", 2)
    costs = [3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0]
    seen = [(best.see(nn.Epoch(1, c, 0, None, None, 0)), best.given_up) for c in costs]
    assert seen == [(True, False), (False, False)] * 3 + [(False, True)]


def test_the_best_weights_are_kept():
    states = []
    net, history = fitted(
        optimizer=nn.SGD((net := network()).parameters(), 20.0), net=net, validation=HELD_OUT, keep_best=True, epochs=8,
        callbacks=[lambda run: states.append(run.net.state_dict())],
    )  # fmt: skip
    best = int(np.argmin([e.validation_cost for e in history.epochs]))
    assert best < 7, "the last epoch is the best one, so this says nothing"
    assert all(np.array_equal(value, states[best][name]) for name, value in net.state_dict().items())


def test_a_schedule_goes_on_by_epochs_or_by_batches():
    for by, steps in (("epoch", 2), ("batch", 10)):
        net = network()
        optimizer = nn.SGD(net.parameters(), 1.0)
        fitted(net, optimizer, epochs=2, schedule=nn.Schedule(optimizer, nn.exponential_decay(0.5), by=by))
        assert optimizer.lr == 0.5**steps


def test_halving_hears_of_the_validation_cost_and_ends_the_training():
    net = network()
    optimizer = nn.SGD(net.parameters(), 0.0)
    _, history = fitted(
        net, optimizer, epochs=9, validation=HELD_OUT, schedule=nn.Halving(optimizer, patience=1, least=0.25)
    )
    assert len(history.epochs) == 4  # the first, two halvings, and the one that would go below


# --- Modes ------------------------------------------------------------------------------------------------------------


def normalised():
    return nn.Sequential(
        nn.Linear(4, 6, seed=0), nn.BatchNorm1d(6), nn.Sigmoid(), nn.Linear(6, 3, seed=2), nn.Sigmoid()
    )


def modes(net):
    return [module.training for _, module in net.named_modules()]


COMPILED = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])


@COMPILED
@pytest.mark.parametrize(
    "options", [{}, {"validation": HELD_OUT, "metrics": {"n": lambda a, y: len(y)}}], ids=["", "held out"]
)
def test_a_layer_put_in_evaluation_mode_is_frozen(compiled, options):
    net = normalised()
    net.layers[1].eval()
    before = net.layers[1].mean.numpy()
    fitted(net, compiled=compiled, **options)
    assert np.array_equal(net.layers[1].mean.numpy(), before)
    assert modes(net) == [True, True, False, True, True, True]


@COMPILED
def test_a_network_in_evaluation_mode_learns_as_one_in_training_and_is_in_evaluation_mode_again(compiled):
    net, other = normalised(), normalised().eval()
    fitted(net, compiled=compiled)
    fitted(other, compiled=compiled)
    assert same(net, other) and modes(net) == [True] * 6 and modes(other) == [False] * 6


def test_a_callback_may_freeze_a_layer():
    means = []

    def freeze(run):
        run.net.layers[1].eval()
        means.append(run.net.layers[1].mean.numpy())

    net, _ = fitted(normalised(), callbacks=[freeze])
    assert all(np.array_equal(mean, means[0]) for mean in means) and not net.layers[1].training


def test_a_callback_that_leaves_the_network_in_evaluation_mode_does_no_harm():
    net, other = normalised(), normalised()
    fitted(net)
    fitted(other, callbacks=[lambda run: run.net.eval()])
    assert same(net, other)


# --- The last mini-batch ----------------------------------------------------------------------------------------------


def test_a_last_mini_batch_of_one_example_is_refused_by_batch_norm_with_the_remedy():
    with pytest.raises(ValueError, match=r"a single number a feature.*drop_last=True"):
        fitted(normalised(), batch_size=11)


@COMPILED
def test_without_the_last_mini_batch_there_is_one_less(compiled):
    _, history = fitted(normalised(), batch_size=11, drop_last=True, compiled=compiled)
    assert history.batches == 2 and len(history.batch_costs) == 2 * 4


def test_the_progress_bar_knows_how_many_mini_batches_there_are(monkeypatch):
    from nn import fitting

    totals = []
    bar = fitting._progress_bar
    monkeypatch.setattr(fitting, "_progress_bar", lambda total, wanted: totals.append(total) or bar(total, False))
    fitted(batch_size=11)
    fitted(batch_size=11, drop_last=True)
    assert totals == [4 * 3, 4 * 2]


def test_leaving_out_all_examples_is_refused_before_anything_else():
    with pytest.raises(ValueError, match="leaves out all 23 examples"):
        fitted(batch_size=24, drop_last=True)


# --- Errors -----------------------------------------------------------------------------------------------------------


def failing(where, error):
    """Options with which `fit` raises in the second epoch."""
    calls = []

    def raises(*_):
        calls.append(1)
        if len(calls) == (7 if where == "cost" else 2):
            raise error
        return 0.0

    def cost(output, y):
        raises()
        return nn.quadratic_cost(output, y)

    return {
        "cost": {"cost": cost, "compiled": False},
        "metric": {"metrics": {"m": raises}},
        "callback": {"callbacks": [raises]},
        "report": {"report": raises},
    }[where]


@pytest.mark.parametrize("where", ["metric", "callback", "report"])
@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_an_error_leaves_network_optimizer_and_checkpoint_usable(where, error, tmp_path):
    net = normalised()
    net.layers[1].eval()
    optimizer = nn.Adam(net.parameters(), 0.01)
    options = failing(where, error) | {"checkpoint": tmp_path / "run.npz"}
    with suppress(RuntimeError):
        fitted(net, optimizer, **options)
    assert modes(net) == [True, True, False, True, True, True] and all(p.grad is None for p in net.parameters())
    _, after = fitted(net, optimizer, epochs=1)
    assert np.isfinite(after.epochs[-1].cost)
    again, whole = normalised(), normalised()
    for one in again, whole:
        one.layers[1].eval()
    fitted(again, checkpoint=tmp_path / "run.npz", resume=True)
    fitted(whole)
    assert same(again, whole)


def diverging(net, **options):
    """A cost that becomes infinite in the second epoch."""
    count = []

    def cost(output, y):
        count.append(1)
        return nn.quadratic_cost(output, y) * (np.inf if len(count) == 9 else 1.0)

    return fitted(net, cost=cost, compiled=False, **options)


def test_after_a_cost_that_is_not_finite_the_best_parameters_are_there(tmp_path):
    net, seen = network(), []
    with pytest.raises(FloatingPointError, match="in epoch 2"):
        diverging(net, keep_best=True, callbacks=[lambda run: seen.append(run.net.state_dict())])
    assert all(np.array_equal(value, seen[0][name]) for name, value in net.state_dict().items()) and net.training


def test_a_cost_that_is_not_finite_leaves_the_checkpoint_of_the_epoch_before(tmp_path):
    file, seen = tmp_path / "run.npz", []
    with pytest.raises(FloatingPointError):
        diverging(network(), checkpoint=file, callbacks=[lambda run: seen.append(run.net.state_dict())])
    net = network()
    _, history = diverging(net, checkpoint=file, resume=True, epochs=1)
    assert len(history.epochs) == 1
    assert all(np.array_equal(value, seen[0][name]) for name, value in net.state_dict().items())


def test_no_gradients_are_left_in_parameters_that_are_not_learned():
    net = network()
    fitted(net, nn.SGD(net.parameters()[:2], 0.1), compiled=False)
    assert all(p.grad is None for p in net.parameters())


def test_a_schedule_of_another_optimizer_is_refused():
    net = network()
    other = nn.Schedule(nn.SGD(net.parameters(), 0.1), nn.step_decay(2))
    with pytest.raises(ValueError, match="the schedule changes the learning rate of another optimizer"):
        fitted(net, nn.SGD(net.parameters(), 0.1), schedule=other)


def test_the_warning_of_a_network_that_cannot_be_compiled_points_to_the_call_of_fit():
    net = network()
    net.layers[1].forward = lambda z: z * 1.0 if z.sum().item() < 1e9 else z
    with pytest.warns(UserWarning, match="without being compiled") as caught:
        fitted(net)
    assert caught[0].filename == __file__


# --- Data -------------------------------------------------------------------------------------------------------------


def test_class_numbers_are_targets_of_costs_of_classes():
    net, other = (nn.MLP([4, 6, 3], output="identity", seed=0) for _ in range(2))
    _, history = fitted(net, data=(X, LABELS), cost=nn.softmax_cross_entropy)
    _, rows = fitted(other, data=(X, Y), cost=nn.softmax_cross_entropy)
    np.testing.assert_allclose([e.cost for e in history.epochs], [e.cost for e in rows.epochs], rtol=1e-12)
    assert [e.accuracy for e in history.epochs] == [e.accuracy for e in rows.epochs]


def test_a_network_of_symbols_takes_whole_numbers():
    symbols = rng.integers(0, 5, (30, 4))
    net = nn.Sequential(nn.Embedding(5, 6, seed=0), nn.GRU(6, 8, last=True, seed=1), nn.Linear(8, 5, seed=2))
    data = symbols, symbols[:, 0]
    _, history = fitted(
        net, data=data, cost=nn.softmax_cross_entropy, optimizer=nn.Adam(net.parameters(), 0.02), epochs=40
    )
    assert history.epochs[-1].accuracy == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"monitor": "loss"}, "monitor is 'loss'"),
        ({"patience": 0}, "patience is 0"),
        ({"resume": True}, "resume=True needs checkpoint"),
    ],
    ids=str,
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        fitted(**options)
