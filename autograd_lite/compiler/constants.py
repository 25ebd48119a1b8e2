"""Arrays as Python text that gives back every bit and the layout in memory."""

from typing import Any

import numpy as np

LONGEST_LIST = 64
"""Arrays of more elements are written as bytes."""

WRITTEN_AS_NUMBERS = tuple(map(np.dtype, (float, np.float32, np.float16, int, bool)))


def is_writable(a: Any) -> bool:
    """Is it an array, or a scalar of NumPy's, that can be written as text? Elements that are objects or records cannot."""
    plain = type(a) is np.ndarray or (isinstance(a, np.generic) and type(a).__module__ == "numpy")
    return plain and a.dtype.kind not in "OV" and a.dtype.itemsize > 0 and a.dtype.metadata is None


def array_text(a: Any) -> str:
    """An expression that makes an array equal to `a`, of the same dtype and memory layout; of a scalar a scalar."""
    array = np.asarray(a)
    if isinstance(a, np.generic):
        return f"{array_text(array)}[()]"
    repeated = [n > 1 and s == 0 for s, n in zip(array.strides, array.shape, strict=True)]
    if array.size and any(repeated):
        once = array[tuple(slice(0, 1) if r else slice(None) for r in repeated)]
        return f"np.broadcast_to({array_text(once)}, {array.shape})"
    backward = [n > 1 and s < 0 for s, n in zip(array.strides, array.shape, strict=True)]
    if array.size and any(backward):  # which NumPy sums in the order of the memory
        turned = array[tuple(slice(None, None, -1 if b else None) for b in backward)]
        return f"{array_text(turned)}[{', '.join('::-1' if b else ':' for b in backward)}]"
    code = dtype_code(array.dtype)
    if not array.size:
        return f"np.zeros({array.shape}, {code!r})"
    axes = sorted(range(array.ndim), key=lambda i: (-array.strides[i], i))
    rows = array.transpose(axes)
    if array.size <= LONGEST_LIST and array.dtype in WRITTEN_AS_NUMBERS and np.isfinite(array).all():
        text = repr(rows.tolist())
    else:
        little = rows.dtype.newbyteorder("<")
        data = rows.astype(little).tobytes().hex()
        text = f"np.frombuffer(bytes.fromhex({data!r}), {little.str!r}).reshape({rows.shape})"
    usual = str(array.dtype)
    whole = f"np.array({text}, {usual!r})" + (
        "" if usual == code else f".view({code!r})"
    )  # NumPy does not cast between twins
    back = sorted(range(array.ndim), key=axes.__getitem__)
    return whole if axes == back == sorted(axes) else f"{whole}.transpose({back})"


def dtype_code(dtype: np.dtype[Any]) -> str:
    """What np.dtype makes this dtype of: its name; its letter, where C has two types of one size; or its string."""
    for text in (str(dtype), dtype.str):
        try:
            if np.dtype(text).num == dtype.num and np.dtype(text) == dtype:
                return text
        except (TypeError, SyntaxError, ValueError):  # the name of a record's dtype is no code
            continue
    return f"{'>' * (dtype.byteorder == '>')}{dtype.char}"
