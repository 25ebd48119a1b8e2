"""Every function of the tables, compiled with its gradient, and run on the data it was recorded with and on others."""

from typing import Any

import numpy as np
import pytest
from cases import CASES, COMPOSITE_CASES
from cases_samples import Call, Fixed
from programs import arrays_of, same_bits, source_result
from reference import replaced, variables
from versions import SUMS_INTO_BUFFERS_ALIKE

import autograd_lite as ag
from autograd_lite.function_names import name_of

BY_VALUES = (
    "depends on values",
    "looks at the value",
)
"""What the errors say for calls whose shapes or steps follow from values, which no program can follow."""


def gradients_of(f: Any, call: Call) -> tuple[Any, list[np.ndarray]]:
    """A function of the arrays of a call: the value of f, and its gradients weighted by cos 1, cos 2, ..."""
    paths = list(variables(call))

    def step(arrays: list[Any]) -> Any:
        there = dict(zip(paths, arrays, strict=True))

        def value(*xs: Any) -> Any:
            given = dict(zip(paths, xs, strict=True))
            args, keywords = replaced(call, lambda path, a: given[path])
            unfixed = lambda part: (
                part.array
                if isinstance(part, Fixed)
                else type(part)(map(unfixed, part))
                if type(part) in (list, tuple)
                else part
            )
            out = f(*map(unfixed, args), **{k: unfixed(v) for k, v in keywords.items()})
            parts = out if isinstance(out, list | tuple) else [out]
            return [p for p in parts if isinstance(p, ag.Tensor) and p.dtype.kind == "f" and p.requires_grad]

        outputs, pullback = ag.vjp(value, *there.values())
        weights = [np.cos(np.arange(1.0, np.size(o) + 1.0)).reshape(np.shape(o)).astype(o.dtype) for o in outputs]
        return outputs, pullback(weights)

    return step, list(variables(call).values())


def other(a: np.ndarray) -> np.ndarray:
    """Other numbers in another order, and no larger, in an array that lies in memory in the same way."""
    made = np.empty_like(a)
    made[...] = np.flip(a) * np.asarray(0.9, a.dtype) if a.dtype.kind == "f" else a
    return made


def close(found: Any, expected: Any) -> None:
    for a, b in zip(arrays_of(found), arrays_of(expected), strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=1.0)
        np.testing.assert_allclose(a, b, rtol=0, atol=200 * np.finfo(b.dtype).eps * scale)


ALL = [
    pytest.param(f, call, id=f"{name_of(f)}-{i}")
    for f, calls in {**CASES, **COMPOSITE_CASES}.items()
    for i, call in enumerate(calls)
]


@pytest.mark.parametrize("f, call", ALL)
def test_an_operation_and_its_gradient_compile(f, call):
    step, arrays = gradients_of(f, call)
    try:
        expected = step(arrays)
    except RuntimeError as error:
        assert "cannot be written" in str(error)
        pytest.skip("writes into its argument, which is a variable here")
    compiled = ag.compile(step)
    try:
        found = compiled(arrays)
    except ag.CompileError as error:
        assert any(reason in str(error) for reason in BY_VALUES)
        return
    close(found, expected)
    from_source = source_result(compiled, arrays)
    if SUMS_INTO_BUFFERS_ALIKE or all(step >= 0 for array in arrays_of(arrays) for step in array.strides):
        assert same_bits(from_source, found)
    else:
        close(found, from_source)
    others = [other(a) for a in arrays]
    try:
        expected = step(others)
    except (ValueError, np.linalg.LinAlgError):  # some functions take certain values only
        return
    close(compiled(others), expected)
