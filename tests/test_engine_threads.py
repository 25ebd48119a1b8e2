"""Threads: what one of them adds, registers or uses up is not lost on another."""

import os
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from tensors import leaf, same

import autograd_lite as ag
import nn
from autograd_lite import node as graph

THREADS = 8


@pytest.fixture(autouse=True)
def restless():
    """Threads take turns after a microsecond, so that whatever can come in between does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(work: Callable[[int], None], threads: int = THREADS) -> None:
    """Run `work(0)`, `work(1)`, ... at the same time, and raise what one of them raised."""
    gate, errors = threading.Barrier(threads), []

    def run(i: int) -> None:
        gate.wait()
        try:
            work(i)
        except Exception as error:
            errors.append(error)

    running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for t in running:
        t.start()
    for t in running:
        t.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("options", [{}, {"create_graph": True}, {"retain_graph": True}, {"keep_grads": True}], ids=str)
def test_every_contribution_to_a_shared_leaf_is_added(options):
    w, b = leaf(*range(1, 201)), leaf(0.5)
    x = np.arange(THREADS * 200.0).reshape(THREADS, 200)
    rounds = 40

    def work(i):
        for _ in range(rounds):
            np.sum(w * x[i] + b).backward(**options)

    together(work)
    same(w.grad, rounds * x.sum(axis=0))
    same(b.grad, rounds * THREADS * 200.0)


def test_a_contribution_is_not_lost_while_another_is_being_added(monkeypatch):
    """The first thread waits between reading the gradient and replacing it; the second comes meanwhile, or has to wait."""
    w, halfway, gone_on = leaf(1.0), threading.Event(), threading.Event()
    w.grad = np.array(1.0)
    plain = ag.Tensor.__add__

    def waiting(self, other):
        if self is w.grad and not halfway.is_set():
            halfway.set()
            gone_on.wait(0.2)
        return plain(self, other)

    monkeypatch.setattr(ag.Tensor, "__add__", waiting)
    first, second = w * 10.0, w * 100.0
    t = threading.Thread(target=first.backward)
    t.start()
    halfway.wait()
    second.backward()
    gone_on.set()
    t.join()
    same(w.grad, 111.0)


@pytest.mark.parametrize("by", ["zero_grad", "optimizer"])
def test_a_gradient_that_was_forgotten_does_not_come_back(by, monkeypatch):
    """The gradient is forgotten while something is being added: before or after that, but not in between."""
    w, halfway, gone_on = leaf(1.0), threading.Event(), threading.Event()
    w.grad = np.array(1000.0)
    forget = w.zero_grad if by == "zero_grad" else nn.SGD([w], lr=0.1).zero_grad
    plain = ag.Tensor.__add__

    def waiting(self, other):
        halfway.set()
        gone_on.wait(0.2)
        return plain(self, other)

    first = w * 10.0
    monkeypatch.setattr(ag.Tensor, "__add__", waiting)
    t = threading.Thread(target=first.backward)
    t.start()
    halfway.wait()
    forget()
    gone_on.set()
    t.join()
    assert w.grad is None or w.grad.item() == 10.0


def test_hooks_that_threads_register_all_run():
    for _ in range(200):
        w = leaf(1.0)
        together(lambda i, w=w: w.register_hook(lambda g: g + 10.0**i), 3)
        (w * 1.0).backward()
        same(w.grad, 112.0)


def test_the_slot_of_a_node_is_made_once(monkeypatch):
    made = graph.GradientSlot.__init__

    def slowly(self):
        made(self)
        time.sleep(1e-3)

    monkeypatch.setattr(graph.GradientSlot, "__init__", slowly)
    w = leaf(1.0)
    together(lambda i: w.register_hook(lambda g: g * (i + 2.0)), 3)
    (w * 1.0).backward()
    same(w.grad, 24.0)


def test_hooks_may_come_and_go_while_others_run_backward():
    w = leaf(1.0)

    def work(i):
        for _ in range(50):
            handle = w.register_hook(lambda g: None)
            (w * 2.0).backward()
            handle.remove()

    together(work)
    same(w.grad, 2.0 * 50 * THREADS)


def test_a_graph_that_threads_run_backward_at_once_is_counted_once():
    for _ in range(30):
        w = leaf(1.0)
        y = w * 3.0
        y.register_hook(lambda g: time.sleep(1e-4))
        refused = []

        def work(i, y=y, refused=refused):
            try:
                y.backward()
            except RuntimeError as error:
                refused.append(str(error))

        together(work, 3)
        same(w.grad, 3.0)
        assert len(refused) == 2 and all("already run backward" in text for text in refused)


def test_a_switch_that_threads_share_changes_the_mode_of_each_by_itself():
    off, inside = ag.no_grad(), ag.scope("layer")

    def work(i):
        for _ in range(200):
            if i % 2:
                with off:
                    assert not ag.is_grad_enabled()
                    with inside, ag.enable_grad():
                        assert ag.Tensor(1.0).scope == ("layer",)
                        assert ag.is_grad_enabled()
            assert ag.is_grad_enabled()

    together(work)


def test_training_in_threads_learns_from_every_example():
    """Steps of plain descent on a sum: whatever the order, the weight moves by all of them."""
    w = ag.Tensor(np.zeros(5), requires_grad=True)
    optimizer = nn.SGD([w], lr=1.0)
    x = np.arange(THREADS * 5.0).reshape(THREADS, 5)
    together(lambda i: [np.sum(w * x[i]).backward() for _ in range(20)] and None)
    optimizer.step()
    same(w, -20 * x.sum(axis=0))


def test_an_array_kept_from_the_gradient_does_not_change():
    w = leaf(*range(1, 51))
    w.grad = np.zeros(50)
    kept = w.grad
    together(lambda i: [np.sum(w * 1.0).backward() for _ in range(20)] and None)
    same(kept, np.zeros(50))
    same(w.grad, np.full(50, 20.0 * THREADS))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_process_forked_while_another_thread_adds_is_not_stuck():
    w, stop = leaf(1.0), threading.Event()

    def add():
        while not stop.is_set():
            (w * 1.0).backward()

    thread = threading.Thread(target=add)
    thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                v = leaf(1.0)
                (v * 2.0).backward()
                os._exit(0 if v.grad.item() == 2.0 else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        thread.join()
