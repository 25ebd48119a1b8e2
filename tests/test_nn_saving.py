"""Models as files: what is saved comes back to the last bit, and nothing else comes in."""

import io
import json
import zipfile

import numpy as np
import pytest

import nn
from nn import saving

X = np.random.default_rng(0).random((5, 3))

# fmt: off
NETWORKS = {
    "mlp": lambda: nn.MLP([3, 4, 2], seed=0),
    "float32": lambda: nn.MLP([3, 4, 2], seed=0, dtype=np.float32),
    "activations": lambda: nn.MLP([3, 4, 4, 4, 2], activation=["tanh", "relu", "softplus"], output="identity", seed=0),
    "sequential": lambda: nn.Sequential(nn.Linear(3, 4, name="encoder"), nn.Sequential(nn.Tanh(), nn.Linear(4, 2))),
    "layer": lambda: nn.Linear(3, 2, seed=0),
    "without biases": lambda: nn.Sequential(nn.Linear(3, 4, bias=False, seed=0), nn.Tanh(), nn.Linear(4, 2, bias=False, seed=1)),
    "without scales": lambda: nn.Sequential(
        nn.BatchNorm1d(3, affine=False), nn.LayerNorm(3, elementwise_affine=False), nn.Linear(3, 2, seed=1),
    ),
    "convolution without biases": lambda: nn.Sequential(nn.Reshape(1, 3), nn.Conv1d(1, 2, 2, bias=False, seed=0)),
    "recurrent layers": lambda: nn.Sequential(
        nn.Reshape(3, 1), nn.LSTM(1, 2, num_layers=2, bidirectional=True, seed=0), nn.GRU(4, 2, bias=False, last=True, seed=1),
    ),
    "attention without biases": lambda: nn.Sequential(nn.Reshape(1, 3), nn.MultiHeadAttention(3, 1, bias=False, seed=0)),
}
# fmt: on


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_loaded_network_is_the_saved_one_to_the_last_bit(path, name):
    net = NETWORKS[name]()
    nn.save(net, path)
    loaded = nn.load(path)
    assert type(loaded) is type(net)
    assert repr(loaded) == repr(net)
    assert np.array_equal(loaded(X).numpy(), net(X).numpy())
    assert loaded(X).dtype == net(X).dtype
    for (key, p), (other, q) in zip(net.named_parameters(), loaded.named_parameters(), strict=True):
        assert (key, p.name, p.scope, p.dtype) == (other, q.name, q.scope, q.dtype)
        assert np.array_equal(p.numpy(), q.numpy())


def test_symbols_with_padding_come_back(path):
    layer = nn.Embedding(4, 2, padding_idx=-1, seed=0)
    nn.save(layer, path)
    loaded = nn.load(path)
    assert repr(loaded) == repr(layer) == "Embedding(4, 2, padding_idx=3)"
    assert np.array_equal(loaded([0, 3]).numpy(), layer([0, 3]).numpy()) and np.all(loaded([3]).numpy() == 0)


def test_a_loaded_network_can_go_on_learning(path):
    nn.save(nn.MLP([3, 2], seed=0), path)
    net = nn.load(path)
    nn.quadratic_cost(net(X), np.zeros((5, 2))).backward()
    nn.SGD(net.parameters(), 0.1).step()
    assert not np.array_equal(net.parameters()[0].numpy(), nn.MLP([3, 2], seed=0).parameters()[0].numpy())


def test_the_file_holds_plain_arrays_and_json_text(path):
    nn.save(nn.MLP([3, 2], seed=0), path)
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file.files) == ["architecture", "layers.0.W", "layers.0.b"]
        assert json.loads(str(file["architecture"]))["module"]["kind"] == "MLP"


def test_the_path_is_taken_as_it_is(tmp_path):
    nn.save(nn.MLP([3, 2]), tmp_path / "model")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]
    nn.load(str(tmp_path / "model"))


class Custom(nn.Module):
    """Not known to nn.load."""


tied = nn.Linear(3, 3)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Custom(), "not Custom"),
        (nn.MLP([3, 2], output=Custom), "not Custom"),
        (nn.Sequential(tied, tied), "used twice"),
    ],
    ids=["own", "own inside", "shared"],
)
def test_what_cannot_come_back_is_not_saved(path, module, message):
    with pytest.raises(TypeError, match=message):
        nn.save(module, path)
    assert not path.exists()


def test_a_failed_save_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    nn.save(nn.MLP([3, 2], seed=0), path)
    before = path.read_bytes()

    def full(file, arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("nn.saving.write_arrays", full)
    with pytest.raises(OSError, match="disk full"):
        nn.save(nn.MLP([3, 2], seed=1), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


# --- Damaged files ----------------------------------------------------------------------------------------------------


def spec(**changes):
    layers = [{"kind": "Linear", "n_in": 3, "n_out": 2}, {"kind": "sigmoid"}]
    return {"format": 1, "module": {"kind": "MLP", "layers": layers} | changes}


def npz(architecture, savez=np.savez, **arrays):
    arrays = {"layers.0.W": np.ones((2, 3)), "layers.0.b": np.ones(2)} | arrays
    buffer = io.BytesIO()
    savez(buffer, architecture=np.array(architecture), **{k: a for k, a in arrays.items() if a is not None})
    return buffer.getvalue()


GOOD = npz(json.dumps(spec()))
NESTED = '{"kind": "Sequential", "layers": [' * 3000 + '{"kind": "tanh"}' + "]}" * 3000
with_pickle = io.BytesIO()
np.savez(with_pickle, architecture=np.array(json.dumps(spec()), dtype=object))

DAMAGED = {
    "empty": (b"", "not a zip file"),
    "text": (b"hello", "not a zip file"),
    "cut": (GOOD[: len(GOOD) // 2], "not a zip file"),
    "a flipped bit": (GOOD[:200] + bytes([GOOD[200] ^ 1]) + GOOD[201:], "."),
    "compressed": (npz(json.dumps(spec()), savez=np.savez_compressed), "compressed"),
    "pickled": (with_pickle.getvalue(), "allow_pickle=False"),
    "no architecture": (npz("{}").replace(b"architecture.npy", b"architectura.npy"), "'architecture' is missing"),
    "no JSON": (npz("{"), "Expecting"),
    "no format": (npz("{}"), "'format' is missing"),
    "later format": (npz(json.dumps(spec() | {"format": 2})), "format 2"),
    "unknown layer": (npz(json.dumps(spec(kind="Transformer"))), "unknown kind 'Transformer'"),
    "no layers": (npz(json.dumps(spec(layers=[]))), "at least one module"),
    "too deep": (npz(f'{{"format": 1, "module": {NESTED}}}'), "recursion"),
    "missing array": (npz(json.dumps(spec()), **{"layers.0.b": None}), "layers.0.b"),
    "another array": (npz(json.dumps(spec()), more=np.ones(1)), "more is not among the parameters"),
    "another shape": (
        npz(json.dumps(spec()), **{"layers.0.W": np.ones((3, 2))}),
        r"W has shape \(3, 2\), needs \(2, 3\)",
    ),
    "absurd size": (npz(json.dumps(spec(layers=[{"kind": "Linear", "n_in": 10**9, "n_out": 10**9}]))), "1000000000"),
    "integers": (npz(json.dumps(spec()), **{"layers.0.W": np.ones((2, 3), int)}), "dtype int64, needs a floating one"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_one_clear_value_error(path, damage):
    content, message = DAMAGED[damage]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        nn.load(path)
    assert str(error.value).startswith(f"{path}: cannot be read as a network that nn.save wrote (")
    assert "\n" not in str(error.value)


def test_the_undamaged_file_of_these_cases_is_read(path):
    path.write_bytes(GOOD)
    assert nn.load(path).sizes == [3, 2]
    assert zipfile.is_zipfile(path)


MIXED = nn.Sequential(
    nn.Linear(3, 4, seed=0), nn.BatchNorm1d(4), nn.Residual(nn.Linear(4, 4, seed=1)), nn.Linear(4, 2, seed=2)
)
MISMATCHES = {
    "layers.0.W": (np.ones((4, 2)), "layers.0.W has shape (4, 2), needs (4, 3)"),
    "layers.0.b": (None, "layers.0.b is missing"),
    "layers.1.gamma": (np.ones(4, np.float32), "layers.1.gamma has dtype float32, needs float64"),
    "layers.1.mean": (
        np.ones(5, int),
        "layers.1.mean has shape (5,), needs (4,); layers.1.mean has dtype int64, needs float64",
    ),
    "layers.2.inside.layers.0.W": (None, "layers.2.inside.layers.0.W is missing"),
    "layers.3.b": (np.ones(2, int), "layers.3.b has dtype int64, needs a floating one"),
    "layers.4.W": (np.ones(1), "layers.4.W is not among the parameters"),
}


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_every_mismatch_of_a_file_is_listed_and_nothing_else(suffix, tmp_path):
    arrays = MIXED.state_dict()
    for name, (array, _) in MISMATCHES.items():
        arrays.pop(name, None)
        if array is not None:
            arrays[name] = array
    file = tmp_path / f"net.{suffix}"
    architecture = json.dumps({"format": 1, "module": saving._spec(MIXED)})
    if suffix == "npz":
        np.savez(file, architecture=np.array(architecture), **arrays)
    else:
        tensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
        tensors.save_file(arrays, file, {"architecture": architecture})
    with pytest.raises(ValueError) as caught:
        nn.load(file)
    listed = str(caught.value).partition("(")[2][:-1].split("; ")
    assert sorted(listed) == sorted("; ".join(message for _, message in MISMATCHES.values()).split("; "))


def test_a_missing_file_is_an_os_error(path):
    with pytest.raises(FileNotFoundError):
        nn.load(path)
