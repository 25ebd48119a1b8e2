"""The compiler: record → simplify → plan memory → print → run."""

from .compiled import Compiled, compile
from .program import Program, Value, Write
from .record import Recording
from .recorder import CompileError
from .runnable import Runnable

__all__ = ["CompileError", "Compiled", "Program", "Recording", "Runnable", "Value", "Write", "compile"]
