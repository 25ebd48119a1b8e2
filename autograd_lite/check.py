"""Is a gradient right? `check_gradients` holds it against complex steps or differences and names what is at fault."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .attributes import Attributes
from .differences import ANALYTIC, mismatch
from .faults import comparison, first_fault
from .function_names import name_of
from .functional import grad, value_and_grad
from .node import Node, nodes_in
from .recording import apply, current, handles_of
from .tensor import Tensor
from .traversal import ancestors, newest_first
from .trees import leaves, paired, rebuilt
from .variables import run

Array = np.ndarray[Any, Any]


class GradientError(AssertionError):
    """A gradient is wrong, or cannot be verified."""


def check_gradients(f: Callable[..., Any] | Tensor, *args: Any, order: int = 2) -> None:
    """Verify the gradients of `f` at `args`, up to the given order. Returns None if they are right.

    f : a function that returns a Tensor of any shape, or a list, tuple or dict of Tensors; several elements are weighed
        by random numbers and added. Or a Tensor, whose graph is checked operation by operation, to first order.
    args : numbers, arrays, Tensors, or containers of them; all floating ones are differentiated by
    order : 1 for first derivatives, 2 for those of the gradient as well, and so on

    The reference is a complex step if `f` is made of analytic functions and runs on complex arrays, else extrapolated
    central differences. From order 2 on it is the differences of the order before, which has passed. Of an array of
    more than 64 elements not each is checked alone, but 64 groups, each along a random direction. At a kink every slope
    between those of the two sides is right. Single precision is compared in double precision, to single precision.

    Raises GradientError naming the argument, the element, both numbers, and the first operation of the graph whose own
    rule is wrong, with its input and element. What is not finite never passes. Raises TypeError if nothing is floating.
    """
    if isinstance(f, Tensor):
        fault = first_fault(current(f)) if f.requires_grad else None
        if not f.requires_grad:
            raise GradientError(f"{f.describe()} has no graph to check: nothing it was made from requires a gradient")
        if fault is not None:
            raise GradientError(f"the derivative of {fault}")
        return
    if order < 1:
        raise ValueError(f"order counts derivatives, from 1 on; got {order}")
    places, inputs = [], []
    for place, a, _ in paired(args, args, "args", "args"):
        if _is_floating(a):
            places.append(place)
            inputs.append(np.array(a.array if isinstance(a, Attributes) else a))
    if not inputs:
        raise TypeError("check_gradients needs a floating argument to differentiate by")
    base = derivative = _weighed(f, args)
    analytic = _is_analytic(derivative, inputs)
    level = 0.0
    for k in range(1, order + 1):
        level, complaint = _complaint(derivative, inputs, places, name_of(f), k, level, analytic and k == 1)
        if complaint is not None:
            raise GradientError(f"{complaint}. {_culprit(derivative, base, inputs, k)}")
        derivative = _next(derivative, inputs)


def _is_floating(a: Any) -> bool:
    return isinstance(a, float) or (isinstance(a, np.ndarray | np.generic | Tensor) and a.dtype.kind == "f")


def _weighed(f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    """`f` as a function of the floating arrays among its arguments, and of one value."""

    def weighed(*arrays: Any) -> Any:
        rest = iter(arrays)
        given = rebuilt(args, iter([next(rest) if _is_floating(a) else a for a in leaves(args)]))
        return _sum(leaves(f(*given)))

    return weighed


def _sum(parts: list[Any]) -> Any:
    """The sum of all elements, each with a weight of its own; but one number is left as it is."""
    if len(parts) == 1 and np.size(_bare(parts[0])) == 1:
        return np.sum(parts[0])
    rng = np.random.default_rng(0)
    total: Any = 0.0
    for part in parts:
        shape = np.shape(_bare(part))
        total = total + np.sum(part * (rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)))
    return total


def _bare(a: Any) -> Any:
    return a.array if isinstance(a, Attributes) else a


def _next(f: Callable[..., Any], inputs: list[Array]) -> Callable[..., Any]:
    """One value made of the gradient of `f`."""
    gradient = grad(f, range(len(inputs)))

    def derivative(*arrays: Any) -> Any:
        return _sum(list(gradient(*arrays)))

    return derivative


def _complaint(
    f: Callable[..., Any],
    inputs: list[Array],
    places: list[str],
    name: str,
    order: int,
    level: float,
    analytic: bool,
) -> tuple[float, str | None]:
    """What is wrong with the first derivative of `f`, which is itself a derivative of order - 1; None if nothing is.

    level : the size of the functions that `f` is a derivative of; it is returned with that of `f` taken in
    """
    what = {1: "gradient", 2: "second derivative"}.get(order, f"derivative of order {order}")
    wide = [x.astype(float) for x in inputs]
    try:
        value, found = value_and_grad(f, range(len(inputs)))(*inputs)
    except ValueError as error:
        return level, f"the {what} of {name} cannot be computed: {error}"
    if not np.all(np.isfinite(_bare(value))):
        return level, f"{name} is {_bare(value)} at these arguments, so its {what} cannot be verified"
    level = max(level, float(abs(_bare(value))))
    coarsest = max((x.dtype for x in (*inputs, _bare(value))), key=lambda dtype: float(np.finfo(dtype).eps))
    for i, (x, g, place) in enumerate(zip(wide, found, places, strict=True)):

        def path(v: Array, i: int = i) -> Callable[[Any], Any]:
            def at(t: Any) -> Any:
                moved = [x + t * v if k == i else x for k, x in enumerate(wide)]
                return _bare(f(*moved) if isinstance(t, complex) else f(*map(Tensor, moved)))

            return at

        wrong = mismatch(np.asarray(_bare(g)), x, path, level, coarsest, analytic)
        if wrong is not None:
            return level, f"the {what} of {name} by {place}{wrong.element}: {comparison(wrong, 'the backward pass')}"
    return level, None


def _culprit(f: Callable[..., Any], base: Callable[..., Any], inputs: list[Array], order: int) -> str:
    """The first operation of the graph of `f`, a derivative of `base`, that is wrong on its own."""
    output = _output(f, inputs)
    fault = first_fault(output) if output is not None else None
    if fault is not None:
        return f"The first operation at fault is {fault}"
    whole = _output(base, inputs) if order > 1 else None
    for node in reversed(newest_first(ancestors([whole]))) if whole is not None else ():
        complaint = _alone(node, order)
        if complaint is not None:
            inside = f", in {' / '.join(node.scope)}" if node.scope else ""
            return f"The first operation at fault is the one that made {node.describe()}{inside}: {complaint}"
    return (
        "Every operation of its graph is right on its own, so a value was taken out of the graph (detach(), .data, "
        "item(), numpy()), or the function is not the same each time"
    )


def _alone(node: Node, order: int) -> str | None:
    """What is wrong with the derivatives of a single operation at its actual values; None if nothing is."""
    if node.op is None or not all(isinstance(a, Node) or not any(nodes_in([a])) for a in node.args):
        return None
    slots = [i for i, a in enumerate(node.args) if isinstance(a, Node) and a.requires_grad]
    inputs = [node.args[i].array for i in slots]

    def alone(*arrays: Any) -> Any:
        args = [handles_of(a) for a in node.args]
        for i, x in zip(slots, arrays, strict=True):
            args[i] = x
        return apply(node.op, tuple(args), {k: handles_of(a) for k, a in node.keywords.items()})  # type: ignore[arg-type]

    f, level = _weighed(alone, tuple(inputs)), 0.0
    for k in range(1, order + 1):
        level, complaint = _complaint(f, inputs, [f"input {i}" for i in slots], name_of(node.op), k, level, False)
        if complaint is not None:
            return complaint
        f = _next(f, inputs)
    return None


def _output(f: Callable[..., Any], inputs: list[Array]) -> Node | None:
    """The node of what `f` returns; None if it has no graph."""
    output = run(f, inputs, {}, range(len(inputs))).output
    return current(output) if isinstance(output, Tensor) and output.requires_grad else None


def _is_analytic(f: Callable[..., Any], inputs: list[Array]) -> bool:
    output = _output(f, inputs)
    return output is not None and all(n.op is None or n.op in ANALYTIC for n in ancestors([output]))
