"""Where values stand: random programs, run with planned memory, by the reference interpreter, and as printed."""

from operator import getitem
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import printed, same_bits

import autograd_lite as ag
import nn
from autograd_lite.compiler import Program, Runnable, Value, Write
from autograd_lite.compiler.interpreter import environment, evaluate
from autograd_lite.compiler.lifetimes import aliases, independent_writes, last_uses
from autograd_lite.compiler.memory import CACHE_LINE, aligned, escaping, is_room, laid_out, may_overwrite, planned
from autograd_lite.compiler.program import make, values_in

SHAPES = [(3, 3), (3,), (), (1, 3), (2, 3, 3)]
LIMIT = 64.0


def bounded(x: Any) -> Any:
    """Whole numbers stay so small that all arithmetic on them is exact."""
    return np.fmod(x, LIMIT)


kept: list[Any] = []


@ag.primitive
def keeps(x):
    """A user's function that keeps what it is given, and returns it."""
    kept.append((x, np.array(x)))
    return x


@ag.primitive
def first_rows(x):
    """One that returns a view."""
    return x[:2] if x.ndim else x


UNARY = [
    np.negative, np.positive, np.absolute, np.transpose, np.copy, lambda x: make(np.multiply, 2.0, x),
    lambda x: make(np.subtract, 3.0, x), lambda x: make(np.sum, x, axis=0) if x.ndim else x, lambda x: make(np.sum, x),
    lambda x: make(np.max, x, axis=-1, keepdims=True) if x.ndim else x, lambda x: make(np.reshape, x, -1),
    lambda x: make(getitem, x, (slice(None, None, -1),)) if x.ndim else x, lambda x: make(getitem, x, 0) if x.ndim else x,
    lambda x: make(getitem, x, [0, 1, 1]) if x.ndim and x.shape[0] > 1 else x,
    lambda x: make(np.broadcast_to, x, (2, *x.shape)),
    lambda x: make(np.expand_dims, x, 0), lambda x: make(np.greater, x, 1.0), keeps, first_rows,
    lambda x: make(np.swapaxes, x, 0, -1) if x.ndim > 1 else x, lambda x: make(np.cumsum, x), lambda x: make(np.fmod, x, 5.0),
]  # fmt: skip
BINARY = [
    np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.matmul,
    lambda x, y: make(np.where, make(np.less, x, y), x, y), lambda x, y: make(np.stack, [x, y]) if x.shape == y.shape else x,
]  # fmt: skip


def combined(f: Any, *of: Value) -> Value:
    """The Value of f, or its first argument where it is not defined or would be large."""
    try:
        v = f(*of) if f.__name__ == "<lambda>" else make(f, *of)
    except (ValueError, TypeError):
        return of[0]
    if v.size > 64 or v.is_weak or v.ndim > 4:
        return of[0]
    return make(np.fmod, v, LIMIT) if f in (np.multiply, np.matmul, np.add) or v.kind == "i" else v


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Whole-numbered inputs, a tangle of views and computed values, outputs of every kind, and writes into some inputs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    inputs = [
        Value(None, (), {}, rng.integers(-9, 9, shape).astype(float), name=draw(st.sampled_from([None, "x", "W"])))
        for shape in draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
    ]
    values = [*inputs]
    for _ in range(draw(st.integers(1, 25))):
        earlier = st.sampled_from(values[-6:] if draw(st.booleans()) else values)
        f = draw(st.sampled_from([*UNARY, *BINARY]))
        of = (draw(earlier), draw(earlier)) if f in BINARY else (draw(earlier),)
        values.append(combined(f, *of))
    writes = []
    for target in draw(st.lists(st.sampled_from(inputs), max_size=3, unique_by=id)):
        fitting = [v for v in values if v.shape == target.shape and v.kind == "f"]
        v = draw(st.sampled_from(fitting))
        writes.append(Write(target, make(np.subtract, target, v) if draw(st.booleans()) else v))
        values.append(combined(draw(st.sampled_from(BINARY)), writes[-1].value, draw(st.sampled_from(values))))
    outputs = draw(st.lists(st.sampled_from([*values, 2.0, np.arange(3.0)]), min_size=1, max_size=5))
    labels = {"dC_dW": draw(st.sampled_from(values))} if draw(st.booleans()) else {}
    return Program("program", tuple(inputs), tuple(outputs), tuple(writes), {k: v for k, v in labels.items() if v.op})


def fresh(program: Program, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(-9, 9, v.shape).astype(float) for v in program.inputs]


def run(call: Any, program: Program, arrays: list[np.ndarray]) -> tuple[list[Any], list[Any]]:
    """The outputs, and the inputs afterwards, of which those not written must be as before."""
    given = [a.copy() for a in arrays]
    kept.clear()
    result = call(*given)
    outputs = list(result) if isinstance(result, tuple) else [result]
    for x, copy in kept:
        assert any(np.shares_memory(x, a) for a in given) or same_bits(x, copy), (
            "what a user's function kept was changed"
        )
    written = {w.target for w in program.writes}
    for v, a, b in zip(program.inputs, given, arrays, strict=True):
        assert v in written or same_bits(a, b), "an input was changed"
    return outputs, [given[program.inputs.index(w.target)] for w in program.writes]


def numbers(results: Any) -> list[Any]:
    """-0.0 as 0.0, which passes do not tell apart."""
    return [np.asarray(r) + 0.0 for r in results]


@settings(deadline=None, derandomize=True, max_examples=400)
@given(programs())
def test_a_program_means_the_same_with_planned_memory_and_in_print(program):
    runnable = Runnable(program)
    source = printed(runnable.source, "program")
    earlier: list[Any] = []
    for seed in (1, 2):
        arrays = fresh(program, seed)
        expected = evaluate(program, arrays)
        outputs, written = run(runnable, program, arrays)
        assert same_bits(numbers(outputs), numbers(expected[0]))
        assert same_bits(numbers(written), numbers(expected[1]))
        assert same_bits(run(source, program, arrays), (outputs, written))
        assert all(same_bits(now, before) for now, before in earlier), "an earlier result was changed"
        earlier += [(o, np.array(o)) for o in outputs]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(programs())
def test_results_share_memory_with_nothing(program):
    runnable = Runnable(program)
    arrays = fresh(program, 1)
    first, second = runnable(*arrays), runnable(*arrays)
    out = [np.asarray(o) for o in (*first, *second)]
    others = [*arrays, *(a for a in runnable._places.arrays().values())]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(out) for b in (*out[:i], *others))


# ---------------------------------------------------------------------------------------------------------------------
# The steps of planning.


def inputs(*shapes: tuple[int, ...]) -> list[Value]:
    return [Value(None, (), {}, np.zeros(shape), f"x{i}") for i, shape in enumerate(shapes)]


def test_a_view_is_in_the_memory_of_what_it_is_a_view_of():
    (x,) = inputs((2, 3))
    doubled = make(np.multiply, 2.0, x)
    turned = make(np.transpose, doubled)
    row = make(getitem, turned, 0)
    found = aliases(Program("f", (x,), (row,)))
    assert found[row] == {row, turned, doubled} and found[doubled] == {doubled}


def test_a_function_not_known_may_return_any_of_its_arguments():
    x, y = inputs((2, 2), (2, 2))
    v = make(np.linalg.solve, make(np.add, x, np.eye(2)), y)
    assert y in aliases(Program("f", (x, y), (v,)))[v]


def test_reading_a_view_counts_as_reading_what_it_is_a_view_of():
    (x,) = inputs((2, 3))
    doubled = make(np.multiply, 2.0, x)
    turned = make(np.transpose, doubled)
    end = make(np.exp, turned)
    program = Program("f", (x,), (end,))
    last = last_uses([v.inputs for v in program.body()], aliases(program))
    assert program.body().index(end) == last[doubled] == last[turned]


def test_a_written_input_that_is_read_later_through_a_view_is_written_later():
    W, x = inputs((3, 3), (3, 3))
    turned = make(np.transpose, W)
    new = make(np.subtract, W, x)
    later = make(np.matmul, turned, make(np.exp, new))
    memory = planned(Program("f", (W, x), (later,), (Write(W, new),)))
    assert new not in memory.in_target


def test_a_written_input_that_nobody_reads_any_more_takes_its_new_value_in_place():
    W, x = inputs((3, 3), (3, 3))
    new = make(np.subtract, W, x)
    assert planned(Program("f", (W, x), (make(np.sum, W),), (Write(W, new),))).in_target == {new: W}


def test_two_inputs_can_be_exchanged():
    x, y = inputs((2,), (2,))
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    Runnable(Program("f", (x, y), (), (Write(x, y), Write(y, x))))(a, b)
    assert a.tolist() == [3.0, 4.0] and b.tolist() == [1.0, 2.0]


def test_an_output_that_is_a_view_of_a_written_input_is_the_old_value():
    (x,) = inputs((2, 2))
    turned = make(np.transpose, x)
    program = independent_writes(Program("f", (x,), (turned,), (Write(x, make(np.add, x, 1.0)),)))
    assert [v.op for v in values_in(program.outputs)] == [np.copy]


def test_a_value_in_a_buffer_is_written_over_by_its_last_reader():
    (x,) = inputs((4, 4))
    a = make(np.exp, x)
    b = make(np.sin, a)
    memory = planned(Program("f", (x,), (make(np.sum, b),)))
    assert len(memory.blocks) == 1 and memory.buffers[a] == memory.buffers[b]


def test_a_value_is_not_written_over_while_a_view_of_it_is_an_argument():
    (x,) = inputs((4, 4))
    a = make(np.exp, x)
    b = make(np.add, a, make(np.transpose, a))
    memory = planned(Program("f", (x,), (make(np.sum, b),)))
    assert memory.buffers[a] != memory.buffers[b]


def test_a_value_is_not_written_over_by_one_of_another_layout():
    rows, columns = (Value(np.exp, (), {}, a) for a in (np.zeros((3, 4)), np.asfortranarray(np.zeros((3, 4)))))
    later = Value(np.negative, (rows,), {}, columns.example)
    assert may_overwrite(Value(np.negative, (rows,), {}, rows.example), rows, 1, {rows: 1}, {})
    assert not may_overwrite(later, rows, 1, {rows: 1}, {})


def test_what_leaves_the_program_is_in_no_buffer():
    (x,) = inputs((3, 4))
    a = make(np.exp, x)
    program = Program("f", (x,), (make(np.transpose, a), make(np.sum, make(keeps, make(np.sin, x)))))
    assert {a, program.body()[-2].args[0]} <= escaping(program, aliases(program))
    assert not planned(program).buffers.keys() & escaping(program, aliases(program))


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_block_is_laid_out_with_any_order_of_the_axes(axes):
    array = laid_out(np.empty(24), (2, 3, 4), axes)
    assert array.shape == (2, 3, 4) and sorted(range(3), key=lambda i: -array.strides[i]) == list(axes)


def test_buffers_lie_as_fresh_results_do():
    given = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    x = Value(None, (), {}, given, "x")
    product = make(np.exp, x)
    runnable = Runnable(Program("f", (x,), (make(np.sum, make(np.sin, product), axis=0),)))
    (buffer,) = {a.strides for a in runnable._places.arrays().values() if a.ndim == 2}
    assert buffer == environment(runnable.program, [given])[runnable.program.body()[0]].strides


# ---------------------------------------------------------------------------------------------------------------------
# Runs.


def test_threads_run_at_once_in_buffers_of_their_own():
    c = ag.compile(ag.value_and_grad(lambda w, x: np.sum(np.tanh(x @ w) ** 2)))
    wrong = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        w, x = rng.random((40, 30)), rng.random((50, 40))
        expected = c(w, x)
        wrong.extend(1 for _ in range(200) if not same_bits(c(w, x), expected))

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and len(c.plans) == 1


def test_a_program_may_run_inside_itself():
    @ag.primitive
    def again(x):
        return c(x * 0.5) if x.flat[0] > 1 else x

    c = ag.compile(lambda x: np.exp(-((again(x * 2.0)) ** 2)) + x)
    ag.defvjp(again, lambda g, ans, x: g)

    def plain(x):
        inner = plain(x * 2.0 * 0.5) if x.flat[0] * 2.0 > 1 and x.flat[0] < 0 else None
        assert inner is None
        return np.exp(-((x * 2.0) ** 2)) + x

    x = np.array([0.25, 0.5])
    np.testing.assert_array_equal(c(x), plain(x))


def test_examples_are_not_kept():
    x = Value(None, (), {}, np.zeros((100, 100)), "x")
    runnable = Runnable(Program("f", (x,), (make(np.exp, make(np.sin, x)),)))
    held = (*runnable.program.inputs, *runnable.program.body())
    assert all(np.ndim(v.example) == 0 or v.example.strides == (0,) * v.ndim for v in held)


def test_a_step_keeps_no_array_of_the_recording_but_those_it_runs_in():
    """Of a network of a million weights the recording, and what was computed to see how arrays lie, is many times as large."""
    net = nn.MLP([300, 200, 100, 5], seed=0)
    step = nn.compile_step(net, nn.quadratic_cost, nn.Adam(net.parameters(), 0.1))
    x, y = np.ones((50, 300)), np.ones((50, 5))
    step(x, y), step(x, y)
    runnable = step._last.runnable
    assert runnable._packs
    values = {*runnable.program.inputs, *runnable.program.body(), *runnable._places.names, *runnable._places.of}
    for packs in runnable._packs.items():
        values |= {packs[0], *packs[1]}
    assert all(v.is_weak or v.example.strides == (0,) * v.ndim for v in values)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.bool_, np.int16])
def test_an_aligned_array_begins_with_a_cache_line(size, dtype):
    a = aligned(size, dtype)
    assert (a.shape, a.dtype) == ((size,), dtype) and a.flags.c_contiguous and a.flags.writeable
    assert a.ctypes.data % CACHE_LINE == 0
    assert is_room(a.base, a.nbytes) and not is_room(np.empty(size, dtype), a.nbytes)
