"""The page of a run, in a browser."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import __main__ as command
from nn.report import Section, report


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_its_pictures_in_the_readers_colours_and_asks_for_nothing(opened, tmp_path, scheme):
    small = ["--size", "8", "--layers", "5", "--epochs", "1", "--batch-size", "50", "--output", str(tmp_path)]
    assert command.main(small) == 0
    page = opened(tmp_path / "index.html", fresh=True, color_scheme=scheme)
    assert page.locator("svg:visible").count() == 8
    assert page.locator(f".{scheme} svg:visible").count() == 8
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Play").wait_for()
    assert len(page.requests) == 1


def test_in_a_frame_that_is_laid_out_late_the_pass_begins_with_the_cost_at_the_right(opened, tmp_path):
    net = nn.MLP([64, 5, 10], seed=0)
    steps = ag.step_through(nn.quadratic_cost(net(np.ones(64)), np.eye(10)[0])).html
    (tmp_path / "page.html").write_text(report("title", "", [Section("steps", "", page=steps)]), encoding="utf-8")
    page = opened(tmp_path / "page.html", fresh=True, viewport={"width": 1280, "height": 120})
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frames[1]
    room = "stage.clientWidth - (boxes[data.start.card].x + boxes[data.start.card].width - view.x) * view.scale"
    for _ in range(600):  # not wait_for_function, which the page's policy forbids to compile what it waits for
        if frame.evaluate("typeof view === 'object' && view.open"):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)  # a frame learns late that the reader wants no motion, and may be on its way
    assert 0 < frame.evaluate(room) - frame.evaluate("stage.clientWidth") / 2 < 60
