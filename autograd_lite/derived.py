"""Functions that are made of other functions, such as `grad(f)`."""

from collections.abc import Callable
from functools import update_wrapper, wraps
from inspect import signature
from types import MethodType
from typing import Any, TypeVar

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


class Derived:
    """A function that a transform made of another. It is pickled as the call that made it, if its function can be."""

    def __init__(self, run: Function, make: Function, args: tuple[Any, ...], keywords: dict[str, Any]):
        update_wrapper(self, args[0])
        self._run, self._made_by = run, (make, args, keywords)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._run(*args, **keywords)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As an attribute of a class it is a method, as any function."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        return _made_again, self._made_by

    def __repr__(self) -> str:
        make, (f, *_), _ = self._made_by
        return f"<{make.__name__} of {getattr(f, '__qualname__', f)}>"


def transform(make: F) -> F:
    """Decorate a function that makes functions: a keyword that it has not is answered with those that it has."""
    function, *known = signature(make).parameters

    @wraps(make)
    def checked(*args: Any, **keywords: Any) -> Any:
        unknown = keywords.keys() - {function, *known}
        if unknown:
            raise TypeError(
                f"{make.__name__} has no argument {min(unknown)!r}; write {', '.join(f'{k}=' for k in known)}"
            )
        return make(*args, **keywords)

    return checked  # type: ignore[return-value]


def derived(make: Function, *args: Any, **keywords: Any) -> Callable[[Function], Function]:
    """Decorate what `make(*args, **keywords)` returns; the first of its arguments is a function."""
    return lambda run: Derived(run, make, args, keywords)


def _made_again(make: Function, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return make(*args, **keywords)
