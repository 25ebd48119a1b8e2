"""Many programs: which are drawn, what is counted, and the smallest program of each kind of disagreement."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from .checks import CHECKS
from .examining import Outcome, examined
from .generate import PENDING, generated
from .network_checks import NETWORK_CHECKS
from .networks import Network, drawn_network
from .program import Program
from .shrinking import shrunk

NETWORKS = 0.01
"""The share of networks among the programs."""
AT_A_TIME = 50


@dataclass(frozen=True)
class Choice:
    """What is drawn.

    kind : of the programs, None for all
    without : kinds, families and checks to leave out
    only : checks that each program gets, and no others
    """

    seed: int = 0
    kind: str | None = None
    without: frozenset[str] = frozenset(PENDING)
    only: tuple[str, ...] = ()

    def program(self, number: int) -> Program | Network:
        """The program of this number."""
        rng = Random(f"kind {self.seed}:{number}")
        is_network = self.kind == "network" or (
            self.kind is None and "network" not in self.without and rng.random() < NETWORKS
        )
        if is_network:
            return drawn_network(Random(f"network {self.seed}:{number}"), number)
        return generated(self.seed, number, self.kind, self.without)

    def checks(self, program: Program | Network, number: int) -> list[str]:
        """The checks that it gets."""
        if self.only:
            return [name for name in self.only if (name in NETWORK_CHECKS) == isinstance(program, Network)]
        if isinstance(program, Network):
            return [name for name in NETWORK_CHECKS if name not in self.without]
        rng = Random(f"checks {self.seed}:{number}")
        return [name for name, (_, share) in CHECKS.items() if rng.random() < share and name not in self.without]

    def outcomes(self, number: int) -> tuple[Program | Network, list[Outcome]]:
        program = self.program(number)
        return program, examined(program, self.checks(program, number), f"{self.seed}:{number}")

    def smallest(self, number: int, outcome: Outcome) -> Program | Network:
        """The smallest program that fails the same check in the same way as the one of this number."""

        def still_fails(program: Program | Network) -> bool:
            if not program.runs():
                return False
            (found,) = examined(program, [outcome.check], f"{self.seed}:{number}")
            return found.status == "disagrees" and found.sort == outcome.sort

        return shrunk(self.program(number), still_fails)


@dataclass
class Figures:
    """What was counted."""

    programs: int = 0
    statements: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By check and status."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By status and kind of outcome, but for those that agree."""
    examples: dict[tuple[str, str], list[tuple[int, Outcome]]] = field(default_factory=dict)

    def add(self, number: int, program: Program | Network, outcomes: Iterable[Outcome]) -> None:
        self.programs += 1
        self.statements += len(program.statements)
        for outcome in outcomes:
            self.outcomes[outcome.check, outcome.status] += 1
            if outcome.status != "agrees":
                key = outcome.status, outcome.kind
                self.reasons[key] += 1
                there = self.examples.setdefault(key, [])
                if len(there) < 5:
                    there.append((number, outcome))

    def merge(self, other: "Figures") -> None:
        self.programs += other.programs
        self.statements += other.statements
        self.outcomes += other.outcomes
        self.reasons += other.reasons
        for key, examples in other.examples.items():
            self.examples[key] = sorted([*self.examples.get(key, []), *examples], key=lambda e: e[0])[:5]

    def count(self, status: str) -> int:
        return sum(n for (_, s), n in self.outcomes.items() if s == status)

    @property
    def disagreements(self) -> int:
        return self.count("disagrees")


def part(choice: Choice, numbers: Iterable[int]) -> Figures:
    """The figures of some programs."""
    figures = Figures()
    for number in numbers:
        figures.add(number, *choice.outcomes(number))
    return figures


def first_disagreement(choice: Choice, most: int) -> tuple[int, Outcome] | None:
    """The number of the first program that disagrees, of so many at most, and how."""
    for number in range(most):
        for outcome in choice.outcomes(number)[1]:
            if outcome.status == "disagrees":
                return number, outcome
    return None


def _part(job: tuple[Choice, range]) -> Figures:
    return part(*job)


def run(choice: Choice, programs: int, jobs: int = 1, seconds: float | None = None) -> Iterator[Figures]:
    """The figures so far, again and again until all programs have run or the time is over."""
    total, end = Figures(), None if seconds is None else time.monotonic() + seconds
    parts = ((choice, range(n, min(n + AT_A_TIME, programs))) for n in range(0, programs, AT_A_TIME))
    pool = multiprocessing.get_context("spawn").Pool(jobs) if jobs > 1 else None
    try:
        for figures in pool.imap(_part, parts) if pool is not None else map(_part, parts):
            total.merge(figures)
            yield total
            if end is not None and time.monotonic() > end:
                break
    finally:
        if pool is not None:
            pool.terminate()
