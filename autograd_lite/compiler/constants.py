"""Arrays as Python text that gives back every bit and the layout in memory."""

from typing import Any

import numpy as np

LONGEST_LIST = 64
"""Arrays of more elements are written as bytes."""


def array_text(a: Any) -> str:
    """An expression that makes an array equal to `a`, of the same dtype and memory layout."""
    array = np.asarray(a)
    axes = tuple(sorted(range(array.ndim), key=lambda i: (-array.strides[i], i)))
    if array.size > 1 and 0 in [s for s, n in zip(array.strides, array.shape, strict=True) if n > 1]:
        index = tuple(slice(0, 1) if s == 0 else slice(None) for s in array.strides)
        return f"np.broadcast_to({array_text(array[index])}, {array.shape})"
    rows = array.transpose(axes)
    if array.size <= LONGEST_LIST and array.dtype in (float, np.float32, np.float16, int, bool) and np.isfinite(array).all():
        text = f"np.array({rows.tolist()}, {str(array.dtype)!r})"
        shaped = f"{text}.reshape({rows.shape})" if not array.size else text
    else:
        data = rows.astype(rows.dtype.newbyteorder("<")).tobytes().hex()
        shaped = f"np.array(np.frombuffer(bytes.fromhex({data!r}), {rows.dtype.newbyteorder('<').str!r}).reshape({rows.shape}), {str(array.dtype)!r})"
    back = sorted(range(array.ndim), key=axes.__getitem__)
    return shaped if back == list(range(array.ndim)) else f"{shaped}.transpose({back})"
