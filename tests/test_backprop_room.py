"""The room of the four equations, held against sums written out by hand, complex steps and high precision."""

import ast
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from nn import backprop as room

ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity"]
COSTS = ["quadratic", "squared_error", "cross_entropy"]
SIZES = {2: [3, 4, 2], 3: [3, 5, 4, 2], 6: [4, 3, 5, 2, 4, 3, 2]}


def network(sizes: list[int], seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    pairs = list(pairwise(sizes))
    return [rng.normal(size=(m, k)) / np.sqrt(k) for k, m in pairs], [rng.normal(size=m) for _, m in pairs]


# The same network a second time, in the most naive words there are, which also take complex numbers.
NAIVE_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "identity": lambda z: z,
}
NAIVE_COSTS: dict[str, Callable[[Any, Any], Any]] = {
    "quadratic": lambda a, y: sum((y - a) ** 2) / 2,
    "squared_error": lambda a, y: sum((a - y) ** 2),
    "cross_entropy": lambda a, y: -sum(y * np.log(a) + (1 - y) * np.log(1 - a)),
}


def naive_cost(weights: list, biases: list, x: np.ndarray, y: np.ndarray, activations: list[str], cost: str) -> Any:
    total = 0
    for a, target in zip(np.atleast_2d(x), np.atleast_2d(y), strict=True):
        for W, b, name in zip(weights, biases, activations, strict=True):
            a = NAIVE_ACTIVATIONS[name](np.array([sum(W[j] * a) for j in range(len(W))]) + b)
        total = total + NAIVE_COSTS[cost](a, target)
    return total / len(np.atleast_2d(x))


def complex_step(f: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    """df/dx to the last digits: Im f(x + ih) / h has no difference in it, so h may be tiny."""
    gradient = np.empty(at.shape)
    for index in np.ndindex(at.shape):
        step = at.astype(complex)
        step[index] += 1e-30j
        gradient[index] = f(step).imag / 1e-30
    return gradient


def replaced(items: list, position: int, item: Any) -> list:
    return [*items[:position], item, *items[position + 1 :]]


NETWORKS = [
    *[
        (layers, [hidden] * (layers - 1) + ["sigmoid"], cost)
        for layers, hidden, cost in product(SIZES, ACTIVATIONS, COSTS)
    ],
    *[(3, ["tanh", "sigmoid", output], cost) for output in ["tanh", "relu", "identity"] for cost in COSTS[:2]],
]


@pytest.mark.parametrize("n", [None, 1, 5], ids=lambda n: f"n={n}")
@pytest.mark.parametrize(("layers", "activations", "cost"), NETWORKS)
def test_gradients_agree_with_complex_steps(layers: int, activations: list[str], cost: str, n: int | None) -> None:
    weights, biases = network(SIZES[layers])
    rng = np.random.default_rng(1)
    shape = () if n is None else (n,)
    x, y = rng.normal(size=(*shape, SIZES[layers][0])), rng.uniform(size=(*shape, 2))
    found = room.backprop(weights, biases, x, y, activations, cost)
    for layer in range(layers):
        by_weight = complex_step(
            lambda W, at=layer: naive_cost(replaced(weights, at, W), biases, x, y, activations, cost), weights[layer]
        )
        by_bias = complex_step(
            lambda b, at=layer: naive_cost(weights, replaced(biases, at, b), x, y, activations, cost), biases[layer]
        )
        np.testing.assert_allclose(found.dC_dW[layer], by_weight, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(found.dC_db[layer], by_bias, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.cost, naive_cost(weights, biases, x, y, activations, cost), rtol=1e-13)


def test_a_network_of_two_neurons_gives_the_numbers_of_a_calculation_by_hand() -> None:
    # x = 2, W1 = 3, b1 = -6: z1 = 0, a1 = 1/2; W2 = 4, b2 = -2: z2 = 0, a2 = 1/2; sigma'(0) = 1/4; y = 0
    found = room.backprop([[[3.0]], [[4.0]]], [[-6.0], [-2.0]], [2.0], [0.0])
    numbers = {
        "zs": [[0], [0]],
        "activations": [[2], [1 / 2], [1 / 2]],
        "deltas": [[1 / 8], [1 / 8]],  # BP1: 1/2 * 1/4 = 1/8; BP2: 4 * 1/8 * 1/4 = 1/8
        "dC_db": [[1 / 8], [1 / 8]],
        "dC_dW": [[[1 / 4]], [[1 / 16]]],  # BP4: 2 * 1/8 and 1/2 * 1/8
    }
    assert {name: [value.tolist() for value in getattr(found, name)] for name in numbers} == numbers
    assert found.cost == 1 / 8


# --- The four equations, one by one -----------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
W, DELTA, PRIME, A_PREV = (RNG.normal(size=shape) for shape in [(4, 3), (5, 4), (5, 3), (5, 3)])
examples, neurons, before = range(5), range(4), range(3)

EQUATIONS = {
    "bp1": (room.bp1(A_PREV, PRIME), [[A_PREV[i, k] * PRIME[i, k] for k in before] for i in examples]),
    "bp2": (
        room.bp2(W, DELTA, PRIME),
        [[sum(W[j, k] * DELTA[i, j] for j in neurons) * PRIME[i, k] for k in before] for i in examples],
    ),
    "bp3": (room.bp3(DELTA), [sum(DELTA[i, j] for i in examples) for j in neurons]),
    "bp4": (
        room.bp4(DELTA, A_PREV),
        [[sum(A_PREV[i, k] * DELTA[i, j] for i in examples) for k in before] for j in neurons],
    ),
}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_an_equation_on_a_batch_is_its_sum_written_out(equation: str) -> None:
    found, written_out = EQUATIONS[equation]
    np.testing.assert_allclose(found, written_out, rtol=1e-13, atol=1e-15)


ONE_EXAMPLE = {
    "bp1": (room.bp1(A_PREV[2], PRIME[2]), room.bp1(A_PREV, PRIME)[2]),
    "bp2": (room.bp2(W, DELTA[2], PRIME[2]), room.bp2(W, DELTA, PRIME)[2]),
    "bp3": (room.bp3(DELTA[2]), room.bp3(DELTA[2:3])),
    "bp4": (room.bp4(DELTA[2], A_PREV[2]), room.bp4(DELTA[2:3], A_PREV[2:3])),
}


@pytest.mark.parametrize("equation", ONE_EXAMPLE)
def test_an_equation_on_one_example_is_its_row_of_the_batch(equation: str) -> None:
    alone, in_batch = ONE_EXAMPLE[equation]
    assert alone.shape == in_batch.shape
    np.testing.assert_allclose(alone, in_batch, rtol=1e-14)


@pytest.mark.parametrize("cost", COSTS)
def test_the_gradient_of_a_batch_is_the_average_of_its_examples(cost: str) -> None:
    weights, biases = network(SIZES[3])
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(7, 3)), rng.uniform(size=(7, 2))
    batch = room.backprop(weights, biases, x, y, "sigmoid", cost)
    single = [room.backprop(weights, biases, one, target, "sigmoid", cost) for one, target in zip(x, y, strict=True)]
    for layer in range(3):
        np.testing.assert_allclose(batch.dC_dW[layer], np.mean([s.dC_dW[layer] for s in single], axis=0), rtol=1e-12)
        np.testing.assert_allclose(batch.dC_db[layer], np.mean([s.dC_db[layer] for s in single], axis=0), rtol=1e-12)


# --- Numerics ---------------------------------------------------------------------------------------------------------

Z = [-745.0, -300.0, -40.0, -20.0, -3.0, -1e-8, 0.0, 1e-8, 0.5, 3.0, 20.0, 40.0, 300.0, 700.0]
EXACT = {
    "sigmoid value": (room.ACTIVATIONS["sigmoid"].value, lambda z: 1 / (1 + mpmath.exp(-z))),
    "sigmoid prime": (room.ACTIVATIONS["sigmoid"].prime, lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2),
    "tanh value": (room.ACTIVATIONS["tanh"].value, mpmath.tanh),
    "tanh prime": (room.ACTIVATIONS["tanh"].prime, lambda z: mpmath.sech(z) ** 2),
}


@pytest.mark.parametrize("z", Z)
@pytest.mark.parametrize("function", EXACT)
def test_a_smooth_activation_is_exact_to_a_few_last_digits(function: str, z: float) -> None:
    f, exact = EXACT[function]
    with mpmath.workdps(700):
        expected = float(exact(mpmath.mpf(z)))
    np.testing.assert_allclose(f(np.array(z)), expected, rtol=8 * np.finfo(float).eps, atol=5e-324)


@pytest.mark.parametrize(
    ("name", "values", "primes"),
    [
        ("sigmoid", [0, 0, 0.5, 1, 1], [0, 0, 0.25, 0, 0]),
        ("tanh", [-1, -1, 0, 1, 1], [0, 0, 1, 0, 0]),
        ("relu", [0, 0, 0, 1000, np.inf], [0, 0, 0, 1, 1]),
        ("identity", [-np.inf, -1000, 0, 1000, np.inf], [1, 1, 1, 1, 1]),
    ],
)
def test_an_activation_reaches_its_limits_without_a_warning(name: str, values: list, primes: list) -> None:
    z = np.array([-np.inf, -1000.0, 0.0, 1000.0, np.inf])
    with np.errstate(all="raise"):
        assert room.ACTIVATIONS[name].value(z).tolist() == values
        assert room.ACTIVATIONS[name].prime(z).tolist() == primes


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_nan_is_not_hidden_by_an_activation(name: str) -> None:
    value, prime = room.ACTIVATIONS[name]
    assert np.isnan([value(np.array(np.nan)), prime(np.array(np.nan))]).all()


@pytest.mark.parametrize(
    ("a", "y", "slope"),
    [(0, 0, 1), (1, 1, -1), (1, 0, np.inf), (0, 1, -np.inf), (0, 0.5, -np.inf), (1, 0.5, np.inf), (0.5, 0.5, 0)],
)
def test_the_slope_of_the_cross_entropy_at_its_ends_is_the_one_sided_limit(a: float, y: float, slope: float) -> None:
    with np.errstate(all="raise"):
        assert room.COSTS["cross_entropy"].grad_a([a], [y]).tolist() == [slope]


@pytest.mark.parametrize(
    ("a", "y", "value"),
    [(0, 0, 0), (1, 1, 0), (1, 0, np.inf), (0, 1, np.inf), (0.5, 1, np.log(2)), (1e-300, 0, 1e-300)],
)
def test_the_cross_entropy_at_its_ends_is_its_limit(a: float, y: float, value: float) -> None:
    with np.errstate(all="raise"):
        assert room.COSTS["cross_entropy"].value([a], [y]) == value


@pytest.mark.parametrize("z", [20.0, 36.0, 50.0, 800.0])
def test_a_saturated_sigmoid_still_learns_from_the_cross_entropy(z: float) -> None:
    with np.errstate(all="raise"):
        found = room.backprop([[[z], [-z]]], [[0.0, 0.0]], [1.0], [0.0, 1.0], cost="cross_entropy")
    np.testing.assert_allclose(found.deltas[0], [1.0, -1.0], rtol=3e-9)  # 1 - exp(-20), the smallest of them
    np.testing.assert_allclose(found.deltas[0], found.activations[1] - [0.0, 1.0], rtol=0)


def test_the_closed_form_of_bp1_is_the_product_where_that_has_its_digits() -> None:
    weights, biases = network(SIZES[2])
    x, y = RNG.normal(size=(6, 3)), RNG.uniform(size=(6, 2))
    found = room.backprop(weights, biases, x, y, cost="cross_entropy")
    grad_a = room.cross_entropy_grad_a(found.activations[-1], y)
    np.testing.assert_allclose(found.deltas[-1], room.bp1(grad_a, room.sigmoid_prime(found.zs[-1])), rtol=1e-13)


@pytest.mark.parametrize("cost", COSTS)
def test_float32_stays_float32(cost: str) -> None:
    weights, biases = ([p.astype(np.float32) for p in params] for params in network(SIZES[3]))
    x, y = np.ones((2, 3), np.float32), np.ones((2, 2), np.float32)
    found = room.backprop(weights, biases, x, y, ["relu", "tanh", "sigmoid"], cost)
    kept = [*found.zs, *found.activations, *found.deltas, *found.dC_db, *found.dC_dW]
    assert {array.dtype for array in kept} == {np.dtype(np.float32)}


def test_unsigned_bytes_do_not_wrap_round() -> None:
    targets = np.array([[0, 1]], dtype=np.uint8)
    found = room.quadratic_grad_a(np.array([[0, 0]], dtype=np.uint8), targets)
    assert found.tolist() == [[0.0, -1.0]]


def test_an_activation_and_a_cost_of_ones_own_are_used() -> None:
    square = room.Activation(lambda z: z**2, lambda z: 2 * z)
    total = room.Cost(lambda a, y: a.sum(), lambda a, y: np.ones_like(a))
    found = room.backprop([[[3.0]]], [[0.0]], [1.0], [0.0], square, total)
    assert (found.cost, found.dC_dW[0].item()) == (9.0, 6.0)


def test_inputs_are_left_as_they_were() -> None:
    weights, biases = network(SIZES[3])
    x, y = np.ones((2, 3)), np.zeros((2, 2))
    before = [array.copy() for array in [*weights, *biases, x, y]]
    room.backprop(weights, biases, x, y)
    assert all((now == then).all() for now, then in zip([*weights, *biases, x, y], before, strict=True))


# --- Misuse -----------------------------------------------------------------------------------------------------------

WEIGHTS, BIASES = network([3, 4, 2])
X, Y = np.ones((5, 3)), np.ones((5, 2))

MISUSE = {
    "a row for a batch of targets": (lambda: room.backprop(WEIGHTS, BIASES, X, Y[0]), r"target y is \(2,\).*\(5, 2\)"),
    "one target column": (lambda: room.backprop(WEIGHTS, BIASES, X, Y[:, :1]), r"target y is \(5, 1\).*\(5, 2\)"),
    "fewer targets": (lambda: room.backprop(WEIGHTS, BIASES, X, Y[:4]), r"target y is \(4, 2\).*\(5, 2\)"),
    "targets of a cost": (lambda: room.quadratic(Y, Y[0]), r"target y is \(2,\).*\(5, 2\)"),
    "too few features": (lambda: room.backprop(WEIGHTS, BIASES, X[:, :2], Y), r"layer 1 .*got 2 inputs, needs 3"),
    "layers that do not join": (
        lambda: room.forward([WEIGHTS[0], WEIGHTS[1][:, :3]], BIASES, X),
        r"layer 2 .*got 4 inputs, needs 3",
    ),
    "bias of another length": (lambda: room.forward(WEIGHTS, [BIASES[0][:1], BIASES[1]], X), r"layer 1 has .*b \(1,\)"),
    "bias as a column": (
        lambda: room.forward(WEIGHTS, [BIASES[0], BIASES[1][:, None]], X),
        r"layer 2 has .*b \(2, 1\)",
    ),
    "no layers": (lambda: room.forward([], [], X), "0 weight matrices and 0 bias"),
    "a bias missing": (lambda: room.forward(WEIGHTS, BIASES[:1], X), "2 weight matrices and 1 bias"),
    "no examples": (lambda: room.backprop(WEIGHTS, BIASES, X[:0], Y[:0]), r"x has shape \(0, 3\)"),
    "images not flattened": (lambda: room.forward(WEIGHTS, BIASES, X[None]), r"x has shape \(1, 5, 3\)"),
    "too few activations": (lambda: room.forward(WEIGHTS, BIASES, X, ["tanh"]), "1 activations for 2 layers"),
    "unknown activation": (lambda: room.forward(WEIGHTS, BIASES, X, "sigmod"), "'sigmod'.*sigmoid, tanh, relu"),
    "unknown cost": (lambda: room.backprop(WEIGHTS, BIASES, X, Y, cost="mse"), "'mse'.*quadratic, squared_error"),
    "a function for a cost": (lambda: room.backprop(WEIGHTS, BIASES, X, Y, cost=np.sum), "unknown Cost"),  # type: ignore[arg-type]
    "targets that are no probabilities": (
        lambda: room.backprop(WEIGHTS, BIASES, X, 2 * Y, cost="cross_entropy"),
        r"target 2\.0.*\[0, 1\]",
    ),
    "outputs that are no probabilities": (
        lambda: room.backprop(WEIGHTS, BIASES, X, Y, "identity", "cross_entropy"),
        r"output -?\d.*use sigmoid outputs",
    ),
    "bp1": (lambda: room.bp1(PRIME[0], PRIME), r"BP1.*\(3,\).*\(5, 3\)"),
    "bp2, weights": (lambda: room.bp2(W.T, DELTA, PRIME), r"BP2.*\(4,\).*\(3,\)"),
    "bp2, examples": (lambda: room.bp2(W, DELTA[:1], PRIME), r"BP2.*\(1, 3\).*\(5, 3\)"),
    "bp4": (lambda: room.bp4(DELTA[:1], A_PREV), r"BP4.*\(1,\).*\(5,\)"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_a_value_error_that_says_what_came_and_what_is_needed(case: str) -> None:
    call, message = MISUSE[case]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", [1j, "1", None])
def test_what_is_no_real_number_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match=r"x has dtype .*, needs real numbers"):
        room.forward(WEIGHTS, BIASES, np.full((5, 3), value))


def test_the_room_imports_nothing_but_numpy_and_the_language() -> None:
    tree = ast.parse(Path(room.__file__).read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))
    assert imported == {"numpy", "numpy.typing", "dataclasses", "collections.abc", "typing"}
