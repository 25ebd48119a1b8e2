"""Learning in several processes: `mpiexec -n 4 python -m benchmarks.ranks`, for as many processes as wanted.

A step sends the gradient, a number a parameter, and nothing else. On paper a sum over P processes by a ring takes

    2 (P - 1) (latency + bytes / P / bandwidth)

so with many parameters it hardly depends on P, and with few it is 2 (P - 1) latencies. Each run prints the time of that sum,
and of a whole step, at several sizes of network; the time of a step without the sum falls as 1/P while processors last.
"""

from time import perf_counter

import numpy as np

import nn
from nn.parallel import Ranks, parallel_step, ranks

from .machine import described
from .report import Section, duration, quantity

SIZES = ((784, 30, 10), (784, 300, 10), (784, 1000, 1000, 10))
BATCH = 256
ROUNDS = 25


def median_of(among: Ranks, f: object) -> float:
    """The median of the seconds that the slowest process took."""
    assert callable(f)
    times = np.empty(ROUNDS)
    f()
    for i in range(ROUNDS):
        among.from_first(None)  # all begin together
        start = perf_counter()
        f()
        times[i] = perf_counter() - start
    among.sum(times)
    return float(np.median(times)) / among.size


def section(among: Ranks) -> Section:
    """A row a network."""
    result = Section(
        f"A step in {among.size} process{'es' * (among.size > 1)}",
        f"Sigmoid networks, mini-batches of {BATCH} split over the processes, quadratic cost, SGD, float32, the compiled step. "
        "Medians of the mean over the processes. Sum: one Allreduce of as many numbers as there are parameters.",
        ["network", "parameters", "sent a step", "sum", "step", "without the sum"],
        [],
    )
    rng = np.random.default_rng(0)
    for sizes in SIZES:
        net = nn.MLP(sizes, seed=0, dtype=np.float32)
        among.give_weights(net)
        x = rng.random((BATCH, sizes[0]), dtype=np.float32)
        y = nn.one_hot(rng.integers(0, sizes[-1], BATCH), sizes[-1]).astype(np.float32)
        step = parallel_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1), among)
        numbers = np.ones(sum(p.size for p in net.parameters()), np.float32)

        def total(numbers: np.ndarray = numbers) -> None:
            numbers[:] = 1
            among.sum(numbers)

        whole, summing = median_of(among, lambda step=step, x=x, y=y: step(x, y)), median_of(among, total)
        sent = 2 * (among.size - 1) * numbers.nbytes // among.size
        result.rows.append(
            ["-".join(map(str, sizes)), quantity(numbers.size), quantity(sent, "B"), duration(summing), duration(whole),
             duration(max(whole - summing, 0.0))]
        )  # fmt: skip
    return result


def main() -> None:
    """Measure, and print what the first process has."""
    among = ranks()
    if among is None:
        raise SystemExit("start it with MPI: mpiexec -n 2 python -m benchmarks.ranks")
    found = section(among)
    if among.is_first:
        for name, what in described(f"mpiexec -n {among.size} python -m benchmarks.ranks").items():
            print(f"{name}: {what}")
        print(f"\n{found.plain()}")


if __name__ == "__main__":
    main()
