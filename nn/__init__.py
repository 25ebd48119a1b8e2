"""Networks of neurons on autograd_lite: layers, costs, training, and a certificate of the four equations."""

from .certificate import Certificate, verify_backprop
from .compiled import compile_step
from .costs import Cost, cross_entropy_cost, quadratic_cost, squared_error
from .datasets import Digits, load_digits, load_mnist, one_hot
from .history import Epoch, History
from .layers import Activation, Identity, Linear, ReLU, Sigmoid, Softplus, Tanh
from .module import Module, Parameter
from .nudges import Nudges, nudges
from .optimizers import SGD, Optimizer
from .pictures import Drawing, draw_network, draw_weights
from .saving import load, save
from .sequential import MLP, Sequential
from .speed import LearningSpeed, gradient_norms, learning_speed
from .train import accuracy, evaluate, fit, make_step, mini_batches

__all__ = [
    "MLP", "SGD", "Activation", "Certificate", "Cost", "Digits", "Drawing", "Epoch", "History", "Identity",
    "LearningSpeed", "Linear", "Module", "Nudges", "Optimizer", "Parameter", "ReLU", "Sequential", "Sigmoid",
    "Softplus", "Tanh", "accuracy", "compile_step", "cross_entropy_cost", "draw_network", "draw_weights", "evaluate",
    "fit", "gradient_norms", "learning_speed", "load", "load_digits", "load_mnist", "make_step", "mini_batches",
    "nudges", "one_hot", "quadratic_cost", "save", "squared_error", "verify_backprop",
]  # fmt: skip
