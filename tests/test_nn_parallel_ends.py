"""What ends one process of an MPI run ends all, and processes that were given different things do not begin."""

import pytest
from processes import SETTING, mpi, under_mpi

LEARN = (
    SETTING
    + """
import os, sys, time

def learn(**options):
    net = options.pop("net", None) or nn.MLP([12, 4], seed=0)
    lr = options.pop("lr", 0.1)
    usual = dict(optimizer=nn.SGD(net.parameters(), lr), epochs=100_000, seed=1, batch_size=10, progress=False, among=among)
    return nn.fit(net, options.pop("data", (x, y)), **usual | options)

def in_one(act):
    def callback(run):
        if among.rank == 1 and len(run.history.epochs) == 2:
            act()
    return [callback]
"""
)

INTERRUPT = "lambda: (_ for _ in ()).throw(KeyboardInterrupt)"
ENDS = {
    # what one of two processes does, while the other would go on for ever
    "sys.exit": "learn(callbacks=in_one(lambda: sys.exit(3)))",
    "sys.exit with words": "learn(callbacks=in_one(lambda: sys.exit('that is enough')))",
    "SystemExit": "learn(callbacks=in_one(lambda: (_ for _ in ()).throw(SystemExit(3))))",
    "os._exit": "learn(callbacks=in_one(lambda: os._exit(3)))",
    "os.abort": "learn(callbacks=in_one(os.abort))",
    "Ctrl-C": f"learn(callbacks=in_one({INTERRUPT}))",
    "an error": "learn(callbacks=in_one(lambda: 1 / 0))",
    "an error that is caught": "try:\n    learn(callbacks=in_one(lambda: 1 / 0))\nexcept ZeroDivisionError:\n    pass",
    "sys.exit before the run": "if among.rank == 1:\n    sys.exit(3)\nlearn()",
    "sys.exit after a run": "learn(epochs=1)\nif among.rank == 1:\n    sys.exit(3)\nlearn()",
}


@under_mpi
@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_one_process_is_the_end_of_all(end):
    done = mpi(2, LEARN + ENDS[end], expected=None)
    assert done.returncode != 0


@under_mpi
def test_what_sys_exit_says_is_said():
    assert "that is enough" in mpi(2, LEARN + ENDS["sys.exit with words"], expected=None).stderr


@under_mpi
@pytest.mark.parametrize("last", ["", "sys.exit(0)", "sys.exit()", "if among.rank == 1:\n    sys.exit(0)"])
def test_processes_that_end_well_end_with_0(last):
    assert mpi(2, LEARN + f"learn(epochs=1)\nprint('done')\n{last}").stdout.count("done") == 2


@under_mpi
def test_an_error_that_all_processes_catch_ends_none():
    program = """
def fail(run):
    raise KeyError("in all")
try:
    learn(callbacks=[fail])
except KeyError:
    print("caught")
"""
    assert mpi(2, LEARN + program).stdout.count("caught") == 2


# Each stands for both processes; `mine` differs between them.
DIFFERENT = {
    "data is x": "learn(data=(x + mine, y))",
    "data": "learn(data=(x, y[::-1] if mine else y))",
    "data is x (53, 12)": "learn(data=(x[mine:], y[mine:]))",
    "validation": "learn(validation=(x[:5] + mine, y[:5]))",
    "optimizer.lr is 0.1 in process 0, 0.2 in process 1": "learn(lr=0.1 + 0.1 * mine)",
    "optimizer.momentum": (
        "net = nn.MLP([12, 4], seed=0)\nlearn(net=net, optimizer=nn.SGD(net.parameters(), 0.1, momentum=0.5 * mine))"
    ),
    "optimizer is": (
        "net = nn.MLP([12, 4], seed=0)\nlearn(net=net, optimizer=[nn.SGD, nn.Adam][mine](net.parameters(), 0.1))"
    ),
    "what the optimizer remembers": (
        "net = nn.MLP([12, 4], seed=0)\noptimizer = nn.SGD(net.parameters(), 0.1, momentum=0.5)\n"
        "optimizer.state = [np.full(p.shape, float(mine)) for p in net.parameters()]\nlearn(net=net, optimizer=optimizer)"
    ),
    "seed is 0 in process 0, 1 in process 1": "learn(seed=mine)",
    "epochs": "learn(epochs=3 + mine)",
    "batch_size": "learn(batch_size=8 + mine)",
    "drop_last": "learn(drop_last=bool(mine))",
    "cost": "learn(cost=[nn.quadratic_cost, nn.cross_entropy_cost][mine])",
    "patience": "learn(patience=5 + mine)",
    "schedule.factor": (
        "net = nn.MLP([12, 4], seed=0)\noptimizer = nn.SGD(net.parameters(), 0.1)\n"
        "learn(net=net, optimizer=optimizer, schedule=nn.Schedule(optimizer, nn.step_decay(2 + mine)))"
    ),
    "net.layers.1": "learn(net=nn.Sequential(nn.Linear(12, 4, seed=0), [nn.Tanh, nn.Sigmoid][mine]()))",
    "net.layers.0.W": "learn(net=nn.MLP([12, 4], seed=0, dtype=[np.float32, np.float64][mine]))",
    "in evaluation mode": (
        "net = nn.MLP([12, 4], seed=0)\nif mine:\n    net.layers[0].eval()\nlearn(net=net)"
    ),
    "process 1 could not begin: ValueError": "learn(data=(np.where(mine, np.nan, x), y))",
    "process 1 could not begin: TypeError": "learn(epochs=[3, 'many'][mine])",
}  # fmt: skip


@under_mpi
def test_processes_that_were_given_different_things_are_told_so_in_all():
    """One program tries all: an error that is raised in every process leaves every process able to go on."""
    program = LEARN + "\nmine = among.rank\n"
    for words, act in DIFFERENT.items():
        lines = "\n    ".join(act.split("\n"))
        program += f"""
try:
    {lines}
    print("began: {words}\\n", end="", flush=True)
except (ValueError, TypeError) as error:
    if {words!r} not in str(error) and not (mine and "could not begin" in {words!r}):
        print(f"{words}: {{error}}\\n", end="", flush=True)
    print("told\\n", end="", flush=True)
"""
    out = mpi(2, program + "\nlearn(epochs=1)").stdout
    assert [line for line in out.splitlines() if line not in ("told", "")] == []
    assert out.count("told") == 2 * len(DIFFERENT)
