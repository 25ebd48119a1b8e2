"""Every index that NumPy takes, read and written: eager, compiled and printed programs do what NumPy does."""

import array
import warnings
from collections import UserList, deque
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from programs import same_bits, source_result

import autograd_lite as ag

X = np.arange(24.0).reshape(2, 3, 4) + 0.5
LAYOUTS = {"C": X, "F": np.asfortranarray(X), "reversed": X[:, ::-1], "zero-dimensional": np.array(1.5)}

whole = st.integers(-3, 2)
wholes = st.one_of(
    whole, st.builds(lambda n, kind: kind(n), whole, st.sampled_from([np.int64, np.int8, np.intp, np.longlong]))
)
masks = st.one_of(
    st.booleans(),
    st.booleans().map(np.bool_),
    st.sampled_from([2, 3, 4]).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n)),
    st.sampled_from([(2,), (3,), (4,), (2, 3), (3, 4), (2, 3, 4), ()]).flatmap(
        lambda shape: st.integers(0, 2**31).map(lambda seed: np.random.default_rng(seed).random(shape) < 0.5)
    ),
)
bounds = st.one_of(st.none(), wholes)
slices = st.builds(slice, bounds, bounds, st.one_of(st.none(), st.sampled_from([1, 2, -1, np.int64(-2)])))
sequences = st.recursive(
    st.lists(wholes, max_size=3), lambda inner: st.lists(inner, min_size=1, max_size=2), max_leaves=4
).flatmap(lambda found: st.sampled_from([found, _as_tuples(found), tuple(found)]))
arrays = st.builds(
    lambda n, kind, shape: np.resize(np.asarray(n), shape).astype(kind), st.lists(whole, min_size=1, max_size=4),
    st.sampled_from([np.int64, np.int32, np.int8, ">i4"]), st.sampled_from([(), (0,), (2,), (2, 1), (1, 3)]),
)  # fmt: skip
ranges = st.builds(range, st.integers(0, 1), st.integers(0, 2))
parts = st.one_of(wholes, masks, st.none(), st.just(...), slices, sequences, arrays, ranges)
indices = st.one_of(parts, st.lists(parts, max_size=4).map(tuple))


def _as_tuples(found: Any) -> Any:
    return tuple(map(_as_tuples, found)) if isinstance(found, list) else found


def numpys(x: np.ndarray, index: Any) -> np.ndarray:
    """What NumPy reads; an example that it refuses, or is about to, is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return np.asarray(x[index])
        except (IndexError, ValueError, TypeError, DeprecationWarning, OverflowError, VisibleDeprecation):
            assume(False)
            raise


VisibleDeprecation = np.exceptions.VisibleDeprecationWarning
SPECIAL = [
    *(
        (..., (0, 2)),
        (None, (1, 0)),
        (slice(None), ((0, 1), (1, 2))),
        ((0, 1), (1, 2)),
        ((1, 0), [2, 2]),
        ((True, False), 0),
    ),
    *(((),), ([],), (slice(None), ()), True, (True, 0), (np.True_, [0]), ((0, 1),), [[0, 1], [1, 0]], ((((0,),),),)),
    *((0, np.array(1)), np.array(True), (range(2), None), slice(np.int64(0), np.array(1)), (slice(True, None), 1)),
    (-1, ..., np.int8(-1)),
]


def walks(test: Any) -> Any:
    for index in SPECIAL:
        test = example(layout="C", index=index)(test)
    given_ = given(layout=st.sampled_from(list(LAYOUTS)), index=indices)
    return settings(max_examples=100, deadline=None, derandomize=True)(given_(test))


@walks
def test_what_is_read_is_what_numpy_reads(layout, index):
    x = LAYOUTS[layout]
    expected = numpys(x, index)
    f = lambda x: x[index] * 1.0
    assert same_bits(f(ag.Tensor(x)), expected)
    compiled = ag.compile(f)
    assert same_bits(compiled(x), expected) and same_bits(compiled(x), expected)
    assert same_bits(source_result(compiled, [x]), expected)


@walks
def test_the_gradient_of_what_is_read_stands_where_it_was_read(layout, index):
    x = LAYOUTS[layout]
    weights = np.cos(np.arange(numpys(x, index).size)).reshape(x[index].shape)
    expected = np.zeros(x.shape)
    np.add.at(expected, index, weights)
    f = ag.grad(lambda x: np.sum(x[index] * weights))
    np.testing.assert_array_equal(f(x), expected)
    compiled = ag.compile(f)
    np.testing.assert_array_equal(compiled(x), expected)
    np.testing.assert_array_equal(source_result(compiled, [x])[0], expected)


@walks
def test_what_is_written_is_what_numpy_writes(layout, index):
    x = LAYOUTS[layout]
    v = np.sin(np.arange(numpys(x, index).size)).reshape(x[index].shape)
    expected = np.array(x * 2.0)
    expected[index] = v

    def f(x, v):
        y = np.copy(x * 2.0)
        y[index] = v
        return y

    assert same_bits(f(ag.Tensor(x), ag.Tensor(v)), expected)
    compiled = ag.compile(f)
    assert same_bits(compiled(x, v), expected) and same_bits(compiled(x, v), expected)
    assert same_bits(source_result(compiled, [x, v]), expected)


@walks
def test_the_gradient_of_what_is_written_is_that_of_the_eager_run(layout, index):
    x = LAYOUTS[layout]
    v = np.sin(np.arange(numpys(x, index).size)).reshape(x[index].shape)
    weights = np.cos(np.arange(x.size)).reshape(x.shape)

    def f(x, v):
        y = np.copy(x * 2.0)
        y[index] = v
        return np.sum(y * weights)

    to_x, to_v = ag.grad(f, argnums=(0, 1))(x, v)
    untouched = np.full(x.shape, 2.0)
    untouched[index] = 0.0
    np.testing.assert_array_equal(to_x, untouched * weights)
    wrote = np.full(x.shape, -1)
    wrote[index] = np.arange(v.size).reshape(v.shape)
    last = np.isin(np.arange(v.size).reshape(v.shape), wrote)
    np.testing.assert_array_equal(to_v, np.where(last, weights[index], 0.0))
    compiled = ag.compile(ag.grad(f, argnums=(0, 1)))
    for found in (compiled(x, v), source_result(compiled, [x, v])):
        np.testing.assert_array_equal(found[0], to_x)
        np.testing.assert_array_equal(found[1], to_v)


@pytest.mark.parametrize("index", [(0, 1), [0, 1], (slice(None), (1, 0)), (..., [0, 1, 1])], ids=str)
def test_an_index_of_whole_numbers_may_be_a_tensor_in_any_place(index):
    as_tensors = lambda i: ag.Tensor(np.array(i)) if isinstance(i, list | tuple) else i
    given_ = tuple(map(as_tensors, index)) if type(index) is tuple else as_tensors(index)
    f = lambda x: x[given_] * 1.0
    compiled = ag.compile(f)
    assert same_bits(f(ag.Tensor(X)), X[index]) and same_bits(compiled(X), X[index])
    assert same_bits(source_result(compiled, [X]), X[index])


class One:
    def __index__(self) -> int:
        return 1


class Pair:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array([1, 0])


class Places(NamedTuple):
    row: Any
    column: Any


LIKE_NUMBERS_AND_ARRAYS = [
    One(), (One(), 0), slice(One(), None), Pair(), (slice(None), Pair()), Places(0, [1, 2]), UserList([0, 1]), deque([0, 1]),
    array.array("i", [0, 1]), (..., array.array("i", [0, 1])), memoryview(np.array([1, 1])),
]  # fmt: skip


@pytest.mark.parametrize("index", LIKE_NUMBERS_AND_ARRAYS, ids=lambda index: type(index).__name__)
def test_what_numpy_takes_for_a_number_or_an_array_is_printed_as_such(index):
    def f(x):
        y = x[index] * 1.0
        return y, ag.grad(lambda x: np.sum(np.square(x[index])))(x)

    compiled = ag.compile(f)
    expected = [X[index], np.zeros(X.shape)]
    expected[1][index] = 2 * X[index] if not isinstance(index, memoryview) else 4 * X[index]
    assert same_bits(compiled(X), expected)
    assert same_bits(source_result(compiled, [X]), expected)


def test_a_count_of_positions_follows_them_when_they_change():
    positions, values = np.array([0, 1, 0, 2]), np.array([1.0, 2.0, 3.0, 4.0])
    f = lambda v: np.bincount(positions, weights=v, minlength=2) * 1.0
    compiled, gradient = ag.compile(f), ag.compile(ag.grad(lambda v: np.sum(np.square(f(v)))))
    for now in ([0, 1, 0, 2], [2, 1, 1, 0], [0, 0, 1, 1], [0, 5, 0, 2], [0, 1, 0, 2]):
        positions[:] = now
        counts = np.bincount(now, weights=values, minlength=2)
        assert same_bits(compiled(values), counts) and same_bits(source_result(compiled, [values]), counts)
        assert same_bits(gradient(values), 2 * counts[now])
    with pytest.raises(ag.CompileError, match=r"the shape of np\.bincount"):
        ag.compile(lambda v, i: np.bincount(i, weights=v))(values, positions)
