"""A run that is resumed has the results it would have had without the break, and what was ended stays ended."""

import json
from functools import cache

import numpy as np
import pytest
from training_runs import EPOCHS, HELD_OUT, X, Y, everything, fitted, groups, network, scheduled

import nn
from nn import fitting


def freeze(run):
    if len(run.history.epochs) == 2:
        run.net.layers[1].eval()


def slower(run):
    run.optimizer.lr *= 0.9


# fmt: off
RUNS = {
    "SGD": lambda net: {"optimizer": nn.SGD(net.parameters(), 0.5, momentum=0.9)},
    "Adam": lambda net: {"optimizer": nn.Adam(net.parameters(), 0.01)},
    "groups": lambda net: {"optimizer": nn.RMSprop(groups(net, lr=0.1), 0.01)},
    "tuples in groups": lambda net: {"optimizer": nn.AdamW(groups(net, betas=(0.8, 0.99)), 0.01)},
    "clipped": lambda net: {"optimizer": nn.Adam(net.parameters(), 0.01, clip_norm=0.1, clip_value=0.05)},
    "metrics": lambda net: {"optimizer": nn.Adagrad(net.parameters(), 0.1), "metrics": {"one": lambda a, y: 1.0}},
    "schedule": lambda net: {
        "optimizer": (optimizer := nn.Adagrad(net.parameters(), 0.1)), "schedule": nn.Schedule(optimizer, nn.cosine_decay(6)),
    },
    "schedule by batch": lambda net: {
        "optimizer": (optimizer := nn.Adam(groups(net, lr=0.02), 0.1)),
        "schedule": nn.Schedule(optimizer, nn.warm_up(7, nn.exponential_decay(0.95)), by="batch"),
    },
    "halving": lambda net: {
        "optimizer": (optimizer := nn.SGD(net.parameters(), 5.0)), "schedule": nn.Halving(optimizer, patience=1),
        "keep_best": True, "patience": 5, "validation": HELD_OUT,
    },
    "accuracy": lambda net: {
        "optimizer": nn.SGD(net.parameters(), 5.0), "monitor": "accuracy", "keep_best": True, "patience": 3,
    },
    "without the last": lambda net: {"optimizer": nn.Adam(net.parameters(), 0.01), "batch_size": 11, "drop_last": True},
    "frozen on the way": lambda net: {"optimizer": nn.SGD(net.parameters(), 0.5), "callbacks": [freeze]},
    "slower by a callback": lambda net: {"optimizer": nn.SGD(net.parameters(), 0.5), "callbacks": [slower]},
    "a cost of its own": lambda net: {
        "optimizer": nn.SGD(net.parameters(), 0.5), "cost": nn.regularized(nn.cross_entropy_cost, net, 23, l2=0.1),
    },
}
# fmt: on
COMPILED = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])


# --- As without the break ---------------------------------------------------------------------------------------------


@cache
def without_a_break(run, compiled):
    net = network()
    return everything(*fitted(net, compiled=compiled, **RUNS[run](net)))


@COMPILED
@pytest.mark.parametrize("run", RUNS)
def test_a_run_goes_on_from_a_checkpoint_with_identical_results(run, compiled, tmp_path):
    file = tmp_path / "run.npz"
    broken, resumed = network(), network()
    fitted(broken, epochs=3, compiled=compiled, checkpoint=file, **RUNS[run](broken))
    found = fitted(resumed, compiled=compiled, checkpoint=file, resume=True, **RUNS[run](resumed))
    assert everything(*found) == without_a_break(run, compiled)


@pytest.mark.parametrize("run", ["slower by a callback", "frozen on the way", "schedule by batch"])
def test_a_run_goes_on_more_than_once(run, tmp_path):
    for epochs, made_anew in ((2, True), (4, False), (5, True), (EPOCHS, True)):
        if made_anew:
            net = network()
            options = RUNS[run](net) | {"compiled": False, "checkpoint": tmp_path / "run.npz", "resume": True}
        found = everything(*fitted(net, epochs=epochs, **options))
    assert found == without_a_break(run, False)


def interrupted(monkeypatch, after):
    """Ctrl-C after so many mini-batches."""
    count, batches = [0], fitting.mini_batches

    def cut(*args, **keywords):
        for batch in batches(*args, **keywords):
            if count[0] == after:
                raise KeyboardInterrupt
            count[0] += 1
            yield batch

    monkeypatch.setattr(fitting, "mini_batches", cut)


@COMPILED
@pytest.mark.parametrize("again", ["made anew", "with the same objects"])
@pytest.mark.parametrize("run", RUNS)
def test_a_run_interrupted_within_an_epoch_goes_on_with_identical_results(run, again, compiled, tmp_path, monkeypatch):
    file = tmp_path / "run.npz"
    net = network()
    options = RUNS[run](net) | {"compiled": compiled, "checkpoint": file}
    with monkeypatch.context() as patch:
        interrupted(patch, after=5 if run == "without the last" else 12)
        _, history = fitted(net, **options)
    assert history.interrupted and len(history.epochs) == 2 < len(history.batch_costs) / history.batches
    if again == "made anew":
        net = network()
        options |= RUNS[run](net)
    assert everything(*fitted(net, resume=True, **options)) == without_a_break(run, compiled)


@pytest.mark.parametrize("when", [11, 12, 13, 29])
def test_a_run_interrupted_within_an_update_goes_on_with_identical_results(when, tmp_path):
    class Interrupted(nn.Adam):
        count = 0

        def update(self, p, g, state):
            Interrupted.count += 1
            if Interrupted.count == 6 * when + 3:
                raise KeyboardInterrupt
            return super().update(p, g, state)

    net, file = network(), tmp_path / "run.npz"
    options = {"optimizer": Interrupted(net.parameters(), 0.01), "compiled": False, "checkpoint": file}
    assert fitted(net, **options)[1].interrupted
    whole = fitted(compiled=False)
    assert everything(*fitted(net, resume=True, **options)) == everything(*whole)


@pytest.mark.parametrize("seed", [3, np.int64(3), None, "generator"], ids=repr)
def test_the_order_of_the_examples_goes_on(seed, tmp_path):
    def order():
        return np.random.default_rng(3) if seed == "generator" else seed

    file = tmp_path / "run.npz"
    fitted(seed=order(), epochs=3, checkpoint=file)
    found = fitted(seed=order(), checkpoint=file, resume=True)
    if seed is not None:
        assert everything(*found) == everything(*fitted(seed=3))
    assert len(found[1].epochs) == EPOCHS


def test_generators_in_lists_and_dicts_go_on_too(tmp_path):
    class Noise(nn.Module):
        def __init__(self):
            self.sources = [np.random.default_rng(1)]
            self.by_name = {"b": np.random.default_rng(2)}

        def forward(self, x):
            return x * self.sources[0].random() + self.by_name["b"].random()

    def noisy():
        return nn.Sequential(nn.Linear(4, 3, seed=0), Noise())

    file = tmp_path / "run.npz"
    fitted(noisy(), epochs=3, checkpoint=file, compiled=False)
    resumed = fitted(noisy(), checkpoint=file, resume=True, compiled=False)
    assert everything(*resumed) == everything(*fitted(noisy(), compiled=False))


def test_without_the_file_a_run_starts_at_the_beginning(tmp_path):
    found = fitted(checkpoint=tmp_path / "run.npz", resume=True)
    assert everything(*found) == everything(*fitted()) and (tmp_path / "run.npz").exists()


def test_a_finished_run_is_not_trained_further(tmp_path):
    expected = fitted(checkpoint=tmp_path / "run.npz")
    assert everything(*fitted(checkpoint=tmp_path / "run.npz", resume=True)) == everything(*expected)


def test_a_checkpoint_needs_no_pickle(tmp_path):
    fitted(checkpoint=tmp_path / "run.npz", epochs=1)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as entries:
        assert json.loads(str(entries["run"]))["format"] == 2
        assert all(entries[name].dtype.kind in "fUi" for name in entries.files)


# --- What has ended stays ended ---------------------------------------------------------------------------------------


def stop_at_2(run):
    if len(run.history.epochs) == 2:
        run.stop()


# fmt: off
ENDED = {
    "callback": lambda net: {"callbacks": [stop_at_2]},
    "schedule": lambda net: {
        "optimizer": (optimizer := nn.SGD(net.parameters(), 0.0)),
        "schedule": nn.Halving(optimizer, patience=1, least=0.5), "validation": HELD_OUT,
    },
    "patience": lambda net: {"optimizer": nn.SGD(net.parameters(), 20.0), "patience": 1},
}
# fmt: on


@pytest.mark.parametrize("why", ENDED)
def test_a_run_that_was_ended_stays_ended_also_with_more_epochs(why, tmp_path):
    file, net, again = tmp_path / "run.npz", network(), network()
    expected = fitted(net, epochs=9, checkpoint=file, **ENDED[why](net))
    assert expected[1].stopped == why and len(expected[1].epochs) < 9
    found = fitted(again, epochs=20, checkpoint=file, resume=True, **ENDED[why](again) | {"callbacks": []})
    assert everything(*found) == everything(*expected)


@pytest.mark.parametrize("why", ENDED)
def test_a_run_that_was_ended_goes_on_by_fit_without_resume(why, tmp_path):
    file, net, again = tmp_path / "run.npz", network(), network()
    fitted(net, epochs=9, checkpoint=file, **ENDED[why](net))
    options = {"optimizer": nn.Adam(again.parameters(), 0.01)} | ENDED[why](again)
    fitted(again, checkpoint=file, resume=True, **options)
    _, history = fitted(again, epochs=2, optimizer=options["optimizer"])
    assert len(history.epochs) == 2


def test_a_run_ended_by_its_patience_goes_on_with_a_larger_one_as_if_it_had_had_that(tmp_path):
    def run(patience, **options):
        net = network()
        return fitted(net, optimizer=nn.SGD(net.parameters(), 20.0), patience=patience, epochs=12, **options)

    _, history = run(1, checkpoint=tmp_path / "run.npz")
    assert history.stopped == "patience"
    found = run(3, checkpoint=tmp_path / "run.npz", resume=True)
    assert len(found[1].epochs) > len(history.epochs)
    assert everything(*found) == everything(*run(3))


def test_another_monitor_counts_from_the_first_epoch_on(tmp_path):
    def run(monitor, epochs=12, **options):
        net = network()
        return fitted(
            net, optimizer=nn.SGD(net.parameters(), 20.0), patience=4, monitor=monitor, epochs=epochs, **options
        )

    run("cost", epochs=3, checkpoint=tmp_path / "run.npz")
    found = run("accuracy", checkpoint=tmp_path / "run.npz", resume=True)
    assert everything(*found) == everything(*run("accuracy"))


# --- What may be otherwise ---------------------------------------------------------------------------------------------


# fmt: off
HARMLESS = {
    "more epochs": {"epochs": EPOCHS + 1},
    "not compiled": {"compiled": False},
    "no progress": {"progress": False},
    "report": {"report": lambda epoch: None},
    "callbacks": {"callbacks": [lambda run: None]},
    "metrics": {"metrics": {"n": lambda a, y: len(y)}},
    "patience": {"patience": 99},
    "monitor": {"monitor": "accuracy"},
    "Generator": {"seed": np.random.default_rng(5)},
}
# fmt: on


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_no_harm_may_change(name, tmp_path):
    file = tmp_path / "run.npz"
    fitted(epochs=3, checkpoint=file)
    net, history = fitted(checkpoint=file, resume=True, **HARMLESS[name])
    whole, expected = fitted(epochs=len(history.epochs))
    np.testing.assert_allclose(history.batch_costs, expected.batch_costs, rtol=1e-10)
    for key, value in whole.state_dict().items():
        np.testing.assert_allclose(net.state_dict()[key], value, rtol=1e-8)


def test_the_best_parameters_may_be_left_out(tmp_path):
    file = tmp_path / "run.npz"
    fitted(epochs=3, checkpoint=file, keep_best=True)
    assert everything(*fitted(checkpoint=file, resume=True)) == everything(*fitted())


def test_a_schedule_that_was_the_same_so_far_may_be_another_from_now_on(tmp_path):
    file = tmp_path / "run.npz"
    net, resumed, whole = network(), network(), network()
    fitted(net, epochs=3, checkpoint=file, **scheduled(net, nn.step_decay(5)))
    found = fitted(resumed, epochs=8, checkpoint=file, resume=True, **scheduled(resumed, nn.step_decay(4)))
    assert everything(*found) == everything(*fitted(whole, epochs=8, **scheduled(whole, nn.step_decay(4))))


def test_metrics_given_on_resuming_stand_beside_their_epochs(tmp_path):
    file = tmp_path / "run.npz"
    fitted(epochs=2, checkpoint=file)
    _, history = fitted(epochs=3, checkpoint=file, resume=True, metrics={"n": lambda a, y: len(y)})
    assert history.metrics == [{}, {}, {"n": 23.0}]
    assert [line.split()[-1] for line in history.table().splitlines() if line[:1] != "-"][-1] == "23.0000"
    assert len(history.table().splitlines()) == 5


def test_resuming_with_other_options_in_another_way_works_as_the_error_says(tmp_path):
    file = tmp_path / "run.npz"
    fitted(epochs=3, checkpoint=file)
    net = network()
    optimizer = nn.Adam(net.parameters(), 0.01)
    fitted(net, optimizer=optimizer, epochs=3, checkpoint=file, resume=True)
    optimizer.lr = 0.001
    _, history = fitted(net, (X[1:], Y[1:]), optimizer=optimizer, epochs=2, checkpoint=file)
    assert len(history.epochs) == 2
    again = network()
    _, resumed = fitted(
        again, (X[1:], Y[1:]), optimizer=nn.Adam(again.parameters(), 0.001), epochs=3, checkpoint=file, resume=True
    )
    assert len(resumed.epochs) == 3
