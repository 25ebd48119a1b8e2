"""`ag.compile`: a program stands for the user's function, or is not used; and a recording leaves the interpreter as it was."""

import cProfile
import gc
import pathlib
import pstats
import random
import subprocess
import sys
import textwrap
import threading
import warnings
import weakref

import numpy as np
import pytest

import autograd_lite as ag
from tests import user_code_changed, user_code_followed, user_code_unfollowed  # noqa: F401  (they fill the tables)
from tests.user_code import CHANGED, FOLLOWED, UNFOLLOWED, X, Y, same

ONLY_STEPS = (
    "an_optimizer",
    "a_step_that",
    "a_rate_that",
    "update_of",
    "an_option",
    "an_attribute_of_an_opt",
    "the_learning",
    "a_buffer",
)
"""Beginnings of the names of cases that are about optimizers, or buffers that only steps may write, as does `the_mode`."""
ON_TENSORS = ("arrays", "recorded", "looks at the value", "gradients")
"""Words of warnings about what a function that is given arrays does with Tensors."""


IN_A_GRADIENT = ("a_rule_that_counts", "a_hook_that_counts")
"""Cases of which only the backward pass does more than compute."""


def about_functions(cases):
    return {name: case for name, case in cases.items() if not name.startswith(ONLY_STEPS) and name != "the_mode"}


def answers(case, compiled):
    """Results of five calls on different data, and what else is seen."""
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    made = case()

    def f(x, y):
        return made.cost(made.net(x), y)

    called = ag.compile(f) if compiled else f
    results = []
    for k in range(5):
        made.between(k)
        results.append(called(ag.Tensor(X[k]), ag.Tensor(Y[k])).numpy())
    return results, made.seen()


def both(case):
    expected = answers(case, compiled=False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = answers(case, compiled=True)
    same(expected, found)
    return [str(w.message) for w in told if issubclass(w.category, ag.CompileWarning)]


UNFOLLOWED_FUNCTIONS = {
    name: (case, word)
    for name, (case, word) in UNFOLLOWED.items()
    if name in about_functions(UNFOLLOWED) and word not in ON_TENSORS and name not in IN_A_GRADIENT
}


@pytest.mark.parametrize(("case", "word"), UNFOLLOWED_FUNCTIONS.values(), ids=UNFOLLOWED_FUNCTIONS)
def test_a_function_that_does_more_than_compute_runs_itself_after_one_warning(case, word):
    told = both(case)
    assert len(told) == 1 and word in told[0]


@pytest.mark.parametrize("case", about_functions(CHANGED).values(), ids=about_functions(CHANGED))
def test_what_a_function_reads_may_change_between_calls(case):
    assert both(case) == []


@pytest.mark.parametrize("case", about_functions(FOLLOWED).values(), ids=about_functions(FOLLOWED))
def test_a_function_that_only_computes_is_compiled_without_a_word(case):
    assert both(case) == []


# ------------------------------------------------------------------------------------------------- what is left behind


def test_a_refused_function_is_called_once_for_each_call():
    calls = []

    def f(x):
        calls.append(len(calls))
        return x * 2.0

    compiled = ag.compile(f)
    with pytest.warns(ag.CompileWarning, match=r"calls.*test_compiler_user_code.py:\d+"):
        for _ in range(4):
            compiled(np.ones(2))
    assert calls == [0, 1, 2, 3]


def test_a_value_that_changes_at_every_call_ends_the_attempts_with_its_name():
    box = {"beta": 0.0}
    compiled = ag.compile(lambda x: x * box["beta"])
    with pytest.warns(ag.CompileWarning, match=r"box\['beta'\]") as told:
        for k in range(40):
            box["beta"] = float(k)
            assert compiled(np.ones(1))[0] == k
    assert len(told) == 1


def test_a_value_that_changes_now_and_then_is_followed_for_ever():
    box = {"beta": 0.0}
    compiled = ag.compile(lambda x: x * box["beta"])
    for k in range(1500):
        box["beta"] = float(k // 100)
        assert compiled(np.ones(1))[0] == k // 100


def test_a_function_that_raises_changes_nothing_when_it_is_recorded():
    seen = []

    def f(x):
        seen.append(1)
        if x.item() > 0:
            seen.append(2)
        return x

    with pytest.raises(ag.CompileError, match="item"):
        ag.compile(f)(np.ones(1))
    assert seen == []


STATES = {
    "an attribute": lambda box: setattr(box, "a", 2),
    "a new attribute": lambda box: setattr(box, "new", 2),
    "an attribute that is gone": lambda box: delattr(box, "a"),
    "a list": lambda box: box.list.append(3),
    "a list that is sorted": lambda box: box.list.sort(),
    "a dict": lambda box: box.dict.update(a=2, c=3),
    "the order of a dict": lambda box: box.dict.update(a=box.dict.pop("a")),
    "a set": lambda box: box.set.add(3),
    "a deque": lambda box: box.deque.rotate(1),
    "an array": lambda box: box.array.fill(7),
    "an array of objects": lambda box: box.objects.__setitem__(0, "other"),
    "bytes": lambda box: box.bytes.__setitem__(0, 7),
    "a slot": lambda box: setattr(box.slotted, "v", 7),
    "an array of Python": lambda box: box.numbers.append(3),
    "a class": lambda box: setattr(type(box), "shared", 7),
    "a function": lambda box: setattr(box.function, "__defaults__", (7,)),
    "a generator": lambda box: box.rng.random(),
    "the class of an object": lambda box: setattr(box, "__class__", type("Other", (type(box),), {})),
}


def filled():
    """An object with something of every kind, and all that can be seen of it."""
    from array import array
    from collections import deque

    class Slotted:
        __slots__ = ("v",)

    class Box:
        shared = 1

        def __init__(self):
            self.a, self.list, self.dict, self.set, self.deque = 1, [2, 1], {"a": 1, "b": 2}, {1, 2}, deque([1, 2])
            self.array, self.bytes, self.slotted, self.numbers = (
                np.ones(2),
                bytearray(b"ab"),
                Slotted(),
                array("i", [1, 2]),
            )
            self.objects = np.array(["a", None], dtype=object)
            self.slotted.v, self.function, self.rng = 1, (lambda x=1: x), np.random.default_rng(0)

    box = Box()

    def look():
        own = {
            k: v for k, v in vars(box).items() if k not in ("array", "objects", "slotted", "function", "rng", "dict")
        }
        return repr((
            sorted(own.items()), [*box.dict.items()], box.array.tolist(), box.objects.tolist(), box.slotted.v,
            box.function.__defaults__, box.rng.bit_generator.state, Box.shared, type(box).__name__,
        ))  # fmt: skip

    return box, look


@pytest.mark.parametrize("change", STATES.values(), ids=STATES)
def test_what_a_recording_changes_is_put_back(change):
    box, look = filled()
    before = look()

    def f(x):
        change(box)
        return x if x.sum().item() > 0 else -x

    with pytest.raises(ag.CompileError):
        ag.compile(f)(np.ones(2))
    assert look() == before


def test_another_profiler_hears_of_what_is_recorded_and_goes_on_afterwards():
    heard = []

    def other(frame, event, arg):
        if frame.f_code in (inside.__code__, after.__code__):
            heard.append((frame.f_code.co_name, event))

    def inside(x):
        return x * 2.0

    def after():
        """Is called afterwards."""

    sys.setprofile(other)
    try:
        ag.compile(inside)(np.ones(2))
        assert sys.getprofile() is other
        after()
    finally:
        sys.setprofile(None)
    assert heard == [(name, event) for name in ("inside", "after") for event in ("call", "return")]


def test_a_profiler_written_in_c_goes_on_afterwards():
    def after():
        """Is called afterwards."""

    profiler = cProfile.Profile()
    profiler.enable()
    ag.compile(lambda x: x * 2.0)(np.ones(2))
    after()
    profiler.disable()
    assert any(name == "after" for _, _, name in pstats.Stats(profiler).stats)


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_left_as_it_was(on):
    was = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        ag.compile(lambda x: x * 2.0)(np.ones(2))
        assert gc.isenabled() is on
    finally:
        (gc.enable if was else gc.disable)()


def test_the_shared_generators_are_left_as_they_were():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    ag.compile(lambda x: x * 2.0)(np.ones(2))
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_what_a_function_no_longer_needs_is_not_kept():
    class Box:
        scale = 2.0

    box = Box()

    def scaled(x, box=box):
        return x * box.scale

    compiled = ag.compile(scaled)
    compiled(np.ones(2))
    there = weakref.ref(box)
    del box, scaled, compiled
    gc.collect()
    assert there() is None


def test_other_threads_are_not_watched():
    stop, counts = threading.Event(), [0]

    def count():
        while not stop.is_set():
            counts[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        for k in range(5):
            ag.compile(lambda x, k=k: x * k)(np.ones(2))
    finally:
        stop.set()
        thread.join()
    assert counts[0] > 0


@pytest.mark.parametrize("options", [[], ["-O"], ["-OO"], ["-X", "frozen_modules=off"]], ids=str)
def test_refusals_do_not_depend_on_how_python_is_started(options):
    text = """
    import random, warnings, numpy as np, autograd_lite as ag
    warnings.simplefilter("error", ag.CompileWarning)
    c = ag.compile(lambda x: x * random.random())
    try:
        c(np.ones(2))
        print("compiled")
    except ag.CompileWarning as w:
        print("random" in str(w))
    print(ag.compile(lambda x: x * 2.0)(np.ones(1)))
    """
    run = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["True", "[2.]"]


def test_code_beside_the_library_is_the_users(tmp_path, monkeypatch):
    import autograd_lite.compiler.origin as origin

    path = f"{origin.LIBRARY[0]}_demo/layers.py"
    code = compile("def f(x):\n    return x", path, "exec")
    assert origin.origin_of(code) is origin.Origin.USER


def test_a_class_of_the_standard_library_has_all_it_had_after_a_refusal():
    """The library's own code reads a `name`, too, and does so first."""
    kind, calls = pathlib.PurePath, []

    def name_of(path):
        return path.name

    @ag.compile
    def f(x):
        x = x * 2.0
        path = kind("a").with_suffix(".b")
        calls.append(name_of(path))
        return x

    before = dict(vars(kind))
    with pytest.warns(ag.CompileWarning, match="calls"):
        results = [f(np.ones(2)) for _ in range(3)]
    assert dict(vars(kind)) == before
    assert calls == 3 * ["a.b"]
    np.testing.assert_array_equal(results, 2 * np.ones((3, 2)))
