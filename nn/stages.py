"""A network of layers taken apart: what goes into every layer of neurons, its weighted inputs, what comes out."""

from typing import Any, NamedTuple

from numpy.typing import ArrayLike, NDArray

from autograd_lite import Tensor

from .layers import Linear
from .module import Module
from .plain_arrays import plain_array
from .sequential import Sequential


class Stage(NamedTuple):
    """One layer of neurons, for the examples the network was run on."""

    title: str
    """The layer's name: "layer 2"."""
    linear: Linear
    activations: tuple[Module, ...]
    """What is applied to z, usually one module."""
    a_in: Tensor
    z: Tensor
    a: Tensor


def stages(net: Sequential, x: ArrayLike, caller: str) -> list[Stage]:
    """Run `net` on x of shape (n, n_in) and take it apart.

    Raises TypeError, in the name of `caller`, for a network that is not made of Linear layers, each followed by modules
    without parameters that keep the shape.
    """
    if not isinstance(net, Sequential):
        raise TypeError(f"{caller} takes an MLP or a Sequential, not {type(net).__name__}")
    a = Tensor(plain_array("x", x), name="x")
    found: list[Stage] = []
    for module, result in zip(net.innermost, net.outputs(a), strict=True):
        if isinstance(module, Linear):
            title = module.W.scope[-1] if module.W.scope else f"layer {len(found) + 1}"
            found.append(Stage(title, module, (), a, result, result))
        elif module.parameters() or result.shape != a.shape:
            raise TypeError(f"{caller} knows Linear layers and functions of single neurons; {module!r} is neither")
        elif found:
            found[-1] = found[-1]._replace(activations=(*found[-1].activations, module), a=result)
        a = result
    if not found:
        raise TypeError(f"{caller} needs a network with a Linear layer, got {net!r}")
    return found


def rows_of(x: Any) -> NDArray[Any]:
    """Examples as rows: a single one becomes a row."""
    array = plain_array("x", x)
    return array[None] if array.ndim == 1 else array


def parameter_names(net: Module) -> dict[str, Tensor]:
    """Every parameter by its own name, such as "W2", or by its path where it has none or another has the same."""
    named = net.named_parameters()
    names = [p.name for _, p in named]
    return {p.name if p.name and names.count(p.name) == 1 else path: p for path, p in named}


def layer_of(name: str, p: Tensor) -> str:
    """The layer a parameter belongs to: the scope it was given, or the path of the module that holds it."""
    return p.scope[-1] if p.scope else name.rpartition(".")[0] or name
