"""Gradients as functions: `gradients` of a graph, `grad` and `value_and_grad` of a function of arrays.

A function's arguments may be numbers, ndarrays, Tensors, or lists, tuples and dicts of them. Derivatives of any order
come from nesting: where the result still depends on another Tensor that requires a gradient, the backward pass is
recorded too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from .backward import pull_back
from .derived import derived, transform
from .function_names import name_of
from .mode import current_mode
from .node import Node
from .recording import current, leaf
from .tensor import Tensor, seed
from .traversal import ancestors, newest_first
from .trees import mapped
from .variables import any_live, numbered, one_number, others, run, within_transform


def gradients(
    output: Tensor,
    inputs: Tensor | Iterable[Tensor],
    gradient: Any = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    allow_unused: bool = False,
) -> list[Tensor]:
    """d output/d input for any Tensors of the graph, leaves or not, as a list. Touches no `.grad`.

    gradient : the cotangent of output, of its shape; may be left out for one element only, and is then 1
    create_graph : record the pass, so that the results can be differentiated again; inside a function that `grad` or
        another transform differentiates, it is recorded in any case
    retain_graph : allow a further pass from the same output; create_graph implies it
    allow_unused : give None for an input that the output does not depend on

    Raises RuntimeError for an input that the output does not depend on, and in the cases of `Tensor.backward`.
    """
    wanted = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for part in (output, *wanted):
        if not isinstance(part, Tensor):
            raise TypeError(f"gradients takes Tensors of one graph; got {type(part).__name__}: {part!r}")
    reached = ancestors([current(output)])
    nodes = [held_in(x, reached) for x in wanted]
    for x, held in zip(wanted, nodes, strict=True):
        if not held and not allow_unused:
            raise RuntimeError(
                f"{output.describe()} does not depend on {x.describe()} through recorded operations: "
                "compute it from there with requires_grad=True, or pass allow_unused=True to get None. If it was written since, "
                "take the gradient before the write, or by a copy() from before it"
            )
    create_graph = create_graph or (current_mode().recording and within_transform(reached))
    found: Any = gradients_of(
        {current(output): seed(output, gradient)},
        {n for held in nodes for n in held},
        create_graph=create_graph,
        retain_graph=retain_graph,
    )
    parts = ([found[n] for n in held if n in found] for held in nodes)
    total: list[Any] = [reduce(np.add, part) if part else None for part in parts]
    return total


def gradients_of(
    outputs: Mapping[Node, Any],
    wanted: Iterable[Node] | None = None,
    create_graph: bool = False,
    retain_graph: bool = False,
) -> dict[Node, Any]:
    """What `pull_back` gives, as Tensors: the gradients of nodes by nodes."""
    found = pull_back(outputs, wanted, create_graph, retain_graph)
    return {n: leaf(g) if type(g) is np.ndarray else g for n, g in found.items()}


def held_in(x: Tensor, reached: set[Node]) -> list[Node]:
    """The nodes of a Tensor in a graph: its present one, and the leaf nodes that it held before a write."""
    node = current(x)
    if node.op is not None or node.slot is None:
        return [node] if node in reached else []
    return newest_first(n for n in reached if n.op is None and n.slot is node.slot)


@transform
def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives df/d(argument), in the structure of the argument; a tuple if `argnums` is a sequence.

    f : a function of any arguments that returns one number, a Tensor of one element
    argnums : the position of the argument to differentiate by, or several
    has_aux : `f` returns (number, anything), and the function (gradient, anything)

    ndarrays and numbers among the arguments give ndarrays and numbers, Tensors give Tensors; an argument that the
    result does not depend on gets zeros. Raises TypeError for arguments that are not floating numbers, and for a result
    that is not one; ValueError for an argument named twice.
    """
    both = value_and_grad(f, argnums, has_aux=has_aux)

    @derived(grad, f, argnums, has_aux=has_aux)
    def gradient(*args: Any, **keywords: Any) -> Any:
        value, found = both(*args, **keywords)
        return (found, value[1]) if has_aux else found

    return gradient


@transform
def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """The function that gives the value of `f` and its gradient, as `grad` does, from one pass forward and one back.

    has_aux : `f` returns (number, anything), and the function ((number, anything), gradient)
    """

    @derived(value_and_grad, f, argnums, has_aux=has_aux)
    def value_and_gradient(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        ran = run(f, args, keywords, numbered(f, argnums, args))
        aux = None
        result = ran.output
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise TypeError(
                    f"has_aux=True: {name_of(f)} has to return (number, anything), not {type(result).__name__}"
                )
            result, aux = result
        output = one_number(f, result)
        linked = ran.recording and any_live(others([current(output)], ran.flat))
        found: dict[Any, Any] = {}
        if output.requires_grad:
            found = gradients_of(
                {current(output): seed(output, None)}, ran.flat, create_graph=linked, retain_graph=True
            )
        results = ran.answer(found, linked)
        value = ran.outward(output)
        if has_aux:
            value = value, mapped(ran.outward, aux)
        return value, tuple(results) if isinstance(argnums, Sequence) else results[0]

    return value_and_gradient
