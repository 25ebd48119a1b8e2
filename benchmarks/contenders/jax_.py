"""JAX: the step compiled by XLA. Every call is waited for, since JAX returns before it has computed."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .problem import Learner, Problem

jax.config.update("jax_enable_x64", True)  # or else float64 would silently be float32


def cost(weights: list[Any], x: Any, y: Any) -> Any:
    """The quadratic cost as a function of the weights."""
    a = x
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        a = jax.nn.sigmoid(a @ W.T + b)
    return jnp.sum((a - y) ** 2) * (0.5 / len(x))


def compiled(problem: Problem) -> Learner:
    """Forward, backward and update under `jax.jit`, which may write the new weights over the old."""
    x, y, lr = jnp.asarray(problem.x), jnp.asarray(problem.y), problem.lr
    weights = [jnp.array(w) for w in problem.weights]

    def learned(weights: list[Any], x: Any, y: Any) -> Any:
        c, grads = jax.value_and_grad(cost)(weights, x, y)
        return [w - lr * g for w, g in zip(weights, grads, strict=True)], c

    learn = jax.jit(learned, donate_argnums=0)

    def step() -> Any:
        nonlocal weights
        weights, c = learn(weights, x, y)
        jax.block_until_ready((weights, c))
        return c

    return Learner(step, lambda: [jax.device_get(w) for w in weights])


def compiled_product(problem: Problem) -> Callable[[], Any]:
    """Forward over reverse."""
    x, y = jnp.asarray(problem.x), jnp.asarray(problem.y)
    weights, vectors = ([jnp.array(a) for a in arrays] for arrays in (problem.weights, problem.vectors))
    product = jax.jit(lambda w, v, x, y: jax.jvp(lambda w: jax.grad(cost)(w, x, y), (w,), (v,))[1])
    return lambda: jax.block_until_ready(product(weights, vectors, x, y))


STEPS = {"JAX, jit": compiled}
PRODUCTS = {"JAX, jit": compiled_product}
