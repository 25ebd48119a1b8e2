"""Checks of the compiler: the program that runs, the printed one, names of any text, several threads."""

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from random import Random
from typing import Any

import numpy as np

import autograd_lite as ag

from . import oracles
from .comparing import Inapplicable, Untranslated, arrays_in, must_agree, must_be_same_bits
from .subject import ENGINE, Subject


def _modes(s: Subject) -> dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """What is compiled: from a function that returns the cost to a function of the same arguments."""
    vectors = [d.astype(i.value.dtype) for d, i in zip(oracles.directions(s.program, 3), s.program.arrays, strict=True)]

    def product(f: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(f)
        def of(*data: Any) -> Any:
            arrays = tuple(data[n] for n in s.places)
            return ag.hvp(s.of_arrays(f, list(data)), arrays, tuple(vectors))

        return of

    def tangent(f: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(f)
        def of(*data: Any) -> Any:
            arrays = tuple(data[n] for n in s.places)
            return ag.jvp(s.of_arrays(f, list(data)), arrays, tuple(vectors))

        return of

    both: Callable[..., Any] = lambda f: ag.value_and_grad(f, s.places)
    return {"value_and_grad": both, "value": lambda f: f, "hvp": product, "jvp": tangent}


def compiled(s: Subject, rng: Random) -> None:
    """Compiled it gives the same, with other arguments too, leaves earlier results alone, and its printed source has its bits."""
    mode = rng.choices(["value_and_grad", "value", "hvp", "jvp"], [6, 2, 1, 1])[0]
    if mode == "value" and s.needs_a_graph:
        raise Inapplicable("ag.gradients takes a graph that was recorded")
    make = _modes(s)[mode]
    f = make(s.function())
    program = ag.compile(f)
    first, second = (s.constants(data) if mode == "value" else data for data in (s.first, s.second))
    found = program(*first)
    must_agree(f"compiled {mode}", found, f(*first), s.scale, lambda n: make(s.noisy(n))(*first))
    kept = [np.array(a) for a in arrays_in(found)]
    other = program(*second)
    must_agree(f"compiled {mode}, other arguments", other, f(*second), s.scale, lambda n: make(s.noisy(n))(*second))
    must_be_same_bits("the first results after another call", found, kept)
    must_be_same_bits("the printed source", _run_source(program.source, s, s.second), other)


def _run_source(source: str, s: Subject, data: list[Any]) -> list[Any]:
    """What the printed program returns."""
    there: dict[str, Any] = {}
    exec(source, there)
    f = there[source[source.rindex("\ndef ") + 5 :].partition("(")[0]]
    by_name = dict(zip((i.name for i in s.program.inputs), data, strict=True))
    names = list(inspect.signature(f).parameters)
    if not set(names) <= set(by_name):
        raise Untranslated("the printed program has other parameters")
    result = f(*[by_name[name] for name in names])
    return list(result) if isinstance(result, tuple) else [result]


def compiled_with_names(s: Subject, rng: Random) -> None:
    """A compiled function of Tensors whose names are any text, and with any keys, gives what the function gives."""
    names = s.program.names

    def watch(v: Any) -> Any:
        return v.named(names[(7 * v.ndim + v.size) % len(names)]) if names and isinstance(v, ag.Tensor) else v

    f = ag.value_and_grad(s.program.function({**ENGINE, "watch": watch}, watched=True), s.places)
    program = ag.compile(lambda given: f(*given.values()))
    keys = [f"{name}{n}" for n, name in enumerate(s.program.names)]
    expected = ag.value_and_grad(s.function(), s.places)
    for data in (s.first, s.second):
        given = dict(zip(keys, s.tensors(data, s.program.names[2:]), strict=False))
        must_agree("compiled with names", program(given), expected(*s.tensors(data)), s.scale,
                   lambda n, data=data: ag.value_and_grad(s.noisy(n), s.places)(*s.tensors(data)))  # fmt: skip
    exec(program.source, {})


def threads(s: Subject, rng: Random) -> None:
    """From several threads at once, eager and compiled: the same bits as from one."""
    f = ag.value_and_grad(s.function(), s.places)
    program = ag.compile(f)
    expected = [program(*s.first), program(*s.second), f(*s.first), f(*s.second)]
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(g, *data) for _ in range(4) for g in (program, f) for data in (s.first, s.second)]
        found = [job.result() for job in jobs]
    for n, result in enumerate(found):
        must_be_same_bits("in a thread", result, expected[n % 4])
