"""Paths from a leaf to a cost: how many, which, and that they add up to the gradient."""

import copy
import math
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.explanations import Explanation


def leaf(value, name=None):
    return ag.Tensor(np.asarray(value, float), requires_grad=True, name=name)


def neuron():
    w, x, b = leaf(-0.8, "w"), leaf(1.5, "x"), leaf(0.4, "b")
    a = ag.sigmoid(w * x + b).named("a")
    return w, (np.square(a - 1.0) + 0.1 * np.square(w)).named("C")


def doubling(depth, x):
    t = x
    for _ in range(depth):
        t = t * 0.4 + t * 0.7
    return t


def layered(rng, widths, n):
    """A network of arrays in which inputs skip layers, so that there are many paths."""
    W = [leaf(rng.normal(size=(n, n)), f"W{i}") for i in range(widths)]
    h = ag.Tensor(rng.normal(size=(2, n)))
    for w in W + W:
        h = np.tanh(h @ w) + h
    return W[0], np.sum(h * h)


def gradient(cost, x):
    return ag.gradients(cost, [x], retain_graph=True)[0].numpy()


def agree(a, b, tolerance=1e-12):
    return np.max(np.abs(np.asarray(a) - np.asarray(b))) <= tolerance * max(1.0, float(np.max(np.abs(b))))


# ---------------------------------------------------------------------------------------------------------------------
# Counting.


def test_parallel_edges_are_two_paths():
    x = leaf(3.0)
    assert ag.count_paths(x * x, x) == 2


def test_a_tensor_is_one_path_from_itself():
    x = leaf(3.0)
    assert ag.count_paths(x, x) == 1


def test_a_leaf_the_cost_does_not_depend_on_has_no_path():
    assert ag.count_paths(leaf(1.0) * 2.0, leaf(1.0)) == 0


def test_paths_are_counted_exactly_however_many():
    x = leaf(1.0)
    assert ag.count_paths(doubling(200, x), x) == 2**200


def test_tensors_in_a_list_count_each():
    x = leaf([1.0, 2.0])
    assert ag.count_paths(np.sum(np.concatenate([x, x, x * 2.0])), x) == 3


def test_counting_does_not_recurse():
    x = leaf(1.0)
    t = x
    for _ in range(20_000):
        t = t + x
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150)
    try:
        assert ag.count_paths(t, x) == 20_001
    finally:
        sys.setrecursionlimit(limit)


def test_intermediate_tensors_have_paths_too():
    x = leaf(2.0)
    u = x * 3.0
    assert ag.count_paths(u * u + x, u) == 2


# ---------------------------------------------------------------------------------------------------------------------
# The sum.


@st.composite
def graphs(draw):
    """Scalar graphs: every node is made from two earlier ones, chosen at random."""
    values = draw(st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=4))
    leaves = [leaf(v) for v in values]
    nodes = list(leaves)
    for _ in range(draw(st.integers(1, 8))):
        a, b = (nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
        nodes.append(draw(st.sampled_from([np.add, np.multiply, np.subtract]))(a, b))
    return nodes[-1], leaves


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_the_paths_of_numbers_add_up_to_the_gradient(graph):
    cost, leaves = graph
    for x in leaves:
        e = ag.explain(cost, x, top=10**9)
        assert len(e.paths) == e.count
        assert agree(sum(p.contribution.item() for p in e.paths), e.total.item())


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_the_listed_are_the_largest(graph):
    cost, leaves = graph
    for x in leaves:
        sizes = [p.norm for p in ag.explain(cost, x, top=10**9).paths]
        few = [p.norm for p in ag.explain(cost, x, top=3).paths]
        assert sizes == sorted(sizes, reverse=True)
        assert np.allclose(few, sizes[:3], rtol=1e-9, atol=1e-300)


CASES = {
    "neuron": lambda: neuron(),
    "arrays, all paths": lambda: layered(np.random.default_rng(0), 3, 4),
    "arrays, too many paths": lambda: layered(np.random.default_rng(0), 8, 3),
    "2^60 paths": lambda: (x := leaf(1.1), doubling(60, x)),
    "float32": lambda: (x := ag.Tensor(np.float32([0.5, 2.0]), requires_grad=True), np.sum(np.exp(x) * x)),
}


@pytest.mark.parametrize("case", CASES)
def test_listed_and_remainder_add_up_to_the_gradient(case):
    x, cost = CASES[case]()
    e = ag.explain(cost, x, top=5)
    listed = sum(p.contribution.numpy() for p in e.paths)
    assert agree(listed + e.remainder.numpy(), e.total.numpy())


@pytest.mark.parametrize("case", CASES)
def test_the_total_is_the_gradient(case):
    x, cost = CASES[case]()
    assert agree(ag.explain(cost, x).total.numpy(), gradient(cost, x), 1e-12 if x.dtype == np.float64 else 1e-6)


@pytest.mark.parametrize("case", CASES)
def test_contributions_have_the_shape_and_dtype_of_the_leaf(case):
    x, cost = CASES[case]()
    e = ag.explain(cost, x, top=3)
    assert {(c.shape, c.dtype) for c in (e.total, e.remainder, *(p.contribution for p in e.paths))} == {
        (x.shape, x.dtype)
    }


def test_all_paths_between_arrays_add_up():
    x, cost = layered(np.random.default_rng(0), 3, 4)
    e = ag.explain(cost, x, top=10**6)
    assert e.exact and len(e.paths) == e.count > 40
    assert agree(sum(p.contribution.numpy() for p in e.paths), gradient(cost, x))


def test_shares_of_all_paths_add_up_to_one():
    x, cost = layered(np.random.default_rng(0), 3, 4)
    assert math.isclose(sum(p.share for p in ag.explain(cost, x, top=10**6).paths), 1.0, rel_tol=1e-9)


def test_too_many_paths_between_arrays_are_not_called_the_largest():
    x, cost = layered(np.random.default_rng(0), 8, 3)
    e = ag.explain(cost, x, top=5)
    assert e.count > 2000 and not e.exact and len(e.paths) == 5


def test_equal_paths_are_listed_without_looking_at_all():
    x = leaf(1.0)
    t = x
    for _ in range(200):
        t = t * 0.5 + t * 0.5
    e = ag.explain(t, x, top=30)
    assert (e.count, len(e.paths)) == (2**200, 30)
    assert len({tuple(edge.key for edge in p.edges) for p in e.paths}) == 30


def test_the_largest_of_very_many_comes_first():
    x = leaf(1.0)
    e = ag.explain(doubling(100, x), x, top=2)
    assert math.isclose(e.paths[0].norm, 0.7**100, rel_tol=1e-9)
    assert math.isclose(e.paths[1].norm, 0.7**99 * 0.4, rel_tol=1e-9)


def test_a_path_that_is_not_a_number_comes_first():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        e = ag.explain(np.sqrt(x) * 0.0 + 2.0 * x, x)
    assert [math.isnan(p.norm) for p in e.paths] == [True, False]


def test_paths_whose_product_is_zero_come_last():
    x = leaf(0.0)
    assert [p.norm for p in ag.explain(np.square(x) + 3.0 * x, x).paths] == [3.0, 0.0]


# ---------------------------------------------------------------------------------------------------------------------
# What a path is.


def test_a_path_leads_from_the_leaf_to_the_cost():
    w, cost = neuron()
    for path in ag.explain(cost, w).paths:
        assert path.nodes[0] is w and path.nodes[-1] is cost
        assert [(e.input, e.node) for e in path.edges] == list(pairwise(path.nodes))
        assert all(e.node.inputs[e.number] is e.input for e in path.edges)


def test_between_numbers_the_contribution_is_the_product_of_the_slopes():
    w, cost = neuron()
    for path in ag.explain(cost, w).paths:
        assert math.isclose(math.prod(path.slopes), path.contribution.item(), rel_tol=1e-15)


def test_the_parts_of_a_sum_are_the_two_ways_on_which_a_weight_acts():
    w, cost = neuron()
    assert [[n.name for n in p.nodes if n.name] for p in ag.explain(cost, w).paths] == [["w", "a", "C"], ["w", "C"]]


def test_an_edge_between_arrays_has_no_single_slope():
    x, cost = layered(np.random.default_rng(0), 3, 4)
    assert None in ag.explain(cost, x).paths[0].slopes


def test_the_paths_to_a_weighted_output():
    x = leaf([1.0, 2.0])
    e = ag.explain(x * x, x, gradient=[1.0, 10.0])
    assert e.total.tolist() == [2.0, 40.0]
    assert [p.contribution.tolist() for p in e.paths] == [[1.0, 20.0], [1.0, 20.0]]


def test_no_path_means_zeros():
    e = ag.explain(leaf(1.0) * 2.0, leaf([1.0, 2.0]))
    assert (e.count, e.paths, e.total.tolist()) == (0, [], [0.0, 0.0])


def test_a_cost_is_its_own_only_path():
    x = leaf(3.0)
    e = ag.explain(x, x)
    assert (e.count, e.total.item(), len(e.paths[0].edges)) == (1, 1.0, 0)


def test_top_0_lists_nothing_and_counts_all():
    w, cost = neuron()
    e = ag.explain(cost, w, top=0)
    assert (e.count, e.paths, e.remainder.item()) == (2, [], e.total.item())


def test_nothing_is_changed():
    w, cost = neuron()
    ag.explain(cost, w).predict(0.1)
    assert w.grad is None and w.item() == -0.8
    cost.backward()  # raises if the graph were used up


def test_a_graph_that_was_run_backward_is_explained():
    w, cost = neuron()
    cost.backward()
    assert ag.explain(cost, w).total.item() == pytest.approx(w.grad.item(), rel=1e-13)


def test_hooks_have_no_part():
    x = leaf(2.0)
    u = x * 3.0
    u.register_hook(lambda g: pytest.fail("a hook ran"))
    assert ag.explain(u * 1.0, x).total.item() == 3.0


# ---------------------------------------------------------------------------------------------------------------------
# Prediction.


def test_a_small_change_does_what_the_gradient_says():
    x, cost = layered(np.random.default_rng(0), 3, 4)
    dw = 1e-6 * np.random.default_rng(1).normal(size=x.shape)
    p = ag.explain(cost, x).predict(dw)
    assert abs(p.error) < 1e-4 * abs(p.predicted)
    assert p.predicted == pytest.approx(float(np.sum(gradient(cost, x) * dw)), rel=1e-12)


def test_the_error_of_a_prediction_falls_with_the_square():
    w, cost = neuron()
    e = ag.explain(cost, w)
    assert e.predict(1e-2).error / e.predict(1e-3).error == pytest.approx(100, rel=0.05)


def test_what_a_change_does_is_what_it_does_to_the_recorded_function():
    x = leaf([1.0, 2.0, 3.0])
    y = np.concatenate([x[1:], [5.0]])
    e = ag.explain(np.sum(np.where(y > 2.5, y * y, y)), x)
    change = [0.5, 0.25, -0.125]
    assert e.predict(change).actual == pytest.approx((2.25 + 2.875**2) - (2.0 + 9.0))


def test_a_change_of_another_shape_is_refused():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"the change has shape \(3,\) and an unnamed tensor \(2\) has \(2,\)"):
        ag.explain(np.sum(x), x).predict([1.0, 2.0, 3.0])


def test_an_explanation_stays_that_of_the_values_it_was_made_for():
    w, cost = neuron()
    e = ag.explain(cost, w)
    before = str(e), e.predict(0.1), e.draw(None).svg
    w.data = np.array(2.0)
    assert (str(e), e.predict(0.1), e.draw(None).svg) == before


def test_an_operation_that_draws_anew_is_refused():
    rng = np.random.default_rng(0)
    noisy = ag.primitive(lambda x: x + rng.normal())
    ag.defvjp(noisy, lambda g, ans, x: g)
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="draws random numbers"):
        ag.explain(noisy(x) * 2.0, x).predict(0.1)


def test_a_prediction_reads_as_a_sentence():
    w, cost = neuron()
    assert repr(ag.explain(cost, w).predict(0.01)) == "C should change by −0.00602777, and changes by −0.00601998"


# ---------------------------------------------------------------------------------------------------------------------
# Table and picture.


def test_the_table_has_a_line_a_path_and_their_sum():
    w, cost = neuron()
    assert str(ag.explain(cost, w)).split("\n") == [
        "2 paths from w to C",
        "   product    share  path",
        "1  −0.4428   73.5 %  w → t1 → t2 → a → t3 → t4 → C   (1.5000·1·0.2139·1·−1.3799·1)",
        "2  −0.1600   26.5 %  w → t5 → t6 → C   (−1.6000·0.1000·1)",
        "---------------------------------",
        "   −0.6028  100.0 %  the gradient",
    ]


def test_the_table_sums_what_it_does_not_list():
    x = leaf(1.0, "x")
    lines = str(ag.explain(doubling(60, x), x, top=2)).split("\n")
    assert lines[0] == "1.153e18 paths from x to t180"
    assert lines[-3].endswith("1.153e18 paths more, together")


def test_the_table_shows_the_ends_of_a_long_path():
    x = leaf(1.0, "x")
    line = str(ag.explain(doubling(60, x), x, top=1)).split("\n")[2]
    assert "x → t2 →" in line and "more …" in line and len(line) < 130


def test_a_picture_lights_the_path():
    w, cost = neuron()
    e = ag.explain(cost, w)
    amber = "#f59e0b"
    lines = [e.draw(path=i).svg.count(f'stroke="{amber}" stroke-width="2.6"') for i in (0, 1, None)]
    assert lines == [6, 3, 9]


def test_a_notebook_is_given_picture_and_table():
    w, cost = neuron()
    e = ag.explain(cost, w)
    assert e._repr_mimebundle_() == e.draw(0)._repr_mimebundle_() | {"text/plain": str(e)}


def test_a_graph_too_large_to_draw_is_still_a_table():
    x = leaf(1.0)
    assert set(ag.explain(doubling(200, x), x)._repr_mimebundle_()) == {"text/plain"}


# ---------------------------------------------------------------------------------------------------------------------
# Misuse.

REFUSED = {
    "not a tensor": (lambda: ag.explain(3.0, leaf(1.0)), TypeError, "explain takes Tensors, got float"),
    "no gradient": (lambda: ag.count_paths(leaf(1.0) * 1.0, ag.Tensor(1.0, name="x")), RuntimeError, "'x' .* does not require"),
    "no history": (lambda: ag.explain(ag.Tensor(1.0, name="C"), leaf(1.0)), RuntimeError, "'C' .* does not require"),
    "many elements": (lambda: ag.explain(leaf([1.0, 2.0]) * 2.0, leaf(1.0)), RuntimeError, r"has shape \(2,\).*gradient="),
    "negative top": (lambda: ag.explain(leaf(1.0) * 2.0, leaf(1.0), top=-1), ValueError, "top=-1.*at least 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_misuse_is_named(case):
    act, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize("explain", [ag.explain, ag.count_paths])
def test_a_leaf_that_was_written_since_is_refused(explain):
    w, cost = neuron()
    w.data = np.array(1.0)
    with pytest.raises(RuntimeError, match=r"'w' \(scalar\) was written after an operation that leads to 'C'"):
        explain(cost, w)


def test_a_leaf_that_was_written_between_two_uses_is_refused():
    x = leaf(2.0, "x")
    y = x * 3.0
    x.data = np.array(1.0)
    with pytest.raises(RuntimeError, match="was written after"):
        ag.explain(y * x, x)


def test_other_inputs_may_be_written():
    w, v = leaf(2.0, "w"), leaf(3.0, "v")
    cost = w * v
    v.data = np.array(7.0)
    assert ag.explain(cost, w).total.item() == 3.0


def test_an_input_whose_array_was_changed_in_place_is_refused():
    w, v = leaf(2.0, "w"), leaf(3.0, "v")
    cost = w * v
    v.data -= 1.0
    with pytest.raises(RuntimeError, match="changed in place"):
        ag.explain(cost, w)


def test_the_edges_of_a_path_can_be_lit():
    w, cost = neuron()
    path = ag.explain(cost, w).paths[0]
    assert ag.draw(cost, lit=[edge.key for edge in path.edges]).svg == ag.explain(cost, w).draw(0).svg


def test_an_explanation_is_not_recorded():
    w, cost = neuron()
    e = ag.explain(cost, w)
    assert isinstance(e, Explanation) and not e.total.requires_grad and copy.copy(e.total).is_leaf


def test_pictures_and_explanations_are_imported_when_they_are_asked_for():
    code = (
        "import sys, autograd_lite as ag\n"
        "loaded = [m for m in sys.modules if m.startswith(('autograd_lite.drawing', 'autograd_lite.expl', 'graphviz'))]\n"
        "x = ag.Tensor(2.0, requires_grad=True)\n"
        "print(loaded, ag.explain(x * x, x).count, ag.count_paths(x, x), len(ag.step_through(x * x).steps))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] 2 1 2"
