"""The digits in the package and the MNIST loader: what they give, and what they say of damaged files."""

import ast
import gzip
import hashlib
import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn import datasets

MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist.npz"
needs_mnist = pytest.mark.skipif(not MNIST.exists(), reason=f"needs MNIST in {MNIST.parent.name}/{MNIST.name}")


# --- The digits in the package ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [8, 28])
def test_digits_are_rows_of_pixels_from_0_to_1_with_labels(size: int) -> None:
    digits = datasets.load_digits(size)
    assert (digits.x_train.shape, digits.x_test.shape) == ((1437, size**2), (360, size**2))
    assert (digits.y_train.shape, digits.y_test.shape, digits.size) == ((1437,), (360,), size)
    assert {x.dtype for x in (digits.x_train, digits.x_test)} == {np.dtype(np.float64)}
    assert {y.dtype for y in (digits.y_train, digits.y_test)} == {np.dtype(np.int64)}
    pixels = np.concatenate([digits.x_train, digits.x_test])
    assert (pixels.min(), pixels.max()) == (0, 1)


def test_digits_split_holds_every_image_once_and_each_digit_in_the_same_proportion() -> None:
    digits = datasets.load_digits(8)
    together = np.concatenate([digits.x_train, digits.x_test])
    with np.load(Path(datasets.__file__).parent / "data" / "digits.npz", allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"]
    assert sorted(map(bytes, (16 * together).astype(np.uint8))) == sorted(map(bytes, images))
    held_out, all_of_them = np.bincount(digits.y_test, minlength=10), np.bincount(labels, minlength=10)
    assert np.abs(held_out - all_of_them / 5).max() < 1


def test_no_held_out_image_is_among_those_to_train_on() -> None:
    digits = datasets.load_digits(8)
    assert not set(map(bytes, digits.x_train)) & set(map(bytes, digits.x_test))


def test_digits_are_the_same_on_every_call_and_for_both_sizes() -> None:
    first, again, small = datasets.load_digits(28), datasets.load_digits(28), datasets.load_digits(8)
    assert (first.x_train == again.x_train).all() and (first.x_test == again.x_test).all()
    assert (first.y_train == small.y_train).all() and (first.y_test == small.y_test).all()


def test_digits_of_28_pixels_are_the_same_bits_on_every_machine() -> None:
    digits = datasets.load_digits(28)
    counts = np.rint(1600 * np.concatenate([digits.x_train, digits.x_test])).astype("<u2")
    assert (counts / 1600 == np.concatenate([digits.x_train, digits.x_test])).all()
    assert (
        hashlib.sha256(counts.tobytes()).hexdigest()
        == "4c2ff96cf90c9c1718ade4e8340d9562b7a969bf2ebddaa509c0613c6e8ea266"
    )


def test_digits_of_28_pixels_lie_in_a_box_of_20_centred_by_mass() -> None:
    images = datasets.load_digits(28).x_train.reshape(-1, 28, 28)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        profile = images.sum(axis=axis)
        assert np.abs(profile @ np.arange(28) / mass - 14).max() <= 0.5
        first, last = (profile > 0).argmax(axis=1), 27 - (profile > 0)[:, ::-1].argmax(axis=1)
        assert (last - first + 1).max() <= 20


def test_digits_of_28_pixels_are_bilinear_between_the_pixels_of_the_8() -> None:
    small, large = datasets.load_digits(8).x_test[0].reshape(8, 8), datasets.load_digits(28).x_test[0].reshape(28, 28)

    def at(row: float, column: float) -> float:
        """Straight from the definition: the four neighbours, weighted by nearness, indices kept inside the image."""
        r, c = int(np.floor(row)), int(np.floor(column))
        return sum(
            (1 - abs(row - i)) * (1 - abs(column - j)) * small[np.clip(i, 0, 7), np.clip(j, 0, 7)]
            for i in (r, r + 1)
            for j in (c, c + 1)
        )

    scaled = np.array([[at((i + 0.5) * 0.4 - 0.5, (j + 0.5) * 0.4 - 0.5) for j in range(20)] for i in range(20)])
    places = [
        (i, j) for i in range(9) for j in range(9) if np.allclose(large[i : i + 20, j : j + 20], scaled, atol=1e-12)
    ]
    assert len(places) == 1
    assert large.sum() == pytest.approx(scaled.sum(), rel=1e-12)


@pytest.mark.parametrize("size", [0, 16, "8", None])
def test_another_size_is_a_value_error(size: Any) -> None:
    with pytest.raises(ValueError, match=f"size is {size!r}.* 8 .* 28"):
        datasets.load_digits(size)


def test_damaged_digits_in_the_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray((Path(datasets.__file__).parent / "data" / "digits.npz").read_bytes())
    content[20_000] ^= 1
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "digits.npz").write_bytes(content)
    monkeypatch.setattr(datasets.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=r"digits\.npz is damaged.*install the package again"):
        datasets.load_digits()


def test_the_attribution_lies_beside_the_digits() -> None:
    notice = (Path(datasets.__file__).parent / "data" / "NOTICE").read_text(encoding="utf-8")
    assert all(words in notice for words in ["Alpaydin", "Kaynak", "UCI", "creativecommons.org/licenses/by/4.0"])


# --- Targets ----------------------------------------------------------------------------------------------------------


def test_train_and_test_pair_the_inputs_with_one_hot_targets() -> None:
    digits = datasets.load_digits(8)
    for (x, targets), inputs, labels in [
        (digits.train, digits.x_train, digits.y_train),
        (digits.test, digits.x_test, digits.y_test),
    ]:
        assert x is inputs
        assert (targets.argmax(axis=1) == labels).all() and (np.sort(targets, axis=1) == [0] * 9 + [1]).all()


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([2, 0], [[0, 0, 1], [1, 0, 0]]),
        (np.array([1], dtype=np.uint8), [[0, 1, 0]]),
        (np.array([1], dtype=np.uint64), [[0, 1, 0]]),
        (2, [0, 0, 1]),
    ],
)
def test_one_hot(labels: Any, rows: list) -> None:
    assert datasets.one_hot(labels, 3).tolist() == rows


@pytest.mark.parametrize("labels", [[3], [0, -1], 5])
def test_one_hot_refuses_labels_that_are_no_class(labels: Any) -> None:
    with pytest.raises(ValueError, match=r"label (3|-1|5) is not one of the 3 classes 0 to 2"):
        datasets.one_hot(labels, 3)


@pytest.mark.parametrize("labels", [[1.0], [True], ["1"]])
def test_one_hot_refuses_labels_that_are_no_integers(labels: Any) -> None:
    with pytest.raises(TypeError, match="needs integers"):
        datasets.one_hot(labels, 3)


# --- MNIST, in a miniature of the same make ---------------------------------------------------------------------------

RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, size=(6, 28, 28), dtype=np.uint8),
    "y_train": RNG.integers(0, 10, size=6, dtype=np.uint8),
    "x_test": RNG.integers(0, 256, size=(2, 28, 28), dtype=np.uint8),
    "y_test": RNG.integers(0, 10, size=2, dtype=np.uint8),
}
FILES = dict(zip(ARRAYS, [part.file for part in datasets._MNIST], strict=True))


def idx(array: np.ndarray) -> bytes:
    magic = {3: 2051, 1: 2049}[array.ndim]
    return struct.pack(f">i{array.ndim}i", magic, *array.shape) + array.tobytes()


@pytest.fixture
def miniature(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [
        datasets._Part(key, FILES[key], array.shape, hashlib.sha256(idx(array)).hexdigest())
        for key, array in ARRAYS.items()
    ]
    monkeypatch.setattr(datasets, "_MNIST", tuple(parts))


def write_plain(folder: Path, **other: bytes) -> Path:
    for key, array in ARRAYS.items():
        (folder / FILES[key]).write_bytes(other.get(key, idx(array)))
    return folder


def write_gz(folder: Path, **other: bytes) -> Path:
    for key, array in ARRAYS.items():
        (folder / f"{FILES[key]}.gz").write_bytes(other.get(key, gzip.compress(idx(array))))
    return folder


def write_npz(folder: Path, **other: Any) -> Path:
    np.savez_compressed(folder / "mnist.npz", **{**ARRAYS, **other})
    return folder / "mnist.npz"


def write_bytes(folder: Path, content: bytes) -> Path:
    (folder / "mnist.npz").write_bytes(content)
    return folder / "mnist.npz"


def npz_bytes() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **ARRAYS)
    return stream.getvalue()


def zip_of_npy(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", content)
    return stream.getvalue()


def with_dots(write: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """The names that some tools give the files: train-images.idx3-ubyte."""

    def written(folder: Path) -> Path:
        for file in write(folder).iterdir():
            file.rename(file.with_name(file.name.replace("-idx", ".idx")))
        return folder

    return written


@pytest.mark.usefixtures("miniature")
@pytest.mark.parametrize("write", [write_plain, write_gz, write_npz, with_dots(write_plain), with_dots(write_gz)])
def test_mnist_is_the_same_from_every_kind_of_file(write: Callable[[Path], Path], tmp_path: Path) -> None:
    digits = datasets.load_mnist(write(tmp_path))
    assert (digits.x_train == ARRAYS["x_train"].reshape(6, 784) / 255).all()
    assert (digits.x_test == ARRAYS["x_test"].reshape(2, 784) / 255).all()
    assert (digits.y_train == ARRAYS["y_train"]).all() and (digits.y_test == ARRAYS["y_test"]).all()
    assert (digits.x_train.dtype, digits.y_train.dtype, digits.size) == (np.float64, np.int64, 28)


@pytest.mark.usefixtures("miniature")
def test_without_a_path_the_environment_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_DATA", str(write_gz(tmp_path)))
    assert (datasets.load_mnist().y_test == ARRAYS["y_test"]).all()


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_path_anywhere_the_error_says_what_to_put_where(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRAD_LITE_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("AUTOGRAD_LITE_DATA", value)
    with pytest.raises(FileNotFoundError, match=r"AUTOGRAD_LITE_DATA.*x_train.*train-images-idx3-ubyte.*\.gz"):
        datasets.load_mnist()


IMAGES, LABELS = ARRAYS["x_train"], ARRAYS["y_train"]
changed = IMAGES.copy()
changed[0, 0, 0] ^= 1

DAMAGE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "idx cut off": (lambda d: write_plain(d, x_train=idx(IMAGES)[:-1]), "images-idx3-ubyte: holds 4,719 .*needs 4,720"),
    "idx too long": (lambda d: write_plain(d, x_train=idx(IMAGES) + b"0"), "holds more than 4,720 bytes"),
    "idx empty": (lambda d: write_plain(d, x_train=b""), "IDX header is empty, needs 00000803"),
    "idx of labels for images": (lambda d: write_plain(d, x_train=idx(LABELS)), "header is 00000801 .*needs 00000803"),
    "idx of the test set": (lambda d: write_plain(d, x_train=idx(ARRAYS["x_test"])), r"00000002 .*shape \(6, 28, 28\)"),
    "idx of another number type": (
        lambda d: write_plain(d, x_train=idx(IMAGES).replace(b"\x08", b"\x0d", 1)),
        "header is 00000d03",
    ),
    "idx with a pixel changed": (
        lambda d: write_plain(d, x_train=idx(changed)),
        "SHA-256 as IDX is .*get the file again",
    ),
    "idx with labels changed": (
        lambda d: write_plain(d, y_train=idx(LABELS[::-1])),
        "train-labels-idx1-ubyte .*SHA-256",
    ),
    "gzip cut off": (lambda d: write_gz(d, x_train=gzip.compress(idx(IMAGES))[:-20]), r"ubyte\.gz: cannot be read"),
    "gzip with a bad check sum": (
        lambda d: write_gz(d, x_train=gzip.compress(idx(IMAGES))[:-8] + bytes(8)),
        r"ubyte\.gz: cannot be read",
    ),
    "gzip that is none": (lambda d: write_gz(d, x_train=idx(IMAGES)), r"ubyte\.gz: cannot be read .*[Nn]ot a gzipped"),
    "gzip with a pixel changed": (lambda d: write_gz(d, x_train=gzip.compress(idx(changed))), "SHA-256 as IDX"),
    "npz with a pixel changed": (lambda d: write_npz(d, x_train=changed), r"mnist\.npz: x_train .*SHA-256"),
    "npz with labels changed": (lambda d: write_npz(d, y_train=LABELS[::-1]), r"mnist\.npz: y_train .*SHA-256"),
    "npz of another shape": (
        lambda d: write_npz(d, x_train=IMAGES.reshape(6, 784)),
        r"x_train is uint8 \(6, 784\), needs uint8 \(6, 28, 28\)",
    ),
    "npz of another number type": (
        lambda d: write_npz(d, x_train=IMAGES.astype(np.int64)),
        r"x_train is int64 .*needs uint8",
    ),
    "npz with a pickled array": (
        lambda d: write_npz(d, x_train=np.array([IMAGES, None], dtype=object)),
        "cannot be read as an .npz without pickled objects",
    ),
    "npz far too large": (lambda d: write_npz(d, x_train=np.zeros(10**6, np.uint8)), "would take 1,000,128 bytes"),
    "npz whose header promises more": (
        lambda d: write_bytes(d, zip_of_npy(npy_header((10**15,)) + b"0")),
        "cannot be read as an .npz",
    ),
    "npz cut off": (lambda d: write_bytes(d, npz_bytes()[:-200]), "cannot be read as an .npz"),
    "npz with a hole": (
        lambda d: write_bytes(d, npz_bytes()[:2000] + bytes(100) + npz_bytes()[2100:]),
        "cannot be read as an .npz",
    ),
    "npz empty": (lambda d: write_bytes(d, b""), "cannot be read as an .npz"),
    "npz that is a pickle": (lambda d: write_bytes(d, pickle.dumps(ARRAYS)), "cannot be read as an .npz"),
    "npz that is an idx file": (lambda d: write_plain(d) / FILES["x_train"], "cannot be read as an .npz.*or a folder"),
    "npz without a key": (
        lambda d: write_bytes(d, zip_of_npy(npy_header(IMAGES.shape) + IMAGES.tobytes())),
        r"mnist\.npz: holds no array y_train; give an .npz with the arrays x_train, y_train",
    ),
}


def npy_header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.usefixtures("miniature")
@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_file_is_a_value_error_of_one_line_that_names_it(case: str, tmp_path: Path) -> None:
    write, message = DAMAGE[case]
    path = write(tmp_path)
    with pytest.raises(ValueError, match=message) as raised:
        datasets.load_mnist(path)
    assert str(raised.value).startswith(str(tmp_path)) and "\n" not in str(raised.value)


@pytest.mark.usefixtures("miniature")
def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return (Path.touch, (tmp_path / "exploded",))  # type: ignore[return-value]

    with pytest.raises(ValueError, match="without pickled objects"):
        datasets.load_mnist(write_npz(tmp_path, x_train=np.array([Bomb()], dtype=object)))
    assert not (tmp_path / "exploded").exists()


@pytest.mark.usefixtures("miniature")
@pytest.mark.parametrize("key", ARRAYS)
def test_a_missing_idx_file_is_named_with_its_folder(key: str, tmp_path: Path) -> None:
    (write_plain(tmp_path) / FILES[key]).unlink()
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}: holds neither {FILES[key]} nor {FILES[key]}.gz"):
        datasets.load_mnist(tmp_path)


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"{tmp_path / 'nowhere'}: no such file or folder; give an .npz"):
        datasets.load_mnist(tmp_path / "nowhere")


# --- MNIST itself -----------------------------------------------------------------------------------------------------


@needs_mnist
def test_mnist_is_what_its_readers_report_of_it() -> None:
    mnist = datasets.load_mnist(MNIST)
    assert (mnist.x_train.shape, mnist.x_test.shape) == ((60000, 784), (10000, 784))
    assert mnist.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert (round(mnist.x_train.mean(), 4), round(mnist.x_train.std(), 4)) == (0.1307, 0.3081)
    assert np.bincount(mnist.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@needs_mnist
def test_mnist_from_idx_files_passes_the_same_checksums(tmp_path: Path) -> None:
    with np.load(MNIST, allow_pickle=False) as archive:
        for key, file in FILES.items():
            (tmp_path / file).write_bytes(idx(archive[key]))
        labels = archive["y_test"]
    assert (datasets.load_mnist(tmp_path).y_test == labels).all()


def test_the_loader_imports_nothing_of_the_packages() -> None:
    tree = ast.parse(Path(datasets.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {f"{'.' * node.level}{node.module}" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.startswith((".", "nn", "autograd_lite"))}
