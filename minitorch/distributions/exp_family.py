"""PyTorch's place for the base of the exponential families."""

from __future__ import annotations

from .distribution import ExponentialFamily

__all__ = ["ExponentialFamily"]
