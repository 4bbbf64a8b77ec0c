"""Handles of hooks, under the name that PyTorch's programs import them by."""

from __future__ import annotations

from ..autograd.hooks import RemovableHandle

__all__ = ["RemovableHandle"]
