"""The paths from a Tensor to a cost: a table, a picture, and a prediction."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..node import Node
from ..ownership import own
from ..recording import handle_of
from ..recording import leaf as as_leaf
from ..tensor import Tensor, seed
from .counting import Ways, counted, ways
from .listing import MANY, carried, followed, largest
from .replay import Prediction, predict
from .table import table
from .uses import Use, depends, push, recorded, sent

if TYPE_CHECKING:
    from ..drawing.picture import Picture


class Edge(NamedTuple):
    """How a Tensor is used by another: `input` is the `number`-th of the `inputs` of `node`."""

    node: Tensor
    number: int
    input: Tensor
    key: tuple[int, int]
    """What `lit` of a picture takes."""


class Path(NamedTuple):
    """One way on which a change of a leaf reaches the cost."""

    nodes: tuple[Tensor, ...]
    """From the leaf to the cost, these included."""
    edges: tuple[Edge, ...]
    """How each is used by the next."""
    slopes: tuple[float | None, ...]
    """The local derivative of every edge; None for one between arrays, where it is not one number."""
    contribution: Tensor
    """What this path adds to the gradient: between numbers the product of the slopes. In the shape of the leaf."""
    norm: float
    """Of the contribution."""
    share: float
    """How much of the gradient it is: the part along it, so that all shares add up to 1. NaN if the gradient is 0."""


class Explanation:
    """Why the gradient of a cost is what it is: as the sum of what every path from the leaf to the cost contributes.

    cost, leaf : the two ends
    count : how many paths there are, exactly
    total : the gradient, a Tensor in the shape of the leaf; zeros if there is no path
    paths : the listed ones, the largest contribution first
    nodes : all that lie on a path, the newest first
    remainder : what the paths that are not listed contribute together; total - remainder is the sum of the listed
    exact : are the listed known to be the largest? Not where there are more than a few thousand paths between arrays.
    """

    def __init__(self, ways: Ways, top: int, seed: Any):
        self.ways = ways
        """The nodes, which stay what they are when a Tensor is written."""
        tensors = {node: handle_of(node) for node in (ways.cost, ways.leaf, *ways.nodes)}
        self.cost: Tensor = tensors[ways.cost]
        self.leaf: Tensor = tensors[ways.leaf]
        self.nodes: list[Tensor] = [tensors[node] for node in ways.nodes]
        self._seed = own(seed)
        self.count = counted(ways)
        cotangents = _sweep(ways, self._seed)
        zeros = np.zeros_like(ways.leaf.array)
        self.total = _tensor(cotangents.get(ways.leaf, zeros))
        self.exact = True
        self.paths = sorted(self._listed(cotangents, tensors, top), key=lambda path: -_size(path.norm))
        with np.errstate(all="ignore"):
            listed = sum((path.contribution.array for path in self.paths), zeros)
            self.remainder = _tensor(self.total.array - listed if self.count > len(self.paths) else zeros)

    def _listed(self, cotangents: Mapping[Node, Any], tensors: Mapping[Node, Tensor], top: int) -> Iterator[Path]:
        cost, leaf, nodes = self.ways
        if not nodes or top == 0:
            return
        slopes = {
            use.key: slope
            for node in nodes
            if node is not leaf
            for use in depends(node, cotangents)
            if (slope := _slope(use)) is not None
        }
        total = self.total.array
        if all(node.array.size == 1 for node in nodes):
            found: Any = (
                (uses, np.full_like(total, _product(uses, slopes, self._seed)))
                for uses in largest(cost, leaf, nodes, slopes, top)
            )
        elif self.count <= max(MANY, top):
            found = carried(cost, self._seed, leaf, nodes)
            found = sorted(found, key=lambda item: -_size(float(np.linalg.norm(item[1]))))[:top]
        else:
            self.exact = False
            found = followed(cost, self._seed, leaf, nodes, lambda use: _gain(use, cotangents), top)
        with np.errstate(all="ignore"):
            square = float(np.sum(np.square(total, dtype=np.float64)))
            for uses, c in found:
                share = float(np.sum(c * total, dtype=np.float64)) / square if square else math.nan
                edges = tuple(Edge(tensors[use.node], use.number, tensors[use.input], use.key) for use in uses)
                along = tuple(slopes.get(use.key) for use in uses)
                through = (self.leaf, *(edge.node for edge in edges))
                yield Path(through, edges, along, _tensor(c), float(np.linalg.norm(c)), share)

    def predict(self, dw: ArrayLike) -> Prediction:
        """How much the cost should change if the leaf changes by `dw`, and how much it does.

        dw : one number, or an array that broadcasts to the shape of the leaf

        The recorded operations are computed once more; no Tensor is touched. Raises ValueError for a change of another shape,
        RuntimeError if an operation cannot be repeated.
        """
        return predict(*self.ways, self.total.array, self._seed, dw)

    def draw(self, path: int | None = 0, **options: Any) -> "Picture":
        """The graph of the cost with one path lit, by its place in `paths`; all listed ones for None.

        options : those of `draw`. Raises IndexError if there is no such path.
        """
        from ..drawing import draw

        chosen = self.paths if path is None else [self.paths[path]]
        return draw(handle_of(self.ways.cost), lit=[use.key for p in chosen for use in p.edges], **options)

    def __str__(self) -> str:
        return table(self)

    def __repr__(self) -> str:
        return table(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": str(self)}
        try:
            return self.draw(0 if self.paths else None)._repr_mimebundle_() | bundle
        except ValueError:  # too large for a picture
            return bundle


def explain(cost: Tensor, leaf: Tensor, top: int = 24, *, gradient: Any = None) -> Explanation:
    """The paths along which a change of `leaf` reaches `cost`, and what each contributes to the gradient.

    top : how many to list, the largest first; the others are counted and summed, not looked at
    gradient : the cotangent of `cost`, of its shape; may be left out for one element only, and is then 1

    Of numbers a path contributes the product of its local derivatives; of arrays, what the rules of its operations carry from
    the cost to the leaf. Hooks have no part in it. No gradient is changed, and a graph that was run backward will do.

    Raises TypeError for what is no Tensor; RuntimeError for a Tensor that requires no gradient, for a cost of more than one
    element without `gradient`, and for a leaf that was written after it was used.
    """
    if top < 0:
        raise ValueError(f"top={top!r}: how many paths to list, must be at least 0")
    return Explanation(ways(*recorded(cost, leaf, "explain")), top, seed(cost, gradient).array)


def _sweep(ways: Ways, start: Any) -> dict[Node, Any]:
    """The cotangents of the nodes on the way: the chain rule without hooks."""
    cotangents: dict[Node, Any] = {ways.cost: start} if ways.nodes else {}
    on_the_way = set(ways.nodes)
    for node in ways.nodes[:-1]:  # the last is the leaf
        numbers = {use.number for use in depends(node, on_the_way)}
        for _, a, c in sent(node, cotangents[node], numbers):
            with np.errstate(all="ignore"):
                cotangents[a] = cotangents[a] + c if a in cotangents else c
    return cotangents


def _slope(use: Use) -> float | None:
    """The local derivative, where it is one number."""
    if use.node.array.size != 1 or use.input.array.size != 1:
        return None
    return float(np.asarray(push(use, np.ones_like(use.node.array))).item())


def _product(uses: list[Use], slopes: Mapping[tuple[int, int], float], seed: Any) -> float:
    """The product of the slopes along a path, whose uses are given from the leaf to the cost."""
    product = math.prod([slopes[use.key] for use in uses], start=seed.item())
    if math.isnan(product):  # of 0 times infinity, as at a saturated sigmoid, the rules may know more
        for use in reversed(uses):
            seed = push(use, seed)
        product = float(np.asarray(seed).item())
    return product


def _gain(use: Use, cotangents: Mapping[Node, Any]) -> float:
    g = cotangents[use.node]
    size = float(np.linalg.norm(g))
    return float(np.linalg.norm(push(use, g))) / size if size else 1.0


def _size(norm: float) -> float:
    return math.inf if math.isnan(norm) else norm


def _tensor(array: Any) -> Tensor:
    made: Tensor = as_leaf(own(array))
    return made
