"""What is in a picture: cards, edges, scopes, values."""

import re
import sys
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing import draw
from autograd_lite.drawing.build import build as build_of_nodes
from autograd_lite.drawing.heatmap import MAX_COLUMNS, MAX_ROWS, strip
from autograd_lite.recording import current


def leaf(value, name=None):
    return ag.Tensor(np.asarray(value, float), requires_grad=True, name=name)


def build(tensors, **options):
    return build_of_nodes([current(t) for t in tensors], **options)


def index(t):
    return current(t).index


def neuron():
    w, b, x = leaf(0.5, "w"), leaf(-1.0, "b"), ag.Tensor(2.0, name="x")
    with ag.scope("neuron"):
        a = ag.sigmoid((w * x + b).named("z")).named("a")
    y = ag.Tensor(1.0, name="y")
    with ag.scope("cost"):
        return np.square(a - y).named("C")


def layers(widths=(3, 4, 2), prefix=()):
    """A network of scalars, without names for most of its nodes."""
    rng = np.random.default_rng(0)
    a = [ag.Tensor(rng.normal(), name=f"x{i}") for i in range(widths[0])]
    for number, (n_in, n_out) in enumerate(pairwise(widths), 1):
        weights = [[leaf(rng.normal()) for _ in range(n_in)] for _ in range(n_out)]
        with ag.scope("net"), ag.scope(f"layer {number}"):
            a = [ag.sigmoid(reduce(add, [w * v for w, v in zip(row, a, strict=True)])) for row in weights]
    with ag.scope("cost"):
        return reduce(add, [np.square(v - 1.0) for v in a]).named("C")


def by_name(graph):
    return {card.title.split(" = ")[0]: card for card in graph.cards}


def test_kinds_of_cards():
    t = (leaf(np.ones(3), "w") * ag.Tensor(np.ones(3), name="x") + np.arange(3.0)).named("out")
    kinds = {name: card.kind for name, card in by_name(build([t])).items()}
    assert kinds == {"w": "parameter", "x": "data", "t1": "operation", "c1": "constant", "out": "output"}


def test_a_tensor_used_twice_has_one_card_and_two_edges():
    x = leaf(3.0, "x")
    graph = build([x * x])
    assert len(graph.cards) == 2
    assert [edge[:2] for edge in graph.edges] == [(0, 1), (0, 1)]


def test_an_array_used_twice_has_one_card():
    mask, x = np.array([0.0, 1.0]), leaf([1.0, 2.0], "x")
    assert [card.kind for card in build([x * mask + mask]).cards].count("constant") == 1


def test_constants_can_be_hidden():
    graph = build([leaf([1.0, 2.0], "x") * np.array([0.0, 1.0])], constants=False)
    assert [card.title for card in graph.cards] == ["x", "t1 = x·[0, 1]"]


def test_scalar_constants_are_part_of_the_formula():
    assert [card.title for card in build([leaf(1.0, "x") + 0.25]).cards] == ["x", "t1 = x + 0.25"]


def test_automatic_names_avoid_the_given_ones():
    assert [card.title for card in build([leaf(1.0, "t1") + 1]).cards] == ["t1", "t2 = t1 + 1"]


def test_the_drawn_output_is_marked_also_in_the_middle_of_the_graph():
    x = leaf(1.0, "x")
    u = np.exp(x).named("u")
    assert {c.title: c.kind for c in build([u, np.sin(u)]).cards} == {
        "x": "parameter", "u = exp(x)": "output", "t1 = sin(u)": "output",
    }  # fmt: skip


def test_parameters_and_constants_stand_in_the_scope_that_uses_them():
    assert by_name(build([neuron()]))["w"].scope == ("neuron",)


def test_data_that_a_graph_begins_with_stand_outside():
    assert by_name(build([neuron()]))["x"].scope == ()


def test_data_that_join_later_stand_in_the_scope_that_uses_them():
    assert by_name(build([neuron()]))["y"].scope == ("cost",)


def test_a_parameter_of_two_scopes_stands_in_what_they_have_in_common():
    w = leaf(1.0, "w")
    with ag.scope("net"):
        with ag.scope("a"):
            u = w * 2
        with ag.scope("b"):
            t = u * w
    assert by_name(build([t]))["w"].scope == ("net",)


def rows(card):
    return {row.label: [text for text, _ in row.parts] for row in card.rows}


def test_a_gradient_that_is_not_there_is_a_dash():
    assert rows(by_name(build([neuron()]))["w"])["grad"] == ["—"]


def test_few_values_are_numbers():
    x = leaf([0.5, -2.0], "x")
    np.sum(x * [3.0, -0.25]).backward()
    assert rows(build([x]).cards[0]) == {"value": ["0.5000", "−2"], "grad": ["3", "−0.2500"]}


def test_gradients_carry_their_sign():
    x = leaf([0.5, -2.0, 1.0], "x")
    np.sum(x * [3.0, -0.25, 0.0]).backward()
    assert [sign for _, sign in build([x]).cards[0].rows[1].parts] == [1, -1, 0]


def test_many_values_are_a_strip_with_its_range():
    row = build([leaf(np.linspace(-1, 2, 12).reshape(3, 4), "W")]).cards[0].rows[0]
    assert row.parts == (("−1 … 2", 0),)
    assert row.strip.levels == ((-3, -2, -2, -1), (1, 1, 2, 3), (3, 4, 5, 5))


def test_rows_can_be_left_out():
    assert build([neuron()], values=False, grads=False).cards[0].rows == ()


def test_a_picture_is_a_snapshot():
    x = leaf(1.0, "x")
    graph = build([x])
    x.data = np.array(5.0)
    assert rows(graph.cards[0])["value"] == ["1"]


def test_an_empty_tensor_is_said_to_be_empty():
    assert rows(build([leaf(np.zeros((0, 3)), "x")]).cards[0])["value"] == ["empty"]


STRIPS = [
    (np.zeros(6), [0] * 6, "all 0"),
    (np.array([1.0, -1, np.nan, np.inf, -np.inf, 1e-300]), [5, -5, None, 5, -5, 1], "−∞ … ∞, 1 NaN"),
    (np.full(5, np.nan), [None] * 5, "all NaN"),
    (np.array([True, False, True, True, True]), [5, 0, 5, 5, 5], "False … True"),
    (np.array([-5, 0, 1, 2, 10]), [-3, 0, 1, 1, 5], "−5 … 10"),
]


@pytest.mark.parametrize(("array", "levels", "words"), STRIPS, ids=range(len(STRIPS)))
def test_cells_show_sign_and_size(array, levels, words):
    cells = strip(array)
    assert (list(cells.levels[0]), cells.range) == (levels, words)


def test_a_large_array_is_drawn_in_blocks_that_hide_no_extreme():
    array = np.zeros((300, 784))
    array[250, 777] = -4.0
    cells = strip(array).levels
    assert (len(cells), len(cells[0])) == (MAX_ROWS, MAX_COLUMNS)
    assert cells[10][31] == -5


def test_the_data_tell_where_each_tensor_and_each_use_stands():
    x = leaf(3.0, "x")
    t = (x * x + np.ones(2)).named("t")
    graph = build([t])
    assert {graph.cards[graph.places[index(n)]].title: graph.names[index(n)] for n in (x, t, t.inputs[0])} == {
        "x": "x", "t = t1 + c1": "t", "t1 = x·x": "t1",
    }  # fmt: skip
    product = t.inputs[0]
    ends = [graph.edges[graph.uses[use]][:2] for use in ((index(product), 0), (index(product), 1), (index(t), 0))]
    assert ends == [(0, 1), (0, 1), (1, 3)]


def test_uses_within_a_card_have_no_edge():
    cost = layers()
    graph = build([cost], max_nodes=10)
    assert len(graph.uses) == sum(edge.times for edge in graph.edges)


def test_automatic_names_are_the_same_in_every_picture_of_a_graph():
    cost = layers()
    assert build([cost], max_nodes=10).names == build([cost]).names


def test_a_name_that_is_its_own_formula_is_written_once():
    x = leaf(3.0, "x")
    assert build([np.square(x).named("x²")]).cards[1].title == "x²"


# ---------------------------------------------------------------------------------------------------------------------
# Too large to read.


def test_a_large_graph_has_one_card_a_scope_as_deep_as_fits():
    graph = build([layers()], max_nodes=10)
    assert [(card.title, card.scope) for card in graph.cards] == [
        ("x0 … x2", ()), ("layer 1", ("net",)), ("layer 2", ("net",)), ("cost", ()),
    ]  # fmt: skip


def test_a_larger_one_has_fewer():
    assert [card.title for card in build([layers()], max_nodes=3).cards] == ["x0 … x2", "net", "cost"]


def test_edges_between_collapsed_cards_are_counted():
    assert [edge.times for edge in build([layers()], max_nodes=10).edges] == [12, 8, 2]


def test_a_collapsed_card_tells_nodes_parameters_operations_and_the_norm_of_the_gradient():
    cost = layers()
    cost.backward()
    card = build([cost], max_nodes=10).cards[2]
    weights = [t for t in _leaves(cost) if t.requires_grad][12:]
    norm = np.sqrt(sum(float(t.grad.data) ** 2 for t in weights))
    assert [" ".join(filter(None, [row.label, row.parts[0][0]])) for row in card.rows] == [
        "24 nodes, 8 parameters", "8× ·\u20026× +\u20022× σ", f"‖grad‖ {norm:.4f}",
    ]  # fmt: skip


def _leaves(t):
    found, waiting = {}, [t]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting.extend(node.inputs)
    return sorted((n for n in found.values() if n.is_leaf), key=index)


def test_a_scope_can_be_kept_open():
    graph = build([layers()], max_nodes=10, expand=("layer 2",))
    assert sum(card.scope == ("net", "layer 2") for card in graph.cards) == 24
    assert sum(card.stacked for card in graph.cards) == 3


def test_a_scope_can_be_named_by_its_path():
    graph = build([layers()], max_nodes=10, expand=("net/layer 1",))
    assert sum(card.scope == ("net", "layer 1") for card in graph.cards) > 24


def test_an_unknown_scope_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"expand names 'layer 3'.*'net/layer 1', 'net/layer 2'"):
        draw(layers(), expand=["layer 3"])


def test_a_large_graph_without_scopes_is_refused_with_both_remedies():
    x = leaf(1.0)
    for _ in range(200):
        x = np.sin(x)
    with pytest.raises(ValueError, match=r"201 nodes, more than max_nodes=150.*max_nodes=201.*scope"):
        draw(x)


def test_a_scope_that_was_left_and_entered_again_is_one_card():
    h = leaf(1.0, "h")
    for _ in range(3):
        with ag.scope("cell"):
            h = np.tanh(h)
        with ag.scope("noise"):
            h = h * 0.5
    graph = build([h], max_nodes=2)
    assert sorted((edge.source, edge.target, edge.times) for edge in graph.edges) == [(0, 1, 3), (1, 0, 2)]


def test_nothing_recurses():
    x = leaf(1.0, "x")
    with ag.scope("deep"):
        for _ in range(20_000):
            x = np.sin(x)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150)
    try:
        graph = build([x])
    finally:
        sys.setrecursionlimit(limit)
    assert graph.cards[0].rows[0].parts[0][0] == "20,001 nodes, 1 parameter"


@pytest.mark.parametrize(
    ("t", "options", "error", "message"),
    [
        (3.0, {}, TypeError, "takes a Tensor, or a list of Tensors, got float"),
        ([], {}, ValueError, "nothing to draw"),
        (leaf(1.0), {"rankdir": "RL"}, ValueError, "rankdir='RL': must be one of 'LR', 'TB'"),
        (leaf(1.0), {"theme": "grey"}, ValueError, "theme='grey': must be one of 'light', 'dark'"),
        (leaf(1.0), {"engine": "neato"}, ValueError, "engine='neato': must be one of 'layered', 'dot'"),
        (leaf(1.0), {"max_nodes": 0}, ValueError, "max_nodes=0: must be at least 1"),
    ],
)
def test_wrong_arguments_are_named(t, options, error, message):
    with pytest.raises(error, match=message):
        draw(t, **options)


# --- Transposes -------------------------------------------------------------------------------------------------------


def layer(name=None):
    x, W = ag.Tensor(np.ones((2, 3)), name="x"), leaf(np.ones((4, 3)), "W")
    turned = W.T if name is None else W.T.named(name)
    return W, (x @ turned).named("z")


def test_a_nameless_transpose_is_drawn_in_the_formula_of_its_user():
    _, z = layer()
    graph = build([z], transposes=False)
    assert [card.title for card in graph.cards] == ["x", "W", "z = x @ Wᵀ"]
    assert [edge[:2] for edge in graph.edges] == [(0, 2), (1, 2)]


def test_what_is_left_out_stands_where_its_matrix_does():
    W, z = layer()
    graph = build([z], transposes=False)
    turned = z.inputs[1]
    assert graph.places[index(turned)] == graph.places[index(W)] == 1
    assert graph.uses[index(turned), 0] == graph.uses[index(z), 1] == 1


@pytest.mark.parametrize(
    ("make", "titles"),
    [
        (lambda: layer("Wt")[1], ["x", "W", "Wt = Wᵀ", "z = x @ Wt"]),
        (lambda: leaf(np.ones((2, 3)), "W").T, ["W", "t1 = Wᵀ"]),
        (
            lambda: np.sum(np.transpose(leaf(np.ones((2, 3, 4)), "W"), (1, 0, 2))),
            ["W", "t1 = transpose(W, (1, 0, 2))", "t2 = Σ t1"],
        ),
    ],
    ids=["it has a name", "it is what is drawn", "it is no transpose of a matrix"],
)
def test_other_transposes_keep_their_cards(make, titles):
    assert [card.title for card in draw(make()).graph.cards] == titles


def test_a_transpose_of_a_transpose_reads_from_the_inside():
    A = leaf(np.eye(2), "A")
    graph = build([(A.T.T @ A.T).named("z")], transposes=False)
    assert [card.title for card in graph.cards] == ["A", "z = Aᵀᵀ @ Aᵀ"]
    assert len(set(graph.uses.values())) == 2 and len(graph.uses) == 5


def test_names_are_those_of_the_picture_with_transposes():
    _, z = layer()
    total = np.sum(z * 2.0)
    assert build([total], transposes=False).names == build([total]).names


def test_a_path_through_a_transpose_is_lit_to_its_ends():
    W, z = layer()
    picture = ag.explain(np.sum(z), W).draw()
    assert ag.draw(np.sum(layer()[1]), transposes=True).graph.cards[2].title == "t1 = Wᵀ"
    assert picture.svg.count('stroke="#f59e0b"') == 2 + 3  # two edges; rings around W, z and the sum


def test_what_read_a_value_before_it_was_written_is_drawn_with_the_value_that_it_read():
    x = leaf([1.0, 1.0, 1.0], "x")
    v = x * 2.0
    before = (v * 3.0).named("before")
    v[0] = 5.0
    text = str(ag.to_graphviz(np.sum(v.named("after")) + np.sum(before)))
    cards = {
        match[2]: match[1] for match in re.finditer(r"^\t(n\d+) \[label=.*?>(x|t1|before|after)\b", text, re.MULTILINE)
    }
    assert len(cards) == 4
    edges = {(cards[a], cards[b]) for a, b in [("x", "t1"), ("t1", "before"), ("t1", "after")]}
    drawn = set(re.findall(r"^\t(n\d+) -> (n\d+)", text, re.MULTILINE))
    assert edges <= drawn
    assert not any(a == cards["after"] and b == cards["before"] for a, b in drawn)
    assert "before = t1·3" in text


def test_a_leaf_that_was_written_is_drawn_with_the_value_that_was_read():
    w = leaf(2.0, "w")
    t = (w * w).named("t")
    w.data = np.array(5.0)
    assert rows(by_name(build([t]))["w"])["value"] == ["2"]


def test_a_leaf_whose_array_was_changed_in_place_is_drawn():
    w = leaf([2.0], "w")
    t = (w * w).named("t")
    w.data -= 0.5
    assert rows(by_name(build([t]))["w"])["value"] == ["1.5000"]
