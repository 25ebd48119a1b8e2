"""Whatever Python a layer, a cost or an optimizer is made of: compiled steps are eager ones, or say why they are not compiled."""

import warnings

import pytest

import autograd_lite as ag
import nn
from tests import user_code_changed, user_code_followed, user_code_unfollowed  # noqa: F401  (they fill the tables)
from tests.user_code import CHANGED, FOLLOWED, UNFOLLOWED, Made, run, same


def both(case, steps=5):
    """What an eager and a compiled run come to, and the warnings of the second."""
    expected = run(case, compiled=False, steps=steps)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = run(case, compiled=True, steps=steps)
    step = found.pop("step")
    del expected["step"]
    same(expected, found)
    return step, [str(w.message) for w in told if issubclass(w.category, ag.CompileWarning)]


@pytest.mark.parametrize(("case", "word"), UNFOLLOWED.values(), ids=UNFOLLOWED)
def test_code_that_does_more_than_compute_runs_eagerly_after_one_warning(case, word, capsys):
    run(case, compiled=False)
    printed = capsys.readouterr().out
    _, told = both(case)
    assert len(told) == 1 and word in told[0]
    assert capsys.readouterr().out == 2 * printed


@pytest.mark.parametrize("case", CHANGED.values(), ids=CHANGED)
def test_what_code_reads_may_change_between_steps(case):
    _, told = both(case)
    assert told == []


def test_what_changes_at_every_step_is_named_once_and_then_all_steps_are_eager():
    _, told = both(CHANGED["annealing_at_every_step"], steps=40)
    assert len(told) == 1 and "self.beta" in told[0]


def test_what_changes_now_and_then_is_followed_for_ever():
    def case():
        made = CHANGED["annealing_at_every_step"]()
        change = made.between
        made.between = lambda k: change(k // 60)
        return made

    assert both(case, steps=900)[1] == []


@pytest.mark.parametrize("case", FOLLOWED.values(), ids=FOLLOWED)
def test_code_that_only_computes_is_compiled_without_a_word(case):
    step, told = both(case)
    assert told == []
    assert "def step(" in program_of(step)


LAYERS = {
    "linear": lambda: nn.Sequential(nn.Linear(3, 2, seed=0)),
    "every activation": lambda: nn.Sequential(
        nn.Linear(3, 2, seed=0), *[kind() for name, kind in sorted(nn.layers.ACTIVATIONS.items())]
    ),
    "residual and normalised": lambda: nn.Sequential(
        nn.Residual(nn.Linear(3, 3, seed=0)), nn.LayerNorm(3), nn.BatchNorm1d(3), nn.Linear(3, 2, seed=1)
    ),
    "dropout": lambda: nn.Sequential(nn.Linear(3, 4, seed=0), nn.Dropout(0.3, seed=1), nn.Linear(4, 2, seed=2)),
    "convolution": lambda: nn.Sequential(
        layer_of(lambda x: x.reshape(6, 1, 3)), nn.Conv1d(1, 2, 2, seed=0), nn.BatchNorm1d(2), nn.Flatten(),
        nn.Linear(4, 2, seed=1),
    ),
    "recurrent": lambda: nn.Sequential(
        layer_of(lambda x: x.reshape(6, 3, 1)), nn.LSTM(1, 3, seed=0), layer_of(lambda x: x[:, -1]), nn.Linear(3, 2, seed=1)
    ),
    "attention": lambda: nn.Sequential(
        layer_of(lambda x: x.reshape(6, 3, 1)), nn.Linear(1, 4, seed=0), nn.MultiHeadAttention(4, 2, seed=1), nn.Flatten(),
        nn.Linear(12, 2, seed=2),
    ),
}  # fmt: skip
COSTS = {
    "quadratic": nn.quadratic_cost, "squared": nn.squared_error, "absolute": nn.absolute_cost, "huber": nn.huber_cost,
    "softmax": nn.softmax_cross_entropy, "smoothed": nn.softmax_cross_entropy.with_options(label_smoothing=0.1),
}  # fmt: skip
OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, 0.01), "Nesterov": lambda p: nn.SGD(p, 0.01, momentum=0.9, nesterov=True),
    "Adam": nn.Adam, "AdamW": nn.AdamW, "RMSprop": nn.RMSprop, "Adagrad": nn.Adagrad,
    "clipped": lambda p: nn.SGD(p, 0.01, clip_norm=0.1, clip_value=0.1),
    "groups": lambda p: nn.SGD([{"params": p[:1], "lr": 0.5}, {"params": p[1:]}], 0.1),
}  # fmt: skip


class Function(nn.Module):
    """A layer without parameters."""

    def __init__(self, f):
        self.f = f

    def forward(self, x):
        return self.f(x)


def layer_of(f):
    return Function(f)


PARTS = {
    f"{layers}, {cost}, {optimizer}": (LAYERS[layers], COSTS[cost], OPTIMIZERS[optimizer])
    for layers in LAYERS
    for cost in COSTS
    for optimizer in OPTIMIZERS
    if [layers == "linear", cost == "quadratic", optimizer == "SGD"].count(True) >= 2
}
"""Every layer, every cost and every optimizer."""


@pytest.mark.parametrize(("net", "cost", "optimizer"), PARTS.values(), ids=PARTS)
def test_what_is_made_of_parts_of_the_library_is_compiled_without_a_word(net, cost, optimizer):
    step, told = both(lambda: Made(net(), cost, optimizer), steps=3)
    assert told == []
    assert "def step(" in program_of(step)


def program_of(step):
    """The source of what a step of `make_step` runs."""
    return step._chosen.source
