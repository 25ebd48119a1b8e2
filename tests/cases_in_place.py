"""Programs that write in place, as people write them for NumPy: each a plain function of arrays.

A program runs unchanged on ndarrays, on complex ndarrays, which is how a complex step finds its derivative, and on Tensors. It
begins with a copy, since an argument that requires a gradient is not written. A decision is taken by real parts: NumPy orders
complex numbers by their real parts first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Data = Callable[[np.random.Generator], tuple[Array, ...]]


@dataclass(frozen=True)
class Case:
    """A program and its arguments.

    data : the arguments, drawn from a generator
    not_analytic : why a complex step does not apply, so that differences are taken; empty if it does
    by_values : what depends on values, so that compiling raises CompileError; empty if it compiles
    """

    f: Callable[..., Any]
    data: Data
    not_analytic: str = ""
    by_values: str = ""

    def first(self) -> tuple[Array, ...]:
        return self.data(np.random.default_rng(0))

    def second(self) -> tuple[Array, ...]:
        return self.data(np.random.default_rng(1))


CASES: dict[str, Case] = {}


def program(data: Data, **more: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """State a program."""

    def stated(f: Callable[..., Any]) -> Callable[..., Any]:
        CASES[f.__name__] = Case(f, data, **more)
        return f

    return stated


def normal(*shapes: Any) -> Data:
    """An argument for each shape, of normal numbers."""
    return lambda rng: tuple(rng.normal(size=s) for s in shapes)


def positive(*shapes: Any) -> Data:
    """An argument for each shape, of numbers between 0.5 and 1.5."""
    return lambda rng: tuple(rng.uniform(0.5, 1.5, s) for s in shapes)


def dominant(n: int, *more: Any) -> Data:
    """A matrix whose diagonal dominates, and further arguments of normal numbers."""
    return lambda rng: (rng.uniform(-0.4, 0.4, (n, n)) + 2.0 * np.eye(n), *(rng.normal(size=s) for s in more))


def definite(n: int, *more: Any) -> Data:
    """A symmetric positive definite matrix, and further arguments of normal numbers."""

    def data(rng: np.random.Generator) -> tuple[Array, ...]:
        a = rng.normal(size=(n, n))
        return (a @ a.T / n + np.eye(n), *(rng.normal(size=s) for s in more))

    return data


for _module in ("in_place_algebra", "in_place_grids", "in_place_sequences", "in_place_views"):
    import_module(_module)  # its programs state themselves
