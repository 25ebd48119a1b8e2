"""One recording of a compiled function: the program, where its inputs come from, and where its results go."""

from collections.abc import Callable, Container, Hashable, Iterator
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np

from ..gradients import grad_of, put_grad
from ..node import Handle, Node, leaf_node, slot_of
from ..recording import current, handle, leaf
from ..tensor import Tensor
from ..trees import leaves, mapped, rebuilt
from .guard import first_changed
from .names import GRADIENT
from .program import Program, Value
from .record import Recording
from .recorder import CompileError
from .runnable import Runnable
from .signature import function_name, hooks_of, is_input, is_number, is_whole, layout, parameter_names
from .weak import is_stand_in, plain

_PLAIN, _TENSOR, _SEALED = range(3)
Fetch = Callable[[list[Any]], Any]
_SLOT = object()
"""Stands in the structure of the results where a Tensor was."""


class Variant:
    """
    themselves : the positions of the numbers that f gets themselves, instead of what stands for them
    repeats : see `Watcher`
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Any,
        keywords: Any,
        themselves: Container[int] = (),
        repeats: Callable[[BaseException], bool] = lambda error: True,
    ):
        given = list(leaves((args, keywords)))
        numbers = {i for i, a in enumerate(given) if is_number(a) and i in themselves}
        self.used = 0
        """When it was last run."""
        self._itself: dict[int, Handle] = {}
        """Arguments that f also finds elsewhere. There it is one Tensor, so it has to be one here."""
        while True:
            trial = Trial(f, args, keywords, numbers | self._itself.keys(), repeats)
            again = {
                i: a
                for i, a in enumerate(given)
                if isinstance(a, Handle) and i not in self._itself and a in trial.recording.captured
            }
            if not again:
                break
            self._itself |= again
        self.fixed = {i: repr(given[i]) for i in sorted(numbers | trial.recording.fixed)}
        """The numbers that it is for, by position: as text, in which 0.0 and -0.0 differ."""
        self.runs = 0
        self._template = trial.template
        self._grads = trial.grads
        self._tensors = [i for i, a in enumerate(given) if isinstance(a, Handle)]
        self._order = _pattern([given[i] for i in self._tensors])
        program, self._inputs = trial.program(function_name(f))
        self._watched = [_Watched(t) for t in trial.recording.captured if t not in trial.old_gradients]
        self._had_grads = [(t, old is not None) for t, old in trial.old_grads if not trial.is_placeholder(t)]
        usual = _TENSOR if self._tensors or trial.made_tensors else _PLAIN
        self._hows = [_PLAIN if need is None else _SEALED if need else usual for need in trial.needs]
        self._has_numbers = any(v.is_weak for v in program.body())
        self._arrays = [(v.example, v.example.shape, v.example.strides, v.example.dtype) for v in _constants(program)]
        self._masks = [(v.example, np.count_nonzero(v.example)) for v in _constants(program) if v.kind == "b"]
        """Shapes may follow from how many elements of a mask are true."""
        self._conditions = trial.recording.conditions()
        self._fits_always = not (
            self._conditions
            or self.fixed
            or self._arrays
            or self._had_grads
            or self._watched
            or self._itself
            or len(self._tensors) > 1
        )
        self.runnable = Runnable(program)

    def fits(self, given: list[Any]) -> bool:
        """Is everything that the function finds outside of its arguments as it was when it was recorded, but for values?"""
        if self._fits_always:
            return True
        tensors = [given[i] for i in self._tensors]
        return (
            self.is_for_numbers(given)
            and all(holds() for holds in self._conditions)
            and all((grad_of(current(t)) is not None) is had for t, had in self._had_grads)
            and all(watched.is_as_it_was() for watched in self._watched)
            and all(
                a.shape == shape and a.strides == strides and a.dtype is kind
                for a, shape, strides, kind in self._arrays
            )
            and all(np.count_nonzero(mask) == n for mask, n in self._masks)
            and (len(tensors) < 2 or _pattern(tensors) == self._order)
            and all(given[i] is t for i, t in self._itself.items())
            and not any(w.tensor is t for t in tensors for w in self._watched if t not in self._itself.values())
        )

    def is_for_numbers(self, given: list[Any]) -> bool:
        """Is it for these numbers, among those that it is for alone?"""
        return all(repr(given[i]) == text for i, text in self.fixed.items())

    def changed(self) -> str:
        """What is no more as it was when f was recorded, in words."""
        return first_changed(self._conditions) or "something that it finds outside of its arguments"

    def __call__(self, given: list[Any]) -> Any:
        try:
            results = self.runnable(*[fetch(given) for fetch in self._inputs])
        except (ArithmeticError, TypeError) as error:
            if self._has_numbers and not isinstance(error, FloatingPointError):
                raise NotForThese from error
            raise
        if self._template is _SLOT:
            answer = self._finished(results[0], self._hows[0], given)
        else:
            slots = (self._finished(r, how, given) for r, how in zip(results, self._hows, strict=False))
            answer = mapped(
                lambda r: next(slots) if r is _SLOT else r.copy() if isinstance(r, np.ndarray) else r, self._template
            )
        if self._grads:
            rest = iter(results[len(self._hows) :])
            for owner, there in self._grads:
                target = given[owner] if isinstance(owner, int) else owner
                put_grad(target, leaf(np.asarray(next(rest))) if there else None)
        return answer

    def _finished(self, result: Any, how: int, given: list[Any]) -> Any:
        if how == _PLAIN:
            return result[()] if type(result) is np.ndarray and not result.ndim else result
        node = leaf_node(np.asarray(result))
        if how == _SEALED:
            tensors = (*(given[i] for i in self._tensors), *(w.tensor for w in self._watched))
            node.requires_grad, node.op = True, compiled_result
            node.args = tuple(n for n in map(current, tensors) if n.requires_grad)
            slot_of(node).hooks[-1] = _refuse
        return handle(node)


class NotForThese(Exception):
    """A program cannot compute with these numbers as Python does: it divides by 0, or their power is complex."""


class Trial:
    """A run of the function on placeholders. as_it_is : the positions of the arguments that it gets themselves"""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Any,
        keywords: Any,
        as_it_is: set[int],
        repeats: Callable[[BaseException], bool],
    ):
        self.recording = recording = Recording()
        self.placeholders: dict[int, Any] = {}
        self._grad_placeholders: dict[int, Tensor] = {}
        placed: dict[Any, Tensor] = {}
        arguments = list(leaves((args, keywords)))
        self._tensors = {i for i, a in enumerate(arguments) if isinstance(a, Handle)}
        for i, (a, name) in enumerate(zip(arguments, parameter_names(f, args, keywords), strict=True)):
            if i in as_it_is or not is_input(a):
                continue
            if isinstance(a, Handle) and a in placed:
                arguments[i] = placed[a]
                continue
            self.placeholders[i] = arguments[i] = p = recording.placeholder(a, name, i, is_whole(a))
            if isinstance(a, Handle):
                placed[a] = p
                slot = current(a).slot
                if slot is not None:
                    mine = slot_of(p._node)
                    mine.hooks.update(slot.hooks)
                    mine.retained = slot.retained
                    if slot.grad is not None:
                        mine.grad = recording.placeholder(grad_of(current(a)), name and f"grad_{name}")
                        self._grad_placeholders[i] = mine.grad
        positions = {p: i for i, p in self.placeholders.items() if isinstance(p, Handle)}
        placed_args, placed_keywords = rebuilt((args, keywords), iter(arguments))
        old_grads = recording.recorder.old_grads
        self.old_grads = old_grads.items()
        try:
            constants = [a for i, a in enumerate(arguments) if i not in self.placeholders and not isinstance(a, Handle)]
            roots = {"the function": f} | {f"argument {i}": a for i, a in enumerate(constants)}
            result = recording.run(f, placed_args, placed_keywords, roots=roots, repeats=repeats)
            new_grads = {t: g for t, old in old_grads.items() if (g := grad_of(current(t))) is not old}
        finally:
            for tensor, old in old_grads.items():
                put_grad(tensor, old)
        result = _with_plain_keys(result)
        everything = leaves(result)
        for r in everything:
            if not _is_slot(r) and not is_input(r):
                recording.recorder.refuse_inside(r)
        flat = [r for r in everything if _is_slot(r)]
        self.template = mapped(lambda r: _SLOT if _is_slot(r) else r, result)
        self.needs = [None if is_stand_in(r) else self._leads_outside(r) for r in flat]
        """Of the results, whether they depend on Tensors outside that require a gradient; None of those that are numbers."""
        self.grads: list[tuple[Any, bool]] = [(positions.get(t, t), g is not None) for t, g in new_grads.items()]
        self._results = [recording.value(r) for r in flat]
        left = {t: recording.value(g) for t, g in new_grads.items() if g is not None}
        self._left = list(left.values())
        self._labels = {
            r.name: v
            for r, v in zip(flat, self._results, strict=True)
            if isinstance(r, Tensor) and r.name and r.name.startswith("dC_d") and not GRADIENT.fullmatch(r.name)
        }
        self._labels |= {f"dC_d{t.name}": v for t, v in left.items() if t.name}
        self.old_gradients = {old: t for t, old in old_grads.items() if old is not None and t not in positions}

    @property
    def made_tensors(self) -> bool:
        """Did the function compute with Tensors that were not among its arguments?"""
        return bool(self.recording.captured or self.recording.recorder.standing)

    def is_placeholder(self, tensor: Handle) -> bool:
        return current(tensor).index in self.recording.recorder.given

    def _leads_outside(self, result: Handle) -> bool:
        """Does it depend on a Tensor that requires a gradient and is not of the function's own making?"""
        waiting, recorder = [current(result)], self.recording.recorder
        seen = set(waiting)
        while waiting:
            node = waiting.pop()
            if (
                node.requires_grad
                and node.op is None
                and (node.index in recorder.given or node.index < recorder.started)
            ):
                return True
            further = {n for n in node.inputs if n.requires_grad} - seen
            seen |= further
            waiting += further
        return False

    def program(self, name: str) -> tuple[Program, list[Fetch]]:
        """The program, and for each of its inputs how to get its array at a call. The Tensors of the run have to be gone."""
        recording = self.recording
        fetch: dict[Value, Fetch] = {}
        for i, p in self.placeholders.items():
            if i not in recording.fixed:
                fetch[recording.value(p)] = _data_of(i) if i in self._tensors else itemgetter(i)
        given = len(fetch)
        for i, p in self._grad_placeholders.items():
            fetch[recording.value(p)] = _grad_of(i)
        labels = {k: v for k, v in self._labels.items() if v.op is not None}
        program = recording.finished(Program(name, tuple(fetch), (*self._results, *self._left), (), labels))
        for tensor, value in recording.captured.items():
            owner = self.old_gradients.get(tensor)
            fetch[value] = _array_of(tensor) if owner is None else _gradient_of(owner)
            if owner is not None and owner.name and value.name is None:
                value.name = f"grad_{owner.name}"
        used = {*program.roots, *(a for v in program.body() for a in v.inputs)}
        inputs = [v for n, v in enumerate(program.inputs) if n < given or v in used]
        return replace(program, inputs=tuple(inputs)), [fetch[v] for v in inputs]


def _is_slot(result: Any) -> bool:
    """Does a program put a result of its own there?"""
    return is_stand_in(result) or isinstance(result, Handle)


def _with_plain_keys(tree: Any) -> Any:
    """The same containers, with numbers themselves as the keys of dicts: to be keys they were looked at."""
    if isinstance(tree, dict):
        return {plain(k): _with_plain_keys(part) for k, part in tree.items()}
    if isinstance(tree, list | tuple):
        parts = map(_with_plain_keys, tree)
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return tree


def _constants(program: Program) -> set[Value]:
    """Arrays of somebody else that the program reads at every run."""
    return {a for v in program.body() for a in v.inputs if a.op is None} - set(program.inputs)


def _data_of(i: int) -> Fetch:
    return lambda given: given[i].array


def _grad_of(i: int) -> Fetch:
    return lambda given: grad_of(current(given[i])).array


def _array_of(tensor: Any) -> Fetch:
    return lambda given: tensor.array


def _gradient_of(tensor: Handle) -> Fetch:
    return lambda given: grad_of(current(tensor)).array


def _pattern(tensors: list[Any]) -> tuple[int, ...]:
    """Which of them are the same."""
    places: dict[int, int] = {}
    return tuple([places.setdefault(id(t), i) for i, t in enumerate(tensors)])


class _Watched:
    """A Tensor found outside, and what a program depends on of it besides its value."""

    def __init__(self, tensor: Any):
        self.tensor = tensor
        self._array = tensor.array
        self._state = self._current()
        self._below = [*_held(current(tensor))] if tensor.op is not None else []
        """The Tensors of its graph, and their nodes: one that holds another since is not what the graph reads any more."""

    def is_as_it_was(self) -> bool:
        tensor = self.tensor
        if any(current(t) is not node for t, node in self._below):
            return False
        if tensor.array is self._array and self._state[-1] is None and hooks_of(tensor) is None:
            return tensor.requires_grad is self._state[0]
        if self._current() != self._state:
            return False
        self._array = tensor.array
        return True

    def _current(self) -> tuple[Hashable, ...]:
        data = self.tensor.array
        return self.tensor.requires_grad, data.shape, data.dtype, layout(data), hooks_of(self.tensor)


def _held(output: Node) -> Iterator[tuple[Handle, Node]]:
    """The nodes that lead to one, and this one, that a Tensor holds at present."""
    waiting, seen = [output], {output}
    while waiting:
        node = waiting.pop()
        held = None if node.holder is None else node.holder()
        if held is not None and held._node is node:
            yield held, node
        further = set(node.inputs) - seen
        seen |= further
        waiting += further


def compiled_result(*sources: Any) -> Any:
    """What a compiled function returned, made from these Tensors."""
    raise CompileError("the result of a compiled function is not computed from its graph")


def _refuse(_: Any) -> None:
    raise RuntimeError(
        "the gradient does not go through a compiled function: take it inside and compile that, as in "
        "autograd_lite.compile(autograd_lite.value_and_grad(f))"
    )
