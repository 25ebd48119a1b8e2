"""Networks whose layers follow one another."""

import copy
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite import Tensor, scope
from autograd_lite.compiler.parts import Part
from autograd_lite.compiler.reach import shape
from autograd_lite.mode import Switch

from .arguments import generator, short, whole
from .initializers import Initializer, normal, scaled_normal
from .layers import ACTIVATIONS, Activation, Convolution, Linear, Seed
from .module import Module, Parameter

ActivationLike: TypeAlias = str | type[Module] | Module


class Sequential(Module):
    """Modules that are applied one after the other.

    Those with parameters are numbered from 1 on, also through Sequentials inside this one. The k-th, and the
    activations after it, run within the scope "layer k", or its own name; its parameters are named Wk and bk, its
    weighted input zk, its activation ak. The layers are fixed: make another Sequential of other layers.

    Raises TypeError for what is not a module, ValueError if there is none.
    """

    def __init__(self, *layers: Module):
        for layer in layers:
            if not isinstance(layer, Module):
                hint = f"; write {layer.__name__}()" if isinstance(layer, type) and issubclass(layer, Module) else ""
                raise TypeError(f"Sequential takes modules, got {layer!r}{hint}")
        if not layers:
            raise ValueError("Sequential needs at least one module")
        self._layers = layers
        self._plan = Plan(layers)

    def _attributes(self) -> Iterable[tuple[str, Any]]:
        shown = ((key, value) for key, value in super()._attributes() if key != "_plan")
        return (("layers" if key == "_layers" else key, value) for key, value in shown)

    @property
    def layers(self) -> tuple[Module, ...]:
        """The modules, from the input on."""
        return self._layers

    @property
    def innermost(self) -> list[Module]:
        """The layers in the order in which they run, with those of a Sequential among them in its place."""
        return [layer for _, steps in self._plan.groups for layer, _ in steps]

    def outputs(self, x: Any) -> list[Tensor]:
        """What every layer of `innermost` returns, from the first on.

        x : (n, n_in), or (n_in,) for one example. One image or sequence, without n, runs as a batch of one from the first layer
            on that takes batches of one more axis; all results from there on are of that batch, but for the last
        """
        if not isinstance(x, Tensor):
            x = Tensor(x, name="x")
        results = []
        single = False
        for around, steps in self._plan.groups:
            with around:
                for layer, name in steps:
                    batch_ndim = layer.batch_ndim
                    if batch_ndim is not None and not single and isinstance(x, Tensor) and x.ndim == batch_ndim - 1:
                        x, single = x[None], True  # what follows need not tell one example from many
                    x = layer.forward(x)
                    if name is not None:
                        x.name = name
                    results.append(x)
        if single:
            results[-1] = results[-1][0]
        return results

    def forward(self, x: Any) -> Tensor:
        """What the last layer returns."""
        return self.outputs(x)[-1]

    @property
    def batch_ndim(self) -> int | None:
        """That of the first layer."""
        return self.layers[0].batch_ndim

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"


class Plan:
    """How the layers of a Sequential are run: in groups that share a scope, each layer with the name of its result."""

    __slots__ = "groups", "layers"

    def __init__(self, layers: tuple[Module, ...]):
        self.layers = layers
        self.groups: list[tuple[Switch, list[tuple[Module, str | None]]]] = []
        number = 0
        named: set[int] = set()
        for layer in _innermost(layers):
            parameters = layer.parameters()
            number += bool(parameters)
            title = layer.name or f"layer {number}"
            if parameters or layer.name or not self.groups:
                self.groups.append((scope(title), []))
            self.groups[-1][1].append((layer, _result_name(layer, number)))
            if id(layer) not in named:
                named.add(id(layer))  # where a layer is used twice its parameters keep the first number
                for key, p in vars(layer).items():
                    if isinstance(p, Parameter):
                        p.name, p.scope = f"{key}{number}", (title,)

    def __reduce__(self) -> Any:
        return Plan, (self.layers,)


shape(Plan, lambda plan, _: [Part(".", "layers", plan.layers)])  # the rest follows from it


def _innermost(layers: Iterable[Module]) -> list[Module]:
    """The layers, with those of each Sequential in its place, unless it has a name or a forward of its own."""
    found: list[Module] = []
    waiting = list(layers)[::-1]
    while waiting:
        layer = waiting.pop()
        if isinstance(layer, Sequential) and layer.name is None and type(layer).forward is Sequential.forward:
            waiting.extend(reversed(layer.layers))
        else:
            found.append(layer)
    return found


def _result_name(layer: Module, number: int) -> str | None:
    return (
        f"z{number}"
        if isinstance(layer, Linear | Convolution)
        else f"a{number}"
        if isinstance(layer, Activation)
        else None
    )


class Residual(Module):
    """x + f(x), where f is the layers given, one after the other; they must keep the shape.

    Raises ValueError if they do not. Source: He et al., 2016, Deep residual learning for image recognition.
    """

    def __init__(self, *layers: Module):
        self.inside = Sequential(*layers)

    @property
    def layers(self) -> tuple[Module, ...]:
        """The modules, from the input on."""
        return self.inside.layers

    def forward(self, x: Any) -> Tensor:
        """x + f(x)."""
        if not isinstance(x, Tensor):
            x = Tensor(x, name="x")
        change = self.inside(x)
        if change.shape != x.shape:
            raise ValueError(
                f"{self!r} got x of shape {x.shape}, and its layers made {change.shape} of it: they must keep it"
            )
        return x + change  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Residual({', '.join(map(repr, self.layers))})"


class MLP(Sequential):
    """A multi-layer perceptron: every layer is a Linear and an activation.

    sizes : neurons a layer from the input on, such as [784, 30, 10]
    activation : of the hidden layers: a name ("sigmoid", "tanh", "relu", "gelu", ..., "identity"), a Module class, or a
        Module, of which every layer gets a copy; or a list with one of these for each hidden layer
    output : activation of the last layer, likewise
    weights, biases, seed, dtype : as for `Linear`; by default weights are N(0, 1)/sqrt(n_in) and biases N(0, 1), as in
        the book

    Raises ValueError for fewer than two sizes, a size below 1, an unknown name, or a list of activations that is too
    long or short.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: ActivationLike | Sequence[ActivationLike] = "sigmoid",
        output: ActivationLike = "sigmoid",
        weights: Initializer = scaled_normal,
        biases: Initializer = normal,
        seed: Seed = None,
        dtype: DTypeLike = np.float64,
    ):
        sizes = _sizes(sizes)
        hidden = list(activation) if isinstance(activation, list | tuple) else [activation] * (len(sizes) - 2)
        if len(hidden) != len(sizes) - 2:
            raise ValueError(
                f"got {len(hidden)} activations for {len(sizes) - 2} hidden layers, needs one for all or for each"
            )
        rng = generator(seed)
        layers: list[Module] = []
        for (n_in, n_out), kind in zip(pairwise(sizes), [*hidden, output], strict=True):
            layers.append(Linear(n_in, n_out, weights=weights, biases=biases, seed=rng, dtype=dtype))
            layers.append(_activation(kind))
        super().__init__(*layers)

    @property
    def sizes(self) -> list[int]:
        """Neurons a layer, from the input on."""
        linear = [layer for layer in self.layers if isinstance(layer, Linear)]
        return [linear[0].n_in, *(layer.n_out for layer in linear)]


def _sizes(sizes: Any) -> list[int]:
    needed = "needs neurons per layer, such as [784, 30, 10]: at least an input and an output layer, each of at least 1 neuron"
    if isinstance(sizes, str | bytes | dict | set) or not isinstance(sizes, Iterable):
        raise TypeError(f"sizes is {short(sizes)}, {needed}")
    listed = list(sizes)
    try:
        listed = [whole("sizes", n, 1) for n in listed]
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"sizes is {short(listed)}, {needed}") from None
    if len(listed) < 2:
        raise ValueError(f"sizes is {listed}, {needed}")
    return listed


def _activation(kind: Any) -> Module:
    if isinstance(kind, str) and kind in ACTIVATIONS:
        return ACTIVATIONS[kind]()
    if isinstance(kind, Module):
        return copy.deepcopy(kind)
    if isinstance(kind, type) and issubclass(kind, Module):
        return kind()
    raise ValueError(
        f"unknown activation {kind!r}: give one of {', '.join(ACTIVATIONS)}, or a Module class or instance"
    )
