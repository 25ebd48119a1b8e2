"""Costs of outputs that say how much speaks for each class."""

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import Tensor, log_softmax, one_hot, relu
from autograd_lite.compiler.parts import Part
from autograd_lite.compiler.reach import shape
from autograd_lite.recording import apply
from autograd_lite.rules import impure

from ..plain_arrays import plain_array
from .base import Cost, cost, require, tensors


class ClassCost(Cost):
    """A cost whose target may also be class numbers.

    output : (..., m), an output for each of m classes, at least two; every row is an example, so of a sequence every position
        is one
    y : whole numbers from 0 to m - 1, in the shape of the output without its last axis; or targets in its whole shape

    Raises ValueError if the shapes do not fit, for a class that is none of the m, and for a single output.
    """

    def _checked(self, output: Any, y: Any) -> tuple[Tensor, Tensor]:
        output, y = tensors(output, y)
        z, target = output.array, y.array
        if z.ndim == 0 or z.size == 0:
            raise ValueError(f"the output has shape {z.shape}, needs (n, m) or (m,), and not empty")
        numbers = target.shape == z.shape[:-1] and target.dtype.kind in "iu"
        if target.shape != z.shape and not numbers:
            hint = ": y.astype(int) makes them" if target.shape == z.shape[:-1] and target.dtype.kind in "fb" else ""
            raise ValueError(
                f"the output has shape {z.shape}, the target y is {target.dtype} {target.shape}: it must be class numbers, "
                f"integers of shape {z.shape[:-1]}{hint}, or targets of the shape of the output"
            )
        self._check_outputs(z.shape[-1], numbers)
        return output, y

    def _check_outputs(self, m: int, numbers: bool) -> None:
        if m == 1 and numbers:
            raise ValueError(
                f"{self.__name__} got one output, so one class, which is always right: use an output for each class, or "
                "a sigmoid output with nn.cross_entropy_cost"
            )

    def _weight(self, output: Tensor, y: Tensor) -> int | Tensor:
        return int(math.prod(output.array.shape[:-1]))


class SoftmaxCost(ClassCost):
    """The softmax cost, whose options say which examples count, and how much."""

    @property
    def counts_examples(self) -> bool:  # type: ignore[override]
        """Does every example count as much as any other?"""
        return self.options.get("weight") is None and self.options.get("ignore_index") is None

    def _check_outputs(self, m: int, numbers: bool) -> None:
        super()._check_outputs(m, True)
        weight = self.options.get("weight")
        if weight is not None and np.shape(weight) != (m,):
            raise ValueError(f"weight has shape {np.shape(weight)}, needs ({m},), a number for each class")

    def with_options(self, **options: Any) -> Self:
        """This cost with other options, such as `nn.softmax_cross_entropy.with_options(label_smoothing=0.1)`."""
        if options.get("weight") is not None:
            options["weight"] = _weights(options["weight"])
        ignored = options.get("ignore_index")
        if ignored is not None and (isinstance(ignored, bool) or not isinstance(ignored, int | np.integer)):
            raise TypeError(f"ignore_index is {ignored!r}, needs the class number to leave out, or None")
        return super().with_options(**options)

    def _weight(self, output: Tensor, y: Tensor) -> int | Tensor:
        weight, ignored = self.options.get("weight"), self.options.get("ignore_index")
        if y.array.ndim == output.array.ndim or (weight is None and ignored is None):
            return super()._weight(output, y)
        counts: Tensor = np.sum(_importance(y, weight, ignored))
        return counts


def _weights(weight: ArrayLike) -> tuple[float, ...]:
    array = plain_array("weight", weight)
    if (
        array.ndim != 1
        or array.dtype.kind not in "iuf"
        or not (np.isfinite(array) & (array >= 0)).all()
        or not array.any()
    ):
        raise ValueError(f"weight is {weight!r}, needs a finite number of at least 0 for each class, and not all 0")
    return tuple(map(float, array))


def _importance(y: Tensor, weight: tuple[float, ...] | None, ignored: int | None) -> Any:
    """How much each of the class numbers y counts: as its class does, and an ignored one not at all."""
    counts: Any = np.ones(y.array.shape)
    if weight is not None:
        counts = apply(one_hot, (_counted(y, ignored), len(weight))) @ np.array(weight)
    return counts if ignored is None else np.where(y == ignored, 0.0, counts)


def _counted(y: Tensor, ignored: int | None) -> Any:
    """The class numbers, 0 in the place of the ignored one."""
    return y if ignored is None else np.where(y == ignored, 0, y)


shape(ClassCost, lambda cost, _: [Part(".", "_terms", cost._terms)])


def _rows(output: Tensor, y: Any) -> Any:
    """Class numbers as rows with a 1, in the dtype of the output; targets that are rows already as they are."""
    if y.array.ndim == output.array.ndim:
        return y
    return apply(one_hot, (y, output.array.shape[-1])).astype(output.array.dtype)


@cost(1.0, "−y ln softmax(z)", SoftmaxCost)
def softmax_cross_entropy(
    output: Tensor,
    y: Tensor,
    *,
    label_smoothing: float = 0.0,
    weight: Any = None,
    ignore_index: int | None = None,
) -> Tensor:
    """−Σ y ln softmax(z) in nats, averaged over the examples: of class numbers, minus the logarithm of the right one's share.

    The softmax is taken here, exact at any size. The slope is ∇C = (softmax(z) − y)/n, as that of the cross-entropy with sigmoid
    outputs is (a − y)/n. A class of logit −inf, so of probability 0, adds 0 where y is 0, the limit, and else inf.

    Parameters
    ----------
    output : (..., m), z, any numbers, for at least two classes
    y : class numbers, (...,), or for each class its probability, (..., m)
    label_smoothing : ε in [0, 1) takes (1 − ε)·y + ε/m in the place of y (Szegedy et al., 2016, Rethinking ...)
    weight : (m,), how much each class counts, at least 0. With class numbers the average is weighted: the sum is divided by the
        sum of the weights of the right classes, as in PyTorch; with probabilities by the number of examples
    ignore_index : a class number, such as -100, of examples to leave out. If all are left out the cost is NaN

    Raises
    ------
    ValueError
        If the shapes do not fit, for a class that is none of the m, for a single output, and for options out of range.

    Examples
    --------
    >>> nn.softmax_cross_entropy([[2.0, 0.0]], [0]).item()
    0.1269280110429726
    >>> nn.softmax_cross_entropy([[2.0, 0.0], [0.0, 0.0]], [0, -100], ignore_index=-100).item()
    0.1269280110429726
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing is {label_smoothing}, needs a number from 0 to below 1")
    numbers = y.array.ndim < output.array.ndim
    target = _rows(output, _counted(y, ignore_index) if numbers else y)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / output.array.shape[-1]
    if weight is not None:
        target = target * np.array(weight, output.array.dtype)
    logarithms = apply(log_softmax, (output,))
    if not label_smoothing or weight is not None:  # else no target is 0
        logarithms = np.where((target == 0) & (logarithms == -np.inf), 0.0, logarithms)
    terms: Tensor = -(target * logarithms)
    if ignore_index is not None and numbers:
        terms = np.where((y == ignore_index)[..., None], 0.0, terms)  # type: ignore[assignment]
    return terms


@impure
def signs(y):  # type: ignore[no-untyped-def]
    """Raise ValueError, unless all targets are −1 or 1."""
    other = y[np.abs(y) != 1]
    if other.size:
        raise ValueError(
            f"hinge_cost got the target {other[0]}, needs −1 and 1, or class numbers: 2 * y - 1 makes them of 0 and 1"
        )
    return True


@cost(1.0, "max(0, margin − ya)", ClassCost)
def hinge_cost(output: Tensor, y: Tensor, *, margin: float = 1.0) -> Tensor:
    """max(0, margin − y a), summed over the outputs, averaged over the examples; with targets y of −1 and 1.

    Of class numbers, max(0, margin − z_right + z) of every class but the right one (Weston and Watkins, 1999): an example
    costs nothing once its own class leads by the margin. The slope at the edge of the margin is 0.

    Raises ValueError for a target that is neither −1 nor 1.
    """
    if y.array.ndim == output.array.ndim:
        require(signs, y)
        terms: Tensor = apply(relu, (margin - output * y,))
        return terms
    is_right = _rows(output, y) == 1
    with np.errstate(invalid="ignore"):  # a right one of -inf, from itself
        right = np.sum(np.where(is_right, output, 0.0), axis=-1, keepdims=True)
        terms = apply(relu, (np.where(is_right, 0.0, output - right + margin),))
    return terms
