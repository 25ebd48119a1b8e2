"""Arrays as they are given: plain data only, no class that gives NumPy's operations a meaning of its own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite import Tensor
from autograd_lite.operands import operand


def plain_array(name: str, value: Any) -> NDArray[Any]:
    """The data of a Tensor, or of anything `np.asarray` takes.

    name : what the errors call it

    Raises TypeError for a masked array, a matrix, a sparse array, an array with units: their mask or their product would be lost.
    """
    if type(value) is np.ndarray:
        return value
    if isinstance(value, Tensor):
        return value.numpy()
    try:
        return np.asarray(operand(value))
    except TypeError as problem:
        raise TypeError(f"{name}: {problem}") from None
