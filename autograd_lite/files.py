"""Writing a file whole or not at all."""

import errno
import hashlib
import io
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, which refuses to remove a file that is open
    fcntl = None  # type: ignore[assignment]

StrPath = str | os.PathLike[str]
LONGEST = 255
"""Bytes of a file's name."""
_FLAGS = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_FILE_BESIDE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
_NOT_REPLACED = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV)
_MARK = re.compile(r"[0-9a-f]{16}\.new")


@contextmanager
def replacing(path: StrPath) -> Iterator[BinaryIO]:
    """A file to write the new content of `path` into: at the end of the block `path` holds all of it, or what it held before.

    The content is written into a new file beside `path`, under a name that no other thread, process or machine takes, which then
    takes the place of `path`. A link stays, and the file that it leads to is replaced. Permissions, and where that is allowed the
    owner, are kept. Where no file can be put beside `path`, or none in its place, the old file is written over at the end of the
    block. So are devices, pipes and sockets, which are not replaced.

    New files that killed processes left beside `path` are removed; those of living ones are locked.

    Raises OSError, naming `path`, as `open(path, "wb")` does; also for a disk, and for a pipe that nobody reads.
    """
    path = Path(path)
    try:
        with _opened(path) as file:
            yield file
    except OSError as problem:
        if problem.filename is None and problem.errno is not None:
            problem.filename = str(path)  # a full disk does not say whose
        raise


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    there = _status(path)
    if there is not None and not stat.S_ISREG(there.st_mode):
        with (
            _special(path, there.st_mode) as file,
            io.BytesIO() as memory,
        ):  # a device cannot say how much it was written
            yield memory
            file.write(memory.getvalue())
        return
    target = Path(os.path.realpath(path))
    if there is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    _remove_leftovers(target)
    made = _beside(target, there)
    if made is None:
        with io.BytesIO() as memory:
            yield memory
            _write_over(target, memory)
        return
    file, new = made
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:  # the lock holds until the new file has its place
                _put(new, target)
        if fcntl is None:
            _put(new, target)
    finally:
        new.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _special(path: Path, mode: int) -> BinaryIO:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "this is a disk, not a file")
    if stat.S_ISFIFO(mode):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as problem:
            if problem.errno != errno.ENXIO:
                raise
            raise OSError(errno.ENXIO, "nobody reads from this pipe") from None
    return open(path, "wb")


# --- The new file -----------------------------------------------------------------------------------------------------


def _beside(target: Path, there: os.stat_result | None) -> tuple[BinaryIO, Path] | None:
    """A new file for the content of `target`, open and locked; None if there can be none, but perhaps `target` can be written."""
    mode = 0o666 if there is None else stat.S_IMODE(there.st_mode) & 0o777
    while True:
        new = target.with_name(f"{_prefix(target.name)}{secrets.token_hex(8)}.new")
        try:
            number = os.open(new, _FLAGS, mode)
        except FileExistsError:
            continue
        except OSError as problem:
            if problem.errno in _NO_FILE_BESIDE and (there is not None or problem.errno == errno.ENAMETOOLONG):
                return None
            raise OSError(problem.errno, problem.strerror) from None
        if fcntl is None or _locked(number, new):
            break
        os.close(number)  # somebody took it for a leftover
    if there is not None:
        with suppress(OSError):
            if hasattr(os, "chown") and (there.st_uid, there.st_gid) != _owner(number):
                os.chown(number, there.st_uid, there.st_gid)
        with suppress(OSError):  # the file system may have no permissions
            os.chmod(new, mode)
    return open(number, "r+b"), new


def _owner(number: int) -> tuple[int, int]:
    status = os.fstat(number)
    return status.st_uid, status.st_gid


def _prefix(name: str) -> str:
    """What the names of new files for a file of this name begin with: its own, if there is room."""
    if len(os.fsencode(name)) + len("..0123456789abcdef.new") > LONGEST:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    return f".{name}."


def _put(new: Path, target: Path) -> None:
    """Give the new file the place of the old one; else the old one its content."""
    try:
        os.replace(new, target)
    except OSError as problem:
        if problem.errno not in _NOT_REPLACED or _status(target) is None:
            raise OSError(problem.errno, problem.strerror) from None
        with open(new, "rb") as content:
            _write_over(target, content)


def _write_over(target: Path, content: BinaryIO) -> None:
    """Write into the file itself, once there is room for all of it."""
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    with open(os.open(target, _FLAGS & ~os.O_EXCL, 0o666), "r+b") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError as problem:
                if problem.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
                    file.truncate(length)
                    raise
        while part := content.read(1 << 20):
            file.write(part)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


# --- Leftovers --------------------------------------------------------------------------------------------------------


def _locked(number: int, new: Path) -> bool:
    """Lock a file for as long as it is open. Was nobody else quicker, and does it still have its name?"""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(number), os.stat(new))
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # the file system knows no locks
        return True


def _remove_leftovers(target: Path) -> None:
    """Remove the new files for `target` whose processes are no more, under the names of today and those of earlier versions."""
    prefix = _prefix(target.name)
    before = re.compile(rf"\.{re.escape(target.stem)}\.([0-9]+)\.new{re.escape(target.suffix)}")
    try:
        names = os.listdir(target.parent)
    except OSError:
        return
    for name in names:
        own = name.startswith(prefix) and _MARK.fullmatch(name, len(prefix))
        earlier = before.fullmatch(name)
        if own or (earlier and not _lives(int(earlier[1]))):
            with suppress(OSError):
                _remove_if_left(target.with_name(name))


def _lives(process: int) -> bool:
    if os.name == "nt":  # where signal 0 is Ctrl-C
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return True


def _remove_if_left(new: Path) -> None:
    if fcntl is None:
        new.unlink()
        return
    number = os.open(new, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if stat.S_ISREG(os.fstat(number).st_mode):
            fcntl.flock(
                number, fcntl.LOCK_EX | fcntl.LOCK_NB
            )  # fails while its writer lives, and where there are no locks
            new.unlink()
    finally:
        os.close(number)
