"""What fit does beyond the loop: callbacks, metrics, stopping, the best epoch, schedules, checkpoints, Ctrl-C."""

import json

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
    from nn.fitting import Best

    best = Best("cost", 2, keep=False)
    costs = [3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0]
    assert [best.see(nn.Epoch(1, c, 0, None, None, 0), network()) for c in costs] == [False] * 6 + [True]


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


# --- Checkpoints ------------------------------------------------------------------------------------------------------

RUNS = {
    "SGD": lambda net: {"optimizer": nn.SGD(net.parameters(), 0.5, momentum=0.9)},
    "Adam": lambda net: {"optimizer": nn.Adam(net.parameters(), 0.01)},
    "groups": lambda net: {
        "optimizer": nn.RMSprop([{"params": net.parameters()[:2], "lr": 0.1}, {"params": net.parameters()[2:]}], 0.01)
    },
    "schedule": lambda net: {
        "optimizer": (optimizer := nn.Adagrad(net.parameters(), 0.1)),
        "schedule": nn.Schedule(optimizer, nn.cosine_decay(6)),
        "metrics": {"one": lambda a, y: 1.0},
    },
    "halving": lambda net: {
        "optimizer": (optimizer := nn.SGD(net.parameters(), 5.0)),
        "schedule": nn.Halving(optimizer, patience=1),
        "keep_best": True,
        "patience": 5,
        "validation": HELD_OUT,
    },
}


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("run", RUNS)
def test_a_run_goes_on_from_a_checkpoint_with_identical_results(run, compiled, tmp_path):
    file = tmp_path / "run.npz"
    whole, broken, resumed = network(), network(), network()
    _, expected = fitted(whole, epochs=6, compiled=compiled, **RUNS[run](whole))
    fitted(broken, epochs=3, compiled=compiled, checkpoint=file, **RUNS[run](broken))
    _, history = fitted(resumed, epochs=6, compiled=compiled, checkpoint=file, resume=True, **RUNS[run](resumed))
    assert same(whole, resumed)
    assert history.batch_costs == expected.batch_costs and history.metrics == expected.metrics
    assert [e[:5] for e in history.epochs] == [e[:5] for e in expected.epochs]
    assert history.gradient_norms == expected.gradient_norms


def test_without_the_file_a_run_starts_at_the_beginning(tmp_path):
    net, _ = fitted(checkpoint=tmp_path / "run.npz", resume=True)
    assert same(net, fitted()[0]) and (tmp_path / "run.npz").exists()


def test_a_finished_run_is_not_trained_further(tmp_path):
    net, _ = fitted(checkpoint=tmp_path / "run.npz")
    again, history = fitted(checkpoint=tmp_path / "run.npz", resume=True)
    assert same(net, again) and len(history.epochs) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer": "SGD"}, "of the optimizer Adam, not SGD"),
        ({"schedule": True}, "made without a schedule"),
        ({"net": "other"}, "shape"),
        ({"net": "no dropout"}, "random generators at"),
        ({"damage": True}, "cannot go on from this checkpoint"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_run_is_refused_and_changes_nothing(change, message, tmp_path):
    file = tmp_path / "run.npz"
    fitted(checkpoint=file, epochs=1)
    net = {
        "other": lambda: nn.Sequential(
            nn.Linear(4, 5, seed=0), nn.Sigmoid(), nn.Dropout(0.2, seed=1), nn.Linear(5, 3, seed=2), nn.Sigmoid()
        ),
        "no dropout": lambda: nn.MLP([4, 6, 3], seed=0),
    }.get(change.get("net"), network)()
    optimizer = nn.SGD(net.parameters(), 0.1) if "optimizer" in change else nn.Adam(net.parameters(), 0.02)
    if "damage" in change:
        file.write_bytes(file.read_bytes()[:-100])
    schedule = nn.Schedule(optimizer, nn.step_decay(5)) if "schedule" in change else None
    before = net.state_dict()
    with pytest.raises(ValueError, match=f"run.npz.*{message}"):
        fitted(net, optimizer, checkpoint=file, resume=True, schedule=schedule)
    assert all(np.array_equal(value, before[name]) for name, value in net.state_dict().items())
    assert optimizer.lr in (0.1, 0.02)


def test_a_checkpoint_needs_no_pickle(tmp_path):
    fitted(checkpoint=tmp_path / "run.npz", epochs=1)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as entries:
        assert json.loads(str(entries["run"]))["format"] == 1
        assert all(entries[name].dtype.kind in "fUi" for name in entries.files)


@pytest.mark.parametrize("when", ["step", "epoch"])
def test_ctrl_c_leaves_a_usable_network_history_and_checkpoint(when, tmp_path):
    file = tmp_path / "run.npz"
    net, count = network(), []

    def cost(output, y):
        count.append(1)
        if when == "step" and len(count) == 25:
            raise KeyboardInterrupt
        return nn.quadratic_cost(output, y)

    def interrupt(run):
        if when == "epoch" and len(run.history.epochs) == 2:
            raise KeyboardInterrupt

    _, history = fitted(net, cost=cost, compiled=False, checkpoint=file, callbacks=[interrupt], keep_best=True)
    assert history.interrupted and history.epochs and len(history.epochs) == len(history.gradient_norms)
    assert np.isfinite(net(X).numpy()).all() and net.training
    resumed, whole = network(), network()
    _, after = fitted(resumed, checkpoint=file, resume=True, compiled=False)
    fitted(whole, compiled=False)
    assert same(resumed, whole) and len(after.epochs) == 4


# --- Data -------------------------------------------------------------------------------------------------------------


def test_class_numbers_are_targets_of_costs_of_classes():
    net, other = network(), network()
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
