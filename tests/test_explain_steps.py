"""The steps of a backward pass: all that ran, in the order it ran, and nothing changed."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.explanations.formulas import FACTORS
from autograd_lite.ops.inverse import inverse_sigmoid
from autograd_lite.recording import current


def leaf(value, name=None):
    return ag.Tensor(np.asarray(value, float), requires_grad=True, name=name)


def neuron():
    w, x, b = leaf(-0.8, "w"), ag.Tensor(1.5, name="x"), leaf(0.4, "b")
    with ag.scope("neuron"):
        z = ((w * x).named("wx") + b).named("z")
        a = ag.sigmoid(z).named("a")
    with ag.scope("cost"):
        cost = (np.square(a - 1.0) + 0.1 * np.square(w)).named("C")
    return cost, [w, b]


def network(cost=nn.quadratic_cost, sizes=(4, 3, 2), n=3):
    rng = np.random.default_rng(0)
    net = nn.MLP(list(sizes), seed=0)
    y = rng.integers(0, 2, size=(n, sizes[-1])).astype(float)
    return cost(net(rng.normal(size=(n, sizes[0]))), y), net.parameters()


def shared():
    x, W = leaf([[0.5, -1.0], [2.0, 0.25]], "x"), leaf([[1.0, 2.0], [3.0, 4.0]], "W")
    u = np.tanh(x @ W + x) * x
    parts = np.concatenate([u, x[::-1], u * 2.0])
    return (np.max(parts) + np.mean(parts**3) + np.sum(x, axis=0)[1]).named("C"), [x, W]


def hooked():
    x = leaf([1.0, -2.0, 3.0], "x")
    u = (x * x).named("u")
    u.register_hook(lambda g: np.clip(g, -1.0, 1.0))
    return np.sum(u * [5.0, 0.5, -7.0]).named("C"), [x]


GRAPHS = {
    "neuron": neuron,
    "quadratic": network,
    "cross-entropy": lambda: network(nn.cross_entropy_cost),
    "deep": lambda: network(sizes=(3, 4, 4, 4, 2)),
    "shared": shared,
    "hooked": hooked,
}


def replayed(steps):
    """The gradients that adding up the contributions gives."""
    grads = {}
    for s in steps:
        grads[s.input] = s.contribution if s.input not in grads else grads[s.input] + s.contribution
    return grads


@pytest.mark.parametrize("name", GRAPHS)
def test_replayed_steps_are_the_gradients_bit_for_bit(name):
    cost, leaves = GRAPHS[name]()
    grads = replayed(ag.step_through(cost).steps)
    cost.backward()
    for t in leaves:
        assert np.array_equal(grads[t].numpy(), t.grad.numpy())


@pytest.mark.parametrize("name", GRAPHS)
def test_before_and_contribution_make_after(name):
    cost, _ = GRAPHS[name]()
    so_far = {}
    for s in ag.step_through(cost).steps:
        assert s.before is so_far.get(s.input) is None or np.array_equal(s.before.numpy(), so_far[s.input].numpy())
        expected = s.contribution if s.before is None else s.before + s.contribution
        assert np.array_equal(s.after.numpy(), expected.numpy())
        so_far[s.input] = s.after


@pytest.mark.parametrize("name", GRAPHS)
def test_every_use_of_a_tensor_that_requires_a_gradient_is_one_step(name):
    cost, _ = GRAPHS[name]()
    steps = ag.step_through(cost).steps
    nodes = {current(s.node) for s in steps}
    uses = {(n.index, i) for n in nodes for i, a in enumerate(n.inputs) if a.requires_grad}
    assert sorted(s.key for s in steps) == sorted(uses)


@pytest.mark.parametrize("name", GRAPHS)
def test_steps_run_from_the_newest_node_and_the_first_argument(name):
    keys = [s.key for s in ag.step_through(GRAPHS[name]()[0]).steps]
    assert keys == sorted(keys, key=lambda key: (-key[0], key[1]))


@pytest.mark.parametrize("name", GRAPHS)
def test_local_times_upstream_is_the_contribution(name):
    cost, _ = GRAPHS[name]()
    checked = 0
    for s in ag.step_through(cost).steps:
        if s.local is not None:
            product = (s.upstream * s.local).numpy()
            summed = ag.Tensor(np.zeros(s.input.shape), requires_grad=True)
            (back,) = ag.gradients(np.broadcast_to(summed, product.shape), [summed], product)
            assert np.allclose(back.numpy(), s.contribution.numpy(), rtol=1e-12, atol=1e-14)
            checked += 1
    assert checked >= 4


def test_the_first_step_starts_from_1():
    step = ag.step_through(neuron()[0]).steps[0]
    assert (step.upstream.item(), step.before) == (1.0, None)


def test_a_weight_that_is_used_twice_shows_what_was_there_before():
    (first, second) = [s for s in ag.step_through(neuron()[0]).steps if s.input.name == "w"]
    assert first.before is None
    assert second.before.item() == first.contribution.item() == pytest.approx(-0.16)


def test_going_through_changes_no_gradient_and_uses_up_no_graph():
    cost, leaves = neuron()
    ag.step_through(cost)
    assert all(t.grad is None for t in leaves)
    cost.backward()
    before = [t.grad.item() for t in leaves]
    steps = ag.step_through(cost).steps  # also of a graph that was used up
    assert [t.grad.item() for t in leaves] == before
    assert [replayed(steps)[t].item() for t in leaves] == before


def test_steps_are_between_the_tensors_themselves():
    w = leaf(2.0, "w")
    u = w * 3.0
    first, second = ag.step_through(u * w).steps[:2]
    assert first.input is u and second.input is w and first.node is second.node


def test_a_graph_that_read_two_values_of_a_leaf_has_steps_to_both():
    w = leaf(2.0, "w")
    y = w * 3.0
    w.data = np.array(5.0)
    walk = ag.step_through(y * w)
    new, old = (s.input for s in walk.steps if s.input.name == "w")
    assert new is w and (new.item(), old.item()) == (5.0, 2.0)


def test_hooks_run_and_their_result_is_passed_on():
    walk = ag.step_through(hooked()[0])
    u = next(s.node for s in walk.steps if s.node.name == "u")
    assert walk.gradients[u].tolist() == [1.0, 0.5, -1.0]


def test_gradients_are_those_of_all_tensors_in_between():
    cost, _ = network()
    walk = ag.step_through(cost)
    cost.backward(keep_grads=True)
    assert all(np.array_equal(g.numpy(), t.grad.numpy()) for t, g in walk.gradients.items())


def test_an_output_of_several_elements_needs_a_cotangent():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match="gradient="):
        ag.step_through(x * x)
    assert ag.step_through(x * x, gradient=[1.0, 3.0]).gradients[x].tolist() == [2.0, 12.0]


def test_a_leaf_alone_has_no_steps():
    x = leaf(3.0)
    assert ag.step_through(x).steps == []


def test_a_cost_without_history_is_refused():
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        ag.step_through(ag.Tensor(1.0))


def test_a_rule_that_fails_is_named():
    bad = ag.primitive(lambda x: x * 2.0)
    ag.defvjp(bad, lambda g, ans, x: g[7])
    with pytest.raises(IndexError) as raised:
        ag.step_through(np.sum(bad(leaf([1.0, 2.0])).named("u")))
    assert any("'u' (2)" in note for note in raised.value.__notes__)


# ---------------------------------------------------------------------------------------------------------------------
# The book's equations.


def equations(cost):
    return [(s.equation, s.node.name or s.op.__name__, s.input.name) for s in ag.step_through(cost).steps if s.equation]


def test_a_network_goes_through_the_four_equations():
    assert equations(network()[0]) == [
        ("BP1", "a2", "z2"), ("BP3", "z2", "b2"), ("BP2", "matmul_transposed", "a1"), ("BP4", "matmul_transposed", "W2"),
        ("BP2", "a1", "z1"), ("BP3", "z1", "b1"), ("BP4", "matmul_transposed", "W1"),
    ]  # fmt: skip


def test_one_example_has_an_outer_product_for_its_weights():
    C = nn.quadratic_cost(nn.MLP([3, 2], seed=0)(np.ones(3)), np.array([0.0, 1.0]))
    (step,) = (s for s in ag.step_through(C).steps if s.equation == "BP4")
    assert step.formula.endswith("⊗ x")


def test_with_the_cross_entropy_the_error_is_output_minus_target_through_the_activation():
    found = ag.step_through(network(nn.cross_entropy_cost)[0]).steps
    (bp1,) = (s for s in found if s.equation == "BP1")
    assert bp1.law == "δ² = ∇ₐC ⊙ σ′(z²)"
    assert "σ⁻¹(a2) → a2" in " ".join(s.words for s in found)
    assert [s.equation for s in found if s.equation not in (None, "BP1")] == [
        "BP3", "BP2", "BP4",
        "BP2", "BP3", "BP4",
    ]  # fmt: skip


def test_a_cost_of_the_weighted_input_makes_the_error_at_once():
    z = (leaf([[0.5, -1.0]], "W1") @ ag.Tensor([1.0, 2.0], name="x") + leaf([0.1], "b1")).named("z1")
    found = ag.step_through(np.sum(ag.softplus(z))).steps
    assert {s.law for s in found if s.equation == "BP1"} == {"δ¹ = ∇ₐC ⊙ σ′(z¹), which the cost makes from z¹ at once"}


def test_a_single_neuron_without_numbers_is_a_layer():
    assert equations(neuron()[0]) == [("BP1", "a", "z"), ("BP3", "z", "b"), ("BP4", "wx", "w")]


@pytest.mark.parametrize("number", ["1", "¹", "₁", "_1"])
def test_layers_are_numbered_in_any_script(number):
    W, b = leaf(np.ones((2, 3)), f"W{number}"), leaf(np.zeros(2), f"b{number}")
    z = (W @ ag.Tensor(np.ones(3), name="x") + b).named(f"z{number}")
    assert [e[0] for e in equations(np.sum(np.tanh(z).named(f"a{number}")))] == ["BP1", "BP3", "BP4"]


def test_other_graphs_have_no_equations():
    assert equations(shared()[0]) == []


def test_a_bias_alone_is_no_layer():
    assert equations((leaf(1.0, "u") + leaf(2.0, "b")).named("z") * 2.0) == []


# ---------------------------------------------------------------------------------------------------------------------
# Formulas: each is computed, as it is written, and held against the rule.

POSITIVE = [0.3, 0.9, 1.0, 2.5]
OPERATIONS = {"sigmoid": ag.sigmoid, "softplus": ag.softplus, "inverse_sigmoid": inverse_sigmoid}
SAMPLES = {
    "inverse_sigmoid": [0.1, 0.8],
    "arcsin": [-0.6, 0.3],
    "arccos": [-0.6, 0.3],
    "arctanh": [-0.6, 0.3],
    "arccosh": [1.5, 3.0],
}
PYTHON = {
    "·": "*", "−": "-", "²": "**2", "^": "**", "π": "np.pi", "½": "0.5", "√": "np.sqrt", "σ": "ag.sigmoid", "ln(": "np.log(",
    "⌊": "np.floor(", "⌋": ")",
}  # fmt: skip
CALLS = ("exp", "cosh", "sinh", "tanh", "cos", "sin", "sign")
IN_WORDS = ("where", "clip", "astype", "copy", "relu", "maximum", "minimum")
COMPUTED = [key for key, row in FACTORS.items() if key not in IN_WORDS and row[0] is not None]


def computed(text, **names):
    """The value of a formula as it is written."""
    for sign, code in PYTHON.items():
        text = text.replace(sign, code)
    words = {name: getattr(np, name) for name in CALLS}
    text = text.replace("np.sqrtx", "np.sqrt(x)")
    return eval(text, {"np": np, "ag": ag, **words, **names})


@pytest.mark.parametrize("key", COMPUTED)
def test_the_formula_says_what_the_rule_does(key):
    op = OPERATIONS.get(key) or getattr(np, key)
    row = FACTORS[key]
    x = leaf(SAMPLES.get(key, POSITIVE), "x")
    y = leaf([2.0, 0.7, 1.5, 0.4], "y")
    f = (op(x, y) if len(row) == 2 else op(x)).named("f")
    steps = ag.step_through(np.sum(f)).steps[1:]
    assert len(steps) == len(row)
    for step in steps:
        right = step.formula.split(" = ")[1]
        value = computed(right, x=x.numpy(), y=y.numpy(), f=f.numpy())
        assert np.allclose(value, step.local.numpy(), rtol=1e-12, atol=0)


x, y = leaf([0.5, 2.0], "x"), leaf([3.0, -1.0], "y")
W, v, cube = leaf(np.ones((2, 2)), "W"), ag.Tensor([1.0, 2.0], name="v"), leaf(np.ones((2, 2, 2)), "cube")
FORMULAS = {
    "∂(x·y)/∂x = y": lambda: x * y,
    "∂σ(x)/∂x = σ(x)·(1 − σ(x))": lambda: ag.sigmoid(x),
    "∂(x·(−2))/∂x = −2": lambda: x * -2.0,
    "∂(x³)/∂x = 3·x²": lambda: x**3,
    "∂(x^2.5)/∂x = 2.5·x^1.5": lambda: x**2.5,
    "∂(x⁻²)/∂x = −2·x^(−3)": lambda: x**-2.0,
    "∂(W + x)/∂x = 1, summed over its copies": lambda: ag.Tensor(np.ones((2, 2)), name="W") + x,
    "∂f/∂W ← ∂f/∂f @ vᵀ": lambda: W @ ag.Tensor(np.ones((2, 2)), name="v"),
    "∂f/∂W ← ∂f/∂f ⊗ v": lambda: W @ v,
    "∂f/∂W ← v ⊗ ∂f/∂f": lambda: v @ W,
    "∂f/∂x ← ∂f/∂f·v": lambda: x @ v,
    "∂f/∂W ← (∂f/∂f)ᵀ": lambda: W.T,
    "∂f/∂x ← ∂f/∂f for every element that was summed": lambda: np.sum(x),
    "∂f/∂x ← ∂f/∂f where it was read from x, 0 elsewhere": lambda: x[:1],
    "∂f/∂x ← the part of ∂f/∂f that x became": lambda: np.concatenate([[7.0], x]),
    "∂where(c1, x, 0)/∂x = 1 where c1, else 0": lambda: np.where(np.array([True, False]), x, 0.0),
    "∂(−x)/∂x = −1": lambda: -x,
    "∂relu(x)/∂x = 1 where x > 0, else 0": lambda: ag.relu(x),
    "∂f/∂W ← the same sum, with ∂f/∂f in the place of W": lambda: np.einsum("ij,j->i", W, v),
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_written_with_the_names_of_the_tensors(formula):
    f = FORMULAS[formula]().named("f")
    assert ag.step_through(f, gradient=np.ones(f.shape)).steps[0].formula == formula


def test_an_operation_without_a_formula_is_still_named():
    @ag.primitive
    def thrice(a):
        return 3.0 * a

    ag.defvjp(thrice, lambda g, ans, a: 3.0 * g)
    step = ag.step_through(thrice(leaf(2.0, "a")).named("f")).steps[0]
    assert (step.formula, step.local.item()) == ("∂thrice(a)/∂a", 3.0)


def test_a_step_reads_as_a_line():
    step = ag.step_through(neuron()[0]).steps[-1]
    assert repr(step) == "<Step wx = w·x → w: ∂(w·x)/∂w = x, BP4>"


def test_large_tensors_have_no_local_numbers():
    assert ag.step_through(np.sum(leaf(np.ones(100)) * 2.0)).steps[1].local is None
