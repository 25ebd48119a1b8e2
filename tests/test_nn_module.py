"""Modules: finding parameters, state, names, scopes and errors of layers."""

import copy
import gc
import pickle
import threading
import weakref
from itertools import pairwise

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import initializers
from nn.modes import evaluating, learning, still_learning

X = np.random.default_rng(0).random((5, 3))


class Nested(nn.Module):
    """A module with everything that may hold others."""

    def __init__(self):
        self.first = nn.Linear(3, 2, seed=0)
        self.listed = [nn.Linear(2, 2, seed=1), (nn.Linear(2, 2, seed=2),)]
        self.named = {"last": nn.Linear(2, 1, seed=3)}
        self.scale = ag.Tensor([2.0], requires_grad=True)
        self.constant = ag.Tensor([3.0])
        self.shared = self.first
        self.parent = self
        self.text = "no module"

    def forward(self, x):
        return self.first(x) * self.scale


def test_parameters_are_found_in_nested_containers_once_each_and_in_order():
    names = [name for name, _ in Nested().named_parameters()]
    layers = ["first", "listed.0", "listed.1.0", "named.last"]
    assert names == [f"{layer}.{p}" for layer in layers for p in "Wb"] + ["scale"]


def test_parameters_are_a_list_of_w_and_b_from_the_input_on():
    net = nn.MLP([4, 3, 2], seed=0)
    assert [p.shape for p in net.parameters()] == [(3, 4), (3,), (2, 3), (2,)]
    assert isinstance(net.parameters(), list)


def test_a_deeply_nested_container_needs_no_recursion():
    holder = nn.Module()
    inside = [nn.Parameter([1.0])]
    for _ in range(5000):
        inside = [inside]
    holder.inside = inside
    assert len(holder.parameters()) == 1


def test_a_computed_tensor_kept_as_an_attribute_is_no_parameter():
    module = nn.Linear(3, 2, seed=0)
    module.last = module(X)
    assert [name for name, _ in module.named_parameters()] == ["W", "b"]


def test_a_parameter_with_its_gradient_switched_off_stays_a_parameter():
    module = nn.Linear(3, 2, seed=0)
    module.W.requires_grad = False
    assert [name for name, _ in module.named_parameters()] == ["W", "b"]


def test_a_parameter_owns_its_array():
    array = np.ones(3)
    p = nn.Parameter(array)
    array[0] = 7
    assert p.tolist() == [1, 1, 1]


def test_a_parameter_made_from_a_computed_tensor_is_a_leaf():
    p = nn.Parameter(ag.Tensor([1.0], requires_grad=True) * 2)
    assert p.is_leaf and p.requires_grad and p.tolist() == [2]


def test_an_integer_parameter_is_refused():
    with pytest.raises(TypeError, match="dtype=float"):
        nn.Parameter([1, 2])


def test_zero_grad_forgets_all_gradients():
    net = nn.MLP([3, 2], seed=0)
    net(X).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_train_and_eval_reach_every_module():
    net = nn.Sequential(nn.MLP([3, 2]), nn.Sigmoid())
    assert all(not module.training for _, module in net.eval().named_modules())
    assert all(module.training for _, module in net.train().named_modules())


def modes(net):
    return [module.training for _, module in net.named_modules()]


def four():
    return nn.Sequential(nn.Linear(3, 3, seed=0), nn.BatchNorm1d(3), nn.Dropout(0.5))


@pytest.mark.parametrize("frozen", [[], [1], [1, 3], [0], [0, 1, 2, 3]], ids=str)
@pytest.mark.parametrize("around", [evaluating, learning, still_learning], ids=lambda f: f.__name__)
def test_modules_come_out_in_the_mode_in_which_they_went_in(around, frozen):
    net = four()
    for i in frozen:
        net.named_modules()[i][1].training = False
    before = modes(net)
    with pytest.raises(ZeroDivisionError), around(net):
        if around is still_learning:
            net.eval()
        _ = 1 / 0
    assert modes(net) == before


def test_evaluating_puts_all_into_evaluation_mode():
    net = four()
    with evaluating(net):
        assert modes(net) == [False] * 4


def test_only_a_network_that_is_wholly_in_evaluation_mode_is_put_into_training():
    net = four()
    net.layers[1].eval()
    with learning(net):
        assert modes(net) == [True, True, False, True]
    with learning(net.eval()):
        assert modes(net) == [True] * 4
    assert modes(net) == [False] * 4


def test_a_layer_that_is_frozen_on_the_way_stays_so():
    net = four()
    with learning(net), still_learning(net):
        net.layers[1].eval()
    assert modes(net) == [True, True, False, True]


def test_a_change_of_mode_and_back_leaves_no_trace():
    net = four()
    before = [list(vars(module)) for _, module in net.named_modules()]
    with evaluating(net):
        pass
    assert [list(vars(module)) for _, module in net.named_modules()] == before


# --- State ------------------------------------------------------------------------------------------------------------


def test_a_state_dict_holds_copies():
    net = nn.MLP([3, 2], seed=0)
    state = net.state_dict()
    state["layers.0.b"][:] = 9
    assert 9 not in net.parameters()[1].numpy()


def test_a_loaded_state_gives_the_same_outputs():
    one, other = nn.MLP([3, 4, 2], seed=0), nn.MLP([3, 4, 2], seed=1)
    other.load_state_dict(one.state_dict())
    assert np.array_equal(one(X).numpy(), other(X).numpy())


def test_loading_leaves_the_gradient_of_what_was_computed_before():
    net, same = nn.MLP([3, 2], seed=0), nn.MLP([3, 2], seed=0)
    before = net(X).sum()
    net.load_state_dict(nn.MLP([3, 2], seed=1).state_dict())
    before.backward()
    same(X).sum().backward()
    for p, q in zip(net.parameters(), same.parameters(), strict=True):
        np.testing.assert_array_equal(p.grad.data, q.grad.data)


def test_a_loaded_state_takes_the_dtype_of_the_parameter():
    net = nn.MLP([3, 2], dtype=np.float32)
    net.load_state_dict(nn.MLP([3, 2], seed=1).state_dict())
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float32)}


def test_loading_names_every_mismatch_and_changes_nothing():
    net = nn.MLP([3, 4, 2], seed=0)
    before = net.state_dict()
    state = nn.MLP([3, 4, 2], seed=1).state_dict() | {"layers.0.W": np.ones((4, 5)), "layers.9.W": np.ones(1)}
    state["layers.2.b"] = np.array(["a", "b", "c"])
    del state["layers.2.W"]
    with pytest.raises(ValueError) as error:
        net.load_state_dict(state)
    message = str(error.value)
    for part in (
        "layers.2.W is missing",
        "layers.0.W has shape (4, 5), needs (4, 3)",
        "layers.9.W is not",
        "layers.2.b has shape (3,), needs (2,)",
        "layers.2.b has dtype <U1, needs real numbers",
    ):
        assert part in message
    assert all(np.array_equal(before[name], array) for name, array in net.state_dict().items())


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"]
)
def test_a_copied_network_computes_the_same_and_shares_nothing(copied):
    net = nn.MLP([3, 4, 2], seed=0)
    other = copied(net)
    assert np.array_equal(net(X).numpy(), other(X).numpy())
    assert [layer is step for layer, step in zip(other.layers, other.innermost, strict=True)] == [True] * 4
    assert all(isinstance(p, nn.Parameter) for p in other.parameters())
    assert set(net.parameters()).isdisjoint(other.parameters())


def test_a_forward_pass_leaves_no_reference_cycle():
    net = nn.MLP([3, 4, 2], seed=0)
    gc.collect()
    gc.disable()
    try:
        output = weakref.ref(net(X))
        assert output() is None
    finally:
        gc.enable()


# --- Layers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [X, X[0], ag.Tensor(X), X.tolist()], ids=["batch", "one example", "tensor", "list"])
def test_a_linear_layer_is_x_w_transposed_plus_b(x):
    layer = nn.Linear(3, 2, seed=0)
    expected = np.asarray(x) @ layer.W.numpy().T + layer.b.numpy()
    assert np.array_equal(layer(x).numpy(), expected)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.Sigmoid(), lambda z: 1 / (1 + np.exp(-z))),
        (nn.Tanh(), np.tanh),
        (nn.ReLU(), lambda z: np.maximum(z, 0)),
        (nn.Softplus(), lambda z: np.log(1 + np.exp(z))),
        (nn.Identity(), lambda z: z),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Module) else "",
)
def test_an_activation_module_is_its_function(module, function):
    z = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(module(z).numpy(), function(z), rtol=1e-14)


@pytest.mark.parametrize("shape", [(5, 4), (4,), ()])
def test_a_wrong_number_of_features_names_layer_kind_and_both_shapes(shape):
    net = nn.MLP([3, 2, 2], seed=0)
    with pytest.raises(ValueError) as error:
        net(np.ones(shape))
    for part in ("'layer 1'", "Linear 3 -> 2", str(shape), "(2, 3)"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: nn.Linear(3, 2)(np.ones(4)), "an unnamed layer (Linear 3 -> 2)"),
        (lambda: nn.Linear(3, 2, name="encoder")(np.ones(4)), "'encoder' (Linear 3 -> 2)"),
        (lambda: nn.MLP([3, 2, 2]).layers[2](np.ones(4)), "an unnamed layer (Linear 2 -> 2)"),
    ],
    ids=["unnamed", "named", "taken out"],
)
def test_an_error_outside_of_a_sequential_names_what_can_be_named(call, name):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value).startswith(name)


@pytest.mark.parametrize("sizes", [(0, 2), (2, 0), (-1, 1)])
def test_a_layer_without_inputs_or_neurons_is_refused(sizes):
    with pytest.raises(ValueError, match="at least 1"):
        nn.Linear(*sizes)


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no method forward"):
        nn.Module()(X)


def test_a_named_module_runs_in_its_scope():
    layer = nn.Linear(3, 2, name="encoder")
    assert layer(X).scope == ("encoder",)


# --- Sequential and MLP -----------------------------------------------------------------------------------------------


def test_values_are_named_and_scoped_by_layer():
    net = nn.MLP([3, 4, 2], seed=0)
    outputs = net.outputs(X)
    assert [t.name for t in outputs] == ["z1", "a1", "z2", "a2"]
    assert [t.scope for t in outputs] == [("layer 1",)] * 2 + [("layer 2",)] * 2
    assert [p.name for p in net.parameters()] == ["W1", "b1", "W2", "b2"]
    assert [p.scope for p in net.parameters()] == [("layer 1",)] * 2 + [("layer 2",)] * 2


def test_numbers_go_on_through_sequentials_inside():
    net = nn.Sequential(nn.MLP([3, 4, 4]), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
    assert [t.name for t in net.outputs(X)] == ["z1", "a1", "z2", "a2", "z3", "a3"]
    assert net.parameters()[-1].name == "b3"


def test_a_layer_used_twice_keeps_its_first_number_and_counts_once():
    tied = nn.Linear(3, 3, seed=0)
    net = nn.Sequential(tied, nn.Tanh(), tied)
    assert [p.name for p in net.parameters()] == ["W1", "b1"]
    assert [t.name for t in net.outputs(X)] == ["z1", "a1", "z2"]
    W, b = tied.W.numpy(), tied.b.numpy()
    np.testing.assert_allclose(net(X).numpy(), np.tanh(X @ W.T + b) @ W.T + b, rtol=1e-14)


def test_a_named_layer_gives_its_name_to_the_scope():
    net = nn.Sequential(nn.Linear(3, 2, name="encoder"), nn.Sigmoid())
    assert net(X).scope == ("encoder",)


def test_a_module_of_ones_own_is_run_between_layers():
    net = nn.Sequential(nn.Linear(3, 3, seed=0), Nested(), nn.Sigmoid())
    assert net(X).shape == (5, 2) and net(X).name == "a2"


def test_a_recording_scope_around_comes_first():
    with ag.scope("net"):
        assert nn.MLP([3, 2])(X).scope == ("net", "layer 1")


def test_a_network_can_run_in_several_threads_at_once():
    net = nn.MLP([3, 4, 4, 2], seed=0)
    scopes = []

    def run():
        for _ in range(200):
            scopes.append([t.scope for t in net.outputs(X)][::2])

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(scopes) == 800
    assert all(s == [("layer 1",), ("layer 2",), ("layer 3",)] for s in scopes)


def test_book_initialisation_has_unit_biases_and_weights_of_one_over_root_n():
    net = nn.MLP([400, 300, 10], seed=0)
    W, b = (p.numpy() for p in net.parameters()[:2])
    assert abs(W.std() * np.sqrt(400) - 1) < 0.01
    assert abs(b.std() - 1) < 0.1


@pytest.mark.parametrize(
    ("initializer", "spread"),
    [
        (initializers.normal, 1.0),
        (initializers.scaled_normal, 1 / np.sqrt(500)),
        (initializers.he_normal, np.sqrt(2 / 500)),
        (initializers.glorot_uniform, np.sqrt(2 / 700)),
        (initializers.zeros, 0.0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_initializer_has_its_spread(initializer, spread):
    drawn = initializer(np.random.default_rng(0), (200, 500))
    assert drawn.shape == (200, 500)
    np.testing.assert_allclose(drawn.std(), spread, rtol=0.01)


def test_a_seed_gives_the_same_network_in_every_dtype():
    double, single = nn.MLP([3, 4, 2], seed=0), nn.MLP([3, 4, 2], seed=0, dtype=np.float32)
    for p, q in zip(double.parameters(), single.parameters(), strict=True):
        assert q.dtype == np.float32
        assert np.array_equal(p.numpy().astype(np.float32), q.numpy())


def test_a_generator_as_seed_is_drawn_from():
    rng = np.random.default_rng(0)
    first, second = nn.MLP([3, 2], seed=rng), nn.MLP([3, 2], seed=rng)
    assert np.array_equal(first.parameters()[0].numpy(), nn.MLP([3, 2], seed=0).parameters()[0].numpy())
    assert not np.array_equal(first.parameters()[0].numpy(), second.parameters()[0].numpy())


def test_float32_stays_float32():
    net = nn.MLP([3, 4, 2], seed=0, dtype=np.float32)
    cost = nn.quadratic_cost(net(X.astype(np.float32)), np.zeros((5, 2), np.float32))
    cost.backward()
    assert cost.dtype == np.float32
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    "activation", ["tanh", nn.Tanh, nn.Tanh(), ["tanh"]], ids=["name", "class", "instance", "list"]
)
def test_an_activation_may_be_given_in_every_form(activation):
    net = nn.MLP([3, 4, 2], activation=activation, output="identity", seed=0)
    assert [type(layer) for layer in net.layers] == [nn.Linear, nn.Tanh, nn.Linear, nn.Identity]


def test_hidden_layers_do_not_share_an_activation_instance():
    net = nn.MLP([3, 4, 4, 2], activation=nn.Tanh())
    assert len({id(layer) for layer in net.layers}) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([3],), "at least an input and an output"),
        (([3, 0, 2],), "at least 1 neuron"),
        (([3, 2, 2], {"activation": "sigmod"}), "unknown activation 'sigmod'.*sigmoid"),
        (([3, 2, 2], {"activation": ["tanh", "tanh"]}), "2 activations for 1 hidden layers"),
        (([3, 2], {"output": 3}), "unknown activation 3"),
    ],
)
def test_bad_arguments_of_an_mlp_are_named(arguments, message):
    sizes, *keywords = arguments
    with pytest.raises(ValueError, match=message):
        nn.MLP(sizes, **(keywords[0] if keywords else {}))


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        ((), ValueError, "at least one"),
        ((nn.Sigmoid,), TypeError, r"write Sigmoid\(\)"),
        ((np.tanh,), TypeError, "modules"),
    ],
)
def test_a_sequential_takes_modules_only(layers, error, message):
    with pytest.raises(error, match=message):
        nn.Sequential(*layers)


def test_the_layers_of_a_sequential_cannot_be_replaced():
    with pytest.raises(AttributeError):
        nn.MLP([3, 2]).layers = ()


# --- Text -------------------------------------------------------------------------------------------------------------


def test_the_summary_counts_parameters_by_layer_and_in_total():
    text = nn.MLP([784, 16, 16, 10], seed=0).summary()
    assert text.splitlines()[-1].split() == ["total", "13,002"]
    for n_in, n_out in pairwise([784, 16, 16, 10]):
        assert any(
            f"Linear({n_in}, {n_out})" in line and f"{n_in * n_out + n_out:,}" in line for line in text.splitlines()
        )
    assert repr(text) == text


def test_the_summary_shows_parameters_of_the_module_itself():
    lines = Nested().summary().splitlines()
    assert any(line.startswith("(itself)") and "unnamed (1,)" in line for line in lines)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.MLP([3, 2]), "MLP(Linear(3, 2), Sigmoid())"),
        (nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.Tanh())), "Sequential(Linear(3, 2), Sequential(Tanh()))"),
        (Nested(), "Nested(Linear(3, 2), Linear(2, 2), Linear(2, 2), Linear(2, 1))"),
    ],
    ids=["mlp", "sequential", "own"],
)
def test_a_module_prints_what_it_is_made_of(module, text):
    assert repr(module) == text
