"""What a NumPy user writes, without any library: the reference, and the same with every array allocated beforehand."""

from typing import Any

import numpy as np

from .problem import Array, Learner, Problem


def plain(problem: Problem) -> Learner:
    """The four equations as one writes them from the book, for a mini-batch in rows."""
    weights, x, y, rate = problem.copies(), problem.x, problem.y, problem.lr / problem.n
    layers = list(zip(weights[::2], weights[1::2], strict=True))

    def step() -> Any:
        a = x
        activations = [a]
        for W, b in layers:
            z = a @ W.T + b
            a = 1.0 / (1.0 + np.exp(-z))
            activations.append(a)
        error = a - y
        cost = 0.5 * np.sum(error**2) / len(x)
        delta = error * a * (1.0 - a)
        for i in range(len(layers) - 1, -1, -1):
            W, b = layers[i]
            a = activations[i]
            dW = delta.T @ a
            db = np.sum(delta, axis=0)
            if i > 0:
                delta = delta @ W * a * (1.0 - a)
            W -= rate * dW
            b -= rate * db
        return cost

    return Learner(step, lambda: weights)


def in_place(problem: Problem) -> Learner:
    """The same without an allocation: every result has its buffer, every transposed view is made once."""
    weights, x, y, n = problem.copies(), problem.x, problem.y, problem.n
    rate, half = problem.lr / n, 0.5 / n
    dtype = x.dtype
    forward: list[tuple[Array, Array, Array, Array]] = []
    a = x
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        forward.append((a, W.T, b, np.empty((n, len(W)), dtype)))
        a = forward[-1][3]
    output = a
    deltas = [np.empty_like(f[3]) for f in forward]
    slopes = [np.empty_like(f[3]) for f in forward]
    error = deltas[-1]
    flat = error.reshape(-1)
    backward = []
    for i in range(len(forward) - 1, -1, -1):
        W, b = weights[2 * i], weights[2 * i + 1]
        below = deltas[i - 1] if i else None
        backward.append(
            (
                forward[i][0],
                forward[i][3],
                slopes[i],
                deltas[i],
                deltas[i].T,
                W,
                b,
                np.empty_like(W),
                np.empty_like(b),
                below,
            )
        )
    matmul, add, subtract, multiply, total = np.matmul, np.add, np.subtract, np.multiply, np.add.reduce

    def step() -> Any:
        for a, WT, b, z in forward:
            matmul(a, WT, z)
            add(z, b, z)
            np.negative(z, z)
            np.exp(z, z)
            add(z, 1.0, z)
            np.reciprocal(z, z)
        subtract(output, y, error)
        cost = half * np.dot(flat, flat)
        multiply(error, rate, error)
        for a_in, a, slope, delta, deltaT, W, b, dW, db, below in backward:
            subtract(1.0, a, slope)
            multiply(slope, a, slope)
            multiply(delta, slope, delta)
            matmul(deltaT, a_in, dW)
            total(delta, 0, None, db)
            if below is not None:
                matmul(delta, W, below)
            subtract(W, dW, W)
            subtract(b, db, b)
        return cost

    return Learner(step, lambda: weights)


def hessian_product(problem: Problem) -> Any:
    """The Hessian's product with a vector by hand: the derivative of every line of a step along the vector.

    Pearlmutter, 1994, Fast exact multiplication by the Hessian. `d` before a name is for that derivative.
    """
    weights, vectors, x, y, n = problem.weights, problem.vectors, problem.x, problem.y, problem.n
    Ws, bs, dWs, dbs = weights[::2], weights[1::2], vectors[::2], vectors[1::2]

    def product() -> list[Array]:
        a, da = x, np.zeros_like(x)
        kept = []
        for W, b, dW, db in zip(Ws, bs, dWs, dbs, strict=True):
            dz = a @ dW.T + db if a is x else da @ W.T + a @ dW.T + db
            a_in, da_in = a, da
            a = 1.0 / (1.0 + np.exp(-(a @ W.T + b)))
            slope = a * (1.0 - a)
            da = slope * dz
            kept.append((a_in, da_in, slope, da * (1.0 - 2.0 * a)))
        g, dg = (a - y) / n, da / n
        results: list[Array] = []
        for W, dW, (a_in, da_in, slope, dslope) in zip(Ws[::-1], dWs[::-1], kept[::-1], strict=True):
            delta, ddelta = g * slope, dg * slope + g * dslope
            dgW = ddelta.T @ a_in if a_in is x else ddelta.T @ a_in + delta.T @ da_in
            results += [np.sum(ddelta, axis=0), dgW]
            if a_in is not x:
                g, dg = delta @ W, ddelta @ W + delta @ dW
        return results[::-1]

    return product


STEPS = {"hand-written NumPy": plain, "hand-written, in place": in_place}
PRODUCTS = {"hand-written NumPy": hessian_product}
