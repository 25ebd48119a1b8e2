"""Hessian-vector products of the quadratic cost of sigmoid networks."""

from .agreement import alike
from .contenders import offered
from .contenders.problem import problem
from .report import Section, duration
from .steps import title
from .timing import Pace, interleaved

WORKLOADS = [((64, 30, 10), 10), ((784, 30, 10), 10), ((784, 100, 10), 64)]
QUICK = WORKLOADS[:2]


def run(pace: Pace, quick: bool = False) -> list[Section]:
    """One table: contenders by networks."""
    workloads = QUICK if quick else WORKLOADS
    section = Section(
        "Hessian-vector product",
        "The Hessian of the cost with respect to all weights and biases, times a vector, float64. Medians, as multiples of "
        "Pearlmutter's product written out by hand in NumPy, in the same round; the arrays found were compared with its. "
        "Columns: sizes, and examples a mini-batch.",
        ["", *(title(*w) for w in workloads)],
        [],
    )
    makers, section.left_out = offered("PRODUCTS", quick)
    section.left_out.setdefault("mygrad", "has no second derivatives")
    cells: dict[str, list[str]] = {name: [] for name in makers}
    for sizes, n in workloads:
        p = problem(sizes, n)
        products = {name: make(p) for name, make in makers.items()}
        reference, *others = products
        expected = products[reference]()
        for name in others:
            alike(name, products[name](), expected, reference)
        for i, (name, m) in enumerate(interleaved(products, pace).items()):
            cells[name].append(f"{m.ratio:.2f}" if i else f"1 = {duration(m.seconds)}")
            section.data.append(
                {
                    "workload": title(sizes, n),
                    "contender": name,
                    "seconds": m.seconds,
                    "ratio": m.ratio,
                    "times": m.times,
                }
            )
    section.rows = [[name, *row] for name, row in cells.items()]
    return [section]
