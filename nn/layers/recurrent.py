"""Recurrent layers: a state that is carried along a sequence, and a cell that says how.

Weights of several gates stand below one another: of an LSTM input, forget, candidate, output; of a GRU reset, update,
candidate. That is PyTorch's order.
"""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor, sigmoid
from autograd_lite.recording import apply
from autograd_lite.trees import mapped

from ..initializers import Initializer, glorot_uniform, orthogonal, zeros
from ..module import Module, Parameter
from .common import Seed, at_least, drawn, generator, short, switch, tensor, title, whole, without

State = Any
"""A Tensor (n, n_hidden), of an LSTM a pair of them."""


class Cell(Module):
    """One step of a recurrence: from input and state to the next state. The subclasses say how.

    n_in, n_hidden : numbers in an input and in a state, at least 1
    bias : are there biases? Without them b_x and b_h are None
    weights, recurrent, biases : initializers of W_x, of each gate's part of W_h, and of b_x and b_h
    seed, dtype : as for `Linear`

    W_x : (gates · n_hidden, n_in);  W_h : (gates · n_hidden, n_hidden);  b_x, b_h : (gates · n_hidden,)
    Called on x : (n, n_in) and a state, or None for a state of zeros, it returns the next state.
    """

    gates: ClassVar[int] = 1
    weight_names = ("W_x", "W_h")
    parameter_names = ("W_x", "W_h", "b_x", "b_h")

    def __init__(
        self,
        n_in: int,
        n_hidden: int,
        *,
        bias: bool = True,
        weights: Initializer = glorot_uniform,
        recurrent: Initializer = orthogonal,
        biases: Initializer = zeros,
        seed: Seed = None,
        dtype: DTypeLike | None = np.float64,
        name: str | None = None,
    ):
        n_in, n_hidden = at_least(1, n_in=n_in, n_hidden=n_hidden)
        rng = generator(seed)
        self.name, self.n_in, self.n_hidden = name, n_in, n_hidden
        parts = range(self.gates)
        self.W_x = Parameter(np.concatenate([drawn(weights, rng, (n_hidden, n_in)) for _ in parts]), dtype, name="W_x")
        self.W_h = Parameter(
            np.concatenate([drawn(recurrent, rng, (n_hidden, n_hidden)) for _ in parts]), dtype, name="W_h"
        )
        self.b_x: Parameter | None = None
        self.b_h: Parameter | None = None
        if switch("bias", bias):
            self.b_x = Parameter(drawn(biases, rng, (self.gates * n_hidden,)), dtype, name="b_x")
            self.b_h = Parameter(drawn(biases, rng, (self.gates * n_hidden,)), dtype, name="b_h")

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a cell of this kind and size."""
        return {
            "n_in": self.n_in, "n_hidden": self.n_hidden, "dtype": self.W_x.dtype.name, **without(bias=self.b_x)
        }  # fmt: skip

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
        z = x @ self.W_x.T
        return z if self.b_x is None else z + self.b_x

    def carried(self, h: Any) -> Any:
        """What the output before contributes to them."""
        z = h @ self.W_h.T
        return z if self.b_h is None else z + self.b_h

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state, from what the input contributes and the state before."""
        raise NotImplementedError(f"{type(self).__name__} has no method next, which says how the state goes on")

    def output(self, state: State) -> Tensor:
        """What of a state is seen from outside."""
        result: Tensor = state
        return result

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_in}, {self.n_hidden}{'' if self.b_x is not None else ', bias=False'})"


def _shapes(state: State) -> str:
    """The shape of a state, or those of its parts."""
    return " and ".join(str(part.shape) for part in state) if isinstance(state, tuple | list) else str(state.shape)


class RNNCell(Cell):
    """h' = tanh(W_x x + b_x + W_h h + b_h) (Elman, 1990). See `Cell`."""

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state."""
        return np.tanh(z_x + self.carried(state))


class GRUCell(Cell):
    """h' = (1 − u) c + u h with reset r, update u and candidate c = tanh(z_x + r z_h) (Cho et al., 2014). See `Cell`."""

    gates = 3

    def next(self, z_x: Tensor, state: State) -> State:
        """The next state."""
        n = self.n_hidden
        z_h = self.carried(state)
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
        z = z_x + self.carried(h)
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
    """Cells run along sequences: one, or several on top of one another, each forth or forth and back.

    n_in, n_hidden, and by name bias, weights, recurrent, biases, seed, dtype : as for `Cell`
    last : return the output after the last step only; of a cell that runs back that is after the first element
    num_layers : how many cells on top of one another; each takes the outputs of the one below
    bidirectional : is there a second cell in every layer, which runs from the end to the start? Outputs lie side by side then

    cell : the one cell; if there are several, `cells` : layer by layer, in each the one that runs forth and then the other
    Called on x : (n, length, n_in) it returns (n, length, n_out), or with `last` (n, n_out), where n_out is n_hidden, or twice
    that if it is bidirectional; without n for one example. A state to start from may be given as a second argument, a list of
    one for each cell if there are several; `run` returns the states after the last step too.
    """

    kind: ClassVar[type[Cell]]

    def __init__(
        self,
        n_in: int,
        n_hidden: int,
        *,
        last: bool = False,
        num_layers: int = 1,
        bidirectional: bool = False,
        seed: Seed = None,
        name: str | None = None,
        **options: Any,
    ):
        unknown = options.keys() - OPTIONS
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no option {sorted(unknown)[0]!r}: it takes last, num_layers, bidirectional, seed, "
                f"name, {', '.join(OPTIONS)}"
            )
        self.name, self.last = name, switch("last", last)
        self.num_layers, self.bidirectional = whole("num_layers", num_layers, 1), switch("bidirectional", bidirectional)
        rng = generator(seed)
        across = 2 if self.bidirectional else 1
        sizes = [n_in, *[n_hidden] * (self.num_layers - 1)]
        made = [
            self.kind(n if k == 0 else n * across, n_hidden, seed=rng, **options)
            for k, n in enumerate(sizes)
            for _ in range(across)
        ]
        if len(made) == 1:
            self.cell = made[0]
        else:
            self.cells = made

    @property
    def batch_ndim(self) -> int:
        """The number of axes of a batch of inputs."""
        return 3

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make a layer of this kind and size."""
        layers = {} if self.num_layers == 1 else {"num_layers": self.num_layers}
        return (
            self._all[0].config | {"last": self.last} | layers | ({"bidirectional": True} if self.bidirectional else {})
        )

    @property
    def _all(self) -> list[Cell]:
        return self.cells if "cells" in vars(self) else [self.cell]

    def forward(self, x: Any, state: State = None) -> Tensor:
        """The outputs of all steps, or of the last one."""
        x = tensor(x)
        if x.ndim == 2 and x.shape[1] == self._all[0].n_in:
            one: Tensor = self.forward(
                x[None], mapped(lambda part: tensor(part)[None], state) if state is not None else None
            )
            return one[0]
        outputs, states = self.run(x, state)
        if not self.last:
            seen: Any = np.stack(outputs, axis=1)
        elif self.bidirectional:
            forth, back = self._all[-2:]
            seen = np.concatenate([forth.output(states[-2]), back.output(states[-1])], axis=-1)
        else:
            seen = outputs[-1]
        return seen  # type: ignore[no-any-return]

    def run(self, x: Any, state: State = None) -> tuple[list[Tensor], State]:
        """The output of every step, and the state after the last: a list of those of all cells if there are several.

        Raises ValueError for sequences of no steps.
        """
        cells = self._all
        x = cells[0].checked(x, 3)
        if x.shape[1] == 0:
            raise ValueError(f"{title(self)} ({self!r}) got x of shape {x.shape}, sequences of no steps")
        given = self._given(state)
        outputs: list[Any] = []
        states: list[State] = []
        across = 2 if self.bidirectional else 1
        for k in range(0, len(cells), across):
            if k:
                x = np.stack(outputs, axis=1)
            forth, end = _along(cells[k], x, given[k], range(x.shape[1]))
            outputs, states = forth, [*states, end]
            if self.bidirectional:
                back, end = _along(cells[k + 1], x, given[k + 1], range(x.shape[1] - 1, -1, -1))
                outputs = [np.concatenate(pair, axis=-1) for pair in zip(forth, reversed(back), strict=True)]
                states.append(end)
        return outputs, states if len(cells) > 1 else states[0]

    def _given(self, state: State) -> list[State]:
        """The state to start from of every cell."""
        cells = self._all
        if len(cells) == 1 or state is None:
            return [state] * len(cells)
        if not isinstance(state, tuple | list) or len(state) != len(cells):
            raise ValueError(
                f"{title(self)} ({self!r}) got the state {short(state)}, needs a list of {len(cells)}, one for each cell"
            )
        return list(state)

    def __repr__(self) -> str:
        first = self._all[0]
        shown = [
            str(first.n_in),
            str(first.n_hidden),
            *["bias=False"] * (first.b_x is None),
            *["last=True"] * self.last,
        ]
        shown += [f"num_layers={self.num_layers}"] * (self.num_layers > 1) + ["bidirectional=True"] * self.bidirectional
        return f"{type(self).__name__}({', '.join(shown)})"


OPTIONS = ("bias", "weights", "recurrent", "biases", "dtype")
"""What the layers above hand on to their cells."""


def _along(cell: Cell, x: Any, state: State, order: range) -> tuple[list[Tensor], State]:
    """The outputs of a cell, and its state after the last, that takes the elements of sequences in this order."""
    state = cell.started(len(x), state)
    z_x = cell.weighted(x)
    outputs = []
    for t in order:
        state = cell.next(z_x[:, t], state)
        outputs.append(cell.output(state))
    return outputs, state


class RNN(Recurrent):
    """An RNNCell run along sequences. See `Recurrent`."""

    kind = RNNCell


class GRU(Recurrent):
    """A GRUCell run along sequences. See `Recurrent`."""

    kind = GRUCell


class LSTM(Recurrent):
    """An LSTMCell run along sequences. See `Recurrent`."""

    kind = LSTMCell
