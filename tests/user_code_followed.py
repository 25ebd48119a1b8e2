"""User code that only computes, in the many ways in which people write it: a program stands for it."""

import collections
import contextlib
import copy
import enum
import functools
import itertools
import logging
import math
import operator
import re
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

import autograd_lite as ag
import nn
from tests.user_code import Layer, Made, followed, layer

SCALE = 0.5
SIZES = (3, 4, 2)
LOGGER = logging.getLogger("tests.user_code")
MASK = np.array([1.0, 0.5])


@followed
def a_layer_with_parameters():
    class Own(nn.Module):
        weight_names = ("W",)

        def __init__(self):
            rng = np.random.default_rng(0)
            self.W, self.b = nn.Parameter(rng.normal(size=(2, 3))), nn.Parameter(np.zeros(2))

        def forward(self, x):
            return np.tanh(x @ self.W.T + self.b)

    return Made(Own())


@followed
def super_forward():
    class Own(nn.Linear):
        def forward(self, x):
            return np.tanh(super().forward(x)) * SCALE

    return Made(Own(3, 2, seed=0))


@followed
def a_list_of_layers_in_a_loop():
    class Own(nn.Module):
        def __init__(self):
            self.parts = [nn.Linear(a, b, seed=a) for a, b in itertools.pairwise(SIZES)]

        def forward(self, x):
            for i, part in enumerate(self.parts):
                x = part(x)
                if i < len(self.parts) - 1:
                    x = ag.relu(x)
            return x

    return Made(Own())


@followed
def a_dict_of_layers():
    class Own(nn.Module):
        def __init__(self):
            self.parts = {"a": nn.Linear(3, 4, seed=0), "b": nn.Linear(4, 2, seed=1)}

        def forward(self, x):
            return self.parts["b"](np.tanh(self.parts["a"](x)))

    return Made(Own())


@followed
def arrays_and_numbers_of_a_module():
    return Made(layer(lambda self, z: z * MASK * SCALE + math.pi * np.e))


@followed
def a_dataclass():
    @dataclass(frozen=True)
    class Config:
        scale: float = 0.5
        names: tuple = ("a", "b")

    return Made(layer(lambda self, z: z * self.cfg.scale * len(self.cfg.names), cfg=Config()))


@followed
def a_dataclass_made_inside():
    @dataclass
    class Config:
        scale: float = 0.5

    return Made(layer(lambda self, z: z * replace(self.cfg, scale=0.25).scale, cfg=Config()))


@followed
def isinstance_and_type():
    def forward(self, z):
        if isinstance(self.inner, nn.Module) and type(self.inner) is nn.Linear and issubclass(nn.Linear, nn.Module):
            return z * 2.0
        return z

    return Made(layer(forward))


@followed
def a_conversion_to_a_tensor():
    class Own(Layer):
        def forward(self, x):
            if not isinstance(x, ag.Tensor):
                x = ag.Tensor(x)
            return self.inner(x)

    return Made(Own())


@followed
def names_from_an_f_string():
    return Made(layer(lambda self, z: (z * 2.0).named(f"z_{self.inner.n_out}")))


@followed
def comprehensions_and_builtins():
    def forward(self, z):
        parts = [z * float(k) for k in range(1, 4) if k % 2]
        total = sum(parts[1:], parts[0])
        return total / max(len(parts), min(1, 2)) + abs(-1.0) + sum(sorted({1.0, 2.0})) * any([True]) + round(0.5)

    return Made(layer(forward))


@followed
def local_lists_and_dicts():
    def forward(self, z):
        kept = []
        table = {}
        for k in range(3):
            kept.append(z * float(k))
            table[f"a{k}"] = kept[-1]
        kept.extend(table.values())
        kept.pop()
        table.update(b=kept[0])
        return sum(kept, table["b"])

    return Made(layer(forward))


@followed
def a_counter_that_lives_inside():
    def forward(self, z):
        n = 0

        def more():
            nonlocal n
            n += 1
            return float(n)

        return z * more() + more()

    return Made(layer(forward))


@followed
def a_local_object_that_is_changed():
    class Box:
        def __init__(self):
            self.total = 0.0

        def add(self, v):
            self.total += v

    def forward(self, z):
        box = Box()
        for v in (1.0, 2.0):
            box.add(v)
        return z * box.total

    return Made(layer(forward))


@followed
def a_generator_expression():
    return Made(layer(lambda self, z: z * sum(float(k) for k in range(4))))


@followed
def a_generator_of_ones_own_that_ends():
    def halves(n):
        for k in range(n):
            yield 0.5**k

    return Made(layer(lambda self, z: z * sum(halves(3))))


@followed
def tools_of_python():
    def forward(self, z):
        pairs = list(zip([1.0, 2.0], map(float, (3, 4)), strict=True))
        chained = itertools.chain([1.0], itertools.repeat(2.0, 2))
        return z * functools.reduce(operator.mul, [a * b for a, b in pairs]) / sum(chained) * math.sqrt(2.0)

    return Made(layer(forward))


@followed
def a_partial():
    def scaled(z, scale, power=1):
        return z * scale**power

    return Made(layer(lambda self, z: self.f(z), f=functools.partial(scaled, scale=0.5, power=2)))


@followed
def a_bound_method():
    class Scaler:
        def __init__(self):
            self.scale = 0.5

        def apply(self, z):
            return z * self.scale

    return Made(layer(lambda self, z: self.f(z), f=Scaler().apply))


@followed
def a_decorator():
    def twice(f):
        @functools.wraps(f)
        def g(*args, **keywords):
            return f(*args, **keywords) * 2.0

        return g

    @twice
    def act(z):
        return np.tanh(z)

    return Made(layer(lambda self, z: act(z)))


@followed
def a_context_manager():
    @contextlib.contextmanager
    def doubled():
        yield 2.0

    def forward(self, z):
        with doubled() as scale, ag.scope("doubled"):
            return z * scale

    return Made(layer(forward))


@followed
def no_grad_inside():
    def forward(self, z):
        with ag.no_grad():
            scale = np.mean(self.inner.W * 1.0)
        return z * scale

    return Made(layer(forward))


@followed
def an_enum_and_a_match():
    class Kind(enum.Enum):
        TANH = "tanh"
        RELU = "relu"

    def forward(self, z):
        match self.kind:
            case Kind.TANH:
                return np.tanh(z)
            case _:
                return ag.relu(z)

    return Made(layer(forward, kind=Kind.TANH))


@followed
def a_function_chosen_by_name():
    return Made(layer(lambda self, z: getattr(np, self.name_of_f)(z) * getattr(self, "scale", 2.0), name_of_f="tanh"))


@followed
def a_named_tuple_and_a_counter():
    Pair = collections.namedtuple("Pair", "a b")

    def forward(self, z):
        pair = Pair(z, 2.0)
        counts = collections.Counter("aab")
        return pair.a * pair.b * counts["a"] + pair._replace(b=1.0).b

    return Made(layer(forward))


@followed
def a_regular_expression_and_text():
    def forward(self, z):
        scale = float(re.sub(r"[a-z]", "", "a0.5b")) if ["x", "y"] == ["x", "y"] else 1.0
        return z * scale * len("{}".format("ab"))

    return Made(layer(forward))


@followed
def a_copy_of_a_config():
    return Made(layer(lambda self, z: z * copy.deepcopy(self.cfg)["scale"], cfg={"scale": 0.5}))


@followed
def a_lock():
    lock = threading.Lock()

    def forward(self, z):
        with lock:
            return z * 2.0

    return Made(layer(forward))


@followed
def a_logger_that_is_silent():
    LOGGER.setLevel(logging.WARNING)
    LOGGER.debug("so its cache is filled")

    def forward(self, z):
        LOGGER.debug("forward")
        return z

    return Made(layer(forward))


@followed
def a_cache_that_is_full():
    @functools.lru_cache(maxsize=8)
    def table(n):
        return np.arange(1.0, n + 1)

    table(2)
    return Made(layer(lambda self, z: z * table(2)))


@followed
def a_cached_property_that_is_there():
    class Own(Layer):
        @functools.cached_property
        def scale(self):
            return 0.5

        def forward(self, x):
            return self.inner(x) * self.scale

    made = Own()
    _ = made.scale
    return Made(made)


@followed
def a_primitive():
    @ag.primitive
    def cube(z):
        return z**3

    ag.defvjp(cube, lambda g, ans, z: 3 * g * z**2)
    return Made(layer(lambda self, z: cube(z)))


@followed
def a_checkpointed_block():
    return Made(layer(lambda self, z: ag.checkpoint(lambda a: np.tanh(a) * a)(z)))


@followed
def an_exception_that_is_caught():
    def forward(self, z):
        try:
            scale = {}["missing"]
        except KeyError:
            scale = 2.0
        return z * scale

    return Made(layer(forward))


@followed
def noise_from_a_seed_that_is_the_same_at_every_call():
    return Made(layer(lambda self, z: z + np.random.default_rng(3).normal(size=2)))


@followed
def a_mask_made_inside():
    return Made(layer(lambda self, z: np.where(np.arange(2) > 0, z, z * 0.5) + np.zeros(2) + np.eye(2)[0]))


@followed
def a_cost_of_ones_own():
    def cost(a, y):
        return np.mean(np.sum((a - y) ** 2, axis=-1)) + 0.01 * np.mean(np.abs(a))

    return Made(nn.MLP([3, 4, 2], seed=0), cost)


@followed
def a_cost_as_an_object():
    class Weighted:
        def __init__(self):
            self.weights = np.array([1.0, 2.0])

        def __call__(self, a, y):
            return np.mean((a - y) ** 2 * self.weights)

    return Made(nn.MLP([3, 4, 2], seed=0), Weighted())


@followed
def a_cost_with_a_penalty_of_weights():
    net = nn.MLP([3, 4, 2], seed=0)
    return Made(net, lambda a, y: nn.quadratic_cost(a, y) + 0.01 * sum(np.sum(p**2) for p in net.parameters()))


@followed
def an_optimizer_of_ones_own():
    class Heavy(nn.Optimizer):
        options = ("lr", "mu")

        def __init__(self, params, lr, mu=0.9):
            super().__init__(params, lr=lr, mu=mu)

        def update(self, p, g, state):
            v = g if state is None else state * self.mu + g
            return p - v * self.lr, v

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Heavy(params, 0.1))


@followed
def an_optimizer_that_extends_another():
    class Clipped(nn.Adam):
        def update(self, p, g, state):
            return super().update(p, np.clip(g, -0.1, 0.1), state)

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Clipped(params, 0.01))


@followed
def an_attribute_that_nobody_reads():
    made = layer(lambda self, z: z, history=[])
    return Made(made, between=lambda k: made.history.append(k), seen=lambda: made.history)


@followed
def a_read_only_table():
    table = np.ones(2)
    table.flags.writeable = False
    return Made(layer(lambda self, z: z * table))


@followed
def state_that_is_set_to_what_it_is():
    def forward(self, z):
        self.shape = z.shape[1:]
        return z

    return Made(layer(forward, shape=(2,)))


@followed
def a_function_of_numpy_that_is_spelled_by_others():
    """Its signature is parsed by modules of the standard library when it is called for the first time."""
    return Made(layer(lambda self, z: z * np.linalg.norm(np.append(z, 1.0))))


@followed
def classes_with_abstract_methods():
    class Act(ABC):
        @abstractmethod
        def __call__(self, z): ...

    class Doubled(Act):
        def __call__(self, z):
            return 2 * self.of(z)

        def of(self, z):
            return z if isinstance(self, Act) else 0 * z

    class Careful(nn.SGD):
        def update(self, p, g, state):
            return super().update(p, g / 2, state)

    return Made(layer(lambda self, z: self.act(z), act=Doubled()), optimizer=lambda params: Careful(params, 0.1))


@followed
def a_buffer_that_is_read_before_it_is_assigned():
    def forward(self, z):
        h = z * self.n[:1]
        self.n = self.n + z.detach().mean(axis=0)
        return h

    return Made(layer(forward, n=nn.Buffer(np.ones(2))))
