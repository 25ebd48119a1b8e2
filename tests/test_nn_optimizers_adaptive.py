"""SGD, Adam, AdamW, RMSprop and Adagrad: PyTorch's steps, the compiled step, groups, clipping, states."""

import json
from typing import Any

import numpy as np
import pytest
from learning import X, Y, agree, learn, network

import nn

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "SGD with decay": ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    "SGD with Nesterov's momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "Adam": ("Adam", {"lr": 0.01}),
    "Adam with decay": ("Adam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}),
    "AdamW": ("AdamW", {"lr": 0.01}),
    "AdamW with decay": ("AdamW", {"lr": 0.01, "weight_decay": 0.3}),
    "RMSprop": ("RMSprop", {"lr": 0.01}),
    "RMSprop centered": ("RMSprop", {"lr": 0.01, "centered": True, "alpha": 0.9, "weight_decay": 0.1}),
    "RMSprop with momentum": ("RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True}),
    "Adagrad": ("Adagrad", {"lr": 0.1}),
    "Adagrad with decay": ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-3}),
}
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def made(kind, params, **more):
    name, options = KINDS[kind]
    return getattr(nn, name)(params, **options | more)


def test_every_optimizer_has_a_case_with_and_one_without_weight_decay():
    optimizers = {k for k, v in vars(nn).items() if isinstance(v, type) and issubclass(v, nn.Optimizer)} - {"Optimizer"}
    for names in (
        {name for name, options in KINDS.values() if options.get("weight_decay")},
        {name for name, options in KINDS.values() if not options.get("weight_decay")},
    ):
        assert names == optimizers


@EVERY_KIND
def test_ten_steps_are_those_of_pytorch(kind):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    net = network()
    name, options = KINDS[kind]
    theirs = [torch.tensor(p.numpy(), requires_grad=True) for p in net.parameters()]
    other = getattr(torch.optim, name)(theirs, **options)
    learn(net, made(kind, net.parameters()), 10)
    for _ in range(10):
        other.zero_grad()
        a = torch.sigmoid(torch.sigmoid(torch.tensor(X) @ theirs[0].T + theirs[1]) @ theirs[2].T + theirs[3])
        (((a - torch.tensor(Y)) ** 2).sum() / 2 / len(X)).backward()
        other.step()
    for p, q in zip(net.parameters(), theirs, strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-10, atol=1e-10)


@EVERY_KIND
@pytest.mark.parametrize("clip", [{}, {"clip_norm": 0.05}, {"clip_value": 0.01, "clip_norm": 0.02}], ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 2e-5)])
def test_the_compiled_step_is_the_eager_step(kind, clip, dtype, tolerance):
    net, other = network(dtype), network(dtype)
    one, two = made(kind, net.parameters(), **clip), made(kind, other.parameters(), **clip)
    costs = learn(net, one, 5, dtype=dtype)
    assert learn(other, two, 5, compiled=True, dtype=dtype) == pytest.approx(costs, rel=tolerance)
    agree(net, other, tolerance)
    assert all(p.dtype == dtype for p in [*net.parameters(), *other.parameters()])


@EVERY_KIND
def test_a_compiled_step_reads_the_learning_rate_and_other_options_when_they_change(kind):
    net, other = network(), network()
    one, two = made(kind, net.parameters()), made(kind, other.parameters())
    eager = nn.make_step(net, nn.quadratic_cost, one, compiled=False)
    compiled = nn.compile_step(other, nn.quadratic_cost, two)
    for lr, decay in [(0.1, 0.0), (0.05, 0.0), (0.2, 0.1), (0.1, 0.1)]:
        for optimizer in one, two:
            optimizer.lr, optimizer.weight_decay = lr, decay
        eager(X, Y), compiled(X, Y)
    agree(net, other)
    assert len(compiled._programs) <= 3


@EVERY_KIND
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_loaded_state_goes_on_as_if_there_had_been_no_break(kind, compiled):
    whole, broken = network(), network()
    learn(whole, made(kind, whole.parameters()), 4, compiled)
    first = made(kind, broken.parameters())
    learn(broken, first, 2, compiled)
    second = made(kind, broken.parameters(), lr=0.7)
    second.load_state_dict(first.state_dict())
    learn(broken, second, 2, compiled)
    agree(whole, broken, 0)


@EVERY_KIND
def test_the_state_of_a_state_dict_is_a_copy(kind):
    net = network()
    optimizer = made(kind, net.parameters())
    learn(net, optimizer, 1)
    state = optimizer.state_dict()["state"][0]
    before = {k: np.array(v) for k, v in state.items()} if isinstance(state, dict) else np.array(state)
    learn(net, optimizer, 1, compiled=True)
    np.testing.assert_equal(state, before)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"m": np.ones(2), "v": np.ones(2), "q": np.ones(2)}, "entries.*'q'"),
        ({"m": np.ones(2), "v": np.ones(3), "t": np.ones(())}, r"state v .*shape \(3,\), needs \(2,\)"),
        ({"m": np.ones(2), "v": np.ones(2), "t": np.ones(2)}, r"state t .*needs \(\)"),
        (np.ones(2), "is a ndarray, needs a dict with m, v, t"),
        ({"m": np.ones(2), "v": np.ones(2)}, "needs m, v, t"),
        ({"m": ["1", "2"], "v": np.ones(2), "t": 1.0}, "state m .*dtype <U1, needs real numbers"),
    ],
    ids=["unknown", "shape", "t", "kind", "missing", "text"],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(state, message):
    optimizer = nn.Adam([nn.Parameter(np.ones(2))], 0.1)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(optimizer.state_dict() | {"lr": 5.0, "state": [state]})
    assert optimizer.lr == 0.1 and optimizer.state == [None]


@pytest.mark.parametrize(
    ("kind", "change", "error", "message"),
    [
        ("SGD", {"lr": -1}, ValueError, "lr is -1"),
        ("SGD", {"lr": "0.1"}, TypeError, "lr is '0.1', needs a finite number"),
        ("SGD", {"momentum": np.nan}, ValueError, "momentum is nan"),
        ("SGD", {"nesterov": "yes"}, ValueError, "nesterov is 'yes', needs True or False"),
        ("SGD", {"nesterov": True, "momentum": 0}, ValueError, "needs a momentum"),
        ("Adam", {"betas": 0.9}, ValueError, "betas is 0.9, needs two numbers"),
        ("Adam", {"betas": (0.9, 1.0)}, ValueError, r"betas\[1\] is 1"),
        ("Adam", {"betas": ("a", 0.9)}, TypeError, r"betas\[0\] is 'a'"),
        ("RMSprop", {"alpha": 1.5}, ValueError, "alpha is 1.5"),
        ("RMSprop", {"centered": None}, ValueError, "centered is None"),
        ("Adagrad", {"eps": None}, TypeError, "eps is None, needs a finite number"),
        ("SGD", {"clip_norm": 0}, ValueError, "clip_norm is 0"),
        ("SGD", {"clip_value": [1]}, TypeError, r"clip_value is \[1\]"),
        ("SGD", {"groups": [{"lr": -2.0}, {}]}, ValueError, "lr is -2"),
        ("SGD", {"groups": [{"lr": 0.5}]}, ValueError, "not those of the groups here"),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused_and_change_nothing(kind, change, error, message):
    params = grouped(network(), lr=0.25) if "groups" in change else network().parameters()
    optimizer = made(kind, params, lr=0.5, clip_norm=3.0)
    before = optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(before | {"lr": 0.125, "weight_decay": 0.5, "clip_norm": 7.0} | change)
    assert optimizer.state_dict() == before


@EVERY_KIND
def test_a_state_that_went_through_json_is_the_same(kind):
    one, two = network(), network()
    first = made(kind, grouped(one, **({"betas": (0.8, 0.9)} if "Adam" in kind else {"lr": 0.2})), clip_value=0.5)
    learn(one, first, 2)
    text = json.dumps(first.state_dict(), default=lambda array: array.tolist())
    two.load_state_dict(one.state_dict())
    second = made(kind, grouped(two, **({"betas": (0.1, 0.2)} if "Adam" in kind else {"lr": 0.7})))
    second.load_state_dict(json.loads(text))
    np.testing.assert_equal(second.state_dict(), first.state_dict())
    assert second.settings() == first.settings()
    assert learn(one, first, 2) == learn(two, second, 2)
    agree(one, two, 0)


def test_clipping_is_kept_in_the_state():
    first, second = (
        nn.SGD([nn.Parameter([1.0])], 0.1, clip_norm=c, clip_value=v) for c, v in [(2.0, None), (5.0, 1.0)]
    )
    second.load_state_dict(first.state_dict())
    assert second.clip_norm == 2.0 and second.clip_value is None


def test_a_state_from_before_clipping_was_kept_leaves_it_as_it_is():
    optimizer = nn.SGD([nn.Parameter([1.0])], 0.1, clip_norm=2.0)
    state = optimizer.state_dict() | {"lr": 0.5}
    del state["clip_norm"], state["clip_value"]
    optimizer.load_state_dict(state)
    assert optimizer.lr == 0.5 and optimizer.clip_norm == 2.0


@EVERY_KIND
def test_what_is_remembered_has_the_dtype_of_the_parameter(kind):
    one, two = network(), network(np.float32)
    first, second = made(kind, one.parameters()), made(kind, two.parameters())
    learn(one, first, 1)
    second.load_state_dict(first.state_dict())
    learn(two, second, 1, dtype=np.float32)
    held = [v for s in second.state for k, v in (s.items() if isinstance(s, dict) else [("", s)]) if k != "t"]
    assert {v.dtype for v in held if v is not None} <= {np.dtype(np.float32)}  # without momentum SGD remembers nothing


# --- Groups -----------------------------------------------------------------------------------------------------------


def grouped(net, **own):
    W1, b1, W2, b2 = net.parameters()
    return [{"params": [W1, b1], **own}, {"params": [W2, b2]}]


@EVERY_KIND
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_group_is_updated_by_options_of_its_own(kind, compiled):
    net, other = network(), network()
    own = {"lr": 0.003, "weight_decay": 0.2}
    W1, b1, W2, b2 = other.parameters()
    both = made(kind, grouped(net, **own))
    separate = made(kind, [W1, b1], **own), made(kind, [W2, b2])
    for _ in range(3):
        learn(net, both, 1, compiled)
        other.zero_grad()
        nn.quadratic_cost(other(X), Y).backward()
        for optimizer in separate:
            optimizer.step()
    agree(net, other)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_learning_rate_of_a_group_may_be_changed(compiled):
    net = network()
    optimizer = nn.SGD(grouped(net, lr=0.0), 0.5)
    before = net.state_dict()
    step = nn.make_step(net, nn.quadratic_cost, optimizer, compiled)
    step(X, Y)
    assert np.array_equal(net.parameters()[0].data, before["layers.0.W"])
    optimizer.groups[0]["lr"] = 0.1
    step(X, Y)
    assert not np.array_equal(net.parameters()[0].data, before["layers.0.W"])


def test_a_state_dict_holds_the_options_of_groups():
    one, two = network(), network()
    first, second = nn.SGD(grouped(one, lr=0.1), 0.5), nn.SGD(grouped(two, lr=0.9), 0.7)
    second.load_state_dict(first.state_dict())
    assert second.rates == [0.5, 0.1]
    with pytest.raises(ValueError, match="groups"):
        nn.SGD(two.parameters(), 0.5).load_state_dict(first.state_dict())


P = nn.Parameter([1.0])


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([{"params": [P], "speed": 1}], ValueError, "options out of lr, momentum.*'speed'"),
        ([{"lr": 1.0}], ValueError, "has 'params'"),
        ([{"params": [P], "lr": -1.0}], ValueError, "lr is -1"),
        ([{"params": [P], "nesterov": True}], ValueError, "needs a momentum"),
        ([{"params": [P]}, {"params": [P]}], ValueError, "twice"),
        ([{"params": [P]}, nn.Parameter([1.0])], TypeError, "got both"),
        ([{"params": [np.ones(2)]}], TypeError, "takes Tensors"),
        ([{"params": []}], ValueError, "no parameters"),
    ],
    ids=str,
)
def test_bad_groups_are_named(params, error, message):
    with pytest.raises(error, match=message):
        nn.SGD(params, 0.1)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("Adam", {"lr": -1}, "lr is -1"),
        ("Adam", {"betas": (1.0, 0.9)}, r"betas\[0\] is 1"),
        ("Adam", {"betas": (0.9, -0.1)}, r"betas\[1\] is -0.1"),
        ("Adam", {"betas": (0.9,)}, "two numbers"),
        ("AdamW", {"weight_decay": -1}, "weight_decay is -1"),
        ("RMSprop", {"alpha": 1.0}, "alpha is 1"),
        ("RMSprop", {"momentum": np.inf}, "momentum is inf"),
        ("Adagrad", {"eps": -1}, "eps is -1"),
        ("Adagrad", {"clip_norm": 0}, "clip_norm is 0"),
        ("SGD", {"lr": 1, "clip_value": -1}, "clip_value is -1"),
    ],
    ids=str,
)
def test_bad_options_are_named(kind, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(nn, kind)([P], **options)


def test_it_prints_its_options():
    text = "AdamW(lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, clip_norm=1.0)"
    assert repr(nn.AdamW([P], clip_norm=1)) == text


# --- Clipping ---------------------------------------------------------------------------------------------------------

GRADS = [np.array([[3.0, 0.0]]), np.array([0.0, -4.0])]


@pytest.mark.parametrize("most", [0.5, 5.0, 7.0])
def test_clipping_by_norm_keeps_the_direction_and_is_that_of_pytorch(most):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")
    params = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in GRADS]
    for p, g in zip(params, GRADS, strict=True):
        p.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_norm_(params, most)
    theirs = 5.0 if most > 5 else most * 5 / (5 + 1e-6)  # PyTorch adds 1e-6 to the norm that it divides by
    for g, p in zip(nn.clip_by_norm(GRADS, most), params, strict=True):
        np.testing.assert_allclose(g / min(most, 5.0), p.grad.numpy() / theirs, rtol=1e-10)


def test_the_norm_of_clipped_gradients_is_the_one_asked_for():
    assert np.sqrt(sum(np.sum(g * g) for g in nn.clip_by_norm(GRADS, 0.5))) == pytest.approx(0.5, rel=1e-15)


def test_the_norm_of_large_float32_gradients_is_finite():
    (clipped,) = nn.clip_by_norm([np.array([3e30, 4e30], np.float32)], 5.0)
    assert clipped.dtype == np.float32
    np.testing.assert_allclose(clipped, [3, 4], rtol=1e-6)


def test_gradients_of_zero_stay_so():
    assert nn.clip_by_norm([np.zeros(2)], 1.0)[0].tolist() == [0, 0] and nn.clip_by_norm([], 1.0) == []


def test_clipping_by_value_keeps_every_element_within():
    assert [g.tolist() for g in nn.clip_by_value(GRADS, 2.0)] == [[[2.0, 0.0]], [0.0, -2.0]]


def test_an_optimizer_clips_all_gradients_together():
    params = [nn.Parameter(np.zeros(g.shape)) for g in GRADS]
    for p, g in zip(params, GRADS, strict=True):
        p.grad = g
    unused = nn.Parameter([1.0])
    nn.SGD([*params, unused], 1.0, clip_norm=1.0).step()
    for p, g in zip(params, GRADS, strict=True):
        np.testing.assert_allclose(p.data, -g / 5, rtol=1e-15)
    assert unused.item() == 1.0
