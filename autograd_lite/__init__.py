"""Reverse-mode automatic differentiation on NumPy: put a Tensor into NumPy code and ask for its gradient."""

from typing import TYPE_CHECKING, Any

from . import ops as _tables  # noqa: F401  (importing the tables states their rules)
from .check import GradientError, check_gradients
from .checkpointing import checkpoint
from .compiler import CompileError, CompileWarning, compile
from .examples import LoopWarning, per_example_gradients
from .functional import grad, gradients, value_and_grad
from .mode import enable_grad, is_grad_enabled, no_grad, scope
from .operators import DetachedWarning
from .ops.activations import elu, gelu, leaky_relu, logit, one_hot, relu, selu, sigmoid, silu, softplus, softsign
from .ops.softmax import log_softmax, logsumexp, softmax
from .ops.special import erf
from .primitives import primitive
from .rules import defvjp
from .supported import supported
from .tensor import Tensor
from .transforms import hessian, hvp, jacobian, jvp, vjp

__version__ = "0.1.0"
__all__ = [
    "CompileError", "CompileWarning", "DetachedWarning", "GradientError", "LoopWarning", "Tensor", "check_gradients",
    "checkpoint", "compile", "count_paths", "defvjp", "draw", "elu", "enable_grad", "erf", "explain", "gelu", "grad",
    "gradients", "hessian", "hvp", "is_grad_enabled", "jacobian", "jvp", "leaky_relu", "log_softmax", "logit", "logsumexp",
    "no_grad", "one_hot", "per_example_gradients", "primitive", "relu", "scope", "selu", "sigmoid", "silu", "softmax",
    "softplus", "softsign", "step_through", "supported", "to_graphviz", "value_and_grad", "vjp",
]  # fmt: skip

if TYPE_CHECKING:
    from .drawing import draw, to_graphviz
    from .explanations import count_paths, explain, step_through


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


def __getattr__(name: str) -> Any:
    """Pictures are imported when the first is asked for."""
    if name in ("draw", "to_graphviz"):
        from . import drawing

        return getattr(drawing, name)
    if name in ("count_paths", "explain", "step_through"):
        from . import explanations

        return getattr(explanations, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
