"""The README says what is so: its examples run and print what it shows."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.S)


def test_the_examples_run_and_print_what_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    shown = 0
    for (kind, code), (after, text) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if kind == "python" and "lambda g, ans, x: g * ans)" not in code:  # that one quotes a row of a table
            exec(compile(code, "README.md", "exec"), namespace)
            printed = capsys.readouterr().out
            if after == "text" and printed:
                assert printed.strip() == text.strip()
                shown += 1
    assert shown == 2
    assert (tmp_path / "cost.svg").is_file()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_its_links_lead_somewhere(path):
    assert (Path(__file__).parents[1] / path).exists()
