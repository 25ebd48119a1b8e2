"""Networks of neurons on autograd_lite: layers, costs, training, and a certificate of the four equations."""

from . import initializers
from .certificate import Certificate, verify_backprop
from .compiled import compile_step
from .costs import (
    Cost,
    absolute_cost,
    cross_entropy_cost,
    hinge_cost,
    huber_cost,
    quadratic_cost,
    softmax_cross_entropy,
    squared_error,
)  # fmt: skip
from .data_preparation import Standardizer, split, standardize
from .datasets import Digits, load_digits, one_hot
from .evaluation import accuracy, evaluate
from .fitting import Training, fit
from .history import Epoch, History
from .layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    RNN,
    SELU,
    Activation,
    AvgPool,
    BatchNorm1d,
    BatchNorm2d,
    Conv1d,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    GRUCell,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    LSTMCell,
    MaxPool,
    MultiHeadAttention,
    ReLU,
    Reshape,
    RNNCell,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)  # fmt: skip
from .mnist import load_mnist
from .module import Buffer, Module, Parameter
from .nudges import Nudges, nudges
from .optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Halving,
    Optimizer,
    RMSprop,
    Schedule,
    clip_by_norm,
    clip_by_value,
    cosine_decay,
    exponential_decay,
    step_decay,
    warm_up,
)  # fmt: skip
from .parallel import ranks
from .pictures import Drawing, draw_network, draw_weights
from .regularization import regularized
from .saving import load, save
from .sequential import MLP, Residual, Sequential
from .speed import LearningSpeed, gradient_norms, learning_speed
from .toys import circles, moons, spirals, xor
from .train import make_step, mini_batches

__all__ = [
    "ELU", "GELU", "GRU", "LSTM", "MLP", "RNN", "SELU", "SGD", "Activation", "Adagrad", "Adam", "AdamW", "AvgPool",
    "BatchNorm1d", "BatchNorm2d", "Buffer", "Certificate", "Conv1d", "Conv2d", "Cost", "Digits", "Drawing",
    "Dropout", "Embedding", "Epoch", "Flatten", "GRUCell", "Halving", "History", "Identity", "LSTMCell",
    "LayerNorm", "LeakyReLU", "LearningSpeed", "Linear", "LogSoftmax", "MaxPool", "Module", "MultiHeadAttention",
    "Nudges", "Optimizer", "Parameter", "RMSprop", "RNNCell", "ReLU", "Reshape", "Residual", "Schedule",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Standardizer", "Tanh", "Training",
    "absolute_cost", "accuracy", "circles", "clip_by_norm", "clip_by_value", "compile_step", "cosine_decay",
    "cross_entropy_cost", "draw_network", "draw_weights", "evaluate", "exponential_decay", "fit", "gradient_norms",
    "hinge_cost", "huber_cost", "initializers", "learning_speed", "load", "load_digits", "load_mnist", "make_step",
    "mini_batches", "moons", "nudges", "one_hot", "quadratic_cost", "ranks", "regularized", "save", "softmax_cross_entropy",
    "spirals", "split", "squared_error", "standardize", "step_decay", "verify_backprop", "warm_up", "xor",
]  # fmt: skip


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
