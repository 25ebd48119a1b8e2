"""The page in a browser: what one reads, clicks and presses."""

import re

import numpy as np
import pytest
from test_step_page import HOSTILE, hostile, leaf, network

import autograd_lite as ag

AMBER = {"light": "rgb(245, 158, 11)", "dark": "rgb(251, 191, 36)"}


def neuron():
    w, x, b = leaf(-0.8, "w"), ag.Tensor(1.5, name="x"), leaf(0.4, "b")
    y = ag.Tensor(1.0, name="y")
    with ag.scope("neuron"):
        z = ((w * x).named("wx") + b).named("z")
        a = ag.sigmoid(z).named("a")
    with ag.scope("cost"):
        return (np.square(a - y).named("e²") + (0.1 * np.square(w).named("w²")).named("decay")).named("C")


@pytest.fixture(scope="module")
def walk():
    return ag.step_through(neuron())


@pytest.fixture(scope="module")
def path(walk, tmp_path_factory):
    return walk.save(tmp_path_factory.mktemp("page") / "neuron.html")


@pytest.fixture
def page(opened, path):
    return opened(path)


def where(page):
    return page.locator("#where").inner_text()


def panel(page):
    return page.locator("#step").inner_text()


def card(page, title):
    return page.locator(".card").filter(has=page.locator(f'text:text-is("{title}")')).first


def gradient(page, title):
    """What the card shows as its gradient."""
    return card(page, title).evaluate(
        "e => [...e.querySelectorAll('text')].filter(t => !t.closest('[display=none]')).at(-1).textContent"
    )


def boxes(page, selector):
    return page.locator(selector).evaluate_all("all => all.map(e => e.getBoundingClientRect().toJSON())")


def numbers(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+(?:\.\d+)?", text)]


def test_one_request_and_nothing_in_the_console(page):
    page.keyboard.press("End")
    card(page, "w").click()
    assert [request.split("/")[-1] for request in page.requests] == ["neuron.html"]
    assert page.errors == []


def test_the_buttons_step(page):
    seen = [where(page)]
    for name in ("Next step", "Next step", "Previous step", "Last step", "First step"):
        page.get_by_role("button", name=name).click()
        seen.append(where(page))
    assert seen == [f"step {n} of 10" for n in (0, 1, 2, 1, 10, 0)]


def test_the_keys_step(page):
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(where(page))
    assert seen == [f"step {n} of 10" for n in (1, 2, 1, 10, 10, 0, 0)]


def test_keys_on_the_slider_step_once(page):
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    assert where(page) == "step 1 of 10"


def test_the_slider_is_dragged(page):
    box = page.locator("#slider").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, y, steps=4)
    assert where(page) == "step 5 of 10"
    page.mouse.move(box["x"] + box["width"], y, steps=4)
    page.mouse.up()
    assert where(page) == "step 10 of 10"


def test_every_step_tells_what_the_data_say(page, walk):
    for number, step in enumerate(walk.steps, 1):
        page.keyboard.press("ArrowRight")
        text = panel(page)
        assert step.formula in text and (step.law or "") in text
        assert [s in text for s in ("BP1", "BP3", "BP4")].count(True) <= 2
        parts = page.locator("#step .use.now dd").all_inner_texts()
        product = numbers(parts[1])
        assert product == pytest.approx([step.upstream.item(), step.local.item(), step.contribution.item()], abs=6e-5)
        if step.before is None:
            assert "nothing yet" in parts[2]
        else:
            total = numbers(parts[3])
            assert total == pytest.approx([step.before.item(), step.contribution.item(), step.after.item()], abs=6e-5)
        assert number == numbers(where(page))[0]


def test_gradients_appear_as_they_become_known(page):
    seen = [gradient(page, "w")]
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        seen.append(gradient(page, "w"))
    assert list(dict.fromkeys(seen)) == ["?", "−0.1600", "−0.6028"]
    assert gradient(page, "y") == "—"


def test_going_back_makes_gradients_unknown_again(page):
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert (gradient(page, "w"), gradient(page, "C = e² + decay")) == ("?", "1")


def test_the_active_node_its_input_and_the_edge_between_are_amber(page):
    page.keyboard.press("ArrowRight")
    rings = page.locator(".ring")
    assert rings.count() == 2
    assert page.locator(".edge.active").count() == 1
    colours = [
        page.locator(s).first.evaluate("e => getComputedStyle(e).stroke") for s in (".ring", ".edge.active path")
    ]
    assert colours == [AMBER["light"]] * 2


def test_a_click_on_a_leaf_lights_its_paths_and_lists_their_sum(page):
    card(page, "w").click()
    text = page.locator("#paths").inner_text()
    assert "2 paths from w to C" in text
    products = [numbers(t) for t in page.locator("#paths .sum").all_inner_texts()[:2]]
    for *factors, product in products:
        assert np.prod(factors) == pytest.approx(product, abs=2e-4)
    assert numbers(page.locator("#paths .total p").first.inner_text())[-1] == -0.6028
    assert sum(product[-1] for product in products) == pytest.approx(-0.6028, abs=2e-4)
    assert page.locator(".edge.lit").count() == 9
    assert page.locator(".card.dim").count() == 3  # x, b and y


def test_what_is_lit_lies_above_what_is_not(page):
    card(page, "w").click()
    order = page.locator(".edge").evaluate_all("all => all.map(e => e.matches('.lit'))")
    assert order == sorted(order)


def test_a_click_on_a_path_lights_it_alone(page):
    card(page, "w").click()
    page.locator("#paths button.use").nth(1).click()
    assert page.locator(".edge.lit").count() == 3
    assert page.locator(".slope text").all_text_contents() == ["× −1.6", "× 0.1", "× 1"]


def test_enter_on_a_leaf_does_what_a_click_does(page):
    card(page, "b").focus()
    page.keyboard.press("Enter")
    assert "1 path from b to C" in page.locator("#paths").inner_text()


def test_escape_and_close_go_back_to_the_step(page):
    for back in (lambda: page.keyboard.press("Escape"), page.locator("#paths .close").click):
        card(page, "w").click()
        assert page.locator("#paths").is_visible()
        back()
        assert not page.locator("#paths").is_visible()
        assert page.locator(".edge.lit").count() == 0


def test_dragging_over_a_leaf_does_not_choose_it(page):
    box = card(page, "w").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    page.mouse.up()
    assert not page.locator("#paths").is_visible()
    assert card(page, "w").bounding_box()["x"] == pytest.approx(box["x"] + 100, abs=2)


def test_the_address_keeps_step_and_leaf(page, path):
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    card(page, "w").click()
    assert page.evaluate("location.hash") == "#step=2&leaf=w"


def test_the_address_is_where_the_page_opens(opened, path):
    page = opened(path, "#step=4&leaf=b")
    assert where(page) == "step 4 of 10"
    assert "1 path from b to C" in page.locator("#paths").inner_text()


@pytest.mark.parametrize("fragment", ["#step=99&leaf=nobody", "#step=-3", "#step=x", "#leaf=%E0%A4%A"])
def test_a_wrong_address_does_no_harm(opened, path, fragment):
    page = opened(path, fragment)
    assert where(page) in ("step 0 of 10", "step 10 of 10")
    assert not page.locator("#paths").is_visible()


def test_the_step_is_announced(page):
    page.keyboard.press("ArrowRight")
    assert page.locator("#live").inner_text() == "Step 1 of 10. C = e² + decay sends 1 to e², which now has 1."
    assert page.locator("#live").get_attribute("aria-live") == "polite"


def stopped(page):
    """A page whose clock stands still unless it is moved on."""
    page.clock.install(time=0)
    page.clock.pause_at(10)
    return page


def test_space_plays_and_pauses(opened, path):
    page = stopped(opened(path, fresh=True))
    page.keyboard.press(" ")
    assert page.locator("#play").inner_text() == "Pause"
    page.clock.run_for(3000)
    assert where(page) == "step 2 of 10"
    page.keyboard.press(" ")
    page.clock.run_for(5000)
    assert where(page) == "step 2 of 10"


def test_playing_stops_at_the_end(opened, path):
    page = stopped(opened(path, fresh=True))
    page.locator("#play").click()
    page.clock.run_for(60_000)
    assert (where(page), page.locator("#play").inner_text()) == ("step 10 of 10", "Play")


@pytest.mark.parametrize("how", ["hover", "focus"])
def test_all_about_a_node_is_told(page, how):
    element = card(page, "wx = w·x")
    if how == "hover":
        element.hover()
    else:
        page.locator("#fit").focus()
        for _ in range(30):
            page.keyboard.press("Tab")
            if "wx = w·x" in (page.locator("#tooltip").inner_text() if page.locator("#tooltip").is_visible() else ""):
                break
    lines = page.locator("#tooltip").inner_text().split("\n")
    assert lines == [
        "wx = w·x", "operation, scalar float64", "made by np.multiply", "in neuron", "value: −1.2000", "gradient: ?"
    ]  # fmt: skip


def test_zooming_keeps_what_is_under_the_pointer(page):
    element = card(page, "z = wx + b")
    before = element.bounding_box()
    page.mouse.move(before["x"], before["y"])
    page.mouse.wheel(0, -400)
    after = element.bounding_box()
    assert after["width"] > 1.3 * before["width"]
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=4)


def test_fit_shows_all_cards(page):
    for _ in range(6):
        page.get_by_role("button", name="Zoom in").click()
    page.locator("#fit").click()
    (stage,) = boxes(page, "#stage")
    for box in boxes(page, ".card"):
        assert stage["x"] <= box["x"] and box["x"] + box["width"] <= stage["x"] + stage["width"]
        assert stage["y"] <= box["y"] and box["y"] + box["height"] <= stage["y"] + stage["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_reader(opened, path, scheme):
    page = opened(path, "#step=1", color_scheme=scheme)
    assert page.locator(".ring").first.evaluate("e => getComputedStyle(e).stroke") == AMBER[scheme]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 20, 32)"}[scheme]


@pytest.mark.parametrize(("motion", "name"), [("reduce", "none"), ("no-preference", "flow")])
def test_nothing_moves_for_who_wants_no_motion(opened, path, motion, name):
    page = opened(path, "#step=1", reduced_motion=motion)
    assert page.locator(".edge.active path").first.evaluate("e => getComputedStyle(e).animationName") == name


def test_nothing_runs_out_of_the_panel(opened, tmp_path):
    page = opened(
        ag.step_through(network([784, 16, 16, 10])).save(tmp_path / "x.html"), viewport={"width": 1000, "height": 700}
    )
    too_wide = "() => at('panel').scrollWidth > at('panel').clientWidth"
    assert page.evaluate(f"[...steps, 0].map((_, i) => (go(i), ({too_wide})()))") == [False] * 18
    page.evaluate("select(Number(Object.keys(leaves)[0]))")
    assert not page.evaluate(too_wide)


def test_labels_touch_no_card(page):
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        (label,) = boxes(page, ".slope")
        for box in boxes(page, ".card"):
            assert (
                label["x"] + label["width"] <= box["x"] or box["x"] + box["width"] <= label["x"]
                or label["y"] + label["height"] <= box["y"] or box["y"] + box["height"] <= label["y"]
            )  # fmt: skip


def test_hostile_names_are_shown_and_do_nothing(opened, tmp_path):
    page = opened(ag.step_through(hostile()).save(tmp_path / "hostile.html"))
    page.on("dialog", lambda dialog: page.errors.append(dialog.message))
    for _ in range(len(HOSTILE) * 2):
        page.keyboard.press("ArrowRight")
    assert panel(page).count('<script>alert("1")</script>') > 0
    leaf_ = page.locator(".card.leaf").filter(has=page.locator('text:text-is("</script><b>")')).first
    leaf_.focus()
    page.keyboard.press("Enter")
    assert "1 path from </script><b> to __proto__!" in page.locator("#paths").inner_text()
    assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('leaf')") == "</script><b>"


def test_it_works_in_a_notebook(opened, tmp_path, walk):
    notebook = tmp_path / "notebook.html"
    bundle = walk._repr_mimebundle_()["text/html"]
    notebook.write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{bundle}{bundle}", encoding="utf-8")
    page = opened(notebook)
    first, second = page.frame_locator("iframe >> nth=0"), page.frame_locator("iframe >> nth=1")
    first.locator("#next").click()
    first.locator("#next").click()
    second.locator("#next").click()
    assert [f.locator("#where").inner_text() for f in (first, second)] == ["step 2 of 10", "step 1 of 10"]
    assert page.evaluate("location.hash") == ""
