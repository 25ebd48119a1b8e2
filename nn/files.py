"""Reading files of networks and runs, and writing them whole or not at all."""

import errno
import os
import stat
from pathlib import Path

from autograd_lite.files import StrPath, replacing

__all__ = ["StrPath", "content_of", "replacing"]


def content_of(path: StrPath) -> bytes:
    """The bytes of a file. Raises OSError if it cannot be read, or is a device or a pipe, which may have no end."""
    if stat.S_IFMT(os.stat(path).st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
        raise OSError(errno.EINVAL, "this is a device or a pipe, not a file", str(path))
    return Path(path).read_bytes()
