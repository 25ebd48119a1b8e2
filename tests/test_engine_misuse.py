"""What is not possible raises, before anything is changed, and says what to do."""

from fractions import Fraction
from operator import getitem
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


def leaf(*shape: int) -> ag.Tensor:
    return ag.Tensor(np.ones(shape), requires_grad=True, name="w")


def _backward_of_many() -> None:
    (leaf(2, 3) * 2.0).named("y").backward()


def _backward_of_none() -> None:
    (ag.Tensor([1.0]) * 2.0).sum().backward()


def _backward_of_no_grad() -> None:
    with ag.no_grad():
        y = leaf(2).sum()
    y.backward()


def _backward_twice() -> None:
    y = np.sum(leaf(2) ** 2)
    y.backward()
    y.backward()


def _array_changed_after_use() -> None:
    w = leaf(2)
    y = np.sum(np.exp(w))
    w.data -= 1.0
    y.backward()


def _written_after_it_was_computed() -> None:
    x = (leaf(2) * 2.0).named("h")
    with ag.no_grad():
        x[0] = 1.0
    np.sum(np.square(x)).backward()


def _write_to_a_view_of_a_leaf() -> None:
    row = leaf(2, 2)[0]
    row += 1.0


def _write_to_a_read_only_view() -> None:
    np.broadcast_to(leaf(2) * 2.0, (3, 2))[0] = 1.0


def _write_to_leaf() -> None:
    leaf(2)[0] = 1.0


def _in_place_on_leaf() -> None:
    w = leaf(2)
    w += 1.0


def _unused_input() -> None:
    ag.gradients(np.sum(leaf(2)), [leaf(3)])


@ag.primitive
def mean_of_some(x: np.ndarray) -> np.ndarray:
    """A function that no table knows."""
    return x.mean()


mean_of_some.__name__, mean_of_some.__module__ = "nanmeans", "numpy"


def _unknown_function() -> None:
    mean_of_some(leaf(2))


def _complex_function() -> None:
    np.fft.fft(leaf(2))


def _shapes_differ() -> None:
    leaf(2, 3) @ leaf(2, 3)


def _wrong_seed() -> None:
    (leaf(2, 3) * 2.0).backward(np.ones(3))


def _integer_leaf() -> None:
    ag.Tensor([1, 2], requires_grad=True)


def _complex_data() -> None:
    ag.Tensor([1j])


def _ragged() -> None:
    ag.Tensor([[1.0], [1.0, 2.0]])


def _text() -> None:
    ag.Tensor(["a"])


def _out() -> None:
    np.exp(leaf(2), out=np.zeros(2))


def _asarray() -> None:
    np.asarray(leaf(2))


def _array_of() -> None:
    np.array([leaf(), leaf()])


def _add_into_array() -> None:
    a = np.zeros(2)
    a += leaf(2)


def _assign_into_array() -> None:
    np.zeros(2)[:] = leaf(2)


def _assign_to_computed() -> None:
    (leaf(2) * 2.0).data = np.zeros(2)


def _wrong_grad() -> None:
    leaf(2).grad = np.zeros(3)


def _hook_without_gradient() -> None:
    ag.Tensor([1.0]).register_hook(print)


MISUSE: dict[Any, tuple[type[Exception], list[str]]] = {
    _backward_of_many: (RuntimeError, ["'y' (2x3)", "(2, 3)", "sum()", "gradient="]),
    _backward_of_none: (RuntimeError, ["requires_grad=True", "no_grad()"]),
    _backward_of_no_grad: (RuntimeError, ["requires_grad=True", "no_grad()"]),
    _backward_twice: (RuntimeError, ["retain_graph=True"]),
    _array_changed_after_use: (RuntimeError, ["'w'", "np.exp", "t.data = t.data - v", "no_grad()", "backward()"]),
    _written_after_it_was_computed: (RuntimeError, ["'h' (2)", "no_grad()", "copy()"]),
    _write_to_a_view_of_a_leaf: (RuntimeError, ["'w' (2x2)", "view", "no_grad()", "copy()"]),
    _write_to_a_read_only_view: (ValueError, ["np.broadcast_to", "read-only", "copy()"]),
    _write_to_leaf: (RuntimeError, ["'w' (2)", "no_grad()", "copy()"]),
    _in_place_on_leaf: (RuntimeError, ["'w' (2)", "no_grad()", "copy()"]),
    _unused_input: (RuntimeError, ["'w' (3)", "allow_unused=True"]),
    _unknown_function: (TypeError, ["np.nanmeans", "near it are np.nanmean", "defvjp"]),
    _complex_function: (TypeError, ["np.fft.fft", "complex", "np.matmul"]),
    _shapes_differ: (ValueError, ["np.matmul", "'w' (2x3) and 'w' (2x3)"]),
    _wrong_seed: (ValueError, ["(3,)", "(2, 3)", "gradient="]),
    _integer_leaf: (TypeError, ["int64", "dtype=float"]),
    _complex_data: (TypeError, ["complex"]),
    _ragged: (TypeError, ["rectangular"]),
    _text: (TypeError, ["numbers", "<U1"]),
    _out: (TypeError, ["np.exp", "out=", "gradient"]),
    _asarray: (TypeError, ["'w' (2)", "np.stack", "numpy()"]),
    _array_of: (TypeError, ["'w' (scalar)", "np.stack", "autograd_lite.Tensor"]),
    _add_into_array: (TypeError, ["np.add", "out=", "numpy()"]),
    _assign_into_array: (TypeError, ["'w' (2)", "numpy()"]),
    _assign_to_computed: (RuntimeError, ["np.multiply", "detach()"]),
    _wrong_grad: (ValueError, ["'w' (2)", "(2,)", "(3,)"]),
    _hook_without_gradient: (RuntimeError, ["requires_grad=True"]),
}


@pytest.mark.parametrize("misuse", [pytest.param(f, id=f.__name__[1:]) for f in MISUSE])
def test_misuse_raises_and_names_the_thing_and_the_way_out(misuse):
    error, words = MISUSE[misuse]
    with pytest.raises(error) as caught:
        misuse()
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, str(caught.value)


def test_when_a_stale_input_is_found_no_gradient_has_changed():
    fresh, stale = leaf(2), leaf(2)
    y = np.sum(np.exp(fresh)) + np.sum(np.exp(stale))
    stale.data -= 1.0
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    assert fresh.grad is None and stale.grad is None


def test_a_refused_write_writes_nothing():
    w = leaf(2)
    with pytest.raises(RuntimeError):
        w[0] = 7.0
    np.testing.assert_array_equal(w.data, [1.0, 1.0])


def test_an_unused_input_gives_none_if_allowed():
    a, b = leaf(2), leaf(2)
    to_a, to_b = ag.gradients(np.sum(a), [a, b], allow_unused=True)
    assert to_b is None
    np.testing.assert_array_equal(to_a.data, [1.0, 1.0])


def test_indexing_is_an_operation_like_any_other():
    assert leaf(2)[0].op is getitem


P = ag.Tensor([1.0, 2.0], requires_grad=True, name="p")


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: P * np.array([1, 2], object), "multiply gave object"),
        (lambda: P * Fraction(1, 2), "not real numbers"),
        (lambda: np.ma.array([1.0, 2.0]) + P, "'p'.*cannot carry"),
        (lambda: np.ma.exp(P), "'p'.*cannot carry"),
        (lambda: ag.gradients(3, [P]), "got int"),
        (lambda: ag.gradients(P.sum(), [np.ones(2)]), "got ndarray"),
        (lambda: P.register_hook(3), "got 3"),
    ],
    ids=["objects", "fraction", "masked", "masked function", "no output", "no input", "hook"],
)
def test_what_would_lose_a_gradient_is_refused(misuse, message):
    with pytest.raises(TypeError, match=message):
        misuse()


def test_an_operation_returns_one_array():
    pair = ag.primitive(lambda x: (x, x))
    ag.defvjp(pair, lambda g, ans, x: g)
    with pytest.raises(TypeError, match="returned a tuple"):
        pair(P)


def test_a_rule_that_returns_nothing_is_named():
    f = ag.primitive(lambda x: x * 2)
    ag.defvjp(f, lambda g, ans, x: None)
    with pytest.raises(TypeError, match="argument 0 returned None"):
        f(P).sum().backward()
