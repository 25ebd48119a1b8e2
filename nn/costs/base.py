"""What a cost is: an average over the examples, and a function of the outputs only.

These are the two assumptions under which backpropagation works (Nielsen, NNDL, ch. 2).
"""

from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from typing import Any, Self

import numpy as np

from autograd_lite import Tensor, scope
from autograd_lite.compiler.parts import Part
from autograd_lite.compiler.reach import shape
from autograd_lite.mode import current_mode
from autograd_lite.ops.reductions import scaled_sum
from autograd_lite.recording import apply, leaf, values_of

from ..plain_arrays import plain_array

Terms = Callable[..., Tensor]


class Cost:
    """A cost C(output, y), made from what each output of each example adds to it, up to a constant factor.

    Called on output and target it gives a Tensor of one number, the sum over the outputs averaged over the examples.

    output, y : (n, m), one row an example, or (m,) for one example; y may be anything `np.asarray` takes
    options : of the costs that have some, by name; `with_options` makes a cost that has others for good

    Raises ValueError if their shapes differ, since broadcasting a target is never meant, and if there is no example.
    """

    __name__: str

    def __init__(self, terms: Terms, factor: float, formula: str):
        update_wrapper(self, terms)
        self._function = self._terms = terms
        self._plain = self
        self._factor = factor
        self._scope = scope(self.__name__.replace("_", " "))
        self.options: Mapping[str, Any] = {}
        """The options that are not as they are by default."""
        self.formula = formula
        """What one output a with target y adds, as text."""

    def __call__(self, output: Any, y: Any, **options: Any) -> Tensor:
        if options:
            return self.with_options(**options)(output, y)
        with self._scope:
            output, y = self._checked(output, y)
            n = self._weight(output, y)
            terms = self._terms(output, y)
            cost: Tensor
            if isinstance(n, Tensor):
                cost = apply(np.sum, (terms,)) * self._factor / n.astype(terms.dtype)
            else:
                cost = apply(scaled_sum, (terms, self._factor / n))
        cost.name = "C"
        return cost

    counts_examples: bool = True
    """Does every example count as much as any other?"""

    def weight(self, output: Any, y: Any) -> float:
        """What the sum over these examples is divided by: costs of parts, averaged with it, are the cost of the whole."""
        n = self._weight(*self._checked(output, y))
        return float(n.numpy()) if isinstance(n, Tensor) else float(n)

    def per_example(self, output: Any, y: Any, **options: Any) -> Tensor:
        """What every example adds: (n,), or () for one example. Their mean is the cost; with options that say how much each
        example counts, their sum divided by the `weight`."""
        return self.terms(output, y, **options).sum(axis=-1)

    def terms(self, output: Any, y: Any, **options: Any) -> Tensor:
        """What every output adds to the cost of its example, in the shape of the output."""
        if options:
            return self.with_options(**options).terms(output, y)
        with self._scope:
            terms = self._terms(*self._checked(output, y))
            return terms if self._factor == 1.0 else terms * self._factor

    def with_options(self, **options: Any) -> Self:
        """This cost with other options, such as `nn.huber_cost.with_options(delta=2.0)`."""
        other = type(self)(self._function, self._factor, self.formula)
        other._plain = self._plain
        other.options = dict(self.options) | options
        other._terms = partial(self._function, **other.options)
        return other

    def _checked(self, output: Any, y: Any) -> tuple[Tensor, Tensor]:
        return rows(output, y)

    def _weight(self, output: Tensor, y: Tensor) -> int | Tensor:
        shape = output.array.shape
        return shape[0] if len(shape) == 2 else 1

    def __repr__(self) -> str:
        name = f"nn.{self.__name__}"
        shown = ", ".join(f"{k}={v!r}" for k, v in self.options.items())
        return f"{name}.with_options({shown})" if shown else name

    def __reduce__(self) -> Any:
        if self.options:
            return _with_options, (self._plain, dict(self.options))
        return self.__name__  # copied and pickled by name, as functions are


shape(Cost, lambda cost, _: [Part(".", "_terms", cost._terms)])  # it is made once and for all


def _with_options(cost: Cost, options: dict[str, Any]) -> Cost:
    return cost.with_options(**options)


def cost(factor: float, formula: str, kind: type[Cost] = Cost) -> Callable[[Terms], Cost]:
    """Decorate a function of output and target, element by element, to make the cost that sums `factor` times it."""
    return lambda terms: kind(terms, factor, formula)


def require(check: Callable[..., Any], *args: Any) -> None:
    """Call `check` on the values of the arguments, to raise an error. A compiled program does so at each of its runs.

    check : a function of arrays, declared `impure`, since it is to be called also if nobody uses what it returns
    """
    check(*values_of(args))
    tracer = current_mode().tracing
    if tracer is not None:
        tracer.checked(check, args)


def tensors(output: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Outputs and targets as Tensors; outputs as floating numbers, since the difference of unsigned ones is no difference."""
    if not isinstance(output, Tensor):
        output = Tensor(output, name="a")
    if output.array.dtype.kind != "f":
        output = output.astype(np.float64)
    if not isinstance(y, Tensor):
        y = leaf(plain_array("the target y", y))
        y.name = "y"
    return output, y


def rows(output: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Outputs and targets as Tensors, (n, m) or (m,), of the same shape."""
    output, y = tensors(output, y)
    a, target = output.array, y.array
    if a.shape != target.shape:
        labels = y.ndim == output.ndim - 1 and y.dtype.kind in "iu"
        hint = f"; nn.one_hot(y, {output.shape[-1]}) makes targets of class numbers" if labels else ""
        raise ValueError(f"the output has shape {output.shape}, the target y {y.shape}: they must be the same{hint}")
    if a.ndim not in (1, 2) or a.size == 0:
        raise ValueError(f"the output has shape {output.shape}, needs (n, m) or (m,), and not empty")
    return output, y
