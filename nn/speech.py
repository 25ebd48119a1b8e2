"""Standard output and error of the command, which may be closed, cut off or full: the work goes on without them."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any


class Speaker(io.TextIOBase):
    """A stream that writes to another one for as long as that can be written to."""

    def __init__(self, stream: Any):
        """stream : None if the process was started without it"""
        self._stream = stream
        self.problem: OSError | None = None
        """Why what was said last went nowhere, if not because nobody listens any more."""
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without σ or ∂ shows a question mark instead of failing

    def write(self, text: str) -> int:
        """Write, or do nothing."""
        with self._silenced():
            if self._stream is not None:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or do nothing."""
        with self._silenced():
            if self._stream is not None:
                self._stream.flush()

    def writable(self) -> bool:
        """It can always be spoken to."""
        return True

    def isatty(self) -> bool:
        """Is there a terminal?"""
        return self._stream is not None and bool(self._stream.isatty())

    def fileno(self) -> int:
        """That of the other stream."""
        if self._stream is None:
            raise io.UnsupportedOperation("there is no file behind this stream")
        return int(self._stream.fileno())

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the other stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @contextmanager
    def _silenced(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as problem:  # a ValueError if it was closed by somebody
            if isinstance(problem, OSError) and problem.errno not in (errno.EPIPE, errno.EBADF):
                self.problem = problem
            self._forget()

    def _forget(self) -> None:
        """Write no more, nor let Python try what is left in its buffer when it ends."""
        stream, self._stream = self._stream, None
        with suppress(OSError, ValueError, AttributeError):
            number = stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


@contextmanager
def speaking() -> Iterator[Speaker]:
    """Let everything that is printed inside go through Speakers; the one for standard output is given."""
    _occupy()
    out, err = Speaker(sys.stdout), Speaker(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            yield out
        finally:
            out.flush()
            err.flush()


def _occupy() -> None:
    """Open the three standard files where they are closed: the next file that is opened would be taken for one of them."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
