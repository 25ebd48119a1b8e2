"""The readable printing: names, comments, what stands before the program, and that it stands alone."""

import builtins
import math
import re
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from programs import printed, same_bits, source_result

import autograd_lite as ag
import nn
from autograd_lite.compiler import Program, Runnable, Value, Write
from autograd_lite.compiler.constants import array_text
from autograd_lite.compiler.names import identifier, unused, variable_names
from autograd_lite.compiler.program import make
from autograd_lite.recording import apply
from autograd_lite.rules import impure

RNG = np.random.default_rng(0)


def lines(compiled: Any) -> list[str]:
    return [line.strip() for line in compiled.source.splitlines()]


def network(sizes: list[int], bias: bool = True, dtype: Any = float) -> list[ag.Tensor]:
    """Weights and biases W1, b1, W2, b2, …"""
    params = []
    for i, (n, m) in enumerate(pairwise(sizes), 1):
        params.append(ag.Tensor(RNG.normal(size=(m, n)) / n**0.5, dtype, requires_grad=True, name=f"W{i}"))
        params.append(ag.Tensor(RNG.normal(size=m), dtype, requires_grad=True, name=f"b{i}"))
    return params


def forward(params: list[ag.Tensor], x: Any) -> Any:
    a = x
    for i, (W, b) in enumerate(zip(params[::2], params[1::2], strict=True), 1):
        z = (a @ W.T + b).named(f"z{i}")
        a = ag.sigmoid(z).named(f"a{i}")
    return a


COSTS = {
    "quadratic": lambda a, y: np.sum(np.square(a - y)) * (0.5 / len(y)),
    "squared error": lambda a, y: np.sum(np.square(a - y)) / len(y),
    "cross-entropy": lambda a, y: -np.sum(y * np.log(a) + (1.0 - y) * np.log1p(-a)) / len(y),
    "cross-entropy of z": lambda a, y: np.sum(y * ag.softplus(-a.inputs[0]) + (1.0 - y) * ag.softplus(a.inputs[0])) / len(y),
}  # fmt: skip


def backprop(params: list[ag.Tensor], cost: Any) -> Any:
    def step(x, y):
        C = cost(forward(params, x), y)
        return C, ag.gradients(C, params)

    return ag.compile(step)


# ---------------------------------------------------------------------------------------------------------------------
# The four equations.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("depth", [2, 3, 4, 5, 6])
def test_each_layer_has_one_line_for_each_of_its_equations(depth, cost, dtype):
    sizes = [7, *range(6, 6 - depth, -1)]
    params = network(sizes, dtype=dtype)
    compiled = backprop(params, COSTS[cost])
    x, y = RNG.random((4, sizes[0])).astype(dtype), RNG.random((4, sizes[-1])).astype(dtype)
    result = compiled(x, y)
    text = lines(compiled)
    for i in range(1, depth + 1):
        for name, equation in (
            (f"delta{i}", "BP1" if i == depth else "BP2"),
            (f"dC_db{i}", "BP3"),
            (f"dC_dW{i}", "BP4"),
        ):
            (line,) = [line for line in text if line.startswith(f"{name} = ")]
            assert f"# {equation}:" in line
    assert sum("# BP" in line for line in text) == 3 * depth
    assert same_bits(source_result(compiled, [x, y]), result)


@pytest.mark.parametrize("depth", [2, 3])
def test_one_example_has_the_equations_too(depth):
    params = network([5, 4, 3, 2][: depth + 1])

    def step(x, y):
        C = np.sum(np.square(forward(params, x) - y)) * 0.5
        C.backward()
        return C

    compiled = ag.compile(step)
    x, y = RNG.random(5), RNG.random(len(params[-1]))
    compiled(x, y)
    found = [p.grad for p in params]
    text = compiled.source
    assert [text.count(f"# BP{i}:") for i in (1, 2, 3, 4)] == [1, depth - 1, depth, depth], text
    for p in params:
        p.zero_grad()
    step(x, y)
    for g, p in zip(found, params, strict=True):
        np.testing.assert_allclose(g.data, p.grad.data, rtol=1e-14, atol=1e-15)


def marked(f: Any, *args: Any) -> list[str]:
    compiled = ag.compile(f)
    compiled(*args)
    return re.findall(r"# (BP\d)", compiled.source)


def test_names_alone_make_no_equation():
    W1, b1 = (
        ag.Tensor(RNG.random((3, 3)), requires_grad=True, name="W1"),
        ag.Tensor(RNG.random(3), requires_grad=True, name="b1"),
    )

    def f(x):
        z = (x * W1 + b1).named("z1")  # no layer: the weights do not mix
        return ag.gradients(np.sum(ag.sigmoid(z)), [W1, b1])

    assert marked(f, RNG.random((2, 3))[:1]) == []


def test_a_skip_connection_is_not_bp2():
    params = network([3, 3, 3])

    def f(x):
        W1, b1, W2, b2 = params
        z1 = (x @ W1.T + b1).named("z1")
        a1 = ag.sigmoid(z1)
        z2 = (a1 @ W2.T + b2).named("z2")
        return ag.gradients(np.sum(ag.sigmoid(z2)) + np.sum(np.square(z1)), params)

    compiled = ag.compile(f)
    compiled(RNG.random((2, 3)))
    (delta1,) = [line for line in lines(compiled) if line.startswith("delta1 = ")]
    assert "BP2" not in delta1


def test_an_accumulated_gradient_is_not_bp4():
    params = network([3, 2])

    def f(x):
        np.sum(forward(params, x)).backward()

    compiled = ag.compile(f)
    compiled(RNG.random((2, 3)))
    assert "BP4" in compiled.source and "BP3" in compiled.source
    compiled(RNG.random((2, 3)))
    assert "grad_W1" in compiled.source
    assert "BP4" not in compiled.source and "BP3" not in compiled.source


# ---------------------------------------------------------------------------------------------------------------------
# Names.


@pytest.mark.parametrize("name, text", [
    ("z1", "z1"), ("hidden layer 1", "hidden_layer_1"), ("class", "class_"), ("print", "print_"), ("1st", "v_1st"), ("_", None),
    ("", None), (None, None), ("δ", "delta"), ("a.b[c]", "a_b_c"), ("dC_dz3", "delta3"), ("dC_dW3", "dC_dW3"), ("+", None),
    ("None", "None_"),
])  # fmt: skip
def test_a_tensors_name_becomes_an_identifier(name, text):
    assert identifier(name) == text


@pytest.mark.parametrize("wanted, taken, name", [
    ("x", [], "x"), ("x", ["x"], "x2"), ("t1", ["t1", "t2"], "t3"), ("x_2", ["x_2"], "x_3"), ("9", [], "9"),
])  # fmt: skip
def test_a_name_that_is_taken_gets_the_next_number(wanted, taken, name):
    assert unused(wanted, taken) == name


def test_names_are_unique_and_clash_with_nothing():
    def f(x):
        names = [
            "x",
            "np",
            "f",
            "t1",
            "t1",
            "float",
            "x",
            "lambda",
            "a b",
            "a_b",
            "cost",
            "buffer1",
            "add",
            "matmul",
            "bytes",
            "c1",
        ]
        values = []
        for i, name in enumerate(names):
            values.append((x * (2.0 + i) + x).named(name))
        return values, sum(v * x for v in values) @ np.arange(30.0).reshape(3, 10)

    compiled = ag.compile(f)
    x = RNG.random((2, 3))
    result = compiled(x)
    assert same_bits(source_result(compiled, [x]), result)
    np.testing.assert_allclose(result[1], f(ag.Tensor(x))[1].data, rtol=1e-14)
    assigned = re.findall(r"^    (\w+) = ", compiled.source, re.M)
    assert len(set(assigned)) == len(assigned) and not {"np", "f", "x", *dir(builtins)} & set(assigned)


def test_a_values_name_is_printed_and_inner_ones_are_numbered():
    x = Value(None, (), {}, np.zeros(3), "x")
    v = make(np.exp, x)
    named = make(np.sin, v).called("t1")
    names = variable_names(Program("f", (x,), (named,)), [v, named])
    assert names == {x: "x", v: "t2", named: "t1"}


def test_the_first_output_is_called_cost_if_it_is_one_number_without_a_name():
    compiled = ag.compile(lambda x: np.sum(np.exp(x)))
    compiled(np.ones(3))
    assert lines(compiled)[-2:] == ["cost = np.sum(np.exp(x))", "return cost"]


def test_arguments_are_called_as_the_parameters_and_as_the_places_in_containers():
    compiled = ag.compile(lambda params, *xs, lr=1.0: [params["W"] * lr, params["b"], *xs])
    compiled({"W": np.ones(2), "b": np.ones(2)}, np.ones(1), np.ones(1), lr=0.5)
    assert "def program(params_W, params_b, xs_0, xs_1, lr):" in compiled.source


def test_the_text_is_the_same_every_time():
    texts = set()
    for _ in range(3):
        compiled = backprop(network([3, 2, 2]), COSTS["quadratic"])
        compiled(np.ones((2, 3)), np.ones((2, 2)))
        texts.add(compiled.source)
    assert len(texts) == 1


# ---------------------------------------------------------------------------------------------------------------------
# Standing alone.


def check(f: Any, *args: Any) -> str:
    """The printed program gives the bits of the compiled one; its text."""
    compiled = ag.compile(f)
    with np.errstate(all="raise"):
        result = compiled(*args)
        assert same_bits(source_result(compiled, list(args)), result)
    return compiled.source


BIG = RNG.random((20, 30))
ODD = [
    np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0, 5e-324]), np.float32([0.1, 1e-45, np.inf]), np.float16([0.1, 2.0]),
    np.array([2**63 - 1, -(2**63)]), np.array([2**64 - 1], np.uint64), np.array([True, False]), np.zeros((0, 3)), np.array(0.1),
    np.asfortranarray(RNG.random((3, 4))), RNG.random((2, 3, 4)).transpose(1, 2, 0), np.broadcast_to(np.array([1.0, 2.0]),
    (3, 2)),
    np.asfortranarray(BIG), BIG, np.int8([[1], [2]]), np.longdouble("0.1") * np.ones(3, np.longdouble),
]  # fmt: skip


@pytest.mark.parametrize("array", ODD, ids=lambda a: f"{a.dtype}{a.shape}")
def test_an_array_is_printed_with_every_bit_and_its_layout(array):
    again = eval(array_text(array), {"np": np})
    assert same_bits(again, array)
    assert not array.size or [s for s, n in zip(again.strides, array.shape, strict=True) if n > 1] == [
        s for s, n in zip(array.strides, array.shape, strict=True) if n > 1
    ]


@pytest.mark.parametrize("array", ODD[:3] + ODD[7:13], ids=lambda a: f"{a.dtype}{a.shape}")
def test_constants_are_printed_with_the_program(array):
    source = check(lambda x: x * array, np.float64(1.5) * np.ones(array.shape))
    assert source.startswith("import numpy as np\n")


def test_a_constant_is_printed_as_it_is_when_the_source_is_asked_for():
    data = np.arange(3.0)
    compiled = ag.compile(lambda x: x * data)
    compiled(np.ones(3))
    data[:] = 7.0
    assert source_result(compiled, [np.ones(3)])[0].tolist() == [7.0, 7.0, 7.0] == compiled(np.ones(3)).tolist()


SCALE = 3.0
TABLE = np.arange(4.0)


def helper(x):
    return np.tanh(x) * SCALE


@ag.primitive
def own(x: Any, power: int = 2) -> Any:
    """A function of one's own with a helper, a global, a module and an array."""
    return helper(x) ** power + math.pi + TABLE[: x.shape[-1]]


def closed_over(k: float) -> Any:
    @ag.primitive
    def scaled(x):
        return x * k

    ag.defvjp(scaled, lambda g, ans, x: g * k)
    return scaled


def test_functions_of_ones_own_are_printed_with_all_that_they_use():
    ag.defvjp(own, lambda g, ans, x, power=2: g * power * helper(x))
    source = check(lambda x: own(x * 2.0), np.ones((2, 3)))
    assert (
        "def own(x, power=2):" in source
        and "def helper(x):" in source
        and "SCALE = 3.0" in source
        and "import math" in source
    )


def test_functions_of_one_name_are_told_apart_and_closures_kept():
    two, three = closed_over(2.0), closed_over(3.0)
    source = check(lambda x: two(x) + three(x), np.ones(3))
    assert "def scaled(" in source and "def scaled2(" in source


def test_functions_of_ours_are_printed():
    source = check(ag.grad(lambda x: np.sum(np.square(x[[0, 0, 1]]))), np.arange(3.0))
    assert "def scatter(" in source and "Any" not in source and "@" not in source.partition("@np.errstate")[0]


def test_a_lambda_is_printed():
    twice = ag.primitive(lambda x: x * 2.0)
    ag.defvjp(twice, lambda g, ans, x: g * 2.0)
    assert "lambda x: x * 2.0" in check(lambda x: twice(x) + 1.0, np.ones(3))


def test_a_function_without_source_runs_and_says_so_when_the_source_is_asked_for():
    namespace: dict[str, Any] = {"np": np}
    exec("def hidden(x):\n    return np.exp(x)", namespace)
    hidden = ag.primitive(namespace["hidden"])
    ag.defvjp(hidden, lambda g, ans, x: g * ans)
    compiled = ag.compile(lambda x: hidden(x))
    assert compiled(np.zeros(2)).tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match="hidden has no Python source"):
        _ = compiled.source


def test_what_cannot_be_written_down_is_a_parameter():
    @ag.primitive
    def shuffled(rng, x):
        return x[rng.permutation(len(x))]

    generator = np.random.default_rng(5)
    compiled = ag.compile(lambda x: shuffled(generator, x) * 2.0)
    from autograd_lite.rules import IMPURE

    ag.defvjp(shuffled, None, lambda g, ans, rng, x: g)
    IMPURE.add(shuffled)
    try:
        result = compiled(np.arange(6.0))
    finally:
        IMPURE.discard(shuffled)
    again = printed(compiled.source, "program")(np.arange(6.0), np.random.default_rng(5))
    assert same_bits(again, result)


def test_a_user_function_gets_an_array_of_no_axes_as_such():
    @ag.primitive
    def kind(x):
        return x * (2.0 if type(x) is np.ndarray else np.nan)

    ag.defvjp(kind, lambda g, ans, x: g * 2.0)
    compiled = ag.compile(lambda x: kind(np.sum(x)))
    assert compiled(np.ones(3)) == compiled(np.ones(3)) == 6.0


def test_saturated_sigmoids_raise_no_warning_in_print():
    check(lambda x: ag.sigmoid(x), np.array([-1000.0, 1000.0]))


OPERATORS = [
    lambda x, n: (x - (x - n)) / (x / (x * n)) - -x, lambda x, n: -(x ** 2) ** n, lambda x, n: -x @ x.T @ -x,
    lambda x, n: x * (n + 1) ** -2,
    lambda x, n: x * (-n) ** 2, lambda x, n: x * (n - (n - 2) * 3) // (n % 4), lambda x, n: (x > n) == (x < 3.0),
    lambda x, n: x[..., None][0, 1:, 0],
    lambda x, n: x[(slice(None, None, -1), 1)], lambda x, n: x * abs(-n) + (+n), lambda x, n: 2.0 ** -x,
    lambda x, n: x * -(2 ** -n),
    lambda x, n: np.where(n > 2, x, -x), lambda x, n: np.sum(x, axis=(0, 1)) * n, lambda x, n: x[()] + n,
    lambda x, n: x[np.array([1, 0]), 1:],
    lambda x, n: np.concatenate([x, x * n], axis=1), lambda x, n: np.stack((x, -x)), lambda x, n: x.astype(np.float32) * n,
    lambda x, n: np.reshape(x, (-1,), order="F") - n, lambda x, n: np.clip(x, 0.5, n),
    lambda x, n: np.add(n, 1) * x.astype("f4"),
    lambda x, n: np.negative(n) * x.astype("f4"), lambda x, n: [n, n + 1, n * 2.5, x],
    lambda x, n: np.float32(2.5) * x.astype("f4") / n,
    lambda x, n: x * float("inf") - n, lambda x, n: np.einsum("ij,kj->ik", x, x) * n,
]  # fmt: skip


@pytest.mark.parametrize("number", [3, 1.5], ids=["int", "float"])
@pytest.mark.parametrize("i", range(len(OPERATORS)))
def test_expressions_are_bracketed_and_typed_as_they_were(i, number):
    f = OPERATORS[i]
    compiled = ag.compile(f)
    x = RNG.uniform(0.5, 2, (2, 3))
    result, expected = compiled(x, number), f(ag.Tensor(x), number)
    as_list = lambda r: r if isinstance(r, list) else [r]
    for a, b in zip(as_list(result), as_list(expected), strict=True):
        plain = b.data if isinstance(b, ag.Tensor) else b
        assert type(a) is type(plain) or isinstance(plain, np.ndarray)
        np.testing.assert_allclose(a, plain, rtol=1e-15)
        assert np.asarray(a).dtype == np.asarray(plain).dtype
    assert same_bits(source_result(compiled, [x, number]), result)


@pytest.mark.parametrize("number", [1.4, 2.6, -1.5, 3])
@pytest.mark.parametrize("f", [lambda x, n: round(n) * x, lambda x, n: round(n, 1) * x], ids=["whole", "digits"])
def test_a_rounded_number_stays_a_python_number(f, number):
    compiled = ag.compile(f)
    x = np.ones(2, np.float32)
    compiled(x, type(number)(7))
    assert same_bits(compiled(x, number), f(x, number))
    assert same_bits(source_result(compiled, [x, number]), f(x, number))


def test_a_number_too_large_for_the_dtype_is_infinite_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ag.compile(lambda x: np.minimum(x * 2, 1e6))(np.ones(3, np.float16))
    assert same_bits(found, np.full(3, 2, np.float16))


# ---------------------------------------------------------------------------------------------------------------------
# The order of the lines.


def described(source):
    """The lines of a program, each by what stands left of its first sign; a blank line is empty."""
    body = source[source.index("):\n") + 3 :].rstrip("\n").split("\n")
    return [line.strip().split("  ")[0].split(" ")[0] for line in body]


def test_a_step_is_printed_forward_backward_update():
    net = nn.MLP([3, 4, 2], seed=0)
    step = nn.compile_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.5))
    step(np.ones((5, 3)), np.ones((5, 2)))
    assert described(step.source) == [
        "z1", "e1", "a1", "z2", "e2", "a2", "t1", "C", "",
        "delta2", "dC_db2", "dC_dW2", "delta1", "dC_db1", "dC_dW1", "",
        "W1", "b1", "W2", "b2", "return",
    ]  # fmt: skip


def test_gradients_follow_the_cost_after_a_blank_line():
    def f(x, w):
        return np.sum(np.square(np.sin(x @ w)))

    compiled = ag.compile(ag.value_and_grad(f, argnums=(0, 1)))
    compiled(np.ones((2, 3)), np.ones(3))
    names = described(compiled.source)
    assert names.index("cost") + 1 == names.index("")
    assert {"dC_dx", "dC_dw"} == {name for name in names[names.index("") :] if name.startswith("dC")}


def test_a_function_without_a_cost_has_no_blank_line():
    compiled = ag.compile(lambda x: (x + 1, x * 2))
    compiled(np.ones(3))
    assert described(compiled.source) == ["t1", "t2", "return"]


@impure
def noise(generator, shape):
    return generator.normal(size=shape)


def test_random_numbers_are_drawn_in_their_order_whatever_they_are_for():
    generator = np.random.default_rng(0)

    def f(x):
        drawn = [apply(noise, (generator, (3,))) for _ in range(3)]
        return np.sum(drawn[1] * x), drawn[2] * x, drawn[0] * x

    compiled = ag.compile(f)
    x = np.ones(3)
    found = compiled(x)
    assert found[2].tolist() == np.random.default_rng(0).normal(size=3).tolist()
    assert same_bits(list(printed(compiled.source, "f")(x, np.random.default_rng(0))), list(found))


def test_long_lists_of_parameters_and_results_are_wrapped():
    compiled = ag.compile(lambda xs: [x * 2 for x in xs])
    xs = [np.full(2, float(i)) for i in range(40)]
    found = compiled(xs)
    assert max(map(len, compiled.source.splitlines())) <= 120
    assert same_bits(source_result(compiled, [xs]), found)


# ---------------------------------------------------------------------------------------------------------------------
# Writes.


def test_an_update_is_one_line():
    W, g, lr = (Value(None, (), {}, np.ones(3), n) for n in ("W", "g", "lr"))
    runnable = Runnable(Program("step", (W, g, lr), (), (Write(W, make(np.subtract, W, make(np.multiply, lr, g))),)))
    assert "    W -= lr * g\n" in runnable.source


def test_an_input_that_is_read_later_is_written_at_the_end():
    W, x = Value(None, (), {}, np.ones(3), "W"), Value(None, (), {}, np.ones(3), "x")
    new = make(np.subtract, W, x)
    out = make(np.add, new, make(np.exp, make(np.negative, W)))
    source = Runnable(Program("step", (W, x), (out,), (Write(W, new),))).source
    assert source.index("W[...] = t1") > source.index("np.exp(-W)")


@pytest.mark.parametrize("op, sign", [(np.add, "+"), (np.multiply, "*"), (np.divide, "/")])
def test_updates_of_other_kinds_are_written_in_place_too(op, sign):
    W, x = Value(None, (), {}, np.ones(3), "W"), Value(None, (), {}, np.ones(3), "x")
    assert f"    W {sign}= x\n" in Runnable(Program("step", (W, x), (), (Write(W, make(op, W, x)),))).source
