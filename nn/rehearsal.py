"""What is wrong with a network, its data and its cost, found on a copy before anything is learned."""

import copy
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor, enable_grad
from autograd_lite.compiler import levels_to_user

from .costs import Cost
from .evaluation import CHUNK, Coding, coding_for, recorded_cost
from .examples import Arrays, plain
from .modes import evaluating
from .module import Module
from .unpromising import bounded_logits, unscaled

Array = NDArray[Any]
_SAMPLE = 64


def rehearse(net: Module, cost: Any, data: Arrays, held_out: Arrays | None, last_batch: int) -> Coding | None:
    """Run a copy of the network on a few examples, and the cost on all targets; how these tell classes, if they do.

    last_batch : examples in the smallest mini-batch

    What the network or the cost raises is raised here, so before a weight has moved. Warns once of each thing with which it
    could learn little.
    """
    trial, is_copy = _copied(net)
    cost_there = _copied(cost)[0]
    outputs = []
    with enable_grad(), _random_numbers_kept(), np.errstate(all="ignore"):
        for name, examples in ("data", data), ("validation", held_out):
            if examples is None:
                continue
            x, y = examples
            rows = _telling(x)
            with evaluating(trial):
                output = trial(x[rows])
                _require_rows(name, output, len(rows), plain(cost))
                if isinstance(plain(cost), Cost):
                    _require_targets(name, plain(cost), output, y)
                c = recorded_cost(cost_there, output, y[rows])
            if not c.requires_grad:
                raise ValueError(
                    "the cost does not depend on the parameters of the network: compute it of its outputs with NumPy's "
                    "functions, without detach(), numpy() and no_grad()"
                )
            outputs.append((output, c))
        if is_copy and last_batch == 1:
            trial(data[0][:1])
    output, c = outputs[0]
    for words in unscaled(c), bounded_logits(plain(cost), output):
        if words:
            warnings.warn(words, UserWarning, stacklevel=levels_to_user())
    codings = {coding_for(output, y) for (output, _), (_, y) in zip(outputs, [data, held_out or data], strict=False)}
    return codings.pop() if len(codings) == 1 else None


def _copied(thing: Any) -> tuple[Any, bool]:
    """A copy, or the thing itself where it cannot be copied."""
    try:
        return copy.deepcopy(thing), True
    except Exception:  # what a class of the user's raises is not to be foreseen
        return thing, False


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    """What draws from the generators of NumPy and Python inside draws the same again afterwards."""
    numpy_state, state = np.random.get_state(), random.getstate()  # noqa: NPY002  (it is the users' that is kept)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(state)


def _telling(x: Array) -> Array:
    """A few rows from all over the data; of symbols those with the smallest and the largest too."""
    rows = np.linspace(0, len(x) - 1, min(len(x), _SAMPLE)).astype(int)
    if x.dtype.kind in "iu":
        flat = x.reshape(len(x), -1)
        if flat.shape[1]:
            rows = np.union1d(rows, np.concatenate([flat.argmin(axis=0), flat.argmax(axis=0)]))
    return rows


def _require_rows(name: str, output: Any, n: int, cost: Any) -> None:
    if isinstance(cost, Cost) and not isinstance(output, Tensor):
        raise TypeError(
            f"the network returns a {type(output).__name__}, and {cost!r} needs one Tensor: give a cost of your own that takes "
            "all of it, or a network that returns one"
        )
    if isinstance(cost, Cost) and output.ndim == 1:
        raise ValueError(
            f"{name}: the network returns {output.shape} for {n} examples, which is taken for one example: it must return a row "
            f"for each, ({n}, m); leave out its last reshape"
        )


def _require_targets(name: str, cost: Cost, output: Tensor, y: Array) -> None:
    """Let the cost look at every target, beside outputs that it cannot mind."""
    for i in range(0, len(y), CHUNK):
        part = y[i : i + CHUNK]
        try:
            cost(np.full((len(part), *output.shape[1:]), 0.5, output.dtype), part)
        except (TypeError, ValueError) as problem:
            raise type(problem)(f"{name}, rows {i} to {i + len(part) - 1}: {problem}") from None
