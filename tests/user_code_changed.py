"""User code that reads something besides its arguments, which is changed between two steps."""

import argparse
import contextvars
import dataclasses
import enum
import fractions
import functools
import os
import sys
import types
import weakref
from collections import OrderedDict, UserDict, deque, namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

import autograd_lite as ag
import nn
from tests.user_code import Layer, Made, changed, layer

BETA = 0.0
TABLE = {"beta": 0.0}
BOX = types.SimpleNamespace(inner=types.SimpleNamespace(v=1.0))
MODULE = types.ModuleType("settings")
VARIABLE = contextvars.ContextVar("scale", default=1.0)
LOCAL = __import__("threading").local()


def helper(z):
    return z


class Config:
    scale = 1.0

    def __init__(self, **values):
        self.__dict__.update(values)


class Slotted:
    __slots__ = ("v",)

    def __init__(self, v):
        self.v = v


@dataclass
class Options:
    scale: float = 1.0
    inside: object = None
    extra: dict = field(default_factory=dict)


def at(k, change):
    """A change before the third step, and back before the fifth."""
    return lambda now: change(2.0) if now == k else change(1.0) if now == 4 else None


def attribute(name, make, change, read):
    """A case of a layer that multiplies with `read(self)`, after `change(layer, value)`. make : what stands in `self.cfg`"""

    def case():
        made = layer(lambda self, z: z * read(self), cfg=make())
        return Made(made, between=at(2, lambda v: change(made, v)))

    case.__name__ = name
    return changed(case)


Pair = namedtuple("Pair", "a b")


class Named(NamedTuple):
    v: float


class Mode(enum.Enum):
    ONE = 1.0
    TWO = 2.0


class Items(dict):
    """A dict of ones own."""

    def __getitem__(self, key):
        return super().__getitem__(key) * 1.0


class Described:
    """A descriptor that keeps its value in the object."""

    def __get__(self, thing, owner=None):
        return thing._scale

    def __set__(self, thing, value):
        thing._scale = value


class WithDescriptor:
    scale = Described()


class Answering:
    """Answers for attributes that it has not."""

    def __init__(self):
        self.store = {"scale": 1.0}

    def __getattr__(self, name):
        return self.store[name]


def put(target, name):
    return lambda self, v: setattr(target(self), name, v)


def item(key):
    return lambda self, v: self.cfg.__setitem__(key, v)


attribute("an_attribute", lambda: 1.0, lambda s, v: setattr(s, "cfg", v), lambda s: s.cfg)
attribute("an_attribute_by_vars", lambda: 1.0, lambda s, v: vars(s).update(cfg=v), lambda s: s.cfg)
attribute("an_attribute_by_dict", lambda: 1.0, lambda s, v: s.__dict__.__setitem__("cfg", v), lambda s: s.cfg)
attribute("an_attribute_by_object", lambda: 1.0, lambda s, v: object.__setattr__(s, "cfg", v), lambda s: s.cfg)
attribute(
    "a_dict_of_attributes", lambda: 1.0, lambda s, v: setattr(s, "__dict__", vars(s) | {"cfg": v}), lambda s: s.cfg
)
attribute("an_object", Config, put(lambda s: s.cfg, "scale"), lambda s: s.cfg.scale)
attribute(
    "an_object_in_an_object", lambda: Config(inner=Config()), put(lambda s: s.cfg.inner, "scale"),
    lambda s: s.cfg.inner.scale,
)  # fmt: skip
attribute(
    "three_namespaces", lambda: types.SimpleNamespace(a=types.SimpleNamespace(b=types.SimpleNamespace(v=1.0))),
    put(lambda s: s.cfg.a.b, "v"), lambda s: s.cfg.a.b.v,
)  # fmt: skip
attribute("slots", lambda: Slotted(1.0), put(lambda s: s.cfg, "v"), lambda s: s.cfg.v)
attribute("slots_in_slots", lambda: Slotted(Slotted(1.0)), put(lambda s: s.cfg.v, "v"), lambda s: s.cfg.v.v)
attribute("a_dataclass", Options, put(lambda s: s.cfg, "scale"), lambda s: s.cfg.scale)
attribute(
    "a_dict_in_a_dataclass", lambda: Options(extra={"v": 1.0}), lambda s, v: s.cfg.extra.update(v=v),
    lambda s: s.cfg.extra["v"],
)  # fmt: skip
attribute("a_dict", lambda: {"v": 1.0}, item("v"), lambda s: s.cfg["v"])
attribute("a_dict_in_a_dict", lambda: {"a": {"b": 1.0}}, lambda s, v: s.cfg["a"].update(b=v), lambda s: s.cfg["a"]["b"])
attribute("a_list", lambda: [1.0], item(0), lambda s: s.cfg[0])
attribute("a_list_in_a_list", lambda: [[1.0]], lambda s, v: s.cfg[0].__setitem__(0, v), lambda s: s.cfg[0][0])
attribute("a_list_in_a_tuple", lambda: ([1.0],), lambda s, v: s.cfg[0].__setitem__(0, v), lambda s: s.cfg[0][0])
attribute("a_long_list", lambda: [1.0] * 100, item(70), lambda s: sum(s.cfg) / 100)
attribute("the_length_of_a_list", lambda: [1], lambda s, v: s.cfg.append(v), lambda s: float(len(s.cfg)))
attribute(
    "the_order_of_a_dict",
    lambda: {"a": 1.0, "b": 2.0},
    lambda s, v: s.cfg.update(a=s.cfg.pop("a")),
    lambda s: next(iter(s.cfg.values())),
)
attribute("a_set", set, lambda s, v: s.cfg.add(v), lambda s: 1.0 + len(s.cfg))
attribute("a_deque", lambda: deque([1.0]), item(0), lambda s: s.cfg[0])
attribute("an_ordered_dict", lambda: OrderedDict(v=1.0), item("v"), lambda s: s.cfg["v"])
attribute("a_dict_of_ones_own", lambda: Items(v=1.0), item("v"), lambda s: s.cfg["v"])
attribute("a_user_dict", lambda: UserDict(v=1.0), item("v"), lambda s: s.cfg["v"])
attribute(
    "a_view_of_a_dict",
    lambda: (d := {"v": 1.0}, types.MappingProxyType(d)),
    lambda s, v: s.cfg[0].update(v=v),
    lambda s: s.cfg[1]["v"],
)
attribute(
    "a_named_tuple", lambda: Pair(1.0, 2.0), lambda s, v: setattr(s, "cfg", s.cfg._replace(a=v)), lambda s: s.cfg.a
)
attribute("a_typed_named_tuple", lambda: Named(1.0), lambda s, v: setattr(s, "cfg", Named(v)), lambda s: s.cfg.v)
attribute("an_enum", lambda: Mode.ONE, lambda s, v: setattr(s, "cfg", Mode(v)), lambda s: s.cfg.value)
attribute("an_array_of_numbers", lambda: np.ones(1), item(0), lambda s: float(s.cfg[0]))
attribute("an_array_beside_a_tensor", lambda: np.ones(2), item(0), lambda s: s.cfg)
attribute(
    "an_array_that_is_replaced", lambda: np.ones(2), lambda s, v: setattr(s, "cfg", np.full(2, v)), lambda s: s.cfg
)
attribute("an_array_in_a_list", lambda: [np.ones(2)], lambda s, v: s.cfg[0].fill(v), lambda s: s.cfg[0].sum())
attribute("an_array_of_objects", lambda: np.array([1.0, None], dtype=object), item(0), lambda s: s.cfg[0])
attribute(
    "a_list_in_an_array_of_objects",
    lambda: np.array([[1.0], None], dtype=object),
    lambda s, v: s.cfg[0].__setitem__(0, v),
    lambda s: s.cfg[0][0],
)
attribute("a_large_array", lambda: np.ones(100_000), item(77_777), lambda s: s.cfg[77_777])
attribute(
    "a_view_of_an_array",
    lambda: (a := np.ones(4), a[::2]),
    lambda s, v: s.cfg[0].__setitem__(2, v),
    lambda s: float(s.cfg[1][1]),
)
attribute(
    "a_read_only_view",
    lambda: (a := np.ones(4), np.broadcast_to(a, (3, 4))),
    lambda s, v: s.cfg[0].__setitem__(2, v),
    lambda s: float(s.cfg[1][1, 2]),
)
attribute(
    "a_memory_view",
    lambda: memoryview(bytearray(b"\x01\x01")),
    lambda s, v: s.cfg.__setitem__(0, int(v)),
    lambda s: float(s.cfg[0]),
)
attribute(
    "bytes_in_place", lambda: bytearray(b"\x01"), lambda s, v: s.cfg.__setitem__(0, int(v)), lambda s: float(s.cfg[0])
)
attribute(
    "a_weak_reference",
    lambda: (o := Config(), weakref.ref(o)),
    lambda s, v: setattr(s.cfg[0], "scale", v),
    lambda s: s.cfg[1]().scale,
)
attribute(
    "a_proxy",
    lambda: (o := Config(), weakref.proxy(o)),
    lambda s, v: setattr(s.cfg[0], "scale", v),
    lambda s: s.cfg[1].scale,
)
attribute(
    "a_partial",
    lambda: functools.partial(lambda a, b: a * b[0], 1.0, [1.0]),
    lambda s, v: s.cfg.args[1].__setitem__(0, v),
    lambda s: s.cfg(),
)
attribute(
    "the_keywords_of_a_partial",
    lambda: functools.partial(lambda a=1.0: a, a=1.0),
    lambda s, v: s.cfg.keywords.update(a=v),
    lambda s: s.cfg(),
)
attribute(
    "a_function_with_default",
    lambda: lambda v=1.0: v,
    lambda s, v: setattr(s.cfg, "__defaults__", (v,)),
    lambda s: s.cfg(),
)
attribute(
    "a_function_with_keyword_default",
    lambda: lambda *, v=1.0: v,
    lambda s, v: s.cfg.__kwdefaults__.update(v=v),
    lambda s: s.cfg(),
)
attribute(
    "the_code_of_a_function",
    lambda: lambda: 1.0,
    lambda s, v: setattr(s.cfg, "__code__", (lambda: 1.0).__code__ if v == 1 else (lambda: 2.0).__code__),
    lambda s: s.cfg(),
)
attribute(
    "an_attribute_of_a_function",
    lambda: lambda: 1.0,
    lambda s, v: setattr(s.cfg, "k", v),
    lambda s: getattr(s.cfg, "k", 1.0),
)
attribute(
    "a_descriptor",
    lambda: (w := WithDescriptor(), setattr(w, "scale", 1.0)),
    lambda s, v: setattr(s.cfg[0], "scale", v),
    lambda s: s.cfg[0].scale,
)
attribute("an_object_that_answers", Answering, lambda s, v: s.cfg.store.update(scale=v), lambda s: s.cfg.scale)
attribute(
    "a_name_that_is_computed",
    lambda: Config(w1=1.0),
    lambda s, v: setattr(s.cfg, "w1", v),
    lambda s: getattr(s.cfg, f"w{1}"),
)
attribute(
    "vars_of_an_object", lambda: Config(w1=1.0), lambda s, v: setattr(s.cfg, "w1", v), lambda s: vars(s.cfg)["w1"]
)
attribute(
    "the_sign_of_zero",
    lambda: 0.0,
    lambda s, v: setattr(s, "cfg", -0.0 if v == 2 else 0.0),
    lambda s: float(np.copysign(1.0, s.cfg)),
)
attribute(
    "true_for_one",
    lambda: 1,
    lambda s, v: setattr(s, "cfg", True if v == 2 else 1),
    lambda s: 2.0 if s.cfg is True else 1.0,
)
attribute(
    "a_string",
    lambda: "one",
    lambda s, v: setattr(s, "cfg", "two" if v == 2 else "one"),
    lambda s: {"one": 1.0, "two": 2.0}[s.cfg],
)
attribute(
    "a_class",
    lambda: Config,
    lambda s, v: setattr(s, "cfg", Config if v == 1 else type("Other", (), {"scale": 2.0})),
    lambda s: s.cfg.scale,
)
attribute(
    "the_class_of_an_object",
    Config,
    lambda s, v: setattr(s.cfg, "__class__", Config if v == 1 else type("Other", (Config,), {"scale": 2.0})),
    lambda s: s.cfg.scale,
)
attribute(
    "whether_an_attribute_is_there",
    Config,
    lambda s, v: vars(s.cfg).update(more=1) if v == 2 else vars(s.cfg).clear(),
    lambda s: 2.0 if hasattr(s.cfg, "more") else 1.0,
)


@changed
def a_global_number():
    def change(v):
        global BETA
        BETA = v

    change(0.0)
    return Made(nn.MLP([3, 2], seed=0), lambda a, y: nn.quadratic_cost(a, y) * (1.0 + BETA), between=change)


@changed
def a_global_dict():
    TABLE["beta"] = 0.0
    return Made(
        nn.MLP([3, 2], seed=0),
        lambda a, y: nn.quadratic_cost(a, y) + TABLE["beta"],
        between=lambda k: TABLE.update(beta=k),
    )


@changed
def a_global_namespace():
    BOX.inner.v = 1.0
    return Made(
        nn.MLP([3, 2], seed=0), lambda a, y: nn.quadratic_cost(a, y) * BOX.inner.v,
        between=at(2, lambda v: setattr(BOX.inner, "v", v)),
    )  # fmt: skip


@changed
def an_attribute_of_a_module():
    MODULE.scale = 1.0
    return Made(
        nn.MLP([3, 2], seed=0), lambda a, y: nn.quadratic_cost(a, y) * MODULE.scale,
        between=at(2, lambda v: setattr(MODULE, "scale", v)),
    )  # fmt: skip


@changed
def a_module_that_is_imported_inside():
    sys.modules["tests_settings"] = MODULE
    MODULE.scale = 1.0

    def cost(a, y):
        import tests_settings

        return nn.quadratic_cost(a, y) * tests_settings.scale

    return Made(nn.MLP([3, 2], seed=0), cost, between=at(2, lambda v: setattr(MODULE, "scale", v)))


@changed
def a_name_that_is_imported_inside():
    sys.modules["tests_settings"] = MODULE
    MODULE.scale = 1.0

    def cost(a, y):
        from tests_settings import scale

        return nn.quadratic_cost(a, y) * scale

    return Made(nn.MLP([3, 2], seed=0), cost, between=at(2, lambda v: setattr(MODULE, "scale", v)))


@changed
def a_closure():
    beta = 0.0

    def change(v):
        nonlocal beta
        beta = v

    return Made(nn.MLP([3, 2], seed=0), lambda a, y: nn.quadratic_cost(a, y) + beta, between=change)


@changed
def a_closure_in_a_closure():
    beta = 0.0

    def outer():
        def inner():
            return beta

        return inner

    inner = outer()

    def change(v):
        nonlocal beta
        beta = v

    return Made(nn.MLP([3, 2], seed=0), lambda a, y: nn.quadratic_cost(a, y) + inner(), between=change)


@changed
def an_object_of_a_closure():
    box = Config()
    return Made(
        nn.MLP([3, 2], seed=0), lambda a, y: nn.quadratic_cost(a, y) * box.scale,
        between=at(2, lambda v: setattr(box, "scale", v)),
    )  # fmt: skip


@changed
def a_class_attribute():
    class Own(Layer):
        scale = 1.0

        def forward(self, x):
            return self.inner(x) * self.scale

    return Made(Own(), between=at(2, lambda v: setattr(Own, "scale", v)))


@changed
def a_class_attribute_that_an_object_hides():
    class Own(Layer):
        scale = 1.0

        def forward(self, x):
            return self.inner(x) * self.scale

    made = Own()
    return Made(made, between=lambda k: setattr(made, "scale", 2.0) if k == 2 else None)


@changed
def an_attribute_of_a_base_class():
    class Base(Layer):
        scale = 1.0

    class Own(Base):
        def forward(self, x):
            return self.inner(x) * self.scale

    return Made(Own(), between=at(2, lambda v: setattr(Base, "scale", v)))


@changed
def an_attribute_of_a_metaclass():
    class Meta(type):
        scale = 1.0

    class Own(metaclass=Meta):
        pass

    return Made(layer(lambda self, z: z * Own.scale), between=at(2, lambda v: setattr(Meta, "scale", v)))


@changed
def a_property_of_a_class():
    class Own(Layer):
        base = 1.0

        @property
        def scale(self):
            return self.base

        def forward(self, x):
            return self.inner(x) * self.scale

    made = Own()
    return Made(made, between=at(2, lambda v: setattr(made, "base", v)))


@changed
def a_property_that_is_replaced():
    class Own(Layer):
        scale = property(lambda self: 1.0)

        def forward(self, x):
            return self.inner(x) * self.scale

    return Made(Own(), between=at(2, lambda v: setattr(Own, "scale", property(lambda self: v))))


@changed
def a_class_that_learns_to_compute_attributes():
    class Bare:
        scale = 1.0

    def change(k):
        if k == 2:
            Bare.__getattribute__ = lambda self, name: 2.0

    bare = Bare()
    return Made(layer(lambda self, z: z * bare.scale), between=change)


@changed
def a_method_of_a_class():
    class Own(Layer):
        def forward(self, x):
            return self.inner(x)

    def other(self, x):
        return self.inner(x) * 2.0

    return Made(Own(), between=lambda k: setattr(Own, "forward", other) if k == 2 else None)


@changed
def a_method_of_one_layer():
    made = layer(lambda self, z: z)

    def other(self, x):
        return self.inner(x) * 2.0

    return Made(made, between=lambda k: setattr(made, "forward", types.MethodType(other, made)) if k == 2 else None)


@changed
def forward_of_a_layer_of_the_library():
    net = nn.MLP([3, 2], seed=0)
    linear = net.layers[0]
    return Made(
        net, between=lambda k: setattr(linear, "forward", lambda x: ag.Tensor(x) @ linear.W.T) if k == 2 else None
    )


@changed
def forward_of_a_class_of_the_library():
    plain = nn.Linear.forward

    def change(k):
        nn.Linear.forward = (lambda self, x: plain(self, x) * 2.0) if k == 2 else plain

    return Made(nn.MLP([3, 2], seed=0), between=change)


@changed
def call_of_a_class_of_the_library():
    def change(k):
        if k == 2:
            nn.MLP.__call__ = lambda self, x: self.forward(x) * 2.0
        elif "__call__" in vars(nn.MLP):
            del nn.MLP.__call__

    return Made(nn.MLP([3, 2], seed=0), between=change)


@changed
def update_of_an_optimizer():
    kept = []
    return Made(
        nn.MLP([3, 2], seed=0), optimizer=lambda params: kept.append(nn.SGD(params, 0.1)) or kept[0],
        between=lambda k: setattr(kept[0], "update", lambda p, g, s: (p - g, s)) if k == 2 else None,
    )  # fmt: skip


@changed
def an_option_by_vars():
    kept = []
    return Made(
        nn.MLP([3, 2], seed=0), optimizer=lambda params: kept.append(nn.SGD(params, 0.1)) or kept[0],
        between=at(2, lambda v: vars(kept[0]).update(weight_decay=v)),
    )  # fmt: skip


@changed
def an_attribute_of_an_optimizer():
    kept = []

    class Scaled(nn.SGD):
        def update(self, p, g, state):
            return super().update(p, g * self.cfg["scale"], state)

    def make(params):
        kept.append(Scaled(params, 0.1))
        kept[0].cfg = {"scale": 1.0}
        return kept[0]

    return Made(nn.MLP([3, 2], seed=0), optimizer=make, between=at(2, lambda v: kept[0].cfg.update(scale=v)))


@changed
def the_learning_rate():
    kept = []
    return Made(
        nn.MLP([3, 2], seed=0), optimizer=lambda params: kept.append(nn.SGD(params, 0.1)) or kept[0],
        between=lambda k: setattr(kept[0], "lr", 0.1 / (1 + k)),
    )  # fmt: skip


@changed
def a_helper_function():
    global helper

    def plain(z):
        return z

    def change(k):
        global helper
        helper = (lambda z: z * 2.0) if k == 2 else plain

    helper = plain
    return Made(layer(lambda self, z: helper(z)), between=change)


@changed
def a_submodule():
    made = layer(lambda self, z: self.last(z), last=nn.Tanh())
    return Made(made, between=lambda k: setattr(made, "last", nn.Sigmoid()) if k == 2 else None)


@changed
def a_list_of_layers():
    made = layer(lambda self, z: functools.reduce(lambda a, f: f(a), self.parts, z), parts=[nn.Tanh()])
    return Made(made, between=lambda k: made.parts.append(nn.Sigmoid()) if k == 2 else None)


@changed
def the_mode():
    net = nn.Sequential(nn.Linear(3, 4, seed=0), nn.BatchNorm1d(4), nn.Linear(4, 2, seed=1))
    return Made(net, between=lambda k: net.train(k % 2 == 0))


@changed
def the_mode_of_a_layer_of_ones_own():
    made = layer(lambda self, z: z * 2.0 if self.training else z)
    return Made(made, between=lambda k: made.train(k % 2 == 0))


@changed
def a_variable_of_the_environment():
    os.environ["TESTS_SCALE"] = "1"
    return Made(
        layer(lambda self, z: z * float(os.environ["TESTS_SCALE"])),
        between=at(2, lambda v: os.environ.__setitem__("TESTS_SCALE", str(v))),
    )


@changed
def getenv():
    os.environ["TESTS_SCALE"] = "1"
    return Made(
        layer(lambda self, z: z * float(os.getenv("TESTS_SCALE", "1"))),
        between=at(2, lambda v: os.environ.__setitem__("TESTS_SCALE", str(v))),
    )


@changed
def a_context_variable():
    VARIABLE.set(1.0)
    return Made(layer(lambda self, z: z * VARIABLE.get()), between=at(2, VARIABLE.set))


@changed
def something_of_the_thread():
    LOCAL.scale = 1.0
    return Made(layer(lambda self, z: z * LOCAL.scale), between=at(2, lambda v: setattr(LOCAL, "scale", v)))


@changed
def a_constant_of_a_rule():
    scale = [1.0]

    @ag.primitive
    def scaled(z):
        return 1.0 * z

    ag.defvjp(scaled, lambda g, ans, z: g * scale[0])
    return Made(layer(lambda self, z: scaled(z)), between=at(2, lambda v: scale.__setitem__(0, v)))


@changed
def a_cache_that_is_emptied():
    base = [1.0]

    @functools.cache
    def table(n):
        return base[0] * n

    def change(k):
        base[0] = 1.0 + k
        if k == 2:
            table.cache_clear()

    return Made(layer(lambda self, z: z * table(2)), between=change)


@changed
def an_array_that_a_cache_holds():
    @functools.cache
    def table(n):
        return np.ones(n)

    return Made(layer(lambda self, z: z * table(2)), between=lambda k: table(2).fill(2.0) if k == 2 else None)


@changed
def whether_a_weight_is_learned():
    made = layer(lambda self, z: z if self.inner.W.requires_grad else z * 2.0)
    return Made(made, between=lambda k: setattr(made.inner.W, "requires_grad", k != 2))


@changed
def a_tensor_that_is_replaced():
    made = layer(lambda self, z: z * self.scale, scale=ag.Tensor([1.0, 1.0]))
    return Made(made, between=lambda k: setattr(made, "scale", ag.Tensor([2.0, 3.0])) if k == 2 else None)


@changed
def a_tensor_that_gets_another_value():
    made = layer(lambda self, z: z * self.scale, scale=ag.Tensor([1.0, 1.0]))
    return Made(made, between=lambda k: setattr(made.scale, "data", np.array([2.0, 3.0])) if k == 2 else None)


@changed
def annealing_at_every_step():
    made = layer(lambda self, z: z * self.beta, beta=1.0)
    return Made(made, between=lambda k: setattr(made, "beta", 1.0 / (1 + k)))


@changed
def another_thread():
    from threading import Thread

    made = layer(lambda self, z: z * self.beta, beta=1.0)

    def change(k):
        thread = Thread(target=setattr, args=(made, "beta", 1.0 / (1 + k)))
        thread.start()
        thread.join()

    return Made(made, between=change)


@changed
def a_batch_of_a_cost_that_has_options():
    cost = nn.huber_cost.with_options(delta=0.1)
    box = [cost, nn.huber_cost.with_options(delta=0.3)]
    return Made(nn.MLP([3, 2], seed=0), lambda a, y: box[0](a, y), between=lambda k: box.reverse())


@changed
def the_penalty_of_a_cost():
    net = nn.MLP([3, 2], seed=0)
    cost = nn.regularized(nn.quadratic_cost, net, n=10, l2=0.1)
    return Made(net, cost, between=at(2, lambda v: vars(cost).update(l2=v)))


def attribute_of(kind):
    """A case that reads `k` of an object of a class, where it is changed."""
    kind.k = 1.0
    thing = kind()
    return Made(layer(lambda self, z: z * thing.k), between=lambda step: setattr(kind, "k", 1.0 + step // 2))


@changed
def a_class_that_a_module_of_python_made():
    return attribute_of(dataclasses.make_dataclass("Own", [("j", float, 1.0)]))


@changed
def a_class_without_a_module():
    return attribute_of(types.new_class("Own"))


@changed
def a_class_that_says_it_is_of_numpy():
    return attribute_of(type("ndarray", (), {"__module__": "numpy"}))


@changed
def a_class_of_the_standard_library():
    return attribute_of(argparse.Namespace)


@changed
def a_class_of_the_standard_library_with_slots():
    return attribute_of(fractions.Fraction)
