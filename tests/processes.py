"""Programs that run in several processes, under mpiexec."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

MPIEXEC = next(
    (p for p in (Path(sys.executable).with_name("mpiexec"), shutil.which("mpiexec")) if p and Path(p).exists()), None
)
under_mpi = pytest.mark.skipif(
    find_spec("mpi4py") is None or MPIEXEC is None, reason="needs mpi4py and mpiexec: pip install '.[mpi]'"
)

SETTING = """
import numpy as np
import nn
from nn.parallel import parallel_step, ranks
from nn.train import make_step, mini_batches

among = ranks()
rng = np.random.default_rng(0)
x, y = rng.random((53, 12)), np.eye(4)[rng.integers(0, 4, 53)]
"""


def mpi(n: int, program: str, *, expected: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run a program in n processes."""
    done = subprocess.run(
        [str(MPIEXEC), "-n", str(n), sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert expected is None or done.returncode == expected, done.stderr
    return done
