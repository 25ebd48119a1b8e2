"""What happens when a NumPy function meets a Tensor: one of the three kinds of rules.py, or an error that says what to do."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from inspect import signature
from typing import Any

import numpy as np

from .function_names import name_of
from .mode import current_mode
from .node import Handle
from .operands import operands, operands_by_name
from .recording import apply, handles_in, leaf, one_array, values_of
from .results import as_array
from .rules import COMPOSITES, CONSTANTS, MAKES_ARRAYS, PRIMITIVES, REFUSED, VJPS
from .views import ARRAY, NUMBER, is_number
from .writes import write_out

Function = Callable[..., Any]


def call(f: Function, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """Call `f`, a function that has an entry, on arguments among which there are Tensors. Raises TypeError if it has none."""
    if keywords:
        out = keywords.get("out")
        if out is not None:
            return _into(out, f, args, {k: a for k, a in keywords.items() if k != "out"})
        args, keywords = _positional(f, args, keywords)
    if len(args) > 1:
        names = _parameters(f)
        if "out" in names[: len(args)] and args[i := names.index("out")] is not None:
            return _into(args[i], f, (*args[:i], None, *args[i + 1 :]), keywords)
    spelling = COMPOSITES.get(f)
    if spelling is not None:
        args, keywords = operands(args), operands_by_name(keywords)
        spelled = spelling(*args, **keywords)
        if spelled is not NotImplemented:  # as it is for those forms of a call that have a row
            if f in MAKES_ARRAYS and isinstance(spelled, Handle) and is_number(spelled):
                spelled._view = ARRAY
            return spelled
    if f in VJPS:
        if keywords:
            keywords = {k: one_array(v) if next(handles_in([v]), None) is not None else v for k, v in keywords.items()}
        return apply(f, args, keywords)
    if f in CONSTANTS:
        return call_constant(f, args, keywords)
    raise _unknown(f)


def call_ufunc(ufunc: np.ufunc, method: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The same for a ufunc and its methods, which take keywords that no function takes."""
    f: Function = ufunc if method == "__call__" else getattr(ufunc, method)
    args = operands(args)
    if ufunc.__name__ == "clip" and method == "__call__":
        f = np.clip  # the ufunc behind `ndarray.clip(0, t)`, which has no public name
    out = keywords.pop("out", None)
    if method == "__call__":
        if keywords.pop("where", True) is not True:
            raise TypeError(
                f"{name_of(f)} takes no where= with a Tensor. Leave elements out before and after it: "
                f"np.where(mask, {name_of(f)}(np.where(mask, x, 1.0), ...), other); or write what is chosen, "
                f"t[mask] = {name_of(f)}(x[mask], ...)"
            )
        dtype = keywords.pop("dtype", None)
        if dtype is not None:
            args = _cast_for(ufunc, args, np.dtype(dtype))
        if keywords and f not in COMPOSITES:
            raise TypeError(f"{name_of(f)} takes no {', '.join(keywords)}= with a Tensor")
    if out is None or all(o is None for o in out):
        return call(f, args, keywords)
    into = out[0]
    if any(isinstance(o, Handle) for o in out):
        return _into(out if len(out) > 1 else into, f, args, keywords)
    if len(out) > 1 or (current_mode().recording and any(n.requires_grad for n in handles_in(args))):
        raise TypeError(_no_out(f))
    for n in handles_in(args):
        n.looked_at(f"{name_of(f)} into an array")
    into[...] = f(*values_of(args), **keywords)  # `array += t`, with a t that carries no gradient
    return into


def _into(out: Any, f: Function, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """The result of `f` written into a Tensor, or into several. Raises TypeError for an array, which would lose the gradient."""
    several = out if isinstance(out, tuple) else (out,)
    if not all(o is None or isinstance(o, Handle) for o in several):
        raise TypeError(_no_out(f))
    results = f(*args, **keywords)
    if not isinstance(out, tuple):
        return write_out(out, results, name_of(f))
    pairs = zip(several, results, strict=True)
    return tuple(result if o is None else write_out(o, result, name_of(f)) for o, result in pairs)


def _cast_for(ufunc: np.ufunc, args: tuple[Any, ...], dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """The arguments in the dtypes that NumPy casts them to for a result of `dtype`. Raises NumPy's TypeError if there is none."""
    cast: Any = np.astype
    arrays: list[Any] = [a if isinstance(a, np.ndarray | Handle) else np.asarray(a) for a in args[: ufunc.nin]]
    given = [type(a) if type(a) in (int, float) else b.dtype for a, b in zip(args, arrays, strict=False)]
    signature = (*[None] * ufunc.nin, *[dtype] * ufunc.nout)
    needed = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout), signature=signature, casting="same_kind")
    cast_args = (a if a.dtype == d else cast(a, d) for a, d in zip(arrays, needed, strict=False))
    return (*cast_args, *args[ufunc.nin :])


def call_constant(f: Function, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """A function whose result carries no gradient: Tensors for arrays, and anything else as it is."""
    tracer = current_mode().tracing
    if f not in PRIMITIVES:
        args, keywords = operands(args), operands_by_name(keywords)
    values, named = [values_of(a) for a in args], {k: values_of(v) for k, v in keywords.items()}
    if tracer is not None:
        tracer.prepare(args, values)
        tracer.prepare_keywords(named)
    plain = f(*values, **named)
    if tracer is None or not tracer.records(f):
        return _wrapped(plain, f)
    if isinstance(plain, np.ndarray | np.generic | bool | int | float):
        made = apply(f, args, keywords)
        made._node.requires_grad = False
        return made
    for n in handles_in((*args, *keywords.values())):  # several results: no node can stand for them
        n.looked_at(name_of(f))
    return _wrapped(plain, f)


def _wrapped(out: Any, f: Function) -> Any:
    if isinstance(out, np.ndarray | np.generic):
        made = leaf(as_array(out, f))
        if isinstance(out, np.generic):
            made._view = NUMBER
        return made
    if hasattr(out, "_fields"):  # a named tuple
        return type(out)(*(_wrapped(part, f) for part in out))
    return type(out)(_wrapped(part, f) for part in out) if type(out) in (tuple, list) else out


def _positional(
    f: Function, args: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Arguments in which Tensors given by keyword stand at their position, where the rules look for them."""
    if next(handles_in(keywords.values()), None) is None:
        return args, keywords
    rest = dict(keywords)
    names = _parameters(f)
    while len(args) < len(names) and names[len(args)] in rest:
        args = (*args, rest.pop(names[len(args)]))
    return args, rest


@cache
def _parameters(f: Function) -> list[str]:
    """The names of the parameters that can be given by position, as far as they are known."""
    if isinstance(f, np.ufunc):
        return []
    try:
        return [name for name, p in signature(f).parameters.items() if p.kind is not p.KEYWORD_ONLY]
    except (TypeError, ValueError):
        return _IN_C.get(f, [])


_IN_C = {np.dot: ["a", "b", "out"], np.bincount: ["x", "weights", "minlength"]}
"""The parameters of functions of which NumPy 2.0 tells them in its documentation only."""


OF_SCIPY = {
    "erf": "autograd_lite.erf(x)",
    "expit": "autograd_lite.sigmoid(x)",
    "log_expit": "-autograd_lite.softplus(-x)",
    "logit": "autograd_lite.logit(x)",
}
"""What to use instead of functions of scipy.special."""


def _no_out(f: Function) -> str:
    return (
        f"{name_of(f)} cannot write the result of a Tensor into an existing array (out=, or `array += t`): the gradient would be "
        "lost. Use the returned Tensor, make the array a Tensor and write `x[...] = t`, or take t.numpy() for the value alone"
    )


def _unknown(f: Function) -> TypeError:
    name = name_of(f)
    if f in REFUSED:
        return TypeError(f"{name} takes no Tensor: {REFUSED[f]}")
    known = {name_of(k) for k in (*VJPS, *COMPOSITES, *CONSTANTS)}
    alone = name.rpartition(".")[2]
    if name.startswith("scipy."):
        same, near = OF_SCIPY.get(alone) or (f"np.{alone}" if f"np.{alone}" in known else None), []
    else:
        same, near = None, get_close_matches(name, known, n=3, cutoff=0.6)
    return TypeError(
        f"{name} has no derivative here, so it takes no Tensor"
        + (f"; use {same}" if same is not None else f"; near it are {', '.join(near)}" if near else "")
        + f". State its derivative with autograd_lite.defvjp({name}, ...), or pass t.numpy() if it is meant as a constant"
    )
