"""What stands for the learning rates and the state of an optimizer while a step is recorded."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from operator import is_
from typing import Any

from autograd_lite import Tensor
from autograd_lite.compiler import Recording
from autograd_lite.trees import leaves

from .optimizers import Optimizer


@contextmanager
def learning_at(
    optimizer: Optimizer, rates: list[Any], recording: Recording, states: list[Any] | None = None
) -> Iterator[None]:
    """The optimizer with other learning rates; what it remembers by itself stays its own, as in an eager step.

    states : what it remembers instead
    """
    options = [vars(optimizer), *(group for group in optimizer.groups if "lr" in group)]
    before = [own["lr"] for own in options]
    lists: tuple[list[Any], ...] = (optimizer.params, optimizer.groups, optimizer.state)
    contents = [[*things] for things in lists]
    for own, rate in zip(options, rates, strict=True):
        own["lr"] = rate
    if states is not None:
        optimizer.state[:] = states
    there = [[*things] for things in lists]
    try:
        yield
    finally:
        changed = not all(map(is_, [own.get("lr") for own in options], rates))
        for own, rate in zip(options, before, strict=True):
            own["lr"] = rate
        replaced = not all(map(is_, lists, (optimizer.params, optimizer.groups, optimizer.state)))
        if replaced:
            optimizer.params, optimizer.groups, optimizer.state = lists[0], lists[1], lists[2]
        for things, expected, content in zip(lists, there, contents, strict=True):
            replaced = replaced or len(things) != len(expected) or not all(map(is_, things, expected))
            things[:] = content
    if changed or replaced:
        name = "learning rate" if changed else "lists of parameters or states"
        recording.refuse(f"{type(optimizer).__name__}.update changes its {name} by itself")


def placed(recording: Recording, optimizer: Optimizer) -> list[Any]:
    """Placeholders for what is remembered of the parameters: `state_W1`, or of a dict `m_W1`, `v_W1` and so on.

    What is remembered of several parameters at once has one placeholder, `t`.
    """
    shared = Counter(id(s) for state in optimizer.state for s in leaves(state))
    known: dict[int, Any] = {}

    def one(s: Any, name: str, p: Tensor) -> Any:
        if s is None:
            return None
        if id(s) not in known:
            known[id(s)] = recording.placeholder(s, name if shared[id(s)] > 1 else f"{name}_{p.name}")
        return known[id(s)]

    return [
        {k: one(s, k, p) for k, s in state.items()} if isinstance(state, dict) else one(state, "state", p)
        for p, state in zip(optimizer.params, optimizer.state, strict=True)
    ]
