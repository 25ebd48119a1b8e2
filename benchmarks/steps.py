"""Steps of learning of sigmoid networks: forward, backward and update, everybody against plain hand-written NumPy."""

import numpy as np

from .agreement import learned_alike
from .contenders import offered
from .contenders.problem import Problem, problem
from .report import Section, duration
from .timing import Measured, Pace, interleaved

WORKLOADS = [
    ((2, 2, 1), 4), ((64, 30, 10), 10), ((784, 30, 10), 10), ((784, 16, 16, 10), 32), ((784, 100, 10), 64),
    ((784, 1000, 1000, 10), 256),
]  # fmt: skip
"""Sizes, and examples a mini-batch."""
QUICK = WORKLOADS[:3]
DTYPES = (np.float64, np.float32)

TEXT = (
    "Medians, as multiples of the plain hand-written step of the same round, whose own time stands in its row; below 1 is "
    "faster. A step is forward, backward and update of a sigmoid network with the quadratic cost, and gives the cost. "
    "Before it was timed, everybody's weights after three steps from the same start were compared with the hand-written "
    "ones. Data are in each library's own arrays already. Columns: sizes, and examples a mini-batch."
)


def title(sizes: tuple[int, ...], n: int) -> str:
    return f"{'-'.join(map(str, sizes))} ({n})"


def measure(p: Problem, pace: Pace, quick: bool = False) -> tuple[dict[str, Measured], dict[str, str]]:
    """Everybody's step on one problem, compared and then timed; and who is left out."""
    makers, left_out = offered("STEPS", quick)
    learners = {name: make(p) for name, make in makers.items()}
    learned_alike(p, learners)
    return interleaved({name: learner.step for name, learner in learners.items()}, pace), left_out


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """A table for each dtype."""
    return [_table(dtype, pace, quick) for dtype in DTYPES]


def _table(dtype: type, pace: Pace, quick: bool) -> Section:
    workloads = QUICK if quick else WORKLOADS
    section = Section(f"Steps of learning, {np.dtype(dtype)}", TEXT, ["", *(title(*w) for w in workloads)], [])
    cells: dict[str, list[str]] = {}
    for sizes, n in workloads:
        measured, section.left_out = measure(problem(sizes, n, dtype), pace, quick)
        for i, (name, m) in enumerate(measured.items()):
            cells.setdefault(name, []).append(f"{m.ratio:.2f}" if i else f"1 = {duration(m.seconds)}")
            section.data.append(
                {"workload": title(sizes, n), "dtype": str(np.dtype(dtype)), "contender": name, "seconds": m.seconds,
                 "ratio": m.ratio, "times": m.times, "ratios": m.ratios}
            )  # fmt: skip
    section.rows = [[name, *row] for name, row in cells.items()]
    return section
