"""What several processes keep the same besides weights, what they draw for themselves, and how a failure ends them all."""

import re

import pytest
from processes import SETTING, mpi, under_mpi

NETWORK = (
    SETTING
    + """
import hashlib

x, y = x[:48], y[:48]

def network(seed=among.rank):
    return nn.Sequential(
        nn.BatchNorm1d(12), nn.Linear(12, 8, seed=seed), nn.Dropout(0.3, seed=seed), nn.Sigmoid(), nn.Linear(8, 4, seed=seed)
    )

def learn(net, epochs, **options):
    return nn.fit(
        net, (x, y), optimizer=nn.Adam(net.parameters(), 0.01), epochs=epochs, batch_size=8, seed=1, progress=False, **options
    )

def digest(net):
    return hashlib.sha256(b"".join(v.tobytes() for v in net.state_dict().values())).hexdigest()
"""
)


@under_mpi
@pytest.mark.parametrize("n", [2, 4])
def test_all_processes_end_with_the_same_parameters_and_buffers(n):
    program = """
net = network()
net.layers[0].mean.data = np.full(12, among.rank + 0.5)  # of another past
alone = network(0)
alone.layers[0].mean.data = np.full(12, 0.5)
learn(net, 2, among=among)
learn(alone, 2)
np.testing.assert_allclose(net.layers[0].mean.numpy(), alone.layers[0].mean.numpy(), rtol=0, atol=1e-12)
np.testing.assert_allclose(net.layers[0].variance.numpy(), alone.layers[0].variance.numpy(), rtol=0.5)
print(f"{digest(net)} ends\\n", end="", flush=True)  # in one piece, as the processes share the output
"""
    found = mpi(n, NETWORK + program).stdout
    assert found.count("ends") == n and found.count(found.split()[0]) == n


@under_mpi
def test_a_buffer_of_whole_numbers_stays_one():
    program = """
class Counts(nn.Module):
    def __init__(self):
        self.seen, self.linear = nn.Buffer(np.array(0)), nn.Linear(12, 4, seed=0)

    def forward(self, x):
        self.seen.data = self.seen.numpy() + 1
        return self.linear(x)

net = Counts()
step = parallel_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.1), among, compiled=False)
for k in (8, 1, 3):  # in one of these a process has no example
    step(x[:k], y[:k])
assert net.seen.dtype.kind == "i" and net.seen.item() == 3
"""
    mpi(2, NETWORK + program)


@under_mpi
@pytest.mark.parametrize("compiled", [False, True])
def test_a_run_of_one_process_is_the_run_without_mpi_to_the_bit(compiled):
    program = f"""
net, alone = network(0), network(0)
learn(net, 3, among=among, compiled={compiled})
learn(alone, 3, compiled=False)
assert digest(net) == digest(alone)
"""
    mpi(1, NETWORK + program)


@under_mpi
def test_processes_draw_other_numbers_and_the_first_those_of_its_seed():
    program = """
net, alone = nn.Sequential(nn.Dropout(0.5, seed=among.rank)), nn.Dropout(0.5, seed=0)
among.part_generators(net)
mine = net(np.ones(64)).numpy()
masks = np.zeros((4, 64))
masks[among.rank] = mine
among.sum(masks)
assert len(np.unique(masks, axis=0)) == 4
assert not among.is_first or np.array_equal(mine, alone(np.ones(64)).numpy())
"""
    mpi(4, NETWORK + program)


@under_mpi
@pytest.mark.parametrize("n", [2, 4])
def test_a_run_that_goes_on_from_a_checkpoint_ends_as_one_without_a_break(n, tmp_path):
    program = f"""
path = {str(tmp_path)!r} + "/" + ("c.npz" if among.is_first else "not for these.npz")
whole, first, second = network(), network(), network(7)
learn(whole, 4, among=among)
learn(first, 2, among=among, checkpoint=path)
history = learn(second, 4, among=among, checkpoint=path, resume=True)
assert len(history.epochs) == 4 and digest(second) == digest(whole)
print("agrees")
"""
    assert mpi(n, NETWORK + program).stdout.count("agrees") == n


@under_mpi
def test_a_process_that_stops_stops_all():
    program = """
history = learn(network(), 9, among=among, callbacks=[lambda run: run.stop() if among.rank == 1 else None])
assert len(history.epochs) == 1
"""
    mpi(2, NETWORK + program)


FAILURES = {
    # the program, what is said
    "an error in one process": (
        """
def bad(run):
    if among.rank == 1:
        raise ValueError("no such thing")
learn(network(), 9, among=among, callbacks=[bad])
""",
        "ValueError: no such thing",
    ),
    "data of one process": ("x = np.where(among.rank == 1, np.nan, x)\nlearn(network(), 9, among=among)", "finite"),
    "a cost of one process": (
        """
net = nn.Sequential(nn.Linear(12, 4, seed=0))
step = parallel_step(net, lambda a, y: nn.quadratic_cost(a * (np.inf if among.rank == 1 else 1.0), y),
                     nn.SGD(net.parameters(), 0.1), among, compiled=False)
with np.errstate(all="ignore"):
    cost = step(x, y)
if not np.isfinite(cost):
    raise FloatingPointError(f"the cost became {cost}")
""",
        "FloatingPointError: the cost became",
    ),
    "other lengths of data": (
        "k = 48 - among.rank\nx, y = x[:k], y[:k]\nlearn(network(), 9, among=among)",
        r"the 2 processes have to be given the same: data is x \(48, 12\).* in process 0, x \(47, 12\).* in process 1",
    ),
    "other networks": (
        "k = 5 + among.rank\nlearn(nn.MLP([12, k, 4]), 1, among=among)",
        r"have to be given the same: .*net\.layers\.0\.W is \(5, 12\) float64 in process 0, \(6, 12\) float64 in process 1",
    ),
    "a part too small": (
        "x, y = x[:3], y[:3]\nlearn(network(), 9, among=among)",
        r"no variance(?s:.*)process 1 of 2 had 1 of 3 examples",
    ),
    "a damaged checkpoint": (
        "learn(network(), 9, among=among, checkpoint=FOLDER + '/c.npz', resume=True)",
        r"c\.npz: cannot go on from this checkpoint",
    ),
    "a checkpoint that is none": (
        "learn(network(), 9, among=among, checkpoint=FOLDER, resume=True)",
        "IsADirectoryError|PermissionError",
    ),
}


@under_mpi
@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_ends_all_processes_and_is_told_once(case, tmp_path):
    program, message = FAILURES[case]
    (tmp_path / "c.npz").write_bytes(b"damaged")
    done = mpi(2, NETWORK + program.replace("FOLDER", repr(str(tmp_path))), expected=None)
    assert done.returncode != 0
    assert done.stderr.count("ends the run:") == 1
    assert re.search(message, done.stderr)
