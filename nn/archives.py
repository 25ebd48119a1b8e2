"""Arrays by name in an .npz file, as np.savez writes them; read without pickle, and only as large as the file is."""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import quote, unquote

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

_NAMES = {
    character: quote(chr(character).encode("utf-8", "surrogatepass"))
    for character in (*range(32), 127, *map(ord, "%\\"), *range(0xD800, 0xE000))
}
"""Characters that a zip file would cut off, change or refuse in a name. Any text is the name of an array."""
_STRAY = "allow_pickle"
"""The argument of np.savez that NumPy 2.0 and 2.1 wrote as an array of this name."""
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def write_arrays(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz. The same arrays make the same bytes."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name.translate(_NAMES)}.npy", "w", force_zip64=True) as entry:
                npy.write_array(entry, np.asanyarray(array), allow_pickle=False)


def read_arrays(content: bytes) -> Arrays:
    """The arrays of an .npz. Raises ValueError or an error of zipfile if it is damaged, or claims more than it holds."""
    arrays: Arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        for entry in entries:
            if entry.compress_type != zipfile.ZIP_STORED:  # compressed, a small file could fill the memory
                raise ValueError(f"{entry.filename} is compressed, which save does not do")
        if sum(max(entry.file_size, entry.compress_size) for entry in entries) > len(content):
            raise ValueError("its entries are longer than the file")  # they would overlap
        for entry in entries:
            name = unquote(entry.filename.removesuffix(".npy"), errors="surrogatepass")
            if name in arrays:
                raise ValueError(f"{name} is in it twice")
            arrays[name] = _array(name, archive.read(entry))
    stray = arrays.get(_STRAY)
    if stray is not None and stray.dtype == bool and stray.shape == ():
        del arrays[_STRAY]
    return arrays


def _array(name: str, content: bytes) -> NDArray[Any]:
    file = io.BytesIO(content)
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"{name} has version {version} of the format .npy")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects, which are not read: allow_pickle=False")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size != len(content) - file.tell():
        raise ValueError(f"{name} has shape {shape} and dtype {dtype}, and {len(content) - file.tell()} bytes")
    file.seek(0)
    array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array
