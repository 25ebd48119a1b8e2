"""Sample calls of functions of samples along a line, convolutions and polynomials."""

from collections.abc import Callable
from typing import Any

from cases_samples import Call, Fixed, call, inside, positive, real
from versions import np

from autograd_lite.ops.interpolation import slopes_along

POINTS = np.array([-1.0, -0.3, 0.6, 1.5])
WITHIN = np.array([-0.8, 0.1, 1.2, -0.45])
BEYOND = np.array([[-1.4, 0.1], [1.2, 2.0]])
PLACES = np.array([0.0, 0.4, 1.1, 2.3, 2.9])

SLOPES = [
    call(real(5), 1.0, 0, 1),
    call(real(5), np.array(0.7), 0, 2),
    call(real(5), PLACES, 0, 1),
    call(real(5), PLACES, 0, 2),
    call(real(5, 2), PLACES, 0, 2),
    call(real(2, 5), PLACES, 1, 1),
    call(real(2, 3), np.array([0.0, 1.0, 2.0]), 1, 2),
    call(real(2), np.array(0.5), 0, 1),
    call(real(2, 2), np.array([0.3, 0.9]), 1, 1),
    call(real(3), np.array([0.0, 0.5, 1.3]), 0, 2),
]

CASES: dict[Callable[..., Any], list[Call]] = {
    np.interp: [
        call(WITHIN, POINTS, real(4)),
        call(BEYOND, POINTS, real(4)),
        call(BEYOND, POINTS, real(4), 0.5),
        call(BEYOND, POINTS, real(4), left=real(1).reshape(()), right=real(1).reshape(())),
        call(np.array(0.2), POINTS, real(4)),
        call(0.2, POINTS, real(4)),
        call(WITHIN, POINTS.tolist(), real(4)),
        call(np.array([0.4, 1.2]), np.array([0.7]), real(1)),
        call(WITHIN, Fixed(POINTS), Fixed(real(4))),
    ],
    np.linspace: [
        call(np.array(0.3), np.array(2.0)),
        call(real(2), real(2, 1), 4),
        call(real(2), 1.0, num=3, axis=-1),
        call(0.0, np.array(2.0), 5, endpoint=False),
        call(np.array(1.0), np.array(2.0), 1),
        call(real(2), real(2), 3, dtype=np.float64),
    ],
    np.geomspace: [
        call(np.array(0.3), np.array(2.0), 4),
        call(positive(2), positive(2), 3, axis=1),
        call(-positive(2), -positive(2), num=4, endpoint=False),
        call(1.0, np.array(8.0), 4),
    ],
    np.unwrap: [
        call(np.array([0.1, 3.0, 6.5, 0.4, -3.1])),
        call(np.array([[0.1, 3.0, 9.5], [1.0, 8.0, 2.0]]), axis=0),
        call(np.array([0.1, 1.3, 2.9, 0.3]), 1.1, period=2.0),
    ],
    slopes_along: SLOPES,
    np.convolve: [
        *(call(real(4), real(3), mode) for mode in ("full", "same", "valid")),
        *(call(real(2), real(5), mode=mode) for mode in ("full", "same", "valid")),
        call(real(3), real(3)),
        call(real(1), real(2), "same"),
        call([1.0, 2.0], real(3)),
        call(real(3), Fixed(real(2)), "full"),
    ],
    np.correlate: [
        *(call(real(4), real(3), mode) for mode in ("full", "same", "valid")),
        *(call(real(2), real(5), mode=mode) for mode in ("full", "same", "valid")),
        *(call(real(3), real(4), mode=mode) for mode in ("full", "same", "valid")),
        call(real(4), real(4), "same"),
        call(real(3), real(2)),
    ],
    np.polyval: [
        call(real(4), real(2, 3)),
        call(real(1), real(2)),
        call(real(3), 0.7),
        call([1.0, 2.0], real(3)),
        call(real(3), Fixed(real(2))),
    ],
    np.vander: [
        call(real(3)),
        call(real(3), 5),
        call(real(3), 2, True),
        call(real(2), N=1),
        call(real(2), increasing=True),
        call(real(2), 0),
    ],
}

COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
    np.interp: [call(BEYOND, POINTS, real(4), period=2.7), call(WITHIN, POINTS[::-1], real(4), period=3.0)],
    np.linspace: [call(np.array(0.3), np.array(2.0), 4, retstep=True), call(real(2), 1.0, 3, False, True)],
    np.logspace: [
        call(np.array(0.3), np.array(2.0), 4),
        call(inside(2), inside(2), 3, base=2.0, axis=1),
        call(0.0, np.array(1.0), 3, False, np.array(2.5)),
        call(inside(2), 1.0, 3, base=positive(2)),
    ],
    np.trapezoid: [
        call(real(5)),
        call(real(5), PLACES),
        call(real(5), dx=0.3),
        call(real(5, 2), PLACES, axis=0),
        call(real(2, 3), real(2, 3)),
        call(real(3), dx=np.array(0.4)),
    ],
    np.gradient: [
        call(real(3), np.array([9, 4, 2], np.uint8)),
        call(real(5)),
        call(real(3, 4)),
        call(real(3, 4), 0.5),
        call(real(3, 5), np.array(0.5), PLACES, edge_order=2),
        call(real(5, 3), PLACES, axis=0),
        call(real(3, 4, 3), axis=(0, -1)),
    ],
    np.polyval: [call(real(3, 2), real(2)), call(real(2, 3), 0.7), call([[1.0], [2.0]], real(3))],
    np.polyder: [call(real(4)), call(real(4), 2), call(real(2), m=2), call(real(3), 0)],
    np.polyint: [call(real(3)), call(real(3), 2, 0.5), call(real(2), m=2, k=[0.5, 1.5])],
    np.polyadd: [call(real(3), real(2)), call(real(2), real(2)), call(real(1), [1.0, 2.0])],
    np.polysub: [call(real(3), real(2)), call(real(2), real(4))],
    np.polymul: [call(real(3), real(2)), call(real(2), 1.5)],
}
