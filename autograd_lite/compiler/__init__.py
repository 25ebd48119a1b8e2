"""The compiler: record → simplify → plan memory → print → run."""

from .compiled import Compiled, compile
from .program import Program, Value, Write
from .record import CompileError, Recording
from .running import Runnable

__all__ = ["CompileError", "Compiled", "Program", "Recording", "Runnable", "Value", "Write", "compile"]
