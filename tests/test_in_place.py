"""Programs that write in place as in NumPy: their values, first and second derivatives, compiled, and what must not matter."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from cases_in_place import CASES, Array, Case
from layouts import LAYOUTS

import autograd_lite as ag

STEP = 1e-30
COMPILED = [name for name, case in CASES.items() if not case.by_values]
every_program = pytest.mark.parametrize("name", CASES)
every_compiled_program = pytest.mark.parametrize("name", COMPILED)
Arrays = tuple[Array, ...]


def outputs(f: Callable[..., Any], args: Any) -> list[Any]:
    """What the program returns, as a list."""
    found = f(*args)
    return list(found) if isinstance(found, tuple) else [found]


def weighted(outs: list[Any]) -> Any:
    """The sum of all elements with another weight for each."""
    return sum(np.sum(v * np.cos(1.0 + k + np.arange(np.size(v))).reshape(np.shape(v))) for k, v in enumerate(outs))


def cost_of(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: weighted(outputs(f, args))


def places(case: Case) -> tuple[int, ...]:
    return tuple(range(len(case.first())))


def gradient_of(f: Callable[..., Any], args: Any) -> Arrays:
    return ag.grad(cost_of(f), tuple(range(len(args))))(*args)  # type: ignore[no-any-return]


def directions(args: Arrays, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(0.4, 1.0, a.shape) * rng.choice([-1.0, 1.0], a.shape) for a in args)


def moved(args: Arrays, along: Arrays, t: Any, layout: Callable[[Array], Array] = np.copy) -> Arrays:
    return tuple(layout(np.asarray(a + t * d)) for a, d in zip(args, along, strict=True))


def along_of(gradient: Any, along: Arrays) -> Any:
    """The slope along a direction."""
    return sum(np.sum(g * d) for g, d in zip(gradient, along, strict=True))


def by_differences(f: Callable[[float], float]) -> float:
    """f'(0) by central differences that are extrapolated to a step of zero."""
    row = [(f(h) - f(-h)) / (2 * h) for h in (1e-3, 5e-4, 2.5e-4)]
    for order in (4, 16):
        row = [finer + (finer - coarser) / (order - 1) for coarser, finer in pairwise(row)]
    return row[0]


def slope(case: Case, args: Arrays, along: Arrays, layout: Callable[[Array], Array] = np.copy) -> float:
    """The derivative of the cost along a direction, found by NumPy alone."""
    f = cost_of(case.f)
    if case.not_analytic:
        return by_differences(lambda t: float(f(*moved(args, along, t, layout))))
    return float(np.imag(f(*moved(args, along, 1j * STEP, layout))) / STEP)


def gradient_by_numpy(case: Case, args: Arrays, layout: Callable[[Array], Array] = np.copy) -> Arrays:
    """The gradient, element by element."""
    found = tuple(np.zeros(a.shape) for a in args)
    for n, a in enumerate(args):
        for i in np.ndindex(a.shape):
            along = tuple(np.zeros(b.shape) for b in args)
            along[n][i] = 1.0
            found[n][i] = slope(case, args, along, layout)
    return found


@cache
def expected_gradient(name: str) -> Arrays:
    return gradient_by_numpy(CASES[name], CASES[name].first())


def close(found: Any, expected: Any, digits: float) -> None:
    """Do they agree, compared with the largest element?"""
    for a, b in zip(found, expected, strict=True):
        a, b = np.asarray(getattr(a, "array", a)), np.asarray(b)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=digits, atol=digits * max(1.0, np.max(np.abs(b), initial=0.0)))


def digits_of(case: Case) -> float:
    return 1e-7 if case.not_analytic else 1e-12


def tensors(args: Any) -> list[ag.Tensor]:
    return [ag.Tensor(a, requires_grad=True) for a in args]


# --- Values and derivatives ---------------------------------------------------------------------------------------------


@every_program
@pytest.mark.parametrize("recorded", [True, False])
def test_the_values_are_numpys(name, recorded):
    case = CASES[name]
    expected = outputs(case.f, case.first())
    with ag.enable_grad() if recorded else ag.no_grad():
        found = outputs(case.f, tensors(case.first()))
    close(found, expected, 1e-14)
    assert [v.dtype for v in found] == [np.asarray(v).dtype for v in expected]


@every_program
def test_the_arguments_are_left_as_they_were(name):
    args = tensors(CASES[name].first())
    cost_of(CASES[name].f)(*args).backward()
    close(args, CASES[name].first(), 0.0)


@every_program
def test_the_gradient_is_that_of_a_complex_step(name):
    case = CASES[name]
    close(gradient_of(case.f, case.first()), expected_gradient(name), digits_of(case))


@every_program
def test_backward_gives_the_same_as_grad(name):
    args = tensors(CASES[name].first())
    cost_of(CASES[name].f)(*args).backward()
    found = [np.zeros(a.shape) if a.grad is None else a.grad for a in args]
    close(found, gradient_of(CASES[name].f, CASES[name].first()), 1e-15)


@every_program
def test_a_pass_that_is_recorded_gives_the_same(name):
    args = tensors(CASES[name].first())
    cost = cost_of(CASES[name].f)(*args)
    found = ag.gradients(cost, args, create_graph=True, allow_unused=True)
    found = [np.zeros(a.shape) if g is None else g for a, g in zip(args, found, strict=True)]
    close(found, expected_gradient(name), digits_of(CASES[name]))


@every_program
def test_the_second_derivative_is_that_of_complex_steps_apart(name):
    """Slopes by NumPy alone, at points a little apart."""
    case = CASES[name]
    args = case.first()
    u, v = directions(args, 1), directions(args, 2)
    found = along_of(ag.hvp(cost_of(case.f), args, v), u)
    if case.not_analytic:  # then the engine's slopes, which another test compares with differences
        expected = by_differences(lambda t: along_of(gradient_of(case.f, moved(args, v, t)), u))
    else:
        expected = by_differences(lambda t: slope(case, moved(args, v, t), u))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)


@every_program
def test_grad_of_grad_is_the_hessian_times_a_vector(name):
    case = CASES[name]
    args = case.first()
    v = directions(args, 2)

    def slope_along(*xs: Any) -> Any:
        found = ag.grad(cost_of(case.f), places(case))(*xs)
        return along_of(found, v)

    close(ag.grad(slope_along, places(case))(*args), ag.hvp(cost_of(case.f), args, v), 1e-12)


@every_program
def test_the_forward_mode_gives_the_same_slope(name):
    case = CASES[name]
    args = case.first()
    along = directions(args, 1)
    _, found = ag.jvp(cost_of(case.f), args, along)
    expected = along_of(expected_gradient(name), along)
    np.testing.assert_allclose(found, expected, rtol=10 * digits_of(case), atol=10 * digits_of(case))


# --- Compiled -----------------------------------------------------------------------------------------------------------


@every_compiled_program
@pytest.mark.parametrize("mode", ["gradient", "values", "second derivative"])
def test_compiled_it_gives_the_same_with_other_numbers_too(name, mode):
    case = CASES[name]
    v = directions(case.first(), 2)
    f = {
        "gradient": ag.value_and_grad(cost_of(case.f), places(case)),
        "values": lambda *args: outputs(case.f, args),
        "second derivative": lambda *args: ag.hvp(cost_of(case.f), args, v),
    }[mode]
    compiled = ag.compile(f)
    for args in (case.first(), case.second(), case.first()):
        args = [ag.Tensor(a) for a in args] if mode == "values" else args
        for found, expected in zip(compiled(*args), f(*args), strict=True):
            close(
                found if isinstance(found, tuple) else [found],
                expected if isinstance(found, tuple) else [expected],
                1e-12,
            )


@pytest.mark.parametrize("name", [name for name in CASES if name not in COMPILED])
def test_a_program_whose_course_depends_on_values_is_not_compiled(name):
    case = CASES[name]
    with pytest.raises(ag.CompileError):
        ag.compile(ag.value_and_grad(cost_of(case.f), places(case)))(*case.first())


# --- What must not matter -----------------------------------------------------------------------------------------------


@every_program
@pytest.mark.parametrize("layout", ["Fortran", "transposed", "backward", "strided", "read-only", "mixed"])
def test_other_layouts_give_what_numpy_gives(name, layout):
    """NumPy runs on the same layout, on which it depends what a reshape shares."""
    case, lay = CASES[name], LAYOUTS[layout]
    args = tuple(map(lay, case.first()))
    close(outputs(case.f, tensors(args)), outputs(case.f, args), 1e-13)
    along = directions(args, 1)
    found = along_of(gradient_of(case.f, args), along)
    expected = slope(case, case.first(), along, lay)
    np.testing.assert_allclose(found, expected, rtol=10 * digits_of(case), atol=10 * digits_of(case))


def line_by_line(f: Callable[..., Any], look: Callable[[ag.Tensor], Any]) -> Callable[..., Any]:
    """The program, whose variables are looked at before each of its lines."""

    def at_line(frame: Any, event: str, given: Any) -> Any:
        for v in list(frame.f_locals.values()):
            if isinstance(v, ag.Tensor):
                look(v)
        return at_line

    def run(*args: Any) -> Any:
        before = sys.gettrace()
        sys.settrace(lambda frame, *_: at_line if frame.f_code is f.__code__ else None)
        try:
            return f(*args)
        finally:
            sys.settrace(before)

    return run


class Hooks:
    """Hangs a hook on every Tensor that it sees for the first time."""

    def __init__(self) -> None:
        self.seen: list[ag.Tensor] = []
        self.calls = 0

    def called(self, g: Any) -> None:
        self.calls += 1

    def __call__(self, t: ag.Tensor) -> None:
        if t.requires_grad and not any(t is s for s in self.seen):
            t.register_hook(self.called)
            self.seen.append(t)


def retained(t: ag.Tensor) -> None:
    if t.requires_grad:
        t.retain_grad()


LOOKS: dict[str, Callable[[], Callable[[ag.Tensor], Any]]] = {
    "hooks": Hooks,
    "names": lambda: lambda t: t.named("first layer"),
    "kept gradients": lambda: retained,
    "values read": lambda: lambda t: (t.data, t.op, t.inputs, repr(t)),
}


@every_program
@pytest.mark.parametrize("look", LOOKS)
def test_who_looks_at_what_is_computed_changes_nothing(name, look):
    """But rounding: a view that is read earlier is taken anew earlier, and contributions are added in another order."""
    case = CASES[name]
    args = tensors(case.first())
    cost_of(line_by_line(case.f, LOOKS[look]()))(*args).backward()
    found = [np.zeros(a.shape) if a.grad is None else a.grad for a in args]
    close(found, gradient_of(case.f, case.first()), 1e-14)


@every_program
def test_hooks_on_what_is_computed_are_called(name):
    hooks = Hooks()
    cost_of(line_by_line(CASES[name].f, hooks))(*tensors(CASES[name].first())).backward()
    assert hooks.calls


@every_program
def test_a_scope_and_names_of_the_arguments_change_no_bit(name):
    case = CASES[name]
    args = [t.named(text) for t, text in zip(tensors(case.first()), ("x", "W\n", "a²", "np"), strict=False)]
    with ag.scope("first layer"):
        cost_of(case.f)(*args).backward()
    found = [np.zeros(a.shape) if a.grad is None else a.grad for a in args]
    close(found, gradient_of(case.f, case.first()), 0.0)


@every_program
@pytest.mark.parametrize("compiled", [False, True])
def test_a_checkpoint_changes_nothing(name, compiled):
    case = CASES[name]
    f = ag.value_and_grad(cost_of(ag.checkpoint(case.f)), places(case))
    if compiled and case.by_values:
        with pytest.raises(ag.CompileError):
            ag.compile(f)(*case.first())
        return
    value, found = (ag.compile(f) if compiled else f)(*case.first())
    np.testing.assert_allclose(value, cost_of(case.f)(*case.first()), rtol=1e-13)
    close(found, expected_gradient(name), digits_of(case))


@every_program
def test_the_second_derivative_goes_through_a_checkpoint(name):
    case = CASES[name]
    args = case.first()
    v = directions(args, 2)
    found = ag.hvp(cost_of(ag.checkpoint(case.f)), args, v)
    close(found, ag.hvp(cost_of(case.f), args, v), 1e-12)


@every_program
def test_inside_another_gradient_it_is_the_same(name):
    """A gradient by constants inside, which runs the same program, leaves the outer one alone."""
    case = CASES[name]
    args = case.first()
    f = cost_of(case.f)

    def outer(*xs: Any) -> Any:
        inner = ag.grad(f, places(case))(*args)
        return f(*xs) + sum(np.sum(g) for g in inner)

    close(ag.grad(outer, places(case))(*args), expected_gradient(name), digits_of(case))


@every_program
def test_the_arguments_may_be_computed(name):
    case = CASES[name]
    args = tensors(case.first())
    computed = [a * 2.0 for a in args]
    cost_of(case.f)(*[np.copy(c * 0.5) for c in computed]).backward()
    found = [np.zeros(a.shape) if a.grad is None else a.grad for a in args]
    close(found, expected_gradient(name), digits_of(case))


@every_program
def test_two_threads_do_not_disturb_each_other(name):
    case = CASES[name]
    data = [case.first(), case.second()]
    expected = [gradient_of(case.f, args) for args in data]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(gradient_of, case.f, data[n % 2]) for n in range(6)]
        for n, job in enumerate(jobs):
            close(job.result(), expected[n % 2], 0.0)


@every_program
def test_one_leaf_of_two_threads_gets_both_gradients(name):
    case = CASES[name]
    args = tensors(case.first())
    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(lambda: cost_of(case.f)(*args).backward()) for _ in range(2)]:
            job.result()
    found = [np.zeros(a.shape) if a.grad is None else a.grad for a in args]
    close(found, [2.0 * g for g in gradient_of(case.f, case.first())], 1e-15)


@every_program
def test_the_same_numbers_in_one_vector_give_the_same_gradient(name):
    """The arguments are views of one Tensor, and are not written."""
    case = CASES[name]
    args = case.first()
    ends = np.cumsum([a.size for a in args])

    def of_vector(x: Any) -> Any:
        parts = np.split(x, ends[:-1])
        return cost_of(case.f)(*[p.reshape(a.shape) for p, a in zip(parts, args, strict=True)])

    vector = np.concatenate([np.ravel(a) for a in args])
    found = np.split(ag.grad(of_vector)(vector), ends[:-1])
    close([g.reshape(a.shape) for g, a in zip(found, args, strict=True)], expected_gradient(name), digits_of(case))
