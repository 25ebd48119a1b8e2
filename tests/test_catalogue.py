"""No function of NumPy's is forgotten: each has a derivative, is a composite, is constant, or is refused for a reason."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from versions import GONE, NUMPY

import autograd_lite as ag
from autograd_lite.function_names import name_of
from autograd_lite.rules import COMPOSITES, CONSTANTS, REFUSED, VJPS

ROOT = Path(__file__).parents[1]
KNOWN = VJPS.keys() | COMPOSITES.keys() | CONSTANTS | REFUSED.keys()

NO_FUNCTIONS_OF_ARRAYS = {
    "makes an array of numbers, shapes or other data": (
        "arange array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix bartlett blackman "
        "bmat diag_indices empty eye fftfreq from_dlpack frombuffer fromfunction fromiter full hamming hanning identity "
        "indices kaiser mask_indices ones require rfftfreq tri tril_indices triu_indices zeros"
    ),
    "reads or writes files or text": (
        "fromfile fromregex fromstring genfromtxt load loadtxt base_repr binary_repr format_float_positional "
        "format_float_scientific get_printoptions printoptions set_printoptions"
    ),
    "is about dtypes, shapes or dates": (
        "broadcast_shapes datetime_data isdtype isfortran isscalar issubdtype iterable mintypecode promote_types typename"
    ),
    "is about NumPy itself": (
        "get_include getbufsize geterr geterrcall info setbufsize seterr seterrcall show_config show_runtime test"
    ),
    "makes a function, or an iterator": "frompyfunc nested_iters",
    "has another name for vstack, which it calls": "row_stack",
    "has other names for isin and trapezoid, with a warning": "in1d trapz",
    "makes a view of memory, whatever lies there": "as_strided",
}
REASON = {name: reason for reason, names in NO_FUNCTIONS_OF_ARRAYS.items() for name in names.split()}


def public(module: Any) -> dict[str, Any]:
    """What a module offers that can be called and is no class."""
    names = {*getattr(module, "__all__", ()), *dir(module)}
    found = {name: getattr(module, name, None) for name in names if not name.startswith("_")}
    return {n: f for n, f in found.items() if callable(f) and not isinstance(f, type)}


MODULES = [np, np.linalg, np.fft, np.lib.stride_tricks, np.emath]
FUNCTIONS = {
    f"{module.__name__}.{name}": f
    for module in MODULES
    for name, f in sorted(public(module).items())
    if f not in KNOWN or name not in REASON
}
UFUNCS = sorted({f for f in vars(np).values() if isinstance(f, np.ufunc)}, key=lambda f: f.__name__)
OF_TWO = [f for f in UFUNCS if (f.nin, f.nout, f.signature) == (2, 1, None)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_of_one_kind_or_refused_or_no_function_of_arrays(name):
    assert FUNCTIONS[name] in KNOWN or name.rpartition(".")[2] in REASON


def test_every_reason_is_needed():
    names = {name for module in MODULES for name, f in public(module).items() if f not in KNOWN}
    assert REASON.keys() - names == {name for name, version in GONE.items() if version <= NUMPY}


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_every_ufunc_is_of_one_kind(ufunc):
    assert ufunc in KNOWN - REFUSED.keys()


@pytest.mark.parametrize("method", ["reduce", "accumulate", "outer", "reduceat", "at"])
@pytest.mark.parametrize("ufunc", OF_TWO, ids=lambda f: f.__name__)
def test_every_method_of_a_ufunc_of_two_arguments_is_of_one_kind_or_refused(ufunc, method):
    assert getattr(ufunc, method) in KNOWN


@pytest.mark.parametrize("ufunc", [f for f in UFUNCS if (f.nout, f.signature) == (1, None)], ids=lambda f: f.__name__)
def test_writing_by_a_ufunc_at_positions_is_spelled_out(ufunc):
    assert ufunc.at in COMPOSITES


def test_what_is_refused_is_of_no_kind():
    assert REFUSED.keys() & (VJPS.keys() | COMPOSITES.keys() | CONSTANTS) == set()


T = object()
"""Stands for a Tensor."""
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "logn": (2.0, T),
    "polyfit": (T, T, 1),
    **dict.fromkeys(("save", "savetxt", "savez", "savez_compressed"), ("unwritten", T)),
    **dict.fromkeys(("busday_offset", "busday_count", "polydiv", "power"), (T, T)),
}


@pytest.mark.parametrize("f", sorted(REFUSED, key=name_of), ids=name_of)
def test_a_refusal_names_the_function_and_the_reason(f):
    t = ag.Tensor([[1.5, 2.0], [0.5, 1.0]], requires_grad=True)
    name = getattr(f, "__name__", "")
    owner = getattr(f, "__self__", None)
    ufunc_args = (t, [0], t) if name == "at" and owner.nin == 2 else (t, [0])
    args = ufunc_args if isinstance(owner, np.ufunc) else ARGUMENTS.get(name, (t,))
    with pytest.raises(TypeError) as caught:
        f(*(t if a is T else a for a in args))
    assert str(caught.value) == f"{name_of(f)} takes no Tensor: {REFUSED[f]}"


@pytest.mark.parametrize(
    "f", [pytest.param(f, id=name_of(f)) for f in (np.hypot, np.sort, np.linalg.solve, np.add.reduce)]
)
def test_an_unknown_name_near_a_known_one_suggests_it(f):
    @ag.primitive
    def mistaken(x):
        return x

    mistaken.__name__ = name_of(f)[:-1]
    with pytest.raises(TypeError, match=f"near it are .*{name_of(f)}".replace(".", "[.]").replace("[.]*", ".*")):
        mistaken(ag.Tensor(1.0))


METHODS_WITHOUT_A_TENSOR = {
    "base", "byteswap", "ctypes", "data", "dump", "dumps", "getfield", "resize", "setfield", "setflags",
    "strides", "to_device", "tobytes", "tofile", "view",
}  # fmt: skip
"""What is about the memory of an array, or changes its shape in place."""


ENDED = {"itemset", "newbyteorder", "ptp", "tostring"}
"""What NumPy 2.0 to 2.2 list among the attributes, and do not have or warn of."""


@pytest.mark.parametrize(
    "name", [n for n in dir(np.ndarray) if not n.startswith("_") and n not in METHODS_WITHOUT_A_TENSOR | ENDED]
)
def test_a_tensor_has_the_methods_of_an_ndarray(name):
    assert hasattr(ag.Tensor, name)


def test_the_catalogue_holds_each_function_once():
    names = [name for kind in ag.supported() for name in kind]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "kind, name",
    [
        ("differentiable", "np.exp"),
        ("differentiable", "np.linalg.norm"),
        ("differentiable", "gelu"),
        ("composite", "np.stack"),
        ("composite", "np.add.reduce"),
        ("composite", "np.linalg.svd"),
        ("constant", "np.argmax"),
        ("constant", "one_hot"),
    ],
)
def test_the_catalogue_tells_the_kind(kind, name):
    assert name in getattr(ag.supported(), kind)


def test_the_readme_counts_what_the_catalogue_holds():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    stated = r"with NumPy ([\d.]+), (\d+) functions that have a derivative .*? (\d+) that are .*? and (\d+) whose"
    version, *counts = re.search(stated, readme).groups()
    if not np.__version__.startswith(f"{version}."):
        pytest.skip(f"the README counts the functions of NumPy {version}; this is {np.__version__}")
    alone = "import autograd_lite as ag; print([len(kind) for kind in ag.supported()])"  # no operations of others
    printed = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert [int(n) for n in counts] == json.loads(printed)


def test_the_catalogue_holds_no_internal_operation():
    assert not any(name.startswith("packed_") or name == "scatter" for kind in ag.supported() for name in kind)


def test_the_catalogue_holds_the_operations_of_the_user(operation):
    ag.defvjp(operation, lambda g, ans, x, y: g)
    assert "shifted" in ag.supported().differentiable
