"""Blocks of no_grad and enable_grad that end out of turn: in another thread or task, late, or by the garbage collector."""

import asyncio
import gc
import itertools
import subprocess
import sys
import threading
from contextlib import ExitStack

import numpy as np
import pytest

import autograd_lite as ag

BLOCKS = {"no_grad": ag.no_grad, "enable_grad": ag.enable_grad, "scope": lambda: ag.scope("inside")}


def suspended(make):
    """A generator that waits inside a block."""

    def parts():
        with make():
            yield
            yield

    generator = parts()
    next(generator)
    return generator


def in_thread(f):
    """What f gives in a thread of its own."""
    given = []
    thread = threading.Thread(target=lambda: given.append(f()))
    thread.start()
    thread.join()
    return given[0]


def everything_is_as_usual():
    x = ag.Tensor(3.0, requires_grad=True)
    y = x * x
    assert ag.is_grad_enabled() is True
    assert y.requires_grad and y.scope == ()
    assert ag.grad(lambda t: t * t)(3.0) == 6.0


def throw_into(generator):
    with pytest.raises(KeyError):
        generator.throw(KeyError("thrown"))


ENDS = {
    "close": lambda generator: generator.close(),
    "run on to its end": lambda generator: list(generator),
    "an error thrown in": throw_into,
    "the garbage collector": lambda generator: gc.collect(),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("make", BLOCKS)
def test_a_block_begun_in_another_thread_changes_nothing_where_it_ends(make, end):
    ENDS[end](in_thread(lambda: suspended(BLOCKS[make])))
    everything_is_as_usual()


@pytest.mark.parametrize("outer", BLOCKS)
@pytest.mark.parametrize("make", ["no_grad", "enable_grad"])
def test_a_block_that_ends_elsewhere_leaves_the_blocks_there_alone(make, outer):
    generator = in_thread(lambda: suspended(BLOCKS[make]))
    with BLOCKS[outer]():
        before = ag.is_grad_enabled(), (ag.Tensor(1.0) * 2.0).scope
        generator.close()
        assert (ag.is_grad_enabled(), (ag.Tensor(1.0) * 2.0).scope) == before
    everything_is_as_usual()


@pytest.mark.parametrize("make", ["no_grad", "enable_grad"])
def test_a_block_that_another_thread_ends_is_over_where_it_began(make):
    with ExitStack() as stack:
        if make == "enable_grad":
            stack.enter_context(ag.no_grad())
        before = ag.is_grad_enabled()
        generator = suspended(BLOCKS[make])
        assert ag.is_grad_enabled() is not before
        in_thread(generator.close)
        assert ag.is_grad_enabled() is before
        with ag.scope("later"):
            assert ag.is_grad_enabled() is before
        with BLOCKS[make]():
            assert ag.is_grad_enabled() is not before
        assert ag.is_grad_enabled() is before
    everything_is_as_usual()


def test_many_blocks_that_end_elsewhere_leave_nothing_behind():
    import autograd_lite.mode as mode

    for _ in range(100):
        in_thread(suspended(ag.no_grad).close)
        with ag.no_grad():
            pass
    depth, at = 0, mode.current_mode()
    while at is not None:
        depth, at = depth + 1, at.outer
    assert depth <= 2
    everything_is_as_usual()


ORDERS = [
    (names, order)
    for names in itertools.product(BLOCKS, repeat=3)
    for order in itertools.permutations(range(3))
]  # fmt: skip


@pytest.mark.parametrize(("names", "order"), ORDERS, ids=lambda value: "-".join(map(str, value)))
def test_blocks_that_end_in_any_order_are_each_over_when_they_end(names, order):
    """The mode is that of the blocks which are still open, in the order in which they were entered."""
    generators = [suspended(BLOCKS[name]) for name in names]
    still = dict(enumerate(names))
    for i in order:
        generators[i].close()
        del still[i]
        switches = [name for name in still.values() if name != "scope"]
        assert ag.is_grad_enabled() is (not switches or switches[-1] == "enable_grad")
        assert (ag.Tensor(1.0) * 2.0).scope == ("inside",) * list(still.values()).count("scope")
    everything_is_as_usual()


def test_a_kept_block_ends_in_its_own_thread_while_others_are_in_theirs():
    off, seen = ag.no_grad(), []
    generators = [suspended(lambda: off), in_thread(lambda: suspended(lambda: off))]
    generators[0].close()
    seen.append(ag.is_grad_enabled())
    generators[1].close()
    assert [*seen, ag.is_grad_enabled()] == [True, True]


def test_an_async_generator_that_another_task_closes():
    async def parts():
        with ag.no_grad():
            yield
            yield

    async def main():
        early = asyncio.Event()

        async def close():
            await early.wait()
            await generator.aclose()
            return ag.is_grad_enabled()

        for begun_before in True, False:
            early.clear()
            generator = parts()
            if begun_before:
                await anext(generator)
                task = asyncio.create_task(close())
            else:
                task = asyncio.create_task(close())
                await anext(generator)
            assert not ag.is_grad_enabled()
            early.set()
            assert await task
            assert ag.is_grad_enabled()

    asyncio.run(main())
    everything_is_as_usual()


def test_a_task_that_was_made_inside_a_block_stays_in_it():
    async def main():
        async def inside():
            await asyncio.sleep(0)
            return ag.is_grad_enabled()

        with ag.no_grad():
            task = asyncio.create_task(inside())
        assert ag.is_grad_enabled()
        return await task

    assert asyncio.run(main()) is False


@pytest.mark.parametrize("make", ["no_grad", "enable_grad"])
def test_leaving_a_block_that_was_never_entered_is_an_error_with_words(make):
    with pytest.raises(RuntimeError, match="not entered"):
        BLOCKS[make]().__exit__(None, None, None)
    everything_is_as_usual()


WITHOUT_ASSERTS = """
import threading, autograd_lite as ag
def parts():
    with ag.no_grad():
        yield
box = []
def begin():
    box.append(parts())
    next(box[0])
thread = threading.Thread(target=begin)
thread.start()
thread.join()
box.pop().close()
print(ag.is_grad_enabled(), ag.grad(lambda x: x * x)(3.0))
"""


def test_it_needs_no_assertion():
    run = [sys.executable, "-O", "-c", WITHOUT_ASSERTS]
    assert subprocess.run(run, capture_output=True, text=True, timeout=60, check=True).stdout.split() == ["True", "6.0"]


def test_a_gradient_in_a_thread_that_ends_a_block_of_another_is_right():
    generator = in_thread(lambda: suspended(ag.no_grad))
    x = ag.Tensor(np.arange(3.0), requires_grad=True)
    y = np.sum(x * x)
    generator.close()
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * np.arange(3.0))
