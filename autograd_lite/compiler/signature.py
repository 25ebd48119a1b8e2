"""What of its arguments a program depends on: their structure, and of each leaf the shape, dtype and memory layout."""

import inspect
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from ..attributes import Attributes
from ..node import Handle
from ..recording import current
from ..trees import leaves
from .names import identifier
from .sameness import identity

_SMALLEST, _LARGEST = -(2**63), 2**63
_CONTAINERS = (list, tuple, dict)
_NUMBERS = frozenset(np.dtype(code).type for code in np.typecodes["AllInteger"] + np.typecodes["Float"])
"""NumPy's real numbers. A subclass of one may mean more than its value."""


def flattened(args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[list[Any], Hashable]:
    """The leaves of the arguments from left to right, and their structure."""
    if not keywords:
        for a in args:
            if isinstance(a, _CONTAINERS):
                break
        else:
            return list(args), len(args)
    flat: list[Any] = []
    structure = tuple([_structure(a, flat) for a in args])
    return flat, (structure, tuple([(k, _structure(a, flat)) for k, a in keywords.items()]))


def _structure(tree: Any, flat: list[Any]) -> Hashable:
    if isinstance(tree, list | tuple):
        return type(tree), tuple([_structure(part, flat) for part in tree])
    if isinstance(tree, dict):
        return type(tree), tuple([(identity(k), _structure(part, flat)) for k, part in tree.items()])
    flat.append(tree)
    return None


def kind_of(a: Any) -> Hashable:
    """What a program depends on of one leaf. Raises TypeError for what is neither numbers nor hashable."""
    if type(a) is np.ndarray:
        return a.shape, a.dtype, None if a.flags.c_contiguous else a.strides
    if isinstance(a, Handle):
        node = current(a)
        data = node.array
        return (
            Handle,
            data.shape,
            data.dtype,
            layout(data),
            node.requires_grad,
            node.slot is not None and node.slot.grad is not None,
            hooks_of(a),
        )
    if is_number(a):
        return (type(a),)
    if isinstance(a, np.ndarray):
        raise TypeError(f"a compiled function takes ndarrays, not a {type(a).__name__}: pass np.asarray of it")
    if type(a) is not slice:
        try:
            hash(a)
        except TypeError:
            raise TypeError(
                f"a compiled function takes numbers, arrays, Tensors, lists, tuples and dicts of these, and constants that can "
                f"be hashed; got {a!r}"
            ) from None
    return "constant", identity(a)


def hooks_of(tensor: Handle) -> Hashable:
    """What happens to the gradient of a Tensor when it is complete; None if nothing does."""
    slot = current(tensor).slot
    if slot is None or not (slot.hooks or slot.retained):
        return None
    return identity(tuple(slot.hooks.values())), slot.retained


def layout(array: np.ndarray[Any, Any]) -> Hashable:
    """How the elements lie in memory, which the last bits of a result may depend on. None if as usual, in rows."""
    return None if array.flags.c_contiguous else array.strides


def is_number(a: Any) -> bool:
    """Is it a number that a program takes as an input?"""
    return type(a) is float or (type(a) is int and _SMALLEST <= a < _LARGEST) or type(a) in _NUMBERS


def is_input(a: Any) -> bool:
    """Does a program take it as an input, rather than depend on it?"""
    return isinstance(a, np.ndarray | Handle) or is_number(a)


def is_whole(a: Any) -> bool:
    """Is it a number that may be used as a length or an axis?"""
    return isinstance(a, int | np.integer) and is_number(a)


def parameter_names(f: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> list[str | None]:
    """A name for each leaf of the arguments: the Tensor's own, or from that of the parameter it is passed for."""
    parameters: list[str | None] = []
    try:
        for p in inspect.signature(f).parameters.values():
            if p.kind is p.VAR_POSITIONAL:
                parameters += [f"{p.name}_{i}" for i in range(len(args) - len(parameters))]
            elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
                parameters.append(p.name)
    except (TypeError, ValueError):  # some builtins tell nothing about theirs
        parameters = []
    parameters += [None] * (len(args) - len(parameters))
    names: list[str | None] = []
    for parameter, tree in zip((*parameters[: len(args)], *keywords), (*args, *keywords.values()), strict=True):
        paths = list(_paths(tree, parameter or ""))
        for path, part in zip(paths, leaves(tree), strict=True):
            names.append((part.name if isinstance(part, Attributes) else None) or path or None)
    return names


def _paths(tree: Any, name: str) -> list[str]:
    """The names of the leaves of an argument: `params_W` for the entry W of a dict, `xs_0` for the first of a list."""
    if isinstance(tree, dict):
        return [path for k, part in tree.items() for path in _paths(part, f"{name}_{k}")]
    if isinstance(tree, list | tuple):
        return [path for i, part in enumerate(tree) for path in _paths(part, f"{name}_{i}")]
    return [name]


def function_name(f: Callable[..., Any]) -> str:
    """How the printed function is called."""
    name = getattr(f, "__name__", None)
    if not isinstance(name, str) or name == "<lambda>":
        return "program"
    return identifier(name) or "program"
