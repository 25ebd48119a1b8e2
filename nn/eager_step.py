"""One step of learning whose operations are recorded anew each time: what a compiled step has to come to."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from autograd_lite.mode import recording

from .module import Module
from .optimizers import Optimizer

Array = NDArray[Any]
Step = Callable[[Array, Array], float]


class EagerStep:
    """`step(x, y) -> cost`: forward, backward, update. The cost is that before the update."""

    def __init__(self, net: Module, cost: Any, optimizer: Optimizer):
        self.net, self.cost, self.optimizer = net, cost, optimizer

    def __call__(self, x: Array, y: Array) -> float:
        """The cost before the update."""
        with _recording:
            self.optimizer.zero_grad()
            c = self.cost(self.net(x), y)
            c.backward()
            self.optimizer.step()
            return float(c.array.item())


_recording = recording(True)
