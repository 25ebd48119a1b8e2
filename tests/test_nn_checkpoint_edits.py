"""A checkpoint that somebody edited is taken over whole, or refused with nothing changed; so is any other state."""

import copy
import io
import json
import warnings

import numpy as np
import pytest
from training_runs import HELD_OUT, fitted, groups, network

import nn
from nn.archives import read_arrays, write_arrays


def options(net):
    """All that a checkpoint can hold."""
    optimizer = nn.Adam(groups(net, lr=0.02), 0.01, clip_norm=1.0)
    return {
        "optimizer": optimizer, "schedule": nn.Halving(optimizer, patience=2), "keep_best": True, "patience": 9,
        "validation": HELD_OUT, "metrics": {"one": lambda a, y: 1.0}, "compiled": False, "progress": False, "epochs": 2,
    }  # fmt: skip


def bits(value):
    """All of a value, as something that can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {key: bits(part) for key, part in value.items() if key != "params"}
    if isinstance(value, list | tuple):
        return [bits(part) for part in value]
    return repr(value)


def everything(net, optimizer, schedule):
    of_schedule = {name: value for name, value in vars(schedule).items() if name != "optimizer"}
    return (
        bits(net.state_dict()),
        [module.training for _, module in net.named_modules()],
        bits({name: value for name, value in vars(optimizer).items() if name != "params"}),
        bits(of_schedule),
        repr(net.layers[3].rng.bit_generator.state),
    )


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The text and the arrays of one."""
    path = tmp_path_factory.mktemp("runs") / "run.npz"
    net = network()
    fitted(net, checkpoint=path, **options(net))
    arrays = read_arrays(path.read_bytes())
    return json.loads(str(arrays.pop("run"))), arrays


def outcome(path, run, arrays):
    """Whether a run took this checkpoint over. It is an error if one that did not changed anything."""
    file = io.BytesIO()
    write_arrays(file, {"run": np.array(json.dumps(run))} | arrays)
    path.write_bytes(file.getvalue())
    net = network()
    given = options(net)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = everything(net, given["optimizer"], given["schedule"])
        try:
            fitted(net, checkpoint=path, resume=True, **given)
        except ValueError as error:
            assert str(path) in str(error)
            assert everything(net, given["optimizer"], given["schedule"]) == before
            return "refused"
    return "taken over"


def places(value, at=()):
    """Where there is something in a JSON value: the way to it."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if not (isinstance(key, int) and key > 2):  # of long lists some
                yield (*at, key)
                yield from places(part, (*at, key))


def edited(run, at, put):
    run = copy.deepcopy(run)
    inside = run
    for key in at[:-1]:
        inside = inside[key]
    put(inside, at[-1])
    return run


def assign(value):
    return lambda inside, key: inside.__setitem__(key, value)


EDITS = {
    "left out": lambda inside, key: inside.__delitem__(key),
    "null": assign(None), "text": assign("text"), "negative": assign(-1), "large": assign(10**30), "NaN": assign(float("nan")),
    "true": assign(True), "list": assign([]), "object": assign({}), "lists": assign([[1, 2], [3]]),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_a_checkpoint_whose_text_was_edited_anywhere_is_taken_over_whole_or_not_at_all(checkpoint, tmp_path, edit):
    run, arrays = checkpoint
    found = [outcome(tmp_path / "run.npz", edited(run, at, EDITS[edit]), arrays) for at in places(run)]
    assert found.count("refused") > len(found) / 4  # settings stand in it twice, and one of these is enough


ARRAY_EDITS = {
    "another shape": lambda array: np.zeros((*array.shape, 2)),
    "complex": lambda array: array.astype(complex),
    "text": lambda array: np.full(array.shape, "text"),
    "dates": lambda array: np.zeros(array.shape, "M8[s]"),
    "one number": lambda array: np.array(1.5),
    "records": lambda array: np.zeros(array.shape, [("a", "f8"), ("b", "i4")]),
}


@pytest.mark.parametrize("edit", [*ARRAY_EDITS, "left out"])
def test_a_checkpoint_whose_arrays_were_edited_is_taken_over_whole_or_not_at_all(checkpoint, tmp_path, edit):
    run, arrays = checkpoint
    for name, array in arrays.items():
        if edit == "left out":
            other = {k: v for k, v in arrays.items() if k != name}
        else:
            other = arrays | {name: ARRAY_EDITS[edit](array)}
        fits = edit == "one number" and array.shape == ()
        assert outcome(tmp_path / "run.npz", run, other) == ("taken over" if fits else "refused"), name


def test_the_checkpoint_as_it_is_is_taken_over(checkpoint, tmp_path):
    assert outcome(tmp_path / "run.npz", *checkpoint) == "taken over"


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError], ids=lambda e: e.__name__)
@pytest.mark.parametrize("part", ["optimizer", "net", "schedule", "best"])
def test_taking_over_that_is_cut_off_changes_nothing(checkpoint, tmp_path, monkeypatch, part, error):
    run, arrays = checkpoint
    file = io.BytesIO()
    write_arrays(file, {"run": np.array(json.dumps(run))} | arrays)
    (tmp_path / "run.npz").write_bytes(file.getvalue())
    net = network()
    given = options(net)
    before = everything(net, given["optimizer"], given["schedule"])
    tried = []

    def cut(*_):
        tried.append(1)
        raise error

    whole = {"optimizer": nn.Adam, "net": nn.Module, "schedule": nn.Halving}
    if part == "best":
        monkeypatch.setattr("nn.stopping.Best.recall", lambda self, epochs: cut() if self.keep else None)
    else:
        load = whole[part].load_state_dict

        def second(self, state):
            """A first time on copies, to try it out."""
            if part == "net" or tried:
                cut()
            tried.append(1)
            load(self, state)

        monkeypatch.setattr(whole[part], "load_state_dict", second)
    with pytest.raises(error):
        fitted(net, checkpoint=tmp_path / "run.npz", resume=True, **given)
    assert tried and everything(net, given["optimizer"], given["schedule"]) == before


# --- States by themselves ---------------------------------------------------------------------------------------------

WRONG = {
    "None": None, "text": "text", "another shape": np.zeros((7, 7, 7)), "complex": np.zeros(3) * 1j,
    "a ragged list": [[1.0], [1.0, 2.0]], "an object": object(), "a dict": {"m": 1.0}, "too large": np.full((6, 4), 1e300),
}  # fmt: skip
LOADS = {
    "network": lambda net, optimizer: (net.state_dict(), net.load_state_dict),
    "single network": lambda net, optimizer: (net.state_dict(), net.load_state_dict),
    "optimizer": lambda net, optimizer: (optimizer.state_dict(), optimizer.load_state_dict),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("what", LOADS)
def test_a_state_with_one_wrong_entry_anywhere_changes_nothing(what, wrong):
    """Or it is taken over, as a number in the place of a number is."""
    dtype = np.float32 if what == "single network" else np.float64
    net = nn.MLP([4, 6, 3], seed=0, dtype=dtype)
    optimizer = nn.Adam(net.parameters(), 0.01)
    nn.fit(net, (np.ones((5, 4)), np.zeros((5, 3))), optimizer=optimizer, epochs=1, progress=False)
    state, load = LOADS[what](net, optimizer)
    refused = 0
    for at in places(state):
        before = bits(net.state_dict()), bits(optimizer.state_dict())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                load(edited(state, at, assign(WRONG[wrong])))
            except (ValueError, TypeError, RuntimeWarning):
                refused += 1
                assert (bits(net.state_dict()), bits(optimizer.state_dict())) == before
    assert refused > 0
