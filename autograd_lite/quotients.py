"""A cotangent that is kept as a quotient, for the rule that will multiply by the divisor.

With a = sigmoid(z), dC/da is dC/dz / sigmoid'(z). Where the sigmoid is saturated the divisor has lost its digits, or is 0,
while dC/dz is exact. So what knows dC/dz sends it to `a` as a Quotient: hooks and whoever asks for dC/da see the number, and
the rule of the sigmoid gives dC/dz back.
"""

from typing import Any

import numpy as np

Cotangent = Any


class Quotient:
    """`numerator` / `divisor` + `rest`: arrays, or Tensors where the pass is recorded."""

    __slots__ = ("divisor", "numerator", "rest")
    __array_ufunc__ = None  # so that `array + quotient` asks the quotient

    def __init__(self, numerator: Cotangent, divisor: Cotangent, rest: Cotangent | None = None):
        self.numerator, self.divisor, self.rest = numerator, divisor, rest

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the node it is for."""
        return self.divisor.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the node it is for."""
        return self.divisor.dtype  # type: ignore[no-any-return]

    def value(self) -> Cotangent:
        """The quotient as a number; infinite or undefined where the divisor is 0."""
        with np.errstate(all="ignore"):
            quotient = self.numerator / self.divisor
            return quotient if self.rest is None else quotient + self.rest

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        value = self.value()
        return np.array(
            getattr(value, "array", value), dtype
        )  # of a Tensor, which may require a gradient, the value alone

    def __add__(self, other: Cotangent) -> "Quotient":
        if type(other) is Quotient:
            rest = self.rest if other.rest is None else other.rest if self.rest is None else self.rest + other.rest
            return Quotient(self.numerator + other.numerator, self.divisor, rest)
        return Quotient(self.numerator, self.divisor, other if self.rest is None else self.rest + other)

    __radd__ = __add__


def plain(g: Cotangent) -> Cotangent:
    """A cotangent as an array or Tensor."""
    return g.value() if type(g) is Quotient else g
