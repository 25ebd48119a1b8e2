"""Files of every layer, as .npz and as .safetensors."""

import builtins
import json

import numpy as np
import pytest

import nn

rng = np.random.default_rng(0)
IMAGES, SEQUENCES = rng.normal(size=(2, 1, 8, 8)), rng.normal(size=(2, 5, 6))
NETS = {
    "convolutional": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, (3, 1), stride=(1, 2), padding=1, seed=0), nn.BatchNorm2d(3), nn.LeakyReLU(0.3), nn.MaxPool((2, 1)),
            nn.Flatten(), nn.Dropout(0.3), nn.Linear(60, 4, seed=0, dtype=np.float32),
        ),
        IMAGES,
    ),
    "one-dimensional": (
        lambda: nn.Sequential(nn.Reshape(4, 16), nn.Conv1d(4, 2, 3, dilation=2, seed=0), nn.AvgPool(2), nn.GELU("tanh")),
        IMAGES,
    ),
    "recurrent": (lambda: nn.Sequential(nn.LSTM(6, 4, seed=0), nn.GRU(4, 3, last=True, seed=1), nn.Softmax()), SEQUENCES),
    "attention": (
        lambda: nn.Sequential(
            nn.Residual(nn.LayerNorm(6), nn.MultiHeadAttention(6, 2, causal=True, seed=0)), nn.BatchNorm1d(5), nn.ELU(0.5)
        ),
        SEQUENCES,
    ),
    "symbols": (lambda: nn.Sequential(nn.Embedding(5, 3, seed=0), nn.RNN(3, 2, seed=0)), np.array([[0, 4], [2, 2]])),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("name", NETS)
def test_a_network_comes_back_to_the_last_bit(name, suffix, tmp_path):
    if suffix == "safetensors":
        pytest.importorskip("safetensors", reason="safetensors is not installed")
    make, x = NETS[name]
    net = make()
    net(x)  # moves the running statistics
    file = tmp_path / f"net.{suffix}"
    nn.save(net, file)
    again = nn.load(file)
    assert repr(again) == repr(net) and again.state_dict().keys() == net.state_dict().keys()
    for key, value in net.state_dict().items():
        assert np.array_equal(again.state_dict()[key], value) and again.state_dict()[key].dtype == value.dtype
    assert np.array_equal(again.eval()(x).numpy(), net.eval()(x).numpy())


def test_the_file_is_one_that_safetensors_reads(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    net = nn.MLP([3, 2], seed=0)
    nn.save(net, tmp_path / "net.safetensors")
    arrays = safetensors.load_file(tmp_path / "net.safetensors")
    assert np.array_equal(arrays["layers.0.W"], net.parameters()[0].data)


@pytest.mark.parametrize("keep", [0, 7, 40, -1], ids=lambda n: f"cut at {n}")
def test_a_file_cut_off_is_refused(keep, tmp_path):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    file = tmp_path / "net.safetensors"
    nn.save(nn.MLP([3, 2], seed=0), file)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"net\.safetensors: cannot be read as a network"):
        nn.load(file)


def test_a_file_that_does_not_fit_its_architecture_lists_every_mismatch(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    spec = {"kind": "Sequential", "layers": [{"kind": "LSTM", "config": {"n_in": 2, "n_hidden": 1}}]}
    arrays = {"layers.0.cell.W_x": np.ones((4, 3)), "layers.0.cell.b_x": np.ones(4), "other": np.ones(1)}
    safetensors.save_file(
        arrays, tmp_path / "net.safetensors", {"architecture": json.dumps({"format": 1, "module": spec})}
    )
    with pytest.raises(ValueError) as caught:
        nn.load(tmp_path / "net.safetensors")
    wanted = ["W_h is missing", "b_h is missing", "W_x has shape (4, 3), needs (4, 2)", "other is not among"]
    assert all(part in str(caught.value) for part in wanted)


def test_a_save_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    module = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    file = tmp_path / "net.safetensors"
    nn.save(nn.MLP([3, 2], seed=0), file)
    before = file.read_bytes()
    monkeypatch.setattr(module, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        nn.save(nn.MLP([3, 2], seed=1), file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("call", [lambda p: nn.save(nn.MLP([3, 2]), p), nn.load], ids=["save", "load"])
def test_without_the_package_the_error_names_it_and_the_way_out(call, tmp_path, monkeypatch):
    def without(name, *args, **keywords):
        if name.startswith("safetensors"):
            raise ImportError(name)
        return imported(name, *args, **keywords)

    imported = builtins.__import__
    (tmp_path / "net.safetensors").write_bytes(b"")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install safetensors, or save as \.npz"):
        call(tmp_path / "net.safetensors")
