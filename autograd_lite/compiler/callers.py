"""Who called, for the text of an error. Nothing else depends on it."""

import sys

PACKAGE = __name__.partition(".")[0]


def at_line() -> str:
    """Where in the caller's own code we are: in the innermost frame that is of no module of this package or of NumPy."""
    frame = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in (PACKAGE, "numpy"):
        frame = frame.f_back  # type: ignore[assignment]
    return f", at {frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
