"""The settings of PyTorch's generator of kernels, which is not here."""

from __future__ import annotations

from ..missing import missing_from
from . import config

__all__ = ["config"]

__getattr__ = missing_from(__name__)
