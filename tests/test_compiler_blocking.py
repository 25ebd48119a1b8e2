"""Loops over the blocks of large arrays."""

import numpy as np
import pytest

import nn
from autograd_lite.compiler import Program, Runnable, Value, Write
from autograd_lite.compiler.blocking import BLOCK_BYTES, LEAST_BYTES, in_blocks
from autograd_lite.compiler.interpreter import evaluate
from autograd_lite.compiler.program import make

rng = np.random.default_rng(0)
LARGE = (LEAST_BYTES // 8 // 100 + 1, 101)
"""No whole number of blocks."""
lr = Value(None, (), {}, 0.5, "lr")


def given(name, shape=LARGE, dtype=np.float64, order="C"):
    return Value(None, (), {}, np.asarray(rng.random(shape).astype(dtype), order=order), name)


def ran(program, held=()):
    """The text that runs, after its results were found to be those that the program means, to the last bit."""
    arrays = {v: v.example for v in program.inputs}
    runnable = Runnable(program, held)
    outputs, written = evaluate(runnable.program, list(arrays.values()))
    run, there = runnable.instance([arrays[v].copy(order="K") for v in held])
    for _ in range(2):  # from the second time on the buffers are not empty
        for v, array in zip(held, there, strict=True):
            array[...] = arrays[v]
        found = run(*[arrays[v] for v in program.inputs if v not in held])
    for a, b in zip(found, outputs, strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()
    for w, expected in zip(runnable.program.writes, written, strict=True):
        assert there[list(held).index(w.target)].tobytes() == np.asarray(expected).tobytes()
    return runnable.text


def loops(text):
    """The numbers of lines in the loops of a program."""
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("    for ")]
    return [next(n for n in range(1, len(lines)) if not lines[i + n].startswith("        ")) - 1 for i in starts]


def sigmoid(z):
    return make(np.divide, 1.0, make(np.add, 1.0, make(np.exp, make(np.negative, z))))


def test_what_is_done_to_one_large_array_is_done_block_by_block():
    x = given("x", (300, 200))
    w = given("w", (200, 250))
    z = make(np.matmul, x, w)
    assert loops(ran(Program("f", (x, w), (make(np.sum, sigmoid(z)),)))) == [4]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_update_goes_through_all_its_arrays_at_once(dtype):
    shape = (400, 300)
    p, v, g = (given(name, shape, dtype) for name in "pvg")
    velocity = make(np.add, make(np.multiply, 0.9, v), g)
    step = make(np.subtract, p, make(np.multiply, lr, velocity))
    text = ran(Program("f", (lr, p, v, g), (), (Write(v, velocity), Write(p, step))), (p, v, g))
    assert loops(text) == [4]


def test_numbers_are_computed_before_the_loop():
    p, g = given("p"), given("g")
    rate = make(np.multiply, lr, np.asarray(2.0))
    half = make(np.subtract, p, make(np.multiply, rate, g))
    text = ran(Program("f", (lr, p, g), (), (Write(p, make(np.multiply, make(np.sqrt, rate), half)),)), (p, g))
    assert loops(text) == [3]
    assert text.index("sqrt") < text.index("for ")


def test_what_looks_at_a_whole_array_stands_between_loops():
    p, g = given("p"), given("g")
    before = make(np.multiply, make(np.add, p, g), 2.0)
    after = make(np.multiply, make(np.subtract, before, make(np.max, before)), 0.5)
    assert loops(ran(Program("f", (p, g), (), (Write(p, after),)), (p, g))) == [2, 2]


@pytest.mark.parametrize("other", [given("b", LARGE[1:]), given("F", order="F")], ids=["broadcast", "columns"])
def test_arrays_that_lie_otherwise_are_no_part_of_a_loop(other):
    p, g = given("p"), given("g")
    value = make(np.multiply, make(np.add, make(np.multiply, p, g), other), 2.0)
    assert loops(ran(Program("f", (p, g, other), (), (Write(p, value),)), (p, g, other))) in ([], [2])


def test_small_arrays_and_single_operations_need_no_loop():
    p, g = given("p", (30, 40)), given("g", (30, 40))
    assert loops(ran(Program("f", (p, g), (), (Write(p, make(np.add, p, make(np.multiply, 2.0, g))),)), (p, g))) == []
    p, g = given("p"), given("g")
    assert loops(ran(Program("f", (p, g), (), (Write(p, make(np.add, p, g)),)), (p, g))) == []


def test_arrays_of_other_shapes_are_not_gone_through_together():
    p, q = given("p"), given("q", LARGE[::-1])
    values = [make(np.square, make(np.negative, v)) for v in (p, q)]
    assert loops(ran(Program("f", (p, q), (), tuple(map(Write, (p, q), values))), (p, q))) == [2, 2]


def test_a_block_has_a_name_of_its_own():
    """Two tensors are called as blocks of the first would be."""
    p, q, g = given("p"), given("p_part", (4, 4)), given("g")
    step = make(np.subtract, p, make(np.multiply, lr, g))
    after = make(np.sum, make(np.matmul, q, q))
    assert loops(
        ran(Program("f", (lr, p, q, g), (after,), (Write(p, step), Write(q, make(np.exp, q)))), (p, q, g))
    ) == [2]


def test_an_array_may_be_called_as_an_argument_of_numpys_functions_is():
    p, g = given("out"), given("g")
    value = make(np.maximum, make(np.multiply, p, 2.0), g)
    assert loops(ran(Program("f", (p, g), (), (Write(p, value),)), (p, g))) == [2]


def test_blocks_cover_an_array_once():
    a, b = np.arange(50_001.0), np.arange(50_001, dtype=np.float32)
    blocks = in_blocks([a, b])
    assert np.array_equal(np.concatenate([x for x, _ in blocks]), a)
    assert np.array_equal(np.concatenate([y for _, y in blocks]), b)
    assert all(x.size == y.size and x.base is a and x.nbytes <= BLOCK_BYTES for x, y in blocks)


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.RMSprop], ids=lambda kind: kind.__name__)
def test_a_step_of_a_large_network_is_the_eager_step(kind):
    nets = [nn.MLP([300, 250, 4], seed=1) for _ in range(2)]
    optimizers = [kind(net.parameters(), 0.1) for net in nets]
    eager = nn.make_step(nets[0], nn.quadratic_cost, optimizers[0], compiled=False)
    compiled = nn.compile_step(nets[1], nn.quadratic_cost, optimizers[1])
    x, y = rng.random((200, 300)), rng.random((200, 4))
    for _ in range(3):
        assert compiled(x, y) == pytest.approx(eager(x, y), rel=1e-12)
    for p, q in zip(*(net.parameters() for net in nets), strict=True):
        np.testing.assert_allclose(q.data, p.data, rtol=1e-10, atol=1e-12)
    text = compiled._last.runnable.text
    assert "for " in text and "W1_part" in text
