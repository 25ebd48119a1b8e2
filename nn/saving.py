"""Models as files: parameters as arrays and the architecture as JSON text, in an .npz or .safetensors. No pickle, no code."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from . import layers
from .archives import Arrays, read_arrays, write_arrays
from .building import Room
from .files import StrPath, content_of, replacing
from .layers import ACTIVATIONS, Activation, Linear
from .module import Module
from .sequential import MLP, Residual, Sequential

_ARCHITECTURE, _CHECKSUM = "architecture", "sha256"
_FORMAT = 1
_SMALL = 1_000_000
"""Numbers: 8 MB."""
_CONTAINERS: dict[str, type[Any]] = {"Sequential": Sequential, "MLP": MLP, "Residual": Residual}
_NAMES = {kind: name for name, kind in reversed(ACTIVATIONS.items())}
_LAYERS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in vars(layers).values()
    if isinstance(kind, type) and issubclass(kind, Module) and kind is not Linear and hasattr(kind, "config")
}
Needed = dict[str, tuple[tuple[int, ...], np.dtype[Any] | None]]
"""Shapes and dtypes by name. None stands for any floating dtype."""


def save(module: Module, path: StrPath) -> None:
    """Write a network to a file, from which `load` makes it again. `path` holds all of it, or what it held before.

    The entries are the parameters and buffers by path, such as layers.0.W, and `architecture`, JSON text. Both formats hold
    checksums: the .npz one of every entry, the .safetensors a SHA-256 of all in its `architecture`. Random generators are not in
    the file: those of Dropout start anew.

    Parameters
    ----------
    module : a network of the layers of this package
    path : ending in .safetensors for a file of that kind, which needs the package safetensors; else an .npz is written.
        Nothing is added to the name. Permissions of an existing file, and links to it, stay; a device is written to

    Raises
    ------
    TypeError
        If the network holds something other than the layers of this package; its `state_dict()` can be saved with np.savez
        then, and loaded into a network made by the same code.
    OSError
        If the file cannot be written. It holds what it held before then.

    Examples
    --------
    >>> net = nn.MLP([3, 2], seed=0)
    >>> nn.save(net, "model.npz")
    >>> nn.load("model.npz").sizes
    [3, 2]
    """
    spec = _spec(module)
    arrays = module.state_dict()
    if _built(spec, arrays, "", {}, _room(arrays)).state_dict().keys() != arrays.keys():
        raise TypeError(
            "nn.save cannot tell in a file that a layer is used twice: save the state_dict() with np.savez instead"
        )
    about = {"format": _FORMAT, "module": spec}
    if _is_safetensors(path):
        arrays = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
        text = json.dumps(about | {_CHECKSUM: _checksum(about, arrays)})
        content = _safetensors().save(arrays, {_ARCHITECTURE: text})
        with replacing(path) as file:
            file.write(content)
        return
    with replacing(path) as file:
        write_arrays(file, {_ARCHITECTURE: np.array(json.dumps(about))} | arrays)


def load(path: StrPath) -> Any:
    """The network that `save` wrote, with the same parameters to the last bit.

    Sizes in the file are held against its arrays before memory is taken for them. A .safetensors without a checksum, which
    another program or an earlier version wrote, is read too; a changed weight is not noticed there.

    Parameters
    ----------
    path : the file; what it holds says which of the two formats it is

    Raises
    ------
    OSError
        If the file cannot be read, or is a device or a pipe.
    ValueError
        If it is damaged, or not of this kind or version; with every array that is missing, not known, or of another shape or
        dtype than the architecture says.

    Examples
    --------
    >>> nn.save(nn.MLP([3, 2], seed=0), "model.npz")
    >>> nn.load("model.npz")
    MLP(Linear(3, 2), Sigmoid())
    """
    content = content_of(path)
    safetensors = content[8:9] == b"{" or (_is_safetensors(path) and not content.startswith(b"PK"))
    try:
        text, arrays = _unpacked_safetensors(content) if safetensors else _unpacked(content)
        spec = json.loads(text)
        if spec["format"] != _FORMAT:
            raise ValueError(f"it has format {spec['format']!r}, this version reads format {_FORMAT}")
        about = {"format": _FORMAT, "module": spec["module"]}
        if _CHECKSUM in spec and spec[_CHECKSUM] != _checksum(about, arrays):
            raise ValueError("its checksum is that of other contents")
        linear: Needed = {}
        module = _built(spec["module"], arrays, "", linear, _room(arrays))
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
    arrays = read_arrays(content)
    text = arrays.pop(_ARCHITECTURE)
    if text.shape != () or text.dtype.kind != "U":
        raise ValueError(f"{_ARCHITECTURE} has shape {text.shape} and dtype {text.dtype}, needs a text")
    return str(text), arrays


def _unpacked_safetensors(content: bytes) -> tuple[str, Arrays]:
    arrays = dict(_safetensors().load(content))  # it checks the header and that the arrays fill the file
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header["__metadata__"][_ARCHITECTURE], arrays


def _is_safetensors(path: StrPath) -> bool:
    return Path(path).suffix.lower() == ".safetensors"


def _checksum(about: dict[str, Any], arrays: Arrays) -> str:
    """Of all that a file holds."""
    found = hashlib.sha256(json.dumps(about).encode())
    for name, array in sorted(arrays.items()):
        found.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


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
        return {"kind": "Linear", **module.config} | named
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


def _built(spec: dict[str, Any], arrays: Arrays, path: str, linear: Needed, room: Room) -> Module:
    """The module that `spec` describes, whose arrays are those whose names begin with `path`.

    A Linear layer is made from its arrays and has their dtypes, so that no size in a file is taken on trust. If they do not fit,
    another stands for it. What it needs is put into `linear`.
    """
    kind = spec["kind"]
    config = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.get("config", {}).items()}
    module: Module
    if kind == "Linear":
        n_in, n_out = spec["n_in"], spec["n_out"]
        own: Needed = {path + "W": ((n_out, n_in), None)}
        if spec.get("bias", True):
            own[path + "b"] = (n_out,), None
        linear |= own
        if _mismatches({name: arrays[name] for name in own if name in arrays}, own):
            module = Linear(1, 1, bias=path + "b" in own)
        else:
            W, biased = arrays[path + "W"], path + "b" in own
            module = Linear(
                n_in, n_out, bias=biased, weights=lambda *_: W, biases=lambda *_: arrays[path + "b"], dtype=None
            )
    elif kind in ACTIVATIONS:
        module = ACTIVATIONS[kind](**config)
    elif kind in _LAYERS:
        if np.dtype(config.get("dtype", np.float64)).kind != "f":
            raise ValueError(f"{path.removesuffix('.')} has the dtype {config['dtype']!r}, needs a floating one")
        with room:
            module = _LAYERS[kind](*config.pop("*", ()), **config)
    elif kind in _CONTAINERS:
        module = object.__new__(_CONTAINERS[kind])
        inside = f"{path}inside.layers." if kind == "Residual" else f"{path}layers."
        parts = [_built(s, arrays, f"{inside}{i}.", linear, room) for i, s in enumerate(spec["layers"])]
        (Residual if kind == "Residual" else Sequential).__init__(module, *parts)  # type: ignore[arg-type]
    else:
        raise ValueError(f"it has a layer of the unknown kind {kind!r}")
    module.name = spec.get("name")
    if not isinstance(module.name, str | None):
        raise ValueError(f"the name of a layer is {module.name!r}, needs a text")
    return module


def _room(arrays: Arrays) -> Room:
    """For a network of these arrays, or for a small one that does not fit them, whose mismatches are listed."""
    return Room(max(_SMALL, sum(array.size for array in arrays.values())))


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
