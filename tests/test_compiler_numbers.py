"""A compiled function does with Python's numbers and NumPy's scalars what the function does, from whatever file it is called."""

import copy
import fractions
import json
import math
import operator
import pickle
from pathlib import Path

import numpy as np
import pytest
from versions import NUMPY

import autograd_lite as ag
from autograd_lite.trees import leaves

X = np.arange(6.0).reshape(2, 3) + 1.0
USES = """
import copy, fractions, json, math, operator, pickle
import numpy as np
import autograd_lite as ag

def by_match(x, n):
    match n:
        case 3: return x * 7.0
        case int(k) if k > 3: return x * k
        case float(): return x * 0.5
        case _: return -x

def divided(x, n):
    try:
        return x * (1 / (n - 3))
    except ZeroDivisionError:
        return -x

def in_place(x, n):
    n += 1
    n *= 2
    return x * n

def by_type(n):
    return 2.0 if type(n) is int else 3.0

three = 3
WHATEVER = {
    "an error": divided,
    "arithmetic": lambda x, n: (x * n + n**2 - n // 2 + n % 3) / (n * n + 1),
    "powers": lambda x, n: x**n + 2.0**n * abs(-n),
    "slope of a power": lambda x, n: ag.grad(lambda x: np.sum(x**n))(x),
    "choice": lambda x, n: np.where((n > 1) & (n < 4), x, -x),
    "a truth in arithmetic": lambda x, n: x * ((n == 3) + 1),
    "isinstance": lambda x, n: x * (2.0 if isinstance(n, int) else 3.0) * (1 + isinstance(n, ag.Tensor)),
    "class": lambda x, n: x * (2.0 if n.__class__ is int else 3.0),
    "type": lambda x, n: x * (2.0 if type(n) is int else 3.0),
    "type in another function": lambda x, n: x * by_type(n),
    "identity": lambda x, n: x * (2.0 if n is three else 3.0),
    "is True": lambda x, n: x * (2.0 if (n == 3) is True else 3.0),
    "is None": lambda x, n: x * (2.0 if n is None else 3.0),
    "text": lambda x, n: x * len(f"{n}") * len("%s" % n) * len(repr(n)),
    "format": lambda x, n: x * len(f"{n:.3f}"),
    "equal to a text": lambda x, n: x * (n == "auto") + x * (n != None),
    "a copy": lambda x, n: x * copy.deepcopy({"n": n})["n"] * copy.copy(n),
    "attributes": lambda x, n: x * getattr(n, "ndim", 5) * (2.0 if hasattr(n, "shape") else 3.0),
    "a scalar of NumPy": lambda x, n: x * np.sqrt(np.abs(n) + np.float64(2.0)),
    "clip": lambda x, n: np.clip(x, 2.0, n) + np.clip(x, a_min=2.0, a_max=n),
    "dtype": lambda x, n: x.astype(np.result_type(x, n)),
    "Tensors": lambda x, n: ag.Tensor(n) * x + ag.Tensor([n, 1.0, 2.0]) * x,
    "results": lambda x, n: (x * n, n, n * 2, n == 3, {"n": n}, [n]),
    "in place": in_place,
    "isscalar": lambda x, n: x * np.isscalar(n),
    "gradient by it": lambda x, n: ag.grad(lambda a: np.sum(x * a**2))(n * 1.0),
    "gradient by a constant": lambda x, n: ag.grad(lambda w: np.sum(w * x) * n)(np.ones((2, 3))),
    "arrays": lambda x, n: np.arange(3.0) * n * x + np.where(np.arange(3.0) > n, x, 0.0),
    "divmod": lambda x, n: x * divmod(n, 2)[1] + np.divmod(n, 2)[0],
}
BY_VALUE = {
    "a dict": lambda x, n: x * {3: 10.0, 2: 7.0}.get(n, -1.0),
    "NumPy's number as a key": lambda x, n: x * {9.0: 2.0}.get(np.float64(3.0) * n, 5.0) * {3: 2.0}.get(np.abs(n), 3.0),
    "a set": lambda x, n: x * (n in {1, 2}),
    "a tuple": lambda x, n: x * (n in (1, 2)),
    "hash": lambda x, n: x * (hash(n) % 7),
    "a key": lambda x, n: {n: x * 2.0},
    "math": lambda x, n: x * math.sqrt(abs(n)) + math.floor(n),
    "conversions": lambda x, n: x * int(n) + float(n) + abs(complex(n)),
    "if": lambda x, n: x if n else -x,
    "not": lambda x, n: x * (not n),
    "a chain": lambda x, n: x * (1 < n < 4),
    "max": lambda x, n: x * max(n, 2) * sorted([n, 2, 5])[1],
    "match": by_match,
    "asarray": lambda x, n: np.asarray(n) * x + np.array([n, 1, 2]) * x + np.full(3, n) * x,
    "is_integer": lambda x, n: x * float(n).is_integer(),
    "pickle": lambda x, n: x * pickle.loads(pickle.dumps(n)),
    "a fraction": lambda x, n: x * float(fractions.Fraction(n)),
    "fixed types": lambda x, n: x * np.float32(n) * np.float64(n),
}
WHOLE = {
    "rounded": lambda x, n: x * round(n),
    "bits": lambda x, n: x * ((n & 1) + (n >> 1) + (n << 2) + (n ^ 1) + ~n),
    "bit_length": lambda x, n: x * int(n).bit_length() * n.real,
    "range": lambda x, n: sum((x for _ in range(n)), x * 0.0),
    "repeated list": lambda x, n: x * len([0] * n) + len(n * [0]),
    "index": lambda x, n: x[:, operator.index(n) - 2] + x[:, n - 2],
    "slice": lambda x, n: x[:, : n - 1],
    "axis": lambda x, n: np.sum(x, axis=n - 2),
    "shape": lambda x, n: x.reshape((n - 1, -1)) * np.ones((n - 1, 1)),
    "three powers": lambda x, n: x * pow(int(n), 2, 5),
    "roll": lambda x, n: ag.grad(lambda x: np.sum(np.roll(x, n, axis=1) * x))(x),
    "one hot": lambda x, n: ag.one_hot(np.array([0, 1]), n),
    "a seed of Python's own": lambda x, n: x * len(json.dumps([int(n)])),
    "json": lambda x, n: x * len(json.dumps(n if n.__class__ is int else 0)),
}
"""
PACKAGE = Path(ag.__file__).parent
FILES = [
    "demo.py",
    f"{PACKAGE}_demo/demo.py",
    f"{PACKAGE}/of_a_user.py",
    f"{Path(np.__file__).parent}_demo.py",
    "<string>",
]


def uses_in(file):
    """The functions, as if their lines stood in this file."""
    names = {"__name__": "of_a_user"}
    exec(compile(USES, file, "exec"), names)
    return {**names["WHATEVER"], **names["BY_VALUE"], **names["WHOLE"]}, names


HERE, NAMES = uses_in("demo.py")


def shown(result):
    """Keys, types, dtypes, shapes and elements."""
    keys = list(result) if isinstance(result, dict) else []
    parts = [*keys, *leaves(result)]
    return [(type(p), np.asarray(p.data if isinstance(p, ag.Tensor) else p)) for p in parts]


def assert_same(found, expected):
    found, expected = shown(found), shown(expected)
    assert [t for t, _ in found] == [t for t, _ in expected]
    for (_, a), (_, b) in zip(found, expected, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=1e-6 if b.dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("x", [X, X.astype(np.float32)], ids=["float64", "float32"])
@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("kind", [int, np.int64])
def test_whole_numbers_give_what_the_function_gives(name, kind, x):
    f = HERE[name]
    c = ag.compile(f)
    with np.errstate(divide="ignore"):
        for n in (3, 2, 3):
            assert_same(c(x, kind(n)), f(x, kind(n)))


@pytest.mark.parametrize("name", NAMES["WHATEVER"])
@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_floats_give_what_the_function_gives(name, kind):
    if name in ("powers", "slope of a power") and kind is not float and NUMPY < (2, 3):
        pytest.skip("before NumPy 2.3 the dtype of a power depends on the value of a scalar of NumPy's")
    f = HERE[name]
    c = ag.compile(f)
    for n in (3.0, 2.5, -1.0 if name not in ("powers", "gradient by it") else 1.5, 3.0):
        with np.errstate(divide="ignore"):
            assert_same(c(X, kind(n)), f(X, kind(n)))


@pytest.mark.parametrize("name", NAMES["BY_VALUE"])
@pytest.mark.parametrize("kind", [float, np.float64])
def test_python_does_not_decide_by_a_float(name, kind):
    with pytest.raises(ag.CompileError, match=r"looks at the value of (the number 'n'|a number)"):
        ag.compile(HERE[name])(X, kind(3.0))


@pytest.mark.parametrize("n", [2.5, 3.5, -0.4])
def test_a_float_is_rounded_in_the_program(n):
    c = ag.compile(lambda x, n: x * round(n) + round(n, 1))
    for k in (1.24, n):
        assert_same(c(X, k), X * round(k) + round(k, 1))
    assert len(c.plans) == 1


@pytest.mark.parametrize("file", FILES)
def test_it_does_not_matter_in_which_file_the_lines_are(file):
    there, _ = uses_in(file)
    for name, f in there.items():
        c = ag.compile(f)
        for n in (3, 2):
            assert_same(c(X, n), HERE[name](X, n))


@pytest.mark.parametrize("file", FILES)
def test_an_error_names_the_line_of_the_user(file):
    names = {"__name__": "of_a_user"}
    exec(compile("\n\ndef f(x):\n    return x if x[0] > 0 else -x", file, "exec"), names)
    import autograd_lite

    with pytest.raises(ag.CompileError) as error:
        autograd_lite.compile(names["f"])(np.ones(2))
    assert f"at {file}:4" in str(error.value)


@pytest.mark.parametrize("n", [3, 4, 10**6])
def test_one_program_serves_every_number_that_is_only_computed_with(n):
    c = ag.compile(HERE["arithmetic"])
    for k in (2, n, n + 1):
        assert_same(c(X, k), HERE["arithmetic"](X, k))
    assert len(c.plans) == 1


def test_a_division_that_python_refuses_is_refused_by_the_program_too():
    c = ag.compile(lambda x, n: x / (1 / n))
    assert c(X, 2)[0, 0] == 2.0
    with pytest.raises(ZeroDivisionError):
        c(X, 0)
    assert c(X, 4)[0, 0] == 4.0


def test_numbers_whose_result_is_of_another_type_are_computed_as_python_does():
    c = ag.compile(lambda x, a, b: x * a**b)
    for a, b in ((2, 3), (2, -1), (2.5, 2), (0.0, 2)):
        assert_same(c(X, a, b), X * a**b)


def test_a_number_that_outlives_the_recording_is_its_value():
    kept = []
    ag.compile(lambda x, n: kept.append(n) or x * n)(X, 3)
    (n,) = kept
    assert n == 3 and hash(n) == hash(3) and {3: "three"}[n] == "three" and n + 1 == 4 and str(n) == "3"
    np.testing.assert_array_equal(X * n, X * 3)
    assert copy.copy(n) == pickle.loads(pickle.dumps(n)) == 3
    assert math.sqrt(n) == math.sqrt(3) and operator.index(n) == 3 and json.dumps(int(n)) == "3"
    assert fractions.Fraction(n) == 3


# ---------------------------------------------------------------------------------------------------------------------
# How often a function runs.


class OfTheUser(Exception):
    pass


RAISING = {
    "an error": lambda x, n: _raise(ValueError("of the user", 5)),
    "of one's own": lambda x, n: _raise(OfTheUser("of the user")),
    "a key": lambda x, n: _raise(KeyError(n)),
    "with the number": lambda x, n: _raise(ValueError(f"not {n}", n)),
    "a type": lambda x, n: _raise(TypeError("of the user")),
    "an operator": lambda x, n: x + None,
    "a division": lambda x, n: 1 / len(""),
    "an attribute": lambda x, n: n.nothing,
    "an item": lambda x, n: [][1],
    "after use": lambda x, n: _raise(ValueError("of the user")) if np.sum(x.reshape(n - 2, -1)).shape == () else x,
    "a length": lambda x, n: _raise(OfTheUser(len(range(n)))),
}


def _raise(error):
    raise error


@pytest.mark.parametrize("numbers", [(3,), (3.5,), (3, 2), (3, 2.5), (np.int64(3), np.float32(1.0))])
@pytest.mark.parametrize("name", RAISING)
def test_a_function_that_raises_runs_once_and_its_error_comes_out_as_it_is(name, numbers):
    runs = []

    def f(x, n, *more):
        runs.append(None)
        return np.sum(RAISING[name](x, n))

    def error_of(g):
        with pytest.raises(Exception) as caught:
            g(np.ones(2), *numbers)
        return caught.value

    for make in (lambda f: f, ag.grad):
        expected = error_of(make(f))
        runs.clear()
        error = error_of(ag.compile(make(f)))
        assert len(runs) == 1
        assert type(error) is type(expected) and str(error) == str(expected)
        assert [(type(a), a) for a in error.args] == [(type(a), a) for a in expected.args]


def test_a_cost_that_raises_runs_once_for_gradients_of_examples():
    runs = []

    def cost(w, x):
        runs.append(None)
        raise OfTheUser

    with pytest.raises(OfTheUser):
        ag.per_example_gradients(cost, np.ones(3), np.ones((4, 3)))
    assert len(runs) == 1
