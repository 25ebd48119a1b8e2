"""Writing a file whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

StrPath = str | os.PathLike[str]


@contextmanager
def replacing(path: StrPath) -> Iterator[Path]:
    """Give the path of a new file beside `path`, to be written in the block; at its end it takes the place of `path`.

    If the block raises, `path` is as it was and nothing is left behind. The new file has the suffix of `path`.
    """
    path = Path(path)
    new = path.with_name(f".{path.stem}.{os.getpid()}.new{path.suffix}")
    try:
        yield new
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
