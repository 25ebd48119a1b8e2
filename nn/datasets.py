"""Handwritten digits: the small set that ships with the package, and MNIST from files the user has.

A data set is rows of pixels between 0 (paper) and 1 (ink), and the digits they show. Files are read without pickle,
and their contents are compared with known checksums before anything is made of them.
"""

import errno
import gzip
import hashlib
import io
import math
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLASSES = 10


@dataclass(frozen=True, eq=False)
class Digits:
    """Images of digits, some to train on and some held out.

    x_train, x_test : (n, size * size) float64 in [0, 1], one image a row, pixel (i, j) in column i * size + j
    y_train, y_test : (n,) int64 labels, 0 to 9
    size : width and height of an image in pixels
    """

    x_train: NDArray[np.float64] = field(repr=False)
    y_train: NDArray[np.int64] = field(repr=False)
    x_test: NDArray[np.float64] = field(repr=False)
    y_test: NDArray[np.int64] = field(repr=False)
    size: int

    @property
    def train(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Inputs and one-hot targets (n, 10) to train on."""
        return self.x_train, one_hot(self.y_train, CLASSES)

    @property
    def test(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Inputs and one-hot targets (n, 10) held out."""
        return self.x_test, one_hot(self.y_test, CLASSES)


def one_hot(labels: ArrayLike, n_classes: int) -> NDArray[np.float64]:
    """A row for each label: 1 in the label's own column, 0 elsewhere.

    labels : (n,) integers from 0 to n_classes - 1;  result : (n, n_classes) float64. A single label gives a single row.

    Raises TypeError if the labels are no integers, or have a mask; ValueError if one is out of range.
    """
    if type(labels) is not np.ndarray and isinstance(labels, np.ndarray):
        remedy = "filled() gives one" if isinstance(labels, np.ma.MaskedArray) else "np.asarray() gives one"
        raise TypeError(f"labels are a {type(labels).__name__} and no plain array: {remedy}")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels have dtype {labels.dtype}, needs integers")
    if not isinstance(n_classes, int | np.integer) or n_classes < 1:
        raise TypeError(f"n_classes is {n_classes!r}, needs a whole number of at least 1")
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.size:
        raise ValueError(f"label {outside[0]} is not one of the {n_classes} classes 0 to {n_classes - 1}")
    rows: NDArray[np.float64] = (labels[..., None] == np.arange(n_classes)).astype(np.float64)
    return rows


# --- The digits in the package ----------------------------------------------------------------------------------------

_DIGITS_SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"


def load_digits(size: int = 28) -> Digits:
    """The 1,797 handwritten digits that ship with the package: 1,437 to train on, 360 held out.

    size : 8, the images as they are, or 28, scaled to 20 x 20 and centred by their mass in 28 x 28, as MNIST's are

    Held out is every fifth image of each digit in the file's order, so the ten digits are in equal proportions in both
    parts and no chance enters. Both parts come from the same 13 writers.

    Raises ValueError for another size, or if the file in the package is damaged.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, CC BY 4.0 (see data/NOTICE).
    """
    if not isinstance(size, int | np.integer) or size not in (8, 28):
        raise ValueError(f"size is {size!r}, but the digits come as 8 (8 x 8 pixels) or 28 (28 x 28)")
    content = (resources.files("nn") / "data" / "digits.npz").read_bytes()
    if hashlib.sha256(content).hexdigest() != _DIGITS_SHA256:
        raise ValueError("nn/data/digits.npz is damaged (its SHA-256 is another one); install the package again")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"].astype(np.int64)

    x = (images / 16 if size == 8 else _like_mnist(images)).reshape(len(images), -1)
    held_out = np.zeros(len(labels), dtype=bool)
    held_out[np.argsort(labels, kind="stable")[::5]] = True
    return Digits(x[~held_out], labels[~held_out], x[held_out], labels[held_out], size)


def _like_mnist(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Scale 8 x 8 images of values 0..16 to 20 x 20, then centre them by their mass in 28 x 28, in [0, 1].

    Scaling is bilinear between the centres of the pixels and constant beyond the outermost ones: one product with an
    (8, 20) matrix on either axis. Its entries are tenths, so counted in tenths all of it is integer arithmetic and the
    same everywhere. The shift is by whole pixels, the centre of mass to pixel 14, where MNIST has it.
    """
    centres = (np.arange(20) + 0.5) * 8 / 20 - 0.5
    tenths = np.rint([10 * np.interp(centres, np.arange(8), pixel) for pixel in np.eye(8)]).astype(np.int64)
    scaled = tenths.T @ images.astype(np.int64) @ tenths

    mass = scaled.sum(axis=(1, 2))
    top = np.rint(14 - scaled.sum(axis=2) @ np.arange(20) / mass).astype(np.int64)
    left = np.rint(14 - scaled.sum(axis=1) @ np.arange(20) / mass).astype(np.int64)
    rows = (top[:, None] + np.arange(20))[:, :, None]
    columns = (left[:, None] + np.arange(20))[:, None, :]
    centred = np.zeros((len(images), 28, 28))
    centred[np.arange(len(images))[:, None, None], rows, columns] = scaled / (16 * 10 * 10)
    return centred


# --- MNIST ------------------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """One of MNIST's four files. The checksum is that of the IDX file, decompressed."""

    key: str
    file: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> bytes:
        """How the IDX file begins: 0, 0, 8 for unsigned bytes, the number of axes; then the axes, big-endian 32-bit."""
        return struct.pack(f">4B{len(self.shape)}I", 0, 0, 8, len(self.shape), *self.shape)


# fmt: off
_MNIST = (
    _Part("x_train", "train-images-idx3-ubyte", (60000, 28, 28),
          "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    _Part("y_train", "train-labels-idx1-ubyte", (60000,),
          "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    _Part("x_test", "t10k-images-idx3-ubyte", (10000, 28, 28),
          "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    _Part("y_test", "t10k-labels-idx1-ubyte", (10000,),
          "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
# fmt: on
_TAKES = (
    f"give an .npz with the arrays {', '.join(part.key for part in _MNIST)}, "
    f"or a folder with the files {', '.join(part.file for part in _MNIST)}, plain or .gz"
)


def load_mnist(path: str | os.PathLike[str] | None = None) -> Digits:
    """MNIST: 60,000 digits to train on and 10,000 to test with, 28 x 28.

    path : an .npz with uint8 arrays x_train, y_train, x_test, y_test, or a folder with MNIST's four IDX files, plain or
        .gz; None takes the path from the environment variable AUTOGRAD_LITE_DATA

    Either way the bytes are the published ones, or it raises: FileNotFoundError if a file is missing, ValueError if one
    is damaged or another one. The images take 440 MB as float64.

    Source: Y. LeCun and C. Cortes, CC BY-SA 3.0; not in the package.
    """
    path = path if path is not None else os.environ.get("AUTOGRAD_LITE_DATA") or None
    if path is None:
        raise FileNotFoundError(f"MNIST is not in the package: pass a path or set AUTOGRAD_LITE_DATA to one; {_TAKES}")
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder; {_TAKES}")
    if not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "this is a device or a pipe, not a file", str(path))
    x_train, y_train, x_test, y_test = _idx_files(path) if path.is_dir() else _npz(path)
    return Digits(_pixels(x_train), y_train.astype(np.int64), _pixels(x_test), y_test.astype(np.int64), size=28)


def _pixels(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    x: NDArray[np.float64] = images.reshape(len(images), -1) / 255
    return x


def _npz(path: Path) -> list[NDArray[np.uint8]]:
    with _readable(path, "an .npz without pickled objects"), zipfile.ZipFile(path) as archive:
        arrays = {part.key: _member(archive, part) for part in _MNIST if f"{part.key}.npy" in archive.namelist()}
    for part in _MNIST:
        if part.key not in arrays:
            raise ValueError(f"{path}: holds no array {part.key}; {_TAKES}")
        found = arrays[part.key]
        if found.dtype != np.uint8 or found.shape != part.shape:
            raise ValueError(f"{path}: {part.key} is {found.dtype} {found.shape}, needs uint8 {part.shape}")
        _verify(f"{path}: {part.key}", part, found)
    return [arrays[part.key] for part in _MNIST]


def _member(archive: zipfile.ZipFile, part: _Part) -> NDArray[Any]:
    size = archive.getinfo(f"{part.key}.npy").file_size
    limit = 8 * math.prod(part.shape) + 2**16  # any type of number passes, for its own message; a zip bomb does not
    if size > limit:
        raise ValueError(f"{part.key} would take {size:,} bytes")
    with archive.open(f"{part.key}.npy") as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _idx_files(folder: Path) -> list[NDArray[np.uint8]]:
    return [_idx(_plain_or_gz(folder, part), part) for part in _MNIST]


def _plain_or_gz(folder: Path, part: _Part) -> Path:
    for file in names_of(part):
        if (folder / file).is_file():
            return folder / file
    raise FileNotFoundError(f"{folder}: holds neither {part.file} nor {part.file}.gz; {_TAKES}")


def names_of(part: _Part) -> list[str]:
    """How a file may be called: as it was published, or with the dots that some tools put in the place of a dash."""
    plain = [part.file, part.file.replace("-idx", ".idx")]
    return [f"{name}{ending}" for ending in ("", ".gz") for name in plain]


def _idx(file: Path, part: _Part) -> NDArray[np.uint8]:
    header, size = part.header, len(part.header) + math.prod(part.shape)
    opened = gzip.open if file.suffix == ".gz" else open
    with _readable(file, "an IDX file, plain or .gz"), opened(file, "rb") as stream:
        content = stream.read(size + 1)  # one more than needed shows that there is more
    if content[: len(header)] != header:
        found, needed = content[: len(header)].hex(" ", -4) or "empty", header.hex(" ", -4)
        raise ValueError(f"{file}: the IDX header is {found}, needs {needed} (magic number, then shape {part.shape})")
    if len(content) != size:
        found = f"{len(content):,}" if len(content) < size else f"more than {size:,}"
        raise ValueError(f"{file}: holds {found} bytes of IDX, needs {size:,}; get the file again")
    array = np.frombuffer(content, dtype=np.uint8, offset=len(header)).reshape(part.shape)
    _verify(str(file), part, array)
    return array


def _verify(name: str, part: _Part, array: NDArray[np.uint8]) -> None:
    found = hashlib.sha256(part.header + array.tobytes()).hexdigest()
    if found != part.sha256:
        raise ValueError(f"{name} is not MNIST's: SHA-256 as IDX is {found}, needs {part.sha256}; get the file again")


@contextmanager
def _readable(file: Path, kind: str) -> Iterator[None]:
    """Whatever a damaged file makes zipfile, zlib or NumPy raise becomes one line that names the file."""
    try:
        yield
    except Exception as problem:
        reason = (str(problem) or type(problem).__name__).splitlines()[0]
        raise ValueError(f"{file}: cannot be read as {kind} ({reason}); {_TAKES}") from problem
