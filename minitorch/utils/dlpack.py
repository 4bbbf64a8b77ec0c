"""Tensors from other libraries and for them, under the names that PyTorch's programs import them by."""

from __future__ import annotations

from ..creation import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
