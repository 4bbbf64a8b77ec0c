"""Tools around the language: data loading, checkpoints of activations."""

from . import _pytree as _pytree
from . import checkpoint, data

__all__ = ["checkpoint", "data"]
