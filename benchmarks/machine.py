"""On what, and with what, figures were measured."""

import ctypes
import datetime
import glob
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import numpy as np

PACKAGES = ("numpy", "torch", "jax", "jaxlib", "autograd", "mygrad", "micrograd")


def described(command: str) -> dict[str, str]:
    """Machine, versions, threads, date and command, as names and texts."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command,
        "cpu": f"{_cpu()}, {cores()} cores for this process",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "packages": ", ".join(_versions()),
        "blas": f"{_blas()}, threads: {_blas_threads()}",
        "load": _load(),
    }


def cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    """The model, with its clock or family where the name alone says little."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    fields = dict(
        (part.strip() for part in line.split(":", 1)) for line in info.read_text().splitlines() if ":" in line
    )
    family = f"family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"
    return f"{fields.get('model name', platform.machine())} ({family})"


def _versions() -> list[str]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return found


def _blas() -> str:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"NumPy with {blas.get('name', 'an unknown BLAS')} {blas.get('version', '')}".rstrip()


def _blas_threads() -> str:
    """What the OpenBLAS that comes with NumPy's wheels says itself, or else what the environment asks of it."""
    libraries = Path(np.__file__).parent.parent / "numpy.libs"
    for path in glob.glob(str(libraries / "*openblas*")):
        library = ctypes.CDLL(path)
        for name in "scipy_openblas_get_num_threads64_", "openblas_get_num_threads64_", "openblas_get_num_threads":
            if hasattr(library, name):
                return str(getattr(library, name)())
    asked = {
        k: os.environ[k] for k in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS") if k in os.environ
    }
    return ", ".join(f"{k}={v}" for k, v in asked.items()) or "the default of the library"


def _load() -> str:
    """How busy the machine was when the run began: on an idle one this is near 0."""
    return f"{os.getloadavg()[0]:.2f} over the last minute" if hasattr(os, "getloadavg") else sys.platform
