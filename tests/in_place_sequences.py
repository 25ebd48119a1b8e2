"""Sequences in place: sorts, recurrences, tables of dynamic programming, buffers, learning."""

# mypy: ignore-errors
import numpy as np
from cases_in_place import normal, positive, program

SORT = "a branch compares two elements"


@program(normal(6), by_values=SORT)
def bubble_sort(x):
    u = x.copy()
    for i in range(len(u)):
        for j in range(len(u) - 1 - i):
            if u[j].real > u[j + 1].real:
                u[j], u[j + 1] = u[j + 1], u[j]
    return u


@program(normal(6), by_values=SORT)
def insertion_sort(x):
    u = x.copy()
    for i in range(1, len(u)):
        key, j = u[i], i - 1
        while j >= 0 and u[j].real > key.real:
            u[j + 1] = u[j]
            j -= 1
        u[j + 1] = key
    return u


@program(normal(6), by_values="the smallest element is found as a Python number")
def selection_sort(x):
    u = x.copy()
    for i in range(len(u)):
        k = i + int(np.argmin(u[i:].real))
        u[[i, k]] = u[[k, i]]
    return u


@program(normal(6))
def sorting_network(x):
    u = x.copy()
    for first in (0, 1, 0, 1, 0, 1):
        left, right = u[first : len(u) - 1 : 2], u[first + 1 :: 2]
        low, high = np.minimum(left, right), np.maximum(left, right)
        left[: len(right)] = low
        right[...] = high
    return u


@program(normal((4, 2)), by_values=SORT)
def rows_sorted_by_their_first_element(x):
    u = x.copy()
    for i in range(len(u)):
        for j in range(i):
            if u[i, 0].real < u[j, 0].real:
                u[[i, j]] = u[[j, i]]
    return u


@program(normal(7))
def sort_in_place(x):
    u = np.sort(x)
    u[1:] -= u[:-1]
    return u


@program(normal(6))
def prefix_sum(x):
    u = x.copy()
    for i in range(1, len(u)):
        u[i] += u[i - 1]
    return u


@program(normal(8))
def prefix_sum_by_doubling(x):
    u = x.copy()
    step = 1
    while step < len(u):
        u[step:] += u[:-step]
        step *= 2
    return u


@program(normal(8))
def prefix_sum_up_and_down(x):
    u = x.copy()
    step = 1
    while step < len(u):
        u[2 * step - 1 :: 2 * step] += u[step - 1 :: 2 * step]
        step *= 2
    total = u[-1]
    u[-1] = 0.0
    while step > 1:
        step //= 2
        left = u[step - 1 :: 2 * step].copy()
        u[step - 1 :: 2 * step] = u[2 * step - 1 :: 2 * step]
        u[2 * step - 1 :: 2 * step] += left
    return u, total


@program(normal(6, 2))
def linear_recurrence(x, c):
    u = x.copy()
    for i in range(2, len(u)):
        u[i] += c[0] * u[i - 1] + c[1] * u[i - 2]
    return u


@program(normal(5))
def running_mean_and_number(x):
    first = s = np.sum(x)
    s += x[0]
    s *= 2.0
    means = np.zeros_like(x)
    m = x[0] * 0.0
    for i, v in enumerate(x):
        m += (v - m) / (i + 1)
        means[i] = m
    return first, s, means


@program(positive((3, 4)))
def soft_edit_distance(cost):
    m, n = cost.shape
    D = np.zeros_like(cost, shape=(m + 1, n + 1))
    D[1:, 0] = np.arange(1.0, m + 1)
    D[0, 1:] = np.arange(1.0, n + 1)
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            ways = np.stack([D[i - 1, j] + 1.0, D[i, j - 1] + 1.0, D[i - 1, j - 1] + cost[i - 1, j - 1]])
            D[i, j] = -np.log(np.sum(np.exp(-ways)))
    return D


@program(positive((3, 4)))
def edit_distance(cost):
    m, n = cost.shape
    D = np.zeros_like(cost, shape=(m + 1, n + 1))
    D[:, 0], D[0] = np.arange(m + 1) * 0.7, np.arange(n + 1) * 0.6
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            D[i, j] = np.minimum(np.minimum(D[i - 1, j] + 0.7, D[i, j - 1] + 0.6), D[i - 1, j - 1] + cost[i - 1, j - 1])
    return D[-1, -1], D


@program(normal((3, 3), (4, 3)))
def forward_algorithm(moves, emissions):
    alpha = np.zeros_like(emissions)
    alpha[0] = emissions[0]
    for t in range(1, len(alpha)):
        alpha[t] = emissions[t] + np.log(np.sum(np.exp(alpha[t - 1][:, None] + moves), axis=0))
    return alpha


@program(normal((3, 3), (4, 3)))
def viterbi(moves, emissions):
    score = emissions.copy()
    for t in range(1, len(score)):
        score[t] += (score[t - 1, :, None] + moves).max(axis=0)
    return score


@program(positive(3, 3))
def relaxed_knapsack(values, weights):
    table = np.zeros_like(values, shape=6)
    for k in range(3):
        for room in range(5, k, -1):
            take = table[room - k - 1] + values[k] * weights[k]
            table[room] = np.log(np.exp(table[room]) + np.exp(take))
    return table


@program(normal(5, ()))
def horner(c, x):
    value = np.zeros_like(x)
    slope = np.zeros_like(x)
    for a in c[::-1]:
        slope *= x
        slope += value
        value *= x
        value += a
    return value, slope


@program(lambda rng: (np.sort(rng.normal(size=5)), rng.normal(size=5)))
def divided_differences(x, y):
    c = y.copy()
    for k in range(1, len(c)):
        c[k:] = (c[k:] - c[k - 1 : -1]) / (x[k:] - x[: len(x) - k])
    return c


@program(normal((4, 2), ()))
def de_casteljau(points, t):
    p = points.copy()
    for k in range(len(p) - 1, 0, -1):
        p[:k] *= 1.0 - t
        p[:k] += t * p[1 : k + 1]
        p[k] *= 0.5
    return p[0], p


@program(normal(8))
def walsh_hadamard(x):
    u = x.copy()
    h = 1
    while h < len(u):
        pairs = u.reshape(-1, 2, h)
        a, b = pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]
        pairs[:, 0], pairs[:, 1] = a, b
        h *= 2
    return u


@program(normal(8))
def haar_lifting(x):
    u = x.copy()
    n = len(u)
    while n > 1:
        part = u[:n]
        even, odd = part[::2].copy(), part[1::2].copy()
        odd -= even
        even += 0.5 * odd
        part[: n // 2], part[n // 2 :] = even, odd
        n //= 2
    return u


@program(normal((3, 5)))
def softmax_in_place(z):
    z = z.copy()
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z


@program(normal(5))
def softmax_of_a_vector_in_place(z):
    z = z * 1.0
    z -= z.max()
    np.exp(z, out=z)
    z /= z.sum()
    return z


@program(normal((4, 3), 3, 3))
def batch_norm_in_place(x, gamma, beta):
    x = x.copy()
    running = np.zeros_like(gamma, shape=(2, 3))
    mean = x.mean(axis=0)
    x -= mean
    var = np.mean(x**2, axis=0)
    x /= np.sqrt(var + 1e-3)
    running *= 0.9
    running[0] += 0.1 * mean
    running[1] += 0.1 * var
    x *= gamma
    x += beta
    return x, running


@program(normal((3, 4)))
def layer_norm_with_kept_statistics(x):
    h = x.copy()
    kept = []
    for row in h:
        mean = row.mean()
        row -= mean
        kept.append(mean)
        scale = np.sqrt((row * row).mean() + 0.1)
        kept.append(scale)
        row /= scale
    return h, kept[0], kept[1], kept[5]


@program(normal((2, 3), (3, 3), (3, 4)))
def recurrent_states_in_a_buffer(W, U, x):
    h = np.zeros_like(x, shape=(5, 3))
    for t in range(4):
        pre = x[:, t] + U @ h[t]
        h[t + 1] = np.tanh(pre, out=pre)
        h[t + 1, 0] *= 0.5
    return h[1:] @ W.T, h[-1]


@program(normal(3, 3))
def adam_in_place(w, target):
    w, m, v = w.copy(), np.zeros_like(w), np.zeros_like(w)
    for t in range(1, 4):
        g = w - target
        g *= 2.0
        m *= 0.9
        m += 0.1 * g
        v *= 0.99
        v += 0.01 * g * g
        w -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-3)
    return w, m, v


@program(normal((4, 2), 4, 2))
def descent_with_momentum(X, y, w):
    w, speed = w.copy(), np.zeros_like(w)
    for row, aim in zip(X, y, strict=True):
        speed *= 0.8
        speed -= 0.1 * (row @ w - aim) * row
        w += speed
    return w


@program(normal(3, 5))
def rolling_buffer(start, x):
    buffer, seen = start.copy(), np.zeros_like(x)
    for n, v in enumerate(x):
        buffer[:-1] = buffer[1:]
        buffer[-1] = v
        seen[n] = buffer.sum() * buffer[0]
    return seen, buffer


@program(normal(4, 3))
def ring_buffer(line, pluck):
    ring = line.copy()
    out = []
    for n in range(9):
        if n % 3 == 0:
            ring[n % 4] += pluck[n // 3]
        out.append(ring[n % 4] * 1.0)
        ring[n % 4] = 0.5 * (ring[n % 4] + ring[(n + 1) % 4])
    return np.stack(out), ring


@program(positive(6, 4))
def histogram_accumulated(amounts, bins):
    counts = np.zeros_like(bins)
    for amount, k in zip(amounts, [0, 2, 2, 1, 0, 2], strict=True):
        counts[k] += amount
    np.add.at(counts, [3, 3, 0], amounts[:3] ** 2)
    counts /= counts.sum()
    return counts


@program(positive(5))
def soft_histogram(x):
    centres = np.array([0.5, 1.0, 1.5])
    counts = np.zeros_like(x, shape=3)
    for v in x:
        near = np.exp(-4.0 * (v - centres) ** 2)
        near /= near.sum()
        counts += near
    return counts


MAGNITUDE = "np.abs of a complex number is a magnitude, which is not analytic"


@program(normal((4, 3), 4), not_analytic=MAGNITUDE)
def soft_thresholding(A, y):
    x = np.zeros_like(A[0])
    for _ in range(3):
        x -= 0.1 * (A @ x - y) @ A
        small = np.abs(x) - 0.005
        np.maximum(small, 0.0, out=small)
        np.multiply(np.sign(x), small, out=x)
    return x


@program(normal(6), not_analytic=MAGNITUDE)
def total_variation_flow(u):
    u = u.copy()
    kept = []
    for _ in range(3):
        d = u[1:] - u[:-1]
        d /= np.abs(d) + 0.5
        kept.append(np.abs(u).sum())
        u[1:-1] += 0.1 * (d[1:] - d[:-1])
    return u, kept[0], kept[-1]


@program(normal((2, 4)), not_analytic="np.arctan2 and np.hypot take no complex numbers")
def polar_coordinates_in_place(p):
    q = p.copy()
    x, y = q
    angle = np.arctan2(y, x)
    np.hypot(x, y, out=x)
    y[...] = angle
    q[0] *= 2.0
    return q, x, y
