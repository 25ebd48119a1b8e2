"""The page as a file: self-contained, small, safe."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.drawing.text import number


def leaf(value, name=None):
    return ag.Tensor(np.asarray(value, float), requires_grad=True, name=name)


def small():
    w, x = leaf(-0.8, "w"), leaf(1.5, "x")
    with ag.scope("neuron"):
        a = ag.sigmoid((w * x).named("z")).named("a")
    return (np.square(a - 1.0) + w * w).named("C")


def network(sizes, n=1):
    rng = np.random.default_rng(0)
    net = nn.MLP(sizes, seed=0)
    return nn.quadratic_cost(net(rng.random((n, sizes[0]))), rng.random((n, sizes[-1])))


HOSTILE = [
    '<script>alert("1")</script>', "</script><b>", "a & b\n'c'", "\u202eevil\x00\ud800", "]]>--></svg>", "שלום", "&amp;",
    "\u2028", "${title}", "__proto__",
]  # fmt: skip


def hostile():
    t = leaf(1.0)
    for name in HOSTILE:
        with ag.scope(name):
            t = (t * leaf(2.0, name)).named(name + "!")
    return t


class Page(HTMLParser):
    """Elements, and the texts of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._inside = tag

    def handle_data(self, data):
        if self._inside in ("script", "style"):
            self.texts.append((self._inside, dict(self.elements[-1][1]).get("type"), data))

    def handle_endtag(self, tag):
        self._inside = None


def page(cost, **options):
    return Page(ag.step_through(cost, **options).html)


def data(parsed):
    return json.loads(next(text for tag, kind, text in parsed.texts if kind == "application/json"))


def policy(parsed):
    value = next(a["content"] for tag, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy")
    return dict(part.split(" ", 1) for part in value.split("; "))


@pytest.mark.parametrize(("tag", "directive"), [("script", "script-src"), ("style", "style-src")])
def test_only_what_the_policy_has_the_hash_of_may_run(tag, directive):
    parsed = page(small())
    (text,) = [text for t, kind, text in parsed.texts if t == tag and kind is None]
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert policy(parsed)[directive] == f"'sha256-{digest}'"


def test_everything_else_is_forbidden():
    assert policy(page(small())) | {"script-src": "", "style-src": ""} == {
        "default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
        "script-src": "", "style-src": "",
    }  # fmt: skip


def test_nothing_refers_to_anything_outside():
    for _, attributes in page(hostile()).elements:
        assert not {"src", "srcset", "action", "background", "poster", "xlink:href"} & attributes.keys()
        assert attributes.get("href") in (None, "data:,")
        assert not [name for name in attributes if name.startswith("on")]


def test_there_is_no_style_attribute_that_the_policy_would_block():
    assert not [a for _, a in page(small()).elements if "style" in a]


def test_hostile_names_make_no_element():
    kinds = [{tag for tag, _ in page(cost).elements} for cost in (small(), hostile())]
    assert kinds[0] == kinds[1]


def test_the_data_cannot_end_its_element_or_a_line():
    text = next(t for _, kind, t in page(hostile()).texts if kind == "application/json")
    assert not set("<>&\u2028\u2029\n") & set(text)


def test_a_784_16_16_10_network_fits_in_a_megabyte(tmp_path):
    path = ag.step_through(network([784, 16, 16, 10], n=32)).save(tmp_path / "network.html")
    assert 50_000 < path.stat().st_size <= 1_000_000


def test_the_page_has_every_step():
    walk = ag.step_through(small())
    steps = data(Page(walk.html))["steps"]
    assert [(s["formula"], s["equation"]) for s in steps] == [(s.formula, s.equation) for s in walk.steps]


def value(data_, number):
    return [[text for text, _ in row] for row in data_["values"][number]["n"]]


def test_the_data_of_a_step_are_its_numbers():
    found = data(page(small()))
    step = [s for s in found["steps"] if s["to"] == "w"][-1]
    assert [value(found, step[k]) for k in ("upstream", "local", "contribution", "before", "after")] == [
        [["−0.2734"]], [["1.5000"]], [["−0.4101"]], [["−1.6000"]], [["−2.0101"]]
    ]  # fmt: skip


def test_the_data_of_a_leaf_are_its_paths_and_their_sum():
    found = data(page(small()))
    w = next(leaf for leaf in found["leaves"].values() if leaf["name"] == "w")
    assert w["count"] == "3 paths"
    assert sorted(value(found, p["value"])[0][0] for p in w["paths"]) == ["−0.4101", "−0.8000", "−0.8000"]
    assert value(found, w["total"]) == [["−2.0101"]]


def test_gradients_on_cards_are_unknown_at_first():
    found = data(page(small()))
    w = next(card for card in found["cards"] if card["title"] == "w")
    assert w["grads"] == ["?", "−0.8000", "−1.6000", "−2.0101"]
    assert w["since"][0] == 0 and w["since"] == sorted(w["since"])


def test_the_gradient_of_the_cost_is_known_from_the_start():
    (card,) = [card for card in data(page(small()))["cards"] if card["kind"] == "output"]
    assert (card["grads"], card["since"]) == (["1"], [0])


def test_data_without_a_gradient_never_get_one():
    y = ag.Tensor(1.0, name="y")
    card = next(card for card in data(page(leaf(1.0, "x") * y))["cards"] if card["title"] == "y")
    assert card["grads"] == ["—"]


def test_the_gradients_already_there_are_not_on_the_page():
    cost = small()
    cost.backward()
    assert "?" in next(card for card in data(page(cost))["cards"] if card["title"] == "w")["grads"]


def test_leaves_of_one_name_can_be_told_apart():
    keys = [leaf["key"] for leaf in data(page(leaf(1.0, "w") * leaf(2.0, "w")))["leaves"].values()]
    assert keys == ["w", "w~2"]


def test_a_large_graph_has_one_card_a_scope_and_all_its_steps():
    h = leaf(1.0, "h")
    for i in range(30):
        with ag.scope(f"block {i % 3}"):
            for _ in range(3):
                h = np.tanh(h * leaf(0.9))  # h itself stands in the first block, which uses it
    walk = ag.step_through(h, max_nodes=10)
    found = data(Page(walk.html))
    assert len(found["cards"]) <= 10
    assert len(found["steps"]) == len(walk.steps) == 270
    norms = next(card for card in found["cards"] if card["title"] == "block 0")["grads"]
    inside = [g.item() for t, g in walk.gradients.items() if t.is_leaf and (t.scope == ("block 0",) or t.name == "h")]
    assert (norms[0], norms[-1], len(norms)) == ("?", number(np.linalg.norm(inside)), len(inside) + 1)


def test_a_card_of_operations_alone_has_no_gradient():
    h = leaf(1.0, "h")
    for name in "abc":
        with ag.scope(name):
            h = np.tanh(np.sin(h))
    cards = data(page(h, max_nodes=3))["cards"]
    assert [(card["title"], len(card["grads"])) for card in cards] == [("a", 2), ("b", 0), ("c", 0)]


def test_no_number_stands_at_an_edge_of_many():
    x, y = leaf(2.0), leaf(3.0)
    with ag.scope("a"):
        u, v = x * y, x + y
    with ag.scope("b"):
        cost = u * v + u
    assert [s["label"] for s in data(page(cost, max_nodes=2))["steps"]] == [""] * 8


def test_a_large_graph_without_scopes_is_refused_with_the_remedy():
    h = leaf(1.0)
    for _ in range(200):
        h = np.tanh(h)
    walk = ag.step_through(h)
    assert len(walk.steps) == 200
    with pytest.raises(ValueError, match="max_nodes=201"):
        walk.html  # noqa: B018


def test_the_same_graph_gives_the_same_bytes():
    assert ag.step_through(small()).html == ag.step_through(small()).html


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"x\.svg.*must end in \.html"):
        ag.step_through(small()).save(tmp_path / "x.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    walk = ag.step_through(small())
    bundle = walk._repr_mimebundle_()
    ((tag, attributes),) = Page(bundle["text/html"]).elements
    assert (tag, attributes["sandbox"], attributes["srcdoc"]) == ("iframe", "allow-scripts", walk.html)
    assert bundle["text/plain"] == "<StepThrough C: 9 steps>"


def test_the_page_is_of_the_values_that_were_gone_through():
    pages = []
    for written in (2.0, 3.0):
        w = leaf(2.0, "w")
        walk = ag.step_through(w * w)
        w.data = np.array(written)
        pages.append(walk.html)
    assert pages[0] == pages[1]


def test_values_changed_in_place_since_are_refused():
    w = leaf([2.0], "w")
    walk = ag.step_through(np.sum(w * w))
    w.data -= 1.0
    with pytest.raises(RuntimeError, match="changed in place"):
        walk.html  # noqa: B018


def test_titles_are_escaped():
    assert f"<title>Backward pass of {html.escape('__proto__!')}</title>" in ag.step_through(hostile()).html
    assert re.search(r"<h1>Backward pass of __proto__!</h1>", ag.step_through(hostile()).html)
