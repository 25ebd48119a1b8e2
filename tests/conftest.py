"""What every test finds: tables that hold the project's own functions only."""

import os
from collections.abc import Iterator

import pytest
from versions import IGNORED

import autograd_lite as ag
from autograd_lite.rules import VJPS

# No test downloads MNIST, or finds it where the user has it: not in a process that a test starts, either.
os.environ["AUTOGRAD_LITE_MIRRORS"] = ""
os.environ["AUTOGRAD_LITE_CACHE"] = os.devnull


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    """The operations that a test states are taken out again."""
    stated = dict(VJPS)
    yield
    VJPS.clear()
    VJPS.update(stated)


@pytest.fixture
def operation():
    """A primitive of no table, without rules yet."""

    @ag.primitive
    def shifted(x, y, *, by=1.0):
        """x + by y"""
        return x + by * y

    return shifted


def pytest_collection_modifyitems(items):
    """Warnings are errors, except for those of functions that NumPy is about to drop, which are tested while they are there."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings(IGNORED), append=False)


pytest_plugins = ["browser"]  # one browser for all modules: two cannot run in one process
