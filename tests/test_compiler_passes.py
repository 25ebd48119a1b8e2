"""The passes: each from program to program, the same result but for rounding."""

from operator import getitem
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiler import Program, Value, Write
from autograd_lite.compiler.algebra import cancel_transposes, drop_identities, name_products, numbers_first
from autograd_lite.compiler.factors import gather_factors, plain_slopes, plain_sums, sums_of_squares
from autograd_lite.compiler.interpreter import evaluate, settled
from autograd_lite.compiler.passes import (
    PASSES,
    drop_broadcasts,
    fold_constants,
    merge,
    plain_arguments,
    plain_numbers,
    simplified,
    spelled_out,
    uniform,
)  # fmt: skip
from autograd_lite.compiler.program import make
from autograd_lite.rules import IMPURE

RNG = np.random.default_rng(0)


def given(*shape: int, dtype: Any = float, name: str | None = None) -> Value:
    return Value(None, (), {}, RNG.uniform(-2, 2, shape).astype(dtype), name)


x, y, small = given(3, 4, name="x"), given(3, 4, name="y"), given(4, name="small")
a, b = given(3, 4), given(4, 2)
single = given(3, 4, dtype=np.float32)
long = Value(None, (), {}, np.linspace(0.0, 1.0, 2**15 + 1))
whole = Value(None, (), {}, np.arange(12).reshape(3, 4))
tiny = Value(None, (), {}, np.arange(12, dtype=np.uint8).reshape(3, 4))
number = Value(None, (), {}, 0.75, "lr")
one_row, vector = given(1, 4), given(3)


def program(*outputs: Any) -> Program:
    everything = (x, y, small, a, b, single, whole, tiny, number, one_row, vector, long)
    return Program("f", everything, outputs)


def text(v: Any) -> str:
    """A value in function notation."""
    if not isinstance(v, Value):
        return "array" if isinstance(v, np.ndarray) else str(v)
    names = {
        x: "x",
        y: "y",
        small: "small",
        a: "a",
        b: "b",
        single: "single",
        whole: "whole",
        tiny: "tiny",
        long: "long",
        number: "lr",
        one_row: "row",
        vector: "vector",
    }
    if v.op is None:
        return names[v]
    parts = [*map(text, v.args), *(f"{k}={text(part)}" for k, part in v.keywords.items())]
    return f"{getattr(v.op, '__name__', v.op)}({', '.join(parts)})"


def mul(*args: Any) -> Value:
    return make(np.multiply, *args)


def neg(v: Any) -> Value:
    return make(np.negative, v)


def less(v: Any) -> Value:
    return make(np.subtract, 1.0, v)


def t(v: Any, *axes: Any) -> Value:
    return make(np.transpose, v, *axes)


ALL, REST = slice(None), slice(1, None)


def at(v: Any, *index: Any) -> Value:
    return make(getitem, v, index)


def sigmoid(v: Any) -> Value:
    return make(ag.sigmoid, v)


CASES: list[tuple[Any, Value, str]] = [
    (fold_constants, mul(make(np.add, 1.0, 2.0), x), "multiply(array, x)"),
    (fold_constants, mul(number, x), "multiply(lr, x)"),
    (plain_numbers, mul(np.full((3, 4), 2.0), x), "multiply(2.0, x)"),
    (plain_numbers, mul(np.array([0.0, -0.0, 0.0, 0.0]), x), "multiply(array, x)"),
    (plain_numbers, mul(np.full((3, 4), 2.0), single), "multiply(array, single)"),
    (plain_numbers, mul(np.full((3, 4), 2.0), small), "multiply(array, small)"),
    (plain_numbers, mul(make(np.zeros_like, x), y), "multiply(0.0, y)"),
    (plain_numbers, mul(make(np.full, (3, 4), 0.5, float), y), "multiply(0.5, y)"),
    (plain_numbers, mul(make(np.full, (3, 4), 0.5, int), y), "multiply(full((3, 4), 0.5, <class 'int'>), y)"),
    (drop_broadcasts, mul(make(np.broadcast_to, small, (3, 4)), x), "multiply(small, x)"),
    (drop_broadcasts, mul(make(np.broadcast_to, small, (3, 4)), 2.0), "multiply(broadcast_to(small, (3, 4)), 2.0)"),
    (drop_broadcasts, make(np.matmul, make(np.broadcast_to, one_row, (3, 4)), b), "matmul(broadcast_to(row, (3, 4)), b)"),
    (cancel_transposes, t(t(x)), "x"),
    (cancel_transposes, t(t(x), (1, 0)), "x"),
    (cancel_transposes, make(np.swapaxes, t(x), 0, -1), "x"),
    (cancel_transposes, make(np.swapaxes, t(x), axis1=0, axis2=1), "x"),
    (cancel_transposes, make(np.swapaxes, x, 0, 0), "swapaxes(x, 0, 0)"),
    (cancel_transposes, t(small), "small"),
    (cancel_transposes, t(make(np.matmul, t(b), t(a))), "matmul(a, b)"),
    (cancel_transposes, t(make(np.matmul, t(x), y)), "matmul(transpose(y), x)"),
    (cancel_transposes, t(make(np.matmul, a, b)), "transpose(matmul(a, b))"),
    (cancel_transposes, t(make(np.matmul, t(x), RNG.random((3, 2)))), "matmul(array, x)"),
    (cancel_transposes, t(make(np.outer, small, vector)), "outer(vector, small)"),
    (name_products, at(make(np.matmul, t(x), at(vector, ..., None)), ..., 0), "matmul(transpose(x), vector)"),
    (name_products, mul(at(small, ALL, None), at(vector, ..., None, ALL)), "outer(small, vector)"),
    (name_products, mul(at(vector, None, ALL), at(small, ALL, None)), "outer(small, vector)"),
    (name_products, mul(at(vector, ALL, None), x), f"multiply(getitem(vector, ({ALL}, None)), x)"),
    (name_products, mul(at(vector, REST, None), small), f"multiply(getitem(vector, ({REST}, None)), small)"),
    (drop_identities, mul(x, 1.0), "x"),
    (drop_identities, mul(1, x), "x"),
    (drop_identities, mul(1.0, whole), "multiply(1.0, whole)"),
    (drop_identities, make(np.divide, x, 1), "x"),
    (drop_identities, make(np.power, x, 1), "x"),
    (drop_identities, make(np.power, x, 2), "square(x)"),
    (drop_identities, make(np.power, whole, 2), "power(whole, 2)"),
    (drop_identities, make(np.copy, x), "x"),
    (drop_identities, make(np.reshape, x, (3, 4)), "x"),
    (drop_identities, make(np.reshape, x, (4, 3)), "reshape(x, (4, 3))"),
    (drop_identities, make(np.astype, x, np.dtype(float)), "x"),
    (drop_identities, make(np.astype, x, np.dtype("f4")), "astype(x, float32)"),
    (drop_identities, neg(neg(x)), "x"),
    (drop_identities, make(np.add, x, 0.0), "add(x, 0.0)"),
    (gather_factors, mul(2.0, mul(3.0, x)), "multiply(6.0, x)"),
    (gather_factors, mul(mul(x, 4.0), make(np.divide, y, 8.0)), "multiply(multiply(x, 4.0), divide(y, 8.0))"),
    (gather_factors, mul(mul(2.0, x), mul(0.5, y)), "multiply(x, y)"),
    (gather_factors, mul(mul(2.0, x), small), "multiply(multiply(2.0, x), small)"),
    (gather_factors, mul(neg(x), neg(y)), "multiply(x, y)"),
    (gather_factors, mul(x, neg(y)), "multiply(x, negative(y))"),
    (gather_factors, mul(x, mul(2.0, small)), "multiply(x, multiply(2.0, small))"),
    (gather_factors, make(np.divide, mul(6.0, x), 3.0), "multiply(2.0, x)"),
    (gather_factors, make(np.divide, mul(6.0, x), 0.0), "divide(multiply(6.0, x), 0.0)"),
    (gather_factors, neg(mul(2.0, x)), "multiply(-2.0, x)"),
    (gather_factors, neg(mul(-1.0, x)), "x"),
    (gather_factors, mul(-1.0, mul(1.0, x)), "multiply(-1.0, multiply(1.0, x))"),
    (gather_factors, mul(neg(x), 2.0), "multiply(-2.0, x)"),
    (gather_factors, mul(1e300, mul(1e300, x)), "multiply(1e+300, multiply(1e+300, x))"),
    (gather_factors, mul(mul(1e-200, x), mul(1e200, y)), "multiply(multiply(1e-200, x), multiply(1e+200, y))"),
    (gather_factors, mul(1e-6, mul(1e-6, x)), "multiply(1e-06, multiply(1e-06, x))"),
    (gather_factors, mul(2.0, neg(tiny)), "multiply(2.0, negative(tiny))"),
    (gather_factors, mul(neg(x), make(np.greater, y, 0.0)), "multiply(negative(x), greater(y, 0.0))"),
    (gather_factors, mul(mul(0.5, x), whole), "multiply(multiply(0.5, x), whole)"),
    (gather_factors, mul(mul(0.5, single), x), "multiply(multiply(0.5, single), x)"),
    (gather_factors, mul(2.0, mul(3.0, single)), "multiply(6.0, single)"),
    (gather_factors, mul(number, mul(3.0, x)), "multiply(lr, multiply(3.0, x))"),
    (gather_factors, mul(number, mul(3.0, single)), "multiply(lr, multiply(3.0, single))"),
    (plain_sums, make(np.add, x, neg(y)), "subtract(x, y)"),
    (plain_sums, make(np.add, neg(x), y), "subtract(y, x)"),
    (plain_sums, make(np.add, 1.0, neg(x)), "subtract(1.0, x)"),
    (plain_sums, make(np.add, x, neg(tiny)), "add(x, negative(tiny))"),
    (plain_sums, make(np.subtract, mul(less(y), x), mul(less(x), y)),
     "subtract(multiply(subtract(1.0, y), x), multiply(subtract(1.0, x), y))"),
    (sums_of_squares, make(np.sum, make(np.square, x)), "vdot(x, x)"),
    (sums_of_squares, make(np.sum, make(np.square, x), axis=0), "sum(square(x), axis=0)"),
    (sums_of_squares, make(np.sum, make(np.square, whole)), "sum(square(whole))"),
    (sums_of_squares, make(np.sum, mul(x, y)), "sum(multiply(x, y))"),
    (sums_of_squares, make(np.sum, make(np.square, long)), "sum(square(long))"),
    (plain_arguments, make(np.sum, x, axis=(0,)), "sum(x, axis=0)"),
    (plain_arguments, make(np.sum, x, (0,), None, None, False, np._NoValue, True), "sum(x, axis=0)"),
    (plain_arguments, make(np.sum, x, axis=(0, 1), keepdims=True), "sum(x, axis=(0, 1), keepdims=True)"),
    (plain_arguments, make(np.max, x, None, None, True), "amax(x, keepdims=True)"),
    (plain_arguments, t(x, None), "transpose(x)"),
    (plain_arguments, make(np.reshape, x, (4, 3), order="C"), "reshape(x, (4, 3))"),
    (plain_arguments, make(np.reshape, x, (4, 3), order="F"), "reshape(x, (4, 3), order=F)"),
    (drop_identities, make(np.absolute, neg(x)), "absolute(x)"),
    (drop_identities, make(np.absolute, neg(tiny)), "absolute(negative(tiny))"),
    (numbers_first, mul(x, 2.0), "multiply(2.0, x)"),
    (numbers_first, mul(x, number), "multiply(lr, x)"),
    (numbers_first, mul(number, 2.0), "multiply(lr, 2.0)"),
    (numbers_first, mul(x, small), "multiply(x, small)"),
    (numbers_first, make(np.divide, x, 2.0), "divide(x, 2.0)"),
    (spelled_out, sigmoid(x), "divide(1.0, add(1.0, exp(negative(x))))"),
    (spelled_out, make(ag.relu, x), "maximum(x, 0)"),
]  # fmt: skip


def identified(case: tuple[Any, Value, str]) -> str:
    return f"{case[0].__name__}: {text(case[1])}"


@pytest.mark.parametrize("case", CASES, ids=identified)
def test_a_pass_makes_of_it(case):
    one, before, after = case
    changed = one(program(before))
    assert text(changed.outputs[0]).replace("amax", "max") == after.replace("amax", "max")
    arrays = [v.example for v in changed.inputs]
    found, expected = evaluate(changed, arrays)[0][0], before.example
    assert np.shape(found) == before.shape and np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(np.result_type(expected, np.float32)).eps)


@pytest.mark.parametrize("case", CASES, ids=identified)
def test_a_pass_leaves_the_program_it_was_given_alone(case):
    one, before, _ = case
    given = program(before)
    told = text(before), before.name
    one(given)
    assert given.outputs == (before,) and (text(before), before.name) == told


@pytest.mark.parametrize("one", PASSES, ids=lambda f: f.__name__)
def test_a_pass_has_nothing_left_to_do_after_itself(one):
    for case in CASES:
        once = one(program(case[1]))
        assert one(once) is once


def test_every_pass_has_a_case():
    assert {*PASSES, spelled_out} == {case[0] for case in CASES} | {merge}


@pytest.mark.parametrize("op", [ag.sigmoid, ag.relu, ag.softplus])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_spelling_gives_the_same_bits(op, dtype):
    v = Value(None, (), {}, np.linspace(-800, 800, 1001).astype(dtype))
    spelled = spelled_out(Program("f", (v,), (make(op, v),)))
    assert evaluate(spelled, [v.example])[0][0].tobytes() == np.asarray(op(v.example)).tobytes()


# ---------------------------------------------------------------------------------------------------------------------
# The slopes of activations.


def test_the_slope_of_a_sigmoid_is_made_from_its_value():
    activation = sigmoid(x)
    changed = plain_slopes(program(activation, mul(activation, sigmoid(neg(x)))))
    assert text(changed.outputs[1]) == "multiply(sigmoid(x), fmin(multiply(exp(negative(x)), sigmoid(x)), 1.0))"
    assert changed.outputs[1].args[0] is changed.outputs[0]


def test_the_exponential_in_it_is_called_as_the_weighted_input():
    z = mul(x, y).called("z2")
    (slope,) = plain_slopes(program(mul(sigmoid(z), sigmoid(neg(z))))).outputs
    assert slope.args[1].args[0].args[0].name == "e2"


OPPOSITE = sigmoid(neg(x))


@pytest.mark.parametrize("products", [
    [mul(sigmoid(x), sigmoid(neg(y)))], [mul(sigmoid(x), sigmoid(x))], [mul(sigmoid(x), OPPOSITE), mul(OPPOSITE, y), sigmoid(x)],
])  # fmt: skip
def test_other_products_of_sigmoids_are_left_alone(products):
    given = program(*products)
    assert [text(o) for o in plain_slopes(given).outputs] == [text(o) for o in given.outputs]


def test_what_a_spelling_makes_is_simplified_too():
    found = simplified(program(make(ag.softplus, x), make(ag.softplus, neg(x))))
    assert sum(v.op is np.log1p for v in found.body()) == 1


def test_a_sigmoid_without_the_activation_is_left_alone():
    assert text(plain_slopes(program(sigmoid(neg(x)))).outputs[0]) == "sigmoid(negative(x))"


# ---------------------------------------------------------------------------------------------------------------------
# Merging.


def test_equal_values_become_one():
    merged = merge(program(make(np.exp, x), make(np.sin, make(np.exp, x))))
    assert merged.outputs[1].args[0] is merged.outputs[0]


@pytest.mark.parametrize("pair", [
    (mul(0.0, x), mul(-0.0, x)), (mul(1, x), mul(1.0, x)), (make(np.sum, x, axis=0), make(np.sum, x, axis=1)),
    (make(np.sum, x, axis=0), make(np.sum, x, axis=0, keepdims=True)), (mul(np.ones(4), x), mul(np.zeros(4), x)),
    (make(np.exp, x), make(np.exp, y)), (make(getitem, x, slice(0, 1)), make(getitem, x, slice(0, 2))),
])  # fmt: skip
def test_values_that_differ_stay_two(pair):
    first, second = merge(program(*pair)).outputs
    assert first is not second


def test_equal_small_arrays_are_the_same():
    merged = merge(program(mul(np.ones(4), x), mul(np.ones(4), x)))
    assert merged.outputs[0] is merged.outputs[1]


def test_the_merged_value_has_the_name_of_either_and_a_delta_goes_first():
    first, second = make(np.exp, x), make(np.exp, x).called("z1")
    assert merge(program(first, second)).outputs[0].name == "z1" and first.name is None
    third = make(np.exp, x).called("dC_dz1")
    assert merge(program(second, third)).outputs[0].name == "dC_dz1"


@pytest.fixture
def noise():
    @ag.primitive
    def drawn(shape):
        return np.ones(shape)

    IMPURE.add(drawn)
    yield drawn
    IMPURE.discard(drawn)


def test_what_draws_random_numbers_is_neither_merged_nor_folded(noise):
    first, second = make(noise, (2,)), make(noise, (2,))
    made = simplified(Program("f", (), (first, second), (), {}, (first, second)))
    assert made.outputs == made.draws and made.outputs[0] is not made.outputs[1]
    assert [v.op for v in made.body()] == [noise, noise]


def test_draws_come_in_their_order_and_also_when_nobody_uses_them(noise):
    first, unused, last = make(noise, (2,)), make(noise, (3,)), make(noise, (4,))
    body = Program("f", (), (make(np.exp, last), first), (), {}, (first, unused, last)).body()
    assert [v.shape for v in body if v.op is noise] == [(2,), (3,), (4,)]


# ---------------------------------------------------------------------------------------------------------------------
# All together.


def test_dead_code_is_dropped():
    live = make(np.exp, x)
    make(np.sin, live)
    assert simplified(program(live)).body()[-1].op is np.exp and len(simplified(program(live)).body()) == 1


def test_simplification_comes_to_an_end():
    v: Value = x
    for i in range(100):
        v = make(np.multiply, 1.0 + i / 100, neg(make(np.transpose, v)))
    done = simplified(program(v))
    assert simplified(done) is done


def test_roots_that_turn_out_constant_stay_values():
    w = Value(None, (), {}, np.zeros(3), "w")
    new = mul(make(np.add, 1.0, 1.0), np.ones(3))
    done = simplified(Program("f", (w,), (), (Write(w, new),), {"label": new}))
    assert isinstance(done.writes[0].value, Value) and isinstance(done.labels["label"], Value)
    assert evaluate(done, [w.example])[1][0].tolist() == [2.0, 2.0, 2.0]


def test_examples_are_those_of_the_run_in_value_and_layout():
    turned = Value(None, (), {}, np.asfortranarray(np.ones((3, 4))), "x")
    stale = Value(np.exp, (turned,), {}, np.zeros((3, 4)), None)
    (again,) = settled(Program("f", (turned,), (stale,))).outputs
    assert again.example.flags.f_contiguous and again.example[0, 0] == np.exp(1.0)


@pytest.mark.parametrize("array, one", [
    (np.ones((2, 3)), 1.0), (np.zeros(0), None), (np.arange(2.0), None), (np.array(3.5), 3.5), (np.ones(3, int), None),
    (np.full(3, np.nan), np.nan), (np.float32([0.1, 0.1]), float(np.float32(0.1))),
])  # fmt: skip
def test_which_arrays_are_one_number(array, one):
    found = uniform(array)
    assert found is None if one is None else type(found) is float and (found == one or np.isnan(one))


def test_a_program_writes_once_into_an_input():
    w = Value(None, (), {}, np.zeros(3), "w")
    other = make(np.exp, w)
    with pytest.raises(ValueError, match="once into each"):
        Program("f", (w,), (), (Write(other, w),))
    with pytest.raises(ValueError, match="once into each"):
        Program("f", (w,), (), (Write(w, other), Write(w, other)))
