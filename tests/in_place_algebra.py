"""Linear algebra in place: elimination, factorisations, sweeps, orthogonal columns, the power method."""

# mypy: ignore-errors
import numpy as np
from cases_in_place import definite, dominant, normal, positive, program


@program(dominant(4, 4))
def gaussian_elimination(A, b):
    A, b = A.copy(), b.copy()
    n = len(b)
    for k in range(n):
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i, k:] -= factor * A[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros_like(b)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


@program(normal((4, 4), 4), by_values="the pivot is an index made from values")
def gaussian_elimination_with_pivots(A, b):
    A, b = A.copy(), b.copy()
    n = len(b)
    for k in range(n):
        p = k + int(np.argmax(np.abs(A[k:, k].real)))
        A[[k, p]] = A[[p, k]]
        b[[k, p]] = b[[p, k]]
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i] -= factor * A[k]
            b[i] -= factor * b[k]
    for i in reversed(range(n)):
        b[i] /= A[i, i]
        b[:i] -= A[:i, i] * b[i]
    return b


@program(dominant(4))
def lu(A):
    A = A.copy()
    for k in range(len(A) - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return A


@program(normal((4, 4)), by_values="rows change places where a pivot is larger")
def lu_with_row_swaps(A):
    A = A.copy()
    for k in range(len(A)):
        for p in range(k + 1, len(A)):
            if abs(A[p, k].real.item()) > abs(A[k, k].real.item()):
                kept = A[k].copy()
                A[k] = A[p]
                A[p] = kept
        below = A[k + 1 :]
        below[:, k] /= A[k, k]
        below[:, k + 1 :] -= below[:, k : k + 1] * A[k, k + 1 :]
    return A


@program(definite(4))
def cholesky(A):
    L = A.copy()
    n = len(L)
    for j in range(n):
        L[j, j] -= L[j, :j] @ L[j, :j]
        L[j, j] = np.sqrt(L[j, j])
        for i in range(j + 1, n):
            L[i, j] = (L[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
        L[j, j + 1 :] = 0.0
    return L


@program(definite(4))
def cholesky_by_columns(A):
    L = A.copy()
    for j, column in enumerate(L.T):
        column[:j] = 0.0
        column[j:] /= np.sqrt(column[j])
        for k in range(j + 1, len(L)):
            L[k:, k] -= L[k, j] * column[k:]
    return L


@program(dominant(3))
def gauss_jordan_inverse(A):
    n = len(A)
    M = np.concatenate([A, np.eye(n)], axis=1)
    for k in range(n):
        M[k] /= M[k, k]
        for i in range(n):
            if i != k:
                M[i] -= M[i, k] * M[k]
    return M[:, n:]


@program(dominant(4, (4, 2)))
def triangular_substitution(A, B):
    X = B.copy()
    for i in range(len(A)):
        for j in range(i):
            X[i] -= A[i, j] * X[j]
        X[i] /= A[i, i]
    return X


@program(positive(4, 4, 4, 4))
def thomas(a, b, c, d):
    b, c, d = b + 3.0, c.copy(), d.copy()
    n = len(d)
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    d[-1] /= b[-1]
    for i in range(n - 2, -1, -1):
        d[i] = (d[i] - c[i] * d[i + 1]) / b[i]
    return d


@program(dominant(4, 4))
def gauss_seidel(A, b):
    x = np.zeros_like(b)
    for _ in range(3):
        for i in range(len(b)):
            x[i] = (b[i] - A[i] @ x + A[i, i] * x[i]) / A[i, i]
    return x


@program(dominant(4, 4))
def successive_over_relaxation(A, b):
    x, history = b.copy(), []
    for _ in range(3):
        for i in range(len(b)):
            sigma = A[i, :i] @ x[:i] + A[i, i + 1 :] @ x[i + 1 :]
            x[i] += 1.2 * ((b[i] - sigma) / A[i, i] - x[i])
        history.append(np.sum((A @ x - b) ** 2))
    return x, history[0], history[-1]


@program(dominant(4, 4))
def jacobi_with_two_buffers(A, b):
    old, new = b * 1.0, np.empty_like(b)
    for _ in range(3):
        for i in range(len(b)):
            new[i] = (b[i] - A[i] @ old + A[i, i] * old[i]) / A[i, i]
        old, new = new, old
    return old, new


@program(definite(4, 4))
def conjugate_gradients(A, b):
    x, r = np.zeros_like(b), b.copy()
    p = r.copy()
    square = r @ r
    for _ in range(3):
        q = A @ p
        step = square / (p @ q)
        x += step * p
        r -= step * q
        old, square = square, r @ r
        p *= square / old
        p += r
    return x, r


@program(normal((4, 3)))
def householder_qr(A):
    R = A.copy()
    for k in range(R.shape[1]):
        v = R[k:, k].copy()
        v[0] += np.sign(v[0].real) * np.sqrt(v @ v)
        v /= np.sqrt(v @ v)
        block = R[k:, k:]
        block -= 2.0 * np.outer(v, v @ block)
    return R


@program(normal((4, 3)))
def givens_rotations(A):
    R = A.copy()
    m, n = R.shape
    for j in range(n):
        for i in range(m - 1, j, -1):
            a, b = R[i - 1, j], R[i, j]
            r = np.sqrt(a * a + b * b)
            c, s = a / r, b / r
            R[i - 1], R[i] = c * R[i - 1] + s * R[i], c * R[i] - s * R[i - 1]
    return R


@program(normal((4, 3)))
def gram_schmidt_on_columns(A):
    Q = A.copy()
    for j in range(Q.shape[1]):
        q = Q[:, j]
        for i in range(j):
            q -= (Q[:, i] @ q) * Q[:, i]
        q /= np.sqrt(q @ q)
    return Q


@program(normal((3, 4)))
def gram_schmidt_with_kept_rows(A):
    Q = A * 1.0
    rows = list(Q)
    for j, row in enumerate(rows):
        row /= np.sqrt(np.sum(row * row))
        for later in rows[j + 1 :]:
            later -= np.sum(later * row) * row
    return Q


@program(positive((3, 4)))
def rows_normalised(A):
    A = A.copy()
    for row in A:
        row /= row.sum()
    return A


@program(positive((3, 4)))
def columns_normalised(A):
    A = A.copy()
    for column in A.T:
        column /= np.sqrt(np.sum(column**2))
    return A


@program(positive((3, 3)))
def sinkhorn(A):
    A = A.copy()
    for _ in range(3):
        A /= A.sum(axis=1, keepdims=True)
        A.T[...] /= A.sum(axis=0)[:, None]
    return A


@program(positive((3, 3), 3))
def power_iteration(A, v):
    v = v.copy()
    for _ in range(4):
        v[:] = A @ v
        v /= np.sqrt(v @ v)
    return v, v @ A @ v


@program(definite(3))
def deflation(A):
    A = A.copy()
    found = np.zeros_like(A)
    for k in range(2):
        v = found[k]
        v[...] = np.ones(len(A)) / np.sqrt(len(A))
        for _ in range(4):
            v[...] = A @ v
            v /= np.sqrt(v @ v)
        A -= (v @ A @ v) * np.outer(v, v)
    return found, A


@program(positive((4, 4)))
def page_rank(links):
    P = links.copy()
    np.fill_diagonal(P, 0.0)
    for column in P.T:
        column /= column.sum()
    rank = np.full_like(P[0], 0.25)
    for _ in range(4):
        new = P @ rank
        new *= 0.85
        new += 0.15 / len(rank)
        rank[...] = new
    return rank


@program(lambda rng: (rng.uniform(0.5, 3.0, (4, 4)),))
def floyd_warshall(lengths):
    D = lengths.copy()
    np.fill_diagonal(D, 0.0)
    for k in range(len(D)):
        np.minimum(D, D[:, k : k + 1] + D[k], out=D)
    return D


@program(lambda rng: (rng.uniform(0.5, 3.0, (4, 4)),))
def floyd_warshall_softly(lengths):
    D = lengths.copy()
    for k in range(len(D)):
        D[...] = -np.log(np.exp(-D) + np.exp(-(D[:, k, None] + D[None, k])))
    return D


@program(normal((4, 3)))
def ridge(X):
    G = X.T @ X
    G.flat[:: len(G) + 1] += 0.1
    before = G.trace()
    np.fill_diagonal(G, G.diagonal() * 2.0)
    return np.linalg.inv(G), before


@program(normal((4, 4), (4, 4)))
def strassen_blocks(A, B):
    C = np.zeros_like(A)
    a, b, c, d = A[:2, :2], A[:2, 2:], A[2:, :2], A[2:, 2:]
    e, f, g, h = B[:2, :2], B[:2, 2:], B[2:, :2], B[2:, 2:]
    p1, p2, p3, p4 = a @ (f - h), (a + b) @ h, (c + d) @ e, d @ (g - e)
    p5, p6, p7 = (a + d) @ (e + h), (b - d) @ (g + h), (a - c) @ (e + f)
    C[:2, :2] += p5 + p4
    C[:2, :2] -= p2 - p6
    C[:2, 2:] = p1 + p2
    C[2:, :2] = p3 + p4
    np.add(p5 + p1, -p3 - p7, out=C[2:, 2:])
    return C


@program(definite(2, (3, 2), (2, 2)))
def kalman_filter(P, observed, F):
    P, state = P.copy(), np.zeros_like(observed[0])
    track = np.zeros_like(observed)
    for t, z in enumerate(observed):
        state[:] = F @ state
        P[:] = F @ P @ F.T
        P.flat[::3] += 0.1
        gain = P[:, 0] / (P[0, 0] + 0.5)
        state += gain * (z[0] - state[0])
        P -= np.outer(gain, P[0])
        track[t] = state
    return track, P
