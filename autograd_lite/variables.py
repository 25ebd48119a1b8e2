"""What a transform differentiates by: a function is run on variables of its own, and what else it depends on is found.

Each call of `grad`, `vjp`, ... makes fresh variables and asks for the gradient of these alone, so nested calls cannot
take each other's variables for their own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from operator import index
from typing import Any, NamedTuple

import numpy as np

from .function_names import name_of
from .mode import current_mode, enable_grad
from .node import Handle, Node, clock, leaf_node
from .recording import constant_leaf, current, handle
from .tensor import Tensor, real_array
from .traversal import ancestors
from .trees import leaves, mapped


class VariableNode(Node):
    """The node of a variable, which leads on to an outer Tensor or is a leaf."""

    __slots__ = ("spans",)

    kind = "an argument by which a function is differentiated, a leaf that requires a gradient,"
    remedy = "Begin the function with a copy() of it, as in x = x.copy()"
    spans: "list[Span]"

    @property
    def live(self) -> bool:
        """Is its transform still at work? Afterwards nobody can ask for the gradient of this variable."""
        moments = _moments.get()
        return any(s.end == inf or any(s.begin <= t < s.end for t in moments) for s in self.spans)


class Variable(Tensor):
    """An argument of a function that is being differentiated."""

    __slots__ = ()

    def __copy__(self) -> Tensor:
        return np.copy(self)  # type: ignore[return-value]

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"{self.describe()} is an argument of a function that is being differentiated; a deep copy or a pickle "
            "would lose the gradient: take copy() of it"
        )


class Span:
    """A time during which a transform is at work, by the clock that numbers nodes."""

    __slots__ = ("begin", "end")

    def __init__(self) -> None:
        self.begin: int = next(clock)
        self.end: float = inf

    def finish(self) -> None:
        self.end = next(clock)


_moments: ContextVar[tuple[int, ...]] = ContextVar("autograd_lite moments", default=())
"""When a function that runs again ran before: what was live then counts as live."""


def moments() -> tuple[int, ...]:
    """What to give `as_it_was` later, for what is live now to be live then."""
    return *_moments.get(), next(clock)


@contextmanager
def as_it_was(at: tuple[int, ...]) -> Iterator[None]:
    """Let the variables be live that were so at those moments, for a function to compute again what it did then."""
    token = _moments.set(at)
    try:
        yield
    finally:
        _moments.reset(token)


class Run(NamedTuple):
    """A function that was run on variables."""

    given: list[Any]
    """The arguments differentiated by, as the caller gave them."""
    variables: list[Any]
    """The same, with Variables in the place of numbers and arrays."""
    flat: list[VariableNode]
    """The nodes of these, out of their containers."""
    output: Any
    plain: bool
    """Are all arguments numbers and arrays? Then so are the results."""
    recording: bool
    """May the results be differentiated further, by a caller who records?"""

    def answer(self, found: dict[Any, Any], linked: bool) -> list[Any]:
        """The gradients in `found` in the structure of the arguments, each as the kind of thing its argument was.

        For who listens they stay Tensors: an array would be that of this one run.
        """
        linked = linked or current_mode().tracing is not None
        return [
            mapped(lambda v, a: like(found.get(v._node), v, a, linked), vs, a)
            for vs, a in zip(self.variables, self.given, strict=True)
        ]

    def outward(self, result: Any) -> Any:
        """A result for the caller: a Tensor if one was given, or if there is more to differentiate by."""
        if not isinstance(result, Tensor):
            return result
        if current_mode().tracing is not None or (self.recording and any_live(others([current(result)], self.flat))):
            return result
        return result.numpy()[()] if self.plain else result.detach()


def run(f: Callable[..., Any], args: Sequence[Any], keywords: dict[str, Any], positions: Sequence[int]) -> Run:
    """Call `f` with Variables in the place of the arguments at `positions`, recording.

    Raises TypeError for an argument there that is not floating; RuntimeError if `f` writes into one, or runs backward
    to one without recording that.
    """
    mode = current_mode()
    given = [args[i] for i in positions]
    arguments = list(args)
    variables = []
    for i in positions:
        try:
            variables.append(mapped(variable, args[i]))
        except TypeError as error:
            error.add_note(f"in argument {i} of {name_of(f)}")
            raise
        arguments[i] = variables[-1]
    given_variables: list[Variable] = leaves(variables)
    flat: list[Any] = [v._node for v in given_variables]
    guards = [v.register_hook(_needs_recording) for v in given_variables]
    try:
        with alive(flat), enable_grad():
            output = f(*arguments, **keywords)
    finally:
        for guard in guards:
            guard.remove()
    for v, node in zip(given_variables, flat, strict=True):
        if current(v) is not node:
            raise RuntimeError(f"{name_of(f)} wrote into its argument {v.describe()}: let it write into a copy() of it")
    plain = not any(isinstance(a, Handle) for a in leaves([*args, *keywords.values()]))
    return Run(given, variables, flat, output, plain, mode.recording or mode.tracing is not None)


def variable(a: Any) -> Variable:
    """An argument as a Tensor to differentiate by. Raises TypeError unless floating; Python integers count as such."""
    mode = current_mode()
    if a.__class__ is int:
        a = 1.0 * a
    if mode.tracing is not None:
        a = mode.tracing.as_tensor(a)
    if isinstance(a, Tensor):
        if a.dtype.kind != "f":
            raise TypeError(
                f"a gradient is taken with respect to floating numbers, and {a.describe()} has dtype {a.dtype}: pass its "
                "astype(float)"
            )
        array, name = a.array, a.name
    else:
        array, name = real_array(a, None), None
        if array.dtype.kind != "f":
            raise TypeError(
                f"a gradient is taken with respect to floating numbers; got dtype {array.dtype}: pass a.astype(float), "
                "or 1.0 in the place of 1"
            )
    node: VariableNode = leaf_node(array, VariableNode)
    if isinstance(a, Tensor) and ((a.requires_grad and mode.recording) or mode.tracing is not None):
        copied = np.copy(a)._node  # type: ignore[attr-defined]
        node.array, node.op, node.args, node.keywords = copied.array, copied.op, copied.args, copied.keywords
        node.index = copied.index
    node.requires_grad, node.name, node.spans = True, name, []
    return handle(node, Variable)  # type: ignore[no-any-return]


def like(g: Any, v: Variable, given: Any, linked: bool) -> Any:
    """A gradient as the kind of thing the argument was; zeros where there is none.

    linked : can it be differentiated further? Then it stays a Tensor
    """
    if g is None:
        g = constant_leaf(np.zeros_like(v.array))
    if linked or isinstance(given, Handle) or current_mode().tracing is not None:
        return g
    return g.array if isinstance(given, np.ndarray) else g.array[()]


def others(outputs: Iterable[Node], variables: Iterable[VariableNode]) -> list[Node]:
    """The leaves that require a gradient, and the nodes of variables, that lead to `outputs`, but for `variables`."""
    mine = set(variables)
    reached: Any = ancestors(o for o in outputs if o.requires_grad)
    return [n for n in reached if (n.op is None or isinstance(n, VariableNode)) and n not in mine]


@contextmanager
def alive(variables: Iterable[VariableNode]) -> Iterator[None]:
    """Let `variables` be live while their function runs, or a pass is recorded that is differentiated by them."""
    span = Span()
    for v in variables:
        v.spans.append(span)
    try:
        yield
    finally:
        span.finish()


def any_live(nodes: Iterable[Node]) -> bool:
    """Is there one among them by which somebody can still differentiate?"""
    return any(not isinstance(n, VariableNode) or n.live for n in nodes)


def within_transform(nodes: Iterable[Node]) -> bool:
    """Is there a variable among them whose function is still running?"""
    return any(isinstance(n, VariableNode) and n.live for n in nodes)


def numbered(f: Callable[..., Any], argnums: int | Sequence[int], args: Sequence[Any]) -> list[int]:
    """`argnums` as positions in `args`. Raises TypeError for one that is not there, ValueError for one given twice."""
    positions = []
    for i in (argnums,) if not isinstance(argnums, Sequence) else argnums:
        i = index(i)
        if not -len(args) <= i < len(args):
            raise TypeError(f"{name_of(f)} got {len(args)} arguments by position; argnums asks for number {i}")
        positions.append(i % len(args))
    if len(set(positions)) < len(positions):
        raise ValueError(f"argnums {argnums!r} names an argument of {name_of(f)} twice")
    return positions


def tensor_leaves(f: Callable[..., Any], output: Any) -> list[Tensor]:
    """The Tensors that `f` returned, out of their containers. Raises TypeError for anything else among them."""
    flat = leaves(output)
    for o in flat:
        if not isinstance(o, Tensor):
            raise TypeError(f"{name_of(f)} returned {type(o).__name__}, not a Tensor computed from its arguments")
    return flat


def one_number(f: Callable[..., Any], output: Any) -> Tensor:
    """What `f` returned, if it is a Tensor of one element. Raises TypeError if not."""
    if isinstance(output, list | tuple | dict):
        raise TypeError(
            f"{name_of(f)} returned a {type(output).__name__}; a gradient is taken of one number: for (number, "
            "anything) pass has_aux=True, else use jacobian or vjp"
        )
    (tensor,) = tensor_leaves(f, output)
    if tensor.size != 1:
        raise TypeError(
            f"{name_of(f)} returned shape {tensor.shape}; a gradient is taken of one number: sum it, or use jacobian "
            "or vjp"
        )
    return tensor


def _needs_recording(_: Any) -> None:
    mode = current_mode()
    if not mode.recording and mode.tracing is None:
        raise RuntimeError(
            "backward() was called inside a function that is itself being differentiated, and without recording: "
            "its gradients would count as constants. Pass create_graph=True to it, or use autograd_lite.grad or "
            "gradients inside"
        )
