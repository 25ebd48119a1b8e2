"""Linear maps from functions: `vjp` and `jvp`, and what is made of them: `jacobian`, `hessian`, `hvp`.

With J the Jacobian of f at x, the backward pass computes J^T g. It is linear in g, so going back through *it*, from g,
gives J t: forward mode without a single further rule. And going back through it from x gives a Hessian's product with a
vector.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .backward import carried
from .derived import derived, transform
from .function_names import name_of
from .functional import grad, gradients_of
from .mode import current_mode, recording
from .node import Handle, Node, leaf_node
from .recording import current, handle, leaf
from .tensor import Tensor
from .traversal import ancestors, between
from .trees import mapped, paired
from .variables import Run, VariableNode, alive, any_live, numbered, one_number, others, run, tensor_leaves


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of `f` at `primals`, and the function that pulls a cotangent of it back: g -> J^T g.

    The pullback takes a cotangent in the structure and shapes of the value and returns a tuple, one entry a primal, in
    the structure and shapes of the primals. It may be called any number of times, and be differentiated itself.

    f : a function that returns a Tensor, or a list, tuple or dict of Tensors
    Raises TypeError for primals that are not floating and for results that are no Tensors; the pullback ValueError for
    a cotangent of another structure or shape.
    """
    ran = run(f, primals, {}, range(len(primals)))
    flat = tensor_leaves(f, ran.output)
    foreign = others(map(current, flat), ran.flat)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds: dict[Node, Any] = {}
        further = False
        for place, output, given in paired(ran.output, cotangent, "cotangent", "the value"):
            g = _vector(place, given, output)
            further = further or g.requires_grad
            if output.requires_grad:
                _add(seeds, current(output), g)
        linked = _recording() and (further or any_live(foreign))
        return tuple(ran.answer(_pulled(seeds, ran.flat, linked), linked))

    pullback.__doc__ = f"The cotangents of the primals of {name_of(f)} from a cotangent of its value."
    return mapped(ran.outward, ran.output), pullback


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of `f` at `primals`, and its derivative along `tangents`: J t, in the structure of the value.

    primals : one argument of `f` bare, or several in a tuple;  tangents : the same, in the structure and shapes of the
        primals

    Forward mode as the VJP of the VJP. Raises as `vjp` does, and ValueError for tangents of another structure or shape.
    """
    ran = run(f, *_several(primals))
    flat = tensor_leaves(f, ran.output)
    along = _directions(ran, primals, tangents, "tangents", "primals")
    linked = ran.recording and (
        any_live(others(map(current, flat), ran.flat)) or any(t.requires_grad for t in along.values())
    )
    probes: dict[Node, Any] = {current(o): _probe(o) for o in flat if o.requires_grad}
    probed = [p._node for p in probes.values()]
    with alive([*ran.flat, *probed]):
        back = _pulled(probes, ran.flat, True)
        tangent = _pulled(_paired_with(back, along), probed, linked)

    def of(output: Tensor) -> Any:
        probe = probes.get(current(output))
        t = None if probe is None else tangent.get(probe._node)
        t = leaf(np.zeros_like(output.array, dtype=_floating(output))) if t is None else t
        return t if linked or not ran.plain or current_mode().tracing is not None else t.array[()]

    return mapped(ran.outward, ran.output), mapped(of, ran.output)


def hvp(f: Callable[..., Any], primals: Any, vectors: Any) -> Any:
    """The Hessian of `f` at `primals` times `vectors`, in the structure of the primals; it is never formed itself.

    f : a function that returns one number
    primals : one argument of `f` bare, or several in a tuple;  vectors : the same, in the structure and shapes of the
        primals

    Costs two backward passes, whatever the size. Raises as `grad` does, and ValueError for vectors of another structure
    or shape.
    """
    ran = run(f, *_several(primals))
    output = one_number(f, ran.output)
    along = _directions(ran, primals, vectors, "vectors", "primals")
    linked = ran.recording and (
        any_live(others([current(output)], ran.flat)) or any(t.requires_grad for t in along.values())
    )
    with alive(ran.flat):
        first = _pulled(
            {current(output): leaf(np.ones_like(output.array))} if output.requires_grad else {}, ran.flat, True
        )
        second = _pulled(_paired_with(first, along), ran.flat, linked)
    results = ran.answer(second, linked)
    return tuple(results) if type(primals) is tuple else results[0]


@transform
def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives the derivative of every element of the result by every element of an argument.

    f : a function that returns a Tensor, or a list, tuple or dict of Tensors
    argnums : the position of the argument to differentiate by, or several, then the answer is a tuple of them

    Shapes are output shape + argument shape. Where the result or the argument is a container, so is the answer: in the
    structure of the result, with the structure of the argument in each place. Costs one backward pass an element of the
    result.
    """

    @derived(jacobian, f, argnums)
    def jacobian_of_f(*args: Any, **keywords: Any) -> Any:
        ran = run(f, args, keywords, numbered(f, argnums, args))
        tensor_leaves(f, ran.output)

        def of(output: Tensor) -> Any:
            linked = ran.recording and any_live(others([current(output)], ran.flat))
            results = ran.answer(_rows(current(output), ran.flat, linked), linked)
            return tuple(results) if isinstance(argnums, Sequence) else results[0]

        return mapped(of, ran.output)

    return jacobian_of_f


@transform
def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives the second derivatives of `f`, which returns one number: the Jacobian of its gradient.

    Shapes are argument shape + argument shape; containers nest as in `jacobian`, by the first argument and then by the
    second. Costs one pass through the backward pass an element of the argument.
    """
    return jacobian(grad(f, argnums), argnums)


# ---------------------------------------------------------------------------------------------------------------------
# Passes.


def _pulled(seeds: dict[Node, Any], wanted: Iterable[Node], linked: bool) -> dict[Any, Any]:
    """The gradients of the Tensors in `seeds`, weighted by theirs, by the `wanted`. The graph may be used again."""
    return dict(gradients_of(seeds, wanted, create_graph=linked, retain_graph=True)) if seeds else {}


def _rows(output: Node, variables: list[VariableNode], linked: bool) -> dict[Any, Any]:
    """For each variable, its gradients by every element of `output`, in one array of shape output + variable."""
    passing: set[Node] = set()
    shape, dtype = output.array.shape, output.array.dtype
    if output.requires_grad:
        reached = ancestors([output])
        passing = between(reached.intersection(variables), reached)
    rows: dict[VariableNode, list[Any]] = {v: [] for v in variables}
    with recording(linked) as mode:
        record = linked or mode.tracing is not None
        for i in range(output.array.size):
            unit = np.zeros(shape, dtype)  # in C order: its flat form is a view, however the output lies
            unit.reshape(-1)[i] = 1.0
            found = (
                carried({output: leaf(unit) if record else unit}, passing, set(variables), record) if passing else {}
            )
            for v in variables:
                rows[v].append(found[v] if v in found else np.zeros_like(v.array))
        whole: dict[Any, Any] = {}
        for v in variables:
            stacked = np.stack(rows[v]) if rows[v] else np.zeros((0, *v.array.shape), v.array.dtype)
            whole[v] = np.reshape(stacked, (*shape, *v.array.shape))
    return {v: a if isinstance(a, Handle) else leaf(a) for v, a in whole.items()}


def _paired_with(found: dict[Any, Any], along: dict[VariableNode, Tensor]) -> dict[Node, Any]:
    """The seeds of a second pass, from what a first one found. One Tensor may be the gradient of several variables."""
    seeds: dict[Node, Any] = {}
    for v, g in found.items():
        if g.requires_grad:
            _add(seeds, current(g), along[v])
    return seeds


def _add(seeds: dict[Node, Any], output: Node, g: Tensor) -> None:
    seeds[output] = seeds[output] + g if output in seeds else g


def _probe(output: Tensor) -> Tensor:
    """A cotangent to differentiate by. The pass is linear in it, so any value does."""
    probe = leaf_node(np.zeros_like(output.array), VariableNode)
    probe.requires_grad, probe.spans = True, []
    return handle(probe)  # type: ignore[no-any-return]


def _recording() -> bool:
    mode = current_mode()
    return mode.recording or mode.tracing is not None


# ---------------------------------------------------------------------------------------------------------------------
# Vectors given.


def _several(primals: Any) -> tuple[tuple[Any, ...], dict[str, Any], range]:
    """The arguments of `run`: a tuple holds several primals, anything else is one."""
    several = primals if type(primals) is tuple else (primals,)
    return several, {}, range(len(several))


def _directions(ran: Run, primals: Any, vectors: Any, what: str, of: str) -> dict[VariableNode, Tensor]:
    variables: Any = tuple(ran.variables) if type(primals) is tuple else ran.variables[0]
    return {v._node: _vector(place, given, v) for place, v, given in paired(variables, vectors, what, of)}


def _vector(place: str, given: Any, like: Tensor) -> Tensor:
    """A cotangent or tangent of `like`, as a Tensor of its shape and dtype. Raises ValueError for another shape."""
    vector = given if isinstance(given, Tensor) else Tensor(given)
    if vector.shape != like.shape:
        raise ValueError(
            f"{place} has shape {vector.shape}; it belongs to {like.describe()} and needs shape {like.shape}"
        )
    dtype = _floating(like)
    return vector if vector.dtype == dtype else vector.astype(dtype)


def _floating(like: Tensor) -> Any:
    return like.dtype if like.dtype.kind == "f" else np.dtype(float)
