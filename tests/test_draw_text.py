"""How operations, numbers and names are written on cards."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing.build import build
from autograd_lite.drawing.metrics import fit, width
from autograd_lite.drawing.text import clean, isolated, number
from autograd_lite.recording import current

x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
y = ag.Tensor([3.0, 4.0], requires_grad=True, name="y")
W = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="W")
spaced = ag.Tensor([1.0, 2.0], requires_grad=True, name="layer a")

EXPRESSIONS = {
    "x + y": lambda: x + y,
    "x − y": lambda: x - y,
    "x·y": lambda: x * y,
    "x·x": lambda: x * x,
    "x / y": lambda: x / y,
    "W @ x": lambda: W @ x,
    "Wᵀ": lambda: W.T,
    "−x": lambda: -x,
    "x²": lambda: np.square(x),
    "x³": lambda: x**3,
    "x^0.25": lambda: x**0.25,
    "x⁻²": lambda: x**-2.0,
    "x^y": lambda: x**y,
    "√x": lambda: np.sqrt(x),
    "|x|": lambda: abs(x),
    "2·x": lambda: 2 * x,
    "x·(−2)": lambda: x * -2.0,
    "−2·x": lambda: -2 * x,
    "1 / x": lambda: 1 / x,
    "exp(x)": lambda: np.exp(x),
    "σ(x)": lambda: ag.sigmoid(x),
    "Σ x": lambda: np.sum(x),
    "Σ(W, axis=0)": lambda: np.sum(W, axis=0),
    "max(x)": lambda: np.max(x),
    "maximum(x, y)": lambda: np.maximum(x, y),
    "concatenate([x, y])": lambda: np.concatenate([x, y]),
    "reshape(W, (4,))": lambda: np.reshape(W, (4,)),
    'einsum("ij,j->i", W, x)': lambda: np.einsum("ij,j->i", W, x),
    "W[0, 1:]": lambda: W[0, 1:],
    "x[::-1]": lambda: x[::-1],
    "x[-1]": lambda: x[-1],
    "x[[1, 0, 1]]": lambda: x[[1, 0, 1]],
    "W[…, None]": lambda: W[..., None],
    "(layer a)²": lambda: np.square(spaced),
    "where(c1, x, y)": lambda: np.where(np.array([True, False]), x, y),
    "W[[0, 1], [1, 0]]": lambda: W[[0, 1], [1, 0]],
    "W[2×2 bool]": lambda: W[np.eye(2, dtype=bool)],
    "exp(layer a)": lambda: np.exp(spaced),
}


@pytest.mark.parametrize("expected", EXPRESSIONS)
def test_an_operation_is_written_as_one_formula(expected):
    card = build([current(EXPRESSIONS[expected]().named("out"))]).cards[-1]
    assert card.title == f"out = {expected}"


def test_an_operation_without_notation_is_written_as_a_call():
    @ag.primitive
    def cube_root_of_sum(a, b, scale=1.0):
        return np.cbrt(a + b) * scale

    ag.defvjp(cube_root_of_sum, lambda g, ans, a, b, scale=1.0: g, lambda g, ans, a, b, scale=1.0: g)
    t = cube_root_of_sum(x, y, scale=2.5).named("out")
    assert build([current(t)]).cards[-1].title == "out = cube_root_of_sum(x, y, scale=2.5)"


NUMBERS = [
    (0.1179, "0.1179"), (-1.57171, "−1.5717"), (2.0, "2"), (0.0, "0"), (-0.0, "0"), (12.3456, "12.346"),
    (99999.5, "99999.5"), (1234567.0, "1.235e6"), (1.23456e-7, "1.235e−7"), (-1e300, "−1e300"), (5e-324, "4.941e−324"),
    (np.inf, "∞"), (-np.inf, "−∞"), (np.nan, "NaN"), (7, "7"), (-12345678, "−1.235e7"), (True, "True"),
    (np.float32(0.5), "0.5000"), (np.int64(3), "3"), (np.bool(False), "False"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), NUMBERS)
def test_numbers_are_short_and_have_a_real_minus(value, expected):
    assert number(value) == expected


NAMES = [
    ("W₁ᵀ é 中 𝔸", "W₁ᵀ é 中 𝔸"),
    ("a\nb\tc", "a\\nb\\tc"),
    ("\u202egnp.exe", "\\u202egnp.exe"),
    ("\u2066x\u2069", "\\u2066x\\u2069"),
    ("\x00\x1b", "\\x00\\x1b"),
    ("\ud800", "\\ud800"),
    ("\ufffe", "\\ufffe"),
    ("\u200b", "\\u200b"),
    ("\u2028", "\\u2028"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES, ids=range(len(NAMES)))
def test_what_cannot_be_seen_in_a_name_is_spelled_out(name, expected):
    assert clean(name) == expected


def test_a_name_from_right_to_left_is_isolated_in_a_formula():
    assert isolated("שלום") == "\u2068שלום\u2069"


def test_a_name_from_left_to_right_is_left_alone():
    assert isolated("a1 é 中") == "a1 é 中"


def test_a_short_text_is_not_cut():
    assert fit("z = x + y", 11, 100) == "z = x + y"


@pytest.mark.parametrize("limit", [20, 57.3, 100, 210])
def test_a_long_text_is_cut_to_what_fits_and_an_ellipsis(limit):
    cut = fit("a rather long name " * 20, 11, limit, bold=True)
    assert cut.endswith("…")
    assert width(cut, 11, bold=True) <= limit


def test_a_cut_does_not_leave_an_isolation_open():
    cut = fit("\u2068" + "שלום " * 40 + "\u2069 = x", 11, 80)
    assert cut.count("\u2068") == cut.count("\u2069") == 1
