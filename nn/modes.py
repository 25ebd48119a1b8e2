"""In which mode a network is while it learns, and while somebody looks at it: all of it, or each layer by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from .module import Module


@contextmanager
def evaluating(net: Module) -> Iterator[None]:
    """The network in evaluation mode; each module comes out in the mode in which it went in."""
    before = _modes(net)
    try:
        net.eval()
        yield
    finally:
        _put_back(before)


@contextmanager
def learning(net: Module) -> Iterator[None]:
    """A network that is wholly in evaluation mode is in training mode inside. In any other, each module stays as it is:
    those in evaluation mode were put there one by one.
    """
    if _is_learning(net):
        yield
        return
    before = _modes(net)
    try:
        net.train()
        yield
    finally:
        _put_back(before)


@contextmanager
def still_learning(net: Module) -> Iterator[None]:
    """For code that looks at a network: if that leaves it wholly in evaluation mode, the modes are what they were."""
    before = _modes(net)
    try:
        yield
    finally:
        if not _is_learning(net):
            _put_back(before)


def _is_learning(net: Module) -> bool:
    return any(module.training for _, module in net.named_modules())


def _modes(net: Module) -> list[tuple[Module, bool | None]]:
    return [(module, vars(module).get("training")) for _, module in net.named_modules()]


def _put_back(modes: list[tuple[Module, bool | None]]) -> None:
    for module, mode in modes:
        if mode is not None:
            module.training = mode
        elif "training" in vars(module):
            del module.training  # a compiled step would take one more attribute for a change
