"""A Tensor as a Python object: made, looked at, converted, copied."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
from tensors import equal, tensor

import autograd_lite as ag
from autograd_lite.function_names import name_of
from autograd_lite.rules import COMPOSITES, CONSTANTS, VJPS

A = np.array([[1.5, -2.25], [0.5, 3.0]])


def test_an_element_put_into_an_array_warns_since_its_gradient_is_lost():
    with pytest.warns(ag.DetachedWarning, match=r"float\(\).*item\(\)"):
        np.zeros(2)[0] = tensor(A)[0, 0]


@pytest.mark.parametrize("f", [float, int, complex, math.exp], ids=lambda f: f.__name__)
def test_a_conversion_of_what_requires_a_gradient_warns_and_names_the_line(f):
    with pytest.warns(ag.DetachedWarning, match="'t'") as caught:
        value = f(ag.Tensor(1.5, requires_grad=True, name="t"))
    assert value == f(1.5)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("f", [float, int, complex, bool], ids=lambda f: f.__name__)
def test_a_conversion_of_what_requires_none_is_silent(f):
    assert f(ag.Tensor(1.5)) == f(1.5)


@pytest.mark.parametrize("value, truth", [(0.0, False), (2.0, True), ([0.0], False), ([[3.0]], True)])
def test_bool_is_that_of_the_element(value, truth):
    assert bool(tensor(np.array(value))) is truth


def test_bool_of_many_elements_is_numpys_error():
    with pytest.raises(ValueError, match="ambiguous"):
        bool(tensor(A))


def test_an_integer_tensor_is_an_index():
    assert [10, 20, 30][ag.Tensor(1)] == 20
    assert list(range(ag.Tensor(2))) == [0, 1]


def test_len_and_iteration_go_by_the_first_axis():
    x = tensor(A)
    assert len(x) == 2
    rows = list(x)
    equal(rows[1], A[1])
    assert rows[1].requires_grad
    first, second = x
    np.sum(first * 2.0 + second).backward()
    equal(x.grad, [[2.0, 2.0], [1.0, 1.0]])


@pytest.mark.parametrize("f", [len, iter, list])
def test_a_0d_tensor_has_no_length(f):
    with pytest.raises(TypeError, match="no axis"):
        f(tensor(np.array(1.0)))


def test_in_looks_at_the_values():
    assert 1.5 in tensor(A)
    assert 7.0 not in tensor(A)


def test_hash_goes_by_identity():
    x, y = tensor(A), tensor(A)
    assert {x: 1, y: 2}[x] == 1
    assert len({x, y}) == 2


def test_format_is_that_of_the_value():
    assert f"{tensor(np.array(1.23456)):.2f}" == "1.23"
    assert f"{tensor(A)}" == f"{A}"


def test_looks_at_the_value():
    x = tensor(A)
    assert x.item(1, 0) == 0.5
    assert x[0, 0].item() == 1.5
    assert x.tolist() == A.tolist()
    copied = x.numpy()
    np.testing.assert_array_equal(copied, A)
    assert not np.shares_memory(copied, x.data)
    detached = x.detach()
    assert detached.is_leaf and not detached.requires_grad
    assert not np.shares_memory(detached.data, x.data)


@pytest.mark.parametrize(
    "t, shown",
    [
        (ag.Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
        (
            ag.Tensor(np.float32(1.5), requires_grad=True, name="w"),
            "Tensor(1.5, dtype=float32, name='w', requires_grad=True)",
        ),
        (ag.Tensor(2.0, requires_grad=True) * 3.0, "Tensor(6., op=multiply, requires_grad=True)"),
    ],
)
def test_repr_shows_value_dtype_name_and_operation(t, shown):
    assert repr(t) == shown


def named_leaf() -> ag.Tensor:
    t = ag.Tensor(np.float32([1.0, 2.0]), requires_grad=True, name="w")
    np.sum(t * t).backward()
    return t


@pytest.mark.parametrize(
    "copied", [lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy, copy.copy], ids=["pickle", "deep", "copy"]
)
def test_a_copy_of_a_leaf_is_a_leaf_like_it(copied):
    t = named_leaf()
    c = copied(t)
    assert c is not t
    assert (c.name, c.requires_grad, c.is_leaf, c.dtype) == ("w", True, True, np.float32)
    np.testing.assert_array_equal(c.data, t.data)
    np.testing.assert_array_equal(c.grad.data, [2.0, 4.0])
    assert not np.shares_memory(c.data, t.data)
    np.sum(c).backward()
    np.testing.assert_array_equal(t.grad.data, [2.0, 4.0])


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy], ids=["pickle", "deep"])
def test_what_was_computed_is_not_copied_with_its_history(copied):
    with pytest.raises(TypeError, match=r"detach\(\)"):
        copied(tensor(A) * 2.0)


def test_a_shallow_copy_of_what_was_computed_is_recorded():
    x = tensor(A)
    np.sum(copy.copy(x * 2.0)).backward()
    equal(x.grad, np.full((2, 2), 2.0))


def test_an_array_is_not_copied_unless_its_dtype_changes():
    assert ag.Tensor(A).data is A
    assert ag.Tensor(A, np.float64).data is A
    assert not np.shares_memory(ag.Tensor(A, np.float32).data, A)


@pytest.mark.parametrize(
    "data, dtype",
    [(1, np.int64), (True, np.bool_), (1.0, np.float64), ([1, 2.0], np.float64), (np.float32(1), np.float32)],
)
def test_the_dtype_of_data_is_numpys(data, dtype):
    assert ag.Tensor(data).dtype == dtype


@pytest.mark.parametrize("data", [1, True, [1, 2], np.ones(2, np.int8)])
def test_integers_may_require_a_gradient_in_a_floating_dtype_only(data):
    with pytest.raises(TypeError, match="dtype=float"):
        ag.Tensor(data, requires_grad=True)
    assert ag.Tensor(data, float, requires_grad=True).requires_grad


@pytest.mark.parametrize("data", [1j, [1.0, 2j], np.ones(2, complex)])
def test_complex_data_is_refused(data):
    with pytest.raises(TypeError, match="complex"):
        ag.Tensor(data)


@pytest.mark.parametrize("data", ["a", None, [[1.0], [1.0, 2.0]], object(), np.array(["2020-01-01"], "M8[D]")])
def test_data_that_is_not_a_rectangle_of_numbers_is_refused(data):
    with pytest.raises(TypeError, match="numbers"):
        ag.Tensor(data)


def test_a_complex_result_is_refused():
    @ag.primitive
    def rotated(x):
        return x * 1j

    ag.defvjp(rotated, lambda g, ans, x: g)
    with pytest.raises(TypeError, match="rotated gave complex"):
        rotated(tensor(A))


def test_data_is_assigned_as_an_array():
    t = tensor(A)
    t.data = [[1.0, 2.0], [3.0, 4.0]]
    equal(t, [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match="int64"):
        t.data = [1, 2]


def test_requires_grad_is_assigned_on_a_leaf():
    t = ag.Tensor(A)
    t.requires_grad = True
    y = t * 2.0
    np.sum(y).backward()
    equal(t.grad, np.full((2, 2), 2.0))
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        y.requires_grad = False


def test_a_tensor_has_no_other_attributes():
    with pytest.raises(AttributeError):
        tensor(A).requires_gard = True


def test_named_sets_the_name_and_returns_the_tensor():
    t = tensor(A)
    assert t.named("w") is t
    assert t.name == "w"


def test_grad_is_assigned_as_a_tensor_of_its_shape_and_dtype():
    t = tensor(A)
    t.grad = np.ones((2, 2))
    assert isinstance(t.grad, ag.Tensor)
    with pytest.raises(ValueError, match="float32"):
        t.grad = np.ones((2, 2), np.float32)
    t.zero_grad()
    assert t.grad is None


def test_supported_lists_every_function_by_its_kind():
    catalogue = ag.supported()
    assert {"np.exp", "np.sum", "sigmoid", "np.einsum"} <= set(catalogue.differentiable)
    assert {"np.stack", "np.add.reduce"} <= set(catalogue.composite)
    assert {"np.argmax", "np.less"} <= set(catalogue.constant)
    assert list(catalogue.differentiable) == sorted(catalogue.differentiable)
    assert "np.exp" in str(catalogue)


def test_a_function_is_of_one_kind_only():
    assert not CONSTANTS & VJPS.keys()


@pytest.mark.parametrize("f", sorted((VJPS.keys() | CONSTANTS) & COMPOSITES.keys(), key=name_of), ids=name_of)
def test_a_function_of_another_kind_is_spelled_only_in_its_other_forms(f):
    assert "NotImplemented" in inspect.getsource(COMPOSITES[f])
