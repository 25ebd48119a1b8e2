"""Sample calls of every function that has a derivative: the data of the tests of the tables.

CASES maps a function with rules to its calls, COMPOSITE_CASES a composite; a function that is spelled with others in some forms
only is in both. Which of the arguments are differentiated by is said in cases_samples.py. The tables take their `np` from
versions.py, where functions that NumPy 2.0 does not have are listed.
"""

from collections.abc import Callable
from typing import Any

import cases_copies
import cases_elementwise
import cases_indexing
import cases_linalg
import cases_order
import cases_products
import cases_reductions
import cases_sequences
import cases_shapes
from cases_samples import Call
from versions import present

Calls = dict[Callable[..., Any], list[Call]]
PARTS = (
    cases_elementwise,
    cases_reductions,
    cases_order,
    cases_indexing,
    cases_shapes,
    cases_copies,
    cases_products,
    cases_linalg,
    cases_sequences,
)

WRITERS: Calls = cases_copies.WRITERS
CASES: Calls = {f: calls for part in PARTS for f, calls in present(part.CASES).items()}
COMPOSITE_CASES: Calls = {
    f: calls for part in PARTS for f, calls in present(getattr(part, "COMPOSITE_CASES", {})).items()
} | WRITERS
