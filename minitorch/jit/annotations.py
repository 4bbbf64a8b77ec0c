"""Names for the annotations of TorchScript, which say nothing to Python."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union  # noqa: UP035

__all__ = ["BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "Dict", "List", "Optional", "Tuple", "Union"]


class _BroadcastingList:
    """`BroadcastingList2[int]`: one number, or two."""

    def __getitem__(self, types: Any) -> None:
        return None


BroadcastingList1, BroadcastingList2, BroadcastingList3 = [_BroadcastingList() for _ in range(3)]
