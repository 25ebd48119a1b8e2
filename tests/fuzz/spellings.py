"""What `np` and `ag` stand for when a program runs on plain arrays, on complex numbers, or with noise in its last bits.

A complex step needs functions that are analytic. Where NumPy's own are not, because they take magnitudes or conjugates, or
refuse complex numbers, the function of the real line is written here in a form that is.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np

Namespace = dict[str, Any]


def functions(np: Any, dtype: Any = None) -> SimpleNamespace:
    """The functions that NumPy lacks, by their textbook formulas and not the package's own, in a NumPy's vocabulary."""
    # fmt: off
    positive = lambda x: np.real(x) > 0
    magnitude = lambda x: np.where(positive(x), x, -x)
    elu = lambda x, alpha=1.0: np.where(positive(x), x, alpha * (np.exp(x) - 1.0))

    def sigmoid(x):
        e = np.exp(-magnitude(x))
        return np.where(positive(x), 1.0, e) / (1.0 + e)

    def logsumexp(x, axis=None, keepdims=False):
        top = np.max(np.real(x), axis=axis, keepdims=True)
        result = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
        return result if keepdims else np.squeeze(result, axis=axis)

    def gelu(x, approximate=None):
        if approximate is None:
            return x * 0.5 * (1.0 + erf(x / math.sqrt(2.0)))
        return 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))

    def erf(x):
        return np.vectorize(math.erf, otypes=[float])(x).astype(x.dtype) if np.size(x) else x

    mathematics = {
        "sigmoid": sigmoid,
        "relu": lambda x: np.where(positive(x), x, 0.0),
        "leaky_relu": lambda x, slope=0.01: np.where(positive(x), x, slope * x),
        "elu": elu,
        "selu": lambda x: 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717),
        "silu": lambda x: x * sigmoid(x),
        "softplus": lambda x: np.where(positive(x), x, 0.0) + np.log(1.0 + np.exp(-magnitude(x))),
        "softsign": lambda x: x / (1.0 + magnitude(x)),
        "gelu": gelu,
        "erf": erf,
        "softmax": lambda x, axis=-1: np.exp(x - logsumexp(x, axis, True)),
        "log_softmax": lambda x, axis=-1: x - logsumexp(x, axis, True),
        "logsumexp": logsumexp,
    }
    # fmt: on
    return SimpleNamespace(
        Tensor=lambda data, dtype=dtype: np.array(data, dtype),
        checkpoint=lambda f: f,
        scope=lambda name: nullcontext(),
        **{name: giving_numbers(f) for name, f in mathematics.items()},
    )


def giving_numbers(f: Callable[..., Any]) -> Callable[..., Any]:
    """f with a number in the place of an array without axes, as NumPy's functions of numbers have it."""

    def with_numbers(*args: Any, **keywords: Any) -> Any:
        result = f(*args, **keywords)
        return result[()] if isinstance(result, np.ndarray) and not result.ndim else result

    return with_numbers


def _of_real_part(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result does not change with its argument almost everywhere, of the real part."""
    return lambda *args, **keywords: f(*map(np.real, args), **keywords)


def _abs(x: Any) -> Any:
    return x * np.where(np.real(x) < 0, -1, 1).astype(np.asarray(x).dtype)


def _var(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, where: Any = True) -> Any:
    x = np.asarray(x)
    count = np.sum(np.broadcast_to(where, x.shape), axis=axis, keepdims=True)
    mean = np.sum(x, axis=axis, keepdims=True, where=where) / count
    total = np.sum((x - mean) ** 2, axis=axis, keepdims=True, where=where) / (count - ddof)
    return total if keepdims else np.squeeze(total, axis=axis)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord in (None, 2, "fro"):
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    return np.sum(_abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


def _slogdet(a: Any) -> Any:
    det = np.linalg.det(a)
    return np.sign(det.real), np.log(_abs(det))


def _logaddexp(x: Any, y: Any) -> Any:
    larger, smaller = np.where(np.real(x) > np.real(y), x, y), np.where(np.real(x) > np.real(y), y, x)
    return larger + np.log(1.0 + np.exp(smaller - larger))


class _Replacing:
    """A module of NumPy, with some functions replaced."""

    def __init__(self, module: Any, replaced: dict[str, Any]):
        self._module, self._replaced = module, replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced[name] if name in self._replaced else getattr(self._module, name)


_CONSTANT = (
    "floor",
    "ceil",
    "rint",
    "trunc",
    "round",
    "sign",
    "heaviside",
    "argsort",
    "argmax",
    "argmin",
    "isclose",
    "isnan",
)
ANALYTIC_NP = _Replacing(
    np,
    {name: _of_real_part(getattr(np, name)) for name in _CONSTANT}
    | {
        "abs": _abs, "absolute": _abs, "fabs": _abs, "var": giving_numbers(_var), "logaddexp": _logaddexp,
        "std": lambda *args, **keywords: np.sqrt(_var(*args, **keywords)),
        "hypot": lambda x, y: np.sqrt(x * x + y * y),
        "logaddexp2": lambda x, y: _logaddexp(x * math.log(2), y * math.log(2)) / math.log(2),
        "vdot": lambda x, y: np.dot(np.ravel(x), np.ravel(y)),
        "vecdot": lambda x, y: np.sum(x * y, axis=-1),
        "matvec": lambda x, y: x @ y,
        "deg2rad": lambda x: x * (math.pi / 180), "rad2deg": lambda x: x * (180 / math.pi),
        "float16": np.complex128, "float32": np.complex128, "float64": np.complex128,
        "linalg": _Replacing(np.linalg, {"norm": giving_numbers(_norm), "slogdet": _slogdet}),
    },
)  # fmt: skip

PLAIN: Namespace = {"np": np, "ag": functions(np)}
DOUBLE: Namespace = {**PLAIN, "np": _Replacing(np, dict.fromkeys(("float16", "float32"), np.float64))}
COMPLEX: Namespace = {"np": ANALYTIC_NP, "ag": functions(np, np.complex128), "abs": _abs}


def rounding_by(rng: np.random.Generator, eps: float) -> Callable[[Any], Any]:
    """A function that moves every floating number by up to half of eps, as rounding in that precision does."""

    def rounding(v: Any, source: Any = None) -> Any:
        kind = getattr(getattr(v, "dtype", None), "kind", "")
        array = getattr(v, "array", v)
        if (
            kind not in ("f", "c")
            or getattr(array, "base", None) is not None
            or v is source
            or getattr(v, "is_view", False)
        ):
            return v  # a view, or another name, stays one: what is written into it must reach the other
        factor = 1.0 + eps * rng.uniform(-0.5, 0.5, v.shape)
        moved = v * (factor if kind == "c" else factor.astype(v.dtype))
        return np.asarray(moved) if isinstance(v, np.ndarray) else moved

    return rounding
