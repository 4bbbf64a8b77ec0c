"""How programs with operations on lists sort their tensors, under PyTorch's name for it."""

from __future__ import annotations

from ..foreach import grouped

__all__: list[str] = []

_group_tensors_by_device_and_dtype = grouped
