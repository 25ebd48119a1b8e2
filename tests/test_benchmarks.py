"""The benchmarks measure what they say, and only contenders that compute the same. No time is asserted."""

import json
import re
import sys
from itertools import count

import numpy as np
import pytest

import nn
from benchmarks import bytecodes, chapters
from benchmarks.__main__ import WORKLOADS, main, results
from benchmarks.agreement import TOLERANCE, Disagreement, alike, learned_alike
from benchmarks.bytecodes import by_function, counted
from benchmarks.contenders import handwritten, offered, ours
from benchmarks.contenders.problem import Learner, problem
from benchmarks.report import Section, dumps, duration, quantity
from benchmarks.scalars import SHAPES, _can, _check
from benchmarks.timing import Pace, bytes_held, compared, in_turn, interleaved
from benchmarks.where import instrumented

QUICKEST = Pace(rounds=9, seconds=1e-6)
HERE = ("handwritten", "ours", "torch_")
"""Of the contenders, those that tests need or the CI installs."""


# --- Timing -----------------------------------------------------------------------------------------------------------


def test_contenders_take_turns():
    turns = []
    in_turn({name: lambda name=name: turns.append(name) for name in "ABC"}, 3)
    assert "".join(turns) == "ABCABCABC"


def test_in_turn_keeps_every_sample_in_order():
    numbers = count()
    assert in_turn({"A": lambda: next(numbers), "B": lambda: -next(numbers)}, 3) == {"A": [0, 2, 4], "B": [-1, -3, -5]}


def test_a_ratio_is_the_median_of_the_ratios_of_each_round():
    measured = compared({"A": [1.0, 10.0, 2.0], "B": [3.0, 20.0, 8.0]})
    assert measured["B"].ratios == [3.0, 2.0, 4.0]
    assert measured["B"].ratio == 3.0 != measured["B"].seconds / measured["A"].seconds
    assert measured["A"].ratio == 1.0


def test_everybody_is_timed_once_a_round():
    calls = {"A": 0, "B": 0}

    def call(name):
        calls[name] += 1

    measured = interleaved({"A": lambda: call("A"), "B": lambda: call("B")}, QUICKEST)
    assert {name: len(m.times) for name, m in measured.items()} == {"A": 9, "B": 9}
    assert all(n >= 18 for n in calls.values())
    assert all(t > 0 for m in measured.values() for t in m.times)


@pytest.mark.parametrize("rounds, seconds", [(8, 0.1), (0, 0.1), (9, 0.0), (9, float("inf"))])
def test_a_pace_that_measures_nothing_is_refused(rounds, seconds):
    with pytest.raises(ValueError, match=str(rounds if rounds < 9 else seconds)):
        Pace(rounds, seconds)


def test_bytes_held_are_those_of_the_result():
    assert bytes_held(lambda: np.ones(100_000)) == pytest.approx(800_000, rel=0.01)


# --- Contenders -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("sizes, n", [((2, 2, 1), 4), ((5, 4, 3), 6), ((6, 5, 4, 3), 1)])
def test_contenders_agree_after_three_steps(sizes, n, dtype):
    makers, _ = offered("STEPS", True, HERE)
    p = problem(sizes, n, dtype)
    learners = {name: make(p) for name, make in makers.items()}
    assert {*handwritten.STEPS, *ours.STEPS} <= set(learners)
    learned_alike(p, learners)


def test_contenders_return_the_cost_before_the_step():
    p = problem((5, 4, 3), 6)
    makers, _ = offered("STEPS", True, HERE)
    costs = {
        name: [float(learner.step()) for _ in range(3)] for name, learner in ((n, m(p)) for n, m in makers.items())
    }
    by_hand = costs["hand-written NumPy"]
    assert by_hand[0] > by_hand[1] > by_hand[2]
    assert all(c == pytest.approx(by_hand, rel=1e-12) for c in costs.values())


def test_a_contender_that_computes_something_else_is_an_error():
    p = problem((5, 4, 3), 6)
    right = handwritten.plain(p)
    wrong = handwritten.plain(p)
    learners = {"right": right, "wrong": Learner(wrong.step, lambda: [w * (1 + 1e-9) for w in wrong.weights()])}
    with pytest.raises(Disagreement, match=r"W1: wrong is off from right by 1\.0e-09"):
        learned_alike(p, learners)


def test_a_contender_that_does_not_learn_is_an_error():
    p = problem((5, 4, 3), 6)
    idle = Learner(lambda: None, lambda: p.weights)
    with pytest.raises(Disagreement, match="idle"):
        learned_alike(p, {"right": handwritten.plain(p), "idle": idle})
    with pytest.raises(Disagreement, match="hardly changed W1"):
        learned_alike(p, {"idle": idle, "another": idle})


@pytest.mark.parametrize("found", [[np.nan], [1.0, 2.0], np.float32([1.0])], ids=["nan", "shape", "dtype"])
def test_arrays_that_differ_are_not_alike(found):
    with pytest.raises(Disagreement, match="W1"):
        alike("one", [np.asarray(found)], [np.ones(1)], "other")


@pytest.mark.parametrize(
    "make", [make for name, make in offered("PRODUCTS", True, HERE)[0].items()][1:], ids=lambda make: make.__name__
)
def test_hessian_products_agree_with_the_one_by_hand(make):
    p = problem((5, 4, 3), 6)
    alike("contender", make(p)(), handwritten.hessian_product(p)(), "by hand")


def test_the_hessian_product_by_hand_is_the_slope_of_the_gradient():
    p, nudge = problem((5, 4, 3), 6), 1e-6

    def gradient(sign):
        there = problem((5, 4, 3), 6)
        for w, v in zip(there.weights, there.vectors, strict=True):
            w += sign * nudge * v
        learner = handwritten.plain(there)
        learner.step()
        return [(w - new) / there.lr for w, new in zip(there.weights, learner.weights(), strict=True)]

    differences = [(a - b) / (2 * nudge) for a, b in zip(gradient(1), gradient(-1), strict=True)]
    for found, expected in zip(handwritten.hessian_product(p)(), differences, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("c", list(offered("SCALARS", True, HERE)[0].values()))
def test_scalar_graphs_have_the_gradient_they_are_checked_against(c, shape):
    f, numbers, gradient = SHAPES[shape](100)
    leaves = c.leaves(numbers)
    _check("contender", c.gradient(leaves, c.backward(c.forward(f, leaves))), gradient)


def test_a_wrong_derivative_of_scalars_is_an_error():
    with pytest.raises(Disagreement, match=r"number 1 is 2\.1"):
        _check("contender", [1.0, 2.1], [1.0, 2.0])


def test_who_would_need_too_long_or_has_been_left_out_has_no_turn():
    quick = {"operations": 1000, "total": 1e-6, "bytes": 500.0}
    assert _can([], 1000)
    assert _can([quick], 10_000)
    assert not _can([quick], 100_000)
    assert not _can([quick | {"total": 1e-2}], 10_000)
    assert not _can([quick | {"bytes": 1e6}], 10_000)


def test_who_cannot_be_imported_is_left_out_and_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "benchmarks.contenders.torch_", raising=False)
    found, left_out = offered("STEPS", True, HERE)
    assert next(iter(found)) == "hand-written NumPy"
    assert "cannot be imported" in left_out["torch"]


# --- Where the time goes ----------------------------------------------------------------------------------------------


def test_an_instrumented_program_computes_the_same_and_times_every_line():
    text = "def f(a, b):\n    c = add(a, b)  # sum\n    d = multiply(c,\n        2)\n    return (c, d)\n"
    namespace = {"add": np.add, "multiply": np.multiply}
    exec(text, namespace)
    f, lines = instrumented(text, namespace["f"])
    assert [f(1, i) for i in range(5)] == [namespace["f"](1, i) for i in range(5)]
    assert [line for line, _ in lines] == ["", "c = add(a, b)  # sum", "d = multiply(c, 2)", "return (c, d)"]
    assert all(len(times) == 5 and min(times) >= 0 for _, times in lines)


# --- Reports ----------------------------------------------------------------------------------------------------------

SECTION = Section(
    "Title", "Text.", ["", "one", "two"], [["a", "1", "2|3"]], [{"contender": "a", "one": 1.0}], {"b": "not there"}
)


def test_steps_of_the_interpreter_are_counted_by_the_line(capsys):
    def f():
        x = 1
        return x

    found = by_function(counted(f))
    ((name, n),) = [(name, n) for (_, name), n in found.items() if name.endswith("<locals>.f")]
    twice = by_function(counted(lambda: (f(), f())))
    assert n > 2 and twice[__file__, name] == 2 * n
    bytecodes.main(["--lines"])
    printed = capsys.readouterr().out
    assert "autograd_lite/backward.py: chain_rule" in printed and "node := waiting.pop()" in printed


def test_a_section_prints_as_a_table():
    assert SECTION.plain().splitlines() == [
        "Title",
        "Text.",
        "",
        "   one  two",
        "-----------",
        "a    1  2|3",
        "",
        "Left out: b: not there.",
    ]


def test_results_are_markdown_with_machine_and_tables():
    text = results({"cpu": "a machine"}, Pace(), [SECTION])
    assert "- cpu: a machine\n" in text
    assert (
        "## Title\n\nText.\n\n|  | one | two |\n| --- | --: | --: |\n| a | 1 | 2\\|3 |\n\nLeft out: b: not there.\n"
        in text
    )


def test_json_has_the_figures():
    read = json.loads(dumps({"cpu": "a machine"}, [SECTION]))
    assert read["machine"] == {"cpu": "a machine"}
    assert read["sections"][0]["data"] == [{"contender": "a", "one": 1.0}]
    assert read["sections"][0]["left_out"] == {"b": "not there"}


@pytest.mark.parametrize(
    "seconds, text", [(2.5, "2.50 s"), (0.25, "250 ms"), (0.0123, "12.3 ms"), (4.7e-5, "47.0 µs"), (0.0, "0.00 µs")]
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("n, text", [(12, "12"), (1010, "1.01 k"), (1_002_375, "1 M"), (4.2e9, "4.2 G")])
def test_quantities_in_words(n, text):
    assert quantity(n) == text


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--only", "steps,speed"], "no workload 'speed'"),
        (["--rounds", "3"], "rounds is 3, needs at least 9"),
        (["--mnist", "no/such/mnist.npz"], "no such file or folder: no/such/mnist.npz"),
        (["--json", "no/such/folder/file.json"], "there is no such folder"),
    ],
)
def test_bad_options_are_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_every_workload_of_the_help_exists(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert [name for name in WORKLOADS if name not in printed] == []


def test_one_workload_runs_from_the_command_line(capsys, tmp_path):
    assert main(["--only", "where", "--quick", "--json", str(tmp_path / "all.json")]) == 0
    printed = capsys.readouterr().out
    assert "dC_dW1" in printed and "command: python -m benchmarks --only where --quick" in printed
    (section,) = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["sections"]
    assert len(section["data"]) > 10


# --- What the book reports --------------------------------------------------------------------------------------------


def said(chapter):
    """What a chapter says, of the digits in the package instead of MNIST."""
    lines = []
    chapter(nn.load_digits(28), 0, lines.append)
    return "\n".join(lines)


def test_the_gradient_of_a_deep_network_vanishes_towards_the_input():
    norms = [float(norm) for norm in re.findall(r"^layer \d: (\S+)$", said(chapters.chapter_5), re.MULTILINE)]
    assert len(norms) == 5 and norms == sorted(norms) and 100 * norms[0] < norms[-1]


def test_matrices_and_single_examples_give_the_same_gradient(monkeypatch):
    monkeypatch.setattr(chapters, "Pace", lambda: QUICKEST)
    (apart,) = re.findall(r"the same gradient, (\S+) apart", said(chapters.by_matrices))
    assert float(apart) < 1e-12
