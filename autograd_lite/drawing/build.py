"""From nodes to the graph model."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count

from ..node import Node
from .collapse import Key, keys_of, order_of
from .model import Card, Edge, Entry, Graph, Use, card_of, entries_of, name_all
from .ranks import Scope
from .stacked import stacked_card, stacked_title
from .text import expression
from .turned import Turned, uses_of, without_turned


def build(
    outputs: Sequence[Node],
    *,
    values: bool = True,
    grads: bool = True,
    max_nodes: int = 150,
    expand: Collection[str] = (),
    constants: bool = True,
    transposes: bool = True,
) -> Graph:
    """The graph that made `outputs`; the options, and what is raised, are those of `draw`."""
    entries = entries_of(outputs, constants)
    keys = keys_of(entries, max_nodes, expand)
    name_all(entries)
    turned: list[Turned] = []
    if not transposes:
        entries, keys, turned = without_turned(entries, keys)
    members = order_of(entries, keys)
    groups = {key: [entries[i] for i in inside] for key, inside in members.items()}
    titles = {key: stacked_title(group, key.path) for key, group in groups.items() if key.what != "node"}
    names = {id(e.value): titles.get(key, e.name or "") for e, key in zip(entries, keys, strict=True)}
    for node, _ in turned:
        assert node.op is not None
        names[id(node)] = expression(node.op, node.args, node.keywords, names)
    around = _scopes(entries, keys)
    number = {key: n for n, key in enumerate(members)}
    cards = [
        stacked_card(titles[key], group, around[key], values, grads)
        if key in titles
        else card_of(group[0], names, values, grads)
        for key, group in groups.items()
    ]
    edges, uses = _edges(entries, keys, number, cards)
    nodes = [(e.value, key, e.name or "") for e, key in zip(entries, keys, strict=True) if isinstance(e.value, Node)]
    places = {node.index: number[key] for node, key, _ in nodes}
    for node, _ in turned:
        places[node.index] = places[node.inputs[0].index]
    called = {node.index: name for node, name in [*((node, name) for node, _, name in nodes), *turned]}
    return Graph(cards, edges, places, uses_of(turned, entries, uses), called)


def _scopes(entries: list[Entry], keys: list[Key]) -> dict[Key, Scope]:
    """Where the card of a scope stands: in the scope around it, or in it, if some of its nodes have other cards."""
    holders: dict[Scope, set[Key]] = {}
    for entry, key in zip(entries, keys, strict=True):
        for n in range(1, len(entry.scope) + 1):
            holders.setdefault(entry.scope[:n], set()).add(key)
    return {key: key.path if len(holders.get(key.path, ())) > 1 else key.path[:-1] for key in keys}


def _edges(
    entries: list[Entry], keys: list[Key], number: dict[Key, int], cards: list[Card]
) -> tuple[list[Edge], dict[Use, int]]:
    """Single edges between nodes; between cards of several, one with their count. And which use stands where."""
    single: list[Edge] = []
    counts: Counter[tuple[int, int]] = Counter()
    place: dict[Use | None, int] = {}
    joined: dict[Use | None, tuple[int, int]] = {}
    for entry, key in zip(entries, keys, strict=True):
        if not isinstance(entry.value, Node):
            continue
        target = number[key]
        tensors = count()
        for j in entry.inputs:
            source = number[keys[j]]
            use = (entry.value.index, next(tensors)) if isinstance(entries[j].value, Node) else None
            if not cards[source].stacked and not cards[target].stacked:
                place[use] = len(single)
                single.append(Edge(source, target))
            elif source != target:
                counts[source, target] += 1
                joined[use] = source, target
    edges = [Edge(source, target, n) for (source, target), n in counts.items()]
    numbers = {(edge.source, edge.target): i for i, edge in enumerate(edges, len(single))}
    place |= {use: numbers[ends] for use, ends in joined.items()}
    return single + edges, {use: i for use, i in place.items() if use is not None}
