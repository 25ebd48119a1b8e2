"""Windows: what a convolution or a pooling sees at each of its places, and the way back.

Both operations are linear and each is the other's derivative, so they may be differentiated any number of times.
"""

from typing import Any

import numpy as np

from autograd_lite import defvjp, primitive


@primitive
def windows(x, size, stride, dilation, padding):  # type: ignore[no-untyped-def]
    """Every window of x: element k of the window at place i is x[..., i * stride + k * dilation - padding], on each axis.

    x : (n, channels, *lengths), taken as 0 outside;  size, stride, dilation, padding : tuples, a number an axis
    result : (n, channels, *size, *places)
    """
    axes, both = range(len(size)), (slice(None), slice(None))
    if any(padding):
        padded = np.zeros((*x.shape[:2], *[x.shape[2 + a] + 2 * padding[a] for a in axes]), x.dtype)
        padded[both + tuple([slice(padding[a], padding[a] + x.shape[2 + a]) for a in axes])] = x
        x = padded
    places = [(x.shape[2 + a] - dilation[a] * (size[a] - 1) - 1) // stride[a] + 1 for a in axes]
    seen = np.empty((*x.shape[:2], *size, *places), x.dtype)
    for k in np.ndindex(*size):
        first = [dilation[a] * k[a] for a in axes]
        read = [slice(first[a], first[a] + stride[a] * (places[a] - 1) + 1, stride[a]) for a in axes]
        seen[both + k] = x[both + tuple(read)]
    return seen


@primitive
def fold(g, shape, size, stride, dilation, padding):  # type: ignore[no-untyped-def]
    """An array of `shape` with every window of g added at its place: the derivative of `windows`."""
    axes, both = range(len(size)), (slice(None), slice(None))
    places = g.shape[2 + len(size) :]
    x = np.zeros((*shape[:2], *[shape[2 + a] + 2 * padding[a] for a in axes]), g.dtype)
    for k in np.ndindex(*size):
        first = [dilation[a] * k[a] for a in axes]
        written = [slice(first[a], first[a] + stride[a] * (places[a] - 1) + 1, stride[a]) for a in axes]
        x[both + tuple(written)] += g[both + k]
    return x[both + tuple([slice(padding[a], padding[a] + shape[2 + a]) for a in axes])] if any(padding) else x


_forth: Any = windows
_back: Any = fold
# fmt: off
defvjp(windows, lambda g, ans, x, size, stride, dilation, padding: _back(g, x.shape, size, stride, dilation, padding))
defvjp(fold,    lambda g, ans, x, shape, size, stride, dilation, padding: _forth(g, size, stride, dilation, padding))
# fmt: on
