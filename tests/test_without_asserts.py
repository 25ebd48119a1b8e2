"""Nothing depends on assertions, which `python -O` leaves out: they tell type checkers what is so anyway."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path.relative_to(ROOT) for package in ("autograd_lite", "nn") for path in (ROOT / package).rglob("*.py")
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = "\n".join(
    code for code in re.findall(r"```python\n(.*?)```", README, flags=re.S) if "lambda g, ans, x: g * ans)" not in code
)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_an_assertion_only_tells_the_type(module):
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        caught = ast.unparse(node.type) if isinstance(node, ast.ExceptHandler) and node.type is not None else ""
        assert "AssertionError" not in caught, f"line {node.lineno}"
        if isinstance(node, ast.Assert):
            assert re.fullmatch(r"[\w.]+ is not None|isinstance\(\w+, [\w.]+\)", ast.unparse(node.test)), (
                f"line {node.lineno}"
            )


def printed(folder, *options):
    run = [sys.executable, *options, "-c", PROGRAM]
    return subprocess.run(run, capture_output=True, text=True, timeout=120, check=True, cwd=folder).stdout


def test_the_readme_prints_the_same_without_assertions(tmp_path):
    for name in "one", "two":
        (tmp_path / name).mkdir()
    assert printed(tmp_path / "one", "-O") == printed(tmp_path / "two") != ""
    assert (tmp_path / "one" / "cost.svg").read_bytes() == (tmp_path / "two" / "cost.svg").read_bytes()


def test_the_command_writes_the_same_without_assertions(tmp_path):
    for name, options in {"one": ["-O"], "two": []}.items():
        run = [
            sys.executable,
            *options,
            "-m",
            "nn",
            "--size",
            "8",
            "--layers",
            "4",
            "--epochs",
            "1",
            "--output",
            str(tmp_path / name),
        ]
        subprocess.run(run, capture_output=True, timeout=120, check=True, cwd=ROOT)
    for file in (tmp_path / "one").iterdir():
        if file.suffix in (".npz", ".svg"):
            assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
