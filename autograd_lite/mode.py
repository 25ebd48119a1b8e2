"""What is being recorded: one context variable, so that every thread and every async task has its own."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
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

    def prepare(self, args: Sequence[Any], values: list[Any]) -> None:
        """An operation is about to be computed on `values`, the arrays of its `args`; they may be changed in the list."""

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


_mode: ContextVar[Mode] = ContextVar("autograd_lite mode", default=Mode(True, (), None, None))  # noqa: B039  (never changed)
current_mode = _mode.get


class Switch:
    """Changes the mode inside a `with` block, or inside a function that it decorates.

    May be kept and entered again, also inside itself and by several threads at a time.
    """

    __slots__ = ("_change", "_last")

    def __init__(self, change: Callable[[Mode], Mode]):
        self._change = change
        self._last: tuple[Mode, Mode] | None = None

    def __enter__(self) -> Mode:
        before = _mode.get()
        last = self._last
        if last is not None and last[0] is before:
            mode = last[1]
        else:
            mode = self._change(before)
            if mode.tracing is None:  # a finished compiler would be kept alive
                self._last = before, mode
        _mode.set(mode)
        return mode

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        outer = _mode.get().outer
        if outer is None:
            raise RuntimeError(
                "a `with` block such as no_grad() is left in another thread or task than it was entered in, as happens when a "
                "generator is closed there. The mode here stays as it is: close the generator where it was begun"
            )
        _mode.set(outer)

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


def recording(on: bool) -> Switch:
    """Record operations inside, or do not."""
    return _ON if on else _OFF


_ON = Switch(lambda mode: Mode(True, mode.scope, mode.tracing, mode))
_OFF = Switch(lambda mode: Mode(False, mode.scope, mode.tracing, mode))


def tracing(tracer: Tracer) -> Switch:
    """Let `tracer` hear of every operation inside."""
    return Switch(lambda mode: Mode(mode.recording, mode.scope, tracer, mode))


def scope(name: str) -> Switch:
    """Mark every node made inside as belonging to `name`. Pictures cluster by it and errors name it; scopes nest."""
    return Switch(lambda mode: Mode(mode.recording, (*mode.scope, name), mode.tracing, mode))


@overload
def no_grad(f: None = None) -> Switch: ...
@overload
def no_grad(f: F) -> F: ...
def no_grad(f: F | None = None) -> F | Switch:
    """Record nothing inside: results do not require a gradient.

    A context manager, `with no_grad():`, and a decorator, `@no_grad`; per thread and per async task.
    """
    return recording(False) if f is None else recording(False)(f)


@overload
def enable_grad(f: None = None) -> Switch: ...
@overload
def enable_grad(f: F) -> F: ...
def enable_grad(f: F | None = None) -> F | Switch:
    """Record inside, also within `no_grad`. A context manager and a decorator; per thread and per async task."""
    return recording(True) if f is None else recording(True)(f)


def is_grad_enabled() -> bool:
    """Are operations being recorded in this thread or task?"""
    return _mode.get().recording
