"""From a function to a program: run it once on placeholders, with everything recorded."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from ..mode import tracing
from ..node import Handle
from ..recording import current
from ..tensor import Tensor
from ..trees import leaves
from .program import Program, Value, replaced
from .recorder import Recorder
from .watcher import Watcher
from .weak import Number

NOTHING: Mapping[int, frozenset[str]] = {}


class Recording:
    """One run of a function on placeholders, and the Values of what it computed.

    Use: make a `placeholder` for each argument, `run` the function on them, take the `value` of what it returned, let go of all
    Tensors of the recording, and have the Program of these Values `finished`.
    """

    def __init__(self) -> None:
        self.recorder = Recorder()

    @property
    def captured(self) -> dict[Any, Value]:
        """The Tensors that the function found outside of its arguments, and the inputs that they are of the program."""
        return self.recorder.captured

    def placeholder(self, given: Any, name: str | None = None, position: int = -1, whole: bool = False) -> Any:
        """What the function gets in the place of an argument: a Tensor of the same value, or a Number.

        position : which argument a number is; without one it cannot be `fixed`
        whole : may Python look at the number?
        """
        recorder = self.recorder
        if not isinstance(given, Handle | np.ndarray):
            example = given if type(given) in (int, float) else np.asarray(given)
            value = Value(None, (), {}, example, name)
            recorder.numbers[value] = position, whole
            return Number(given, value, recorder)
        tensor = Tensor(given.array if isinstance(given, Tensor) else np.asarray(given), name=name)
        if isinstance(given, Tensor):
            tensor.requires_grad = given.requires_grad
        node = tensor._node
        recorder.values[node.index] = Value(None, (), {}, node.array, name)
        recorder.given.add(node.index)
        return tensor

    @property
    def fixed(self) -> set[int]:
        """The positions of the numbers that Python looked at: the program is for their values alone."""
        return self.recorder.fixed

    def run(
        self,
        f: Callable[..., Any],
        args: Sequence[Any] = (),
        keywords: dict[str, Any] | None = None,
        *,
        roots: Mapping[str, Any],
        but: Mapping[int, frozenset[str]] = NOTHING,
        check: Callable[[Any], None] | None = None,
        repeats: Callable[[BaseException], bool] = lambda error: True,
    ) -> Any:
        """What f returns. Generators that its operations draw from are put back to where they were.

        roots, but, repeats : see `Watcher`
        check : called with it, also watched and with the generators put back, but not recorded
        Raises Unfollowed if f does what a program would not do again.
        """
        recorder = self.recorder
        try:
            with np.errstate(all="ignore"), Watcher(roots, but, repeats) as recorder.watcher:
                with tracing(recorder):
                    result = f(*args, **(keywords or {}))
                    for t in leaves(result):
                        if isinstance(t, Handle):
                            current(
                                t
                            )  # a view whose memory was written since is taken anew here, where that is recorded
                if recorder.refusal is not None:
                    raise recorder.refusal
                recorder.require_unwritten_arrays()
                if check is not None:
                    recorder.watcher.require_unchanged()
                    self._put_generators_back()
                    check(result)
                return result
        finally:
            recorder.listens = False
            self._put_generators_back()

    def _put_generators_back(self) -> None:
        for generator, state in self.recorder.generators.items():
            generator.bit_generator.state = state

    def refuse(self, reason: str, for_good: bool = True) -> None:
        """End the run: the function does what a program would not do again."""
        assert self.recorder.watcher is not None
        self.recorder.watcher.stop(reason, for_good)

    @contextmanager
    def unread(self, replaced: Container[Handle]) -> Iterator[None]:
        """Refuse a function that reads one of these Tensors inside, which may become more."""
        self.recorder.replaced = replaced
        try:
            yield
        finally:
            self.recorder.replaced = ()

    def value(self, tensor: Any) -> Value:
        """The Value of a Tensor or Number of the recording, of a placeholder, or of a Tensor from outside."""
        return self.recorder.value(tensor)

    def conditions(self) -> list[Callable[[], bool]]:
        """Functions that say, later, whether things that the function depends on besides Tensors are as they are now."""
        assert self.recorder.watcher is not None
        guard = self.recorder.watcher.guard()
        watches = [watch() for _, watch in self.recorder.watches.values()]
        return watches if guard.is_always else [guard, *watches]

    def finished(self, program: Program) -> Program:
        """The program with names from the Tensors, and with constants in the place of numbers that are `fixed`.

        What operations read of arrays is read at every run, whoever made them and whoever holds them. A Tensor that the function
        made and left somewhere is one that it found from then on. Only what the library made while it recorded, such as the 1
        from which a backward pass starts, is a constant.
        """
        recorder = self.recorder
        for node in recorder.nodes:
            value = recorder.values.get(node.index)
            if value is not None and node.name is not None:
                value.name = node.name
        recorder.nodes.clear()
        node = None  # type: ignore[assignment]
        program = replace(program, draws=tuple(recorder.draws))
        used = set(program.body())
        program = replace(program, draws=(*program.draws, *dict.fromkeys(v for v in recorder.foreign if v not in used)))
        for value, there in recorder.made.items():
            tensor: Any = there()
            if tensor is not None and tensor.array is value.example:
                recorder.captured[tensor] = value
        by: dict[Value, Any] = {value: value.example for value in recorder.constants}
        for value, (position, _) in recorder.numbers.items():
            if position in recorder.fixed:
                by[value] = value.example if value.is_weak else value.example[()]
        inputs = (*program.inputs, *(v for v in recorder.captured.values() if v not in program.inputs))
        for value in program.body():
            by[value] = value.with_inputs(by)
        return replaced(replace(program, inputs=inputs), by)
