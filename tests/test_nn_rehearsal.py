"""What is wrong with a network and its data is said before a weight has moved; what is only unpromising is said once."""

import re
import warnings

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, ROWS, NUMBERS = rng.normal(size=(31, 4)), np.eye(3)[np.arange(31) % 3], np.arange(31) % 3
MASKED = np.ma.array(X, mask=X > 2)


def late(array, value, row=25):
    array = np.array(array)
    array[row] = value
    return array


def mlp(**options):
    return nn.MLP([4, 5, 3], **({"output": "identity", "seed": 0} | options))


def symbols(n=6):
    return nn.Sequential(nn.Embedding(n, 2, seed=0), nn.Flatten(), nn.Linear(8, 3, seed=1))


def normalised():
    return nn.Sequential(nn.Linear(4, 5, seed=0), nn.BatchNorm1d(5), nn.Linear(5, 3, seed=1))


class Squeezed(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(4, 1, seed=0)

    def forward(self, x):
        return self.layer(x).reshape(-1)


SEQUENCE = rng.integers(0, 6, (31, 4))
# network, data, cost, other arguments, what is said
WRONG = {
    "a last mini-batch of one": (normalised, (X, ROWS), nn.quadratic_cost, {}, r"no variance.*drop_last=True"),
    "mini-batches of one": (normalised, (X, ROWS), nn.quadratic_cost, {"batch_size": 1}, "no variance"),
    "a target below 0": (lambda: mlp(output="sigmoid"), (X, late(ROWS, -0.5)), nn.cross_entropy_cost, {}, "target -0.5"),
    "a validation target above 1": (
        lambda: mlp(output="sigmoid"), (X, ROWS), nn.cross_entropy_cost, {"validation": (X, late(ROWS, 2.0))}, "validation.*2.0",
    ),
    "a hinge target of 0": (mlp, (X, late(2 * ROWS - 1, 0.0)), nn.hinge_cost, {}, "target 0.0, needs −1 and 1"),
    "a class that is none": (mlp, (X, late(NUMBERS, 3)), nn.softmax_cross_entropy, {}, "0 to 2"),
    "a class below 0": (mlp, (X, late(NUMBERS, -1)), nn.softmax_cross_entropy, {}, "0 to 2"),
    "within a penalty": (
        mlp, (X, late(NUMBERS, 3)), nn.regularized(nn.softmax_cross_entropy, [nn.Parameter([1.0])], 31, l2=0.1), {}, "0 to 2",
    ),
    "a symbol that is none": (symbols, (late(SEQUENCE, 6), ROWS), nn.quadratic_cost, {}, "takes 0 to 5, got .* to 6"),
    "a symbol that is none in validation": (
        symbols, (SEQUENCE, ROWS), nn.quadratic_cost, {"validation": (late(SEQUENCE, 9), ROWS)}, "takes 0 to 5",
    ),
    "features that do not fit": (mlp, (X[:, :3], ROWS), nn.quadratic_cost, {}, "got 3 features an example, needs 4"),
    "targets that do not fit": (mlp, (X, ROWS[:, :2]), nn.quadratic_cost, {}, r"the target y \(31, 2\)"),
    "fewer targets": (mlp, (X, ROWS[:5]), nn.quadratic_cost, {}, "as many rows"),
    "NaN": (mlp, (late(X, np.nan), ROWS), nn.quadratic_cost, {}, "x is not finite in 1 of 31 rows, first in row 25"),
    "text": (mlp, (X, NUMBERS.astype(str)), nn.softmax_cross_entropy, {}, r"y of data is text \(dtype <U"),
    "text in objects": (mlp, (X.astype(object), np.array(list("abc") * 10 + ["a"], object)), nn.softmax_cross_entropy, {}, "'a'"),
    "classes as floats": (mlp, (X, NUMBERS.astype(float)), nn.softmax_cross_entropy, {}, r"y\.astype\(int\)"),
    "a target per example": (mlp, (X, X[:, 0]), nn.quadratic_cost, {}, r"y\[:, None\] makes a column"),
    "an input per example": (mlp, (X[:, 0], ROWS), nn.quadratic_cost, {}, r"x\[:, None\] makes a column"),
    "class numbers for a cost of numbers": (mlp, (X, NUMBERS), nn.quadratic_cost, {}, r"nn\.one_hot\(y, m\)"),
    "complex numbers": (mlp, (X + 1j, ROWS), nn.quadratic_cost, {}, "dtype complex128"),
    "dates": (mlp, (X.astype("M8[s]"), ROWS), nn.quadratic_cost, {}, "dtype datetime64"),
    "masked values": (mlp, (MASKED, ROWS), nn.quadratic_cost, {}, r"masked array.*filled"),
    "two inputs": (mlp, ((X, X[:, :2]), ROWS), nn.quadratic_cost, {}, r"different shapes.*np\.concatenate"),
    "a number per example from the network": (Squeezed, (X, ROWS[:, :1]), nn.quadratic_cost, {}, r"needs? a row|a row for each"),
    "one output for classes": (
        lambda: nn.MLP([4, 1], output="identity", seed=0), (X, ROWS[:, :1]), nn.softmax_cross_entropy, {}, "one output.*sigmoid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize(("make", "data", "cost", "options", "words"), WRONG.values(), ids=WRONG)
def test_it_is_said_before_a_weight_moves(make, data, cost, options, words, compiled):
    net = make()
    before, buffers = net.state_dict(), [b.numpy() for _, b in net.named_buffers()]
    options = {"epochs": 1, "batch_size": 10, "seed": 0, "progress": False, "compiled": compiled} | options
    with pytest.raises((TypeError, ValueError), match=words):
        nn.fit(net, data, cost=cost, optimizer=nn.SGD(net.parameters(), 0.1), **options)
    assert all(np.array_equal(v, before[k]) for k, v in net.state_dict().items())
    assert all(np.array_equal(b.numpy(), old) for (_, b), old in zip(net.named_buffers(), buffers, strict=True))


def test_a_float_target_per_example_is_not_spoken_of_as_a_class():
    with pytest.raises(ValueError) as caught:
        nn.fit(mlp(), (X, X[:, 0]), optimizer=nn.SGD(mlp().parameters(), 0.1), epochs=1, progress=False)
    assert "class" not in str(caught.value)


TAKEN = {
    "lists": (X.tolist(), ROWS.tolist()),
    "Tensors": (ag.Tensor(X), ag.Tensor(ROWS)),
    "objects that are numbers": (X.astype(object), ROWS.astype(object)),
    "bools": (X, ROWS.astype(bool)),
    "whole numbers": (np.rint(X).astype(int), ROWS.astype(np.uint8)),
}


@pytest.mark.parametrize("data", [*TAKEN.values(), [X, ROWS]], ids=[*TAKEN, "a list of both"])
def test_data_of_other_kinds_are_taken_as_arrays(data):
    histories = []
    for given in data, tuple(np.asarray(part.numpy() if isinstance(part, ag.Tensor) else part, float) for part in data):
        net = mlp()
        histories.append(nn.fit(net, given, optimizer=nn.SGD(net.parameters(), 0.1), epochs=1, seed=0, progress=False))
    assert histories[0].batch_costs == histories[1].batch_costs


def test_the_rehearsal_leaves_random_numbers_statistics_and_counters_as_they_were():
    class Own(nn.Module):
        def __init__(self):
            self.layer, self.norm, self.drop, self.calls = (
                nn.Linear(4, 3, seed=0),
                nn.BatchNorm1d(3),
                nn.Dropout(0.5, seed=1),
                0,
            )

        def forward(self, x):
            self.calls += 1
            return self.drop(self.norm(self.layer(x))) + np.random.random() * 0.0  # noqa: NPY002

    net = Own()
    np.random.seed(5)  # noqa: NPY002
    state, drawn = np.random.get_state()[1].copy(), net.drop.rng.bit_generator.state  # noqa: NPY002
    nn.fit(
        net, (X, ROWS), optimizer=nn.SGD(net.parameters(), 0.1), epochs=0, progress=False, batch_size=30, drop_last=True
    )
    assert np.array_equal(state, np.random.get_state()[1]) and drawn == net.drop.rng.bit_generator.state  # noqa: NPY002
    assert net.calls == 0 and np.all(net.norm.mean.numpy() == 0)


# --- Warnings ---------------------------------------------------------------------------------------------------------


def told(net, data, cost, **options):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        options = {"epochs": 2, "seed": 0, "progress": False, "batch_size": 10} | options
        nn.fit(net, data, cost=cost, optimizer=nn.SGD(net.parameters(), 1e-6), **options)
    return seen


PIXELS = late(np.random.default_rng(1).integers(0, 256, (31, 4)), 255, row=30)
UNPROMISING = {
    "sigmoid": (lambda: mlp(output="sigmoid"), (X, NUMBERS), nn.softmax_cross_entropy, "a sigmoid.*below 0.5514"),
    "softmax": (lambda: mlp(output="softmax"), (X, ROWS), nn.softmax_cross_entropy, "a softmax.*below 0.5514"),
    "tanh": (lambda: mlp(output="tanh"), (X, NUMBERS), nn.softmax_cross_entropy, "a tanh.*below 0.2395"),
    "with options": (
        lambda: mlp(output="sigmoid"), (X, NUMBERS), nn.softmax_cross_entropy.with_options(label_smoothing=0.1), "a sigmoid",
    ),
    "pixels": (lambda: mlp(), (PIXELS, ROWS), nn.quadratic_cost, "reach 255.*Divide pixels by 255"),
    "pixels of bytes": (lambda: mlp(), (PIXELS.astype(np.uint8), ROWS), nn.quadratic_cost, "reach 255"),
    "images": (
        lambda: nn.Sequential(nn.Reshape(1, 2, 2), nn.Conv2d(1, 2, 2, seed=0), nn.Flatten(), nn.Linear(2, 3, seed=1)),
        (PIXELS, ROWS), nn.quadratic_cost, "reach 255",
    ),
    "features of different sizes": (lambda: mlp(), (X * [1, 1, 1, 1000], ROWS), nn.quadratic_cost, r"nn\.standardize"),
}  # fmt: skip


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize(("make", "data", "cost", "words"), UNPROMISING.values(), ids=UNPROMISING)
def test_what_can_learn_little_is_told_exactly_once(make, data, cost, words, compiled):
    seen = told(make(), data, cost, compiled=compiled, validation=data)
    assert len(seen) == 1 and issubclass(seen[0].category, UserWarning) and seen[0].filename == __file__
    assert re.search(words, str(seen[0].message))


def test_the_least_cost_that_is_told_is_the_least_there_is():
    best = np.where(np.eye(10)[3] == 1, 1.0, 0.0)[None]
    assert f"{nn.softmax_cross_entropy(best, [3]).item():.4g}" == "1.461"
    net = nn.MLP([4, 10], seed=0)
    assert "cannot get below 1.461" in str(told(net, (X, NUMBERS), nn.softmax_cross_entropy)[0].message)


class ScalesItself(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(4, 3, seed=0)

    def forward(self, x):
        return self.layer(x / 255)


DIGITS = nn.load_digits(8)
PROMISING = {
    "logits": (mlp, (X, NUMBERS), nn.softmax_cross_entropy),
    "logarithms of shares": (lambda: mlp(output="log_softmax"), (X, NUMBERS), nn.softmax_cross_entropy),
    "sigmoid outputs": (lambda: mlp(output="sigmoid"), (X, ROWS), nn.cross_entropy_cost),
    "the digits": (lambda: nn.MLP([64, 5, 10], seed=0), DIGITS.train, nn.quadratic_cost),
    "the digits as counts": (lambda: nn.MLP([64, 5, 10], seed=0), (DIGITS.x_train * 16, DIGITS.train[1]), nn.quadratic_cost),
    "large digits": (lambda: nn.MLP([784, 5, 10], seed=0), nn.load_digits(28).test, nn.cross_entropy_cost),
    "moons": (lambda: nn.MLP([2, 3, 2], output="identity", seed=0), nn.moons(40, seed=0), nn.softmax_cross_entropy),
    "spirals": (lambda: nn.MLP([2, 3, 2], output="identity", seed=0), nn.spirals(40, seed=0), nn.hinge_cost),
    "pixels that the network scales": (ScalesItself, (PIXELS, ROWS), nn.quadratic_cost),
    "pixels that are normalised": (
        lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3, seed=0)), (PIXELS, ROWS), nn.quadratic_cost,
    ),
    "symbols": (lambda: symbols(500), (SEQUENCE + 400, ROWS), nn.quadratic_cost),
    "large targets": (lambda: nn.MLP([4, 1], output="identity", seed=0), (X, X[:, :1] * 1e3), nn.quadratic_cost),
}  # fmt: skip


@pytest.mark.parametrize(("make", "data", "cost"), PROMISING.values(), ids=PROMISING)
def test_nothing_is_told_of_what_can_learn(make, data, cost):
    assert [str(w.message) for w in told(make(), data, cost, batch_size=15, drop_last=True)] == []
