"""Learning in several processes, under mpiexec."""

import re
import subprocess
import sys

import numpy as np
import pytest
from processes import MPIEXEC, SETTING, mpi, under_mpi

import nn
from nn.parallel import LAUNCHERS, Ranks, ranks

AGREES = (
    SETTING
    + """
cost, optimizer, batch_size = nn.quadratic_cost, {optimizer}, {batch_size}
net, alone = nn.MLP([12, 8, 4], seed=among.rank), nn.MLP([12, 8, 4], seed=0)
among.give_weights(net)
step = parallel_step(net, cost, optimizer(net), among, compiled={compiled})
step_alone = make_step(alone, cost, optimizer(alone), compiled=False)
for x_batch, y_batch in mini_batches(x, y, batch_size, seed=1):
    assert abs(step(x_batch, y_batch) - step_alone(x_batch, y_batch)) <= 1e-12
for p, q in zip(net.parameters(), alone.parameters(), strict=True):
    np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=0, atol=1e-10)
print("agrees")
"""
)


@under_mpi
@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("batch_size", [8, 10, 3])
def test_a_step_of_several_processes_is_that_of_one(n, batch_size):
    sgd = "lambda net: nn.SGD(net.parameters(), 0.5, momentum=0.9, weight_decay=0.01)"
    done = mpi(n, AGREES.format(optimizer=sgd, batch_size=batch_size, compiled=True))
    assert done.stdout.count("agrees") == n


@under_mpi
@pytest.mark.parametrize("optimizer", ["lambda net: nn.Adam(net.parameters(), 0.01)"])
def test_every_optimizer_takes_the_same_step_in_each_process(optimizer):
    assert mpi(2, AGREES.format(optimizer=optimizer, batch_size=10, compiled=False)).stdout.count("agrees") == 2


@under_mpi
def test_a_parameter_without_a_gradient_stays_as_it_is():
    program = (
        SETTING
        + """
net = nn.MLP([12, 4], seed=0)
spare = nn.Parameter(np.ones(3), name="spare")
step = parallel_step(net, nn.quadratic_cost, nn.SGD([*net.parameters(), spare], 0.5, weight_decay=0.1), among)
step(x[:1], y[:1])
assert spare.numpy().tolist() == [1, 1, 1]
"""
    )
    mpi(2, program)


@under_mpi
def test_networks_that_differ_are_refused_in_every_process():
    program = (
        SETTING
        + """
try:
    among.give_weights(nn.MLP([12, 4 + among.rank, 4], seed=0))
except ValueError as error:
    print(error)
"""
    )
    assert mpi(2, program).stdout.count("different networks") == 2


class Alone:
    """A communicator of one process."""

    def Get_rank(self):
        return 2

    def Get_size(self):
        return 4


@pytest.mark.parametrize("n", [0, 1, 3, 4, 10, 101])
def test_the_shares_cover_all_examples_and_are_of_nearly_equal_size(n):
    among = Ranks(Alone())
    shares = []
    for rank in range(among.size):
        among.rank = rank
        shares.append(range(n)[among.share(n)])
    assert [i for share in shares for i in share] == list(range(n))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_the_first_process_has_an_example_if_there_is_one():
    among = Ranks(Alone())
    among.rank = 0
    assert [np.arange(n)[among.share(n)].size for n in range(6)] == [0, 1, 1, 1, 1, 2]


def test_without_mpi_there_are_no_ranks(monkeypatch):
    for name in LAUNCHERS:
        monkeypatch.delenv(name, raising=False)
    assert ranks() is None


def test_mpi_without_its_package_is_an_error(monkeypatch):
    monkeypatch.setenv(LAUNCHERS[0], "0")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(RuntimeError, match=r"pip install 'autograd_lite\[mpi\]'"):
        ranks()


FITS = (
    SETTING
    + """
import sys
net, alone = nn.MLP([12, 8, 4], seed=among.rank), nn.MLP([12, 8, 4], seed=0)
options = dict(epochs=3, batch_size=10, seed=1, validation=(x[:9], y[:9]), progress=False)
told = []
history = nn.fit(
    net, (x, y), optimizer=nn.SGD(net.parameters(), 1.0), among=among, report=told.append, checkpoint={checkpoint!r}, **options
)
history_alone = nn.fit(alone, (x, y), optimizer=nn.SGD(alone.parameters(), 1.0), **options)
for p, q in zip(net.parameters(), alone.parameters(), strict=True):
    np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=0, atol=1e-10)
np.testing.assert_allclose(history.batch_costs, history_alone.batch_costs, rtol=0, atol=1e-10)
for e, f in zip(history.epochs, history_alone.epochs, strict=True):
    np.testing.assert_allclose(e[1:5], f[1:5], rtol=0, atol=1e-10)
assert len(told) == (3 if among.is_first else 0)
print("agrees")
"""
)


@under_mpi
@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_training_by_several_processes_is_that_of_one(n, tmp_path):
    assert mpi(n, FITS.format(checkpoint=str(tmp_path / "c.npz"))).stdout.count("agrees") == n
    assert (tmp_path / "c.npz").exists()


DIES = (
    SETTING
    + """
import os
net = nn.MLP([12, 8, 4], seed=0)

def die(training):
    if len(training.history.epochs) == 3 and among.rank == 1:
        os.kill(os.getpid(), 9)

nn.fit(
    net, (x, y), optimizer=nn.SGD(net.parameters(), 1.0), epochs=200, seed=1, progress=False, among=among, callbacks=[die],
    checkpoint={checkpoint!r},
)
"""
)


@under_mpi
def test_a_process_that_dies_ends_the_run_and_leaves_the_checkpoint_whole(tmp_path):
    checkpoint = str(tmp_path / "c.npz")
    done = mpi(2, DIES.format(checkpoint=checkpoint), expected=None)
    assert done.returncode != 0
    assert "KILLED" in (done.stdout + done.stderr).upper()
    net = nn.MLP([12, 8, 4], seed=5)
    rng = np.random.default_rng(0)
    x, y = rng.random((53, 12)), np.eye(4)[rng.integers(0, 4, 53)]
    optimizer = nn.SGD(net.parameters(), 1.0)
    history = nn.fit(net, (x, y), optimizer=optimizer, epochs=1, progress=False, checkpoint=checkpoint, resume=True)
    assert len(history.epochs) >= 2


@under_mpi
def test_the_command_trains_in_several_processes_and_one_speaks(tmp_path):
    small = f"--size 8 --layers 5 --epochs 1 --batch-size 50 --output {tmp_path}".split()
    run = [str(MPIEXEC), "-n", "2", sys.executable, "-W", "error", "-m", "nn", *small]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.count("each split over 2 processes") == 1
    assert (tmp_path / "index.html").exists()


@under_mpi
def test_an_error_ends_all_processes_and_names_one(tmp_path):
    run = [str(MPIEXEC), "-n", "2", sys.executable, "-m", "nn", "--data", "mnist", "--path", str(tmp_path / "none.npz")]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode != 0
    assert re.search(r"process [01] of 2: error: .*none\.npz", done.stderr)
