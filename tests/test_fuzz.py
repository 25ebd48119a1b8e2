"""The fuzzer: a short run of it, and proof that it can fail: faults that are put into the engine are found."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fuzz import campaign, generate, report
from fuzz.__main__ import main
from fuzz.campaign import Choice
from fuzz.checks import CHECKS
from fuzz.comparing import Disagreement, Scale, Undecided, must_agree
from fuzz.network_checks import NETWORK_CHECKS
from fuzz.networks import Network

import autograd_lite as ag
from autograd_lite.batching import BATCHING, Batched
from autograd_lite.compiler import expressions, passes
from autograd_lite.compiler.program import rewrite
from autograd_lite.rules import VJPS
from nn.compiled import CompiledStep

PROGRAMS = 120
QUICK = frozenset([*generate.PENDING, "pytorch"])
"""PyTorch takes seconds to import."""


@pytest.mark.parametrize("first", range(0, PROGRAMS, 30))
def test_random_programs_agree_in_every_way(first):
    choice = Choice(seed=0, without=QUICK)
    figures = campaign.part(choice, range(first, first + 30))
    assert not figures.disagreements, report.disagreements(figures, choice)
    assert figures.count("agrees") > 80


@pytest.mark.parametrize("kind", [*generate.KINDS, "network"])
def test_programs_of_every_kind_agree(kind):
    choice = Choice(seed=1, kind=kind, without=QUICK)
    figures = campaign.part(choice, range(4))
    assert not figures.disagreements, report.disagreements(figures, choice)


# --- A program is data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(20))
def test_a_program_follows_from_seed_and_number_alone(number):
    first, second = (Choice(seed=5).program(number) for _ in range(2))
    assert first.standalone() == second.standalone()


def test_a_printed_program_runs_by_itself():
    numbers = [n for n in range(40) if not isinstance(Choice().program(n), Network)]
    for number in numbers:
        program = Choice().program(number)
        there: dict[str, object] = {}
        exec(program.standalone(), there)
        given = [ag.Tensor(a) if isinstance(a, np.ndarray) else a for a in there["first"]]
        with np.errstate(all="ignore"):
            cost = there["program"](*given)
        assert np.all(np.isfinite(cost.data))


# --- It can fail --------------------------------------------------------------------------------------------------------


def rule(f, *rules, **keywords):
    """A wrong row in the derivative table."""
    return lambda monkeypatch: ag.defvjp(f, *rules, **keywords)


def last_rule_zero(f):
    row = VJPS[f]
    return lambda monkeypatch: ag.defvjp(f, row[0], lambda *given, **keywords: row[1](*given, **keywords) * 0.0)


def compiler_pass(rewritten):
    """One more pass, from a value to another."""
    return lambda monkeypatch: monkeypatch.setattr(
        passes, "PASSES", (*passes.PASSES, lambda program: rewrite(program, rewritten))
    )


def printed_without_steps(monkeypatch):
    whole = expressions.index
    monkeypatch.setattr(expressions, "index", lambda a, of: re.sub(r"(\[?[^:]*:[^:]*):-?\d+", r"\1", whole(a, of)))


def batched_by_the_first_example(monkeypatch):
    right = BATCHING[np.sum]
    monkeypatch.setitem(
        BATCHING,
        np.sum,
        lambda one, *given, **keywords: Batched(np.repeat(right(one, *given, **keywords).array[:1], 4, 0)),
    )


def other_data_in_the_compiled_step(monkeypatch):
    right = CompiledStep.__call__
    monkeypatch.setattr(
        CompiledStep, "__call__", lambda step, x, y: right(step, np.multiply(x, 1, dtype=x.dtype)[::-1], y)
    )


def of_tensors(right: Callable[..., object], wrong: Callable[..., object]) -> Callable[..., object]:
    """A rule that is right on arrays and wrong when the pass is recorded."""
    return lambda g, ans, *given: (wrong if isinstance(g, ag.Tensor) else right)(g, ans, *given)


# what is broken, the kind of program and the check that find it, and in how many programs
FAULTS = {
    "a sign": (rule(np.cos, lambda g, ans, x: g * np.sin(x)), "calls", "gradient", 60),
    "the eleventh digit": (rule(np.sin, lambda g, ans, x: g * np.cos(x) * (1.0 + 3e-11)), "calls", "gradient", 60),
    "half of the digits": (
        rule(np.sin, lambda g, ans, x: g * np.cos(x).astype(np.float32).astype(x.dtype)), "calls", "gradient", 60,
    ),
    "an argument without slope": (last_rule_zero(np.maximum), "calls", "gradient", 100),
    "what was overwritten": (
        lambda monkeypatch: ag.defvjp(ag.writes.setitem, lambda g, *rest: g, None, VJPS[ag.writes.setitem][2]),
        "writes", "gradient", 60,
    ),
    "the recorded pass": (rule(np.tanh, of_tensors(lambda g, a, x: g * (1 - a * a), lambda g, a, x: g * (1 + a * a))),
    "calls", "recorded", 100),
    "the second order": (rule(np.square, of_tensors(lambda g, a, x: 2.0 * g * x, lambda g, a,
    x: 2.0 * g * x.detach())), "calls", "second order", 60),
    "transposed memory": (
        rule(np.multiply, lambda g, a, x, y: g * y if x.flags.c_contiguous else g, lambda g, a, x, y: g * x), "calls",
        "layouts", 60,
    ),
    "a pass of the compiler": (compiler_pass(lambda v: v.args[0] if v.op is np.negative and v.like(v.args[0]) else v),
    "calls", "compiled", 60),
    "a constant of the compiler": (compiler_pass(lambda v: v.example if v.op is np.greater else v), "calls",
    "compiled", 100),
    "a printed index": (printed_without_steps, "indices", "compiled", 60),
    "a batch": (batched_by_the_first_example, "calls", "batched", 100),
    "a compiled step": (other_data_in_the_compiled_step, "network", "network steps", 10),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fuzzer_finds_a_fault(fault, monkeypatch):
    put_in, kind, check, most = FAULTS[fault]
    put_in(monkeypatch)
    assert campaign.first_disagreement(Choice(0, kind, only=(check,)), most) is not None


@pytest.mark.parametrize("fault", FAULTS)
def test_without_the_fault_the_same_programs_agree(fault):
    _, kind, check, most = FAULTS[fault]
    assert campaign.first_disagreement(Choice(0, kind, only=(check,)), min(most, 10)) is None


def test_the_smallest_program_shows_the_fault_alone(monkeypatch):
    FAULTS["a sign"][0](monkeypatch)
    choice = Choice(0, "calls", only=("gradient",))
    found = campaign.first_disagreement(choice, 60)
    assert found is not None
    smallest = choice.smallest(*found)
    assert len(smallest.statements) == 1 and "np.cos" in smallest.statements[0].text


# --- The command --------------------------------------------------------------------------------------------------------


def test_the_command_counts_programs_and_checks(capsys):
    assert main(["--programs", "6", "--kind", "calls", "--without", "pytorch"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("6 programs")
    assert re.search(r"gradient +6", printed)


def test_the_command_replays_one_program(capsys):
    assert main(["--replay", "0:3", "--kind", "calls"]) == 0
    printed = capsys.readouterr().out
    assert "def program(" in printed and "0:3, value: agrees" in printed


def test_the_command_fails_with_the_smallest_program(capsys, monkeypatch):
    FAULTS["a sign"][0](monkeypatch)
    assert main(["--programs", "60", "--kind", "calls", "--without", "pytorch"]) == 1
    assert re.search(r"v\d+ = np.cos\(\w+\)\n    return weighted\(v\d+\)", capsys.readouterr().out)


def test_the_package_is_a_command():
    root = Path(__file__).parent.parent
    assert "--replay" in subprocess.run([sys.executable, "-m", "tests.fuzz", "--help"], cwd=root, capture_output=True,
        text=True, check=True).stdout  # fmt: skip


# --- Nothing is idle, and what is the same is known ---------------------------------------------------------------------


@pytest.mark.parametrize("check", [*CHECKS, *NETWORK_CHECKS])
def test_every_check_comes_to_a_result(check):
    if check == "pytorch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    kind = "network" if check in NETWORK_CHECKS else None
    figures = campaign.part(Choice(2, kind, only=(check,)), range(5))
    assert figures.outcomes[check, "agrees"] >= 1


def test_every_family_is_drawn_and_those_pending_only_if_asked_for():
    usual, asked = ({s.family for n in range(300) for s in generate.generated(3, n, None,
        without).statements} for without in (frozenset(generate.PENDING), frozenset()))  # fmt: skip
    assert usual == set(generate.FAMILIES)
    assert asked == {*generate.FAMILIES, "structural-zero"}


def samples(*values):
    """A result once more, with noise: one of these values each time."""
    return lambda n: np.array([values[n % len(values)]])


SCALE = Scale(eps=1e-16, statements=10)


@pytest.mark.parametrize(
    ("found", "again"), [(1.0, samples(1.0)), (1.0 + 1e-14, samples(1.0)), (1.0 + 1e-10, samples(1.0, 1.0 + 2e-11)),
    (np.nan, samples(1.0))]
)  # fmt: skip
def test_results_within_rounding_agree(found, again):
    must_agree("it", np.array([found]), np.array([found if np.isnan(found) else 1.0]), SCALE, again)


@pytest.mark.parametrize(
    ("found", "again"),
    [(1.0 + 1e-12, samples(1.0)), (1.0 + 1e-10, samples(1.0, 1.0 + 1e-12)), (np.nan, samples(1.0)), (np.inf,
    samples(1.0)), (2.0, samples(5.0))],
)  # fmt: skip
def test_results_beyond_rounding_disagree(found, again):
    with pytest.raises(Disagreement):
        must_agree("it", np.array([found]), np.array([1.0]), SCALE, again)


@pytest.mark.parametrize("expected", [np.array(1.0), np.array([1.0], np.float32), [np.array([1.0])]])
def test_other_shapes_dtypes_and_structures_disagree(expected):
    with pytest.raises(Disagreement):
        must_agree("it", np.array([1.0]), expected, SCALE, samples(1.0))


def test_a_result_that_rounding_decides_is_undecided():
    with pytest.raises(Undecided):
        must_agree("it", np.array([0.0]), np.array([1.0]), SCALE, samples(0.0, 1.0))
