"""Checkpoints: a run that is resumed has the results it would have had without the break, or it is refused."""

import json

import numpy as np
import pytest

import nn
from nn import checkpoints, fitting

rng = np.random.default_rng(0)
X = rng.random((23, 4))
Y = np.eye(3)[rng.integers(0, 3, 23)]
HELD_OUT = rng.random((9, 4)), np.eye(3)[rng.integers(0, 3, 9)]
EPOCHS = 6


def network(rate=0.2, width=6):
    return nn.Sequential(
        nn.Linear(4, width, seed=0), nn.BatchNorm1d(width), nn.Sigmoid(), nn.Dropout(rate, seed=1),
        nn.Linear(width, 3, seed=2), nn.Sigmoid(),
    )  # fmt: skip


def fitted(net=None, data=(X, Y), **options):
    net = net or network()
    usual = {"optimizer": nn.Adam(net.parameters(), 0.01), "epochs": EPOCHS, "batch_size": 5, "seed": 0}
    return net, nn.fit(net, data, **usual | options)


def groups(net, **own):
    return [{"params": net.parameters()[:2], **own}, {"params": net.parameters()[2:]}]


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


def everything(net, history):
    """All results of a run, but for times."""
    return (
        {name: value.tobytes() for name, value in net.state_dict().items()},
        history.batch_costs, [e[:5] for e in history.epochs], history.gradient_norms, history.metrics, history.batches,
        history.stopped, [module.training for _, module in net.named_modules()],
    )  # fmt: skip


# --- As without the break ---------------------------------------------------------------------------------------------


@COMPILED
@pytest.mark.parametrize("run", RUNS)
def test_a_run_goes_on_from_a_checkpoint_with_identical_results(run, compiled, tmp_path):
    file = tmp_path / "run.npz"
    whole, broken, resumed = network(), network(), network()
    expected = fitted(whole, compiled=compiled, **RUNS[run](whole))
    fitted(broken, epochs=3, compiled=compiled, checkpoint=file, **RUNS[run](broken))
    found = fitted(resumed, compiled=compiled, checkpoint=file, resume=True, **RUNS[run](resumed))
    assert everything(*found) == everything(*expected)


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
    whole, net = network(), network()
    expected = fitted(whole, compiled=compiled, **RUNS[run](whole))
    options = RUNS[run](net) | {"compiled": compiled, "checkpoint": file}
    with monkeypatch.context() as patch:
        interrupted(patch, after=expected[1].batches * 2 + 2 - (run == "without the last"))
        _, history = fitted(net, **options)
    assert history.interrupted and len(history.epochs) == 2 < len(history.batch_costs) / history.batches
    if again == "made anew":
        net = network()
        options |= RUNS[run](net)
    assert everything(*fitted(net, resume=True, **options)) == everything(*expected)


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


# --- What is not the same run -----------------------------------------------------------------------------------------


def changed(x, value=9.0):
    x = x.copy()
    x[7, 1] = value
    return x


def cost_of_one(output, y):
    return nn.quadratic_cost(output, y)


def frozen():
    net = network()
    net.layers[1].eval()
    return net


def adam(net, **options):
    return {"optimizer": nn.Adam(net.parameters(), options.pop("lr", 0.01), **options)}


def scheduled(net, factor=None, by="epoch", kind=nn.Schedule, **options):
    optimizer = nn.Adam(net.parameters(), 0.01)
    arguments = {"factor": factor or nn.step_decay(2), "by": by} if kind is nn.Schedule else options
    return {"optimizer": optimizer, "schedule": kind(optimizer, **arguments)}


# fmt: off
DIFFERENCES = {  # how a run was, how it is resumed, what is said
    "fewer examples": ({}, {"data": (X[1:], Y[1:])}, r"data was x \(23, 4\).*, is x \(22, 4\)"),
    "other inputs": ({}, {"data": (changed(X), Y)}, "data was .* checksum"),
    "other targets": ({}, {"data": (X, changed(Y))}, "data was .* checksum"),
    "validation first": ({}, {"validation": HELD_OUT}, "validation was none, is x"),
    "no validation": ({"validation": HELD_OUT}, {}, "validation was x .*, is none"),
    "other validation": ({"validation": HELD_OUT}, {"validation": (X, Y)}, "validation was x"),
    "batch size": ({}, {"batch_size": 6}, "batch_size was 5, is 6"),
    "drop_last": ({}, {"drop_last": True}, "drop_last was False, is True"),
    "seed": ({}, {"seed": 1}, "seed was 0, is 1"),
    "cost": ({}, {"cost": nn.squared_error}, "cost was nn.quadratic_cost, is nn.squared_error"),
    "cost option": (
        {"cost": nn.huber_cost}, {"cost": nn.huber_cost.with_options(delta=2.0)},
        r"cost was nn.huber_cost, is nn.huber_cost.with_options\(delta=2.0\)",
    ),
    "cost function": ({}, {"cost": cost_of_one}, "cost was nn.quadratic_cost, is cost_of_one"),
    "regularisation": (
        lambda net: {"cost": nn.regularized(nn.quadratic_cost, net, 23, l2=0.1)},
        lambda net: {"cost": nn.regularized(nn.quadratic_cost, net, 23, l2=0.2)}, "l2=0.1.*, is regularized.*l2=0.2",
    ),
    "optimizer": ({}, lambda net: {"optimizer": nn.SGD(net.parameters(), 0.01)}, "optimizer was Adam, is SGD"),
    "learning rate": ({}, lambda net: adam(net, lr=0.02), "optimizer.lr was 0.01, is 0.02"),
    "betas": ({}, lambda net: adam(net, betas=(0.8, 0.9)), r"optimizer.betas was \[0.9, 0.999\], is \[0.8, 0.9\]"),
    "clip_norm": ({}, lambda net: adam(net, clip_norm=1.0), "optimizer.clip_norm was none, is 1.0"),
    "clip_value": (lambda net: adam(net, clip_value=2.0), {}, "optimizer.clip_value was 2.0, is none"),
    "groups": ({}, lambda net: {"optimizer": nn.Adam(groups(net), 0.01)}, r"groups\[1\].params was none"),
    "option of a group": (
        lambda net: {"optimizer": nn.Adam(groups(net, lr=0.1), 0.01)},
        lambda net: {"optimizer": nn.Adam(groups(net, lr=0.2), 0.01)}, r"optimizer.groups\[0\].lr was 0.1, is 0.2",
    ),
    "order of parameters": (
        {}, lambda net: {"optimizer": nn.Adam(net.parameters()[::-1], 0.01)}, r"groups\[0\].params was \['layers.0.W'",
    ),
    "schedule first": ({}, scheduled, "schedule was none, is Schedule"),
    "no schedule": (scheduled, {}, "schedule was Schedule, is none"),
    "schedule by": (scheduled, lambda net: scheduled(net, by="batch"), "schedule.by was epoch, is batch"),
    "schedule factor": (
        scheduled, lambda net: scheduled(net, nn.step_decay(2, 0.5)), "factor after 2 steps was 0.1, is 0.5",
    ),
    "schedule kind": (scheduled, lambda net: scheduled(net, kind=nn.Halving), "schedule was Schedule, is Halving"),
    "halving": (
        lambda net: scheduled(net, kind=nn.Halving), lambda net: scheduled(net, kind=nn.Halving, patience=3),
        "schedule.patience was 10, is 3",
    ),
    "monitor of the best": (
        {"keep_best": True}, {"keep_best": True, "monitor": "accuracy"}, "monitor was 'cost', is 'accuracy'",
    ),
    "keep_best": ({}, {"keep_best": True}, "keep_best was False, is True"),
    "width": ({}, {"net": lambda: network(width=7)}, r"layers.0.W has shape \(6, 4\), needs \(7, 4\)"),
    "rate of Dropout": ({}, {"net": lambda: network(rate=0.3)}, r"net.layers.3 was Dropout\(rate=0.2\), is Dropout\(rate=0.3\)"),
    "another activation": (
        {}, {"net": lambda: nn.Sequential(*network().layers[:-1], nn.Tanh())}, r"net.layers.5 was Sigmoid\(\), is Tanh\(\)",
    ),
    "no Dropout": ({}, {"net": lambda: nn.MLP([4, 6, 3], seed=0)}, "random generators were at"),
    "frozen": ({}, {"net": frozen}, r"net.layers.1 was BatchNorm1d\(.*\), is BatchNorm1d\(.*\), in evaluation mode"),
}
# fmt: on


def given(change, **options):
    """A network and the arguments of a run, with a change."""
    net = network() if callable(change) else change.get("net", network)()
    change = change(net) if callable(change) else {k: v for k, v in change.items() if k != "net"}
    return net, {"optimizer": nn.Adam(net.parameters(), 0.01)} | change | options


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_run_that_would_not_go_on_as_it_was_is_refused_with_the_difference(name, tmp_path):
    before, after, message = DIFFERENCES[name]
    net, options = given(before, checkpoint=tmp_path / "run.npz", epochs=3)
    fitted(net, **options)
    net, options = given(after, checkpoint=tmp_path / "run.npz", resume=True)
    with pytest.raises(ValueError, match=f"run.npz: cannot go on .*{message}"):
        fitted(net, **options)


def test_all_differences_are_listed_with_the_way_out(tmp_path):
    file = tmp_path / "run.npz"
    fitted(checkpoint=file, epochs=2)
    net = network(rate=0.5)
    with pytest.raises(ValueError) as caught:
        fitted(
            net, (X[1:], Y[1:]), optimizer=nn.SGD(net.parameters(), 0.5, clip_norm=1.0), cost=nn.squared_error, batch_size=7,
            keep_best=True, validation=HELD_OUT, checkpoint=file, resume=True,
        )  # fmt: skip
    words = [
        "data",
        "validation",
        "cost",
        "batch_size",
        "optimizer",
        "optimizer.lr",
        "optimizer.clip_norm",
        "net.layers.3",
    ]
    assert all(f"{word} was " in str(caught.value) for word in [*words, "keep_best"])
    assert "resume with epochs=2, which loads all and trains nothing" in str(caught.value)


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


def test_a_patience_that_would_have_ended_the_run_before_is_refused(tmp_path):
    net = network()
    net.layers[1].eval()
    still = {"optimizer": nn.SGD(net.parameters(), 0.0), "checkpoint": tmp_path / "run.npz"}
    fitted(net, **still)
    with pytest.raises(ValueError, match="patience=2 would have ended the run after epoch 3, before this checkpoint"):
        fitted(net, patience=2, resume=True, **still)


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


# --- All or nothing ---------------------------------------------------------------------------------------------------


def rewritten(file, change):
    """The checkpoint with other contents."""
    with np.load(file) as entries:
        arrays = {name: entries[name] for name in entries.files}
    run = json.loads(str(arrays["run"]))
    change(run, arrays)
    np.savez(file, **arrays | {"run": np.array(json.dumps(run))})


# fmt: off
DAMAGES = {
    "a parameter": lambda run, arrays: arrays.pop("net/layers.4.W"),
    "a buffer": lambda run, arrays: arrays.update({"net/layers.1.mean": np.zeros(2)}),
    "an option": lambda run, arrays: run["options"].pop("eps"),
    "a state": lambda run, arrays: arrays.update({"state/5/m": np.zeros(9)}),
    "the schedule": lambda run, arrays: run["schedule"].pop("count"),
    "the order": lambda run, arrays: run["rng"].update({"bit_generator": "MT19937"}),
    "a generator": lambda run, arrays: run["generators"]["layers.3.rng"].update({"bit_generator": "MT19937"}),
    "no generator": lambda run, arrays: run["generators"].clear(),
    "the best": lambda run, arrays: arrays.update({"best/layers.0.W": np.zeros(2)}),
    "the history": lambda run, arrays: run["history"].pop("epochs"),
    "the costs": lambda run, arrays: arrays.pop("batch_costs"),
    "another run": lambda run, arrays: run["started"].update({"batch_size": 7}) or run["latest"].update({"batch_size": 7}),
    "the settings": lambda run, arrays: run.pop("latest"),
    "the format": lambda run, arrays: run.update({"format": 1}),
}
# fmt: on


def state(net, optimizer, schedule, order):
    """All that a run changes."""
    generators = [g.bit_generator.state for g in (order, net.layers[3].rng)]
    modes = [module.training for _, module in net.named_modules()]
    values = {name: value.tobytes() for name, value in net.state_dict().items()}
    return repr((values, optimizer.state_dict(), schedule.state_dict(), generators, modes))


@pytest.mark.parametrize("damage", [*DAMAGES, "cut off"])
def test_a_resume_that_fails_changes_nothing(damage, tmp_path):
    file = tmp_path / "run.npz"
    net = network()
    fitted(net, epochs=2, checkpoint=file, keep_best=True, **scheduled(net))
    if damage == "cut off":
        file.write_bytes(file.read_bytes()[:-100])
    else:
        rewritten(file, DAMAGES[damage])
    net, order = network(), np.random.default_rng(0)
    options = scheduled(net)
    before = state(net, *options.values(), order)
    with pytest.raises(ValueError, match=r"run.npz: cannot go on from this checkpoint"):
        fitted(net, seed=order, checkpoint=file, resume=True, keep_best=True, **options)
    assert state(net, *options.values(), order) == before


def test_a_checkpoint_of_the_format_before_is_refused_with_the_way_out(tmp_path):
    fitted(checkpoint=tmp_path / "run.npz", epochs=1)
    rewritten(tmp_path / "run.npz", DAMAGES["the format"])
    with pytest.raises(ValueError, match="format 1, of an earlier version; this one reads format 2: start anew"):
        fitted(checkpoint=tmp_path / "run.npz", resume=True)


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "run.npz"
    fitted(checkpoint=file, epochs=1)
    before = file.read_bytes()
    monkeypatch.setattr(checkpoints.np, "savez", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fitted(checkpoint=file, epochs=1)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]
