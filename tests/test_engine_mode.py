"""The switches: what is recorded, by whom."""

import asyncio
import threading

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag


def test_no_grad_records_nothing():
    x = leaf(2.0)
    with ag.no_grad():
        y = x * 3.0
        assert not ag.is_grad_enabled()
    assert (y.requires_grad, y.op, y.is_leaf) == (False, None, True)
    assert ag.is_grad_enabled()


def test_enable_grad_records_inside_no_grad():
    x = leaf(2.0)
    with ag.no_grad(), ag.enable_grad():
        y = x * 3.0
    assert y.requires_grad


@pytest.mark.parametrize("decorate", [ag.no_grad, ag.no_grad()], ids=["bare", "called"])
def test_no_grad_is_a_decorator(decorate):
    @decorate
    def f(x: ag.Tensor) -> ag.Tensor:
        """Doc."""
        return x * 2.0

    assert not f(leaf(1.0)).requires_grad
    assert f.__doc__ == "Doc."
    assert ag.is_grad_enabled()


@pytest.mark.parametrize("decorate", [ag.enable_grad, ag.enable_grad()], ids=["bare", "called"])
def test_enable_grad_is_a_decorator(decorate):
    @decorate
    def f(x: ag.Tensor) -> ag.Tensor:
        return x * 2.0

    with ag.no_grad():
        assert f(leaf(1.0)).requires_grad


def test_a_switch_is_set_back_after_an_error():
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        1 / 0  # noqa: B018
    assert ag.is_grad_enabled()


def test_one_switch_may_be_entered_inside_itself():
    off = ag.no_grad()
    with off:
        with ag.enable_grad(), off:
            assert not ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_a_thread_has_a_switch_of_its_own():
    seen = []
    with ag.no_grad():
        thread = threading.Thread(target=lambda: seen.append(ag.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_one_switch_in_two_threads():
    off, inside, leave = ag.no_grad(), threading.Event(), threading.Event()
    seen = []

    def hold() -> None:
        with off:
            inside.set()
            leave.wait()
            seen.append(ag.is_grad_enabled())
        seen.append(ag.is_grad_enabled())

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    with off:
        leave.set()
        thread.join()
        seen.append(ag.is_grad_enabled())
    assert [*seen, ag.is_grad_enabled()] == [False, True, False, True]


def test_an_async_task_has_a_switch_of_its_own():
    async def off(started: asyncio.Event, go_on: asyncio.Event) -> bool:
        with ag.no_grad():
            started.set()
            await go_on.wait()
            return ag.is_grad_enabled()

    async def main() -> tuple[bool, bool]:
        started, go_on = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(off(started, go_on))
        await started.wait()
        here = ag.is_grad_enabled()
        go_on.set()
        return here, await task

    assert asyncio.run(main()) == (True, False)


def test_what_was_recorded_in_one_thread_runs_backward_in_another():
    x = leaf(2.0)
    made = []
    thread = threading.Thread(target=lambda: made.append(x**3))
    thread.start()
    thread.join()
    made[0].backward()
    same(x.grad, 12.0)


def test_a_scope_marks_the_nodes_made_inside_and_nests():
    with ag.scope("layer 1"), ag.scope("b"):
        y = leaf(1.0) * 2.0
    assert y.scope == ("layer 1", "b")
    assert (y * 2.0).scope == ()


def test_a_shape_error_names_the_scope():
    with pytest.raises(ValueError, match="in layer 1"), ag.scope("layer 1"):
        leaf(1.0, 2.0) @ np.ones(3)


def test_a_decorated_coroutine_runs_in_its_mode():
    x = ag.Tensor([1.0], requires_grad=True)

    @ag.no_grad
    async def doubled():
        return x * 2

    assert not asyncio.run(doubled()).requires_grad


def test_a_generator_cannot_be_decorated():
    def parts():
        yield 1

    with pytest.raises(TypeError, match="generator"):
        ag.no_grad(parts)
