"""Peak memory of steps of learning, every contender in a process of its own.

`python -m benchmarks.memory benchmarks.contenders.ours eager 784-30-10 10 float32` is such a process; it prints bytes. The
kernel is asked, since nothing within Python sees what C++ allocates: the peak of the resident set during some steps, less
what was resident when weights and data were there. Before that, the contender takes a step of a tiny network, so that
libraries are loaded and threads started. Two numbers: of the first steps, where what a contender compiles and builds for the
network is made, and of later ones, where only what it keeps of that counts.
"""

import gc
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from statistics import median

from .contenders import offered
from .contenders.problem import Learning, problem
from .report import Section, quantity
from .steps import title
from .timing import Pace

SIZES, EXAMPLES = (784, 1000, 1000, 10), 256
DTYPE = "float32"
PROCESSES, QUICK = 3, 1
STEPS = 3
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """One table: contenders by networks."""
    number = QUICK if quick else PROCESSES
    section = Section(
        "Peak memory of a step",
        f"{title(SIZES, EXAMPLES)}, {DTYPE}: the peak of resident memory during steps, less what was resident with the weights "
        f"and data in place, in multiples of the bytes of all weights and biases. First: {STEPS} steps with all that is compiled "
        f"and built for them; later: {STEPS} more, where what the C library keeps of memory that was given back counts too. "
        f"Each contender in a process of its own, the median of {number}.",
        ["", "first", "later", "first, bytes", "later, bytes"],
        [],
    )
    if not (STATUS.exists() and RESET.exists()):
        section.left_out["everybody"] = "the peak is read from /proc, which this system has not"
        return [section]
    makers, section.left_out = offered("STEPS", quick)
    weights = sum(w.nbytes for w in problem(SIZES, EXAMPLES, DTYPE).weights)
    for name, make in makers.items():
        processes = [_in_a_process(make) for _ in range(number)]
        peaks = [median(peaks) for peaks in zip(*processes, strict=True)]
        section.rows.append([name, *(f"{p / weights:.2f}" for p in peaks), *(quantity(p, "B") for p in peaks)])
        section.data.append({"contender": name, "first": peaks[0], "later": peaks[1], "weights": weights})
    return [section]


def _in_a_process(make: Learning) -> list[int]:
    arguments = [make.__module__, make.__name__, "-".join(map(str, SIZES)), str(EXAMPLES), DTYPE]
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    return [int(n) for n in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()]


def _peaks(make: Learning, sizes: tuple[int, ...], n: int, dtype: str) -> list[int]:
    """Bytes; see above."""
    make(problem((4, 3, 2), n, dtype)).step()
    learner = make(problem(sizes, n, dtype))
    gc.collect()
    before = _kilobytes("VmRSS")
    peaks = []
    for _ in range(2):
        RESET.write_text("5")  # the peak counts from here
        for _ in range(STEPS):
            learner.step()
        peaks.append(1024 * max(0, _kilobytes("VmHWM") - before))
    return peaks


def _kilobytes(field: str) -> int:
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])


if __name__ == "__main__":
    module, function, sizes, n, dtype = sys.argv[1:]
    make = getattr(import_module(module), function)
    print(*_peaks(make, tuple(map(int, sizes.split("-"))), int(n), dtype))
