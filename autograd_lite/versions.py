"""What differs between the versions of NumPy from 2.0 on, where a function is not simply there or not."""

import numpy as np

TAKES_ELLIPSIS = np.lib.NumpyVersion(np.__version__) >= "2.3.0"
"""Ufuncs take `out=...` from then on: a 0-d result is an array. A NumPy scalar, as it is otherwise, takes twice as long."""

POWERS_BY_VALUE = (np.ones(1, np.float32) ** np.float64(2)).dtype == np.float32
"""Before NumPy 2.3 an array to the power of any scalar of one of these values keeps its dtype, however wide the scalar is."""
VALUES = frozenset((-1, 0, 0.5, 1, 2))
