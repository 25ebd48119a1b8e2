"""Arrays as Python text that gives back every bit and the layout in memory."""

from typing import Any

import numpy as np

LONGEST_LIST = 64
"""Arrays of more elements are written as bytes."""

WRITTEN_AS_NUMBERS = tuple(map(np.dtype, (float, np.float32, np.float16, int, bool)))


def array_text(a: Any) -> str:
    """An expression that makes an array equal to `a`, of the same dtype and memory layout; of a scalar a scalar."""
    array = np.asarray(a)
    if isinstance(a, np.generic):
        return f"{array_text(array)}[()]"
    repeated = [n > 1 and s == 0 for s, n in zip(array.strides, array.shape, strict=True)]
    if array.size and any(repeated):
        once = array[tuple(slice(0, 1) if r else slice(None) for r in repeated)]
        return f"np.broadcast_to({array_text(once)}, {array.shape})"
    axes = sorted(range(array.ndim), key=lambda i: (-array.strides[i], i))
    rows = array.transpose(axes)
    if array.size <= LONGEST_LIST and array.dtype in WRITTEN_AS_NUMBERS and np.isfinite(array).all():
        text = repr(rows.tolist()) if rows.size else f"np.zeros({rows.shape})"
    else:
        little = rows.dtype.newbyteorder("<")
        data = rows.astype(little).tobytes().hex()
        text = f"np.frombuffer(bytes.fromhex({data!r}), {little.str!r}).reshape({rows.shape})"
    whole = f"np.array({text}, {str(array.dtype)!r})"
    back = sorted(range(array.ndim), key=axes.__getitem__)
    return whole if axes == back == sorted(axes) else f"{whole}.transpose({back})"
