"""Sample calls of shapes, joining and splitting."""

from collections.abc import Callable
from typing import Any

from cases_samples import BACKWARD, EMPTY, FORTRAN, Call, Fixed, call, real
from versions import np, since

WINDOWS = np.lib.stride_tricks.sliding_window_view


CASES: dict[Callable[..., Any], list[Call]] = {
    np.reshape: [
        call(real(2, 3), (3, 2)),
        call(real(2, 3), -1),
        call(real(2, 3), [6]),
        *since(2, 1, calls=[call(real(2, 3), shape=(1, -1, 2))]),
        call(real(2, 3), (3, 2), "F"),
        call(real(2, 3), (3, 2), order="A"),
        call(np.asfortranarray(real(2, 3)), (3, 2), order="A"),
        call(np.asfortranarray(real(2, 3)), (3, 2), order="C"),
        call(np.asfortranarray(real(2, 3)), 6, order="F"),
        call(real(2, 3)[:, ::-1], (6,), order="A"),
        call(real(1).reshape(()), (1, 1)),
        call(real(1), ()),
        call(EMPTY, (3, 0, 2)),
        *since(2, 1, calls=[call(real(2, 3), (3, 2), copy=True)]),
    ],
    np.transpose: [
        call(real(2, 3)),
        call(real(2, 3, 4)),
        call(real(2, 3, 4), (1, 2, 0)),
        call(real(2, 3, 4), axes=[2, 0, 1]),
        call(real(2, 3, 4), (-1, 0, -2)),
        call(real(3)),
        call(real(1).reshape(())),
    ],
    np.swapaxes: [call(real(2, 3, 2), 0, 2), call(real(2, 3), -1, -2), call(real(2, 3), axis1=0, axis2=0)],
    np.moveaxis: [
        call(real(2, 3, 4), 0, -1),
        call(real(2, 3, 4), (0, 1), (-1, 0)),
        call(real(2, 3, 4), source=[2, 0], destination=[0, 1]),
    ],
    np.squeeze: [
        call(real(1, 3, 1)),
        call(real(1, 3, 1), 0),
        call(real(1, 3, 1), axis=(0, -1)),
        call(real(2, 3)),
        call(real(1, 1)),
    ],
    np.expand_dims: [call(real(2, 3), 0), call(real(2, 3), axis=(0, -1)), call(real(1).reshape(()), 0)],
    np.broadcast_to: [
        call(real(3), (2, 3)),
        call(real(2, 1), (2, 3)),
        call(real(1).reshape(()), (2, 2)),
        call(real(1, 3), shape=(2, 0, 3)),
        call(real(1), (1,)),
        call(real(3), 3),
    ],
    np.flip: [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), axis=(0, -1)), call(real(3), axis=-1)],
    np.copy: [call(real(2, 3)), call(FORTRAN, order="C"), call(BACKWARD, "K"), call(real(1).reshape(()))],
    np.astype: [
        call(real(2, 3), np.dtype(np.float64)),
        call(real(2, 3), np.dtype(np.float64), copy=False),
        call(real(1).reshape(()), np.dtype(np.float64)),
    ],
    np.concatenate: [
        call([real(2, 3), real(1, 3)]),
        call((real(2, 1), real(2, 3)), 1),
        call([real(2, 1), real(2, 2), real(2, 1)], axis=-1),
        call([real(2, 2), real(3)], axis=None),
        call([real(1).reshape(()), real(2)], axis=None),
        call([real(2), np.array([1, 2]), [0.5, 1.5]]),
        call([real(2), Fixed(real(3))]),
        call([EMPTY, real(2, 3)]),
        call([real(3)]),
        call([real(2), real(2)], dtype=np.float64),
        call(real(2, 3)),
        call(real(2, 3, 2), axis=1),
    ],
    np.block: [
        call([real(2), real(3)]),
        call([[real(2, 2), real(2, 1)], [real(1, 3)]]),
        call([[real(1).reshape(()), 0.5], [Fixed(real(1)), 2.0]]),
        call(real(2, 3)),
    ],
    WINDOWS: [
        call(real(5), 3),
        call(real(3, 4), (2, 2)),
        call(real(3, 4), 2, axis=1),
        call(real(5), window_shape=(2, 2), axis=(0, 0)),
    ],
}

COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
    np.ravel: [
        call(real(2, 3)),
        call(real(2, 3), "F"),
        call(FORTRAN, order="A"),
        call(FORTRAN, order="K"),
        call(real(2, 3), order="K"),
        call(real(2, 3, 2).transpose(1, 0, 2), order="K"),
        call(BACKWARD, order="K"),
        call(real(1).reshape(())),
    ],
    np.matrix_transpose: [call(real(2, 3)), call(real(2, 3, 2))],
    np.stack: [
        call([real(2), real(2)]),
        call((real(2, 3), real(2, 3)), 1),
        call([real(2, 3), Fixed(real(2, 3)), real(2, 3)], axis=-1),
        call([real(1).reshape(()), real(1).reshape(()), 0.5]),
        call(real(2, 3), axis=1),
        call([real(2), np.array([1, 2])], dtype=np.float64),
    ],
    np.atleast_1d: [call(real(1).reshape(())), call(real(2)), call(real(1).reshape(()), real(2, 2), Fixed(real(3)))],
    np.atleast_2d: [call(real(1).reshape(())), call(real(2)), call(real(2, 2, 1)), call(real(2), real(1).reshape(()))],
    np.vstack: [call([real(3), real(2, 3)]), call((real(2), real(2), [0.5, 1.5])), call(real(2, 3))],
    np.hstack: [call([real(3), real(2)]), call([real(2, 1), real(2, 2)]), call([real(1).reshape(()), real(2)])],
    np.broadcast_arrays: [call(real(3), real(2, 1)), call(real(1).reshape(()), real(2), Fixed(real(2, 2)))],
    np.dstack: [
        call([real(3), real(1, 3)]),
        call([real(2, 3), real(2, 3, 2)]),
        call((real(1).reshape(()), 0.5)),
        call(real(2, 3)),
    ],
    np.column_stack: [call([real(3), real(3, 2)]), call((real(2), [0.5, 1.5])), call(real(2, 3))],
    np.append: [
        call(real(3), real(2, 2)),
        call(real(2, 3), real(1, 3), 0),
        call(real(2, 3), real(2, 1), axis=-1),
        call(real(3), [1.0, 2.0]),
        call([1.0, 2.0], real(1).reshape(())),
    ],
    np.array_split: [
        call(real(5), 3),
        call(real(2, 5), [1, 3], 1),
        call(real(5), [2, 9]),
        call(real(3, 2), 2, axis=-2),
    ],
    np.split: [call(real(6), 3), call(real(2, 4), 2, axis=1), call(real(5), [1, 3])],
    np.hsplit: [call(real(2, 4), 2), call(real(4), [1])],
    np.vsplit: [call(real(4, 2), 2), call(real(3, 2), [1])],
    np.dsplit: [call(real(2, 2, 4), 2)],
    np.meshgrid: [
        call(real(2), real(3)),
        call(real(2), real(3), indexing="ij"),
        call(real(2), real(3), real(2), sparse=True),
        call(real(2), 0.5, copy=False),
        call(real(2)),
    ],
    np.unstack: [call(real(2, 3)), call(real(2, 3), axis=-1)],
    np.atleast_3d: [
        call(real(1).reshape(())),
        call(real(2)),
        call(real(2, 3)),
        call(real(2, 1, 2, 1)),
        call(real(2), real(2, 2)),
    ],
    np.fliplr: [call(real(2, 3))],
    np.flipud: [call(real(2, 3)), call(real(3))],
    np.rollaxis: [
        call(real(2, 3, 4), 2),
        call(real(2, 3, 4), 0, 3),
        call(real(2, 3, 4), axis=-2, start=1),
        call(real(2, 3), 0, -1),
    ],
    np.fft.fftshift: [call(real(5)), call(real(3, 4)), call(real(3, 4), 1), call(real(3, 4), axes=(0, 1))],
    np.fft.ifftshift: [call(real(5)), call(real(3, 4)), call(real(3, 4), axes=(0,))],
}
