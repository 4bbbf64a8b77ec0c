"""Tools around the language: data loading, checkpoints of activations."""

from . import data

__all__ = ["data"]
