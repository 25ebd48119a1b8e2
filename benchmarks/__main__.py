"""`python -m benchmarks`: everything against everybody, in turn, in one run."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from . import hvp, memory, million, per_example, ratio, scalars, steps, where
from .machine import described
from .report import Section, dumps
from .timing import Pace

WORKLOADS: dict[str, Callable[[Pace, bool], list[Section]]] = {
    "steps": steps.run,
    "chain": partial(scalars.run, "chain"),
    "tree": partial(scalars.run, "tree"),
    "ratio": ratio.run,
    "million": million.run,
    "hvp": hvp.run,
    "per_example": per_example.run,
    "memory": memory.run,
    "where": where.run,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def parser() -> argparse.ArgumentParser:
    """The options."""
    p = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure autograd_lite against its peers.")
    p.add_argument(
        "--only",
        metavar="NAME[,NAME]",
        default=",".join(WORKLOADS),
        help=f"some of: {', '.join(WORKLOADS)}; default all",
    )
    p.add_argument("--quick", action="store_true", help="short turns, small sizes, nobody who is slow to start")
    p.add_argument(
        "--rounds", type=int, default=Pace().rounds, help="turns of everybody, at least 9; default %(default)s"
    )
    p.add_argument("--json", metavar="FILE", type=Path, help="write all figures to a file as well")
    p.add_argument("--results", action="store_true", help=f"write the tables to benchmarks/{RESULTS.name} as well")
    p.add_argument("--mnist", metavar="PATH", help="with the book's headline run, on MNIST from this file or folder")
    return p


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, measure, print and write."""
    p = parser()
    options = p.parse_args(arguments)
    names = options.only.split(",")
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        p.error(f"--only: no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    try:
        pace = Pace(options.rounds, 0.002 if options.quick else Pace().seconds)
    except ValueError as error:
        p.error(str(error))
    if options.mnist and not Path(options.mnist).exists():
        p.error(f"--mnist: no such file or folder: {options.mnist}")
    for path in (options.json, RESULTS if options.results else None):
        if path is not None and not path.absolute().parent.is_dir():
            p.error(f"{path}: there is no such folder")

    command = " ".join(["python -m benchmarks", *(sys.argv[1:] if arguments is None else arguments)])
    machine = described(command)
    print("\n".join(f"{name}: {text}" for name, text in machine.items()), flush=True)
    runs: dict[str, Callable[[], list[Section]]] = {
        name: partial(WORKLOADS[name], pace, options.quick) for name in names
    }
    if options.mnist:
        from . import book  # here, since only it reads files that are not there for everybody

        runs["book"] = lambda: [book.section(options.mnist, partial(print, file=sys.stderr))]
    sections = []
    for name, run in runs.items():
        started = time.perf_counter()
        found = run()
        sections += found
        print("".join(f"\n{s.plain()}\n" for s in found), flush=True)
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(dumps(machine, sections), encoding="utf-8")
    if options.results:
        RESULTS.write_text(results(machine, pace, sections), encoding="utf-8")
    return 0


def results(machine: dict[str, str], pace: Pace, sections: Sequence[Section]) -> str:
    """What RESULTS.md says."""
    head = [
        "# Results of one run",
        f"All contenders of a table run in one process (memory apart), in turn, A B C A B C …, {pace.rounds} rounds; a ratio is "
        "the median of the ratios within each round. Libraries use as many threads as they do by default.",
        "\n".join(f"- {name}: {text}" for name, text in machine.items()),
    ]
    return "\n\n".join([*head, *(s.markdown() for s in sections)]) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
