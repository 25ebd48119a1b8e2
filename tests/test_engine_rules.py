"""Every row of the derivative tables against derivatives found without it."""

from typing import Any

import numpy as np
import pytest
from cases import CASES, COMPOSITE_CASES, Call
from reference import (
    DIFFERENCE_TOLERANCE,
    SINGLE_TOLERANCE,
    Path,
    extrapolated,
    in_dtype,
    moved,
    outputs,
    replaced,
    shifted,
    size,
    slope,
    units,
    variables,
    without_tensors,
)

import autograd_lite as ag
from autograd_lite.checkpointing import repeat
from autograd_lite.compiler.variant import compiled_result
from autograd_lite.rules import COMPOSITES, VJPS, name_of

ALL = {**CASES, **COMPOSITE_CASES}
CALLS = [pytest.param(f, call, id=f"{name_of(f)}-{i}") for f, calls in ALL.items() for i, call in enumerate(calls)]
ARGUMENTS = [
    pytest.param(f, call, path, id=f"{name_of(f)}-{i}-{'.'.join(map(str, path))}")
    for f, calls in ALL.items()
    for i, call in enumerate(calls)
    for path in variables(call)
]
ROWS = [c for c in CALLS if c.values[0] in CASES]


def with_tensors(call: Call) -> tuple[Call, dict[Path, ag.Tensor]]:
    found: dict[Path, ag.Tensor] = {}

    def make(path: Path, array: np.ndarray) -> ag.Tensor:
        return found.setdefault(path, ag.Tensor(array, requires_grad=True))

    return replaced(call, make), found


def weights_for(outs: list[Any]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 1.5, np.shape(out)) for out in outs]


def gradients(
    f: Any, call: Call, weights: list[Any], **options: Any
) -> tuple[dict[Path, ag.Tensor], dict[Path, ag.Tensor]]:
    """The engine's gradients of sum(weights * f), and the tensors they are by."""
    given, tensors = with_tensors(call)
    outs = outputs(f, given)
    parts = [
        np.sum(out * w)
        for w, out in zip(weights, outs, strict=True)
        if isinstance(out, ag.Tensor) and out.requires_grad
    ]
    if len(parts) == 1 and len(outs) == 1:
        found = ag.gradients(outs[0], tensors.values(), gradient=weights[0], **options)
    else:
        found = ag.gradients(sum(parts), tensors.values(), allow_unused=True, **options)
    return dict(zip(tensors, found, strict=True)), tensors


def test_every_rule_has_a_case():
    # The operations of a checkpoint's node and of a compiled function's result are no functions of arrays.
    assert CASES.keys() == VJPS.keys() - {repeat, compiled_result}


def test_every_composite_has_a_case():
    assert (
        COMPOSITE_CASES.keys() | {np.where, np.einsum} == COMPOSITES.keys()
    )  # spelled in some forms, with rows in others


@pytest.mark.parametrize("f", [pytest.param(f, id=name_of(f)) for f in ALL])
def test_the_cases_of_a_function_differentiate_something(f):
    assert any(size(array) for call in ALL[f] for array in variables(call).values())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f, call", CALLS)
def test_the_value_is_numpys_bit_for_bit(f, call, dtype):
    call = in_dtype(call, dtype)
    given, _ = with_tensors(call)
    for got, expected in zip(outputs(f, given), outputs(f, call), strict=True):
        expected = np.asarray(expected)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        assert got.data.tobytes() == expected.tobytes()


@pytest.mark.parametrize("f, call, path", ARGUMENTS)
def test_the_gradient_is_the_slope(f, call, path):
    weights = weights_for(outputs(f, call))
    expected, tolerance = slope(f, call, path, weights)
    got = gradients(f, call, weights)[0][path]
    assert (got.dtype, got.shape) == (np.float64, expected.shape)
    np.testing.assert_allclose(got.data, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("f, call", CALLS)
def test_in_single_precision_the_gradient_is_the_same_and_single(f, call):
    single = in_dtype(call, np.float32)
    weights = weights_for(outputs(f, call))
    expected = gradients(f, in_dtype(single, np.float64), weights)[0]
    got = gradients(f, single, weights)[0]
    scale = max(map(size, (g.data for g in expected.values())), default=0.0)
    for path, g in expected.items():
        assert (got[path].dtype, got[path].shape) == (np.float32, g.shape)
        np.testing.assert_allclose(got[path].data, g.data, rtol=0, atol=SINGLE_TOLERANCE * scale)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f, call", CALLS)
def test_the_recorded_gradient_is_the_eager_one(f, call, dtype):
    call = in_dtype(call, dtype)
    weights = weights_for(outputs(f, call))
    eager = gradients(f, call, weights)[0]
    recorded = gradients(f, call, weights, create_graph=True)[0]
    for path, g in eager.items():
        assert (recorded[path].dtype, recorded[path].shape) == (g.dtype, g.shape)
        np.testing.assert_allclose(recorded[path].data, g.data, rtol=4 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("f, call", ROWS)
def test_the_second_derivative_is_the_slope_of_the_first(f, call):
    """H = sum(v * dC/dx) over all arguments x: dH/dx against differences of the eager dC/dx."""
    weights = weights_for(outputs(f, call))
    first, tensors = gradients(f, call, weights, create_graph=True)
    along = directions(call)
    total = sum((np.sum(g * along[path]) for path, g in first.items()), ag.Tensor(0.0))
    found = ag.gradients(total, tensors.values(), allow_unused=True) if total.requires_grad else [None] * len(tensors)

    def total_at(call: Call) -> float:
        return float(sum(np.sum(g.data * along[path]) for path, g in gradients(f, call, weights)[0].items()))

    for (path, x), got in zip(variables(call).items(), found, strict=True):
        expected = np.zeros(x.shape)
        for index, unit in units(x):
            expected[index] = extrapolated(lambda t, path=path, unit=unit: total_at(moved(call, path, t * unit)))
        tolerance = DIFFERENCE_TOLERANCE * max(size(expected), abs(total_at(call)))
        np.testing.assert_allclose(0.0 * x if got is None else got.data, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("f, call", ROWS)
def test_the_gradient_is_linear_in_the_cotangent(f, call):
    """d sum(v * dC/dx) / d(cotangent) is the change of f along v."""
    weights = weights_for(outputs(f, call))
    seed = ag.Tensor(weights[0], requires_grad=True)
    first, _ = gradients(f, call, [seed], create_graph=True)
    along = directions(call)
    total = sum((np.sum(g * along[path]) for path, g in first.items()), ag.Tensor(0.0))
    got = ag.gradients(total, [seed], allow_unused=True)[0] if total.requires_grad else None

    def value(t: float) -> np.ndarray:
        return outputs(f, replaced(without_tensors(call), lambda path, array: shifted(array, t * along[path])))[0]

    expected = extrapolated(value)
    tolerance = DIFFERENCE_TOLERANCE * max(size(expected), size(value(0.0)))
    np.testing.assert_allclose(0.0 * expected if got is None else got.data, expected, rtol=0, atol=tolerance)


def directions(call: Call) -> dict[Path, np.ndarray]:
    rng = np.random.default_rng(1)
    return {path: rng.uniform(0.5, 1.0, array.shape) for path, array in variables(call).items()}
