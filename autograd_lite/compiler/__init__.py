"""The compiler: record → simplify → plan memory → print → run."""

from .compiled import Attempts, Compiled, CompileWarning, compile, levels_to_user
from .program import Program, Value, Write
from .record import Recording
from .recorder import CompileError
from .runnable import Runnable
from .watcher import Unfollowed

__all__ = [
    "Attempts", "CompileError", "CompileWarning", "Compiled", "Program", "Recording", "Runnable", "Unfollowed", "Value", "Write",
    "compile", "levels_to_user",
]  # fmt: skip
