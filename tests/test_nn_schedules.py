"""Schedules: their formulas, PyTorch's, and halving when learning stops to improve."""

import math

import numpy as np
import pytest

import nn

P = nn.Parameter([1.0])


def rates(schedule, steps, costs=None):
    found = [schedule.optimizer.lr]
    for k in range(steps):
        schedule.step(None if costs is None else costs[k])
        found.append(schedule.optimizer.lr)
    return found


THEIRS = {
    "step": (lambda: nn.step_decay(3, 0.5), lambda s, o: s.StepLR(o, 3, 0.5)),
    "exponential": (lambda: nn.exponential_decay(0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
    "cosine": (lambda: nn.cosine_decay(10, 0.1), lambda s, o: s.CosineAnnealingLR(o, 10, 0.1 * 0.5)),
    "warm-up": (lambda: nn.warm_up(4, start=0.25), lambda s, o: s.LinearLR(o, 0.25, 1.0, 4)),
    "warm-up and cosine": (
        lambda: nn.warm_up(4, nn.cosine_decay(6), start=0.25),
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.25, 1.0, 4), s.CosineAnnealingLR(o, 6)], [4]),
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, about steps of the optimizer that are not taken here
@pytest.mark.parametrize("name", THEIRS)
def test_the_learning_rates_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    factor, theirs = THEIRS[name]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule = theirs(torch.optim.lr_scheduler, optimizer)
    expected = [0.5 if name[0] != "w" else 0.125]
    for _ in range(10):
        schedule.step()
        expected.append(optimizer.param_groups[0]["lr"])
    np.testing.assert_allclose(rates(nn.Schedule(nn.SGD([P], 0.5), factor()), 10), expected, rtol=1e-10, atol=1e-16)


def test_a_cosine_stays_at_its_least():
    assert nn.cosine_decay(10, 0.25)(25) == 0.25


def test_rates_of_groups_follow_by_the_same_factor():
    optimizer = nn.SGD([{"params": [P], "lr": 0.1}, {"params": [nn.Parameter([1.0])]}], 0.5)
    nn.Schedule(optimizer, nn.exponential_decay(0.5)).step()
    assert optimizer.rates == [0.25, 0.05]


def test_any_function_is_a_schedule():
    assert rates(nn.Schedule(nn.SGD([P], 1.0), lambda k: 1 / (1 + k)), 2) == [1, 1 / 2, 1 / 3]


def test_halving_waits_for_as_long_as_it_is_told():
    costs = [3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0]
    assert rates(nn.Halving(nn.SGD([P], 1.0), patience=2), 8, costs) == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("patience", [1, 2, 3])
def test_halving_is_that_of_pytorch_which_waits_for_one_more(patience):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    costs = np.random.default_rng(0).random(30).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience - 1, threshold=0.0)
    expected = [1.0]
    for cost in costs:
        theirs.step(cost)
        expected.append(optimizer.param_groups[0]["lr"])
    found = rates(nn.Halving(nn.SGD([P], 1.0), patience=patience, least=0.0), 30, costs)
    assert found == expected and min(found) < 0.1


def test_halving_is_finished_at_its_least_factor():
    halving = nn.Halving(nn.SGD([P], 1.0), patience=1)
    lasting = rates(halving, 11, [1.0] * 11)
    assert lasting[-1] == 1 / 1024 and not halving.finished
    halving.step(1.0)
    assert halving.finished and halving.optimizer.lr == 1 / 1024


def test_a_cost_that_is_not_a_number_is_no_improvement():
    halving = nn.Halving(nn.SGD([P], 1.0), patience=1)
    halving.step(math.nan)
    assert halving.optimizer.lr == 0.5


@pytest.mark.parametrize("kind", ["schedule", "halving"])
def test_a_loaded_state_goes_on_as_if_there_had_been_no_break(kind):
    def made():
        optimizer = nn.SGD([P], 1.0)
        if kind == "halving":
            return nn.Halving(optimizer, patience=2)
        return nn.Schedule(optimizer, nn.step_decay(2, 0.5))

    whole, first, second = made(), made(), made()
    expected = rates(whole, 7, [1.0] * 7)
    found = rates(first, 3, [1.0] * 3)
    second.load_state_dict(first.state_dict())
    second.optimizer.lr = first.optimizer.lr
    assert found + rates(second, 4, [1.0] * 4)[1:] == expected
    with pytest.raises(ValueError, match=r"entries \['x'\]"):
        second.load_state_dict({"x": 1})


@pytest.mark.parametrize(
    "change", [{"rates": [0.5, 0.5]}, {"rates": 0.5}, {"best": "0"}, {"finished": 0}, {"waited": None}], ids=str
)
def test_a_state_of_other_kinds_is_refused_and_changes_nothing(change):
    halving = nn.Halving(nn.SGD([P], 1.0))
    before = halving.state_dict()
    with pytest.raises(ValueError, match=f"{next(iter(change))} in the state is .*, needs what"):
        halving.load_state_dict(before | {"now": 0.5} | change)
    assert halving.state_dict() == before


def test_a_cost_that_is_a_number_of_numpys_is_kept_in_the_state():
    halving = nn.Halving(nn.SGD([P], 1.0))
    halving.step(np.float32(2.0))
    assert halving.state_dict()["best"] == 2.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.step_decay(0), "every is 0"),
        (lambda: nn.exponential_decay(-1), "factor is -1"),
        (lambda: nn.cosine_decay(0), "steps is 0"),
        (lambda: nn.cosine_decay(5, 2.0), "least is 2"),
        (lambda: nn.warm_up(5, start=-1.0), "start is -1"),
        (lambda: nn.Schedule(nn.SGD([P], 1.0), nn.step_decay(1), by="year"), "by is 'year'"),
        (lambda: nn.Halving(nn.SGD([P], 1.0), patience=0), "patience is 0"),
        (lambda: nn.Halving(nn.SGD([P], 1.0), factor=1.0), "factor is 1"),
        (lambda: nn.Halving(nn.SGD([P], 1.0), least=-1.0), "least -1"),
        (lambda: nn.Schedule(nn.SGD([P], 1.0), lambda k: -1.0), "factor of the learning rate is -1"),
        (lambda: nn.Schedule(nn.SGD([P], 1.0), lambda k: math.nan), "factor of the learning rate is nan"),
        (lambda: nn.clip_by_norm([np.ones(2)], -1.0), "most is -1"),
        (lambda: nn.clip_by_value([np.ones(2)], 0.0), "most is 0"),
        (lambda: nn.Halving(nn.SGD([P], 1.0)).step(), "needs the cost"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
