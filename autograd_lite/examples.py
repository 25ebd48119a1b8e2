"""The gradient of every training example on its own, by one batched pass.

The cost of one example is recorded, its backward pass with it, and the recording is run for all examples at once. So a
parameter's gradient is never summed over the examples, and an operation that mixes examples has but one to mix.
"""

import warnings
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from . import batch_arrays as _tables  # noqa: F401  (importing the tables states their rules)
from .batching import OF_SHAPES, Batched, Unbatched, depends_on, replayed
from .functional import gradients_of
from .mode import Tracer, current_mode, recording, tracing
from .node import Handle, Node, clock, leaf_node
from .randomness import Draws, put_back
from .recording import current, handle, leaf
from .rules import CONSTANTS
from .tensor import Tensor, real_array
from .traversal import ancestors
from .trees import leaves, mapped, rebuilt
from .variables import one_number, variable, within_transform

Array = np.ndarray[Any, Any]
Cost = Callable[..., Any]


class LoopWarning(UserWarning):
    """A batched pass was not possible, so the examples were gone through one by one."""


def per_example_gradients(cost: Cost, params: Any, *data: Any) -> Any:
    """The gradient of every example: slice i is that of `cost(params, *(d[i:i+1] for d in data))` by the parameters.

    cost : a function of the parameters and of a mini-batch, that returns one number
    params : Tensors or arrays in a list (or bare, or in a tuple, dict, nested);  data : arrays of N examples each

    Returns arrays of shape (N, *parameter shape) in the structure of `params`. Slices of an averaged cost average to
    the gradient of the batch, slices of a summed cost add up to it. Tensors in `params` that require a gradient are
    passed to the cost as they are, so the cost may also use the network they belong to.

    It takes one pass, many times faster than a loop. Where that is not possible, as with control flow that depends on
    the data, random numbers, or an operation that has no rule for many examples at once, it loops and says why by a
    LoopWarning. The last example is computed on its own as well: a cost that is not the same each time shows there.

    Raises ValueError for data of different lengths, TypeError for a cost that is not one number and for data that are
    not arrays, RuntimeError inside a function that is being differentiated, since the arrays would lose that gradient.
    """
    arrays = [_array(d) for d in data]
    lengths = {len(a) for a in arrays}
    if len(lengths) != 1:
        found = " and ".join(map(str, sorted(lengths))) or "no"
        raise ValueError(f"the data hold {found} examples; all need the same number of them")
    (examples,) = lengths
    flat = leaves(params)
    tracer = current_mode().tracing
    if tracer is not None:
        tracer.refuse_look(
            next((current(p) for p in flat if isinstance(p, Handle)), leaf_node(np.zeros(()))), "per_example_gradients"
        )
    if not examples:
        return mapped(lambda p: np.zeros((0, *np.shape(variable(p).array)), variable(p).dtype), params)
    with recording(True):
        try:
            return rebuilt(params, iter(_batched(cost, params, data, arrays)))
        except Unbatched as error:
            reason = error
        singles = [_single(cost, params, data, i)[1] for i in range(examples)]
    message = f"per_example_gradients went through {examples} examples one by one: {reason}"
    warnings.warn(message, LoopWarning, stacklevel=2)
    return rebuilt(params, (np.stack(slices) for slices in zip(*singles, strict=True)))


def _array(d: Any) -> Array:
    array = d.looked_at("per_example_gradients") if isinstance(d, Tensor) else real_array(d, None)
    if not array.ndim:
        raise TypeError(f"data hold examples along their first axis; got the number {array}")
    return array


def _single(cost: Cost, params: Any, data: Any, i: int) -> tuple[Array, list[Array]]:
    """The cost of example i and its gradients."""
    with recording(False):
        example = [d[i : i + 1] for d in data]
    variables = mapped(_parameter, params)
    output = one_number(cost, cost(variables, *example))
    flat = [current(v) for v in leaves(variables)]
    _outside_transforms(output)
    found = _gradients(output, flat)
    return output.array, [found[v].array if v in found else np.zeros_like(v.array) for v in flat]


def _gradients(output: Tensor, flat: list[Node]) -> dict[Node, Any]:
    return gradients_of({current(output): leaf(np.ones_like(output.array))}, flat) if output.requires_grad else {}


def _batched(cost: Cost, params: Any, data: tuple[Any, ...], arrays: list[Array]) -> list[Array]:
    """The gradients of all examples at once. Raises Unbatched, with the reason, where that is not possible."""
    examples = len(arrays[0])
    ones = [leaf(a[:1].copy()) for a in arrays]
    given = {current(one): Batched(a[:, None]) for one, a in zip(ones, arrays, strict=True)}
    listener = _OneExample(given, next(clock))
    draws = Draws(cost, params)
    try:
        with tracing(listener):
            variables = mapped(_parameter, params)
            output = one_number(cost, cost(variables, *ones))
            flat = [current(v) for v in leaves(variables)]
            found = _gradients(output, flat)
    finally:
        drawn = draws.drawn()
        put_back(drawn)
    if drawn:
        raise Unbatched("the cost draws random numbers, anew for each example")
    _outside_transforms(output)
    outputs = [current(output), *(current(found[v]) for v in flat if v in found)]
    with np.errstate(all="ignore"):
        value, *rest = replayed(outputs, given, examples, listener.standing)
    results: list[Array] = []
    for v in flat:
        gradient = rest.pop(0) if v in found else np.zeros_like(v.array)
        results.append(_own(gradient, examples, [*arrays, *results]))
    cost_alone, alone = _single(cost, params, data, examples - 1)
    if not _agree([_own(value, examples, []), *results], [cost_alone, *alone]):
        raise Unbatched("the batched pass disagrees with the last example alone; the cost is not the same each time")
    return results


class _OneExample(Tracer):
    """Refuses what would make the recording of one example hold for that one only."""

    def __init__(self, given: dict[Any, Batched], started: int):
        self.given = given
        self.started = started
        self.standing: dict[int, Node] = {}
        """Leaves that were made from the value of a node, by their index, and that node."""

    def stands_for(self, leaf: Node, source: Node) -> None:
        self.standing[leaf.index] = source

    def refuse_look(self, tensor: Node, how: str) -> None:
        if depends_on(tensor, self.given, self.standing):
            raise Unbatched(f"{how} looks at a value, {tensor.describe()}, that differs between examples")

    def refuse_write(self, tensor: Node) -> None:
        if tensor in self.given or self.is_foreign(tensor):
            raise Unbatched(f"the cost writes into {tensor.describe()}, which it was given")

    def is_foreign(self, tensor: Node) -> bool:
        return tensor.index < self.started

    def records(self, f: Callable[..., Any]) -> bool:
        return f not in OF_SHAPES

    def recorded(self, node: Node, values: list[Any]) -> None:
        if node.op in CONSTANTS:
            node.requires_grad = False

    def touches_grad(self, tensor: Handle) -> None:
        if self.is_foreign(current(tensor)):
            raise Unbatched(f"the cost handles the gradient of {current(tensor).describe()}")


def _parameter(p: Any) -> Tensor:
    if isinstance(p, Tensor) and p.requires_grad:
        return p
    made = variable(p)
    node = leaf_node(made.array)  # of no variable: transforms inside the cost have to see that more depends on it
    node.requires_grad, node.name = True, made.name
    return handle(node)  # type: ignore[no-any-return]


def _outside_transforms(output: Tensor) -> None:
    if output.requires_grad and within_transform(ancestors([current(output)])):
        raise RuntimeError(
            "per_example_gradients returns arrays, which carry no gradient, and was called inside a function that "
            "is being differentiated: use vjp or jacobian there"
        )


def _own(value: Any, examples: int, others: list[Array]) -> Array:
    """A gradient as an array of its own, for every example."""
    if not isinstance(value, Batched):
        return np.repeat(value[None], examples, axis=0)
    array = value.array
    shared = not array.flags.writeable or any(np.may_share_memory(array, a) for a in others)
    return array.copy() if shared else array


def _agree(results: list[Array], alone: list[Array]) -> bool:
    """Is the last of `results` what was found alone, up to rounding?"""
    size = max((float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a))) for a in alone), default=0.0)
    return all(
        np.allclose(r[-1], a, rtol=0.0, atol=size * sqrt(np.finfo(a.dtype).eps), equal_nan=True)
        for r, a in zip(results, alone, strict=True)
    )
