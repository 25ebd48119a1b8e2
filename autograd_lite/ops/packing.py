"""Functions of several results. A node of the graph holds one array: the results end to end, of which parts are then taken."""

import math

import numpy as np


def packed(*parts):
    """All elements of all parts in one row."""
    return np.concatenate([np.reshape(part, -1) for part in parts])


def unpacked(row, *shapes):
    """The parts of such a row, in their shapes."""
    parts, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        parts.append(np.reshape(row[start:end], shape))
        start = end
    return parts
