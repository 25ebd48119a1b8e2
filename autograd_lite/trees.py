"""Arguments and results that are numbers, arrays, Tensors, or lists, tuples and dicts of them."""

from collections.abc import Callable, Iterator
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """What stands in the containers, from left to right."""
    found: list[Any] = []
    _collect(tree, found)
    return found


def _collect(tree: Any, found: list[Any]) -> None:
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, list | tuple):
        found.append(tree)
        return
    for part in tree:
        _collect(part, found)


def mapped(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The same containers with `f` of what stands in them; `others` have the same structure. Named tuples stay so."""
    if isinstance(tree, dict):
        return {k: mapped(f, v, *(o[k] for o in others)) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [mapped(f, *group) for group in zip(tree, *others, strict=True)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return f(tree, *others)


def rebuilt(tree: Any, parts: Iterator[Any]) -> Any:
    """The same containers, filled with `parts` from left to right."""
    return mapped(lambda _: next(parts), tree)


def paired(tree: Any, other: Any, what: str, of: str) -> Iterator[tuple[str, Any, Any]]:
    """What stands in `tree` beside what stands at that place in `other`, with the name of the place: `primals[0]['W']`.

    what, of : how error messages call `other` and `tree`
    Raises ValueError where the structures differ. A list and a tuple of one length are the same structure.
    """
    if isinstance(tree, dict):
        if not isinstance(other, dict) or other.keys() != tree.keys():
            raise ValueError(f"{of} is a dict of {_keys(tree)}, and {what} {_shown(other)}: they need one structure")
        for k, v in tree.items():
            yield from paired(v, other[k], f"{what}[{k!r}]", f"{of}[{k!r}]")
    elif isinstance(tree, list | tuple):
        if not isinstance(other, list | tuple) or len(other) != len(tree):
            raise ValueError(f"{of} {_shown(tree)}, and {what} {_shown(other)}: they need one structure")
        for i, (v, o) in enumerate(zip(tree, other, strict=True)):
            yield from paired(v, o, f"{what}[{i}]", f"{of}[{i}]")
    else:
        yield what, tree, other


def _shown(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"is a dict of {_keys(tree)}"
    if isinstance(tree, list | tuple):
        return f"is a {type(tree).__name__} of {len(tree)}"
    return f"is no container but a {type(tree).__name__}"


def _keys(tree: dict[Any, Any]) -> str:
    return ", ".join(map(repr, tree)) or "nothing"
