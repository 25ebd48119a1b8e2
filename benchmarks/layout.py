"""How long the layout of a picture takes: `python -m benchmarks.layout`.

Prints the median of several layouts of random graphs with scopes of a hundred nodes each.
"""

import statistics
import time

import numpy as np

from autograd_lite.drawing.layout import place

ROUNDS = 5


def graph(n: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[str, ...]]]:
    """Sizes of the cards, edges, and the scope of each node."""
    rng = np.random.default_rng(0)
    edges = [(int(u), v) for v in range(5, n) for u in v - rng.integers(1, min(v, 40), size=2)]
    return [(90, 60)] * n, edges, [(f"s{v // 100}",) for v in range(n)]


def main() -> None:
    for n in (30, 300, 3000):
        sizes, edges, scopes = graph(n)
        taken = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            place(sizes, edges, scopes, dict.fromkeys(scopes, 30.0))
            taken.append(time.perf_counter() - start)
        print(f"{n:5} nodes, {len(edges):5} edges: {statistics.median(taken) * 1000:8.1f} ms")


if __name__ == "__main__":
    main()
