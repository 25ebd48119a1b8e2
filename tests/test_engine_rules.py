"""Every row of the derivative tables against derivatives found without it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from cases import CASES, COMPOSITE_CASES
from cases_samples import Call
from reference import (
    DIFFERENCE_TOLERANCE,
    SINGLE_TOLERANCE,
    Path,
    direction_of,
    extrapolated,
    in_dtype,
    outputs,
    replaced,
    shifted,
    size,
    slopes,
    variables,
    without_tensors,
)

import autograd_lite as ag
from autograd_lite.checkpointing import repeat
from autograd_lite.function_names import name_of
from autograd_lite.ops.inverse import inverse_sigmoid
from autograd_lite.rules import COMPOSITES, VJPS
from autograd_lite.writes import unrecorded

F = Callable[..., Any]
ALL = {f: [*CASES.get(f, []), *COMPOSITE_CASES.get(f, [])] for f in (*CASES, *COMPOSITE_CASES)}
CALLS = [pytest.param(f, call, id=f"{name_of(f)}-{i}") for f, calls in ALL.items() for i, call in enumerate(calls)]
SOME = [pytest.param(f, call, id=f"{name_of(f)}-{i}") for f, calls in ALL.items() for i, call in enumerate(calls[:3])]
ROWS = [pytest.param(f, call, id=f"{name_of(f)}-{i}") for f, calls in CASES.items() for i, call in enumerate(calls)]

NOTHING_TO_DIFFERENTIATE = {
    np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges, np.where, np.intersect1d,
}  # fmt: skip
"""Composites that refuse what requires a gradient, or give positions, or nothing once a value moves."""


def with_tensors(call: Call) -> tuple[Call, dict[Path, ag.Tensor]]:
    found: dict[Path, ag.Tensor] = {}

    def make(path: Path, array: np.ndarray) -> ag.Tensor:
        return found.setdefault(path, ag.Tensor(array, requires_grad=True))

    return replaced(call, make), found


def weights_for(outs: list[Any]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 1.5, np.shape(out)) for out in outs]


def gradients(f: F, call: Call, weights: list[Any], **options: Any) -> dict[Path, ag.Tensor]:
    """The engine's gradients of sum(weights * f)."""
    given, tensors = with_tensors(call)
    return dict(zip(tensors, gradients_by(outputs(f, given), weights, tensors, **options), strict=True))


def gradients_by(
    outs: list[Any], weights: list[Any], tensors: dict[Path, ag.Tensor], **options: Any
) -> list[ag.Tensor]:
    if len(outs) == 1:
        return ag.gradients(outs[0], tensors.values(), gradient=weights[0], **options)
    live = [(o, w) for o, w in zip(outs, weights, strict=True) if isinstance(o, ag.Tensor) and o.requires_grad]
    found = ag.gradients(sum(np.sum(o * w) for o, w in live), tensors.values(), allow_unused=True, **options)
    return [np.zeros_like(t) if g is None else g for t, g in zip(tensors.values(), found, strict=True)]


class Twice(NamedTuple):
    """The recorded gradients G of C = sum(weights * f), and the derivatives of H = sum(v * G)."""

    first: dict[Path, np.ndarray]
    by_arguments: dict[Path, np.ndarray]
    by_weights: list[np.ndarray]


_twice: dict[tuple[F, int], Twice] = {}


def twice(f: F, call: Call) -> Twice:
    """Computed once for all the tests of a call."""
    if (f, id(call)) not in _twice:
        given, tensors = with_tensors(call)
        outs = outputs(f, given)
        seeds = [ag.Tensor(w, requires_grad=True) for w in weights_for(outs)]
        first = dict(zip(tensors, gradients_by(outs, seeds, tensors, create_graph=True), strict=True))
        total = sum((np.sum(g * direction_of(g.data)) for g in first.values()), ag.Tensor(0.0))
        inputs = [*tensors.values(), *seeds]
        found = ag.gradients(total, inputs, allow_unused=True) if total.requires_grad else [None] * len(inputs)
        second = [np.zeros(t.shape) if g is None else g.data for t, g in zip(inputs, found, strict=True)]
        by_arguments = dict(zip(tensors, second[: len(tensors)], strict=True))
        _twice[f, id(call)] = Twice({path: g.data for path, g in first.items()}, by_arguments, second[len(tensors) :])
    return _twice[f, id(call)]


def test_every_rule_has_a_case():
    packages = {
        "numpy",
        "autograd_lite",
        "_operator",
        "None",
    }  # neither layers, which have tests of their own, nor users
    rules = {f for f in VJPS if str(getattr(f, "__module__", None)).partition(".")[0] in packages}
    of_nodes = {
        repeat,
        inverse_sigmoid,
        unrecorded,
    }  # of a checkpoint, of results of the sigmoid alone, without derivative
    assert CASES.keys() == rules - of_nodes


def test_every_composite_has_a_case():
    at = {f.at for f in vars(np).values() if isinstance(f, np.ufunc)}  # which test_engine_ufunc_at.py goes through
    assert COMPOSITE_CASES.keys() == COMPOSITES.keys() - NOTHING_TO_DIFFERENTIATE - at


@pytest.mark.parametrize("f", [pytest.param(f, id=name_of(f)) for f in ALL])
def test_the_cases_of_a_function_differentiate_something(f):
    assert any(size(array) for call in ALL[f] for array in variables(call).values())


def same_bits(f: F, call: Call) -> None:
    given, _ = with_tensors(call)
    for got, expected in zip(outputs(f, given), outputs(f, call), strict=True):
        expected = np.asarray(expected)
        value = np.asarray(got.data if isinstance(got, ag.Tensor) else got)
        assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
        assert value.tobytes() == expected.tobytes()


@pytest.mark.parametrize("f, call", CALLS)
def test_the_value_is_numpys_bit_for_bit(f, call):
    same_bits(f, call)


@pytest.mark.parametrize("f, call", CALLS)
def test_in_single_precision_the_value_is_numpys_bit_for_bit(f, call):
    same_bits(f, in_dtype(call, np.float32))


@pytest.mark.parametrize("f, call", CALLS)
def test_the_gradient_is_the_slope(f, call):
    weights = weights_for(outputs(f, call))
    for path, got in gradients(f, call, weights).items():
        expected = slopes(f, call, path, weights)
        assert (got.dtype, got.shape) == (np.float64, variables(call)[path].shape)
        np.testing.assert_allclose(expected.along(got.data), expected.values, rtol=0, atol=expected.tolerance)


@pytest.mark.parametrize("f, call", SOME)
def test_in_single_precision_the_gradient_is_the_same_and_single(f, call):
    single = in_dtype(call, np.float32)
    weights = weights_for(outputs(f, call))
    expected = gradients(f, in_dtype(single, np.float64), weights)
    got = gradients(f, single, weights)
    scale = max(map(size, (g.data for g in expected.values())), default=0.0)
    for path, g in expected.items():
        assert (got[path].dtype, got[path].shape) == (np.float32, g.shape)
        np.testing.assert_allclose(got[path].data, g.data, rtol=0, atol=SINGLE_TOLERANCE * scale)


@pytest.mark.parametrize("f, call", SOME)
def test_in_single_precision_the_recorded_gradient_is_the_eager_one(f, call):
    single = in_dtype(call, np.float32)
    weights = weights_for(outputs(f, call))
    recorded = gradients(f, single, weights, create_graph=True)
    for path, g in gradients(f, single, weights).items():
        assert (recorded[path].dtype, recorded[path].shape) == (g.dtype, g.shape)
        np.testing.assert_allclose(recorded[path].data, g.data, rtol=4 * np.finfo(np.float32).eps, atol=0)


@pytest.mark.parametrize("f, call", CALLS)
def test_the_recorded_gradient_is_the_eager_one(f, call):
    recorded = twice(f, call).first
    for path, g in gradients(f, call, weights_for(outputs(f, call))).items():
        assert (recorded[path].dtype, recorded[path].shape) == (g.dtype, g.shape)
        np.testing.assert_allclose(recorded[path], g.data, rtol=4 * np.finfo(np.float64).eps, atol=0)


@pytest.mark.parametrize("f, call", ROWS)
def test_the_second_derivative_is_the_slope_of_the_first(f, call):
    """The change of H = sum(v * dC/dx) along a direction, against differences of the eager dC/dx."""
    found = twice(f, call).by_arguments
    weights = weights_for(outputs(f, call))

    def total_at(t: float) -> float:
        there = replaced(call, lambda path, x: shifted(x, t * direction_of(x)))
        return float(sum(np.sum(g.data * direction_of(g.data)) for g in gradients(f, there, weights).values()))

    along = [np.sum(g * direction_of(g)) for g in found.values()]
    expected = extrapolated(total_at)
    level = max(size(g) for g in twice(f, call).first.values()) if found else 0.0
    tolerance = DIFFERENCE_TOLERANCE * max(size(along), abs(expected), level)
    np.testing.assert_allclose(sum(along), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("f, call", ROWS)
def test_the_gradient_is_linear_in_the_cotangent(f, call):
    """d sum(v * dC/dx) / d(cotangent) is the change of f along v."""
    found = twice(f, call).by_weights

    def value(t: float) -> np.ndarray:
        there = replaced(without_tensors(call), lambda path, x: shifted(x, t * direction_of(x)))
        return outputs(f, there)[0]

    expected = extrapolated(value)
    tolerance = DIFFERENCE_TOLERANCE * max(size(expected), size(value(0.0)))
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=tolerance)
