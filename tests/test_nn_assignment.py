"""Assigning to what a module keeps: nothing that is learned leaves a network in silence."""

import copy
import types
from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import partial
from weakref import ref

import numpy as np
import pytest
from cases_layers import CASES

import autograd_lite as ag
import nn


def layers():
    """Every layer that keeps Tensors, once a kind."""
    found = {}
    for make, *_ in CASES.values():
        for _, module in make().named_modules():
            found.setdefault(type(module), module)
    return found.values()


KEPT = [
    pytest.param(module, name, id=f"{type(module).__name__}.{name}")
    for module in layers()
    for name, value in vars(module).items()
    if isinstance(value, nn.Parameter | nn.Buffer)
]
VALUES = {
    "an array": lambda a: a,
    "an array of float32": lambda a: a.astype(np.float32),
    "an array of whole numbers": lambda a: np.rint(a).astype(int),
    "a transposed array": lambda a: np.ascontiguousarray(a.T).T,
    "a read-only array": lambda a: np.broadcast_to(a, a.shape),
    "a list": lambda a: a.tolist(),
    "a plain Tensor": ag.Tensor,
    "a Tensor computed without a gradient": lambda a: ag.Tensor(a) * 1.0,
    "a Tensor computed under no_grad": lambda a: ag.no_grad()(lambda: nn.Parameter(a) * 1.0)(),
    "what was detached": lambda a: (nn.Parameter(a) * 1.0).detach(),
}
BAD = {
    "another shape": (lambda a: np.ones((*a.shape, 2)), ValueError, "shape"),
    "one number": (lambda a: 1.0, ValueError, "shape"),
    "None": (lambda a: None, TypeError, "array of real numbers"),
    "text": (lambda a: "a", TypeError, "array of real numbers"),
    "complex numbers": (lambda a: a + 1j, TypeError, "complex"),
    "objects": (lambda a: a.astype(object), TypeError, "object"),
    "a dict": (lambda a: {}, TypeError, "array of real numbers"),
    "a ragged list": (lambda a: [[1.0], [1.0, 2.0]], TypeError, "array of real numbers"),
    "a module": (lambda a: nn.ReLU(), TypeError, "object"),
    "a computed Tensor": (lambda a: nn.Parameter(a) * 2.0, TypeError, r"no_grad.*nn\.(Parameter|Buffer)"),
}


@pytest.mark.parametrize("how", [setattr, lambda m, k, v: m.__setattr__(k, v)], ids=["setattr", "the method"])
@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("module", "name"), KEPT)
def test_a_value_that_is_assigned_becomes_the_value_of_what_was_there(module, name, kind, how):
    module = copy.deepcopy(module)
    held, before = getattr(module, name), dict(module.state_dict())
    new = np.rint(np.random.default_rng(0).random(held.shape) * 8) + 1
    how(module, name, VALUES[kind](new))
    assert getattr(module, name) is held and held.dtype == before[name].dtype
    assert np.array_equal(held.numpy(), new) and module.state_dict().keys() == before.keys()
    assert held.is_leaf and held.requires_grad == isinstance(held, nn.Parameter)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize(("module", "name"), KEPT)
def test_what_cannot_be_the_value_is_refused_and_changes_nothing(module, name, kind):
    value, error, words = BAD[kind]
    held, before = getattr(module, name), module.state_dict()
    with pytest.raises(error, match=f"{name} of {type(module).__name__}.*{words}"):
        setattr(module, name, value(held.numpy()))
    assert getattr(module, name) is held
    assert all(np.array_equal(a, before[k]) for k, a in module.state_dict().items())


@pytest.mark.parametrize(("module", "name"), KEPT)
def test_the_value_is_a_copy(module, name):
    array = np.ones(getattr(module, name).shape)
    setattr(module, name, array)
    array[...] = 7.0
    assert np.all(getattr(module, name).numpy() == 1.0)


@pytest.mark.parametrize(
    ("module", "name"), [case for case in KEPT if case.values[1] in case.values[0].parameter_names]
)
def test_what_bypasses_the_module_is_noticed_where_parameters_are_asked_for(module, name):
    module = copy.deepcopy(module)
    vars(module)[name] = getattr(module, name).numpy()
    with pytest.raises(TypeError, match=f"{name} of {type(module).__name__}"):
        module.parameters()


def test_another_parameter_takes_the_place_and_the_name_of_the_first():
    net = nn.MLP([2, 3, 1], seed=0)
    new = nn.Parameter(np.ones((3, 2)))
    net.layers[0].W = new
    assert net.parameters()[0] is new and (new.name, new.scope) == ("W1", ("layer 1",))


def test_two_layers_can_share_a_parameter():
    net = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Linear(2, 2, seed=1))
    net.layers[1].W = net.layers[0].W
    assert len(net.parameters()) == 3 and net.parameters()[0].name == "W1"


def test_fit_refuses_an_optimizer_of_a_parameter_that_was_replaced():
    net = nn.MLP([2, 3, 1], seed=0)
    optimizer = nn.SGD(net.parameters(), 0.1)
    net.layers[0].W = nn.Parameter(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"optimizer.*W of Linear.*replaced"):
        nn.fit(net, (np.ones((4, 2)), np.ones((4, 1))), optimizer=optimizer, epochs=1, progress=False)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_step_learns_from_a_value_that_was_assigned(compiled):
    net = nn.MLP([2, 1], seed=0, output="identity")
    step = nn.make_step(net, nn.quadratic_cost, nn.SGD(net.parameters(), 0.5), compiled)
    x, y = np.array([[1.0, 2.0]]), np.array([[0.0]])
    step(x, y)
    net.layers[0].W, net.layers[0].b = np.array([[1.0, -1.0]]), [0.0]
    assert step(x, y) == 0.5  # ½ (1 − 2)²
    np.testing.assert_allclose(net.layers[0].W.numpy(), [[1.5, 0.0]])


class Holder(nn.Module):
    def __init__(self, inside):
        self.inside = inside

    def forward(self, x):
        return x


@dataclass
class Pair:
    a: object
    b: object


@dataclass(slots=True)
class Slotted:
    a: object
    b: object


class Plain:
    def __init__(self, *inside):
        self.inside = inside


def objects(*parts):
    array = np.empty((2, 1), object)
    for i, part in enumerate(parts):
        array[i, 0] = part
    return array


A, B = nn.Linear(2, 2, seed=0), nn.Linear(2, 2, seed=1)
W, V = nn.Parameter([1.0]), nn.Parameter([2.0])
FOUND = {
    "a list": lambda a, b: [a, b],
    "lists in tuples": lambda a, b: ([a], ([b],)),
    "a dict": lambda a, b: {"a": a, "b": b},
    "tuples in a dict": lambda a, b: {"a": (a, b)},
    "an ordered dict": lambda a, b: OrderedDict(a=a, b=b),
    "a mapping proxy": lambda a, b: types.MappingProxyType({"a": a, "b": b}),
    "a deque": lambda a, b: deque([a, b]),
    "a dataclass": Pair,
    "a dataclass with slots": Slotted,
    "a namespace": lambda a, b: types.SimpleNamespace(a=a, b=b),
    "a partial": lambda a, b: partial(print, a, b),
    "an object array": objects,
    "a named tuple": lambda a, b: nn.Standardizer(a, b),
    "a module": lambda a, b: Holder([a, b]),
}
REFUSED = {
    "a set": lambda a, b: {a, b},
    "a frozenset": lambda a, b: frozenset([a, b]),
    "an object": Plain,
    "objects in a list": lambda a, b: [Plain(a), Plain(b)],
    "a generator": lambda a, b: (one for one in [a, b]),
    "a map": lambda a, b: map(id, [a, b]),
    "an iterator": lambda a, b: iter([a, b]),
    "values of a dict": lambda a, b: {"a": a, "b": b}.values(),
    "keys of a dict": lambda a, b: {a: 1, b: 2},
    "a set in a dict": lambda a, b: {"a": {a, b}},
    "a bound method": lambda a, b: Plain(a, b).__init__,
}


@pytest.mark.parametrize("parts", [(A, B), (W, V)], ids=["modules", "parameters"])
@pytest.mark.parametrize("make", FOUND.values(), ids=FOUND)
def test_what_is_in_a_container_is_found_in_its_order(make, parts):
    holder = Holder(make(*parts))
    assert [p for one in parts for p in (one.parameters() if one is A or one is B else [one])] == holder.parameters()
    names = [name for name, _ in holder.named_parameters()]
    assert len(set(names)) == len(names) and all(name.startswith("inside.") for name in names)


def class_with(*bases, inherited=False, **attributes):
    """A class whose own attributes are these, or those of its base."""
    made = type("Made", bases, attributes)
    return type("Derived", (made,), {}) if inherited else made


def inside_another(a, b):
    outer = class_with()()
    outer.inner = class_with(a=a, b=b)()
    return outer


REFUSED |= {
    "attributes of the class": lambda a, b: class_with(a=a, b=b)(),
    "inherited attributes of the class": lambda a, b: class_with(inherited=True, a=a, b=b)(),
    "a list of the class": lambda a, b: class_with(layers=[a, b])(),
    "the class of an object with slots": lambda a, b: class_with(__slots__=("c",), a=a, b=b)(),
    "the class of an object inside another": inside_another,
    "the class of a dict": lambda a, b: class_with(dict, a=a, b=b)(),
    "the class of a dataclass": lambda a, b: dataclass(class_with(a=a, b=b))(),
    "a class": lambda a, b: class_with(a=a, b=b),
}


@pytest.mark.parametrize("parts", [(A, B), (W, V)], ids=["modules", "parameters"])
@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_is_hidden_elsewhere_is_refused_by_name(make, parts):
    holder = Holder(make(*parts))
    with pytest.raises(TypeError, match=r"inside.* of this Holder holds .*list, tuple, dict, deque"):
        holder.parameters()
    with pytest.raises(TypeError, match="of this Holder holds"):
        holder.eval()


@pytest.mark.parametrize(
    "make", [*REFUSED.values(), ref, lambda a: lambda: a], ids=[*REFUSED, "a reference", "a function"]
)
def test_what_is_found_elsewhere_may_be_hidden_too(make):
    holder = Holder([A, B])
    holder.other = make(A, B) if make in REFUSED.values() else make(A)
    assert len(holder.parameters()) == 4


def test_what_a_function_or_a_weak_reference_speaks_of_is_no_part():
    holder = Holder([A])
    holder.teacher, holder.friend = (lambda: B), ref(B)
    assert holder.parameters() == A.parameters()


def test_a_layer_of_the_class_is_refused():
    class Shared(nn.Module):
        layer = A

    with pytest.raises(TypeError, match="layer of this Shared holds Linear"):
        Shared().parameters()


def test_slots_of_a_module_are_searched():
    class Slots(nn.Module):
        __slots__ = ("layer",)

        def __init__(self):
            self.layer = A

    assert Slots().parameters() == A.parameters()


@pytest.mark.parametrize("value", [np.tanh, np.ones(2), "a", [1.0], {}], ids=repr)
@pytest.mark.parametrize("held", [A, [A], {"a": W}], ids=["a module", "modules", "parameters"])
def test_something_else_in_the_place_of_modules_or_parameters_is_refused(held, value):
    holder = Holder(held)
    with pytest.raises(TypeError, match=r"inside of Holder holds .* would be lost"):
        holder.inside = value
    assert holder.inside is held


@pytest.mark.parametrize("value", [None, nn.ReLU(), [nn.ReLU()]], ids=repr)
def test_a_module_may_be_replaced_by_another_or_by_none(value):
    holder = Holder(A)
    holder.inside = value
    assert holder.inside is value


def test_a_network_with_data_and_plain_objects_is_searched_quickly():
    holder = Holder([A])
    holder.data, holder.options = [Plain(i) for i in range(50_000)], Plain(np.ones(3), "text", {"a": 1})
    assert holder.parameters() == A.parameters()
