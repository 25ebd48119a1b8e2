"""Where the steps of the interpreter go in an eager step of learning: `python -m benchmarks.bytecodes [--lines]`.

An eager step of a small network is mostly Python, thousands of steps of the interpreter, each some nanoseconds. They can be
counted, which no other program on the machine disturbs.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from linecache import getline
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from .contenders import handwritten, ours
from .contenders.problem import problem

HERE = Path(__file__).parent.parent
MOST = 25
"""So many functions are printed."""
WARM_UP = 5
"""Steps of learning that are not counted: the first makes the cost's scopes, for example."""

Place = tuple[str, str, int]
"""File, function, and line of it."""


def counted(step: Callable[[], object]) -> Counter[Place]:
    """How many steps of the interpreter one call takes, by the line they belong to."""
    for _ in range(WARM_UP):
        step()
    found: Counter[Place] = Counter()
    with _counting(found) if hasattr(sys, "monitoring") else _tracing(found):
        step()
    return found


@contextmanager
def _counting(found: Counter[Place]) -> Iterator[None]:
    """From Python 3.12 on."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
    lines: dict[CodeType, list[int]] = {}

    def count(code: CodeType, offset: int) -> None:
        if code not in lines:
            lines[code] = [line or code.co_firstlineno for line, *_ in code.co_positions()]
        found[code.co_filename, code.co_qualname, lines[code][offset // 2]] += 1

    tool, event = monitoring.PROFILER_ID, monitoring.events.INSTRUCTION
    monitoring.use_tool_id(tool, __name__)
    try:
        monitoring.register_callback(tool, event, count)
        monitoring.set_events(tool, event)
        yield
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


@contextmanager
def _tracing(found: Counter[Place]) -> Iterator[None]:
    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            code = frame.f_code
            found[code.co_filename, code.co_qualname, frame.f_lineno or code.co_firstlineno] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def by_function(found: Counter[Place]) -> Counter[tuple[str, str]]:
    """The same by file and function."""
    total: Counter[tuple[str, str]] = Counter()
    for (file, function, _), n in found.items():
        total[file, function] += n
    return total


def shown(file: str) -> str:
    """A file of this repository as seen from its root."""
    path = Path(file)
    return str(path.relative_to(HERE)) if path.is_relative_to(HERE) else path.name


def main(arguments: list[str] | None = None) -> None:
    """Print the functions that take most, or all lines."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bytecodes", description="Count what the interpreter does."
    )
    parser.add_argument("--lines", action="store_true", help="line by line, of the functions that take most")
    options = parser.parse_args(arguments)
    book = problem((784, 30, 10), 10, "float64")
    found = counted(ours.eager(book).step)
    by_hand = sum(counted(handwritten.plain(book).step).values())
    print(f"784-30-10, 10 examples: {sum(found.values()):,} steps of the interpreter; by hand {by_hand:,}")
    for (file, function), n in by_function(found).most_common(MOST):
        print(f"{n:6,}  {shown(file)}: {function}")
        if options.lines:
            for (f, name, line), times in sorted(found.items()):
                if (f, name) == (file, function):
                    print(f"      {times:5,}  {line:4}  {getline(f, line).rstrip()}")


if __name__ == "__main__":
    main()
