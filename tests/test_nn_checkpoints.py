"""A checkpoint of another run, or a damaged one, is refused with every difference, and nothing is changed."""

import json

import numpy as np
import pytest
from training_runs import HELD_OUT, X, Y, fitted, groups, network, scheduled

import nn
from nn import checkpoints

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
    "schedule rate": (scheduled, lambda net: scheduled(net, lr=0.02), r"schedule.rates was \[0.01\], is \[0.02\]"),
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


def test_a_patience_that_would_have_ended_the_run_before_is_refused(tmp_path):
    net = network()
    net.layers[1].eval()
    still = {"optimizer": nn.SGD(net.parameters(), 0.0), "checkpoint": tmp_path / "run.npz"}
    fitted(net, **still)
    with pytest.raises(ValueError, match="patience=2 would have ended the run after epoch 3, before this checkpoint"):
        fitted(net, patience=2, resume=True, **still)


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
    monkeypatch.setattr(checkpoints, "write_arrays", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fitted(checkpoint=file, epochs=1)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


UNWRITABLE = {
    "no such folder": (lambda folder: folder / "none" / "run.npz", FileNotFoundError),
    "a folder": (lambda folder: folder, IsADirectoryError),
    "a file as a folder": (lambda folder: folder / "a file" / "run.npz", FileNotFoundError),
    "a link into no folder": (lambda folder: folder / "a link", FileNotFoundError),
}


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("place", UNWRITABLE)
def test_a_checkpoint_that_cannot_be_written_is_refused_before_a_weight_moves(place, resume, tmp_path):
    (tmp_path / "a file").write_bytes(b"")
    (tmp_path / "a link").symlink_to(tmp_path / "none" / "run.npz")
    there = sorted(tmp_path.iterdir())
    where, error = UNWRITABLE[place]
    net = network()
    before = {name: value.tobytes() for name, value in net.state_dict().items()}
    with pytest.raises(error, match="checkpoint"):
        fitted(net, checkpoint=where(tmp_path), resume=resume)
    assert {name: value.tobytes() for name, value in net.state_dict().items()} == before
    assert sorted(tmp_path.iterdir()) == there
