"""Constants that are equal and not the same have programs of their own; printed, each is what it was, type and bits."""

import enum
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import same_bits, source_result

import autograd_lite as ag
import nn
from autograd_lite.compiler.constants import array_text
from autograd_lite.compiler.expressions import literal
from autograd_lite.compiler.sameness import identity

X = np.array([1.0, 2.0])


def nan(payload: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | payload))[0]


class Text(str):
    mark = 1.0


def marked(mark: float) -> Text:
    text = Text("a")
    text.mark = mark
    return text


class Float(float):
    pass


class Sloppy:
    """Says that it equals everything."""

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Level(enum.IntEnum):
    ONE = 1


@dataclass(frozen=True)
class Half:
    n: int
    v: Any = field(compare=False, default=0.0)


@dataclass(frozen=True, slots=True)
class Slotted:
    n: int
    v: Any = field(compare=False, default=0.0)


@dataclass(frozen=True)
class Unit(float):
    v: Any = field(compare=False, default=0.0)


class Row(NamedTuple):
    a: Any


class Pairing:
    def method(self) -> None:
        """Bound anew at each look."""


PAIRING = Pairing()


def unit(number: float, v: Any) -> Unit:
    made = float.__new__(Unit, number)
    object.__setattr__(made, "v", v)
    return made


EQUAL: dict[str, tuple[Any, ...]] = {
    "numbers": (
        1,
        True,
        1.0,
        1 + 0j,
        np.bool_(True),
        Decimal(1),
        Fraction(1),
        Level.ONE,
        Float(1.0),
        np.int8(1),
        np.float32(1),
    ),
    "zeros": (0.0, -0.0, 0, False, Float(-0.0), Float(0.0), Decimal("-0")),
    "complex zeros": (0j, complex(-0.0, 0.0), complex(-0.0, -0.0), np.complex64(0), np.complex64(complex(-0.0, 0.0))),
    "long complex numbers": (np.clongdouble(0), np.clongdouble(complex(-0.0, 0.0)), np.complex128(0)),
    "decimals": (Decimal("1.0"), Decimal("1.00"), Decimal("1")),
    "sets": (
        frozenset({1}),
        frozenset({True}),
        frozenset({1.0}),
        frozenset({frozenset({1})}),
        frozenset({frozenset({True})}),
    ),
    "slices": (slice(1, 2), slice(True, 2), slice(1.0, 2), slice(0.0), slice(-0.0), slice((1,)), slice((True,))),
    "ranges": (range(0), range(5, 5), range(3, 0), range(0, 0, 2), range(True, True)),
    "texts": ("a", marked(1.0), marked(2.0), np.str_("a"), b"a", np.bytes_("a")),
    "dataclasses": (
        Half(1),
        Half(1, 2.0),
        Half(True),
        Half(1, -0.0),
        Half(1, (1,)),
        Half(1, (True,)),
        Half(1, [1]),
        Half(1, [1.0]),
    ),
    "slots": (Slotted(1), Slotted(1, 2.0), Slotted(True), Slotted(1, -0.0)),
    "subclasses of both": (unit(1.0, 1), unit(1.0, 2), unit(2.0, 1)),
    "classes of a user's": (Sloppy(1.0), Sloppy(2.0), Sloppy("a")),
    "not numbers": (math.nan, -math.nan, nan(5), nan(7), Decimal("nan"), complex(math.nan, 1), complex(nan(3), 1)),
    "keys": (
        {1: X},
        {True: X},
        {1.0: X},
        {Decimal("1.0"): X},
        {Decimal("1.00"): X},
        {Half(1): X},
        {Half(1, 2.0): X},
        {(1,): X},
    ),
    "containers": ([1.5], (1.5,), Row(1.5), [True], (True,), Row(True), {"a": True}, [(True,)], [[True]]),
    "dates": (np.datetime64("2020-01-01", "D"), np.datetime64("2020-01-01", "s"), np.datetime64("2020-01-01", "ns")),
    "types": (np.dtype("int64"), np.dtype("longlong"), np.dtype(">i8"), np.int64, np.longlong, int),
    "types of records": (
        *(np.dtype("i4"), np.dtype("i4", metadata={"a": 1}), np.dtype([("a", "i4")])),
        *(np.dtype([(("t", "a"), "i4")]), np.dtype({"names": ["a"], "formats": ["i4"], "itemsize": 8})),
    ),
}


def shown(a: Any) -> Any:
    """What a function may see of a constant: its type, its text or bits, its attributes, and so of its parts."""
    if type(a) in (float, complex):
        return type(a), struct.pack("dd", a.real, a.imag)
    parts: Any = ()
    if isinstance(a, dict):
        parts = [*a, *a.values()]
    elif isinstance(a, list | tuple | frozenset):
        parts = a
    elif isinstance(a, slice):
        parts = (a.start, a.stop, a.step)
    elif hasattr(a, "__dataclass_fields__") or hasattr(a, "__dict__"):
        parts = [getattr(a, name, None) for name in ("n", "v", "value", "mark")]
    text = "" if len(parts) or isinstance(a, Sloppy) else f"{a!r}{getattr(a, 'metadata', '')}{getattr(a, 'char', '')}"
    return type(a), text, tuple(map(shown, parts))


def weight(a: Any) -> float:
    """A number that is another for all that shows otherwise in an argument. What a program takes as an input is none of it."""
    if isinstance(a, dict):
        return 3.0 + sum(zlib.crc32(repr(shown(k)).encode()) % 9973 * weight(v) for k, v in a.items())
    if isinstance(a, list | tuple):
        return zlib.crc32(repr(type(a)).encode()) % 9973 + sum(map(weight, a))
    if isinstance(a, ag.Tensor | np.ndarray) or type(a) in INPUTS:
        return 1.0
    return zlib.crc32(repr(shown(a)).encode()) % 9973


INPUTS = (int, float, np.int8, np.float32)
PAIRS = [(kind, i, j) for kind, equal in EQUAL.items() for i, j in permutations(range(len(equal)), 2)]


@pytest.mark.parametrize("kind, i, j", PAIRS)
def test_what_is_not_the_same_has_a_program_of_its_own(kind, i, j):
    f = lambda x, a: x * weight(a)
    compiled = ag.compile(f)
    for a in (EQUAL[kind][i], EQUAL[kind][j]) * 2:
        try:
            assert compiled(X, a).tolist() == f(ag.Tensor(X), a).tolist()
        except TypeError as error:  # what cannot be hashed is refused
            assert "hashed" in str(error) and isinstance(a, Half | Slotted | Decimal)


@pytest.mark.parametrize("kind", EQUAL)
def test_the_identities_of_what_is_equal_and_not_the_same_differ(kind):
    assert len({identity(a) for a in EQUAL[kind]}) == len(EQUAL[kind])


ANEW: list[Callable[[], Any]] = [
    *(
        lambda: 1,
        lambda: nan(5),
        lambda: -0.0,
        lambda: complex(-0.0, 1),
        lambda: "a" * 3,
        lambda: b"ab",
        lambda: (1, [2.0]),
    ),
    *(
        lambda: slice(0, (1,)),
        lambda: range(2, 5),
        lambda: frozenset({"a", 1}),
        lambda: Decimal("1.00"),
        lambda: Fraction(1, 3),
    ),
    *(lambda: Half(1, [2.0]), lambda: Slotted(2, {"a": 1}), lambda: np.float32(0.1), lambda: np.clongdouble(1j)),
    *(lambda: np.datetime64("2020", "D"), lambda: np.dtype(">f8"), lambda: PAIRING.method),
]


@pytest.mark.parametrize("make", ANEW)
def test_what_is_made_anew_in_the_same_way_is_the_same(make):
    assert identity(make()) == identity(make())


def test_equal_constants_of_known_types_share_a_program():
    compiled = ag.compile(lambda x, *a: x * 2.0)
    for _ in range(3):
        compiled(X, Decimal("1.0"), Half(1, (2.0, "a")), frozenset({1}), slice(0, 2), 1j)
    assert len(compiled.plans) == 1


def test_what_a_frozen_dataclass_holds_may_change():
    half = Half(1, [2.0])
    compiled = ag.compile(lambda x, h: x * h.v[0])
    assert compiled(X, half).tolist() == [2.0, 4.0]
    half.v[0] = 3.0
    assert compiled(X, half).tolist() == [3.0, 6.0]


@ag.primitive
def weighed(x, constant):
    """x times a number that every type and bit of the constant goes into."""
    return x * weight((constant,))


ag.defvjp(weighed, lambda g, ans, x, constant: weighed(g, constant))


@pytest.mark.parametrize("kind, i, j", [(k, i, j) for k, i, j in PAIRS if i < j])
def test_values_made_with_constants_that_are_not_the_same_stay_two(kind, i, j):
    a, b = EQUAL[kind][i], EQUAL[kind][j]
    f = lambda x: [weighed(x, a), weighed(x, b), weighed(x, a)]
    assert same_bits(ag.compile(f)(X), f(ag.Tensor(X)))


@pytest.mark.parametrize("one, other", [(0.0, -0.0), (math.inf, -math.inf), (math.nan, nan(5)), (1, 1.0), (0, -0.0)])
def test_numbers_in_arithmetic_keep_their_bits(one, other):
    f = lambda x: [np.copysign(x, one), np.copysign(x, other), np.maximum(x, one) * 0.5, np.maximum(x, other) * 0.5]
    compiled = ag.compile(f)
    assert same_bits(compiled(X), f(ag.Tensor(X))) and same_bits(source_result(compiled, [X]), f(ag.Tensor(X)))


def test_an_optimizer_has_a_program_for_each_of_its_settings():
    net = nn.MLP([2, 2], seed=0)
    optimizer = nn.SGD(net.parameters(), lr=0.1, momentum=0.5)
    step = nn.compile_step(net, nn.quadratic_cost, optimizer)
    x, y = np.ones((3, 2)), np.zeros((3, 2))
    for weight_decay in (0.0, -0.0, 0.0, np.float64(0.0)):
        optimizer.weight_decay = weight_decay
        step(x, y)
    assert len(step._programs) == 4  # the first step of each has no momentum to go on from


# ---------------------------------------------------------------------------------------------------------------------
# As text.


def text_of(a: Any) -> str:
    return literal(a, array_text, lambda part: (text_of(part), 0))[0]


def bits(number: int, code: str) -> Any:
    return np.frombuffer(number.to_bytes(16, "little"), code)[0]


NUMBERS = [code for code in np.typecodes["All"] if code not in "OSUVgG"]
DTYPES = [*NUMBERS, ">f8", ">q", "U3", ">M8[s]", "m8[15us]"]
scalars = st.one_of(
    st.sampled_from([None, True, False, ..., np._NoValue, int, float, bool, complex, str, bytes, object]),
    st.integers(),
    st.integers(200, 20_000).map(lambda n: -1 << n),
    st.floats(),
    st.integers(0, 2**64 - 1).map(lambda n: struct.unpack("<d", struct.pack("<Q", n))[0]),
    st.complex_numbers(),
    st.builds(complex, st.just(-0.0), st.sampled_from([0.0, -0.0, math.inf, math.nan, nan(3)])),
    st.text(st.characters(), max_size=5),
    st.sampled_from(["'\"\n\\", "\ud800", "a\x00b"]),
    st.binary(max_size=5),
    st.builds(bits, st.integers(0, 2**128 - 1), st.sampled_from(NUMBERS)),
    st.sampled_from([np.longdouble("0.1"), np.str_("é\n"), np.bytes_(b"a\x00b")]),
    st.sampled_from(NUMBERS).map(lambda code: np.dtype(code).type),
    st.sampled_from(DTYPES).map(np.dtype),
)
constants = st.recursive(
    scalars,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3), st.lists(parts, max_size=3).map(tuple), st.builds(slice, parts, parts, parts),
        st.dictionaries(st.text(st.characters(), max_size=3), parts, max_size=2),
        st.integers(0, 3).map(lambda n: frozenset(range(n))),
        st.builds(range, st.integers(), st.integers(), st.sampled_from([1, -2, 2**300])),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(constants)
def test_a_printed_constant_is_what_it_was(a):
    text = text_of(a)
    assert text.isascii() and text.isprintable()
    assert identity(eval(text, {"np": np})) == identity(a)


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": lambda a: a,
    "F": np.asfortranarray,
    "transposed": np.transpose,
    "reversed": lambda a: a[..., ::-1],
    "backward": lambda a: a[::-1].T,
    "repeated": lambda a: np.broadcast_to(a, (2, *a.shape)),
    "both": lambda a: np.broadcast_to(a[:, ::-1], (3, *a.shape)).T,
    "empty": lambda a: a[:0],
    "moved": lambda a: np.moveaxis(np.stack([a, a[::-1]]), 0, -1)[::-1],
    "other order": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "0-d": lambda a: a[0, 0, ...],
    "large": lambda a: np.tile(a, (9, 9)).T,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("code", [*NUMBERS, "g", "G", "S3", "U3", "M8[D]", "m8[15us]"])
def test_a_printed_array_has_every_bit_and_the_order_of_its_memory(code, layout):
    values = [0, 1, 1, 0, 1, 1] if code == "?" else np.random.default_rng(0).integers(0, 100, 6)
    a = LAYOUTS[layout](np.asarray(values).astype(code).reshape(2, 3))
    again = eval(array_text(a), {"np": np})
    assert again.shape == a.shape and again.tobytes() == a.tobytes()
    assert (again.dtype, again.dtype.num, again.dtype.str) == (a.dtype, a.dtype.num, a.dtype.str)
    if a.size:
        longer = [i for i, n in enumerate(a.shape) if n > 1]
        order = lambda b: sorted(longer, key=lambda i: -abs(b.strides[i]))
        assert order(again) == order(a) and all(np.sign(again.strides[i]) == np.sign(a.strides[i]) for i in longer)


@pytest.mark.parametrize("layout", ["reversed", "backward", "both", "moved"])
def test_a_sum_over_a_printed_constant_has_the_same_bits(layout):
    rng = np.random.default_rng(0)
    a = LAYOUTS[layout](rng.normal(size=(3, 40)) * 10.0 ** rng.integers(-8, 8, (3, 40)))
    compiled = ag.compile(lambda x: [np.sum(x * a), np.sum(a + x * 0.0, axis=0), np.cumsum(a, axis=0)[0] * x])
    found = compiled(np.array(1.5))
    assert same_bits(source_result(compiled, [np.array(1.5)]), found)


UNPRINTABLE = [
    np.array([object()]),
    np.zeros(2, [("a", "i4")]),
    np.dtype([("a", "i4")]),
    Decimal("1.0"),
    Half(1),
    object(),
    Float(1.0),
]


@pytest.mark.parametrize("constant", UNPRINTABLE, ids=lambda a: type(a).__name__)
def test_what_has_no_text_is_a_parameter_of_the_printed_program(constant):
    @ag.primitive
    def beside(x, thing):
        return x * 2.0

    ag.defvjp(beside, lambda g, ans, x, thing: g * 2.0)
    compiled = ag.compile(lambda x: beside(x, constant))
    found = compiled(X)
    assert same_bits(source_result(compiled, [X], (constant,)), found)


def test_an_array_of_one_longdouble_keeps_its_digits():
    tenth = np.longdouble("0.1")
    x = np.linspace(tenth, 2 * tenth, 3)
    for full in (lambda: np.full(3, tenth), lambda: np.array([tenth] * 3)):
        np.testing.assert_array_equal(ag.compile(lambda x, full=full: x * full())(x), x * tenth)
