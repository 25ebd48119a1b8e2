"""Sample calls of linear equations, determinants, decompositions and norms."""

from collections.abc import Callable
from typing import Any

from cases_samples import Call, Fixed, call, given, real, rng
from versions import np

from autograd_lite.ops.decompositions import packed_eigh, packed_qr, packed_svd, singular_values
from autograd_lite.ops.determinants import cofactor_slopes, cofactors, packed_slogdet
from autograd_lite.ops.norms import cone
from autograd_lite.ops.solving import inverse_if_any, packed_lstsq


def regular(*shape: int) -> np.ndarray:
    """Square matrices far from singular ones."""
    return rng.uniform(-0.4, 0.4, shape) + 1.5 * np.eye(shape[-1])


def definite(*shape: int) -> np.ndarray:
    """Symmetric positive definite matrices."""
    a = rng.uniform(-0.5, 0.5, shape)
    return a @ a.swapaxes(-1, -2) + np.eye(shape[-1])


def spread(*shape: int) -> np.ndarray:
    """Symmetric matrices whose eigenvalues, and the magnitudes of these, lie apart.

    They are drawn until no eigenvector turns its sign, of which LAPACK decides, within the steps that the differences take.
    """
    while True:
        a = rng.uniform(-0.15, 0.15, shape)
        a = a + a.swapaxes(-1, -2) + np.diag([1.0, -2.0, 3.3, 4.7][: shape[-1]])
        steps = np.random.default_rng(0).uniform(-0.015, 0.015, (200, *shape))
        if all(np.ptp(np.linalg.eigh(a + steps, triangle)[1], axis=0).max() < 0.5 for triangle in ("L", "U")):
            return a


def rectangular(*shape: int) -> np.ndarray:
    """Matrices of full rank whose singular values lie apart."""
    return rng.uniform(-0.2, 0.2, shape) + np.eye(*shape[-2:]) * np.arange(1.0, shape[-1] + 1.0)


def graded(*shape: int) -> np.ndarray:
    """Magnitudes that grow along every axis, so that their sums lie apart, with signs of both kinds."""
    n = int(np.prod(shape))
    return (0.43 + 0.17 * np.arange(n)).reshape(shape) * rng.choice([-1.0, 1.0], shape)


INF = np.inf

CASES: dict[Callable[..., Any], list[Call]] = {
    np.linalg.inv: [
        call(regular(3, 3)),
        call(regular(2, 2, 2)),
        call(regular(1, 1)),
        call(np.asfortranarray(regular(3, 3))),
        call(np.zeros((0, 0))),
    ],
    inverse_if_any: [call(regular(2, 2)), call(regular(2, 2, 2))],
    np.linalg.solve: [
        call(regular(3, 3), real(3)),
        call(regular(3, 3), real(3, 2)),
        call(regular(2, 3, 3), real(3, 2)),
        call(regular(3, 3), real(2, 3, 2)),
        call(regular(2, 3, 3), real(3)),
        call(regular(3, 3), Fixed(real(3))),
        call(Fixed(regular(3, 3)), real(3)),
        call(regular(2, 2).tolist(), real(2)),
    ],
    np.linalg.det: [
        call(regular(3, 3)),
        call(regular(2, 3, 3)),
        call(regular(1, 1)),
        call(np.array([[1.0, 2.0], [2.0, 4.0]])),
        call(np.zeros((2, 2))),
        call(-regular(3, 3)),
        call(np.eye(3)),
        call(np.zeros((0, 0))),
    ],
    cofactors: [call(regular(3, 3)), call(regular(2, 2, 2))],
    cofactor_slopes: [
        call(regular(3, 3), real(3, 3)),
        call(regular(2, 2, 2), real(2, 2, 2)),
        call(regular(3, 3), Fixed(real(3, 3))),
    ],
    packed_slogdet: [call(regular(3, 3)), call(regular(2, 2, 2))],
    np.linalg.pinv: [
        call(regular(3, 3)),
        call(rectangular(3, 2)),
        call(rectangular(2, 3)),
        call(rectangular(2, 3, 2)),
        call(definite(3, 3), hermitian=True),
        call(regular(2, 2), rtol=1e-12),
        call(regular(2, 2), 1e-12),
    ],
    packed_lstsq: [
        call(rectangular(4, 2), real(4), None),
        call(rectangular(4, 2), real(4, 2), None),
        call(rectangular(3, 3), real(3), 1e-12),
        call(rectangular(2, 3), real(2, 2), None),
    ],
    np.linalg.cholesky: [
        call(definite(3, 3)),
        call(definite(2, 2, 2)),
        call(definite(3, 3), upper=True),
        call(definite(1, 1)),
    ],
    np.linalg.eigvalsh: [
        call(spread(3, 3)),
        call(spread(2, 3, 3)),
        call(spread(3, 3), "U"),
        call(spread(3, 3), UPLO="L"),
    ],
    packed_eigh: [call(spread(3, 3)), call(spread(2, 2, 2)), call(spread(3, 3), "U")],
    packed_svd: [
        call(rectangular(3, 3)),
        call(rectangular(4, 2)),
        call(rectangular(2, 4)),
        call(rectangular(2, 3, 2)),
        call(rectangular(2, 2), True),
    ],
    singular_values: [call(rectangular(3, 3)), call(rectangular(2, 3, 2)), call(rectangular(2, 3))],
    packed_qr: [
        call(regular(3, 3)),
        call(rectangular(4, 2)),
        call(rectangular(2, 4)),
        call(rectangular(2, 3, 2)),
        call(rectangular(2, 2, 3)),
    ],
    cone: [call(given(2, 3))],
    np.linalg.norm: [
        call(real(4)),
        call(real(2, 3)),
        call(real(2, 3, 2)),
        call(real(2, 3), "fro"),
        call(real(2, 3), axis=1),
        call(real(2, 3), None, 0, True),
        call(real(2, 3, 2), axis=(0, 2), keepdims=True),
        *(call(real(4), order) for order in (2, 1, 0, 3, 2.5, 0.5, -1, -2, INF, -INF)),
        *(call(real(2, 3), ord=order, axis=-1) for order in (2, 1, 3, INF)),
        call(real(2, 3), INF, 0, keepdims=True),
        call(np.asfortranarray(real(2, 3)), "f"),
        call(real(2, 3)[::-1]),
    ],
}

COMPOSITE_CASES: dict[Callable[..., Any], list[Call]] = {
    np.linalg.norm: [
        *(call(graded(2, 3), order) for order in (1, -1, INF, -INF, 2, -2, "nuc")),
        *(call(graded(2, 3, 2), order, axis=(2, 0), keepdims=True) for order in (1, INF, 2, "nuc")),
    ],
    np.linalg.vector_norm: [
        call(real(2, 3)),
        call(real(2, 3), axis=1, ord=3),
        call(real(2, 3, 2), axis=(0, 2), keepdims=True),
        call(real(2, 3), keepdims=True, ord=1),
    ],
    np.linalg.matrix_norm: [call(real(2, 2, 3)), call(graded(2, 3), ord="nuc", keepdims=True)],
    np.linalg.cond: [
        *(call(rectangular(3, 3), p) for p in (None, 2, -2)),
        *(call(regular(3, 3), p) for p in (1, -1, INF, "fro")),
        call(rectangular(3, 2)),
        call(regular(2, 3, 3), p=1),
    ],
    np.linalg.slogdet: [call(regular(3, 3)), call(-regular(3, 3)), call(regular(2, 2, 2))],
    np.linalg.lstsq: [
        call(rectangular(4, 2), real(4)),
        call(rectangular(4, 2), real(4, 2), rcond=None),
        call(rectangular(3, 3), real(3)),
        call(rectangular(2, 3), real(2, 2), 1e-12),
    ],
    np.linalg.eigh: [call(spread(3, 3)), call(spread(2, 3, 3), "U"), call(spread(2, 2))],
    np.linalg.svd: [
        call(rectangular(3, 3)),
        call(rectangular(4, 2), full_matrices=False),
        call(rectangular(2, 2, 3), False),
        call(rectangular(2, 3), compute_uv=False),
        call(spread(3, 3), hermitian=True),
        call(spread(3, 3), hermitian=True, compute_uv=False),
    ],
    np.linalg.svdvals: [call(rectangular(2, 3))],
    np.linalg.qr: [
        call(rectangular(4, 2)),
        call(rectangular(2, 3)),
        call(regular(3, 3), "complete"),
        call(rectangular(4, 2), mode="r"),
    ],
    np.linalg.tensorinv: [call(regular(4, 4).reshape(4, 2, 2), 1), call(regular(4, 4).reshape(2, 2, 2, 2))],
    np.linalg.tensorsolve: [
        call(regular(4, 4).reshape(2, 2, 4), real(2, 2)),
        call(regular(4, 4).reshape(2, 4, 2), real(2, 2), axes=(1,)),
    ],
}
