"""Pictures of networks: valid, deterministic, harmless, and with all of what they show as data."""

import hashlib
import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.drawing.metrics import width
from nn.pictures.image import levels
from nn.pictures.sheet import contrast, readable_on
from nn.report import Section, report

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "g", "rect", "path", "text", "title", "circle"}
HOSTILE = '<script>alert("1")</script> & \u202e\x00\n]]>'


def network(sizes=(16, 5, 4, 3), **options):
    return nn.MLP(sizes, seed=0, **options)


def examples(n=6, n_in=16, m=3):
    rng = np.random.default_rng(0)
    return rng.random((n, n_in)), nn.one_hot(rng.integers(0, m, n), m)


def trained(epochs=3):
    net, (x, y) = network(), examples(40)
    return nn.fit(net, (x, y), optimizer=nn.SGD(net.parameters(), 1.0), epochs=epochs, seed=0, validation=(x, y))


def hostile():
    net = nn.Sequential(nn.Linear(16, 3, seed=0, name=HOSTILE), nn.Sigmoid())
    x, y = examples(1)
    return nn.draw_network(net, x, y)


def slow():
    """A learning speed: of the first layer one neuron is saturated, and little of the error reaches the others."""
    net = network((16, 3, 3, 3))
    net.parameters()[1].data[0] = 40.0
    net.parameters()[4].data[:] *= 1e-3
    net.parameters()[2].data[:] *= 1e-3
    return nn.learning_speed(net, *examples())


def one(n=0):
    x, y = examples()
    return x[n], y[n]


PICTURES = {
    "weights": lambda: nn.draw_network(network(), *one()),
    "gradients": lambda: nn.draw_network(network(), *one(), show="gradients", cost=nn.cross_entropy_cost),
    "nudges": lambda: nn.draw_network(network(activation="tanh"), *one(), show="nudges"),
    "subset": lambda: nn.draw_network(network(), *one(), max_neurons=2),
    "one output": lambda: nn.draw_network(network((3, 2, 1)), [0.5, -2.0, np.nan], [1.0]),
    "hostile": hostile,
    "images": lambda: nn.draw_weights(network()),
    "table": lambda: nn.nudges(network(), *examples()).draw(),
    "table without images": lambda: nn.nudges(network((3, 2, 1)), np.ones((2, 3)), np.ones((2, 1))).draw(),
    "curves": lambda: trained().draw(),
    "curves of an epoch": lambda: trained(1).draw(),
    "speed": lambda: slow().draw(),
    "speed of a deep network": lambda: nn.learning_speed(network((16, *[3] * 14, 3)), *examples()).draw(),
    "speed without error": lambda: nn.learning_speed(
        network((3, 2, 1)), np.zeros((1, 3)), np.full((1, 1), np.nan)
    ).draw(),
    "curves of a batch": lambda: nn.History(batch_costs=[1.0, 0.5], batches=4).draw(),
}
every = pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES.keys())


@every
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_valid_svg_of_few_kinds_of_elements_without_style(make, theme):
    svg = make().themed(theme).svg
    found = list(ElementTree.fromstring(svg).iter())
    assert {element.tag.removeprefix(SVG) for element in found} <= TAGS
    assert not any(a in ("style", "class") or a.startswith("on") for e in found for a in e.attrib)
    assert [e.get("id") for e in found if e.get("id")] == [re.search(r'id="(nn[0-9a-f]{10})"', svg)[1]]
    assert not re.search(r"nan|inf", " ".join(e.get("d", "") for e in found))


@every
def test_the_same_gives_the_same_bytes(make):
    digests = {hashlib.sha256(make().svg.encode()).hexdigest() for _ in range(2)}
    assert len(digests) == 1


@every
def test_every_text_stands_inside_the_picture(make):
    root = ElementTree.fromstring(make().svg)
    for element in root.iter(f"{SVG}text"):
        words, size = element.text or "", float(element.get("font-size"))
        long = width(words, size, element.get("font-weight") == "bold", "Mono" in element.get("font-family", ""))
        x = float(element.get("x")) - long * {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor"), 0.0)
        assert x >= -1 and x + long <= float(root.get("width")) + 1, words
        assert size - 3 <= float(element.get("y")) <= float(root.get("height")), words


@every
def test_pictures_show_and_save_themselves(make, tmp_path):
    picture = make()
    assert picture._repr_mimebundle_()["image/svg+xml"] == picture.svg
    assert picture.save(tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    page = picture.save(tmp_path / "a.html").read_text(encoding="utf-8")
    assert picture.svg in page and "default-src 'none'" in page
    with pytest.raises(ValueError, match=r"cannot save a picture as 'a.gif': the name must end in .svg, .html"):
        picture.save(tmp_path / "a.gif")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.html", "a.svg"]


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_with_cairosvg_pictures_are_saved_as_pixels_and_for_print(tmp_path, ending, start):
    try:
        import cairosvg  # noqa: F401
    except (ImportError, OSError) as problem:
        pytest.skip(f"cairosvg cannot be used here: {problem}")
    assert nn.draw_weights(network()).save(tmp_path / f"a.{ending}").read_bytes().startswith(start)


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_without_cairosvg_the_remedy_is_named_and_nothing_written(tmp_path, monkeypatch, ending):
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(RuntimeError, match=rf"\.{ending} is made by the package cairosvg.*pip install"):
        nn.draw_weights(network()).save(tmp_path / f"a.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_hostile_names_are_shown_as_they_are():
    svg = hostile().svg
    assert "<script" not in svg and "&lt;script&gt;" in svg and "\u202e" not in svg


# --- The network ------------------------------------------------------------------------------------------------------


def test_the_data_of_a_network_are_its_activations_and_the_terms_of_its_cost():
    net, (x, y) = network(), one()
    data = nn.draw_network(net, x, y).data
    np.testing.assert_array_equal(data.columns[-1].activations, net(x).numpy())
    np.testing.assert_array_equal(data.links[1], net.layers[2].W.numpy())
    np.testing.assert_array_equal(data.image, x.reshape(4, 4))
    assert data.cost == pytest.approx(sum(data.terms), rel=1e-14)
    assert data.truth == y.argmax() and data.answer == net(x).numpy().argmax()


@pytest.mark.parametrize(("show", "sign"), [("gradients", 1), ("nudges", -1)])
def test_gradients_and_nudges_are_those_of_the_example(show, sign):
    net, (x, y) = network(), one()
    data = nn.draw_network(net, x, y, show=show).data
    found = ag.gradients(nn.quadratic_cost(net(x), y), net.parameters())
    for k in range(3):
        np.testing.assert_allclose(data.links[k], sign * found[2 * k].numpy(), rtol=1e-12, atol=1e-16)
        np.testing.assert_allclose(data.columns[k + 1].biases, sign * found[2 * k + 1].numpy(), rtol=1e-12)


def test_of_large_layers_those_that_matter_most_are_drawn_and_it_says_so():
    net, (x, y) = network(), one()
    picture = nn.draw_network(net, x, y, max_neurons=2)
    scores = np.linalg.norm(net.layers[0].W.numpy(), axis=0) * x
    assert picture.data.columns[0].shown == sorted(np.argsort(-scores)[:2].tolist())
    assert y.argmax() in picture.data.columns[-1].shown
    words = [e.text for e in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]
    assert {"2 drawn", "⋮ 14 more", "5 neurons, 2 drawn", "⋮ 1 more"} <= set(words)


def test_the_sign_of_a_link_is_not_told_by_colour_alone():
    net = network((1, 2, 1))
    net.layers[0].W.data = np.array([[1.0], [-1.0]])
    root = ElementTree.fromstring(nn.draw_network(net, [1.0], [1.0]).svg)
    links = [e for e in root.iter(f"{SVG}path") if e.get("stroke-opacity")]
    dashed = {e.get("stroke"): bool(e.get("stroke-dasharray")) for e in links}
    assert dashed["#1d5fae"] is False and dashed["#b3122f"] is True


def test_negative_weights_of_an_image_have_gaps():
    net = network((16, 1))
    net.layers[0].W.data = np.repeat([[1.0, -1.0]], 8, axis=0).reshape(1, 16)
    svg = nn.draw_weights(net).svg
    first = svg[: svg.index("neuron 0")]
    blue, red = (re.search(rf'd="([^"]*)" fill="{fill}"', first)[1] for fill in ("#17509a", "#9d1431"))
    assert set(re.findall(r"v([\d.]+)h", blue)) == {"8"} and set(re.findall(r"v([\d.]+)h", red)) == {"7"}


def test_the_images_are_the_rows_of_the_first_layer():
    net = network((12, 5, 2))
    data = nn.draw_weights(net, image_shape=(3, 4), max_neurons=2).data
    np.testing.assert_array_equal(data.images, net.layers[0].W.numpy()[:2].reshape(2, 3, 4))
    assert data.neurons == 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.draw_network(network(), *examples()), "shows one example"),
        (lambda: nn.draw_network(network(), *one(), show="biases"), "show='biases': must be one of 'weights'"),
        (lambda: nn.draw_network(network(), *one(), theme="pink"), "theme='pink': must be one of 'light', 'dark'"),
        (
            lambda: nn.draw_network(network(), *one(), max_neurons=0),
            "max_neurons is 0, needs a whole number of at least 1",
        ),
        (lambda: nn.draw_network(network(), *one(), image_shape=(3, 3)), "has 9 pixels, the network 16 inputs"),
        (lambda: nn.draw_weights(network((3, 2))), "the 3 inputs of Linear.* make no square image: give image_shape"),
        (lambda: nn.History().draw(), "the history is empty"),
        (lambda: nn.nudges(network(), *examples()).draw(columns=0), "columns=0: must be at least 1"),
    ],
)
def test_what_cannot_be_drawn_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_levels_are_signs_and_sizes_and_never_zero_for_what_is_not():
    values = np.array([0.0, 1e-9, -1e-9, 0.5, -1.0, np.nan, np.inf])
    assert levels(values).tolist() == [0, 1, -1, 3, -5, 0, 5]


@pytest.mark.parametrize("theme", ["LIGHT", "DARK"])
def test_numbers_on_shades_can_be_read(theme):
    from autograd_lite.drawing import palette

    colours = getattr(palette, theme)
    for fill in (*colours.ramp_positive, *colours.ramp_negative):
        assert contrast(readable_on(fill, colours), fill) >= 4.5


# --- The course of a training -----------------------------------------------------------------------------------------


def test_the_running_mean_is_that_of_the_last_mini_batches():
    history = nn.History(batch_costs=[4.0, 2.0, 3.0, 1.0, 5.0], batches=4)
    np.testing.assert_allclose(history.running_mean(), [4, 3, 2.5, 2, 3])
    np.testing.assert_allclose(history.running_mean(3), [4, 3, 3, 2, 3])


def test_a_very_large_cost_does_not_enter_the_running_mean_of_later_ones():
    history = nn.History(batch_costs=[1e20, 0.1, 0.1, 0.1, 0.1], batches=4)
    assert history.running_mean(2).tolist() == [1e20, 5e19, 0.1, 0.1, 0.1]


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 13])
@pytest.mark.parametrize("window", [1, 2, 4, 7, 20])
def test_the_running_mean_is_right_for_any_length_and_window(n, window):
    costs = np.random.default_rng(0).random(n)
    expected = [costs[max(0, i - window + 1) : i + 1].mean() for i in range(n)]
    mean = nn.History(batch_costs=costs.tolist(), batches=4).running_mean(window)
    np.testing.assert_allclose(mean, expected, rtol=1e-13)


def test_a_history_knows_gradient_norms_of_every_epoch_and_layer():
    history = trained()
    assert [list(norms) for norms in history.gradient_norms] == [["layer 1", "layer 2", "layer 3"]] * 3
    assert history.batches == 4 and all(v > 0 for norms in history.gradient_norms for v in norms.values())


def test_the_norms_of_the_last_epoch_are_those_of_the_trained_network():
    net, (x, y) = network(), examples(40)
    history = nn.fit(net, (x, y), optimizer=nn.SGD(net.parameters(), 1.0), epochs=2, seed=0)
    assert history.gradient_norms[-1] == pytest.approx(nn.gradient_norms(net, x, y), rel=1e-12)


def test_accuracy_is_zoomed_and_says_what_is_below():
    epochs = [
        nn.Epoch(i + 1, 0.1, a, 0.1, a, 1.0) for i, a in enumerate([0.2, 0.93, 0.95, 0.96, 0.97, 0.97, 0.98, 0.98])
    ]
    words = [e.text for e in ElementTree.fromstring(nn.History(epochs).draw().svg).iter(f"{SVG}text")]
    assert "1 epoch below 90%" in words and "50%" not in words and "accuracy: 98.0% of the held-out data" in words


def test_the_legend_stands_above_the_plots():
    root = ElementTree.fromstring(trained().draw().svg)
    heights = [float(e.get("y")) for e in root.iter(f"{SVG}text") if e.text in ("training data", "held-out data")]
    assert len(heights) == 4 and max(heights) < 74


class Two(nn.Module):
    def __init__(self):
        self.last, self.first = nn.Linear(9, 4, seed=0), nn.Linear(16, 9, seed=1)

    def forward(self, x):
        return self.last(self.first(x))


FIRST = {
    "an MLP": (lambda: nn.MLP([16, 3], seed=0), "the first layer"),
    "a layer": (lambda: nn.Linear(16, 3, seed=0), "the first layer"),
    "behind what keeps places": (
        lambda: nn.Sequential(nn.Flatten(), nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 3, seed=0)), "the first layer",
    ),
    "of an order of its own": (Two, "last"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "called"), FIRST.values(), ids=FIRST)
def test_the_title_says_whose_weights_are_drawn(make, called):
    picture = nn.draw_weights(make(), image_shape=(3, 3) if make is Two else None)
    assert (
        picture.title == f"what each neuron of {called} looks for: its weights as an image"
        and picture.title in picture.svg
    )


LATER = {
    "a convolution": lambda: (
        nn.Conv2d(1, 1, 3, padding="same", seed=0),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64, 3, seed=0),
    ),
    "a pooling": lambda: (nn.MaxPool((2, 2)), nn.Flatten(), nn.Linear(16, 3, seed=0)),
    "symbols": lambda: (nn.Embedding(5, 4, seed=0), nn.Flatten(), nn.Linear(16, 3, seed=0)),
    "a recurrence": lambda: (nn.GRU(2, 16, last=True, seed=0), nn.Linear(16, 3, seed=0)),
    "a residual block": lambda: (
        nn.Residual(nn.Conv2d(1, 1, 3, padding=1, seed=0)),
        nn.Flatten(),
        nn.Linear(16, 3, seed=0),
    ),
}


@pytest.mark.parametrize("make", LATER.values(), ids=LATER)
def test_weights_that_are_no_images_of_the_inputs_are_not_drawn(make):
    with pytest.raises(TypeError, match="whose first layer is a Linear, and this begins with"):
        nn.draw_weights(nn.Sequential(*make()))


def test_neurons_without_biases_are_drawn():
    net = nn.Sequential(nn.Linear(16, 3, bias=False, seed=0), nn.Sigmoid(), nn.Linear(3, 2, seed=1))
    for show in ("weights", "nudges"):
        columns = nn.draw_network(net, np.ones(16), np.ones(2), show=show).data.columns
        assert [c.biases is None for c in columns] == [True, True, False]


def test_gradients_that_vanish_are_seen_to_fall_from_layer_to_layer():
    heights = {}
    for e in ElementTree.fromstring(nn.learning_speed(network((16, *[4] * 5, 3)), *examples()).draw().svg).iter(
        f"{SVG}circle"
    ):
        place = re.match(r"neuron \d+: learns", e.findtext(f"{SVG}title") or "")
        if place:
            heights.setdefault((float(e.get("cx")) - 62) // 74, []).append(float(e.get("cy")))
    means = [np.mean(heights[layer]) for layer in range(6) if layer in heights]
    assert len(means) >= 5 and means == sorted(means, reverse=True)


def test_slow_neurons_are_outlines_that_say_why():
    root = ElementTree.fromstring(slow().draw().svg)
    titles = [e.findtext(f"{SVG}title") for e in root.iter(f"{SVG}path") if e.get("fill") == "none"]
    reasons = {title.split(", ")[1] for title in titles if title}
    assert reasons == {layer_reason for *_, layer_reason in slow().slow}


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_has_a_strict_policy_and_no_address_outside():
    page = report("A & B", HOSTILE, [Section(HOSTILE, HOSTILE, "<svg></svg>", table=HOSTILE)])
    policy = re.search(r'content="(default-src[^"]*)"', page)[1]
    assert "default-src 'none'; script-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"https?://|src=|@import|url\(", page) and "<script" not in page
    assert "A &amp; B" in page and "\u202e" not in page


def test_a_page_inside_is_allowed_its_own_scripts_and_nothing_more():
    w = ag.Tensor(2.0, requires_grad=True, name="w")
    inner = ag.step_through((w * w).named("C")).html
    policy = re.search(r'content="(default-src[^"]*)"', report("t", "", [Section("s", "", page=inner)]))[1]
    inner_policy = re.search(r'content="(default-src[^"]*)"', inner)[1]
    for kind in "script", "style":
        hashes = re.search(rf"{kind}-src ([^;]*)", inner_policy)[1].split()
        assert set(hashes) <= set(re.search(rf"{kind}-src ([^;]*)", policy)[1].split())
