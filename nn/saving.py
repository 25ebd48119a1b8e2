"""Models as files: parameters as arrays and the architecture as JSON text, in an .npz or .safetensors. No pickle, no code."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import layers
from .files import StrPath, replacing
from .layers import ACTIVATIONS, Activation, Linear
from .module import Module
from .sequential import MLP, Residual, Sequential

_ARCHITECTURE = "architecture"
_FORMAT = 1
_CONTAINERS: dict[str, type[Any]] = {"Sequential": Sequential, "MLP": MLP, "Residual": Residual}
_NAMES = {kind: name for name, kind in reversed(ACTIVATIONS.items())}
_LAYERS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in vars(layers).values()
    if isinstance(kind, type) and issubclass(kind, Module) and kind is not Linear and hasattr(kind, "config")
}
Arrays = dict[str, NDArray[Any]]
Needed = dict[str, tuple[tuple[int, ...], np.dtype[Any] | None]]
"""Shapes and dtypes by name. None stands for any floating dtype."""


def save(module: Module, path: StrPath) -> None:
    """Write a network to a file, from which `load` makes it again. `path` holds all of it, or what it held before.

    path : ending in .safetensors for a file of that kind, which needs the package safetensors; else an .npz is written

    The entries are the parameters and buffers by path, such as layers.0.W, and `architecture`, JSON text. Random generators
    are not in it: those of Dropout start anew.

    Raises TypeError if the network holds something other than the layers of this package; its `state_dict()` can be
    saved with np.savez then, and loaded into a network made by the same code.
    """
    spec = _spec(module)
    arrays = module.state_dict()
    if _built(spec, arrays, "", {}).state_dict().keys() != arrays.keys():
        raise TypeError(
            "nn.save cannot tell in a file that a layer is used twice: save the state_dict() with np.savez instead"
        )
    text = json.dumps({"format": _FORMAT, "module": spec})
    if Path(path).suffix == ".safetensors":
        content = _safetensors().save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, {_ARCHITECTURE: text})
        with replacing(path) as new:
            new.write_bytes(content)
        return
    with replacing(path) as new, open(new, "wb") as file:
        np.savez(file, allow_pickle=False, **{_ARCHITECTURE: np.array(text)}, **arrays)


def load(path: StrPath) -> Any:
    """The network that `save` wrote, with the same parameters to the last bit.

    Raises OSError if the file cannot be read, ValueError if it is damaged, or not of this kind or version; with every array
    that is missing, not known, or of another shape or dtype than the architecture says.
    """
    content = Path(path).read_bytes()
    unpacked = _unpacked_safetensors if Path(path).suffix == ".safetensors" else _unpacked
    try:
        text, arrays = unpacked(content)
        spec = json.loads(text)
        if spec["format"] != _FORMAT:
            raise ValueError(f"it has format {spec['format']!r}, this version reads format {_FORMAT}")
        linear: Needed = {}
        module = _built(spec["module"], arrays, "", linear)
        needed: Needed = {name: (value.shape, value.dtype) for name, value in module.state_dict().items()} | linear
        problems = _mismatches(arrays, needed)
        if problems:
            raise ValueError("; ".join(problems))
        module.load_state_dict(arrays)
        return module
    except ImportError:
        raise
    except Exception as problem:  # what zipfile, NumPy and json raise on damaged input is not to be foreseen
        reason = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem) or type(problem).__name__
        reason = " ".join(reason.split())
        raise ValueError(f"{path}: cannot be read as a network that nn.save wrote ({reason})") from problem


def _unpacked(content: bytes) -> tuple[str, Arrays]:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED:  # compressed, a small file could fill the memory
                raise ValueError(f"{entry.filename} is compressed, which save does not do")
    with np.load(file, allow_pickle=False) as entries:
        arrays = {name: entries[name] for name in entries.files}
    return str(arrays.pop(_ARCHITECTURE)), arrays


def _unpacked_safetensors(content: bytes) -> tuple[str, Arrays]:
    arrays = dict(_safetensors().load(content))  # it checks the header and that the arrays fill the file
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header["__metadata__"][_ARCHITECTURE], arrays


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as problem:
        raise ImportError(
            "files that end in .safetensors need the package safetensors: pip install safetensors, or save as .npz"
        ) from problem
    return safetensors.numpy


# --- The architecture as data -----------------------------------------------------------------------------------------


def _spec(module: Module) -> dict[str, Any]:
    kind = type(module)
    named = {} if module.name is None else {"name": module.name}
    if isinstance(module, Linear) and kind is Linear:
        return {"kind": "Linear", "n_in": module.n_in, "n_out": module.n_out} | named
    if isinstance(module, Activation) and kind in _NAMES:
        config = {"config": module.config} if module.config else {}
        return {"kind": _NAMES[kind]} | config | named
    if isinstance(module, Sequential | Residual) and kind in _CONTAINERS.values():
        return {"kind": kind.__name__, "layers": [_spec(layer) for layer in module.layers]} | named
    if kind in _LAYERS.values():
        return {"kind": kind.__name__, "config": module.config} | named  # type: ignore[attr-defined]
    raise TypeError(
        f"nn.save knows networks of the layers of nn, {', '.join(_NAMES.values())} in MLP, Sequential and Residual, not "
        f"{kind.__name__}: save its state_dict() with np.savez instead"
    )


def _built(spec: dict[str, Any], arrays: Arrays, path: str, linear: Needed) -> Module:
    """The module that `spec` describes, whose arrays are those whose names begin with `path`.

    A Linear layer is made from its arrays and has their dtypes, so that no size in a file is taken on trust. If they do not fit,
    another stands for it. What it needs is put into `linear`.
    """
    kind = spec["kind"]
    config = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.get("config", {}).items()}
    module: Module
    if kind == "Linear":
        n_in, n_out = spec["n_in"], spec["n_out"]
        own: Needed = {path + "W": ((n_out, n_in), None), path + "b": ((n_out,), None)}
        linear |= own
        if _mismatches({name: arrays[name] for name in own if name in arrays}, own):
            module = Linear(1, 1)
        else:
            W, b = arrays[path + "W"], arrays[path + "b"]
            module = Linear(n_in, n_out, weights=lambda *_: W, biases=lambda *_: b, dtype=None)
    elif kind in ACTIVATIONS:
        module = ACTIVATIONS[kind](**config)
    elif kind in _LAYERS:
        module = _LAYERS[kind](*config.pop("*", ()), **config)
    elif kind in _CONTAINERS:
        module = object.__new__(_CONTAINERS[kind])
        inside = f"{path}inside.layers." if kind == "Residual" else f"{path}layers."
        parts = [_built(s, arrays, f"{inside}{i}.", linear) for i, s in enumerate(spec["layers"])]
        (Residual if kind == "Residual" else Sequential).__init__(module, *parts)  # type: ignore[arg-type]
    else:
        raise ValueError(f"it has a layer of the unknown kind {kind!r}")
    module.name = spec.get("name")
    return module


def _mismatches(arrays: Arrays, needed: Needed) -> list[str]:
    """All in which arrays are not what is needed."""
    problems = [f"{name} is missing" for name in needed if name not in arrays]
    for name, array in arrays.items():
        if name not in needed:
            problems.append(f"{name} is not among the parameters")
            continue
        shape, dtype = needed[name]
        if array.shape != shape:
            problems.append(f"{name} has shape {array.shape}, needs {shape}")
        if (array.dtype.kind != "f") if dtype is None else (array.dtype != dtype):
            problems.append(f"{name} has dtype {array.dtype}, needs {dtype or 'a floating one'}")
    return problems
