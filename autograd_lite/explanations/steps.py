"""The backward pass, step by step: every rule that runs, what it is given, and what it sends where."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..cotangents import Cotangent, observed, tell
from ..drawing.layout import Direction
from ..drawing.text import clean, isolated
from ..files import replacing
from ..node import Node
from ..ownership import own
from ..recording import handle_of, leaf
from ..tensor import Tensor, seed
from ..traversal import ancestors, newest_first
from .equations import equations_of
from .formulas import formula_of
from .naming import made_as, names_of
from .uses import Use, depends, recorded, sent

SMALL = 64
"""Local derivatives are computed between Tensors of at most as many elements."""


class Step(NamedTuple):
    """One rule that ran: what `node` sent to the `use`-th of its inputs."""

    node: Tensor
    op: Callable[..., Any]
    """The function that made `node`."""
    upstream: Tensor
    """dC/dnode, which is complete when its rules run."""
    input: Tensor
    """Whom the step is for."""
    use: int
    formula: str
    """The local derivative, `∂(x·y)/∂x = y`; or, where it joins different elements, what it makes of dC/dnode."""
    local: Tensor | None
    """The local derivative as numbers: the contribution is the upstream times this, element by element, summed where the input
    was broadcast. None where there is no such thing, as in a product of matrices, and for Tensors of more than 64 elements."""
    contribution: Tensor
    before: Tensor | None
    """What had arrived at the input before this step; None if nothing had."""
    after: Tensor
    equation: str | None
    """Which of the book's equations it is, "BP1" to "BP4"."""
    law: str | None
    """That equation, written out."""
    words: str
    """The node and the input: `z1 = t2 + b1 → b1`."""
    recorded: Use
    """The use, between nodes, which stay what they are when a Tensor is written."""

    @property
    def key(self) -> tuple[int, int]:
        """What `lit` of a picture takes."""
        return self.recorded.key

    def __repr__(self) -> str:
        equation = f", {self.equation}" if self.equation else ""
        return f"<Step {self.words}: {self.formula}{equation}>"


@dataclass(frozen=True, eq=False)
class StepThrough:
    """A backward pass that was gone through, but changed nothing.

    cost : where it began
    start : its cotangent there, 1 for a cost of one element
    steps : all steps in the order in which they ran, the newest node first and its inputs in the order of the arguments.
        Adding up the contributions of every input in this order gives the gradients of `backward()`, bit for bit.
    gradients : of every Tensor that was reached, after its hooks
    """

    cost: Tensor
    start: Tensor
    steps: list[Step]
    gradients: Mapping[Tensor, Tensor]
    recorded: Mapping[Node, Tensor]
    """The gradients by nodes, the newest first."""
    max_nodes: int
    expand: Collection[str]
    rankdir: Direction

    @property
    def output(self) -> Node:
        """The node of the cost."""
        return next(iter(self.recorded))

    @cached_property
    def html(self) -> str:
        """One self-contained page. Raises as `draw` does for a graph that is too large and has no scopes."""
        from .page import page

        return page(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all; it needs nothing besides.

        Raises ValueError if `path` does not end in .html.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"cannot save the page as {path.name!r}: the name must end in .html")
        content = self.html.encode()
        with replacing(path) as file:
            file.write(content)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from .page import frame

        try:
            return {"text/html": frame(self), "text/plain": repr(self)}
        except ValueError:  # too large for a picture
            return {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<StepThrough {clean(self.cost.name or 'the cost')}: {len(self.steps)} steps>"


def step_through(
    cost: Tensor,
    *,
    gradient: Any = None,
    max_nodes: int = 150,
    expand: Collection[str] = (),
    rankdir: Direction = "LR",
) -> StepThrough:
    """Go through the backward pass of `cost`, one rule after the other, and write down what happens.

    gradient : the cotangent of `cost`, of its shape; may be left out for one element only, and is then 1
    max_nodes, expand, rankdir : of the picture on the page, as for `draw`

    No `.grad` is changed, the graph can be run backward afterwards, and one that was will do. Hooks run, as in `backward()`.

    Raises TypeError for what is no Tensor, RuntimeError in the cases of `Tensor.backward`, but for a second pass.
    """
    output, _ = recorded(cost, cost, "step_through")
    start = seed(cost, gradient)
    passing = ancestors([output])
    tensors: dict[Node, Tensor] = {node: handle_of(node) for node in passing}
    names = names_of(output)
    equations = equations_of(passing)
    called = isolated(names[id(output)])
    cotangents: dict[Node, Cotangent] = {output: start.array}
    found: dict[Node, Tensor] = {}
    steps: list[Step] = []
    for node in newest_first(passing):
        g = observed(cotangents.pop(node), node, record=False)
        upstream = found[node] = _tensor(g)
        if node.op is None:
            continue
        uses = {use.number: use for use in depends(node, passing)}
        name, made = isolated(names[id(node)]), made_as(node, names)
        whole = name if name == made else f"{name} = {made}"
        for number, a, c in _sent(node, g, uses):
            formula = formula_of(uses[number], names, called)
            before = cotangents.get(a)
            with np.errstate(all="ignore"):
                after = cotangents[a] = c if before is None else before + c
            law = equations.get((node.index, number))
            steps.append(
                Step(
                    tensors[node],
                    node.op,
                    upstream,
                    tensors[a],
                    number,
                    formula.text,
                    _local(uses[number], formula.elementwise),
                    _tensor(c),
                    None if before is None else _tensor(before),
                    _tensor(after),
                    law and law.name,
                    law and law.text,
                    f"{whole} → {isolated(names[id(a)])}",
                    uses[number],
                )
            )
    gradients = {tensors[node]: g for node, g in found.items()}
    return StepThrough(cost, start, steps, gradients, found, max_nodes, expand, rankdir)


def _sent(node: Node, g: Cotangent, uses: Mapping[int, Use]) -> Any:
    try:
        yield from sent(node, g, uses)
    except Exception as error:
        tell(error, node)
        raise


def _local(use: Use, elementwise: bool) -> Tensor | None:
    made = use.node.array
    if not (elementwise or made.size == 1) or max(made.size, use.input.array.size) > SMALL:
        return None
    ((_, _, c),) = sent(use.node, np.ones_like(made), (use.number,), summed=made.size == 1)
    return _tensor(np.broadcast_to(c, made.shape) if elementwise and made.size > 1 else c)


def _tensor(array: Cotangent) -> Tensor:
    made: Tensor = leaf(own(array))
    return made
