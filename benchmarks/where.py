"""Where the time of a compiled step goes, line by line of the program that runs: `python -m benchmarks.where`.

The program runs as an instrumented copy, in the same buffers, in which every line is timed by itself.
"""

import argparse
import ast
import sys
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from time import perf_counter, perf_counter_ns
from typing import Any

import nn
from nn.compiled import compile_step

from .contenders.ours import network
from .contenders.problem import problem
from .machine import described
from .report import Section, duration
from .steps import title
from .timing import Pace, timed

RUNS = 2000
SECONDS = 5.0
"""The step runs RUNS times as it is and as often instrumented, in turn, or as often as fits into this many seconds."""

Line = tuple[str, list[int]]
"""The text of a statement, and the nanoseconds that its runs took."""


def instrumented(text: str, run: Callable[..., Any]) -> tuple[Callable[..., Any], list[Line]]:
    """A copy of `run`, the function that `text` defines, which times its statements; and where it keeps the times.

    The copy shares the globals of `run`, thus its buffers. The first entry is an empty statement: what timing costs.
    """
    tree = ast.parse(text)
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    lines = text.splitlines()
    kept: list[Line] = [("", [])]
    body: list[ast.stmt] = _timed(ast.parse("None").body, 0)
    for statement in function.body:
        kept.append((" ".join(part.strip() for part in lines[statement.lineno - 1 : statement.end_lineno]), []))
        body += _timed([statement], len(kept) - 1)
    function.body = body
    namespace = (
        run.__globals__ | {"_now": perf_counter_ns} | {f"_add{i}": times.append for i, (_, times) in enumerate(kept)}
    )
    exec(compile(ast.fix_missing_locations(tree), "<instrumented program>", "exec"), namespace)
    return namespace[function.name], kept


def _timed(statements: list[ast.stmt], i: int) -> list[ast.stmt]:
    """The statement between two looks at the clock; of a return, what it returns is computed between them."""
    after: list[ast.stmt] = []
    if isinstance(statements[0], ast.Return):
        assert statements[0].value is not None
        statements = [ast.Assign([ast.Name("_result", ast.Store())], statements[0].value)]
        after = ast.parse("def f(): return _result").body[0].body  # type: ignore[attr-defined]
    return [*ast.parse("_start = _now()").body, *statements, *ast.parse(f"_add{i}(_now() - _start)").body, *after]


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """One table: the lines of the program of the book's network."""
    return [lines_of((784, 30, 10), 10, "float64")]


def lines_of(sizes: tuple[int, ...], n: int, dtype: str) -> Section:
    """The lines of the program of a step of any network, with their times."""
    p = problem(sizes, n, dtype)
    net = network(p)
    step = compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), p.lr))
    step(p.x, p.y)
    program = step._last
    assert program is not None
    as_it_is = program._run
    copy, lines = instrumented(program.runnable.text, as_it_is.args[0])
    watched, wholes = partial(as_it_is.func, copy), []
    started = perf_counter()
    for _ in range(RUNS):
        wholes.append(timed(lambda: step(p.x, p.y))[0])
        program._run = watched
        step(p.x, p.y)
        program._run = as_it_is
        if perf_counter() - started > SECONDS:
            break
    whole = median(wholes)
    (_, empty), *statements = lines
    nothing = median(empty)
    medians = [max(0.0, median(times) - nothing) * 1e-9 for _, times in statements]
    around = whole - sum(medians)
    rows = [[text, duration(m), f"{m / whole:.1%}"] for (text, _), m in zip(statements, medians, strict=True)]
    rows.append(["(around the program)", duration(around), f"{around / whole:.1%}"])
    rows.append(["(the whole step, not instrumented)", duration(whole), "100 %"])
    data = [{"line": text, "seconds": m} for (text, _), m in zip(statements, medians, strict=True)]
    return Section(
        f"Where the time of a compiled step goes, {title(sizes, n)}, {dtype}",
        f"Medians of {len(empty)} runs, less the {nothing:.0f} ns that timing a line costs, as shares of the step. Around the "
        "program, its arguments are looked at, the program is chosen, and floating-point warnings are switched off.",
        ["line", "time", "share"],
        rows,
        [*data, {"line": None, "seconds": around}],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.where", description="The time of a step, line by line.")
    parser.add_argument("--sizes", default="784-30-10", help="neurons a layer, such as 784-30-10")
    parser.add_argument("--batch", type=int, default=10, help="examples a mini-batch")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
    options = parser.parse_args(arguments)
    try:
        sizes = tuple(map(int, options.sizes.split("-")))
    except ValueError:
        parser.error(f"--sizes is {options.sizes!r}, needs numbers joined by hyphens, such as 784-30-10")
    if len(sizes) < 2 or min(sizes) < 1 or options.batch < 1:
        parser.error("a network has at least two layers, of at least one neuron, and a mini-batch at least one example")
    for name, text in described(f"python -m benchmarks.where {' '.join(arguments or sys.argv[1:])}").items():
        print(f"{name}: {text}")
    print("\n" + lines_of(sizes, options.batch, options.dtype).plain())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
