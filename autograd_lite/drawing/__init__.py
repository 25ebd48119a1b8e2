"""Pictures of the graph: Tensors → model → layout → SVG, or DOT.

`build` makes the model: `model` and `text` say what stands on each card, `collapse` which nodes share one, `turned` which
need none. `layout` says where the cards stand, in four steps: `ranks`, `order`, `coordinates`, `alignment`. `svg` and
`dot` write.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, get_args

from ..recording import current
from ..tensor import Tensor
from .build import build
from .dot import digraph
from .layout import Direction
from .model import Graph, Use
from .palette import THEMES
from .picture import Engine, Picture, ThemeName, titles_of

if TYPE_CHECKING:
    import graphviz

__all__ = ["Picture", "draw", "to_graphviz"]


def draw(
    t: Tensor | Sequence[Tensor],
    *,
    values: bool = True,
    grads: bool = True,
    max_nodes: int = 150,
    expand: Collection[str] = (),
    rankdir: Direction = "LR",
    engine: Engine = "layered",
    theme: ThemeName = "light",
    constants: bool = True,
    transposes: bool = False,
    lit: Collection[Use] = (),
) -> Picture:
    """A picture of the graph that made `t`, one Tensor or several: a card a Tensor, with its value and gradient.

    values, grads : whether cards have a row for them; a gradient that is not there is drawn as "—"
    max_nodes : a larger graph is drawn with one card a scope (`autograd_lite.scope`)
    expand : scopes to keep open then, by name or by path ("net/layer 1")
    rankdir : "LR" from left to right, "TB" top down
    engine : "layered" needs nothing; "dot" lets the program Graphviz place the cards
    theme : "light" or "dark"
    constants : whether arrays that are not Tensors have cards
    transposes : whether nameless transposes of matrices have; without, `x @ W.T` is one card, with an arrow from W
    lit : uses of Tensors to show in amber, each by the `key` that a `Step`, or an edge of a `Path`, has

    Raises TypeError if `t` is no Tensor; ValueError for an unknown option, for a scope that is not there, and for a
    graph that is too large and cannot be collapsed; RuntimeError for engine="dot" without the program Graphviz.
    """
    graph = _build(t, values, grads, max_nodes, expand, rankdir, theme, constants, transposes)
    if engine not in get_args(Engine):
        raise ValueError(f"engine={engine!r}: must be one of {', '.join(map(repr, get_args(Engine)))}")
    edges = {graph.uses[use] for use in lit if use in graph.uses}
    return Picture(graph, rankdir=rankdir, engine=engine, theme=theme, lit=edges)


def to_graphviz(
    t: Tensor | Sequence[Tensor],
    *,
    values: bool = True,
    grads: bool = True,
    max_nodes: int = 150,
    expand: Collection[str] = (),
    rankdir: Direction = "LR",
    theme: ThemeName = "light",
    constants: bool = True,
    transposes: bool = False,
) -> "graphviz.Digraph":
    """The graph that made `t` as a `graphviz.Digraph`, to be changed or rendered. Options as for `draw`."""
    graph = _build(t, values, grads, max_nodes, expand, rankdir, theme, constants, transposes)
    return digraph(graph, titles_of(graph), rankdir, THEMES[theme])


def _build(
    t: Any,
    values: bool,
    grads: bool,
    max_nodes: int,
    expand: Collection[str],
    rankdir: str,
    theme: str,
    constants: bool,
    transposes: bool,
) -> Graph:
    outputs = list(t) if isinstance(t, (list, tuple)) else [t]
    for output in outputs:
        if not isinstance(output, Tensor):
            raise TypeError(f"draw takes a Tensor, or a list of Tensors, got {type(output).__name__}")
    if not outputs:
        raise ValueError("draw got an empty list: there is nothing to draw")
    if rankdir not in get_args(Direction):
        raise ValueError(f"rankdir={rankdir!r}: must be one of {', '.join(map(repr, get_args(Direction)))}")
    if theme not in THEMES:
        raise ValueError(f"theme={theme!r}: must be one of {', '.join(map(repr, THEMES))}")
    if max_nodes < 1:
        raise ValueError(f"max_nodes={max_nodes!r}: must be at least 1")
    return build(
        [current(output) for output in outputs],
        values=values,
        grads=grads,
        max_nodes=max_nodes,
        expand=expand,
        constants=constants,
        transposes=transposes,
    )
