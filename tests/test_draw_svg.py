"""The finished picture: valid, self-contained, the same every time."""

import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing import draw, to_graphviz
from autograd_lite.drawing.cards import face
from autograd_lite.drawing.metrics import width
from autograd_lite.recording import current

SVG = "{http://www.w3.org/2000/svg}"
needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="the program Graphviz is not installed")


def leaf(value, name=None):
    return ag.Tensor(np.asarray(value, float), requires_grad=True, name=name)


def small(names=("x", "w", "y"), scope="layer"):
    x, w, y = (leaf(v, name) for v, name in zip((0.5, -2.0, 1.25), names, strict=True))
    with ag.scope(scope):
        return (x * w + y * y).named("C")


HOSTILE = [
    '<script>alert("1")</script>',
    "a & b\n'c'",
    "\u202eevil\x00\ud800",
    "]]>--></svg>",
    "שלום",
    "\\N\\G{}|<>",
    "&amp;",
    "",
]
TAGS = {"svg", "g", "rect", "path", "text", "title"}


def picture_of_hostile_names():
    total = leaf(1.0)
    for name in HOSTILE:
        with ag.scope(name or "?"):
            total = (total * leaf(2.0, name)).named(name)
    return draw(total)


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_names_and_numbers_stand_in_the_picture():
    assert {"x", "C = t1 + t2", "t1 = x·w", "−2", "1.2500", "layer"} <= set(texts(draw(small()).svg))


def test_there_is_no_style_sheet_and_no_script():
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(draw(small()).svg).iter()}
    assert tags == TAGS


def test_there_is_no_style_or_class_or_reference():
    attributes = {a for element in ElementTree.fromstring(draw(small()).svg).iter() for a in element.attrib}
    assert not attributes & {"style", "class", "href", "onload"}


def test_two_builds_of_one_graph_give_the_same_bytes():
    assert draw(small()).svg == draw(small()).svg


def test_every_edge_has_an_id():
    picture = draw(small())
    root = ElementTree.fromstring(picture.svg)
    lines = [g.get("id") for g in root.iter(f"{SVG}g") if re.search(r"-e\d+$", g.get("id", ""))]
    assert sorted(lines) == [f"{root.get('id')}-e{i}" for i in range(len(picture.graph.edges))]


def test_titles_have_a_halo_that_no_viewer_can_draw_over_them():
    svg = draw(small()).svg
    outline, words = [t for t in ElementTree.fromstring(svg).iter(f"{SVG}text") if t.text == "layer"]
    assert "paint-order" not in svg
    assert outline.get("fill") == outline.get("stroke") == "#f1f5f9"
    assert (words.get("stroke"), words.get("fill")) == (None, "#52627a")


def test_edges_can_be_lit():
    t = small()
    amber = re.findall('stroke="#f59e0b"', draw(t, lit=[(current(t).index, 1)]).svg)
    assert len(amber) == 3  # the line, and the two cards it joins


def test_what_is_lit_is_explained():
    t = small()
    assert [("lit path" in texts(draw(t, lit=lit).svg)) for lit in ([], [(current(t).index, 0)])] == [False, True]


def test_a_row_has_room_for_all_it_will_show():
    graph = draw(small()).graph
    row = graph.cards[0].rows[1]
    later = row._replace(later=(row._replace(parts=(("−0.12345678", -1),)),))
    narrow, wide = (face(graph.cards[0]._replace(rows=(row_,))) for row_ in (row, later))
    assert wide.width > narrow.width + 20


def test_different_graphs_share_no_id():
    first, second = (set(re.findall(r'\bid="([^"]+)"', draw(small(names)).svg)) for names in ("xwy", "abc"))
    assert len(first) == 13  # six cards, six edges and the picture
    assert not first & second


def test_bytes_do_not_depend_on_the_order_of_hashes():
    code = (
        "import numpy as np, autograd_lite as ag; from autograd_lite.drawing import draw\n"
        "x = ag.Tensor([1., 2.], requires_grad=True, name='x')\n"
        "with ag.scope('a'): u = np.exp(x * x)\n"
        "with ag.scope('b'): v = np.sin(u + x)\n"
        "print(ascii(draw(v).svg + draw(v, max_nodes=3).svg + draw(v).dot))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_two_edges_for_a_square():
    svg = draw(np.multiply(x := leaf(3.0, "x"), x)).svg
    assert len(set(re.findall(r'd="(M[^"]*)" fill="none"', svg))) == 2


def test_hostile_names_do_no_harm():
    svg = picture_of_hostile_names().svg
    assert {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()} == TAGS


def test_hostile_names_are_shown_as_they_are():
    assert '<script>alert("1")</script>' in texts(picture_of_hostile_names().svg)


def test_a_long_name_is_cut_but_whole_in_the_tooltip():
    svg = draw(small(("a very long name " * 10, "w", "y"))).svg
    titles = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert any(text.startswith("a very long name a") and text.endswith("…") for text in texts(svg))
    assert any(title.startswith("a very long name " * 10) for title in titles)


def spans_of_texts(card):
    """From where to where each text of a card reaches, by the widths of a wide font."""
    for element in card.iter(f"{SVG}text"):
        options = {"bold": element.get("font-weight") == "bold", "mono": "Mono" in element.get("font-family", "")}
        wide = width(element.text, float(element.get("font-size")), **options)
        x = float(element.get("x"))
        yield (x - wide, x) if element.get("text-anchor") == "end" else (x, x + wide)


def test_every_text_of_a_card_lies_in_the_card():
    total = np.sum(leaf(np.linspace(-1e-9, 12345.678, 60).reshape(3, 20), "W") * 2.0) * leaf([1e-12, -5e300, 0.25, 7])
    checked = 0
    for picture in (picture_of_hostile_names(), draw(total), draw(small(), max_nodes=4)):
        groups = ElementTree.fromstring(picture.svg).iter(f"{SVG}g")
        for card in (g for g in groups if re.search(r"-\d+$", g.get("id", ""))):
            box = [rect for rect in card.findall(f"{SVG}rect") if rect.get("fill") != "none"][-1]
            left, right = float(box.get("x")), float(box.get("x")) + float(box.get("width"))
            for start, end in spans_of_texts(card):
                assert left + 6 <= start <= end <= right - 6
                checked += 1
    assert checked > 100


def test_the_legend_names_the_kinds_that_are_there_and_no_other():
    words = set(texts(draw(small()).svg))
    assert {"parameter", "operation", "drawn output", "no gradient"} <= words
    assert not {"data", "constant"} & words


def test_light_and_dark_differ_only_in_colour():
    colour = r"#[0-9a-f]{6}|ag[0-9a-f]{10}"
    light, dark = (re.sub(colour, "", draw(small(), theme=theme).svg) for theme in ("light", "dark"))
    assert light == dark


def test_a_notebook_is_given_the_svg():
    picture = draw(small())
    words = "<Picture of 6 cards and 6 edges>"
    scrolled = f'<div style="overflow-x: auto">{picture.svg}</div>'
    assert picture._repr_mimebundle_() == {"text/html": scrolled, "image/svg+xml": picture.svg, "text/plain": words}


STARTS = {"x.svg": "<svg ", "x.SVG": "<svg ", "x.html": "<!DOCTYPE html>", "x.dot": "digraph {"}


@pytest.mark.parametrize("name", STARTS)
def test_the_ending_of_a_file_is_its_format(tmp_path, name):
    assert draw(small()).save(tmp_path / name).read_text(encoding="utf-8").startswith(STARTS[name])


def test_an_unknown_ending_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(ValueError, match=r"x\.jpg.*\.svg, \.html, \.dot, \.png, \.pdf"):
        draw(small()).save(tmp_path / "x.jpg")


def test_the_page_asks_for_nothing():
    page = draw(small()).html
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?(?!none)http", page.replace("http://www.w3.org/2000/svg", ""))


def test_drawing_through_the_package_works_more_than_once():
    assert ag.draw(small()).svg == ag.draw(small()).svg


def test_several_outputs_make_one_picture():
    x = leaf(1.0, "x")
    assert len(draw([np.exp(x), np.sin(x)]).graph.cards) == 3


# ---------------------------------------------------------------------------------------------------------------------
# Graphviz: the package, with and without the program.


def test_dot_has_a_node_a_card_and_a_cluster_a_scope():
    source = to_graphviz(small()).source
    assert len(re.findall(r"^\t+n\d+ \[", source, re.M)) == 6
    assert source.count("subgraph cluster") == 1


def test_dot_has_two_edges_for_a_square():
    source = to_graphviz(np.multiply(x := leaf(3.0, "x"), x)).source
    assert source.count("n0 -> n1") == 2


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_without_the_program_the_remedy_is_named_and_nothing_written(tmp_path, monkeypatch, format):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="needs the program Graphviz, which is not installed"):
        draw(small()).save(tmp_path / f"x.{format}")
    assert list(tmp_path.iterdir()) == []


def test_without_the_program_its_layout_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="engine='layered' do without"):
        draw(small(), engine="dot")


@needs_graphviz
@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_program_renders(tmp_path, format, magic):
    assert picture_of_hostile_names().save(tmp_path / f"x.{format}").read_bytes().startswith(magic)


@needs_graphviz
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_the_program_can_place_the_cards(rankdir):
    ours, theirs = (draw(small(), engine=engine, rankdir=rankdir) for engine in ("layered", "dot"))
    assert sorted(texts(ours.svg)) == sorted(texts(theirs.svg))
    assert ours.svg != theirs.svg


@needs_graphviz
def test_the_program_renders_strips_and_counts(tmp_path):
    with ag.scope("a"):
        u = leaf(np.ones((4, 5)), "W") * 2
    with ag.scope("b"):
        t = np.sum(u * u)
    path = draw(t, max_nodes=2).save(tmp_path / "collapsed.png")
    assert path.stat().st_size > 1000
    assert draw(t).save(tmp_path / "strips.png").stat().st_size > path.stat().st_size


@needs_graphviz
def test_the_program_replaces_nothing_in_names():
    shown = to_graphviz(leaf(1.0, "\\N\\G<b>&amp;")).pipe(format="svg").decode().replace("\u200b", "")
    assert "\\N\\G&lt;b&gt;&amp;amp;" in shown


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cells_below_zero_have_gaps_between_them_and_others_none(theme):
    svg = draw(leaf([[-1.0, -1.0, 1.0, 1.0, 0.0]] * 2, "W"), grads=False, theme=theme).svg
    cells = [e for e in ElementTree.fromstring(svg).iter(f"{SVG}path") if e.get("stroke-dasharray") == "8 1"]
    assert [e.get("stroke-width") for e in cells] == ["8"]
    assert re.fullmatch(r"(M[\d.]+,[\d.]+h18){2}", cells[0].get("d"))
    assert "below zero with gaps" in svg


def test_cells_below_zero_have_gaps_in_dot_as_well():
    source = draw(leaf([[-1.0, 2.0, 3.0]] * 2, "W"), grads=False).dot
    assert source.count('BORDER="1" COLOR="#f4f6f8"') == 2
