"""Where things stand: nothing overlaps, whatever the graph."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.drawing import layout
from autograd_lite.drawing.layout import Box, place

SCOPES = [(), ("a",), ("b",), ("a", "p"), ("a", "q"), ("b", "p"), ("c",)]


@st.composite
def graphs(draw):
    """Sizes, edges and scopes of cards; scopes in any order, so that they interleave as badly as they can."""
    n = draw(st.integers(1, 24))
    sizes = draw(st.lists(st.tuples(st.integers(60, 200), st.integers(20, 90)), min_size=n, max_size=n))
    scopes = draw(st.lists(st.sampled_from(SCOPES), min_size=n, max_size=n))
    edges = []
    for v in range(1, n):
        edges += [(u, v) for u in draw(st.lists(st.integers(0, v - 1), max_size=3))]
    if n > 1 and draw(st.booleans()):
        edges.append((n - 1, 0))  # as between collapsed scopes
    return sizes, edges, scopes, draw(st.sampled_from(["LR", "TB"]))


def layout_of(graph):
    sizes, edges, scopes, direction = graph
    return place(sizes, edges, scopes, {s[:n]: 40.0 for s in scopes for n in range(1, len(s) + 1)}, direction)


def apart(a, b, by=0.0):
    return (
        a.x + a.width + by <= b.x + 1e-6 or b.x + b.width + by <= a.x + 1e-6
        or a.y + a.height + by <= b.y + 1e-6 or b.y + b.height + by <= a.y + 1e-6
    )  # fmt: skip


def inside(a, b, by=0.0):
    return (
        b.x + by <= a.x + 1e-6 and a.x + a.width + by <= b.x + b.width + 1e-6
        and b.y + by <= a.y + 1e-6 and a.y + a.height + by <= b.y + b.height + 1e-6
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_cards_keep_their_distance(graph):
    cards = layout_of(graph).cards
    assert all(apart(a, b, by=15) for i, a in enumerate(cards) for b in cards[:i])


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_a_scope_holds_its_cards_and_no_other(graph):
    layout, scopes = layout_of(graph), graph[2]
    for path, box in layout.scopes:
        for card, scope in zip(layout.cards, scopes, strict=True):
            assert inside(card, box, by=8) if scope[: len(path)] == path else apart(card, box, by=8)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_scopes_overlap_only_if_one_is_in_the_other(graph):
    boxes = layout_of(graph).scopes
    for i, (outer, a) in enumerate(boxes):
        for inner, b in boxes[i + 1 :]:
            assert inside(b, a) if inner[: len(outer)] == outer else apart(a, b)


def points_on(route):
    t = np.linspace(0, 1, 25)[:, None]
    for i in range(0, len(route) - 1, 3):
        a, b, c, d = np.array(route[i : i + 4])
        yield from (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_no_line_runs_through_a_card(graph):
    layout = layout_of(graph)
    for point in (point for route in layout.routes for point in points_on(route)):
        assert all(apart(Box(*point, 0.0, 0.0), box, by=-0.1) for box in layout.cards)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_lines_join_the_cards_they_belong_to(graph):
    layout = layout_of(graph)
    for (u, v), route in zip(graph[1], layout.routes, strict=True):
        for card, (x, y) in ((layout.cards[u], route[0]), (layout.cards[v], route[-1])):
            assert card.x - 1e-6 <= x <= card.x + card.width + 1e-6
            assert card.y - 1e-6 <= y <= card.y + card.height + 1e-6


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_everything_is_on_the_paper(graph):
    layout = layout_of(graph)
    for box in [*layout.cards, *(box for _, box in layout.scopes)]:
        assert box.x >= -1e-6 and box.y >= -1e-6
        assert box.x + box.width <= layout.width + 1e-6 and box.y + box.height <= layout.height + 1e-6


def test_parallel_edges_are_apart_all_the_way():
    layout = place([(80, 60)] * 2, [(0, 1), (0, 1)], [(), ()], {})
    first, second = layout.routes
    assert abs(first[0][1] - second[0][1]) >= 10
    assert abs(first[-1][1] - second[-1][1]) >= 10


def test_a_chain_with_a_leaf_at_every_step_is_a_straight_line():
    edges = [edge for i in range(1, 20, 2) for edge in ((i - 1, i + 1), (i, i + 1))]
    layout = place([(80, 60)] * 21, edges, [()] * 21, {})
    chain = [layout.cards[i].y for i in range(2, 21, 2)]
    assert max(chain) - min(chain) < 1


def test_scopes_that_follow_each_other_stand_side_by_side():
    # In each scope a leaf feeds two steps, so it would begin left of the end of the scope before.
    edges = [(0, 1), (1, 2), (3, 4), (4, 5), (2, 5), (5, 6)]
    scopes = [("a",)] * 3 + [("b",)] * 4
    (_, a), (_, b) = place([(80, 60)] * 7, edges, scopes, {("a",): 20.0, ("b",): 20.0}).scopes
    assert a.x + a.width < b.x


def test_top_down_exchanges_the_directions():
    layout = place([(80, 60)] * 3, [(0, 1), (1, 2)], [()] * 3, {}, "TB")
    assert layout.height > layout.width
    assert [card.y for card in layout.cards] == sorted(card.y for card in layout.cards)


def test_a_narrow_scope_is_as_wide_as_its_title():
    for direction in ("LR", "TB"):
        ((_, box),) = place([(80, 60)], [], [("s",)], {("s",): 190.0}, direction).scopes
        assert box.width >= 190


def test_nothing_to_place():
    assert place([], [], [], {}) == (0.0, 0.0, [], [], [])


def test_edges_that_share_a_line_are_routed_along_it_once(monkeypatch):
    """One weight of a long recurrence: were every edge routed from its start, steps would grow with the square."""
    n, steps = 200, []
    step = layout._step
    monkeypatch.setattr(layout, "_step", lambda *arguments: (steps.append(1), step(*arguments)))
    place([(90.0, 60.0)] * n, [(i, i + 1) for i in range(n - 1)] + [(0, i) for i in range(2, n)], [()] * n, {})
    assert len(steps) <= 4 * n
