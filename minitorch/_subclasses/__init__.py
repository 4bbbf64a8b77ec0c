"""PyTorch's kinds of tensors without values, which are not here."""

from __future__ import annotations

from . import fake_tensor

__all__ = ["fake_tensor"]
