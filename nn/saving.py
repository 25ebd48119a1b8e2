"""Models as files: an .npz with the parameters as arrays and the architecture as JSON text. No pickle, no code."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .files import StrPath, replacing
from .layers import ACTIVATIONS, Activation, Linear
from .module import Module
from .sequential import MLP, Sequential

_ARCHITECTURE = "architecture"
_FORMAT = 1
_CONTAINERS: dict[str, type[Sequential]] = {"Sequential": Sequential, "MLP": MLP}
_NAMES = {kind: name for name, kind in reversed(ACTIVATIONS.items())}


def save(module: Module, path: StrPath) -> None:
    """Write a network to an .npz, from which `load` makes it again. `path` holds all of it, or what it held before.

    The entries are the parameters by path, such as layers.0.W, and `architecture`, JSON text.

    Raises TypeError if the network holds something other than the layers of this package; its `state_dict()` can be
    saved with np.savez then, and loaded into a network made by the same code.
    """
    spec = _spec(module)
    arrays = module.state_dict()
    if len(arrays) != 2 * json.dumps(spec).count('"n_in"'):
        raise TypeError(
            "nn.save cannot tell in a file that a layer is used twice: save the state_dict() with np.savez instead"
        )
    text = json.dumps({"format": _FORMAT, "module": spec})
    with replacing(path) as new, open(new, "wb") as file:
        np.savez(file, allow_pickle=False, **{_ARCHITECTURE: np.array(text)}, **arrays)


def load(path: StrPath) -> Any:
    """The network that `save` wrote, with the same parameters to the last bit.

    Raises OSError if the file cannot be read, ValueError if it is damaged, or not of this kind or version.
    """
    content = Path(path).read_bytes()
    try:
        return _unpacked(io.BytesIO(content))
    except Exception as problem:  # what zipfile, NumPy and json raise on damaged input is not to be foreseen
        reason = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem) or type(problem).__name__
        raise ValueError(
            f"{path}: cannot be read as a network that nn.save wrote ({reason.splitlines()[0]})"
        ) from problem


def _unpacked(file: io.BytesIO) -> Module:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED:  # compressed, a small file could fill the memory
                raise ValueError(f"{entry.filename} is compressed, which save does not do")
    with np.load(file, allow_pickle=False) as entries:
        arrays = {name: entries[name] for name in entries.files}
    spec = json.loads(str(arrays.pop(_ARCHITECTURE)))
    if spec["format"] != _FORMAT:
        raise ValueError(f"it has format {spec['format']!r}, this version reads format {_FORMAT}")
    module = _built(spec["module"], arrays, "")
    module.load_state_dict(arrays)
    return module


# --- The architecture as data -----------------------------------------------------------------------------------------


def _spec(module: Module) -> dict[str, Any]:
    kind = type(module)
    named = {} if module.name is None else {"name": module.name}
    if isinstance(module, Linear) and kind is Linear:
        return {"kind": "Linear", "n_in": module.n_in, "n_out": module.n_out} | named
    if isinstance(module, Activation) and kind in _NAMES:
        return {"kind": _NAMES[kind]} | named
    if isinstance(module, Sequential) and kind in _CONTAINERS.values():
        return {"kind": kind.__name__, "layers": [_spec(layer) for layer in module.layers]} | named
    raise TypeError(
        f"nn.save knows networks of Linear, {', '.join(_NAMES.values())} in MLP and Sequential, not {kind.__name__}: "
        "save its state_dict() with np.savez instead"
    )


def _built(spec: dict[str, Any], arrays: dict[str, Any], path: str) -> Module:
    """The module that `spec` describes, with its parameters, those in `arrays` whose names begin with `path`."""
    kind = spec["kind"]
    module: Module
    if kind == "Linear":
        shape, W, b = (spec["n_out"], spec["n_in"]), arrays[path + "W"], arrays[path + "b"]
        if W.shape != shape or b.shape != shape[:1]:
            raise ValueError(
                f"{path}W is {W.shape} and {path}b {b.shape}, the architecture says {shape} and {shape[:1]}"
            )
        module = Linear(*reversed(shape), weights=lambda *_: W, biases=lambda *_: b, dtype=None)
    elif kind in ACTIVATIONS:
        module = ACTIVATIONS[kind]()
    elif kind in _CONTAINERS:
        module = object.__new__(_CONTAINERS[kind])
        Sequential.__init__(module, *(_built(s, arrays, f"{path}layers.{i}.") for i, s in enumerate(spec["layers"])))
    else:
        raise ValueError(f"it has a layer of the unknown kind {kind!r}")
    module.name = spec.get("name")
    return module
