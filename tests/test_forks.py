"""A process forked while another thread is at work goes on by itself: no lock is held for ever."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import autograd_lite as ag
import nn

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),  # Python 3.12 warns of such forks
]
X, Y = np.ones((200, 30)), np.ones((200, 3))
SECONDS = 10


def forked_ends(use, busy, times=8):
    """Fork while a thread is busy, and use the same objects in the child. How each child ended: 0 if well."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            busy()

    thread = threading.Thread(target=work)
    thread.start()
    endings = []
    try:
        for i in range(times):
            time.sleep(0.0007 * (i + 1))
            child = os.fork()
            if child == 0:
                try:
                    signal.alarm(SECONDS)  # ends a child that hangs
                    use()
                    os._exit(0)
                finally:
                    os._exit(1)
            endings.append(os.waitpid(child, 0)[1])
    finally:
        stop.set()
        thread.join()
    return endings


def step(compiled):
    net = nn.MLP([30, 40, 3], seed=0)
    return nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1, momentum=0.9), compiled=compiled)


def compiling():
    c = ag.compile(ag.grad(lambda x: np.sum(np.tanh(x) ** 2)))

    def busy():
        c._programs.clear()
        c(np.ones(5))

    return lambda: c(np.ones(7)), busy


def running():
    c = ag.compile(ag.grad(lambda x: np.sum(np.tanh(x) ** 2)))
    return lambda: c(np.ones(100_000)), lambda: c(np.ones(100_000))


def stepping(compiled):
    take = step(compiled)
    return lambda: (take(X, Y), take(X[:7], Y[:7]), take(X, Y)), lambda: take(X, Y)


def calling_others():
    op = ag.primitive(lambda x: np.sin(x))
    ag.defvjp(op, lambda g, ans, x: g * np.cos(x))
    net = nn.MLP([30, 40, 3], seed=0)
    take = nn.compile_step(net, lambda a, y: np.sum(op(a) - y), nn.SGD(net.parameters(), 0.01))
    return lambda: take(X, Y), lambda: take(X, Y)


def writing():
    t = ag.Tensor(np.ones(3))

    def write():
        with ag.no_grad():
            t[0] = 1.0

    return write, write


CASES = {
    "compiling": compiling, "running": running, "stepping": lambda: stepping(True), "recorded steps": lambda: stepping(False),
    "functions of others": calling_others, "writing": writing,
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_forked_process_does_not_hang(name):
    use, busy = CASES[name]()
    use()
    assert set(forked_ends(use, busy)) == {0}
