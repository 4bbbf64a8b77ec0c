"""PyTorch's place for the parts of the DataLoader, from where programs import `collate`."""

from __future__ import annotations

from ....missing import missing_from
from . import collate

__all__ = ["collate"]

__getattr__ = missing_from(__name__)
