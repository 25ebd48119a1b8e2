"""From a function to a program: run it once on placeholders, with everything recorded."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph import NESTS, Node
from ..mode import tracing
from ..tensor import Tensor
from .program import Program, Value, replaced
from .recorder import Recorder
from .weak import Number, number, plain


class Recording:
    """One run of a function on placeholders, and the Values of what it computed.

    Use: make a `placeholder` for each argument, `run` the function on them, take the `value` of what it returned, let go of all
    Tensors of the recording, and have the Program of these Values `finished`.
    """

    def __init__(self) -> None:
        self.recorder = Recorder()

    @property
    def captured(self) -> dict[Node, Value]:
        """The Tensors that the function found outside of its arguments, and the inputs that they are of the program."""
        return self.recorder.captured

    def placeholder(self, given: Any, name: str | None = None, position: int = -1) -> Tensor:
        """What the function gets in the place of an argument: a Tensor of the same value.

        position : tells whole numbers apart, when NeedsValue says which of them have to be constants of the program
        """
        if type(given) in (int, float):
            tensor: Tensor = number(given)
            tensor.name = name
        else:
            tensor = Tensor(given._array if isinstance(given, Node) else np.asarray(given), name=name)
        if isinstance(given, Node):
            tensor.requires_grad = given._requires_grad
        example = plain(tensor) if isinstance(tensor, Number) else tensor._array
        self.recorder.values[tensor.index] = Value(None, (), {}, example, name)
        self.recorder.given[tensor.index] = position
        return tensor

    def run(self, f: Callable[..., Any], args: Sequence[Any] = (), keywords: dict[str, Any] | None = None) -> Any:
        """What f returns. Generators that its operations draw from are put back to where they were."""
        try:
            with tracing(self.recorder), np.errstate(all="ignore"):
                return f(*args, **(keywords or {}))
        finally:
            for generator, state in self.recorder.generators.items():
                generator.bit_generator.state = state

    def value(self, tensor: Node) -> Value:
        """The Value of a Tensor of the recording, of a placeholder, or of one from outside."""
        return self.recorder.value(tensor)

    def conditions(self) -> list[Callable[[], bool]]:
        """Functions that say, later, whether things that the function depends on besides Tensors are as they are now."""
        return [watch() for _, watch in self.recorder.watches.values()]

    def finished(self, program: Program) -> Program:
        """The program with names from the Tensors, and with constants for what nobody else can change.

        A leaf that the function made is a constant if nothing holds it or its array any more. If the Tensor is still there, it is
        another Tensor that was found; if only its array is, the program reads the array at every run.
        """
        recorder = self.recorder
        for node in recorder.nodes:
            value = recorder.values.get(node.index)
            if value is not None and node.name is not None:
                value.name = node.name
        recorder.nodes.clear()
        node = None  # type: ignore[assignment]
        program = replace(program, draws=tuple(recorder.draws))
        views = Counter(
            id(v.example.base) for v in recorder.values.values() if not v.is_weak and v.example.base is not None
        )
        by: dict[Value, Any] = {}
        for leaf, there in recorder.made.items():
            tensor = there()
            if tensor is not None and tensor._array is leaf.example:
                recorder.captured[tensor] = leaf
            elif leaf.example.base is None and sys.getrefcount(leaf.example) == _LEAF_ALONE + views[id(leaf.example)]:
                by[leaf] = leaf.example
        inputs = (*program.inputs, *(v for v in recorder.captured.values() if v not in program.inputs))
        shared: dict[int, Value] = {}
        for value in program.body():
            args = _owned(value.args, shared, views)
            keywords = {k: _owned((a,), shared, views)[0] for k, a in value.keywords.items()}
            mine = Value(value.op, args, keywords, value.example, value.name, value.scope)
            by[value] = mine.with_inputs(by)
        return replaced(replace(program, inputs=inputs), by)


def _owned(args: Any, shared: dict[int, Value], views: Counter[int]) -> Any:
    """Arguments with Values in the place of arrays that somebody else holds too, who may write into them.

    views : how many examples are views of an array, by its id
    """
    counts = _holders(args)

    def owned(a: Any, count: int) -> Any:
        if type(a) in NESTS:
            return _owned(a, shared, views)
        if not isinstance(a, np.ndarray) or (a.base is None and count == _SOLE + views[id(a)]):
            return a
        return shared.setdefault(id(a), Value(None, (), {}, a))

    return type(args)([owned(a, n) for a, n in zip(args, counts, strict=True)])


def _holders(args: Sequence[Any]) -> list[int]:
    """How often each of the arguments is referred to."""
    return [sys.getrefcount(a) for a in args]


_SOLE = _holders((np.empty(1),))[0]
_leaf = Value(None, (), {}, np.empty(1))
_LEAF_ALONE = sys.getrefcount(_leaf.example)
