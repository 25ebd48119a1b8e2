"""A network at work on one example, as data."""

from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]
Show = Literal["weights", "gradients", "nudges"]


class Column(NamedTuple):
    """The inputs, or a layer of neurons."""

    title: str
    activations: Array
    """Of all neurons."""
    shown: list[int]
    """Numbers of those that are drawn."""
    biases: Array | None
    """What is shown of the biases; None for the inputs."""


class Network(NamedTuple):
    """Everything in the picture."""

    show: Show
    columns: list[Column]
    """From the input to the output."""
    links: list[Array]
    """Between a column and the next, (n_out, n_in): the weights, their gradients, or minus these."""
    image: Array | None
    """The input in the shape of an image, if it has one."""
    y: Array
    cost: float
    terms: Array | None
    """What every output adds to the cost; None for a cost that does not say."""
    formula: str

    @property
    def answer(self) -> int:
        """The output with the largest activation."""
        return int(self.columns[-1].activations.argmax())

    @property
    def truth(self) -> int:
        """The output with the largest target."""
        return int(self.y.argmax())
