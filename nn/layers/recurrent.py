"""Recurrent layers: a state that is carried along a sequence, and a cell that says how.

Weights of several gates stand below one another: of an LSTM input, forget, candidate, output; of a GRU reset, update,
candidate. That is PyTorch's order.
"""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor, sigmoid
from autograd_lite.graph import apply

from ..initializers import Initializer, glorot_uniform, orthogonal, zeros
from ..module import Module, Parameter
from .common import Seed, at_least, drawn, tensor, title

State = Any
"""A Tensor (n, n_hidden), of an LSTM a pair of them."""


class Cell(Module):
    """One step of a recurrence: from input and state to the next state. The subclasses say how.

    n_in, n_hidden : numbers in an input and in a state, at least 1
    weights, recurrent, biases : initializers of W_x, of each gate's part of W_h, and of b_x and b_h
    seed, dtype : as for `Linear`

    W_x : (gates · n_hidden, n_in);  W_h : (gates · n_hidden, n_hidden);  b_x, b_h : (gates · n_hidden,)
    Called on x : (n, n_in) and a state, or None for a state of zeros, it returns the next state.
    """

    gates: ClassVar[int] = 1
    weight_names = ("W_x", "W_h")

    def __init__(
        self,
        n_in: int,
        n_hidden: int,
        *,
        weights: Initializer = glorot_uniform,
        recurrent: Initializer = orthogonal,
        biases: Initializer = zeros,
        seed: Seed = None,
        dtype: DTypeLike | None = np.float64,
        name: str | None = None,
    ):
        n_in, n_hidden = at_least(1, n_in=n_in, n_hidden=n_hidden)
        rng = np.random.default_rng(seed)
        self.name, self.n_in, self.n_hidden = name, n_in, n_hidden
        parts = range(self.gates)
        self.W_x = Parameter(np.concatenate([drawn(weights, rng, (n_hidden, n_in)) for _ in parts]), dtype, name="W_x")
        self.W_h = Parameter(
            np.concatenate([drawn(recurrent, rng, (n_hidden, n_hidden)) for _ in parts]), dtype, name="W_h"
        )
        self.b_x = Parameter(drawn(biases, rng, (self.gates * n_hidden,)), dtype, name="b_x")
        self.b_h = Parameter(drawn(biases, rng, (self.gates * n_hidden,)), dtype, name="b_h")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a cell of this kind and size."""
        return {"n_in": self.n_in, "n_hidden": self.n_hidden, "dtype": self.W_x.dtype.name}

    def start(self, n: int) -> State:
        """The state before the first step: zeros, for n examples."""
        return Tensor(np.zeros((n, self.n_hidden), self.W_x.dtype), name="h0")

    def forward(self, x: Any, state: State = None) -> State:
        """The next state. Raises ValueError if an example of x has not n_in numbers, or the state is not of these examples."""
        x = self.checked(x, 2)
        return self.next(self.weighted(x), self.started(len(x), state))

    def started(self, n: int, state: State) -> State:
        """The state to start from: the one given, which must be as `start` makes them, or zeros."""
        zeros = self.start(n)
        if state is None:
            return zeros
        parts = [tensor(part) for part in state] if isinstance(state, tuple | list) else tensor(state)
        if _shapes(parts) != _shapes(zeros):
            raise ValueError(f"{title(self)} ({self!r}) got a state of shape {_shapes(parts)}, needs {_shapes(zeros)}")
        return parts

    def checked(self, x: Any, ndim: int) -> Any:
        """x as a Tensor, of so many axes and with n_in numbers along the last."""
        x = tensor(x)
        if x.ndim != ndim or x.shape[-1] != self.n_in:
            needed = f"(n, {'length, ' * (ndim - 2)}{self.n_in})"
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {x.shape}, needs {needed}")
        return x

    def weighted(self, x: Tensor) -> Tensor:
        """What the inputs contribute to the weighted inputs of the gates; of a whole sequence at once."""
        return x @ self.W_x.T + self.b_x

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state, from what the input contributes and the state before."""
        raise NotImplementedError(f"{type(self).__name__} has no method next, which says how the state goes on")

    def output(self, state: State) -> Tensor:
        """What of a state is seen from outside."""
        result: Tensor = state
        return result

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_in}, {self.n_hidden})"


def _shapes(state: State) -> str:
    """The shape of a state, or those of its parts."""
    return " and ".join(str(part.shape) for part in state) if isinstance(state, tuple | list) else str(state.shape)


class RNNCell(Cell):
    """h' = tanh(W_x x + b_x + W_h h + b_h) (Elman, 1990). See `Cell`."""

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state."""
        return np.tanh(z_x + state @ self.W_h.T + self.b_h)


class GRUCell(Cell):
    """h' = (1 − u) c + u h with reset r, update u and candidate c = tanh(z_x + r z_h) (Cho et al., 2014). See `Cell`."""

    gates = 3

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state."""
        n = self.n_hidden
        z_h = state @ self.W_h.T + self.b_h
        gates: Any = apply(sigmoid, (z_x[:, : 2 * n] + z_h[:, : 2 * n],))
        r, u = gates[:, :n], gates[:, n:]
        candidate = np.tanh(z_x[:, 2 * n :] + r * z_h[:, 2 * n :])
        return candidate + u * (state - candidate)


class LSTMCell(Cell):
    """c' = f c + i g, h' = o tanh(c') with gates i, f, o and candidate g (Hochreiter and Schmidhuber, 1997).

    The state is the pair (h, c). See `Cell`.
    """

    gates = 4

    def start(self, n: int) -> State:
        """The state before the first step: zeros, for n examples."""
        c = Tensor(np.zeros((n, self.n_hidden), self.W_x.dtype), name="c0")
        return super().start(n), c

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state."""
        h, c = state
        n = self.n_hidden
        z = z_x + h @ self.W_h.T + self.b_h
        i_f: Any = apply(sigmoid, (z[:, : 2 * n],))
        g = np.tanh(z[:, 2 * n : 3 * n])
        o: Any = apply(sigmoid, (z[:, 3 * n :],))
        c = i_f[:, n:] * c + i_f[:, :n] * g
        return o * np.tanh(c), c

    def output(self, state: State) -> Tensor:
        """h, without c."""
        result: Tensor = state[0]
        return result


class Recurrent(Module):
    """A cell run along sequences.

    n_in, n_hidden, and by name weights, recurrent, biases, seed, dtype : as for `Cell`
    last : return the output after the last step only

    Called on x : (n, length, n_in) it returns (n, length, n_hidden), or with `last` (n, n_hidden). A state to start from
    may be given as a second argument; `run` returns the last state too.
    """

    kind: ClassVar[type[Cell]]

    def __init__(self, n_in: int, n_hidden: int, *, last: bool = False, name: str | None = None, **options: Any):
        self.name, self.last = name, bool(last)
        self.cell = self.kind(n_in, n_hidden, **options)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        return self.cell.config | {"last": self.last}

    def forward(self, x: Any, state: State = None) -> Tensor:
        """The outputs of all steps, or of the last one."""
        outputs, _ = self.run(x, state)
        seen: Any = outputs[-1] if self.last else np.stack(outputs, axis=1)
        return seen  # type: ignore[no-any-return]

    def run(self, x: Any, state: State = None) -> tuple[list[Tensor], State]:
        """The output of every step, and the state after the last. Raises ValueError for sequences of no steps."""
        cell = self.cell
        x = cell.checked(x, 3)
        if x.shape[1] == 0:
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {x.shape}, sequences of no steps")
        state = cell.started(len(x), state)
        z_x = cell.weighted(x)
        outputs = []
        for t in range(x.shape[1]):
            state = cell.next(z_x[:, t], state)
            outputs.append(cell.output(state))
        return outputs, state

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.cell.n_in}, {self.cell.n_hidden}{', last=True' if self.last else ''})"


class RNN(Recurrent):
    """An RNNCell run along sequences. See `Recurrent`."""

    kind = RNNCell


class GRU(Recurrent):
    """A GRUCell run along sequences. See `Recurrent`."""

    kind = GRUCell


class LSTM(Recurrent):
    """An LSTMCell run along sequences. See `Recurrent`."""

    kind = LSTMCell
