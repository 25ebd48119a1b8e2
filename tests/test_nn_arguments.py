"""Arguments of the wrong kind: named, with what is needed, before anything is changed. No error of Python's own inside."""

import copy
import inspect
import re

import numpy as np
import pytest

import autograd_lite as ag
import nn

X, Y = np.random.default_rng(0).random((12, 4)), np.eye(3)[np.arange(12) % 3]
WRONG = {
    "None": None,
    "text": "adam",
    "a list": [1, 2, 3],
    "a dict": {"a": 1},
    "-1": -1,
    "1.5": 1.5,
    "nan": float("nan"),
    "a function": lambda *_: None,
    "a class": dict,
    "an object": object(),
    "True": True,
    "an array": np.ones((2, 2)),
    "a number": 10**6,
}


def net():
    return nn.MLP([4, 5, 3], seed=0)


def good():
    """All arguments of a run that is right."""
    network = net()
    return {
        "net": network, "data": (X, Y), "optimizer": nn.SGD(network.parameters(), 0.1), "epochs": 1, "batch_size": 5,
        "seed": 0, "progress": False,
    }  # fmt: skip


# what is right, though it stands in the table of wrong kinds
RIGHT = {
    "cost": ["a function"],
    "report": ["None", "a function"],
    "validation": ["None"],
    "seed": ["None", "a list", "a number"],
    "metrics": ["None"],
    "schedule": ["None"],
    "patience": ["None", "a number"],
    "checkpoint": ["None", "text"],
    "among": ["None"],
    "batch_size": ["a number"],
    "epochs": ["a number"],
    **{name: ["True"] for name in ("drop_last", "compiled", "progress", "keep_best")},
}
CASES = [
    pytest.param(name, kind, id=f"{name}={kind}")
    for name in inspect.signature(nn.fit).parameters
    for kind in WRONG
    if kind not in RIGHT.get(name, ())
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_wrong_argument_of_fit_is_named_before_a_weight_moves(name, kind):
    arguments = good()
    before = arguments["net"].state_dict()
    with pytest.raises((TypeError, ValueError)) as caught:
        nn.fit(**(arguments | {name: WRONG[kind]}))
    assert re.search(rf"\b{name}\b", str(caught.value)), str(caught.value)
    network = good()["net"]
    assert all(np.array_equal(v, before[k]) for k, v in network.state_dict().items())


REMEDIES = {
    "optimizer by name": ({"optimizer": "adam"}, r"nn\.Adam\(net\.parameters\(\)"),
    "the class of an optimizer": ({"optimizer": nn.SGD}, r"nn\.SGD\(net\.parameters\(\)"),
    "the class of a network": ({"net": nn.MLP}, r"make one, net = MLP\("),
    "cost by name": ({"cost": "mse"}, r"such as nn\.quadratic_cost"),
    "a cost of one argument": ({"cost": lambda output: output}, r"cost\(output, y\)"),
    "a cost that is no Tensor": ({"cost": lambda output, y: 1.0}, r"a Tensor of one number"),
    "a cost of every example": (
        {"cost": lambda output, y: (output - y) ** 2},
        r"shape \(\d+, 3\), needs a Tensor of one",
    ),
    "a cost without a gradient": (
        {"cost": lambda o, y: nn.quadratic_cost(o.detach(), y)},
        "does not depend on the parameters",
    ),
    "a formula as a schedule": ({"schedule": nn.cosine_decay(5)}, r"nn\.Schedule\(optimizer, nn\.cosine_decay"),
    "metrics as a list": ({"metrics": ["accuracy"]}, r"\{\"accuracy\": nn\.accuracy\}"),
    "one callback": ({"callbacks": print}, "needs a list of functions"),
    "a fraction for validation": ({"validation": 0.2}, r"nn\.split\(x, y, 0\.2\)"),
    "an optimizer of other parameters": ({"optimizer": nn.SGD(net().parameters(), 0.1)}, "none of the parameters"),
    "one array": ({"data": X}, r"pair \(x, y\)"),
    "a dict of data": ({"data": {"x": X, "y": Y}}, r"pair \(x, y\)"),
    "no accuracy to monitor": ({"monitor": "accuracy", "data": (X, Y * 0.5)}, r"monitor='cost'"),
}


@pytest.mark.parametrize(("change", "words"), REMEDIES.values(), ids=REMEDIES)
def test_the_error_shows_the_way_out(change, words):
    with pytest.raises((TypeError, ValueError), match=words):
        nn.fit(**(good() | change))


# --- Everything else that is public -----------------------------------------------------------------------------------

PUBLIC = {
    "Linear": (4, 3), "Conv1d": (2, 3, 2), "Conv2d": (2, 3, 2), "MaxPool": (2,), "AvgPool": (2,), "Dropout": (0.5,),
    "Embedding": (5, 3), "BatchNorm1d": (4,), "BatchNorm2d": (4,), "LayerNorm": (4,), "RNN": (4, 3), "GRU": (4, 3),
    "LSTM": (4, 3), "RNNCell": (4, 3), "GRUCell": (4, 3), "LSTMCell": (4, 3), "MultiHeadAttention": (4, 2),
    "Reshape": (2, 2), "MLP": ([4, 3],), "Sequential": (nn.Linear(4, 3),), "Residual": (nn.Linear(4, 4),),
    "Softmax": (), "LeakyReLU": (), "ELU": (), "GELU": (), "accuracy": (Y, Y), "evaluate": (net(), X, Y),
    "split": (X, Y, 0.25), "standardize": (X,), "one_hot": ([0, 1], 2), "mini_batches": (X, Y, 4),
    "moons": (), "circles": (), "spirals": (), "xor": (), "load_digits": (8,),
    "learning_speed": (net(), X, Y), "gradient_norms": (net(), X, Y), "nudges": (net(), X, Y),
    "draw_weights": (net(),), "draw_network": (net(), X[0], Y[0]),
}  # fmt: skip
SIZES = ("n", "n_in", "n_out", "n_hidden", "size", "n_heads", "shape", "num_layers", "n_classes")
BARE = (
    AttributeError,
    IndexError,
    KeyError,
    ZeroDivisionError,
    NameError,
    AssertionError,
    UnboundLocalError,
    RecursionError,
)


def wrong_calls():
    for name, args in PUBLIC.items():
        parameters = inspect.signature(getattr(nn, name)).parameters.values()
        named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.name != "theme"]
        for i, p in enumerate(named):
            for kind, value in WRONG.items():
                if kind == "a number" and p.name in SIZES:
                    continue  # it is right, and takes long
                yield pytest.param(name, args, i, p, value, id=f"{name}({p.name}={kind})")


@pytest.mark.parametrize(("name", "args", "i", "parameter", "value"), list(wrong_calls()))
def test_a_wrong_argument_never_ends_in_an_error_of_pythons_own(name, args, i, parameter, value):
    positional = list(copy.deepcopy(args))
    keywords = {}
    if parameter.kind is not parameter.KEYWORD_ONLY and i < len(positional):
        positional[i] = value
    else:
        keywords[parameter.name] = value
    try:
        getattr(nn, name)(*positional, **keywords)
    except (TypeError, ValueError) as error:
        assert not re.search(
            r"'\w+' object|object of type|not supported between|unsupported operand|truth value", str(error)
        ), error
    except BARE as error:
        pytest.fail(f"{type(error).__name__}: {error}")


# --- Arrays with a meaning of their own -------------------------------------------------------------------------------


class Quantity(np.ndarray):
    """An array with units, as they are made by subclassing."""


WITH_A_MEANING = {
    "masked": lambda a: np.ma.array(a, mask=np.arange(a.size).reshape(a.shape) == 0),
    "matrix": lambda a: a.view(np.matrix),
    "units": lambda a: a.view(Quantity),
}
COSTS = [
    nn.quadratic_cost, nn.squared_error, nn.absolute_cost, nn.huber_cost, nn.cross_entropy_cost, nn.softmax_cross_entropy,
]  # fmt: skip
LABELS, ROWS, SIGMOID = np.arange(12)[:, None] % 3, np.full((12, 3), 0.25), ag.sigmoid(ag.Tensor(np.zeros((12, 3))))


def step(compiled):
    network = net()
    return nn.make_step(network, nn.quadratic_cost, nn.SGD(network.parameters(), 0.1), compiled=compiled)


def assigned(value):
    network = net()
    network.layers[0].W = value


ENTRANCES = {  # an argument, and the call that takes it
    **{f"target of {c.__name__}": (Y, lambda y, c=c: c(SIGMOID, y)) for c in COSTS},
    **{f"target of {c.__name__}.per_example": (Y, lambda y, c=c: c.per_example(SIGMOID, y)) for c in COSTS},
    **{f"output of {c.__name__}": (ROWS, lambda a, c=c: c(a, Y)) for c in COSTS},
    "target of hinge_cost": (2 * Y - 1, lambda y: nn.hinge_cost(SIGMOID, y)),
    "labels": (LABELS, lambda y: nn.softmax_cross_entropy(ag.Tensor(np.zeros((12, 1, 3))), y)),
    "weight of classes": (np.ones(3), lambda w: nn.softmax_cross_entropy(SIGMOID, LABELS[:, 0], weight=w)),
    "targets of accuracy": (Y, lambda y: nn.accuracy(ROWS, y)),
    "outputs of accuracy": (ROWS, lambda a: nn.accuracy(a, Y)),
    "x of evaluate": (X, lambda x: nn.evaluate(net(), x, Y)),
    "y of evaluate": (Y, lambda y: nn.evaluate(net(), X, y)),
    "x of fit": (X, lambda x: nn.fit(**(good() | {"data": (x, Y)}))),
    "y of fit": (Y, lambda y: nn.fit(**(good() | {"data": (X, y)}))),
    "validation of fit": (X, lambda x: nn.fit(**(good() | {"validation": (x, Y)}))),
    "x of a compiled step": (X, lambda x: step(True)(x, Y)),
    "y of a compiled step": (Y, lambda y: step(True)(X, y)),
    "x of a step": (X, lambda x: step(False)(x, Y)),
    "y of a step": (Y, lambda y: step(False)(X, y)),
    "a Parameter": (X, nn.Parameter),
    "a Buffer": (X, nn.Buffer),
    "an attribute": (np.ones((5, 4)), assigned),
    "a state": (np.ones((5, 4)), lambda w: net().load_state_dict(net().state_dict() | {"layers.0.W": w})),
    "an initializer": (np.ones((5, 4)), lambda w: nn.Linear(4, 5, weights=lambda rng, shape: w)),
    "x of mini_batches": (X, lambda x: nn.mini_batches(x, Y, 4)),
    "x of split": (X, lambda x: nn.split(x, Y, 0.25)),
    "x of standardize": (X, nn.standardize),
    "labels of one_hot": (LABELS, lambda y: nn.one_hot(y, 3)),
    "symbols": (LABELS, nn.Embedding(5, 3)),
    "a mask": (np.ones((2, 2), bool), lambda m: nn.MultiHeadAttention(4, 2)(np.ones((1, 2, 4)), mask=m)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("meaning", WITH_A_MEANING)
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_no_mask_and_no_class_is_lost_in_silence(entrance, meaning):
    argument, call = ENTRANCES[entrance]
    call(argument)  # as plain data it is right
    with pytest.raises(TypeError, match=r"MaskedArray.*filled|masked array.*fill|matrix.*asarray|Quantity.*asarray"):
        call(WITH_A_MEANING[meaning](argument))
