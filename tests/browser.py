"""A browser to look at pages with: headless Chromium, driven by playwright. Without either, tests that need it are skipped."""

import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
SIZE = {"width": 1400, "height": 760}


@pytest.fixture(scope="session")
def chromium():
    """The running browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tabs(chromium):
    """A function that gives an open page for options of a browser's context: the same for the same options, unless `fresh`."""
    kept = {}

    def tab(options, fresh):
        key = str(sorted(options.items()))
        if not fresh and key in kept:
            return kept[key]
        page = chromium.new_context(**{"viewport": SIZE, "reduced_motion": "reduce", **options}).new_page()
        page.requests, page.errors = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.errors.append(message.text))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        if not fresh:
            kept[key] = page
        return page

    return tab


@pytest.fixture
def opened(tabs):
    """A function that opens a file, with a hash and options of the browser's context. What goes wrong fails the test.

    The page has two lists besides: `requests`, the addresses it asked for, and `errors`, what the console said.
    fresh : a page that nobody used before or will use afterwards
    """
    used = []

    def open_page(path, fragment="", fresh=False, **options):
        page = tabs(options, fresh)
        used.append(page)
        page.goto("about:blank")
        page.mouse.move(0, 0)
        page.requests.clear()
        page.errors.clear()
        page.goto(path.as_uri() + fragment)
        return page

    yield open_page
    assert [error for page in used for error in page.errors] == []
