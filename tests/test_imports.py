"""Who imports whom: arrows run one way, and importing the engine brings in nothing it does not need."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("autograd_lite", "nn")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
STANDARD = set(sys.stdlib_module_names)


def imported(name: str) -> set[str]:
    """The modules that one imports when it is imported itself: not inside functions, nor for type checkers alone."""
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()

    def visit(statements: list[ast.stmt]) -> None:
        for s in statements:
            if isinstance(s, ast.Import):
                found.update(alias.name for alias in s.names)
            elif isinstance(s, ast.ImportFrom):
                base = (
                    ".".join(package[: len(package) - s.level + 1] + ([s.module] if s.module else []))
                    if s.level
                    else s.module
                )
                assert base is not None
                for alias in s.names:
                    found.add(f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base)
            elif isinstance(s, ast.If) and "TYPE_CHECKING" in ast.unparse(s.test):
                visit(s.orelse)
            elif isinstance(s, ast.If | ast.Try | ast.With | ast.ClassDef):
                visit(s.body)
                visit(getattr(s, "orelse", []))

    visit(ast.parse(path.read_text(encoding="utf-8")).body)
    return found


def ours(name: str) -> set[str]:
    return {m for m in imported(name) if m in MODULES}


def test_there_is_no_import_circle():
    waiting = {name: ours(name) - {name} for name in MODULES}
    while free := {name for name, needs in waiting.items() if not needs & waiting.keys()}:
        for name in free:
            del waiting[name]
    assert waiting == {}


def test_the_registry_imports_nothing_of_ours():
    assert ours("autograd_lite.rules") == {"autograd_lite.function_names"}


@pytest.mark.parametrize("name", [m for m in MODULES if m.startswith("autograd_lite.ops.")])
def test_a_table_imports_the_registry_and_other_tables_only(name):
    allowed = {
        f"autograd_lite.{m}"
        for m in ("rules", "function_names", "primitives", "versions", "writes", "quiet", "quotients", "operands")
    }
    assert {m for m in ours(name) if m not in allowed and not m.startswith("autograd_lite.ops.")} == set()


def test_the_engine_does_not_import_nn():
    assert {
        m for name in MODULES if name.startswith("autograd_lite") for m in imported(name) if m.split(".")[0] == "nn"
    } == set()


def test_the_engine_imports_numpy_and_the_standard_library_only():
    engine = [m for m in MODULES if m.startswith("autograd_lite") and not m.startswith("autograd_lite.draw")]
    foreign = {m.split(".")[0] for name in engine for m in imported(name)} - STANDARD - {"numpy", "autograd_lite"}
    assert foreign == set()


def test_the_room_of_the_equations_imports_nothing_of_ours():
    assert ours("nn.backprop") == set()


UNWANTED = ["graphviz", "tqdm", "autograd_lite.drawing", "autograd_lite.explanations", "IPython", "matplotlib", "nn"]


@pytest.mark.parametrize("unwanted", UNWANTED)
def test_importing_the_engine_does_not_import(unwanted):
    assert find_spec(unwanted) is not None or "." not in unwanted, "there is no such module of ours"
    code = f"import sys, autograd_lite; print({unwanted!r} in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (ran.stdout, ran.stderr) == ("False\n", "")
