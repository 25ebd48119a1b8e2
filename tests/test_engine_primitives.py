"""One's own operations."""

from typing import Any

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag


def test_a_primitive_on_arrays_is_the_function(operation):
    assert operation(1.0, 2.0) == 3.0
    assert type(operation(np.ones(2), np.ones(2))) is np.ndarray
    assert operation.__doc__ == "x + by y"


def test_a_primitive_on_a_tensor_is_one_node(operation):
    ag.defvjp(operation, lambda g, ans, x, y, by=1.0: g, lambda g, ans, x, y, by=1.0: g * by)
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    z = operation(x, y, by=5.0)
    assert z.op is operation
    to_x, to_y = ag.gradients(np.sum(z), [x, y])
    same(to_x, [1.0, 1.0])
    same(to_y, [5.0, 5.0])


def test_a_primitive_finds_a_tensor_given_by_keyword(operation):
    ag.defvjp(operation, lambda g, ans, x, y, by=1.0: g, lambda g, ans, x, y, by=1.0: g * by)
    y = leaf(3.0, 4.0)
    same(ag.gradients(np.sum(operation(np.ones(2), y=y)), [y])[0], [1.0, 1.0])


def test_a_keyword_has_a_rule_by_name(operation):
    ag.defvjp(operation, None, None, by=lambda g, ans, x, y, by: g * y)
    by = leaf(2.0)
    same(ag.gradients(np.sum(operation(np.ones(2), np.array([3.0, 4.0]), by=by)), [by])[0], 7.0)


def test_a_primitive_of_a_list_has_one_rule_for_it():
    @ag.primitive
    def joined(parts):
        return np.concatenate(parts)

    ag.defvjp(joined, lambda g, ans, parts: [g[:2] * 1.0, g[2:] * 2.0])
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    to_x, to_y = ag.gradients(np.sum(joined([x, y])), [x, y])
    same(to_x, [1.0, 1.0])
    same(to_y, [2.0, 2.0])


def test_a_primitive_without_rules_raises_and_says_so(operation):
    with pytest.raises(TypeError, match=r"shifted has no derivative.*defvjp"):
        operation(leaf(1.0), 2.0)


def test_an_argument_without_a_rule_raises_in_the_backward_pass(operation):
    ag.defvjp(operation, lambda g, ans, x, y: g)
    with pytest.raises(TypeError, match="shifted has no derivative with respect to its argument 1"):
        operation(1.0, leaf(1.0)).backward()


@pytest.mark.parametrize(
    "sent, message",
    [(np.ones(3), r"shape \(3,\).*shape \(2,\)"), (np.ones(2, int), "int64"), (np.ones(2, complex), "complex")],
)
def test_a_rule_that_returns_what_cannot_be_is_refused(operation, sent, message):
    ag.defvjp(operation, lambda g, ans, x, y: sent)
    with pytest.raises(ValueError, match=message) as caught:
        np.sum(operation(leaf(1.0, 2.0), 2.0)).backward()
    assert "shifted" in caught.value.__notes__[0]


@pytest.mark.parametrize(("sent", "kind"), [(None, "None"), ([1.0, 1.0], "a list"), ("1", "a str"), (1j, "a complex")])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_rule_that_returns_no_array_is_refused(operation, sent, kind, create_graph):
    ag.defvjp(operation, lambda g, ans, x, y: sent)
    with pytest.raises(TypeError, match=f"rule of .*shifted for argument 0 returned {kind}, not an array") as caught:
        np.sum(operation(leaf(1.0, 2.0), 2.0)).backward(create_graph=create_graph)
    assert "shifted" in caught.value.__notes__[0]


@pytest.mark.parametrize("zero", [0, 0.0, np.float64(0.0), np.zeros(())], ids=["int", "float", "scalar", "array"])
def test_a_rule_may_return_a_constant(operation, zero):
    """So the gradient of a function that is constant nearly everywhere; it has a gradient in its turn."""
    ag.defvjp(operation, lambda g, ans, x, y: zero)
    x, y = leaf(2.0), leaf(3.0)
    found = ag.gradients(operation(x * y, 1.0) + x * x, [x, y], create_graph=True)
    same(found[0], 4.0)
    same(found[1], 0.0)
    same(ag.gradients(found[0], [x])[0], 2.0)
    heard: list[Any] = []
    z = x * y
    z.register_hook(heard.append)
    operation(z, 1.0).backward(create_graph=True)
    same(heard[0], 0.0)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_number_is_the_derivative_by_every_element(operation, create_graph):
    ag.defvjp(operation, lambda g, ans, x, y, by: 2, by=lambda g, ans, x, y, by: 0.0)
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    operation(x, 1.0, by=y).backward(np.ones(2), create_graph=create_graph)
    same(x.grad, [2.0, 2.0])
    same(y.grad, [0.0, 0.0])
    joined = ag.primitive(lambda arrays: np.concatenate(arrays))
    ag.defvjp(joined, lambda g, ans, arrays: [0.0, np.ones(2)])
    found = ag.gradients(joined([x, y]), [x, y], gradient=np.ones(4), create_graph=create_graph)
    same(found[0], [0.0, 0.0])
    same(found[1], [1.0, 1.0])


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_constant_that_a_rule_returns_stays_its_own(operation, create_graph):
    constant = np.array([2.0, 3.0])
    ag.defvjp(operation, lambda g, ans, x, y: constant, lambda g, ans, x, y: constant)
    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    np.sum(operation(x, y)).backward(create_graph=create_graph)
    x.grad.data[...] = 7.0
    same(y.grad, [2.0, 3.0])
    assert constant.tolist() == [2.0, 3.0]


def test_a_keyword_without_a_rule_raises_in_the_backward_pass(operation):
    ag.defvjp(operation, lambda g, ans, x, y, by: g, by=None)
    with pytest.raises(TypeError, match="shifted has no derivative with respect to its keyword 'by'"):
        np.sum(operation(1.0, 1.0, by=leaf(1.0))).backward()


def test_a_rule_may_return_another_precision(operation):
    ag.defvjp(operation, lambda g, ans, x, y: np.ones(2, np.float32))
    x = leaf(1.0, 2.0)
    np.sum(operation(x, 2.0)).backward()
    assert x.grad.dtype == np.float64


def test_a_rule_may_leave_its_result_broadcast(operation):
    ag.defvjp(operation, lambda g, ans, x, y: g, lambda g, ans, x, y: g)
    y = leaf(2.0)
    np.sum(operation(np.ones((3, 2)), y)).backward()
    same(y.grad, 6.0)


def test_a_later_statement_replaces_the_earlier(operation):
    for factor in (1.0, 2.0):
        ag.defvjp(operation, lambda g, ans, x, y, factor=factor: g * factor)
    same(ag.gradients(operation(x := leaf(1.0), 2.0), [x])[0], 2.0)


def test_defvjp_takes_callables_only(operation):
    with pytest.raises(TypeError, match=r"callable.*3\.0"):
        ag.defvjp(operation, 3.0)


def test_an_error_in_a_rule_says_where_it_happened(operation):
    ag.defvjp(operation, lambda g, ans, x, y: g @ np.ones((5, 5)))
    with pytest.raises(ValueError, match="matmul") as caught, ag.scope("layer 1"):
        np.sum(operation(leaf(1.0, 2.0), 2.0)).backward()
    assert "shifted" in caught.value.__notes__[0]
    assert "layer 1" in caught.value.__notes__[0]


CANNOT_BE: dict[str, tuple[Any, Any, str]] = {
    # claim: (the function, the rule of its first argument, the shape in the message)
    "the whole Jacobian": (lambda x, y: x * 2.0, lambda g, ans, x, y: 2.0 * np.eye(3), r"\(3, 3\)"),
    "an axis more in front": (lambda x, y: x * 2.0, lambda g, ans, x, y: np.ones((4, 3)), r"\(4, 3\)"),
    "an axis more behind": (lambda x, y: x * 2.0, lambda g, ans, x, y: np.ones((3, 1)), r"\(3, 1\)"),
    "axes of length 1 in front": (lambda x, y: x * 2.0, lambda g, ans, x, y: g[None], r"\(1, 3\)"),
    "the cotangent of a product with a matrix": (
        lambda x, y: y @ x,
        lambda g, ans, x, y: g[:, None] * y[:, :1] + np.ones(4),
        r"\(2, 4\)",
    ),
    "a number for an array": (lambda x, y: x * 2.0, lambda g, ans, x, y: np.sum(g), r"\(\)"),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("f, rule, shape", CANNOT_BE.values(), ids=CANNOT_BE)
def test_a_shape_that_no_broadcasting_explains_is_refused(f, rule, shape, create_graph):
    multiplied = ag.primitive(f)
    multiplied.__name__ = "multiplied"
    ag.defvjp(multiplied, rule)
    y = multiplied(leaf(1.0, 2.0, 3.0), np.ones((2, 3)))
    with pytest.raises(ValueError, match=rf"the rule of multiplied for argument 0 returned shape {shape}.*\(3,\)"):
        np.sum(y).backward(create_graph=create_graph)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_cotangent_may_be_as_large_as_the_operand_that_broadcast_the_input(create_graph):
    weighed = ag.primitive(lambda x, y: np.sum(x * y))
    ag.defvjp(weighed, lambda g, ans, x, y: g * y)
    x = leaf(1.0, 2.0)
    weighed(x, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).backward(create_graph=create_graph)
    same(x.grad, [9.0, 12.0])
