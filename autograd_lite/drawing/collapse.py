"""Which entries share a card: a graph too large to read gets one card a scope."""

from collections.abc import Collection
from typing import Literal, NamedTuple

from .model import Entry
from .palette import Kind
from .ranks import Scope


class Key(NamedTuple):
    """Entries of equal key share a card."""

    what: Literal["node", "scope", "leaves"]
    entry: int = -1
    """The one entry of a node; the first of several leaves."""
    path: Scope = ()


def keys_of(entries: list[Entry], max_nodes: int, expand: Collection[str]) -> list[Key]:
    """A key for every entry: one each, or if they are more than `max_nodes`, one a scope, as deep as fits.

    expand : scopes to keep open, by their own name or by their path "net/layer 1"; their nodes are not counted

    Raises ValueError if the graph cannot be collapsed so far, or if `expand` names a scope that is not there.
    """
    opened = _opened(entries, expand)
    if len(entries) <= max_nodes:
        return [Key("node", i) for i in range(len(entries))]
    deepest = max((len(e.scope) for e in entries), default=0)
    for depth in range(deepest, 0, -1):
        keys = [_key(i, entry.scope, depth, opened) for i, entry in enumerate(entries)]
        _gather_leaves(entries, keys)
        if sum(1 for key in set(keys) if not _is_open(key, entries, opened)) <= max_nodes:
            return keys
    raise ValueError(
        f"the graph has {len(entries)} nodes, more than max_nodes={max_nodes}, and "
        + ("even with one card a scope there are too many cards" if deepest else "no scopes to collapse it by")
        + f": pass max_nodes={len(entries)}, or group its operations with autograd_lite.scope(...) as they are made"
    )


def _opened(entries: list[Entry], expand: Collection[str]) -> set[Scope]:
    wanted = {expand} if isinstance(expand, str) else set(expand)
    scopes = {e.scope[: n + 1] for e in entries for n in range(len(e.scope))}
    opened = {s for s in scopes if s[-1] in wanted or "/".join(s) in wanted}
    unknown = sorted(wanted - {s[-1] for s in opened} - {"/".join(s) for s in opened})
    if unknown:
        there = ", ".join(repr("/".join(s)) for s in sorted(scopes)[:12]) or "none"
        raise ValueError(f"expand names {unknown[0]!r}, which is not a scope of this graph; its scopes: {there}")
    return opened


def _key(i: int, scope: Scope, depth: int, opened: set[Scope]) -> Key:
    for n in range(min(depth, len(scope)), len(scope) + 1):
        if scope[:n] and scope[:n] not in opened:
            return Key("scope", path=scope[:n])
    return Key("node", i)


def _is_open(key: Key, entries: list[Entry], opened: set[Scope]) -> bool:
    return key.what == "node" and entries[key.entry].scope in opened


def _gather_leaves(entries: list[Entry], keys: list[Key]) -> None:
    """Leaves outside every scope that feed the same collapsed scopes become one card, if there are several."""
    feeds: dict[int, set[Key]] = {}
    for i, entry in enumerate(entries):
        for j in entry.inputs:
            if keys[j].what == "node" and not entries[j].inputs and not entries[j].scope:
                feeds.setdefault(j, set()).add(keys[i])
    kin: dict[tuple[Kind, frozenset[Key]], list[int]] = {}
    for j, users in feeds.items():
        if all(key.what == "scope" for key in users):
            kin.setdefault((entries[j].kind, frozenset(users)), []).append(j)
    for group in kin.values():
        if len(group) > 1:
            for j in group:
                keys[j] = Key("leaves", group[0])


def order_of(entries: list[Entry], keys: list[Key]) -> dict[Key, list[int]]:
    """The entries of each card, in an order of cards in which inputs come first, as far as there is one.

    A scope that was left and entered again makes a circle, which is cut at the card that was begun first.
    """
    members: dict[Key, list[int]] = {}
    for i, key in enumerate(keys):
        members.setdefault(key, []).append(i)
    if len(members) == len(entries):
        return members
    missing: dict[Key, set[Key]] = {key: set() for key in members}
    users: dict[Key, set[Key]] = {key: set() for key in members}
    for i, entry in enumerate(entries):
        for j in entry.inputs:
            if keys[j] != keys[i]:
                missing[keys[i]].add(keys[j])
                users[keys[j]].add(keys[i])
    waiting = dict.fromkeys(members)  # in the order in which they were begun
    order: list[Key] = []
    while waiting:
        ready = [key for key in waiting if not missing[key]] or [next(iter(waiting))]
        for key in ready:
            del waiting[key]
            order.append(key)
            for user in users[key]:
                missing[user].discard(key)
    return {key: members[key] for key in order}
