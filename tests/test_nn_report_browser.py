"""The page of a run, in a browser."""

import pytest

from nn import __main__ as command


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_its_pictures_in_the_readers_colours_and_asks_for_nothing(opened, tmp_path, scheme):
    small = ["--size", "8", "--layers", "5", "--epochs", "1", "--batch-size", "50", "--output", str(tmp_path)]
    assert command.main(small) == 0
    page = opened(tmp_path / "index.html", fresh=True, color_scheme=scheme)
    assert page.locator("svg:visible").count() == 6
    assert page.locator(f".{scheme} svg:visible").count() == 6
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Play").wait_for()
    assert len(page.requests) == 1
