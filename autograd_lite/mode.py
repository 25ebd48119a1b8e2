"""What is being recorded: one context variable, so that every thread and every async task has its own."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import TracebackType
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])


class Tracer:
    """Hears of every operation inside `tracing(self)`; a compiler is one."""

    def refuse_look(self, tensor: Any, how: str) -> None:
        """Somebody looks at a value, which may be another the next time. Raise here to forbid it."""

    def refuse_write(self, tensor: Any) -> None:
        """Somebody writes a value. Raise here to forbid it."""

    def records(self, f: Callable[..., Any]) -> bool:
        """Is a call of `f`, whose result carries no gradient, to be recorded?"""
        return True

    def stands_for(self, leaf: Any, source: Any) -> None:
        """`leaf` was made from the value of `source`, and cut off from its history."""

    def is_foreign(self, tensor: Any) -> bool:
        """Was `tensor` there before what is being heard of?"""
        return False

    def touches_grad(self, tensor: Any) -> None:
        """Somebody reads or is about to replace the gradient of `tensor`."""

    def depends_on(self, thing: Any, watch: Callable[[], Callable[[], bool]]) -> None:
        """What follows depends on `thing`, which is no Tensor. `watch()` gives a function that says whether it is as it was."""

    def checked(self, check: Callable[..., Any], args: Sequence[Any]) -> None:
        """`check` has looked at the values of `args`, and found nothing to raise an error for."""

    def prepare(self, args: Sequence[Any], values: list[Any]) -> None:
        """An operation is about to be computed on `values`, the arrays of its `args`; they may be changed in the list."""

    def prepare_keywords(self, values: dict[str, Any]) -> None:
        """The same for its keywords."""

    def is_constant(self, leaf: Any) -> None:
        """`leaf` was made by the library itself, and does not depend on values."""

    def as_tensor(self, a: Any) -> Any:
        """A Tensor for what stands for a number; anything else as it is."""
        return a

    def recorded(self, node: Any, values: list[Any]) -> None:
        """`node` was made by its operation from `values`."""


@dataclass(slots=True, eq=False)
class Mode:
    """Never changed, but replaced. Its attributes are slots, the quickest to read: every operation reads some."""

    recording: bool
    """Are operations on Tensors that require a gradient recorded?"""
    scope: tuple[str, ...]
    """The names of the scopes around, from the outermost on."""
    tracing: "Tracer | None"
    """Who listens to everything that is recorded. If somebody does, results without a gradient are recorded too."""
    outer: "Mode | None"
    """The mode to return to. It stands here and not in the switch, which threads and tasks may share."""
    switch: "Switch | None" = None
    """The switch that made it."""
    ended: bool = False
    """Was its block left from outside its thread or task? Then it is as the mode around it."""

    def end(self) -> None:
        """Become as the mode around it: threads and tasks that are still in this mode, and cannot be reached, return to that."""
        around = self.around()
        self.recording, self.scope, self.tracing, self.ended = around.recording, around.scope, around.tracing, True

    def around(self) -> "Mode":
        """The innermost mode around this one whose block was not left."""
        mode = self
        while mode.outer is not None:
            mode = mode.outer
            if not mode.ended:
                break
        return mode


_mode: ContextVar[Mode] = ContextVar("autograd_lite mode", default=Mode(True, (), None, None))  # noqa: B039  (never changed)
current_mode = _mode.get


class Switch:
    """Changes the mode inside a `with` block, or inside a function that it decorates.

    May be kept and entered again, also inside itself and by several threads at a time.
    """

    __slots__ = ("_change", "_last", "_made_by")

    def __init__(self, change: Callable[[Mode], Mode], made_by: tuple[Any, ...]):
        self._change = change
        self._made_by = made_by
        """The function and the argument that give this switch, for a pickle."""
        self._last: tuple[Mode, Mode] | None = None

    def __reduce__(self) -> Any:
        make, *arguments = self._made_by
        return make, tuple(arguments)

    def __enter__(self) -> Mode:
        before = _mode.get()
        if before.ended:
            before = before.around()
        last = self._last
        if last is not None and last[0] is before:
            mode = last[1]
        else:
            mode = self._changed(before)
            if mode.tracing is None:  # a finished compiler would be kept alive
                self._last = before, mode
        _mode.set(mode)
        return mode

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        innermost = _mode.get()
        outer = innermost.outer
        if innermost.switch is self and outer is not None and not outer.ended:  # as it is nearly always
            _mode.set(outer)
        else:
            _mode.set(self._without_own(innermost)[1])

    def _changed(self, before: Mode) -> Mode:
        mode = self._change(before)
        mode.switch = self
        return mode

    def _without_own(self, innermost: Mode) -> tuple[Mode | None, Mode]:
        """The last mode that this switch made, from `innermost` outwards, and what `innermost` is without it.

        A generator that is suspended inside a `with` leaves its block whenever it ends, which need not be in turn.
        """
        inside, own = [], innermost
        while own.switch is not self:
            if own.outer is None:
                return None, innermost
            if not own.ended:
                inside.append(own)
            own = own.outer
        mode = own.around()
        for left in reversed(inside):
            mode = left.switch._moved(left, mode)  # type: ignore[union-attr]
        return own, mode

    def _moved(self, mode: Mode, around: Mode) -> Mode:
        """What `mode`, which this switch made, is inside another one."""
        return self._changed(around)

    def __call__(self, f: F) -> F:
        if isgeneratorfunction(f) or isasyncgenfunction(f):
            raise TypeError(f"{f.__name__} is a generator, which runs in pieces: write `with` inside of it instead")
        if iscoroutinefunction(f):

            @wraps(f)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await f(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @wraps(f)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self:
                return f(*args, **kwargs)

        return switched  # type: ignore[return-value]


class Block(Switch):
    """A switch of the user's. Its block may stand in a generator, which another thread or task, or the garbage collector, ends.

    Then nothing changes there, and the mode ends where it was entered. A switch that is kept, and entered by several threads at a
    time, cannot tell their blocks apart in that case: it ends the last one.
    """

    __slots__ = ("_open",)

    def __init__(self, change: Callable[[Mode], Mode], made_by: tuple[Any, ...]):
        super().__init__(change, made_by)
        self._open: list[tuple[Mode, Token[Mode]]] = []

    def __enter__(self) -> Mode:
        before = _mode.get()
        mode = self._changed(before.around() if before.ended else before)
        self._open.append((mode, _mode.set(mode)))
        return mode

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        innermost, opened = _mode.get(), self._open
        if opened and opened[-1][0] is innermost:  # as it is nearly always
            (entered, token), mode = opened.pop(), innermost.around()
        else:
            own, mode = self._without_own(innermost)
            entered, token = self._entry(own)
        try:
            _mode.reset(token)
        except ValueError:  # it was entered in another thread or task
            entered.end()
        _mode.set(mode)

    def _entry(self, own: Mode | None) -> tuple[Mode, Token[Mode]]:
        """Take out what is known of the block that made the mode `own`; if there is none here, of the last one."""
        for i in range(len(self._open) - 1, -1, -1):
            if own is None or self._open[i][0] is own:
                return self._open.pop(i)
        raise RuntimeError("a block of no_grad() or enable_grad() was left that was not entered")

    def _moved(self, mode: Mode, around: Mode) -> Mode:
        moved = self._changed(around)
        self._open[:] = [(moved if entered is mode else entered, token) for entered, token in self._open]
        return moved


def recording(on: bool) -> Switch:
    """Record operations inside, or do not."""
    return _ON if on else _OFF


def _on(mode: Mode) -> Mode:
    return Mode(True, mode.scope, mode.tracing, mode)


def _off(mode: Mode) -> Mode:
    return Mode(False, mode.scope, mode.tracing, mode)


_ON, _OFF = Switch(_on, (recording, True)), Switch(_off, (recording, False))


def tracing(tracer: Tracer) -> Switch:
    """Let `tracer` hear of every operation inside."""
    return Switch(lambda mode: Mode(mode.recording, mode.scope, tracer, mode), (tracing, tracer))


def scope(name: str) -> Switch:
    """Mark every node made inside as belonging to `name`. Pictures cluster by it and errors name it; scopes nest."""
    return Switch(lambda mode: Mode(mode.recording, (*mode.scope, name), mode.tracing, mode), (scope, name))


@overload
def no_grad(f: None = None) -> Switch: ...
@overload
def no_grad(f: F) -> F: ...
def no_grad(f: F | None = None) -> F | Switch:
    """Record nothing inside: results do not require a gradient.

    A context manager, `with no_grad():`, and a decorator, `@no_grad`; per thread and per async task.
    """
    return Block(_off, (no_grad,)) if f is None else _OFF(f)


@overload
def enable_grad(f: None = None) -> Switch: ...
@overload
def enable_grad(f: F) -> F: ...
def enable_grad(f: F | None = None) -> F | Switch:
    """Record inside, also within `no_grad`. A context manager and a decorator; per thread and per async task."""
    return Block(_on, (enable_grad,)) if f is None else _ON(f)


def is_grad_enabled() -> bool:
    """Are operations being recorded in this thread or task?"""
    return _mode.get().recording
