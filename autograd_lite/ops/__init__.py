"""The derivative tables, by mathematical kind. Importing them states their rules."""

from . import activations, arithmetic, indexing, linalg, reductions, shape, transcendental

__all__ = ["activations", "arithmetic", "indexing", "linalg", "reductions", "shape", "transcendental"]
