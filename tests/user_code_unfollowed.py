"""User code that does more than compute: it draws, counts, keeps, prints, asks."""

# ruff: noqa: NPY002  (the old generators of NumPy are what people still draw from)

import contextvars
import datetime
import functools
import io
import itertools
import os
import random
import secrets
import time
import types
import warnings
from collections import Counter, defaultdict, deque

import numpy as np

import autograd_lite as ag
import nn
from tests.user_code import Layer, Made, layer, unfollowed

STATE = {"n": 0}
TOTAL = 0
GENERATOR = np.random.default_rng(5)


@unfollowed("np.random")
def np_random_normal():
    return Made(layer(lambda self, z: z + np.random.normal(size=z.shape)))


@unfollowed("np.random")
def np_random_rand_one_number():
    return Made(layer(lambda self, z: z * np.random.rand()))


@unfollowed("np.random")
def np_random_seeded_anew_at_every_call():
    def forward(self, z):
        np.random.seed(0)
        return z * np.random.rand()

    return Made(layer(forward))


@unfollowed("random")
def random_of_python():
    return Made(layer(lambda self, z: z * random.gauss(1.0, 0.1)))


@unfollowed("random")
def random_choice_of_a_branch():
    return Made(layer(lambda self, z: np.tanh(z) if random.random() < 0.5 else z))


@unfollowed("self.rng")
def a_generator_of_ones_own():
    return Made(layer(lambda self, z: z + self.rng.normal(size=z.shape), rng=np.random.default_rng(0)))


@unfollowed("self.rng")
def a_generator_in_a_dict():
    return Made(layer(lambda self, z: z * self.rng["a"].random(), rng={"a": np.random.default_rng(0)}))


@unfollowed("rng")
def a_random_state_of_ones_own():
    return Made(layer(lambda self, z: z * self.rng.randn(), rng=np.random.RandomState(0)))


@unfollowed("rng")
def a_random_of_ones_own():
    return Made(layer(lambda self, z: z * self.rng.random(), rng=random.Random(0)))


@unfollowed("bits")
def a_bit_generator():
    return Made(layer(lambda self, z: z * np.random.Generator(self.bits).random(), bits=np.random.PCG64(0)))


@unfollowed("draw")
def a_method_of_a_generator_that_is_kept():
    rng = np.random.default_rng(0)
    draw = rng.standard_normal
    return Made(layer(lambda self, z: z + draw()))


@unfollowed("GENERATOR")
def a_global_generator():
    GENERATOR.bit_generator.state = np.random.default_rng(5).bit_generator.state
    return Made(layer(lambda self, z: z + GENERATOR.random()), seen=lambda: GENERATOR.bit_generator.state)


@unfollowed("noisy")
def a_generator_as_default_argument():
    rng = np.random.default_rng(7)

    def noisy(z, rng=rng):
        return z + rng.random()

    return Made(layer(lambda self, z: noisy(z)), seen=lambda: rng.bit_generator.state)


@unfollowed("rng")
def dropout_by_hand():
    def forward(self, z):
        return z * (self.rng.random(z.shape[-1]) < 0.5) * 2.0 if self.training else z

    return Made(layer(forward, rng=np.random.default_rng(0)))


@unfollowed("rng")
def stochastic_depth():
    def forward(self, z):
        return z if self.rng.random() < 0.5 else np.tanh(z) + z

    return Made(layer(forward, rng=np.random.default_rng(0)))


@unfollowed("rng")
def a_generator_that_dropout_draws_from_too():
    class Both(Layer):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(0)
            self.dropout = nn.Dropout(0.5, seed=self.rng)

        def forward(self, x):
            return self.dropout(self.inner(x)) * self.rng.random()

    return Made(Both())


@unfollowed("rng")
def noise_in_a_cost():
    rng = np.random.default_rng(0)
    return Made(nn.MLP([3, 2], seed=0), cost=lambda a, y: nn.quadratic_cost(a, y + 0.1 * rng.normal(size=y.shape)))


@unfollowed("self.n")
def a_counter():
    def forward(self, z):
        self.n += 1
        self.seen.append(self.n)
        return z * float(self.n)

    made = layer(forward, n=0, seen=[])
    return Made(made, seen=lambda: (made.n, made.seen))


@unfollowed("self.n")
def a_counter_that_is_not_computed_with():
    def forward(self, z):
        self.n += 1
        return z

    made = layer(forward, n=0)
    return Made(made, seen=lambda: made.n)


@unfollowed("calls")
def a_list_of_a_closure():
    calls = []

    def forward(self, z):
        calls.append(len(calls))
        return z * (1.0 + len(calls))

    return Made(layer(forward), seen=lambda: calls)


@unfollowed("n")
def a_nonlocal_counter():
    n = 0

    def forward(self, z):
        nonlocal n
        n += 1
        return z / n

    return Made(layer(forward), seen=lambda: n)


@unfollowed("TOTAL")
def a_global_counter():
    global TOTAL
    TOTAL = 0

    def forward(self, z):
        global TOTAL
        TOTAL += 1
        return z * TOTAL

    return Made(layer(forward), seen=lambda: TOTAL)


@unfollowed("STATE")
def a_global_dict():
    STATE["n"] = 0

    def forward(self, z):
        STATE["n"] += 1
        return z * STATE["n"]

    return Made(layer(forward), seen=lambda: dict(STATE))


@unfollowed("count")
def a_class_attribute_that_counts():
    class Counted(Layer):
        count = 0

        def forward(self, x):
            Counted.count += 1
            return self.inner(x) * Counted.count

    made = Counted()
    return Made(made, seen=lambda: Counted.count)


@unfollowed("calls")
def an_attribute_of_a_function():
    def helper(z):
        helper.calls += 1
        return z * helper.calls

    helper.calls = 0
    return Made(layer(lambda self, z: helper(z)), seen=lambda: helper.calls)


@unfollowed("n")
def a_counter_in_slots():
    class Slotted:
        __slots__ = ("n",)

        def __init__(self):
            self.n = 0

        def next(self):
            self.n += 1
            return self.n

    counter = Slotted()
    return Made(layer(lambda self, z: z * counter.next()), seen=lambda: counter.n)


@unfollowed("self.mean")
def a_running_mean_in_an_array():
    def forward(self, z):
        self.mean[...] = 0.9 * self.mean + 0.1
        return z - self.mean

    made = layer(forward, mean=np.zeros(2))
    return Made(made, seen=lambda: made.mean)


@unfollowed("self.mean")
def a_running_mean_that_is_replaced():
    def forward(self, z):
        self.mean = 0.9 * self.mean + 0.1
        return z - self.mean

    made = layer(forward, mean=np.zeros(2))
    return Made(made, seen=lambda: made.mean)


@unfollowed("self.z")
def an_activation_that_is_kept():
    def forward(self, z):
        self.z = z
        return z

    made = layer(forward)
    return Made(made, seen=lambda: made.z.numpy())


@unfollowed("history")
def a_deque_of_the_last_three():
    history = deque(maxlen=3)

    def forward(self, z):
        history.append(len(history))
        return z * (1 + sum(history))

    return Made(layer(forward), seen=lambda: list(history))


@unfollowed("counts")
def a_counter_of_collections():
    counts = Counter()

    def forward(self, z):
        counts[z.shape] += 1
        return z

    return Made(layer(forward), seen=lambda: dict(counts))


@unfollowed("table")
def a_defaultdict_that_grows():
    table = defaultdict(int)

    def forward(self, z):
        return z * (1 + table[len(table)])

    return Made(layer(forward), seen=lambda: dict(table))


@unfollowed("log")
def a_bytearray_that_grows():
    log = bytearray()

    def forward(self, z):
        log.append(1)
        return z * len(log)

    return Made(layer(forward), seen=lambda: bytes(log))


@unfollowed("seen")
def a_set_that_grows():
    seen = set()

    def forward(self, z):
        seen.add(len(seen))
        return z * len(seen)

    return Made(layer(forward), seen=lambda: sorted(seen))


@unfollowed("box")
def a_namespace_that_counts():
    box = types.SimpleNamespace(n=0)

    def forward(self, z):
        box.n += 1
        return z * box.n

    return Made(layer(forward), seen=lambda: box.n)


@unfollowed("n")
def a_counter_by_setattr():
    def forward(self, z):
        setattr(self, "n" + "1", getattr(self, "n" + "1") + 1)
        return z * self.__dict__["n1"]

    made = layer(forward, n1=0)
    return Made(made, seen=lambda: made.n1)


@unfollowed("n")
def a_counter_by_vars():
    def forward(self, z):
        vars(self)["n"] = vars(self).get("n", 0) + 1
        return z * vars(self)["n"]

    made = layer(forward)
    return Made(made, seen=lambda: made.n)


@unfollowed("count")
def itertools_count():
    count = itertools.count(1)
    return Made(layer(lambda self, z: z * next(count)))


@unfollowed("cycle")
def itertools_cycle():
    cycle = itertools.cycle([1.0, 2.0])
    return Made(layer(lambda self, z: z * next(cycle)))


@unfollowed("rates")
def a_generator_function_that_goes_on():
    def decay():
        rate = 1.0
        while True:
            yield rate
            rate *= 0.5

    rates = decay()
    return Made(layer(lambda self, z: z * next(rates)))


@unfollowed("rates")
def an_iterator_of_a_list():
    rates = iter([1.0, 2.0, 3.0, 4.0, 5.0])
    return Made(layer(lambda self, z: z * next(rates)))


@unfollowed("print")
def a_print():
    return Made(layer(lambda self, z: (print("step"), z)[1]))


@unfollowed("stream")
def a_line_written_to_a_stream():
    stream = io.StringIO()
    return Made(layer(lambda self, z: (stream.write("a"), z)[1]), seen=stream.getvalue)


@unfollowed("open")
def a_file_that_is_read():
    def forward(self, z):
        with open(os.devnull) as file:
            return z * (1.0 + len(file.read()))

    return Made(layer(forward))


@unfollowed("warn")
def a_warning():
    def forward(self, z):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.warn("slow", stacklevel=1)
        return z

    return Made(layer(forward))


@unfollowed("monotonic")
def a_clock():
    return Made(layer(lambda self, z: z * (1.0 + 0.0 * time.monotonic())))


@unfollowed("now")
def the_date():
    return Made(layer(lambda self, z: z * (1.0 + 0.0 * datetime.datetime.now().second)))


@unfollowed("urandom")
def bytes_of_the_system():
    return Made(layer(lambda self, z: z * (1.0 + 0.0 * secrets.randbelow(10))))


@unfollowed("urandom")
def a_generator_made_anew_without_a_seed():
    return Made(layer(lambda self, z: z + 0.0 * np.random.default_rng().random()))


@unfollowed("ContextVar")
def a_context_variable_that_is_set():
    variable = contextvars.ContextVar("n", default=0)

    def forward(self, z):
        variable.set(variable.get() + 1)
        return z * variable.get()

    return Made(layer(forward), seen=lambda: None)


@unfollowed("globals")
def globals_by_name():
    return Made(layer(lambda self, z: z * globals()["STATE"].get("one", 1.0)))


@unfollowed("eval")
def eval_of_text():
    return Made(layer(lambda self, z: z * eval("1.0 + 0.5")))


@unfollowed("step")
def an_optimizer_with_a_step_of_its_own():
    class Signed(nn.SGD):
        def step(self):
            for p in self.params:
                p.grad = ag.Tensor(np.sign(p.grad.numpy()))
            super().step()

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Signed(params, 0.01))


@unfollowed("zero_grad")
def an_optimizer_that_accumulates():
    class Accumulating(nn.SGD):
        def zero_grad(self):
            """Keep all."""

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Accumulating(params, 0.01))


@unfollowed("step")
def a_step_that_is_replaced():
    def make(params):
        optimizer = nn.SGD(params, 0.1)
        plain = optimizer.step

        def step():
            optimizer.lr *= 0.5
            plain()

        optimizer.step = step
        return optimizer

    return Made(nn.MLP([3, 2], seed=0), optimizer=make)


@unfollowed("self.t")
def an_optimizer_that_counts_updates():
    kept = []

    class Counted(nn.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, lr=lr)
            self.t = 0
            kept.append(self)

        def update(self, p, g, state):
            self.t += 1
            return p - g * (self.lr / self.t), state

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Counted(params, 0.1), seen=lambda: [o.t for o in kept])


@unfollowed("rng")
def an_optimizer_with_noise():
    class Noisy(nn.SGD):
        def __init__(self, params, lr):
            super().__init__(params, lr)
            self.rng = np.random.default_rng(0)

        def update(self, p, g, state):
            return super().update(p, g + 0.01 * self.rng.normal(size=g.shape), state)

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Noisy(params, 0.1))


@unfollowed("learning rate")
def an_optimizer_that_lowers_its_rate():
    class Decaying(nn.SGD):
        def update(self, p, g, state):
            self.lr = self.lr * 0.9
            return super().update(p, g, state)

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Decaying(params, 0.1))


@unfollowed("lr")
def a_rate_that_is_a_property():
    class Property(nn.SGD):
        count = 0

        @property
        def lr(self):
            return 0.1 / (1 + self.count)

        @lr.setter
        def lr(self, value):
            self.count += 1

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Property(params, 0.1))


@unfollowed("rates")
def an_optimizer_that_overrides_rules():
    class Ruled(nn.SGD):
        @property
        def rates(self):
            return [self.__dict__["lr"]]

        @rates.setter
        def rates(self, values):
            self.__dict__["lr"] = values[0]

    return Made(nn.MLP([3, 2], seed=0), optimizer=lambda params: Ruled(params, 0.1))


@unfollowed("arrays")
def a_layer_that_asks_what_it_is_given():
    class Scaling(Layer):
        def forward(self, x):
            if isinstance(x, np.ndarray):
                x = x / 2.0
            return self.inner(x)

    return Made(Scaling())


@unfollowed("arrays")
def a_layer_that_makes_a_tensor_of_arrays():
    class Scaling(Layer):
        def forward(self, x):
            if not isinstance(x, ag.Tensor):
                x = ag.Tensor(x / 255.0)
            return self.inner(x)

    return Made(Scaling())


@unfollowed("looks at the value")
def a_branch_by_a_value():
    seen = []

    def forward(self, z):
        seen.append(1)
        return z if z.sum().item() > 0 else z * 2.0

    return Made(layer(forward), seen=lambda: len(seen))


@unfollowed("looks at the value")
def a_look_that_is_caught():
    def forward(self, z):
        try:
            scale = 1.0 / (1.0 + abs(z.sum().item()))
        except Exception:
            scale = 100.0
        return z * scale

    return Made(layer(forward))


@unfollowed("looks at the value")
def a_check_of_ones_own():
    def cost(a, y):
        if (np.asarray(y) > 2).any():
            raise ValueError("too large")
        return nn.quadratic_cost(a, y)

    return Made(nn.MLP([3, 2], seed=0), cost=cost)


@unfollowed("recorded")
def an_attribute_that_a_tensor_has_not():
    return Made(nn.MLP([3, 2], seed=0), cost=lambda a, y: nn.quadratic_cost(a, y * float(len(memoryview(y)) > 0)))


@unfollowed("errstate")
def errstate_that_raises():
    def forward(self, z):
        with np.errstate(over="raise"):
            return np.exp(z)

    return Made(layer(forward))


@unfollowed("gradients")
def a_layer_that_clears_gradients():
    def forward(self, z):
        self.inner.W.zero_grad()
        return z

    return Made(layer(forward))


@unfollowed("cached")
def a_cache_that_counts_its_hits():
    calls = []

    @functools.cache
    def cached(n):
        calls.append(n)
        return float(n)

    def forward(self, z):
        return z * cached(len(calls) + 1)

    return Made(layer(forward), seen=lambda: list(calls))


@unfollowed("n")
def a_property_that_counts():
    class Property(Layer):
        n = 0

        @property
        def scale(self):
            self.n += 1
            return float(self.n)

        def forward(self, x):
            return self.inner(x) * self.scale

    made = Property()
    return Made(made, seen=lambda: made.n)


@unfollowed("reads")
def an_object_that_counts_its_reads():
    class Lazy:
        def __init__(self):
            self.reads = 0

        def __getattr__(self, name):
            self.reads += 1
            return 1.0 + self.reads

    lazy = Lazy()
    return Made(layer(lambda self, z: z * lazy.scale), seen=lambda: lazy.reads)


@unfollowed("hook")
def a_hook_that_is_added_at_every_call():
    def forward(self, z):
        self.inner.W.register_hook(lambda g: g * 0.5)
        return z

    made = layer(forward)
    return Made(made, seen=lambda: len(made.inner.W._node.slot.hooks if made.inner.W._node.slot else ()))


@unfollowed("calls")
def a_primitive_that_counts():
    calls = []

    @ag.primitive
    def doubled(z):
        calls.append(1)
        return 2.0 * z

    ag.defvjp(doubled, lambda g, ans, z: 2.0 * g)
    return Made(layer(lambda self, z: doubled(z)), seen=lambda: len(calls))


@unfollowed("calls")
def a_rule_that_counts():
    calls = []

    @ag.primitive
    def doubled(z):
        return 2.0 * z

    def rule(g, ans, z):
        calls.append(1)
        return 2.0 * g

    ag.defvjp(doubled, rule)
    return Made(layer(lambda self, z: doubled(z)), seen=lambda: len(calls))


@unfollowed("calls")
def a_hook_that_counts():
    calls = []

    def forward(self, z):
        z = z * 1.0
        z.register_hook(lambda g: calls.append(1))
        return z

    return Made(layer(forward), seen=lambda: len(calls))


@unfollowed("after it gave it another value")
def a_buffer_that_is_read_after_it_was_assigned():
    def forward(self, z):
        self.n = self.n + 1.0
        return z * self.n

    return Made(layer(forward, n=nn.Buffer(np.zeros(()))))


@unfollowed("after it gave it another value")
def a_buffer_that_is_assigned_twice():
    def forward(self, z):
        self.n = self.n + 1.0
        self.n = self.n * 2.0
        return z

    made = layer(forward, n=nn.Buffer(np.zeros(())))
    return Made(made, seen=lambda: made.n.numpy())


@unfollowed("after it gave it another value")
def a_buffer_that_another_is_made_of():
    def forward(self, z):
        h = z * np.copy(self.m)
        self.n = z.detach().mean(axis=0)
        self.m = np.tanh(self.n)
        return h

    return Made(layer(forward, n=nn.Buffer(np.zeros(2)), m=nn.Buffer(np.ones(2))))


@unfollowed("after it gave it another value")
def a_buffer_of_a_layer_that_has_run():
    norm = nn.BatchNorm1d(2)
    return Made(layer(lambda self, z: norm(z) * norm.mean, norm=norm), seen=lambda: norm.mean.numpy())


@unfollowed("after it gave it another value")
def a_buffer_that_the_cost_reads():
    norm = nn.BatchNorm1d(2)
    net = layer(lambda self, z: norm(z), norm=norm)
    return Made(net, cost=lambda a, y: nn.quadratic_cost(a, y) + np.sum(norm.variance * a))


@unfollowed("after it gave it another value")
def a_buffer_that_the_optimizer_reads():
    norm = nn.BatchNorm1d(2)

    class Scaled(nn.SGD):
        def update(self, p, g, state):
            return super().update(p, g * norm.variance[0], state)

    return Made(layer(lambda self, z: norm(z), norm=norm), optimizer=lambda params: Scaled(params, 0.1))
