"""The memory of a tensor and of its views, with a version that every write raises."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


class Storage:
    """An array, how often it was written to, and the name of the operation that wrote last."""

    __slots__ = ("__weakref__", "array", "version", "writer")

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.version = 0
        self.writer = ""

    def written(self, by: str) -> None:
        """Note a write by the operation `by`."""
        self.version += 1
        self.writer = by
