"""Layers: what networks are made of."""

from .activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Activation,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)  # fmt: skip
from .attention import MultiHeadAttention
from .common import Seed
from .convolution import Conv1d, Conv2d, Convolution
from .dropout import Dropout
from .embedding import Embedding
from .linear import Linear
from .normalization import BatchNorm1d, BatchNorm2d, LayerNorm
from .pooling import AvgPool, MaxPool
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .shapes import Flatten, Reshape

__all__ = [
    "ACTIVATIONS", "ELU", "GELU", "GRU", "LSTM", "RNN", "SELU", "Activation", "AvgPool", "BatchNorm1d", "BatchNorm2d",
    "Conv1d", "Conv2d", "Convolution", "Dropout", "Embedding", "Flatten", "GRUCell", "Identity", "LSTMCell", "LayerNorm",
    "LeakyReLU", "Linear", "LogSoftmax", "MaxPool", "MultiHeadAttention", "RNNCell", "ReLU", "Reshape", "Seed", "SiLU",
    "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh",
]  # fmt: skip
