"""Optimizers: they update parameters from their gradients."""

from ..missing import missing_from as _missing_from
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]

__getattr__ = _missing_from(__name__)
