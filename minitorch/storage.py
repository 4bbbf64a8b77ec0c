"""The memory of a tensor and of its views, which notices writes."""

from __future__ import annotations

import itertools
from typing import Any

from numpy.typing import NDArray

tick = itertools.count(1).__next__  # one clock numbers operations and writes, in the order that they happen


class Storage:
    """An array, how often and when it was written to, and the name of the operation that wrote last."""

    __slots__ = ("__weakref__", "array", "version", "writer", "written_at")

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.version = self.written_at = 0
        self.writer = ""

    def written(self, by: str) -> None:
        """Note a write by the operation `by`."""
        self.version += 1
        self.written_at = tick()
        self.writer = by
