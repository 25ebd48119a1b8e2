"""The gradients of Tensors: adding to them, replacing them, and noting what was there before."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from numpy import asarray, generic, ndarray

from .mode import current_mode
from .node import GradientSlot, Handle, Node, shared, slot_of
from .recording import current, handle_of, leaf

Noted = dict[GradientSlot, tuple[int, Any]]
"""By slot the number of its node, and its gradient."""
_noted: ContextVar[Noted | None] = ContextVar("autograd_lite gradients", default=None)
"""The gradients that were replaced in this thread or task, as they were before, for who puts them back."""


def grad_of(node: Node) -> Any:
    """The gradient that arrived at a node, as a Tensor; None if there is none."""
    slot = node.slot
    if slot is None:
        return None
    if type(slot.grad) is ndarray:
        with shared:
            if type(slot.grad) is ndarray:
                slot.grad = leaf(slot.grad)
    return slot.grad


def gradient_arrays(leaves: Iterable[Handle]) -> list[Any]:
    """The gradients of leaves as arrays, for a reader who wants no Tensors; None where there is none."""
    found = []
    for t in leaves:
        slot = current(t).slot
        g = None if slot is None else slot.grad
        found.append(g if g is None or type(g) is ndarray else g.array)
    return found


def forget(leaves: Iterable[Handle]) -> None:
    """Forget the gradients of leaves. One that another thread is adding to does not come back."""
    with shared:
        for t in leaves:
            slot = current(t).slot
            if slot is not None:
                slot.grad = None


def set_grad(t: Handle, g: Any) -> None:
    """Replace the gradient of a Tensor; who listens learns of it."""
    tracer = current_mode().tracing
    if tracer is not None:
        tracer.touches_grad(t)
    node = current(t)
    if g is None and node.slot is None:
        return
    slot = slot_of(node)
    with shared:
        _note(slot, node)
        slot.grad = g


def add_grad(node: Node, g: Any) -> None:
    """Add to the gradient by a node, or set it. Only while `shared` is held, or what another thread adds meanwhile is lost."""
    tracer = current_mode().tracing
    if tracer is not None:
        tracer.touches_grad(handle_of(node))
    slot = node.slot or slot_of(node)
    _note(slot, node)
    if slot.grad is not None:
        g = slot.grad + g  # out of place: somebody may hold either
        if isinstance(g, generic):
            g = asarray(g)
    slot.grad = g


def put_grad(t: Handle, g: Any) -> None:
    """Replace the gradient of a Tensor; nobody learns of it."""
    node = current(t)
    if g is not None or node.slot is not None:
        slot_of(node).grad = g


def _note(slot: GradientSlot, node: Node) -> None:
    noted = _noted.get()
    if noted is not None:
        noted.setdefault(slot, (node.index, slot.grad))


@contextmanager
def noting_grads() -> Iterator[Noted]:
    """The gradients that are replaced inside, each as it was before."""
    before: Noted = {}
    token = _noted.set(before)
    try:
        yield before
    finally:
        _noted.reset(token)
        outer = _noted.get()
        if outer is not None:
            for slot, noted in before.items():
                outer.setdefault(slot, noted)


def exchange_grads(grads: Mapping[GradientSlot, Any]) -> dict[GradientSlot, Any]:
    """Put these gradients into their slots, and return those that were there."""
    with shared:
        had = {slot: slot.grad for slot in grads}
        for slot, g in grads.items():
            slot.grad = g
    return had
