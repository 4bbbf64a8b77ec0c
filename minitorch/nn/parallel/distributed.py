"""PyTorch's place for `DistributedDataParallel`."""

from __future__ import annotations

from . import DistributedDataParallel

__all__ = ["DistributedDataParallel"]
