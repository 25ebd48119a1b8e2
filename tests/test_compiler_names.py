"""Programs are made of the recording, never of text that a user gave: names of Tensors, keys, keywords, layers, functions."""

import ast
import keyword
import linecache
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from programs import arrays_of, same_bits, source_result
from texts import ALIKE, ATTACKS, BOOKISH, LONE, MEANT, TEXTS, canary

import autograd_lite as ag
import nn
from autograd_lite.compiler.names import escaped, identifier

A, B = np.array([0.5, 1.0]), np.array([2.0, -1.0])


@ag.primitive
def scaled(x, /, **factors):
    """x times the factors, in their order: the first once, the second squared."""
    for power, factor in enumerate(factors.values(), 1):
        x = x * factor**power
    return x


ag.defvjp(scaled, lambda g, ans, x, /, **factors: scaled(g, **factors))


def mixed(a, b):
    """Reads each of two values twice, so that both have a line and one in the place of the other is seen."""
    return a * 10.0 + b + a * b


def names_inside(p, q):
    return lambda x, y: mixed(np.exp(x * y).named(p), np.sin(x + y).named(q)), (A, B), {}


def names_of_arguments(p, q):
    return mixed, (ag.Tensor(A, name=p), ag.Tensor(B, name=q)), {}


def names_outside(p, q):
    u, v = ag.Tensor(A, name=p), ag.Tensor(B, name=q)
    return lambda x: mixed(x * u, v), (B,), {}


def names_of_gradients(p, q):
    u, v = ag.Tensor(A, requires_grad=True, name=p), ag.Tensor(B, requires_grad=True, name=q)

    def f(x):
        return ag.gradients(np.sum(mixed(np.exp(x * u), np.sin(v * u))), [u, v])

    return f, (B,), {}


def names_of_labels(p, q):
    return lambda x, y: [g.named(f"dC_d{n}") for g, n in zip((x * y, x - y), (p, q), strict=True)], (A, B), {}


def keys(p, q):
    return lambda params: mixed(*list(params.values())), ({p: A, (q, 1): B},), {}


def keywords(p, q):
    given = {p: A, q + "'": B}
    return lambda **params: mixed(*params.values()), (), given


def keywords_of_operations(p, q):
    p, q = (name.replace("out", "in") for name in (p, q))  # which means the same everywhere, and is refused
    one, other = {p: 2.0, q + "'": 3.0}, {q + "'": 3.0, p: 2.0}
    return lambda x: mixed(scaled(x, **one) + scaled(x, **other), scaled(x, **{q: x, p + "'": 5.0})), (A,), {}


def scopes(p, q):
    def f(x):
        with ag.scope(p):
            y = np.exp(x)
            with ag.scope(q):
                return mixed(y.named(p), np.sin(x).named(q))

    return f, (A,), {}


def names_of_functions(p, q):
    def f(x):
        return mixed(np.exp(x), first(x * 2.0) + second(x))

    @ag.primitive
    def first(x):
        return x * 3.0

    @ag.primitive
    def second(x):
        return x - 1.0

    f.__name__ = p
    first.__name__, second.__name__ = p, q
    first.__module__ = second.__qualname__ = q
    ag.defvjp(first, lambda g, ans, x: g * 3.0)
    ag.defvjp(second, lambda g, ans, x: g)
    return f, (A,), {}


def names_of_classes(p, q):
    def of_class(name, **more):
        try:
            return type(name, (), {"__call__": lambda self: 2.0, **more})()
        except (ValueError, UnicodeEncodeError):  # Python takes no such name for a class
            return type("Kind", (), more)()

    first, second = of_class(p), of_class(q)

    @ag.primitive
    def chosen(x, first, second):
        return x * 2.0

    ag.defvjp(chosen, lambda g, ans, x, first, second: g * 2.0)
    return lambda x: mixed(chosen(x, first, second), chosen(x, second, 1)), (A,), {}


def texts_as_constants(p, q):
    @ag.primitive
    def lengths(x, *texts):
        return x * float(sum((i + 1) * len(t) for i, t in enumerate(texts)))

    ag.defvjp(lengths, lambda g, ans, x, *texts: lengths(g, *texts))
    return lambda x: lengths(x, p, q, p.encode("utf-8", "surrogatepass")), (A,), {}


def names_of_layers(p, q):
    net = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Sigmoid(), nn.Linear(2, 2, seed=1))
    net.layers[0].name, net.layers[2].name = p, q
    net.layers[0].W.name = net.layers[2].b.name = p
    net.layers[2].W.name = q
    return lambda x: ag.gradients(np.sum(net(x)), net.parameters()), (A,), {}


WAYS: list[Callable[[str, str], Any]] = [
    names_inside, names_of_arguments, names_outside, names_of_gradients, names_of_labels, keys, keywords, keywords_of_operations,
    scopes, names_of_functions, names_of_classes, texts_as_constants, names_of_layers,
]  # fmt: skip


def identifiers(text: str) -> set[str]:
    """The names that a program gives to what it computes, makes or takes."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def check_way(way, p, q):
    f, args, named = way(p, q)
    with canary() as calls:
        compiled = ag.compile(f)
        found = compiled(*args, **named)
        for a, b in zip(
            arrays_of(found),
            arrays_of(f(*tensors(args), **dict(zip(named, tensors(named.values()), strict=True)))),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)
        source, running = compiled.source, compiled._last.runnable.text
        further = (None, None) if way is names_of_classes else ()
        assert same_bits(source_result(compiled, [args, named], further), found)
    assert not calls
    for text in (source, running):
        assert text.isascii() and text.splitlines() == text.split("\n")[:-1]
        assert not any(c in text for c in "\x00\t\v\f")
        made = identifiers(text)
        assert len({unicodedata.normalize("NFKC", name) for name in made}) == len(made)
        assert not any(map(keyword.iskeyword, made)) and not any(map(keyword.issoftkeyword, made))


def tensors(arrays):
    return [a if isinstance(a, ag.Tensor | dict) else ag.Tensor(a) for a in arrays]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(p=TEXTS, q=TEXTS)
def test_whatever_things_are_called_a_program_is_right_and_runs_nothing(way, p, q):
    check_way(way, p, q)


@pytest.mark.parametrize("text", [*ATTACKS, *BOOKISH, *ALIKE, *MEANT, *LONE, "", "x" * 10_000], ids=ascii)
def test_values_of_any_name_are_computed_as_without_it(text):
    for other in (text, "x", "ε"):
        check_way(names_inside, text, other)
        check_way(names_of_arguments, text, other)
    check_way(keywords_of_operations, text, "b")
    check_way(keywords, text, "b")


@pytest.mark.parametrize("name, text", [
    ("x²", "x_2"), ("σ²", "sigma_2"), ("W₁", "W_1"), ("a⁽²⁾", "a_2"), ("½", "v_1_2"), ("ϵ", "epsilon"), ("µ", "mu"),
    ("Δx", "Delta_x"),
    ("δ1", "delta1"), ("αβ", "alpha_beta"), ("∂C/∂w", "dC_dw"), ("λ", "lamda"), ("é", "e"), ("ø", "o"), ("ß", "sharp_s"),
    ("日本", "u65e5_u672c"),
    ("🔥", "u1f525"), ("Ж", "Zhe"), ("٣x", "v_3x"), ("Ⅳ", "IV"), ("𝐖", "W"), ("ﬁlter", "filter_"), ("x\n  y", "x_y"),
    ("\ud800", None), ("a\x00b", "a_b"),
    ("a__b", "a__b"), ("match", "match_"), ("x" * 100, "x" * 60),
])  # fmt: skip
def test_other_letters_are_spelled(name, text):
    assert identifier(name) == text


def test_every_character_is_spelled_in_letters_of_ascii():
    spelled = {
        chr(code): identifier(chr(code)) for code in (*range(0x3400), *range(0xA000, 0xAC00), *range(0xD7B0, 0x20000))
    }
    assert {
        c for c, name in spelled.items() if name is not None and not (name.isascii() and name.isidentifier())
    } == set()
    assert {
        c for c, name in spelled.items() if name is None and c.isalpha() and unicodedata.normalize("NFKD", c) == c
    } == set()


@given(TEXTS)
def test_an_escaped_text_is_one_line_that_says_all_of_it(text):
    shown = escaped(text)
    assert shown.isascii() and shown.isprintable()
    if len(text) < 50:
        assert shown.encode("ascii").decode("unicode_escape") == text


def test_the_lines_of_a_traceback_show_names_escaped():
    @ag.primitive
    def inverse(x):
        return np.linalg.inv(x)

    ag.defvjp(inverse, lambda g, ans, x: g)
    compiled = ag.compile(lambda x: np.sum((inverse(x) * 2.0).named("x\n²")))
    compiled(np.eye(2))
    text = compiled._last.runnable.text
    assert r"# x\n\xb2" in text
    (lines,) = [entry[2] for entry in linecache.cache.values() if len(entry) > 2 and "".join(entry[2]) == text]
    assert lines == text.splitlines(keepends=True)


def test_a_step_of_learning_with_any_names():
    for p, q in zip([*ATTACKS, *BOOKISH, *LONE], [*ALIKE, *MEANT], strict=False):
        costs = []
        for compiled in (True, False):
            net = nn.MLP([2, 3, 1], seed=0)
            for i, parameter in enumerate(net.parameters()):
                parameter.name = (p, q)[i % 2]
            net.layers[0].name = p
            optimizer = nn.Adam(net.parameters(), lr=0.1)
            step: Any = (nn.compile_step if compiled else nn.make_step)(
                net, nn.quadratic_cost, optimizer, **{} if compiled else {"compiled": False}
            )
            with canary() as calls:
                costs.append([step(np.ones((4, 2)), np.zeros((4, 1))) for _ in range(3)])
                if compiled:
                    exec(step.source, {})
            assert not calls
        np.testing.assert_allclose(*costs, rtol=1e-12)
