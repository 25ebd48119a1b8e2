"""What becomes of a cost if one Tensor of its graph is another: the recorded operations, computed once more."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..drawing.text import clean
from ..function_names import name_of
from ..mode import recording
from ..node import Node
from ..operands import NESTS

Array = NDArray[Any]


class Prediction(NamedTuple):
    """What a change should do to the cost to first order, and what it does."""

    predicted: float
    """The gradient times the change, summed."""
    actual: float
    """The cost computed with the change, minus the cost."""
    words: str

    @property
    def error(self) -> float:
        """By how much the prediction is off; falls with the square of a small change."""
        return self.actual - self.predicted

    def __repr__(self) -> str:
        return self.words


def predict(cost: Node, leaf: Node, nodes: list[Node], slope: Array, seed: Array, change: ArrayLike) -> Prediction:
    """nodes : those on the way, newest first;  slope : the gradient of the cost, weighed by `seed`, with respect to the leaf

    Raises ValueError if the change does not fit the leaf, RuntimeError if an operation does not give the same twice.
    """
    given = np.asarray(change)
    data = leaf.array
    try:
        dw = np.broadcast_to(given, data.shape).astype(data.dtype)
    except ValueError:
        raise ValueError(
            f"the change has shape {given.shape} and {leaf.describe()} has {data.shape}: give one number, or one for each element"
        ) from None
    before, after = (_again(cost, leaf, nodes, start) for start in (data, data + dw))
    if not np.allclose(before, cost.array, rtol=1e-6, equal_nan=True):
        raise RuntimeError(
            f"computed again, {cost.describe()} is not what it was: an operation on the way draws random numbers, so what the "
            "change does cannot be told from them"
        )
    with np.errstate(all="ignore"):
        predicted, actual = float(np.sum(slope * dw)), float(np.sum(seed * (after - before)))
    name = clean(cost.name or "the cost")
    words = f"{name} should change by {predicted:.6g}, and changes by {actual:.6g}".replace("-", "−")
    return Prediction(predicted, actual, words)


def _again(cost: Node, leaf: Node, nodes: list[Node], start: Array) -> Array:
    """The value of the cost with `start` in the place of the leaf's."""
    values: dict[Node, Array] = {leaf: start}
    for node in reversed(nodes):
        if node is not leaf:
            assert node.op is not None
            keywords = {k: _value(v, values) for k, v in node.keywords.items()}
            try:
                with np.errstate(all="ignore"), recording(False):
                    result = node.op(*(_value(a, values) for a in node.args), **keywords)
            except Exception as error:
                error.add_note(f"in computing {name_of(node.op)} again, which made {node.describe()}")
                raise
            values[node] = np.asarray(result)
    return values.get(cost, cost.array)


def _value(a: Any, values: dict[Node, Array]) -> Any:
    if isinstance(a, Node):
        return values.get(a, a.array)
    return type(a)(_value(part, values) for part in a) if type(a) in NESTS else a
