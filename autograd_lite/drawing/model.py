"""The graph model: what is in a picture, before anybody decides where it stands and in which format.

Cards, edges and texts are all there is. Values are read once: a picture is a snapshot. Every writer starts from this.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from ..gradients import grad_of
from ..node import Node
from .heatmap import Strip, strip
from .palette import Kind
from .ranks import Scope, common
from .text import INDEXING, clean, expression, isolated, number, shape, short_name

Array = np.ndarray[Any, Any]
FEW = 4
"""As many numbers are written out; more become a strip of cells."""


class Row(NamedTuple):
    label: str
    parts: tuple[tuple[str, int], ...]
    """Texts, each with the sign by which it is coloured, 0 for none."""
    strip: Strip | None = None
    later: tuple["Row", ...] = ()
    """What stands here at later moments, in a picture that moves: there is room for each of them."""

    @property
    def moments(self) -> tuple["Row", ...]:
        """All that ever stands here, in order."""
        return (self, *self.later)


class Card(NamedTuple):
    kind: Kind
    title: str
    shape: str
    rows: tuple[Row, ...]
    scope: Scope
    tip: str
    """Everything about it, for the tooltip."""
    stacked: bool = False
    """Does it stand for several nodes?"""


Use = tuple[int, int]
"""A node, by its `index`, and which of its `inputs`."""


class Edge(NamedTuple):
    source: int
    target: int
    times: int = 1
    """How many uses of a Tensor it stands for."""


class Graph(NamedTuple):
    """Everything that is drawn, as data."""

    cards: list[Card]
    edges: list[Edge]
    """Between numbers of cards; parallel edges stand there as often as they are, in the order of the arguments."""
    places: dict[int, int]
    """On which card a Tensor stands, by the `index` of its node."""
    uses: dict[Use, int]
    """Which edge shows a use of a Tensor; those within a card have none."""
    names: dict[int, str]
    """What a Tensor is called, by the same number: its name, or t1, t2, ... in the order in which they were made."""


_stored: Callable[[Node], Array] = Node.__dict__["array"].__get__
"""The array of a node, also of one that was changed in place, which `node.array` refuses: a picture shows what there is."""


class Entry:
    """A tensor, or an array or number used as a constant, on its way to becoming a card or part of one."""

    __slots__ = ("given", "inputs", "kind", "name", "scope", "value")

    def __init__(self, value: Node | Array, kind: Kind, inputs: list[int]):
        self.value = value
        self.kind = kind
        self.inputs = inputs
        self.scope: Scope = value.scope if isinstance(value, Node) else ()
        self.name: str | None = value.name if isinstance(value, Node) else None
        self.given = bool(self.name)
        """Does it have its name from the user?"""

    @property
    def data(self) -> Array:
        return _stored(self.value) if isinstance(self.value, Node) else self.value

    @property
    def gradient(self) -> Array | None:
        grad = grad_of(self.value) if isinstance(self.value, Node) else None
        return None if grad is None else grad.array


def entries_of(outputs: Sequence[Node], constants: bool) -> list[Entry]:
    """All that leads to `outputs`, inputs before what is made from them; the same for every build of the same graph."""
    found: set[int] = set()
    nodes: list[Node] = []
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found.add(id(node))
            nodes.append(node)
            waiting.extend(node.inputs)
    nodes.sort(key=attrgetter("index"))
    drawn = {id(node) for node in outputs}
    places: dict[int, int] = {}
    entries: list[Entry] = []
    for node in nodes:
        inputs: list[int] = []
        used: Iterator[Node | Array] = _operands(node) if constants else iter(node.inputs)
        for value in used:
            if id(value) not in places:  # a constant: nodes come after their inputs
                places[id(value)] = len(entries)
                entries.append(Entry(value, "constant", []))
            inputs.append(places[id(value)])
        places[id(node)] = len(entries)
        entries.append(Entry(node, _kind(node, id(node) in drawn), inputs))
    _adopt(entries)
    return entries


def _operands(node: Node) -> Iterator[Node | Array]:
    """The tensors and the arrays of more than one element that a node was made from, in the order of the arguments."""
    arrays = node.op is None or short_name(node.op) not in INDEXING
    waiting: list[Any] = [*reversed(tuple(node.keywords.values())), *reversed(node.args)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Node):
            yield value
        elif type(value) in (list, tuple):
            waiting.extend(reversed(value))
        elif isinstance(value, np.ndarray) and value.size > 1 and arrays:
            yield value


def _kind(node: Node, drawn: bool) -> Kind:
    if node.op is None:
        return "parameter" if node.requires_grad else "data"
    return "output" if drawn else "operation"


def _adopt(entries: list[Entry]) -> None:
    """Leaves made outside every scope stand where they are used: in what the scopes of all their users have in common.

    Data do so only where something computed arrives as well, as the labels do in a cost; what a graph begins with stays
    outside.
    """
    shared: dict[int, Scope] = {}
    fed: set[Scope] = set()
    for entry in entries:
        for i in entry.inputs:
            source = entries[i]
            if source.inputs:
                outside = len(common(source.scope, entry.scope))
                fed.update(entry.scope[:n] for n in range(outside + 1, len(entry.scope) + 1))
            elif not source.scope:
                shared[i] = common(shared.get(i, entry.scope), entry.scope)
    for i, scope in shared.items():
        if entries[i].kind != "data" or scope in fed:
            entries[i].scope = scope


def name_all(entries: list[Entry]) -> None:
    """Give the nameless short names in their order, t1, t2, … and c1, c2, … for constants."""
    taken = {entry.name for entry in entries}
    numbers = {"t": 0, "c": 0}
    for entry in entries:
        if not entry.name:
            letter = "c" if entry.kind == "constant" else "t"
            while entry.name in taken or not entry.name:
                numbers[letter] += 1
                entry.name = f"{letter}{numbers[letter]}"


def card_of(entry: Entry, names: dict[int, str], values: bool, grads: bool) -> Card:
    """The card of one tensor or constant.

    names : what tensors and arrays are called, by `id`
    """
    title = isolated(entry.name or "")
    node, data = entry.value, entry.data
    if isinstance(node, Node) and node.op is not None:
        made = expression(node.op, node.args, node.keywords, names)
        title = title if title == made else f"{title} = {made}"  # one may have named it so
    rows = []
    gradient = entry.gradient
    if values:
        rows.append(row_of("value", data, coloured=False))
    if grads and entry.kind != "constant":
        rows.append(row_of("grad", gradient, coloured=True))
    about = [
        title,
        f"{shape(data.shape) or 'scalar'} {data.dtype}",
        *(f"in {' / '.join(map(clean, entry.scope))}",) * bool(entry.scope),
    ]
    about += [_listed("value", data)] * values
    about += [_listed("gradient", gradient)] * (grads and gradient is not None)
    return Card(entry.kind, title, shape(data.shape), tuple(rows), entry.scope, "\n".join(about))


def row_of(label: str, array: Array | None, coloured: bool) -> Row:
    """An array as a row of a card: as numbers if they are few, as a strip of cells if many, as a dash if there is none."""
    if array is None:
        return Row(label, (("—", 0),))
    if array.size == 0:
        return Row(label, (("empty", 0),))
    if array.size > FEW or (array.ndim > 1 and array.shape[0] > 1):
        cells = strip(array)
        return Row(label, ((cells.range, 0),), cells)
    return Row(label, tuple((number(x), _sign(x) if coloured else 0) for x in array.ravel()))


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _listed(label: str, array: Array | None) -> str:
    if array is None or array.size == 0:
        return f"{label}: none"
    numbers = [number(x) for x in array.ravel()[:16]]
    return f"{label}: {' '.join(numbers)}" + (f" … ({array.size} numbers)" if array.size > 16 else "")
