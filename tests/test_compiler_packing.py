"""Updates of arrays that lie side by side, done at once."""

from operator import getitem
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.compiler import Program, Runnable, Value, Write
from autograd_lite.compiler.interpreter import evaluate
from autograd_lite.compiler.packing import EXACT, LARGEST, packed, side_by_side
from autograd_lite.compiler.program import make

rng = np.random.default_rng(0)
SHAPES = [(4, 3), (4,), (2, 4)]


def arrays(name, shapes=SHAPES, dtype=np.float64):
    return [Value(None, (), {}, rng.random(shape).astype(dtype), f"{name}{i}") for i, shape in enumerate(shapes, 1)]


lr = Value(None, (), {}, 0.5, "lr")
x = Value(None, (), {}, rng.random((5, 4)), "x")


def descent(p, g, rate=lr):
    return make(np.subtract, p, make(np.multiply, rate, g))


def learning(updates, params, more=(), outputs=(), labels=()):
    """A program that writes new values into the params. labels : what is a gradient"""
    writes = tuple(Write(p, u) for p, u in zip(params, updates, strict=True))
    return Program(
        "step", (lr, x, *params, *more), tuple(outputs), writes, {f"dC_d{i}": g for i, g in enumerate(labels)}
    )


def operations(program, op):
    return sum(v.op is op for v in program.body())


def bits(a) -> bytes:
    """Of an array; the sign of a NaN, which depends on its place in a vector register, does not count."""
    return np.where(np.isnan(a), np.nan, a).astype(np.asarray(a).dtype).tobytes()


def agrees(program, held):
    """Does the running program leave in the held inputs the bits that the program means?"""
    given = {v: v.example.copy() if isinstance(v.example, np.ndarray) else v.example for v in program.inputs}
    runnable = Runnable(program, held)
    outputs, written = evaluate(runnable.program, list(given.values()))
    run, there = runnable.instance([given[v].copy() for v in held])
    found = run(*[given[v] for v in program.inputs if v not in held])
    for target, expected in zip((w.target for w in runnable.program.writes), written, strict=True):
        assert bits(there[held.index(target)]) == bits(expected)
    for a, b in zip(found, outputs, strict=True):
        assert bits(a) == bits(b)
    return runnable


def test_what_is_done_alike_is_done_at_once():
    params, grads = arrays("W"), arrays("g")
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, grads)
    fresh, packs = packed(program, params)
    assert [operations(fresh, op) for op in (np.subtract, np.multiply)] == [1, 1]
    assert list(packs.values()) == [tuple(params)]
    agrees(program, params)


def test_gradients_are_computed_where_they_are_needed():
    params = arrays("W")
    deltas = arrays("delta", [(5, 4), (5, 4), (5, 2)])
    grads = [
        make(np.matmul, make(np.transpose, deltas[0]), Value(None, (), {}, rng.random((5, 3)), "a")),
        make(np.sum, deltas[1], axis=0),
        make(np.matmul, make(np.transpose, deltas[2]), x),
    ]
    more = [*deltas, grads[0].args[1]]
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, more, labels=grads)
    text = agrees(program, params).text
    assert "concatenate" not in text and "[...]" not in text


def test_a_gradient_that_is_needed_in_two_places_is_copied_to_one():
    params, states, deltas = arrays("W"), arrays("v"), arrays("delta")
    grads = [make(np.exp, d) for d in deltas]
    updates = [descent(p, g) for p, g in zip(params, grads, strict=True)]
    updates += [make(np.add, make(np.multiply, 0.5, v), g) for v, g in zip(states[:2], grads, strict=False)]
    program = learning(updates, [*params, *states[:2]], deltas, labels=grads)
    assert len(packed(program, [*params, *states])[1]) == 2
    agrees(program, [*params, *states[:2]])


def test_a_gradient_is_an_argument_of_the_update_whatever_it_is_made_of():
    """Those of weights have a further term, as with L2 regularisation, and those of biases do not."""
    params, grads = arrays("W"), arrays("g")
    grads[0] = make(np.add, grads[0], make(np.multiply, 0.1, params[0]))
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, arrays("h"), labels=grads)
    assert list(packed(program, params)[1].values()) == [tuple(params)]
    agrees(program, params)


def test_an_update_that_looks_at_the_whole_array_stays_by_itself():
    params, grads = arrays("W"), arrays("g")
    scaled = [make(np.multiply, g, make(np.sum, p)) for p, g in zip(params, grads, strict=True)]
    program = learning([descent(p, g) for p, g in zip(params, scaled, strict=True)], params, grads)
    assert packed(program, params)[1] == {}
    agrees(program, params)


@pytest.mark.parametrize("rates", [(0.5, 0.25, 0.5), (0.5, 0.5, 0.0)])
def test_only_those_with_the_same_numbers_are_packed(rates):
    params, grads = arrays("W"), arrays("g")
    updates = [descent(p, g, rate) for p, g, rate in zip(params, grads, rates, strict=True)]
    program = learning(updates, params, grads)
    (members,) = packed(program, params)[1].values()
    assert list(members) == [p for p, rate in zip(params, rates, strict=True) if rate == 0.5]
    agrees(program, params)


def test_the_sign_of_zero_tells_numbers_apart():
    params, grads = arrays("W"), arrays("g")
    updates = [make(np.multiply, p, zero) for p, zero in zip(params, (0.0, -0.0, -0.0), strict=True)]
    agrees(learning(updates, params, grads), params)


def test_what_an_optimiser_remembers_lies_side_by_side_too():
    params, grads, states = arrays("W"), arrays("g"), arrays("v")
    velocities = [make(np.add, make(np.multiply, 0.9, v), g) for v, g in zip(states, grads, strict=True)]
    updates = [*(descent(p, v) for p, v in zip(params, velocities, strict=True)), *velocities]
    program = learning(updates, [*params, *states], grads)
    fresh, packs = packed(program, [*params, *states])
    assert list(packs.values()) == [tuple(params), tuple(states)]
    assert operations(fresh, np.add) == operations(fresh, np.subtract) == 1
    agrees(program, [*params, *states])


def test_nothing_is_computed_twice():
    """The new states could be packed and the parameters not, whose rates differ: then neither are."""
    params, grads, states = arrays("W"), arrays("g"), arrays("v")
    velocities = [make(np.add, v, g) for v, g in zip(states, grads, strict=True)]
    updates = [descent(p, v, rate) for p, v, rate in zip(params, velocities, (0.1, 0.2, 0.3), strict=True)]
    program = learning([*updates, *velocities], [*params, *states], grads)
    assert packed(program, [*params, *states])[1] == {}
    agrees(program, [*params, *states])


def test_an_input_lies_in_one_place_only():
    """W1 is updated as W2 is; v1 is as v2, one from W1 and the other from W3."""
    params, states = arrays("W", [(3,), (3,), (3,)]), arrays("v", [(3,), (3,)])
    updates = [
        make(np.negative, params[0]), make(np.negative, params[1]),
        make(np.subtract, states[0], params[0]), make(np.subtract, states[1], params[2]), make(np.square, params[2]),
    ]  # fmt: skip
    targets = [params[0], params[1], *states, params[2]]
    program = learning(updates, targets)
    assert list(packed(program, targets)[1].values()) == [(params[0], params[1])]
    agrees(program, targets)


def test_large_arrays_stay_by_themselves():
    params, grads = (arrays(name, [(LARGEST + 1,), (3,), (4,)]) for name in "Wg")
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, grads)
    (members,) = packed(program, params)[1].values()
    assert list(members) == params[1:]
    agrees(program, params)


def test_dtypes_are_kept_apart():
    params = [*arrays("W"), *arrays("V", dtype=np.float32)]
    grads = [*arrays("g"), *arrays("h", dtype=np.float32)]
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, grads)
    assert list(packed(program, params)[1].values()) == [tuple(params[:3]), tuple(params[3:])]
    agrees(program, params)


def test_targets_of_other_dtypes_are_kept_apart_though_their_new_values_are_alike():
    params = [*arrays("W", [(3,)]), *arrays("V", [(3,)], np.float16)]
    wide = [make(np.negative, make(np.ndarray.astype, p, np.float64)) for p in params]
    assert packed(learning(wide, params), params)[1] == {}


def test_the_form_of_an_update_takes_no_longer_than_the_update():
    """Written out, it has 3 ** 14 terms."""
    params = arrays("W")

    def update(u):
        for _ in range(14):
            u = make(np.add, make(np.multiply, u, 0.5), make(np.multiply, u, u))
        return u

    began = perf_counter()
    assert len(packed(learning([update(p) for p in params], params), params)[1]) == 1
    assert perf_counter() - began < 5


def test_a_written_array_is_read_before_it_changes():
    params, grads = arrays("W"), arrays("g")
    before = make(np.matmul, make(np.exp, params[0]), make(np.transpose, params[0]))
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, grads, [before])
    agrees(program, params)


def test_an_input_that_lies_in_columns_is_left_alone():
    params, grads = arrays("W"), arrays("g")
    params[0].example = np.asfortranarray(params[0].example)
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params, grads)
    (members,) = packed(program, params)[1].values()
    assert list(members) == params[1:]


def test_deep_gradients_are_not_followed_for_ever():
    params, grads = arrays("W"), arrays("g")
    for _ in range(3000):
        grads = [make(np.negative, g) for g in grads]
    program = learning([descent(p, g) for p, g in zip(params, grads, strict=True)], params)
    assert packed(program, params)[1] == {}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_exact_update_gives_the_same_bits(data):
    shapes = data.draw(st.lists(st.sampled_from([(3,), (2, 3), (1, 1), (4, 2), (17,)]), min_size=2, max_size=4))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    params, states, grads = (arrays(name, shapes, dtype) for name in "Wvg")
    unary = [np.square, np.negative, np.absolute, np.sqrt]
    steps = data.draw(
        st.lists(st.tuples(st.sampled_from(sorted(EXACT, key=str)), st.integers(0, 9), st.booleans()), max_size=8)
    )
    which = data.draw(st.integers(0, 3))

    def update(p, v, g):
        made = [p, v, g, lr, 0.75]
        for op, i, turned in steps:
            a, b = made[i % len(made)], made[-1]
            if op in unary:
                a = b if isinstance(b, Value) and b.ndim else g
                made.append(make(op, a))
                continue
            pair = (b, a) if turned else (a, b)
            if not any(isinstance(part, Value) and part.ndim for part in pair):
                pair = (g, pair[1])
            made.append(make(op, *pair))
        found = [m for m in made if isinstance(m, Value) and m.op is not None and m.ndim and m.dtype == p.dtype]
        return (found[-1], found[min(which, len(found) - 1)]) if found else (make(np.negative, g), make(np.square, g))

    news = [update(*three) for three in zip(params, states, grads, strict=True)]
    targets = [*params, *states]
    agrees(learning([new for new, _ in news] + [old for _, old in news], targets, grads), targets)


def test_what_is_read_by_an_update_and_written_otherwise_stays_where_it_is():
    """An optimiser that remembers the gradient itself: nothing is computed for that, so it is no update done at once."""
    params, states, grads = arrays("W"), arrays("v"), arrays("g")
    news = [
        make(np.add, p, make(np.multiply, lr, make(np.add, g, v)))
        for p, v, g in zip(params, states, grads, strict=True)
    ]
    runnable = agrees(learning([*news, *grads], [*params, *states], grads), [*params, *states])
    assert len(runnable.program.writes) == 2 * len(SHAPES)


def test_arrays_that_lie_side_by_side_are_left_where_they_are():
    given = [rng.random(shape) for shape in SHAPES]
    whole, parts = side_by_side(given)
    assert all(np.array_equal(a, b) and b.base is whole.base for a, b in zip(given, parts, strict=True))
    again, same = side_by_side(parts)
    assert again.__array_interface__ == whole.__array_interface__
    assert all(a is b for a, b in zip(parts, same, strict=True))


@pytest.mark.parametrize("change", [lambda a: [a[1], a[0], a[2]], lambda a: [a[0], a[1].copy(), a[2]], lambda a: a[:2]])
def test_arrays_that_lie_otherwise_are_moved(change):
    given = change(side_by_side([rng.random((2, 2)) for _ in range(3)])[1])
    whole, parts = side_by_side(given)
    assert whole.base is not given[0].base and whole.size == sum(a.size for a in given)
    assert all(np.array_equal(a, b) and b.base is whole.base for a, b in zip(given, parts, strict=True))


def test_the_views_of_a_pack_are_made_once():
    params, grads = arrays("W"), arrays("g")
    program = learning(
        [descent(p, g) for p, g in zip(params, grads, strict=True)], params, grads, [make(np.sum, params[0])]
    )
    runnable = agrees(program, params)
    assert "reshape(W" not in runnable.text and getitem.__name__ not in runnable.text
