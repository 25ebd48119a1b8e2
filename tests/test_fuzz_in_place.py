"""The fuzzer draws programs that write in place, with views that are kept, and finds what is wrong with them."""

import re
from functools import cache

import pytest
from fuzz import campaign, generate
from fuzz.campaign import Choice
from fuzz.program import Program

from autograd_lite import recording

PENDING = frozenset(generate.PENDING)
KINDS_OF_VIEW = {
    "an index": r"^\{0\}\[",
    "T": r"\.T",
    "transpose": r"transpose|swapaxes|moveaxis|rollaxis",
    "reshape": r"reshape",
    "ravel": r"ravel",
    "expand_dims": r"expand_dims",
    "squeeze": r"squeeze",
    "split": r"split|unstack",
    "flip": r"flip|rot90",
    "iteration": r"list\(|\[\*",
}
KINDS_OF_WRITE = {
    "an item": r"^\{0\}\[[^\n]*\] = ",
    "at a mask": r"^\{0\}\[(np.array\(\[[TF\[]|\{0\} [<>])",
    "augmented": r"^\{0\} [-+*/]+= ",
    "augmented item": r"^\{0\}\[[^\n]*\] [-+*]= ",
    "copyto": r"np\.copyto",
    "put": r"np\.put\(|\.put\(",
    "place": r"np\.place",
    "putmask": r"np\.putmask",
    "put_along_axis": r"np\.put_along_axis",
    "fill_diagonal": r"np\.fill_diagonal",
    "at": r"\.at\(",
    "flat": r"\.flat\[",
    "fill": r"\.fill\(",
    "out=": r"out=",
    "a loop over views": r"^for \w+ in \{0\}",
}


@cache
def drawn(kind: str | None) -> tuple[Program, ...]:
    return tuple(generate.generated(3, n, kind, PENDING) for n in range(300))


@pytest.mark.parametrize("view", KINDS_OF_VIEW)
def test_views_of_every_kind_are_kept(view):
    texts = [s.text for p in drawn("in-place") for s in p.statements if s.family == "kept-view"]
    assert any(re.search(KINDS_OF_VIEW[view], text) for text in texts)


@pytest.mark.parametrize("kind", KINDS_OF_WRITE)
def test_writes_of_every_kind_are_drawn(kind):
    texts = [s.text for p in drawn("in-place") for s in p.statements if s.target is None]
    assert any(re.search(KINDS_OF_WRITE[kind], text) for text in texts)


def test_about_half_of_all_programs_write():
    assert 0.4 < sum(any(s.target is None for s in p.statements) for p in drawn(None)) / 300 < 0.7


def test_most_programs_in_place_write_with_a_view_kept():
    kept = [p for p in drawn("in-place") if any(s.family == "kept-view" for s in p.statements) and p.keeps_views]
    assert len(kept) > 150


def test_a_program_leaves_its_arguments_alone():
    assert all(p.runs() for p in drawn("in-place"))


def stale_views_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "current", lambda t: t._node)


def test_views_that_are_not_taken_anew_are_found(monkeypatch):
    stale_views_are_read(monkeypatch)
    choice = Choice(0, "in-place", only=("value",))
    assert campaign.first_disagreement(choice, 60) is not None
