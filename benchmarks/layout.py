"""How long the layout of a picture takes: `python -m benchmarks.layout`.

Prints the median of several layouts of two kinds of graphs: random ones with scopes of a hundred nodes each, and
recurrences, chains every link of which also uses the first node.
"""

import statistics
import time

import numpy as np

from autograd_lite.drawing.layout import place

ROUNDS = 5
Edges = list[tuple[int, int]]


def random(n: int) -> Edges:
    rng = np.random.default_rng(0)
    return [(int(u), v) for v in range(5, n) for u in v - rng.integers(1, min(v, 40), size=2)]


def recurrence(n: int) -> Edges:
    return [*((v - 1, v) for v in range(1, n)), *((0, v) for v in range(2, n))]


def main() -> None:
    for kind in random, recurrence:
        for n in (30, 300, 3000):
            edges = kind(n)
            scopes: list[tuple[str, ...]] = [(f"s{v // 100}",) if kind is random else () for v in range(n)]
            taken = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                place([(90, 60)] * n, edges, scopes, dict.fromkeys(scopes, 30.0))
                taken.append(time.perf_counter() - start)
            milliseconds = statistics.median(taken) * 1000
            print(f"{kind.__name__:10} {n:5} nodes, {len(edges):5} edges: {milliseconds:8.1f} ms")


if __name__ == "__main__":
    main()
