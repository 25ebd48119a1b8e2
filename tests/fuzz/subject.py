"""A program under examination: what the checks share, computed once."""

import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

import autograd_lite as ag

from . import oracles
from .comparing import Array, Inapplicable, Scale
from .program import Program
from .spellings import rounding_by

ENGINE = {"np": np, "ag": ag}


class Subject:
    """The program, its arguments, and what the engine and NumPy make of them."""

    def __init__(self, program: Program):
        self.program = program
        self.first, self.second = program.first(), program.second()
        self.places = tuple(n for n, i in enumerate(program.inputs) if i.is_array)
        """The positions of the arrays among the arguments."""
        self.scale = Scale(program.eps, len(program.statements))

    @property
    def needs_a_graph(self) -> bool:
        """Does it ask for a gradient by something that it was given, which must then be recorded?"""
        return any("ag.gradients" in s.text for s in self.program.statements)

    def constants(self, data: list[Any]) -> list[Any]:
        """The arguments as Tensors that require no gradient, into which nothing is written but which meet what is."""
        return [ag.Tensor(a) if i.is_array else a for i, a in zip(self.program.inputs, data, strict=True)]

    def function(self, **form: bool) -> Callable[..., Any]:
        return self.program.function(ENGINE, **form)

    def noisy(self, seed: int, **form: bool) -> Callable[..., Any]:
        """The function with every variable moved by up to half an ulp."""
        rounding = rounding_by(np.random.default_rng(seed), self.program.eps)
        return self.program.function({**ENGINE, "rounding": rounding}, rounded=True, **form)

    def of_arrays(self, f: Callable[..., Any], data: list[Any]) -> Callable[..., Any]:
        """f as a function of the arrays alone."""

        def function(*arrays: Any) -> Any:
            rest = iter(arrays)
            return f(*[next(rest) if i.is_array else a for i, a in zip(self.program.inputs, data, strict=True)])

        return function

    def arrays(self, data: list[Any]) -> list[Array]:
        return [data[n] for n in self.places]

    def tensors(self, data: list[Any], names: tuple[str, ...] = ()) -> list[Any]:
        """The arguments, with a leaf for each array."""
        made = [
            ag.Tensor(a, requires_grad=True) if i.is_array else a
            for i, a in zip(self.program.inputs, data, strict=True)
        ]
        for n, name in zip(self.places, names, strict=False):
            made[n].name = name
        return made

    def backward(
        self, f: Callable[..., Any], data: list[Any], names: tuple[str, ...] = (), **options: Any
    ) -> tuple[Any, list[Array]]:
        """The cost, and the gradients that `backward` leaves."""
        leaves = self.tensors(data, names)
        cost = f(*leaves)
        if not isinstance(cost, ag.Tensor) or not cost.requires_grad:
            raise Inapplicable("the cost does not depend on the arrays")
        cost.backward(**options)
        arrays = [leaves[n] for n in self.places]
        return cost.array, [np.zeros_like(t.array) if t.grad is None else t.grad.array for t in arrays]

    @cached_property
    def plain_value(self) -> Any:
        return oracles.value(self.program, self.first)

    @cached_property
    def eager(self) -> tuple[Any, list[Array]]:
        """The cost and the gradients at the first arguments: what everything else is compared with."""
        return quietly(lambda: self.backward(self.function(), self.first))

    def eager_with_noise(self, seed: int) -> tuple[Any, list[Array]]:
        return quietly(lambda: self.backward(self.noisy(seed), self.first))


def quietly(f: Callable[[], Any]) -> Any:
    """The result of f, without a word about floating-point errors; but what is to be compiled must be."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("error", ag.CompileWarning)
        return f()
