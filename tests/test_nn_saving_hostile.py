"""Files that are damaged, or made to harm, are refused before memory or time is spent; whatever loads is what was saved."""

import io
import json
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress
from importlib.util import find_spec

import numpy as np
import pytest

import nn
from nn.archives import read_arrays, write_arrays
from nn.saving import _LAYERS

with_safetensors = pytest.mark.skipif(
    find_spec("safetensors") is None, reason="needs the package safetensors: pip install '.[safetensors]'"
)
FORMATS = ["npz", pytest.param("safetensors", marks=with_safetensors)]


def same(one, other):
    a, b = one.state_dict(), other.state_dict()
    return (
        repr(one) == repr(other)
        and a.keys() == b.keys()
        and all(a[name].tobytes() == b[name].tobytes() and a[name].dtype == b[name].dtype for name in a)
    )


@pytest.fixture(params=FORMATS)
def saved(request, tmp_path):
    """A small network and its file."""
    net = nn.Sequential(nn.Linear(1, 2, seed=0, name="in"), nn.BatchNorm1d(2, dtype=np.float32), nn.Tanh())
    path = tmp_path / f"net.{request.param}"
    nn.save(net, path)
    return net, path


@pytest.mark.parametrize("bit", range(0, 8, 3))
def test_a_file_with_one_bit_turned_gives_an_error_or_the_same_network(saved, bit):
    net, path = saved
    content = path.read_bytes()
    refused = 0
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 1 << bit]) + content[i + 1 :])
        try:
            assert same(nn.load(path), net), i
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused > len(content) / 4


def test_a_file_that_is_cut_off_anywhere_or_goes_on_is_refused(saved):
    net, path = saved
    content = path.read_bytes()
    for i in range(len(content)):
        path.write_bytes(content[:i])
        with pytest.raises(ValueError, match="cannot be read"):
            nn.load(path)
    path.write_bytes(content + b"more")
    with suppress(ValueError):
        assert same(nn.load(path), net)  # a zip may end with a comment


def test_a_file_is_read_by_what_it_holds_whatever_it_is_called(saved, tmp_path):
    net, path = saved
    for name in "other.npz", "other.safetensors", "other", "OTHER.SAFETENSORS":
        (tmp_path / name).write_bytes(path.read_bytes())
        assert same(nn.load(tmp_path / name), net)


def safetensors_of(arrays, about):
    from safetensors.numpy import save

    return save(arrays, about)


@with_safetensors
def test_a_changed_weight_in_a_safetensors_is_noticed_and_a_file_without_a_checksum_is_read(tmp_path):
    net, path = nn.MLP([3, 4, 2], seed=0), tmp_path / "net.safetensors"
    nn.save(net, path)
    arrays = net.state_dict()
    header = json.loads(path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")])
    about = json.loads(header["__metadata__"]["architecture"])
    changed = arrays | {"layers.0.W": arrays["layers.0.W"] + 1e-9}
    path.write_bytes(safetensors_of(changed, {"architecture": json.dumps(about)}))
    with pytest.raises(ValueError, match="checksum"):
        nn.load(path)
    del about["sha256"]
    path.write_bytes(safetensors_of(changed, {"architecture": json.dumps(about)}))
    np.testing.assert_array_equal(nn.load(path).state_dict()["layers.0.W"], changed["layers.0.W"])


def test_the_same_network_makes_the_same_bytes(saved, tmp_path):
    net, path = saved
    nn.save(net, tmp_path / f"again{path.suffix}")
    assert (tmp_path / f"again{path.suffix}").read_bytes() == path.read_bytes()


# --- Claims -----------------------------------------------------------------------------------------------------------


def npz(spec, **arrays):
    file = io.BytesIO()
    write_arrays(file, {"architecture": np.array(json.dumps({"format": 1, "module": spec}))} | arrays)
    return file.getvalue()


def refused_cheaply(path, content):
    """The reason, if no more than 40 MB and some seconds were spent for it."""
    path.write_bytes(content)
    tracemalloc.start()
    started = time.perf_counter()
    try:
        with pytest.raises(ValueError, match="cannot be read") as caught:
            nn.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6 + 50 * len(content) and time.perf_counter() - started < 20
    return str(caught.value)


MADE = {
    nn.Conv1d: (2, 3, 3), nn.Conv2d: (2, 3, 3), nn.BatchNorm1d: (4,), nn.BatchNorm2d: (4,), nn.LayerNorm: (4,),
    nn.Embedding: (5, 3), nn.RNN: (2, 3), nn.GRU: (2, 3), nn.LSTM: (2, 3), nn.RNNCell: (2, 3), nn.GRUCell: (2, 3),
    nn.LSTMCell: (2, 3), nn.MultiHeadAttention: (4, 2),
}  # fmt: skip


WITHOUT_PARAMETERS = (
    nn.Dropout,
    nn.AvgPool,
    nn.MaxPool,
    nn.Flatten,
    nn.Reshape,
    nn.layers.Activation,
    nn.layers.Convolution,
)


def test_every_layer_that_can_be_saved_and_has_parameters_is_made_here():
    others = {kind for kind in _LAYERS.values() if not issubclass(kind, WITHOUT_PARAMETERS)}
    assert others == MADE.keys() - {nn.Conv1d, nn.Conv2d}  # of which Convolution is the common part


def numbers_in(config, path=()):
    """Where whole numbers stand in a config."""
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        if isinstance(value, int) and not isinstance(value, bool):
            yield (*path, key)
        elif isinstance(value, dict | list | tuple):
            yield from numbers_in(value, (*path, key))


def with_number(config, path, number):
    changed = json.loads(json.dumps(config))
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = number
    return changed


@pytest.mark.parametrize("number", [9_000, 10**9, 2**63, 10**30, -1, 0])
@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_sizes_that_a_file_only_claims_cost_nothing(tmp_path, kind, number):
    layer = kind(*MADE[kind])
    for path in numbers_in(layer.config):
        spec = {"kind": kind.__name__, "config": with_number(layer.config, path, number)}
        for arrays in ({}, layer.state_dict()):
            if spec["config"] != json.loads(json.dumps(layer.config)):
                try:
                    refused_cheaply(tmp_path / "net.npz", npz(spec, **arrays))
                except pytest.fail.Exception:  # a stride or a padding may be any number
                    assert same_shapes(nn.load(tmp_path / "net.npz"), layer)


def same_shapes(one, other):
    return [a.shape for a in one.state_dict().values()] == [a.shape for a in other.state_dict().values()]


def lied(shape, dtype="<f8", payload=b""):
    """An .npy whose header says more than there is."""
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape!r}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + payload


def zipped(entries, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def overlapping(n):
    """A zip with many names for one entry, each as long as the file."""
    content = zipped({"a.npy": lied((100_000,), payload=bytes(800_000))})
    end = content.rindex(b"PK\x05\x06")
    start = content.rindex(b"PK\x01\x02")
    entry = content[start:end]
    offset = 46  # of the name in an entry of the list
    entries = b"".join(entry[:offset] + f"{i:05d}"[-5:].encode() + entry[offset + 5 :] for i in range(n))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n, n, len(entries), start, 0)
    return content[:start] + entries + tail


LINEAR = {"kind": "Linear", "n_in": 3, "n_out": 2}
BOMBS = {
    "an array that claims a terabyte": zipped({"architecture.npy": lied((), "<U20", b""), "a.npy": lied((2**37,))}),
    "a text that claims a terabyte": zipped({"architecture.npy": lied((), "<U250000000000")}),
    "a negative size": zipped({"architecture.npy": lied((-1,))}),
    "a record as long as memory": zipped({"architecture.npy": lied((1,), "|V2000000000")}),
    "Python objects": zipped({"architecture.npy": lied((1,), "|O", b"cos\nsystem\n(S'true'\ntR.")}),
    "a header as long as the file": zipped({"architecture.npy": lied((), "<U" + "1" * 9000)}),
    "compressed zeros": zipped({"architecture.npy": bytes(10_000_000)}, compression=zipfile.ZIP_DEFLATED),
    "one entry many times": overlapping(1000),
    "an entry that is empty": zipped({"architecture.npy": b""}),
    "many numbers in one name": npz(LINEAR | {"name": ["x"] * 10_000}),
    "a dtype as long as memory": npz(
        {"kind": "BatchNorm1d", "config": {"n": 1000, "eps": 1e-5, "momentum": 0.1, "dtype": "V1000000"}}
    ),
    "a dtype of objects": npz({"kind": "LayerNorm", "config": {"shape": [10], "eps": 1e-5, "dtype": "O"}}),
    "sizes that multiply": npz({"kind": "LayerNorm", "config": {"shape": [10**6] * 8, "eps": 1e-5, "dtype": "float64"}}),
    "many layers that are small": npz(
        {"kind": "Sequential", "layers": [
            {"kind": "LSTM", "config": {"n_in": 300, "n_hidden": 300, "dtype": "float64", "last": False}}] * 2000}
    ),
    "layers in layers": npz(json.loads('{"kind": "Sequential", "layers": [' * 300 + "]}" * 300)),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_claims_more_than_it_holds_is_refused_cheaply(tmp_path, bomb):
    refused_cheaply(tmp_path / "net.npz", BOMBS[bomb])


LSTM = {"kind": "LSTM", "config": {"n_in": 9000, "n_hidden": 9000, "dtype": "float64", "last": False}}


def test_an_lstm_of_9000_units_in_700_bytes_is_refused_by_its_size(tmp_path):
    assert "shape (9000, 9000)" in refused_cheaply(tmp_path / "net.npz", npz(LSTM))


@with_safetensors
def test_so_it_is_in_a_safetensors(tmp_path):
    content = safetensors_of({"a": np.ones(1)}, {"architecture": json.dumps({"format": 1, "module": LSTM})})
    assert "shape (9000, 9000)" in refused_cheaply(tmp_path / "net.safetensors", content)


# --- Other archives ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("net", [nn.MLP([3, 2], seed=0), nn.Sequential(nn.LSTM(2, 3, seed=0))], ids=["MLP", "LSTM"])
def test_files_that_numpy_2_0_wrote_with_a_stray_argument_are_read(tmp_path, net):
    nn.save(net, tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as entries:
        arrays = {name: entries[name] for name in entries.files}
    buffer = io.BytesIO()
    write_arrays(buffer, {"allow_pickle": np.array(False)} | arrays)
    (tmp_path / "net.npz").write_bytes(buffer.getvalue())
    assert same(nn.load(tmp_path / "net.npz"), net)


NAMES = [
    "W",
    "file",
    "a/b",
    "a\\b",
    "a\x00b",
    "100%",
    "%41",
    "\ud800",
    "σ²",
    "",
    ".npy",
    "\n",
    "allow_pickle",
    "x" * 3000,
]


def test_any_text_is_the_name_of_an_array():
    arrays = {name: np.full(2, i, float) for i, name in enumerate(NAMES)}
    file = io.BytesIO()
    write_arrays(file, arrays)
    found = read_arrays(file.getvalue())
    assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in arrays.items()}


ARRAYS = {
    "0-d": np.array(1.5), "empty": np.zeros((0, 3)), "Fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "transposed": np.arange(6.0).reshape(2, 3).T, "backwards": np.arange(6.0)[::-1], "big-endian": np.arange(3, dtype=">f4"),
    "half": np.arange(3, dtype=np.float16), "integers": np.arange(3), "truth": np.array([True, False]), "text": np.array("σ²"),
    "not finite": np.array([np.nan, -np.inf, -0.0]),
}  # fmt: skip


def test_an_archive_is_what_numpy_reads_and_gives_back_every_array():
    file = io.BytesIO()
    write_arrays(file, ARRAYS)
    with np.load(io.BytesIO(file.getvalue())) as entries:
        by_numpy = {name: entries[name] for name in entries.files}
    for found in (by_numpy, read_arrays(file.getvalue())):
        assert found.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
            assert found[name].tobytes() == array.tobytes()


def test_making_a_layer_for_values_from_a_file_leaves_others_alone(tmp_path):
    """What is drawn while one is loaded, or after an error, is drawn as ever."""
    before = nn.LSTM(2, 3, seed=0).state_dict()
    (tmp_path / "net.npz").write_bytes(npz({"kind": "LSTM", "config": {"n_in": 10**6, "n_hidden": 10**6}}))
    with pytest.raises(ValueError):
        nn.load(tmp_path / "net.npz")
    after = nn.LSTM(2, 3, seed=0).state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)
