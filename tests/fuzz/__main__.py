"""`python -m tests.fuzz`: see the package."""

import argparse
import os
import sys
import time

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # before NumPy is loaded: arrays are tiny

from . import campaign, generate, report  # noqa: E402
from .campaign import Choice  # noqa: E402
from .checks import CHECKS  # noqa: E402
from .network_checks import NETWORK_CHECKS  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign, or one program again. The exit code is 1 if anything disagrees, or too much is refused."""
    known = [*generate.KINDS, "network", "hostile", *generate.FAMILIES, *CHECKS, *NETWORK_CHECKS]
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz", description="Random NumPy programs, computed in every way that must agree."
    )
    parser.add_argument("--programs", type=int, default=1000, help="how many programs (1000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes other programs (0)")
    parser.add_argument("--kind", choices=[*generate.KINDS, "network"], help="programs of this kind only")
    parser.add_argument(
        "--in-place", action="store_const", dest="kind", const="in-place", help="the same as --kind in-place"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=known,
        metavar="NAME",
        help=f"leave out one of: {', '.join(known)}",
    )
    parser.add_argument(
        "--also", action="append", default=[], choices=generate.PENDING, help="draw what the engine cannot do yet"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument("--time", type=float, metavar="SECONDS", help="stop after so long")
    parser.add_argument(
        "--replay", metavar="SEED:NUMBER", help="run and print one program; give --kind and --without as before"
    )
    given = parser.parse_args(arguments)
    without = frozenset([*given.without, *generate.PENDING]) - frozenset(given.also)
    choice = Choice(given.seed, given.kind, without)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if given.replay is not None:
        seed, number = map(int, given.replay.split(":"))
        choice = Choice(seed, given.kind, without)
        print(report.one(choice, number))
        return int(any(o.status == "disagrees" for o in choice.outcomes(number)[1]))
    start = shown = time.monotonic()
    figures = campaign.Figures()
    for figures in campaign.run(choice, given.programs, given.jobs, given.time):
        if time.monotonic() > shown + 30:
            shown = time.monotonic()
            print(
                f"{figures.programs} programs, {figures.disagreements} disagreements, {shown - start:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    print(report.whole(figures, choice, time.monotonic() - start))
    if figures.disagreements:
        print(f"\n{report.disagreements(figures, choice)}")
    return int(figures.disagreements > 0 or report.refused_share(figures) > report.MOST_REFUSED)


if __name__ == "__main__":
    sys.exit(main())
