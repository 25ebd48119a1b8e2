"""MNIST wherever it is: at a path, in the user's cache folder, or on one of the mirrors that still serve it."""

import gzip
import hashlib
import io
import math
import os
import sys
import urllib.request
import zlib
from collections.abc import Generator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

from . import datasets
from .datasets import Digits
from .files import StrPath, replacing

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
TIMEOUT = 20.0
"""Seconds that a mirror may be silent, and that it may be late."""
LEAST_RATE = 4096
"""Bytes a second that a mirror must send; a file of ten million takes 40 minutes then."""
_CHUNK = 2**16


def load_mnist(path: StrPath | None = None) -> Digits:
    """MNIST: 60,000 digits to train on and 10,000 to test with, 28 x 28.

    path : an .npz with uint8 arrays x_train, y_train, x_test, y_test, or a folder with MNIST's four IDX files, plain or
        .gz. Without it the path is that in $AUTOGRAD_LITE_DATA; without that the files are looked for in the user's cache
        folder, and downloaded to it, 11 MB, if they are not there.

    $AUTOGRAD_LITE_CACHE names another cache folder, $AUTOGRAD_LITE_MIRRORS other mirrors (https, separated by blanks;
    none if it is empty). Size and SHA-256 of the files are checked wherever they come from.

    Raises FileNotFoundError if a file is missing and cannot be downloaded, ValueError if one is damaged or another one.
    Source: Y. LeCun and C. Cortes, CC BY-SA 3.0; not in the package.
    """
    if path is not None or os.environ.get("AUTOGRAD_LITE_DATA"):
        return datasets.load_mnist(path)
    folder = cache_folder()
    missing = [part for part in datasets._MNIST if not _is_there(folder, part)]
    if missing:
        mirrors = _mirrors()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for part in missing:
                _download(part, folder, mirrors)
        except OSError as problem:
            reason = str(problem) or type(problem).__name__
            raise FileNotFoundError(
                f"MNIST is not in {folder} and cannot be downloaded ({reason}): pass a path or set AUTOGRAD_LITE_DATA to "
                f"one; {datasets._TAKES}"
            ) from problem
    return datasets.load_mnist(folder)


def cache_folder() -> Path:
    """Where downloaded data sets are kept: $AUTOGRAD_LITE_CACHE, or a folder where the system keeps such things."""
    chosen = os.environ.get("AUTOGRAD_LITE_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "autograd_lite" / "mnist"


def _mirrors() -> list[str]:
    given = os.environ.get("AUTOGRAD_LITE_MIRRORS")
    mirrors = list(MIRRORS) if given is None else given.split()
    for mirror in mirrors:
        parts = urlsplit(mirror)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")):
            raise ValueError(f"the mirror {mirror} in AUTOGRAD_LITE_MIRRORS is not https")
    return [mirror.rstrip("/") + "/" for mirror in mirrors]


def _is_there(folder: Path, part: Any) -> bool:
    return any((folder / name).is_file() for name in datasets.names_of(part))


def _download(part: Any, folder: Path, mirrors: list[str]) -> None:
    """Write NAME.gz into the folder, from the first mirror that has the right one. Raises OSError with every reason."""
    reasons = []
    for mirror in mirrors:
        url = f"{mirror}{part.file}.gz"
        try:
            packed = _fetched(url, part)
        except (OSError, HTTPException) as problem:
            reasons.append(f"{url}: {problem}")
            if isinstance(problem, HTTPError):
                problem.close()  # it holds the answer
            continue
        with replacing(folder / f"{part.file}.gz") as file:
            file.write(packed)
        return
    raise OSError("; ".join(reasons) or "no mirror is given")


def _fetched(url: str, part: Any) -> bytes:
    """The bytes at `url`. Raises OSError unless they are the right ones, packed by gzip."""
    from tqdm.auto import tqdm  # here, since importing it takes longer than importing all of this package

    size = len(part.header) + math.prod(part.shape)
    packed = bytearray()
    total = None
    with (
        tqdm(unit="B", unit_scale=True, desc=part.file, disable=None, leave=False) as bar,
        closing(_arriving(url)) as arriving,
    ):
        for total, chunk in arriving:
            bar.total = total
            packed += chunk
            bar.update(len(chunk))
            if len(packed) > size + 2**16:  # gzip makes nothing that much longer
                raise OSError(f"sends more than the {size:,} bytes of the file")
    if total is not None and len(packed) != total:
        raise OSError(f"was cut off after {len(packed):,} of {total:,} bytes")
    try:
        with gzip.open(io.BytesIO(packed), "rb") as stream:
            content = stream.read(size + 1)
    except (EOFError, OSError, zlib.error) as problem:
        raise OSError(f"is no whole .gz ({problem})") from problem
    if len(content) != size:
        raise OSError(
            f"holds {'more than ' if len(content) > size else ''}{min(len(content), size):,} bytes, not {size:,}"
        )
    found = hashlib.sha256(content).hexdigest()
    if found != part.sha256:
        raise OSError(f"is not MNIST's: its SHA-256 is {found}, needs {part.sha256}")
    return bytes(packed)


def _arriving(url: str) -> Generator[tuple[int | None, bytes]]:
    """The parts of what is at `url` as they arrive, each with the length that was announced for all of it.

    A socket's own time-out begins anew with every byte, so that a mirror which sends one now and then could go on for ever:
    here the time that is granted is TIMEOUT, and one second more for every LEAST_RATE bytes that have arrived. Nothing but
    another thread can keep to that while the answer's first lines are read, too.

    Raises OSError if it takes longer.
    """
    arrived: SimpleQueue[tuple[int | None, bytes] | BaseException | None] = SimpleQueue()
    given_up = Event()

    def receive() -> None:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
                announced = answer.headers.get("Content-Length")
                total = int(announced) if announced and announced.isdigit() else None
                while not given_up.is_set() and (chunk := answer.read1(_CHUNK)):
                    arrived.put((total, chunk))
            arrived.put(None)
        except BaseException as problem:
            arrived.put(problem)

    Thread(target=receive, daemon=True).start()
    count, started = 0, monotonic()
    part: tuple[int | None, bytes] | BaseException | None = None
    try:
        while True:
            granted = started + TIMEOUT + count / LEAST_RATE - monotonic()
            try:
                part = arrived.get(timeout=max(0.0, granted))
            except Empty:
                raise OSError(f"timed out: sent {count:,} bytes in {monotonic() - started:.0f} seconds") from None
            if part is None:
                return
            if isinstance(part, BaseException):
                raise part
            count += len(part[1])
            yield part
    finally:
        given_up.set()
        part = None  # an error holds this frame by its traceback, and would hold on to itself and to its socket
