"""Checks of values and first derivatives: against NumPy and the oracles, and of everything that must not matter."""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

import autograd_lite as ag

from . import oracles
from .comparing import Disagreement, Inapplicable, Refused, Untranslated, must_agree, must_be_same_bits
from .program import LAYOUTS, laid_out
from .subject import ENGINE, Subject


def value(s: Subject, rng: Random) -> None:
    """Everything that the program makes has NumPy's values, shapes and dtypes."""
    expected = oracles.value(s.program, s.first, cost=False)
    found = s.function(cost=False)(*s.tensors(s.first))
    must_agree("the value", found, expected, s.scale, lambda n: oracles.value(s.program, s.first, cost=False, noise=n))


def gradient(s: Subject, rng: Random) -> None:
    """The gradient along a direction is what a complex step finds, or differences where a function is not analytic."""
    _, found = s.eager
    for array, g in zip(s.arrays(s.first), found, strict=True):
        if (g.shape, g.dtype) != (array.shape, array.dtype):
            raise Disagreement(f"the gradient of {array.dtype} {array.shape} is {g.dtype} {g.shape}")
    _slopes_are_right(s, found)


def _slopes_are_right(s: Subject, found: list[Any]) -> None:
    try:
        _slopes_agree(s, found)
    except Disagreement:
        oracles.must_be_linear(s.program, s.first)
        raise


def _slopes_agree(s: Subject, found: list[Any]) -> None:
    for seed in (1, 2):
        along = oracles.directions(s.program, seed)
        expected, error, again = oracles.slope(s.program, s.first, along)
        slope = _slope_of(found, along)
        if again is None:
            if not abs(slope - expected) <= error + s.scale.bound([*found, np.asarray(expected)]):
                must_agree(
                    f"the slope, where differences are right to {error:.1e}",
                    np.asarray(slope),
                    np.asarray(expected),
                    s.scale,
                    lambda n, along=along: np.asarray(_slope_of(s.eager_with_noise(n)[1], along)),
                )
        else:
            must_agree(
                "the slope",
                np.asarray(slope),
                np.asarray(expected),
                s.scale,
                lambda n, again=again: np.asarray(again(n)),
            )


def _slope_of(gradients: list[Any], along: list[Any]) -> float:
    return sum(float(np.sum(g.astype(float) * d)) for g, d in zip(gradients, along, strict=True))


def recorded(s: Subject, rng: Random) -> None:
    """A recorded backward pass gives the same, a second pass twice the gradient, and one input alone its own."""
    _, expected = s.eager
    leaves = s.tensors(s.first)
    arrays = [leaves[n] for n in s.places]
    cost = s.function()(*leaves)
    found = ag.gradients(cost, arrays, create_graph=True, allow_unused=True)
    zeros = [np.zeros_like(a) if g is None else g.array for g, a in zip(found, s.arrays(s.first), strict=True)]
    must_agree("the recorded gradient", zeros, expected, s.scale, lambda n: s.eager_with_noise(n)[1])
    cost.backward(retain_graph=True)
    cost.backward()
    twice = [np.zeros_like(t.array) if t.grad is None else t.grad.array for t in arrays]
    must_be_same_bits("the gradient of two passes", twice, [g + g for g in expected])
    n = rng.randrange(len(s.places))
    if s.needs_a_graph:
        return
    alone = ag.grad(s.function(), argnums=s.places[n])(*s.constants(s.first))
    must_agree("the gradient by one argument", alone.array, expected[n], s.scale, lambda k: s.eager_with_noise(k)[1][n])


def without_recording(s: Subject, rng: Random) -> None:
    """Under no_grad the values have the same bits."""
    expected, _ = s.eager
    if s.needs_a_graph:
        raise Inapplicable("ag.gradients takes a graph that was recorded")
    with ag.no_grad():
        found = s.function()(*s.tensors(s.first))
    if any(
        each.plain is not None for each in s.program.statements
    ):  # a gradient inside is then not recorded, and rounds otherwise
        must_agree("the value under no_grad", found, expected, s.scale, lambda n: s.eager_with_noise(n)[0])
    else:
        must_be_same_bits("the value under no_grad", found, expected)


def watched(s: Subject, rng: Random) -> None:
    """Hooks that return nothing, names of any text, scopes and kept gradients change no bit, but where views are written."""
    names = iter(s.program.names * 10)
    calls = []

    def watch(v: Any) -> Any:
        if isinstance(v, ag.Tensor):
            v.named(next(names, None))
            if v.requires_grad and rng.random() < 0.7:
                v.register_hook(lambda g: calls.append(g.shape))
                if rng.random() < 0.3:
                    v.retain_grad()
        return v

    f = s.program.function({**ENGINE, "watch": watch}, watched=True)
    found = s.backward(f, s.first, s.program.names, keep_grads=rng.random() < 0.3)
    if (
        s.program.keeps_views
    ):  # a view that is looked at is taken anew earlier, and contributions are added in another order
        must_agree("with names and hooks", found, s.eager, s.scale, s.eager_with_noise)
    else:
        must_be_same_bits("with names and hooks", found, s.eager)


def layouts(s: Subject, rng: Random) -> None:
    """Where the numbers lie in memory changes nothing but rounding, and what is a view, which NumPy tells."""
    layouts = [rng.choice([k for k in LAYOUTS if k != "zero strides"]) for _ in s.program.inputs]
    if s.program.keeps_views:
        inputs = [replace(i, layout=layout) for i, layout in zip(s.program.inputs, layouts, strict=True)]
        _as_numpy_in_this_layout(Subject(replace(s.program, inputs=tuple(inputs))))
        return
    data = [laid_out(np.array(a), layouts[n]) if n in s.places else a for n, a in enumerate(s.first)]
    again = s.eager_with_noise
    must_agree("in other layouts", s.backward(s.function(), data), s.eager, s.scale, again)
    must_agree(
        "grad in other layouts",
        ag.value_and_grad(s.function(), s.places)(*data),
        _as_functions_give(s.eager),
        s.scale,
        lambda n: _as_functions_give(again(n)),
    )


def _as_numpy_in_this_layout(s: Subject) -> None:
    given = s.program.first()
    try:
        expected = oracles.value(s.program, given)
    except ValueError:
        raise Inapplicable("in this layout NumPy writes into what is read-only") from None
    if any(np.any(a != b) for a, b in zip(given, s.first, strict=True)):
        raise Inapplicable("in this layout NumPy writes into an argument")
    again: Callable[[int], Any] = lambda n: oracles.value(s.program, s.first, noise=n)
    must_agree("the value in this layout", s.eager[0], np.asarray(expected), s.scale, again)
    _slopes_are_right(s, s.eager[1])


def _as_functions_give(found: tuple[Any, list[Any]]) -> tuple[Any, tuple[Any, ...]]:
    return found[0], tuple(found[1])


def checkpoints(s: Subject, rng: Random) -> None:
    """A checkpoint around the whole changes nothing, to the second order."""
    f = ag.checkpoint(s.function())
    must_agree("with a checkpoint", s.backward(f, s.first), s.eager, s.scale, s.eager_with_noise)
    _same_curvature(s, f)


def _same_curvature(s: Subject, f: Callable[..., Any]) -> None:
    vectors = tuple(
        d.astype(i.value.dtype) for d, i in zip(oracles.directions(s.program, 3), s.program.arrays, strict=True)
    )
    primals = tuple(s.arrays(s.first))
    product: Callable[[Any], Any] = lambda g: ag.hvp(s.of_arrays(g, s.first), primals, vectors)
    must_agree("its second derivative", product(f), product(s.function()), s.scale, lambda n: product(s.noisy(n)))


def containers(s: Subject, rng: Random) -> None:
    """Arguments and results in nested containers, of the function and compiled."""
    f = s.function()
    order = list(range(len(s.first)))
    numbers = [n for n in order if n not in s.places]

    def packed(data: list[Any]) -> Any:
        arrays = [data[n] for n in s.places]
        return {"a": arrays[0], "rest": [tuple(arrays[1:]), {}]}

    def unpacked(tree: Any, fixed: list[Any]) -> list[Any]:
        arrays, rest = iter([tree["a"], *tree["rest"][0]]), iter(fixed)
        return [next(rest) if n in numbers else next(arrays) for n in order]

    def cost(tree: Any, fixed: list[Any]) -> Any:
        return f(*unpacked(tree, fixed))

    both = ag.value_and_grad(cost)
    made = ag.compile(both) if rng.random() < 0.3 else both
    for data in (s.first, s.second):
        total, tree = made(packed(data), [data[n] for n in numbers])
        expected = ag.value_and_grad(f, s.places)(*data)
        found = total, (tree["a"], *tree["rest"][0])
        must_agree(
            "in containers",
            found,
            expected,
            s.scale,
            lambda n, data=data: ag.value_and_grad(s.noisy(n), s.places)(*data),
        )


def batched(s: Subject, rng: Random) -> None:
    """per_example_gradients gives the gradient of each example by itself."""
    f = s.function()
    params = [s.first[n] for n in s.places[1:]]
    first = s.places[0]
    x, y = s.first[first], s.second[first]
    data = np.stack([x, y, 0.5 * x + 0.3 * y, x])

    def with_example(g: Callable[..., Any], example: Any, given: Any) -> Any:
        rest = iter(given)
        return g(*[example if n == first else next(rest) if n in s.places else a for n, a in enumerate(s.first)])

    if not params or s.needs_a_graph:
        raise Inapplicable("there is one array only, or ag.gradients takes a graph that was recorded")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ag.LoopWarning)
        try:
            found = ag.per_example_gradients(
                lambda given, d: with_example(f, d[0, ...], given), params, ag.Tensor(data)
            )
        except ag.LoopWarning as warning:
            raise Refused(str(warning)) from None
    for i, example in enumerate(data):
        expected = ag.grad(lambda given, e=example: with_example(f, ag.Tensor(e), given))(params)
        must_agree(f"example {i}", [g[i] for g in found], expected, s.scale,
                   lambda n, e=example: ag.grad(lambda given: with_example(s.noisy(n), ag.Tensor(e),
                   given))(params))  # fmt: skip


def pytorch(s: Subject, rng: Random) -> None:
    """The gradient is PyTorch's, element by element."""
    if s.program.eps > 1e-10:
        raise Untranslated("PyTorch's own rules for mixed precision")
    expected = oracles.torch_gradients(s.program, s.first, s.plain_value)
    try:
        must_agree("PyTorch's gradient", s.eager[1], expected, s.scale, lambda n: s.eager_with_noise(n)[1])
    except Disagreement:
        oracles.must_be_linear(s.program, s.first)
        _slopes_agree(s, s.eager[1])
        raise Untranslated(
            "PyTorch's slope is not that of a complex step, or of differences, which the engine's is"
        ) from None


def shared_leaves(s: Subject, rng: Random) -> None:
    """Backward passes of several threads over the same leaves add up."""
    leaves = s.tensors(s.first)
    f = s.function()
    _, expected = s.eager

    def passes() -> None:
        for _ in range(8):
            f(*leaves).backward()

    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(passes) for _ in range(4)]:
            job.result()
    for n, g in zip(s.places, expected, strict=True):
        found = leaves[n].grad
        must_agree(
            "32 passes",
            np.zeros_like(g) if found is None else found.array,
            (32 * g).astype(g.dtype),
            s.scale,
            lambda k, g=g: 32 * g,
        )
